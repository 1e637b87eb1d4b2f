/*
 * The neutral settings of the phone as a whole, module by module. What nobody set is written empty.
 */
#include <stdio.h>
#include <stdlib.h>

#include "model/zone.h"
#include "vendor/address.h"
#include "vendor/fanvil/fanvil.h"

/* --- MM CONFIG MODULE ------------------------------------------------------------------------- */

static const char *tone_code(struct bk_str country)
{
    static const struct {
        const char *country, *code;
    } tones[] = {
        {"AT", "22"}, {"AU", "15"}, {"BE", "0"},  {"BR", "16"}, {"CA", "18"}, {"CH", "9"},
        {"CL", "20"}, {"CN", "1"},  {"CZ", "12"}, {"DE", "2"},  {"DK", "23"}, {"ES", "33"},
        {"FI", "24"}, {"FR", "25"}, {"GB", "13"}, {"GR", "26"}, {"HU", "27"}, {"IN", "29"},
        {"IT", "21"}, {"JP", "4"},  {"LT", "28"}, {"MX", "30"}, {"NL", "5"},  {"NO", "6"},
        {"NZ", "31"}, {"PT", "32"}, {"RU", "19"}, {"SE", "8"},  {"TW", "10"}, {"US", "11"},
        {"ZA", "14"},
    };
    for (size_t i = 0; i < BK_COUNT(tones); i++) {
        if (bk_str_eq_nocase(country, bk_str_of(tones[i].country)))
            return tones[i].code;
    }
    return NULL;
}

/* The phone wants the lowest port and how many there are. */
static void put_rtp_ports(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    const struct bk_setting *min = &settings[BK_NEUTRAL_RTP_PORT_MIN],
                            *max = &settings[BK_NEUTRAL_RTP_PORT_MAX];
    const struct bk_str name = BK_STR("RTP Port Quantity");
    bool is_range = min->layer != BK_LAYER_NONE && max->layer != BK_LAYER_NONE;
    bk_put_setting(sheet, BK_STR("RTP Initial Port"), settings, BK_NEUTRAL_RTP_PORT_MIN);
    bk_from_setting(sheet, settings, BK_NEUTRAL_RTP_PORT_MAX);
    if (is_range && max->value.number >= min->value.number)
        bk_put_int(sheet, name, max->value.number - min->value.number + 1);
    else
        bk_put_empty(sheet, name);
}

void fanvil_fill_media(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_setting *settings = file->phone->settings;
    struct bk_str country = settings[BK_NEUTRAL_TONE_COUNTRY].value.text;
    const char *code = tone_code(country);
    put_rtp_ports(sheet, settings);
    bk_from_setting(sheet, settings, BK_NEUTRAL_TONE_COUNTRY);
    bk_put_word(sheet, BK_STR("Select Your Tone"), code);
    if (country.len > 0 && code == NULL)
        bk_put_lost(sheet, country);
}

/* --- CALL FEATURE MODULE ---------------------------------------------------------------------- */

void fanvil_fill_calls(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_setting *settings = file->phone->settings;
    bk_put_setting(sheet, BK_STR("P1 CallWaiting"), settings, BK_NEUTRAL_CALL_WAITING);
    bk_put_setting(sheet, BK_STR("P1 Enable DND"), settings, BK_NEUTRAL_DND_ALLOWED);
}

/* --- PHONE FEATURE MODULE --------------------------------------------------------------------- */

/* change NULL: empty. */
static void put_change(struct bk_sheet *sheet, struct bk_str prefix,
                       const struct bk_zone_change *change)
{
    static const char *const names[] = {"Mon", "Week", "Wday", "Hour"};
    int values[BK_COUNT(names)] = {0};
    if (change != NULL) {
        values[0] = change->month;
        values[1] = change->week; /* 5: the last */
        values[2] = change->weekday;
        values[3] = change->minute / 60;
    }
    bk_prefix(sheet, prefix);
    for (size_t i = 0; i < BK_COUNT(names); i++) {
        if (change != NULL)
            bk_put_int(sheet, bk_str_of(names[i]), values[i]);
        else
            bk_put_empty(sheet, bk_str_of(names[i]));
    }
}

static bool is_full_hour(const struct bk_zone_change *change)
{
    return change->minute >= 0 && change->minute < 24 * 60 && change->minute % 60 == 0;
}

/* Type 0: none, 2: by the rule that follows. */
static void put_summer_time(struct bk_sheet *sheet, const struct bk_zone_dst *dst)
{
    bool is_known = dst != NULL && is_full_hour(&dst->start) && is_full_hour(&dst->end);
    bk_put_word(sheet, BK_STR("DST Type"), is_known ? "2" : "0");
    bk_put_word(sheet, BK_STR("DST Rule Mode"), "0"); /* by the week of a month */
    if (is_known)
        bk_put_int(sheet, BK_STR("DST Min Offset"), dst->saved_min);
    else
        bk_put_empty(sheet, BK_STR("DST Min Offset"));
    put_change(sheet, BK_STR("PHONE FEATURE MODULE/DST Start "), is_known ? &dst->start : NULL);
    put_change(sheet, BK_STR("PHONE FEATURE MODULE/DST End "), is_known ? &dst->end : NULL);
    bk_prefix(sheet, BK_STR("PHONE FEATURE MODULE/"));
    if (dst != NULL && !is_known)
        bk_put_lost(sheet, BK_STR("daylight saving time that does not begin on the hour"));
}

/* In quarters of an hour, and by name: "UTC+1", "UTC-05", "UTC+5:30". */
static void put_zone(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    struct bk_str zone = settings[BK_NEUTRAL_TIME_ZONE].value.text;
    const struct bk_zone *row = bk_zone_find(zone);
    const struct bk_str number_name = BK_STR("Time Zone"), text_name = BK_STR("Time Zone Name");
    bk_from_setting(sheet, settings, BK_NEUTRAL_TIME_ZONE);
    if (row == NULL) {
        if (zone.len > 0)
            bk_sheet_fail(sheet, number_name, "the time zone is not in the table; choose another");
        bk_put_empty(sheet, number_name);
        bk_put_empty(sheet, text_name);
        put_summer_time(sheet, NULL);
        return;
    }
    char name[24] = "UTC", minutes[8] = "";
    int hours = row->offset_min / 60, rest = abs(row->offset_min % 60);
    if (rest != 0)
        snprintf(minutes, sizeof minutes, ":%02d", rest);
    if (row->offset_min > 0)
        snprintf(name, sizeof name, "UTC+%d%s", hours, minutes);
    else if (row->offset_min < 0)
        snprintf(name, sizeof name, "UTC-%02d%s", -hours, minutes);
    bk_put_int(sheet, number_name, row->offset_min / 15);
    bk_put_word(sheet, text_name, name);
    put_summer_time(sheet, row->dst);
}

/* The first of its LDAP books. Authenticated only where a user is set: 3 is a simple bind. */
static void put_ldap(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    const struct bk_setting *url = &settings[BK_NEUTRAL_LDAP_URL];
    const struct bk_address ldap = bk_ldap_address_of(url->value.text);
    bool is_set = url->layer != BK_LAYER_NONE;
    bk_from_setting(sheet, settings, BK_NEUTRAL_LDAP_URL);
    bk_put_word(sheet, BK_STR("LDAP1 Title"), is_set ? "Phone book" : NULL);
    bk_put(sheet, BK_STR("LDAP1 Server"), ldap.host);
    if (is_set)
        bk_put_int(sheet, BK_STR("LDAP1 port"), ldap.port);
    else
        bk_put_empty(sheet, BK_STR("LDAP1 port"));
    bk_put_word(sheet, BK_STR("LDAP1 Use SSL"), is_set && ldap.is_tls ? "1" : "0");
    bk_put_setting(sheet, BK_STR("LDAP1 Base"), settings, BK_NEUTRAL_LDAP_BASE);
    bk_from_setting(sheet, settings, BK_NEUTRAL_LDAP_USER);
    bk_put_word(sheet, BK_STR("LDAP1 Authenticate"),
                settings[BK_NEUTRAL_LDAP_USER].value.text.len > 0 ? "3" : "0");
    bk_put_setting(sheet, BK_STR("LDAP1 Username"), settings, BK_NEUTRAL_LDAP_USER);
    bk_put_secret(sheet, BK_STR("LDAP1 Password"), settings, BK_NEUTRAL_LDAP_SECRET);
}

void fanvil_fill_phone(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_setting *settings = file->phone->settings;
    struct bk_str servers = settings[BK_NEUTRAL_TIME_NTP].value.text;
    bk_from_setting(sheet, settings, BK_NEUTRAL_TIME_NTP);
    bk_put_word(sheet, BK_STR("Enable SNTP"), servers.len > 0 ? "1" : NULL);
    bk_put(sheet, BK_STR("SNTP Server"), bk_str_trim(bk_str_cut(&servers, ',')));
    bk_put(sheet, BK_STR("Second SNTP Server"), bk_str_trim(bk_str_cut(&servers, ',')));
    put_zone(sheet, settings);
    bk_put_choice(sheet, BK_STR("Time Display Style"), settings, BK_NEUTRAL_TIME_FORMAT, "1 0");
    bk_put_setting(sheet, BK_STR("Backlight Off Time"), settings, BK_NEUTRAL_BACKLIGHT_S);
    bk_put_setting(sheet, BK_STR("Ring Type"), settings, BK_NEUTRAL_RING_TONE);
    put_ldap(sheet, settings);
}

/* --- MMI CONFIG MODULE ------------------------------------------------------------------------ */

/* An account whose password nobody set is left alone altogether. */
static void put_account(struct bk_sheet *sheet, const struct bk_setting *settings,
                        enum bk_neutral id, struct bk_str prefix, const char *name,
                        const char *level)
{
    bk_prefix(sheet, prefix);
    bk_put_beside_secret(sheet, BK_STR("Name"), settings, id, name);
    bk_put_beside_secret(sheet, BK_STR("Level"), settings, id, level);
    bk_put_secret(sheet, BK_STR("Password"), settings, id);
}

void fanvil_fill_web(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_setting *settings = file->phone->settings;
    put_account(sheet, settings, BK_NEUTRAL_ADMIN_SECRET, BK_STR("MMI CONFIG MODULE/Account1 "),
                "admin", "10");
    put_account(sheet, settings, BK_NEUTRAL_USER_SECRET, BK_STR("MMI CONFIG MODULE/Account2 "),
                "guest", "5");
}

/* --- LOG CONFIG MODULE ------------------------------------------------------------------------ */

void fanvil_fill_log(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_setting *settings = file->phone->settings;
    struct bk_str host = settings[BK_NEUTRAL_SYSLOG_SERVER].value.text, port = BK_STR_NONE;
    ptrdiff_t colon = bk_str_find_last(host, ':');
    bool is_set = host.len > 0;
    if (colon > 0 && host.ptr[host.len - 1] != ']') {
        port = bk_str_slice(host, (size_t)colon + 1, host.len);
        host = bk_str_slice(host, 0, (size_t)colon);
    }
    bk_from_setting(sheet, settings, BK_NEUTRAL_SYSLOG_SERVER);
    bk_put_word(sheet, BK_STR("Output Device"), is_set ? "stdout,syslog" : "stdout");
    bk_put(sheet, BK_STR("Syslog Server"), host);
    bk_put(sheet, BK_STR("Syslog Server Port"), port);
}

/* --- QOS CONFIG MODULE ------------------------------------------------------------------------ */

static void put_vlan(struct bk_sheet *sheet, const struct bk_setting *settings, enum bk_neutral id,
                     struct bk_str enable, const char *on, struct bk_str value)
{
    bk_from_setting(sheet, settings, id);
    bk_put_word(sheet, enable, settings[id].layer != BK_LAYER_NONE ? on : "0");
    bk_put_setting(sheet, value, settings, id);
}

void fanvil_fill_network(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_setting *settings = file->phone->settings;
    put_vlan(sheet, settings, BK_NEUTRAL_VLAN_ID, BK_STR("Enable VLAN"), "1", BK_STR("VLAN ID"));
    bk_put_setting(sheet, BK_STR("Signalling Priority"), settings, BK_NEUTRAL_VLAN_PRIORITY);
    bk_put_setting(sheet, BK_STR("Voice Priority"), settings, BK_NEUTRAL_VLAN_PRIORITY);
    put_vlan(sheet, settings, BK_NEUTRAL_PC_VLAN_ID, BK_STR("Enable PVID"), "2",
             BK_STR("PVID Value"));
    bool is_marked = settings[BK_NEUTRAL_DSCP_SIP].layer != BK_LAYER_NONE ||
                     settings[BK_NEUTRAL_DSCP_RTP].layer != BK_LAYER_NONE;
    bk_from_setting(sheet, settings, BK_NEUTRAL_DSCP_SIP);
    bk_put_word(sheet, BK_STR("Enable diffServ"), is_marked ? "1" : "0");
    bk_put_setting(sheet, BK_STR("Singalling DSCP"), settings, BK_NEUTRAL_DSCP_SIP); /* so */
    bk_put_setting(sheet, BK_STR("Voice DSCP"), settings, BK_NEUTRAL_DSCP_RTP);
    bk_put_setting(sheet, BK_STR("LLDP Transmit"), settings, BK_NEUTRAL_LLDP);
    bk_put_setting(sheet, BK_STR("LLDP Learn Policy"), settings, BK_NEUTRAL_LLDP);
    bk_put_setting(sheet, BK_STR("CDP Enable"), settings, BK_NEUTRAL_CDP);
}
