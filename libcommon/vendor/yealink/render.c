/*
 * The files: boot, common, and the phone's own. The others (-local.cfg, -contact.xml) are the
 * phone's to write.
 */
#include <stdio.h>
#include <string.h>

#include "vendor/yealink/yealink.h"

static const struct bk_lines lines = {
    .header = "#!version:1.0.0.1", /* exactly so, else the phone drops the file */
    .between = " = ",
    .empty = "%NULL%",
    .comment = '#',
};

/* A number that begins with a zero may be the same to the phone, and would pass by what is reserved
 * for it: "remote_phonebook.data.01.url". */
static bool is_name(struct bk_str name)
{
    if (!bk_is_dotted_name(name))
        return false;
    for (size_t i = 2; i < name.len; i++) {
        char c = name.ptr[i];
        if (c >= '0' && c <= '9' && name.ptr[i - 1] == '0' && name.ptr[i - 2] == '.')
            return false;
    }
    return true;
}

/* The header is a comment to everybody but the phone. */
const struct bk_format yealink_format = {
    .content_type = "text/plain; charset=utf-8",
    .is_name = is_name,
    .name_rule = "such a parameter has 1 to 128 letters, digits, dots, underscores and hyphens, "
                 "a letter first; its numbers have no leading zeros",
    .check_value = bk_lines_check_value,
    .begin = bk_lines_begin,
    .put = bk_lines_put,
    .lines = &lines,
};

const struct bk_format *yealink_form(const struct bk_file *file)
{
    enum bk_file_kind kind = file->request.kind;
    bool is_served = kind == BK_FILE_BOOT || kind == BK_FILE_COMMON || kind == BK_FILE_DEVICE;
    return is_served ? &yealink_format : NULL;
}

/* "y000000000096.cfg" for a T54W: the first of the model's codes, else that of all phones. */
static void put_common_include(struct bk_sheet *sheet, struct bk_str codes)
{
    char name[] = "include:config \"y000000000000.cfg\"";
    char *digits_end = strchr(name, '.');
    struct bk_str code = bk_str_trim(bk_str_cut(&codes, ','));
    int64_t number;
    if (bk_str_parse_int(code, 0, INT64_MAX, &number) == BK_OK && code.len <= 12)
        memcpy(digits_end - code.len, code.ptr, code.len);
    bk_lines_literal(sheet, bk_str_of(name));
}

/*
 * Both boot files name the same two, since the phone that asks is always known. With
 * overwrite_mode a parameter that no file mentions any more goes back to the factory's value: so
 * a raw parameter that was removed leaves the phone as well. A bootstrap must reset nothing.
 */
static void fill_boot(struct bk_sheet *sheet, const struct bk_file *file)
{
    char mac[BK_MAC_TEXT_SIZE], own[64];
    bk_mac_print(&file->phone->mac, &mac);
    snprintf(own, sizeof own, "include:config \"%s.cfg\"", mac);
    put_common_include(sheet, file->model->codes);
    bk_lines_literal(sheet, bk_str_of(own));
    if (!file->phone->is_bootstrap)
        bk_lines_literal(sheet, BK_STR("overwrite_mode = 1"));
}

void yealink_fill(struct bk_sheet *sheet, const struct bk_file *file)
{
    if (file->request.kind == BK_FILE_BOOT) {
        fill_boot(sheet, file);
        return;
    }
    if (file->phone->is_bootstrap) {
        yealink_fill_address(sheet, file);
        return;
    }
    yealink_fill_shared(sheet, file);
    if (file->request.kind == BK_FILE_COMMON)
        return;
    yealink_fill_settings(sheet, file);
    yealink_fill_accounts(sheet, file);
    yealink_fill_keys(sheet, file);
    bk_put_raws(sheet, file);
}
