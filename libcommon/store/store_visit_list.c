/*
 * Reading visits and strangers.
 */
#include "store/store_visit_list.h"

enum bk_err bk_store_visit_list(const struct bk_store *store, int64_t tenant_id,
                                const struct bk_store_visit_filter *filter, struct bk_str *ret_json)
{
    /* One MAC has its visits under its device, and those from before it was one under the MAC. */
    static const char sql[] =
        "select coalesce(jsonb_agg(jsonb_build_object("
        "    'at', to_char(v.at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'),"
        "    'mac', replace(v.mac::text, ':', ''), 'device', v.device_id is not null,"
        "    'source', host(v.source), 'listener', v.listener, 'kind', v.kind, 'path', v.path,"
        "    'status', v.status, 'reason', v.reason, 'user_agent', v.user_agent,"
        "    'model', v.model, 'firmware', v.firmware, 'revision', v.revision, 'bytes', v.bytes,"
        "    'duration_us', v.duration_us, 'request_id', v.request_id)"
        "    order by v.at desc, v.visit_id desc), '[]')"
        "  from (select * from app.visit as v"
        "         where v.tenant_id = $1::bigint"
        "           and ($2 = '' or (v.device_id is null and v.mac = nullif($2, '')::macaddr)"
        "                or v.device_id = (select d.device_id from app.device as d"
        "                                   where d.tenant_id = $1::bigint"
        "                                     and d.mac = nullif($2, '')::macaddr))"
        "           and (not $3::boolean or v.reason is not null)"
        "         order by v.at desc, v.visit_id desc limit $4::bigint) as v";
    const struct bk_pg_param params[] = {
        bk_store_int(store, tenant_id),
        bk_store_text(filter->mac.ptr == NULL ? BK_STR("") : filter->mac),
        bk_store_text(filter->refused_only ? BK_STR("true") : BK_STR("false")),
        bk_store_int(store, filter->limit)};
    return bk_store_one_text(store, sql, params, BK_COUNT(params), ret_json);
}

enum bk_err bk_store_stranger_list(const struct bk_store *store, struct bk_str mac, int64_t limit,
                                   struct bk_str *ret_json)
{
    static const char sql[] =
        "select coalesce(jsonb_agg(jsonb_build_object("
        "    'minute', to_char(s.minute at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI\"Z\"'),"
        "    'source', text(s.source), 'listener', s.listener, 'reason', s.reason,"
        "    'claimed', s.claimed, 'mac', replace(s.claimed_mac::text, ':', ''),"
        "    'seen_count', s.seen_count) order by s.minute desc, s.seen_count desc), '[]')"
        "  from bk.strangers_list(null, nullif($1, '')::macaddr, $2::integer) as s";
    const struct bk_pg_param params[] = {bk_store_text(mac.ptr == NULL ? BK_STR("") : mac),
                                         bk_store_int(store, limit)};
    return bk_store_one_text(store, sql, params, BK_COUNT(params), ret_json);
}

enum bk_err bk_store_refusal_list(const struct bk_store *store, int64_t tenant_id, int64_t hours,
                                  int64_t limit, struct bk_str *ret_json)
{
    static const char sql[] =
        "select coalesce(jsonb_agg(jsonb_build_object('reason', r.reason,"
        "           'mac', replace(r.mac::text, ':', ''), 'device', r.is_device,"
        "           'source', host(r.source), 'count', r.count,"
        "           'first_at', to_char(r.first_at at time zone 'UTC', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"
        "           'last_at', to_char(r.last_at at time zone 'UTC', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'))"
        "           order by r.count desc, r.last_at desc, r.reason, r.mac, r.source), '[]')"
        "  from (select v.reason, v.mac, v.source, bool_or(v.device_id is not null) as is_device,"
        "               count(*) as count, min(v.at) as first_at, max(v.at) as last_at"
        "          from app.visit as v"
        "         where v.tenant_id = $1::bigint and v.reason is not null"
        "           and v.at >= now() - make_interval(hours => $2::integer)"
        "         group by v.reason, v.mac, v.source"
        "         order by count(*) desc, max(v.at) desc limit $3::bigint) as r";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_int(store, hours),
                                         bk_store_int(store, limit)};
    return bk_store_one_text(store, sql, params, BK_COUNT(params), ret_json);
}
