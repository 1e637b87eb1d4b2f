/*
 * beckon render: the files a phone would get, by the very functions of beckon-config.
 */
#include <string.h>

#include "base/secret.h"
#include "commands.h"
#include "model/mac.h"
#include "store/store_phone.h"
#include "store/store_tenant.h"
#include "vendor/vendor.h"

#define MASK "********" /* as long as the shortest password that is allowed */
#define CODE_LEN 12

static const struct cli_option options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant"},
    {"mac", CLI_VALUE, true, "MAC", "the phone"},
    {"file", CLI_VALUE, false, "NAME",
     "only this file, without a heading: what the phone would read"},
    {"secrets", CLI_FLAG, false, NULL, "show passwords; without it they are " MASK},
    {0},
};

struct rendering {
    struct cli *cli;
    const struct bk_vendor *vendor;
    const struct bk_model *model; /* NULL: not known */
    struct bk_phone phone;
    json_t *files; /* of the answer */
};

/* ---- the phone ---- */

static void mask_settings(struct bk_setting *settings)
{
    for (int i = 0; i < BK_NEUTRAL_COUNT; i++) {
        if (bk_neutral_options[i].type == BK_T_SECRET && settings[i].layer != BK_LAYER_NONE)
            settings[i].value.text = BK_STR(MASK);
    }
}

static void mask(struct bk_phone *phone)
{
    mask_settings(phone->settings);
    for (size_t i = 0; i < phone->line_count; i++) {
        mask_settings(phone->lines[i].settings);
        phone->lines[i].secret = BK_STR(MASK);
    }
}

static enum bk_err load(struct cli *cli, const struct cli_tenant *tenant, struct bk_str mac,
                        struct rendering *rendering)
{
    struct bk_store store = cli_store(cli);
    struct bk_store_phone stored;
    struct bk_phone *phone = &rendering->phone;
    struct bk_str key = BK_STR_NONE;
    enum bk_err err = bk_store_phone_read(&store, tenant->tenant_id, mac, &stored);
    if (err == BK_ERR_NOT_FOUND) {
        bk_detail_set(&cli->detail,
                      "tenant %.*s has no device %.*s; `beckon device list` lists them",
                      BK_STR_ARG(tenant->name), BK_STR_ARG(mac));
        return err;
    }
    if (err == BK_OK)
        err = bk_store_tenant_key(&store, tenant->tenant_id, &key);
    if (err == BK_ERR_NOT_FOUND)
        bk_detail_set(&cli->detail, "tenant %.*s has no valid URL key: its phones reach nothing",
                      BK_STR_ARG(tenant->name));
    if (err != BK_OK)
        return err;
    rendering->vendor = bk_vendor_find(stored.vendor);
    if (rendering->vendor == NULL) {
        bk_detail_set(&cli->detail,
                      "device %.*s is of maker %.*s, which this program does not know",
                      BK_STR_ARG(mac), BK_STR_ARG(stored.vendor));
        return BK_ERR_INVALID;
    }
    err = bk_phone_decode(cli->arena, stored.config_json, stored.vendor, tenant->tenant_id,
                          &tenant->data_key, phone, &cli->detail);
    if (err == BK_OK)
        err = bk_mac_parse_bare(mac, &phone->mac);
    if (err != BK_OK)
        return err;
    phone->vendor = stored.vendor;
    phone->model = stored.model;
    phone->revision = stored.revision;
    phone->provisioning_url =
        bk_arena_printf(cli->arena, "%s/%.*s", cli->settings.public_url, BK_STR_ARG(key));
    rendering->model = bk_model_find(rendering->vendor, stored.model);
    if (!cli_has(cli, "secrets"))
        mask(phone);
    return BK_OK;
}

/* ---- files ---- */

/* "$mac.cfg" -> "805ec0000001.cfg" */
static struct bk_str file_name(struct rendering *rendering, const char *pattern)
{
    const struct bk_str mac_word = BK_STR("$mac"), code_word = BK_STR("$code");
    char mac[BK_MAC_TEXT_SIZE], code[CODE_LEN + 1] = "000000000000";
    struct bk_str codes = rendering->model == NULL ? BK_STR_NONE : rendering->model->codes;
    struct bk_str first = bk_str_trim(bk_str_cut(&codes, ',')), rest = bk_str_of(pattern);
    struct bk_buf name;
    bk_mac_print(&rendering->phone.mac, &mac);
    if (first.len > 0 && first.len <= CODE_LEN)
        memcpy(code + CODE_LEN - first.len, first.ptr, first.len);
    bk_buf_init(&name, 256);
    while (rest.len > 0) {
        bool is_mac = bk_str_starts(rest, mac_word), is_code = bk_str_starts(rest, code_word);
        if (is_mac || is_code) {
            bk_buf_add(&name, bk_str_of(is_mac ? mac : code));
            rest = bk_str_slice(rest, is_mac ? mac_word.len : code_word.len, rest.len);
        } else {
            bk_buf_add_char(&name, rest.ptr[0]);
            rest = bk_str_slice(rest, 1, rest.len);
        }
    }
    struct bk_str copy = bk_arena_str(rendering->cli->arena, bk_buf_str(&name));
    bk_buf_deinit(&name);
    return copy;
}

/* BK_ERR_NOT_FOUND without a detail: no file of this maker, or not of this phone. */
static enum bk_err render(struct rendering *rendering, struct bk_str name, struct bk_buf *out,
                          enum bk_file_kind *ret_kind)
{
    struct bk_path_match match = {0};
    struct bk_phone phone = rendering->phone;
    if (!rendering->vendor->match_path(name, &match) || match.kind == BK_FILE_NONE ||
        (match.has_mac && !bk_mac_eq(&match.mac, &phone.mac)))
        return BK_ERR_NOT_FOUND;
    if (match.kind != BK_FILE_DEVICE) /* lines and keys are the device's own file's alone */
        phone.line_count = phone.key_count = 0;
    const struct bk_file_request request = {match.kind, match.has_mac, match.model_code};
    enum bk_err err = bk_vendor_render(rendering->vendor, &phone, rendering->model, &request, out,
                                       NULL, &rendering->cli->detail);
    *ret_kind = match.kind;
    return err == BK_OK ? out->err : err;
}

static enum bk_err show(struct rendering *rendering, struct bk_str name, bool is_alone)
{
    struct cli *cli = rendering->cli;
    struct bk_buf out;
    enum bk_file_kind kind = BK_FILE_NONE;
    bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
    enum bk_err err = render(rendering, name, &out, &kind);
    if (err == BK_ERR_NOT_FOUND && is_alone)
        bk_detail_set(&cli->detail,
                      "this phone gets no file \"%.*s\"; without --file all are shown",
                      name.len > 64 ? 64 : (int)name.len, name.ptr);
    if (err == BK_OK && cli->is_json) {
        json_t *one = json_object();
        json_object_set_new(one, "name", cli_json_text(name));
        json_object_set_new(one, "kind", json_string(bk_file_kind_name(kind)));
        json_object_set_new(one, "bytes", json_integer((json_int_t)bk_buf_str(&out).len));
        json_object_set_new(one, "content", cli_json_text(bk_buf_str(&out)));
        json_array_append_new(rendering->files, one);
    } else if (err == BK_OK) {
        struct bk_str text = bk_buf_str(&out);
        if (!is_alone)
            printf("%s==> %.*s (%s, %zu bytes) <==\n",
                   json_array_size(rendering->files) > 0 ? "\n" : "", BK_STR_ARG(name),
                   bk_file_kind_name(kind), text.len);
        fwrite(text.ptr, 1, text.len, stdout);
        json_array_append_new(rendering->files, json_null()); /* only counted */
    }
    bk_buf_deinit(&out);
    return err;
}

static enum bk_err show_all(struct rendering *rendering)
{
    enum bk_err err = BK_OK;
    for (const char *const *one = rendering->vendor->files; err == BK_OK && *one != NULL; one++)
        err = show(rendering, file_name(rendering, *one), false);
    return err;
}

static void answer(struct rendering *rendering, struct bk_str mac)
{
    json_t *object = json_object();
    json_object_set_new(object, "mac", cli_json_text(mac));
    json_object_set_new(object, "vendor", json_string(rendering->vendor->name));
    json_object_set_new(object, "model", cli_json_text(rendering->phone.model));
    json_object_set_new(object, "revision", json_integer(rendering->phone.revision));
    json_object_set(object, "files", rendering->files);
    cli_out_json(stdout, object);
    json_decref(object);
}

static enum bk_err run(struct cli *cli)
{
    struct cli_tenant tenant = {0};
    struct rendering rendering = {.cli = cli};
    const char *file = cli_value(cli, "file");
    struct bk_str mac;
    enum bk_err err = bk_vendors_init(&cli->detail);
    if (err == BK_OK)
        err = cli_mac(cli, cli_value(cli, "mac"), &mac);
    if (err != BK_OK)
        return err;
    if (cli->settings.public_url == NULL) {
        bk_detail_set(&cli->detail, "the file names the URL phones come back to: set "
                                    "BECKON_PUBLIC_URL as beckon-config has it");
        return BK_ERR_INVALID;
    }
    rendering.files = json_array();
    err = cli_begin_sealed(cli, &tenant);
    if (err == BK_OK)
        err = load(cli, &tenant, mac, &rendering);
    if (err == BK_OK && cli_has(cli, "secrets"))
        err = cli_audit(cli, tenant.tenant_id, "device.reveal", mac, json_object());
    err = cli_end(cli, err);
    bk_wipe(&tenant.data_key, sizeof tenant.data_key);
    if (err == BK_OK)
        err = file != NULL ? show(&rendering, bk_str_of(file), true) : show_all(&rendering);
    if (err == BK_OK && cli->is_json)
        answer(&rendering, mac);
    json_decref(rendering.files);
    return err;
}

const struct cli_command cli_cmd_render = {
    .name = "render",
    .operands = "",
    .options = options,
    .summary = "show the files a phone would get",
    .text =
        "Prints each file this phone would get from beckon-config, in the order it asks for them, "
        "made\n"
        "by the same functions from the same rows; also for a phone that would be refused. "
        "Passwords\n"
        "are masked unless --secrets is given, which the tenant's audit notes. Needs the master "
        "key\n"
        "and BECKON_PUBLIC_URL. JSON: {mac, vendor, model, revision, files: [{name, kind, bytes,\n"
        "content}]}.",
    .example = "beckon render --tenant acme --mac 805ec0000001 --file 805ec0000001.cfg",
    .run = run,
};
