/*
 * Accounts: account.N.* and voice_mail.number.N. Every account of the model is written, those
 * without a line disabled and reset.
 */
#include "vendor/walk.h"
#include "vendor/yealink/yealink.h"

/* Yealink's names of the neutral codecs, in the order of the neutral row's words. */
static const struct {
    const char *word;
    struct bk_str enable, priority;
} codecs[] = {
#define CODEC(word, name) \
    { \
        word, {"codec." name ".enable", sizeof "codec." name ".enable" - 1}, \
        { \
            "codec." name ".priority", sizeof "codec." name ".priority" - 1 \
        } \
    }
    CODEC("pcmu", "pcmu"),       CODEC("pcma", "pcma"), CODEC("g722", "g722"),
    CODEC("g729", "g729"),       CODEC("opus", "opus"), CODEC("ilbc", "ilbc_13_33kbps"),
    CODEC("g726_32", "g726_32"),
#undef CODEC
};

#define N(literal) \
    { \
        "" literal, sizeof(literal) - 1 \
    }

static const struct server_names {
    struct bk_str address, port, transport, expires, retry_counts;
} server_names[BK_SERVER_MAX] = {
    {N("sip_server.1.address"), N("sip_server.1.port"), N("sip_server.1.transport_type"),
     N("sip_server.1.expires"), N("sip_server.1.retry_counts")},
    {N("sip_server.2.address"), N("sip_server.2.port"), N("sip_server.2.transport_type"),
     N("sip_server.2.expires"), N("sip_server.2.retry_counts")},
};

static const struct proxy_names {
    struct bk_str address, port;
} proxy_names[BK_SERVER_MAX] = {
    {N("outbound_proxy.1.address"), N("outbound_proxy.1.port")},
    {N("outbound_proxy.2.address"), N("outbound_proxy.2.port")},
};

#undef N

static const struct bk_str enable_name = {"enable", 6};

/*
 * 0 in the neutral model is the transport's default (RFC 3261, 19.1.2). For NAPTR the phone wants
 * a 0, else it asks for no NAPTR records.
 */
static int port_of(int port, enum bk_transport transport)
{
    if (port != 0)
        return port;
    switch (transport) {
    case BK_TRANSPORT_TLS:
        return 5061;
    case BK_TRANSPORT_NAPTR:
        return 0;
    case BK_TRANSPORT_UDP:
    case BK_TRANSPORT_TCP:
        break;
    }
    return 5060;
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
        return "3";
    }
    return "0";
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

static void put_servers(struct bk_kv *kv, const struct bk_line *line)
{
    struct bk_route route = bk_route_of(&line->pbx);
    enum bk_transport transport = line->pbx.transport;
    const struct bk_setting *expires = &line->settings[BK_NEUTRAL_SIP_EXPIRES_S];
    for (size_t i = 0; i < BK_SERVER_MAX; i++) {
        const struct server_names *name = &server_names[i];
        if (i < route.server_count) {
            bk_kv_put(kv, name->address, route.servers[i].host);
            bk_kv_put_int(kv, name->port, port_of(route.servers[i].port, transport));
            bk_kv_put_word(kv, name->transport, transport_word(transport));
            bk_kv_put(kv, name->expires, expires->value.text);
        } else {
            bk_kv_reset(kv, name->address);
            bk_kv_reset(kv, name->port);
            bk_kv_reset(kv, name->transport);
            bk_kv_reset(kv, name->expires);
        }
        bk_kv_reset(kv, name->retry_counts); /* no neutral setting has it */
    }
    bk_kv_put_word(kv, BK_STR("outbound_proxy_enable"), route.proxy_count > 0 ? "1" : "0");
    for (size_t i = 0; i < BK_SERVER_MAX; i++) {
        if (i < route.proxy_count) {
            bk_kv_put(kv, proxy_names[i].address, route.proxies[i].host);
            bk_kv_put_int(kv, proxy_names[i].port, port_of(route.proxies[i].port, transport));
        } else {
            bk_kv_reset(kv, proxy_names[i].address);
            bk_kv_reset(kv, proxy_names[i].port);
        }
    }
}

/* Position of word in the list, from 1; 0: not in it. */
static int position_in(struct bk_str list, struct bk_str word)
{
    for (int at = 1; list.len > 0; at++) {
        if (bk_str_eq(bk_str_trim(bk_str_cut(&list, ',')), word))
            return at;
    }
    return 0;
}

static void put_codecs(struct bk_kv *kv, const struct bk_setting *setting)
{
    for (size_t i = 0; i < BK_COUNT(codecs); i++) {
        if (setting->layer == BK_LAYER_NONE) {
            bk_kv_reset(kv, codecs[i].enable);
            bk_kv_reset(kv, codecs[i].priority);
            continue;
        }
        int position = position_in(setting->value.text, bk_str_of(codecs[i].word));
        bk_kv_put_word(kv, codecs[i].enable, position > 0 ? "1" : "0");
        bk_kv_put_int(kv, codecs[i].priority, position);
    }
}

static void put_account(struct bk_kv *kv, const struct bk_line *line)
{
    /* The order of the neutral words is Yealink's: 0 in band, 1 RFC 2833, 2 INFO, 3 both. */
    const struct bk_setting *dtmf = &line->settings[BK_NEUTRAL_DTMF_MODE];
    struct bk_str label = line->label.len > 0 ? line->label : line->number;
    struct bk_str display_name = line->display_name.len > 0 ? line->display_name : line->number;
    struct bk_str auth_id = line->auth_id.len > 0 ? line->auth_id : line->number;

    bk_kv_put_word(kv, enable_name, "1");
    bk_kv_put(kv, BK_STR("label"), label);
    bk_kv_put(kv, BK_STR("display_name"), display_name);
    bk_kv_put(kv, BK_STR("auth_name"), auth_id);
    bk_kv_put(kv, BK_STR("user_name"), line->number);
    bk_kv_put(kv, BK_STR("password"), line->secret);
    bk_kv_put_word(kv, BK_STR("shared_line"), line->is_shared ? "1" : "0");
    put_servers(kv, line);
    bk_kv_put_word(kv, BK_STR("srtp_encryption"), srtp_word(line->pbx.srtp));
    put_codecs(kv, &line->settings[BK_NEUTRAL_CODECS]);
    if (dtmf->layer == BK_LAYER_NONE)
        bk_kv_reset(kv, BK_STR("dtmf.type"));
    else
        bk_kv_put_int(kv, BK_STR("dtmf.type"), (long)dtmf->value.number);
    bk_kv_put(kv, BK_STR("auto_answer"), line->settings[BK_NEUTRAL_AUTO_ANSWER].value.text);
}

static void put_no_account(struct bk_kv *kv)
{
    static const struct bk_setting unset = {.layer = BK_LAYER_NONE};
    bk_kv_put_word(kv, enable_name, "0");
    bk_kv_reset(kv, BK_STR("label"));
    bk_kv_reset(kv, BK_STR("display_name"));
    bk_kv_reset(kv, BK_STR("auth_name"));
    bk_kv_reset(kv, BK_STR("user_name"));
    bk_kv_reset(kv, BK_STR("password"));
    bk_kv_reset(kv, BK_STR("shared_line"));
    for (size_t i = 0; i < BK_SERVER_MAX; i++) {
        bk_kv_reset(kv, server_names[i].address);
        bk_kv_reset(kv, server_names[i].port);
        bk_kv_reset(kv, server_names[i].transport);
        bk_kv_reset(kv, server_names[i].expires);
        bk_kv_reset(kv, server_names[i].retry_counts);
    }
    bk_kv_reset(kv, BK_STR("outbound_proxy_enable"));
    for (size_t i = 0; i < BK_SERVER_MAX; i++) {
        bk_kv_reset(kv, proxy_names[i].address);
        bk_kv_reset(kv, proxy_names[i].port);
    }
    bk_kv_reset(kv, BK_STR("srtp_encryption"));
    put_codecs(kv, &unset);
    bk_kv_reset(kv, BK_STR("dtmf.type"));
    bk_kv_reset(kv, BK_STR("auto_answer"));
}

void yealink_fill_accounts(struct bk_kv *kv, const struct yealink_file *file)
{
    const struct bk_phone *phone = file->phone;
    int count = bk_line_last(phone, file->model->line_count);
    size_t at = 0;
    for (int index = 1; index <= count; index++) {
        const struct bk_line *line = bk_line_at(phone, index, &at);
        bk_kv_prefix(kv, BK_STR("account."));
        bk_kv_prefix_number(kv, index, BK_STR("."));
        if (line != NULL)
            put_account(kv, line);
        else
            put_no_account(kv);
    }
    at = 0;
    bk_kv_prefix(kv, BK_STR("voice_mail.number."));
    for (int index = 1; index <= count; index++) {
        const struct bk_line *line = bk_line_at(phone, index, &at);
        char digits[3] = {(char)('0' + index / 10), (char)('0' + index % 10), '\0'};
        bk_kv_put(kv, bk_str_of(index < 10 ? digits + 1 : digits),
                  line == NULL ? BK_STR_NONE
                               : line->settings[BK_NEUTRAL_VOICEMAIL_NUMBER].value.text);
    }
    bk_kv_prefix(kv, BK_STR_NONE);
}
