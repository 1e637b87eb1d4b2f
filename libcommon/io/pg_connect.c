/*
 * The life of the connection: look up, connect, prepare, stay up, be lost, try again. Every state
 * change is made here.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "io/pg_impl.h"

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS 1000
/* A connection that lives shorter is a failed attempt by another name. */
#define STABLE_MS 1000

static void on_ready(void *ctx, unsigned ready);

static void tell(struct bk_pg *pg, bool is_up, const struct bk_detail *detail)
{
    enum bk_pg_told now = is_up ? BK_PG_TOLD_UP : BK_PG_TOLD_DOWN;
    if (pg->is_closing || pg->told == now)
        return;
    pg->told = now;
    if (pg->on_state != NULL)
        pg->on_state(pg->on_state_ctx, is_up, detail);
}

void bk_pg_disconnect(struct bk_pg *pg)
{
    bk_timer_stop(&pg->attempt_timer);
    bk_timer_stop(&pg->fault_timer);
    bk_pg_lookup_abandon(pg->lookup);
    pg->lookup = NULL;
    bk_watch_close(pg->watch);
    pg->watch = NULL;
    PQfinish(pg->conn);
    pg->conn = NULL;
    pg->is_draining = false;
    pg->state = BK_PG_WAITING;
}

/* ---- back-off ---- */

static void attempt(struct bk_pg *pg);

static void on_retry(void *ctx)
{
    struct bk_pg *pg = ctx;
    bk_pg_enter(pg);
    attempt(pg);
    bk_pg_leave(pg);
}

void bk_pg_attempt_later(struct bk_pg *pg)
{
    bk_timer_start(pg->loop, &pg->attempt_timer, pg->backoff_ms, on_retry, pg);
    pg->backoff_ms = pg->backoff_ms == 0 ? BACKOFF_FIRST_MS : 2 * pg->backoff_ms;
    if (pg->backoff_ms > BACKOFF_MAX_MS)
        pg->backoff_ms = BACKOFF_MAX_MS;
}

/* No connection came about: nobody waits for a database that is away. */
static void attempt_failed(struct bk_pg *pg, const char *what, const char *message)
{
    struct bk_detail detail;
    bk_pg_detail_line(&detail, what, message); /* before the connection, which owns message */
    bk_pg_disconnect(pg);
    pg->has_failed = true;
    if (pg->backoff_ms == 0)
        pg->backoff_ms = BACKOFF_FIRST_MS;
    bk_pg_attempt_later(pg);
    bk_pg_end_all(pg, &pg->waiting, &detail);
    tell(pg, false, &detail);
}

void bk_pg_lost(struct bk_pg *pg, const struct bk_detail *detail)
{
    assert(pg->state == BK_PG_UP);
    const struct bk_detail copy = *detail; /* may be pg->fault */
    bool was_stable = bk_loop_now_ms(pg->loop) - pg->up_since_mono_ms >= STABLE_MS;
    /* Short-lived: a failed attempt, unless it was us who gave it up for its old statements. */
    bool is_failed = !was_stable && !pg->is_draining;
    bk_pg_disconnect(pg);
    if (was_stable)
        pg->backoff_ms = 0; /* at once */
    pg->has_failed = is_failed;
    bk_pg_attempt_later(pg);
    bk_pg_end_all(pg, &pg->in_flight, &copy);
    if (is_failed)
        bk_pg_end_all(pg, &pg->waiting, &copy);
    tell(pg, false, &copy);
}

static void on_fault(void *ctx)
{
    struct bk_pg *pg = ctx;
    bk_pg_enter(pg);
    if (pg->state == BK_PG_UP)
        bk_pg_lost(pg, &pg->fault);
    else if (pg->state != BK_PG_WAITING)
        attempt_failed(pg, "connecting", pg->fault.text);
    bk_pg_leave(pg);
}

void bk_pg_fault(struct bk_pg *pg, const char *what, const char *message)
{
    if (bk_timer_is_running(&pg->fault_timer))
        return;
    bk_pg_detail_line(&pg->fault, what, message);
    bk_timer_start(pg->loop, &pg->fault_timer, 0, on_fault, pg);
}

/* ---- one attempt ---- */

static void on_attempt_timeout(void *ctx)
{
    struct bk_pg *pg = ctx;
    bk_pg_enter(pg);
    char message[64];
    snprintf(message, sizeof message, "no connection within %d ms", pg->options.connect_timeout_ms);
    attempt_failed(pg, "PostgreSQL", message);
    bk_pg_leave(pg);
}

/* libpq may have closed its socket and opened another, even under the same number. */
static bool watch_anew(struct bk_pg *pg, unsigned want)
{
    bk_watch_close(pg->watch);
    pg->watch = NULL;
    int fd = PQsocket(pg->conn);
    return fd >= 0 && bk_watch_open(pg->loop, fd, want, on_ready, pg, &pg->watch) == BK_OK;
}

static bool send_prepares(struct bk_pg *pg)
{
    char timeout_ms[16];
    snprintf(timeout_ms, sizeof timeout_ms, "%d", pg->options.query_timeout_ms);
    const char *values[1] = {timeout_ms};
    if (PQsetnonblocking(pg->conn, 1) != 0 || PQenterPipelineMode(pg->conn) != 1 ||
        PQsendQueryParams(pg->conn,
                          "select set_config('statement_timeout', $1, false),"
                          "       set_config('plan_cache_mode', 'force_generic_plan', false)",
                          1, NULL, values, NULL, NULL, 0) != 1)
        return false;
    for (const struct bk_pg_statement *s = pg->options.statements; s->name != NULL; s++) {
        if (PQsendPrepare(pg->conn, s->name, s->sql, 0, NULL) != 1)
            return false;
    }
    return PQpipelineSync(pg->conn) == 1;
}

static void on_connected(struct bk_pg *pg)
{
    pg->state = BK_PG_PREPARING;
    pg->prepared_count = 0;
    if (!send_prepares(pg))
        attempt_failed(pg, "PostgreSQL", PQerrorMessage(pg->conn));
    else if (!watch_anew(pg, BK_READABLE))
        attempt_failed(pg, "PostgreSQL", "no descriptor left to watch the connection");
    else
        bk_pg_flush(pg);
}

static void poll_connect(struct bk_pg *pg)
{
    PostgresPollingStatusType status = PQconnectPoll(pg->conn);
    bool is_watched = true;
    if (status == PGRES_POLLING_OK)
        on_connected(pg);
    else if (status == PGRES_POLLING_READING)
        is_watched = watch_anew(pg, BK_READABLE);
    else if (status == PGRES_POLLING_WRITING)
        is_watched = watch_anew(pg, BK_WRITABLE);
    else
        attempt_failed(pg, "PostgreSQL", PQerrorMessage(pg->conn));
    if (!is_watched)
        attempt_failed(pg, "PostgreSQL", "no descriptor left to watch the connection");
}

static void connect_to(struct bk_pg *pg, const struct bk_pg_lookup *lookup)
{
    pg->state = BK_PG_CONNECTING;
    pg->conn = bk_pg_target_connect(pg->target, lookup);
    if (pg->conn == NULL || PQstatus(pg->conn) == CONNECTION_BAD) {
        attempt_failed(pg, "PostgreSQL", pg->conn == NULL ? NULL : PQerrorMessage(pg->conn));
        return;
    }
    PQsetNoticeProcessor(pg->conn, bk_pg_be_silent, NULL);
    if (!watch_anew(pg, BK_WRITABLE)) /* as if PQconnectPoll had said so */
        attempt_failed(pg, "PostgreSQL", "no descriptor left to watch the connection");
}

static void on_looked_up(void *ctx, const struct bk_pg_lookup *lookup, const char *error)
{
    struct bk_pg *pg = ctx;
    bk_pg_enter(pg);
    pg->lookup = NULL; /* freed by who called us */
    if (error != NULL)
        attempt_failed(pg, "PostgreSQL host", error);
    else
        connect_to(pg, lookup);
    bk_pg_leave(pg);
}

static void attempt(struct bk_pg *pg)
{
    bk_timer_start(pg->loop, &pg->attempt_timer, pg->options.connect_timeout_ms, on_attempt_timeout,
                   pg);
    if (!bk_pg_target_needs_lookup(pg->target)) {
        connect_to(pg, NULL);
        return;
    }
    pg->state = BK_PG_RESOLVING;
    pg->lookup = bk_pg_lookup_start(pg->loop, pg->target, on_looked_up, pg);
    if (pg->lookup == NULL)
        attempt_failed(pg, "PostgreSQL", "no thread for the name look-up");
}

static void be_up(struct bk_pg *pg)
{
    bk_timer_stop(&pg->attempt_timer);
    pg->state = BK_PG_UP;
    pg->has_failed = false;
    pg->up_since_mono_ms = bk_loop_now_ms(pg->loop);
    tell(pg, true, &(struct bk_detail){"connected"});
    if (!pg->is_closing)
        bk_pg_send_waiting(pg);
}

/* Answers to what send_prepares sent: one a statement, then that of the sync. */
static void read_prepares(struct bk_pg *pg)
{
    int null_count = 0;
    while (pg->state == BK_PG_PREPARING && PQisBusy(pg->conn) == 0) {
        PGresult *result = PQgetResult(pg->conn);
        if (result == NULL) {
            if (++null_count > 2) {
                attempt_failed(pg, "PostgreSQL", "answers without end");
                return;
            }
            continue;
        }
        null_count = 0;
        ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            be_up(pg);
            return;
        }
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
            const char *name = pg->prepared_count == 0
                                   ? "statement_timeout"
                                   : pg->options.statements[pg->prepared_count - 1].name;
            struct bk_detail reason;
            bk_pg_detail_of(result, &reason);
            PQclear(result);
            char what[96];
            snprintf(what, sizeof what, "PostgreSQL does not take statement %.40s", name);
            attempt_failed(pg, what, reason.text);
            return;
        }
        PQclear(result);
        pg->prepared_count++;
    }
}

static void read_input(struct bk_pg *pg)
{
    bool is_good = PQconsumeInput(pg->conn) == 1;
    /* What came before the end is an answer all the same. */
    if (pg->state == BK_PG_PREPARING)
        read_prepares(pg);
    if (pg->state == BK_PG_UP && !pg->is_closing)
        bk_pg_read_answers(pg);
    if (pg->is_closing || pg->conn == NULL || (is_good && PQstatus(pg->conn) == CONNECTION_OK))
        return;
    if (pg->state == BK_PG_PREPARING) {
        attempt_failed(pg, "PostgreSQL", PQerrorMessage(pg->conn));
    } else if (pg->state == BK_PG_UP) {
        struct bk_detail detail;
        bk_pg_detail_line(&detail, "PostgreSQL", PQerrorMessage(pg->conn));
        bk_pg_lost(pg, &detail);
    }
}

static void on_ready(void *ctx, unsigned ready)
{
    struct bk_pg *pg = ctx;
    bk_pg_enter(pg);
    if (pg->state == BK_PG_CONNECTING) {
        poll_connect(pg);
    } else {
        if ((ready & BK_READABLE) != 0)
            read_input(pg);
        if (!pg->is_closing && pg->conn != NULL && pg->state != BK_PG_CONNECTING)
            bk_pg_flush(pg);
    }
    bk_pg_leave(pg);
}

void bk_pg_flush(struct bk_pg *pg)
{
    int left = PQflush(pg->conn);
    if (left < 0)
        bk_pg_fault(pg, "PostgreSQL", PQerrorMessage(pg->conn));
    bk_watch_want(pg->watch, left == 1 ? BK_READABLE | BK_WRITABLE : BK_READABLE);
}
