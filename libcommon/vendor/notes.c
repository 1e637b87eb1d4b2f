/*
 * Notes, one behind the other.
 */
#include "vendor/notes.h"

#include <stdint.h>
#include <string.h>

#include "vendor/vendor.h"

/* A file of the greatest size may be of short things: each has a head and its name here. */
#define BYTES_MAX ((size_t)8 * BK_FILE_SIZE_MAX)
#define FIRST_BYTES ((size_t)32 * 1024)

void bk_notes_init(struct bk_notes *notes)
{
    notes->at = 0;
    bk_buf_init_secret(&notes->bytes, BYTES_MAX);
    bk_buf_reserve(&notes->bytes, FIRST_BYTES);
}

void bk_notes_deinit(struct bk_notes *notes)
{
    bk_buf_deinit(&notes->bytes);
}

void bk_notes_add(struct bk_notes *notes, enum bk_note_kind kind, struct bk_str name,
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
