/*
 * The phone's own file, of three families: multicell bases, Maxwell desk phones, and the N510
 * (n510.c). The common
 * provisioning.xml leads a Maxwell to its own. A phone of unknown model may be either: it is told
 * where to fetch from, and gets no file of its own until its model is known, since it would find
 * nothing it knows in the other family's, and lose what it holds.
 */
#include <stdio.h>

#include "vendor/format/xml.h"
#include "vendor/gigaset/gigaset.h"

#define URL_SIZE 400

/* Only a Maxwell asks for provisioning.xml. */
static bool is_maxwell(const struct bk_file *file)
{
    return bk_model_has_trait(file->model, BK_STR("maxwell")) ||
           (!file->is_model_known && file->request.kind == BK_FILE_COMMON);
}

static void put(struct bk_sheet *sheet, struct bk_str name, struct bk_str value)
{
    bk_xml_put_named(sheet, "param", "name", "value", name, value);
}

static void begin(struct bk_sheet *sheet, const struct bk_file *file)
{
    bk_xml_open(sheet, "provisioning");
    bk_xml_attr(sheet, "version", BK_STR("1.1"));
    if (!is_maxwell(file))
        bk_xml_attr(sheet, "productID", BK_STR("e2"));
    bk_xml_open(sheet, "nvm");
}

static void end(struct bk_sheet *sheet, const struct bk_file *file)
{
    (void)file;
    bk_xml_close(sheet);
    bk_xml_close(sheet);
}

const struct bk_format gigaset_format = {
    .content_type = "text/xml; charset=utf-8",
    .is_name = bk_xml_is_name,
    .name_rule = "a Gigaset parameter has 1 to 128 letters, digits, dots, underscores and hyphens, "
                 "a letter first",
    .check_value = bk_xml_check_value,
    .begin = begin,
    .end = end,
    .put = put,
};

static bool is_frame(const struct bk_file *file)
{
    return bk_model_has_trait(file->model, BK_STR("frame"));
}

/* The names of an N720's parameters are not known. */
const struct bk_format *gigaset_form(const struct bk_file *file)
{
    enum bk_file_kind kind = file->request.kind;
    bool is_unserved = bk_model_has_trait(file->model, BK_STR("unserved"));
    bool is_own = kind == BK_FILE_DEVICE && (file->is_model_known || file->phone->is_bootstrap);
    bool is_common = kind == BK_FILE_COMMON && is_maxwell(file);
    if ((!is_own && !is_common) || is_unserved)
        return NULL;
    return is_frame(file) ? &gigaset_frame_format : &gigaset_format;
}

/* The phone puts its MAC where %MACD stands. */
static void fill_address(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_str base = BK_STR("Provisioning.global.ProvisioningServer"),
                        maxwell = BK_STR("System.Provision.ProvisioningServer");
    char url[URL_SIZE];
    int len =
        snprintf(url, sizeof url, "%.*s/%%MACD.xml", BK_STR_ARG(file->phone->provisioning_url));
    if (len < 0 || (size_t)len >= sizeof url) {
        bk_sheet_fail(sheet, base, "is too long");
        return;
    }
    if (!is_maxwell(file))
        bk_put(sheet, base, bk_str_of(url));
    if (is_maxwell(file) || !file->is_model_known)
        bk_put(sheet, maxwell, bk_str_of(url));
}

/* The numbers of options that it shall not take an address from; empty: none. */
static void put_dhcp(struct bk_sheet *sheet, const struct bk_setting *settings, const char *options)
{
    const struct bk_setting *dhcp = &settings[BK_NEUTRAL_PROV_DHCP];
    bool is_off = dhcp->layer != BK_LAYER_NONE && dhcp->value.number == 0;
    bk_from_setting(sheet, settings, BK_NEUTRAL_PROV_DHCP);
    bk_put_word(sheet, BK_STR("NET.IP.IPv4.DHCP.Options.Disabled"), is_off ? options : NULL);
}

void gigaset_put_ntp(struct bk_sheet *sheet, struct bk_str name, const struct bk_setting *settings)
{
    struct bk_str servers = settings[BK_NEUTRAL_TIME_NTP].value.text;
    bk_from_setting(sheet, settings, BK_NEUTRAL_TIME_NTP);
    bk_put(sheet, name, bk_str_trim(bk_str_cut(&servers, ',')));
    if (servers.len > 0)
        bk_put_lost(sheet, BK_STR("second NTP server"));
}

static void fill_base(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_setting *settings = file->phone->settings;
    /* Else a NOTIFY that asks for a reboot is passed over. */
    bk_put_word(sheet, BK_STR("SystemSettings.global.CheckSyncRebootEnabled"), "1");
    bk_put_setting(sheet, BK_STR("SystemSettings.global.SipMulticastEnabled"), settings,
                   BK_NEUTRAL_PROV_PNP);
    put_dhcp(sheet, settings, "114");
    bk_put_secret(sheet, BK_STR("WebUIAccounts.1.Password"), settings, BK_NEUTRAL_ADMIN_SECRET);
    gigaset_put_ntp(sheet, BK_STR("DmGlobal.0.NtpServer"), settings);
    bk_from_driver(sheet);
    gigaset_fill_base_accounts(sheet, file);
    bk_put_lost_keys(sheet, file->phone,
                     1u << BK_PANEL_LINE | 1u << BK_PANEL_PROGRAMMABLE | 1u << BK_PANEL_MODULE, 1);
}

static void fill_maxwell(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_setting *settings = file->phone->settings;
    const struct bk_setting *servers = &settings[BK_NEUTRAL_TIME_NTP];
    put_dhcp(sheet, settings, "66,114");
    bk_put_secret(sheet, BK_STR("WebUI.AdminPassword"), settings, BK_NEUTRAL_ADMIN_SECRET);
    bk_put_secret(sheet, BK_STR("WebUI.UserPassword"), settings, BK_NEUTRAL_USER_SECRET);
    gigaset_put_ntp(sheet, BK_STR("System.DateAndTime.TimeServer"), settings);
    bk_put_word(sheet, BK_STR("System.DateAndTime.AutoAdjustTime"),
                servers->layer != BK_LAYER_NONE ? "NTPServiceEnabled" : "NTPServiceDHCP");
    bk_from_driver(sheet);
    gigaset_fill_maxwell_accounts(sheet, file);
    gigaset_fill_maxwell_keys(sheet, file);
}

void gigaset_fill(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    if (is_frame(file)) {
        gigaset_fill_frame(sheet, file);
        return;
    }
    fill_address(sheet, file);
    if (phone->is_bootstrap || file->request.kind == BK_FILE_COMMON)
        return;
    if (is_maxwell(file))
        fill_maxwell(sheet, file);
    else
        fill_base(sheet, file);
    bk_put_raws(sheet, file);
}
