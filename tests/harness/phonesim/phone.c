/* See phone.h. */
#include "phone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Parameters whose values this phone understands (fact page, sections 4 and 6). '#' stands for a
 * number from 1 to the row's next limit.
 */
enum kind { KIND_TEXT, KIND_NUMBER, KIND_WORDS };
static const struct rule {
    const char *pattern;
    int limits[3]; /* of each '#' */
    enum kind kind;
    int min, max;      /* KIND_NUMBER */
    const char *words; /* KIND_WORDS: blank separated */
} rules[] = {
    {"account.#.enable", {16}, KIND_NUMBER, 0, 1, NULL},
    {"account.#.label", {16}, KIND_TEXT, 0, 0, NULL},
    {"account.#.display_name", {16}, KIND_TEXT, 0, 0, NULL},
    {"account.#.auth_name", {16}, KIND_TEXT, 0, 0, NULL},
    {"account.#.user_name", {16}, KIND_TEXT, 0, 0, NULL},
    {"account.#.password", {16}, KIND_TEXT, 0, 0, NULL},
    {"account.#.sip_server.#.address", {16, 2}, KIND_TEXT, 0, 0, NULL},
    {"account.#.sip_server.#.port", {16, 2}, KIND_NUMBER, 0, 65535, NULL},
    {"account.#.sip_server.#.transport_type", {16, 2}, KIND_NUMBER, 0, 3, NULL},
    {"account.#.sip_server.#.expires", {16, 2}, KIND_NUMBER, 30, 2147483, NULL},
    {"account.#.sip_server.#.retry_counts", {16, 2}, KIND_NUMBER, 0, 20, NULL},
    {"account.#.outbound_proxy_enable", {16}, KIND_NUMBER, 0, 1, NULL},
    {"account.#.outbound_proxy.#.address", {16, 2}, KIND_TEXT, 0, 0, NULL},
    {"account.#.outbound_proxy.#.port", {16, 2}, KIND_NUMBER, 0, 65535, NULL},
    {"account.#.srtp_encryption", {16}, KIND_NUMBER, 0, 2, NULL},
    {"linekey.#.type", {999}, KIND_WORDS, 0, 0, "0 10 11 13 15 16"},
    {"linekey.#.line", {999}, KIND_NUMBER, 0, 16, NULL},
    {"linekey.#.value", {999}, KIND_TEXT, 0, 0, NULL},
    {"linekey.#.label", {999}, KIND_TEXT, 0, 0, NULL},
    {"linekey.#.extension", {999}, KIND_TEXT, 0, 0, NULL},
    {"programablekey.#.type", {99}, KIND_NUMBER, 0, 99, NULL},
    {"programablekey.#.line", {99}, KIND_NUMBER, 0, 16, NULL},
    {"programablekey.#.value", {99}, KIND_TEXT, 0, 0, NULL},
    {"programablekey.#.label", {99}, KIND_TEXT, 0, 0, NULL},
    {"programablekey.#.extension", {99}, KIND_TEXT, 0, 0, NULL},
    {"expansion_module.#.key.#.type", {9, 99}, KIND_WORDS, 0, 0, "0 10 11 13 15 16"},
    {"expansion_module.#.key.#.line", {9, 99}, KIND_NUMBER, 0, 16, NULL},
    {"expansion_module.#.key.#.value", {9, 99}, KIND_TEXT, 0, 0, NULL},
    {"expansion_module.#.key.#.label", {9, 99}, KIND_TEXT, 0, 0, NULL},
    {"expansion_module.#.key.#.extension", {9, 99}, KIND_TEXT, 0, 0, NULL},
    {"static.auto_provision.server.url", {0}, KIND_TEXT, 0, 0, NULL},
    {"static.auto_provision.server.username", {0}, KIND_TEXT, 0, 0, NULL},
    {"static.auto_provision.server.password", {0}, KIND_TEXT, 0, 0, NULL},
    {"static.auto_provision.power_on", {0}, KIND_NUMBER, 0, 1, NULL},
    {"static.auto_provision.repeat.enable", {0}, KIND_NUMBER, 0, 1, NULL},
    {"static.auto_provision.repeat.minutes", {0}, KIND_NUMBER, 1, 43200, NULL},
    {"static.auto_provision.weekly.enable", {0}, KIND_NUMBER, 0, 1, NULL},
    {"static.auto_provision.pnp_enable", {0}, KIND_NUMBER, 0, 1, NULL},
    {"static.auto_provision.dhcp_option.enable", {0}, KIND_NUMBER, 0, 1, NULL},
    {"static.zero_touch.enable", {0}, KIND_NUMBER, 0, 1, NULL},
    {"static.security.trust_certificates", {0}, KIND_NUMBER, 0, 1, NULL},
    {"static.security.dev_cert", {0}, KIND_NUMBER, 0, 1, NULL},
    {"static.security.ca_cert", {0}, KIND_NUMBER, 0, 2, NULL},
    {"static.security.user_password", {0}, KIND_TEXT, 0, 0, NULL},
    {"static.firmware.url", {0}, KIND_TEXT, 0, 0, NULL},
    {"local_time.ntp_server1", {0}, KIND_TEXT, 0, 0, NULL},
    {"local_time.ntp_server2", {0}, KIND_TEXT, 0, 0, NULL},
    {"local_time.time_zone", {0}, KIND_TEXT, 0, 0, NULL},
    {"local_time.time_zone_name", {0}, KIND_TEXT, 0, 0, NULL},
    {"local_time.summer_time", {0}, KIND_NUMBER, 0, 2, NULL},
    {"local_time.time_format", {0}, KIND_NUMBER, 0, 1, NULL},
    {"local_time.date_format", {0}, KIND_NUMBER, 0, 9, NULL},
    {"features.pickup.direct_pickup_enable", {0}, KIND_NUMBER, 0, 1, NULL},
    {"features.pickup.direct_pickup_code", {0}, KIND_TEXT, 0, 0, NULL},
    {"sip.notify_reboot_enable", {0}, KIND_NUMBER, 0, 2, NULL},
    {"sip.trust_ctrl", {0}, KIND_NUMBER, 0, 1, NULL},
};

static bool pattern_matches(const struct rule *rule, const char *key, bool *ret_in_range)
{
    size_t number = 0;
    bool in_range = true;
    const char *at = key;
    for (const char *want = rule->pattern; *want != '\0'; want++) {
        if (*want != '#') {
            if (*at++ != *want)
                return false;
            continue;
        }
        size_t digits = strspn(at, "0123456789");
        if (digits == 0 || at[0] == '0' || digits > 6)
            return false;
        in_range = in_range && strtol(at, NULL, 10) <= rule->limits[number];
        number++;
        at += digits;
    }
    *ret_in_range = in_range;
    return *at == '\0';
}

static const struct rule *rule_of(const char *key, bool *ret_in_range)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (pattern_matches(&rules[i], key, ret_in_range))
            return &rules[i];
    }
    return NULL;
}

static bool word_is_in(const char *words, const char *word)
{
    size_t len = strcspn(word, " ");
    if (word[len] != '\0')
        return false; /* one word, not two that stand beside each other */
    for (const char *at = words; len > 0 && (at = strstr(at, word)) != NULL; at += len) {
        if ((at == words || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
    }
    return false;
}

static bool value_is_good(const struct rule *rule, const char *value)
{
    int number = 0;
    switch (rule->kind) {
    case KIND_NUMBER:
        return sim_int_parse(value, &number) && number >= rule->min && number <= rule->max;
    case KIND_WORDS:
        return word_is_in(rule->words, value);
    case KIND_TEXT:
    default:
        return true;
    }
}

/* --- parameters ------------------------------------------------------------------------------ */

/* Index of key, or where it belongs. */
static size_t position(const struct sim_phone *phone, const char *key, bool *ret_found)
{
    size_t low = 0, high = phone->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(phone->parameters[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_found = low < phone->count && strcmp(phone->parameters[low].key, key) == 0;
    return low;
}

const char *sim_phone_value(const struct sim_phone *phone, const char *key)
{
    bool found = false;
    size_t at = position(phone, key, &found);
    return found ? phone->parameters[at].value : NULL;
}

void sim_phone_set(struct sim_phone *phone, const char *key, const char *value)
{
    bool found = false;
    size_t at = position(phone, key, &found);
    char *copy = sim_strdup(value);
    if (found) {
        free(phone->parameters[at].value);
        phone->parameters[at].value = copy;
        return;
    }
    if (phone->count == phone->room) {
        phone->room = phone->room == 0 ? 64 : phone->room * 2;
        phone->parameters = sim_grow(phone->parameters, phone->room, sizeof *phone->parameters);
    }
    memmove(phone->parameters + at + 1, phone->parameters + at,
            (phone->count - at) * sizeof *phone->parameters);
    phone->parameters[at] = (struct sim_parameter){sim_strdup(key), copy};
    phone->count++;
}

void sim_phone_reset(struct sim_phone *phone, const char *key)
{
    bool found = false;
    size_t at = position(phone, key, &found);
    if (!found)
        return;
    free(phone->parameters[at].key);
    free(phone->parameters[at].value);
    phone->count--;
    memmove(phone->parameters + at, phone->parameters + at + 1,
            (phone->count - at) * sizeof *phone->parameters);
}

void sim_phone_deinit(struct sim_phone *phone)
{
    for (size_t i = 0; i < phone->count; i++) {
        free(phone->parameters[i].key);
        free(phone->parameters[i].value);
    }
    free(phone->parameters);
    *phone = (struct sim_phone){0};
}

static bool pair_is_good(const struct sim_pair *pair, const char *where, bool *ret_known)
{
    bool in_range = true;
    const struct rule *rule = rule_of(pair->key, &in_range);
    struct sim_fault fault;
    *ret_known = rule != NULL;
    if (rule != NULL && !in_range)
        sim_fault_set(&fault, pair->line, "%s: this phone has no such number", pair->key);
    else if (rule != NULL && !pair->is_reset && !value_is_good(rule, pair->value))
        sim_fault_set(&fault, pair->line, "%s: \"%.80s\" is not a value of it", pair->key,
                      pair->value);
    else
        return true;
    sim_event_error(where, &fault);
    return false;
}

void sim_phone_apply(struct sim_phone *phone, const struct sim_config *config, const char *where,
                     struct sim_applied *ret_applied)
{
    struct sim_applied applied = {0};
    for (size_t i = 0; i < config->count; i++) {
        const struct sim_pair *pair = &config->pairs[i];
        bool known = false;
        if (!pair_is_good(pair, where, &known)) {
            applied.refused++;
            continue;
        }
        const char *old = sim_phone_value(phone, pair->key);
        if (pair->is_reset) {
            applied.reset++;
            sim_phone_reset(phone, pair->key);
            continue;
        }
        applied.set++;
        applied.changed += old == NULL || strcmp(old, pair->value) != 0;
        applied.unknown += !known;
        sim_phone_set(phone, pair->key, pair->value);
    }
    *ret_applied = applied;
}

/* --- what the parameters mean ---------------------------------------------------------------- */

static const char *account_text(const struct sim_phone *phone, int index, const char *name)
{
    char key[96];
    snprintf(key, sizeof key, "account.%d.%s", index, name);
    return sim_phone_value(phone, key);
}

static int account_number(const struct sim_phone *phone, int index, const char *name, int missing)
{
    int value = missing;
    const char *text = account_text(phone, index, name);
    if (text != NULL && !sim_int_parse(text, &value))
        value = missing;
    return value;
}

struct sim_account sim_phone_account(const struct sim_phone *phone, int index)
{
    return (struct sim_account){
        .index = index,
        .enable = account_number(phone, index, "enable", 0) == 1,
        .label = account_text(phone, index, "label"),
        .display_name = account_text(phone, index, "display_name"),
        .auth_name = account_text(phone, index, "auth_name"),
        .user_name = account_text(phone, index, "user_name"),
        .password = account_text(phone, index, "password"),
        .server = account_text(phone, index, "sip_server.1.address"),
        .port = account_number(phone, index, "sip_server.1.port", 5060),
        .transport = account_number(phone, index, "sip_server.1.transport_type", 0),
        .expires_s = account_number(phone, index, "sip_server.1.expires", 3600),
        .srtp = account_number(phone, index, "srtp_encryption", 0),
        .proxy_enable = account_number(phone, index, "outbound_proxy_enable", 0) == 1,
        .proxy = account_text(phone, index, "outbound_proxy.1.address"),
        .proxy_port = account_number(phone, index, "outbound_proxy.1.port", 5060),
    };
}

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

bool sim_phone_is_configured(const struct sim_phone *phone)
{
    int enabled = 0;
    for (int i = 1; i <= SIM_ACCOUNT_MAX; i++) {
        struct sim_account account = sim_phone_account(phone, i);
        if (!account.enable)
            continue;
        enabled++;
        if (!is_given(account.user_name) || !is_given(account.password) ||
            !is_given(account.server))
            return false;
    }
    return enabled > 0;
}

const char *sim_phone_server_url(const struct sim_phone *phone)
{
    const char *url = sim_phone_value(phone, "static.auto_provision.server.url");
    return is_given(url) ? url : NULL;
}

enum sim_notify_reboot sim_phone_notify_reboot(const struct sim_phone *phone)
{
    int value = SIM_REBOOT_ALWAYS; /* the factory's */
    const char *text = sim_phone_value(phone, "sip.notify_reboot_enable");
    if (text != NULL && !sim_int_parse(text, &value))
        value = SIM_REBOOT_ALWAYS;
    return (enum sim_notify_reboot)value;
}

int sim_phone_repeat_min(const struct sim_phone *phone)
{
    const char *enable = sim_phone_value(phone, "static.auto_provision.repeat.enable");
    const char *minutes = sim_phone_value(phone, "static.auto_provision.repeat.minutes");
    int value = 1440; /* the phone's factory value when only enable is given */
    if (enable == NULL || strcmp(enable, "1") != 0)
        return 0;
    if (minutes != NULL && !sim_int_parse(minutes, &value))
        value = 1440;
    return value;
}

static void account_print(struct sim_json *json, const struct sim_account *account)
{
    sim_json_int(json, "index", account->index);
    sim_json_bool(json, "enable", account->enable);
    sim_json_text(json, "label", account->label);
    sim_json_text(json, "display_name", account->display_name);
    sim_json_text(json, "auth_name", account->auth_name);
    sim_json_text(json, "user_name", account->user_name);
    sim_json_text(json, "password", account->password);
    sim_json_text(json, "server", account->server);
    sim_json_int(json, "port", account->port);
    sim_json_int(json, "transport", account->transport);
    sim_json_int(json, "expires_s", account->expires_s);
    sim_json_int(json, "srtp", account->srtp);
}

/*
 * A key is what stands before ".type" of a known key parameter: "linekey.3",
 * "expansion_module.1.key.2".
 */
static bool key_of(const struct sim_parameter *parameter, char *ret_name, size_t size)
{
    static const char *const panels[] = {"linekey.", "programablekey.", "expansion_module."};
    static const char suffix[] = ".type";
    size_t len = strlen(parameter->key);
    if (len < sizeof suffix || len - (sizeof suffix - 1) >= size ||
        strcmp(parameter->key + len - (sizeof suffix - 1), suffix) != 0)
        return false;
    for (size_t i = 0; i < sizeof panels / sizeof panels[0]; i++) {
        if (strncmp(parameter->key, panels[i], strlen(panels[i])) == 0) {
            len -= sizeof suffix - 1;
            memcpy(ret_name, parameter->key, len);
            ret_name[len] = '\0';
            return true;
        }
    }
    return false;
}

static void key_print(struct sim_json *json, const struct sim_phone *phone, const char *name,
                      const char *type)
{
    static const char *const fields[] = {"value", "label", "extension"};
    char key[128];
    int number = 0;
    sim_json_text(json, "key", name);
    sim_json_int(json, "type", sim_int_parse(type, &number) ? number : 0);
    snprintf(key, sizeof key, "%s.line", name);
    const char *line = sim_phone_value(phone, key);
    sim_json_int(json, "line", line != NULL && sim_int_parse(line, &number) ? number : 0);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        snprintf(key, sizeof key, "%s.%s", name, fields[i]);
        sim_json_text(json, fields[i], sim_phone_value(phone, key));
    }
}

void sim_phone_tell(const struct sim_phone *phone)
{
    struct sim_json json;
    for (int i = 1; i <= SIM_ACCOUNT_MAX; i++) {
        struct sim_account account = sim_phone_account(phone, i);
        if (!account.enable)
            continue;
        account.password = account.password == NULL ? NULL : "***"; /* whole only in the state */
        sim_event_begin(&json, "account");
        account_print(&json, &account);
        sim_event_end(&json);
    }
    for (size_t i = 0; i < phone->count; i++) {
        char name[64];
        if (!key_of(&phone->parameters[i], name, sizeof name) ||
            strcmp(phone->parameters[i].value, "0") == 0)
            continue;
        sim_event_begin(&json, "key");
        key_print(&json, phone, name, phone->parameters[i].value);
        sim_event_end(&json);
    }
}

void sim_phone_print_state(const struct sim_phone *phone, const char *url)
{
    struct sim_json json;
    sim_event_begin(&json, "state");
    sim_json_text(&json, "mac", phone->mac);
    sim_json_text(&json, "model", phone->model->name);
    sim_json_text(&json, "firmware", phone->firmware);
    sim_json_text(&json, "url", url);
    sim_json_bool(&json, "configured", sim_phone_is_configured(phone));

    sim_json_begin(&json, "accounts", '[');
    for (int i = 1; i <= SIM_ACCOUNT_MAX; i++) {
        struct sim_account account = sim_phone_account(phone, i);
        if (!account.enable && account.user_name == NULL)
            continue;
        sim_json_begin(&json, NULL, '{');
        account_print(&json, &account);
        sim_json_end(&json, '}');
    }
    sim_json_end(&json, ']');

    sim_json_begin(&json, "keys", '[');
    for (size_t i = 0; i < phone->count; i++) {
        char name[64];
        if (!key_of(&phone->parameters[i], name, sizeof name) ||
            strcmp(phone->parameters[i].value, "0") == 0)
            continue;
        sim_json_begin(&json, NULL, '{');
        key_print(&json, phone, name, phone->parameters[i].value);
        sim_json_end(&json, '}');
    }
    sim_json_end(&json, ']');

    sim_json_begin(&json, "parameters", '{');
    for (size_t i = 0; i < phone->count; i++)
        sim_json_text(&json, phone->parameters[i].key, phone->parameters[i].value);
    sim_json_end(&json, '}');
    sim_event_end(&json);
}
