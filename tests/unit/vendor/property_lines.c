/*
 * Readers of files of lines: Yealink and Flyingvoice, Mitel, Algo, Avaya, Panasonic, Fanvil.
 */
#include "property_read.h"

#include <stdio.h>
#include <string.h>

/* --- lines ------------------------------------------------------------------------------------ */

struct lines {
    struct bk_str rest, line; /* what is left, the line that is looked at */
    size_t number;
    struct bk_detail *why;
};

static bool is_wrong(struct lines *lines, const char *what)
{
    bk_detail_set(lines->why, "line %zu, \"%.*s\": %s", lines->number, BK_STR_ARG(lines->line),
                  what);
    return false;
}

/* False: the file has ended. Each line has an end of its own. */
static bool next(struct lines *lines)
{
    if (lines->rest.len == 0)
        return false;
    lines->line = bk_str_cut(&lines->rest, '\n');
    lines->number++;
    return true;
}

static bool is_text_of_lines(struct lines *lines)
{
    if (lines->rest.len == 0 || lines->rest.ptr[lines->rest.len - 1] != '\n')
        return is_wrong(lines, "the file does not end with the end of a line");
    struct lines copy = *lines;
    while (next(&copy)) {
        if (!bk_str_is_utf8(copy.line) || bk_str_has_control(copy.line))
            return is_wrong(&copy, "holds what is no text");
    }
    return true;
}

static bool is_next(struct lines *lines, const char *want)
{
    return (next(lines) && bk_str_eq(lines->line, bk_str_of(want))) || is_wrong(lines, want);
}

static bool is_end(struct lines *lines)
{
    return !next(lines) || is_wrong(lines, "stands behind the end");
}

/* Cut at the first c, blanks off both sides. */
static bool split(struct bk_str line, char c, struct bk_str *ret_name, struct bk_str *ret_value)
{
    ptrdiff_t at = bk_str_find(line, c);
    if (at <= 0)
        return false;
    *ret_name = bk_str_trim(bk_str_slice(line, 0, (size_t)at));
    *ret_value = bk_str_trim(bk_str_slice(line, (size_t)at + 1, line.len));
    return ret_name->len > 0;
}

/* --- the makers ------------------------------------------------------------------------------- */

/* A boot file names the two files that hold everything, and says that nothing else counts. */
static bool read_yealink_boot(const struct bk_file *file, struct lines *lines)
{
    char mac[BK_MAC_TEXT_SIZE], own[64];
    bk_mac_print(&file->phone->mac, &mac);
    snprintf(own, sizeof own, "include:config \"%s.cfg\"", mac);
    if (!next(lines) || lines->line.len != strlen("include:config \"y000000000000.cfg\"") ||
        !bk_str_starts(lines->line, BK_STR("include:config \"y")) ||
        !bk_str_ends(lines->line, BK_STR(".cfg\"")))
        return is_wrong(lines, "is not the common file's name");
    return is_next(lines, own) &&
           (file->phone->is_bootstrap || is_next(lines, "overwrite_mode = 1")) && is_end(lines);
}

/* "account.1.label = Anna" behind a first line that must be so. */
static bool read_yealink(const struct bk_file *file, struct bk_str text, struct pairs *ret_pairs,
                         struct bk_detail *ret_why)
{
    struct lines lines = {.rest = text, .why = ret_why};
    struct bk_str name, value;
    if (!is_text_of_lines(&lines) || !is_next(&lines, "#!version:1.0.0.1"))
        return false;
    if (file->request.kind == BK_FILE_BOOT)
        return read_yealink_boot(file, &lines);
    while (next(&lines)) {
        if (!split(lines.line, '=', &name, &value) || name.ptr[0] == '#' ||
            bk_str_find(name, ' ') >= 0 || bk_str_find(name, ':') >= 0)
            return is_wrong(&lines, "is no parameter");
        bool is_reset = bk_str_eq_nocase(value, BK_STR("%NULL%"));
        if (value.len == 0)
            return is_wrong(&lines, "the phone would keep what it has");
        pairs_add(ret_pairs, is_reset ? BK_STR_NONE : value, "%.*s", BK_STR_ARG(name));
    }
    return true;
}

/* "sip line1 user name: 1001"; what a '#' does within a line is not known: here it ends it. */
static bool read_mitel(const struct bk_file *file, struct bk_str text, struct pairs *ret_pairs,
                       struct bk_detail *ret_why)
{
    struct lines lines = {.rest = text, .why = ret_why};
    struct bk_str name, value;
    (void)file;
    if (!is_text_of_lines(&lines))
        return false;
    while (next(&lines)) {
        struct bk_str seen = lines.line;
        seen = bk_str_cut(&seen, '#');
        if (!split(seen, ':', &name, &value))
            return is_wrong(&lines, "is no parameter");
        pairs_add(ret_pairs, value, "%.*s", BK_STR_ARG(name));
    }
    return true;
}

/* "sip.u1.user = 1001" */
static bool read_algo(const struct bk_file *file, struct bk_str text, struct pairs *ret_pairs,
                      struct bk_detail *ret_why)
{
    struct lines lines = {.rest = text, .why = ret_why};
    struct bk_str name, value;
    (void)file;
    if (!is_text_of_lines(&lines))
        return false;
    while (next(&lines)) {
        if (!split(lines.line, '=', &name, &value) || name.ptr[0] == '#' ||
            bk_str_find(name, ' ') >= 0)
            return is_wrong(&lines, "is no parameter");
        pairs_add(ret_pairs, value, "%.*s", BK_STR_ARG(name));
    }
    return true;
}

/* Text in quotes, and none within. */
static bool unquote(struct bk_str *value)
{
    if (value->len < 2 || value->ptr[0] != '"' || value->ptr[value->len - 1] != '"')
        return false;
    *value = bk_str_slice(*value, 1, value->len - 1);
    return bk_str_find(*value, '"') < 0;
}

/* "SET NAME value": one word, or quoted. The files of a chain name the next one, and no more. */
static bool read_avaya(const struct bk_file *file, struct bk_str text, struct pairs *ret_pairs,
                       struct bk_detail *ret_why)
{
    struct lines lines = {.rest = text, .why = ret_why};
    const struct bk_str set = BK_STR("SET ");
    if (!is_text_of_lines(&lines))
        return false;
    if (file->request.kind == BK_FILE_FIRMWARE)
        return is_next(&lines, "GET 46xxsettings.txt") && is_end(&lines);
    if (file->request.kind == BK_FILE_MASTER)
        return is_next(&lines, "GET $MACADDR.txt") && is_end(&lines);
    while (next(&lines)) {
        if (!bk_str_starts(lines.line, set))
            return is_wrong(&lines, "sets nothing");
        struct bk_str value = bk_str_slice(lines.line, set.len, lines.line.len);
        struct bk_str name = bk_str_cut(&value, ' ');
        bool is_word = value.len > 0 && bk_str_find(value, ' ') < 0 && bk_str_find(value, '"') < 0;
        if (name.len == 0 || (!is_word && !unquote(&value)))
            return is_wrong(&lines, "is neither a word nor quoted");
        pairs_add(ret_pairs, value, "%.*s", BK_STR_ARG(name));
    }
    return true;
}

/* NAME="value" behind a first line that must be so. */
static bool read_panasonic(const struct bk_file *file, struct bk_str text, struct pairs *ret_pairs,
                           struct bk_detail *ret_why)
{
    struct lines lines = {.rest = text, .why = ret_why};
    struct bk_str name, value;
    (void)file;
    if (!is_text_of_lines(&lines) ||
        !is_next(&lines, "# Panasonic SIP Phone Standard Format File #"))
        return false;
    while (next(&lines)) {
        value = lines.line;
        name = bk_str_cut(&value, '=');
        if (name.len == 0 || name.ptr[0] == '#' || bk_str_find(name, ' ') >= 0 || !unquote(&value))
            return is_wrong(&lines, "is no parameter");
        pairs_add(ret_pairs, value, "%.*s", BK_STR_ARG(name));
    }
    return true;
}

/* "<SIP CONFIG MODULE>" behind an empty line; none is opened twice. */
static bool open_module(struct lines *lines, struct bk_str *module, struct bk_str *opened,
                        size_t *opened_count)
{
    if (!next(lines) || lines->line.len < 3 || lines->line.ptr[0] != '<' ||
        !bk_str_ends(lines->line, BK_STR(" MODULE>")))
        return is_wrong(lines, "opens no module");
    *module = bk_str_slice(lines->line, 1, lines->line.len - 1);
    for (size_t i = 0; i < *opened_count; i++) {
        if (bk_str_eq(opened[i], *module))
            return is_wrong(lines, "is opened again");
    }
    opened[(*opened_count)++] = *module;
    return true;
}

/* "--Dsskey Config1--:" */
static bool is_page(struct bk_str line, struct bk_str *page)
{
    if (line.len < 6 || !bk_str_starts(line, BK_STR("--")) || !bk_str_ends(line, BK_STR("--:")))
        return false;
    *page = bk_str_slice(line, 2, line.len - 3);
    return true;
}

/* Modules, in them pages and "name :value": "SIP CONFIG MODULE/SIP1 Phone Number". */
static bool read_fanvil(const struct bk_file *file, struct bk_str text, struct pairs *ret_pairs,
                        struct bk_detail *ret_why)
{
    struct lines lines = {.rest = text, .why = ret_why};
    struct bk_str module = BK_STR_NONE, page = BK_STR_NONE, opened[32], name, value;
    size_t opened_count = 0;
    char head[80];
    snprintf(head, sizeof head, "<<VOIP CONFIG FILE>>Version:2.%010lld                      ",
             (long long)file->phone->revision);
    if (!is_text_of_lines(&lines) || !is_next(&lines, head))
        return false;
    while (next(&lines)) {
        if (bk_str_eq(lines.line, BK_STR("<<END OF FILE>>")))
            return is_end(&lines);
        if (lines.line.len == 0) {
            if (opened_count == BK_COUNT(opened) ||
                !open_module(&lines, &module, opened, &opened_count))
                return false;
            page = BK_STR_NONE;
            continue;
        }
        if (is_page(lines.line, &page))
            continue;
        if (module.len == 0 || !split(lines.line, ':', &name, &value))
            return is_wrong(&lines, "is no parameter of a module");
        pairs_add(ret_pairs, value, "%.*s/%.*s%s%.*s", BK_STR_ARG(module), BK_STR_ARG(page),
                  page.len > 0 ? "/" : "", BK_STR_ARG(name));
    }
    return is_wrong(&lines, "the end is missing");
}

read_fn *lines_reader_of(const struct bk_vendor *vendor)
{
    static const struct {
        const char *maker;
        read_fn *read;
    } readers[] = {{"yealink", read_yealink}, {"flyingvoice", read_yealink},
                   {"mitel", read_mitel},     {"algo", read_algo},
                   {"avaya", read_avaya},     {"panasonic", read_panasonic},
                   {"fanvil", read_fanvil}};
    for (size_t i = 0; i < BK_COUNT(readers); i++) {
        if (strcmp(vendor->name, readers[i].maker) == 0)
            return readers[i].read;
    }
    return NULL;
}
