/*
 * Accounts of multicell bases and Maxwells. Every one of the model is written, those without a line
 * empty.
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

struct bk_str gigaset_display_name(const struct bk_line *line)
{
    return line->display_name.len > 0 ? line->display_name : line->number;
}

struct bk_str gigaset_auth_id(const struct bk_line *line)
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

/* --- bases: SipAccount.00001.*, of SipProvider.0.* that lines of one PBX share ------------------
 */

#define PROVIDER_MAX 10

/* By its first line. */
struct providers {
    const struct bk_line *lines[PROVIDER_MAX];
    size_t count;
};

static bool is_same_server(const struct bk_sip_server *a, const struct bk_sip_server *b)
{
    return bk_str_eq(a->host, b->host) && a->port == b->port;
}

/* Would both be written alike? */
static bool is_same_provider(const struct bk_line *a, const struct bk_line *b)
{
    const struct bk_setting *expiry = &a->settings[BK_NEUTRAL_SIP_EXPIRES_S],
                            *other = &b->settings[BK_NEUTRAL_SIP_EXPIRES_S];
    bool is_same = bk_str_eq(a->pbx.domain, b->pbx.domain) &&
                   a->pbx.registrar_count == b->pbx.registrar_count &&
                   a->pbx.proxy_count == b->pbx.proxy_count &&
                   a->pbx.transport == b->pbx.transport && a->pbx.srtp == b->pbx.srtp &&
                   bk_str_eq(expiry->value.text, other->value.text);
    for (size_t i = 0; is_same && i < BK_SERVER_MAX; i++)
        is_same = is_same_server(&a->pbx.registrars[i], &b->pbx.registrars[i]) &&
                  is_same_server(&a->pbx.proxies[i], &b->pbx.proxies[i]);
    return is_same;
}

/* Its number; PROVIDER_MAX: there is no room for another. */
static size_t provider_of(struct providers *providers, const struct bk_line *line)
{
    size_t at = 0;
    while (at < providers->count && !is_same_provider(providers->lines[at], line))
        at++;
    if (at == providers->count && at < PROVIDER_MAX)
        providers->lines[providers->count++] = line;
    return at;
}

/* line NULL: nobody's. */
static void put_provider(struct bk_sheet *sheet, int number, const struct bk_line *line)
{
    static const char *const transports[] = {[BK_TRANSPORT_UDP] = "1",
                                             [BK_TRANSPORT_TCP] = "2",
                                             [BK_TRANSPORT_TLS] = "3",
                                             [BK_TRANSPORT_NAPTR] = NULL};
    const struct bk_setting *settings = line != NULL ? line->settings : bk_settings_unset;
    struct bk_route route = {.server_count = 0};
    enum bk_transport transport = line != NULL ? line->pbx.transport : BK_TRANSPORT_UDP;
    bk_prefix(sheet, BK_STR("SipProvider."));
    bk_prefix_number(sheet, number, BK_STR("."));
    if (line != NULL) {
        route = bk_route_of(&line->pbx);
        bk_from_line(sheet, line->index);
    }
    if (line != NULL && transport == BK_TRANSPORT_NAPTR)
        bk_sheet_fail(sheet, BK_STR("TransportProtocol"),
                      "no value is known for NAPTR; choose udp, tcp or tls for the PBX");
    const struct bk_sip_server *server = route.server_count > 0 ? &route.servers[0] : NULL;
    const struct bk_sip_server *second = route.server_count > 1 ? &route.servers[1] : NULL;
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
    bk_put_word(sheet, BK_STR("FailoverServerEnabled"), second != NULL ? "1" : "0");
    put_server(sheet, "FailoverServerAddress", "FailoverServerPort", second, transport);
    bk_put_setting(sheet, BK_STR("RegServerRefreshTimer"), settings, BK_NEUTRAL_SIP_EXPIRES_S);
    bk_from_driver(sheet);
}

static void put_base_account(struct bk_sheet *sheet, int index, const struct bk_line *line,
                             struct providers *providers)
{
    char prefix[32];
    snprintf(prefix, sizeof prefix, "SipAccount.%05d.", index);
    bk_prefix(sheet, bk_str_of(prefix));
    bk_from_line(sheet, index);
    bk_put(sheet, BK_STR("AuthName"), line != NULL ? gigaset_auth_id(line) : BK_STR_NONE);
    bk_put(sheet, BK_STR("AuthPassword"), line != NULL ? line->secret : BK_STR_NONE);
    bk_put(sheet, BK_STR("UserName"), line != NULL ? line->number : BK_STR_NONE);
    bk_put(sheet, BK_STR("DisplayName"), line != NULL ? gigaset_display_name(line) : BK_STR_NONE);
    if (line != NULL) {
        const struct bk_route route = bk_route_of(&line->pbx);
        size_t provider = provider_of(providers, line);
        if (provider == PROVIDER_MAX)
            bk_sheet_fail(sheet, BK_STR("ProviderId"),
                          "a base has ten providers: its lines are of more PBXs, or of more "
                          "expiry times, than that");
        bk_put_int(sheet, BK_STR("ProviderId"), (int64_t)provider);
        tell_lost(sheet, line, &route);
    } else {
        bk_put_empty(sheet, BK_STR("ProviderId"));
    }
    put_mailbox(sheet, line != NULL ? line->settings : bk_settings_unset, "VoiceMailActive",
                "VoiceMailMailbox");
}

void gigaset_fill_base_accounts(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    const int last = bk_line_last(phone, file->model->line_count);
    struct providers providers = {.count = 0};
    size_t at = 0;
    for (int index = 1; index <= last; index++)
        put_base_account(sheet, index, bk_line_at(phone, index, &at), &providers);
    for (size_t i = 0; i < PROVIDER_MAX && i < (size_t)last; i++)
        put_provider(sheet, (int)i, i < providers.count ? providers.lines[i] : NULL);
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
        bk_put(sheet, BK_STR("AuthName"), line != NULL ? gigaset_auth_id(line) : BK_STR_NONE);
        bk_put(sheet, BK_STR("AuthPassword"), line != NULL ? line->secret : BK_STR_NONE);
        bk_put(sheet, BK_STR("DisplayName"),
               line != NULL ? gigaset_display_name(line) : BK_STR_NONE);
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
