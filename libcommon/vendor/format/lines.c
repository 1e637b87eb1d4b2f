/*
 * Lines: encode, parse, compare.
 */
#include "vendor/format/lines.h"

#include <string.h>

/* --- the parser ------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static inline struct bk_str trimmed(struct bk_str text)
{
    while (text.len > 0 && is_blank(text.ptr[0]))
        text = (struct bk_str){text.ptr + 1, text.len - 1};
    while (text.len > 0 && is_blank(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

/* The character that ends a name: the first of `between` that is no blank, else a blank. */
static char separator_of(const struct bk_lines *lines)
{
    const char *at = lines->between;
    while (is_blank(*at))
        at++;
    return *at != '\0' ? *at : ' ';
}

/* Takes the quotes off. False: they are missing, or one too many. */
static bool unquote(enum bk_quote quote, struct bk_str *value)
{
    bool is_quoted = value->len > 0 && value->ptr[0] == '"';
    if (!is_quoted)
        return quote != BK_QUOTE_ALWAYS;
    if (value->len < 2 || value->ptr[value->len - 1] != '"')
        return false;
    *value = (struct bk_str){value->ptr + 1, value->len - 2};
    return memchr(value->ptr, '"', value->len) == NULL;
}

static bool parse(const struct bk_lines *lines, struct bk_str before, char separator,
                  struct bk_str line, struct bk_str *ret_name, struct bk_str *ret_value)
{
    if (line.len < before.len || (line.len > 0 && line.ptr[0] == lines->comment) ||
        (before.len > 0 && memcmp(line.ptr, before.ptr, before.len) != 0))
        return false;
    line = (struct bk_str){line.ptr + before.len, line.len - before.len};
    const char *at = memchr(line.ptr, separator, line.len);
    if (at == NULL)
        return false;
    size_t name_len = (size_t)(at - line.ptr);
    *ret_name = trimmed((struct bk_str){line.ptr, name_len});
    *ret_value = trimmed((struct bk_str){at + 1, line.len - name_len - 1});
    return ret_name->len > 0 &&
           (lines->quote == BK_QUOTE_NEVER || unquote(lines->quote, ret_value));
}

bool bk_lines_parse(const struct bk_lines *lines, struct bk_str line, struct bk_str *ret_name,
                    struct bk_str *ret_value)
{
    struct bk_str name, value;
    if (line.len == 0 ||
        !parse(lines, bk_str_of(lines->before), separator_of(lines), line, &name, &value))
        return false;
    *ret_name = name;
    *ret_value = value;
    return true;
}

void bk_lines_prepare(struct bk_sheet *sheet)
{
    const struct bk_lines *lines = sheet->format->lines;
    sheet->before = bk_str_of(lines->before);
    sheet->between = bk_str_of(lines->between);
    sheet->empty = bk_str_of(lines->empty);
    sheet->separator = separator_of(lines);
}

/* False: the file has ended. */
static bool next_line(struct bk_sheet *sheet, struct bk_str *ret_line)
{
    struct bk_str *rest = &sheet->rest;
    if (rest->len == 0)
        return false;
    const char *end = memchr(rest->ptr, '\n', rest->len);
    size_t len = end == NULL ? rest->len : (size_t)(end - rest->ptr);
    size_t used = end == NULL ? len : len + 1;
    *ret_line = (struct bk_str){rest->ptr, len};
    *rest = (struct bk_str){rest->ptr + used, rest->len - used};
    return true;
}

static bool is_same(struct bk_str a, struct bk_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* --- the encoder ------------------------------------------------------------------------------ */

const char *bk_lines_check_value(const struct bk_format *format, struct bk_str value)
{
    const struct bk_lines *lines = format->lines;
    const char *fault = bk_value_fault(value);
    if (fault != NULL)
        return fault;
    if (lines->empty != NULL && bk_str_eq_nocase(value, bk_str_of(lines->empty)))
        return "is the word that resets a parameter; leave it empty instead";
    if (lines->quote != BK_QUOTE_NEVER && memchr(value.ptr, '"', value.len) != NULL)
        return "holds a quote, for which this phone's files have no form";
    for (const char *at = lines->forbidden; at != NULL && *at != '\0'; at++) {
        if (memchr(value.ptr, *at, value.len) != NULL)
            return "holds a character for which this phone's files have no form";
    }
    return NULL;
}

static bool is_to_quote(const struct bk_lines *lines, struct bk_str value)
{
    if (lines->quote == BK_QUOTE_WHEN_BLANK)
        return value.len == 0 || memchr(value.ptr, ' ', value.len) != NULL;
    return lines->quote == BK_QUOTE_ALWAYS;
}

static char *append(char *at, struct bk_str text)
{
    if (text.len > 0)
        memcpy(at, text.ptr, text.len);
    return at + text.len;
}

static bool is_name(struct bk_str got, struct bk_str prefix, struct bk_str name)
{
    return got.len == prefix.len + name.len &&
           is_same((struct bk_str){got.ptr, prefix.len}, prefix) &&
           is_same((struct bk_str){got.ptr + prefix.len, name.len}, name);
}

static void check_line(struct bk_sheet *sheet, struct bk_str prefix, struct bk_str name,
                       struct bk_str value)
{
    struct bk_str line, got_name, got_value;
    if (!next_line(sheet, &line) ||
        !parse(sheet->format->lines, sheet->before, sheet->separator, line, &got_name,
               &got_value) ||
        !is_name(got_name, prefix, name) || !is_same(got_value, value))
        bk_sheet_differs(sheet, name);
}

void bk_lines_put_parts(struct bk_sheet *sheet, struct bk_str prefix, struct bk_str name,
                        struct bk_str value)
{
    const struct bk_lines *lines = sheet->format->lines;
    if (value.len == 0)
        value = sheet->empty;
    if (sheet->mode == BK_SHEET_CHECK) {
        check_line(sheet, prefix, name, value);
        return;
    }
    bool is_quoted = lines->quote != BK_QUOTE_NEVER && is_to_quote(lines, value);
    size_t len = sheet->before.len + prefix.len + name.len + sheet->between.len + value.len + 1 +
                 (is_quoted ? 2 : 0);
    if (prefix.len + name.len > BK_PARAM_NAME_MAX + 16 || len > BK_SHEET_CHUNK_SIZE) {
        bk_sheet_fail(sheet, name, "is too long for a line");
        return;
    }
    char *at = append(bk_sheet_room(sheet, len), sheet->before);
    at = append(at, prefix);
    at = append(at, name);
    at = append(at, sheet->between);
    if (is_quoted)
        *at++ = '"';
    at = append(at, value);
    if (is_quoted)
        *at++ = '"';
    *at = '\n';
}

void bk_lines_put(struct bk_sheet *sheet, struct bk_str name, struct bk_str value)
{
    bk_lines_put_parts(sheet, BK_STR_NONE, name, value);
}

void bk_lines_literal(struct bk_sheet *sheet, struct bk_str line)
{
    struct bk_str got;
    switch (sheet->mode) {
    case BK_SHEET_WRITE:
        bk_sheet_write(sheet, line);
        bk_sheet_write(sheet, BK_STR("\n"));
        return;
    case BK_SHEET_CHECK:
        if (!next_line(sheet, &got) || !is_same(got, line))
            bk_sheet_differs(sheet, line);
        return;
    case BK_SHEET_LIST:
        return;
    }
}

void bk_lines_begin(struct bk_sheet *sheet, const struct bk_file *file)
{
    (void)file;
    if (sheet->format->lines->header != NULL)
        bk_lines_literal(sheet, bk_str_of(sheet->format->lines->header));
}

void bk_lines_end(struct bk_sheet *sheet, const struct bk_file *file)
{
    (void)file;
    if (sheet->format->lines->footer != NULL)
        bk_lines_literal(sheet, bk_str_of(sheet->format->lines->footer));
}

void bk_lines_check_end(struct bk_sheet *sheet)
{
    if (sheet->err == BK_OK && sheet->rest.len > 0)
        bk_sheet_differs(sheet, BK_STR("end of file"));
}

bool bk_is_dotted_name(struct bk_str name)
{
    if (name.len == 0 || name.len > BK_PARAM_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool is_inner = (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
        if (!is_letter && (i == 0 || !is_inner))
            return false;
    }
    return true;
}
