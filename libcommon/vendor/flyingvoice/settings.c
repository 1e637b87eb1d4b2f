/*
 * Neutral settings of the phone as a whole: those whose names stand in the templates for these
 * phones. Their values are Yealink's (README.md).
 */
#include <string.h>

#include "base/secret.h"
#include "vendor/flyingvoice/flyingvoice.h"
#include "vendor/yealink/yealink.h"

#define NAME(literal) \
    { \
        "" literal, sizeof(literal) - 1 \
    }

static const struct {
    enum bk_neutral id;
    struct bk_str name;
    const char *word; /* NULL: the value as it stands; else this word where the setting is set */
} rows[] = {
    {BK_NEUTRAL_FIRMWARE_URL, NAME("static.firmware.url"), NULL},
    {BK_NEUTRAL_SIP_PORT, NAME("sip.listen_port"), NULL},
    {BK_NEUTRAL_RTP_PORT_MIN, NAME("static.network.port.min_rtpport"), NULL},
    {BK_NEUTRAL_RTP_PORT_MAX, NAME("static.network.port.max_rtpport"), NULL},
    {BK_NEUTRAL_DSCP_SIP, NAME("static.network.qos.signaltos"), NULL},
    {BK_NEUTRAL_DSCP_RTP, NAME("static.network.qos.audiotos"), NULL},
    {BK_NEUTRAL_LLDP, NAME("static.network.lldp.enable"), NULL},
    {BK_NEUTRAL_CDP, NAME("static.network.cdp.enable"), NULL},
    {BK_NEUTRAL_VLAN_ID, NAME("static.network.vlan.internet_port_enable"), "1"},
    {BK_NEUTRAL_VLAN_ID, NAME("static.network.vlan.internet_port_vid"), NULL},
    {BK_NEUTRAL_VLAN_PRIORITY, NAME("static.network.vlan.internet_port_priority"), NULL},
    {BK_NEUTRAL_PC_VLAN_ID, NAME("static.network.vlan.pc_port_enable"), "1"},
    {BK_NEUTRAL_PC_VLAN_ID, NAME("static.network.vlan.pc_port_vid"), NULL},
    {BK_NEUTRAL_WEB_UI, NAME("static.wui.http_enable"), NULL},
    {BK_NEUTRAL_WEB_UI, NAME("static.wui.https_enable"), NULL},
    {BK_NEUTRAL_VERIFY_SERVER, NAME("static.security.trust_certificates"), NULL},
    {BK_NEUTRAL_CA_URL, NAME("static.security.ca_cert"), "2"}, /* the factory's and this one */
    {BK_NEUTRAL_CA_URL, NAME("static.trusted_certificates.url"), NULL},
    {BK_NEUTRAL_ADMIN_SECRET, NAME("static.security.user_name.admin"), "admin"},
    {BK_NEUTRAL_CALL_WAITING, NAME("call_waiting.enable"), NULL},
    {BK_NEUTRAL_FEATURE_SYNC, NAME("features.feature_key_sync.enable"), NULL},
    {BK_NEUTRAL_HEADSET_FIRST, NAME("features.headset_prior"), NULL},
    {BK_NEUTRAL_PICKUP_CODE, NAME("features.pickup.direct_pickup_enable"), "1"},
    {BK_NEUTRAL_PICKUP_CODE, NAME("features.pickup.direct_pickup_code"), NULL},
    {BK_NEUTRAL_PHONEBOOK_URL, NAME("remote_phonebook.data.1.name"), "Phone book"},
    {BK_NEUTRAL_PHONEBOOK_URL, NAME("remote_phonebook.data.1.url"), NULL},
};

static void put_rows(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        if (rows[i].word == NULL) {
            bk_put_setting(sheet, rows[i].name, settings, rows[i].id);
            continue;
        }
        bk_from_setting(sheet, settings, rows[i].id);
        bk_put_word(sheet, rows[i].name,
                    settings[rows[i].id].layer != BK_LAYER_NONE ? rows[i].word : NULL);
    }
}

/* "admin:<password>"; without one the phone keeps what it has. */
static void put_password(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    const struct bk_str name = BK_STR("static.security.user_password"), user = BK_STR("admin:");
    struct bk_str secret = settings[BK_NEUTRAL_ADMIN_SECRET].value.text;
    char value[64];
    bk_from_setting(sheet, settings, BK_NEUTRAL_ADMIN_SECRET);
    if (secret.len == 0) {
        bk_put_kept(sheet, name);
        return;
    }
    if (user.len + secret.len > sizeof value) {
        bk_sheet_fail(sheet, name, "is too long");
        return;
    }
    memcpy(value, user.ptr, user.len);
    memcpy(value + user.len, secret.ptr, secret.len);
    bk_put(sheet, name, (struct bk_str){value, user.len + secret.len});
    bk_wipe(value, sizeof value);
}

/* The offset alone: no parameter for daylight saving time stands in the templates. */
static void put_time(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    struct bk_str servers = settings[BK_NEUTRAL_TIME_NTP].value.text;
    bk_from_setting(sheet, settings, BK_NEUTRAL_TIME_NTP);
    bk_put(sheet, BK_STR("local_time.ntp_server1"), bk_str_trim(bk_str_cut(&servers, ',')));
    bk_put(sheet, BK_STR("local_time.ntp_server2"), bk_str_trim(bk_str_cut(&servers, ',')));

    const struct bk_str name = BK_STR("local_time.time_zone");
    struct bk_str zone = settings[BK_NEUTRAL_TIME_ZONE].value.text;
    const struct bk_zone *row = bk_zone_find(zone);
    char offset[YEALINK_OFFSET_SIZE] = "";
    bk_from_setting(sheet, settings, BK_NEUTRAL_TIME_ZONE);
    if (zone.len > 0 && row == NULL)
        bk_sheet_fail(sheet, name, "the time zone is not in the table; choose another time.zone");
    if (row != NULL)
        yealink_offset_print(row->offset_min, &offset);
    bk_put_word(sheet, name, offset);
    if (row != NULL && row->dst != NULL)
        bk_put_lost(sheet, BK_STR("daylight saving time"));
}

void flyingvoice_fill_settings(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    put_rows(sheet, settings);
    put_password(sheet, settings);
    put_time(sheet, settings);
    bk_from_driver(sheet);
}
