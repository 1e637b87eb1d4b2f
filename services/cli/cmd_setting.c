/*
 * beckon setting set, setting list: the layers of settings.
 */
#include <string.h>

#include "base/secret.h"
#include "commands.h"
#include "layer.h"
#include "layer_list.h"
#include "setting_keys.h"
#include "store/store_device.h"
#include "vendor/vendor.h"

static const struct cli_option set_options[] = {
    {"tenant", CLI_VALUE, true, "T",
     "name of the tenant; alone: its own layer, for all its phones"},
    {"site", CLI_VALUE, false, "S", "the layer of this site"},
    {"profile", CLI_VALUE, false, "P", "the layer of this profile"},
    {"mac", CLI_VALUE, false, "MAC", "the layer of this device"},
    {"create", CLI_FLAG, false, NULL,
     "make the site or profile when the tenant has none of that name"},
    {"lock", CLI_FLAG, false, NULL, "close the keys to the layers above this one"},
    {0},
};

struct target {
    enum bk_layer layer;
    struct bk_str name; /* empty for the tenant's */
};

static enum bk_err read_target(struct cli *cli, struct target *ret_target)
{
    const char *site = cli_value(cli, "site"), *profile = cli_value(cli, "profile");
    const char *mac = cli_value(cli, "mac");
    struct target target = {BK_LAYER_TENANT, BK_STR("")};
    enum bk_err err = BK_OK;
    if ((site != NULL) + (profile != NULL) + (mac != NULL) > 1) {
        bk_detail_set(&cli->detail, "--site, --profile and --mac name one layer each; give one");
        return BK_ERR_MALFORMED;
    }
    if (site != NULL)
        target = (struct target){BK_LAYER_SITE, bk_str_of(site)};
    if (profile != NULL)
        target = (struct target){BK_LAYER_PROFILE, bk_str_of(profile)};
    if (mac != NULL) {
        target.layer = BK_LAYER_DEVICE;
        err = cli_mac(cli, mac, &target.name);
    }
    if (err == BK_OK)
        *ret_target = target;
    return err;
}

static enum bk_err read_layer(struct cli *cli, const struct cli_tenant *tenant,
                              const struct target *target, struct bk_store_layer *ret_stored)
{
    struct bk_store store = cli_store(cli);
    enum bk_err err =
        bk_store_layer_read(&store, tenant->tenant_id, target->layer, target->name, ret_stored);
    if (err == BK_ERR_NOT_FOUND && cli_has(cli, "create") &&
        (target->layer == BK_LAYER_SITE || target->layer == BK_LAYER_PROFILE)) {
        err = bk_store_layer_add(&store, tenant->tenant_id, target->layer, target->name);
        if (err == BK_OK)
            err = bk_store_layer_read(&store, tenant->tenant_id, target->layer, target->name,
                                      ret_stored);
    }
    if (err == BK_ERR_NOT_FOUND)
        bk_detail_set(&cli->detail, "tenant %.*s has no %s \"%.*s\"%s", BK_STR_ARG(tenant->name),
                      bk_layer_name(target->layer),
                      target->name.len > 64 ? 64 : (int)target->name.len, target->name.ptr,
                      target->layer == BK_LAYER_DEVICE ? "; `beckon device list` lists them"
                                                       : "; --create makes one");
    return err;
}

static enum bk_err change(struct cli *cli, const struct cli_tenant *tenant,
                          const struct target *target)
{
    struct bk_store store = cli_store(cli);
    struct bk_store_layer stored;
    struct cli_layer layer = {0};
    struct bk_str mac = target->layer == BK_LAYER_DEVICE ? target->name : BK_STR_NONE;
    enum bk_err err = read_layer(cli, tenant, target, &stored);
    if (err == BK_OK)
        err = cli_layer_open(cli, &stored, &layer);
    for (size_t i = 0; err == BK_OK && i < cli->args.operand_count; i++) {
        err = cli_layer_check_locks(cli, tenant->tenant_id, &layer, mac, cli_operand(cli, i));
        if (err == BK_OK)
            err = cli_layer_set(cli, tenant, &layer, cli_operand(cli, i), cli_has(cli, "lock"));
    }
    if (err == BK_OK) {
        cli_layer_store(cli, &layer, &stored);
        err = bk_store_layer_write(&store, tenant->tenant_id, &stored);
    }
    cli_layer_close(&layer);
    return err;
}

/* The keys alone: a value may be somebody's business, and a secret's file is nobody's. */
static json_t *answer_of(struct cli *cli, const struct target *target)
{
    json_t *answer = json_object(), *keys = json_array();
    for (size_t i = 0; i < cli->args.operand_count; i++) {
        struct bk_str rest = bk_str_of(cli_operand(cli, i));
        json_array_append_new(keys, cli_json_text(bk_str_cut(&rest, '=')));
    }
    json_object_set_new(answer, "layer", json_string(bk_layer_name(target->layer)));
    json_object_set_new(answer, "name", cli_json_text(target->name));
    json_object_set_new(answer, "keys", keys);
    json_object_set_new(answer, "locked", json_boolean(cli_has(cli, "lock")));
    return answer;
}

static enum bk_err run_set(struct cli *cli)
{
    static const struct cli_column columns[] = {
        {"layer", "layer"}, {"name", "of"}, {"keys", "changed"}, {"locked", "locked"}, {0}};
    struct cli_tenant tenant;
    struct target target;
    enum bk_err err = cli_catalog(cli);
    if (err == BK_OK)
        err = read_target(cli, &target);
    if (err != BK_OK)
        return err;
    cli->subject =
        bk_arena_printf(cli->arena, "%s %.*s", bk_layer_name(target.layer),
                        target.name.len > 64 ? 64 : (int)target.name.len, target.name.ptr)
            .ptr;
    err = cli_layer_has_secret(cli, NULL, 0) ? cli_begin_sealed(cli, &tenant)
                                             : cli_begin(cli, &tenant);
    if (err == BK_OK)
        err = change(cli, &tenant, &target);
    if (err == BK_OK)
        err = cli_audit(cli, tenant.tenant_id, "setting.set",
                        target.name.len > 0 ? target.name : tenant.name, answer_of(cli, &target));
    err = cli_end(cli, err);
    int64_t raised_count = 0;
    if (err == BK_OK)
        err = cli_raise_devices(cli, &raised_count);
    bk_wipe(&tenant.data_key, sizeof tenant.data_key);
    if (err == BK_OK)
        cli_answer(cli, answer_of(cli, &target), NULL, columns, NULL);
    return err;
}

static const struct cli_option list_options[] = {
    {"tenant", CLI_VALUE, false, "T", "name of the tenant"},
    {"mac", CLI_VALUE, false, "MAC", "only the layers that this device merges"},
    {"keys", CLI_FLAG, false, NULL,
     "list the settings there are, with type and range; needs no tenant"},
    {"markdown", CLI_FLAG, false, NULL,
     "the same as the tables of docs/phone-settings.md, with each maker's parameters"},
    {0},
};

static enum bk_err run_list(struct cli *cli)
{
    struct cli_tenant tenant;
    struct bk_str mac = BK_STR_NONE, text = BK_STR_NONE;
    const char *mac_option = cli_value(cli, "mac");
    json_t *layers = NULL;
    int64_t device_id;
    enum bk_err err = BK_OK;
    if (cli_has(cli, "keys") || cli_has(cli, "markdown"))
        return cli_setting_keys(cli, cli_has(cli, "markdown"));
    if (!cli_has(cli, "tenant")) {
        bk_detail_set(&cli->detail, "--tenant T is missing (or --keys); see --help");
        return BK_ERR_MALFORMED;
    }
    if (mac_option != NULL)
        err = cli_mac(cli, mac_option, &mac);
    if (err == BK_OK)
        err = cli_begin(cli, &tenant);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK && mac.len > 0) {
        err = bk_store_device_find(&store, tenant.tenant_id, mac, &device_id);
        if (err == BK_ERR_NOT_FOUND)
            bk_detail_set(&cli->detail,
                          "tenant %.*s has no device %.*s; `beckon device list` lists them",
                          BK_STR_ARG(tenant.name), BK_STR_ARG(mac));
    }
    if (err == BK_OK)
        err = bk_store_layer_list(&store, tenant.tenant_id, mac, &text);
    if (err == BK_OK)
        err = cli_json_load(cli, text, &layers);
    err = cli_end(cli, err);
    if (err == BK_OK) {
        json_t *answer = json_object();
        json_object_set_new(answer, "settings", cli_layer_rows(cli, layers, mac.len > 0));
        cli_answer(cli, answer, "settings", cli_layer_columns, "no setting in any layer");
    }
    json_decref(layers);
    return err;
}

const struct cli_command cli_cmd_setting_set = {
    .name = "setting set",
    .operands = "KEY=VALUE…",
    .operand_min = 1,
    .operand_max = 256,
    .options = set_options,
    .summary = "set, lock or take out settings of a layer",
    .text =
        "Sets values in one layer: the tenant's own, or a site's, a profile's, a device's. Higher\n"
        "layers win over lower ones (operator, tenant, site, profile, device), unless a lower one\n"
        "has locked the key. KEY= takes a value and its lock out. A secret is KEY=@FILE, or "
        "KEY=@-\n"
        "for standard input. A maker's own parameter is raw:MAKER:NAME=VALUE; what the maker's\n"
        "driver writes itself (server, accounts, provisioning, admin password) is refused. Every\n"
        "phone whose file changes becomes pending. `beckon setting list --keys` lists the keys.",
    .example = "beckon setting set --tenant acme --site bonn --create time.zone=Europe/Berlin "
               "time.ntp_servers=ntp1.example,ntp2.example --lock",
    .run = run_set,
};

const struct cli_command cli_cmd_setting_list = {
    .name = "setting list",
    .operands = "",
    .options = list_options,
    .summary = "list settings with the layer that sets them",
    .text = "Lists every value in a tenant's layers, or with --mac in those of one device, telling "
            "which\n"
            "one holds; with --keys the settings there are. Secrets are never shown. JSON: "
            "{\"settings\":\n"
            "[{key, value, layer, name, is_locked, is_effective}]} or {\"keys\": [{key, type, "
            "range,\nunit, default, help, makers}]}; makers: the parameters of each maker that "
            "has the setting.",
    .example = "beckon setting list --tenant acme --mac 805ec0000001",
    .run = run_list,
};
