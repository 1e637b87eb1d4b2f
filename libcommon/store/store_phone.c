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

enum bk_err bk_store_raised(const struct bk_store *store, int sample, const int64_t **ret_ids,
                            size_t *ret_count)
{
    static const char sql[] = "select unnest(app.devices_raised($1::integer))";
    const struct bk_pg_param params[] = {bk_store_int(store, sample)};
    struct bk_pg_rows *rows = NULL;
    enum bk_err err = bk_pgc_exec(store->pgc, sql, params, BK_COUNT(params), &rows, store->detail);
    const size_t count = err == BK_OK ? (size_t)bk_pg_row_count(rows) : 0;
    int64_t *ids = bk_arena_alloc(store->arena, (count + 1) * sizeof *ids);
    for (size_t i = 0; i < count; i++)
        ids[i] = bk_pg_int(rows, (int)i, 0);
    bk_pg_rows_free(rows);
    *ret_ids = ids;
    *ret_count = count;
    return err;
}

/* "{7,8}" */
static struct bk_str array_of(struct bk_arena *arena, const int64_t *ids, size_t count)
{
    struct bk_str text = BK_STR("{");
    for (size_t i = 0; i < count; i++)
        text = bk_arena_printf(arena, "%.*s%s%lld", BK_STR_ARG(text), i == 0 ? "" : ",",
                               (long long)ids[i]);
    return bk_arena_printf(arena, "%.*s}", BK_STR_ARG(text));
}

enum bk_err bk_store_documents(const struct bk_store *store, const int64_t *ids, size_t id_count,
                               const struct bk_store_document **ret_documents, size_t *ret_count)
{
    static const char sql[] =
        "select d.device_id, replace(d.mac::text, ':', ''), d.label, d.vendor, d.model,"
        "       '{\"layers\":[' || d.layers || '],' || d.parts || '}'"
        "  from app.phone_documents($1::bigint[]) as d";
    const struct bk_pg_param params[] = {bk_store_text(array_of(store->arena, ids, id_count))};
    struct bk_pg_rows *rows = NULL;
    enum bk_err err = bk_pgc_exec(store->pgc, sql, params, BK_COUNT(params), &rows, store->detail);
    const size_t count = err == BK_OK ? (size_t)bk_pg_row_count(rows) : 0;
    struct bk_store_document *documents =
        bk_arena_alloc(store->arena, (count + 1) * sizeof *documents);
    for (size_t i = 0; i < count; i++) {
        const int row = (int)i;
        documents[i] = (struct bk_store_document){
            .device_id = bk_pg_int(rows, row, 0),
            .mac = bk_arena_str(store->arena, bk_pg_text(rows, row, 1)),
            .label = bk_arena_str(store->arena, bk_pg_text(rows, row, 2)),
            .vendor = bk_arena_str(store->arena, bk_pg_text(rows, row, 3)),
            .model = bk_arena_str(store->arena, bk_pg_text(rows, row, 4)),
            .config_json = bk_arena_str(store->arena, bk_pg_text(rows, row, 5)),
        };
    }
    bk_pg_rows_free(rows);
    *ret_documents = documents;
    *ret_count = count;
    return err;
}
