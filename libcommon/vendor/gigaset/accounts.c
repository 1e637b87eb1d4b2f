/*
 * Accounts of both families. Every one of the model is written, those without a line empty.
 */
#include "vendor/address.h"
#include "vendor/gigaset/gigaset.h"
#include "vendor/walk.h"

#include <stdio.h>

static void put_server(struct bk_sheet *sheet, const char *address, const char *port,
                       const struct bk_sip_server *server, enum bk_transport transport)
{
    if (server == NULL) {
        bk_put_empty(sheet, bk_str_of(address));
        bk_put_empty(sheet, bk_str_of(port));
        return;
    }
    bk_put(sheet, bk_str_of(address), server->host);
    bk_put_int(sheet, bk_str_of(port), bk_sip_port(server->port, transport));
}

static struct bk_str name_of(const struct bk_line *line)
{
    return line->display_name.len > 0 ? line->display_name : line->number;
}

static struct bk_str auth_id_of(const struct bk_line *line)
{
    return line->auth_id.len > 0 ? line->auth_id : line->number;
}

static void tell_lost(struct bk_sheet *sheet, const struct bk_line *line,
                      const struct bk_route *route)
{
    if (line->is_shared)
        bk_put_lost(sheet, BK_STR("shared line"));
    if (line->label.len > 0)
        bk_put_lost(sheet, BK_STR("label of a line"));
    if (route->proxy_count > 1)
        bk_put_lost(sheet, BK_STR("second outbound proxy"));
}

/* The mailbox of a line, switched on where there is one. */
static void put_mailbox(struct bk_sheet *sheet, const struct bk_setting *settings,
                        const char *active, const char *mailbox)
{
    const struct bk_setting *number = &settings[BK_NEUTRAL_VOICEMAIL_NUMBER];
    bk_put_setting(sheet, bk_str_of(mailbox), settings, BK_NEUTRAL_VOICEMAIL_NUMBER);
    bk_put_word(sheet, bk_str_of(active), number->layer != BK_LAYER_NONE ? "1" : "0");
}

/* --- bases: SipAccount.00001.*, each with a provider of its own ------------------------------- */

static void put_provider(struct bk_sheet *sheet, int index, const struct bk_line *line)
{
    static const char *const transports[] = {[BK_TRANSPORT_UDP] = "1",
                                             [BK_TRANSPORT_TCP] = "2",
                                             [BK_TRANSPORT_TLS] = "3",
                                             [BK_TRANSPORT_NAPTR] = NULL};
    const struct bk_setting *settings = line != NULL ? line->settings : bk_settings_unset;
    struct bk_route route = {.server_count = 0};
    enum bk_transport transport = line != NULL ? line->pbx.transport : BK_TRANSPORT_UDP;
    bk_prefix(sheet, BK_STR("SipProvider."));
    bk_prefix_number(sheet, index, BK_STR("."));
    if (line != NULL)
        route = bk_route_of(&line->pbx);
    if (line != NULL && transport == BK_TRANSPORT_NAPTR)
        bk_sheet_fail(sheet, BK_STR("TransportProtocol"),
                      "no value is known for NAPTR; choose udp, tcp or tls for the PBX");
    const struct bk_sip_server *server = route.server_count > 0 ? &route.servers[0] : NULL;
    const struct bk_sip_server *proxy = route.proxy_count > 0 ? &route.proxies[0] : server;
    bk_put(sheet, BK_STR("Domain"), server != NULL ? server->host : BK_STR_NONE);
    put_server(sheet, "ProxyServerAddress", "ProxyServerPort", proxy, transport);
    put_server(sheet, "RegServerAddress", "RegServerPort", server, transport);
    bk_put_word(sheet, BK_STR("TransportProtocol"), line != NULL ? transports[transport] : NULL);
    bk_put_word(sheet, BK_STR("SRTP_Enabled"),
                line == NULL                    ? NULL
                : line->pbx.srtp == BK_SRTP_OFF ? "0"
                                                : "1");
    bk_put_word(sheet, BK_STR("AcceptNonSRTPCalls"),
                line == NULL                         ? NULL
                : line->pbx.srtp == BK_SRTP_REQUIRED ? "0"
                                                     : "1");
    const struct bk_sip_server *second = route.server_count > 1 ? &route.servers[1] : NULL;
    bk_put_word(sheet, BK_STR("FailoverServerEnabled"), second != NULL ? "1" : "0");
    put_server(sheet, "FailoverServerAddress", "FailoverServerPort", second, transport);
    if (line != NULL)
        tell_lost(sheet, line, &route);
    bk_put_setting(sheet, BK_STR("RegServerRefreshTimer"), settings, BK_NEUTRAL_SIP_EXPIRES_S);
    bk_from_line(sheet, index);
}

void gigaset_fill_base_accounts(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    int last = bk_line_last(phone, file->model->line_count);
    size_t at = 0;
    for (int index = 1; index <= last; index++) {
        const struct bk_line *line = bk_line_at(phone, index, &at);
        char prefix[32];
        bk_from_line(sheet, index);
        put_provider(sheet, index, line);
        snprintf(prefix, sizeof prefix, "SipAccount.%05d.", index);
        bk_prefix(sheet, bk_str_of(prefix));
        bk_put(sheet, BK_STR("AuthName"), line != NULL ? auth_id_of(line) : BK_STR_NONE);
        bk_put(sheet, BK_STR("AuthPassword"), line != NULL ? line->secret : BK_STR_NONE);
        bk_put(sheet, BK_STR("UserName"), line != NULL ? line->number : BK_STR_NONE);
        bk_put(sheet, BK_STR("DisplayName"), line != NULL ? name_of(line) : BK_STR_NONE);
        if (line != NULL && line->label.len > 0)
            bk_put_lost(sheet, BK_STR("label of a line"));
        if (line != NULL)
            bk_put_int(sheet, BK_STR("ProviderId"), index);
        else
            bk_put_empty(sheet, BK_STR("ProviderId"));
        put_mailbox(sheet, line != NULL ? line->settings : bk_settings_unset, "VoiceMailActive",
                    "VoiceMailMailbox");
    }
    bk_prefix(sheet, BK_STR_NONE);
    bk_from_driver(sheet);
}

/* --- Maxwell: SIP.Account.0.* ----------------------------------------------------------------- */

/* One transport for all accounts; of TCP no number is known. */
static void put_transport(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    const struct bk_str name = BK_STR("SIP.TransportProtocol");
    bool is_tls = phone->line_count > 0 && phone->lines[0].pbx.transport == BK_TRANSPORT_TLS;
    for (size_t i = 0; i < phone->line_count; i++) {
        enum bk_transport transport = phone->lines[i].pbx.transport;
        bk_from_line(sheet, phone->lines[i].index);
        if (transport != (is_tls ? BK_TRANSPORT_TLS : BK_TRANSPORT_UDP))
            bk_sheet_fail(sheet, name,
                          "all lines must use udp, or all tls: no other value is known");
    }
    bk_put_word(sheet, name, phone->line_count == 0 ? NULL : is_tls ? "2" : "1");
}

/* One switch for all accounts, and one that lets calls without it through. */
static void put_srtp(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    bool is_on = false, is_needed = false, is_off = phone->line_count == 0;
    for (size_t i = 0; i < phone->line_count; i++) {
        enum bk_srtp srtp = phone->lines[i].pbx.srtp;
        bk_from_line(sheet, phone->lines[i].index);
        is_on = is_on || srtp != BK_SRTP_OFF;
        is_needed = is_needed || srtp == BK_SRTP_REQUIRED;
        is_off = is_off || srtp != BK_SRTP_REQUIRED;
        if (is_needed && is_off)
            bk_sheet_fail(sheet, BK_STR("SIP.Security.AcceptNonSRTPCalls"),
                          "is one for all lines: SRTP must be required of all, or of none");
    }
    bk_put_word(sheet, BK_STR("SIP.Security.SRTP"), is_on ? "1" : "0");
    bk_put_word(sheet, BK_STR("SIP.Security.AcceptNonSRTPCalls"), is_needed ? "0" : "1");
}

void gigaset_fill_maxwell_accounts(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    int last = bk_line_last(phone, file->model->line_count);
    size_t at = 0;
    put_transport(sheet, phone);
    put_srtp(sheet, phone);
    for (int index = 1; index <= last; index++) {
        const struct bk_line *line = bk_line_at(phone, index, &at);
        struct bk_route route = {.server_count = 0};
        enum bk_transport transport = line != NULL ? line->pbx.transport : BK_TRANSPORT_UDP;
        if (line != NULL)
            route = bk_route_of(&line->pbx);
        const struct bk_sip_server *server = route.server_count > 0 ? &route.servers[0] : NULL;
        const struct bk_sip_server *proxy = route.proxy_count > 0 ? &route.proxies[0] : server;
        bk_prefix(sheet, BK_STR("SIP.Account."));
        bk_prefix_number(sheet, index - 1, BK_STR("."));
        bk_from_line(sheet, index);
        if (line != NULL) {
            tell_lost(sheet, line, &route);
            if (route.server_count > 1)
                bk_put_lost(sheet, BK_STR("second registrar"));
        }
        bk_put_word(sheet, BK_STR("Active"), line != NULL ? "1" : "0");
        bk_put(sheet, BK_STR("Username"), line != NULL ? line->number : BK_STR_NONE);
        bk_put(sheet, BK_STR("AuthName"), line != NULL ? auth_id_of(line) : BK_STR_NONE);
        bk_put(sheet, BK_STR("AuthPassword"), line != NULL ? line->secret : BK_STR_NONE);
        bk_put(sheet, BK_STR("DisplayName"), line != NULL ? name_of(line) : BK_STR_NONE);
        if (line != NULL && line->label.len > 0)
            bk_put_lost(sheet, BK_STR("label of a line"));
        bk_put(sheet, BK_STR("Domain"), server != NULL ? server->host : BK_STR_NONE);
        put_server(sheet, "ProxyServer.Address", "ProxyServer.Port", proxy, transport);
        put_server(sheet, "RegistrationServer.Address", "RegistrationServer.Port", server,
                   transport);
        bk_put_word(sheet, BK_STR("FailoverServer.Enabled"), "0");
        put_mailbox(sheet, line != NULL ? line->settings : bk_settings_unset, "VoiceMail.Active",
                    "VoiceMail.Mailbox");
    }
    bk_prefix(sheet, BK_STR_NONE);
    bk_from_driver(sheet);
}
