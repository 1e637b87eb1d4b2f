/*
 * The files: <mac>.cfg, and the common one of a model, which holds the address alone. A firmware's
 * descriptor is not served: firmware.url names the image itself.
 */
#include <stdio.h>

#include "vendor/address.h"
#include "vendor/fanvil/fanvil.h"

const struct bk_format *fanvil_form(const struct bk_file *file)
{
    enum bk_file_kind kind = file->request.kind;
    return kind == BK_FILE_COMMON || kind == BK_FILE_DEVICE ? &fanvil_format : NULL;
}

/* --- AUTOUPDATE CONFIG MODULE ----------------------------------------------------------------- */

/* The phone puts its MAC in for $mac. */
static void put_address(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    struct bk_address address = bk_address_of(phone->provisioning_url);
    char host[BK_HOST_PORT_SIZE], file[300];
    bool is_usual = address.port == (address.is_tls ? 443 : 80);
    const struct bk_sip_server server = {address.host, is_usual ? 0 : address.port};
    int len = snprintf(file, sizeof file, "%.*s%s$mac.cfg", BK_STR_ARG(address.path),
                       address.path.len > 0 ? "/" : "");
    bk_put(sheet, BK_STR("Default Username"), phone->provisioning_user);
    bk_put(sheet, BK_STR("Default Password"), phone->provisioning_password);
    bk_put(sheet, BK_STR("Flash Server IP"), bk_host_port_print(&server, &host));
    if (len < 0 || (size_t)len >= sizeof file)
        bk_sheet_fail(sheet, BK_STR("Flash File Name"), "is too long");
    else
        bk_put(sheet, BK_STR("Flash File Name"), bk_str_of(file));
    bk_put_word(sheet, BK_STR("Flash Protocol"), address.is_tls ? "5" : "4");
}

/* Mode 0 never, 1 after a reboot, 2 every so many hours (and after a reboot). */
static void put_schedule(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    const struct bk_setting *interval = &settings[BK_NEUTRAL_PROV_INTERVAL_MIN],
                            *boot = &settings[BK_NEUTRAL_PROV_POWER_ON];
    bool is_timed = interval->value.number > 0;
    bool is_never = boot->layer != BK_LAYER_NONE && boot->value.number == 0;
    bk_from_setting(sheet, settings,
                    is_timed ? BK_NEUTRAL_PROV_INTERVAL_MIN : BK_NEUTRAL_PROV_POWER_ON);
    bk_put_word(sheet, BK_STR("Flash Mode"), is_timed ? "2" : is_never ? "0" : "1");
    bk_from_setting(sheet, settings, BK_NEUTRAL_PROV_INTERVAL_MIN);
    if (is_timed)
        bk_put_int(sheet, BK_STR("Flash Interval"), (interval->value.number + 59) / 60);
    else
        bk_put_empty(sheet, BK_STR("Flash Interval"));
}

static void fill_update(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_setting *settings = file->phone->settings;
    put_address(sheet, file->phone);
    if (file->phone->is_bootstrap || file->request.kind == BK_FILE_COMMON)
        return;
    put_schedule(sheet, settings);
    bk_put_setting(sheet, BK_STR("Auto Image Url"), settings, BK_NEUTRAL_FIRMWARE_URL);
    bk_put_setting(sheet, BK_STR("PNP Enable"), settings, BK_NEUTRAL_PROV_PNP);
    bk_put_choice(sheet, BK_STR("DHCP Option"), settings, BK_NEUTRAL_PROV_DHCP, "0 66");
}

/* What the file is compared by, beside its version. */
static void fill_maintenance(struct bk_sheet *sheet, const struct bk_file *file)
{
    (void)file;
    bk_put_word(sheet, BK_STR("Auto Server Digest"), "1");
}

/* --- the file --------------------------------------------------------------------------------- */

/* Raw parameters stand in their module, behind the driver's own. */
#define RAW_OF(function, module) \
    static bool function(struct bk_str name) \
    { \
        return bk_str_starts(name, BK_STR(module "/")); \
    }
RAW_OF(is_net, "NET CONFIG MODULE")
RAW_OF(is_media, "MM CONFIG MODULE")
RAW_OF(is_sip, "SIP CONFIG MODULE")
RAW_OF(is_call, "CALL FEATURE MODULE")
RAW_OF(is_phone, "PHONE FEATURE MODULE")
RAW_OF(is_cti, "CTI CONFIG MODULE")
RAW_OF(is_paging, "MCAST CFG MODULE")
RAW_OF(is_key, "DSSKEY CONFIG MODULE")
RAW_OF(is_web, "MMI CONFIG MODULE")
RAW_OF(is_log, "LOG CONFIG MODULE")
RAW_OF(is_vpn, "VPN CONFIG MODULE")
RAW_OF(is_maintenance, "MAINTENANCE CONFIG MODULE")
RAW_OF(is_qos, "QOS CONFIG MODULE")
RAW_OF(is_dot1x, "DOT1X CONFIG MODULE")
RAW_OF(is_app, "APP CONFIG MODULE")

/* In their order. NULL: raw parameters alone, or none. */
static const struct {
    const char *prefix;
    void (*fill)(struct bk_sheet *sheet, const struct bk_file *file);
    bool (*is_raw)(struct bk_str name);
} sections[] = {
    {"AUTOUPDATE CONFIG MODULE/", fill_update, NULL},
    {"MAINTENANCE CONFIG MODULE/", fill_maintenance, is_maintenance},
    {"NET CONFIG MODULE/", NULL, is_net},
    {"MM CONFIG MODULE/", fanvil_fill_media, is_media},
    {"SIP CONFIG MODULE/", fanvil_fill_accounts, is_sip},
    {"CALL FEATURE MODULE/", fanvil_fill_calls, is_call},
    {"PHONE FEATURE MODULE/", fanvil_fill_phone, is_phone},
    {"CTI CONFIG MODULE/", NULL, is_cti},
    {"MCAST CFG MODULE/", NULL, is_paging},
    {"DSSKEY CONFIG MODULE/", fanvil_fill_keys, is_key},
    {"MMI CONFIG MODULE/", fanvil_fill_web, is_web},
    {"LOG CONFIG MODULE/", fanvil_fill_log, is_log},
    {"VPN CONFIG MODULE/", NULL, is_vpn},
    {"QOS CONFIG MODULE/", fanvil_fill_network, is_qos},
    {"DOT1X CONFIG MODULE/", NULL, is_dot1x},
    {"APP CONFIG MODULE/", NULL, is_app},
};

void fanvil_fill(struct bk_sheet *sheet, const struct bk_file *file)
{
    bool is_address_alone = file->phone->is_bootstrap || file->request.kind == BK_FILE_COMMON;
    size_t count = is_address_alone ? 2 : BK_COUNT(sections); /* and what it is compared by */
    for (size_t i = 0; i < count; i++) {
        bk_from_driver(sheet);
        bk_prefix(sheet, bk_str_of(sections[i].prefix));
        if (sections[i].fill != NULL)
            sections[i].fill(sheet, file);
        if (sections[i].is_raw != NULL && !is_address_alone)
            bk_put_raws_if(sheet, file, sections[i].is_raw);
    }
}
