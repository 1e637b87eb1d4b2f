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

enum bk_err bk_store_pbx_control_set(const struct bk_store *store, int64_t tenant_id,
                                     int64_t pbx_id, const struct bk_store_pbx_control *control)
{
    static const char sql[] =
        "insert into app.pbx_control as c (tenant_id, pbx_id, driver, address, username, secret,"
        "                                  options, rate_per_s, in_flight_max, is_enabled)"
        " values ($1::bigint, $2::bigint, $3, $4, $5, $6::bytea, $7::jsonb,"
        "         coalesce($8::numeric, 2), coalesce(nullif($9::integer, 0), 5), $10::boolean)"
        " on conflict on constraint pbx_control_pk do update set"
        "   driver = excluded.driver, address = excluded.address, username = excluded.username,"
        "   secret = coalesce(excluded.secret, c.secret), options = excluded.options,"
        "   rate_per_s = coalesce($8::numeric, c.rate_per_s),"
        "   in_flight_max = coalesce(nullif($9::integer, 0), c.in_flight_max),"
        "   is_enabled = excluded.is_enabled, updated_at = now()";
    const struct bk_pg_param params[] = {
        bk_store_int(store, tenant_id),
        bk_store_int(store, pbx_id),
        bk_store_text(control->driver),
        bk_store_text(control->address),
        bk_store_text(control->username),
        bk_store_bytes(control->secret_sealed),
        bk_store_text(control->options_json),
        bk_store_text(control->rate_per_s),
        bk_store_int(store, control->in_flight_max),
        bk_store_text(control->is_enabled ? BK_STR("t") : BK_STR("f")),
    };
    return bk_store_run(store, sql, params, BK_COUNT(params), NULL);
}

enum bk_err bk_store_pbx_list(const struct bk_store *store, int64_t tenant_id,
                              struct bk_str *ret_json)
{
    static const char sql[] =
        "select coalesce(jsonb_agg(to_jsonb(r) order by r.name), '[]')"
        "  from (select p.pbx_id, p.name, p.domain, p.registrars, p.proxies, p.transport, p.srtp,"
        "               (select count(*) from app.extension as e"
        "                 where e.tenant_id = p.tenant_id and e.pbx_id = p.pbx_id) as extensions,"
        "               coalesce(c.driver || ' ' || c.address, '') as control,"
        "               case when l.breaker <> 'closed' then l.note else '' end as fault"
        "          from app.pbx as p"
        "          left join app.pbx_control as c on c.tenant_id = p.tenant_id and c.pbx_id = "
        "p.pbx_id"
        "          left join app.pbx_lease as l on l.tenant_id = p.tenant_id and l.pbx_id = "
        "p.pbx_id"
        "         where p.tenant_id = $1::bigint) as r";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id)};
    return bk_store_one_text(store, sql, params, BK_COUNT(params), ret_json);
}
