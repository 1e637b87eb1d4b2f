/*
 * Sites: SQL text and row mapping.
 */
#include "store/store_site.h"

#define ADDRESSES_SQL "array(select jsonb_array_elements_text($3::jsonb)::cidr)"

enum bk_err bk_store_site_add(const struct bk_store *store, int64_t tenant_id, struct bk_str name,
                              struct bk_str addresses, int64_t *ret_site_id)
{
    static const char sql[] = "insert into app.site (tenant_id, name, addresses)"
                              " values ($1::bigint, $2, " ADDRESSES_SQL ") returning site_id";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_text(name),
                                         bk_store_text(addresses)};
    return bk_store_number(store, sql, params, BK_COUNT(params), ret_site_id);
}

enum bk_err bk_store_site_set_addresses(const struct bk_store *store, int64_t tenant_id,
                                        struct bk_str name, struct bk_str addresses)
{
    static const char sql[] =
        "update app.site set addresses = " ADDRESSES_SQL ", updated_at = now()"
        " where tenant_id = $1::bigint and name = $2 returning 1";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_text(name),
                                         bk_store_text(addresses)};
    int count = 0;
    enum bk_err err = bk_store_run(store, sql, params, BK_COUNT(params), &count);
    return err == BK_OK && count != 1 ? BK_ERR_NOT_FOUND : err;
}

enum bk_err bk_store_site_list(const struct bk_store *store, int64_t tenant_id,
                               struct bk_str *ret_json)
{
    static const char sql[] =
        "select coalesce(jsonb_agg(jsonb_build_object('site_id', s.site_id, 'name', s.name,"
        "           'time_zone', s.time_zone, 'country', s.country,"
        "           'addresses', to_jsonb(s.addresses::text[]),"
        "           'devices', (select count(*) from app.device as d"
        "                        where d.tenant_id = s.tenant_id and d.site_id = s.site_id))"
        "           order by s.name), '[]')"
        "  from app.site as s where s.tenant_id = $1::bigint";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id)};
    return bk_store_one_text(store, sql, params, BK_COUNT(params), ret_json);
}
