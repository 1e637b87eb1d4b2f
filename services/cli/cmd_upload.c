/*
 * beckon upload list, show, delete: what phones wrote themselves.
 */
#include <unistd.h>

#include "base/secret.h"
#include "commands.h"
#include "model/upload.h"
#include "store/store_upload_list.h"

static const struct cli_column columns[] = {
    {"name", "file"},
    {"kind", "kind"},
    {"bytes", "bytes"},
    {"lost_bytes", "lost"},
    {"source", "from"},
    {"created_at", "first written"},
    {"updated_at", "last written"},
    {0},
};

/* ---- list ---- */

static const struct cli_option list_options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant"},
    {"mac", CLI_VALUE, true, "MAC", "the phone"},
    {0},
};

static enum bk_err run_list(struct cli *cli)
{
    struct cli_tenant tenant;
    struct bk_str mac, text;
    json_t *rows = NULL;
    enum bk_err err = cli_mac(cli, cli_value(cli, "mac"), &mac);
    if (err != BK_OK)
        return err;
    err = cli_begin(cli, &tenant);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK) {
        err = bk_store_upload_list(&store, tenant.tenant_id, mac, &text);
        if (err == BK_ERR_NOT_FOUND)
            bk_detail_set(&cli->detail,
                          "tenant %.*s has no device %.*s; `beckon device list` lists them",
                          BK_STR_ARG(tenant.name), BK_STR_ARG(mac));
    }
    if (err == BK_OK)
        err = cli_json_load(cli, text, &rows);
    err = cli_end(cli, err);
    if (err == BK_OK)
        cli_answer(cli, json_pack("{s:O}", "uploads", rows), "uploads", columns, "no file");
    json_decref(rows);
    return err;
}

const struct cli_command cli_cmd_upload_list = {
    .name = "upload list",
    .operands = "",
    .options = list_options,
    .summary = "list what a phone wrote itself",
    .text =
        "Lists the files that a phone wrote to beckon-config: its log, what was changed at it,\n"
        "contacts, call lists. Lost bytes are those of a log that were older and had to make "
        "room.\n"
        "JSON: {\"uploads\": [{upload_id, name, kind, bytes, lost_bytes, source, created_at,\n"
        "updated_at}]}.",
    .example = "beckon upload list --tenant acme --mac 0004f2000001",
    .run = run_list,
};

/* ---- one of them ---- */

static const struct cli_option one_options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant"},
    {"mac", CLI_VALUE, true, "MAC", "the phone"},
    {"name", CLI_VALUE, true, "FILE", "as `beckon upload list` shows it"},
    {0},
};

struct target {
    struct bk_str mac;
    char name[BK_UPLOAD_NAME_MAX + 1];
    struct bk_store_upload upload;
    struct bk_str json; /* its row */
};

static enum bk_err read_options(struct cli *cli, struct target *target)
{
    enum bk_err err = cli_mac(cli, cli_value(cli, "mac"), &target->mac);
    if (err == BK_OK && !bk_upload_name(bk_str_of(cli_value(cli, "name")), &target->name)) {
        bk_detail_set(&cli->detail,
                      "--name: want 1 to %d letters, digits, dots, hyphens, "
                      "underscores",
                      BK_UPLOAD_NAME_MAX);
        err = BK_ERR_MALFORMED;
    }
    return err;
}

static enum bk_err find(struct cli *cli, const struct cli_tenant *tenant, struct target *target)
{
    struct bk_store store = cli_store(cli);
    enum bk_err err = bk_store_upload_find(&store, tenant->tenant_id, target->mac,
                                           bk_str_of(target->name), &target->upload, &target->json);
    if (err == BK_ERR_NOT_FOUND)
        bk_detail_set(&cli->detail,
                      "device %.*s of tenant %.*s has no file \"%s\"; `beckon upload list` lists "
                      "those it has",
                      BK_STR_ARG(target->mac), BK_STR_ARG(tenant->name), target->name);
    return err;
}

static enum bk_err audit(struct cli *cli, const char *action, const struct target *target)
{
    return cli_audit(cli, target->upload.tenant_id, action, bk_str_of(target->name),
                     json_pack("{s:s%}", "mac", target->mac.ptr, target->mac.len));
}

/* ---- show ---- */

static void print(struct cli *cli, json_t *row, struct bk_str content)
{
    if (cli->is_json) {
        json_object_set_new(row, "content", cli_json_text(content));
        cli_out_json(stdout, row);
    } else if (isatty(STDOUT_FILENO)) {
        cli_out_lines(stdout, content);
    } else {
        fwrite(content.ptr, 1, content.len, stdout);
    }
}

static enum bk_err run_show(struct cli *cli)
{
    struct cli_tenant tenant = {0};
    struct target target;
    struct bk_buf content;
    struct bk_str name;
    json_t *row = NULL;
    enum bk_err err = read_options(cli, &target);
    if (err != BK_OK)
        return err;
    bk_buf_init_secret(&content, BK_UPLOADS_MAX);
    err = cli_begin_sealed(cli, &tenant);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = find(cli, &tenant, &target);
    if (err == BK_OK)
        err = cli_json_load(cli, target.json, &row);
    if (err == BK_OK)
        err = bk_store_upload_read(&store, &target.upload, &tenant.data_key, &name, &content);
    if (err == BK_OK)
        err = audit(cli, "upload.read", &target);
    err = cli_end(cli, err);
    bk_wipe(&tenant.data_key, sizeof tenant.data_key);
    if (err == BK_OK)
        print(cli, row, bk_buf_str(&content));
    bk_buf_deinit(&content);
    json_decref(row);
    return err;
}

const struct cli_command cli_cmd_upload_show = {
    .name = "upload show",
    .operands = "",
    .options = one_options,
    .summary = "print a file that a phone wrote",
    .text =
        "Prints one file as the phone wrote it, passwords and people's calls included; the "
        "tenant's\n"
        "audit notes it. Into a file or a pipe go the bytes as they are. On a terminal control\n"
        "characters, line ends and tabs apart, are shown as \\xNN. Needs the master key. JSON: "
        "the\n"
        "members of `beckon upload list`, and content.",
    .example = "beckon upload show --tenant acme --mac 0004f2000001 --name 0004f2000001-app.log",
    .run = run_show,
};

/* ---- delete ---- */

static enum bk_err run_delete(struct cli *cli)
{
    struct cli_tenant tenant;
    struct target target;
    struct bk_str name;
    json_t *row = NULL;
    enum bk_err err = read_options(cli, &target);
    if (err != BK_OK)
        return err;
    err = cli_begin(cli, &tenant);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = find(cli, &tenant, &target);
    if (err == BK_OK)
        err = cli_json_load(cli, target.json, &row);
    if (err == BK_OK)
        err = bk_store_upload_delete(&store, &target.upload, &name);
    if (err == BK_OK)
        err = audit(cli, "upload.delete", &target);
    err = cli_end(cli, err);
    if (err == BK_OK)
        cli_answer(cli, json_incref(row), NULL, columns, NULL);
    json_decref(row);
    return err;
}

const struct cli_command cli_cmd_upload_delete = {
    .name = "upload delete",
    .operands = "",
    .options = one_options,
    .summary = "delete a file that a phone wrote",
    .text = "Deletes one file. The phone finds none when it next reads it back: so ends what was "
            "changed\n"
            "at it. It may write it anew. The answer tells what the file was.",
    .example = "beckon upload delete --tenant acme --mac 0004f2000001 --name 0004f2000001-web.cfg",
    .run = run_delete,
};
