/*
 * beckon device add, device list: phones of a tenant.
 */
#include <string.h>

#include "base/secret.h"
#include "commands.h"
#include "device.h"
#include "layer.h"
#include "spec.h"
#include "store/store_device.h"
#include "store/store_extension.h"

static const struct cli_option add_options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant"},
    {"vendor", CLI_VALUE, true, "V",
     "its maker: yealink, poly, snom, …; another word lists them all"},
    {"model", CLI_VALUE, false, "M",
     "model, e.g. T54W; decides how many lines and keys are written"},
    {"label", CLI_VALUE, false, "L", "what people call it"},
    {"serial", CLI_VALUE, false, "S", "serial number"},
    {"site", CLI_VALUE, false, "S", "name of the site it stands at"},
    {"profile", CLI_VALUE, false, "P", "name of the profile whose settings it shares"},
    {"key-template", CLI_VALUE, false, "K", "name of the key template whose keys it has"},
    {"line", CLI_REPEATED, false, "INDEX=NUMBER[@PBX]",
     "account INDEX (1 to 16) is this extension; @PBX where the number is on several"},
    {"key", CLI_REPEATED, false, "PANEL/SLOT=KIND,…",
     "a key: PANEL line, programmable or module.N; KIND none, line, blf, speed_dial, park, dtmf,\n"
     "pickup, intercom, url, voicemail, conference, hold, transfer, dnd, forward, paging,\n"
     "phonebook or xml; then line=N, value=V, label=L, extension=E, with commas between"},
    {"setting", CLI_REPEATED, false, "KEY=VALUE",
     "of the device's own layer, as `beckon setting set`"},
    {0},
};

enum bk_err cli_device_vendor(struct bk_str name, struct bk_str model,
                              const struct bk_vendor **ret_vendor, struct bk_str *ret_model,
                              struct bk_detail *ret_detail)
{
    const struct bk_vendor *vendor = bk_vendor_find(name);
    if (vendor == NULL) {
        char known[BK_VENDOR_NAMES_SIZE];
        bk_vendor_names_print(&known);
        bk_detail_set(ret_detail, "\"%.*s\" is no maker; there are %s",
                      name.len > 32 ? 32 : (int)name.len, name.ptr, known);
        return BK_ERR_INVALID;
    }
    const struct bk_model *row = model.len == 0 ? NULL : bk_model_find(vendor, model);
    *ret_vendor = vendor;
    *ret_model = row != NULL ? row->name : model;
    return BK_OK;
}

struct adding {
    struct cli_tenant tenant;
    struct bk_store_device device;
    int64_t device_id;
    const struct bk_vendor *vendor;
};

static enum bk_err read_text(struct cli *cli, const char *option, size_t max,
                             struct bk_str *ret_text)
{
    struct bk_str what = bk_arena_printf(cli->arena, "--%s", option);
    const char *text = cli_value(cli, option);
    *ret_text = text == NULL ? BK_STR("") : bk_str_of(text);
    return cli_text_check(what.ptr, *ret_text, max, true, &cli->detail);
}

static enum bk_err read_device(struct cli *cli, struct adding *adding)
{
    struct bk_store_device *device = &adding->device;
    struct bk_str model;
    enum bk_err err = cli_catalog(cli);
    if (err == BK_OK)
        err = cli_mac(cli, cli_operand(cli, 0), &device->mac);
    if (err == BK_OK)
        err = read_text(cli, "model", 64, &model);
    if (err == BK_OK)
        err = cli_device_vendor(bk_str_of(cli_value(cli, "vendor")), model, &adding->vendor,
                                &device->model, &cli->detail);
    if (err == BK_OK)
        err = read_text(cli, "label", CLI_LABEL_MAX, &device->label);
    if (err == BK_OK)
        err = read_text(cli, "serial", 64, &device->serial);
    if (err == BK_OK)
        device->vendor = bk_str_of(adding->vendor->name);
    return err;
}

/* A site's or profile's id by the name in the option of that name; 0 when it is not given. */
static enum bk_err find_layer(struct cli *cli, const struct adding *adding, const char *option,
                              enum bk_layer layer, int64_t *ret_id)
{
    struct bk_store store = cli_store(cli);
    struct bk_store_layer found;
    const char *name = cli_value(cli, option);
    if (name == NULL)
        return BK_OK;
    enum bk_err err =
        bk_store_layer_read(&store, adding->tenant.tenant_id, layer, bk_str_of(name), &found);
    if (err == BK_OK)
        *ret_id = found.layer_id;
    else if (err == BK_ERR_NOT_FOUND)
        bk_detail_set(&cli->detail,
                      "tenant %.*s has no %s \"%.64s\"; `beckon setting set --%s NAME --create …` "
                      "makes one",
                      BK_STR_ARG(adding->tenant.name), option, name, option);
    return err;
}

static enum bk_err add_lines(struct cli *cli, const struct adding *adding)
{
    struct bk_store store = cli_store(cli);
    const int64_t tenant_id = adding->tenant.tenant_id;
    size_t cursor = 0;
    const char *text;
    enum bk_err err = BK_OK;
    while (err == BK_OK && (text = cli_args_next(&cli->args, "line", &cursor)) != NULL) {
        struct cli_line_spec line = {0};
        int64_t extension_id = 0;
        err = cli_spec_line(bk_str_of(text), &line, &cli->detail);
        if (err != BK_OK)
            return err;
        err = bk_store_extension_find(&store, tenant_id, line.number, line.pbx, &extension_id);
        if (err == BK_ERR_NOT_FOUND)
            bk_detail_set(&cli->detail,
                          "--line %.64s: tenant %.*s has no such extension; `beckon extension add` "
                          "makes one",
                          text, BK_STR_ARG(adding->tenant.name));
        else if (err == BK_ERR_EXISTS)
            bk_detail_set(&cli->detail,
                          "--line %.64s: this number is on several PBXs; write %d=%.*s@PBX", text,
                          line.index, BK_STR_ARG(line.number));
        if (err == BK_OK)
            err = bk_store_device_line_add(&store, tenant_id, adding->device_id, line.index,
                                           extension_id);
    }
    return err;
}

static enum bk_err add_keys(struct cli *cli, const struct adding *adding)
{
    struct bk_store store = cli_store(cli);
    size_t cursor = 0;
    const char *text;
    enum bk_err err = BK_OK;
    while (err == BK_OK && (text = cli_args_next(&cli->args, "key", &cursor)) != NULL) {
        struct bk_phone_key key;
        err = cli_spec_key(cli->arena, bk_str_of(text), &key, &cli->detail);
        if (err != BK_OK)
            return err;
        const struct bk_store_device_key row = {cli_panel_name(key.panel),
                                                bk_key_kind_name(key.kind),
                                                key.module,
                                                key.slot,
                                                key.line,
                                                key.value,
                                                key.label,
                                                key.extension};
        err = bk_store_device_key_add(&store, adding->tenant.tenant_id, adding->device_id, &row);
    }
    return err;
}

/* The device's own layer, checked and sealed; its row does not exist yet, its id does. */
static enum bk_err make_layer(struct cli *cli, struct adding *adding, struct cli_layer *ret_layer)
{
    const struct bk_store_layer empty = {BK_LAYER_DEVICE, adding->device_id, BK_STR("{}"),
                                         BK_STR("[]"), BK_STR("{}")};
    struct bk_store_layer stored;
    size_t cursor = 0;
    const char *text;
    enum bk_err err = cli_layer_open(cli, &empty, ret_layer);
    while (err == BK_OK && (text = cli_args_next(&cli->args, "setting", &cursor)) != NULL)
        err = cli_layer_set(cli, &adding->tenant, ret_layer, text, false);
    if (err != BK_OK)
        return err;
    cli_layer_store(cli, ret_layer, &stored);
    adding->device.settings_json = stored.settings_json;
    adding->device.locks_json = stored.locks_json;
    adding->device.raw_json = stored.raw_json;
    return BK_OK;
}

static enum bk_err check_locks(struct cli *cli, const struct adding *adding,
                               const struct cli_layer *layer)
{
    size_t cursor = 0;
    const char *text;
    enum bk_err err = BK_OK;
    while (err == BK_OK && (text = cli_args_next(&cli->args, "setting", &cursor)) != NULL)
        err = cli_layer_check_locks(cli, adding->tenant.tenant_id, layer, adding->device.mac, text);
    return err;
}

static enum bk_err add(struct cli *cli, struct adding *adding)
{
    struct bk_store store = cli_store(cli);
    struct cli_layer layer = {0};
    enum bk_err err = find_layer(cli, adding, "site", BK_LAYER_SITE, &adding->device.site_id);
    if (err == BK_OK)
        err = find_layer(cli, adding, "profile", BK_LAYER_PROFILE, &adding->device.profile_id);
    const char *key_template = cli_value(cli, "key-template");
    if (err == BK_OK && key_template != NULL)
        err = cli_key_template_find(cli, &adding->tenant, key_template,
                                    &adding->device.key_template_id);
    if (err == BK_OK)
        err = bk_store_device_id(&store, &adding->device_id);
    if (err == BK_OK)
        err = make_layer(cli, adding, &layer);
    if (err == BK_OK)
        err = bk_store_device_add(&store, adding->tenant.tenant_id, adding->device_id,
                                  &adding->device);
    if (err == BK_OK)
        err = check_locks(cli, adding, &layer);
    if (err == BK_OK)
        err = add_lines(cli, adding);
    if (err == BK_OK)
        err = add_keys(cli, adding);
    if (err == BK_OK)
        err = cli_limits_check(cli, adding->tenant.tenant_id, adding->device_id, 0);
    cli_layer_close(&layer);
    return err;
}

static json_t *answer_of(struct cli *cli, const struct adding *adding)
{
    const struct bk_store_device *device = &adding->device;
    json_t *answer = json_object();
    json_object_set_new(answer, "mac", cli_json_text(device->mac));
    json_object_set_new(answer, "vendor", cli_json_text(device->vendor));
    json_object_set_new(answer, "model", cli_json_text(device->model));
    json_object_set_new(answer, "label", cli_json_text(device->label));
    json_object_set_new(answer, "lines",
                        json_integer((json_int_t)cli_args_count(&cli->args, "line")));
    json_object_set_new(answer, "keys",
                        json_integer((json_int_t)cli_args_count(&cli->args, "key")));
    return answer;
}

static enum bk_err run_add(struct cli *cli)
{
    static const struct cli_column columns[] = {
        {"mac", "device"},  {"device_id", "id"},    {"vendor", "vendor"},
        {"model", "model"}, {"label", "label"},     {"lines", "lines"},
        {"keys", "keys"},   {"warning", "warning"}, {0}};
    struct adding adding = {0};
    enum bk_err err = read_device(cli, &adding);
    if (err != BK_OK)
        return err;
    cli->subject = bk_arena_printf(cli->arena, "device %.*s", BK_STR_ARG(adding.device.mac)).ptr;
    json_t *answer = answer_of(cli, &adding);
    err = cli_layer_has_secret(cli, "setting", 0) ? cli_begin_sealed(cli, &adding.tenant)
                                                  : cli_begin(cli, &adding.tenant);
    if (err == BK_OK)
        err = add(cli, &adding);
    if (err == BK_OK)
        err = cli_audit(cli, adding.tenant.tenant_id, "device.add", adding.device.mac,
                        json_incref(answer));
    err = cli_end(cli, err);
    bk_wipe(&adding.tenant.data_key, sizeof adding.tenant.data_key);
    if (err != BK_OK) {
        json_decref(answer);
        return err;
    }
    json_object_set_new(answer, "device_id", json_integer(adding.device_id));
    if (adding.device.model.len > 0 && bk_model_find(adding.vendor, adding.device.model) == NULL)
        json_object_set_new(
            answer, "warning",
            json_string("this model is in no table: it gets what the maker's largest "
                        "phone would, until a file in models_dir has it"));
    cli_answer(cli, answer, NULL, columns, NULL);
    return BK_OK;
}

static const struct cli_option list_options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant"},
    {0},
};

static enum bk_err run_list(struct cli *cli)
{
    static const struct cli_column columns[] = {{"mac", "device"},
                                                {"vendor", "vendor"},
                                                {"model", "model"},
                                                {"label", "label"},
                                                {"lines", "lines"},
                                                {"state", "state"},
                                                {"is_pending", "pending"},
                                                {"last_visit_at", "last visit"},
                                                {0}};
    return cli_list(cli, bk_store_device_list, "devices", columns,
                    "no device; `beckon device add` or `beckon device import` makes some");
}

const struct cli_command cli_cmd_device_add = {
    .name = "device add",
    .operands = "MAC",
    .operand_min = 1,
    .operand_max = 1,
    .options = add_options,
    .summary = "add a phone to a tenant",
    .text =
        "Claims a phone by its MAC for a tenant, with its lines, keys and own settings. The claim\n"
        "holds nothing against other tenants until the phone itself has fetched with its\n"
        "certificate; then the MAC is bound to this tenant. A comma inside a key's value is "
        "written\n"
        "\\, and a secret setting KEY=@FILE.",
    .example = "beckon device add --tenant acme 80:5e:c0:00:00:01 --vendor yealink --model T54W "
               "--line 1=1001 --key line/2=blf,line=1,value=1002,label=Anna",
    .run = run_add,
};

const struct cli_command cli_cmd_device_list = {
    .name = "device list",
    .operands = "",
    .options = list_options,
    .summary = "list a tenant's phones",
    .text = "Lists the phones of a tenant: claimed (never seen), bound, suspended, quarantined or "
            "released;\n"
            "pending while the phone holds an older revision than it should. JSON: {\"devices\": "
            "[{mac,\n"
            "vendor, model, label, site, profile, state, revision, revision_held, is_pending,\n"
            "last_visit_at, lines}]}.",
    .example = "beckon device list --tenant acme",
    .run = run_list,
};
