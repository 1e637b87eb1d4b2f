/*
 * The personality of a Fanvil phone: the common file of its model, then its own. It compares the
 * version of a file with the one it took last, unless it was told to compare contents.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fanvil_config.h"
#include "phone.h"
#include "round.h"
#include "rule.h"
#include "url.h"

#define TEXT SIM_RULE_TEXT, 0, 0, NULL, false
#define SWITCH SIM_RULE_NUMBER, 0, 1, NULL, false
#define PORT SIM_RULE_NUMBER, 0, 65535, NULL, false
#define HELD "held version of " /* a parameter of its own for each file name */

/* Fact page, section 4. */
static const struct sim_rule rules[] = {
    {"SIP# Phone Number", {20}, TEXT},
    {"SIP# Display Name", {20}, TEXT},
    {"SIP# Sip Name", {20}, TEXT},
    {"SIP# Register User", {20}, TEXT},
    {"SIP# Register Pswd", {20}, TEXT},
    {"SIP# Enable Reg", {20}, SWITCH},
    {"SIP# Register Addr", {20}, TEXT},
    {"SIP# Register Port", {20}, PORT},
    {"SIP# Register TTL", {20}, SIM_RULE_NUMBER, 1, 2147483, NULL, false},
    {"SIP# Transport", {20}, SIM_RULE_WORDS, 0, 0, "0 1 3", false},
    {"SIP# Backup Addr", {20}, TEXT},
    {"SIP# Proxy Addr", {20}, TEXT},
    {"SIP# Proxy Port", {20}, PORT},
    {"SIP# Proxy User", {20}, TEXT},
    {"SIP# Proxy Pswd", {20}, TEXT},
    {"SIP# BakProxy Addr", {20}, TEXT},
    {"SIP# Media Crypto", {20}, SIM_RULE_NUMBER, 0, 2, NULL, false},
    {"SIP# VoiceCodecMap", {20}, TEXT},
    {"Dsskey Config# Fkey# Type", {99, 999}, SIM_RULE_NUMBER, 0, 9, NULL, false},
    {"Dsskey Config# Fkey# Value", {99, 999}, TEXT},
    {"Dsskey Config# Fkey# Title", {99, 999}, TEXT},
    {"Flash Server IP", {0}, TEXT},
    {"Flash File Name", {0}, TEXT},
    {"Flash Protocol", {0}, SIM_RULE_WORDS, 0, 0, "1 2 4 5", false},
    {"Flash Mode", {0}, SIM_RULE_NUMBER, 0, 2, NULL, false},
    {"Flash Interval", {0}, SIM_RULE_NUMBER, 1, 720, NULL, false},
    {"Download CommonConf", {0}, SWITCH},
    {"Save Provision Info", {0}, SWITCH},
    {"Auto Server Digest", {0}, SWITCH},
    {"Default Username", {0}, TEXT},
    {"Default Password", {0}, TEXT},
    {"PNP Enable", {0}, SWITCH},
    {"Enable SNTP", {0}, SWITCH},
    {"SNTP Server", {0}, TEXT},
    {"Time Zone", {0}, TEXT},
    {"Time Zone Name", {0}, TEXT},
    {"Notify Reboot", {0}, SWITCH},
    {"Account# Name", {9}, TEXT},
    {"Account# Password", {9}, TEXT},
    {"Account# Level", {9}, SIM_RULE_NUMBER, 0, 10, NULL, false},
    {0},
};

static bool check(const struct sim_pair *pair, bool *ret_known, struct sim_fault *ret_fault)
{
    return sim_rules_check(rules, pair, ret_known, ret_fault);
}

static bool parse(const char *text, size_t len, const struct sim_phone *phone,
                  struct sim_config *ret_config, struct sim_fault *ret_fault)
{
    char version[SIM_FANVIL_VERSION_SIZE];
    (void)phone;
    return sim_fanvil_config_parse(text, len, ret_config, &version, ret_fault);
}

/* --- what the parameters mean ---------------------------------------------------------------- */

static int number_of(const char *text, int missing)
{
    int value = missing;
    return text != NULL && sim_int_parse(text, &value) ? value : missing;
}

static const char *account_text(const struct sim_phone *phone, int index, const char *name)
{
    char key[64];
    snprintf(key, sizeof key, "SIP%d %s", index, name);
    return sim_phone_value(phone, key);
}

static int account_number(const struct sim_phone *phone, int index, const char *name, int missing)
{
    return number_of(account_text(phone, index, name), missing);
}

static struct sim_account account_of(const struct sim_phone *phone, int index)
{
    struct sim_account account = {
        .index = index,
        .enable = account_number(phone, index, "Enable Reg", 0) == 1,
        .label = account_text(phone, index, "Sip Name"),
        .display_name = account_text(phone, index, "Display Name"),
        .auth_name = account_text(phone, index, "Register User"),
        .user_name = account_text(phone, index, "Phone Number"),
        .password = account_text(phone, index, "Register Pswd"),
        .port = account_number(phone, index, "Register Port", 5060),
        .proxy_port = account_number(phone, index, "Proxy Port", 5060),
        .expires_s = account_number(phone, index, "Register TTL", 3600),
        .srtp = account_number(phone, index, "Media Crypto", 0),
    };
    const int transport = account_number(phone, index, "Transport", 0);
    account.transport = transport == 3 ? 2 : transport; /* 3 is TLS; there is no 2 */
    sim_text_copy(account.server, sizeof account.server,
                  account_text(phone, index, "Register Addr"));
    sim_text_copy(account.proxy, sizeof account.proxy, account_text(phone, index, "Proxy Addr"));
    account.proxy_enable = account.proxy[0] != '\0';
    return account;
}

/* Flash Protocol, Flash Server IP and, where there is one, Flash File Name with its macros. */
static char *server_url(const struct sim_phone *phone)
{
    static const char *const schemes[] = {[1] = "ftp", [2] = "tftp", [4] = "http", [5] = "https"};
    const char *server = sim_phone_value(phone, "Flash Server IP");
    const char *file = sim_phone_value(phone, "Flash File Name");
    int protocol = number_of(sim_phone_value(phone, "Flash Protocol"), 2);
    struct sim_buf url = {0};
    if (server == NULL)
        return NULL;
    if (strstr(server, "://") == NULL)
        sim_buf_format(&url, "%s://", schemes[protocol]);
    sim_buf_text(&url, server);
    if (file != NULL)
        sim_buf_format(&url, "%s%s", url.data[url.len - 1] == '/' ? "" : "/", file);
    char *trimmed = sim_url_trimmed(url.data);
    sim_buf_free(&url);
    return trimmed;
}

static int repeat_min(const struct sim_phone *phone)
{
    if (number_of(sim_phone_value(phone, "Flash Mode"), 1) != 2)
        return 0;
    return number_of(sim_phone_value(phone, "Flash Interval"), 1) * 60;
}

static enum sim_wish wish_of(const struct sim_phone *phone, const char *event, bool asks_reboot)
{
    const bool may_reboot = number_of(sim_phone_value(phone, "Notify Reboot"), 0) == 1;
    (void)event;
    return asks_reboot && may_reboot ? SIM_WISH_REBOOT : SIM_WISH_SYNC;
}

/* "Dsskey Config1 Fkey3" of that and " Type"; type 0 is a key without use. */
static bool key_of(const struct sim_parameter *parameter, char *ret_name, size_t size)
{
    size_t len = strlen(parameter->key);
    if (strncmp(parameter->key, "Dsskey Config", 13) != 0 ||
        strcmp(parameter->key + len - 5, " Type") != 0 || strcmp(parameter->value, "0") == 0)
        return false;
    snprintf(ret_name, size, "%.*s", (int)(len - 5), parameter->key);
    return true;
}

static void key_print(struct sim_json *json, const struct sim_phone *phone, const char *name)
{
    static const char *const fields[][2] = {
        {"type", "Type"}, {"value", "Value"}, {"label", "Title"}};
    char key[96];
    sim_json_text(json, "key", name);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        snprintf(key, sizeof key, "%.60s %s", name, fields[i][1]);
        sim_json_text(json, fields[i][0], sim_phone_value(phone, key));
    }
}

/* "Fanvil X6 2.4.5 0c383e07e16c"; over SIP without the MAC. */
static void agent_print(struct sim_buf *out, const struct sim_phone *phone, bool is_sip)
{
    sim_buf_format(out, "Fanvil %s %s%s%s", phone->model->name, phone->firmware, is_sip ? "" : " ",
                   is_sip ? "" : phone->mac);
}

/* --- a round --------------------------------------------------------------------------------- */

static void tell_passed_over(const struct sim_round *round, const char *file, const char *version)
{
    struct sim_json json;
    sim_event_begin(&json, "passed_over");
    sim_json_int(&json, "round", round->number);
    sim_json_text(&json, "file", file);
    sim_json_text(&json, "version", version);
    sim_event_end(&json);
}

static bool compares_contents(const struct sim_phone *phone)
{
    return number_of(sim_phone_value(phone, "Auto Server Digest"), 0) == 1;
}

/* name: what its version is kept under; file: where it is. */
static bool file_take(struct sim_round *round, const char *name, const char *file, bool must_exist)
{
    char version[SIM_FANVIL_VERSION_SIZE], key[128];
    struct sim_reply reply;
    struct sim_config config;
    struct sim_fault fault;
    enum sim_got got = sim_round_fetch(round, file, &reply);
    bool good = got == SIM_GOT_TEXT;
    if (good)
        good = sim_fanvil_config_parse(reply.body.data, reply.body.len, &config, &version, &fault);
    else if (got == SIM_GOT_NOTHING && must_exist)
        sim_fault_set(&fault, 0, "not there; kept what was there");
    if (!good && (got == SIM_GOT_TEXT || (got == SIM_GOT_NOTHING && must_exist)))
        sim_round_fail(round, file, &fault);
    sim_buf_free(&reply.body);
    if (!good)
        return false;

    snprintf(key, sizeof key, HELD "%.100s", name);
    const char *held = sim_phone_value(round->phone, key);
    if (held != NULL && !compares_contents(round->phone) &&
        !sim_fanvil_version_is_newer(version, held)) {
        tell_passed_over(round, file, version);
    } else {
        sim_round_apply(round, file, &config);
        sim_phone_set(round->phone, key, version);
    }
    sim_config_free(&config);
    return true;
}

/* The common file, unless Download CommonConf is off; then the one that Flash File Name tells, or
 * <mac>.cfg. */
static void run(struct sim_round *round)
{
    char common[64], own[32];
    const char *mac = round->phone->mac;
    const struct sim_macro macros[] = {{"$mac", mac}, {NULL, NULL}};
    char *url = sim_expanded(round->server_url, macros), *place = sim_strdup(url);
    snprintf(common, sizeof common, "%s.cfg", round->phone->model->code);
    snprintf(own, sizeof own, "%s.cfg", mac);
    const bool names_file = sim_url_names_file(round->server_url);
    if (names_file)
        *strrchr(place, '/') = '\0';

    struct sim_buf file = {0};
    if (number_of(sim_phone_value(round->phone, "Download CommonConf"), 1) == 1) {
        sim_buf_format(&file, "%s/%s", place, common);
        (void)file_take(round, common, file.data, false);
    }
    (void)file_take(round, own, names_file ? url : own, true);
    sim_buf_free(&file);
    free(place);
    free(url);
}

const struct sim_maker sim_maker_fanvil = {
    .name = "fanvil",
    .default_model = "X6",
    .default_firmware = "2.4.5",
    .user_parameter = "Default Username",
    .password_parameter = "Default Password",
    .events = "check-sync",
    .agent_print = agent_print,
    .run = run,
    .parse = parse,
    .check = check,
    .account = account_of,
    .server_url = server_url,
    .wish = wish_of,
    .repeat_min = repeat_min,
    .key_of = key_of,
    .key_print = key_print,
};
