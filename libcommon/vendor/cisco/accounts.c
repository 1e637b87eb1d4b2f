/*
 * Accounts, which Cisco calls extensions: Name_n_. Every one of the model is written, those without
 * a line switched off and emptied.
 */
#include <stdio.h>

#include "vendor/cisco/cisco.h"
#include "vendor/walk.h"

#define HOST_PORT_SIZE 280

/* The account that is being written. */
struct account {
    struct bk_sheet *sheet;
    int index;
    char name[BK_PARAM_NAME_MAX + 1]; /* of the last parameter */
};

static struct bk_str name_of(struct account *account, const char *param)
{
    snprintf(account->name, sizeof account->name, "%s_%d_", param, account->index);
    return bk_str_of(account->name);
}

static void put(struct account *account, const char *param, struct bk_str value)
{
    bk_put(account->sheet, name_of(account, param), value);
}

static void put_word(struct account *account, const char *param, const char *word)
{
    bk_put_word(account->sheet, name_of(account, param), word);
}

/* "host", "host:5070", "[2001:db8::1]:5070" */
static void put_server(struct account *account, const char *param,
                       const struct bk_sip_server *server)
{
    char text[HOST_PORT_SIZE];
    bool is_ipv6 = bk_str_find(server->host, ':') >= 0 && server->host.ptr[0] != '[';
    int len = snprintf(text, sizeof text, "%s%.*s%s", is_ipv6 ? "[" : "", BK_STR_ARG(server->host),
                       is_ipv6 ? "]" : "");
    if (server->port != 0 && len > 0 && (size_t)len < sizeof text)
        len += snprintf(text + len, sizeof text - (size_t)len, ":%d", server->port);
    if (len < 0 || (size_t)len >= sizeof text)
        bk_sheet_fail(account->sheet, name_of(account, param), "is too long");
    else
        put(account, param, (struct bk_str){text, (size_t)len});
}

static void put_servers(struct account *account, const struct bk_route *route)
{
    static const struct bk_sip_server none = {.port = 0};
    const struct bk_sip_server *servers = route->servers, *proxies = route->proxies;
    put_server(account, "Proxy", route->server_count > 0 ? &servers[0] : &none);
    put_server(account, "Alternate_Proxy", route->server_count > 1 ? &servers[1] : &none);
    put_word(account, "Use_Outbound_Proxy", route->proxy_count > 0 ? "Yes" : "No");
    put_server(account, "Outbound_Proxy", route->proxy_count > 0 ? &proxies[0] : &none);
    put_server(account, "Alternate_Outbound_Proxy", route->proxy_count > 1 ? &proxies[1] : &none);
    put_word(account, "Use_DNS_SRV", "No");
}

static void put_transport(struct account *account, enum bk_transport transport)
{
    static const char *const words[] = {
        [BK_TRANSPORT_UDP] = "UDP", [BK_TRANSPORT_TCP] = "TCP", [BK_TRANSPORT_TLS] = "TLS"};
    if (transport == BK_TRANSPORT_NAPTR)
        bk_sheet_fail(account->sheet, name_of(account, "SIP_Transport"),
                      "no value is known for NAPTR; choose udp, tcp or tls for the PBX");
    else
        put_word(account, "SIP_Transport", words[transport]);
}

static void put_expiry(struct account *account, const struct bk_setting *settings)
{
    const struct bk_setting *expires = &settings[BK_NEUTRAL_SIP_EXPIRES_S];
    bk_from_setting(account->sheet, settings, BK_NEUTRAL_SIP_EXPIRES_S);
    put(account, "Register_Expires",
        expires->layer == BK_LAYER_NONE ? BK_STR("3600") : expires->value.text);
}

/* Phones offer three in order; those with a switch of their own are off unless they are named. */
static void put_codecs(struct account *account, const struct bk_setting *settings)
{
    static const struct {
        const char *word, *name, *enable;
    } codecs[] = {
        {"pcmu", "G711u", NULL},
        {"pcma", "G711a", NULL},
        {"g722", "G722", "G722_Enable"},
        {"g729", "G729a", "G729a_Enable"},
        {"g726_32", "G726-32", "G726-32_Enable"},
    };
    static const char *const params[] = {"Preferred_Codec", "Second_Preferred_Codec",
                                         "Third_Preferred_Codec"};
    const struct bk_setting *setting = &settings[BK_NEUTRAL_CODECS];
    bool is_named[BK_COUNT(codecs)] = {false}, is_unset = setting->layer == BK_LAYER_NONE;
    size_t count = 0;
    bk_from_setting(account->sheet, settings, BK_NEUTRAL_CODECS);
    for (struct bk_str rest = setting->value.text; rest.len > 0;) {
        struct bk_str word = bk_str_trim(bk_str_cut(&rest, ','));
        size_t i = 0;
        while (i < BK_COUNT(codecs) && !bk_str_eq(word, bk_str_of(codecs[i].word)))
            i++;
        if (i == BK_COUNT(codecs)) {
            bk_put_lost(account->sheet, word);
            continue;
        }
        if (count < BK_COUNT(params))
            put_word(account, params[count++], codecs[i].name);
        is_named[i] = true;
    }
    if (!is_unset && (!is_named[0] || !is_named[1]))
        bk_put_lost(account->sheet, BK_STR("switching G.711 off"));
    if (count == 0)
        put_word(account, params[count++], "G711u");
    while (count < BK_COUNT(params))
        put_word(account, params[count++], "Unspecified");
    put_word(account, "Use_Pref_Codec_Only", "No");
    for (size_t i = 0; i < BK_COUNT(codecs); i++) {
        if (codecs[i].enable != NULL)
            put_word(account, codecs[i].enable, is_unset || is_named[i] ? "Yes" : "No");
    }
}

static void put_dtmf(struct account *account, const struct bk_setting *settings)
{
    bool is_unset = settings[BK_NEUTRAL_DTMF_MODE].layer == BK_LAYER_NONE;
    if (is_unset) {
        bk_from_setting(account->sheet, settings, BK_NEUTRAL_DTMF_MODE);
        put_word(account, "DTMF_Tx_Method", "Auto");
        return;
    }
    bk_put_choice(account->sheet, name_of(account, "DTMF_Tx_Method"), settings,
                  BK_NEUTRAL_DTMF_MODE, "InBand AVT INFO AVT+INFO");
}

/* The whole octet, of which the code point is the upper six bits. */
static void put_tos(struct account *account, const char *param, const struct bk_setting *settings,
                    enum bk_neutral id, const char *factory)
{
    char octet[16];
    snprintf(octet, sizeof octet, "0x%02x", (unsigned)settings[id].value.number << 2 & 0xff);
    bk_from_setting(account->sheet, settings, id);
    put_word(account, param, settings[id].layer == BK_LAYER_NONE ? factory : octet);
}

static void put_line(struct account *account, const struct bk_line *line)
{
    struct bk_route route = bk_route_of(&line->pbx);
    put_word(account, "Line_Enable", "Yes");
    put(account, "Display_Name", line->display_name.len > 0 ? line->display_name : line->number);
    put(account, "User_ID", line->number);
    put_word(account, "Use_Auth_ID", "Yes");
    put(account, "Auth_ID", line->auth_id.len > 0 ? line->auth_id : line->number);
    put(account, "Password", line->secret);
    put_word(account, "Share_Ext", line->is_shared ? "shared" : "private");
    put_servers(account, &route);
    put_transport(account, line->pbx.transport);
    put_word(account, "Register", "Yes");
}

static void put_no_line(struct account *account)
{
    static const char *const params[] = {"Display_Name", "User_ID", "Auth_ID", "Password"};
    const struct bk_route route = {.server_count = 0};
    put_word(account, "Line_Enable", "No");
    for (size_t i = 0; i < BK_COUNT(params); i++)
        put_word(account, params[i], NULL);
    put_word(account, "Use_Auth_ID", "No");
    put_word(account, "Share_Ext", "private");
    put_servers(account, &route);
    put_word(account, "SIP_Transport", "UDP");
    put_word(account, "Register", "Yes");
}

/* One switch for all accounts: on as soon as one of them wants it. */
static void put_srtp(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    bool is_on = false;
    for (size_t i = 0; i < phone->line_count; i++) {
        bk_from_line(sheet, phone->lines[i].index);
        if (phone->lines[i].pbx.srtp == BK_SRTP_REQUIRED)
            bk_sheet_fail(sheet, BK_STR("Secure_Call_Setting"),
                          "no parameter is known that forces SRTP; choose optional for the PBX");
        is_on = is_on || phone->lines[i].pbx.srtp != BK_SRTP_OFF;
    }
    bk_from_driver(sheet);
    bk_put_word(sheet, BK_STR("Secure_Call_Serv"), "Yes");
    bk_put_word(sheet, BK_STR("Secure_Call_Setting"), is_on ? "Yes" : "No");
    bk_put_word(sheet, BK_STR("SRTP_Method"), is_on ? "s-descriptor" : "x-sipura");
}

void cisco_fill_accounts(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    int last = bk_line_last(phone, file->model->line_count);
    size_t at = 0;
    put_srtp(sheet, phone);
    for (int index = 1; index <= last; index++) {
        const struct bk_line *line = bk_line_at(phone, index, &at);
        struct account account = {sheet, index, {0}};
        const struct bk_setting *settings = line != NULL ? line->settings : bk_settings_unset;
        bk_from_line(sheet, index);
        if (line != NULL)
            put_line(&account, line);
        else
            put_no_line(&account);
        put_expiry(&account, settings);
        put_codecs(&account, settings);
        put_dtmf(&account, settings);
        cisco_put_switch(sheet, name_of(&account, "Feature_Key_Sync"), settings,
                         BK_NEUTRAL_FEATURE_SYNC, "No");
        put_tos(&account, "SIP_TOS_DiffServ_Value", settings, BK_NEUTRAL_DSCP_SIP, "0x68");
        put_tos(&account, "RTP_TOS_DiffServ_Value", settings, BK_NEUTRAL_DSCP_RTP, "0xb8");
    }
    bk_from_driver(sheet);
}
