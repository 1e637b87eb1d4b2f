/*
 * The one account of a J100 and where it registers; codecs, which are the phone's.
 */
#include <stdio.h>
#include <string.h>

#include "vendor/address.h"
#include "vendor/avaya/avaya.h"
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

static struct bk_str domain_of(const struct bk_pbx_side *pbx)
{
    bool has_registrar = pbx->domain.len == 0 && pbx->registrar_count > 0;
    return has_registrar ? pbx->registrars[0].host : pbx->domain;
}

/* "edge1.example:5061;transport=tls,edge2.example:5061;transport=tls": proxies where there are
 * any, else registrars, else the domain. */
static void put_controllers(struct bk_sheet *sheet, const struct bk_pbx_side *pbx)
{
    const struct bk_str name = BK_STR("SIP_CONTROLLER_LIST");
    const char *transport = transport_word(pbx->transport);
    const struct bk_sip_server domain = {.host = pbx->domain}, *servers = pbx->registrars;
    size_t count = pbx->registrar_count;
    if (pbx->proxy_count > 0) {
        servers = pbx->proxies;
        count = pbx->proxy_count;
    } else if (count == 0) {
        servers = &domain;
        count = domain.host.len > 0;
    }
    if (transport == NULL) {
        bk_sheet_fail(sheet, name, "has no transport for NAPTR; choose udp, tcp or tls");
        return;
    }
    char text[BK_SERVER_MAX * 320], space[BK_HOST_PORT_SIZE];
    size_t used = 0;
    for (size_t i = 0; i < count && used < sizeof text; i++) {
        const struct bk_sip_server server = {servers[i].host,
                                             bk_sip_port(servers[i].port, pbx->transport)};
        int len = snprintf(text + used, sizeof text - used, "%s%.*s;transport=%s", i > 0 ? "," : "",
                           BK_STR_ARG(bk_host_port_print(&server, &space)), transport);
        used += len > 0 ? (size_t)len : 0;
    }
    if (used >= sizeof text)
        bk_sheet_fail(sheet, name, "is too long");
    else
        bk_put(sheet, name, (struct bk_str){text, used});
}

/* "1001@pbx.example" */
static void put_account_name(struct bk_sheet *sheet, const struct bk_line *line)
{
    const struct bk_str name = BK_STR("SIP_USER_ACCOUNT");
    const struct bk_sip_server domain = {.host = domain_of(&line->pbx)};
    char text[600], space[BK_HOST_PORT_SIZE];
    int len = snprintf(text, sizeof text, "%.*s@%.*s", BK_STR_ARG(line->number),
                       BK_STR_ARG(bk_host_port_print(&domain, &space)));
    if (line->number.len == 0)
        bk_put_empty(sheet, name);
    else if (len < 0 || (size_t)len >= sizeof text)
        bk_sheet_fail(sheet, name, "is too long");
    else
        bk_put(sheet, name, (struct bk_str){text, (size_t)len});
}

/* How MEDIAENCRYPTION is written is not known: a call must not go in the clear for that. */
static void judge_srtp(struct bk_sheet *sheet, enum bk_srtp srtp)
{
    if (srtp == BK_SRTP_REQUIRED)
        bk_sheet_fail(sheet, BK_STR("MEDIAENCRYPTION"),
                      "has no known values, so an Avaya cannot have a PBX that requires SRTP");
    else if (srtp == BK_SRTP_OPTIONAL)
        bk_put_lost(sheet, BK_STR("SRTP"));
}

/* Names in CODEC_PRIORITY are known of the first three only. */
static const struct {
    const char *word, *name;
} codecs[] = {{"pcma", "G711A"}, {"pcmu", "G711U"}, {"g722", "G722"}};

static const struct {
    const char *word;
    struct bk_str name;
} switches[] = {
    {"g729", {"ENABLE_G729", 11}}, {"g722", {"ENABLE_G722", 11}}, {"opus", {"ENABLE_OPUS", 11}}};

static bool is_in(struct bk_str list, const char *word)
{
    while (list.len > 0) {
        if (bk_str_eq(bk_str_trim(bk_str_cut(&list, ',')), bk_str_of(word)))
            return true;
    }
    return false;
}

/* "G711A,G722": those whose names are known, each once. */
static void put_priority(struct bk_sheet *sheet, struct bk_str words)
{
    char text[32] = "";
    while (words.len > 0) {
        struct bk_str word = bk_str_trim(bk_str_cut(&words, ','));
        const char *name = NULL;
        for (size_t i = 0; i < BK_COUNT(codecs); i++) {
            if (bk_str_eq(word, bk_str_of(codecs[i].word)))
                name = codecs[i].name;
        }
        size_t used = strlen(text);
        if (name == NULL)
            bk_put_lost(sheet, word);
        else
            snprintf(text + used, sizeof text - used, "%s%s", used > 0 ? "," : "", name);
    }
    bk_put_word(sheet, BK_STR("CODEC_PRIORITY"), text);
}

static void put_codecs(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    const struct bk_setting *setting = &settings[BK_NEUTRAL_CODECS];
    bk_from_setting(sheet, settings, BK_NEUTRAL_CODECS);
    put_priority(sheet, setting->value.text);
    for (size_t i = 0; i < BK_COUNT(switches); i++) {
        const char *word = is_in(setting->value.text, switches[i].word) ? "1" : "0";
        bk_put_word(sheet, switches[i].name, setting->layer == BK_LAYER_NONE ? NULL : word);
    }
}

void avaya_fill_line(struct bk_sheet *sheet, const struct bk_phone *phone)
{
    static const struct bk_line none = {.index = 1};
    size_t at = 0;
    const struct bk_line *line = bk_line_at(phone, 1, &at);
    if (line == NULL)
        line = &none;
    struct bk_str auth_id = line->auth_id.len > 0 ? line->auth_id : line->number;

    bk_from_line(sheet, 1);
    bk_put(sheet, BK_STR("FORCE_SIP_EXTENSION"), line->number);
    bk_put(sheet, BK_STR("FORCE_SIP_USERNAME"), auth_id);
    bk_put(sheet, BK_STR("FORCE_SIP_PASSWORD"), line->secret);
    put_account_name(sheet, line);
    bk_put(sheet, BK_STR("SIP_USER_ID"), auth_id);
    bk_put(sheet, BK_STR("DISPLAY_NAME"),
           line->display_name.len > 0 ? line->display_name : line->number);
    put_controllers(sheet, &line->pbx);
    bk_put(sheet, BK_STR("SIPDOMAIN"), domain_of(&line->pbx));
    bk_put_word(sheet, BK_STR("SIP_PROXY_SELECTION_POLICY"), "1");
    bk_put_word(sheet, BK_STR("ENABLE_OOD_MSG_TLS_ONLY"),
                line->pbx.transport == BK_TRANSPORT_TLS ? "1" : "0");
    judge_srtp(sheet, line->pbx.srtp);
    if (line->is_shared)
        bk_put_lost(sheet, BK_STR("shared line"));
    if (line->label.len > 0)
        bk_put_lost(sheet, BK_STR("label of a line"));
    put_codecs(sheet, line == &none ? phone->settings : line->settings);

    for (size_t i = 0; i < phone->line_count; i++) {
        bk_from_line(sheet, phone->lines[i].index);
        if (phone->lines[i].index > 1)
            bk_put_lost(sheet, BK_STR("second account"));
    }
    bk_from_driver(sheet);
}
