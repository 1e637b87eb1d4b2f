/*
 * Tenants, as the operator sees them.
 */
#include "store/store_tenant.h"

enum bk_err bk_store_tenant_find(const struct bk_store *store, struct bk_str name,
                                 struct bk_store_tenant *ret_tenant)
{
    static const char sql[] =
        "select tenant_id, name, title, status, data_key from bk.tenant_find($1)";
    const struct bk_pg_param params[] = {bk_store_text(name)};
    struct bk_pg_rows *rows = NULL;
    uint8_t key[BK_STORE_DATA_KEY_MAX];
    size_t key_len = 0;
    enum bk_err err = bk_pgc_exec(store->pgc, sql, params, BK_COUNT(params), &rows, store->detail);
    if (err == BK_OK && bk_pg_row_count(rows) == 0)
        err = BK_ERR_NOT_FOUND;
    if (err == BK_OK && !bk_pg_is_null(rows, 0, 4))
        err = bk_pg_bytes(rows, 0, 4, key, sizeof key, &key_len);
    if (err == BK_OK)
        *ret_tenant = (struct bk_store_tenant){
            .tenant_id = bk_pg_int(rows, 0, 0),
            .name = bk_arena_str(store->arena, bk_pg_text(rows, 0, 1)),
            .title = bk_arena_str(store->arena, bk_pg_text(rows, 0, 2)),
            .status = bk_arena_str(store->arena, bk_pg_text(rows, 0, 3)),
            .data_key_sealed =
                bk_arena_str(store->arena, (struct bk_str){(const char *)key, key_len}),
        };
    bk_pg_rows_free(rows);
    return err;
}

enum bk_err bk_store_tenant_id(const struct bk_store *store, int64_t *ret_tenant_id)
{
    return bk_store_number(store, "select bk.tenant_next_id()", NULL, 0, ret_tenant_id);
}

enum bk_err bk_store_tenant_add(const struct bk_store *store, const struct bk_store_tenant *tenant,
                                struct bk_str tenant_key)
{
    static const char sql[] = "select bk.tenant_create($1::bigint, $2, $3, $4::bytea, $5)";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant->tenant_id),
                                         bk_store_text(tenant->name), bk_store_text(tenant->title),
                                         bk_store_bytes(tenant->data_key_sealed),
                                         bk_store_text(tenant_key)};
    return bk_store_run(store, sql, params, BK_COUNT(params), NULL);
}

#define VALID_KEY_SQL "(k.valid_until is null or k.valid_until > now())"

enum bk_err bk_store_tenant_list(const struct bk_store *store, struct bk_str *ret_json)
{
    static const char sql[] =
        "select coalesce(jsonb_agg(to_jsonb(r) order by r.name), '[]')"
        "  from (select t.tenant_id, t.name, t.title, t.status, t.device_count as devices,"
        "               (select coalesce(jsonb_agg(k.tenant_key), '[]')"
        "                  from bk.tenant_key_list(t.tenant_id) as k"
        "                 where " VALID_KEY_SQL ") as keys,"
        "               to_char(t.created_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
        "                   as created_at"
        "          from bk.tenant_list() as t) as r";
    return bk_store_one_text(store, sql, NULL, 0, ret_json);
}

enum bk_err bk_store_tenant_key(const struct bk_store *store, int64_t tenant_id,
                                struct bk_str *ret_key)
{
    static const char sql[] = "select k.tenant_key from bk.tenant_key_list($1::bigint) as k"
                              " where " VALID_KEY_SQL " limit 1";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id)};
    return bk_store_one_text(store, sql, params, BK_COUNT(params), ret_key);
}

enum bk_err bk_store_tenant_set(const struct bk_store *store, int64_t tenant_id)
{
    static const char sql[] =
        "select set_config('bk.tenant_id', $1::text, true), set_config('bk.raised', ',', true),"
        "       app.data_key_hold($1::text::bigint)";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id)};
    return bk_store_run(store, sql, params, BK_COUNT(params), NULL);
}

enum bk_err bk_store_tenant_look(const struct bk_store *store, int64_t tenant_id)
{
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id)};
    return bk_store_run(store, "select set_config('bk.tenant_id', $1::text, true)", params,
                        BK_COUNT(params), NULL);
}
