/*
 * beckon cert-rule add, list, delete: how certificates of makers that we do not know, or of the
 * operator's own CA, name their phones. The built-in rules are listed beside the operator's.
 */
#include "commands.h"
#include "store/store_cert_rule.h"
#include "vendor/vendor.h"

enum bk_err cli_cert_rules_read(struct cli *cli, struct bk_cert_rules *ret_rules)
{
    struct bk_store store = cli_store(cli);
    struct bk_str text;
    enum bk_err err = bk_store_cert_rule_table(&store, &text);
    if (err == BK_OK)
        err = bk_cert_rules_parse(text, "app.cert_rule", ret_rules, &cli->detail);
    return err;
}

static json_t *rule_json(const struct bk_cert_rule *rule)
{
    const bool is_built_in = bk_cert_rule_find(NULL, bk_str_of(rule->name)) != NULL;
    return json_pack("{s:s, s:s, s:s, s:s, s:b, s:s}", "name", rule->name, "maker", rule->maker,
                     "scope", is_built_in ? "built-in" : "operator", "subject", rule->subject,
                     "is_generic", rule->is_generic, "source", rule->source);
}

static const struct cli_column columns[] = {
    {"name", "rule"},          {"maker", "maker"},     {"scope", "scope"},
    {"is_generic", "generic"}, {"subject", "subject"}, {0},
};

/* ---- add ---- */

static const struct cli_option add_options[] = {
    {"maker", CLI_VALUE, true, "MAKER", "whose phones: the maker of their devices"},
    {"subject", CLI_VALUE, true, "FORM", "what such a certificate's subject is, see above"},
    {"generic", CLI_FLAG, false, NULL, "a form that many phones share: it proves nothing"},
    {"source", CLI_VALUE, false, "TEXT", "where you have it from; for people"},
    {0},
};

static enum bk_err run_add(struct cli *cli)
{
    const char *source = cli_value(cli, "source");
    const struct bk_cert_rule_text text = {
        .name = bk_str_of(cli_operand(cli, 0)),
        .maker = bk_str_of(cli_value(cli, "maker")),
        .subject = bk_str_of(cli_value(cli, "subject")),
        .source = source != NULL ? bk_str_of(source) : BK_STR(""),
        .is_generic = cli_has(cli, "generic"),
    };
    struct bk_cert_rules none = {0};
    struct bk_cert_rule rule;
    int64_t rule_id;
    enum bk_err err = cli_catalog(cli);
    if (err == BK_OK)
        err = bk_cert_rule_parse(&text, &rule, &cli->detail);
    if (err == BK_OK) /* tells a name that is built in */
        err = bk_cert_rules_add(&none, &rule, &cli->detail);
    bk_cert_rules_free(&none);
    if (err != BK_OK)
        return err;
    cli->subject = bk_arena_printf(cli->arena, "issuer rule %s", rule.name).ptr;
    err = cli_begin_plain(cli);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = bk_store_cert_rule_add(&store, text.name, text.maker, text.subject, text.is_generic,
                                     text.source, &rule_id);
    if (err == BK_OK)
        err = cli_audit(cli, 0, "cert_rule.create", text.name, rule_json(&rule));
    err = cli_end(cli, err);
    if (err == BK_OK)
        cli_answer(cli, rule_json(&rule), NULL, columns, NULL);
    return err;
}

const struct cli_command cli_cmd_cert_rule_add = {
    .name = "cert-rule add",
    .operands = "NAME",
    .operand_min = 1,
    .operand_max = 1,
    .options = add_options,
    .summary = "tell how a CA names phones",
    .text =
        "Adds an issuer rule of your own, to be named by a trust root of yours or of a tenant's.\n"
        "FORM is \"FIELD=TEXT; FIELD=TEXT\" with FIELD one of CN serialNumber O OU L ST C. Each\n"
        "must stand exactly once in the certificate and be TEXT as a whole, apart from\n"
        "  {mac}        12 hexadecimal digits; {mac-lower}, {mac-upper}: of this case only\n"
        "  {mac-uuid}   8-4-4-4-12 hexadecimal digits, the MAC last\n"
        "  {model}      1 to 32 letters, digits, '-' and '_'\n"
        "  {serial}     the same\n"
        "  {none}       as the whole TEXT: the field must not stand at all\n"
        "What is written twice must be the same twice. A maker needs no driver: its phones are\n"
        "then known, and refused for want of files. beckon-config takes a rule up within its\n"
        "trust.refresh_s.",
    .example = "beckon cert-rule add grandstream-own --maker grandstream --subject "
               "'CN={mac}; O=Example Ltd'",
    .run = run_add,
};

/* ---- list ---- */

static const struct cli_option no_options[] = {{0}};

static enum bk_err run_list(struct cli *cli)
{
    struct bk_cert_rules own = {0};
    enum bk_err err = cli_catalog(cli);
    if (err == BK_OK)
        err = cli_begin_plain(cli);
    if (err == BK_OK)
        err = cli_cert_rules_read(cli, &own);
    err = cli_end(cli, err);
    if (err != BK_OK)
        return err;
    json_t *answer = json_object(), *rows = json_array();
    const struct bk_cert_rule *rule;
    for (size_t i = 0; (rule = bk_cert_rule_at(&own, i)) != NULL; i++)
        json_array_append_new(rows, rule_json(rule));
    bk_cert_rules_free(&own);
    json_object_set_new(answer, "cert_rules", rows);
    cli_answer(cli, answer, "cert_rules", columns, "no rule");
    return BK_OK;
}

const struct cli_command cli_cmd_cert_rule_list = {
    .name = "cert-rule list",
    .operands = "",
    .options = no_options,
    .summary = "list how CAs name phones",
    .text =
        "Lists the issuer rules, the built-in ones first. JSON: {\"cert_rules\": [{name, maker, "
        "scope,\nsubject, is_generic, source}]}, scope \"built-in\" or \"operator\".",
    .example = "beckon cert-rule list",
    .run = run_list,
};

/* ---- delete ---- */

static enum bk_err run_delete(struct cli *cli)
{
    const char *name = cli_operand(cli, 0);
    enum bk_err err = cli_catalog(cli);
    if (err != BK_OK)
        return err;
    if (bk_cert_rule_find(NULL, bk_str_of(name)) != NULL) {
        bk_detail_set(&cli->detail, "%.64s is built in and stays", name);
        return BK_ERR_INVALID;
    }
    err = cli_begin_plain(cli);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = bk_store_cert_rule_delete(&store, bk_str_of(name));
    if (err == BK_ERR_NOT_FOUND)
        bk_detail_set(&cli->detail, "no rule \"%.64s\"; `beckon cert-rule list` lists them", name);
    if (err == BK_OK)
        err = cli_audit(cli, 0, "cert_rule.delete", bk_str_of(name), json_object());
    err = cli_end(cli, err);
    if (err == BK_OK)
        cli_answer(cli, json_pack("{s:s}", "name", name), NULL, columns, NULL);
    return err;
}

const struct cli_command cli_cmd_cert_rule_delete = {
    .name = "cert-rule delete",
    .operands = "NAME",
    .operand_min = 1,
    .operand_max = 1,
    .options = no_options,
    .summary = "forget a rule of your own",
    .text = "Deletes an issuer rule of your own. One that a trust root names stays: give the root "
            "other\nrules first (`beckon trust-root import` it again), or delete it.",
    .example = "beckon cert-rule delete grandstream-own",
    .run = run_delete,
};
