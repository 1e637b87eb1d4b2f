/*
 * What stands in <mac>.cfg. Groups are put in such an order that each is opened once.
 */
#include <stdlib.h>

#include "model/zone.h"
#include "vendor/address.h"
#include "vendor/dinstar/dinstar.h"
#include "vendor/walk.h"

const struct bk_format *dinstar_form(const struct bk_file *file)
{
    enum bk_file_kind kind = file->request.kind;
    return kind == BK_FILE_INDEX    ? &dinstar_index_format
           : kind == BK_FILE_DEVICE ? &dinstar_format
                                    : NULL;
}

/* The maker's word for a switch; what nobody set is as in the factory's file. */
static void put_switch(struct bk_sheet *sheet, struct bk_str name,
                       const struct bk_setting *settings, enum bk_neutral id, bool is_on)
{
    if (settings[id].layer != BK_LAYER_NONE)
        is_on = settings[id].value.number != 0;
    bk_from_setting(sheet, settings, id);
    bk_put_word(sheet, name, is_on ? "enable" : "disable");
}

/* --- provision -------------------------------------------------------------------------------- */

static void put_address(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    bk_prefix(sheet, BK_STR("provision/"));
    bk_put(sheet, BK_STR("url"), phone->provisioning_url);
    bk_put(sheet, BK_STR("provison_account"), phone->provisioning_user); /* so */
    bk_put(sheet, BK_STR("provison_password"), phone->provisioning_password);
}

/* Seconds; the factory's is a day. That 0 means never is not known, so that is the longest. */
static void put_interval(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    const struct bk_setting *interval = &settings[BK_NEUTRAL_PROV_INTERVAL_MIN];
    bk_from_setting(sheet, settings, BK_NEUTRAL_PROV_INTERVAL_MIN);
    bk_put_int(sheet, BK_STR("interval"),
               interval->value.number > 0 ? 60 * interval->value.number : 86400);
    if (interval->layer != BK_LAYER_NONE && interval->value.number == 0)
        bk_put_lost(sheet, BK_STR("never by time"));
}

/* --- sipserver, sipacc, ports ----------------------------------------------------------------- */

static const char *transport_word(enum bk_transport transport)
{
    static const char *const words[] = {
        [BK_TRANSPORT_UDP] = "udp", [BK_TRANSPORT_TCP] = "tcp", [BK_TRANSPORT_TLS] = "tls"};
    return transport == BK_TRANSPORT_NAPTR ? NULL : words[transport];
}

static void put_server(struct bk_sheet *sheet, struct bk_str domain, struct bk_str port,
                       const struct bk_sip_server *servers, size_t count, size_t at,
                       enum bk_transport transport)
{
    bk_put(sheet, domain, at < count ? servers[at].host : BK_STR_NONE);
    bk_put_int(sheet, port, at < count ? bk_sip_port(servers[at].port, transport) : 5060);
}

/* One PBX for the whole device: that of its first line. */
static void put_servers(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    static const struct bk_pbx_side none = {.transport = BK_TRANSPORT_UDP};
    const struct bk_line *first = phone->line_count > 0 ? &phone->lines[0] : NULL;
    const struct bk_pbx_side *pbx = first != NULL ? &first->pbx : &none;
    const struct bk_setting *settings = first != NULL ? first->settings : phone->settings;
    const struct bk_setting *expires = &settings[BK_NEUTRAL_SIP_EXPIRES_S];
    struct bk_route route = bk_route_of(pbx);
    static const struct bk_str prefixes[] = {{"sipserver/server0/", 18},
                                             {"sipserver/server1/", 18}};
    for (size_t i = 0; i < BK_COUNT(prefixes); i++) {
        bk_prefix(sheet, prefixes[i]);
        bk_from_line(sheet, first != NULL ? first->index : 1);
        put_server(sheet, BK_STR("domain"), BK_STR("port"), route.servers, route.server_count, i,
                   pbx->transport);
        bk_from_setting(sheet, settings, BK_NEUTRAL_SIP_EXPIRES_S);
        bk_put_int(sheet, BK_STR("reg_interval"),
                   expires->layer == BK_LAYER_NONE ? 300 : expires->value.number);
    }
    bk_from_line(sheet, first != NULL ? first->index : 1);
    bk_prefix(sheet, BK_STR("sipserver/outbound/"));
    put_server(sheet, BK_STR("domain"), BK_STR("port"), route.proxies, route.proxy_count, 0,
               pbx->transport);
    put_server(sheet, BK_STR("sec_domain"), BK_STR("sec_port"), route.proxies, route.proxy_count, 1,
               pbx->transport);
    bk_prefix(sheet, BK_STR("sipserver/"));
    const char *word = transport_word(pbx->transport);
    if (word == NULL)
        bk_sheet_fail(sheet, BK_STR("transport"),
                      "no value is known for NAPTR; choose udp, tcp or tls for the PBX");
    bk_put_word(sheet, BK_STR("transport"), word);
    const struct bk_setting *port = &phone->settings[BK_NEUTRAL_SIP_PORT];
    int64_t number = port->layer == BK_LAYER_NONE ? 5060 : port->value.number;
    bk_from_setting(sheet, phone->settings, BK_NEUTRAL_SIP_PORT);
    bk_prefix(sheet, BK_STR("sipserver/local/"));
    bk_put_int(sheet, BK_STR("udp_port"), number);
    bk_put_int(sheet, BK_STR("tcp_port"), number);
}

static void put_account(struct bk_sheet *sheet, const struct bk_line *line)
{
    bk_put_word(sheet, BK_STR("serverid"), "0");
    if (line == NULL) {
        bk_put_empty(sheet, BK_STR("display"));
        bk_put_empty(sheet, BK_STR("user_id"));
        bk_put_empty(sheet, BK_STR("auth_id"));
        bk_put_empty(sheet, BK_STR("auth_pwd"));
        bk_put_word(sheet, BK_STR("isregister"), "disable");
        return;
    }
    bk_put(sheet, BK_STR("display"),
           line->display_name.len > 0 ? line->display_name : line->number);
    bk_put(sheet, BK_STR("user_id"), line->number);
    bk_put(sheet, BK_STR("auth_id"), line->auth_id.len > 0 ? line->auth_id : line->number);
    bk_put(sheet, BK_STR("auth_pwd"), line->secret);
    bk_put_word(sheet, BK_STR("isregister"), "enable");
    if (line->is_shared)
        bk_put_lost(sheet, BK_STR("shared line"));
    if (line->label.len > 0)
        bk_put_lost(sheet, BK_STR("label of a line"));
    if (line->pbx.srtp == BK_SRTP_REQUIRED)
        bk_sheet_fail(sheet, BK_STR("isregister"), "no parameter is known that forces SRTP");
    else if (line->pbx.srtp == BK_SRTP_OPTIONAL)
        bk_put_lost(sheet, BK_STR("SRTP"));
}

static void put_accounts(struct bk_sheet *sheet, const struct bk_phone *phone, int last)
{
    size_t at = 0;
    for (int index = 1; index <= last; index++) {
        const struct bk_line *line = bk_line_at(phone, index, &at);
        bk_from_line(sheet, index);
        bk_prefix(sheet, BK_STR("sipacc/sipacc"));
        bk_prefix_number(sheet, index, BK_STR("/"));
        if (line != NULL && !bk_is_same_route(&line->pbx, &phone->lines[0].pbx))
            bk_sheet_fail(sheet, BK_STR("serverid"),
                          "all lines of a Dinstar register with one PBX, that of its first line");
        put_account(sheet, line);
    }
}

static void put_ports(struct bk_sheet *sheet, const struct bk_phone *phone, int last)
{
    size_t at = 0;
    for (int index = 1; index <= last; index++) {
        const struct bk_line *line = bk_line_at(phone, index, &at);
        bk_from_line(sheet, index);
        bk_prefix(sheet, BK_STR("ports/port"));
        bk_prefix_number(sheet, index, BK_STR("/"));
        bk_put_word(sheet, BK_STR("enable"), line != NULL ? "enable" : "disable");
        bk_put_int(sheet, BK_STR("primary_sipacc_id"), index);
        put_switch(sheet, BK_STR("call_waiting"), line != NULL ? line->settings : phone->settings,
                   BK_NEUTRAL_CALL_WAITING, false);
    }
}

/* --- media, sip: what the driver writes in them, and then what is raw ------------------------- */

#define CODEC_SLOTS 16
#define CODEC_NONE 255

/* Payload numbers; of others no name is known. */
static const struct codec {
    const char *word;
    int number, packet_ms, rate_kbps;
} codecs[] = {{"pcmu", 0, 20, 64}, {"pcma", 8, 20, 64}, {"g729", 18, 20, 8}, {"g723", 4, 30, 63}};

/* codec NULL: the slot is empty. */
static void put_codec(struct bk_sheet *sheet, int slot, const struct codec *codec)
{
    bk_prefix(sheet, BK_STR("media/codec"));
    bk_prefix_number(sheet, slot, BK_STR("/"));
    bk_put_int(sheet, BK_STR("name"), codec != NULL ? codec->number : CODEC_NONE);
    bk_put_int(sheet, BK_STR("payload_type"), codec != NULL ? codec->number : CODEC_NONE);
    bk_put_int(sheet, BK_STR("packetization"), codec != NULL ? codec->packet_ms : CODEC_NONE);
    bk_put_int(sheet, BK_STR("rate"), codec != NULL ? codec->rate_kbps : CODEC_NONE);
    bk_put_word(sheet, BK_STR("silence_suppression"), codec != NULL ? "disable" : "enable");
}

static const struct codec *codec_of(struct bk_str word)
{
    for (size_t i = 0; i < BK_COUNT(codecs); i++) {
        if (bk_str_eq(word, bk_str_of(codecs[i].word)))
            return &codecs[i];
    }
    return NULL;
}

/* For all ports, as the first line has it. What nobody set: the four of the factory. */
static void put_codecs(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    const struct bk_setting *setting = &settings[BK_NEUTRAL_CODECS];
    struct bk_str words = setting->value.text;
    int slot = 0;
    bk_from_setting(sheet, settings, BK_NEUTRAL_CODECS);
    for (size_t i = 0; setting->layer == BK_LAYER_NONE && i < BK_COUNT(codecs); i++)
        put_codec(sheet, slot++, &codecs[i]);
    while (words.len > 0) {
        struct bk_str word = bk_str_trim(bk_str_cut(&words, ','));
        const struct codec *codec = codec_of(word);
        if (codec == NULL)
            bk_put_lost(sheet, word);
        else
            put_codec(sheet, slot++, codec);
    }
    if (slot == 0)
        bk_sheet_fail(sheet, BK_STR("codec0/name"),
                      "none of audio.codecs is one whose number is known: pcmu, pcma, g729");
    while (slot < CODEC_SLOTS)
        put_codec(sheet, slot++, NULL);
}

static bool is_media(struct bk_str name)
{
    return bk_str_starts(name, BK_STR("media/"));
}

static bool is_sip(struct bk_str name)
{
    return bk_str_starts(name, BK_STR("sip/"));
}

static bool is_neither(struct bk_str name)
{
    return !is_media(name) && !is_sip(name);
}

static void put_media(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    const struct bk_setting *port = &phone->settings[BK_NEUTRAL_RTP_PORT_MIN];
    const struct bk_setting *line =
        phone->line_count > 0 ? phone->lines[0].settings : phone->settings;
    bk_from_setting(sheet, phone->settings, BK_NEUTRAL_RTP_PORT_MIN);
    bk_prefix(sheet, BK_STR("media/"));
    bk_put_int(sheet, BK_STR("start_rtp_port"),
               port->layer == BK_LAYER_NONE ? 8000 : port->value.number);
    put_codecs(sheet, line);
    bk_put_raws_if(sheet, file, is_media);
    bk_prefix(sheet, BK_STR("sip/"));
    bk_put_setting(sheet, BK_STR("voicemail"), line, BK_NEUTRAL_VOICEMAIL_NUMBER);
    bk_put_raws_if(sheet, file, is_sip);
}

/* --- system, syslog, sippnp ------------------------------------------------------------------- */

static bool is_same_day(const struct bk_zone_change *change)
{
    return change->minute >= 0 && change->minute < 24 * 60;
}

static void put_change(struct bk_sheet *sheet, struct bk_str prefix,
                       const struct bk_zone_change *change)
{
    bk_prefix(sheet, prefix);
    bk_put_int(sheet, BK_STR("month"), change->month);
    bk_put_int(sheet, BK_STR("day"), change->week); /* the first to fourth, 5: the last */
    bk_put_int(sheet, BK_STR("weekday"), change->weekday == 0 ? 7 : change->weekday);
    bk_put_int(sheet, BK_STR("hour"), change->minute / 60);
    bk_put_int(sheet, BK_STR("minute"), change->minute % 60);
}

/* Where nobody set a zone: as in Greenwich, all year. */
static void put_zone(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    static const struct bk_zone_dst none = {60, {3, 2, 0, 120}, {11, 1, 0, 120}};
    struct bk_str zone = settings[BK_NEUTRAL_TIME_ZONE].value.text;
    const struct bk_zone *row = bk_zone_find(zone);
    int offset_min = row != NULL ? row->offset_min : 0;
    const struct bk_zone_dst *dst = row != NULL ? row->dst : NULL;
    bool is_known = dst != NULL && is_same_day(&dst->start) && is_same_day(&dst->end);
    bk_from_setting(sheet, settings, BK_NEUTRAL_TIME_ZONE);
    bk_prefix(sheet, BK_STR("system/ntp/"));
    if (zone.len > 0 && row == NULL)
        bk_sheet_fail(sheet, BK_STR("zone hour"), "the time zone is not in the table");
    bk_put_int(sheet, BK_STR("zone hour"), offset_min / 60);
    bk_put_int(sheet, BK_STR("zone minute"), abs(offset_min % 60));
    bk_prefix(sheet, BK_STR("system/ntp/DaylightSavingTime/"));
    bk_put_word(sheet, BK_STR("flag"), is_known ? "1" : "0");
    bk_put_int(sheet, BK_STR("save_time"), is_known ? dst->saved_min : none.saved_min);
    put_change(sheet, BK_STR("system/ntp/DaylightSavingTime/start_"),
               is_known ? &dst->start : &none.start);
    put_change(sheet, BK_STR("system/ntp/DaylightSavingTime/end_"),
               is_known ? &dst->end : &none.end);
    if (dst != NULL && !is_known)
        bk_put_lost(sheet, BK_STR("daylight saving time that begins on another day"));
}

static void put_time(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    struct bk_str servers = settings[BK_NEUTRAL_TIME_NTP].value.text;
    put_zone(sheet, settings);
    bk_from_setting(sheet, settings, BK_NEUTRAL_TIME_NTP);
    bk_prefix(sheet, BK_STR("system/ntp/server1/"));
    bk_put(sheet, BK_STR("domain"), bk_str_trim(bk_str_cut(&servers, ',')));
    bk_prefix(sheet, BK_STR("system/ntp/server2/"));
    bk_put(sheet, BK_STR("domain"), bk_str_trim(bk_str_cut(&servers, ',')));
}

static void put_syslog(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    struct bk_str host = settings[BK_NEUTRAL_SYSLOG_SERVER].value.text, port = BK_STR("514");
    ptrdiff_t colon = bk_str_find_last(host, ':');
    bool is_set = host.len > 0;
    if (colon > 0 && host.ptr[host.len - 1] != ']') {
        port = bk_str_slice(host, (size_t)colon + 1, host.len);
        host = bk_str_slice(host, 0, (size_t)colon);
    }
    bk_from_setting(sheet, settings, BK_NEUTRAL_SYSLOG_SERVER);
    bk_prefix(sheet, BK_STR("syslog/"));
    bk_put_word(sheet, BK_STR("flag"), is_set ? "on" : "off");
    bk_put(sheet, BK_STR("ip"), host);
    bk_put(sheet, BK_STR("port"), port);
}

/* --- the file --------------------------------------------------------------------------------- */

void dinstar_fill(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    const struct bk_setting *settings = phone->settings;
    if (file->request.kind == BK_FILE_INDEX)
        return;
    put_address(sheet, phone);
    if (phone->is_bootstrap)
        return;
    int last = bk_line_last(phone, file->model->line_count);
    put_interval(sheet, settings);
    put_servers(sheet, phone);
    put_accounts(sheet, phone, last);
    put_ports(sheet, phone, last);
    put_media(sheet, file);
    put_time(sheet, settings);
    bk_prefix(sheet, BK_STR("system/access_ctrl/web/users/user1/"));
    bk_put_secret(sheet, BK_STR("password"), settings, BK_NEUTRAL_ADMIN_SECRET);
    put_syslog(sheet, settings);
    bk_prefix(sheet, BK_STR("sippnp/"));
    put_switch(sheet, BK_STR("pnp_enable"), settings, BK_NEUTRAL_PROV_PNP, true);
    bk_put_lost_keys(sheet, phone, ~0u /* all panels */, 1);
    bk_put_raws_if(sheet, file, is_neither);
}
