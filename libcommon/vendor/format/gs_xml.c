/*
 * Grandstream's XML: write, read, compare.
 */
#include "vendor/format/gs_xml.h"

#include <stdio.h>
#include <string.h>

#define PROLOG "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gs_provision version=\"1\">\n"
#define CONFIG_END "</config>\n"
#define FILE_END "</gs_provision>\n"
#define ITEM_BEGIN "<item name=\""
#define ITEM_END "</item>\n"

/* By enum bk_gs_form. */
static const char *const config_begins[] = {
    NULL,
    "<config version=\"1\">\n",
    "<config version=\"2\">\n",
};

/* The characters that mean something in the text of an element (XML 1.0, 2.4). */
static const struct {
    char plain;
    struct bk_str entity;
} entities[] = {{'&', {"&amp;", 5}}, {'<', {"&lt;", 4}}, {'>', {"&gt;", 4}}};

/* --- what the format can carry --------------------------------------------------------------- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_number(struct bk_str name)
{
    if (name.len < 2 || name.len > 6 || name.ptr[0] != 'P' || name.ptr[1] == '0')
        return false;
    for (size_t i = 1; i < name.len; i++) {
        if (!is_digit(name.ptr[i]))
            return false;
    }
    return true;
}

static bool is_alias(struct bk_str name)
{
    size_t dots = 0;
    if (name.len == 0 || name.len > BK_GS_NAME_MAX || !is_letter(name.ptr[0]))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (c == '.') {
            if (i + 1 == name.len || name.ptr[i + 1] == '.')
                return false;
            dots++;
        } else if (!is_letter(c) && !is_digit(c) && c != '_' && c != '-') {
            return false;
        }
    }
    return dots > 0;
}

enum bk_gs_form bk_gs_form_of(struct bk_str name)
{
    if (is_number(name))
        return BK_GS_NUMBER;
    return is_alias(name) ? BK_GS_ALIAS : BK_GS_NONE;
}

const char *bk_gs_check_value(struct bk_str value)
{
    if (value.len > BK_GS_VALUE_MAX)
        return "is longer than 1024 bytes";
    if (!bk_str_is_utf8(value))
        return "is no valid UTF-8";
    if (bk_str_has_control(value))
        return "holds a control character, a line separator or a byte order mark";
    /* U+FFFE and U+FFFF are UTF-8 and no characters of XML (2.2). */
    for (size_t i = 0; i + 2 < value.len; i++) {
        if (memcmp(value.ptr + i, "\xef\xbf\xbe", 3) == 0 ||
            memcmp(value.ptr + i, "\xef\xbf\xbf", 3) == 0)
            return "holds a character that XML cannot carry";
    }
    if (bk_str_trim(value).len != value.len)
        return "begins or ends with a blank";
    return NULL;
}

/* --- the reader ------------------------------------------------------------------------------ */

static bool skip(struct bk_str *rest, struct bk_str text)
{
    if (!bk_str_starts(*rest, text))
        return false;
    *rest = bk_str_slice(*rest, text.len, rest->len);
    return true;
}

/* Everything before the first c, which stays; false: there is none. */
static bool take_before(struct bk_str *rest, char c, struct bk_str *ret_text)
{
    ptrdiff_t at = bk_str_find(*rest, c);
    if (at < 0)
        return false;
    *ret_text = bk_str_slice(*rest, 0, (size_t)at);
    *rest = bk_str_slice(*rest, (size_t)at, rest->len);
    return true;
}

bool bk_gs_read(struct bk_str text, const struct bk_mac *mac, struct bk_gs_reader *ret_reader)
{
    char digits[BK_MAC_TEXT_SIZE];
    if (!skip(&text, BK_STR(PROLOG)))
        return false;
    if (mac != NULL) {
        bk_mac_print(mac, &digits);
        if (!skip(&text, BK_STR("<mac>")) || !skip(&text, bk_str_of(digits)) ||
            !skip(&text, BK_STR("</mac>\n")))
            return false;
    }
    *ret_reader = (struct bk_gs_reader){.rest = text, .form = BK_GS_NONE};
    return true;
}

static enum bk_gs_line read_number(struct bk_str *rest, struct bk_str *ret_name,
                                   struct bk_str *ret_escaped)
{
    bool is_read = skip(rest, BK_STR("<")) && take_before(rest, '>', ret_name) &&
                   bk_gs_form_of(*ret_name) == BK_GS_NUMBER && skip(rest, BK_STR(">")) &&
                   take_before(rest, '<', ret_escaped) && skip(rest, BK_STR("</")) &&
                   skip(rest, *ret_name) && skip(rest, BK_STR(">\n"));
    return is_read ? BK_GS_PAIR : BK_GS_MALFORMED;
}

static enum bk_gs_line read_item(struct bk_str *rest, struct bk_str *ret_name,
                                 struct bk_str *ret_escaped)
{
    bool is_read = skip(rest, BK_STR(ITEM_BEGIN)) && take_before(rest, '"', ret_name) &&
                   bk_gs_form_of(*ret_name) == BK_GS_ALIAS && skip(rest, BK_STR("\">")) &&
                   take_before(rest, '<', ret_escaped) && skip(rest, BK_STR(ITEM_END));
    return is_read ? BK_GS_PAIR : BK_GS_MALFORMED;
}

enum bk_gs_line bk_gs_next(struct bk_gs_reader *reader, struct bk_str *ret_name,
                           struct bk_str *ret_escaped)
{
    struct bk_str *rest = &reader->rest;
    if (reader->form != BK_GS_NONE && skip(rest, BK_STR(CONFIG_END)))
        reader->form = BK_GS_NONE;
    if (reader->form == BK_GS_NONE) {
        if (skip(rest, BK_STR(FILE_END)))
            return rest->len == 0 ? BK_GS_END : BK_GS_MALFORMED;
        if (skip(rest, bk_str_of(config_begins[BK_GS_NUMBER])))
            reader->form = BK_GS_NUMBER;
        else if (skip(rest, bk_str_of(config_begins[BK_GS_ALIAS])))
            reader->form = BK_GS_ALIAS;
        else
            return BK_GS_MALFORMED;
    }
    return reader->form == BK_GS_NUMBER ? read_number(rest, ret_name, ret_escaped)
                                        : read_item(rest, ret_name, ret_escaped);
}

/* Is escaped what plain becomes, and nothing else? */
static bool is_escape_of(struct bk_str escaped, struct bk_str plain)
{
    for (size_t i = 0; i < plain.len; i++) {
        size_t e = 0;
        while (e < BK_COUNT(entities) && entities[e].plain != plain.ptr[i])
            e++;
        struct bk_str want =
            e < BK_COUNT(entities) ? entities[e].entity : bk_str_slice(plain, i, i + 1);
        if (!skip(&escaped, want))
            return false;
    }
    return escaped.len == 0;
}

/* --- the encoder ----------------------------------------------------------------------------- */

static void fail(struct bk_gs *gs, struct bk_str name, enum bk_err err, const char *what)
{
    if (gs->err != BK_OK)
        return;
    gs->err = err;
    bk_detail_set(gs->detail, "%.*s: %s", BK_STR_ARG(name), what);
}

void bk_gs_fail(struct bk_gs *gs, struct bk_str name, const char *what)
{
    fail(gs, name, BK_ERR_INVALID, what);
}

static void add_escaped(struct bk_buf *out, struct bk_str plain)
{
    size_t begin = 0;
    for (size_t i = 0; i < plain.len; i++) {
        for (size_t e = 0; e < BK_COUNT(entities); e++) {
            if (plain.ptr[i] != entities[e].plain)
                continue;
            bk_buf_add(out, bk_str_slice(plain, begin, i));
            bk_buf_add(out, entities[e].entity);
            begin = i + 1;
        }
    }
    bk_buf_add(out, bk_str_slice(plain, begin, plain.len));
}

static void open_config(struct bk_gs *gs, enum bk_gs_form form)
{
    if (gs->form == form)
        return;
    if (gs->form != BK_GS_NONE)
        bk_buf_add(gs->out, BK_STR(CONFIG_END));
    bk_buf_add(gs->out, bk_str_of(config_begins[form]));
    gs->form = form;
}

static void write_pair(struct bk_gs *gs, enum bk_gs_form form, struct bk_str name,
                       struct bk_str value)
{
    struct bk_buf *out = gs->out;
    open_config(gs, form);
    bool is_number_form = form == BK_GS_NUMBER;
    bk_buf_add(out, is_number_form ? BK_STR("<") : BK_STR(ITEM_BEGIN));
    bk_buf_add(out, name);
    bk_buf_add(out, is_number_form ? BK_STR(">") : BK_STR("\">"));
    add_escaped(out, value);
    if (is_number_form) {
        bk_buf_add(out, BK_STR("</"));
        bk_buf_add(out, name);
        bk_buf_add(out, BK_STR(">\n"));
    } else {
        bk_buf_add(out, BK_STR(ITEM_END));
    }
}

static void check_pair(struct bk_gs *gs, enum bk_gs_form form, struct bk_str name,
                       struct bk_str value)
{
    struct bk_str got_name, got_escaped;
    if (bk_gs_next(&gs->reader, &got_name, &got_escaped) != BK_GS_PAIR || gs->reader.form != form ||
        !bk_str_eq(got_name, name) || !is_escape_of(got_escaped, value))
        fail(gs, name, BK_ERR_INTERNAL, "does not read back as it was written; nothing is served");
}

void bk_gs_put(struct bk_gs *gs, struct bk_str name, struct bk_str value)
{
    if (gs->err != BK_OK)
        return;
    enum bk_gs_form form = bk_gs_form_of(name);
    const char *fault = gs->is_check ? NULL : bk_gs_check_value(value);
    if (form == BK_GS_NONE)
        fail(gs, name, BK_ERR_INTERNAL, "is no name of a parameter");
    else if (fault != NULL)
        fail(gs, name, BK_ERR_INVALID, fault);
    else if (gs->is_check)
        check_pair(gs, form, name, value);
    else
        write_pair(gs, form, name, value);
}

void bk_gs_put_int(struct bk_gs *gs, struct bk_str name, long value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%ld", value);
    bk_gs_put(gs, name, bk_str_of(digits));
}

static void write_file(struct bk_gs *gs, const struct bk_mac *mac, bk_gs_fill_fn *fill,
                       const void *context)
{
    char digits[BK_MAC_TEXT_SIZE];
    bk_buf_add(gs->out, BK_STR(PROLOG));
    if (mac != NULL) {
        bk_mac_print(mac, &digits);
        bk_buf_addf(gs->out, "<mac>%s</mac>\n", digits);
    }
    fill(gs, context);
    if (gs->form != BK_GS_NONE)
        bk_buf_add(gs->out, BK_STR(CONFIG_END));
    bk_buf_add(gs->out, BK_STR(FILE_END));
    if (gs->err == BK_OK)
        gs->err = gs->out->err;
}

static void check_file(struct bk_gs *gs, struct bk_str text, const struct bk_mac *mac,
                       bk_gs_fill_fn *fill, const void *context)
{
    struct bk_str name, escaped;
    gs->is_check = true;
    if (!bk_gs_read(text, mac, &gs->reader)) {
        fail(gs, BK_STR("file"), BK_ERR_INTERNAL, "does not begin as it should");
        return;
    }
    fill(gs, context);
    if (gs->err == BK_OK && bk_gs_next(&gs->reader, &name, &escaped) != BK_GS_END)
        fail(gs, BK_STR("file"), BK_ERR_INTERNAL, "holds more than was put in; nothing is served");
}

enum bk_err bk_gs_render(const struct bk_mac *mac, bk_gs_fill_fn *fill, const void *context,
                         struct bk_buf *out, struct bk_detail *ret_detail)
{
    struct bk_gs gs = {.out = out, .detail = ret_detail};
    size_t begin = out->len;
    write_file(&gs, mac, fill, context);
    if (gs.err == BK_OK) {
        struct bk_str text = bk_buf_str(out);
        check_file(&gs, bk_str_slice(text, begin, text.len), mac, fill, context);
    }
    if (gs.err == BK_ERR_TOO_LARGE)
        bk_detail_set(ret_detail, "the file is larger than %zu bytes", out->len_max);
    if (gs.err != BK_OK)
        bk_buf_clear(out);
    return gs.err;
}
