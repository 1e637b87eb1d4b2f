/*
 * XML: encode, compare what expat reads with the notes.
 */
#include "vendor/format/xml.h"

#include <expat.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/secret.h"
#include "vendor/vendor.h"

#define DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

/* --- what the format can carry ---------------------------------------------------------------- */

const char *bk_xml_check_value(const struct bk_format *format, struct bk_str value)
{
    (void)format;
    const char *fault = bk_value_fault(value);
    if (fault != NULL)
        return fault;
    /* U+FFFE and U+FFFF are UTF-8 and no characters of XML (XML 1.0, 2.2). */
    for (size_t i = 0; i + 2 < value.len; i++) {
        if (value.ptr[i] == '\xef' && value.ptr[i + 1] == '\xbf' &&
            (value.ptr[i + 2] == '\xbe' || value.ptr[i + 2] == '\xbf'))
            return "holds a character that XML cannot carry";
    }
    return NULL;
}

bool bk_xml_is_name(struct bk_str name)
{
    if (name.len == 0 || name.len > BK_PARAM_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool is_first = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        bool is_inner = (c >= '0' && c <= '9') || c == '.' || c == '-';
        if (!is_first && (i == 0 || !is_inner))
            return false;
    }
    return true;
}

/* --- the encoder ------------------------------------------------------------------------------ */

static const char *entity_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    default:
        return NULL;
    }
}

/* Quotes mean something in attributes alone (XML 1.0, 2.4). */
static void write_escaped(struct bk_sheet *sheet, struct bk_str text, bool is_attribute)
{
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *entity = text.ptr[i] == '"' && !is_attribute ? NULL : entity_of(text.ptr[i]);
        if (entity == NULL)
            continue;
        bk_sheet_write(sheet, bk_str_slice(text, from, i));
        bk_sheet_write(sheet, bk_str_of(entity));
        from = i + 1;
    }
    bk_sheet_write(sheet, bk_str_slice(text, from, text.len));
}

static void end_tag(struct bk_sheet *sheet, struct bk_str after)
{
    if (sheet->is_tag_open)
        bk_sheet_write(sheet, after);
    sheet->is_tag_open = false;
}

static bool push(struct bk_sheet *sheet, const char *tag)
{
    if (sheet->depth == BK_SHEET_DEPTH_MAX) {
        bk_sheet_fail(sheet, bk_str_of(tag), "stands too deep");
        return false;
    }
    sheet->tags[sheet->depth++] = tag;
    return true;
}

void bk_xml_open(struct bk_sheet *sheet, const char *tag)
{
    const struct bk_str name = bk_str_of(tag);
    if (sheet->list != NULL || sheet->err != BK_OK || !push(sheet, tag))
        return;
    bk_notes_add(&sheet->notes, BK_NOTE_OPEN, name, BK_STR_NONE);
    if (sheet->depth == 1)
        bk_sheet_write(sheet, BK_STR(DECLARATION));
    end_tag(sheet, BK_STR(">\n"));
    bk_sheet_write(sheet, BK_STR("<"));
    bk_sheet_write(sheet, name);
    sheet->is_tag_open = true;
}

static void put_attribute(struct bk_sheet *sheet, struct bk_str before, struct bk_str name,
                          struct bk_str value)
{
    bk_notes_add(&sheet->notes, BK_NOTE_ATTR, name, value);
    bk_sheet_write(sheet, before);
    bk_sheet_write(sheet, name);
    bk_sheet_write(sheet, BK_STR("=\""));
    write_escaped(sheet, value, true);
    bk_sheet_write(sheet, BK_STR("\""));
}

void bk_xml_attr(struct bk_sheet *sheet, const char *name, struct bk_str value)
{
    if (sheet->list == NULL && sheet->err == BK_OK)
        put_attribute(sheet, BK_STR(" "), bk_str_of(name), value);
}

static void put_text(struct bk_sheet *sheet, struct bk_str text)
{
    if (text.len > 0)
        bk_notes_add(&sheet->notes, BK_NOTE_TEXT, BK_STR_NONE, text);
    end_tag(sheet, BK_STR(">"));
    write_escaped(sheet, text, false);
}

void bk_xml_text(struct bk_sheet *sheet, struct bk_str text)
{
    if (sheet->list == NULL && sheet->err == BK_OK)
        put_text(sheet, text);
}

void bk_xml_close(struct bk_sheet *sheet)
{
    if (sheet->list != NULL || sheet->err != BK_OK)
        return;
    struct bk_str tag = bk_str_of(sheet->tags[--sheet->depth]);
    bk_notes_add(&sheet->notes, BK_NOTE_CLOSE, tag, BK_STR_NONE);
    if (sheet->is_tag_open) {
        end_tag(sheet, BK_STR("/>\n"));
        return;
    }
    bk_sheet_write(sheet, BK_STR("</"));
    bk_sheet_write(sheet, tag);
    bk_sheet_write(sheet, BK_STR(">\n"));
}

void bk_xml_put_element(struct bk_sheet *sheet, struct bk_str name, struct bk_str value)
{
    bk_notes_add(&sheet->notes, BK_NOTE_OPEN, name, BK_STR_NONE);
    end_tag(sheet, BK_STR(">\n"));
    bk_sheet_write(sheet, BK_STR("<"));
    bk_sheet_write(sheet, name);
    sheet->is_tag_open = true;
    put_text(sheet, value);
    bk_notes_add(&sheet->notes, BK_NOTE_CLOSE, name, BK_STR_NONE);
    bk_sheet_write(sheet, BK_STR("</"));
    bk_sheet_write(sheet, name);
    bk_sheet_write(sheet, BK_STR(">\n"));
}

void bk_xml_put_attribute(struct bk_sheet *sheet, struct bk_str name, struct bk_str value)
{
    put_attribute(sheet, BK_STR("\n"), name, value);
}

void bk_xml_put_named(struct bk_sheet *sheet, const char *tag, const char *name_attr,
                      const char *value_attr, struct bk_str name, struct bk_str value)
{
    bk_xml_open(sheet, tag);
    bk_xml_attr(sheet, name_attr, name);
    bk_xml_attr(sheet, value_attr, value);
    bk_xml_close(sheet);
}

/* --- the check -------------------------------------------------------------------------------- */

/* expat's memory holds SIP passwords for a while: wiped when it is given back. Its size stands in
 * front of each piece. */
#define PIECE_HEAD_BYTES 16

static void piece_free(void *piece)
{
    if (piece == NULL)
        return;
    char *head = (char *)piece - PIECE_HEAD_BYTES;
    size_t bytes;
    memcpy(&bytes, head, sizeof bytes);
    bk_wipe(head, bytes + PIECE_HEAD_BYTES);
    bk_free(head);
}

static void *piece_new(size_t bytes)
{
    char *head = bytes > SIZE_MAX - PIECE_HEAD_BYTES ? NULL : bk_alloc(bytes + PIECE_HEAD_BYTES);
    if (head == NULL)
        return NULL;
    memcpy(head, &bytes, sizeof bytes);
    return head + PIECE_HEAD_BYTES;
}

static void *piece_resize(void *piece, size_t bytes)
{
    size_t before = 0;
    void *larger = piece_new(bytes);
    if (larger == NULL || piece == NULL)
        return larger;
    memcpy(&before, (char *)piece - PIECE_HEAD_BYTES, sizeof before);
    memcpy(larger, piece, before < bytes ? before : bytes);
    piece_free(piece);
    return larger;
}

static const XML_Memory_Handling_Suite wiped_memory = {piece_new, piece_resize, piece_free};

struct reading {
    struct bk_sheet *sheet;
    XML_Parser parser;
    struct bk_buf text; /* what has been read since the last tag; wiped */
    bool is_foreign;    /* something that the encoder never writes */
};

static void stop(struct reading *reading)
{
    XML_StopParser(reading->parser, XML_FALSE);
}

/* The next note is this one. */
static void find(struct reading *reading, enum bk_note_kind kind, struct bk_str name,
                 struct bk_str value)
{
    struct bk_note note = {.name = BK_STR("end of file")};
    if (bk_notes_next(&reading->sheet->notes, &note) && note.kind == kind &&
        bk_str_eq(note.name, name) && bk_str_eq(note.value, value))
        return;
    bk_sheet_differs(reading->sheet, note.name);
    stop(reading);
}

/* One text, or none when it is blank altogether: what stands between elements. */
static void end_text(struct reading *reading)
{
    struct bk_str text = bk_buf_str(&reading->text);
    size_t blanks = 0;
    while (blanks < text.len && strchr(" \t\r\n", text.ptr[blanks]) != NULL)
        blanks++;
    if (blanks < text.len)
        find(reading, BK_NOTE_TEXT, BK_STR_NONE, text);
    bk_buf_clear(&reading->text);
}

static void on_open(void *user, const XML_Char *tag, const XML_Char **attributes)
{
    struct reading *reading = user;
    end_text(reading);
    find(reading, BK_NOTE_OPEN, bk_str_of(tag), BK_STR_NONE);
    for (; *attributes != NULL; attributes += 2)
        find(reading, BK_NOTE_ATTR, bk_str_of(attributes[0]), bk_str_of(attributes[1]));
}

static void on_close(void *user, const XML_Char *tag)
{
    struct reading *reading = user;
    end_text(reading);
    find(reading, BK_NOTE_CLOSE, bk_str_of(tag), BK_STR_NONE);
}

static void on_text(void *user, const XML_Char *text, int len)
{
    struct reading *reading = user;
    bk_buf_add(&reading->text, (struct bk_str){text, (size_t)len});
    if (reading->text.err == BK_OK)
        return;
    reading->sheet->err = reading->text.err;
    stop(reading);
}

static void refuse(struct reading *reading)
{
    reading->is_foreign = true;
    stop(reading);
}

static void on_comment(void *user, const XML_Char *text)
{
    (void)text;
    refuse(user);
}

static void on_instruction(void *user, const XML_Char *target, const XML_Char *data)
{
    (void)target;
    (void)data;
    refuse(user);
}

static void on_doctype(void *user, const XML_Char *name, const XML_Char *system_id,
                       const XML_Char *public_id, int has_internal_subset)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_internal_subset;
    refuse(user);
}

/* Why the parser gave up, unless a note was not met: that was told. */
static void settle(struct reading *reading)
{
    struct bk_sheet *sheet = reading->sheet;
    enum XML_Error fault = XML_GetErrorCode(reading->parser);
    if (sheet->err != BK_OK)
        return;
    if (fault == XML_ERROR_NO_MEMORY) {
        sheet->err = BK_ERR_NO_MEMORY;
        return;
    }
    sheet->err = BK_ERR_INTERNAL;
    bk_detail_set(sheet->detail, "line %lu of the file does not read back: %s; nothing is served",
                  (unsigned long)XML_GetCurrentLineNumber(reading->parser),
                  reading->is_foreign ? "holds what is never written" : XML_ErrorString(fault));
}

void bk_xml_check(struct bk_sheet *sheet, struct bk_str text)
{
    struct bk_note left;
    struct reading reading = {.sheet = sheet,
                              .parser = XML_ParserCreate_MM("UTF-8", &wiped_memory, NULL)};
    if (reading.parser == NULL) {
        sheet->err = BK_ERR_NO_MEMORY;
        return;
    }
    bk_buf_init_secret(&reading.text, BK_FILE_SIZE_MAX);
    XML_SetUserData(reading.parser, &reading);
    XML_SetElementHandler(reading.parser, on_open, on_close);
    XML_SetCharacterDataHandler(reading.parser, on_text);
    XML_SetCommentHandler(reading.parser, on_comment);
    XML_SetProcessingInstructionHandler(reading.parser, on_instruction);
    XML_SetStartDoctypeDeclHandler(reading.parser, on_doctype);
    if (XML_Parse(reading.parser, text.ptr, (int)text.len, XML_TRUE) != XML_STATUS_OK)
        settle(&reading);
    else if (bk_notes_next(&sheet->notes, &left))
        bk_sheet_differs(sheet, left.name);
    XML_ParserFree(reading.parser);
    bk_buf_deinit(&reading.text);
}
