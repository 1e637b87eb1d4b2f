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

static void put_servers(struct bk_sheet *sheet, const struct bk_line *line)
{
    struct bk_route route = bk_route_of(&line->pbx);
    enum bk_transport transport = line->pbx.transport;
    const struct bk_setting *expires = &line->settings[BK_NEUTRAL_SIP_EXPIRES_S];
    for (size_t i = 0; i < BK_SERVER_MAX; i++) {
        const struct server_names *name = &server_names[i];
        bk_from_line(sheet, line->index);
        if (i < route.server_count) {
            bk_put(sheet, name->address, route.servers[i].host);
            bk_put_int(sheet, name->port, port_of(route.servers[i].port, transport));
            bk_put_word(sheet, name->transport, transport_word(transport));
            bk_from_setting(sheet, line->settings, BK_NEUTRAL_SIP_EXPIRES_S);
            bk_put(sheet, name->expires, expires->value.text);
            bk_from_line(sheet, line->index);
        } else {
            bk_put_empty(sheet, name->address);
            bk_put_empty(sheet, name->port);
            bk_put_empty(sheet, name->transport);
            bk_put_empty(sheet, name->expires);
        }
        bk_put_empty(sheet, name->retry_counts); /* no neutral setting has it */
    }
    bk_put_word(sheet, BK_STR("outbound_proxy_enable"), route.proxy_count > 0 ? "1" : "0");
    for (size_t i = 0; i < BK_SERVER_MAX; i++) {
        if (i < route.proxy_count) {
            bk_put(sheet, proxy_names[i].address, route.proxies[i].host);
            bk_put_int(sheet, proxy_names[i].port, port_of(route.proxies[i].port, transport));
        } else {
            bk_put_empty(sheet, proxy_names[i].address);
            bk_put_empty(sheet, proxy_names[i].port);
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

static void put_codecs(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    const struct bk_setting *setting = &settings[BK_NEUTRAL_CODECS];
    bk_from_setting(sheet, settings, BK_NEUTRAL_CODECS);
    for (size_t i = 0; i < BK_COUNT(codecs); i++) {
        if (setting->layer == BK_LAYER_NONE) {
            bk_put_empty(sheet, codecs[i].enable);
            bk_put_empty(sheet, codecs[i].priority);
            continue;
        }
        int position = position_in(setting->value.text, bk_str_of(codecs[i].word));
        bk_put_word(sheet, codecs[i].enable, position > 0 ? "1" : "0");
        bk_put_int(sheet, codecs[i].priority, position);
    }
}

static void put_line_settings(struct bk_sheet *sheet, const struct bk_setting *settings)
{
    put_codecs(sheet, settings);
    /* The order of the neutral words is Yealink's: 0 in band, 1 RFC 2833, 2 INFO, 3 both. */
    bk_put_choice(sheet, BK_STR("dtmf.type"), settings, BK_NEUTRAL_DTMF_MODE, "0 1 2 3");
    bk_put_setting(sheet, BK_STR("auto_answer"), settings, BK_NEUTRAL_AUTO_ANSWER);
}

static void put_account(struct bk_sheet *sheet, const struct bk_line *line)
{
    struct bk_str label = line->label.len > 0 ? line->label : line->number;
    struct bk_str display_name = line->display_name.len > 0 ? line->display_name : line->number;
    struct bk_str auth_id = line->auth_id.len > 0 ? line->auth_id : line->number;

    bk_put_word(sheet, enable_name, "1");
    bk_put(sheet, BK_STR("label"), label);
    bk_put(sheet, BK_STR("display_name"), display_name);
    bk_put(sheet, BK_STR("auth_name"), auth_id);
    bk_put(sheet, BK_STR("user_name"), line->number);
    bk_put(sheet, BK_STR("password"), line->secret);
    bk_put_word(sheet, BK_STR("shared_line"), line->is_shared ? "1" : "0");
    put_servers(sheet, line);
    bk_put_word(sheet, BK_STR("srtp_encryption"), srtp_word(line->pbx.srtp));
    put_line_settings(sheet, line->settings);
}

static void put_no_account(struct bk_sheet *sheet)
{
    bk_put_word(sheet, enable_name, "0");
    bk_put_empty(sheet, BK_STR("label"));
    bk_put_empty(sheet, BK_STR("display_name"));
    bk_put_empty(sheet, BK_STR("auth_name"));
    bk_put_empty(sheet, BK_STR("user_name"));
    bk_put_empty(sheet, BK_STR("password"));
    bk_put_empty(sheet, BK_STR("shared_line"));
    for (size_t i = 0; i < BK_SERVER_MAX; i++) {
        bk_put_empty(sheet, server_names[i].address);
        bk_put_empty(sheet, server_names[i].port);
        bk_put_empty(sheet, server_names[i].transport);
        bk_put_empty(sheet, server_names[i].expires);
        bk_put_empty(sheet, server_names[i].retry_counts);
    }
    bk_put_empty(sheet, BK_STR("outbound_proxy_enable"));
    for (size_t i = 0; i < BK_SERVER_MAX; i++) {
        bk_put_empty(sheet, proxy_names[i].address);
        bk_put_empty(sheet, proxy_names[i].port);
    }
    bk_put_empty(sheet, BK_STR("srtp_encryption"));
    put_line_settings(sheet, bk_settings_unset);
}

void yealink_fill_accounts(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    int count = bk_line_last(phone, file->model->line_count);
    size_t at = 0;
    for (int index = 1; index <= count; index++) {
        const struct bk_line *line = bk_line_at(phone, index, &at);
        bk_prefix(sheet, BK_STR("account."));
        bk_prefix_number(sheet, index, BK_STR("."));
        bk_from_line(sheet, index);
        if (line != NULL)
            put_account(sheet, line);
        else
            put_no_account(sheet);
    }
    at = 0;
    bk_prefix(sheet, BK_STR("voice_mail.number."));
    for (int index = 1; index <= count; index++) {
        const struct bk_line *line = bk_line_at(phone, index, &at);
        char digits[3] = {(char)('0' + index / 10), (char)('0' + index % 10), '\0'};
        bk_put_setting(sheet, bk_str_of(index < 10 ? digits + 1 : digits),
                       line == NULL ? bk_settings_unset : line->settings,
                       BK_NEUTRAL_VOICEMAIL_NUMBER);
    }
    bk_prefix(sheet, BK_STR_NONE);
    bk_from_driver(sheet);
}
