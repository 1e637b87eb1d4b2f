/*
 * The phone as a whole: where it fetches from, and the neutral settings that have a parameter.
 */
#include <stdio.h>

#include "model/zone.h"
#include "vendor/poly/poly.h"

/* device.* needs a switch beside each parameter, or the phone ignores it. */
static void put_switch(struct bk_sheet *sheet, struct bk_str name)
{
    char set[BK_PARAM_NAME_MAX];
    snprintf(set, sizeof set, "%.*s.set", BK_STR_ARG(name));
    bk_put_word(sheet, bk_str_of(set), "1");
}

static void put_device(struct bk_sheet *sheet, struct bk_str name, struct bk_str value)
{
    bk_put(sheet, name, value);
    put_switch(sheet, name);
}

/* "https://host/k7Qm2" is server "host/k7Qm2" of type HTTPS. */
void poly_fill_address(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    const struct bk_str tls = BK_STR("https://"), plain = BK_STR("http://");
    struct bk_str url = phone->provisioning_url;
    bool is_tls = bk_str_starts(url, tls);
    if (is_tls || bk_str_starts(url, plain))
        url = bk_str_slice(url, is_tls ? tls.len : plain.len, url.len);
    bk_put_word(sheet, BK_STR("device.set"), "1");
    put_device(sheet, BK_STR("device.prov.serverName"), url);
    put_device(sheet, BK_STR("device.prov.serverType"), is_tls ? BK_STR("HTTPS") : BK_STR("HTTP"));
    put_device(sheet, BK_STR("device.prov.user"), phone->provisioning_user);
    put_device(sheet, BK_STR("device.prov.password"), phone->provisioning_password);
    /* With it the phone tells its MAC in its User-Agent. */
    put_device(sheet, BK_STR("device.prov.tagSerialNo"), BK_STR("1"));
}

static void put_password(struct bk_sheet *sheet, struct bk_str name,
                         const struct bk_setting *settings, enum bk_neutral id)
{
    char set[BK_PARAM_NAME_MAX];
    snprintf(set, sizeof set, "%.*s.set", BK_STR_ARG(name));
    bk_put_secret(sheet, name, settings, id);
    bk_put_beside_secret(sheet, bk_str_of(set), settings, id, "1");
}

/*
 * rel: so long after the last; abs: at a time of day; random: in a window. The phone takes no
 * period of an hour or less.
 */
static void put_polling(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    const struct bk_setting *interval = &settings[BK_NEUTRAL_PROV_INTERVAL_MIN];
    bool has_begin = settings[BK_NEUTRAL_PROV_WINDOW_BEGIN].layer != BK_LAYER_NONE;
    bool has_end = settings[BK_NEUTRAL_PROV_WINDOW_END].layer != BK_LAYER_NONE;
    bool is_on = interval->value.number > 0;
    int64_t period_s = interval->value.number * 60;
    bk_from_setting(sheet, settings, BK_NEUTRAL_PROV_INTERVAL_MIN);
    bk_put_word(sheet, BK_STR("prov.polling.enabled"),
                interval->layer == BK_LAYER_NONE ? NULL
                : is_on                          ? "1"
                                                 : "0");
    bk_put_word(sheet, BK_STR("prov.polling.mode"),
                !is_on                 ? NULL
                : has_begin && has_end ? "random"
                : has_begin            ? "abs"
                                       : "rel");
    if (is_on)
        bk_put_int(sheet, BK_STR("prov.polling.period"), period_s > 3600 ? period_s : 3601);
    else
        bk_put_empty(sheet, BK_STR("prov.polling.period"));
    bk_put_setting(sheet, BK_STR("prov.polling.time"), settings, BK_NEUTRAL_PROV_WINDOW_BEGIN);
    bk_put_setting(sheet, BK_STR("prov.polling.timeRandomEnd"), settings,
                   BK_NEUTRAL_PROV_WINDOW_END);
}

/*
 * Weekdays from 1 (Sunday). The first to fourth weekday of a month is the first one on or after the
 * 1st, 8th, 15th or 22nd; the last has a switch. Hours by the clock before it is changed. change
 * NULL: all of it is emptied.
 */
static void put_change(struct bk_sheet *sheet, struct bk_str prefix,
                       const struct bk_zone_change *change)
{
    static const char *const names[] = {"month", "date", "time", "dayOfWeek",
                                        "dayOfWeek.lastInMonth"};
    bk_prefix(sheet, prefix);
    for (size_t i = 0; i < BK_COUNT(names); i++) {
        const int values[BK_COUNT(names)] = {
            change == NULL ? 0 : change->month,
            change == NULL     ? 0
            : change->week < 5 ? 7 * change->week - 6
                               : 1,
            change == NULL ? 0 : change->minute / 60,
            change == NULL ? 0 : change->weekday + 1,
            change != NULL && change->week == 5,
        };
        if (change != NULL)
            bk_put_int(sheet, bk_str_of(names[i]), values[i]);
        else
            bk_put_empty(sheet, bk_str_of(names[i]));
    }
    bk_prefix(sheet, BK_STR_NONE);
}

/* The phone knows whole hours of the day that is named; a few zones change at other times. */
static bool is_writable(const struct bk_zone_dst *dst)
{
    const struct bk_zone_change *changes[] = {&dst->start, &dst->end};
    bool is_good = dst->saved_min == 60;
    for (size_t i = 0; i < BK_COUNT(changes); i++) {
        int minute = changes[i]->minute;
        is_good = is_good && minute >= 0 && minute < 24 * 60 && minute % 60 == 0;
    }
    return is_good;
}

static void put_zone(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    const struct bk_str offset_name = BK_STR("tcpIpApp.sntp.gmtOffset");
    struct bk_str zone = settings[BK_NEUTRAL_TIME_ZONE].value.text;
    const struct bk_zone *row = zone.len > 0 ? bk_zone_find(zone) : NULL;
    const struct bk_zone_dst *dst = row != NULL ? row->dst : NULL;
    bk_from_setting(sheet, settings, BK_NEUTRAL_TIME_ZONE);
    if (zone.len > 0 && row == NULL)
        bk_sheet_fail(sheet, offset_name, "the time zone is not in the table; choose another");
    if (row != NULL)
        bk_put_int(sheet, offset_name, (int64_t)row->offset_min * 60);
    else
        bk_put_empty(sheet, offset_name);
    if (dst != NULL && !is_writable(dst)) {
        bk_put_lost(sheet, BK_STR("daylight saving time of this zone"));
        dst = NULL;
    }
    bk_prefix(sheet, BK_STR("tcpIpApp.sntp.daylightSavings."));
    bk_put_word(sheet, BK_STR("enable"), row == NULL ? NULL : dst != NULL ? "1" : "0");
    bk_put_word(sheet, BK_STR("fixedDayEnable"), dst != NULL ? "0" : NULL);
    put_change(sheet, BK_STR("tcpIpApp.sntp.daylightSavings.start."),
               dst != NULL ? &dst->start : NULL);
    put_change(sheet, BK_STR("tcpIpApp.sntp.daylightSavings.stop."),
               dst != NULL ? &dst->end : NULL);
}

static void put_time(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    struct bk_str servers = settings[BK_NEUTRAL_TIME_NTP].value.text;
    bk_from_setting(sheet, settings, BK_NEUTRAL_TIME_NTP);
    bk_put(sheet, BK_STR("tcpIpApp.sntp.address"), bk_str_trim(bk_str_cut(&servers, ',')));
    if (servers.len > 0)
        bk_put_lost(sheet, BK_STR("second NTP server"));
    put_zone(sheet, settings);
}

/* Their order is a number each; 0 is off. One table for all lines. */
static void put_codecs(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    static const struct {
        const char *word, *name;
    } codecs[] = {
        {"pcmu", "voice.codecPref.G711_Mu"}, {"pcma", "voice.codecPref.G711_A"},
        {"g722", "voice.codecPref.G722"},    {"g729", "voice.codecPref.G729_AB"},
        {"opus", "voice.codecPref.Opus"},    {"ilbc", "voice.codecPref.iLBC.13_33kbps"},
    };
    const struct bk_setting *list = &settings[BK_NEUTRAL_CODECS];
    bk_from_setting(sheet, settings, BK_NEUTRAL_CODECS);
    for (size_t i = 0; i < BK_COUNT(codecs); i++) {
        struct bk_str rest = list->value.text;
        int position = 0;
        for (int at = 1; rest.len > 0; at++) {
            if (bk_str_eq(bk_str_trim(bk_str_cut(&rest, ',')), bk_str_of(codecs[i].word)))
                position = at;
        }
        if (list->layer == BK_LAYER_NONE)
            bk_put_empty(sheet, bk_str_of(codecs[i].name));
        else
            bk_put_int(sheet, bk_str_of(codecs[i].name), position);
    }
    for (struct bk_str rest = list->value.text; rest.len > 0;) {
        struct bk_str word = bk_str_trim(bk_str_cut(&rest, ','));
        if (bk_str_eq(word, BK_STR("g726_32")))
            bk_put_lost(sheet, word);
    }
}

/* The certificate of a server that it fetches from, and of one that it registers with. */
static void put_security(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    const struct bk_str name = BK_STR("device.sec.TLS.prov.strictCertCommonNameValidation");
    bk_put_choice(sheet, name, settings, BK_NEUTRAL_VERIFY_SERVER, "0 1");
    put_switch(sheet, name);
    bk_put_choice(sheet, BK_STR("sec.TLS.SIP.strictCertCommonNameValidation"), settings,
                  BK_NEUTRAL_VERIFY_SERVER, "0 1");
}

static void put_calls(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    const struct bk_str syslog = BK_STR("device.syslog.serverName");
    bk_put_setting(sheet, syslog, settings, BK_NEUTRAL_SYSLOG_SERVER);
    put_switch(sheet, syslog);
    bk_put_choice(sheet, BK_STR("call.callWaiting.enable"), settings, BK_NEUTRAL_CALL_WAITING,
                  "0 1");
    bk_put_choice(sheet, BK_STR("feature.doNotDisturb.enable"), settings, BK_NEUTRAL_DND_ALLOWED,
                  "0 1");
    /* With a code the phone calls it and the number; without, it takes the call by Replaces. */
    bk_from_setting(sheet, settings, BK_NEUTRAL_PICKUP_CODE);
    bk_put_word(sheet, BK_STR("call.directedCallPickupMethod"),
                settings[BK_NEUTRAL_PICKUP_CODE].layer != BK_LAYER_NONE ? "legacy" : NULL);
    bk_put_setting(sheet, BK_STR("call.directedCallPickupString"), settings,
                   BK_NEUTRAL_PICKUP_CODE);
}

void poly_fill_settings(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_setting *settings = file->phone->settings;
    /* 0: a check-sync restarts the phone only when its files have changed. */
    bk_put_word(sheet, BK_STR("voIpProt.SIP.specialEvent.checkSync.alwaysReboot"), "0");
    put_password(sheet, BK_STR("device.auth.localAdminPassword"), settings,
                 BK_NEUTRAL_ADMIN_SECRET);
    put_password(sheet, BK_STR("device.auth.localUserPassword"), settings, BK_NEUTRAL_USER_SECRET);
    put_polling(sheet, settings);
    put_time(sheet, settings);
    put_codecs(sheet, settings);
    put_security(sheet, settings);
    put_calls(sheet, settings);
    bk_from_driver(sheet);
}
