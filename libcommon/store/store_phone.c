/*
 * What one phone is to hold. model/phone.h has the shape.
 */
#include "store/store_phone.h"

#define LAYER_SQL(rank, name, id, settings, table)                                                 \
    " select " rank " as rank, jsonb_build_object('layer', '" name "', 'id', " id ", 'settings', "  \
    settings ", 'locks', to_jsonb(x.locks), 'raw', case when x.raw ? d.vendor then"                \
    " jsonb_build_object(d.vendor, x.raw -> d.vendor) else '{}' end) as layer from " table

#define DEVICE_SQL                                                                                 \
    "with d as (select * from app.device where tenant_id = $1::bigint and mac = $2::macaddr)"

/* Two statements: a string literal has at most 4,095 bytes (C17, 5.2.4.1). */
static const char head_sql[] =
    DEVICE_SQL ", layer as ("
    LAYER_SQL("1", "operator", "x.layer_id", "x.settings", "d, app.operator_layer as x")
    " union all"
    LAYER_SQL("2", "tenant", "x.tenant_id", "x.settings", "d join app.tenant as x using (tenant_id)")
    " union all"
    LAYER_SQL("3", "site", "x.site_id",
              "case when x.time_zone <> '' then jsonb_build_object('time.zone', x.time_zone)"
              "     else '{}' end"
              " || case when x.country <> '' then jsonb_build_object('ui.tone_country', x.country)"
              "         else '{}' end || x.settings",
              "d join app.site as x using (tenant_id, site_id)")
    " union all"
    LAYER_SQL("4", "profile", "x.profile_id", "x.settings",
              "d join app.profile as x using (tenant_id, profile_id)")
    " union all"
    LAYER_SQL("5", "device", "x.device_id", "x.settings", "d join app.device as x"
              " using (tenant_id, device_id)")
    ") select d.device_id, d.revision, d.vendor, d.model,"
    "         (select jsonb_agg(layer order by rank) from layer) from d";

static const char parts_sql[] =
    DEVICE_SQL ", line as ("
    /* An extension with a SIP domain of its own has, to the phone, a PBX of its own. */
    " select l.line_index,"
    "        case when e.domain = '' then p.pbx_id else 4611686018427387904 + e.extension_id end"
    "            as pbx_ref,"
    "        case when e.domain = '' then p.domain else e.domain end as domain,"
    "        p.transport, p.srtp, p.registrars, p.proxies,"
    "        jsonb_build_object('index', l.line_index, 'id', l.line_id,"
    "            'extension_id', e.extension_id, 'number', e.number,"
    "            'auth_id', coalesce(nullif(e.auth_id, ''), e.number),"
    "            'display_name', e.display_name, 'label', l.label,"
    "            'secret', replace(encode(e.secret, 'base64'), E'\\n', ''),"
    "            'shared', l.is_shared, 'settings', l.settings,"
    "            'raw', case when l.raw ? d.vendor"
    "                        then jsonb_build_object(d.vendor, l.raw -> d.vendor) else '{}' end)"
    "            as line"
    "   from d"
    "   join app.device_line as l on l.tenant_id = d.tenant_id and l.device_id = d.device_id"
    "   join app.extension as e on e.tenant_id = l.tenant_id and e.extension_id = l.extension_id"
    "   join app.pbx as p on p.tenant_id = e.tenant_id and p.pbx_id = e.pbx_id"
    "), key as ("
    /* A device's own key wins over its template's on the same slot. */
    " select k.panel, k.module, k.slot, k.kind, k.line, k.value, k.label, k.extension"
    "   from d join app.device_key as k on k.tenant_id = d.tenant_id and k.device_id = d.device_id"
    " union all"
    " select t.panel, t.module, t.slot, t.kind, t.line, t.value, t.label, t.extension"
    "   from d join app.key_template_key as t on t.tenant_id = d.tenant_id"
    "                                        and t.key_template_id = d.key_template_id"
    "  where not exists (select from app.device_key as k"
    "                     where k.tenant_id = d.tenant_id and k.device_id = d.device_id"
    "                       and k.panel = t.panel and k.module = t.module and k.slot = t.slot)"
    ") select"
    "   (select coalesce(jsonb_agg(distinct jsonb_build_object('id', pbx_ref,"
    "                       'domain', domain, 'transport', transport, 'srtp', srtp,"
    "                       'registrars', registrars, 'proxies', proxies)), '[]') from line),"
    "   (select coalesce(jsonb_agg(line || jsonb_build_object('pbx_id', pbx_ref)"
    "                                       order by line_index), '[]') from line),"
    "   (select coalesce(jsonb_agg(jsonb_build_object('panel', panel, 'module', module,"
    "                       'slot', slot, 'kind', kind, 'line', line, 'value', value,"
    "                       'label', label, 'extension', extension)"
    "                       order by panel, module, slot), '[]') from key)";

enum bk_err bk_store_phone_read(const struct bk_store *store, int64_t tenant_id, struct bk_str mac,
                                struct bk_store_phone *ret_phone)
{
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_text(mac)};
    struct bk_pg_rows *head = NULL, *parts = NULL;
    enum bk_err err =
        bk_pgc_exec(store->pgc, head_sql, params, BK_COUNT(params), &head, store->detail);
    if (err == BK_OK && bk_pg_row_count(head) == 0)
        err = BK_ERR_NOT_FOUND;
    if (err == BK_OK)
        err = bk_pgc_exec(store->pgc, parts_sql, params, BK_COUNT(params), &parts, store->detail);
    if (err == BK_OK)
        *ret_phone = (struct bk_store_phone){
            .device_id = bk_pg_int(head, 0, 0),
            .revision = bk_pg_int(head, 0, 1),
            .vendor = bk_arena_str(store->arena, bk_pg_text(head, 0, 2)),
            .model = bk_arena_str(store->arena, bk_pg_text(head, 0, 3)),
            .config_json = bk_arena_printf(
                store->arena, "{\"layers\":%.*s,\"pbxs\":%.*s,\"lines\":%.*s,\"keys\":%.*s}",
                BK_STR_ARG(bk_pg_text(head, 0, 4)), BK_STR_ARG(bk_pg_text(parts, 0, 0)),
                BK_STR_ARG(bk_pg_text(parts, 0, 1)), BK_STR_ARG(bk_pg_text(parts, 0, 2))),
        };
    bk_pg_rows_free(head);
    bk_pg_rows_free(parts);
    return err;
}
