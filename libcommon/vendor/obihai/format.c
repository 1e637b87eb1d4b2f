/*
 * Obihai's XML: objects, and in them parameters. The name of a parameter is that of its object,
 * which ends with a dot, and its own.
 *
 *     <ParameterList>
 *     <Object>
 *     <Name>VoiceService.1.VoiceProfile.1.Line.1.SIP.</Name>
 *     <ParameterValueStruct>
 *     <Name>AuthUserName</Name>
 *     <Value>1001</Value>
 *     </ParameterValueStruct>
 *     <ParameterValueStruct>
 *     <Name>URI</Name>
 *     <Value X_UseDefault="Yes"/>
 *     </ParameterValueStruct>
 *     </Object>
 *     </ParameterList>
 */
#include "vendor/format/lines.h"
#include "vendor/format/xml.h"
#include "vendor/obihai/obihai.h"

/* Is an object open? sheet->section. */
enum section { SECTION_NONE, SECTION_OBJECT };

/* Words joined by dots, two at least. */
static bool is_name(struct bk_str name)
{
    if (!bk_is_dotted_name(name) || bk_str_find(name, '.') < 0 || bk_str_ends(name, BK_STR(".")))
        return false;
    for (size_t i = 1; i < name.len; i++) {
        if (name.ptr[i] == '.' && name.ptr[i - 1] == '.')
            return false;
    }
    return true;
}

static void put_text(struct bk_sheet *sheet, const char *tag, struct bk_str text)
{
    bk_xml_open(sheet, tag);
    bk_xml_text(sheet, text);
    bk_xml_close(sheet);
}

static void leave_object(struct bk_sheet *sheet)
{
    if (sheet->section == SECTION_OBJECT)
        bk_xml_close(sheet);
    sheet->section = SECTION_NONE;
}

static void enter_object(struct bk_sheet *sheet, struct bk_str name)
{
    leave_object(sheet);
    bk_xml_open(sheet, "Object");
    put_text(sheet, "Name", name);
    sheet->section = SECTION_OBJECT;
}

void obihai_object(struct bk_sheet *sheet, const char *begin, int number, const char *end)
{
    bk_prefix(sheet, bk_str_of(begin));
    if (number > 0)
        bk_prefix_number(sheet, number, bk_str_of(end));
    enter_object(sheet, (struct bk_str){sheet->name, sheet->prefix_len});
}

/* A raw parameter has its whole name, and an object to itself. */
static void put(struct bk_sheet *sheet, struct bk_str name, struct bk_str value)
{
    size_t own = sheet->prefix_len;
    if (own == 0) {
        own = (size_t)(bk_str_find_last(name, '.') + 1);
        enter_object(sheet, bk_str_slice(name, 0, own));
    }
    bk_xml_open(sheet, "ParameterValueStruct");
    put_text(sheet, "Name", bk_str_slice(name, own, name.len));
    if (value.len > 0) {
        put_text(sheet, "Value", value);
    } else {
        bk_xml_open(sheet, "Value");
        bk_xml_attr(sheet, "X_UseDefault", BK_STR("Yes"));
        bk_xml_close(sheet);
    }
    bk_xml_close(sheet);
}

static void begin(struct bk_sheet *sheet, const struct bk_file *file)
{
    (void)file;
    bk_xml_open(sheet, "ParameterList");
}

static void end(struct bk_sheet *sheet, const struct bk_file *file)
{
    (void)file;
    leave_object(sheet);
    bk_xml_close(sheet);
}

const struct bk_format obihai_format = {
    .content_type = "text/xml; charset=utf-8",
    .is_name = is_name,
    .name_rule = "an Obihai parameter is the name of its object, a dot and its own: words of "
                 "letters, digits, underscores and hyphens, joined by dots",
    .check_value = bk_xml_check_value,
    .begin = begin,
    .end = end,
    .put = put,
};
