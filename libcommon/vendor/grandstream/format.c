/*
 * Grandstream's XML: P-values, then aliases, each kind in a <config> of its own:
 *
 *     <gs_provision version="1">
 *     <mac>c074ad0b63ee</mac>
 *     <config version="1">
 *     <P47>sip.example</P47>
 *     </config>
 *     <config version="2">
 *     <item name="account.5.sip.userid">1005</item>
 *     </config>
 *     </gs_provision>
 */
#include "vendor/format/xml.h"
#include "vendor/grandstream/grandstream.h"

/* Which <config> is open: sheet->section. */
enum section { SECTION_NONE, SECTION_NUMBERS, SECTION_ALIASES };

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "P" and 1 to 99999 without leading zeros. */
bool grandstream_is_number(struct bk_str name)
{
    if (name.len < 2 || name.len > 6 || name.ptr[0] != 'P' || name.ptr[1] == '0')
        return false;
    for (size_t i = 1; i < name.len; i++) {
        if (!is_digit(name.ptr[i]))
            return false;
    }
    return true;
}

/*
 * Words of letters, digits, _ and -, joined by dots, a letter first. A number that begins with a
 * zero may be the same to the phone, and would pass by what is reserved for it.
 */
bool grandstream_is_alias(struct bk_str name)
{
    size_t dots = 0;
    if (name.len == 0 || name.len > BK_PARAM_NAME_MAX || !is_letter(name.ptr[0]))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (c == '.') {
            if (i + 1 == name.len || name.ptr[i + 1] == '.')
                return false;
            if (i + 2 < name.len && name.ptr[i + 1] == '0' && is_digit(name.ptr[i + 2]))
                return false;
            dots++;
        } else if (!is_letter(c) && !is_digit(c) && c != '_' && c != '-') {
            return false;
        }
    }
    return dots > 0;
}

static bool is_name(struct bk_str name)
{
    return grandstream_is_number(name) || grandstream_is_alias(name);
}

static void enter(struct bk_sheet *sheet, enum section section)
{
    if (sheet->section == (int)section)
        return;
    if (sheet->section != SECTION_NONE)
        bk_xml_close(sheet);
    sheet->section = (int)section;
    if (section == SECTION_NONE)
        return;
    bk_xml_open(sheet, "config");
    bk_xml_attr(sheet, "version", section == SECTION_NUMBERS ? BK_STR("1") : BK_STR("2"));
}

static void put(struct bk_sheet *sheet, struct bk_str name, struct bk_str value)
{
    if (grandstream_is_number(name)) {
        enter(sheet, SECTION_NUMBERS);
        bk_xml_put_element(sheet, name, value);
        return;
    }
    enter(sheet, SECTION_ALIASES);
    bk_xml_open(sheet, "item");
    bk_xml_attr(sheet, "name", name);
    bk_xml_text(sheet, value);
    bk_xml_close(sheet);
}

/* A phone to which <mac> does not belong refuses the file; the common ones have none. */
static void begin(struct bk_sheet *sheet, const struct bk_file *file)
{
    bk_xml_open(sheet, "gs_provision");
    bk_xml_attr(sheet, "version", BK_STR("1"));
    if (file->request.kind == BK_FILE_DEVICE) {
        char mac[BK_MAC_TEXT_SIZE];
        bk_mac_print(&file->phone->mac, &mac);
        bk_xml_open(sheet, "mac");
        bk_xml_text(sheet, bk_str_of(mac));
        bk_xml_close(sheet);
    }
}

static void end(struct bk_sheet *sheet, const struct bk_file *file)
{
    (void)file;
    enter(sheet, SECTION_NONE);
    bk_xml_close(sheet);
}

const struct bk_format grandstream_format = {
    .content_type = "text/xml; charset=utf-8",
    .is_name = is_name,
    .name_rule = "a Grandstream parameter is P and a number, or an alias: words of letters, "
                 "digits, underscores and hyphens, joined by dots; numbers have no leading zeros",
    .check_value = bk_xml_check_value,
    .begin = begin,
    .end = end,
    .put = put,
};
