/*
 * Extensions of a tenant's PBXs.
 */
#include "store/store_extension.h"

enum bk_err bk_store_extension_id(const struct bk_store *store, int64_t *ret_extension_id)
{
    return bk_store_number(
        store, "select nextval(pg_get_serial_sequence('app.extension', 'extension_id'))", NULL, 0,
        ret_extension_id);
}

enum bk_err bk_store_extension_add(const struct bk_store *store, int64_t tenant_id,
                                   const struct bk_store_extension *extension)
{
    static const char sql[] =
        "insert into app.extension (tenant_id, extension_id, pbx_id, number, auth_id, secret,"
        "                           display_name)"
        " overriding system value"
        " values ($1::bigint, $2::bigint, $3::bigint, $4, $5, $6::bytea, $7)";
    const struct bk_pg_param params[] = {
        bk_store_int(store, tenant_id),         bk_store_int(store, extension->extension_id),
        bk_store_int(store, extension->pbx_id), bk_store_text(extension->number),
        bk_store_text(extension->auth_id),      bk_store_bytes(extension->secret_sealed),
        bk_store_text(extension->display_name),
    };
    return bk_store_run(store, sql, params, BK_COUNT(params), NULL);
}

enum bk_err bk_store_extension_find(const struct bk_store *store, int64_t tenant_id,
                                    struct bk_str number, struct bk_str pbx,
                                    int64_t *ret_extension_id)
{
    static const char sql[] =
        "select e.extension_id"
        "  from app.extension as e"
        "  join app.pbx as p on p.tenant_id = e.tenant_id and p.pbx_id = e.pbx_id"
        " where e.tenant_id = $1::bigint and e.number = $2 and ($3 = '' or p.name = $3) limit 2";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_text(number),
                                         bk_store_text(pbx.ptr == NULL ? BK_STR("") : pbx)};
    struct bk_pg_rows *rows = NULL;
    enum bk_err err = bk_pgc_exec(store->pgc, sql, params, BK_COUNT(params), &rows, store->detail);
    if (err != BK_OK)
        return err;
    int count = bk_pg_row_count(rows);
    if (count == 1)
        *ret_extension_id = bk_pg_int(rows, 0, 0);
    bk_pg_rows_free(rows);
    return count == 1 ? BK_OK : count == 0 ? BK_ERR_NOT_FOUND : BK_ERR_EXISTS;
}

enum bk_err bk_store_extension_list(const struct bk_store *store, int64_t tenant_id,
                                    struct bk_str *ret_json)
{
    static const char sql[] =
        "select coalesce(jsonb_agg(to_jsonb(r) order by r.pbx, r.number), '[]')"
        "  from (select e.extension_id, e.number, p.name as pbx, e.auth_id, e.display_name,"
        "               coalesce(x.devices, '[]') as devices"
        "          from app.extension as e"
        "          join app.pbx as p on p.tenant_id = e.tenant_id and p.pbx_id = e.pbx_id"
        "          left join (select l.extension_id,"
        "                            jsonb_agg(replace(d.mac::text, ':', '') order by d.mac) as "
        "devices"
        "                       from app.device_line as l"
        "                       join app.device as d on d.tenant_id = l.tenant_id"
        "                                           and d.device_id = l.device_id"
        "                      where l.tenant_id = $1::bigint group by l.extension_id) as x"
        "            on x.extension_id = e.extension_id"
        "         where e.tenant_id = $1::bigint) as r";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id)};
    enum bk_err err = bk_store_no_loops(store);
    if (err == BK_OK)
        err = bk_store_one_text(store, sql, params, BK_COUNT(params), ret_json);
    return err;
}
