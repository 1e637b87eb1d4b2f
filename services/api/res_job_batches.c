/*
 * Job batches: one request for many phones, by their ids or by a filter.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "handlers.h"
#include "vendor/vendor.h"

#define DEVICE_MAX 100000
#define PART_MAX 10000 /* devices of one statement */
#define ID_BYTES_MAX 21
#define REFUSED_SHOWN_MAX 100

static const struct api_field filter_fields[] = {
    {.name = "site_id", .type = API_T_REF, .help = "Devices of this site."},
    {.name = "profile_id", .type = API_T_REF, .help = "Devices of this profile."},
    {.name = "vendor", .type = API_T_VENDOR, .help = "Devices of this maker."},
    {.name = "model", .type = API_T_TEXT, .max = 64, .help = "Devices of this model."},
    {.name = "pending", .type = API_T_BOOL, .help = "Devices that hold an older configuration."},
    {0},
};

static const struct api_field refused_fields[] = {
    {.name = "device_id", .type = API_T_REF, .flags = API_READ_ONLY, .help = "The device."},
    {.name = "reason",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY,
     .max = 255,
     .help = "Why it gets no job."},
    {0},
};

#define STATES "queued sent answered done failed expired cancelled"
/* clang-format off */
#define COUNT_SQL(state) "'" state "', count(*) filter (where j.state = '" state "')"
#define COUNTS_SQL \
    "(select json_build_object(" \
    COUNT_SQL("queued") ", " COUNT_SQL("sent") ", " COUNT_SQL("answered") ", " \
    COUNT_SQL("done") ", " COUNT_SQL("failed") ", " COUNT_SQL("expired") ", " \
    COUNT_SQL("cancelled") ")" \
    " from app.job as j" \
    " where j.tenant_id = t.tenant_id and j.job_batch_id = t.job_batch_id)"

/* What is shown of a batch; the members of a request are others. */
#define SHOWN_FIELDS \
    {.name = "label", .type = API_T_TEXT, .max = 128, .column = "label", .initial = "\"\"", \
     .help = "What people call it.", .example = "\"New time server\""}, \
    {.name = "created_by", .type = API_T_TEXT, .flags = API_READ_ONLY, .max = 128, \
     .column = "created_by", .help = "Who asked, as in audit events."}, \
    {.name = "job_count", .type = API_T_INT, .flags = API_READ_ONLY, .column = "job_count", \
     .help = "Jobs that were made by it."}, \
    {.name = "counts", .type = API_T_COUNTS, .flags = API_READ_ONLY, .words = STATES, \
     .read = COUNTS_SQL, .help = "Its jobs by their state."}, \
    {.name = "created_at", .type = API_T_TIME, .flags = API_READ_ONLY, .column = "created_at", \
     .help = "When it was accepted."}
/* clang-format on */

static const struct api_field fields[] = {SHOWN_FIELDS, {0}};

static const struct api_field request_fields[] = {
    {.name = "kind",
     .type = API_T_WORD,
     .flags = API_REQUIRED,
     .words = "reprovision reboot",
     .help = "As of one job.",
     .example = "\"reprovision\""},
    {.name = "label",
     .type = API_T_TEXT,
     .max = 128,
     .initial = "\"\"",
     .help = "What people call it.",
     .example = "\"New time server\""},
    {.name = "device_ids",
     .type = API_T_IDS,
     .min = 1,
     .max = DEVICE_MAX,
     .help = "The devices; each must be one of this tenant. Either this or filter."},
    {.name = "filter",
     .type = API_T_OBJECT,
     .members = filter_fields,
     .help = "The devices that all its members hold for, 100,000 at most; {} is all of them. "
             "Either this or device_ids."},
    {0},
};

static const struct api_field answer_fields[] = {
    SHOWN_FIELDS,
    {.name = "joined_count",
     .type = API_T_INT,
     .flags = API_READ_ONLY,
     .help = "Devices that had an open job of this kind, which is joined; told once."},
    {.name = "refused_count",
     .type = API_T_INT,
     .flags = API_READ_ONLY,
     .help = "Devices that get no job; told once."},
    {.name = "refused",
     .type = API_T_OBJECTS,
     .flags = API_READ_ONLY,
     .members = refused_fields,
     .help = "The first hundred of them; told once."},
    {0},
};

const struct api_resource api_res_job_batches = {
    .name = "job_batch",
    .schema = "JobBatch",
    .plural = "job batches",
    .path = "/v1/job-batches",
    .help = "One request for many phones, and how far it has come.",
    .table = "app.job_batch",
    .id = "job_batch_id",
    .newest_first = true,
    .fields = fields,
};

/* ---- the devices that are meant ---- */

/* Ids in ascending order, each once: of the arena. */
struct devices {
    int64_t *ids;
    size_t count;
};

static int compare_ids(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void sort_ids(struct devices *devices)
{
    size_t count = 0;
    qsort(devices->ids, devices->count, sizeof devices->ids[0], compare_ids);
    for (size_t i = 0; i < devices->count; i++) {
        if (count == 0 || devices->ids[i] != devices->ids[count - 1])
            devices->ids[count++] = devices->ids[i];
    }
    devices->count = count;
}

static enum bk_err take_ids(struct api_call *call, size_t count, struct devices *ret_devices)
{
    ret_devices->ids = bk_arena_try(call->arena, (count + 1) * sizeof(int64_t));
    ret_devices->count = count;
    return ret_devices->ids != NULL ? BK_OK : BK_ERR_NO_MEMORY;
}

static enum bk_err given_ids(struct api_call *call, const json_t *list, struct devices *ret_devices)
{
    enum bk_err err = take_ids(call, json_array_size(list), ret_devices);
    for (size_t i = 0; err == BK_OK && i < ret_devices->count; i++)
        ret_devices->ids[i] = json_integer_value(json_array_get(list, i));
    if (err == BK_OK)
        sort_ids(ret_devices);
    return err;
}

/* {1,2,3}: ids from..from+count as PostgreSQL reads them. */
static enum bk_err ids_text(const struct devices *devices, size_t from, size_t count,
                            struct bk_buf *text)
{
    bk_buf_clear(text);
    bk_buf_add_char(text, '{');
    for (size_t i = 0; i < count; i++)
        bk_buf_addf(text, "%s%lld", i == 0 ? "" : ",", (long long)devices->ids[from + i]);
    bk_buf_add_char(text, '}');
    return text->err;
}

/* Ids of a list that are no device of this tenant: none may be. */
static enum bk_err check_ids(struct api_call *call, const struct devices *devices)
{
    static const char sql[] =
        "select string_agg(u.device_id::text, ', ') from (select x.device_id"
        "  from unnest($1::bigint[]) as x (device_id)"
        " where not exists (select from app.device as d where d.tenant_id = app.current_tenant_id()"
        "                      and d.device_id = x.device_id)"
        " limit 5) as u";
    struct bk_str unknown = BK_STR_NONE;
    struct bk_buf text;
    bk_buf_init(&text, ID_BYTES_MAX * (size_t)DEVICE_MAX);
    enum bk_err err = ids_text(devices, 0, devices->count, &text);
    const struct bk_pg_param params[] = {bk_store_text(bk_buf_str(&text))};
    if (err == BK_OK)
        err = bk_store_one_text(&call->store, sql, params, BK_COUNT(params), &unknown);
    bk_buf_deinit(&text);
    if (err != BK_OK || unknown.ptr == NULL)
        return err;
    api_member_error(call, "device_ids", "no devices of this tenant, among them: %.*s",
                     BK_STR_ARG(unknown));
    return BK_ERR_INVALID;
}

static enum bk_err find_ids(struct api_call *call, const struct api_write *filter,
                            struct devices *ret_devices)
{
    /* One more than may be, which is how too many are seen. */
    static const char sql[] =
        "with waiting as materialized ("
        " select distinct u.device_id from app.change as c"
        "  cross join unnest(c.device_ids[c.raised_count + 1 :]) as u (device_id)"
        "  where c.tenant_id = app.current_tenant_id() and c.done_at is null)"
        " select d.device_id"
        "   from app.device as d join app.device_state as s"
        "     on s.tenant_id = d.tenant_id and s.device_id = d.device_id"
        "  where d.tenant_id = app.current_tenant_id()"
        "    and ($1::bigint is null or d.site_id = $1::bigint)"
        "    and ($2::bigint is null or d.profile_id = $2::bigint)"
        "    and ($3::text is null or d.vendor = $3)"
        "    and ($4::text is null or d.model = $4)"
        "    and ($5::boolean is null or $5::boolean ="
        "         ((s.revision_held >= d.revision) is not true"
        "          or d.device_id in (select w.device_id from waiting as w)))"
        "  limit $6::bigint";
    const struct api_member *pending = api_member_find(filter, "pending");
    const int64_t site_id = api_member_int(filter, "site_id", 0);
    const int64_t profile_id = api_member_int(filter, "profile_id", 0);
    const struct bk_pg_param none = bk_store_text(BK_STR_NONE);
    const struct bk_pg_param params[] = {
        site_id == 0 ? none : bk_store_int(&call->store, site_id),
        profile_id == 0 ? none : bk_store_int(&call->store, profile_id),
        bk_store_text(api_member_text(filter, "vendor", BK_STR_NONE)),
        bk_store_text(api_member_text(filter, "model", BK_STR_NONE)),
        pending == NULL || json_is_null(pending->value)
            ? none
            : bk_store_text(bk_str_of(json_is_true(pending->value) ? "true" : "false")),
        bk_store_int(&call->store, DEVICE_MAX + 1)};
    struct bk_pg_rows *rows = NULL;
    enum bk_err err =
        bk_pgc_exec(call->store.pgc, sql, params, BK_COUNT(params), &rows, &call->detail);
    if (err == BK_OK && bk_pg_row_count(rows) > DEVICE_MAX) {
        api_member_error(call, "filter", "more than %d devices; narrow it", DEVICE_MAX);
        err = BK_ERR_INVALID;
    }
    if (err == BK_OK)
        err = take_ids(call, (size_t)bk_pg_row_count(rows), ret_devices);
    for (size_t i = 0; err == BK_OK && i < ret_devices->count; i++)
        ret_devices->ids[i] = bk_pg_int(rows, (int)i, 0);
    bk_pg_rows_free(rows);
    if (err == BK_OK)
        sort_ids(ret_devices);
    return err;
}

struct request {
    struct bk_str kind, label;
    struct devices devices;
};

static enum bk_err read_request(struct api_call *call, struct request *ret_request)
{
    struct api_write write = {.resource = &api_res_job_batches}, filter = {0};
    api_members_read(call, request_fields, "", call->input, true, &write);
    const struct api_member *ids = api_member_find(&write, "device_ids");
    const struct api_member *by = api_member_find(&write, "filter");
    const bool has_ids = ids != NULL && !json_is_null(ids->value);
    const bool has_filter = by != NULL && !json_is_null(by->value);
    if (has_filter)
        api_members_read(call, filter_fields, "filter", by->value, true, &filter);
    if (has_ids == has_filter && api_members_err(call) == BK_OK)
        api_member_error(call, "device_ids", "want either device_ids or filter");
    ret_request->kind = api_member_text(&write, "kind", BK_STR(""));
    ret_request->label = api_member_text(&write, "label", BK_STR(""));
    enum bk_err err = api_members_err(call);
    if (err != BK_OK)
        return err;
    if (!has_ids)
        return find_ids(call, &filter, &ret_request->devices);
    err = given_ids(call, ids->value, &ret_request->devices);
    return err == BK_OK ? check_ids(call, &ret_request->devices) : err;
}

/* ---- the jobs ---- */

/* Makers whose phones can be told, {a,b} as PostgreSQL reads it. */
static struct bk_str able_vendors(struct api_call *call, struct bk_str kind)
{
    const bool is_reboot = bk_str_eq(kind, BK_STR("reboot"));
    struct bk_str text = BK_STR("");
    for (const struct bk_vendor *const *vendor = bk_vendors(); *vendor != NULL; vendor++) {
        if ((is_reboot ? (*vendor)->reboot_event : (*vendor)->resync_event) != NULL)
            text = bk_arena_printf(call->arena, "%.*s%s%s", BK_STR_ARG(text),
                                   text.len == 0 ? "" : ",", (*vendor)->name);
    }
    return bk_arena_printf(call->arena, "{%.*s}", BK_STR_ARG(text));
}

struct made {
    int64_t job_count, joined_count, refused_count;
    json_t *refused;
};

static enum bk_err request_some(struct api_call *call, const struct request *request,
                                struct bk_str ids, int64_t job_batch_id, struct made *made)
{
    static const char sql[] =
        "with able as materialized (select coalesce(array_agg(d.device_id), '{}') as ids"
        "   from app.device as d where d.tenant_id = app.current_tenant_id()"
        "    and d.device_id = any ($2::bigint[]) and d.vendor = any ($5::text[])),"
        " unable as materialized (select d.device_id, 'phones of ' || d.vendor ||"
        "        ' have no event that makes them do so' as refusal"
        "   from app.device as d where d.tenant_id = app.current_tenant_id()"
        "    and d.device_id = any ($2::bigint[]) and d.vendor <> all ($5::text[])),"
        " made as materialized (select r.device_id, r.is_new, r.refusal"
        "   from able, bk.jobs_request($1, able.ids, $3::bigint, $4) as r"
        "  union all select device_id, false, refusal from unable)"
        " select count(*) filter (where is_new),"
        "        count(*) filter (where not is_new and refusal = ''),"
        "        count(*) filter (where refusal <> ''),"
        "        coalesce((select json_agg(json_build_object('device_id', x.device_id,"
        "                                                    'reason', x.refusal))"
        "                    from (select * from made where refusal <> '' order by device_id"
        "                           limit $6::bigint) as x), '[]')"
        "   from made";
    const int64_t room = REFUSED_SHOWN_MAX - (int64_t)json_array_size(made->refused);
    const struct bk_pg_param params[] = {bk_store_text(request->kind),
                                         bk_store_text(ids),
                                         bk_store_int(&call->store, job_batch_id),
                                         bk_store_text(bk_str_of(call->scope.actor)),
                                         bk_store_text(able_vendors(call, request->kind)),
                                         bk_store_int(&call->store, room)};
    struct bk_pg_rows *rows = NULL;
    json_t *refused = NULL;
    enum bk_err err =
        bk_pgc_exec(call->store.pgc, sql, params, BK_COUNT(params), &rows, &call->detail);
    if (err == BK_OK)
        err = api_json_load(call, bk_pg_text(rows, 0, 3), &refused);
    if (err == BK_OK) {
        made->job_count += bk_pg_int(rows, 0, 0);
        made->joined_count += bk_pg_int(rows, 0, 1);
        made->refused_count += bk_pg_int(rows, 0, 2);
        json_array_extend(made->refused, refused);
    }
    bk_pg_rows_free(rows);
    return err;
}

/* In parts, so that no statement comes near its time limit; one transaction all the same. */
static enum bk_err request_all(struct api_call *call, const struct request *request,
                               int64_t job_batch_id, struct made *ret_made)
{
    struct made made = {.refused = api_keep(call, json_array())};
    struct bk_buf text;
    enum bk_err err = BK_OK;
    bk_buf_init(&text, ID_BYTES_MAX * (size_t)PART_MAX);
    for (size_t from = 0; err == BK_OK && from < request->devices.count; from += PART_MAX) {
        const size_t left = request->devices.count - from;
        err = ids_text(&request->devices, from, left < PART_MAX ? left : PART_MAX, &text);
        if (err == BK_OK)
            err = request_some(call, request, bk_buf_str(&text), job_batch_id, &made);
    }
    bk_buf_deinit(&text);
    *ret_made = made;
    return err;
}

static enum bk_err make_batch(struct api_call *call, struct bk_str label, int64_t *ret_id)
{
    const struct bk_pg_param params[] = {bk_store_text(label),
                                         bk_store_text(bk_str_of(call->scope.actor))};
    return bk_store_number(&call->store,
                           "insert into app.job_batch (tenant_id, label, created_by)"
                           " values (app.current_tenant_id(), $1, $2) returning job_batch_id",
                           params, BK_COUNT(params), ret_id);
}

static enum bk_err count_batch(struct api_call *call, int64_t job_batch_id, int64_t job_count)
{
    const struct bk_pg_param params[] = {bk_store_int(&call->store, job_batch_id),
                                         bk_store_int(&call->store, job_count)};
    return bk_store_run(&call->store,
                        "update app.job_batch set job_count = $2::integer"
                        " where tenant_id = app.current_tenant_id() and job_batch_id = $1::bigint",
                        params, BK_COUNT(params), NULL);
}

enum bk_err api_job_batches_create(struct api_call *call)
{
    struct request request = {0};
    struct made made;
    int64_t id = 0;
    enum bk_err err = read_request(call, &request);
    if (err == BK_OK)
        err = make_batch(call, request.label, &id);
    if (err == BK_OK)
        err = request_all(call, &request, id, &made);
    if (err == BK_OK)
        err = count_batch(call, id, made.job_count);
    if (err == BK_OK)
        err = api_resource_answer(call, &api_res_job_batches, id, 202);
    if (err != BK_OK)
        return err;
    json_t *body = call->reply.body;
    json_object_set_new(body, "joined_count", json_integer(made.joined_count));
    json_object_set_new(body, "refused_count", json_integer(made.refused_count));
    json_object_set(body, "refused", made.refused);
    call->reply.location = bk_arena_printf(call->arena, "/v1/job-batches/%lld", (long long)id).ptr;
    call->reply.rings = true;
    return api_audit(call, "job_batch.create", "job_batch", id,
                     json_pack("{s:s%, s:I, s:I, s:I}", "kind", request.kind.ptr, request.kind.len,
                               "job_count", (json_int_t)made.job_count, "joined_count",
                               (json_int_t)made.joined_count, "refused_count",
                               (json_int_t)made.refused_count));
}

const struct api_doc api_doc_job_batches_create = {
    .summary = "Ask many phones to come",
    .help = "Accepted means committed, all of it. Devices that are suspended or released, or whose "
            "maker's phones cannot be told so, are refused and named; the others get a job, or "
            "join the open one of this kind they have.",
    .schema = "JobBatchMade",
    .answer = answer_fields,
    .request = request_fields,
    .statuses = "202 422",
};
