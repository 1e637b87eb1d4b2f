/*
 * The phone as a whole: where it fetches from, and the neutral settings that have a P-value.
 */
#include "vendor/grandstream/grandstream.h"

struct location {
    const char *protocol; /* NULL: no URL that the phone can use */
    struct bk_str rest;   /* host and path */
};

/* The phone wants the scheme as a number of its own. */
static struct location location_of(struct bk_str url)
{
    static const struct {
        struct bk_str scheme;
        const char *protocol;
    } schemes[] = {{{"tftp://", 7}, "0"}, {{"http://", 7}, "1"}, {{"https://", 8}, "2"}};
    for (size_t i = 0; i < BK_COUNT(schemes); i++) {
        size_t len = schemes[i].scheme.len;
        if (url.len > len && bk_str_eq_nocase(bk_str_slice(url, 0, len), schemes[i].scheme))
            return (struct location){schemes[i].protocol, bk_str_slice(url, len, url.len)};
    }
    return (struct location){NULL, BK_STR_NONE};
}

static void put_location(struct bk_sheet *sheet, struct bk_str path_name,
                         struct bk_str protocol_name, struct bk_str url)
{
    struct location location = location_of(url);
    if (url.len > 0 && location.protocol == NULL) {
        bk_sheet_fail(sheet, path_name,
                      "wants a URL that begins with https://, http:// or tftp://");
        return;
    }
    bk_put(sheet, path_name, location.rest);
    bk_put(sheet, protocol_name, bk_str_of(location.protocol));
}

void grandstream_fill_address(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    put_location(sheet, BK_STR("P237"), BK_STR("P212"), phone->provisioning_url);
    bk_put(sheet, BK_STR("P1360"), phone->provisioning_user);
    bk_put(sheet, BK_STR("P1361"), phone->provisioning_password);
}

/* P194: 0 never; every P193 minutes is 1, with adapters 3. */
static void put_schedule(struct bk_sheet *sheet, const struct bk_setting *settings, bool is_adapter)
{
    const struct bk_setting *interval = &settings[BK_NEUTRAL_PROV_INTERVAL_MIN];
    const struct bk_str mode_name = BK_STR("P194"), minutes_name = BK_STR("P193");
    bool is_timed = interval->value.number > 0;
    bk_from_setting(sheet, settings, BK_NEUTRAL_PROV_INTERVAL_MIN);
    if (interval->layer == BK_LAYER_NONE)
        bk_put_empty(sheet, mode_name);
    else
        bk_put_int(sheet, mode_name, !is_timed ? 0 : is_adapter ? 3 : 1);
    bk_put(sheet, minutes_name, is_timed ? interval->value.text : BK_STR_NONE);
}

void grandstream_fill_settings(struct bk_sheet *sheet, const struct bk_phone *phone,
                               bool is_adapter)
{
    const struct bk_setting *settings = phone->settings;
    put_schedule(sheet, settings, is_adapter);
    bk_put_setting(sheet, BK_STR("P145"), settings, BK_NEUTRAL_PROV_DHCP);
    bk_put_setting(sheet, BK_STR("P1414"), settings, BK_NEUTRAL_PROV_PNP);
    bk_from_setting(sheet, settings, BK_NEUTRAL_FIRMWARE_URL);
    put_location(sheet, BK_STR("P192"), BK_STR("P6767"),
                 settings[BK_NEUTRAL_FIRMWARE_URL].value.text);
    bk_put_secret(sheet, BK_STR("P2"), settings, BK_NEUTRAL_ADMIN_SECRET);
    bk_put_secret(sheet, BK_STR("P196"), settings, BK_NEUTRAL_USER_SECRET);
    struct bk_str servers = settings[BK_NEUTRAL_TIME_NTP].value.text;
    bk_from_setting(sheet, settings, BK_NEUTRAL_TIME_NTP);
    bk_put(sheet, BK_STR("P30"), bk_str_trim(bk_str_cut(&servers, ',')));
    if (is_adapter)
        bk_put(sheet, BK_STR("P8333"), bk_str_trim(bk_str_cut(&servers, ',')));
    else if (servers.len > 0)
        bk_put_lost(sheet, BK_STR("second NTP server"));
    if (is_adapter)
        bk_put_setting(sheet, BK_STR("P207"), settings, BK_NEUTRAL_SYSLOG_SERVER);
    bk_from_driver(sheet);
}
