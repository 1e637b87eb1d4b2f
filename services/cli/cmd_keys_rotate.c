/*
 * beckon keys rotate: another master key for all tenants, or another data key for one, while all
 * serve (docs/keys.md). Each is one transaction: done, or nothing happened.
 */
#include <string.h>

#include "base/hex.h"
#include "base/secret.h"
#include "commands.h"
#include "store/store_key.h"

enum { BATCH_ROWS = 500 };

static const struct cli_option options[] = {
    {"new", CLI_VALUE, false, "FILE", "the new master key: seal every tenant's data key under it"},
    {"tenant", CLI_VALUE, false, "T", "a new data key for this tenant: seal all its secrets anew"},
    {0},
};

/* ---- --new: the master key ---- */

/* Services that lack the key would open nothing after this; where they have it, so has this run. */
static enum bk_err read_new_key(struct cli *cli, const char *path, struct bk_key *ret_key)
{
    enum bk_err err = bk_key_read(path, ret_key, &cli->detail);
    if (err == BK_OK)
        err = cli_master_key(cli);
    if (err != BK_OK || bk_master_keys_has(cli->master_keys, ret_key))
        return err;
    bk_detail_set(&cli->detail,
                  "no service may have the key in %.128s yet: name it as master_key_file, and the "
                  "former one as master_key_previous_file, for every service and for this command, "
                  "reload them (SIGHUP), and run this again",
                  path);
    return BK_ERR_DENIED;
}

static enum bk_err reseal_one(struct cli *cli, const struct bk_key *new_key,
                              const struct bk_data_key_row *row, bool *ret_is_changed)
{
    struct bk_store store = cli_store(cli);
    struct bk_key data_key;
    uint8_t sealed[BK_DATA_KEY_SEALED_BYTES];
    *ret_is_changed = false;
    if (bk_data_key_open(new_key, row->tenant_id, row->sealed, &data_key) == BK_OK) {
        bk_wipe(&data_key, sizeof data_key);
        return BK_OK; /* by an earlier run, or made since the services have the key */
    }
    enum bk_err err =
        bk_master_keys_data_key_open(cli->master_keys, row->tenant_id, row->sealed, &data_key);
    if (err == BK_OK)
        err = bk_data_key_seal(new_key, row->tenant_id, &data_key, &sealed);
    else
        bk_detail_set(
            &cli->detail,
            "the data key of tenant %.*s opens under none of the master keys; nothing was "
            "changed. Name the key it was made with as master_key_previous_file",
            BK_STR_ARG(row->name));
    bk_wipe(&data_key, sizeof data_key);
    if (err == BK_OK)
        err = bk_store_data_key_reseal(&store, row->tenant_id, row->sealed,
                                       (struct bk_str){(const char *)sealed, sizeof sealed});
    *ret_is_changed = err == BK_OK;
    return err;
}

static enum bk_err reseal_all(struct cli *cli, const struct bk_key *new_key, int64_t *ret_changed,
                              int64_t *ret_count)
{
    struct bk_store store = cli_store(cli);
    struct bk_data_key_row *rows = NULL;
    size_t count = 0;
    int64_t changed_count = 0;
    enum bk_err err = bk_store_data_keys(&store, &rows, &count);
    for (size_t i = 0; err == BK_OK && i < count; i++) {
        bool is_changed = false;
        err = reseal_one(cli, new_key, &rows[i], &is_changed);
        changed_count += is_changed;
    }
    *ret_changed = changed_count;
    *ret_count = (int64_t)count;
    if (err == BK_OK && changed_count > 0)
        err = cli_audit(cli, 0, "keys.rotate", BK_STR("master"),
                        json_pack("{s:I}", "tenants", (json_int_t)changed_count));
    return err;
}

static enum bk_err rotate_master(struct cli *cli, const char *path)
{
    static const struct cli_column columns[] = {
        {"tenants", "tenants"}, {"changed", "sealed anew now"}, {0}};
    struct bk_key new_key;
    int64_t changed = 0, count = 0;
    enum bk_err err = read_new_key(cli, path, &new_key);
    if (err == BK_OK)
        err = cli_begin_plain(cli);
    if (err == BK_OK)
        err = cli_end(cli, reseal_all(cli, &new_key, &changed, &count));
    bk_wipe(&new_key, sizeof new_key);
    if (err != BK_OK)
        return err;
    cli_answer(
        cli, json_pack("{s:I, s:I}", "tenants", (json_int_t)count, "changed", (json_int_t)changed),
        NULL, columns, NULL);
    if (!cli->is_json && changed > 0)
        puts("Run this once more: when it changes nothing, no tenant needs the former key.");
    else if (!cli->is_json)
        puts("No tenant needs the former key. Remove the file of master_key_previous_file "
             "everywhere,\nreload the services (SIGHUP), and keep the former key apart for as long "
             "as backups\nfrom before today are kept.");
    return BK_OK;
}

/* ---- --tenant: a data key ---- */

struct rekey {
    struct cli *cli;
    const struct cli_tenant *tenant; /* with the former data key */
    struct bk_key to;
    int64_t value_count;
};

/* {"row_id", "place", "sealed"} of one value under the new key; NULL with cli->detail. */
static json_t *sealed_anew(struct rekey *rekey, const struct bk_sealed_row *row)
{
    char space[BK_SEAL_PLACE_SIZE], base64[2 * (BK_SEAL_PLAIN_MAX + BK_SEAL_OVERHEAD_BYTES)];
    uint8_t sealed[BK_SEAL_PLAIN_MAX + BK_SEAL_OVERHEAD_BYTES], plain[BK_SEAL_PLAIN_MAX];
    size_t len = 0, plain_len = 0;
    struct bk_str place =
        bk_seal_place(&space, rekey->tenant->tenant_id, row->place.ptr, row->row_id);
    enum bk_err err = bk_base64_parse(row->sealed_base64, sealed, sizeof sealed, &len);
    if (err == BK_OK)
        err = bk_seal_open(&rekey->tenant->data_key, place,
                           (struct bk_str){(const char *)sealed, len}, plain, sizeof plain,
                           &plain_len);
    if (err == BK_OK)
        err = bk_seal(&rekey->to, place, (struct bk_str){(const char *)plain, plain_len}, sealed,
                      sizeof sealed, &len);
    bk_wipe(plain, sizeof plain);
    if (err != BK_OK) {
        bk_detail_set(&rekey->cli->detail,
                      "%.*s of row %lld does not open with the tenant's data key; nothing was "
                      "changed. Set it again, then run this once more",
                      BK_STR_ARG(row->place), (long long)row->row_id);
        return NULL;
    }
    bk_base64_print(sealed, len, base64);
    return json_pack("{s:I, s:s, s:s}", "row_id", (json_int_t)row->row_id, "place", row->place.ptr,
                     "sealed", base64);
}

static enum bk_err seal_rows(struct rekey *rekey, const struct bk_store *store, struct bk_str field,
                             const struct bk_sealed_row *rows, size_t count)
{
    json_t *list = json_array();
    enum bk_err err = BK_OK;
    for (size_t i = 0; err == BK_OK && i < count; i++)
        if (json_array_append_new(list, sealed_anew(rekey, &rows[i])) != 0)
            err = BK_ERR_CRYPTO;
    if (err == BK_OK)
        err = bk_store_sealed_set(store, field, cli_json_dump(store->arena, list));
    json_decref(list);
    rekey->value_count += (int64_t)count;
    return err;
}

static enum bk_err seal_field(struct rekey *rekey, struct bk_str field)
{
    int64_t after = INT64_MIN;
    size_t count = 0;
    enum bk_err err;
    do {
        struct bk_store store = cli_store(rekey->cli);
        struct bk_sealed_row *rows = NULL;
        store.arena = bk_arena_new(); /* of this batch */
        err = bk_store_sealed_list(&store, field, after, BATCH_ROWS, &rows, &count);
        if (err == BK_OK && count > 0) {
            after = rows[count - 1].row_id;
            err = seal_rows(rekey, &store, field, rows, count);
        }
        bk_arena_free(store.arena);
    } while (err == BK_OK && count > 0);
    return err;
}

static enum bk_err change_key(struct rekey *rekey)
{
    struct cli *cli = rekey->cli;
    struct bk_store store = cli_store(cli);
    struct bk_store_tenant found;
    uint8_t sealed[BK_DATA_KEY_SEALED_BYTES];
    struct bk_str *fields = NULL, to = {(const char *)sealed, sizeof sealed};
    size_t field_count = 0;
    int64_t tenant_id = rekey->tenant->tenant_id;
    enum bk_err err = bk_store_tenant_find(&store, rekey->tenant->name, &found);
    if (err == BK_OK)
        err = bk_master_keys_data_key_new(cli->master_keys, tenant_id, &sealed);
    if (err == BK_OK)
        err = bk_master_keys_data_key_open(cli->master_keys, tenant_id, to, &rekey->to);
    if (err == BK_OK)
        err = bk_store_sealed_fields(&store, &fields, &field_count);
    for (size_t i = 0; err == BK_OK && i < field_count; i++)
        err = seal_field(rekey, fields[i]);
    if (err == BK_OK)
        err = bk_store_data_key_change(&store, found.data_key_sealed, to);
    if (err == BK_OK)
        err = cli_audit(cli, tenant_id, "keys.rotate", rekey->tenant->name,
                        json_pack("{s:I}", "values", (json_int_t)rekey->value_count));
    return err;
}

static enum bk_err rotate_tenant(struct cli *cli)
{
    static const struct cli_column columns[] = {
        {"tenant", "tenant"}, {"values", "secrets sealed anew"}, {0}};
    struct cli_tenant tenant;
    struct rekey rekey = {.cli = cli, .tenant = &tenant};
    enum bk_err err = cli_begin_claimed(cli, &tenant);
    if (err == BK_OK)
        err = cli_end(cli, change_key(&rekey));
    bk_wipe(&rekey.to, sizeof rekey.to);
    bk_wipe(&tenant.data_key, sizeof tenant.data_key);
    if (err != BK_OK)
        return err;
    json_t *answer = json_object();
    json_object_set_new(answer, "tenant", cli_json_text(tenant.name));
    json_object_set_new(answer, "values", json_integer(rekey.value_count));
    cli_answer(cli, answer, NULL, columns, NULL);
    if (!cli->is_json)
        puts("Phones fetch their files once more, since an ETag is made with the data key.");
    return BK_OK;
}

static enum bk_err run(struct cli *cli)
{
    const char *path = cli_value(cli, "new");
    bool has_tenant = cli_value(cli, "tenant") != NULL;
    if ((path != NULL) == has_tenant) {
        bk_detail_set(&cli->detail, "give one of --new FILE and --tenant T");
        return BK_ERR_MALFORMED;
    }
    return has_tenant ? rotate_tenant(cli) : rotate_master(cli, path);
}

const struct cli_command cli_cmd_keys_rotate = {
    .name = "keys rotate",
    .operands = "",
    .options = options,
    .summary = "change the master key, or a tenant's data key",
    .text =
        "With --new, seals the data key of every tenant under the master key in FILE, which every\n"
        "service must have by then; docs/keys.md goes through it step by step. With --tenant, "
        "draws a\n"
        "new data key for one tenant and seals all its secrets anew. Both in one transaction, "
        "while\n"
        "phones are served; both may be run again at any time. JSON: {tenants, changed} or "
        "{tenant,\n"
        "values}.",
    .example = "beckon keys rotate --new /etc/beckon/master.key",
    .run = run,
};
