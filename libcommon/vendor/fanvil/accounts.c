/*
 * SIP CONFIG MODULE: what is the same for all accounts, then SIPn … of every account of the model;
 * those without a line are switched off and emptied.
 */
#include <stdio.h>

#include "vendor/address.h"
#include "vendor/fanvil/fanvil.h"
#include "vendor/walk.h"

#define CODECS_SIZE 128

static void put_server(struct bk_sheet *sheet, struct bk_str address, struct bk_str port,
                       const struct bk_sip_server *server, enum bk_transport transport)
{
    if (server == NULL) {
        bk_put_empty(sheet, address);
        bk_put_empty(sheet, port);
        return;
    }
    bk_put(sheet, address, server->host);
    bk_put_int(sheet, port, bk_sip_port(server->port, transport));
}

static const char *transport_word(enum bk_transport transport)
{
    switch (transport) {
    case BK_TRANSPORT_UDP:
        return "0";
    case BK_TRANSPORT_TCP:
        return "1";
    case BK_TRANSPORT_TLS:
        return "3";
    case BK_TRANSPORT_NAPTR:
        break;
    }
    return NULL;
}

static const char *crypto_word(enum bk_srtp srtp)
{
    static const char *const words[] = {
        [BK_SRTP_OFF] = "0", [BK_SRTP_OPTIONAL] = "1", [BK_SRTP_REQUIRED] = "2"};
    return words[srtp];
}

/* "G722,PCMA": those not named are not offered. */
static void put_codecs(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    static const struct {
        const char *word, *name;
    } codecs[] = {{"pcmu", "PCMU"}, {"pcma", "PCMA"}, {"g722", "G722"},      {"g729", "G729"},
                  {"opus", "opus"}, {"ilbc", "iLBC"}, {"g726_32", "G726-32"}};
    char list[CODECS_SIZE] = "";
    size_t len = 0;
    for (struct bk_str rest = settings[BK_NEUTRAL_CODECS].value.text; rest.len > 0;) {
        struct bk_str word = bk_str_trim(bk_str_cut(&rest, ','));
        for (size_t i = 0; i < BK_COUNT(codecs) && len < sizeof list - 16; i++) {
            if (bk_str_eq(word, bk_str_of(codecs[i].word)))
                len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", len > 0 ? "," : "",
                                        codecs[i].name);
        }
    }
    bk_from_setting(sheet, settings, BK_NEUTRAL_CODECS);
    bk_put(sheet, BK_STR("VoiceCodecMap"), bk_str_of(list));
}

static void put_settings(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    bk_put_setting(sheet, BK_STR("Register TTL"), settings, BK_NEUTRAL_SIP_EXPIRES_S);
    put_codecs(sheet, settings);
    bk_put_choice(sheet, BK_STR("DTMF Mode"), settings, BK_NEUTRAL_DTMF_MODE, "0 1 2 -");
    if (settings[BK_NEUTRAL_DTMF_MODE].value.number == 3)
        bk_put_lost(sheet, BK_STR("rfc2833_info"));
    bk_put_setting(sheet, BK_STR("Pickup Num"), settings, BK_NEUTRAL_PICKUP_CODE);
    bk_put_setting(sheet, BK_STR("MWI Num"), settings, BK_NEUTRAL_VOICEMAIL_NUMBER);
    bk_put_setting(sheet, BK_STR("Auto Answer"), settings, BK_NEUTRAL_AUTO_ANSWER);
    bk_put_setting(sheet, BK_STR("Feature Sync"), settings, BK_NEUTRAL_FEATURE_SYNC);
}

static void put_line(struct bk_sheet *sheet, const struct bk_line *line)
{
    struct bk_route route = bk_route_of(&line->pbx);
    enum bk_transport transport = line->pbx.transport;
    struct bk_str user = line->auth_id.len > 0 ? line->auth_id : line->number;
    bool has_proxy = route.proxy_count > 0;
    bk_put(sheet, BK_STR("Phone Number"), line->number);
    bk_put(sheet, BK_STR("Display Name"),
           line->display_name.len > 0 ? line->display_name : line->number);
    bk_put(sheet, BK_STR("Sip Name"), line->number);
    bk_put(sheet, BK_STR("Register User"), user);
    bk_put(sheet, BK_STR("Register Pswd"), line->secret);
    bk_put_word(sheet, BK_STR("Enable Reg"), "1");
    bk_put_word(sheet, BK_STR("Enable SCA"), line->is_shared ? "1" : "0");
    if (line->label.len > 0)
        bk_put_lost(sheet, BK_STR("label of a line"));
    put_server(sheet, BK_STR("Register Addr"), BK_STR("Register Port"),
               route.server_count > 0 ? &route.servers[0] : NULL, transport);
    put_server(sheet, BK_STR("Backup Addr"), BK_STR("Backup Port"),
               route.server_count > 1 ? &route.servers[1] : NULL, transport);
    put_server(sheet, BK_STR("Proxy Addr"), BK_STR("Proxy Port"),
               has_proxy ? &route.proxies[0] : NULL, transport);
    bk_put(sheet, BK_STR("Proxy User"), has_proxy ? user : BK_STR_NONE);
    bk_put(sheet, BK_STR("Proxy Pswd"), has_proxy ? line->secret : BK_STR_NONE);
    put_server(sheet, BK_STR("BakProxy Addr"), BK_STR("BakProxy Port"),
               route.proxy_count > 1 ? &route.proxies[1] : NULL, transport);
    const char *word = transport_word(transport);
    if (word == NULL)
        bk_sheet_fail(sheet, BK_STR("Transport"),
                      "no value is known for NAPTR; choose udp, tcp or tls for the PBX");
    bk_put_word(sheet, BK_STR("Transport"), word);
    bk_put_word(sheet, BK_STR("Backup Transport"), word);
    bk_put_word(sheet, BK_STR("Media Crypto"), crypto_word(line->pbx.srtp));
    put_settings(sheet, line->settings);
}

static void put_no_line(struct bk_sheet *sheet)
{
    static const char *const empty[] = {"Phone Number", "Display Name", "Sip Name", "Register User",
                                        "Register Pswd"};
    static const char *const servers[][2] = {{"Register Addr", "Register Port"},
                                             {"Backup Addr", "Backup Port"},
                                             {"Proxy Addr", "Proxy Port"},
                                             {"Proxy User", "Proxy Pswd"},
                                             {"BakProxy Addr", "BakProxy Port"}};
    for (size_t i = 0; i < BK_COUNT(empty); i++)
        bk_put_empty(sheet, bk_str_of(empty[i]));
    bk_put_word(sheet, BK_STR("Enable Reg"), "0");
    bk_put_word(sheet, BK_STR("Enable SCA"), "0");
    for (size_t i = 0; i < BK_COUNT(servers); i++) {
        bk_put_empty(sheet, bk_str_of(servers[i][0]));
        bk_put_empty(sheet, bk_str_of(servers[i][1]));
    }
    bk_put_word(sheet, BK_STR("Transport"), "0");
    bk_put_word(sheet, BK_STR("Backup Transport"), "0");
    bk_put_word(sheet, BK_STR("Media Crypto"), "0");
    put_settings(sheet, bk_settings_unset);
}

void fanvil_fill_accounts(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    int last = bk_line_last(phone, file->model->line_count);
    size_t at = 0;
    bk_put_setting(sheet, BK_STR("SIP  Port"), phone->settings, BK_NEUTRAL_SIP_PORT); /* so */
    bk_from_driver(sheet);
    bk_put_word(sheet, BK_STR("Notify Reboot"), "1");
    for (int index = 1; index <= last; index++) {
        const struct bk_line *line = bk_line_at(phone, index, &at);
        bk_prefix(sheet, BK_STR("SIP CONFIG MODULE/SIP"));
        bk_prefix_number(sheet, index, BK_STR(" "));
        bk_from_line(sheet, index);
        if (line != NULL)
            put_line(sheet, line);
        else
            put_no_line(sheet);
    }
}
