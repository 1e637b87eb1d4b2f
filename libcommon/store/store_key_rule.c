/*
 * Rules: SQL text and row mapping.
 */
#include "store/store_key_rule.h"

#define RULE_COLUMNS \
    "panel app.panel, module integer, slot integer, count integer, kind text, line integer," \
    " source text, site_id bigint"

/* One statement for each kind of owner: their columns and constraints differ. */
#define PUT_SQL(column, constraint, touched) \
    "with wanted as (select * from jsonb_to_recordset($3::jsonb) as x(" RULE_COLUMNS "))," touched \
    " gone as (delete from app.key_rule as r" \
    "  where r.tenant_id = $1::bigint and r." column " = $2::bigint" \
    "    and not exists (select from wanted as w where w.panel = r.panel" \
    "                       and w.module = r.module and w.slot = r.slot))" \
    " insert into app.key_rule as r (tenant_id, " column \
    ", panel, module, slot, slot_count, kind," \
    "                                line, source, site_id)" \
    " select $1::bigint, $2::bigint, w.panel, w.module, w.slot, w.count, w.kind, w.line, " \
    "w.source," \
    "        w.site_id" \
    "   from wanted as w order by w.panel, w.module, w.slot" \
    "     on conflict on constraint " constraint " do update" \
    "    set slot_count = excluded.slot_count, kind = excluded.kind, line = excluded.line," \
    "        source = excluded.source, site_id = excluded.site_id" \
    "  where (r.slot_count, r.kind, r.line, r.source, r.site_id) is distinct from" \
    "        (excluded.slot_count, excluded.kind, excluded.line, excluded.source," \
    "         excluded.site_id)"

enum bk_err bk_store_key_rules_put(const struct bk_store *store, int64_t tenant_id,
                                   const struct bk_store_key_owner *owner, struct bk_str rules)
{
    static const char of_device[] = PUT_SQL("device_id", "key_rule_device_uq", "");
    /* A template's rules are part of what its version tells of. */
    static const char of_template[] =
        PUT_SQL("key_template_id", "key_rule_template_uq",
                " touched as (update app.key_template set updated_at = now()"
                "  where tenant_id = $1::bigint and key_template_id = $2::bigint),");
    const bool is_device = owner->device_id != 0;
    const struct bk_pg_param params[] = {
        bk_store_int(store, tenant_id),
        bk_store_int(store, is_device ? owner->device_id : owner->key_template_id),
        bk_store_text(rules)};
    return bk_store_run(store, is_device ? of_device : of_template, params, BK_COUNT(params), NULL);
}

enum bk_err bk_store_key_rules_list(const struct bk_store *store, int64_t tenant_id,
                                    const struct bk_store_key_owner *owner, struct bk_str *ret_json)
{
    static const char sql[] =
        "select coalesce(json_agg(json_build_object('panel', r.panel, 'module', r.module,"
        "           'slot', r.slot, 'count', r.slot_count, 'kind', r.kind, 'line', r.line,"
        "           'source', r.source, 'site_id', r.site_id, 'site', s.name)"
        "           order by r.panel, r.module, r.slot), '[]')"
        "  from app.key_rule as r"
        "  left join app.site as s on s.tenant_id = r.tenant_id and s.site_id = r.site_id"
        " where r.tenant_id = $1::bigint"
        "   and (r.device_id = $2::bigint or r.key_template_id = $3::bigint)";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id),
                                         bk_store_int(store, owner->device_id),
                                         bk_store_int(store, owner->key_template_id)};
    return bk_store_one_text(store, sql, params, BK_COUNT(params), ret_json);
}

enum bk_err bk_store_key_rule_preview(const struct bk_store *store, int64_t tenant_id,
                                      int64_t device_id, bool is_of_template, struct bk_str rule,
                                      struct bk_str *ret_json)
{
    static const char sql[] =
        "select json_build_object('keys', coalesce(json_agg(k.json::json order by k.slot)"
        "           filter (where k.slot is not null), '[]'),"
        "           'people', coalesce(max(p.total), 0),"
        "           'left_out', coalesce(max(p.total), 0) - count(k.slot))"
        "  from jsonb_to_record($4::jsonb) as r(" RULE_COLUMNS ")"
        "  join app.device as d on d.tenant_id = $1::bigint and d.device_id = $2::bigint"
        "  left join app.profile as f on f.tenant_id = d.tenant_id and f.profile_id = d.profile_id"
        "  left join lateral app.key_rule_people(d.tenant_id, d.device_id, r.line, r.source,"
        "                                        r.site_id, 1) as p on true"
        "  left join lateral app.key_rule_keys(d.tenant_id, d.device_id,"
        "           case when $3::boolean then coalesce(d.key_template_id, f.key_template_id) end,"
        "           r.panel, r.module, r.slot, r.count, r.kind, r.line, r.source, r.site_id)"
        "       as k on true";
    const struct bk_pg_param params[] = {
        bk_store_int(store, tenant_id), bk_store_int(store, device_id),
        bk_store_text(is_of_template ? BK_STR("true") : BK_STR("false")), bk_store_text(rule)};
    return bk_store_one_text(store, sql, params, BK_COUNT(params), ret_json);
}
