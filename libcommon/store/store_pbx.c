/*
 * PBXs of a tenant.
 */
#include "store/store_pbx.h"

enum bk_err bk_store_pbx_add(const struct bk_store *store, int64_t tenant_id,
                             const struct bk_store_pbx *pbx, int64_t *ret_pbx_id)
{
    static const char sql[] =
        "insert into app.pbx (tenant_id, name, domain, registrars, proxies, transport, srtp)"
        " values ($1::bigint, $2, $3, $4::jsonb, $5::jsonb, $6, $7) returning pbx_id";
    const struct bk_pg_param params[] = {
        bk_store_int(store, tenant_id),   bk_store_text(pbx->name),
        bk_store_text(pbx->domain),       bk_store_text(pbx->registrars_json),
        bk_store_text(pbx->proxies_json), bk_store_text(pbx->transport),
        bk_store_text(pbx->srtp),
    };
    return bk_store_number(store, sql, params, BK_COUNT(params), ret_pbx_id);
}

enum bk_err bk_store_pbx_find(const struct bk_store *store, int64_t tenant_id, struct bk_str name,
                              int64_t *ret_pbx_id)
{
    static const char sql[] =
        "select pbx_id from app.pbx where tenant_id = $1::bigint and name = $2";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_text(name)};
    return bk_store_number(store, sql, params, BK_COUNT(params), ret_pbx_id);
}

enum bk_err bk_store_pbx_list(const struct bk_store *store, int64_t tenant_id,
                              struct bk_str *ret_json)
{
    static const char sql[] =
        "select coalesce(jsonb_agg(to_jsonb(r) order by r.name), '[]')"
        "  from (select p.pbx_id, p.name, p.domain, p.registrars, p.proxies, p.transport, p.srtp,"
        "               (select count(*) from app.extension as e"
        "                 where e.tenant_id = p.tenant_id and e.pbx_id = p.pbx_id) as extensions"
        "          from app.pbx as p where p.tenant_id = $1::bigint) as r";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id)};
    return bk_store_one_text(store, sql, params, BK_COUNT(params), ret_json);
}
