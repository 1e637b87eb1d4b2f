/*
 * Data keys and sealed values.
 */
#include "store/store_key.h"

#include "base/seal.h"

enum bk_err bk_store_data_keys(const struct bk_store *store, struct bk_data_key_row **ret_rows,
                               size_t *ret_count)
{
    static const char sql[] = "select tenant_id, name, data_key from bk.data_keys()";
    struct bk_pg_rows *rows = NULL;
    enum bk_err err = bk_pgc_exec(store->pgc, sql, NULL, 0, &rows, store->detail);
    if (err != BK_OK)
        return err;
    int count = bk_pg_row_count(rows);
    struct bk_data_key_row *keys = bk_arena_alloc(store->arena, (size_t)count * sizeof *keys + 1);
    for (int i = 0; i < count && err == BK_OK; i++) {
        uint8_t sealed[BK_DATA_KEY_SEALED_BYTES];
        size_t len = 0;
        err = bk_pg_bytes(rows, i, 2, sealed, sizeof sealed, &len);
        keys[i] = (struct bk_data_key_row){
            .tenant_id = bk_pg_int(rows, i, 0),
            .name = bk_arena_str(store->arena, bk_pg_text(rows, i, 1)),
            .sealed = bk_arena_str(store->arena, (struct bk_str){(const char *)sealed, len}),
        };
    }
    bk_pg_rows_free(rows);
    *ret_rows = keys;
    *ret_count = (size_t)count;
    return err;
}

static enum bk_err run_if_unchanged(const struct bk_store *store, const char *sql,
                                    const struct bk_pg_param *params, size_t count)
{
    int64_t is_done = 0;
    enum bk_err err = bk_store_number(store, sql, params, count, &is_done);
    return err == BK_OK && is_done == 0 ? BK_ERR_STALE : err;
}

enum bk_err bk_store_data_key_reseal(const struct bk_store *store, int64_t tenant_id,
                                     struct bk_str from, struct bk_str to)
{
    static const char sql[] =
        "select bk.data_key_reseal($1::bigint, $2::bytea, $3::bytea)::integer";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_bytes(from),
                                         bk_store_bytes(to)};
    return run_if_unchanged(store, sql, params, BK_COUNT(params));
}

enum bk_err bk_store_data_key_claim(const struct bk_store *store)
{
    return bk_store_run(store, "select bk.data_key_claim()", NULL, 0, NULL);
}

enum bk_err bk_store_data_key_change(const struct bk_store *store, struct bk_str from,
                                     struct bk_str to)
{
    static const char sql[] = "select bk.data_key_change($1::bytea, $2::bytea)::integer";
    const struct bk_pg_param params[] = {bk_store_bytes(from), bk_store_bytes(to)};
    return run_if_unchanged(store, sql, params, BK_COUNT(params));
}

enum bk_err bk_store_sealed_fields(const struct bk_store *store, struct bk_str **ret_fields,
                                   size_t *ret_count)
{
    static const char sql[] = "select f from bk.sealed_fields() as f";
    struct bk_pg_rows *rows = NULL;
    enum bk_err err = bk_pgc_exec(store->pgc, sql, NULL, 0, &rows, store->detail);
    if (err != BK_OK)
        return err;
    int count = bk_pg_row_count(rows);
    struct bk_str *fields = bk_arena_alloc(store->arena, (size_t)count * sizeof *fields + 1);
    for (int i = 0; i < count; i++)
        fields[i] = bk_arena_str(store->arena, bk_pg_text(rows, i, 0));
    bk_pg_rows_free(rows);
    *ret_fields = fields;
    *ret_count = (size_t)count;
    return BK_OK;
}

enum bk_err bk_store_sealed_list(const struct bk_store *store, struct bk_str field, int64_t after,
                                 int64_t rows_max, struct bk_sealed_row **ret_rows,
                                 size_t *ret_count)
{
    static const char sql[] =
        "select row_id, place, sealed from bk.sealed_list($1, $2::bigint, $3::integer)";
    const struct bk_pg_param params[] = {bk_store_text(field), bk_store_int(store, after),
                                         bk_store_int(store, rows_max)};
    struct bk_pg_rows *rows = NULL;
    enum bk_err err = bk_pgc_exec(store->pgc, sql, params, BK_COUNT(params), &rows, store->detail);
    if (err != BK_OK)
        return err;
    int count = bk_pg_row_count(rows);
    struct bk_sealed_row *values = bk_arena_alloc(store->arena, (size_t)count * sizeof *values + 1);
    for (int i = 0; i < count; i++)
        values[i] = (struct bk_sealed_row){
            .row_id = bk_pg_int(rows, i, 0),
            .place = bk_arena_str(store->arena, bk_pg_text(rows, i, 1)),
            .sealed_base64 = bk_arena_str(store->arena, bk_pg_text(rows, i, 2)),
        };
    bk_pg_rows_free(rows);
    *ret_rows = values;
    *ret_count = (size_t)count;
    return BK_OK;
}

enum bk_err bk_store_sealed_set(const struct bk_store *store, struct bk_str field,
                                struct bk_str rows_json)
{
    const struct bk_pg_param params[] = {bk_store_text(field), bk_store_text(rows_json)};
    return bk_store_run(store, "select bk.sealed_set($1, $2::jsonb)", params, BK_COUNT(params),
                        NULL);
}
