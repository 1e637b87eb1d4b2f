/*
 * beckon policy show, policy set: what phones of a tenant, or of a profile, may have, and when.
 */
#include "base/option.h"
#include "commands.h"
#include "store/store_identity.h"

/* The keys of app.is_policy (migrations/0022_identity.sql), which judges again. */
static const struct bk_option keys[] = {
    {"enrolment", BK_T_ENUM, 0, 0, NULL, "how a phone without a certificate begins",
     "off token address token_and_address"},
    {"enrolment_hours", BK_T_INT, 1, 720, NULL, "how long a token, or a claim at its site, holds",
     NULL},
    {"enrolment_secret", BK_T_ENUM, 0, 0, NULL, "how such a phone proves itself afterwards",
     "url basic digest"},
    {"reset", BK_T_ENUM, 0, 0, NULL,
     "a phone that comes with its token again after a factory reset", "refuse reenrol"},
    {"serving", BK_T_ENUM, 0, 0, NULL, "armed: files only in a window, or for a new revision",
     "always armed"},
    {"armed_hours", BK_T_INT, 1, 720, NULL, "the window, from the claim on and when it is opened",
     NULL},
    {"networks_per_day_max", BK_T_INT, 0, 1000, NULL,
     "more networks than this in a day quarantine; 0: any number", NULL},
    {0},
};

/* ---- show ---- */

static const struct cli_option show_options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant"},
    {"profile", CLI_VALUE, false, "P", "as it holds for phones of this profile"},
    {0},
};

static const struct cli_column columns[] = {
    {"key", "policy"}, {"value", "value"}, {"set_by", "set by"}, {"help", ""}, {0}};

struct policy {
    json_t *defaults, *tenant, *profile;
};

static void policy_free(struct policy *policy)
{
    json_decref(policy->defaults);
    json_decref(policy->tenant);
    json_decref(policy->profile);
}

static enum bk_err read_policy(struct cli *cli, const struct cli_tenant *tenant,
                               struct policy *ret_policy)
{
    struct bk_store store = cli_store(cli);
    const char *profile = cli_value(cli, "profile");
    struct bk_store_policy text;
    enum bk_err err = bk_store_policy_read(
        &store, tenant->tenant_id, profile == NULL ? BK_STR_NONE : bk_str_of(profile), &text);
    if (err == BK_ERR_NOT_FOUND)
        bk_detail_set(&cli->detail,
                      "tenant %.*s has no profile \"%.64s\"; `beckon setting set --profile NAME "
                      "--create …` makes one",
                      BK_STR_ARG(tenant->name), profile == NULL ? "" : profile);
    if (err == BK_OK)
        err = cli_json_load(cli, text.defaults, &ret_policy->defaults);
    if (err == BK_OK)
        err = cli_json_load(cli, text.tenant, &ret_policy->tenant);
    if (err == BK_OK)
        err = cli_json_load(cli, text.profile, &ret_policy->profile);
    return err;
}

static json_t *rows_of(const struct policy *policy)
{
    json_t *rows = json_array();
    for (const struct bk_option *key = keys; key->key != NULL; key++) {
        const char *set_by = "profile";
        json_t *value = json_object_get(policy->profile, key->key);
        if (value == NULL) {
            set_by = "tenant";
            value = json_object_get(policy->tenant, key->key);
        }
        if (value == NULL) {
            set_by = "default";
            value = json_object_get(policy->defaults, key->key);
        }
        json_array_append_new(rows, json_pack("{s:s, s:O?, s:s, s:s}", "key", key->key, "value",
                                              value, "set_by", set_by, "help", key->help));
    }
    return rows;
}

static enum bk_err run_show(struct cli *cli)
{
    struct cli_tenant tenant;
    struct policy policy = {0};
    enum bk_err err = cli_begin(cli, &tenant);
    if (err == BK_OK)
        err = read_policy(cli, &tenant, &policy);
    err = cli_end(cli, err);
    if (err == BK_OK)
        cli_answer(cli, json_pack("{s:o}", "policy", rows_of(&policy)), "policy", columns, "");
    policy_free(&policy);
    return err;
}

const struct cli_command cli_cmd_policy_show = {
    .name = "policy show",
    .operands = "",
    .options = show_options,
    .summary = "show what phones may have, and when",
    .text = "Shows a tenant's policy as it holds, or with --profile as it holds for phones of that "
            "profile,\n"
            "with who sets each key. JSON: {\"policy\": [{key, value, set_by, help}]}, set_by "
            "\"default\",\n\"tenant\" or \"profile\".",
    .example = "beckon policy show --tenant acme",
    .run = run_show,
};

/* ---- set ---- */

static const struct cli_option set_options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant; alone: for all its phones"},
    {"profile", CLI_VALUE, false, "P", "for phones of this profile; overrides the tenant's"},
    {0},
};

/* "KEY=VALUE", or "KEY=" to take it out. */
static enum bk_err change(struct cli *cli, json_t *policy, const char *text)
{
    struct bk_str value = bk_str_of(text);
    struct bk_option_value parsed;
    struct bk_str name = bk_str_cut(&value, '=');
    ptrdiff_t at = bk_option_find(keys, name);
    if (at < 0 || name.len == bk_str_of(text).len) {
        struct bk_str known = BK_STR("");
        for (const struct bk_option *key = keys; key->key != NULL; key++)
            known = bk_arena_printf(cli->arena, "%.*s %s", BK_STR_ARG(known), key->key);
        bk_detail_set(&cli->detail, "\"%.64s\": want KEY=VALUE with KEY one of%.*s", text,
                      BK_STR_ARG(known));
        return BK_ERR_INVALID;
    }
    if (value.len == 0) {
        json_object_del(policy, keys[at].key);
        return BK_OK;
    }
    enum bk_err err = bk_option_parse(&keys[at], value, &parsed, &cli->detail);
    if (err == BK_OK)
        json_object_set_new(policy, keys[at].key,
                            keys[at].type == BK_T_INT ? json_integer(parsed.number)
                                                      : cli_json_text(value));
    return err;
}

static enum bk_err write_policy(struct cli *cli, const struct cli_tenant *tenant,
                                struct policy *policy)
{
    struct bk_store store = cli_store(cli);
    const char *profile = cli_value(cli, "profile");
    json_t *own = profile == NULL ? policy->tenant : policy->profile;
    enum bk_err err = BK_OK;
    for (size_t i = 0; err == BK_OK && i < cli->args.operand_count; i++)
        err = change(cli, own, cli_operand(cli, i));
    if (err == BK_OK)
        err = bk_store_policy_write(&store, tenant->tenant_id,
                                    profile == NULL ? BK_STR_NONE : bk_str_of(profile),
                                    cli_json_dump(cli->arena, own));
    if (err == BK_OK)
        err = cli_audit(
            cli, tenant->tenant_id, "policy.set",
            profile == NULL ? tenant->name : bk_str_of(profile),
            json_pack("{s:s, s:O}", "of", profile == NULL ? "tenant" : "profile", "policy", own));
    return err;
}

static enum bk_err run_set(struct cli *cli)
{
    struct cli_tenant tenant;
    struct policy policy = {0};
    enum bk_err err = cli_begin(cli, &tenant);
    if (err == BK_OK)
        err = read_policy(cli, &tenant, &policy);
    if (err == BK_OK)
        err = write_policy(cli, &tenant, &policy);
    err = cli_end(cli, err);
    if (err == BK_OK)
        cli_answer(cli, json_pack("{s:o}", "policy", rows_of(&policy)), "policy", columns, "");
    policy_free(&policy);
    return err;
}

const struct cli_command cli_cmd_policy_set = {
    .name = "policy set",
    .operands = "KEY=VALUE…",
    .operand_min = 1,
    .operand_max = 16,
    .options = set_options,
    .summary = "decide what phones may have, and when",
    .text =
        "Sets keys of a tenant's policy, or of a profile's, which overrides it key by key; KEY= "
        "takes one\n"
        "out. They hold from the next request on:\n"
        "  enrolment=off|token|address|token_and_address  how a phone without a certificate "
        "begins\n"
        "  enrolment_hours=1..720                         how long a token holds\n"
        "  enrolment_secret=url|basic|digest              how such a phone proves itself "
        "afterwards\n"
        "  reset=refuse|reenrol                           it comes with its token after a reset\n"
        "  serving=always|armed                           armed: in a window, or for a new "
        "revision\n"
        "  armed_hours=1..720                             that window\n"
        "  networks_per_day_max=0..1000                   more in a day quarantine; 0: any number\n"
        "Addresses are those of the device's site (`beckon site addresses`).",
    .example = "beckon policy set --tenant acme enrolment=token serving=armed",
    .run = run_set,
};
