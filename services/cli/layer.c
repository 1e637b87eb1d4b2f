/*
 * One settings layer while a command changes it.
 */
#include "layer.h"

#include <string.h>

#include "base/option.h"
#include "layer/layer.h"
#include "model/setting.h"
#include "spec.h"
#include "vendor/vendor.h"

enum bk_err cli_layer_open(struct cli *cli, const struct bk_store_layer *stored,
                           struct cli_layer *ret_layer)
{
    struct cli_layer layer = {.layer = stored->layer, .layer_id = stored->layer_id};
    enum bk_err err = cli_json_load(cli, stored->settings_json, &layer.settings);
    if (err == BK_OK)
        err = cli_json_load(cli, stored->locks_json, &layer.locks);
    if (err == BK_OK)
        err = cli_json_load(cli, stored->raw_json, &layer.raw);
    if (err == BK_OK)
        *ret_layer = layer;
    else
        cli_layer_close(&layer);
    return err;
}

void cli_layer_close(struct cli_layer *layer)
{
    json_decref(layer->settings);
    json_decref(layer->locks);
    json_decref(layer->raw);
    *layer = (struct cli_layer){0};
}

void cli_layer_store(struct cli *cli, const struct cli_layer *layer,
                     struct bk_store_layer *ret_stored)
{
    *ret_stored = (struct bk_store_layer){
        .layer = layer->layer,
        .layer_id = layer->layer_id,
        .settings_json = cli_json_dump(cli->arena, layer->settings),
        .locks_json = cli_json_dump(cli->arena, layer->locks),
        .raw_json = cli_json_dump(cli->arena, layer->raw),
    };
}

/* ---- locks ---- */

/* What stands in locks: a raw parameter's name is the same for every maker. */
static struct bk_str lock_name(struct cli *cli, const struct cli_setting_spec *setting)
{
    if (setting->raw_name.len == 0)
        return setting->key;
    return bk_arena_printf(cli->arena, "raw:%.*s", BK_STR_ARG(setting->raw_name));
}

static void set_lock(json_t *locks, struct bk_str name, bool lock, bool is_empty)
{
    size_t at = bk_layer_lock_find(locks, name);
    bool is_there = at < json_array_size(locks);
    if (lock && !is_there)
        json_array_append_new(locks, cli_json_text(name));
    else if (!lock && is_empty && is_there)
        json_array_remove(locks, at);
}

enum bk_err cli_layer_check_locks(struct cli *cli, int64_t tenant_id, const struct cli_layer *layer,
                                  struct bk_str mac, const char *text)
{
    struct bk_store store = cli_store(cli);
    struct cli_setting_spec setting;
    struct bk_str json;
    json_t *rows = NULL;
    enum bk_err err = cli_spec_setting(bk_str_of(text), &setting, &cli->detail);
    if (err == BK_OK)
        err = bk_store_layer_list(&store, tenant_id, mac, &json);
    if (err == BK_OK)
        err = cli_json_load(cli, json, &rows);
    if (err == BK_OK &&
        bk_layer_locked_by(rows, layer->layer, lock_name(cli, &setting), &cli->detail) != NULL)
        err = BK_ERR_DENIED;
    json_decref(rows);
    return err;
}

/* ---- values ---- */

static bool is_secret(struct bk_str key)
{
    ptrdiff_t id = bk_option_find(bk_neutral_options, key);
    return id >= 0 && bk_neutral_options[id].type == BK_T_SECRET;
}

static bool needs_key(const char *text)
{
    struct cli_setting_spec setting;
    return cli_spec_setting(bk_str_of(text), &setting, NULL) == BK_OK && !setting.is_empty &&
           is_secret(setting.key);
}

bool cli_layer_has_secret(const struct cli *cli, const char *option, size_t operand_from)
{
    size_t cursor = 0;
    const char *text;
    while (option != NULL && (text = cli_args_next(&cli->args, option, &cursor)) != NULL) {
        if (needs_key(text))
            return true;
    }
    for (size_t i = operand_from; option == NULL && i < cli->args.operand_count; i++) {
        if (needs_key(cli_operand(cli, i)))
            return true;
    }
    return false;
}

struct sealing {
    struct cli *cli;
    const struct cli_tenant *tenant;
    const struct cli_layer *layer;
};

static enum bk_err seal(void *ctx, const char *field, struct bk_str plain,
                        struct bk_str *ret_sealed)
{
    const struct sealing *sealing = ctx;
    return cli_seal(sealing->cli, sealing->tenant, field, sealing->layer->layer_id, plain,
                    ret_sealed);
}

/* The text of a secret, which is never on the command line itself. */
static enum bk_err read_secret(struct cli *cli, const char *key, struct bk_str value,
                               struct bk_str *ret_plain)
{
    if (value.ptr[0] == '@')
        return cli_secret_read(cli, value.ptr + 1, BK_SEAL_PLAIN_MAX, ret_plain);
    bk_detail_set(&cli->detail,
                  "%s is a secret and does not belong on a command line: write %s=@FILE, or "
                  "%s=@- for standard input",
                  key, key, key);
    return BK_ERR_INVALID;
}

static enum bk_err set_neutral(struct cli *cli, const struct cli_tenant *tenant,
                               struct cli_layer *layer, const struct cli_setting_spec *setting)
{
    struct sealing sealing = {cli, tenant, layer};
    struct bk_str text = setting->value;
    enum bk_neutral id;
    json_t *json = NULL;
    enum bk_err err = BK_OK;
    if (bk_neutral_find(setting->key) < 0) {
        bk_detail_set(&cli->detail,
                      "no setting \"%.*s\"; `beckon setting list --keys` lists them, a maker's own "
                      "is written raw:MAKER:NAME=VALUE",
                      setting->key.len > 64 ? 64 : (int)setting->key.len, setting->key.ptr);
        return BK_ERR_INVALID;
    }
    err = bk_layer_find(layer->layer, setting->key, &id, &cli->detail);
    if (err != BK_OK)
        return err;
    if (setting->is_empty) {
        json_object_del(layer->settings, bk_neutral_options[id].key);
        return BK_OK;
    }
    if (is_secret(setting->key))
        err = read_secret(cli, bk_neutral_options[id].key, setting->value, &text);
    if (err == BK_OK)
        err =
            bk_layer_value(cli->arena, layer->layer, id, text, seal, &sealing, &json, &cli->detail);
    if (err == BK_OK)
        json_object_set_new(layer->settings, bk_neutral_options[id].key, json);
    return err;
}

static enum bk_err set_raw(struct cli *cli, struct cli_layer *layer,
                           const struct cli_setting_spec *setting)
{
    const struct bk_vendor *vendor = bk_vendor_find(setting->raw_vendor);
    if (vendor == NULL) {
        char known[BK_VENDOR_NAMES_SIZE];
        bk_vendor_names_print(&known);
        bk_detail_set(&cli->detail, "raw:%.*s: no such maker; there are %s",
                      setting->raw_vendor.len > 32 ? 32 : (int)setting->raw_vendor.len,
                      setting->raw_vendor.ptr, known);
        return BK_ERR_INVALID;
    }
    struct bk_str name = bk_arena_str(cli->arena, setting->raw_name);
    json_t *pairs = json_object_get(layer->raw, vendor->name);
    if (setting->is_empty) {
        json_object_del(pairs, name.ptr);
        if (pairs != NULL && json_object_size(pairs) == 0)
            json_object_del(layer->raw, vendor->name);
        return BK_OK;
    }
    enum bk_err err =
        bk_layer_raw(setting->raw_vendor, name, setting->value, &vendor, &cli->detail);
    if (err != BK_OK)
        return err;
    if (pairs == NULL) {
        pairs = json_object();
        json_object_set_new(layer->raw, vendor->name, pairs);
    }
    json_object_set_new(pairs, name.ptr, cli_json_text(setting->value));
    return BK_OK;
}

enum bk_err cli_layer_set(struct cli *cli, const struct cli_tenant *tenant, struct cli_layer *layer,
                          const char *text, bool lock)
{
    struct cli_setting_spec setting;
    enum bk_err err = cli_spec_setting(bk_str_of(text), &setting, &cli->detail);
    if (err == BK_OK)
        err = setting.raw_name.len > 0 ? set_raw(cli, layer, &setting)
                                       : set_neutral(cli, tenant, layer, &setting);
    if (err == BK_OK)
        set_lock(layer->locks, lock_name(cli, &setting), lock, setting.is_empty);
    return err;
}
