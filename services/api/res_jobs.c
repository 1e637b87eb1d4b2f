/*
 * Jobs: asking one phone to fetch its configuration, or to start again. The API makes and cancels
 * them; only the notifier moves them (migrations/0020_callback.sql).
 */
#include "handlers.h"
#include "vendor/vendor.h"

static const struct api_field times_fields[] = {
    {.name = "queued", .type = API_T_TIME, .flags = API_READ_ONLY, .help = "When it was accepted."},
    {.name = "sent",
     .type = API_T_TIME,
     .flags = API_READ_ONLY | API_NULL,
     .help = "When it last went out to the phone."},
    {.name = "answered",
     .type = API_T_TIME,
     .flags = API_READ_ONLY | API_NULL,
     .help = "When the phone itself said yes."},
    {.name = "ended",
     .type = API_T_TIME,
     .flags = API_READ_ONLY | API_NULL,
     .help = "When it came to its end."},
    {0},
};

/* clang-format off */
#define TIMES_SQL \
    "json_build_object(" \
    "'queued', " API_TIME_SQL("t.created_at") ", " \
    "'sent', " API_TIME_SQL("t.sent_at") ", " \
    "'answered', " API_TIME_SQL("t.answered_at") ", " \
    "'ended', " API_TIME_SQL("t.ended_at") ")"
/* clang-format on */

#define STATES "queued sent answered done failed expired cancelled"

static const struct api_field fields[] = {
    {.name = "kind",
     .type = API_T_WORD,
     .flags = API_REQUIRED,
     .words = "reprovision reboot",
     .column = "kind",
     .help = "reprovision: fetch and hold the device's configuration of now. reboot: start again.",
     .example = "\"reprovision\""},
    {.name = "device_id",
     .type = API_T_REF,
     .flags = API_REQUIRED | API_NULL,
     .column = "device_id",
     .help = "Whose; null when read: the device has been deleted since."},
    {.name = "mac",
     .type = API_T_MAC,
     .flags = API_READ_ONLY,
     .column = "mac",
     .help = "Its MAC when the job was made."},
    {.name = "job_batch_id",
     .type = API_T_REF,
     .flags = API_READ_ONLY | API_NULL,
     .column = "job_batch_id",
     .help = "The batch that made it."},
    {.name = "pbx_id",
     .type = API_T_REF,
     .flags = API_READ_ONLY | API_NULL,
     .column = "pbx_id",
     .help = "The PBX through which the phone is called; null: it has no line on one with a "
             "control side."},
    {.name = "state",
     .type = API_T_WORD,
     .flags = API_READ_ONLY,
     .words = STATES,
     .column = "state",
     .help = "queued, sent (to the phone), answered (by the phone itself), and one of the ends: "
             "done, failed, expired, cancelled."},
    {.name = "waiting_reason",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY,
     .max = 64,
     .column = "waiting_reason",
     .help = "Why a queued one is not sent yet."},
    {.name = "outcome",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY,
     .max = 255,
     .column = "outcome",
     .help = "How it ended, for people."},
    {.name = "wanted_revision",
     .type = API_T_INT,
     .flags = API_READ_ONLY | API_NULL,
     .column = "wanted_revision",
     .help = "A reprovision is done when the phone holds this revision or a later one."},
    {.name = "attempt_count",
     .type = API_T_INT,
     .flags = API_READ_ONLY,
     .read = "t.attempt_count - t.wait_count",
     .help = "How often the phone was called."},
    {.name = "expires_at",
     .type = API_T_TIME,
     .flags = API_READ_ONLY,
     .column = "expires_at",
     .help = "When it ends if the phone has not come."},
    {.name = "created_by",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY,
     .max = 128,
     .column = "created_by",
     .help = "Who asked, as in audit events."},
    {.name = "times",
     .type = API_T_OBJECT,
     .flags = API_READ_ONLY,
     .members = times_fields,
     .read = TIMES_SQL,
     .help = "When it came into each state."},
    {0},
};

static const struct api_filter filters[] = {
    {"state", API_T_WORD, "t.state = @@", STATES, "Jobs in this state."},
    {"kind", API_T_WORD, "t.kind = @@", "reprovision reboot", "Jobs of this kind."},
    {"device_id", API_T_REF, "t.device_id = @@", NULL, "Jobs of this device."},
    {"job_batch_id", API_T_REF, "t.job_batch_id = @@", NULL, "Jobs of this batch."},
    {"open", API_T_BOOL, "(t.ended_at is null) = @@", NULL, "Jobs that have not ended, or have."},
    {0},
};

const struct api_resource api_res_jobs = {
    .name = "job",
    .schema = "Job",
    .plural = "jobs",
    .path = "/v1/jobs",
    .help = "Asks one phone to come. A job that was accepted ends once, whatever happens.",
    .table = "app.job",
    .id = "job_id",
    .newest_first = true,
    .fields = fields,
    .filters = filters,
};

/* ---- POST /v1/jobs ---- */

/* Does the maker have a way to be told so? */
static enum bk_err check_event(struct api_call *call, struct bk_str kind, struct bk_str vendor_name)
{
    const struct bk_vendor *vendor = bk_vendor_find(vendor_name);
    const bool is_reboot = bk_str_eq(kind, BK_STR("reboot"));
    if (vendor != NULL && (is_reboot ? vendor->reboot_event : vendor->resync_event) != NULL)
        return BK_OK;
    return api_refuse(call, BK_ERR_EXISTS, "device-refused",
                      "phones of %.*s have no event that makes them %s", BK_STR_ARG(vendor_name),
                      is_reboot ? "start again" : "fetch");
}

static enum bk_err request_job(struct api_call *call, struct bk_str kind, int64_t device_id,
                               int64_t *ret_job_id)
{
    static const char sql[] = "select r.job_id, r.refusal, d.vendor"
                              "  from bk.jobs_request($1, array[$2::bigint], null, $3) as r"
                              "  join app.device as d on d.tenant_id = app.current_tenant_id()"
                              "                      and d.device_id = r.device_id";
    const struct bk_pg_param params[] = {bk_store_text(kind), bk_store_int(&call->store, device_id),
                                         bk_store_text(bk_str_of(call->scope.actor))};
    struct bk_pg_rows *rows = NULL;
    enum bk_err err =
        bk_pgc_exec(call->store.pgc, sql, params, BK_COUNT(params), &rows, &call->detail);
    if (err == BK_OK && bk_pg_row_count(rows) == 0) {
        api_member_error(call, "device_id", "there is no such device");
        err = BK_ERR_INVALID;
    }
    if (err == BK_OK && bk_pg_text(rows, 0, 1).len > 0)
        err = api_refuse(call, BK_ERR_EXISTS, "device-refused", "%.*s",
                         BK_STR_ARG(bk_pg_text(rows, 0, 1)));
    if (err == BK_OK)
        err = check_event(call, kind, bk_pg_text(rows, 0, 2));
    if (err == BK_OK)
        *ret_job_id = bk_pg_int(rows, 0, 0);
    bk_pg_rows_free(rows);
    return err;
}

enum bk_err api_jobs_create(struct api_call *call)
{
    struct api_write write = {.resource = &api_res_jobs, .is_new = true};
    int64_t job_id = 0;
    api_members_read(call, fields, "", call->input, true, &write);
    enum bk_err err = api_members_err(call);
    if (err != BK_OK)
        return err;
    struct bk_str kind = api_member_text(&write, "kind", BK_STR(""));
    int64_t device_id = api_member_int(&write, "device_id", 0);
    err = request_job(call, kind, device_id, &job_id);
    if (err == BK_OK)
        err = api_resource_answer(call, &api_res_jobs, job_id, 202);
    if (err == BK_OK)
        err = api_audit(call, "job.create", "job", job_id,
                        json_pack("{s:s%, s:I}", "kind", kind.ptr, kind.len, "device_id",
                                  (json_int_t)device_id));
    if (err != BK_OK)
        return err;
    call->reply.location = bk_arena_printf(call->arena, "/v1/jobs/%lld", (long long)job_id).ptr;
    call->reply.rings = true;
    return BK_OK;
}

const struct api_doc api_doc_jobs_create = {
    .summary = "Ask a phone to come",
    .help = "Accepted means committed: the job is at the Location and will end. A device has at "
            "most one open job of a kind; asking again joins it. 409 when the device is suspended "
            "or released, or its maker's phones cannot be told so.",
    .statuses = "202 409 422",
};

/* ---- POST /v1/jobs/{job_id}/cancel ---- */

enum bk_err api_jobs_cancel(struct api_call *call)
{
    const struct bk_pg_param params[] = {bk_store_int(&call->store, call->ids[0]),
                                         bk_store_text(bk_str_of(call->scope.actor))};
    struct bk_str state;
    enum bk_err err = bk_store_one_text(&call->store, "select bk.job_cancel($1::bigint, $2)",
                                        params, BK_COUNT(params), &state);
    if (err == BK_OK && state.ptr == NULL)
        err = BK_ERR_NOT_FOUND;
    if (err == BK_OK && !bk_str_eq(state, BK_STR("cancelled")))
        err = api_refuse(call, BK_ERR_EXISTS, "job-not-queued",
                         "the job is %.*s; only a queued one can be cancelled", BK_STR_ARG(state));
    if (err == BK_OK)
        err = api_resource_answer(call, &api_res_jobs, call->ids[0], 200);
    if (err == BK_OK)
        err = api_audit(call, "job.cancel", "job", call->ids[0], json_object());
    return err;
}

const struct api_doc api_doc_jobs_cancel = {
    .summary = "Cancel a job that has not been sent",
    .help = "409 when it was sent, or has ended in another way.",
    .statuses = "200 404 409",
};
