/*
 * Accounts, which Poly calls registrations: reg.N.*. Every one of the model is written, those
 * without a line empty.
 */
#include "vendor/address.h"
#include "vendor/poly/poly.h"
#include "vendor/walk.h"

static const char *transport_word(enum bk_transport transport)
{
    switch (transport) {
    case BK_TRANSPORT_UDP:
        return "UDPOnly";
    case BK_TRANSPORT_TCP:
        return "TCPOnly";
    case BK_TRANSPORT_TLS:
        return "TLS";
    case BK_TRANSPORT_NAPTR:
        return "DNSnaptr";
    }
    return NULL;
}

/* Address and port of a server that there may be, under the prefix that stands. */
static void put_server(struct bk_sheet *sheet, const struct bk_sip_server *server,
                       enum bk_transport transport)
{
    if (server == NULL) {
        bk_put_empty(sheet, BK_STR("address"));
        bk_put_empty(sheet, BK_STR("port"));
        bk_put_empty(sheet, BK_STR("transport"));
        return;
    }
    bk_put(sheet, BK_STR("address"), server->host);
    /* For NAPTR the phone wants a 0, else it asks for no such records. */
    bk_put_int(sheet, BK_STR("port"),
               transport == BK_TRANSPORT_NAPTR && server->port == 0
                   ? 0
                   : bk_sip_port(server->port, transport));
    bk_put_word(sheet, BK_STR("transport"), transport_word(transport));
}

static void begin_prefix(struct bk_sheet *sheet, int index, struct bk_str after)
{
    bk_prefix(sheet, BK_STR("reg."));
    bk_prefix_number(sheet, index, after);
}

static void put_servers(struct bk_sheet *sheet, int index, const struct bk_line *line)
{
    static const struct bk_str places[] = {{".server.1.", 10}, {".server.2.", 10}};
    const struct bk_setting *settings = line != NULL ? line->settings : bk_settings_unset;
    struct bk_route route = {.server_count = 0};
    enum bk_transport transport = line != NULL ? line->pbx.transport : BK_TRANSPORT_UDP;
    if (line != NULL)
        route = bk_route_of(&line->pbx);
    for (size_t i = 0; i < BK_COUNT(places); i++) {
        bool is_there = i < route.server_count;
        begin_prefix(sheet, index, places[i]);
        bk_from_line(sheet, index);
        put_server(sheet, is_there ? &route.servers[i] : NULL, transport);
        bk_put_word(sheet, BK_STR("register"), is_there ? "1" : NULL);
        bk_put_setting(sheet, BK_STR("expires"), is_there ? settings : bk_settings_unset,
                       BK_NEUTRAL_SIP_EXPIRES_S);
    }
    begin_prefix(sheet, index, BK_STR(".outboundProxy."));
    bk_from_line(sheet, index);
    put_server(sheet, route.proxy_count > 0 ? &route.proxies[0] : NULL, transport);
    if (route.proxy_count > 1)
        bk_put_lost(sheet, BK_STR("second outbound proxy"));
}

/* What the key for messages does: it calls the mailbox, where one is set. */
static void put_mailbox(struct bk_sheet *sheet, int index, const struct bk_setting *settings)
{
    bool is_set = settings[BK_NEUTRAL_VOICEMAIL_NUMBER].layer != BK_LAYER_NONE;
    bk_prefix(sheet, BK_STR("msg.mwi."));
    bk_prefix_number(sheet, index, BK_STR("."));
    bk_from_setting(sheet, settings, BK_NEUTRAL_VOICEMAIL_NUMBER);
    bk_put_word(sheet, BK_STR("callBackMode"), is_set ? "contact" : NULL);
    bk_put_setting(sheet, BK_STR("callBack"), settings, BK_NEUTRAL_VOICEMAIL_NUMBER);
}

static void put_srtp(struct bk_sheet *sheet, int index, const struct bk_line *line)
{
    bool is_on = line != NULL && line->pbx.srtp != BK_SRTP_OFF;
    bool is_required = line != NULL && line->pbx.srtp == BK_SRTP_REQUIRED;
    begin_prefix(sheet, index, BK_STR(".srtp."));
    bk_put_word(sheet, BK_STR("enable"), line == NULL ? NULL : is_on ? "1" : "0");
    bk_put_word(sheet, BK_STR("offer"), line == NULL ? NULL : is_on ? "1" : "0");
    bk_put_word(sheet, BK_STR("require"), line == NULL ? NULL : is_required ? "1" : "0");
}

static void put_line(struct bk_sheet *sheet, const struct bk_line *line)
{
    bk_put(sheet, BK_STR("address"), line->number);
    bk_put(sheet, BK_STR("auth.userId"), line->auth_id.len > 0 ? line->auth_id : line->number);
    bk_put(sheet, BK_STR("auth.password"), line->secret);
    bk_put(sheet, BK_STR("displayName"),
           line->display_name.len > 0 ? line->display_name : line->number);
    bk_put(sheet, BK_STR("label"), line->label.len > 0 ? line->label : line->number);
    bk_put_word(sheet, BK_STR("lineKeys"), "1");
    bk_put_word(sheet, BK_STR("type"), line->is_shared ? "shared" : "private");
}

static void put_no_line(struct bk_sheet *sheet)
{
    static const char *const names[] = {"address", "auth.userId", "auth.password", "displayName",
                                        "label",   "lineKeys",    "type"};
    for (size_t i = 0; i < BK_COUNT(names); i++)
        bk_put_empty(sheet, bk_str_of(names[i]));
}

void poly_fill_accounts(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    int last = bk_line_last(phone, file->model->line_count);
    size_t at = 0;
    for (int index = 1; index <= last; index++) {
        const struct bk_line *line = bk_line_at(phone, index, &at);
        begin_prefix(sheet, index, BK_STR("."));
        bk_from_line(sheet, index);
        if (line != NULL)
            put_line(sheet, line);
        else
            put_no_line(sheet);
        put_servers(sheet, index, line);
        put_srtp(sheet, index, line);
        put_mailbox(sheet, index, line != NULL ? line->settings : bk_settings_unset);
    }
    bk_prefix(sheet, BK_STR_NONE);
    bk_from_driver(sheet);
}
