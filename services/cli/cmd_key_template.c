/*
 * beckon key-template add, set, use, list, show, delete: keys that many phones share.
 */
#include "commands.h"
#include "device.h"
#include "spec.h"
#include "store/store_key_template.h"

enum { NAME_MAX_BYTES = 128 };

static const struct cli_option tenant_options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant"},
    {0},
};

#define KEY_OPTION \
    { \
        "key", CLI_REPEATED, false, "PANEL/SLOT=KIND,…", "a key, as of `beckon device add`" \
    }

static enum bk_err check_name(struct cli *cli, struct bk_str *ret_name)
{
    *ret_name = bk_str_of(cli_operand(cli, 0));
    cli->subject = bk_arena_printf(cli->arena, "key template %.*s",
                                   ret_name->len > 64 ? 64 : (int)ret_name->len, ret_name->ptr)
                       .ptr;
    return cli_text_check("NAME", *ret_name, NAME_MAX_BYTES, false, &cli->detail);
}

static bool has_place(const json_t *keys, const struct bk_phone_key *key)
{
    size_t i;
    const json_t *row;
    json_array_foreach(keys, i, row)
    {
        if (bk_str_eq(bk_str_of(json_string_value(json_object_get(row, "panel"))),
                      bk_str_of(cli_panel_name(key->panel))) &&
            json_integer_value(json_object_get(row, "module")) == key->module &&
            json_integer_value(json_object_get(row, "slot")) == key->slot)
            return true;
    }
    return false;
}

/* The keys of --key as the store takes them. */
static enum bk_err read_keys(struct cli *cli, json_t *keys)
{
    size_t cursor = 0;
    const char *text;
    while ((text = cli_args_next(&cli->args, "key", &cursor)) != NULL) {
        struct bk_phone_key key;
        enum bk_err err = cli_spec_key(cli->arena, bk_str_of(text), &key, &cli->detail);
        if (err == BK_OK && has_place(keys, &key)) {
            bk_detail_set(&cli->detail, "--key: two have the same panel and slot; take one away");
            err = BK_ERR_INVALID;
        }
        if (err != BK_OK)
            return err;
        json_t *row = json_pack("{s:s, s:i, s:i, s:s, s:i}", "panel", cli_panel_name(key.panel),
                                "module", key.module, "slot", key.slot, "kind",
                                bk_key_kind_name(key.kind), "line", key.line);
        const struct bk_str texts[] = {key.value, key.label, key.extension};
        static const char *const names[] = {"value", "label", "extension"};
        for (size_t i = 0; i < BK_COUNT(names); i++)
            json_object_set_new(row, names[i],
                                cli_json_text(texts[i].ptr == NULL ? BK_STR("") : texts[i]));
        json_array_append_new(keys, row);
    }
    return BK_OK;
}

static enum bk_err put_keys(struct cli *cli, int64_t tenant_id, int64_t id, const json_t *keys)
{
    struct bk_store store = cli_store(cli);
    if (json_array_size(keys) == 0)
        return BK_OK;
    return bk_store_key_template_put(&store, tenant_id, id, cli_json_dump(cli->arena, keys));
}

/* After the commit: a template may be of more phones than one transaction raises. */
static enum bk_err finish(struct cli *cli, enum bk_err err, const struct cli_tenant *tenant,
                          const char *action, struct bk_str name, json_t *answer)
{
    static const struct cli_column columns[] = {{"name", "key template"},    {"keys", "keys set"},
                                                {"cleared", "keys cleared"}, {"devices", "devices"},
                                                {"profiles", "profiles"},    {0}};
    int64_t ignored;
    json_object_set_new(answer, "name", cli_json_text(name));
    if (err == BK_OK)
        err = cli_audit(cli, tenant->tenant_id, action, name, json_incref(answer));
    err = cli_end(cli, err);
    if (err == BK_OK)
        err = cli_raise_devices(cli, &ignored);
    if (err == BK_OK)
        cli_answer(cli, answer, NULL, columns, NULL);
    else
        json_decref(answer);
    return err;
}

/* ---- add ---- */

static const struct cli_option add_options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant"},
    KEY_OPTION,
    {0},
};

static enum bk_err run_add(struct cli *cli)
{
    struct cli_tenant tenant;
    struct bk_str name;
    int64_t id = 0;
    json_t *keys = json_array();
    enum bk_err err = check_name(cli, &name);
    if (err == BK_OK)
        err = read_keys(cli, keys);
    if (err == BK_OK)
        err = cli_begin(cli, &tenant);
    if (err != BK_OK) {
        json_decref(keys);
        return err;
    }
    struct bk_store store = cli_store(cli);
    err = bk_store_key_template_add(&store, tenant.tenant_id, name, &id);
    if (err == BK_OK)
        err = put_keys(cli, tenant.tenant_id, id, keys);
    json_t *answer = json_pack("{s:I}", "keys", (json_int_t)json_array_size(keys));
    json_decref(keys);
    return finish(cli, err, &tenant, "key_template.add", name, answer);
}

const struct cli_command cli_cmd_key_template_add = {
    .name = "key-template add",
    .operands = "NAME",
    .operand_min = 1,
    .operand_max = 1,
    .options = add_options,
    .summary = "make a template of keys that phones share",
    .text =
        "Makes a key template. Phones get its keys once they or their profile name it\n"
        "(`beckon key-template use`); a key of a phone's own takes the place of the template's.",
    .example = "beckon key-template add --tenant acme desk --key line/2=blf,value=1002,label=Anna "
               "--key line/3=voicemail",
    .run = run_add,
};

/* ---- set ---- */

static const struct cli_option set_options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant"},
    KEY_OPTION,
    {"clear", CLI_REPEATED, false, "PANEL/SLOT", "take the key on this slot away"},
    {0},
};

static enum bk_err clear_keys(struct cli *cli, int64_t tenant_id, int64_t id)
{
    struct bk_store store = cli_store(cli);
    size_t cursor = 0;
    const char *text;
    enum bk_err err = BK_OK;
    while (err == BK_OK && (text = cli_args_next(&cli->args, "clear", &cursor)) != NULL) {
        struct bk_phone_key key = {0};
        err = cli_spec_key_place("--clear", bk_str_of(text), &key, &cli->detail);
        if (err == BK_OK)
            err = bk_store_key_template_clear(&store, tenant_id, id, cli_panel_name(key.panel),
                                              key.module, key.slot);
        if (err == BK_ERR_NOT_FOUND)
            bk_detail_set(&cli->detail, "--clear: the template has no key on %.64s", text);
    }
    return err;
}

static enum bk_err run_set(struct cli *cli)
{
    struct cli_tenant tenant;
    struct bk_str name;
    int64_t id = 0;
    json_t *keys = json_array();
    enum bk_err err = cli_catalog(cli);
    if (err == BK_OK)
        err = check_name(cli, &name);
    if (err == BK_OK)
        err = read_keys(cli, keys);
    if (err == BK_OK)
        err = cli_begin(cli, &tenant);
    if (err != BK_OK) {
        json_decref(keys);
        return err;
    }
    err = cli_key_template_find(cli, &tenant, name.ptr, &id);
    if (err == BK_OK)
        err = clear_keys(cli, tenant.tenant_id, id);
    if (err == BK_OK)
        err = put_keys(cli, tenant.tenant_id, id, keys);
    if (err == BK_OK)
        err = cli_limits_check(cli, tenant.tenant_id, 0, id);
    json_t *answer = json_pack("{s:I, s:I}", "keys", (json_int_t)json_array_size(keys), "cleared",
                               (json_int_t)cli_args_count(&cli->args, "clear"));
    json_decref(keys);
    return finish(cli, err, &tenant, "key_template.keys", name, answer);
}

const struct cli_command cli_cmd_key_template_set = {
    .name = "key-template set",
    .operands = "NAME",
    .operand_min = 1,
    .operand_max = 1,
    .options = set_options,
    .summary = "set and clear keys of a template",
    .text =
        "Sets keys, each in the place of what was on its slot, and clears others. Refused when a\n"
        "phone that uses the template has a model with fewer keys.",
    .example = "beckon key-template set --tenant acme desk --key line/4=park,value=*85 "
               "--clear module.1/3",
    .run = run_set,
};

/* ---- use ---- */

static const struct cli_option use_options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant"},
    {"device", CLI_REPEATED, false, "MAC", "a phone that shall have its keys"},
    {"profile", CLI_REPEATED, false, "P", "a profile whose phones shall, where they name no other"},
    {"none", CLI_FLAG, false, NULL, "name no template any more"},
    {0},
};

static enum bk_err use_by_devices(struct cli *cli, const struct cli_tenant *tenant, int64_t id)
{
    struct bk_store store = cli_store(cli);
    size_t cursor = 0;
    const char *text;
    enum bk_err err = BK_OK;
    while (err == BK_OK && (text = cli_args_next(&cli->args, "device", &cursor)) != NULL) {
        struct bk_str mac;
        int64_t device_id = 0;
        err = cli_mac(cli, text, &mac);
        if (err == BK_OK)
            err = bk_store_key_template_of_device(&store, tenant->tenant_id, mac, id, &device_id);
        if (err == BK_ERR_NOT_FOUND)
            bk_detail_set(&cli->detail,
                          "tenant %.*s has no device %.*s; `beckon device list` lists them",
                          BK_STR_ARG(tenant->name), BK_STR_ARG(mac));
        if (err == BK_OK)
            err = cli_limits_check(cli, tenant->tenant_id, device_id, 0);
    }
    return err;
}

static enum bk_err use_by_profiles(struct cli *cli, const struct cli_tenant *tenant, int64_t id)
{
    struct bk_store store = cli_store(cli);
    size_t cursor = 0;
    const char *text;
    enum bk_err err = BK_OK;
    while (err == BK_OK && (text = cli_args_next(&cli->args, "profile", &cursor)) != NULL) {
        err = bk_store_key_template_of_profile(&store, tenant->tenant_id, bk_str_of(text), id);
        if (err == BK_ERR_NOT_FOUND)
            bk_detail_set(&cli->detail, "tenant %.*s has no profile \"%.64s\"",
                          BK_STR_ARG(tenant->name), text);
    }
    return err == BK_OK && id != 0 ? cli_limits_check(cli, tenant->tenant_id, 0, id) : err;
}

static enum bk_err run_use(struct cli *cli)
{
    struct cli_tenant tenant;
    struct bk_str name = BK_STR("");
    const bool is_none = cli_has(cli, "none");
    int64_t id = 0;
    if (is_none != (cli->args.operand_count == 0)) {
        bk_detail_set(&cli->detail, "want the NAME of a template, or --none");
        return BK_ERR_MALFORMED;
    }
    enum bk_err err = cli_catalog(cli);
    if (err == BK_OK && !is_none)
        err = check_name(cli, &name);
    if (err == BK_OK)
        err = cli_begin(cli, &tenant);
    if (err != BK_OK)
        return err;
    if (!is_none)
        err = cli_key_template_find(cli, &tenant, name.ptr, &id);
    if (err == BK_OK)
        err = use_by_devices(cli, &tenant, id);
    if (err == BK_OK)
        err = use_by_profiles(cli, &tenant, id);
    json_t *answer =
        json_pack("{s:I, s:I}", "devices", (json_int_t)cli_args_count(&cli->args, "device"),
                  "profiles", (json_int_t)cli_args_count(&cli->args, "profile"));
    return finish(cli, err, &tenant, "key_template.use", name, answer);
}

const struct cli_command cli_cmd_key_template_use = {
    .name = "key-template use",
    .operands = "[NAME]",
    .operand_min = 0,
    .operand_max = 1,
    .options = use_options,
    .summary = "give phones, or those of a profile, the keys of a template",
    .text =
        "Names the key template of phones and profiles; with --none instead of NAME they have "
        "none\n"
        "any more. A phone that names one itself does not look at its profile's. Refused when a\n"
        "phone's model has fewer keys.",
    .example = "beckon key-template use --tenant acme desk --profile office --device 805ec0000001",
    .run = run_use,
};

/* ---- list, show, delete ---- */

static enum bk_err run_list(struct cli *cli)
{
    static const struct cli_column columns[] = {{"name", "key template"},
                                                {"keys", "keys"},
                                                {"devices", "devices"},
                                                {"profiles", "profiles"},
                                                {0}};
    return cli_list(cli, bk_store_key_template_list, "key_templates", columns,
                    "no key template; `beckon key-template add` makes one");
}

const struct cli_command cli_cmd_key_template_list = {
    .name = "key-template list",
    .operands = "",
    .options = tenant_options,
    .summary = "list a tenant's key templates",
    .text =
        "Lists key templates, how many keys each has, and how many phones and profiles name it.\n"
        "JSON: {\"key_templates\": [{key_template_id, name, keys, devices, profiles}]}.",
    .example = "beckon key-template list --tenant acme",
    .run = run_list,
};

static enum bk_err run_show(struct cli *cli)
{
    static const struct cli_column columns[] = {
        {"panel", "panel"},         {"module", "module"}, {"slot", "slot"},
        {"kind", "kind"},           {"line", "line"},     {"value", "value"},
        {"extension", "extension"}, {"label", "label"},   {0}};
    struct cli_tenant tenant;
    struct bk_str name, text = BK_STR_NONE;
    json_t *keys = NULL;
    int64_t id = 0;
    enum bk_err err = check_name(cli, &name);
    if (err == BK_OK)
        err = cli_begin(cli, &tenant);
    if (err != BK_OK)
        return err;
    struct bk_store store = cli_store(cli);
    err = cli_key_template_find(cli, &tenant, name.ptr, &id);
    if (err == BK_OK)
        err = bk_store_key_template_keys(&store, tenant.tenant_id, id, &text);
    if (err == BK_OK)
        err = cli_json_load(cli, text, &keys);
    err = cli_end(cli, err);
    if (err != BK_OK) {
        json_decref(keys);
        return err;
    }
    json_t *answer = json_pack("{s:o, s:o}", "name", cli_json_text(name), "keys", keys);
    cli_answer(cli, answer, "keys", columns, "no keys");
    return BK_OK;
}

const struct cli_command cli_cmd_key_template_show = {
    .name = "key-template show",
    .operands = "NAME",
    .operand_min = 1,
    .operand_max = 1,
    .options = tenant_options,
    .summary = "show the keys of a template",
    .text = "Shows the keys. JSON: {name, keys: [{panel, module, slot, kind, line, value, label, "
            "extension}]}.",
    .example = "beckon key-template show --tenant acme desk",
    .run = run_show,
};

static enum bk_err run_delete(struct cli *cli)
{
    struct cli_tenant tenant;
    struct bk_str name;
    int64_t id = 0;
    enum bk_err err = check_name(cli, &name);
    if (err == BK_OK)
        err = cli_begin(cli, &tenant);
    if (err != BK_OK)
        return err;
    struct bk_store store = cli_store(cli);
    err = cli_key_template_find(cli, &tenant, name.ptr, &id);
    if (err == BK_OK)
        err = bk_store_key_template_delete(&store, tenant.tenant_id, id);
    return finish(cli, err, &tenant, "key_template.delete", name, json_object());
}

const struct cli_command cli_cmd_key_template_delete = {
    .name = "key-template delete",
    .operands = "NAME",
    .operand_min = 1,
    .operand_max = 1,
    .options = tenant_options,
    .summary = "delete a key template that nobody names",
    .text = "Deletes a template with its keys. Refused while a phone or a profile names it.",
    .example = "beckon key-template delete --tenant acme desk",
    .run = run_delete,
};
