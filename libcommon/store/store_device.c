/*
 * Devices of a tenant.
 */
#include "store/store_device.h"

enum bk_err bk_store_device_id(const struct bk_store *store, int64_t *ret_device_id)
{
    return bk_store_number(store,
                           "select nextval(pg_get_serial_sequence('app.device', 'device_id'))",
                           NULL, 0, ret_device_id);
}

enum bk_err bk_store_device_add(const struct bk_store *store, int64_t tenant_id, int64_t device_id,
                                const struct bk_store_device *device)
{
    static const char sql[] =
        "insert into app.device (tenant_id, device_id, mac, vendor, model, serial, label, site_id,"
        "                        profile_id, key_template_id, settings, locks, raw)"
        " overriding system value"
        " values ($1::bigint, $2::bigint, $3::macaddr, $4, $5, $6, $7, nullif($8::bigint, 0),"
        "         nullif($9::bigint, 0), nullif($10::bigint, 0), $11::jsonb,"
        "         array(select jsonb_array_elements_text($12::jsonb)), $13::jsonb)";
    const struct bk_pg_param params[] = {
        bk_store_int(store, tenant_id),
        bk_store_int(store, device_id),
        bk_store_text(device->mac),
        bk_store_text(device->vendor),
        bk_store_text(device->model),
        bk_store_text(device->serial),
        bk_store_text(device->label),
        bk_store_int(store, device->site_id),
        bk_store_int(store, device->profile_id),
        bk_store_int(store, device->key_template_id),
        bk_store_text(device->settings_json),
        bk_store_text(device->locks_json),
        bk_store_text(device->raw_json),
    };
    return bk_store_run(store, sql, params, BK_COUNT(params), NULL);
}

enum bk_err bk_store_device_find(const struct bk_store *store, int64_t tenant_id, struct bk_str mac,
                                 int64_t *ret_device_id)
{
    static const char sql[] =
        "select device_id from app.device where tenant_id = $1::bigint and mac = $2::macaddr";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_text(mac)};
    return bk_store_number(store, sql, params, BK_COUNT(params), ret_device_id);
}

enum bk_err bk_store_device_line_add(const struct bk_store *store, int64_t tenant_id,
                                     int64_t device_id, int index, int64_t extension_id)
{
    static const char sql[] =
        "insert into app.device_line (tenant_id, device_id, line_index, extension_id)"
        " values ($1::bigint, $2::bigint, $3::integer, $4::bigint)";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id),
                                         bk_store_int(store, device_id), bk_store_int(store, index),
                                         bk_store_int(store, extension_id)};
    return bk_store_run(store, sql, params, BK_COUNT(params), NULL);
}

enum bk_err bk_store_device_key_add(const struct bk_store *store, int64_t tenant_id,
                                    int64_t device_id, const struct bk_store_device_key *key)
{
    static const char sql[] =
        "insert into app.device_key (tenant_id, device_id, panel, module, slot, kind, line, value,"
        "                            label, extension)"
        " values ($1::bigint, $2::bigint, $3::app.panel, $4::integer, $5::integer, $6, $7::integer,"
        "         coalesce($8, ''), coalesce($9, ''), coalesce($10, ''))";
    const struct bk_pg_param params[] = {
        bk_store_int(store, tenant_id),       bk_store_int(store, device_id),
        bk_store_text(bk_str_of(key->panel)), bk_store_int(store, key->module),
        bk_store_int(store, key->slot),       bk_store_text(bk_str_of(key->kind)),
        bk_store_int(store, key->line),       bk_store_text_or_null(key->value),
        bk_store_text_or_null(key->label),    bk_store_text_or_null(key->extension),
    };
    return bk_store_run(store, sql, params, BK_COUNT(params), NULL);
}

/* ---- many at once ---- */

#define INPUT_SQL \
    "with input as (" \
    "    select * from jsonb_to_recordset($2::jsonb)" \
    "        as x(n integer, mac macaddr, vendor text, model text, serial text, label text," \
    "             site text, profile text, lines jsonb))," \
    " line as (" \
    "    select i.n, i.mac, l.index, l.number, l.pbx" \
    "      from input as i, jsonb_to_recordset(i.lines)" \
    "          as l(index integer, number text, pbx text)) "

/* An extension may be on several PBXs; `pbx` says which, where it does not the number must do. */
#define EXTENSION_SQL \
    "app.extension as e join app.pbx as p on p.tenant_id = e.tenant_id and p.pbx_id = e.pbx_id"

enum bk_err bk_store_devices_check(const struct bk_store *store, int64_t tenant_id,
                                   struct bk_str rows, struct bk_str *ret_json)
{
    static const char sql[] = INPUT_SQL
        "select coalesce(jsonb_agg(to_jsonb(r) order by r.n, r.\"column\"), '[]') from ("
        " select i.n, 'mac' as \"column\", 'taken' as problem, replace(i.mac::text, ':', '') as "
        "value"
        "   from input as i"
        "   join app.device as d on d.tenant_id = $1::bigint and d.mac = i.mac"
        " union all"
        " select i.n, 'site', 'unknown', i.site from input as i"
        "  where i.site <> '' and not exists (select from app.site as s"
        "                                      where s.tenant_id = $1::bigint and s.name = i.site)"
        " union all"
        " select i.n, 'profile', 'unknown', i.profile from input as i"
        "  where i.profile <> ''"
        "    and not exists (select from app.profile as f"
        "                     where f.tenant_id = $1::bigint and f.name = i.profile)"
        " union all"
        " select l.n, 'line' || l.index, case found.count when 0 then 'unknown' else 'ambiguous' "
        "end,"
        "        l.number || case when l.pbx <> '' then '@' || l.pbx else '' end"
        "   from line as l"
        "  cross join lateral (select count(*) from " EXTENSION_SQL
        "                       where e.tenant_id = $1::bigint and e.number = l.number"
        "                         and (l.pbx = '' or p.name = l.pbx)) as found"
        "  where found.count <> 1) as r";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_text(rows)};
    return bk_store_one_text(store, sql, params, BK_COUNT(params), ret_json);
}

enum bk_err bk_store_devices_add(const struct bk_store *store, int64_t tenant_id,
                                 struct bk_str rows, int64_t *ret_count)
{
    static const char devices_sql[] = INPUT_SQL
        ", added as ("
        "  insert into app.device (tenant_id, mac, vendor, model, serial, label, site_id, "
        "profile_id)"
        "  select $1::bigint, i.mac, i.vendor, i.model, i.serial, i.label, s.site_id, f.profile_id"
        "    from input as i"
        "    left join app.site as s on s.tenant_id = $1::bigint and s.name = i.site"
        "    left join app.profile as f on f.tenant_id = $1::bigint and f.name = i.profile"
        "   order by i.n returning 1)"
        " select count(*) from added";
    /* A statement of its own: the rows of a CTE are not seen by foreign keys of the same one's
     * siblings in a defined order. */
    static const char lines_sql[] =
        INPUT_SQL "insert into app.device_line (tenant_id, device_id, line_index, extension_id)"
                  " select $1::bigint, d.device_id, l.index, e.extension_id"
                  "   from line as l"
                  "   join app.device as d on d.tenant_id = $1::bigint and d.mac = l.mac"
                  "   join (" EXTENSION_SQL ") on e.tenant_id = $1::bigint and e.number = l.number"
                  "                           and (l.pbx = '' or p.name = l.pbx)"
                  "  order by l.n, l.index";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_text(rows)};
    enum bk_err err = bk_store_number(store, devices_sql, params, BK_COUNT(params), ret_count);
    if (err == BK_OK)
        err = bk_store_run(store, lines_sql, params, BK_COUNT(params), NULL);
    return err;
}

/* ---- reading ---- */

/* Times as ISO 8601 in UTC, to the second. */
#define TIME_SQL(column) "to_char(" column " at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"

#define HEAD_SQL \
    "replace(d.mac::text, ':', '') as mac, d.vendor, d.model, d.label, s.name as site," \
    " f.name as profile, d.state, d.revision, h.revision_held," \
    " h.revision_held is distinct from d.revision as is_pending, " TIME_SQL( \
        "h.last_visit_at") " as last_visit_at"

#define JOIN_SQL \
    " left join app.device_state as h on h.tenant_id = d.tenant_id and h.device_id = d.device_id" \
    " left join app.site as s on s.tenant_id = d.tenant_id and s.site_id = d.site_id" \
    " left join app.profile as f on f.tenant_id = d.tenant_id and f.profile_id = d.profile_id" \
    " where d.tenant_id = $1::bigint"

enum bk_err bk_store_device_list(const struct bk_store *store, int64_t tenant_id,
                                 struct bk_str *ret_json)
{
    static const char sql[] =
        "select coalesce(jsonb_agg(to_jsonb(r) order by r.mac), '[]') from (select " HEAD_SQL ","
        " coalesce(x.lines, '[]') as lines from app.device as d"
        " left join (select l.device_id, jsonb_agg(e.number order by l.line_index) as lines"
        "              from app.device_line as l"
        "              join app.extension as e on e.tenant_id = l.tenant_id"
        "                                     and e.extension_id = l.extension_id"
        "             where l.tenant_id = $1::bigint group by l.device_id) as x"
        "   on x.device_id = d.device_id" JOIN_SQL ") as r";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id)};
    enum bk_err err = bk_store_no_loops(store);
    if (err == BK_OK)
        err = bk_store_one_text(store, sql, params, BK_COUNT(params), ret_json);
    return err;
}

/* clang-format off */
#define SHOW_SQL \
    "d.device_id, d.serial, " TIME_SQL("d.claimed_at") " as claimed_at," \
    " " TIME_SQL("d.bound_at") " as bound_at, " TIME_SQL("d.armed_until") " as armed_until," \
    " d.is_legacy, host(h.last_source) as last_source, h.model_seen, h.firmware_seen," \
    " " TIME_SQL("h.held_at") " as held_at, encode(h.fingerprint, 'hex') as fingerprint," \
    " h.model_pinned, h.serial_seen," \
    " (select k.name from app.key_template as k where k.tenant_id = d.tenant_id" \
    "     and k.key_template_id = coalesce(d.key_template_id, f.key_template_id)) as key_template"

#define ENROLMENT_SQL \
    "(select jsonb_build_object('method', e.method, 'has_token', e.token_hash is not null," \
    "        'valid_until', " TIME_SQL("e.valid_until") "," \
    "        'token_used_at', " TIME_SQL("e.token_used_at") "," \
    "        'secret_used_at', " TIME_SQL("e.secret_used_at") ")" \
    "   from app.enrolment as e" \
    "  where e.tenant_id = d.tenant_id and e.device_id = d.device_id) as enrolment"
/* clang-format on */

enum bk_err bk_store_device_show(const struct bk_store *store, int64_t tenant_id, struct bk_str mac,
                                 struct bk_str *ret_json)
{
    static const char sql[] =
        "select to_jsonb(r) from (select " HEAD_SQL ", " SHOW_SQL ", " ENROLMENT_SQL ","
        " (select coalesce(jsonb_agg(jsonb_build_object('index', l.line_index, 'number', e.number,"
        "             'pbx', p.name, 'display_name', e.display_name, 'label', l.label,"
        "             'is_shared', l.is_shared) order by l.line_index), '[]')"
        "    from app.device_line as l"
        "    join app.extension as e on e.tenant_id = l.tenant_id"
        "                           and e.extension_id = l.extension_id"
        "    join app.pbx as p on p.tenant_id = e.tenant_id and p.pbx_id = e.pbx_id"
        "   where l.tenant_id = d.tenant_id and l.device_id = d.device_id) as lines,"
        " (select coalesce(jsonb_agg(jsonb_build_object('panel', k.panel, 'module', k.module,"
        "             'slot', k.slot, 'kind', k.kind, 'line', k.line, 'value', k.value,"
        "             'label', k.label, 'extension', k.extension)"
        "             order by k.panel, k.module, k.slot), '[]')"
        "    from app.device_key as k"
        "   where k.tenant_id = d.tenant_id and k.device_id = d.device_id) as keys"
        " from app.device as d" JOIN_SQL " and d.mac = $2::macaddr) as r";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_text(mac)};
    return bk_store_one_text(store, sql, params, BK_COUNT(params), ret_json);
}
