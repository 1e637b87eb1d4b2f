/*
 * beckon key-rule set, list, preview: keys that follow people, of a phone or of a key template.
 */
#include "commands.h"
#include "device.h"
#include "spec.h"
#include "store/store_device.h"
#include "store/store_key_rule.h"
#include "store/store_key_template.h"
#include "store/store_setting.h"
#include "vendor/limits.h"

enum { RULE_MAX = 16 };

#define TENANT_OPTION \
    { \
        "tenant", CLI_VALUE, true, "T", "name of the tenant" \
    }
#define OWNER_OPTIONS \
    {"device", CLI_VALUE, false, "MAC", "the phone whose rules these are"}, \
    { \
        "template", CLI_VALUE, false, "NAME", "or the key template" \
    }

#define RULE_TEXT \
    "A RULE is PANEL/SLOT+COUNT=KIND: COUNT keys from SLOT on, of KIND blf or speed_dial, hold " \
    "one\n" \
    "person each, by name: whoever has a line on a phone at the same site as this phone, but for " \
    "its\n" \
    "own accounts and for those that none of its lines reaches. Then, with commas between, " \
    "line=N:\n" \
    "the line to use; site=NAME: those of another site; everyone: those of the whole tenant.\n"

static enum bk_err find_device(struct cli *cli, const struct cli_tenant *tenant, const char *text,
                               int64_t *ret_id)
{
    struct bk_store store = cli_store(cli);
    struct bk_str mac;
    enum bk_err err = cli_mac(cli, text, &mac);
    if (err != BK_OK)
        return err;
    err = bk_store_device_find(&store, tenant->tenant_id, mac, ret_id);
    if (err == BK_ERR_NOT_FOUND)
        bk_detail_set(&cli->detail,
                      "tenant %.*s has no device %.*s; `beckon device list` lists them",
                      BK_STR_ARG(tenant->name), BK_STR_ARG(mac));
    return err;
}

static enum bk_err check_owner(struct cli *cli)
{
    if (cli_has(cli, "device") != cli_has(cli, "template"))
        return BK_OK;
    bk_detail_set(&cli->detail, "want --device MAC or --template NAME");
    return BK_ERR_MALFORMED;
}

static enum bk_err find_owner(struct cli *cli, const struct cli_tenant *tenant,
                              struct bk_store_key_owner *ret_owner)
{
    *ret_owner = (struct bk_store_key_owner){0};
    return cli_has(cli, "device")
               ? find_device(cli, tenant, cli_value(cli, "device"), &ret_owner->device_id)
               : cli_key_template_find(cli, tenant, cli_value(cli, "template"),
                                       &ret_owner->key_template_id);
}

/* ---- rules of the command line ---- */

static enum bk_err read_rules(struct cli *cli, size_t first, struct cli_rule_spec *rules)
{
    const size_t count = cli->args.operand_count - first;
    enum bk_err err = BK_OK;
    for (size_t i = 0; err == BK_OK && i < count; i++) {
        err = cli_spec_rule(cli->arena, bk_str_of(cli_operand(cli, first + i)), &rules[i],
                            &cli->detail);
        for (size_t j = 0; err == BK_OK && j < i; j++) {
            const struct bk_phone_key *one = &rules[i].first, *other = &rules[j].first;
            if (one->panel != other->panel || one->module != other->module ||
                one->slot >= other->slot + rules[j].count ||
                other->slot >= one->slot + rules[i].count)
                continue;
            bk_detail_set(&cli->detail, "RULE: \"%.64s\" and \"%.64s\" have keys in common",
                          cli_operand(cli, first + j), cli_operand(cli, first + i));
            err = BK_ERR_INVALID;
        }
    }
    return err;
}

/* As the store takes it: the site by its id. */
static enum bk_err rule_json(struct cli *cli, const struct cli_tenant *tenant,
                             const struct cli_rule_spec *rule, json_t **ret_json)
{
    struct bk_store store = cli_store(cli);
    struct bk_store_layer site = {0};
    const bool is_at_site = rule->site.len > 0;
    if (is_at_site) {
        enum bk_err err =
            bk_store_layer_read(&store, tenant->tenant_id, BK_LAYER_SITE, rule->site, &site);
        if (err == BK_ERR_NOT_FOUND)
            bk_detail_set(&cli->detail, "tenant %.*s has no site \"%.*s\"",
                          BK_STR_ARG(tenant->name), rule->site.len > 64 ? 64 : (int)rule->site.len,
                          rule->site.ptr);
        if (err != BK_OK)
            return err;
    }
    const struct bk_phone_key *key = &rule->first;
    *ret_json =
        json_pack("{s:s, s:i, s:i, s:i, s:s, s:i, s:s, s:o}", "panel", cli_panel_name(key->panel),
                  "module", key->module, "slot", key->slot, "count", rule->count, "kind",
                  bk_key_kind_name(key->kind), "line", key->line, "source",
                  rule->is_everyone ? "tenant"
                  : is_at_site      ? "site"
                                    : "own_site",
                  "site_id", is_at_site ? json_integer((json_int_t)site.layer_id) : json_null());
    return BK_OK;
}

/* ---- set ---- */

static const struct cli_option set_options[] = {TENANT_OPTION, OWNER_OPTIONS, {0}};

static enum bk_err put_rules(struct cli *cli, const struct cli_tenant *tenant,
                             const struct cli_rule_spec *rules, size_t count)
{
    struct bk_store store = cli_store(cli);
    struct bk_store_key_owner owner;
    json_t *list = json_array();
    enum bk_err err = find_owner(cli, tenant, &owner);
    for (size_t i = 0; err == BK_OK && i < count; i++) {
        json_t *one = NULL;
        err = rule_json(cli, tenant, &rules[i], &one);
        if (one != NULL)
            json_array_append_new(list, one);
    }
    if (err == BK_OK)
        err = bk_store_key_rules_put(&store, tenant->tenant_id, &owner,
                                     cli_json_dump(cli->arena, list));
    json_decref(list);
    if (err == BK_OK)
        err = cli_limits_check(cli, tenant->tenant_id, owner.device_id, owner.key_template_id);
    return err;
}

static enum bk_err run_set(struct cli *cli)
{
    static const struct cli_column columns[] = {{"of", "rules of"}, {"rules", "rules"}, {0}};
    struct cli_rule_spec rules[RULE_MAX];
    struct cli_tenant tenant;
    int64_t ignored;
    const size_t count = cli->args.operand_count;
    const bool is_device = cli_has(cli, "device");
    const char *of = cli_value(cli, is_device ? "device" : "template");
    enum bk_err err = check_owner(cli);
    if (err == BK_OK)
        err = cli_catalog(cli);
    if (err == BK_OK)
        err = read_rules(cli, 0, rules);
    if (err == BK_OK)
        err = cli_begin(cli, &tenant);
    if (err != BK_OK)
        return err;
    cli->subject = "a rule";
    err = put_rules(cli, &tenant, rules, count);
    json_t *answer = json_pack("{s:s, s:I}", "of", of, "rules", (json_int_t)count);
    if (err == BK_OK)
        err = cli_audit(cli, tenant.tenant_id,
                        is_device ? "device.key_rules" : "key_template.key_rules", bk_str_of(of),
                        json_incref(answer));
    err = cli_end(cli, err);
    if (err == BK_OK)
        err = cli_raise_devices(cli, &ignored);
    if (err == BK_OK)
        cli_answer(cli, answer, NULL, columns, NULL);
    else
        json_decref(answer);
    return err;
}

const struct cli_command cli_cmd_key_rule_set = {
    .name = "key-rule set",
    .operands = "[RULE…]",
    .operand_min = 0,
    .operand_max = RULE_MAX,
    .options = set_options,
    .summary = "fill keys of a phone or template with people, who may change",
    .text =
        "Sets all rules of a phone or key template; without RULE there are none any "
        "more.\n" RULE_TEXT
        "Keys that are set on a phone keep their slot, and people go around them. Whoever comes,\n"
        "leaves or is renamed later makes the phones come for new keys.",
    .example = "beckon key-rule set --tenant acme --template desk line/5+20=blf "
               "module.1/1+60=speed_dial,site=bonn",
    .run = run_set,
};

/* ---- list ---- */

static enum bk_err run_list(struct cli *cli)
{
    static const struct cli_column columns[] = {
        {"panel", "panel"},   {"module", "module"}, {"slot", "from slot"},
        {"count", "keys"},    {"kind", "kind"},     {"line", "line"},
        {"source", "people"}, {"site", "site"},     {0}};
    struct cli_tenant tenant;
    struct bk_store_key_owner owner;
    struct bk_str text = BK_STR_NONE;
    json_t *rules = NULL;
    enum bk_err err = check_owner(cli);
    if (err == BK_OK)
        err = cli_begin(cli, &tenant);
    if (err != BK_OK)
        return err;
    struct bk_store store = cli_store(cli);
    err = find_owner(cli, &tenant, &owner);
    if (err == BK_OK)
        err = bk_store_key_rules_list(&store, tenant.tenant_id, &owner, &text);
    if (err == BK_OK)
        err = cli_json_load(cli, text, &rules);
    err = cli_end(cli, err);
    if (err != BK_OK) {
        json_decref(rules);
        return err;
    }
    cli_answer(cli, json_pack("{s:o}", "rules", rules), "rules", columns,
               "no rules; `beckon key-rule set` makes some");
    return BK_OK;
}

const struct cli_command cli_cmd_key_rule_list = {
    .name = "key-rule list",
    .operands = "",
    .options = set_options,
    .summary = "list the rules of a phone or key template",
    .text = "Lists rules. JSON: {\"rules\": [{panel, module, slot, count, kind, line, source, "
            "site_id,\n"
            "site}]}; source is own_site, site or tenant.",
    .example = "beckon key-rule list --tenant acme --template desk",
    .run = run_list,
};

/* ---- preview ---- */

static const struct cli_option preview_options[] = {
    TENANT_OPTION,
    {"device", CLI_VALUE, true, "MAC", "the phone on which to look at it"},
    {"of-template", CLI_FLAG, false, NULL,
     "as a rule of its key template, around whose keys it goes"},
    {0},
};

static enum bk_err check_limits(struct cli *cli, const struct cli_tenant *tenant, int64_t device_id,
                                const struct cli_rule_spec *rule)
{
    struct bk_store store = cli_store(cli);
    struct bk_phone_key last = rule->first;
    last.slot += rule->count - 1;
    const struct bk_extent extent = bk_extent_of_key(&last);
    const struct bk_store_extent *device;
    size_t count;
    enum bk_err err = bk_store_extents(&store, tenant->tenant_id, device_id, 0, &device, &count);
    const struct bk_vendor *vendor =
        err == BK_OK && count == 1 ? bk_vendor_find(device->vendor) : NULL;
    return vendor == NULL ? err : bk_limits_check(vendor, device->model, &extent, &cli->detail);
}

static enum bk_err run_preview(struct cli *cli)
{
    static const struct cli_column columns[] = {
        {"panel", "panel"}, {"module", "module"}, {"slot", "slot"},   {"kind", "kind"},
        {"line", "line"},   {"value", "value"},   {"label", "label"}, {0}};
    struct cli_rule_spec rule;
    struct cli_tenant tenant;
    struct bk_str text = BK_STR_NONE;
    json_t *row = NULL, *answer = NULL;
    int64_t device_id = 0;
    enum bk_err err = cli_catalog(cli);
    if (err == BK_OK)
        err = read_rules(cli, 0, &rule);
    if (err == BK_OK)
        err = cli_begin(cli, &tenant);
    if (err != BK_OK)
        return err;
    struct bk_store store = cli_store(cli);
    err = find_device(cli, &tenant, cli_value(cli, "device"), &device_id);
    if (err == BK_OK)
        err = check_limits(cli, &tenant, device_id, &rule);
    if (err == BK_OK)
        err = rule_json(cli, &tenant, &rule, &row);
    if (err == BK_OK)
        err = bk_store_key_rule_preview(&store, tenant.tenant_id, device_id,
                                        cli_has(cli, "of-template"), cli_json_dump(cli->arena, row),
                                        &text);
    if (err == BK_OK)
        err = cli_json_load(cli, text, &answer);
    json_decref(row);
    err = cli_end(cli, err);
    if (err != BK_OK) {
        json_decref(answer);
        return err;
    }
    cli_answer(cli, answer, "keys", columns, "nobody");
    return BK_OK;
}

const struct cli_command cli_cmd_key_rule_preview = {
    .name = "key-rule preview",
    .operands = "RULE",
    .operand_min = 1,
    .operand_max = 1,
    .options = preview_options,
    .summary = "show which keys a rule would give on a phone",
    .text =
        "Shows the keys that a rule would fill on a phone as things are now, without saving it;\n"
        "refused where the phone's model has fewer keys.\n" RULE_TEXT
        "JSON: {keys: [{panel, module, slot, kind, line, value, label, extension}], people,\n"
        "left_out}: how many people there are, and how many of them find no slot.",
    .example = "beckon key-rule preview --tenant acme --device 805ec0000001 line/2+10=blf",
    .run = run_preview,
};
