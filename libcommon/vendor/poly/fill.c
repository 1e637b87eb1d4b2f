/*
 * The files: the master <mac>.cfg, which names the rest, and phone<mac>.cfg with everything in it.
 * Both are one element, of which each parameter is an attribute. What the phone writes itself
 * (overrides, contacts, call lists, logs) is its own.
 */
#include <stdio.h>

#include "vendor/format/xml.h"
#include "vendor/poly/poly.h"

/* The names of elements are free but in a master. */
static void begin(struct bk_sheet *sheet, const struct bk_file *file)
{
    bk_xml_open(sheet, file->request.kind == BK_FILE_MASTER ? "APPLICATION" : "polycomConfig");
}

static void end(struct bk_sheet *sheet, const struct bk_file *file)
{
    (void)file;
    bk_xml_close(sheet);
}

const struct bk_format poly_format = {
    .content_type = "text/xml; charset=utf-8",
    .is_name = bk_xml_is_name,
    .name_rule = "a Poly parameter has 1 to 128 letters, digits, dots, underscores and hyphens, a "
                 "letter first",
    .check_value = bk_xml_check_value,
    .begin = begin,
    .end = end,
    .put = bk_xml_put_attribute,
};

const struct bk_format *poly_form(const struct bk_file *file)
{
    enum bk_file_kind kind = file->request.kind;
    return kind == BK_FILE_MASTER || kind == BK_FILE_DEVICE ? &poly_format : NULL;
}

static void fill_master(struct bk_sheet *sheet, const struct bk_file *file)
{
    /* Empty: beside the master. */
    static const char *const directories[] = {
        "LOG_FILE_DIRECTORY",      "OVERRIDES_DIRECTORY", "CONTACTS_DIRECTORY",
        "CALL_LISTS_DIRECTORY",    "LICENSE_DIRECTORY",   "COREFILE_DIRECTORY",
        "USER_PROFILES_DIRECTORY", "MISC_FILES",
    };
    char mac[BK_MAC_TEXT_SIZE], name[BK_MAC_TEXT_SIZE + 16];
    bk_mac_print(&file->phone->mac, &mac);
    snprintf(name, sizeof name, "phone%s.cfg", mac);
    if (!file->phone->is_bootstrap)
        bk_put_setting(sheet, BK_STR("APP_FILE_PATH"), file->phone->settings,
                       BK_NEUTRAL_FIRMWARE_URL);
    bk_from_driver(sheet);
    bk_put_word(sheet, BK_STR("CONFIG_FILES"), name);
    for (size_t i = 0; !file->phone->is_bootstrap && i < BK_COUNT(directories); i++)
        bk_put_empty(sheet, bk_str_of(directories[i]));
}

void poly_fill(struct bk_sheet *sheet, const struct bk_file *file)
{
    if (file->request.kind == BK_FILE_MASTER) {
        fill_master(sheet, file);
        return;
    }
    poly_fill_address(sheet, file->phone);
    if (file->phone->is_bootstrap)
        return;
    poly_fill_settings(sheet, file);
    poly_fill_accounts(sheet, file);
    poly_fill_keys(sheet, file);
    bk_put_raws(sheet, file);
}
