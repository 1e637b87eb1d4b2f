/*
 * Output: JSON, tables, fields.
 */
#include "out.h"

#include <string.h>

#include "base/buf.h"
#include "web/json_memory.h"

#define CELL_BYTES_MAX 4096
#define COLUMN_MAX 16
#define ARRAY_SHOWN_MAX 16 /* members of a cell, for people; JSON has all */

void cli_out_json(FILE *out, const json_t *value)
{
    json_dumpf(value, out, JSON_INDENT(2) | JSON_ENCODE_ANY);
    fputc('\n', out);
}

static size_t char_len(struct bk_str text, size_t at)
{
    unsigned char lead = (unsigned char)text.ptr[at];
    size_t want = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
    struct bk_str one = bk_str_slice(text, at, at + want);
    return want > 0 && one.len == want && bk_str_is_utf8(one) && !bk_str_has_control(one) ? want
                                                                                          : 0;
}

/* Adds the text as it may stand on a terminal; returns its width in characters. */
static size_t add_text(struct bk_buf *buf, struct bk_str text)
{
    size_t width = 0;
    for (size_t at = 0; at < text.len;) {
        size_t len = char_len(text, at);
        if (len == 0) {
            bk_buf_addf(buf, "\\x%02x", (unsigned char)text.ptr[at]);
            at++;
            width += 4;
            continue;
        }
        bk_buf_add(buf, bk_str_slice(text, at, at + len));
        at += len;
        width++;
    }
    return width;
}

void cli_out_text(FILE *out, struct bk_str text)
{
    struct bk_buf buf;
    bk_buf_init_secret(&buf, 4 * text.len + 1);
    add_text(&buf, text);
    fwrite(bk_buf_text(&buf), 1, bk_buf_str(&buf).len, out);
    bk_buf_deinit(&buf);
}

void cli_out_lines(FILE *out, struct bk_str text)
{
    while (text.len > 0) {
        size_t len = 0;
        while (len < text.len && text.ptr[len] != '\n' && text.ptr[len] != '\t')
            len++;
        cli_out_text(out, bk_str_slice(text, 0, len));
        if (len < text.len)
            fputc(text.ptr[len], out);
        text = bk_str_slice(text, len + 1, text.len);
    }
}

/* {"host", "port"} as it was given on the command line. */
static size_t add_server(struct bk_buf *buf, const char *host, json_int_t port)
{
    const bool is_v6 = strchr(host, ':') != NULL;
    char number[32] = "";
    if (port != 0)
        snprintf(number, sizeof number, ":%" JSON_INTEGER_FORMAT, port);
    size_t width = add_text(buf, is_v6 ? BK_STR("[") : BK_STR(""));
    width += add_text(buf, bk_str_of(host));
    width += add_text(buf, is_v6 ? BK_STR("]") : BK_STR(""));
    return width + add_text(buf, bk_str_of(number));
}

static size_t add_cell(struct bk_buf *buf, const json_t *value)
{
    char number[32];
    switch (json_typeof(value)) {
    case JSON_STRING: {
        struct bk_str text = {json_string_value(value), json_string_length(value)};
        return add_text(buf, text.len == 0 ? BK_STR("-") : bk_str_slice(text, 0, CELL_BYTES_MAX));
    }
    case JSON_INTEGER:
        snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return add_text(buf, bk_str_of(number));
    case JSON_REAL:
        snprintf(number, sizeof number, "%g", json_real_value(value));
        return add_text(buf, bk_str_of(number));
    case JSON_TRUE:
        return add_text(buf, BK_STR("yes"));
    case JSON_FALSE:
        return add_text(buf, BK_STR("no"));
    case JSON_ARRAY: {
        const size_t count = json_array_size(value);
        size_t width = 0;
        for (size_t i = 0; i < count && i < ARRAY_SHOWN_MAX; i++) {
            if (i > 0)
                width += add_text(buf, BK_STR(", "));
            width += add_cell(buf, json_array_get(value, i));
        }
        if (count > ARRAY_SHOWN_MAX) {
            snprintf(number, sizeof number, ", … (%zu)", count);
            width += add_text(buf, bk_str_of(number));
        }
        return count == 0 ? add_text(buf, BK_STR("-")) : width;
    }
    case JSON_OBJECT: {
        const char *host = json_string_value(json_object_get(value, "host"));
        if (host != NULL)
            return add_server(buf, host, json_integer_value(json_object_get(value, "port")));
        char *text = json_dumps(value, JSON_COMPACT);
        size_t width = add_text(buf, bk_str_slice(bk_str_of(text), 0, CELL_BYTES_MAX));
        bk_json_memory_free(text);
        return width;
    }
    case JSON_NULL:
        break;
    }
    return add_text(buf, BK_STR("-"));
}

/* Prints a cell, filled up to `width`; with out NULL it only measures. */
static size_t put_cell(FILE *out, const json_t *value, size_t width)
{
    struct bk_buf buf;
    bk_buf_init_secret(&buf, 64 * CELL_BYTES_MAX);
    size_t used = value == NULL ? add_text(&buf, BK_STR("-")) : add_cell(&buf, value);
    if (out != NULL) {
        fwrite(bk_buf_text(&buf), 1, bk_buf_str(&buf).len, out);
        for (size_t i = used; i < width; i++)
            fputc(' ', out);
    }
    bk_buf_deinit(&buf);
    return used;
}

static void put_row(FILE *out, const json_t *row, const struct cli_column *columns,
                    const size_t *widths)
{
    for (size_t i = 0; columns[i].key != NULL; i++) {
        /* Nothing is filled up behind the last column. */
        bool is_last = columns[i + 1].key == NULL;
        put_cell(out, json_object_get(row, columns[i].key), is_last ? 0 : widths[i]);
        fputs(is_last ? "\n" : "  ", out);
    }
}

void cli_out_table(FILE *out, const json_t *rows, const struct cli_column *columns,
                   const char *nothing)
{
    size_t widths[COLUMN_MAX] = {0};
    if (json_array_size(rows) == 0) {
        fprintf(out, "%s\n", nothing);
        return;
    }
    for (size_t i = 0; i < COLUMN_MAX && columns[i].key != NULL; i++) {
        widths[i] = strlen(columns[i].title);
        for (size_t r = 0; r < json_array_size(rows); r++) {
            const json_t *row = json_array_get(rows, r);
            size_t width = put_cell(NULL, json_object_get(row, columns[i].key), 0);
            widths[i] = width > widths[i] ? width : widths[i];
        }
        if (widths[i] > 60) /* one long cell must not push the others off the screen */
            widths[i] = 60;
    }
    for (size_t i = 0; columns[i].key != NULL; i++) {
        bool is_last = columns[i + 1].key == NULL;
        fprintf(out, "%-*s%s", is_last ? 0 : (int)widths[i], columns[i].title,
                is_last ? "\n" : "  ");
    }
    for (size_t r = 0; r < json_array_size(rows); r++)
        put_row(out, json_array_get(rows, r), columns, widths);
}

void cli_out_fields(FILE *out, const json_t *object, const struct cli_column *columns)
{
    size_t width = 0;
    for (size_t i = 0; columns[i].key != NULL; i++) {
        size_t len = strlen(columns[i].title);
        width = len > width ? len : width;
    }
    for (size_t i = 0; columns[i].key != NULL; i++) {
        const json_t *value = json_object_get(object, columns[i].key);
        if (value == NULL)
            continue;
        fprintf(out, "%-*s  ", (int)width, columns[i].title);
        put_cell(out, value, 0);
        fputc('\n', out);
    }
}

json_t *cli_json_text(struct bk_str text)
{
    if (text.ptr == NULL)
        return json_null();
    if (bk_str_is_utf8(text))
        return json_stringn(text.ptr, text.len);
    struct bk_buf buf;
    bk_buf_init_secret(&buf, 4 * text.len + 1);
    add_text(&buf, text);
    json_t *value = json_string(bk_buf_text(&buf));
    bk_buf_deinit(&buf);
    return value;
}

struct bk_str cli_json_dump(struct bk_arena *arena, const json_t *value)
{
    size_t len = json_dumpb(value, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
    char *space = bk_arena_alloc(arena, len + 1);
    return (struct bk_str){space, json_dumpb(value, space, len, JSON_COMPACT | JSON_ENCODE_ANY)};
}
