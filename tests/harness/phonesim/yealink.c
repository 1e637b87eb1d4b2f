/*
 * The personality of a Yealink phone: files of keys and values, boot files, parameters by name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "phone.h"
#include "round.h"
#include "rule.h"
#include "url.h"

/* Parameters whose values this phone understands (fact page, sections 4 and 6). */
static const struct sim_rule rules[] = {
    {"account.#.enable", {16}, SIM_RULE_NUMBER, 0, 1, NULL, false},
    {"account.#.label", {16}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"account.#.display_name", {16}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"account.#.auth_name", {16}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"account.#.user_name", {16}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"account.#.password", {16}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"account.#.sip_server.#.address", {16, 2}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"account.#.sip_server.#.port", {16, 2}, SIM_RULE_NUMBER, 0, 65535, NULL, false},
    {"account.#.sip_server.#.transport_type", {16, 2}, SIM_RULE_NUMBER, 0, 3, NULL, false},
    {"account.#.sip_server.#.expires", {16, 2}, SIM_RULE_NUMBER, 30, 2147483, NULL, false},
    {"account.#.sip_server.#.retry_counts", {16, 2}, SIM_RULE_NUMBER, 0, 20, NULL, false},
    {"account.#.outbound_proxy_enable", {16}, SIM_RULE_NUMBER, 0, 1, NULL, false},
    {"account.#.outbound_proxy.#.address", {16, 2}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"account.#.outbound_proxy.#.port", {16, 2}, SIM_RULE_NUMBER, 0, 65535, NULL, false},
    {"account.#.srtp_encryption", {16}, SIM_RULE_NUMBER, 0, 2, NULL, false},
    {"linekey.#.type", {999}, SIM_RULE_WORDS, 0, 0, "0 10 11 13 15 16", false},
    {"linekey.#.line", {999}, SIM_RULE_NUMBER, 0, 16, NULL, false},
    {"linekey.#.value", {999}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"linekey.#.label", {999}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"linekey.#.extension", {999}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"programablekey.#.type", {99}, SIM_RULE_NUMBER, 0, 99, NULL, false},
    {"programablekey.#.line", {99}, SIM_RULE_NUMBER, 0, 16, NULL, false},
    {"programablekey.#.value", {99}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"programablekey.#.label", {99}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"programablekey.#.extension", {99}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"expansion_module.#.key.#.type", {9, 99}, SIM_RULE_WORDS, 0, 0, "0 10 11 13 15 16", false},
    {"expansion_module.#.key.#.line", {9, 99}, SIM_RULE_NUMBER, 0, 16, NULL, false},
    {"expansion_module.#.key.#.value", {9, 99}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"expansion_module.#.key.#.label", {9, 99}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"expansion_module.#.key.#.extension", {9, 99}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"static.auto_provision.server.url", {0}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"static.auto_provision.server.username", {0}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"static.auto_provision.server.password", {0}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"static.auto_provision.power_on", {0}, SIM_RULE_NUMBER, 0, 1, NULL, false},
    {"static.auto_provision.repeat.enable", {0}, SIM_RULE_NUMBER, 0, 1, NULL, false},
    {"static.auto_provision.repeat.minutes", {0}, SIM_RULE_NUMBER, 1, 43200, NULL, false},
    {"static.auto_provision.weekly.enable", {0}, SIM_RULE_NUMBER, 0, 1, NULL, false},
    {"static.auto_provision.pnp_enable", {0}, SIM_RULE_NUMBER, 0, 1, NULL, false},
    {"static.auto_provision.dhcp_option.enable", {0}, SIM_RULE_NUMBER, 0, 1, NULL, false},
    {"static.zero_touch.enable", {0}, SIM_RULE_NUMBER, 0, 1, NULL, false},
    {"static.security.trust_certificates", {0}, SIM_RULE_NUMBER, 0, 1, NULL, false},
    {"static.security.dev_cert", {0}, SIM_RULE_NUMBER, 0, 1, NULL, false},
    {"static.security.ca_cert", {0}, SIM_RULE_NUMBER, 0, 2, NULL, false},
    {"static.security.user_password", {0}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"static.firmware.url", {0}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"local_time.ntp_server1", {0}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"local_time.ntp_server2", {0}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"local_time.time_zone", {0}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"local_time.time_zone_name", {0}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"local_time.summer_time", {0}, SIM_RULE_NUMBER, 0, 2, NULL, false},
    {"local_time.time_format", {0}, SIM_RULE_NUMBER, 0, 1, NULL, false},
    {"local_time.date_format", {0}, SIM_RULE_NUMBER, 0, 9, NULL, false},
    {"features.pickup.direct_pickup_enable", {0}, SIM_RULE_NUMBER, 0, 1, NULL, false},
    {"features.pickup.direct_pickup_code", {0}, SIM_RULE_TEXT, 0, 0, NULL, false},
    {"sip.notify_reboot_enable", {0}, SIM_RULE_NUMBER, 0, 2, NULL, false},
    {"sip.trust_ctrl", {0}, SIM_RULE_NUMBER, 0, 1, NULL, false},
    {0},
};

static bool yealink_check(const struct sim_pair *pair, bool *ret_known, struct sim_fault *ret_fault)
{
    return sim_rules_check(rules, pair, ret_known, ret_fault);
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

/* sip.notify_reboot_enable: 0 as the event asks, 1 (the factory's) always a reboot, 2 nothing. */
static enum sim_wish yealink_wish(const struct sim_phone *phone, const char *event,
                                  bool asks_reboot)
{
    int mode = 1;
    const char *text = sim_phone_value(phone, "sip.notify_reboot_enable");
    (void)event;
    if (text != NULL && !sim_int_parse(text, &mode))
        mode = 1;
    if (mode == 2)
        return SIM_WISH_NONE;
    return asks_reboot || mode == 1 ? SIM_WISH_REBOOT : SIM_WISH_SYNC;
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
    sim_buf_format(out, "Yealink %s%s %s ", phone->model->code, phone->model->name,
                   phone->firmware);
    for (int i = 0; i < 12; i += 2)
        sim_buf_format(out, "%s%.2s", i == 0 ? "" : ":", phone->mac + i);
}

/* --- a round --------------------------------------------------------------------------------- */

/* True: the boot file decides, also when it could not be had. */
static bool boot_take(struct sim_round *round, const char *file)
{
    struct sim_reply reply;
    struct sim_boot boot;
    struct sim_fault fault;
    const struct sim_macro macros[] = {{"$MAC", round->phone->mac}, {NULL, NULL}};
    enum sim_got got = sim_round_fetch(round, file, &reply);
    if (got == SIM_GOT_TEXT || got == SIM_GOT_SAME) {
        if (!sim_boot_parse(reply.body.data, reply.body.len, &boot, &fault)) {
            sim_round_fail(round, file, &fault);
        } else {
            if (got == SIM_GOT_TEXT)
                sim_round_remember(round, file, &reply, true);
            for (size_t i = 0; i < boot.count; i++) {
                char *name = sim_expanded(boot.includes[i], macros);
                (void)sim_round_take(round, name, true);
                free(name);
            }
            sim_boot_free(&boot);
        }
    }
    sim_buf_free(&reply.body);
    return got != SIM_GOT_NOTHING;
}

/*
 * <mac>.boot, y000000000000.boot; when neither is there y000000000NNN.cfg and <mac>.cfg (fact page,
 * section 1).
 */
static void yealink_run(struct sim_round *round)
{
    char own_boot[32], common[32], own[32];
    snprintf(own_boot, sizeof own_boot, "%s.boot", round->phone->mac);
    snprintf(common, sizeof common, "y%012d.cfg", round->phone->model->number);
    snprintf(own, sizeof own, "%s.cfg", round->phone->mac);

    if (round->use_boot_files &&
        (boot_take(round, own_boot) || boot_take(round, "y000000000000.boot")))
        return;
    (void)sim_round_take(round, common, false);
    (void)sim_round_take(round, own, true);
}

const struct sim_maker sim_maker_yealink = {
    .name = "yealink",
    .default_model = "T54W",
    .default_firmware = "96.86.0.70",
    .user_parameter = "static.auto_provision.server.username",
    .password_parameter = "static.auto_provision.server.password",
    .events = "check-sync",
    .is_conditional = true,
    .agent_print = yealink_agent_print,
    .run = yealink_run,
    .parse = yealink_parse,
    .check = yealink_check,
    .account = yealink_account,
    .server_url = yealink_server_url,
    .wish = yealink_wish,
    .repeat_min = yealink_repeat_min,
    .key_of = yealink_key_of,
    .key_print = yealink_key_print,
};
