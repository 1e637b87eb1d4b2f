/*
 * Lines: parse, compare with the notes, encode.
 */
#include "vendor/format/lines.h"

#include <string.h>

/* --- the parser ------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

BK_INLINE struct bk_str trimmed(const char *begin, const char *end)
{
    while (begin < end && is_blank(*begin))
        begin++;
    while (begin < end && is_blank(end[-1]))
        end--;
    return (struct bk_str){begin, (size_t)(end - begin)};
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

static struct bk_marks marks_of(const struct bk_lines *lines)
{
    return (struct bk_marks){
        .before = bk_str_of(lines->before),
        .between = bk_str_of(lines->between),
        .empty = bk_str_of(lines->empty),
        .separator = separator_of(lines),
    };
}

BK_INLINE bool parse(const struct bk_lines *lines, const struct bk_marks *marks, struct bk_str line,
                     struct bk_str *ret_name, struct bk_str *ret_value)
{
    if (line.len == 0 || line.ptr[0] == lines->comment || !bk_str_starts(line, marks->before))
        return false;
    const char *begin = line.ptr + marks->before.len, *end = line.ptr + line.len;
    const char *at = memchr(begin, marks->separator, (size_t)(end - begin));
    if (at == NULL)
        return false;
    *ret_name = trimmed(begin, at);
    *ret_value = trimmed(at + 1, end);
    return ret_name->len > 0 &&
           (lines->quote == BK_QUOTE_NEVER || unquote(lines->quote, ret_value));
}

bool bk_lines_parse(const struct bk_lines *lines, struct bk_str line, struct bk_str *ret_name,
                    struct bk_str *ret_value)
{
    const struct bk_marks marks = marks_of(lines);
    struct bk_str name, value;
    if (!parse(lines, &marks, line, &name, &value))
        return false;
    *ret_name = name;
    *ret_value = value;
    return true;
}

void bk_lines_prepare(struct bk_sheet *sheet)
{
    sheet->marks = marks_of(sheet->format->lines);
}

static bool reads_as(const struct bk_sheet *sheet, struct bk_str line, const struct bk_note *note)
{
    struct bk_str name, value;
    if (note->kind == BK_NOTE_LINE)
        return bk_str_eq(line, note->name);
    return parse(sheet->format->lines, &sheet->marks, line, &name, &value) &&
           bk_str_eq(name, note->name) && bk_str_eq(value, note->value);
}

void bk_lines_check(struct bk_sheet *sheet, struct bk_str text)
{
    struct bk_note note = {.name = BK_STR("end of file")};
    const char *begin = text.ptr, *end = text.ptr + text.len;
    while (begin < end) {
        const char *at = memchr(begin, '\n', (size_t)(end - begin));
        if (at == NULL || !bk_notes_next(&sheet->notes, &note) ||
            !reads_as(sheet, (struct bk_str){begin, (size_t)(at - begin)}, &note)) {
            bk_sheet_differs(sheet, note.name);
            return;
        }
        begin = at + 1;
    }
    if (bk_notes_next(&sheet->notes, &note))
        bk_sheet_differs(sheet, note.name);
}

/* --- the encoder ------------------------------------------------------------------------------ */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Letters of either case. */
static bool is_word(struct bk_str value, const char *word)
{
    size_t i = 0;
    while (i < value.len && word[i] != '\0' && lower(value.ptr[i]) == lower(word[i]))
        i++;
    return i == value.len && word[i] == '\0';
}

const char *bk_lines_check_value(const struct bk_format *format, struct bk_str value)
{
    const struct bk_lines *lines = format->lines;
    const char *fault = bk_value_fault(value);
    if (fault != NULL)
        return fault;
    if (lines->empty != NULL && is_word(value, lines->empty))
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

void bk_lines_put(struct bk_sheet *sheet, struct bk_str name, struct bk_str value)
{
    const struct bk_lines *lines = sheet->format->lines;
    const struct bk_marks *marks = &sheet->marks;
    if (value.len == 0)
        value = marks->empty;
    bk_notes_add(&sheet->notes, BK_NOTE_PARAMETER, name, value);
    const bool is_quoted = lines->quote != BK_QUOTE_NEVER && is_to_quote(lines, value);
    char *at = bk_buf_room(sheet->out, marks->before.len + name.len + marks->between.len +
                                           value.len + (is_quoted ? 3 : 1));
    if (at == NULL)
        return;
    at = bk_str_copy(at, marks->before);
    at = bk_str_copy(at, name);
    at = bk_str_copy(at, marks->between);
    if (is_quoted)
        *at++ = '"';
    at = bk_str_copy(at, value);
    if (is_quoted)
        *at++ = '"';
    *at = '\n';
}

void bk_lines_literal(struct bk_sheet *sheet, struct bk_str line)
{
    if (sheet->list != NULL)
        return;
    bk_notes_add(&sheet->notes, BK_NOTE_LINE, line, BK_STR_NONE);
    bk_sheet_write(sheet, line);
    bk_sheet_write(sheet, BK_STR("\n"));
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
