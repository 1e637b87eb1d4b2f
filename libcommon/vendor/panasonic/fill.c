/*
 * The files of a Panasonic: Config<MAC>.cfg holds everything; the model's file, and the one that
 * all share, nothing but the address. Of what stands in several of its files the phone takes the
 * first.
 */
#include <stdio.h>

#include "model/zone.h"
#include "vendor/format/lines.h"
#include "vendor/panasonic/panasonic.h"

#define NAME_LEN_MAX 32
#define VALUE_LEN_MAX 500

/* "SIP_PASS_1": capitals, digits and underscores. */
static bool is_name(struct bk_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool is_inner = (c >= '0' && c <= '9') || c == '_';
        if (!(c >= 'A' && c <= 'Z') && (i == 0 || !is_inner))
            return false;
    }
    return name.len > 0 && name.len <= NAME_LEN_MAX;
}

/* The phone passes over longer lines. */
static const char *check_value(const struct bk_format *format, struct bk_str value)
{
    const char *fault = bk_lines_check_value(format, value);
    if (fault == NULL && value.len > VALUE_LEN_MAX)
        fault = "is longer than 500 bytes, which is what a Panasonic reads";
    return fault;
}

/* The phone takes no file without this first line. */
static const struct bk_lines lines = {
    .header = "# Panasonic SIP Phone Standard Format File #",
    .between = "=",
    .comment = '#',
    .quote = BK_QUOTE_ALWAYS,
};

const struct bk_format panasonic_format = {
    .content_type = "text/plain; charset=utf-8",
    .is_name = is_name,
    .name_rule = "a Panasonic parameter has 1 to 32 capital letters, digits and underscores, a "
                 "letter first",
    .check_value = check_value,
    .begin = bk_lines_begin,
    .end = bk_lines_end,
    .put = bk_lines_put,
    .lines = &lines,
};

/* KX-UTG phones have the same kinds of file in XML, whose elements are not known. */
const struct bk_format *panasonic_form(const struct bk_file *file)
{
    enum bk_file_kind kind = file->request.kind;
    bool is_served = kind == BK_FILE_COMMON || kind == BK_FILE_MASTER || kind == BK_FILE_DEVICE;
    const struct bk_str utg = BK_STR("KX-UTG"); /* models have letters of regions behind them */
    bool is_xml = (file->is_model_known && bk_model_has_trait(file->model, BK_STR("xml"))) ||
                  bk_str_starts(file->request.model_code, utg) ||
                  bk_str_starts(file->phone->model, utg);
    return is_served && !is_xml ? &panasonic_format : NULL;
}

/* One file is enough; the phone puts its MAC in. */
static void fill_address(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    char url[BK_PARAM_VALUE_MAX + 2];
    snprintf(url, sizeof url, "%.*s/Config{MAC}.cfg", BK_STR_ARG(phone->provisioning_url));
    bk_put_word(sheet, BK_STR("PROVISION_ENABLE"), "Y");
    bk_put(sheet, BK_STR("CFG_STANDARD_FILE_PATH"), bk_str_of(url));
    bk_put_empty(sheet, BK_STR("CFG_PRODUCT_FILE_PATH"));
    bk_put_empty(sheet, BK_STR("CFG_MASTER_FILE_PATH"));
}

static void fill_provisioning(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    const struct bk_setting *interval = &settings[BK_NEUTRAL_PROV_INTERVAL_MIN];
    const struct bk_setting *firmware = &settings[BK_NEUTRAL_FIRMWARE_URL];
    bool is_cyclic = interval->layer != BK_LAYER_NONE && interval->value.number > 0;
    bk_put_word(sheet, BK_STR("HTTP_USER_AGENT"), "Panasonic_{MODEL}/{fwver} ({mac})");
    bk_put_word(sheet, BK_STR("CFG_RESYNC_FROM_SIP"), "check-sync");

    bk_from_setting(sheet, settings, BK_NEUTRAL_PROV_INTERVAL_MIN);
    bk_put_word(sheet, BK_STR("CFG_CYCLIC"),
                interval->layer == BK_LAYER_NONE ? NULL
                : is_cyclic                      ? "Y"
                                                 : "N");
    if (is_cyclic)
        bk_put_int(sheet, BK_STR("CFG_CYCLIC_INTVL"), interval->value.number);
    else
        bk_put_empty(sheet, BK_STR("CFG_CYCLIC_INTVL"));
    bk_put_setting(sheet, BK_STR("CFG_RESYNC_TIME"), settings, BK_NEUTRAL_PROV_WINDOW_BEGIN);

    bk_from_setting(sheet, settings, BK_NEUTRAL_FIRMWARE_URL);
    const char *is_upgraded = firmware->layer == BK_LAYER_NONE ? NULL : "Y";
    bk_put_word(sheet, BK_STR("FIRM_UPGRADE_ENABLE"), is_upgraded);
    bk_put_word(sheet, BK_STR("FIRM_UPGRADE_AUTO"), is_upgraded);
    bk_put_setting(sheet, BK_STR("FIRM_FILE_PATH"), settings, BK_NEUTRAL_FIRMWARE_URL);
}

static void fill_security(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    bk_put_secret(sheet, BK_STR("ADMIN_PASS"), settings, BK_NEUTRAL_ADMIN_SECRET);
    bk_put_setting(sheet, BK_STR("HTTP_SSL_VERIFY"), settings, BK_NEUTRAL_VERIFY_SERVER);
    bk_put_setting(sheet, BK_STR("CFG_ROOT_CERTIFICATE_PATH"), settings, BK_NEUTRAL_CA_URL);
}

/* The zone in minutes, east of Greenwich positive. */
static void fill_time(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    struct bk_str servers = settings[BK_NEUTRAL_TIME_NTP].value.text;
    const struct bk_zone *zone = bk_zone_find(settings[BK_NEUTRAL_TIME_ZONE].value.text);
    bk_from_setting(sheet, settings, BK_NEUTRAL_TIME_NTP);
    bk_put(sheet, BK_STR("NTP_ADDR"), bk_str_trim(bk_str_cut(&servers, ',')));
    if (servers.len > 0)
        bk_put_lost(sheet, BK_STR("second NTP server"));

    bk_from_setting(sheet, settings, BK_NEUTRAL_TIME_ZONE);
    if (zone != NULL)
        bk_put_int(sheet, BK_STR("TIME_ZONE"), zone->offset_min);
    else
        bk_put_empty(sheet, BK_STR("TIME_ZONE"));
    if (zone != NULL && zone->dst != NULL)
        bk_put_lost(sheet, BK_STR("daylight saving time"));
    bk_from_driver(sheet);
}

void panasonic_fill(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    fill_address(sheet, phone);
    if (phone->is_bootstrap || file->request.kind != BK_FILE_DEVICE)
        return;
    fill_provisioning(sheet, phone->settings);
    fill_security(sheet, phone->settings);
    fill_time(sheet, phone->settings);
    panasonic_fill_accounts(sheet, file);
    bk_put_lost_keys(sheet, phone,
                     1u << BK_PANEL_LINE | 1u << BK_PANEL_PROGRAMMABLE | 1u << BK_PANEL_MODULE, 1);
    bk_put_raws(sheet, file);
}
