/*
 * beckon trust-root import, trust-root list: whose certificates prove a phone.
 */
#include <string.h>

#include "base/option.h"
#include "commands.h"
#include "store/store_trust_root.h"
#include "vendor/vendor.h"
#include "web/auth_cert.h"

#define FILE_BYTES_MAX (256 * 1024)
#define CERT_MAX 64

static const struct cli_option import_options[] = {
    {"maker", CLI_VALUE, true, "MAKER", "maker whose phones this CA vouches for: yealink, poly, …"},
    {"rule", CLI_REPEATED, false, "NAME",
     "how this CA names phones (`beckon cert-rule list`); default: every rule of the maker"},
    {"tenant", CLI_VALUE, false, "T",
     "for the devices of this tenant only; default: of all tenants"},
    {"legacy", CLI_FLAG, false, NULL, "for legacy listeners (TLS 1.0), and only for them"},
    {0},
};

struct import {
    struct bk_str maker;
    int64_t tenant_id;        /* 0: the operator's */
    struct bk_cert_rules own; /* the operator's rules */
    json_t *rules, *roots;    /* rules: names; roots: of the answer */
    struct bk_str rules_json;
};

/* May a root of this maker name the rule? */
static bool is_of(const struct import *import, const struct bk_cert_rule *rule)
{
    return !rule->is_generic && bk_str_eq(import->maker, bk_str_of(rule->maker));
}

static enum bk_err check_maker(struct cli *cli, const struct import *import)
{
    const struct bk_cert_rule *rule;
    struct bk_str known = BK_STR("");
    if (bk_cert_rules_know(&import->own, import->maker))
        return BK_OK;
    for (size_t i = 0; (rule = bk_cert_rule_at(&import->own, i)) != NULL; i++) {
        if (!rule->is_generic && bk_words_find(known.ptr, bk_str_of(rule->maker)) < 0)
            known = bk_arena_printf(cli->arena, "%.*s %s", BK_STR_ARG(known), rule->maker);
    }
    bk_detail_set(&cli->detail,
                  "--maker: no issuer rule is for \"%.32s\"; there are some for:%.*s "
                  "(`beckon cert-rule add` makes another)",
                  import->maker.ptr, BK_STR_ARG(known));
    return BK_ERR_INVALID;
}

/* --rule …, or every rule of the maker. */
static enum bk_err choose_rules(struct cli *cli, struct import *import)
{
    const struct bk_cert_rule *rule;
    struct bk_str known = BK_STR("");
    size_t cursor = 0;
    const char *name;
    import->rules = json_array();
    while ((name = cli_args_next(&cli->args, "rule", &cursor)) != NULL) {
        rule = bk_cert_rule_find(&import->own, bk_str_of(name));
        if (rule == NULL || !is_of(import, rule))
            break;
        json_array_append_new(import->rules, json_string(name));
    }
    const bool wants_all = name == NULL && json_array_size(import->rules) == 0;
    for (size_t i = 0; (rule = bk_cert_rule_at(&import->own, i)) != NULL; i++) {
        if (!is_of(import, rule))
            continue;
        known = bk_arena_printf(cli->arena, "%.*s %s", BK_STR_ARG(known), rule->name);
        if (wants_all)
            json_array_append_new(import->rules, json_string(rule->name));
    }
    import->rules_json = cli_json_dump(cli->arena, import->rules);
    if (name == NULL)
        return BK_OK;
    bk_detail_set(&cli->detail, "--rule: %s has no rule \"%.64s\"; there are:%.*s",
                  import->maker.ptr, name, BK_STR_ARG(known));
    return BK_ERR_INVALID;
}

static enum bk_err import_one(struct cli *cli, struct import *import, struct bk_str pem)
{
    struct bk_store store = cli_store(cli);
    struct bk_store_trust_root root = {.tenant_id = import->tenant_id,
                                       .maker = import->maker,
                                       .rules_json = import->rules_json,
                                       .is_legacy = cli_has(cli, "legacy")};
    struct bk_cert_root read;
    int64_t root_id = 0;
    enum bk_err err = bk_cert_root_read(cli->arena, pem, &read, &cli->detail);
    if (err != BK_OK)
        return err;
    root.name = read.name;
    root.der = read.der;
    root.not_after_s = read.not_after_s;
    err = bk_store_trust_root_add(&store, &root, &root_id);
    if (err != BK_OK)
        return err;
    json_t *one = json_object();
    json_object_set_new(one, "root_id", json_integer(root_id));
    json_object_set_new(one, "scope", json_string(import->tenant_id == 0 ? "operator" : "tenant"));
    json_object_set_new(one, "name", cli_json_text(root.name));
    json_object_set_new(one, "maker", json_string(import->maker.ptr));
    json_object_set(one, "rules", import->rules);
    json_object_set_new(one, "is_legacy", json_boolean(root.is_legacy));
    json_array_append_new(import->roots, one);
    return BK_OK;
}

/* Every certificate of a PEM file, or the one of a DER file. */
static enum bk_err import_all(struct cli *cli, struct import *import, struct bk_str text)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";
    const char *at = text.ptr, *from, *to;
    size_t count = 0;
    enum bk_err err = BK_OK;
    if (strlen(text.ptr) != text.len || strstr(text.ptr, begin) == NULL)
        return import_one(cli, import, text);
    while (err == BK_OK && (from = strstr(at, begin)) != NULL) {
        to = strstr(from, end);
        if (to == NULL || ++count > CERT_MAX) {
            bk_detail_set(&cli->detail, to == NULL ? "a certificate has no END line"
                                                   : "more than 64 certificates in one file");
            return BK_ERR_INVALID;
        }
        at = to + sizeof end - 1;
        err = import_one(cli, import, (struct bk_str){from, (size_t)(at - from)});
    }
    return err;
}

static const struct cli_column columns[] = {
    {"root_id", "root"},     {"scope", "scope"},      {"maker", "maker"},
    {"rules", "rules"},      {"not_after", "until"},  {"is_enabled", "enabled"},
    {"is_legacy", "legacy"}, {"name", "certificate"}, {0}};

static enum bk_err run_import(struct cli *cli)
{
    static const struct cli_column imported[] = {{"root_id", "root"},     {"scope", "scope"},
                                                 {"maker", "maker"},      {"rules", "rules"},
                                                 {"name", "certificate"}, {0}};
    struct import import = {0};
    struct cli_tenant tenant = {0};
    struct bk_str text;
    const bool is_tenants = cli_has(cli, "tenant");
    enum bk_err err = cli_catalog(cli);
    if (err == BK_OK)
        err = cli_file_read(cli, cli_operand(cli, 0), FILE_BYTES_MAX, &text);
    if (err != BK_OK)
        return err;
    import.maker = bk_str_of(cli_value(cli, "maker"));
    import.roots = json_array();
    cli->subject = "trust root";
    err = is_tenants ? cli_begin(cli, &tenant) : cli_begin_plain(cli);
    import.tenant_id = tenant.tenant_id;
    if (err == BK_OK)
        err = cli_cert_rules_read(cli, &import.own);
    if (err == BK_OK)
        err = check_maker(cli, &import);
    if (err == BK_OK)
        err = choose_rules(cli, &import);
    if (err == BK_OK)
        err = import_all(cli, &import, text);
    if (err == BK_OK)
        err = cli_audit(cli, import.tenant_id, "trust_root.import", BK_STR(""),
                        json_incref(import.roots));
    err = cli_end(cli, err);
    if (err == BK_OK) {
        json_t *answer = json_object();
        json_object_set(answer, "trust_roots", import.roots);
        cli_answer(cli, answer, "trust_roots", imported, "no certificate in the file");
    }
    bk_cert_rules_free(&import.own);
    json_decref(import.rules);
    json_decref(import.roots);
    return err;
}

static const struct cli_option list_options[] = {
    {"tenant", CLI_VALUE, false, "T", "this tenant's own too"},
    {0},
};

static enum bk_err run_list(struct cli *cli)
{
    struct cli_tenant tenant = {0};
    struct bk_str text;
    json_t *rows = NULL;
    enum bk_err err = cli_has(cli, "tenant") ? cli_begin(cli, &tenant) : cli_begin_plain(cli);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = bk_store_trust_root_list(&store, tenant.tenant_id, &text);
    if (err == BK_OK)
        err = cli_json_load(cli, text, &rows);
    err = cli_end(cli, err);
    if (err != BK_OK)
        return err;
    json_t *answer = json_object();
    json_object_set_new(answer, "trust_roots", rows);
    cli_answer(cli, answer, "trust_roots", columns,
               "no trust root; no phone is served until `beckon trust-root import` brings one");
    return BK_OK;
}

const struct cli_command cli_cmd_trust_root_import = {
    .name = "trust-root import",
    .operands = "FILE.pem",
    .operand_min = 1,
    .operand_max = 1,
    .options = import_options,
    .summary = "trust a maker's CA",
    .text =
        "Lets certificates under a CA prove phones of one maker: every certificate of the PEM "
        "file\n"
        "(or the one of a DER file), which must be CA certificates that have not expired. Without\n"
        "--tenant the root is the operator's and counts for every tenant; with it the root "
        "vouches\n"
        "for that tenant's devices only. A root that is there already gets the maker and rules "
        "given\n"
        "now. Legacy listeners believe the roots imported with --legacy, all others the rest.\n"
        "beckon-config takes it up within its trust.refresh_s.",
    .example = "beckon trust-root import yealink-root.pem --maker yealink",
    .run = run_import,
};

const struct cli_command cli_cmd_trust_root_list = {
    .name = "trust-root list",
    .operands = "",
    .options = list_options,
    .summary = "list the CAs that prove phones",
    .text = "Lists the operator's trust roots, and with --tenant that tenant's own. JSON: "
            "{\"trust_roots\":\n"
            "[{root_id, scope, name, maker, rules, sha256, not_after, is_enabled,\n"
            "is_legacy}]}.",
    .example = "beckon trust-root list",
    .run = run_list,
};
