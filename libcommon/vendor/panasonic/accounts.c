/*
 * Accounts: "SIP_PASS_1", the number of the account last. Every one of the model is written, those
 * without a line empty.
 */
#include <stdio.h>

#include "vendor/address.h"
#include "vendor/panasonic/panasonic.h"
#include "vendor/walk.h"

#define NAME_SIZE 40

static struct bk_str print_name(const char *name, int index, char (*space)[NAME_SIZE])
{
    snprintf(*space, sizeof *space, "%s_%d", name, index);
    return bk_str_of(*space);
}

static void put(struct bk_sheet *sheet, const char *name, int index, struct bk_str value)
{
    char space[NAME_SIZE];
    bk_put(sheet, print_name(name, index, &space), value);
}

static void put_setting(struct bk_sheet *sheet, const char *name, const struct bk_line *line,
                        enum bk_neutral id)
{
    char space[NAME_SIZE];
    bk_put_setting(sheet, print_name(name, line->index, &space), line->settings, id);
}

/* server NULL: none. */
static void put_port(struct bk_sheet *sheet, const char *name, int index,
                     const struct bk_sip_server *server, enum bk_transport transport)
{
    char space[NAME_SIZE];
    if (server == NULL)
        bk_put_empty(sheet, print_name(name, index, &space));
    else
        bk_put_int(sheet, print_name(name, index, &space), bk_sip_port(server->port, transport));
}

static const char *transport_word(enum bk_transport transport)
{
    switch (transport) {
    case BK_TRANSPORT_UDP:
        return "0";
    case BK_TRANSPORT_TCP:
        return "1";
    case BK_TRANSPORT_TLS:
        return "2";
    case BK_TRANSPORT_NAPTR:
        break;
    }
    return NULL;
}

/* The parameters of SRTP are not known: a call must not go in the clear for that. */
static void judge(struct bk_sheet *sheet, int index, const struct bk_pbx_side *pbx)
{
    char space[NAME_SIZE];
    if (pbx->srtp == BK_SRTP_REQUIRED)
        bk_sheet_fail(sheet, BK_STR("SRTP"),
                      "has no known parameter, so a Panasonic cannot have a PBX that requires it");
    else if (pbx->srtp == BK_SRTP_OPTIONAL)
        bk_put_lost(sheet, BK_STR("SRTP"));
    if (pbx->transport == BK_TRANSPORT_NAPTR)
        bk_sheet_fail(sheet, print_name("SIP_TRANSPORT", index, &space),
                      "has no value for NAPTR; choose udp, tcp or tls");
}

/* The domain has a parameter of its own, so that servers stand as they are. A PBX without servers
 * is found by its domain. */
static void put_servers(struct bk_sheet *sheet, int index, const struct bk_pbx_side *pbx,
                        bool is_used)
{
    const struct bk_sip_server by_domain = {.host = pbx->domain}, none = {.port = 0};
    const struct bk_sip_server *first = pbx->registrar_count > 0 ? &pbx->registrars[0] : &by_domain;
    const struct bk_sip_server *second = pbx->registrar_count > 1 ? &pbx->registrars[1] : &none;
    const struct bk_sip_server *proxy = pbx->proxy_count > 0 ? &pbx->proxies[0] : NULL;
    enum bk_transport transport = pbx->transport;
    put(sheet, "SIP_RGSTR_ADDR", index, first->host);
    put_port(sheet, "SIP_RGSTR_PORT", index, is_used ? first : NULL, transport);
    put(sheet, "SIP_PRXY_ADDR", index, first->host);
    put_port(sheet, "SIP_PRXY_PORT", index, is_used ? first : NULL, transport);
    put(sheet, "SIP_2NDRGSTR_ADDR", index, second->host);
    put(sheet, "SIP_2NDPROXY_ADDR", index, second->host);
    if (second->port != 0 && second->port != bk_sip_port(0, transport))
        bk_put_lost(sheet, BK_STR("second server's port"));
    put(sheet, "SIP_OUTPROXY_ADDR", index, proxy != NULL ? proxy->host : BK_STR_NONE);
    put_port(sheet, "SIP_OUTPROXY_PORT", index, proxy, transport);
    if (pbx->proxy_count > 1)
        bk_put_lost(sheet, BK_STR("second outbound proxy"));
    put(sheet, "SIP_SVCDOMAIN", index, pbx->domain.len > 0 ? pbx->domain : first->host);
    put(sheet, "SIP_TRANSPORT", index,
        is_used ? bk_str_of(transport_word(transport)) : BK_STR_NONE);
    judge(sheet, index, pbx);
}

/* Codec x of an account is switched on and has a priority, 1 the best. */
static void put_codecs(struct bk_sheet *sheet, const struct bk_line *line)
{
    static const char words[] = "g722 pcma g726_32 g729 pcmu"; /* x: 0 to 4 */
    const struct bk_setting *list = &line->settings[BK_NEUTRAL_CODECS];
    int priorities[5] = {0}, priority = 0;
    bk_from_setting(sheet, line->settings, BK_NEUTRAL_CODECS);
    for (struct bk_str rest = list->value.text; rest.len > 0;) {
        struct bk_str word = bk_str_trim(bk_str_cut(&rest, ','));
        ptrdiff_t at = bk_words_find(words, word);
        if (at < 0)
            bk_put_lost(sheet, word);
        else
            priorities[at] = ++priority;
    }
    for (size_t x = 0; x < BK_COUNT(priorities); x++) {
        char name[NAME_SIZE], space[NAME_SIZE];
        bool is_on = priorities[x] > 0;
        snprintf(name, sizeof name, "CODEC_ENABLE%zu", x);
        bk_put_word(sheet, print_name(name, line->index, &space),
                    list->layer == BK_LAYER_NONE ? NULL
                    : is_on                      ? "Y"
                                                 : "N");
        snprintf(name, sizeof name, "CODEC_PRIORITY%zu", x);
        if (is_on)
            bk_put_int(sheet, print_name(name, line->index, &space), priorities[x]);
        else
            bk_put_empty(sheet, print_name(name, line->index, &space));
    }
}

/* "sip:1001@sip.example" */
static void put_uri(struct bk_sheet *sheet, const struct bk_line *line)
{
    const struct bk_pbx_side *pbx = &line->pbx;
    const struct bk_sip_server host = {.host = pbx->domain.len > 0 || pbx->registrar_count == 0
                                                   ? pbx->domain
                                                   : pbx->registrars[0].host};
    char uri[BK_PARAM_VALUE_MAX + 2], space[BK_HOST_PORT_SIZE];
    snprintf(uri, sizeof uri, "sip:%.*s@%.*s", BK_STR_ARG(line->number),
             BK_STR_ARG(bk_host_port_print(&host, &space)));
    put(sheet, "SIP_URI", line->index, line->number.len > 0 ? bk_str_of(uri) : BK_STR_NONE);
}

/* line: all empty where the account has none. */
static void put_account(struct bk_sheet *sheet, const struct bk_line *line, bool is_used)
{
    int index = line->index;
    bk_from_line(sheet, index);
    put(sheet, "PHONE_NUMBER", index, line->number);
    put_uri(sheet, line);
    put(sheet, "SIP_AUTHID", index, line->auth_id.len > 0 ? line->auth_id : line->number);
    put(sheet, "SIP_PASS", index, line->secret);
    put(sheet, "DISPLAY_NAME", index,
        line->display_name.len > 0 ? line->display_name : line->number);
    if (line->is_shared)
        bk_put_lost(sheet, BK_STR("shared line"));
    if (line->label.len > 0)
        bk_put_lost(sheet, BK_STR("label of a line"));
    put_servers(sheet, index, &line->pbx, is_used);
    put_setting(sheet, "REG_EXPIRE_TIME", line, BK_NEUTRAL_SIP_EXPIRES_S);
    put_setting(sheet, "VM_NUMBER", line, BK_NEUTRAL_VOICEMAIL_NUMBER);
    put_codecs(sheet, line);
}

void panasonic_fill_accounts(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    int count = bk_line_last(phone, file->model->line_count);
    size_t at = 0;
    for (int index = 1; index <= count; index++) {
        const struct bk_line none = {.index = index}, *line = bk_line_at(phone, index, &at);
        put_account(sheet, line != NULL ? line : &none, line != NULL);
    }
    bk_from_driver(sheet);
}
