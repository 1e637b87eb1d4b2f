/*
 * Neutral settings of the phone as a whole. What maps one to one is a row; the rest stands below
 * the rows, a function each.
 */
#include <inttypes.h>
#include <string.h>

#include "base/secret.h"
#include "vendor/address.h"
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
    {BK_NEUTRAL_CDP, NAME("static.network.cdp.enable")},
    {BK_NEUTRAL_WEB_UI, NAME("static.wui.http_enable")},
    {BK_NEUTRAL_WEB_UI, NAME("static.wui.https_enable")},
    {BK_NEUTRAL_VERIFY_SERVER, NAME("static.security.trust_certificates")},
    {BK_NEUTRAL_CA_URL, NAME("static.trusted_certificates.url")},
    {BK_NEUTRAL_FIRMWARE_URL, NAME("static.firmware.url")},
    {BK_NEUTRAL_CALL_WAITING, NAME("call_waiting.enable")},
    {BK_NEUTRAL_PICKUP_CODE, NAME("features.pickup.direct_pickup_code")},
    {BK_NEUTRAL_DND_ALLOWED, NAME("features.dnd.allow")},
    {BK_NEUTRAL_FEATURE_SYNC, NAME("features.feature_key_sync.enable")},
    {BK_NEUTRAL_HEADSET_FIRST, NAME("features.headset_prior")},
    {BK_NEUTRAL_RING_TONE, NAME("phone_setting.ring_type")},
};

/* The setting; what is put next comes from it. */
static const struct bk_setting *take(struct bk_sheet *sheet, const struct bk_phone *phone,
                                     enum bk_neutral id)
{
    bk_from_setting(sheet, phone->settings, id);
    return &phone->settings[id];
}

static bool is_set(const struct bk_phone *phone, enum bk_neutral id)
{
    return phone->settings[id].layer != BK_LAYER_NONE;
}

/* A constant when the setting is there, else a reset. */
static void put_when_set(struct bk_sheet *sheet, const struct bk_phone *phone, enum bk_neutral id,
                         struct bk_str name, const char *word)
{
    bk_from_setting(sheet, phone->settings, id);
    bk_put_word(sheet, name, is_set(phone, id) ? word : NULL);
}

void yealink_fill_address(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    bk_put(sheet, BK_STR("static.auto_provision.server.url"), phone->provisioning_url);
    bk_put(sheet, BK_STR("static.auto_provision.server.username"), phone->provisioning_user);
    bk_put(sheet, BK_STR("static.auto_provision.server.password"), phone->provisioning_password);
}

void yealink_fill_shared(struct bk_sheet *sheet, const struct bk_file *file)
{
    /* 0: a NOTIFY reboots only when it says so. The factory's 1 would reboot at each re-fetch. */
    bk_put_word(sheet, BK_STR("sip.notify_reboot_enable"), "0");
    yealink_fill_address(sheet, file);
}

static void put_weekly(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    const struct bk_setting *days = take(sheet, phone, BK_NEUTRAL_PROV_WEEKLY_DAYS);
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
    put_when_set(sheet, phone, BK_NEUTRAL_PROV_WEEKLY_DAYS,
                 BK_STR("static.auto_provision.weekly.enable"), "1");
    bk_put(sheet, BK_STR("static.auto_provision.weekly.dayofweek"), (struct bk_str){digits, count});
    bk_put_setting(sheet, BK_STR("static.auto_provision.weekly.begin_time"), phone->settings,
                   BK_NEUTRAL_PROV_WINDOW_BEGIN);
    bk_put_setting(sheet, BK_STR("static.auto_provision.weekly.end_time"), phone->settings,
                   BK_NEUTRAL_PROV_WINDOW_END);
}

void yealink_fill_provisioning(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    const struct bk_setting *interval = take(sheet, phone, BK_NEUTRAL_PROV_INTERVAL_MIN);
    bk_put_setting(sheet, BK_STR("static.auto_provision.power_on"), phone->settings,
                   BK_NEUTRAL_PROV_POWER_ON);
    put_when_set(sheet, phone, BK_NEUTRAL_PROV_INTERVAL_MIN,
                 BK_STR("static.auto_provision.repeat.enable"),
                 interval->value.number > 0 ? "1" : "0");
    bk_put(sheet, BK_STR("static.auto_provision.repeat.minutes"),
           interval->value.number > 0 ? interval->value.text : BK_STR_NONE);
    put_weekly(sheet, phone);
    bk_put_setting(sheet, BK_STR("static.auto_provision.pnp_enable"), phone->settings,
                   BK_NEUTRAL_PROV_PNP);
    bk_put_setting(sheet, BK_STR("static.auto_provision.dhcp_option.enable"), phone->settings,
                   BK_NEUTRAL_PROV_DHCP);
}

/* <mac>-local.cfg and <mac>-contact.xml, by PUT, beside its other files. */
static void put_user_data(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    bool is_on = take(sheet, phone, BK_NEUTRAL_PROV_USER_DATA)->value.number > 0;
    bk_put_setting(sheet, BK_STR("static.auto_provision.custom.sync"), phone->settings,
                   BK_NEUTRAL_PROV_USER_DATA);
    bk_put(sheet, BK_STR("static.auto_provision.custom.sync.path"),
           is_on ? phone->provisioning_url : BK_STR_NONE);
    put_when_set(sheet, phone, BK_NEUTRAL_PROV_USER_DATA,
                 BK_STR("static.auto_provision.custom.upload_method"), "0");
}

/*
 * "admin:<password>". A password that nobody sets is not reset: the factory's is known to
 * everybody, so the phone keeps the last one it was given.
 */
static void put_password(struct bk_sheet *sheet, const struct bk_phone *phone, enum bk_neutral id,
                         const char *user)
{
    const struct bk_str name = BK_STR("static.security.user_password");
    struct bk_str secret = take(sheet, phone, id)->value.text;
    char value[64];
    size_t user_len = strlen(user);
    if (secret.len == 0) {
        bk_put_kept(sheet, name);
        return;
    }
    if (user_len + 1 + secret.len > sizeof value) {
        bk_sheet_fail(sheet, name, "is too long");
        return;
    }
    memcpy(value, user, user_len);
    value[user_len] = ':';
    memcpy(value + user_len + 1, secret.ptr, secret.len);
    bk_put(sheet, name, (struct bk_str){value, user_len + 1 + secret.len});
    bk_wipe(value, sizeof value);
}

static void put_security(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    put_when_set(sheet, phone, BK_NEUTRAL_USER_SECRET, BK_STR("static.security.user_name.user"),
                 "user");
    put_when_set(sheet, phone, BK_NEUTRAL_ADMIN_SECRET, BK_STR("static.security.user_name.admin"),
                 "admin");
    put_password(sheet, phone, BK_NEUTRAL_USER_SECRET, "user");
    put_password(sheet, phone, BK_NEUTRAL_ADMIN_SECRET, "admin");
    /* 2: built-in and uploaded certificates both; without an upload the factory's choice. */
    put_when_set(sheet, phone, BK_NEUTRAL_CA_URL, BK_STR("static.security.ca_cert"), "2");
}

static void put_time(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    static const struct bk_str ntp_names[] = {NAME("local_time.ntp_server1"),
                                              NAME("local_time.ntp_server2")};
    struct bk_str servers = take(sheet, phone, BK_NEUTRAL_TIME_NTP)->value.text;
    for (size_t i = 0; i < BK_COUNT(ntp_names); i++)
        bk_put(sheet, ntp_names[i], bk_str_trim(bk_str_cut(&servers, ',')));

    const struct bk_str zone_name = BK_STR("local_time.time_zone"),
                        place_name = BK_STR("local_time.time_zone_name"),
                        summer_name = BK_STR("local_time.summer_time");
    struct bk_str zone = take(sheet, phone, BK_NEUTRAL_TIME_ZONE)->value.text;
    if (zone.len == 0) {
        bk_put_empty(sheet, zone_name);
        bk_put_empty(sheet, place_name);
        bk_put_empty(sheet, summer_name);
    } else {
        const struct bk_zone *row = bk_zone_find(zone);
        if (row == NULL) {
            bk_sheet_fail(sheet, zone_name,
                          "the time zone is not in the table; choose another time.zone");
            return;
        }
        const char *place = row->dst != NULL ? yealink_zone_name(row) : NULL;
        char offset[YEALINK_OFFSET_SIZE];
        yealink_offset_print(row->offset_min, &offset);
        bk_put_word(sheet, zone_name, offset);
        bk_put_word(sheet, place_name, place);
        bk_put_word(sheet, summer_name, place != NULL ? "2" : "0");
        if (row->dst != NULL && place == NULL)
            bk_put_lost(sheet, BK_STR("daylight saving time"));
    }

    /* Both rows of words stand in Yealink's order: 0 is 12 hours; 0 to 6 the date formats. */
    static const struct {
        enum bk_neutral id;
        struct bk_str name;
    } formats[] = {{BK_NEUTRAL_TIME_FORMAT, NAME("local_time.time_format")},
                   {BK_NEUTRAL_DATE_FORMAT, NAME("local_time.date_format")}};
    for (size_t i = 0; i < BK_COUNT(formats); i++) {
        const struct bk_setting *format = take(sheet, phone, formats[i].id);
        if (format->layer != BK_LAYER_NONE)
            bk_put_int(sheet, formats[i].name, format->value.number);
        else
            bk_put_empty(sheet, formats[i].name);
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

/* The phone's word for a setting; what was asked for and has none is told. */
static void put_word_of(struct bk_sheet *sheet, const struct bk_phone *phone, enum bk_neutral id,
                        struct bk_str name, const char *word)
{
    struct bk_str asked = take(sheet, phone, id)->value.text;
    bk_put_word(sheet, name, word);
    if (word == NULL && asked.len > 0)
        bk_put_lost(sheet, asked);
}

static void put_display(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    const struct bk_setting *settings = phone->settings;
    const char *language = yealink_language(settings[BK_NEUTRAL_LANGUAGE].value.text);
    put_word_of(sheet, phone, BK_NEUTRAL_LANGUAGE, BK_STR("lang.gui"), language);
    bk_put_word(sheet, BK_STR("lang.wui"), language);
    put_word_of(sheet, phone, BK_NEUTRAL_TONE_COUNTRY, BK_STR("voice.tone.country"),
                yealink_tone_country(settings[BK_NEUTRAL_TONE_COUNTRY].value.text));
    put_when_set(sheet, phone, BK_NEUTRAL_BACKLIGHT_S, BK_STR("phone_setting.backlight_time"),
                 backlight_word(settings[BK_NEUTRAL_BACKLIGHT_S].value.number));
}

static void put_vlan(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    put_when_set(sheet, phone, BK_NEUTRAL_VLAN_ID,
                 BK_STR("static.network.vlan.internet_port_enable"), "1");
    bk_put_setting(sheet, BK_STR("static.network.vlan.internet_port_vid"), phone->settings,
                   BK_NEUTRAL_VLAN_ID);
    bk_put_setting(sheet, BK_STR("static.network.vlan.internet_port_priority"), phone->settings,
                   BK_NEUTRAL_VLAN_PRIORITY);
    put_when_set(sheet, phone, BK_NEUTRAL_PC_VLAN_ID, BK_STR("static.network.vlan.pc_port_enable"),
                 "1");
    bk_put_setting(sheet, BK_STR("static.network.vlan.pc_port_vid"), phone->settings,
                   BK_NEUTRAL_PC_VLAN_ID);
}

/* A wallpaper is fetched, then chosen by the name of its file; a logo is the third mode. */
static void put_pictures(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    struct bk_str name = phone->settings[BK_NEUTRAL_WALLPAPER_URL].value.text;
    name = bk_str_cut(&name, '?');
    name = bk_str_slice(name, (size_t)(bk_str_find_last(name, '/') + 1), name.len);
    bk_put_setting(sheet, BK_STR("wallpaper_upload.url"), phone->settings,
                   BK_NEUTRAL_WALLPAPER_URL);
    bk_put(sheet, BK_STR("phone_setting.backgrounds"), name);
    put_when_set(sheet, phone, BK_NEUTRAL_LOGO_URL, BK_STR("phone_setting.lcd_logo.mode"), "2");
    bk_put_setting(sheet, BK_STR("lcd_logo.url"), phone->settings, BK_NEUTRAL_LOGO_URL);
}

static void put_phonebooks(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    const struct bk_setting *settings = phone->settings;
    bool has_ldap = is_set(phone, BK_NEUTRAL_LDAP_URL);
    const struct bk_address ldap = bk_ldap_address_of(settings[BK_NEUTRAL_LDAP_URL].value.text);
    put_when_set(sheet, phone, BK_NEUTRAL_PHONEBOOK_URL, BK_STR("remote_phonebook.data.1.name"),
                 "Phone book");
    bk_put_setting(sheet, BK_STR("remote_phonebook.data.1.url"), settings,
                   BK_NEUTRAL_PHONEBOOK_URL);
    put_when_set(sheet, phone, BK_NEUTRAL_LDAP_URL, BK_STR("ldap.enable"), "1");
    bk_put(sheet, BK_STR("ldap.host"), ldap.host);
    if (has_ldap)
        bk_put_int(sheet, BK_STR("ldap.port"), ldap.port);
    else
        bk_put_empty(sheet, BK_STR("ldap.port"));
    put_when_set(sheet, phone, BK_NEUTRAL_LDAP_URL, BK_STR("ldap.tls_mode"),
                 ldap.is_tls ? "2" : "0");
    bk_put_setting(sheet, BK_STR("ldap.base"), settings, BK_NEUTRAL_LDAP_BASE);
    bk_put_setting(sheet, BK_STR("ldap.user"), settings, BK_NEUTRAL_LDAP_USER);
    bk_put_secret(sheet, BK_STR("ldap.password"), settings, BK_NEUTRAL_LDAP_SECRET);
}

static void put_syslog(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    struct bk_str server = take(sheet, phone, BK_NEUTRAL_SYSLOG_SERVER)->value.text;
    struct bk_str host = server, port = BK_STR_NONE;
    ptrdiff_t colon = bk_str_find_last(server, ':');
    if (colon > 0 && server.ptr[server.len - 1] != ']') {
        host = bk_str_slice(server, 0, (size_t)colon);
        port = bk_str_slice(server, (size_t)colon + 1, server.len);
    }
    put_when_set(sheet, phone, BK_NEUTRAL_SYSLOG_SERVER, BK_STR("static.syslog.enable"), "1");
    bk_put(sheet, BK_STR("static.syslog.server"), host);
    bk_put(sheet, BK_STR("static.syslog.server_port"), port);
}

void yealink_fill_settings(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    yealink_fill_provisioning(sheet, file);
    put_user_data(sheet, file->phone);
    put_security(sheet, phone);
    put_time(sheet, phone);
    put_display(sheet, phone);
    put_vlan(sheet, phone);
    put_syslog(sheet, phone);
    put_when_set(sheet, phone, BK_NEUTRAL_PICKUP_CODE,
                 BK_STR("features.pickup.direct_pickup_enable"), "1");
    put_pictures(sheet, phone);
    put_phonebooks(sheet, phone);
    for (size_t i = 0; i < BK_COUNT(plain_rows); i++)
        bk_put_setting(sheet, plain_rows[i].name, phone->settings, plain_rows[i].id);
}
