/*
 * Accounts. Every account of the model is written, those without a line inactive and empty.
 */
#include <stdio.h>

#include "vendor/grandstream/grandstream.h"
#include "vendor/walk.h"

#define CODEC_SLOTS 7
#define HOST_PORT_SIZE 280

enum account_param {
    ENABLE,
    NAME,
    SERVER,
    SERVER_2,
    PROXY,
    PROXY_2,
    USER,
    AUTH_ID,
    PASSWORD,
    DISPLAY_NAME,
    VOICEMAIL,
    TRANSPORT,
    EXPIRY_MIN,
    SRTP,
    CODEC_1 /* and six more */
};

/*
 * The P-value of account 1 is a number of its own; that of account n from 2 to 4 is (n + 2) * 100
 * and the offset. Above those the sources differ, so accounts 5 and up have their alias alone.
 * 0: there is none.
 */
static const struct {
    int first, offset;
    const char *alias; /* after "account.N." */
} params[] = {
    [ENABLE] = {271, 1, "enable"},
    [NAME] = {270, 17, "name"},
    [SERVER] = {47, 2, "sip.server.1.address"},
    [SERVER_2] = {2312, 2012, "sip.server.2.address"},
    [PROXY] = {48, 3, "sip.outboundProxy.1.address"},
    [PROXY_2] = {0, 0, NULL},
    [USER] = {35, 4, "sip.userid"},
    [AUTH_ID] = {36, 5, "sip.subscriber.userid"},
    [PASSWORD] = {34, 6, "sip.subscriber.password"},
    [DISPLAY_NAME] = {3, 7, "sip.subscriber.name"},
    [VOICEMAIL] = {33, 26, "sip.voicemail.number"},
    [TRANSPORT] = {130, 48, "sip.transport"},
    [EXPIRY_MIN] = {32, 12, "sip.registerExpiration"},
    [SRTP] = {183, 43, "audio.srtpMode"},
    [CODEC_1] = {57, 51, "codec.choice.1"},
    [CODEC_1 + 1] = {58, 52, "codec.choice.2"},
    [CODEC_1 + 2] = {59, 53, "codec.choice.3"},
    [CODEC_1 + 3] = {60, 54, "codec.choice.4"},
    [CODEC_1 + 4] = {61, 55, "codec.choice.5"},
    [CODEC_1 + 5] = {62, 56, "codec.choice.6"},
    [CODEC_1 + 6] = {46, 57, "codec.choice.7"},
};

/* The ports of an adapter, where they have numbers of their own. */
static const int port_numbers[][CODEC_1 + CODEC_SLOTS] = {
    {[ENABLE] = 271,
     [NAME] = 270,
     [SERVER] = 47,
     [SERVER_2] = 967,
     [PROXY] = 48,
     [PROXY_2] = 2333,
     [USER] = 35,
     [AUTH_ID] = 36,
     [PASSWORD] = 34,
     [DISPLAY_NAME] = 3,
     [VOICEMAIL] = 33,
     [TRANSPORT] = 130,
     [EXPIRY_MIN] = 32,
     [SRTP] = 183,
     [CODEC_1] = 57,
     58,
     59,
     60,
     61,
     62,
     46},
    {[ENABLE] = 401,
     [SERVER] = 747,
     [SERVER_2] = 987,
     [PROXY] = 748,
     [PROXY_2] = 2433,
     [USER] = 735,
     [AUTH_ID] = 736,
     [PASSWORD] = 734,
     [DISPLAY_NAME] = 703,
     [TRANSPORT] = 830,
     [EXPIRY_MIN] = 732,
     [SRTP] = 443},
};

/* The account that is being written. */
struct account {
    struct bk_sheet *sheet;
    int index;
    bool is_numbered, is_port;
    char name[BK_PARAM_NAME_MAX + 1]; /* of the last parameter */
};

static int number_of(const struct account *account, size_t param)
{
    if (account->is_port)
        return port_numbers[account->index - 1][param];
    if (account->index == 1 || params[param].offset == 0)
        return params[param].first;
    return (account->index + 2) * 100 + params[param].offset;
}

/* Empty: the account has no such parameter. */
static struct bk_str name_of(struct account *account, size_t param)
{
    int number = account->is_numbered ? number_of(account, param) : 0;
    if (number > 0)
        snprintf(account->name, sizeof account->name, "P%d", number);
    else if (!account->is_numbered && params[param].alias != NULL)
        snprintf(account->name, sizeof account->name, "account.%d.%s", account->index,
                 params[param].alias);
    else
        return BK_STR_NONE;
    return bk_str_of(account->name);
}

static void put(struct account *account, size_t param, struct bk_str value)
{
    struct bk_str name = name_of(account, param);
    if (name.len > 0)
        bk_put(account->sheet, name, value);
}

/* What an account has no parameter for is told. */
static void put_or_lose(struct account *account, size_t param, struct bk_str value,
                        const char *what)
{
    if (value.len > 0 && name_of(account, param).len == 0)
        bk_put_lost(account->sheet, bk_str_of(what));
    put(account, param, value);
}

/* Where numbers and aliases have words of their own. */
static void put_word(struct account *account, size_t param, const char *number, const char *word)
{
    put(account, param, bk_str_of(account->is_numbered ? number : word));
}

static void put_server(struct account *account, size_t param, const struct bk_sip_server *servers,
                       size_t count, size_t at)
{
    char text[HOST_PORT_SIZE];
    if (at >= count) {
        put(account, param, BK_STR_NONE);
        return;
    }
    struct bk_str host = servers[at].host;
    bool is_ipv6 = bk_str_find(host, ':') >= 0 && host.ptr[0] != '[';
    int len = snprintf(text, sizeof text, "%s%.*s%s", is_ipv6 ? "[" : "", BK_STR_ARG(host),
                       is_ipv6 ? "]" : "");
    if (servers[at].port != 0 && len > 0 && (size_t)len < sizeof text)
        len += snprintf(text + len, sizeof text - (size_t)len, ":%d", servers[at].port);
    if (len < 0 || (size_t)len >= sizeof text)
        bk_sheet_fail(account->sheet, name_of(account, param), "is too long");
    else
        put(account, param, (struct bk_str){text, (size_t)len});
}

static void put_transport(struct account *account, enum bk_transport transport)
{
    switch (transport) {
    case BK_TRANSPORT_UDP:
        put_word(account, TRANSPORT, "0", "Udp");
        return;
    case BK_TRANSPORT_TCP:
        put_word(account, TRANSPORT, "1", "Tcp");
        return;
    case BK_TRANSPORT_TLS:
        put_word(account, TRANSPORT, "2", "Tls Or Tcp");
        return;
    case BK_TRANSPORT_NAPTR:
        break;
    }
    bk_sheet_fail(account->sheet, name_of(account, TRANSPORT),
                  "no value is known for NAPTR; choose udp, tcp or tls for the PBX");
}

/* An adapter has no "optional"; what it calls enabled, and not forced, is the same. */
static void put_srtp(struct account *account, enum bk_srtp srtp)
{
    switch (srtp) {
    case BK_SRTP_OFF:
        put_word(account, SRTP, "0", "Disabled");
        return;
    case BK_SRTP_OPTIONAL:
        put_word(account, SRTP, account->is_port ? "1" : "3", "Optional");
        return;
    case BK_SRTP_REQUIRED:
        put_word(account, SRTP, "2", "EnabledAndForced");
        return;
    }
}

static const char *codec_word(const struct account *account, struct bk_str codec)
{
    static const struct {
        const char *word, *number, *alias;
    } codecs[] = {{"pcmu", "0", "PCMU"},       {"pcma", "8", "PCMA"},   {"g722", "9", "G.722"},
                  {"g729", "18", "G.729A/B"},  {"opus", "123", "OPUS"}, {"ilbc", "98", "iLBC"},
                  {"g726_32", "2", "G.726-32"}};
    for (size_t i = 0; i < BK_COUNT(codecs); i++) {
        if (bk_str_eq(codec, bk_str_of(codecs[i].word)))
            return account->is_numbered ? codecs[i].number : codecs[i].alias;
    }
    return NULL;
}

/* The last one named fills the slots that are left: so none that was not named is offered. */
static void put_codecs(struct account *account, struct bk_str list)
{
    const char *word = NULL;
    if (list.len > 0 && name_of(account, CODEC_1).len == 0)
        bk_put_lost(account->sheet, BK_STR("codecs of this port"));
    for (size_t slot = 0; slot < CODEC_SLOTS; slot++) {
        const char *next = NULL;
        while (list.len > 0 && next == NULL)
            next = codec_word(account, bk_str_trim(bk_str_cut(&list, ',')));
        word = next != NULL ? next : word;
        put(account, CODEC_1 + slot, bk_str_of(word));
    }
}

/* Minutes, rounded down: a phone may register more often than it was told, never less. */
static void put_expiry(struct account *account, const struct bk_setting *expires)
{
    if (expires->layer == BK_LAYER_NONE) {
        put(account, EXPIRY_MIN, BK_STR_NONE);
        return;
    }
    int64_t minutes = expires->value.number / 60;
    bk_put_int(account->sheet, name_of(account, EXPIRY_MIN), minutes > 0 ? minutes : 1);
}

static void put_line(struct account *account, const struct bk_line *line)
{
    struct bk_route route = bk_route_of(&line->pbx);
    put_word(account, ENABLE, "1", "Yes");
    if (line->label.len > 0 && name_of(account, NAME).len == 0)
        bk_put_lost(account->sheet, BK_STR("label of a line"));
    put(account, NAME, line->label.len > 0 ? line->label : line->number);
    put_server(account, SERVER, route.servers, route.server_count, 0);
    put_server(account, SERVER_2, route.servers, route.server_count, 1);
    put_server(account, PROXY, route.proxies, route.proxy_count, 0);
    if (route.proxy_count > 1 && name_of(account, PROXY_2).len == 0)
        bk_put_lost(account->sheet, BK_STR("second outbound proxy"));
    put_server(account, PROXY_2, route.proxies, route.proxy_count, 1);
    put(account, USER, line->number);
    put(account, AUTH_ID, line->auth_id.len > 0 ? line->auth_id : line->number);
    put(account, PASSWORD, line->secret);
    put(account, DISPLAY_NAME, line->display_name.len > 0 ? line->display_name : line->number);
    bk_from_setting(account->sheet, line->settings, BK_NEUTRAL_VOICEMAIL_NUMBER);
    put_or_lose(account, VOICEMAIL, line->settings[BK_NEUTRAL_VOICEMAIL_NUMBER].value.text,
                "voicemail number of this port");
    bk_from_line(account->sheet, line->index);
    put_transport(account, line->pbx.transport);
    bk_from_setting(account->sheet, line->settings, BK_NEUTRAL_SIP_EXPIRES_S);
    put_expiry(account, &line->settings[BK_NEUTRAL_SIP_EXPIRES_S]);
    bk_from_line(account->sheet, line->index);
    put_srtp(account, line->pbx.srtp);
    bk_from_setting(account->sheet, line->settings, BK_NEUTRAL_CODECS);
    put_codecs(account, line->settings[BK_NEUTRAL_CODECS].value.text);
}

static void put_no_line(struct account *account)
{
    put_word(account, ENABLE, "0", "No");
    for (size_t param = NAME; param < BK_COUNT(params); param++)
        put(account, param, BK_STR_NONE);
}

void grandstream_fill_accounts(struct bk_sheet *sheet, const struct bk_phone *phone,
                               const struct grandstream_model *model, int first_index,
                               int last_index)
{
    int last = bk_line_last(phone, model->line_count);
    size_t at = 0;
    for (int index = first_index; index <= last && index <= last_index; index++) {
        const struct bk_line *line = bk_line_at(phone, index, &at);
        struct account account = {.sheet = sheet,
                                  .index = index,
                                  .is_numbered = index <= GRANDSTREAM_NUMBERED_MAX,
                                  .is_port =
                                      model->is_adapter && (size_t)index <= BK_COUNT(port_numbers)};
        if (!account.is_numbered && !model->has_aliases) {
            if (line == NULL)
                continue; /* a row that counts more than can be told to the phone */
            bk_sheet_fail(sheet, name_of(&account, ENABLE),
                          "this model is not known to take aliases, and P-values are known for "
                          "accounts 1 to 4 only");
            return;
        }
        bk_from_line(sheet, index);
        if (line != NULL)
            put_line(&account, line);
        else
            put_no_line(&account);
    }
}
