/*
 * beckon extension add, extension list: accounts on a PBX.
 */
#include <string.h>

#include "base/secret.h"
#include "commands.h"
#include "spec.h"
#include "store/store_extension.h"
#include "store/store_pbx.h"

#define NUMBER_MAX 64
#define MADE_SECRET_LEN 24
#define SECRET_MAX 128 /* what phones' password fields take */

static const struct cli_option add_options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant"},
    {"pbx", CLI_VALUE, true, "P", "name of the PBX"},
    {"auth-id", CLI_VALUE, false, "A", "name to authenticate with; default: the number"},
    {"display-name", CLI_VALUE, false, "N", "name that is shown"},
    {"secret-file", CLI_VALUE, false, "FILE",
     "file with the SIP secret the PBX has, - for standard input;\n"
     "without it a random one of 24 letters and digits is made"},
    {"show-secret", CLI_FLAG, false, NULL,
     "print the secret, once: the PBX must be told a made one"},
    {0},
};

/* 24 of 62 characters are 142 bits. */
static struct bk_str make_secret(struct bk_arena *arena)
{
    return cli_random_text(arena, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
                           MADE_SECRET_LEN);
}

static enum bk_err read_values(struct cli *cli, struct bk_store_extension *extension,
                               struct bk_str *ret_secret)
{
    const char *auth_id = cli_value(cli, "auth-id"), *name = cli_value(cli, "display-name");
    const char *file = cli_value(cli, "secret-file");
    extension->number = bk_str_of(cli_operand(cli, 0));
    extension->auth_id = auth_id != NULL ? bk_str_of(auth_id) : BK_STR("");
    extension->display_name = name != NULL ? bk_str_of(name) : BK_STR("");
    enum bk_err err = cli_text_check("number", extension->number, NUMBER_MAX, false, &cli->detail);
    if (err == BK_OK)
        err = cli_text_check("--auth-id", extension->auth_id, CLI_LABEL_MAX, auth_id == NULL,
                             &cli->detail);
    if (err == BK_OK)
        err = cli_text_check("--display-name", extension->display_name, CLI_LABEL_MAX, true,
                             &cli->detail);
    if (err != BK_OK)
        return err;
    if (file != NULL)
        return cli_secret_read(cli, file, SECRET_MAX, ret_secret);
    *ret_secret = make_secret(cli->arena);
    return BK_OK;
}

static enum bk_err add(struct cli *cli, const struct cli_tenant *tenant,
                       struct bk_store_extension *extension, struct bk_str secret)
{
    struct bk_store store = cli_store(cli);
    const char *pbx = cli_value(cli, "pbx");
    enum bk_err err =
        bk_store_pbx_find(&store, tenant->tenant_id, bk_str_of(pbx), &extension->pbx_id);
    if (err == BK_ERR_NOT_FOUND)
        bk_detail_set(&cli->detail,
                      "tenant %.*s has no PBX \"%.64s\"; `beckon pbx list` lists them",
                      BK_STR_ARG(tenant->name), pbx);
    if (err == BK_OK)
        err = bk_store_extension_id(&store, &extension->extension_id);
    if (err == BK_OK)
        err = cli_seal(cli, tenant, "extension.secret", extension->extension_id, secret,
                       &extension->secret_sealed);
    if (err == BK_OK)
        err = bk_store_extension_add(&store, tenant->tenant_id, extension);
    return err;
}

static enum bk_err run_add(struct cli *cli)
{
    static const struct cli_column columns[] = {{"number", "extension"},
                                                {"extension_id", "id"},
                                                {"pbx", "PBX"},
                                                {"auth_id", "auth id"},
                                                {"display_name", "display name"},
                                                {"secret_made", "secret made here"},
                                                {"secret", "secret"},
                                                {0}};
    struct cli_tenant tenant;
    struct bk_store_extension extension = {0};
    struct bk_str secret = BK_STR_NONE;
    enum bk_err err = read_values(cli, &extension, &secret);
    if (err != BK_OK)
        return err;
    const bool is_made = !cli_has(cli, "secret-file");
    cli->subject = bk_arena_printf(cli->arena, "extension %.*s", BK_STR_ARG(extension.number)).ptr;
    json_t *answer = json_object();
    json_object_set_new(answer, "number", cli_json_text(extension.number));
    json_object_set_new(answer, "pbx", cli_json_text(bk_str_of(cli_value(cli, "pbx"))));
    json_object_set_new(
        answer, "auth_id",
        cli_json_text(extension.auth_id.len > 0 ? extension.auth_id : extension.number));
    json_object_set_new(answer, "display_name", cli_json_text(extension.display_name));
    json_object_set_new(answer, "secret_made", json_boolean(is_made));

    err = cli_begin_sealed(cli, &tenant);
    if (err == BK_OK)
        err = add(cli, &tenant, &extension, secret);
    if (err == BK_OK)
        err = cli_audit(cli, tenant.tenant_id, "extension.add", extension.number,
                        json_incref(answer));
    err = cli_end(cli, err);
    bk_wipe(&tenant.data_key, sizeof tenant.data_key);
    if (err != BK_OK) {
        json_decref(answer);
        return err;
    }
    json_object_set_new(answer, "extension_id", json_integer(extension.extension_id));
    if (cli_has(cli, "show-secret"))
        json_object_set_new(answer, "secret", cli_json_text(secret));
    cli_answer(cli, answer, NULL, columns, NULL);
    return BK_OK;
}

static const struct cli_option list_options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant"},
    {0},
};

static enum bk_err run_list(struct cli *cli)
{
    static const struct cli_column columns[] = {
        {"number", "extension"},          {"pbx", "PBX"},         {"auth_id", "auth id"},
        {"display_name", "display name"}, {"devices", "devices"}, {0}};
    return cli_list(cli, bk_store_extension_list, "extensions", columns,
                    "no extension; `beckon extension add` makes one");
}

const struct cli_command cli_cmd_extension_add = {
    .name = "extension add",
    .operands = "NUMBER",
    .operand_min = 1,
    .operand_max = 1,
    .options = add_options,
    .summary = "add an account on a PBX",
    .text =
        "Adds an extension: the account that phones register with. It may be on several phones. "
        "The SIP\n"
        "secret is sealed with the tenant's key before it reaches the database, so the master key\n"
        "(BECKON_MASTER_KEY_FILE) is needed. A secret never stands on the command line.",
    .example = "beckon extension add --tenant acme --pbx main 1001 --display-name 'Anna Berg' "
               "--secret-file -",
    .run = run_add,
};

const struct cli_command cli_cmd_extension_list = {
    .name = "extension list",
    .operands = "",
    .options = list_options,
    .summary = "list a tenant's extensions",
    .text =
        "Lists the extensions of a tenant and the phones that have them. JSON: {\"extensions\":\n"
        "[{extension_id, number, pbx, auth_id, display_name, devices}]}.",
    .example = "beckon extension list --tenant acme",
    .run = run_list,
};
