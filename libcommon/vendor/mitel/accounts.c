/*
 * Accounts: "sip line<n> …", and the transport, which is one for the whole phone.
 */
#include "vendor/address.h"
#include "vendor/mitel/mitel.h"
#include "vendor/walk.h"

static const char *transport_word(enum bk_transport transport)
{
    switch (transport) {
    case BK_TRANSPORT_UDP:
        return "1";
    case BK_TRANSPORT_TCP:
        return "2";
    case BK_TRANSPORT_TLS:
        return "4";
    case BK_TRANSPORT_NAPTR:
        break;
    }
    return NULL;
}

static void put_transport(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    const struct bk_str name = BK_STR("sip transport protocol");
    if (phone->line_count == 0) {
        bk_put_empty(sheet, name);
        return;
    }
    enum bk_transport transport = phone->lines[0].pbx.transport;
    for (size_t i = 1; i < phone->line_count; i++) {
        if (phone->lines[i].pbx.transport != transport) {
            bk_sheet_fail(sheet, name,
                          "is one for all lines of a Mitel; give its lines PBXs of one transport");
            return;
        }
    }
    if (transport == BK_TRANSPORT_NAPTR) {
        bk_sheet_fail(sheet, name, "has no value for NAPTR; choose udp, tcp or tls");
        return;
    }
    bk_from_line(sheet, phone->lines[0].index);
    bk_put_word(sheet, name, transport_word(transport));
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
    const struct bk_sip_server *first = route.server_count > 0 ? &route.servers[0] : NULL;
    const struct bk_sip_server *backup = route.server_count > 1 ? &route.servers[1] : NULL;
    const struct bk_sip_server *proxy = route.proxy_count > 0 ? &route.proxies[0] : NULL;
    enum bk_transport transport = pbx->transport;
    put_server(sheet, BK_STR("proxy ip"), BK_STR("proxy port"), first, transport);
    put_server(sheet, BK_STR("registrar ip"), BK_STR("registrar port"), first, transport);
    put_server(sheet, BK_STR("backup proxy ip"), BK_STR("backup proxy port"), backup, transport);
    put_server(sheet, BK_STR("backup registrar ip"), BK_STR("backup registrar port"), backup,
               transport);
    put_server(sheet, BK_STR("outbound proxy"), BK_STR("outbound proxy port"), proxy, transport);
    if (route.proxy_count > 1)
        bk_put_lost(sheet, BK_STR("second outbound proxy"));
}

static const char *srtp_word(enum bk_srtp srtp)
{
    switch (srtp) {
    case BK_SRTP_OFF:
        return "0";
    case BK_SRTP_OPTIONAL:
        return "1";
    case BK_SRTP_REQUIRED:
        return "2";
    }
    return "0";
}

/* line: all empty where the account has none. */
static void put_account(struct bk_sheet *sheet, const struct bk_line *line, bool is_used)
{
    bk_from_line(sheet, line->index);
    bk_put(sheet, BK_STR("user name"), line->number);
    bk_put(sheet, BK_STR("auth name"), line->auth_id.len > 0 ? line->auth_id : line->number);
    bk_put(sheet, BK_STR("password"), line->secret);
    bk_put(sheet, BK_STR("display name"),
           line->display_name.len > 0 ? line->display_name : line->number);
    bk_put(sheet, BK_STR("screen name"), line->label.len > 0 ? line->label : line->number);
    bk_put_empty(sheet, BK_STR("screen name 2"));
    put_route(sheet, &line->pbx);
    bk_put_word(sheet, BK_STR("srtp mode"), is_used ? srtp_word(line->pbx.srtp) : NULL);
    if (line->is_shared)
        bk_put_lost(sheet, BK_STR("shared line"));
    bk_put_setting(sheet, BK_STR("registration period"), line->settings, BK_NEUTRAL_SIP_EXPIRES_S);
    bk_put_setting(sheet, BK_STR("vmail"), line->settings, BK_NEUTRAL_VOICEMAIL_NUMBER);
}

void mitel_fill_accounts(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    int count = bk_line_last(phone, file->model->line_count);
    size_t at = 0;
    put_transport(sheet, phone);
    for (int index = 1; index <= count; index++) {
        const struct bk_line none = {.index = index}, *line = bk_line_at(phone, index, &at);
        bk_prefix(sheet, BK_STR("sip line"));
        bk_prefix_number(sheet, index, BK_STR(" "));
        put_account(sheet, line != NULL ? line : &none, line != NULL);
    }
    bk_prefix(sheet, BK_STR_NONE);
    bk_from_driver(sheet);
}
