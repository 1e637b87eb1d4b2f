/*
 * The personality of a Snom desk phone: files of its model, of itself, and those that they name; or
 * the one that setting_server names.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "phone.h"
#include "round.h"
#include "rule.h"
#include "snom_config.h"
#include "url.h"
#include "xml.h"

#define TEXT SIM_RULE_TEXT, 0, 0, NULL, false
#define ON_OFF SIM_RULE_WORDS, 0, 0, "on off", false
#define FILE_DEPTH_MAX 2 /* of files that name files */

/* Fact page, section 4. */
static const struct sim_rule rules[] = {
    {"user_active #", {16}, ON_OFF},
    {"user_name #", {16}, TEXT},
    {"user_pname #", {16}, TEXT},
    {"user_pass #", {16}, TEXT},
    {"user_realname #", {16}, TEXT},
    {"user_host #", {16}, TEXT},
    {"user_outbound #", {16}, TEXT},
    {"user_expiry #", {16}, SIM_RULE_NUMBER, 1, 2147483, NULL, false},
    {"user_srtp #", {16}, ON_OFF},
    {"user_mailbox #", {16}, TEXT},
    {"user_idle_text #", {16}, TEXT},
    {"codec_priority_list #", {16}, TEXT},
    {"fkey #", {999}, SIM_RULE_TEXT, 0, 0, NULL, true},
    {"fkey # label", {999}, SIM_RULE_TEXT, 0, 0, NULL, true},
    {"fkey # short_label", {999}, SIM_RULE_TEXT, 0, 0, NULL, true},
    {"fkey # context", {999}, SIM_RULE_TEXT, 0, 0, NULL, true},
    {"setting_server", {0}, TEXT},
    {"settings_refresh_timer", {0}, SIM_RULE_NUMBER, 0, 999999999, NULL, false},
    {"prov_polling_enabled", {0}, ON_OFF},
    {"prov_polling_mode", {0}, SIM_RULE_WORDS, 0, 0, "abs rel random", false},
    {"prov_polling_period", {0}, SIM_RULE_NUMBER, 0, 999999999, NULL, false},
    {"http_client_user", {0}, TEXT},
    {"http_client_pass", {0}, TEXT},
    {"pnp_config", {0}, ON_OFF},
    {"admin_mode_password", {0}, TEXT},
    {"admin_mode_password_confirm", {0}, TEXT},
    {"http_user", {0}, TEXT},
    {"http_pass", {0}, TEXT},
    {"ntp_server", {0}, TEXT},
    {"timezone", {0}, TEXT},
    {"time_24_format", {0}, ON_OFF},
    {"date_us_format", {0}, ON_OFF},
    {"update_policy",
     {0},
     SIM_RULE_WORDS,
     0,
     0,
     "auto_update ask_for_update never_update_firm settings_only",
     false},
    {"firmware_status", {0}, TEXT},
    {"challenge_checksync", {0}, ON_OFF},
    {"challenge_reboot", {0}, ON_OFF},
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
    return sim_snom_config_parse(text, len, ret_config, ret_fault);
}

/* --- what the parameters mean ---------------------------------------------------------------- */

static const char *account_text(const struct sim_phone *phone, int index, const char *name)
{
    char key[64];
    snprintf(key, sizeof key, "%s %d", name, index);
    return sim_phone_value(phone, key);
}

static bool is_off(const char *value)
{
    return value != NULL && strcmp(value, "off") == 0;
}

static bool is_on(const char *value)
{
    return value != NULL && strcmp(value, "on") == 0;
}

/* "host:port;transport=tls": the transport, 0 when it is not told; ret_place is the rest. */
static int place_split(const char *text, char *ret_place, size_t size)
{
    static const char *const words[] = {"udp", "tcp", "tls"};
    sim_text_copy(ret_place, size, text);
    char *semicolon = strchr(ret_place, ';');
    if (semicolon == NULL)
        return 0;
    *semicolon = '\0';
    for (int i = 0; i < 3; i++) {
        if (strncmp(semicolon + 1, "transport=", 10) == 0 && strcmp(semicolon + 11, words[i]) == 0)
            return i;
    }
    return 0;
}

static struct sim_account account_of(const struct sim_phone *phone, int index)
{
    char host[256], outbound[256];
    struct sim_account account = {
        .index = index,
        .enable = account_text(phone, index, "user_name") != NULL &&
                  !is_off(account_text(phone, index, "user_active")),
        .label = account_text(phone, index, "user_idle_text"),
        .display_name = account_text(phone, index, "user_realname"),
        .auth_name = account_text(phone, index, "user_pname"),
        .user_name = account_text(phone, index, "user_name"),
        .password = account_text(phone, index, "user_pass"),
        .expires_s = 3600,
        .srtp = !is_off(account_text(phone, index, "user_srtp")),
    };
    const char *expiry = account_text(phone, index, "user_expiry");
    if (expiry != NULL)
        (void)sim_int_parse(expiry, &account.expires_s);
    account.transport = place_split(account_text(phone, index, "user_host"), host, sizeof host);
    int by_proxy =
        place_split(account_text(phone, index, "user_outbound"), outbound, sizeof outbound);
    sim_host_port_split(host, account.server, sizeof account.server, &account.port);
    sim_host_port_split(outbound, account.proxy, sizeof account.proxy, &account.proxy_port);
    account.proxy_enable = account.proxy[0] != '\0';
    if (account.proxy_enable)
        account.transport = by_proxy;
    return account;
}

/* Macros and all. */
static char *server_url(const struct sim_phone *phone)
{
    const char *url = sim_phone_value(phone, "setting_server");
    return url == NULL ? NULL : sim_url_trimmed(url);
}

static int repeat_min(const struct sim_phone *phone)
{
    const char *period = sim_phone_value(
        phone, is_on(sim_phone_value(phone, "prov_polling_enabled")) ? "prov_polling_period"
                                                                     : "settings_refresh_timer");
    int value = 0;
    if (period != NULL && !sim_int_parse(period, &value))
        value = 0;
    return value > 0 && value < 60 ? 1 : value / 60;
}

static enum sim_wish wish_of(const struct sim_phone *phone, const char *event, bool asks_reboot)
{
    (void)phone;
    (void)event;
    return asks_reboot ? SIM_WISH_REBOOT : SIM_WISH_SYNC;
}

/* The factory's value is not known: on, so that a server which does not tell must cope. */
static bool challenges(const struct sim_phone *phone, int account, enum sim_wish wish)
{
    (void)account;
    return !is_off(sim_phone_value(phone, wish == SIM_WISH_REBOOT ? "challenge_reboot"
                                                                  : "challenge_checksync"));
}

/* "fkey 3", when it is for something. */
static bool key_of(const struct sim_parameter *parameter, char *ret_name, size_t size)
{
    if (strncmp(parameter->key, "fkey ", 5) != 0 || strchr(parameter->key + 5, ' ') != NULL ||
        strcmp(parameter->value, "none") == 0)
        return false;
    snprintf(ret_name, size, "%s", parameter->key);
    return true;
}

static void key_print(struct sim_json *json, const struct sim_phone *phone, const char *name)
{
    char key[64];
    snprintf(key, sizeof key, "%.40s label", name);
    sim_json_text(json, "key", name);
    sim_json_text(json, "value", sim_phone_value(phone, name));
    sim_json_text(json, "label", sim_phone_value(phone, key));
}

static void mac_upper(const struct sim_phone *phone, char *ret_mac)
{
    for (int i = 0; i < 13; i++)
        ret_mac[i] = phone->mac[i] >= 'a' && phone->mac[i] <= 'f'
                         ? (char)(phone->mac[i] - 'a' + 'A')
                         : phone->mac[i];
}

/* "Mozilla/4.0 (compatible; snomD785-SIP 10.1.33.33 <loader> 000413922D24 SXM:0 UXM:0)" */
static void agent_print(struct sim_buf *out, const struct sim_phone *phone, bool is_sip)
{
    char mac[13];
    mac_upper(phone, mac);
    if (is_sip)
        sim_buf_format(out, "snom%s/%s", phone->model->name, phone->firmware);
    else
        sim_buf_format(out,
                       "Mozilla/4.0 (compatible; snom%s-SIP %s 2010.12-00004-g9ba52f5 %s SXM:0 "
                       "UXM:0)",
                       phone->model->name, phone->firmware, mac);
}

/* --- a round --------------------------------------------------------------------------------- */

/* True: it was there and understood, and so were all files that it names. */
static bool file_take(struct sim_round *round, const char *file, int depth)
{
    char mac[13];
    struct sim_reply reply;
    struct sim_config config;
    struct sim_snom_files files;
    struct sim_fault fault;
    mac_upper(round->phone, mac);
    const struct sim_macro macros[] = {{"{mac}", mac}, {NULL, NULL}};
    bool good = sim_round_fetch(round, file, &reply) == SIM_GOT_TEXT;
    if (good) {
        good = sim_snom_config_parse(reply.body.data, reply.body.len, &config, &fault);
        if (!good)
            sim_round_fail(round, file, &fault);
    }
    sim_buf_free(&reply.body);
    if (!good)
        return false;
    sim_snom_config_files(&config, &files);
    sim_round_apply(round, file, &config);
    sim_config_free(&config);
    for (size_t i = 0; i < files.count; i++) {
        char *url = sim_expanded(files.urls[i], macros);
        if (depth == FILE_DEPTH_MAX) {
            sim_fault_set(&fault, 0, "a file named by a file, too deep");
            sim_round_fail(round, url, &fault);
            good = false;
        } else {
            good = file_take(round, url, depth + 1) && good;
        }
        free(url);
    }
    sim_snom_files_free(&files);
    return good;
}

/* What there is must be a document about firmware; this phone keeps its own. */
static void firmware_look(struct sim_round *round)
{
    char name[64];
    struct sim_reply reply;
    struct sim_element root;
    struct sim_fault fault;
    snprintf(name, sizeof name, "snom%s-firmware.htm", round->phone->model->name);
    if (sim_round_fetch(round, name, &reply) == SIM_GOT_TEXT) {
        if (!sim_xml_parse(reply.body.data, reply.body.len, &root, &fault)) {
            sim_round_fail(round, name, &fault);
        } else {
            if (!sim_xml_is(&root, "firmware-settings")) {
                sim_fault_set(&fault, root.line, "no firmware-settings where they should be");
                sim_round_fail(round, name, &fault);
            }
            sim_xml_free(&root);
        }
    }
    sim_buf_free(&reply.body);
}

/*
 * setting_server, when it names a file; else snom<model>.htm, snom<model>-<MAC>.htm and
 * snom<model>-firmware.htm, the first two with what they name.
 */
static void run(struct sim_round *round)
{
    char mac[13], common[64], own[64];
    struct sim_fault fault;
    mac_upper(round->phone, mac);
    const struct sim_macro macros[] = {{"{mac}", mac}, {NULL, NULL}};
    const char *model = round->phone->model->name;
    bool is_there = false;
    if (sim_url_names_file(round->server_url)) {
        char *url = sim_expanded(round->server_url, macros);
        is_there = file_take(round, url, 0);
        free(url);
    } else {
        snprintf(common, sizeof common, "snom%s.htm", model);
        snprintf(own, sizeof own, "snom%s-%s.htm", model, mac);
        is_there = file_take(round, common, 0);
        is_there = file_take(round, own, 0) || is_there;
        firmware_look(round);
    }
    if (!is_there && !round->is_failed) {
        sim_fault_set(&fault, 0, "no file is there; kept what was there");
        sim_round_fail(round, model, &fault);
    }
}

const struct sim_maker sim_maker_snom = {
    .name = "snom",
    .default_model = "D785",
    .default_firmware = "10.1.33.33",
    .user_parameter = "http_client_user",
    .password_parameter = "http_client_pass",
    .events = "check-sync",
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
