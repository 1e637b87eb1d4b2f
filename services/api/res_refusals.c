/*
 * Refusals of a tenant's phones, put together: who was refused, why, how often, when last. A look
 * at visits that is bounded in time and in rows, however many somebody has caused.
 */
#include "handlers.h"
#include "model/refusal.h"

enum { SEEN_MAX = 100000 }; /* refusals that one answer looks at, the latest */

static const struct api_filter query[] = {
    {"since", API_T_TIME, NULL, NULL, "Not before this time; 24 hours before until by default."},
    {"until", API_T_TIME, NULL, NULL, "Before this time; now by default."},
    {"reason", API_T_TEXT, NULL, NULL, "Refusals for this reason."},
    {"device_id", API_T_REF, NULL, NULL, "Refusals of this device."},
    {"mac", API_T_MAC, NULL, NULL, "Refusals of this MAC."},
    {0},
};
enum { Q_SINCE, Q_UNTIL, Q_REASON, Q_DEVICE_ID, Q_MAC, Q_COUNT };

static enum bk_err read_query(struct api_call *call, struct bk_str (*ret_values)[Q_COUNT],
                              int64_t *ret_limit)
{
    static const char *const names[] = {"limit",     "since", "until", "reason",
                                        "device_id", "mac",   NULL};
    enum bk_err err = api_query_only(call, names);
    if (err == BK_OK)
        err = api_limit(call, ret_limit);
    for (size_t i = 0; err == BK_OK && i < Q_COUNT; i++) {
        err = api_query(call, query[i].name, &(*ret_values)[i]);
        if (err == BK_OK && (*ret_values)[i].ptr != NULL)
            err = api_filter_judge(call, &query[i], &(*ret_values)[i]);
    }
    return err;
}

/* clang-format off */
#define PERIOD_SQL \
    "json_build_object('since', " API_TIME_SQL("p.since") ", 'until', " API_TIME_SQL("p.until") ")"
#define GROUP_SQL \
    "json_build_object('reason', g.reason, 'reason_text', '', 'device_id', g.device_id," \
    " 'mac', replace(g.mac::text, ':', ''), 'source', host(g.source), 'count', g.seen_count," \
    " 'first_at', " API_TIME_SQL("g.first_at") ", 'last_at', " API_TIME_SQL("g.last_at") ")"
/* clang-format on */

/* Since and until, as they are shown and asked for; nothing is older than the tenant keeps. */
static enum bk_err find_period(struct api_call *call, const struct bk_str (*values)[Q_COUNT],
                               json_t **ret_period)
{
    static const char sql[] =
        "select " PERIOD_SQL
        "  from (select greatest(coalesce($1::timestamptz, u.until - interval '24 hours'),"
        "                        now() - make_interval(days => t.retention_days)) as since, u.until"
        "          from app.tenant as t, (select coalesce($2::timestamptz, now()) as until) as u"
        "         where t.tenant_id = app.current_tenant_id()) as p";
    const struct bk_pg_param params[] = {bk_store_text((*values)[Q_SINCE]),
                                         bk_store_text((*values)[Q_UNTIL])};
    struct bk_str text;
    enum bk_err err = bk_store_one_text(&call->store, sql, params, BK_COUNT(params), &text);
    return err == BK_OK ? api_json_load(call, text, ret_period) : err;
}

enum bk_err api_refusals_get(struct api_call *call)
{
    static const char sql[] =
        "with seen as materialized (select v.reason, v.device_id, v.mac, v.source, v.at"
        "   from app.visit as v"
        "  where v.tenant_id = app.current_tenant_id() and v.reason is not null"
        "    and v.at >= $1::timestamptz and v.at < $2::timestamptz"
        "    and ($3::text is null or v.reason = $3)"
        "    and ($4::bigint is null or v.device_id = $4)"
        "    and ($5::macaddr is null or v.mac = $5)"
        "  order by v.at desc limit $6::integer),"
        " grouped as materialized (select reason, device_id, mac, source, count(*) as seen_count,"
        "        min(at) as first_at, max(at) as last_at"
        "   from seen group by reason, device_id, mac, source)"
        " select (select count(*) from seen), (select count(*) from grouped),"
        "        coalesce((select json_agg(" GROUP_SQL " order by g.last_at desc, g.reason)"
        "          from (select * from grouped order by last_at desc, reason limit $7::bigint)"
        "            as g), '[]')";
    struct bk_str values[Q_COUNT];
    int64_t limit = 0;
    json_t *period = NULL, *items = NULL, *item;
    struct bk_pg_rows *rows = NULL;
    size_t i;
    enum bk_err err = read_query(call, &values, &limit);
    if (err == BK_OK)
        err = find_period(call, (const struct bk_str(*)[Q_COUNT]) & values, &period);
    if (err != BK_OK)
        return err;
    const struct bk_pg_param params[] = {
        bk_store_text(api_json_text(json_object_get(period, "since"))),
        bk_store_text(api_json_text(json_object_get(period, "until"))),
        bk_store_text(values[Q_REASON]),
        bk_store_text(values[Q_DEVICE_ID]),
        bk_store_text(values[Q_MAC]),
        bk_store_int(&call->store, SEEN_MAX),
        bk_store_int(&call->store, limit)};
    err = bk_pgc_exec(call->store.pgc, sql, params, BK_COUNT(params), &rows, &call->detail);
    if (err == BK_OK)
        err = api_json_load(call, bk_pg_text(rows, 0, 2), &items);
    if (err == BK_OK) {
        json_array_foreach(items, i, item)
        {
            const char *reason = json_string_value(json_object_get(item, "reason"));
            json_object_set_new(item, "reason_text", json_string(bk_refusal_text(reason)));
        }
        call->reply.body = json_pack(
            "{s:O, s:O, s:I, s:I, s:b, s:O}", "since", json_object_get(period, "since"), "until",
            json_object_get(period, "until"), "refused_count", (json_int_t)bk_pg_int(rows, 0, 0),
            "group_count", (json_int_t)bk_pg_int(rows, 0, 1), "is_whole",
            bk_pg_int(rows, 0, 0) < SEEN_MAX, "items", items);
    }
    bk_pg_rows_free(rows);
    return err;
}

/* ---- the document ---- */

static const struct api_field item_fields[] = {
    {.name = "reason",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY,
     .max = 64,
     .help = "Why, for programs."},
    {.name = "reason_text",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY,
     .max = 255,
     .help = "Why, for people."},
    {.name = "device_id",
     .type = API_T_REF,
     .flags = API_READ_ONLY | API_NULL,
     .help = "The device; null: no device of this tenant."},
    {.name = "mac",
     .type = API_T_MAC,
     .flags = API_READ_ONLY | API_NULL,
     .help = "What the certificate proved, else what the path claimed."},
    {.name = "source",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY,
     .max = 64,
     .help = "Address it came from."},
    {.name = "count", .type = API_T_INT, .flags = API_READ_ONLY, .help = "How often."},
    {.name = "first_at", .type = API_T_TIME, .flags = API_READ_ONLY, .help = "When first."},
    {.name = "last_at", .type = API_T_TIME, .flags = API_READ_ONLY, .help = "When last."},
    {0},
};

static const struct api_field answer_fields[] = {
    {.name = "since",
     .type = API_T_TIME,
     .flags = API_READ_ONLY,
     .help = "From when: what was asked for, and not before what the tenant keeps."},
    {.name = "until", .type = API_T_TIME, .flags = API_READ_ONLY, .help = "Until when."},
    {.name = "refused_count",
     .type = API_T_INT,
     .flags = API_READ_ONLY,
     .help = "Refusals that were looked at."},
    {.name = "group_count",
     .type = API_T_INT,
     .flags = API_READ_ONLY,
     .help = "Groups there are; items has as many of them as limit says."},
    {.name = "is_whole",
     .type = API_T_BOOL,
     .flags = API_READ_ONLY,
     .help = "False: there were more than the latest 100,000, which alone were looked at."},
    {.name = "items",
     .type = API_T_OBJECTS,
     .flags = API_READ_ONLY,
     .members = item_fields,
     .help = "Refusals for one reason of one MAC from one address, the latest first."},
    {0},
};

const struct api_doc api_doc_refusals_get = {
    .summary = "Who was refused, why and how often",
    .help = "Of this tenant's phones and of whoever came with its URL key. GET /v1/visits tells "
            "each of them.",
    .schema = "Refusals",
    .answer = answer_fields,
    .query = query,
    .statuses = "200 422",
};
