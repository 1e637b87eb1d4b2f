/*
 * Accounts, which Snom calls identities: user_…[n]. Every one of the model is written, those
 * without a line switched off and empty.
 */
#include <stdio.h>

#include "vendor/address.h"
#include "vendor/snom/snom.h"
#include "vendor/walk.h"

#define OUTBOUND_SIZE (BK_HOST_PORT_SIZE + 16)
#define CODECS_SIZE 256

/* The identity that is being written. */
struct identity {
    struct bk_sheet *sheet;
    int index;
    char name[BK_PARAM_NAME_MAX + 1]; /* of the last parameter */
};

static struct bk_str name_of(struct identity *identity, const char *param)
{
    snprintf(identity->name, sizeof identity->name, "%s[%d]", param, identity->index);
    return bk_str_of(identity->name);
}

static void put(struct identity *identity, const char *param, struct bk_str value)
{
    bk_put(identity->sheet, name_of(identity, param), value);
}

static void put_word(struct identity *identity, const char *param, const char *word)
{
    bk_put_word(identity->sheet, name_of(identity, param), word);
}

/*
 * "host:port;transport=tls". It is the one place that names a transport: so the registrar stands
 * there where there is no proxy.
 */
static void put_outbound(struct identity *identity, const struct bk_route *route,
                         enum bk_transport transport)
{
    static const char *const words[] = {
        [BK_TRANSPORT_UDP] = "udp", [BK_TRANSPORT_TCP] = "tcp", [BK_TRANSPORT_TLS] = "tls"};
    const struct bk_sip_server *server = route->proxy_count > 0    ? &route->proxies[0]
                                         : route->server_count > 0 ? &route->servers[0]
                                                                   : NULL;
    char host[BK_HOST_PORT_SIZE], text[OUTBOUND_SIZE];
    if (server == NULL || transport == BK_TRANSPORT_NAPTR) {
        put_word(identity, "user_outbound", NULL); /* the phone asks DNS */
        return;
    }
    snprintf(text, sizeof text, "%.*s;transport=%s", BK_STR_ARG(bk_host_port_print(server, &host)),
             words[transport]);
    put(identity, "user_outbound", bk_str_of(text));
}

/* "g722,pcma,telephone-event": the last is DTMF, and stands there always. */
static void put_codecs(struct identity *identity, const struct bk_setting *settings)
{
    const struct bk_setting *list = &settings[BK_NEUTRAL_CODECS];
    char text[CODECS_SIZE];
    size_t len = 0;
    bk_from_setting(identity->sheet, settings, BK_NEUTRAL_CODECS);
    if (list->layer == BK_LAYER_NONE) {
        put_word(identity, "codec_priority_list", NULL);
        return;
    }
    for (struct bk_str rest = list->value.text; rest.len > 0;) {
        struct bk_str word = bk_str_trim(bk_str_cut(&rest, ','));
        if (bk_words_find("pcmu pcma g722 g729", word) < 0)
            bk_put_lost(identity->sheet, word);
        else
            len += (size_t)snprintf(text + len, sizeof text - len, "%.*s,", BK_STR_ARG(word));
    }
    snprintf(text + len, sizeof text - len, "telephone-event");
    put(identity, "codec_priority_list", bk_str_of(text));
}

static void put_line(struct identity *identity, const struct bk_line *line)
{
    struct bk_route route = bk_route_of(&line->pbx);
    char host[BK_HOST_PORT_SIZE];
    put_word(identity, "user_active", "on");
    put(identity, "user_name", line->number);
    put(identity, "user_pname", line->auth_id.len > 0 ? line->auth_id : line->number);
    put(identity, "user_pass", line->secret);
    put(identity, "user_realname", line->display_name.len > 0 ? line->display_name : line->number);
    put(identity, "user_idle_text", line->label.len > 0 ? line->label : line->number);
    put(identity, "user_host",
        route.server_count > 0 ? bk_host_port_print(&route.servers[0], &host) : BK_STR_NONE);
    put_outbound(identity, &route, line->pbx.transport);
    put_word(identity, "user_srtp", line->pbx.srtp == BK_SRTP_OFF ? "off" : "on");
    put_word(identity, "user_shared_line", line->is_shared ? "on" : "off");
    if (line->pbx.srtp == BK_SRTP_REQUIRED)
        bk_put_lost(identity->sheet, BK_STR("SRTP that is required"));
    if (route.server_count > 1)
        bk_put_lost(identity->sheet, BK_STR("second server"));
    if (route.proxy_count > 1)
        bk_put_lost(identity->sheet, BK_STR("second outbound proxy"));
}

static void put_no_line(struct identity *identity)
{
    static const char *const params[] = {"user_name",     "user_pname",     "user_pass",
                                         "user_realname", "user_idle_text", "user_host",
                                         "user_outbound", "user_srtp",      "user_shared_line"};
    put_word(identity, "user_active", "off");
    for (size_t i = 0; i < BK_COUNT(params); i++)
        put_word(identity, params[i], NULL);
}

void snom_fill_accounts(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    int last = bk_line_last(phone, file->model->line_count);
    size_t at = 0;
    for (int index = 1; index <= last; index++) {
        const struct bk_line *line = bk_line_at(phone, index, &at);
        const struct bk_setting *settings = line != NULL ? line->settings : bk_settings_unset;
        struct identity identity = {.sheet = sheet, .index = index};
        bk_from_line(sheet, index);
        if (line != NULL)
            put_line(&identity, line);
        else
            put_no_line(&identity);
        bk_put_setting(sheet, name_of(&identity, "user_expiry"), settings,
                       BK_NEUTRAL_SIP_EXPIRES_S);
        bk_put_setting(sheet, name_of(&identity, "user_mailbox"), settings,
                       BK_NEUTRAL_VOICEMAIL_NUMBER);
        bk_put_choice(sheet, name_of(&identity, "call_waiting"), settings, BK_NEUTRAL_CALL_WAITING,
                      "off on");
        put_codecs(&identity, settings);
    }
    bk_from_driver(sheet);
}
