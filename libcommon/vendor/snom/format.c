/*
 * Snom's XML: parameters as elements, those of an identity with its number, then the keys.
 *
 *     <settings>
 *     <phone-settings>
 *     <ntp_server perm="R">192.0.2.7</ntp_server>
 *     <user_name idx="1" perm="R">1001</user_name>
 *     </phone-settings>
 *     <functionKeys>
 *     <fkey idx="0" context="1" label="Anna" perm="">blf 1002</fkey>
 *     </functionKeys>
 *     </settings>
 */
#include <string.h>

#include "vendor/agent.h"
#include "vendor/format/xml.h"
#include "vendor/snom/snom.h"

#define TAG_SIZE (BK_PARAM_NAME_MAX + 1)

/* Which part is open: sheet->section. */
enum section { SECTION_SETTINGS, SECTION_KEYS };

/* "user_name[1].label": tag, number and what is behind. False: no name. */
static bool split(struct bk_str name, struct bk_str *ret_tag, struct bk_str *ret_index,
                  struct bk_str *ret_rest)
{
    ptrdiff_t open = bk_str_find(name, '['), close = bk_str_find(name, ']');
    *ret_tag = name;
    *ret_index = *ret_rest = BK_STR_NONE;
    if (open < 0)
        return close < 0;
    if (close < open)
        return false;
    *ret_tag = bk_str_slice(name, 0, (size_t)open);
    *ret_index = bk_str_slice(name, (size_t)open + 1, (size_t)close);
    *ret_rest = bk_str_slice(name, (size_t)close + 1, name.len);
    return bk_is_digits(*ret_index) && ret_index->len <= 4;
}

static bool is_name(struct bk_str name)
{
    struct bk_str tag, index, rest;
    if (name.len > BK_PARAM_NAME_MAX || !split(name, &tag, &index, &rest) || rest.len > 0 ||
        tag.len == 0)
        return false;
    for (size_t i = 0; i < tag.len; i++) {
        char c = tag.ptr[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && (i == 0 || !((c >= '0' && c <= '9') || c == '_')))
            return false;
    }
    return true;
}

static void enter_keys(struct bk_sheet *sheet)
{
    if (sheet->section == SECTION_KEYS)
        return;
    bk_xml_close(sheet);
    bk_xml_open(sheet, "functionKeys");
    sheet->section = SECTION_KEYS;
}

static void put_key(struct bk_sheet *sheet, struct bk_str index, struct bk_str rest,
                    struct bk_str value)
{
    enter_keys(sheet);
    if (bk_str_eq(rest, BK_STR(".context"))) {
        bk_xml_open(sheet, "fkey");
        bk_xml_attr(sheet, "idx", index);
        bk_xml_attr(sheet, "context", value);
    } else if (bk_str_eq(rest, BK_STR(".label"))) {
        bk_xml_attr(sheet, "label", value);
    } else {
        bk_xml_attr(sheet, "perm", BK_STR_NONE);
        bk_xml_text(sheet, value);
        bk_xml_close(sheet);
    }
}

static void put(struct bk_sheet *sheet, struct bk_str name, struct bk_str value)
{
    struct bk_str tag, index, rest;
    char text[TAG_SIZE];
    if (!split(name, &tag, &index, &rest) || tag.len >= sizeof text) {
        bk_sheet_fail(sheet, name, "is no name of a parameter");
        return;
    }
    if (bk_str_eq(tag, BK_STR("fkey"))) {
        put_key(sheet, index, rest, value);
        return;
    }
    memcpy(text, tag.ptr, tag.len);
    text[tag.len] = '\0';
    bk_xml_open(sheet, text);
    if (index.len > 0)
        bk_xml_attr(sheet, "idx", index);
    bk_xml_attr(sheet, "perm", BK_STR("R")); /* its user cannot change it */
    bk_xml_text(sheet, value);
    bk_xml_close(sheet);
}

static void begin(struct bk_sheet *sheet, const struct bk_file *file)
{
    (void)file;
    bk_xml_open(sheet, "settings");
    bk_xml_open(sheet, "phone-settings");
}

static void end(struct bk_sheet *sheet, const struct bk_file *file)
{
    (void)file;
    bk_xml_close(sheet);
    bk_xml_close(sheet);
}

/* "user_pass", "webserver_admin_password", "http_client_hash" */
static bool is_secret(struct bk_str setting)
{
    static const struct bk_str words[] = {{"_pass", 5}, {"_hash", 5}, {"_pw", 3}, {"_secret", 7}};
    for (size_t i = 0; i < BK_COUNT(words); i++) {
        for (size_t at = 0; at + words[i].len <= setting.len; at++) {
            if (bk_str_eq_nocase(bk_str_slice(setting, at, at + words[i].len), words[i]))
                return true;
        }
    }
    return false;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/*
 * The phone puts settings in where a value names them: {mac}, $(mac), $mac (README.md). A name or
 * an action URL must not hand out a password that nobody can read here.
 */
static const char *check_value(const struct bk_format *format, struct bk_str value)
{
    const struct bk_str mark = BK_STR("!!$");
    if (bk_str_starts(value, mark) && bk_str_find(bk_str_slice(value, 3, value.len), '!') >= 0)
        return "begins an expression, which the phone would work out";
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] != '$' && value.ptr[i] != '{')
            continue;
        size_t begin = i + 1;
        if (begin < value.len && value.ptr[begin] == '(')
            begin++;
        size_t end = begin;
        while (end < value.len && is_word(value.ptr[end]))
            end++;
        if (is_secret(bk_str_slice(value, begin, end)))
            return "names a password, which the phone would put in";
    }
    return bk_xml_check_value(format, value);
}

const struct bk_format snom_format = {
    .content_type = "text/xml; charset=utf-8",
    .is_name = is_name,
    .name_rule = "a Snom parameter has 1 to 128 letters, digits and underscores, a letter first; "
                 "one of several is name[1]",
    .check_value = check_value,
    .begin = begin,
    .end = end,
    .put = put,
};
