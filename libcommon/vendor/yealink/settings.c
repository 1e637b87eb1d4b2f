/*
 * Neutral settings of the phone as a whole. What maps one to one is a row; the rest stands below
 * the rows, a function each.
 */
#include <inttypes.h>
#include <string.h>

#include "base/secret.h"
#include "model/zone.h"
#include "vendor/yealink/yealink.h"

#define NAME(literal) \
    { \
        "" literal, sizeof(literal) - 1 \
    }

/* The value as it stands: texts, numbers, and booleans as 1 and 0. */
static const struct {
    enum bk_neutral id;
    struct bk_str name;
} plain_rows[] = {
    {BK_NEUTRAL_SIP_PORT, NAME("sip.listen_port")},
    {BK_NEUTRAL_RTP_PORT_MIN, NAME("static.network.port.min_rtpport")},
    {BK_NEUTRAL_RTP_PORT_MAX, NAME("static.network.port.max_rtpport")},
    {BK_NEUTRAL_DSCP_SIP, NAME("static.network.qos.signaltos")},
    {BK_NEUTRAL_DSCP_RTP, NAME("static.network.qos.audiotos")},
    {BK_NEUTRAL_LLDP, NAME("static.network.lldp.enable")},
    {BK_NEUTRAL_WEB_UI, NAME("static.wui.http_enable")},
    {BK_NEUTRAL_WEB_UI, NAME("static.wui.https_enable")},
    {BK_NEUTRAL_VERIFY_SERVER, NAME("static.security.trust_certificates")},
    {BK_NEUTRAL_CA_URL, NAME("static.trusted_certificates.url")},
    {BK_NEUTRAL_FIRMWARE_URL, NAME("static.firmware.url")},
    {BK_NEUTRAL_CALL_WAITING, NAME("call_waiting.enable")},
    {BK_NEUTRAL_PICKUP_CODE, NAME("features.pickup.direct_pickup_code")},
    {BK_NEUTRAL_PHONEBOOK_URL, NAME("remote_phonebook.data.1.url")},
};

static const struct bk_setting *setting_of(const struct bk_phone *phone, enum bk_neutral id)
{
    return &phone->settings[id];
}

static bool is_set(const struct bk_phone *phone, enum bk_neutral id)
{
    return phone->settings[id].layer != BK_LAYER_NONE;
}

/* A constant when the setting is there, else a reset. */
static void put_when_set(struct bk_kv *kv, const struct bk_phone *phone, enum bk_neutral id,
                         struct bk_str name, const char *word)
{
    if (is_set(phone, id))
        bk_kv_put_word(kv, name, word);
    else
        bk_kv_reset(kv, name);
}

/* Yealink's word for a value; a value without one is left to the factory. */
static void put_translated(struct bk_kv *kv, struct bk_str name, const char *word)
{
    if (word != NULL)
        bk_kv_put_word(kv, name, word);
    else
        bk_kv_reset(kv, name);
}

void yealink_fill_address(struct bk_kv *kv, const struct yealink_file *file)
{
    const struct bk_phone *phone = file->phone;
    bk_kv_put(kv, BK_STR("static.auto_provision.server.url"), phone->provisioning_url);
    bk_kv_put(kv, BK_STR("static.auto_provision.server.username"), phone->provisioning_user);
    bk_kv_put(kv, BK_STR("static.auto_provision.server.password"), phone->provisioning_password);
}

void yealink_fill_shared(struct bk_kv *kv, const struct yealink_file *file)
{
    /* 0: a NOTIFY reboots only when it says so. The factory's 1 would reboot at each re-fetch. */
    bk_kv_put_word(kv, BK_STR("sip.notify_reboot_enable"), "0");
    yealink_fill_address(kv, file);
}

static void put_weekly(struct bk_kv *kv, const struct bk_phone *phone)
{
    const struct bk_setting *days = setting_of(phone, BK_NEUTRAL_PROV_WEEKLY_DAYS);
    char digits[8];
    size_t count = 0;
    struct bk_str rest = days->value.text;
    bool has_day[7] = {false};
    while (rest.len > 0) {
        ptrdiff_t day = bk_words_find(bk_neutral_options[BK_NEUTRAL_PROV_WEEKLY_DAYS].words,
                                      bk_str_trim(bk_str_cut(&rest, ',')));
        if (day >= 0 && day < 7)
            has_day[day] = true;
    }
    for (size_t day = 0; day < 7; day++) {
        if (has_day[day])
            digits[count++] = (char)('0' + day); /* 0 is Sunday */
    }
    put_when_set(kv, phone, BK_NEUTRAL_PROV_WEEKLY_DAYS,
                 BK_STR("static.auto_provision.weekly.enable"), "1");
    bk_kv_put(kv, BK_STR("static.auto_provision.weekly.dayofweek"), (struct bk_str){digits, count});
    bk_kv_put(kv, BK_STR("static.auto_provision.weekly.begin_time"),
              setting_of(phone, BK_NEUTRAL_PROV_WINDOW_BEGIN)->value.text);
    bk_kv_put(kv, BK_STR("static.auto_provision.weekly.end_time"),
              setting_of(phone, BK_NEUTRAL_PROV_WINDOW_END)->value.text);
}

static void put_provisioning(struct bk_kv *kv, const struct bk_phone *phone)
{
    const struct bk_setting *interval = setting_of(phone, BK_NEUTRAL_PROV_INTERVAL_MIN);
    bk_kv_put(kv, BK_STR("static.auto_provision.power_on"),
              setting_of(phone, BK_NEUTRAL_PROV_POWER_ON)->value.text);
    put_when_set(kv, phone, BK_NEUTRAL_PROV_INTERVAL_MIN,
                 BK_STR("static.auto_provision.repeat.enable"),
                 interval->value.number > 0 ? "1" : "0");
    bk_kv_put(kv, BK_STR("static.auto_provision.repeat.minutes"),
              interval->value.number > 0 ? interval->value.text : BK_STR_NONE);
    put_weekly(kv, phone);
    bk_kv_put(kv, BK_STR("static.auto_provision.pnp_enable"),
              setting_of(phone, BK_NEUTRAL_PROV_PNP)->value.text);
    bk_kv_put(kv, BK_STR("static.auto_provision.dhcp_option.enable"),
              setting_of(phone, BK_NEUTRAL_PROV_DHCP)->value.text);
}

/*
 * "admin:<password>". A password that nobody sets is not reset: the factory's is known to
 * everybody, so the phone keeps the last one it was given.
 */
static void put_password(struct bk_kv *kv, const struct bk_phone *phone, enum bk_neutral id,
                         const char *user)
{
    const struct bk_str name = BK_STR("static.security.user_password");
    struct bk_str secret = setting_of(phone, id)->value.text;
    char value[64];
    size_t user_len = strlen(user);
    if (secret.len == 0)
        return;
    if (user_len + 1 + secret.len > sizeof value) {
        bk_kv_fail(kv, name, "is too long");
        return;
    }
    memcpy(value, user, user_len);
    value[user_len] = ':';
    memcpy(value + user_len + 1, secret.ptr, secret.len);
    bk_kv_put(kv, name, (struct bk_str){value, user_len + 1 + secret.len});
    bk_wipe(value, sizeof value);
}

static void put_security(struct bk_kv *kv, const struct bk_phone *phone)
{
    put_when_set(kv, phone, BK_NEUTRAL_USER_SECRET, BK_STR("static.security.user_name.user"),
                 "user");
    put_when_set(kv, phone, BK_NEUTRAL_ADMIN_SECRET, BK_STR("static.security.user_name.admin"),
                 "admin");
    put_password(kv, phone, BK_NEUTRAL_USER_SECRET, "user");
    put_password(kv, phone, BK_NEUTRAL_ADMIN_SECRET, "admin");
    /* 2: built-in and uploaded certificates both; without an upload the factory's choice. */
    put_when_set(kv, phone, BK_NEUTRAL_CA_URL, BK_STR("static.security.ca_cert"), "2");
}

static void put_time(struct bk_kv *kv, const struct bk_phone *phone)
{
    static const struct bk_str ntp_names[] = {NAME("local_time.ntp_server1"),
                                              NAME("local_time.ntp_server2")};
    struct bk_str servers = setting_of(phone, BK_NEUTRAL_TIME_NTP)->value.text;
    for (size_t i = 0; i < BK_COUNT(ntp_names); i++)
        bk_kv_put(kv, ntp_names[i], bk_str_trim(bk_str_cut(&servers, ',')));

    const struct bk_str zone_name = BK_STR("local_time.time_zone"),
                        place_name = BK_STR("local_time.time_zone_name"),
                        summer_name = BK_STR("local_time.summer_time");
    struct bk_str zone = setting_of(phone, BK_NEUTRAL_TIME_ZONE)->value.text;
    if (zone.len == 0) {
        bk_kv_reset(kv, zone_name);
        bk_kv_reset(kv, place_name);
        bk_kv_reset(kv, summer_name);
    } else {
        const struct bk_zone *row = bk_zone_find(zone);
        const char *place = yealink_zone_name(zone);
        if (row == NULL || (row->has_dst && place == NULL)) {
            bk_kv_fail(kv, zone_name,
                       "the time zone is not in the table; choose another time.zone");
            return;
        }
        char offset[YEALINK_OFFSET_SIZE];
        yealink_offset_print(row->offset_min, &offset);
        bk_kv_put_word(kv, zone_name, offset);
        put_translated(kv, place_name, place);
        bk_kv_put_word(kv, summer_name, row->has_dst ? "2" : "0");
    }

    /* Both rows of words stand in Yealink's order: 0 is 12 hours; 0 to 6 the date formats. */
    static const struct {
        enum bk_neutral id;
        struct bk_str name;
    } formats[] = {{BK_NEUTRAL_TIME_FORMAT, NAME("local_time.time_format")},
                   {BK_NEUTRAL_DATE_FORMAT, NAME("local_time.date_format")}};
    for (size_t i = 0; i < BK_COUNT(formats); i++) {
        if (is_set(phone, formats[i].id))
            bk_kv_put_int(kv, formats[i].name,
                          (long)setting_of(phone, formats[i].id)->value.number);
        else
            bk_kv_reset(kv, formats[i].name);
    }
}

/* The phone has a few steps only; the next longer one is taken, 0 is always on. */
static const char *backlight_word(int64_t seconds)
{
    static const struct {
        int64_t seconds;
        const char *word;
    } steps[] = {{0, "0"},     {15, "15"},   {30, "30"},   {60, "60"},
                 {120, "120"}, {300, "300"}, {600, "600"}, {1800, "1800"}};
    for (size_t i = 0; i < BK_COUNT(steps); i++) {
        if (seconds <= steps[i].seconds)
            return steps[i].word;
    }
    return "1800";
}

static void put_display(struct bk_kv *kv, const struct bk_phone *phone)
{
    const char *language = yealink_language(setting_of(phone, BK_NEUTRAL_LANGUAGE)->value.text);
    put_translated(kv, BK_STR("lang.gui"), language);
    put_translated(kv, BK_STR("lang.wui"), language);
    put_translated(kv, BK_STR("voice.tone.country"),
                   yealink_tone_country(setting_of(phone, BK_NEUTRAL_TONE_COUNTRY)->value.text));
    put_when_set(kv, phone, BK_NEUTRAL_BACKLIGHT_S, BK_STR("phone_setting.backlight_time"),
                 backlight_word(setting_of(phone, BK_NEUTRAL_BACKLIGHT_S)->value.number));
}

static void put_vlan(struct bk_kv *kv, const struct bk_phone *phone)
{
    put_when_set(kv, phone, BK_NEUTRAL_VLAN_ID, BK_STR("static.network.vlan.internet_port_enable"),
                 "1");
    bk_kv_put(kv, BK_STR("static.network.vlan.internet_port_vid"),
              setting_of(phone, BK_NEUTRAL_VLAN_ID)->value.text);
    bk_kv_put(kv, BK_STR("static.network.vlan.internet_port_priority"),
              setting_of(phone, BK_NEUTRAL_VLAN_PRIORITY)->value.text);
}

static void put_syslog(struct bk_kv *kv, const struct bk_phone *phone)
{
    struct bk_str server = setting_of(phone, BK_NEUTRAL_SYSLOG_SERVER)->value.text;
    struct bk_str host = server, port = BK_STR_NONE;
    ptrdiff_t colon = bk_str_find_last(server, ':');
    if (colon > 0 && server.ptr[server.len - 1] != ']') {
        host = bk_str_slice(server, 0, (size_t)colon);
        port = bk_str_slice(server, (size_t)colon + 1, server.len);
    }
    put_when_set(kv, phone, BK_NEUTRAL_SYSLOG_SERVER, BK_STR("static.syslog.enable"), "1");
    bk_kv_put(kv, BK_STR("static.syslog.server"), host);
    bk_kv_put(kv, BK_STR("static.syslog.server_port"), port);
}

void yealink_fill_settings(struct bk_kv *kv, const struct yealink_file *file)
{
    const struct bk_phone *phone = file->phone;
    put_provisioning(kv, phone);
    put_security(kv, phone);
    put_time(kv, phone);
    put_display(kv, phone);
    put_vlan(kv, phone);
    put_syslog(kv, phone);
    put_when_set(kv, phone, BK_NEUTRAL_PICKUP_CODE, BK_STR("features.pickup.direct_pickup_enable"),
                 "1");
    put_when_set(kv, phone, BK_NEUTRAL_PHONEBOOK_URL, BK_STR("remote_phonebook.data.1.name"),
                 "Phone book");
    for (size_t i = 0; i < BK_COUNT(plain_rows); i++)
        bk_kv_put(kv, plain_rows[i].name, setting_of(phone, plain_rows[i].id)->value.text);
}
