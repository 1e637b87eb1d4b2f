/*
 * Accounts: Account<n>…. Every account of the model is written, those without a line disabled and
 * emptied.
 */
#include <string.h>

#include "vendor/address.h"
#include "vendor/alcatel/alcatel.h"
#include "vendor/walk.h"

static const char *transport_word(enum bk_transport transport)
{
    switch (transport) {
    case BK_TRANSPORT_UDP:
        return "udp";
    case BK_TRANSPORT_TCP:
        return "tcp";
    case BK_TRANSPORT_TLS:
        return "tls";
    case BK_TRANSPORT_NAPTR:
        break;
    }
    return NULL;
}

/* server NULL: none. */
static void put_server(struct bk_sheet *sheet, struct bk_str host, struct bk_str port,
                       const struct bk_sip_server *server, enum bk_transport transport)
{
    if (server == NULL) {
        bk_put_empty(sheet, host);
        bk_put_empty(sheet, port);
        return;
    }
    bk_put(sheet, host, server->host);
    bk_put_int(sheet, port, bk_sip_port(server->port, transport));
}

static void put_route(struct bk_sheet *sheet, const struct bk_pbx_side *pbx)
{
    const struct bk_route route = bk_route_of(pbx);
    put_server(sheet, BK_STR("Server1Address"), BK_STR("Server1Port"),
               route.server_count > 0 ? &route.servers[0] : NULL, pbx->transport);
    put_server(sheet, BK_STR("Server2Address"), BK_STR("Server2Port"),
               route.server_count > 1 ? &route.servers[1] : NULL, pbx->transport);
    put_server(sheet, BK_STR("OutboundProxy1Address"), BK_STR("OutboundProxy1Port"),
               route.proxy_count > 0 ? &route.proxies[0] : NULL, pbx->transport);
    if (route.proxy_count > 1)
        bk_put_lost(sheet, BK_STR("second outbound proxy"));
}

/* 0 is off; the other numbers are not known: a call must not go in the clear for that. */
static void put_srtp(struct bk_sheet *sheet, enum bk_srtp srtp)
{
    const struct bk_str name = BK_STR("SrtpWorkingMode");
    if (srtp == BK_SRTP_REQUIRED)
        bk_sheet_fail(sheet, name,
                      "is known for \"off\" only, so this maker's phones cannot have a PBX that "
                      "requires SRTP");
    else if (srtp == BK_SRTP_OPTIONAL)
        bk_put_lost(sheet, BK_STR("SRTP"));
    bk_put_word(sheet, name, "0");
}

/* Their numbers in RTP, which do not change. */
static const struct {
    const char *word, *number;
} codecs[] = {{"pcmu", "0"}, {"pcma", "8"}, {"g729", "18"}, {"g722", "9"}};

/* "9;8;0" */
static void put_codecs(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    char text[4 * BK_COUNT(codecs)] = "";
    size_t len = 0;
    struct bk_str rest = settings[BK_NEUTRAL_CODECS].value.text;
    bk_from_setting(sheet, settings, BK_NEUTRAL_CODECS);
    while (rest.len > 0) {
        struct bk_str word = bk_str_trim(bk_str_cut(&rest, ','));
        const char *number = NULL;
        for (size_t i = 0; i < BK_COUNT(codecs); i++) {
            if (bk_str_eq(word, bk_str_of(codecs[i].word)))
                number = codecs[i].number;
        }
        if (number == NULL) {
            bk_put_lost(sheet, word);
        } else if (len + 1 + strlen(number) < sizeof text) { /* a list names each codec once */
            if (len > 0)
                text[len++] = ';';
            memcpy(text + len, number, strlen(number));
            len += strlen(number);
        }
    }
    bk_put(sheet, BK_STR("AudioCodec"), (struct bk_str){text, len});
}

/* line: all empty where the account has none. */
static void put_account(struct bk_sheet *sheet, const struct bk_line *line, bool is_used)
{
    const struct bk_str transport = BK_STR("Server1Transport");
    bk_from_line(sheet, line->index);
    bk_put_word(sheet, BK_STR("Enable"), is_used ? "true" : "false");
    bk_put(sheet, BK_STR("UserName"), line->number);
    bk_put(sheet, BK_STR("RegName"), line->auth_id.len > 0 ? line->auth_id : line->number);
    bk_put(sheet, BK_STR("Password"), line->secret);
    bk_put(sheet, BK_STR("DisplayName"),
           line->display_name.len > 0 ? line->display_name : line->number);
    bk_put(sheet, BK_STR("Label"), line->label.len > 0 ? line->label : line->number);
    put_route(sheet, &line->pbx);
    if (is_used && line->pbx.transport == BK_TRANSPORT_NAPTR)
        bk_sheet_fail(sheet, transport, "has no word for NAPTR; choose udp, tcp or tls");
    bk_put_word(sheet, transport, is_used ? transport_word(line->pbx.transport) : NULL);
    put_srtp(sheet, line->pbx.srtp);
    if (line->is_shared)
        bk_put_lost(sheet, BK_STR("shared line"));
    bk_put_setting(sheet, BK_STR("Server1Expire"), line->settings, BK_NEUTRAL_SIP_EXPIRES_S);
    bk_put_setting(sheet, BK_STR("Server2Expire"), line->settings, BK_NEUTRAL_SIP_EXPIRES_S);
    bk_put_setting(sheet, BK_STR("VmNumber"), line->settings, BK_NEUTRAL_VOICEMAIL_NUMBER);
    put_codecs(sheet, line->settings);
}

void alcatel_fill_accounts(struct bk_sheet *sheet, const struct bk_file *file)
{
    int count = bk_line_last(file->phone, file->model->line_count);
    size_t at = 0;
    for (int index = 1; index <= count; index++) {
        const struct bk_line none = {.index = index}, *line = bk_line_at(file->phone, index, &at);
        bk_prefix(sheet, BK_STR("Account"));
        bk_prefix_number(sheet, index, BK_STR_NONE);
        put_account(sheet, line != NULL ? line : &none, line != NULL);
    }
    bk_prefix(sheet, BK_STR_NONE);
    bk_from_driver(sheet);
}
