/*
 * Fanvil's text form: parameters in modules, a module's name standing in a line of its own.
 *
 *     <<VOIP CONFIG FILE>>Version:2.0000000042
 *
 *     <SIP CONFIG MODULE>
 *     SIP1 Phone Number :1001
 *
 *     <DSSKEY CONFIG MODULE>
 *     --Dsskey Config1--:
 *     Fkey1 Type :1
 *     <<END OF FILE>>
 *
 * Since names are not unique in a file, ours begin with the module and, of keys, the page:
 * "DSSKEY CONFIG MODULE/Dsskey Config1/Fkey1 Type".
 */
#include <inttypes.h>
#include <stdio.h>

#include "vendor/fanvil/fanvil.h"
#include "vendor/format/lines.h"

#define PAGE_MAX 99

/* In the order of the phone's own files. */
#define MODULE(text) \
    { \
        "" text, sizeof(text) - 1 \
    }
static const struct bk_str modules[] = {
    MODULE("NET CONFIG MODULE"),         MODULE("MM CONFIG MODULE"),
    MODULE("SIP CONFIG MODULE"),         MODULE("CALL FEATURE MODULE"),
    MODULE("PHONE FEATURE MODULE"),      MODULE("CTI CONFIG MODULE"),
    MODULE("MCAST CFG MODULE"),          MODULE("DSSKEY CONFIG MODULE"),
    MODULE("MMI CONFIG MODULE"),         MODULE("LOG CONFIG MODULE"),
    MODULE("TR069 CONFIG MODULE"),       MODULE("VPN CONFIG MODULE"),
    MODULE("MAINTENANCE CONFIG MODULE"), MODULE("AUTOUPDATE CONFIG MODULE"),
    MODULE("FIRMWARE CHECK MODULE"),     MODULE("QOS CONFIG MODULE"),
    MODULE("DOT1X CONFIG MODULE"),       MODULE("APP CONFIG MODULE"),
};
#undef MODULE

static size_t module_of(struct bk_str name)
{
    size_t i = 0;
    while (i < BK_COUNT(modules) && !bk_str_eq(name, modules[i]))
        i++;
    return i;
}

/*
 * Of a raw parameter: a module, and a name of words. Two blanks, which may be one to the phone, and
 * the underscores of its XML form would pass by what is reserved.
 */
static bool is_name(struct bk_str name)
{
    struct bk_str rest = name;
    if (name.len > BK_PARAM_NAME_MAX || module_of(bk_str_cut(&rest, '/')) == BK_COUNT(modules) ||
        rest.len == 0 || bk_str_trim(rest).len != rest.len)
        return false;
    for (size_t i = 0; i < rest.len; i++) {
        char c = rest.ptr[i], lower = (char)(c | 0x20);
        bool is_letter = lower >= 'a' && lower <= 'z';
        bool is_inner = (c >= '0' && c <= '9') || c == '-' || (c == ' ' && rest.ptr[i + 1] != ' ');
        if (!is_letter && (i == 0 || !is_inner))
            return false;
    }
    return true;
}

/* sheet->section is the open module and page: (1 + module) * 100 + page. */
static void enter(struct bk_sheet *sheet, size_t module, int page)
{
    char line[64];
    int section = (int)(1 + module) * (PAGE_MAX + 1);
    if (sheet->section / (PAGE_MAX + 1) != section / (PAGE_MAX + 1)) {
        snprintf(line, sizeof line, "<%.*s>", BK_STR_ARG(modules[module]));
        bk_lines_literal(sheet, BK_STR_NONE);
        bk_lines_literal(sheet, bk_str_of(line));
        sheet->section = section;
    }
    if (page == 0 || sheet->section == section + page)
        return;
    snprintf(line, sizeof line, "--Dsskey Config%d--:", page);
    bk_lines_literal(sheet, bk_str_of(line));
    sheet->section = section + page;
}

static void put(struct bk_sheet *sheet, struct bk_str name, struct bk_str value)
{
    const struct bk_str page_word = BK_STR("Dsskey Config");
    struct bk_str rest = name, module_name = bk_str_cut(&rest, '/');
    /* Mostly that which is open. */
    size_t module = sheet->section > 0 ? (size_t)sheet->section / (PAGE_MAX + 1) - 1 : 0;
    if (!bk_str_eq(module_name, modules[module]))
        module = module_of(module_name);
    int64_t page = 0;
    if (module == BK_COUNT(modules)) {
        bk_sheet_fail(sheet, name, "stands in no module");
        return;
    }
    if (bk_str_find(rest, '/') >= 0) {
        struct bk_str group = bk_str_cut(&rest, '/');
        if (!bk_str_starts(group, page_word) ||
            bk_str_parse_int(bk_str_slice(group, page_word.len, group.len), 1, PAGE_MAX, &page) !=
                BK_OK) {
            bk_sheet_fail(sheet, name, "stands on no page");
            return;
        }
    }
    enter(sheet, module, (int)page);
    bk_lines_put(sheet, rest, value);
}

/*
 * A phone may skip a file whose version is not newer than the one it has, so the version grows with
 * the phone's revision; what changes without it is seen by the digest (fill.c). The line is filled
 * up with blanks to 62 characters, as the phone writes it.
 */
static void begin(struct bk_sheet *sheet, const struct bk_file *file)
{
    char line[80], version[40];
    int64_t revision = file->phone->revision;
    snprintf(version, sizeof version, "2.%010" PRId64, revision < 0 ? 0 : revision % 10000000000);
    int len = snprintf(line, sizeof line, "<<VOIP CONFIG FILE>>Version:%-34s", version);
    bk_lines_literal(sheet, (struct bk_str){line, (size_t)len});
}

static const struct bk_lines lines = {.between = " :", .footer = "<<END OF FILE>>"};

const struct bk_format fanvil_format = {
    .content_type = "text/plain; charset=utf-8",
    .is_name = is_name,
    .name_rule =
        "a Fanvil parameter is a module, a slash and a name, as in \"SIP CONFIG MODULE/SIP1 "
        "Subscribe\": letters, digits, hyphens and single blanks, a letter first",
    .check_value = bk_lines_check_value,
    .begin = begin,
    .end = bk_lines_end,
    .put = put,
    .lines = &lines,
};
