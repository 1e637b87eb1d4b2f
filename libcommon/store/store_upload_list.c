/*
 * SQL of uploads, for whoever may block.
 */
#include "store/store_upload_list.h"

#include "store/store_upload.h"

/* clang-format off */
#define TIME_SQL(column) "to_char(" column " at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
#define SHOWN_SQL \
    "jsonb_build_object('upload_id', u.upload_id, 'name', u.name, 'kind', u.kind, 'bytes', u.bytes," \
    " 'lost_bytes', u.lost_bytes, 'source', host(u.source)," \
    " 'created_at', " TIME_SQL("u.created_at") ", 'updated_at', " TIME_SQL("u.updated_at") ")"
/* clang-format on */

enum bk_err bk_store_upload_list(const struct bk_store *store, int64_t tenant_id, struct bk_str mac,
                                 struct bk_str *ret_json)
{
    static const char sql[] =
        "select (select coalesce(jsonb_agg(" SHOWN_SQL " order by u.name), '[]')"
        "          from app.upload as u"
        "         where u.tenant_id = d.tenant_id and u.device_id = d.device_id)"
        "  from app.device as d where d.tenant_id = $1::bigint and d.mac = $2::macaddr";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_text(mac)};
    return bk_store_one_text(store, sql, params, BK_COUNT(params), ret_json);
}

enum bk_err bk_store_upload_find(const struct bk_store *store, int64_t tenant_id, struct bk_str mac,
                                 struct bk_str name, struct bk_store_upload *ret_upload,
                                 struct bk_str *ret_json)
{
    static const char sql[] =
        "select d.device_id, u.upload_id, " SHOWN_SQL "  from app.device as d"
        "  join app.upload as u on u.tenant_id = d.tenant_id and u.device_id = d.device_id"
        " where d.tenant_id = $1::bigint and d.mac = $2::macaddr and u.name = $3";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_text(mac),
                                         bk_store_text(name)};
    struct bk_pg_rows *rows = NULL;
    enum bk_err err = bk_pgc_exec(store->pgc, sql, params, BK_COUNT(params), &rows, store->detail);
    if (err == BK_OK && bk_pg_row_count(rows) == 0)
        err = BK_ERR_NOT_FOUND;
    if (err == BK_OK) {
        *ret_upload = (struct bk_store_upload){.tenant_id = tenant_id,
                                               .device_id = bk_pg_int(rows, 0, 0),
                                               .upload_id = bk_pg_int(rows, 0, 1)};
        *ret_json = bk_arena_str(store->arena, bk_pg_text(rows, 0, 2));
    }
    bk_pg_rows_free(rows);
    return err;
}

enum bk_err bk_store_upload_read(const struct bk_store *store, const struct bk_store_upload *upload,
                                 const struct bk_key *data_key, struct bk_str *ret_name,
                                 struct bk_buf *out)
{
    static const char sql[] =
        "select p.part_id, p.content_key, p.content, u.name"
        "  from app.upload as u"
        "  left join app.upload_part as p on p.tenant_id = u.tenant_id and p.upload_id = "
        "u.upload_id"
        " where u.tenant_id = $1::bigint and u.device_id = $2::bigint and u.upload_id = $3::bigint"
        " order by p.part_index";
    const struct bk_pg_param params[] = {bk_store_int(store, upload->tenant_id),
                                         bk_store_int(store, upload->device_id),
                                         bk_store_int(store, upload->upload_id)};
    struct bk_pg_rows *rows = NULL;
    enum bk_err err = bk_pgc_exec(store->pgc, sql, params, BK_COUNT(params), &rows, store->detail);
    if (err == BK_OK && bk_pg_row_count(rows) == 0)
        err = BK_ERR_NOT_FOUND;
    /* A log whose parts have all made room for another's is empty. */
    if (err == BK_OK && !bk_pg_is_null(rows, 0, 0))
        err = bk_store_upload_open(rows, data_key, upload->tenant_id, out);
    if (err == BK_ERR_CRYPTO)
        bk_detail_set(store->detail, "upload %lld: a part does not open with the tenant's data key",
                      (long long)upload->upload_id);
    if (err == BK_OK)
        *ret_name = bk_arena_str(store->arena, bk_pg_text(rows, 0, 3));
    bk_pg_rows_free(rows);
    return err;
}

enum bk_err bk_store_upload_delete(const struct bk_store *store,
                                   const struct bk_store_upload *upload, struct bk_str *ret_name)
{
    static const char sql[] =
        "delete from app.upload as u"
        " where u.tenant_id = $1::bigint and u.device_id = $2::bigint and u.upload_id = $3::bigint"
        " returning u.name";
    const struct bk_pg_param params[] = {bk_store_int(store, upload->tenant_id),
                                         bk_store_int(store, upload->device_id),
                                         bk_store_int(store, upload->upload_id)};
    return bk_store_one_text(store, sql, params, BK_COUNT(params), ret_name);
}
