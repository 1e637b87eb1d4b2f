/*
 * Neutral settings of the phone as a whole: display and tones, phone book, network. And Snom's
 * words for languages, time zones and the countries of tones (README.md).
 */
#include "model/zone.h"
#include "vendor/address.h"
#include "vendor/snom/snom.h"

/* --- words ------------------------------------------------------------------------------------ */

struct word {
    const char *of, *word;
};

/* NULL: there is none. */
static const char *find(const struct word *words, size_t count, struct bk_str of)
{
    for (size_t i = 0; i < count; i++) {
        if (bk_str_eq_nocase(of, bk_str_of(words[i].of)))
            return words[i].word;
    }
    return NULL;
}

/* Of BCP 47, by the first part of a tag. */
static const struct word languages[] = {
    {"bs", "Bosanski"},    {"cs", "Čeština"},  {"da", "Dansk"},     {"de", "Deutsch"},
    {"en", "English"},     {"es", "Español"},  {"fi", "Suomi"},     {"fr", "Français"},
    {"hu", "Magyar"},      {"it", "Italiano"}, {"lt", "Lietuvių"},  {"nl", "Nederlands"},
    {"nb", "Norsk"},       {"no", "Norsk"},    {"pt", "Português"}, {"ru", "Русский"},
    {"sl", "Slovenščina"}, {"sv", "Svenska"},  {"tr", "Türkçe"},
};

/* Those whose tones are their own; a neighbour's would be another country. */
static const struct word tones[] = {
    {"AT", "AUT"}, {"AU", "AUS"}, {"CH", "SWI"}, {"CN", "CHN"}, {"DE", "GER"},
    {"DK", "DNK"}, {"ES", "ESP"}, {"FR", "FRA"}, {"GB", "GBR"}, {"GR", "GRE"},
    {"IN", "IND"}, {"IT", "ITA"}, {"JP", "JPN"}, {"MX", "MEX"}, {"NL", "NLD"},
    {"NO", "NOR"}, {"NZ", "NZL"}, {"SE", "SWE"}, {"US", "USA"},
};

/* A word is a country and its offset: with it the phone has that country's summer time. */
static const struct word zones[] = {
    {"America/Adak", "USA-10"},     {"America/Anchorage", "USA-9"},
    {"America/Chicago", "USA-6"},   {"America/Denver", "USA-7"},
    {"America/Edmonton", "CAN-7"},  {"America/Halifax", "CAN-4"},
    {"America/Havana", "CUB-5"},    {"America/Los_Angeles", "USA-8"},
    {"America/New_York", "USA-5"},  {"America/St_Johns", "CAN-3.5"},
    {"America/Toronto", "CAN-5"},   {"America/Winnipeg", "CAN-6"},
    {"Asia/Beirut", "LBN+2"},       {"Asia/Jerusalem", "ISR+2"},
    {"Asia/Kolkata", "IND+5.5"},    {"Asia/Singapore", "SGP+8"},
    {"Europe/Amsterdam", "NLD+1"},  {"Europe/Athens", "GRC+2"},
    {"Europe/Berlin", "GER+1"},     {"Europe/Bratislava", "SVK+1"},
    {"Europe/Brussels", "BEL+1"},   {"Europe/Bucharest", "ROU+2"},
    {"Europe/Budapest", "HUN+1"},   {"Europe/Chisinau", "MDA+2"},
    {"Europe/Copenhagen", "DNK+1"}, {"Europe/Helsinki", "FIN+2"},
    {"Europe/Kyiv", "UKR+2"},       {"Europe/Lisbon", "PRT-0"},
    {"Europe/London", "GBR-0"},     {"Europe/Luxembourg", "LUX+1"},
    {"Europe/Madrid", "ESP+1"},     {"Europe/Moscow", "RUS+3"},
    {"Europe/Oslo", "NOR+1"},       {"Europe/Paris", "FRA+1"},
    {"Europe/Prague", "CZE+1"},     {"Europe/Rome", "ITA+1"},
    {"Europe/Skopje", "MAK+1"},     {"Europe/Tallinn", "EST+2"},
    {"Europe/Tirane", "ALB+1"},     {"Europe/Vienna", "GER+1"},
    {"Europe/Warsaw", "POL+1"},     {"Europe/Zagreb", "HRV+1"},
    {"Europe/Zurich", "GER+1"},     {"Pacific/Auckland", "NZL+12"},
};

/* Its own word, else that of a zone whose clocks show the same all year round. */
static const char *zone_word(struct bk_str name)
{
    const char *own = find(zones, BK_COUNT(zones), name);
    const struct bk_zone *zone = bk_zone_find(name);
    for (size_t i = 0; i < BK_COUNT(zones) && own == NULL && zone != NULL; i++) {
        const struct bk_zone *other = bk_zone_find(bk_str_of(zones[i].of));
        if (other != NULL && bk_zone_is_same(other, zone))
            own = zones[i].word;
    }
    return own;
}

/* --- the settings ----------------------------------------------------------------------------- */

/* A word of the tables; what was asked for and has none is told. */
static void put_found(struct bk_sheet *sheet, struct bk_str name, const struct bk_setting *settings,
                      enum bk_neutral id, const char *word)
{
    bk_from_setting(sheet, settings, id);
    bk_put_word(sheet, name, word);
    if (word == NULL && settings[id].value.text.len > 0)
        bk_put_lost(sheet, settings[id].value.text);
}

static void put_display(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    struct bk_str tag = settings[BK_NEUTRAL_LANGUAGE].value.text;
    const char *language = find(languages, BK_COUNT(languages), bk_str_cut(&tag, '-'));
    const struct bk_setting *backlight = &settings[BK_NEUTRAL_BACKLIGHT_S];
    put_found(sheet, BK_STR("language"), settings, BK_NEUTRAL_LANGUAGE, language);
    bk_put_word(sheet, BK_STR("web_language"), language);
    put_found(sheet, BK_STR("tone_scheme"), settings, BK_NEUTRAL_TONE_COUNTRY,
              find(tones, BK_COUNT(tones), settings[BK_NEUTRAL_TONE_COUNTRY].value.text));
    put_found(sheet, BK_STR("timezone"), settings, BK_NEUTRAL_TIME_ZONE,
              zone_word(settings[BK_NEUTRAL_TIME_ZONE].value.text));
    bk_put_setting(sheet, BK_STR("ring_sound"), settings, BK_NEUTRAL_RING_TONE);
    bk_put_setting(sheet, BK_STR("vol_ringer"), settings, BK_NEUTRAL_RING_VOLUME);
    bk_from_setting(sheet, settings, BK_NEUTRAL_BACKLIGHT_S);
    if (backlight->layer == BK_LAYER_NONE)
        bk_put_empty(sheet, BK_STR("dim_timer"));
    else /* always on: longer than the phone can count */
        bk_put_int(sheet, BK_STR("dim_timer"),
                   backlight->value.number > 0 ? backlight->value.number : INT64_C(4294967296));
    bk_put_setting(sheet, BK_STR("custom_bg_image_url"), settings, BK_NEUTRAL_WALLPAPER_URL);
}

static void put_ldap(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    const struct bk_setting *url = &settings[BK_NEUTRAL_LDAP_URL];
    const struct bk_address ldap = bk_ldap_address_of(url->value.text);
    bool is_set = url->layer != BK_LAYER_NONE;
    bk_from_setting(sheet, settings, BK_NEUTRAL_LDAP_URL);
    bk_put(sheet, BK_STR("ldap_server"), ldap.host);
    if (is_set)
        bk_put_int(sheet, BK_STR("ldap_port"), ldap.port);
    else
        bk_put_empty(sheet, BK_STR("ldap_port"));
    bk_put_word(sheet, BK_STR("ldap_over_tls"), !is_set ? NULL : ldap.is_tls ? "on" : "off");
    bk_put_setting(sheet, BK_STR("ldap_base"), settings, BK_NEUTRAL_LDAP_BASE);
    bk_put_setting(sheet, BK_STR("ldap_username"), settings, BK_NEUTRAL_LDAP_USER);
    bk_put_secret(sheet, BK_STR("ldap_password"), settings, BK_NEUTRAL_LDAP_SECRET);
}

/* DSCP stands in the upper six bits of what the phone sets. */
static void put_tos(struct bk_sheet *sheet, struct bk_str name, const struct bk_setting *settings,
                    enum bk_neutral id)
{
    bk_from_setting(sheet, settings, id);
    if (settings[id].layer == BK_LAYER_NONE)
        bk_put_empty(sheet, name);
    else
        bk_put_int(sheet, name, settings[id].value.number << 2);
}

static void put_network(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    bk_put_setting(sheet, BK_STR("vlan_id"), settings, BK_NEUTRAL_VLAN_ID);
    bk_put_setting(sheet, BK_STR("vlan_qos"), settings, BK_NEUTRAL_VLAN_PRIORITY);
    bk_put_setting(sheet, BK_STR("vlan_pc_id"), settings, BK_NEUTRAL_PC_VLAN_ID);
    put_tos(sheet, BK_STR("signaling_tos"), settings, BK_NEUTRAL_DSCP_SIP);
    put_tos(sheet, BK_STR("codec_tos"), settings, BK_NEUTRAL_DSCP_RTP);
    bk_put_setting(sheet, BK_STR("network_id_port"), settings, BK_NEUTRAL_SIP_PORT);
    bk_put_setting(sheet, BK_STR("rtp_port_start"), settings, BK_NEUTRAL_RTP_PORT_MIN);
    bk_put_setting(sheet, BK_STR("rtp_port_end"), settings, BK_NEUTRAL_RTP_PORT_MAX);
    bk_put_setting(sheet, BK_STR("syslog_server"), settings, BK_NEUTRAL_SYSLOG_SERVER);
}

void snom_fill_settings(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_setting *settings = file->phone->settings;
    put_display(sheet, settings);
    put_ldap(sheet, settings);
    put_network(sheet, settings);
    bk_put_choice(sheet, BK_STR("webserver_type"), settings, BK_NEUTRAL_WEB_UI, "off http_https");
    bk_put_choice(sheet, BK_STR("check_fqdn_against_server_cert"), settings,
                  BK_NEUTRAL_VERIFY_SERVER, "off on");
    bk_put_choice(sheet, BK_STR("no_dnd"), settings, BK_NEUTRAL_DND_ALLOWED, "on off");
    bk_from_driver(sheet);
}
