/*
 * The personality of a Poly phone (UC Software): a master file that names the others, of which the
 * left one wins; it uploads its logs. At a check-sync it looks, and starts again only when its
 * configuration is another.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "phone.h"
#include "poly_config.h"
#include "round.h"
#include "rule.h"
#include "url.h"
#include "xml.h"

#define SWITCH SIM_RULE_NUMBER, 0, 1, NULL, false
#define TEXT SIM_RULE_TEXT, 0, 0, NULL, false
#define TRANSPORTS SIM_RULE_WORDS, 0, 0, "DNSnaptr UDPOnly TCPOnly TCPpreferred TLS", false
#define PORT SIM_RULE_NUMBER, 0, 65535, NULL, false

/* Fact page, section 4. */
static const struct sim_rule rules[] = {
    {"reg.#.address", {34}, TEXT},
    {"reg.#.auth.userId", {34}, TEXT},
    {"reg.#.auth.password", {34}, TEXT},
    {"reg.#.displayName", {34}, TEXT},
    {"reg.#.label", {34}, TEXT},
    {"reg.#.lineKeys", {34}, SIM_RULE_NUMBER, 0, 48, NULL, false},
    {"reg.#.server.#.address", {34, 4}, TEXT},
    {"reg.#.server.#.port", {34, 4}, PORT},
    {"reg.#.server.#.transport", {34, 4}, TRANSPORTS},
    {"reg.#.server.#.expires", {34, 4}, SIM_RULE_NUMBER, 0, 2147483, NULL, false},
    {"reg.#.server.#.register", {34, 4}, SWITCH},
    {"reg.#.outboundProxy.address", {34}, TEXT},
    {"reg.#.outboundProxy.port", {34}, PORT},
    {"reg.#.outboundProxy.transport", {34}, TRANSPORTS},
    {"reg.#.srtp.enable", {34}, SWITCH},
    {"reg.#.srtp.offer", {34}, SWITCH},
    {"reg.#.srtp.require", {34}, SWITCH},
    {"sec.srtp.enable", {0}, SWITCH},
    {"sec.srtp.offer", {0}, SWITCH},
    {"sec.srtp.require", {0}, SWITCH},
    {"attendant.resourceList.#.address", {100}, TEXT},
    {"attendant.resourceList.#.label", {100}, TEXT},
    {"attendant.resourceList.#.type", {100}, SIM_RULE_WORDS, 0, 0, "normal automata", false},
    {"lineKey.reassignment.enabled", {0}, SWITCH},
    {"lineKey.#.category", {999}, TEXT},
    {"lineKey.#.index", {999}, SIM_RULE_NUMBER, 0, 999, NULL, false},
    {"device.set", {0}, SWITCH},
    {"device.prov.serverName", {0}, TEXT},
    {"device.prov.serverType", {0}, SIM_RULE_WORDS, 0, 0, "FTP TFTP HTTP HTTPS", false},
    {"device.prov.user", {0}, TEXT},
    {"device.prov.password", {0}, TEXT},
    {"device.prov.tagSerialNo", {0}, SWITCH},
    {"device.auth.localAdminPassword", {0}, TEXT},
    {"device.auth.localUserPassword", {0}, TEXT},
    {"device.sntp.serverName", {0}, TEXT},
    {"prov.polling.enabled", {0}, SWITCH},
    {"prov.polling.mode", {0}, SIM_RULE_WORDS, 0, 0, "abs rel random", false},
    {"prov.polling.period", {0}, SIM_RULE_NUMBER, 3601, 8640000, NULL, false},
    {"tcpIpApp.sntp.address", {0}, TEXT},
    {"tcpIpApp.sntp.gmtOffset", {0}, TEXT},
    {"voIpProt.SIP.specialEvent.checkSync.alwaysReboot", {0}, SWITCH},
    {"voIpProt.SIP.requestValidation.#.method", {5}, TEXT},
    {"voIpProt.SIP.requestValidation.#.request", {5}, TEXT},
    {0},
};

static bool check(const struct sim_pair *pair, bool *ret_known, struct sim_fault *ret_fault)
{
    return sim_rules_check(rules, pair, ret_known, ret_fault);
}

static bool parse(const char *text, size_t len, const struct sim_phone *phone,
                  struct sim_config *ret_config, struct sim_fault *ret_fault)
{
    (void)phone;
    return sim_poly_config_parse(text, len, ret_config, ret_fault);
}

/* --- what the parameters mean ---------------------------------------------------------------- */

static const char *account_text(const struct sim_phone *phone, int index, const char *name)
{
    char key[96];
    snprintf(key, sizeof key, "reg.%d.%s", index, name);
    return sim_phone_value(phone, key);
}

static int number_of(const char *text, int missing)
{
    int value = missing;
    return text != NULL && sim_int_parse(text, &value) ? value : missing;
}

static int transport_of(const char *word)
{
    if (word == NULL)
        return 0;
    return strncmp(word, "TCP", 3) == 0 ? 1 : strncmp(word, "TLS", 3) == 0 ? 2 : 0;
}

static struct sim_account account_of(const struct sim_phone *phone, int index)
{
    struct sim_account account = {
        .index = index,
        .enable = account_text(phone, index, "address") != NULL &&
                  number_of(account_text(phone, index, "server.1.register"), 1) == 1,
        .label = account_text(phone, index, "label"),
        .display_name = account_text(phone, index, "displayName"),
        .auth_name = account_text(phone, index, "auth.userId"),
        .user_name = account_text(phone, index, "address"),
        .password = account_text(phone, index, "auth.password"),
        .port = number_of(account_text(phone, index, "server.1.port"), 0),
        .proxy_port = number_of(account_text(phone, index, "outboundProxy.port"), 0),
        .expires_s = number_of(account_text(phone, index, "server.1.expires"), 3600),
        .transport = transport_of(account_text(phone, index, "server.1.transport")),
        .srtp = number_of(account_text(phone, index, "srtp.require"), 0),
    };
    sim_text_copy(account.server, sizeof account.server,
                  account_text(phone, index, "server.1.address"));
    sim_text_copy(account.proxy, sizeof account.proxy,
                  account_text(phone, index, "outboundProxy.address"));
    account.port = account.port == 0 ? 5060 : account.port; /* 0: as DNS tells */
    account.proxy_port = account.proxy_port == 0 ? 5060 : account.proxy_port;
    account.proxy_enable = account.proxy[0] != '\0';
    return account;
}

static char *server_url(const struct sim_phone *phone)
{
    static const char *const schemes[][2] = {
        {"HTTPS", "https"}, {"HTTP", "http"}, {"TFTP", "tftp"}};
    const char *name = sim_phone_value(phone, "device.prov.serverName");
    const char *type = sim_phone_value(phone, "device.prov.serverType"), *scheme = "ftp";
    struct sim_buf url = {0};
    if (name == NULL)
        return NULL;
    for (size_t i = 0; type != NULL && i < sizeof schemes / sizeof schemes[0]; i++)
        scheme = strcmp(type, schemes[i][0]) == 0 ? schemes[i][1] : scheme;
    if (strstr(name, "://") == NULL)
        sim_buf_format(&url, "%s://", scheme);
    sim_buf_text(&url, name);
    char *trimmed = sim_url_trimmed(url.data);
    sim_buf_free(&url);
    return trimmed;
}

static int repeat_min(const struct sim_phone *phone)
{
    if (number_of(sim_phone_value(phone, "prov.polling.enabled"), 0) != 1)
        return 0;
    return number_of(sim_phone_value(phone, "prov.polling.period"), 86400) / 60;
}

static enum sim_wish wish_of(const struct sim_phone *phone, const char *event, bool asks_reboot)
{
    const char *always = sim_phone_value(phone, "voIpProt.SIP.specialEvent.checkSync.alwaysReboot");
    (void)event;
    (void)asks_reboot; /* this maker's check-sync has no parameter */
    return number_of(always, 0) == 1 ? SIM_WISH_REBOOT : SIM_WISH_SYNC;
}

static bool challenges(const struct sim_phone *phone, int account, enum sim_wish wish)
{
    char key[64];
    (void)account;
    (void)wish;
    for (int i = 1; i <= 5; i++) {
        snprintf(key, sizeof key, "voIpProt.SIP.requestValidation.%d.request", i);
        const char *request = sim_phone_value(phone, key);
        snprintf(key, sizeof key, "voIpProt.SIP.requestValidation.%d.method", i);
        const char *method = sim_phone_value(phone, key);
        if (request != NULL && method != NULL && strcmp(request, "NOTIFY") == 0 &&
            strcmp(method, "digest") == 0)
            return true;
    }
    return false;
}

/* "attendant.resourceList.3" of "attendant.resourceList.3.address" */
static bool key_of(const struct sim_parameter *parameter, char *ret_name, size_t size)
{
    static const char prefix[] = "attendant.resourceList.", suffix[] = ".address";
    size_t len = strlen(parameter->key);
    if (strncmp(parameter->key, prefix, sizeof prefix - 1) != 0 || len < sizeof suffix ||
        strcmp(parameter->key + len - (sizeof suffix - 1), suffix) != 0)
        return false;
    snprintf(ret_name, size, "%.*s", (int)(len - (sizeof suffix - 1)), parameter->key);
    return true;
}

static void key_print(struct sim_json *json, const struct sim_phone *phone, const char *name)
{
    static const char *const fields[][2] = {
        {"value", "address"}, {"label", "label"}, {"type", "type"}};
    char key[96];
    sim_json_text(json, "key", name);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        snprintf(key, sizeof key, "%s.%s", name, fields[i][1]);
        sim_json_text(json, fields[i][0], sim_phone_value(phone, key));
    }
}

/* "FileTransport PolycomVVX-VVX_450-UA/5.9.1.0615 (SN:<mac>) Type/Application"; over SIP the
 * middle. */
static void agent_print(struct sim_buf *out, const struct sim_phone *phone, bool is_sip)
{
    const struct sim_model *model = phone->model;
    if (!is_sip)
        sim_buf_text(out, "FileTransport ");
    sim_buf_format(out, "%s-%s-UA/%s", model->code, model->name, phone->firmware);
    if (!is_sip && number_of(sim_phone_value(phone, "device.prov.tagSerialNo"), 0) == 1)
        sim_buf_format(out, " (SN:%s)", phone->mac);
    if (!is_sip)
        sim_buf_text(out, " Type/Application");
}

/* --- a round --------------------------------------------------------------------------------- */

/* "VVX_450" -> "VVX450", as file names have it. */
static void model_plain(const struct sim_phone *phone, char *ret_name, size_t size)
{
    size_t len = 0;
    for (const char *at = phone->model->name; *at != '\0' && len < size - 1; at++) {
        if (*at != '_')
            ret_name[len++] = *at;
    }
    ret_name[len] = '\0';
}

/* "<directory>/<stem><rest>" */
static char *path_of(const char *directory, const char *stem, const char *rest)
{
    struct sim_buf path = {0};
    sim_buf_format(&path, "%s%s%s%s", directory, directory[0] == '\0' ? "" : "/", stem, rest);
    return path.data;
}

/* False: neither the phone's own nor everybody's is there, or it is none. */
static bool master_take(struct sim_round *round, struct sim_poly_master *ret_master)
{
    char own[32], model[64];
    const char *file = own;
    struct sim_reply reply;
    struct sim_fault fault;
    snprintf(own, sizeof own, "%s.cfg", round->phone->mac);
    model_plain(round->phone, model, sizeof model);
    enum sim_got got = sim_round_fetch(round, file, &reply);
    if (got == SIM_GOT_NOTHING) {
        sim_buf_free(&reply.body);
        file = "000000000000.cfg";
        got = sim_round_fetch(round, file, &reply);
    }
    bool good = got == SIM_GOT_TEXT &&
                sim_poly_master_parse(reply.body.data, reply.body.len, model, ret_master, &fault);
    if (got == SIM_GOT_NOTHING)
        sim_fault_set(&fault, 0, "neither master file is there; kept what was there");
    if (!good && got != SIM_GOT_FAULT)
        sim_round_fail(round, file, &fault);
    sim_buf_free(&reply.body);
    return good;
}

/* Into config, behind what it has. False: not to be had, though it must; or no configuration. */
static bool file_merge(struct sim_round *round, const char *file, bool must_exist,
                       struct sim_config *config)
{
    struct sim_reply reply;
    struct sim_config other;
    struct sim_fault fault;
    enum sim_got got = sim_round_fetch(round, file, &reply);
    bool good = got == SIM_GOT_TEXT || (got == SIM_GOT_NOTHING && !must_exist);
    if (got == SIM_GOT_NOTHING && must_exist) {
        sim_fault_set(&fault, 0, "named by the master file, and not there");
        sim_round_fail(round, file, &fault);
    } else if (got == SIM_GOT_TEXT) {
        good = sim_poly_config_parse(reply.body.data, reply.body.len, &other, &fault) &&
               sim_poly_config_merge(config, &other, &fault);
        if (!good)
            sim_round_fail(round, file, &fault);
    }
    sim_buf_free(&reply.body);
    return good;
}

/* Overrides first: they win over what the server tells. */
static bool configs_take(struct sim_round *round, const struct sim_poly_master *master)
{
    static const char *const overrides[] = {"-phone.cfg", "-web.cfg"};
    char model[64];
    struct sim_config files = {0}, whole = {0};
    struct sim_fault fault;
    bool good = true;
    model_plain(round->phone, model, sizeof model);
    const struct sim_macro macros[] = {{"[PHONE_MAC_ADDRESS]", round->phone->mac},
                                       {"[MACADDRESS]", round->phone->mac},
                                       {"[PHONE_MODEL]", model},
                                       {NULL, NULL}};
    for (size_t i = 0; i < master->count; i++) {
        char *name = sim_expanded(master->files[i], macros);
        good = file_merge(round, name, true, &files) && good;
        free(name);
    }
    for (size_t i = 0; i < sizeof overrides / sizeof overrides[0]; i++) {
        char *name = path_of(master->overrides, round->phone->mac, overrides[i]);
        good = file_merge(round, name, false, &whole) && good;
        free(name);
    }
    if (good && !sim_poly_config_merge(&whole, &files, &fault)) {
        sim_round_fail(round, round->phone->mac, &fault);
        good = false;
    }
    if (good)
        sim_round_apply(round, round->phone->mac, &whole);
    sim_config_free(&files);
    sim_config_free(&whole);
    return good;
}

/* What the phone only looks for, its own and then everybody's; what there is must be XML. */
static void other_take(struct sim_round *round, const char *directory, const char *rest,
                       bool has_common)
{
    const char *const stems[] = {round->phone->mac, "000000000000"};
    for (size_t i = 0; i < (has_common ? 2 : 1); i++) {
        struct sim_reply reply;
        struct sim_element root;
        struct sim_fault fault;
        char *name = path_of(directory, stems[i], rest);
        enum sim_got got = sim_round_fetch(round, name, &reply);
        if (got == SIM_GOT_TEXT) {
            if (sim_xml_parse(reply.body.data, reply.body.len, &root, &fault))
                sim_xml_free(&root);
            else
                sim_round_fail(round, name, &fault);
        }
        sim_buf_free(&reply.body);
        free(name);
        if (got != SIM_GOT_NOTHING)
            return;
    }
}

static void log_put(struct sim_round *round, const char *directory, const char *rest)
{
    char text[96];
    char *name = path_of(directory, round->phone->mac, rest);
    snprintf(text, sizeof text, "000000.000|so   |4|00|round %d of phonesim\n", round->number);
    sim_round_upload(round, name, text);
    free(name);
}

static void run(struct sim_round *round)
{
    struct sim_poly_master master = {0};
    if (!master_take(round, &master))
        return;
    if (configs_take(round, &master)) {
        other_take(round, master.licenses, "-license.cfg", true);
        other_take(round, master.contacts, "-directory.xml", true);
        other_take(round, master.calls, "-calls.xml", false);
    }
    if (round->is_boot)
        log_put(round, master.logs, "-boot.log");
    log_put(round, master.logs, "-app.log");
    sim_poly_master_free(&master);
}

const struct sim_maker sim_maker_poly = {
    .name = "poly",
    .default_model = "VVX_450",
    .default_firmware = "5.9.1.0615",
    .user_parameter = "device.prov.user",
    .password_parameter = "device.prov.password",
    .events = "check-sync",
    .restarts_when_changed = true,
    .agent_print = agent_print,
    .run = run,
    .parse = parse,
    .check = check,
    .account = account_of,
    .server_url = server_url,
    .wish = wish_of,
    .challenges = challenges,
    .repeat_min = repeat_min,
    .key_of = key_of,
    .key_print = key_print,
};
