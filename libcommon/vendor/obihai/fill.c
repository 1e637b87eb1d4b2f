/*
 * The one file of a device: where it comes from, and the settings of the device as a whole.
 */
#include <stdio.h>

#include "vendor/obihai/obihai.h"

#define URL_SIZE 400
#define SPREAD_MIN_MAX 99 /* two digits */

const struct bk_format *obihai_form(const struct bk_file *file)
{
    return file->request.kind == BK_FILE_DEVICE ? &obihai_format : NULL;
}

/* The device puts its MAC, in capitals, where $MAC stands. */
static void put_address(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    char url[URL_SIZE];
    int len = snprintf(url, sizeof url, "%.*s/$MAC.xml", BK_STR_ARG(phone->provisioning_url));
    if (len < 0 || (size_t)len >= sizeof url)
        bk_sheet_fail(sheet, BK_STR("ConfigURL"), "is too long");
    else
        bk_put(sheet, BK_STR("ConfigURL"), bk_str_of(url));
    bk_put(sheet, BK_STR("Username"), phone->provisioning_user);
    bk_put(sheet, BK_STR("Password"), phone->provisioning_password);
}

/* Minutes of "HH:MM". */
static int minutes_of(struct bk_str text)
{
    int64_t hours = 0, minutes = 0;
    struct bk_str rest = text;
    if (bk_str_parse_int(bk_str_cut(&rest, ':'), 0, 23, &hours) != BK_OK ||
        bk_str_parse_int(rest, 0, 59, &minutes) != BK_OK)
        return 0;
    return (int)(hours * 60 + minutes);
}

/* "02:00+30": at two, and up to half an hour later. */
static void put_time_of_day(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    struct bk_str begin = settings[BK_NEUTRAL_PROV_WINDOW_BEGIN].value.text;
    struct bk_str end = settings[BK_NEUTRAL_PROV_WINDOW_END].value.text;
    char text[32];
    bk_from_setting(sheet, settings, BK_NEUTRAL_PROV_WINDOW_END);
    if (begin.len == 0) {
        bk_put_empty(sheet, BK_STR("TimeofDay"));
        return;
    }
    int spread = end.len == 0 ? 0 : (minutes_of(end) - minutes_of(begin) + 1440) % 1440;
    snprintf(text, sizeof text, "%.*s+%02d", BK_STR_ARG(begin),
             spread < SPREAD_MIN_MAX ? spread : SPREAD_MIN_MAX);
    bk_put(sheet, BK_STR("TimeofDay"), bk_str_of(text));
}

/* A window goes before an interval, since the device knows one of the two only. Never the factory's
 * method: a device that fetches no more is lost. */
static void put_schedule(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    bool has_window = settings[BK_NEUTRAL_PROV_WINDOW_BEGIN].layer != BK_LAYER_NONE;
    int64_t interval_min = settings[BK_NEUTRAL_PROV_INTERVAL_MIN].value.number;
    bool is_periodical = !has_window && interval_min > 0;
    bk_from_setting(sheet, settings, BK_NEUTRAL_PROV_WINDOW_BEGIN);
    bk_put_word(sheet, BK_STR("Method"),
                has_window      ? "Time Of Day"
                : is_periodical ? "Periodically"
                                : "System Start");
    bk_from_setting(sheet, settings, BK_NEUTRAL_PROV_INTERVAL_MIN);
    if (has_window && interval_min > 0)
        bk_put_lost(sheet, BK_STR("an interval beside a window"));
    if (is_periodical)
        bk_put_int(sheet, BK_STR("Interval"), interval_min * 60);
    else
        bk_put_empty(sheet, BK_STR("Interval"));
    put_time_of_day(sheet, settings);
    bk_from_driver(sheet);
}

/* It takes http and tftp only. */
static void put_firmware(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    struct bk_str url = settings[BK_NEUTRAL_FIRMWARE_URL].value.text;
    bool is_wanted = bk_str_starts(url, BK_STR("http://")) || bk_str_starts(url, BK_STR("tftp://"));
    obihai_object(sheet, "X_DeviceManagement.FirmwareUpdate.", 0, NULL);
    bk_from_setting(sheet, settings, BK_NEUTRAL_FIRMWARE_URL);
    if (url.len > 0 && !is_wanted)
        bk_put_lost(sheet, BK_STR("firmware over HTTPS"));
    bk_put_word(sheet, BK_STR("Method"), is_wanted ? "System Start" : NULL);
    bk_put(sheet, BK_STR("FirmwareURL"), is_wanted ? url : BK_STR_NONE);
}

static void put_network(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    bool has_vlan = settings[BK_NEUTRAL_VLAN_ID].layer != BK_LAYER_NONE;
    obihai_object(sheet, "DeviceInfo.WAN.", 0, NULL);
    bk_from_setting(sheet, settings, BK_NEUTRAL_VLAN_ID);
    bk_put_word(sheet, BK_STR("VLANEnable"), has_vlan ? "true" : NULL);
    bk_put_setting(sheet, BK_STR("VLANID"), settings, BK_NEUTRAL_VLAN_ID);
    bk_put_setting(sheet, BK_STR("VLANPriority"), settings, BK_NEUTRAL_VLAN_PRIORITY);
    bk_put_choice(sheet, BK_STR("LLDP-MED"), settings, BK_NEUTRAL_LLDP, "false true");

    bool has_pc_vlan = settings[BK_NEUTRAL_PC_VLAN_ID].layer != BK_LAYER_NONE;
    obihai_object(sheet, "X_PCPortVLAN.", 0, NULL);
    bk_from_setting(sheet, settings, BK_NEUTRAL_PC_VLAN_ID);
    bk_put_word(sheet, BK_STR("Enable"), has_pc_vlan ? "true" : NULL);
    bk_put_setting(sheet, BK_STR("VLANID"), settings, BK_NEUTRAL_PC_VLAN_ID);

    obihai_object(sheet, "X_DeviceManagement.Syslog.", 0, NULL);
    bk_put_setting(sheet, BK_STR("Server"), settings, BK_NEUTRAL_SYSLOG_SERVER);
}

static void put_time(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    struct bk_str servers = settings[BK_NEUTRAL_TIME_NTP].value.text;
    obihai_object(sheet, "DeviceInfo.Time.", 0, NULL);
    bk_from_setting(sheet, settings, BK_NEUTRAL_TIME_NTP);
    bk_put(sheet, BK_STR("NTPServer1"), bk_str_trim(bk_str_cut(&servers, ',')));
    bk_put(sheet, BK_STR("NTPServer2"), bk_str_trim(bk_str_cut(&servers, ',')));
}

static void put_calls(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    obihai_object(sheet, "VoiceService.1.Phone.CallingFeatures.", 0, NULL);
    bk_put_choice(sheet, BK_STR("CallWaitingEnable"), settings, BK_NEUTRAL_CALL_WAITING,
                  "false true");
    bk_put_choice(sheet, BK_STR("AutoAnswerEnable"), settings, BK_NEUTRAL_AUTO_ANSWER,
                  "false true");
}

void obihai_fill(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_setting *settings = file->phone->settings;
    obihai_object(sheet, "X_DeviceManagement.ITSPProvisioning.", 0, NULL);
    put_address(sheet, file->phone);
    if (file->phone->is_bootstrap)
        return;
    put_schedule(sheet, settings);
    put_firmware(sheet, settings);
    put_network(sheet, settings);
    put_time(sheet, settings);
    put_calls(sheet, settings);
    obihai_fill_accounts(sheet, file);
    obihai_fill_keys(sheet, file);
    bk_put_raws(sheet, file);
}
