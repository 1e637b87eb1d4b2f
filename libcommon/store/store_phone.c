/*
 * What one phone is to hold. model/phone.h has the shape.
 */
#include "store/store_phone.h"

static const char phone_sql[] =
    "select d.device_id, d.revision, d.vendor, d.model,"
    "       '{\"layers\":[' || c.layers || '],' || c.parts || '}',"
    "       '{\"layers\":[' || k.layers || '],' || k.parts || '}', coalesce(k.revision, 0),"
    "       coalesce(s.revision_held, 0)"
    "  from app.device as d"
    "  join app.device_state as s using (tenant_id, device_id)"
    "  left join app.device_config as k using (tenant_id, device_id),"
    "       app.phone_config(d.tenant_id, d.device_id) as c"
    " where d.tenant_id = $1::bigint and d.mac = $2::macaddr";

enum bk_err bk_store_phone_read(const struct bk_store *store, int64_t tenant_id, struct bk_str mac,
                                struct bk_store_phone *ret_phone)
{
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_text(mac)};
    struct bk_pg_rows *rows = NULL;
    enum bk_err err =
        bk_pgc_exec(store->pgc, phone_sql, params, BK_COUNT(params), &rows, store->detail);
    if (err == BK_OK && bk_pg_row_count(rows) == 0)
        err = BK_ERR_NOT_FOUND;
    if (err == BK_OK)
        *ret_phone = (struct bk_store_phone){
            .device_id = bk_pg_int(rows, 0, 0),
            .revision = bk_pg_int(rows, 0, 1),
            .vendor = bk_arena_str(store->arena, bk_pg_text(rows, 0, 2)),
            .model = bk_arena_str(store->arena, bk_pg_text(rows, 0, 3)),
            .config_json = bk_arena_str(store->arena, bk_pg_text(rows, 0, 4)),
            .last_json = bk_arena_str(store->arena, bk_pg_text(rows, 0, 5)),
            .last_revision = bk_pg_int(rows, 0, 6),
            .revision_held = bk_pg_int(rows, 0, 7),
        };
    bk_pg_rows_free(rows);
    return err;
}
