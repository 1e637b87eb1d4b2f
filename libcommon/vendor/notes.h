/*
 * What a file must read as. While a file is written, each thing that is put into it is noted as it
 * was meant, apart from the bytes that were made of it. Then its format's parser reads those, and
 * what it finds must be what was noted, one by one: so no value can add a parameter, whatever the
 * encoder overlooks. Passwords are noted too, and wiped.
 */
#ifndef VENDOR_NOTES_H
#define VENDOR_NOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"

enum bk_note_kind {
    BK_NOTE_PARAMETER, /* of a file of lines */
    BK_NOTE_LINE,      /* one that holds no parameter: its name is the line */
    BK_NOTE_OPEN, /* of an XML element; its attributes, text and children, and its end follow */
    BK_NOTE_ATTR,
    BK_NOTE_TEXT, /* has no name */
    BK_NOTE_CLOSE,
};

struct bk_note {
    enum bk_note_kind kind;
    struct bk_str name, value; /* borrowed from the notes until the next is added */
};

#define BK_NOTE_HEAD_BYTES 12 /* its kind and the lengths of its name and value, 4 bytes each */
struct bk_notes {
    struct bk_buf bytes; /* of each its head, name and value; its err is theirs */
    size_t at;           /* of the next to be read */
};

void bk_notes_init(struct bk_notes *notes);
void bk_notes_deinit(struct bk_notes *notes);
static inline void bk_notes_add(struct bk_notes *notes, enum bk_note_kind kind, struct bk_str name,
                                struct bk_str value);
/* Read the next; false: that was the last one. */
static inline bool bk_notes_next(struct bk_notes *notes, struct bk_note *ret_note);

/* --- for each parameter of each file: not worth a call ---------------------------------------- */

BK_INLINE void bk_notes_add(struct bk_notes *notes, enum bk_note_kind kind, struct bk_str name,
                            struct bk_str value)
{
    const uint32_t what = kind, name_len = (uint32_t)name.len, value_len = (uint32_t)value.len;
    char *at = bk_buf_room(&notes->bytes, BK_NOTE_HEAD_BYTES + name.len + value.len);
    if (at == NULL)
        return;
    memcpy(at, &what, 4);
    memcpy(at + 4, &name_len, 4);
    memcpy(at + 8, &value_len, 4);
    at = bk_str_copy(at + BK_NOTE_HEAD_BYTES, name);
    bk_str_copy(at, value);
}

static inline bool bk_notes_next(struct bk_notes *notes, struct bk_note *ret_note)
{
    uint32_t kind, name_len, value_len;
    if (notes->at == notes->bytes.len)
        return false;
    const char *at = notes->bytes.ptr + notes->at;
    memcpy(&kind, at, 4);
    memcpy(&name_len, at + 4, 4);
    memcpy(&value_len, at + 8, 4);
    at += BK_NOTE_HEAD_BYTES;
    ret_note->kind = (enum bk_note_kind)kind;
    ret_note->name = (struct bk_str){at, name_len};
    ret_note->value = (struct bk_str){at + name_len, value_len};
    notes->at += BK_NOTE_HEAD_BYTES + (size_t)name_len + value_len;
    return true;
}

#endif
