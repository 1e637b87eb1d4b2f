/*
 * Trust roots: SQL text and row mapping.
 */
#include "store/store_trust_root.h"

#define RULES_SQL "array(select jsonb_array_elements_text($4::jsonb))"

enum bk_err bk_store_trust_root_add(const struct bk_store *store,
                                    const struct bk_store_trust_root *root, int64_t *ret_root_id)
{
    static const char operator_sql[] =
        "select bk.operator_trust_root_add($2, $3, " RULES_SQL
        ", $5::bytea, to_timestamp($6::bigint), $7::boolean) where $1::bigint = 0";
    static const char tenant_sql[] =
        "insert into app.trust_root as r (tenant_id, name, maker, rules, certificate, not_after,"
        " is_legacy)"
        " values ($1::bigint, $2, $3, " RULES_SQL ", $5::bytea, to_timestamp($6::bigint),"
        " $7::boolean)"
        " on conflict on constraint trust_root_sha256_uq"
        " do update set name = excluded.name, maker = excluded.maker, rules = excluded.rules,"
        "               not_after = excluded.not_after, is_legacy = excluded.is_legacy,"
        "               is_enabled = true, updated_at = now()"
        " returning r.root_id";
    const struct bk_pg_param params[] = {
        bk_store_int(store, root->tenant_id),
        bk_store_text(root->name),
        bk_store_text(root->maker),
        bk_store_text(root->rules_json),
        bk_store_bytes(root->der),
        bk_store_int(store, root->not_after_s),
        bk_store_text(root->is_legacy ? BK_STR("t") : BK_STR("f")),
    };
    return bk_store_number(store, root->tenant_id == 0 ? operator_sql : tenant_sql, params,
                           BK_COUNT(params), ret_root_id);
}

enum bk_err bk_store_trust_root_list(const struct bk_store *store, int64_t tenant_id,
                                     struct bk_str *ret_json)
{
    static const char sql[] =
        "select coalesce(jsonb_agg(jsonb_build_object('root_id', r.root_id, 'scope', r.scope,"
        "           'name', r.name, 'maker', r.maker, 'rules', r.rules,"
        "           'sha256', encode(r.sha256, 'hex'), 'not_after',"
        "           to_char(r.not_after at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"
        "           'is_enabled', r.is_enabled, 'is_legacy', r.is_legacy)"
        "           order by r.maker, r.not_after, r.root_id), '[]')"
        "  from (select 'operator' as scope, root_id, name, maker, rules, sha256, not_after,"
        "               is_enabled, is_legacy from bk.operator_trust_root_list()"
        "        union all"
        "        select 'tenant', root_id, name, maker, rules, sha256, not_after, is_enabled,"
        "               is_legacy from app.trust_root where tenant_id = nullif($1::bigint, 0)) as "
        "r";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id)};
    return bk_store_one_text(store, sql, params, BK_COUNT(params), ret_json);
}
