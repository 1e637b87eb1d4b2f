/*
 * A change that would leave a phone without its file is not committed (libcommon/guard).
 */
#include "guard.h"

#include "base/secret.h"
#include "store/store_phone.h"
#include "store/store_tenant.h"

/* A second connection: the first one sees what it has written. */
struct before {
    struct cli *cli;
    struct bk_pgc *pg;
};

static enum bk_err look_before(void *context, struct bk_store *ret_store)
{
    struct before *before = context;
    struct cli *cli = before->cli;
    enum bk_err err = cli_open(cli, &before->pg);
    struct bk_store store = {before->pg, cli->arena, &cli->detail};
    if (err == BK_OK)
        err = bk_pgc_script(before->pg, "begin read only", &cli->detail);
    if (err == BK_OK)
        err = bk_store_tenant_look(&store, cli->changed.tenant_id);
    *ret_store = store;
    return err;
}

static enum bk_err check(struct cli *cli, const struct bk_key *data_key, const int64_t *ids,
                         size_t id_count, struct bk_guard_faults *ret_faults)
{
    struct before before = {.cli = cli};
    const struct bk_guard guard = {
        .store = cli_store(cli),
        .tenant_id = cli->changed.tenant_id,
        .data_key = data_key,
        .public_url = bk_str_of(cli->settings.public_url),
        .before = look_before,
        .context = &before,
    };
    enum bk_err err = bk_guard_check(&guard, ids, id_count, ret_faults);
    bk_pgc_close(before.pg);
    return err;
}

/* Without a master key secrets are not looked at: not every command needs one. */
enum bk_err cli_guard_check(struct cli *cli, struct bk_guard_faults *ret_faults)
{
    const struct cli_settings *settings = &cli->settings;
    const bool has_key = settings->master_key != NULL || settings->master_key_file != NULL;
    const struct bk_store store = cli_store(cli);
    struct bk_key data_key;
    const int64_t *ids;
    size_t id_count;
    ret_faults->count = 0;
    if (cli->changed.tenant_id == 0)
        return BK_OK;
    enum bk_err err = bk_store_raised(&store, BK_GUARD_SAMPLE, &ids, &id_count);
    if (err != BK_OK || id_count == 0)
        return err;
    err = cli_catalog(cli);
    if (err == BK_OK && has_key)
        err = cli_data_key(cli, &cli->changed, &data_key);
    if (err == BK_OK)
        err = check(cli, has_key ? &data_key : NULL, ids, id_count, ret_faults);
    bk_wipe(&data_key, sizeof data_key);
    return err;
}

enum bk_err cli_guard(struct cli *cli)
{
    struct bk_guard_faults faults;
    struct bk_detail detail;
    enum bk_err err = cli_guard_check(cli, &faults);
    if (err != BK_OK || faults.count == 0)
        return err;
    for (size_t i = 1; i < faults.count; i++) {
        bk_guard_print(&faults.rows[i], &detail);
        cli_problem(cli, 0, NULL, detail.text);
    }
    bk_guard_print(&faults.rows[0], &cli->detail);
    return BK_ERR_INVALID;
}
