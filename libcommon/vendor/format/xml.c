/*
 * XML: encode, compare with what expat reads.
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

/* The next token is this one. */
static void expect(struct bk_sheet *sheet, enum bk_xml_kind kind, struct bk_str name,
                   struct bk_str value)
{
    const struct bk_xml_token *token = &sheet->tokens[sheet->token_at];
    if (sheet->err != BK_OK)
        return;
    if (sheet->token_at == sheet->token_count || token->kind != kind ||
        !bk_str_eq(token->name, name) || !bk_str_eq(token->value, value)) {
        bk_sheet_differs(sheet, name);
        return;
    }
    sheet->token_at++;
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
    if (sheet->mode == BK_SHEET_LIST || sheet->err != BK_OK || !push(sheet, tag))
        return;
    if (sheet->mode == BK_SHEET_CHECK) {
        expect(sheet, BK_XML_OPEN, bk_str_of(tag), BK_STR_NONE);
        return;
    }
    if (sheet->depth == 1)
        bk_sheet_write(sheet, BK_STR(DECLARATION));
    end_tag(sheet, BK_STR(">\n"));
    bk_sheet_write(sheet, BK_STR("<"));
    bk_sheet_write(sheet, bk_str_of(tag));
    sheet->is_tag_open = true;
}

static void put_attribute(struct bk_sheet *sheet, struct bk_str before, struct bk_str name,
                          struct bk_str value)
{
    if (sheet->mode == BK_SHEET_CHECK) {
        expect(sheet, BK_XML_ATTR, name, value);
        return;
    }
    bk_sheet_write(sheet, before);
    bk_sheet_write(sheet, name);
    bk_sheet_write(sheet, BK_STR("=\""));
    write_escaped(sheet, value, true);
    bk_sheet_write(sheet, BK_STR("\""));
}

void bk_xml_attr(struct bk_sheet *sheet, const char *name, struct bk_str value)
{
    if (sheet->mode != BK_SHEET_LIST && sheet->err == BK_OK)
        put_attribute(sheet, BK_STR(" "), bk_str_of(name), value);
}

static void put_text(struct bk_sheet *sheet, struct bk_str text)
{
    if (sheet->mode == BK_SHEET_CHECK) {
        if (text.len > 0)
            expect(sheet, BK_XML_TEXT, BK_STR_NONE, text);
        return;
    }
    end_tag(sheet, BK_STR(">"));
    write_escaped(sheet, text, false);
}

void bk_xml_text(struct bk_sheet *sheet, struct bk_str text)
{
    if (sheet->mode != BK_SHEET_LIST && sheet->err == BK_OK)
        put_text(sheet, text);
}

void bk_xml_close(struct bk_sheet *sheet)
{
    if (sheet->mode == BK_SHEET_LIST || sheet->err != BK_OK)
        return;
    struct bk_str tag = bk_str_of(sheet->tags[--sheet->depth]);
    if (sheet->mode == BK_SHEET_CHECK) {
        expect(sheet, BK_XML_CLOSE, tag, BK_STR_NONE);
        return;
    }
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
    if (sheet->mode == BK_SHEET_CHECK) {
        expect(sheet, BK_XML_OPEN, name, BK_STR_NONE);
        put_text(sheet, value);
        expect(sheet, BK_XML_CLOSE, name, BK_STR_NONE);
        return;
    }
    end_tag(sheet, BK_STR(">\n"));
    bk_sheet_write(sheet, BK_STR("<"));
    bk_sheet_write(sheet, name);
    bk_sheet_write(sheet, BK_STR(">"));
    write_escaped(sheet, value, false);
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
    struct bk_xml_tokens *tokens;
    XML_Parser parser;
    bool is_foreign; /* something that the encoder never writes */
    enum bk_err err;
    size_t text_begin; /* of the text that is being read */
};

/* Tokens borrow from tokens->text once it grows no more: until then they hold offsets. */
static void add_token(struct reading *reading, enum bk_xml_kind kind, const char *name,
                      const char *value)
{
    struct bk_xml_tokens *tokens = reading->tokens;
    if (tokens->count == tokens->size) {
        size_t size = tokens->size == 0 ? 512 : 2 * tokens->size;
        struct bk_xml_token *rows = bk_realloc(tokens->rows, size * sizeof *rows);
        if (rows == NULL) {
            reading->err = BK_ERR_NO_MEMORY;
            XML_StopParser(reading->parser, XML_FALSE);
            return;
        }
        tokens->rows = rows;
        tokens->size = size;
    }
    struct bk_str name_text = bk_str_of(name), value_text = bk_str_of(value);
    bk_buf_add(&tokens->text, name_text);
    bk_buf_add(&tokens->text, value_text);
    tokens->rows[tokens->count++] =
        (struct bk_xml_token){kind, {NULL, name_text.len}, {NULL, value_text.len}};
}

/* What has been read since the last tag: one token, or nothing when it is blank. */
static void end_text(struct reading *reading)
{
    struct bk_xml_tokens *tokens = reading->tokens;
    size_t begin = reading->text_begin, len = tokens->text.len - begin;
    reading->text_begin = 0;
    if (len == 0)
        return;
    const char *text = tokens->text.ptr + begin;
    size_t blanks = 0;
    while (blanks < len && strchr(" \t\r\n", text[blanks]) != NULL)
        blanks++;
    if (blanks == len) {
        tokens->text.len = begin;
        return;
    }
    add_token(reading, BK_XML_TEXT, NULL, NULL);
    if (reading->err == BK_OK)
        tokens->rows[tokens->count - 1].value.len = len;
}

static void on_open(void *user, const XML_Char *tag, const XML_Char **attributes)
{
    struct reading *reading = user;
    end_text(reading);
    add_token(reading, BK_XML_OPEN, tag, NULL);
    for (; *attributes != NULL; attributes += 2)
        add_token(reading, BK_XML_ATTR, attributes[0], attributes[1]);
    reading->text_begin = reading->tokens->text.len;
}

static void on_close(void *user, const XML_Char *tag)
{
    struct reading *reading = user;
    end_text(reading);
    add_token(reading, BK_XML_CLOSE, tag, NULL);
    reading->text_begin = reading->tokens->text.len;
}

static void on_text(void *user, const XML_Char *text, int len)
{
    struct reading *reading = user;
    bk_buf_add(&reading->tokens->text, (struct bk_str){text, (size_t)len});
}

static void refuse(struct reading *reading)
{
    reading->is_foreign = true;
    XML_StopParser(reading->parser, XML_FALSE);
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

static void settle(struct bk_xml_tokens *tokens)
{
    const char *at = tokens->text.ptr;
    for (size_t i = 0; i < tokens->count; i++) {
        struct bk_xml_token *token = &tokens->rows[i];
        token->name.ptr = at;
        at += token->name.len;
        token->value.ptr = at;
        at += token->value.len;
    }
}

enum bk_err bk_xml_read(struct bk_str text, struct bk_xml_tokens *ret_tokens,
                        struct bk_detail *ret_detail)
{
    *ret_tokens = (struct bk_xml_tokens){0};
    bk_buf_init_secret(&ret_tokens->text, 2 * BK_FILE_SIZE_MAX);
    struct reading reading = {.tokens = ret_tokens,
                              .parser = XML_ParserCreate_MM("UTF-8", &wiped_memory, NULL)};
    if (reading.parser == NULL)
        return BK_ERR_NO_MEMORY;
    XML_SetUserData(reading.parser, &reading);
    XML_SetElementHandler(reading.parser, on_open, on_close);
    XML_SetCharacterDataHandler(reading.parser, on_text);
    XML_SetCommentHandler(reading.parser, on_comment);
    XML_SetProcessingInstructionHandler(reading.parser, on_instruction);
    XML_SetStartDoctypeDeclHandler(reading.parser, on_doctype);
    enum XML_Status status = XML_Parse(reading.parser, text.ptr, (int)text.len, XML_TRUE);
    if (reading.err == BK_OK)
        reading.err = ret_tokens->text.err;
    if (reading.err == BK_OK && status != XML_STATUS_OK &&
        XML_GetErrorCode(reading.parser) == XML_ERROR_NO_MEMORY)
        reading.err = BK_ERR_NO_MEMORY;
    if (reading.err == BK_OK && (status != XML_STATUS_OK || reading.is_foreign)) {
        bk_detail_set(ret_detail, "line %lu of the file does not read back: %s; nothing is served",
                      (unsigned long)XML_GetCurrentLineNumber(reading.parser),
                      reading.is_foreign ? "holds what is never written"
                                         : XML_ErrorString(XML_GetErrorCode(reading.parser)));
        reading.err = BK_ERR_INTERNAL;
    }
    XML_ParserFree(reading.parser);
    if (reading.err == BK_OK)
        settle(ret_tokens);
    return reading.err;
}

void bk_xml_tokens_free(struct bk_xml_tokens *tokens)
{
    bk_free(tokens->rows);
    bk_buf_deinit(&tokens->text);
    *tokens = (struct bk_xml_tokens){0};
}

void bk_xml_check_end(struct bk_sheet *sheet)
{
    if (sheet->err == BK_OK && sheet->token_at != sheet->token_count)
        bk_sheet_differs(sheet, BK_STR("end of file"));
}
