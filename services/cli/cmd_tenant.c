/*
 * beckon tenant add, tenant list.
 */
#include <string.h>

#include "commands.h"
#include "spec.h"
#include "store/store_tenant.h"

#define KEY_LEN 12

static const struct cli_option add_options[] = {
    {"title", CLI_VALUE, false, "T", "what people call it; default: NAME"},
    {"key", CLI_VALUE, false, "KEY", "URL key, 8 to 16 of a-z and 0-9; default: 12 random ones"},
    {0},
};

/* Without 0 o 1 l i: people read keys out on the telephone. 31^12 is 59 bits. */
static struct bk_str make_key(struct bk_arena *arena)
{
    return cli_random_text(arena, "abcdefghjkmnpqrstuvwxyz23456789", KEY_LEN);
}

static enum bk_err seal_data_key(struct cli *cli, struct bk_store_tenant *tenant)
{
    uint8_t sealed[BK_DATA_KEY_SEALED_BYTES];
    enum bk_err err = cli_master_key(cli);
    if (err == BK_OK)
        err = bk_master_keys_data_key_new(cli->master_keys, tenant->tenant_id, &sealed);
    if (err == BK_OK)
        tenant->data_key_sealed =
            bk_arena_str(cli->arena, (struct bk_str){(const char *)sealed, sizeof sealed});
    return err;
}

static enum bk_err add(struct cli *cli, struct bk_store_tenant *tenant, struct bk_str key)
{
    struct bk_store store = cli_store(cli);
    enum bk_err err = bk_store_tenant_id(&store, &tenant->tenant_id);
    if (err == BK_OK)
        err = seal_data_key(cli, tenant);
    if (err == BK_OK)
        err = bk_store_tenant_add(&store, tenant, key);
    return err;
}

static enum bk_err run_add(struct cli *cli)
{
    static const struct cli_column columns[] = {{"tenant_id", "tenant"},     {"name", "name"},
                                                {"title", "title"},          {"key", "URL key"},
                                                {"url", "provisioning URL"}, {0}};
    const char *title = cli_value(cli, "title"), *key_option = cli_value(cli, "key");
    struct bk_store_tenant tenant = {.name = bk_str_of(cli_operand(cli, 0))};
    struct bk_str key = key_option != NULL ? bk_str_of(key_option) : make_key(cli->arena);
    tenant.title = title != NULL ? bk_str_of(title) : tenant.name;
    enum bk_err err = cli_text_check("--title", tenant.title, 128, true, &cli->detail);
    if (err == BK_OK)
        err = cli_master_key(cli); /* before an id is drawn */
    if (err != BK_OK)
        return err;

    cli->subject =
        bk_arena_printf(cli->arena, "tenant %.*s", tenant.name.len > 64 ? 64 : (int)tenant.name.len,
                        tenant.name.ptr)
            .ptr;
    json_t *answer = json_object();
    err = cli_begin_plain(cli);
    if (err == BK_OK)
        err = add(cli, &tenant, key);
    json_object_set_new(answer, "tenant_id", json_integer(tenant.tenant_id));
    json_object_set_new(answer, "name", cli_json_text(tenant.name));
    json_object_set_new(answer, "title", cli_json_text(tenant.title));
    json_object_set_new(answer, "key", cli_json_text(key));
    if (err == BK_OK)
        err = cli_audit(cli, tenant.tenant_id, "tenant.add", tenant.name, json_incref(answer));
    err = cli_end(cli, err);
    if (err != BK_OK) {
        json_decref(answer);
        return err;
    }
    json_object_set_new(
        answer, "url",
        cli->settings.public_url == NULL
            ? json_null()
            : cli_json_text(bk_arena_printf(cli->arena, "%s/%.*s", cli->settings.public_url,
                                            BK_STR_ARG(key))));
    cli_answer(cli, answer, NULL, columns, NULL);
    return BK_OK;
}

static const struct cli_option list_options[] = {{0}};

static enum bk_err run_list(struct cli *cli)
{
    static const struct cli_column columns[] = {{"tenant_id", "tenant"}, {"name", "name"},
                                                {"title", "title"},      {"status", "status"},
                                                {"devices", "devices"},  {"keys", "URL keys"},
                                                {"created_at", "since"}, {0}};
    struct bk_str text = BK_STR_NONE;
    json_t *rows = NULL;
    enum bk_err err = cli_begin_plain(cli);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = bk_store_tenant_list(&store, &text);
    if (err == BK_OK)
        err = cli_json_load(cli, text, &rows);
    err = cli_end(cli, err);
    if (err != BK_OK)
        return err;
    json_t *answer = json_object();
    json_object_set_new(answer, "tenants", rows);
    cli_answer(cli, answer, "tenants", columns, "no tenant; `beckon tenant add` makes one");
    return BK_OK;
}

const struct cli_command cli_cmd_tenant_add = {
    .name = "tenant add",
    .operands = "NAME",
    .operand_min = 1,
    .operand_max = 1,
    .options = add_options,
    .summary = "add a tenant",
    .text = "Adds a tenant and prints its id and its URL key: phones are told to fetch from\n"
            "https://host/<key>/. NAME (a-z, 0-9 and '-') is what --tenant of other commands says; "
            "phones\n"
            "never see it. The tenant gets a data key of its own, sealed under the master key\n"
            "(BECKON_MASTER_KEY_FILE).",
    .example = "beckon tenant add acme --title 'Acme GmbH'",
    .run = run_add,
};

const struct cli_command cli_cmd_tenant_list = {
    .name = "tenant list",
    .operands = "",
    .options = list_options,
    .summary = "list all tenants",
    .text = "Lists all tenants with their valid URL keys. JSON: {\"tenants\": [{tenant_id, name, "
            "title,\n"
            "status, devices, keys, created_at}]}.",
    .example = "beckon tenant list --json",
    .run = run_list,
};
