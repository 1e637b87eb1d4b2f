/*
 * The personality of a Grandstream phone: XML of P-values and aliases. What the fact page marks as
 * unknown has no meaning here: it is kept, and told as unknown.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gs_config.h"
#include "phone.h"
#include "round.h"
#include "url.h"

#define NUMBERED_MAX 4 /* accounts with P-values; those above have their alias */
#define ALIASED_MAX 6

/* --- parameters ------------------------------------------------------------------------------ */

enum kind { KIND_TEXT, KIND_NUMBER, KIND_WORDS };
struct values {
    enum kind kind;
    int min, max;
    const char *const *words; /* of an alias: its numbers in words, in their order */
};

static const char *const yes_words[] = {"No", "Yes", NULL};
static const char *const transport_words[] = {"Udp", "Tcp", "Tls Or Tcp", NULL};
static const char *const srtp_words[] = {"Disabled", "EnabledButNotForced", "EnabledAndForced",
                                         "Optional", NULL};

/* Fact page, section 4, "account": number of account 1; n = 2 to 4: (n + 2) * 100 + offset. */
enum account_param {
    ENABLE,
    NAME,
    SERVER,
    PROXY,
    USER,
    AUTH_ID,
    PASSWORD,
    DISPLAY,
    TRANSPORT,
    EXPIRY,
    SRTP
};
static const struct {
    int first, offset;
    const char *alias;
    struct values values;
} account_params[] = {
    [ENABLE] = {271, 1, "enable", {KIND_WORDS, 0, 1, yes_words}},
    [NAME] = {270, 17, "name", {KIND_TEXT, 0, 0, NULL}},
    [SERVER] = {47, 2, "sip.server.1.address", {KIND_TEXT, 0, 0, NULL}},
    [PROXY] = {48, 3, "sip.outboundProxy.1.address", {KIND_TEXT, 0, 0, NULL}},
    [USER] = {35, 4, "sip.userid", {KIND_TEXT, 0, 0, NULL}},
    [AUTH_ID] = {36, 5, "sip.subscriber.userid", {KIND_TEXT, 0, 0, NULL}},
    [PASSWORD] = {34, 6, "sip.subscriber.password", {KIND_TEXT, 0, 0, NULL}},
    [DISPLAY] = {3, 7, "sip.subscriber.name", {KIND_TEXT, 0, 0, NULL}},
    [TRANSPORT] = {130, 48, "sip.transport", {KIND_WORDS, 0, 2, transport_words}},
    [EXPIRY] = {32, 12, "sip.registerExpiration", {KIND_NUMBER, 1, 64800, NULL}},
    [SRTP] = {183, 43, "audio.srtpMode", {KIND_WORDS, 0, 3, srtp_words}},
};
#define ACCOUNT_PARAM_COUNT (sizeof account_params / sizeof account_params[0])

static const struct {
    const char *name;
    struct values values;
} phone_params[] = {
    {"P237", {KIND_TEXT, 0, 0, NULL}},   {"P212", {KIND_NUMBER, 0, 2, NULL}},
    {"P1360", {KIND_TEXT, 0, 0, NULL}},  {"P1361", {KIND_TEXT, 0, 0, NULL}},
    {"P194", {KIND_NUMBER, 0, 3, NULL}}, {"P193", {KIND_NUMBER, 1, 99999, NULL}},
    {"P145", {KIND_NUMBER, 0, 1, NULL}}, {"P1414", {KIND_NUMBER, 0, 1, NULL}},
    {"P192", {KIND_TEXT, 0, 0, NULL}},   {"P6767", {KIND_NUMBER, 0, 2, NULL}},
    {"P2", {KIND_TEXT, 0, 0, NULL}},     {"P196", {KIND_TEXT, 0, 0, NULL}},
    {"P30", {KIND_TEXT, 0, 0, NULL}},
};

static void account_name(char *ret_name, size_t size, int index, size_t param)
{
    if (index == 1)
        snprintf(ret_name, size, "P%d", account_params[param].first);
    else if (index <= NUMBERED_MAX)
        snprintf(ret_name, size, "P%d", (index + 2) * 100 + account_params[param].offset);
    else
        snprintf(ret_name, size, "account.%d.%s", index, account_params[param].alias);
}

static const struct values *values_of(const char *name, bool *ret_is_alias)
{
    char one[96];
    *ret_is_alias = name[0] != 'P';
    for (size_t i = 0; i < sizeof phone_params / sizeof phone_params[0]; i++) {
        if (strcmp(phone_params[i].name, name) == 0)
            return &phone_params[i].values;
    }
    for (int index = 1; index <= ALIASED_MAX; index++) {
        for (size_t param = 0; param < ACCOUNT_PARAM_COUNT; param++) {
            account_name(one, sizeof one, index, param);
            if (strcmp(one, name) == 0)
                return &account_params[param].values;
        }
    }
    return NULL;
}

/* The number that a value means, by digits or, of an alias, in words; -1: none. */
static int number_of(const struct values *values, const char *text, bool is_alias)
{
    int number = -1;
    if (values->kind == KIND_WORDS && is_alias) {
        for (int i = 0; values->words[i] != NULL; i++) {
            if (strcmp(values->words[i], text) == 0)
                return i;
        }
        return -1;
    }
    return sim_int_parse(text, &number) && number >= values->min && number <= values->max ? number
                                                                                          : -1;
}

static bool check(const struct sim_pair *pair, bool *ret_known, struct sim_fault *ret_fault)
{
    bool is_alias = false;
    const struct values *values = values_of(pair->key, &is_alias);
    *ret_known = values != NULL;
    if (values == NULL || pair->is_reset || values->kind == KIND_TEXT ||
        number_of(values, pair->value, is_alias) >= 0)
        return true;
    sim_fault_set(ret_fault, pair->line, "%s: \"%.80s\" is not a value of it", pair->key,
                  pair->value);
    return false;
}

static bool parse(const char *text, size_t len, const struct sim_phone *phone,
                  struct sim_config *ret_config, struct sim_fault *ret_fault)
{
    return sim_gs_config_parse(text, len, phone->mac, ret_config, ret_fault);
}

/* --- what the parameters mean ---------------------------------------------------------------- */

static const char *account_text(const struct sim_phone *phone, int index, size_t param)
{
    char name[96];
    account_name(name, sizeof name, index, param);
    return sim_phone_value(phone, name);
}

static int account_number(const struct sim_phone *phone, int index, size_t param, int missing)
{
    const char *text = account_text(phone, index, param);
    int number =
        text == NULL ? -1 : number_of(&account_params[param].values, text, index > NUMBERED_MAX);
    return number >= 0 ? number : missing;
}

static struct sim_account account_of(const struct sim_phone *phone, int index)
{
    struct sim_account account = {.index = index};
    if (index > ALIASED_MAX)
        return account;
    account.enable = account_number(phone, index, ENABLE, 0) == 1;
    account.label = account_text(phone, index, NAME);
    account.display_name = account_text(phone, index, DISPLAY);
    account.auth_name = account_text(phone, index, AUTH_ID);
    account.user_name = account_text(phone, index, USER);
    account.password = account_text(phone, index, PASSWORD);
    account.transport = account_number(phone, index, TRANSPORT, 0);
    account.expires_s = account_number(phone, index, EXPIRY, 60) * 60;
    account.srtp = account_number(phone, index, SRTP, 0);
    sim_host_port_split(account_text(phone, index, SERVER), account.server, sizeof account.server,
                        &account.port);
    sim_host_port_split(account_text(phone, index, PROXY), account.proxy, sizeof account.proxy,
                        &account.proxy_port);
    account.proxy_enable = account.proxy[0] != '\0';
    return account;
}

/* P237: host and path, the scheme is P212's; a phone that was not told asks by HTTP. */
static char *server_url(const struct sim_phone *phone)
{
    static const char *const schemes[] = {"tftp", "http", "https"};
    const char *path = sim_phone_value(phone, "P237"), *protocol = sim_phone_value(phone, "P212");
    int number = 1;
    struct sim_buf url = {0};
    if (path == NULL)
        return NULL;
    if (protocol != NULL)
        (void)sim_int_parse(protocol, &number);
    sim_buf_format(&url, "%s://%s", schemes[number], path);
    char *trimmed = sim_url_trimmed(url.data);
    sim_buf_free(&url);
    return trimmed;
}

static enum sim_wish wish_of(const struct sim_phone *phone, const char *event, bool asks_reboot)
{
    (void)phone;
    (void)event;
    return asks_reboot ? SIM_WISH_REBOOT : SIM_WISH_SYNC;
}

/* P194: 0 never, 1 (adapters: 3) every P193 minutes. */
static int repeat_min(const struct sim_phone *phone)
{
    const char *mode = sim_phone_value(phone, "P194"), *minutes = sim_phone_value(phone, "P193");
    int value = 10080; /* the factory's: a week */
    if (mode == NULL || (strcmp(mode, "1") != 0 && strcmp(mode, "3") != 0))
        return 0;
    if (minutes != NULL)
        (void)sim_int_parse(minutes, &value);
    return value;
}

/* "pks.vpk.3" of "pks.vpk.3.keyMode". */
static bool key_of(const struct sim_parameter *parameter, char *ret_name, size_t size)
{
    static const char prefix[] = "pks.", suffix[] = ".keyMode";
    size_t len = strlen(parameter->key);
    if (len < sizeof suffix || strncmp(parameter->key, prefix, sizeof prefix - 1) != 0 ||
        strcmp(parameter->key + len - (sizeof suffix - 1), suffix) != 0 ||
        len - (sizeof suffix - 1) >= size || strcmp(parameter->value, "None") == 0)
        return false;
    memcpy(ret_name, parameter->key, len - (sizeof suffix - 1));
    ret_name[len - (sizeof suffix - 1)] = '\0';
    return true;
}

static void key_print(struct sim_json *json, const struct sim_phone *phone, const char *name)
{
    static const char *const fields[][2] = {
        {"mode", "keyMode"}, {"line", "account"}, {"label", "description"}, {"value", "value"}};
    char key[128];
    sim_json_text(json, "key", name);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        snprintf(key, sizeof key, "%s.%s", name, fields[i][1]);
        sim_json_text(json, fields[i][0], sim_phone_value(phone, key));
    }
}

/* "Grandstream Model HW GRP2614 SW 1.0.5.15 DevId c074ad000001"; over SIP without the rest. */
static void agent_print(struct sim_buf *out, const struct sim_phone *phone, bool is_sip)
{
    if (is_sip)
        sim_buf_format(out, "Grandstream %s %s", phone->model->name, phone->firmware);
    else
        sim_buf_format(out, "Grandstream Model HW %s SW %s DevId %s", phone->model->name,
                       phone->firmware, phone->mac);
}

/* --- a round --------------------------------------------------------------------------------- */

/* "GRP2614" -> "cfggrp2614.xml" */
static void model_file(const struct sim_phone *phone, char *ret_name, size_t size)
{
    int len = snprintf(ret_name, size, "cfg%s.xml", phone->model->name);
    for (int i = 0; i < len && (size_t)i < size; i++)
        ret_name[i] = (char)tolower((unsigned char)ret_name[i]);
}

/* The maker's own binary, which nobody but its tool writes: one that is there is a fault. */
static void binary_take(struct sim_round *round, const char *file)
{
    struct sim_reply reply;
    struct sim_fault fault;
    if (sim_round_fetch(round, file, &reply) == SIM_GOT_TEXT) {
        sim_fault_set(&fault, 0, "this phone does not read the maker's binary");
        sim_round_fail(round, file, &fault);
    }
    sim_buf_free(&reply.body);
}

/*
 * cfg<mac>.bin, cfg<mac>.xml, and where that fails cfg<model>.xml and cfg.xml, the first that is
 * there: it may tell where to ask next.
 */
static void grandstream_run(struct sim_round *round)
{
    char binary[32], own[32], model[64];
    struct sim_fault fault;
    snprintf(binary, sizeof binary, "cfg%s.bin", round->phone->mac);
    snprintf(own, sizeof own, "cfg%s.xml", round->phone->mac);
    model_file(round->phone, model, sizeof model);

    binary_take(round, binary);
    if (sim_round_take(round, own, false) || sim_round_take(round, model, false) ||
        sim_round_take(round, "cfg.xml", false) || round->is_failed)
        return;
    sim_fault_set(&fault, 0, "neither it nor a common file is there; kept what was there");
    sim_round_fail(round, own, &fault);
}

const struct sim_maker sim_maker_grandstream = {
    .name = "grandstream",
    .default_model = "GRP2614",
    .default_firmware = "1.0.5.15",
    .user_parameter = "P1360",
    .password_parameter = "P1361",
    .events = "check-sync, resync",
    .is_conditional = true,
    .agent_print = agent_print,
    .run = grandstream_run,
    .parse = parse,
    .check = check,
    .account = account_of,
    .server_url = server_url,
    .wish = wish_of,
    .repeat_min = repeat_min,
    .key_of = key_of,
    .key_print = key_print,
};
