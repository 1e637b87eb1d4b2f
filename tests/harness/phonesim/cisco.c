/*
 * The personality of a Cisco phone: SPA and multiplatform (MPP). From the factory it asks for a
 * file of its product, which tells it the Profile_Rule; that it follows from then on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cisco_config.h"
#include "phone.h"
#include "round.h"
#include "rule.h"
#include "url.h"

#define YES_NO SIM_RULE_WORDS, 0, 0, "Yes No", false
#define TEXT SIM_RULE_TEXT, 0, 0, NULL, false
#define SERIAL "CBT141400UK" /* as one of the fact page's */

/* Fact page, section 4. */
static const struct sim_rule rules[] = {
    {"Line_Enable_#_", {16}, YES_NO},
    {"User_ID_#_", {16}, TEXT},
    {"Auth_ID_#_", {16}, TEXT},
    {"Use_Auth_ID_#_", {16}, YES_NO},
    {"Password_#_", {16}, TEXT},
    {"Display_Name_#_", {16}, TEXT},
    {"Proxy_#_", {16}, TEXT},
    {"Alternate_Proxy_#_", {16}, TEXT},
    {"Use_Outbound_Proxy_#_", {16}, YES_NO},
    {"Outbound_Proxy_#_", {16}, TEXT},
    {"Alternate_Outbound_Proxy_#_", {16}, TEXT},
    {"SIP_Transport_#_", {16}, SIM_RULE_WORDS, 0, 0, "UDP TCP TLS AUTO", false},
    {"Register_Expires_#_", {16}, SIM_RULE_NUMBER, 1, 2147483, NULL, false},
    {"Use_DNS_SRV_#_", {16}, YES_NO},
    {"Register_#_", {16}, YES_NO},
    {"Auth_Resync-Reboot_#_", {16}, YES_NO},
    {"Use_Pref_Codec_Only_#_", {16}, YES_NO},
    {"Preferred_Codec_#_", {16}, TEXT},
    {"Second_Preferred_Codec_#_", {16}, TEXT},
    {"Third_Preferred_Codec_#_", {16}, TEXT},
    {"Extension_#_", {99}, TEXT},
    {"Short_Name_#_", {99}, TEXT},
    {"Extended_Function_#_", {99}, TEXT},
    {"Unit_#_Key_#_", {9, 99}, TEXT},
    {"Unit_#_Key_#", {9, 99}, TEXT},
    {"Provision_Enable", {0}, YES_NO},
    {"Profile_Rule", {0}, TEXT},
    {"Profile_Rule --uid", {0}, TEXT},
    {"Profile_Rule --pwd", {0}, TEXT},
    {"Profile_Rule_B", {0}, TEXT},
    {"Profile_Rule_C", {0}, TEXT},
    {"Profile_Rule_D", {0}, TEXT},
    {"Resync_On_Reset", {0}, YES_NO},
    {"Resync_Periodic", {0}, SIM_RULE_NUMBER, 0, 999999999, NULL, false},
    {"Resync_From_SIP", {0}, YES_NO},
    {"Upgrade_Enable", {0}, YES_NO},
    {"Upgrade_Rule", {0}, TEXT},
    {"Admin_Passwd", {0}, TEXT},
    {"Admin_Password", {0}, TEXT},
    {"User_Password", {0}, TEXT},
    {"Primary_NTP_Server", {0}, TEXT},
    {"Secondary_NTP_Server", {0}, TEXT},
    {"Time_Zone", {0}, TEXT},
    {"Daylight_Saving_Time_Rule", {0}, TEXT},
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
    return sim_cisco_config_parse(text, len, ret_config, ret_fault);
}

/* --- what the parameters mean ---------------------------------------------------------------- */

static const char *account_text(const struct sim_phone *phone, int index, const char *name)
{
    char key[64];
    snprintf(key, sizeof key, "%s_%d_", name, index);
    return sim_phone_value(phone, key);
}

static bool is_word(const char *value, const char *word)
{
    return value != NULL && strcmp(value, word) == 0;
}

static struct sim_account account_of(const struct sim_phone *phone, int index)
{
    struct sim_account account = {
        .index = index,
        .enable = is_word(account_text(phone, index, "Line_Enable"), "Yes") &&
                  account_text(phone, index, "User_ID") != NULL,
        .label = account_text(phone, index, "Short_Name"),
        .display_name = account_text(phone, index, "Display_Name"),
        .user_name = account_text(phone, index, "User_ID"),
        .password = account_text(phone, index, "Password"),
        .expires_s = 3600,
        .proxy_enable = is_word(account_text(phone, index, "Use_Outbound_Proxy"), "Yes"),
        .srtp = is_word(sim_phone_value(phone, "Secure_Call_Setting"), "Yes"),
    };
    const char *transport = account_text(phone, index, "SIP_Transport");
    const char *expires = account_text(phone, index, "Register_Expires");
    account.transport = is_word(transport, "TCP") ? 1 : is_word(transport, "TLS") ? 2 : 0;
    if (expires != NULL)
        (void)sim_int_parse(expires, &account.expires_s);
    if (!is_word(account_text(phone, index, "Use_Auth_ID"), "No"))
        account.auth_name = account_text(phone, index, "Auth_ID");
    sim_host_port_split(account_text(phone, index, "Proxy"), account.server, sizeof account.server,
                        &account.port);
    sim_host_port_split(account_text(phone, index, "Outbound_Proxy"), account.proxy,
                        sizeof account.proxy, &account.proxy_port);
    return account;
}

/* The rule, macros and all. */
static char *server_url(const struct sim_phone *phone)
{
    const char *rule = sim_phone_value(phone, "Profile_Rule");
    return rule == NULL ? NULL : sim_url_trimmed(rule);
}

static int repeat_min(const struct sim_phone *phone)
{
    const char *period = sim_phone_value(phone, "Resync_Periodic");
    int value = 3600;
    if (period != NULL && !sim_int_parse(period, &value))
        value = 3600;
    return value > 0 && value < 60 ? 1 : value / 60;
}

/* reboot_now is a cold boot and restart_now a warm one; Resync_From_SIP lets any of them in. */
static enum sim_wish wish_of(const struct sim_phone *phone, const char *event, bool asks_reboot)
{
    if (is_word(sim_phone_value(phone, "Resync_From_SIP"), "No"))
        return SIM_WISH_NONE;
    bool is_boot = strcmp(event, "reboot_now") == 0 || strcmp(event, "restart_now") == 0;
    return is_boot || asks_reboot ? SIM_WISH_REBOOT : SIM_WISH_SYNC;
}

static bool challenges(const struct sim_phone *phone, int account, enum sim_wish wish)
{
    (void)wish;
    return !is_word(account_text(phone, account, "Auth_Resync-Reboot"), "No");
}

/* "Extended_Function_3_", "Unit_1_Key_2_" */
static bool key_of(const struct sim_parameter *parameter, char *ret_name, size_t size)
{
    if (strncmp(parameter->key, "Extended_Function_", 18) != 0 &&
        (strncmp(parameter->key, "Unit_", 5) != 0 || strstr(parameter->key, "_Key_") == NULL))
        return false;
    snprintf(ret_name, size, "%s", parameter->key);
    return true;
}

static void key_print(struct sim_json *json, const struct sim_phone *phone, const char *name)
{
    int index = 0;
    sim_json_text(json, "key", name);
    sim_json_text(json, "value", sim_phone_value(phone, name));
    if (sscanf(name, "Extended_Function_%d_", &index) == 1)
        sim_json_text(json, "label", account_text(phone, index, "Short_Name"));
}

static void mac_upper(const struct sim_phone *phone, char *ret_mac)
{
    for (int i = 0; i < 13; i++)
        ret_mac[i] = phone->mac[i] >= 'a' && phone->mac[i] <= 'f'
                         ? (char)(phone->mac[i] - 'a' + 'A')
                         : phone->mac[i];
}

/* "Cisco/SPA508G-7.4.4 (0002FDFF2103)(CBT141400UK)", "Cisco-CP-8841-3PCC/11.0 (00562b043615)" */
static void agent_print(struct sim_buf *out, const struct sim_phone *phone, bool is_sip)
{
    char mac[13];
    const char *model = phone->model->name;
    mac_upper(phone, mac);
    if (strncmp(model, "CP-", 3) == 0)
        sim_buf_format(out, "Cisco-%s/%s%s%s%s", model, phone->firmware, is_sip ? "" : " (",
                       is_sip ? "" : phone->mac, is_sip ? "" : ")");
    else if (is_sip)
        sim_buf_format(out, "Cisco/%s-%s", model, phone->firmware);
    else
        sim_buf_format(out, "Cisco/%s-%s (%s)(" SERIAL ")", model, phone->firmware, mac);
}

/* --- a round --------------------------------------------------------------------------------- */

static char *rule_expanded(const struct sim_phone *phone, const char *rule)
{
    char upper[13], colons[18] = "";
    const char *name = phone->model->name;
    size_t skip = strncmp(name, "SPA", 3) == 0 || strncmp(name, "CP-", 3) == 0 ? 3 : 0;
    mac_upper(phone, upper);
    for (int i = 0; i < 12; i += 2)
        snprintf(colons + strlen(colons), 4, "%s%.2s", i == 0 ? "" : ":", phone->mac + i);
    const struct sim_macro macros[] = {
        {"$MAU", upper}, {"$MAC", colons}, {"$MA", phone->mac},         {"$PSN", name + skip},
        {"$PN", name},   {"$SN", SERIAL},  {"$SWVER", phone->firmware}, {NULL, NULL},
    };
    return sim_expanded(rule, macros);
}

static void rule_follow(struct sim_round *round, const char *rule)
{
    char *file = rule_expanded(round->phone, rule);
    (void)sim_round_take(round, file, true);
    free(file);
}

/*
 * The factory's rule below the URL that the phone was led to: /spa$PSN.cfg, /$PN.cfg. Once there is
 * a Profile_Rule: that, then B, C and D where they are set.
 */
static void run(struct sim_round *round)
{
    static const char *const others[] = {"Profile_Rule_B", "Profile_Rule_C", "Profile_Rule_D"};
    if (!sim_url_names_file(round->server_url)) {
        rule_follow(round,
                    strncmp(round->phone->model->name, "CP-", 3) == 0 ? "$PN.cfg" : "spa$PSN.cfg");
        return;
    }
    rule_follow(round, round->server_url);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        const char *rule = sim_phone_value(round->phone, others[i]);
        if (rule != NULL)
            rule_follow(round, rule);
    }
}

const struct sim_maker sim_maker_cisco = {
    .name = "cisco",
    .default_model = "CP-8841-3PCC",
    .default_firmware = "11.0",
    .user_parameter = "Profile_Rule --uid",
    .password_parameter = "Profile_Rule --pwd",
    .events = "resync, reboot_now, restart_now, check-sync",
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
