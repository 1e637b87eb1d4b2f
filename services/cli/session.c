/*
 * The database of one run: connection, role, transaction with its tenant, keys.
 */
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "catalog/catalog.h"
#include "guard.h"
#include "store/store_audit.h"
#include "store/store_key.h"
#include "store/store_maintain.h"
#include "store/store_tenant.h"

#define ROLE "beckon_operator"

struct bk_store cli_store(struct cli *cli)
{
    return (struct bk_store){cli->pg, cli->arena, &cli->detail};
}

enum bk_err cli_catalog(struct cli *cli)
{
    enum bk_err err =
        cli->has_catalog ? BK_OK : bk_catalog_load(cli->settings.models_dir, &cli->detail);
    cli->has_catalog = err == BK_OK;
    return err;
}

/* ---- connection ---- */

static enum bk_err open_admin(struct cli *cli, struct bk_pgc **ret_pg)
{
    if (cli->settings.pg == NULL) {
        bk_detail_set(&cli->detail,
                      "no database is named: set BECKON_PG to a connection string, or "
                      "pg = … in --settings FILE");
        return BK_ERR_INVALID;
    }
    enum bk_err err = bk_pgc_open(cli->settings.pg, "beckon", ret_pg, &cli->detail);
    /* Names are written in full everywhere; nobody's search_path may put another table there. */
    if (err == BK_OK)
        err = bk_pgc_script(*ret_pg, "set search_path = pg_catalog", &cli->detail);
    return err;
}

enum bk_err cli_connect_admin(struct cli *cli)
{
    return open_admin(cli, &cli->pg);
}

enum bk_err cli_connect(struct cli *cli)
{
    if (cli->pg != NULL)
        return BK_OK;
    enum bk_err err = cli_connect_admin(cli);
    return err == BK_OK ? cli_take_role(cli) : err;
}

static enum bk_err take_role(struct cli *cli, struct bk_pgc *pg)
{
    enum bk_err err = bk_pgc_script(pg, "set role " ROLE, &cli->detail);
    if (err == BK_OK)
        return BK_OK;
    struct bk_detail reason = cli->detail;
    bk_detail_set(&cli->detail,
                  "role " ROLE " cannot be taken: %.120s; was `beckon migrate` run, and "
                  "may this login take it (grant " ROLE " to …)?",
                  reason.text);
    return err;
}

enum bk_err cli_take_role(struct cli *cli)
{
    return take_role(cli, cli->pg);
}

enum bk_err cli_open(struct cli *cli, struct bk_pgc **ret_pg)
{
    enum bk_err err = open_admin(cli, ret_pg);
    return err == BK_OK ? take_role(cli, *ret_pg) : err;
}

/* ---- keys ---- */

enum bk_err cli_master_key(struct cli *cli)
{
    struct cli_settings *settings = &cli->settings;
    const struct bk_master_key_names names = {settings->master_key_file,
                                              settings->master_key_previous_file,
                                              settings->master_key, settings->master_key_previous};
    if (cli->master_keys != NULL)
        return BK_OK;
    if (settings->master_key == NULL && settings->master_key_file == NULL) {
        bk_detail_set(&cli->detail, "secrets are sealed and no master key is named: set "
                                    "BECKON_MASTER_KEY_FILE; `beckon keys new FILE` writes one");
        return BK_ERR_INVALID;
    }
    return bk_master_keys_new(&names, &cli->master_keys, &cli->detail);
}

enum bk_err cli_data_key(struct cli *cli, const struct bk_store_tenant *tenant,
                         struct bk_key *ret_key)
{
    enum bk_err err = cli_master_key(cli);
    if (err != BK_OK)
        return err;
    if (tenant->data_key_sealed.len == 0) {
        bk_detail_set(&cli->detail, "tenant %.*s was deleted, its secrets with it",
                      BK_STR_ARG(tenant->name));
        return BK_ERR_CRYPTO;
    }
    err = bk_master_keys_data_key_open(cli->master_keys, tenant->tenant_id, tenant->data_key_sealed,
                                       ret_key);
    if (err == BK_OK)
        return BK_OK;
    bk_detail_set(&cli->detail,
                  "the data key of tenant %.*s does not open with this master key; name the one it "
                  "was made with (BECKON_MASTER_KEY_FILE)",
                  BK_STR_ARG(tenant->name));
    return BK_ERR_CRYPTO;
}

enum bk_err cli_seal(struct cli *cli, const struct cli_tenant *tenant, const char *table_field,
                     int64_t row_id, struct bk_str plain, struct bk_str *ret_sealed)
{
    char space[BK_SEAL_PLACE_SIZE];
    const size_t size = plain.len + BK_SEAL_OVERHEAD_BYTES;
    uint8_t *sealed = bk_arena_alloc(cli->arena, size);
    size_t len = 0;
    struct bk_str place = bk_seal_place(&space, tenant->tenant_id, table_field, row_id);
    enum bk_err err = bk_seal(&tenant->data_key, place, plain, sealed, size, &len);
    if (err != BK_OK)
        bk_detail_set(&cli->detail, "%s: %s", table_field, bk_err_text(err));
    else
        *ret_sealed = (struct bk_str){(const char *)sealed, len};
    return err;
}

/* ---- transactions ---- */

enum bk_err cli_begin_plain(struct cli *cli)
{
    enum bk_err err = cli_connect(cli);
    if (err == BK_OK)
        err = bk_pgc_script(cli->pg, "begin", &cli->detail);
    cli->in_transaction = err == BK_OK;
    cli->changed = (struct bk_store_tenant){0};
    return err;
}

enum use { NO_KEY, KEY, CLAIMED_KEY };

static enum bk_err begin(struct cli *cli, enum use use, struct cli_tenant *ret_tenant)
{
    struct bk_store_tenant found;
    struct cli_tenant tenant = {0};
    const char *name = cli_value(cli, "tenant");
    enum bk_err err = cli_begin_plain(cli);
    struct bk_store store = cli_store(cli);
    if (err != BK_OK)
        return err;
    err = bk_store_tenant_find(&store, bk_str_of(name), &found);
    if (err == BK_ERR_NOT_FOUND)
        bk_detail_set(&cli->detail, "no tenant \"%.64s\"; `beckon tenant list` lists them", name);
    if (err == BK_OK && bk_str_eq(found.status, BK_STR("deleted"))) {
        bk_detail_set(&cli->detail, "tenant %.*s was deleted", BK_STR_ARG(found.name));
        err = BK_ERR_NOT_FOUND;
    }
    if (err == BK_OK)
        err = bk_store_tenant_set(&store, found.tenant_id);
    if (err == BK_OK && use == CLAIMED_KEY)
        err = bk_store_data_key_claim(&store);
    if (err == BK_OK && use != NO_KEY) /* again: the key that is held now */
        err = bk_store_tenant_find(&store, bk_str_of(name), &found);
    if (err == BK_OK && use != NO_KEY)
        err = cli_data_key(cli, &found, &tenant.data_key);
    if (err == BK_OK) {
        tenant.tenant_id = found.tenant_id;
        tenant.name = found.name;
        cli->changed = found;
        *ret_tenant = tenant;
    }
    bk_wipe(&tenant, sizeof tenant);
    return err;
}

enum bk_err cli_begin(struct cli *cli, struct cli_tenant *ret_tenant)
{
    return begin(cli, NO_KEY, ret_tenant);
}

enum bk_err cli_begin_sealed(struct cli *cli, struct cli_tenant *ret_tenant)
{
    return begin(cli, KEY, ret_tenant);
}

enum bk_err cli_begin_claimed(struct cli *cli, struct cli_tenant *ret_tenant)
{
    return begin(cli, CLAIMED_KEY, ret_tenant);
}

/* A constraint's name says to us, not to an operator, what was wrong. */
static void explain(struct cli *cli)
{
    const char *constraint = bk_pgc_constraint(cli->pg);
    const char *sentence = constraint[0] == '\0' ? NULL : cli_explain(constraint);
    if (sentence != NULL)
        bk_detail_set(&cli->detail, "%s: %s", cli->subject != NULL ? cli->subject : "the change",
                      sentence);
}

void cli_rollback(struct cli *cli)
{
    cli->in_transaction = false;
    /* When this fails the connection is gone, and the server rolls back by itself. */
    (void)!bk_pgc_script(cli->pg, "rollback", NULL);
}

enum bk_err cli_end(struct cli *cli, enum bk_err err)
{
    if (err == BK_OK && cli->in_transaction)
        err = cli_guard(cli);
    if (err != BK_OK && cli->pg != NULL)
        explain(cli);
    if (!cli->in_transaction)
        return err;
    if (err != BK_OK) {
        cli_rollback(cli);
        return err;
    }
    cli->in_transaction = false;
    err = bk_pgc_script(cli->pg, "commit", &cli->detail);
    if (err != BK_OK)
        explain(cli);
    return err;
}

/* ---- audit ---- */

struct bk_str cli_actor(struct cli *cli)
{
    struct passwd entry, *found = NULL;
    char space[4096];
    if (getpwuid_r(geteuid(), &entry, space, sizeof space, &found) != 0 || found == NULL)
        return bk_arena_printf(cli->arena, "operator:uid-%ld", (long)geteuid());
    return bk_arena_printf(cli->arena, "operator:%.100s", found->pw_name);
}

enum bk_err cli_audit(struct cli *cli, int64_t tenant_id, const char *action,
                      struct bk_str object_id, json_t *payload)
{
    struct bk_store store = cli_store(cli);
    struct bk_str rest = bk_str_of(action);
    struct bk_store_audit audit = {
        .tenant_id = tenant_id,
        .actor = cli_actor(cli),
        .action = rest,
        .object_id = bk_str_slice(object_id, 0, 128),
        .payload_json = cli_json_dump(cli->arena, payload),
    };
    audit.kind = bk_str_cut(&rest, '.');
    json_decref(payload);
    return bk_store_audit_append(&store, &audit);
}

/* ---- lists ---- */

enum bk_err cli_list(struct cli *cli, cli_list_fn *read, const char *list,
                     const struct cli_column *columns, const char *nothing)
{
    struct cli_tenant tenant;
    struct bk_str text = BK_STR_NONE;
    json_t *rows = NULL;
    enum bk_err err = cli_begin(cli, &tenant);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = read(&store, tenant.tenant_id, &text);
    if (err == BK_OK)
        err = cli_json_load(cli, text, &rows);
    err = cli_end(cli, err);
    if (err != BK_OK) {
        json_decref(rows);
        return err;
    }
    json_t *answer = json_object();
    json_object_set_new(answer, list, rows);
    cli_answer(cli, answer, list, columns, nothing);
    return BK_OK;
}

/* A transaction a batch, so that fetches never wait for more than a thousand devices. */
enum bk_err cli_raise_devices(struct cli *cli, int64_t *ret_count)
{
    int64_t total = 0, count = 0;
    enum bk_err err = BK_OK;
    do {
        err = cli_begin_plain(cli);
        struct bk_store store = cli_store(cli);
        if (err == BK_OK)
            err = bk_store_changes_apply(&store, &count);
        err = cli_end(cli, err);
        total += count;
    } while (err == BK_OK && count > 0);
    *ret_count = total;
    return err;
}
