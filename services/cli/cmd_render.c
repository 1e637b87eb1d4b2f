/*
 * beckon render: the files a phone would get, by the very functions of beckon-config.
 */
#include "base/secret.h"
#include "commands.h"
#include "phone.h"
#include "vendor/files.h"

#define MASK "********" /* as long as the shortest password that is allowed */

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
    struct cli_phone own;
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
    phone->is_masked = true;
    mask_settings(phone->settings);
    for (size_t i = 0; i < phone->line_count; i++) {
        mask_settings(phone->lines[i].settings);
        phone->lines[i].secret = BK_STR(MASK);
    }
}

/* ---- files ---- */

/* BK_ERR_NOT_FOUND without a detail: no file of this maker, or not of this phone. */
static enum bk_err render(struct rendering *rendering, struct bk_str name, struct bk_buf *out,
                          enum bk_file_kind *ret_kind)
{
    struct bk_phone phone = rendering->own.phone;
    struct bk_file_request request;
    if (!bk_file_find(rendering->own.vendor, &phone.mac, name, &request))
        return BK_ERR_NOT_FOUND;
    if (!request.has_mac) /* lines and keys are the device's own files' alone */
        phone.line_count = phone.key_count = 0;
    enum bk_err err = bk_vendor_render(rendering->own.vendor, &phone, rendering->own.model,
                                       &request, out, NULL, &rendering->cli->detail);
    *ret_kind = request.kind;
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
    const struct cli_phone *own = &rendering->own;
    enum bk_err err = BK_OK;
    for (const char *const *one = own->vendor->files; err == BK_OK && *one != NULL; one++) {
        char name[BK_FILE_NAME_SIZE];
        if (bk_file_name_print(*one, &own->phone.mac, own->model, &name))
            err = show(rendering, bk_str_of(name), false);
        if (err == BK_ERR_NOT_FOUND)
            err = BK_OK; /* not of this model */
    }
    return err;
}

static void answer(struct rendering *rendering, struct bk_str mac)
{
    json_t *object = json_object();
    json_object_set_new(object, "mac", cli_json_text(mac));
    json_object_set_new(object, "vendor", json_string(rendering->own.vendor->name));
    json_object_set_new(object, "model", cli_json_text(rendering->own.phone.model));
    json_object_set_new(object, "revision", json_integer(rendering->own.phone.revision));
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
    enum bk_err err = cli_catalog(cli);
    if (err == BK_OK)
        err = cli_mac(cli, cli_value(cli, "mac"), &mac);
    if (err != BK_OK)
        return err;
    rendering.files = json_array();
    err = cli_begin_sealed(cli, &tenant);
    if (err == BK_OK)
        err = cli_phone_read(cli, &tenant, mac, &tenant.data_key, &rendering.own);
    if (err == BK_OK && !cli_has(cli, "secrets"))
        mask(&rendering.own.phone);
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
