/*
 * The personality of a Yealink phone: files of keys and values, boot files, parameters by name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "phone.h"
#include "url.h"

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

static bool yealink_check(const struct sim_pair *pair, bool *ret_known, struct sim_fault *ret_fault)
{
    bool in_range = true;
    const struct rule *rule = rule_of(pair->key, &in_range);
    *ret_known = rule != NULL;
    if (rule != NULL && !in_range)
        sim_fault_set(ret_fault, pair->line, "%s: this phone has no such number", pair->key);
    else if (rule != NULL && !pair->is_reset && !value_is_good(rule, pair->value))
        sim_fault_set(ret_fault, pair->line, "%s: \"%.80s\" is not a value of it", pair->key,
                      pair->value);
    else
        return true;
    return false;
}

static bool yealink_parse(const char *text, size_t len, const struct sim_phone *phone,
                          struct sim_config *ret_config, struct sim_fault *ret_fault)
{
    (void)phone;
    return sim_config_parse(text, len, ret_config, ret_fault);
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

static struct sim_account yealink_account(const struct sim_phone *phone, int index)
{
    struct sim_account account = {
        .index = index,
        .enable = account_number(phone, index, "enable", 0) == 1,
        .label = account_text(phone, index, "label"),
        .display_name = account_text(phone, index, "display_name"),
        .auth_name = account_text(phone, index, "auth_name"),
        .user_name = account_text(phone, index, "user_name"),
        .password = account_text(phone, index, "password"),
        .port = account_number(phone, index, "sip_server.1.port", 5060),
        .transport = account_number(phone, index, "sip_server.1.transport_type", 0),
        .expires_s = account_number(phone, index, "sip_server.1.expires", 3600),
        .srtp = account_number(phone, index, "srtp_encryption", 0),
        .proxy_enable = account_number(phone, index, "outbound_proxy_enable", 0) == 1,
        .proxy_port = account_number(phone, index, "outbound_proxy.1.port", 5060),
    };
    sim_text_copy(account.server, sizeof account.server,
                  account_text(phone, index, "sip_server.1.address"));
    sim_text_copy(account.proxy, sizeof account.proxy,
                  account_text(phone, index, "outbound_proxy.1.address"));
    return account;
}

static char *yealink_server_url(const struct sim_phone *phone)
{
    const char *url = sim_phone_value(phone, "static.auto_provision.server.url");
    return url == NULL || url[0] == '\0' ? NULL : sim_url_trimmed(url);
}

static enum sim_notify_reboot yealink_notify_reboot(const struct sim_phone *phone)
{
    int value = SIM_REBOOT_ALWAYS; /* the factory's */
    const char *text = sim_phone_value(phone, "sip.notify_reboot_enable");
    if (text != NULL && !sim_int_parse(text, &value))
        value = SIM_REBOOT_ALWAYS;
    return (enum sim_notify_reboot)value;
}

static int yealink_repeat_min(const struct sim_phone *phone)
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

/*
 * A key is what stands before ".type" of a known key parameter: "linekey.3",
 * "expansion_module.1.key.2". Type 0 is a key without use.
 */
static bool yealink_key_of(const struct sim_parameter *parameter, char *ret_name, size_t size)
{
    static const char *const panels[] = {"linekey.", "programablekey.", "expansion_module."};
    static const char suffix[] = ".type";
    size_t len = strlen(parameter->key);
    if (len < sizeof suffix || len - (sizeof suffix - 1) >= size ||
        strcmp(parameter->key + len - (sizeof suffix - 1), suffix) != 0 ||
        strcmp(parameter->value, "0") == 0)
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

static void yealink_key_print(struct sim_json *json, const struct sim_phone *phone,
                              const char *name)
{
    static const char *const fields[] = {"value", "label", "extension"};
    char key[128];
    int number = 0;
    snprintf(key, sizeof key, "%s.type", name);
    const char *type = sim_phone_value(phone, key);
    sim_json_text(json, "key", name);
    sim_json_int(json, "type", type != NULL && sim_int_parse(type, &number) ? number : 0);
    snprintf(key, sizeof key, "%s.line", name);
    const char *line = sim_phone_value(phone, key);
    sim_json_int(json, "line", line != NULL && sim_int_parse(line, &number) ? number : 0);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        snprintf(key, sizeof key, "%s.%s", name, fields[i]);
        sim_json_text(json, fields[i], sim_phone_value(phone, key));
    }
}

/* "Yealink SIP-T54W 96.86.0.70 80:5e:c0:00:00:01" (fact page, section 2); over SIP the same. */
static void yealink_agent_print(struct sim_buf *out, const struct sim_phone *phone, bool is_sip)
{
    (void)is_sip;
    sim_buf_format(out, "Yealink %s%s %s ", phone->model->prefix, phone->model->name,
                   phone->firmware);
    for (int i = 0; i < 12; i += 2)
        sim_buf_format(out, "%s%.2s", i == 0 ? "" : ":", phone->mac + i);
}

const struct sim_maker sim_maker_yealink = {
    .name = "yealink",
    .default_model = "T54W",
    .default_firmware = "96.86.0.70",
    .user_parameter = "static.auto_provision.server.username",
    .password_parameter = "static.auto_provision.server.password",
    .events = "check-sync",
    .agent_print = yealink_agent_print,
    .parse = yealink_parse,
    .check = yealink_check,
    .account = yealink_account,
    .server_url = yealink_server_url,
    .notify_reboot = yealink_notify_reboot,
    .repeat_min = yealink_repeat_min,
    .key_of = yealink_key_of,
    .key_print = yealink_key_print,
};
