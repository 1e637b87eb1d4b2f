/*
 * Accounts. Account n is service SPn (VoiceProfile.1.Line.n), and has the service provider's
 * profile n (VoiceProfile.n) to itself. Every one of the model is written, those without a line
 * switched off and with everything at its default.
 */
#include "vendor/address.h"
#include "vendor/obihai/obihai.h"
#include "vendor/walk.h"

#define LINE "VoiceService.1.VoiceProfile.1.Line."
#define PROFILE "VoiceService.1.VoiceProfile."

static const struct bk_pbx_side no_pbx = {.transport = BK_TRANSPORT_NAPTR};

/* "SRV" leaves the transport to DNS. */
static const char *transport_word(enum bk_transport transport)
{
    switch (transport) {
    case BK_TRANSPORT_UDP:
        return "UDP";
    case BK_TRANSPORT_TCP:
        return "TCP";
    case BK_TRANSPORT_TLS:
        return "TLS";
    case BK_TRANSPORT_NAPTR:
        break;
    }
    return "SRV";
}

/* Where DNS names the port, none is given. */
static void put_port(struct bk_sheet *sheet, struct bk_str name, const struct bk_sip_server *server,
                     enum bk_transport transport)
{
    if (server == NULL || (server->port == 0 && transport == BK_TRANSPORT_NAPTR))
        bk_put_empty(sheet, name);
    else
        bk_put_int(sheet, name, bk_sip_port(server->port, transport));
}

static void put_service(struct bk_sheet *sheet, int index, const struct bk_line *line)
{
    static const struct bk_line none;
    const char profile[2] = {(char)('A' + index - 1), '\0'}; /* A is the first */
    bool is_on = line != NULL;
    if (!is_on)
        line = &none;
    obihai_object(sheet, LINE, index, ".SIP.");
    bk_put(sheet, BK_STR("AuthUserName"), line->auth_id.len > 0 ? line->auth_id : line->number);
    bk_put(sheet, BK_STR("AuthPassword"), line->secret);
    bk_put(sheet, BK_STR("URI"), line->number);

    obihai_object(sheet, LINE, index, ".");
    bk_put_word(sheet, BK_STR("Enable"), is_on ? "true" : "false");
    bk_put_word(sheet, BK_STR("X_ServProvProfile"), profile);
    bk_put(sheet, BK_STR("X_DisplayLabel"), line->label.len > 0 ? line->label : line->number);
    bk_put(sheet, BK_STR("X_DisplayNumber"), line->number);
    bk_put_empty(sheet, BK_STR("X_AcceptResync")); /* by default it obeys */

    obihai_object(sheet, LINE, index, ".CallingFeatures.");
    bk_put(sheet, BK_STR("CallerIDName"),
           line->display_name.len > 0 ? line->display_name : line->number);
    bk_put_setting(sheet, BK_STR("X_CheckVoiceMailNumber"),
                   is_on ? line->settings : bk_settings_unset, BK_NEUTRAL_VOICEMAIL_NUMBER);
    bk_from_line(sheet, index);
}

static void put_profile(struct bk_sheet *sheet, int index, const struct bk_pbx_side *pbx,
                        const struct bk_setting *settings)
{
    struct bk_route route = bk_route_of(pbx);
    const struct bk_sip_server *server = route.server_count > 0 ? &route.servers[0] : NULL;
    const struct bk_sip_server *proxy = route.proxy_count > 0 ? &route.proxies[0] : NULL;
    struct bk_str host = server != NULL ? server->host : BK_STR_NONE;
    const char *transport = transport_word(pbx->transport);
    obihai_object(sheet, PROFILE, index, ".SIP.");
    bk_put(sheet, BK_STR("ProxyServer"), host);
    put_port(sheet, BK_STR("ProxyServerPort"), server, pbx->transport);
    bk_put_word(sheet, BK_STR("ProxyServerTransport"), server != NULL ? transport : NULL);
    bk_put(sheet, BK_STR("RegistrarServer"), host);
    put_port(sheet, BK_STR("RegistrarServerPort"), server, pbx->transport);
    bk_put(sheet, BK_STR("UserAgentDomain"), pbx->domain);
    bk_put(sheet, BK_STR("OutboundProxy"), proxy != NULL ? proxy->host : BK_STR_NONE);
    put_port(sheet, BK_STR("OutboundProxyPort"), proxy, pbx->transport);
    bk_put_word(sheet, BK_STR("X_OutboundProxyTransport"), proxy != NULL ? transport : NULL);
    if (route.server_count > 1)
        bk_put_lost(sheet, BK_STR("second server"));
    if (route.proxy_count > 1)
        bk_put_lost(sheet, BK_STR("second outbound proxy"));
    if (pbx->srtp != BK_SRTP_OFF)
        bk_put_lost(sheet, BK_STR("SRTP"));
    bk_put_setting(sheet, BK_STR("RegistrationPeriod"), settings, BK_NEUTRAL_SIP_EXPIRES_S);
    bk_put_setting(sheet, BK_STR("DSCPMark"), settings, BK_NEUTRAL_DSCP_SIP);

    obihai_object(sheet, PROFILE, index, ".RTP.");
    bk_put_setting(sheet, BK_STR("LocalPortMin"), settings, BK_NEUTRAL_RTP_PORT_MIN);
    bk_put_setting(sheet, BK_STR("LocalPortMax"), settings, BK_NEUTRAL_RTP_PORT_MAX);
    bk_put_setting(sheet, BK_STR("DSCPMark"), settings, BK_NEUTRAL_DSCP_RTP);

    obihai_object(sheet, PROFILE, index, ".X_FeatureCode.");
    bk_put_setting(sheet, BK_STR("DirectedCallPickup"), settings, BK_NEUTRAL_PICKUP_CODE);
}

void obihai_fill_accounts(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    int last = bk_line_last(phone, file->model->line_count);
    size_t at = 0;
    for (int index = 1; index <= last; index++) {
        const struct bk_line *line = bk_line_at(phone, index, &at);
        bk_from_line(sheet, index);
        put_service(sheet, index, line);
        put_profile(sheet, index, line != NULL ? &line->pbx : &no_pbx,
                    line != NULL ? line->settings : bk_settings_unset);
    }
    bk_from_driver(sheet);
}
