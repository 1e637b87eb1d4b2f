/*
 * Claim -> deliver -> report. A claimed job is `sent` in PostgreSQL before anything leaves;
 * whatever is lost between here and the report is settled by its window, so nothing here is kept on
 * disk.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/secret.h"
#include "notifier.h"
#include "vendor/vendor.h"

enum {
    REPORTS_WAITING_MAX = 20000, /* beyond, nothing more is claimed */
    CLAIM_OF_PBX_MAX = 10, /* jobs of one PBX a claim: all PBXs' together stay far from a timeout */
    RETRY_MS = 500,
    KEY_RETRY_S = 1 /* the look at the leases brings the key sooner */
};

struct attempt {
    struct bk_list node; /* in attempts while in flight, then in reports */
    struct ntf *ntf;
    struct ntf_pbx *pbx; /* NULL once it is over */
    struct bk_pbx_op *op;
    struct ntf_attempt facts;
    struct bk_report report;
    int64_t claimed_mono_ms;
    int message_count, paid_count; /* sent; taken from the bucket */
    bool is_stopped;               /* a message was held back: the lease was over */
    char number[128], domain[256], auth_id[160];
    uint8_t secret[BK_SEAL_PLAIN_MAX];
    size_t secret_len;
};

struct ntf_jobs {
    struct ntf *ntf;
    struct bk_list attempts, reports;
    size_t attempt_count, report_count, reporting_count;
    struct bk_timer pump_timer, report_timer;
    bool is_claiming, is_pump_wanted;
    struct bk_claim *claims; /* of the claim under way */
    size_t claim_count;
};

static void pump(void *ctx);
static void send_reports(void *ctx);

/* --- reports --- */

static void on_reported(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
                        const struct bk_detail *detail)
{
    struct ntf_jobs *jobs = ctx;
    (void)rows;
    size_t count = jobs->reporting_count;
    jobs->reporting_count = 0;
    if (err == BK_ERR_INTERNAL)
        bk_log(BK_LOG_ERROR, "reports refused by the database", BK_KV("detail", detail->text));
    if (err == BK_OK || err == BK_ERR_INTERNAL) {
        for (size_t i = 0; i < count; i++) {
            struct attempt *attempt = BK_CONTAINER(jobs->reports.next, struct attempt, node);
            bk_list_remove(&attempt->node);
            jobs->report_count--;
            bk_free(attempt);
        }
        send_reports(jobs);
    } else { /* its fate is unknown: telling again what was told changes nothing */
        bk_timer_start(jobs->ntf->loop, &jobs->report_timer, RETRY_MS, send_reports, jobs);
    }
}

static void send_reports(void *ctx)
{
    struct ntf_jobs *jobs = ctx;
    const struct bk_report *batch[BK_REPORT_MAX];
    size_t count = 0;
    if (jobs->reporting_count > 0 || jobs->report_count == 0)
        return;
    for (struct bk_list *at = jobs->reports.next; at != &jobs->reports && count < BK_REPORT_MAX;
         at = at->next)
        batch[count++] = &BK_CONTAINER(at, struct attempt, node)->report;
    if (bk_store_report(jobs->ntf->pg, batch, count, on_reported, jobs) == BK_OK)
        jobs->reporting_count = count;
    else
        bk_timer_start(jobs->ntf->loop, &jobs->report_timer, RETRY_MS, send_reports, jobs);
}

/* The attempt is over and has its report; told with all others of this turn of the loop. */
static void queue_report(struct attempt *attempt)
{
    struct ntf_jobs *jobs = attempt->ntf->jobs;
    bk_wipe(attempt->secret, sizeof attempt->secret);
    attempt->pbx = NULL;
    attempt->op = NULL;
    bk_list_append(&jobs->reports, &attempt->node);
    jobs->report_count++;
    if (jobs->reporting_count == 0 && !bk_timer_is_running(&jobs->report_timer))
        bk_timer_start(jobs->ntf->loop, &jobs->report_timer, 0, send_reports, jobs);
}

/*
 * Nothing reached the phone, and nothing will: whoever holds the PBX may call at once. The report
 * counts only while nobody else has moved the job.
 */
static void give_back(struct attempt *attempt)
{
    ntf_count(attempt->ntf, NTF_M_NOT_SENT, 1);
    attempt->report.result = "queued";
    attempt->report.is_idle = true;
    queue_report(attempt);
}

/* --- delivering --- */

/* bk_pbx_order.may_send. */
static bool may_send(void *ctx)
{
    struct attempt *attempt = ctx;
    attempt->is_stopped = !ntf_pbx_is_held(attempt->pbx);
    if (attempt->is_stopped)
        return false;
    if (++attempt->message_count > attempt->paid_count) {
        ntf_bucket_take(&attempt->pbx->bucket, 1);
        attempt->paid_count++;
    }
    return true;
}

static void settle_payment(const struct attempt *attempt)
{
    ntf_bucket_take(&attempt->pbx->bucket, attempt->message_count - attempt->paid_count);
}

static void finish(struct attempt *attempt, const struct bk_pbx_result *result)
{
    struct ntf *ntf = attempt->ntf;
    const struct ntf_delays delays = {(int)ntf->settings->offline_retry_s,
                                      (int)ntf->settings->offline_retry_max_s};
    /* Spread enough for waits: neighbours in the queue get far numbers (Knuth's multiplier). */
    uint32_t chance = ((uint32_t)attempt->report.job_id + (uint32_t)attempt->report.attempt) *
                      2654435761u / 4294968u;
    ntf_report_fill(&attempt->facts, result, &delays, (int)(chance % 1000), &attempt->report);
    ntf_count(ntf, NTF_M_OUTCOME_FIRST + (int)result->outcome, 1);
    bk_log(BK_LOG_INFO, "phone called", BK_KV_INT("tenant", attempt->report.tenant_id),
           BK_KV_INT("job", attempt->report.job_id), BK_KV_INT("attempt", attempt->report.attempt),
           BK_KV("outcome", bk_pbx_outcome_name(result->outcome)),
           BK_KV_INT("status", result->status),
           BK_KV_INT("ms", bk_loop_now_ms(ntf->loop) - attempt->claimed_mono_ms));
    queue_report(attempt);
}

static void on_delivered(void *ctx, const struct bk_pbx_result *result)
{
    struct attempt *attempt = ctx;
    struct ntf *ntf = attempt->ntf;
    struct ntf_pbx *pbx = attempt->pbx;
    bk_list_remove(&attempt->node);
    ntf->jobs->attempt_count--;
    pbx->in_flight--;
    ntf_gauge(ntf, NTF_M_IN_FLIGHT, (int64_t)ntf->jobs->attempt_count);
    settle_payment(attempt);
    if (result->status != 0) /* the next one is likely to take as many */
        pbx->call_messages = attempt->message_count;
    if (attempt->is_stopped) { /* what was sent before was answered with a challenge: no effect */
        give_back(attempt);
    } else {
        finish(attempt, result);
        ntf_pbx_note(pbx, result);
    }
    ntf_jobs_pump(ntf);
}

/* Nothing was sent, so nothing is known of the PBX. */
static void refuse(struct attempt *attempt, enum bk_pbx_outcome outcome, const char *text)
{
    struct bk_pbx_result result = {.outcome = outcome};
    snprintf(result.text, sizeof result.text, "%s", text);
    finish(attempt, &result);
}

static enum bk_err open_secret(struct attempt *attempt, const struct bk_claim_row *row)
{
    char space[BK_SEAL_PLACE_SIZE];
    struct bk_str place =
        bk_seal_place(&space, row->tenant_id, "extension.secret", row->extension_id);
    return bk_seal_open(&attempt->pbx->data_key, place,
                        (struct bk_str){(const char *)row->secret, row->secret_len},
                        attempt->secret, sizeof attempt->secret, &attempt->secret_len);
}

static void copy(char *to, size_t size, struct bk_str from)
{
    snprintf(to, size, "%.*s", (int)(from.len < size ? from.len : size - 1),
             from.len > 0 ? from.ptr : "");
}

/* NULL: no memory; then its window decides. */
static struct attempt *new_attempt(struct ntf *ntf, const struct bk_claim_row *row, int64_t fence)
{
    struct attempt *attempt = bk_alloc(sizeof *attempt);
    if (attempt == NULL)
        return NULL;
    attempt->ntf = ntf;
    attempt->facts = (struct ntf_attempt){row->wait_count, row->is_exclusive, row->is_reboot};
    attempt->report = (struct bk_report){.tenant_id = row->tenant_id,
                                         .job_id = row->job_id,
                                         .fence = fence,
                                         .attempt = row->attempt};
    attempt->claimed_mono_ms = bk_loop_now_ms(ntf->loop);
    return attempt;
}

static void deliver(struct ntf_pbx *pbx, const struct bk_claim_row *row, struct attempt *attempt)
{
    struct ntf *ntf = attempt->ntf;
    attempt->pbx = pbx;
    const struct bk_vendor *vendor = bk_vendor_find(row->vendor);
    const char *event = vendor == NULL   ? NULL
                        : row->is_reboot ? vendor->reboot_event
                                         : vendor->resync_event;
    if (event == NULL) {
        refuse(attempt, BK_PBX_REFUSED,
               row->is_reboot ? "this maker's phones know no event that makes them reboot"
                              : "this maker's phones know no event that makes them fetch");
        return;
    }
    if (row->is_reboot && !row->is_exclusive && !pbx->driver->kind->addresses_contact) {
        refuse(attempt, BK_PBX_REFUSED,
               "no line that only this device uses: a reboot would hit other phones too");
        return;
    }
    enum bk_err secret_err = open_secret(attempt, row);
    if (secret_err != BK_OK && ntf_pbx_doubt_key(pbx)) {
        attempt->report.delay_s = KEY_RETRY_S;
        give_back(attempt);
        return;
    }
    if (secret_err != BK_OK) {
        refuse(attempt, BK_PBX_REFUSED, "the line's secret does not open: wrong master key?");
        return;
    }
    copy(attempt->number, sizeof attempt->number, row->number);
    copy(attempt->domain, sizeof attempt->domain, row->domain);
    copy(attempt->auth_id, sizeof attempt->auth_id, row->auth_id);
    const struct bk_pbx_order order = {
        .number = bk_str_of(attempt->number),
        .domain = bk_str_of(attempt->domain),
        .event = event,
        .line_auth_id = bk_str_of(attempt->auth_id),
        .line_secret = {(const char *)attempt->secret, attempt->secret_len},
        .timeout_ms = (int)ntf->settings->sip_timeout_ms,
        .may_send = may_send,
    };
    attempt->paid_count = pbx->call_messages;
    ntf_bucket_take(&pbx->bucket, attempt->paid_count);
    enum bk_err err = pbx->driver->deliver(pbx->open, &order, on_delivered, attempt, &attempt->op);
    if (err != BK_OK) {
        settle_payment(attempt);
        refuse(attempt, err == BK_ERR_INVALID ? BK_PBX_REFUSED : BK_PBX_ILL,
               err == BK_ERR_INVALID ? "number or domain cannot stand in a SIP address"
                                     : "no memory or no thread for a look-up");
        return;
    }
    pbx->in_flight++;
    bk_list_append(&ntf->jobs->attempts, &attempt->node);
    ntf->jobs->attempt_count++;
    ntf_gauge(ntf, NTF_M_IN_FLIGHT, (int64_t)ntf->jobs->attempt_count);
}

/* --- claiming --- */

static void on_claimed(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
                       const struct bk_detail *detail)
{
    struct ntf_jobs *jobs = ctx;
    struct ntf *ntf = jobs->ntf;
    jobs->is_claiming = false;
    int count = err == BK_OK ? bk_pg_row_count(rows) : 0;
    if (err != BK_OK && err != BK_ERR_DOWN)
        bk_log(BK_LOG_WARN, "jobs not claimed", BK_KV("err", bk_err_name(err)),
               BK_KV("detail", detail->text));
    for (int i = 0; i < count; i++) {
        struct bk_claim_row row;
        if (bk_store_claim_row(rows, i, &row) != BK_OK || row.attempt == 0)
            continue; /* 0: was put right, and is not to be sent */
        ntf_count(ntf, NTF_M_CLAIMED, 1);
        struct ntf_pbx *pbx = ntf_pbx_find(ntf, row.tenant_id, row.pbx_id);
        const struct bk_claim *claim = NULL;
        for (size_t c = 0; c < jobs->claim_count && claim == NULL; c++)
            if (jobs->claims[c].pbx_id == row.pbx_id && jobs->claims[c].tenant_id == row.tenant_id)
                claim = &jobs->claims[c];
        struct attempt *attempt = claim != NULL ? new_attempt(ntf, &row, claim->fence) : NULL;
        if (attempt == NULL)
            continue;
        /* A process that was stopped for longer than its lease sends nothing: another may have it.
         */
        if (pbx != NULL && pbx->fence == claim->fence && ntf_pbx_is_held(pbx))
            deliver(pbx, &row, attempt);
        else
            give_back(attempt);
    }
    /* Who got less than asked has nothing more that is due. */
    for (size_t c = 0; c < jobs->claim_count && err == BK_OK; c++) {
        struct ntf_pbx *pbx = ntf_pbx_find(ntf, jobs->claims[c].tenant_id, jobs->claims[c].pbx_id);
        int got = 0;
        for (int i = 0; i < count; i++)
            got += bk_pg_int(rows, i, 1) == jobs->claims[c].pbx_id;
        if (pbx != NULL && got < jobs->claims[c].limit && !jobs->is_pump_wanted)
            pbx->may_have_due = false;
    }
    bk_free(jobs->claims);
    jobs->claims = NULL;
    jobs->claim_count = 0;
    bk_timer_start(ntf->loop, &jobs->pump_timer, err == BK_OK ? 0 : RETRY_MS, pump, jobs);
}

/* All PBXs with room in one claim; otherwise wake up when the first has a token again. */
static void pump(void *ctx)
{
    struct ntf_jobs *jobs = ctx;
    struct ntf *ntf = jobs->ntf;
    int64_t now_mono_ms = bk_loop_now_ms(ntf->loop), wait_ms = INT64_MAX;
    if (jobs->is_claiming || ntf->is_stopping || jobs->report_count > REPORTS_WAITING_MAX)
        return;
    struct bk_claim *claims = bk_alloc(BK_CLAIM_PBX_MAX * sizeof claims[0]);
    size_t count = 0;
    if (claims == NULL)
        return;
    for (struct ntf_pbx *pbx = ntf_pbx_first(ntf); pbx != NULL && count < BK_CLAIM_PBX_MAX;
         pbx = ntf_pbx_next(pbx)) {
        int64_t one_ms;
        int room = ntf_pbx_room(pbx, now_mono_ms, &one_ms);
        if (room > 0)
            claims[count++] = (struct bk_claim){pbx->tenant_id, pbx->pbx_id, pbx->fence,
                                                room < CLAIM_OF_PBX_MAX ? room : CLAIM_OF_PBX_MAX};
        wait_ms = one_ms < wait_ms ? one_ms : wait_ms;
    }
    jobs->is_pump_wanted = false;
    if (count == 0) {
        bk_free(claims);
        if (wait_ms != INT64_MAX)
            bk_timer_start(ntf->loop, &jobs->pump_timer, wait_ms > 0 ? wait_ms : 1, pump, jobs);
        return;
    }
    bk_timer_stop(&jobs->pump_timer);
    jobs->claims = claims;
    jobs->claim_count = count;
    jobs->is_claiming =
        bk_store_claim(ntf->pg, ntf->owner, claims, count, (int)ntf->settings->window_s,
                       (int)ntf->settings->reboot_window_s, on_claimed, jobs) == BK_OK;
    if (!jobs->is_claiming) {
        bk_free(claims);
        jobs->claims = NULL;
        jobs->claim_count = 0;
        bk_timer_start(ntf->loop, &jobs->pump_timer, RETRY_MS, pump, jobs);
    }
}

void ntf_jobs_pump(struct ntf *ntf)
{
    struct ntf_jobs *jobs = ntf->jobs;
    jobs->is_pump_wanted = true;
    if (!jobs->is_claiming)
        bk_timer_start(ntf->loop, &jobs->pump_timer, 0, pump, jobs);
}

void ntf_jobs_drop(struct ntf *ntf, struct ntf_pbx *pbx)
{
    if (ntf->jobs == NULL)
        return;
    for (struct bk_list *at = ntf->jobs->attempts.next, *next; at != &ntf->jobs->attempts;
         at = next) {
        struct attempt *attempt = BK_CONTAINER(at, struct attempt, node);
        next = at->next;
        if (attempt->pbx != pbx)
            continue;
        pbx->driver->cancel(attempt->op);
        bk_list_remove(&attempt->node);
        ntf->jobs->attempt_count--;
        settle_payment(attempt);
        if (attempt->message_count == 0 || attempt->is_stopped) {
            give_back(attempt);
            continue;
        }
        bk_wipe(attempt, sizeof *attempt);
        bk_free(attempt);
    }
    ntf_gauge(ntf, NTF_M_IN_FLIGHT, (int64_t)ntf->jobs->attempt_count);
}

bool ntf_jobs_are_idle(const struct ntf *ntf)
{
    return ntf->jobs->attempt_count == 0 && ntf->jobs->report_count == 0 && !ntf->jobs->is_claiming;
}

enum bk_err ntf_jobs_open(struct ntf *ntf)
{
    struct ntf_jobs *jobs = bk_alloc(sizeof *jobs);
    if (jobs == NULL)
        return BK_ERR_NO_MEMORY;
    jobs->ntf = ntf;
    bk_list_init(&jobs->attempts);
    bk_list_init(&jobs->reports);
    ntf->jobs = jobs;
    return BK_OK;
}

/* After the PBXs and the database connection are closed: nothing calls back any more. */
void ntf_jobs_close(struct ntf *ntf)
{
    struct ntf_jobs *jobs = ntf->jobs;
    if (jobs == NULL)
        return;
    bk_timer_stop(&jobs->pump_timer);
    bk_timer_stop(&jobs->report_timer);
    while (!bk_list_is_empty(&jobs->reports)) {
        struct attempt *attempt = BK_CONTAINER(jobs->reports.next, struct attempt, node);
        bk_list_remove(&attempt->node);
        bk_free(attempt);
    }
    bk_free(jobs->claims);
    bk_free(jobs);
    ntf->jobs = NULL;
}
