/*
 * Queries: bounded queue, pipeline, deadlines, answers. One sync a query, so that each is its own
 * transaction and a failed one leaves its neighbours alone (a flush request would be one message
 * less, but all queries up to the next sync are one transaction then).
 *
 * An answer is told when its sync has come, not before: only then is it committed (a deferred
 * constraint may still fail).
 */
#include "io/pg.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "io/pg_impl.h"

static struct bk_pg_query *query_of(struct bk_list *node)
{
    return BK_CONTAINER(node, struct bk_pg_query, node);
}

static bool is_live(const struct bk_pg_query *query)
{
    return query->on_done != NULL;
}

static void on_deadline(void *ctx);

/* ---- the object ---- */

void bk_pg_enter(struct bk_pg *pg)
{
    pg->depth++;
}

void bk_pg_leave(struct bk_pg *pg)
{
    if (--pg->depth > 0 || !pg->is_closing)
        return;
    bk_pg_target_free(pg->target);
    bk_free(pg);
}

enum bk_err bk_pg_dsn_check(const char *dsn, struct bk_detail *ret_detail)
{
    struct bk_pg_target *target = NULL;
    const struct bk_pg_options options = {.dsn = dsn, .role = ""};
    enum bk_err err = bk_pg_target_new(&options, &target, ret_detail);
    if (err == BK_OK)
        bk_pg_target_free(target);
    return err;
}

enum bk_err bk_pg_open(struct bk_loop *loop, const struct bk_pg_options *options,
                       struct bk_pg **ret_pg)
{
    assert(options->queue_max > 0 && options->in_flight_max > 0);
    assert(options->query_timeout_ms > 0 && options->connect_timeout_ms > 0);
    struct bk_pg *pg = bk_alloc(sizeof *pg);
    if (pg == NULL)
        return BK_ERR_NO_MEMORY;
    pg->loop = loop;
    pg->options = *options;
    bk_list_init(&pg->waiting);
    bk_list_init(&pg->in_flight);
    enum bk_err err = bk_pg_target_new(options, &pg->target, NULL);
    if (err != BK_OK) {
        bk_free(pg);
        return err;
    }
    bk_pg_attempt_later(pg); /* from the loop, so that on_state hears how it went */
    *ret_pg = pg;
    return BK_OK;
}

void bk_pg_close(struct bk_pg *pg)
{
    if (pg == NULL || pg->is_closing)
        return;
    bk_pg_enter(pg);
    pg->is_closing = true;
    bk_pg_disconnect(pg);
    bk_timer_stop(&pg->deadline_timer);
    const struct bk_detail detail = {"the connection to PostgreSQL is closed"};
    bk_pg_end_all(pg, &pg->in_flight, &detail);
    bk_pg_end_all(pg, &pg->waiting, &detail);
    bk_pg_leave(pg);
}

bool bk_pg_is_up(const struct bk_pg *pg)
{
    return pg->state == BK_PG_UP;
}

size_t bk_pg_queue_len(const struct bk_pg *pg)
{
    return pg->waiting_count + pg->in_flight_count;
}

void bk_pg_on_state(struct bk_pg *pg, bk_pg_state_fn *on_state, void *ctx)
{
    pg->on_state = on_state;
    pg->on_state_ctx = ctx;
}

/* ---- queries ---- */

static void unlink_query(struct bk_pg_query *query)
{
    bk_list_remove(&query->node);
    if (query->is_in_flight)
        query->pg->in_flight_count--;
    else
        query->pg->waiting_count--;
}

/* Calls on_done, if anybody still listens. */
static void tell(struct bk_pg_query *query, enum bk_err err, struct bk_pg_rows *rows,
                 const struct bk_detail *detail)
{
    static const struct bk_detail none = {""};
    bk_pg_done_fn *on_done = query->on_done;
    query->on_done = NULL;
    if (on_done != NULL)
        on_done(query->ctx, err, rows, detail != NULL ? detail : &none);
}

static void end_query(struct bk_pg_query *query, enum bk_err err, struct bk_pg_rows *rows,
                      const struct bk_detail *detail)
{
    unlink_query(query);
    tell(query, err, rows, detail);
    PQclear(query->result);
    bk_free(query);
}

void bk_pg_end_all(struct bk_pg *pg, struct bk_list *list, const struct bk_detail *detail)
{
    (void)pg;
    /* What on_done submits meanwhile is younger, and stays. */
    uint64_t order_end = pg->next_order;
    for (struct bk_list *node; (node = bk_list_first(list)) != NULL;) {
        struct bk_pg_query *query = query_of(node);
        if (query->order >= order_end && !pg->is_closing)
            break;
        end_query(query, BK_ERR_DOWN, NULL, detail);
    }
}

static enum bk_err query_new(struct bk_pg *pg, size_t statement, const struct bk_pg_param *params,
                             struct bk_pg_query **ret_query)
{
    int param_count = pg->options.statements[statement].param_count;
    assert(param_count <= BK_PG_PARAM_MAX);
    size_t bytes = 0;
    for (int i = 0; i < param_count; i++) {
        struct bk_str text = params[i].text;
        if (text.len > BK_PG_PARAM_BYTES_MAX - bytes)
            return BK_ERR_TOO_LARGE;
        if (!params[i].is_binary && bk_str_find(text, '\0') >= 0)
            return BK_ERR_INVALID;
        bytes += text.len;
    }
    struct bk_pg_query *query = bk_alloc(sizeof *query + bytes + (size_t)param_count);
    if (query == NULL)
        return BK_ERR_NO_MEMORY;

    char *at = query->bytes;
    for (int i = 0; i < param_count; i++) {
        struct bk_str text = params[i].text;
        query->formats[i] = params[i].is_binary ? 1 : 0;
        if (text.ptr == NULL)
            continue;
        memcpy(at, text.ptr, text.len);
        query->values[i] = at;
        query->lengths[i] = (int)text.len;
        at += text.len + 1;
    }
    query->pg = pg;
    query->statement = statement;
    query->param_count = param_count;
    *ret_query = query;
    return BK_OK;
}

enum bk_err bk_pg_submit(struct bk_pg *pg, size_t statement, const struct bk_pg_param *params,
                         bk_pg_done_fn *on_done, void *ctx, struct bk_pg_query **ret_query)
{
    assert(on_done != NULL);
    if (pg->is_closing || (pg->has_failed && pg->state != BK_PG_UP))
        return BK_ERR_DOWN;
    if (bk_pg_queue_len(pg) >= pg->options.queue_max)
        return BK_ERR_BUSY;
    struct bk_pg_query *query = NULL;
    enum bk_err err = query_new(pg, statement, params, &query);
    if (err != BK_OK)
        return err;

    query->on_done = on_done;
    query->ctx = ctx;
    query->order = pg->next_order++;
    query->due_mono_ms = bk_loop_now_ms(pg->loop) + pg->options.query_timeout_ms;
    bk_list_append(&pg->waiting, &query->node);
    pg->waiting_count++;
    if (!bk_timer_is_running(&pg->deadline_timer))
        bk_timer_start(pg->loop, &pg->deadline_timer, pg->options.query_timeout_ms, on_deadline,
                       pg);
    if (ret_query != NULL)
        *ret_query = query;
    bk_pg_send_waiting(pg);
    return BK_OK;
}

void bk_pg_abandon(struct bk_pg_query *query)
{
    query->on_done = NULL;
    if (query->is_in_flight)
        return; /* keeps its place in the order of answers */
    unlink_query(query);
    PQclear(query->result);
    bk_free(query);
}

void bk_pg_send_waiting(struct bk_pg *pg)
{
    if (pg->state != BK_PG_UP || pg->is_draining || bk_timer_is_running(&pg->fault_timer))
        return;
    bool has_sent = false;
    struct bk_list *node;
    while (pg->in_flight_count < pg->options.in_flight_max &&
           (node = bk_list_first(&pg->waiting)) != NULL) {
        struct bk_pg_query *query = query_of(node);
        unlink_query(query);
        if (pg->in_flight_count == 0)
            pg->silent_since_mono_ms = bk_loop_now_ms(pg->loop);
        query->is_in_flight = true;
        bk_list_append(&pg->in_flight, &query->node);
        pg->in_flight_count++;
        if (PQsendQueryPrepared(pg->conn, pg->options.statements[query->statement].name,
                                query->param_count, query->values, query->lengths, query->formats,
                                0) != 1 ||
            PQpipelineSync(pg->conn) != 1) {
            bk_pg_fault(pg, "PostgreSQL", PQerrorMessage(pg->conn));
            return;
        }
        has_sent = true;
    }
    if (has_sent)
        bk_pg_flush(pg);
}

/* ---- answers ---- */

/* The server's plan or statement is not what we prepared; nothing has been executed. */
static bool is_stale(const PGresult *result)
{
    const char *sqlstate = bk_pg_sqlstate(result);
    if (strcmp(sqlstate, "26000") == 0)
        return true;
    /* 0A000 is any missing feature; only the plan cache's own complaint is cured by preparing
     * again. Its message is translated, the name of its function is not. */
    const char *function = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);
    return strcmp(sqlstate, "0A000") == 0 && function != NULL &&
           strcmp(function, "RevalidateCachedQuery") == 0;
}

/* Back to its place among the waiting; sent again on the next connection. */
static void send_again(struct bk_pg *pg, struct bk_pg_query *query)
{
    unlink_query(query);
    PQclear(query->result);
    query->result = NULL;
    query->is_in_flight = false;
    query->was_retried = true;
    struct bk_list *before = pg->waiting.next;
    while (before != &pg->waiting && query_of(before)->order < query->order)
        before = before->next;
    bk_list_append(before, &query->node); /* appending to a node is inserting before it */
    pg->waiting_count++;
}

static void answer(struct bk_pg *pg, struct bk_pg_query *query)
{
    PGresult *result = query->result;
    query->result = NULL;
    ExecStatusType status = PQresultStatus(result); /* of NULL: PGRES_FATAL_ERROR */
    struct bk_detail detail = {""};
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        struct bk_pg_rows *rows = NULL;
        if (is_live(query))
            rows = bk_pg_rows_new(result);
        else
            PQclear(result);
        end_query(query, rows != NULL ? BK_OK : BK_ERR_NO_MEMORY, rows, NULL);
        if (rows != NULL && !rows->is_taken)
            bk_pg_rows_free(rows);
        return;
    }
    if (result != NULL && is_stale(result)) {
        pg->is_draining = true;
        if (is_live(query) && !query->was_retried) {
            query->result = result;
            send_again(pg, query);
            return;
        }
    }
    enum bk_err err = BK_ERR_INTERNAL;
    if (result != NULL && strcmp(bk_pg_sqlstate(result), "57014") == 0)
        err = BK_ERR_TIMEOUT; /* the server's own clock was faster */
    else if (result != NULL && bk_pg_is_passing(bk_pg_sqlstate(result)))
        err = BK_ERR_BUSY;
    bk_pg_detail_of(result, &detail);
    PQclear(result);
    end_query(query, err, NULL, &detail);
}

/* A result of the oldest query in flight; false: the connection is over, detail says why. */
static bool take_result(struct bk_pg *pg, PGresult *result, struct bk_detail *ret_detail)
{
    struct bk_pg_query *query = query_of(pg->in_flight.next);
    ExecStatusType status = PQresultStatus(result);
    pg->silent_since_mono_ms = bk_loop_now_ms(pg->loop);
    if (status == PGRES_PIPELINE_SYNC) {
        PQclear(result);
        answer(pg, query);
        return true;
    }
    bool is_copy = status == PGRES_COPY_OUT || status == PGRES_COPY_IN || status == PGRES_COPY_BOTH;
    if (is_copy || (status == PGRES_FATAL_ERROR && (bk_pg_is_lost(bk_pg_sqlstate(result)) ||
                                                    PQstatus(pg->conn) == CONNECTION_BAD))) {
        if (is_copy) /* libpq would report it for ever */
            bk_detail_set(ret_detail, "statement %s: COPY does not work in a pipeline",
                          pg->options.statements[query->statement].name);
        else
            bk_pg_detail_of(result, ret_detail);
        PQclear(result);
        return false;
    }
    /* After a result only a failed commit can follow, which is what counts. */
    PQclear(query->result);
    query->result = result;
    return true;
}

void bk_pg_read_answers(struct bk_pg *pg)
{
    int null_count = 0;
    while (!pg->is_closing && pg->in_flight_count > 0 && PQisBusy(pg->conn) == 0) {
        PGresult *result = PQgetResult(pg->conn);
        struct bk_detail detail = {"PostgreSQL: answers without end"};
        if (result == NULL ? ++null_count > 2 : !take_result(pg, result, &detail)) {
            bk_pg_lost(pg, &detail);
            return;
        }
        if (result != NULL)
            null_count = 0;
    }
    if (pg->is_closing)
        return;
    if (pg->is_draining && pg->in_flight_count == 0) {
        const struct bk_detail detail = {
            "PostgreSQL: prepared statements are out of date, connecting anew"};
        bk_pg_lost(pg, &detail);
        return;
    }
    bk_pg_send_waiting(pg);
}

/* ---- deadlines: queries grow old in the order they came, so one timer serves all ---- */

static struct bk_pg_query *find_oldest(struct bk_pg *pg)
{
    struct bk_pg_query *oldest = NULL;
    for (struct bk_list *node = pg->in_flight.next; node != &pg->in_flight; node = node->next) {
        if (is_live(query_of(node))) {
            oldest = query_of(node);
            break;
        }
    }
    struct bk_list *first = bk_list_first(&pg->waiting);
    if (first != NULL && (oldest == NULL || query_of(first)->order < oldest->order))
        oldest = query_of(first);
    return oldest;
}

static void on_deadline(void *ctx)
{
    struct bk_pg *pg = ctx;
    bk_pg_enter(pg);
    int64_t now_ms = bk_loop_now_ms(pg->loop);
    const struct bk_detail detail = {"PostgreSQL did not answer in time"};
    struct bk_pg_query *oldest;
    while (!pg->is_closing && (oldest = find_oldest(pg)) != NULL && oldest->due_mono_ms <= now_ms) {
        if (oldest->is_in_flight)
            tell(oldest, BK_ERR_TIMEOUT, NULL, &detail); /* the answer will be dropped */
        else
            end_query(oldest, BK_ERR_TIMEOUT, NULL, &detail);
    }

    /* The peer may be gone without a word; its kernel cannot tell us. */
    int64_t dead_mono_ms = pg->silent_since_mono_ms + 2 * (int64_t)pg->options.query_timeout_ms;
    if (!pg->is_closing && pg->in_flight_count > 0 && dead_mono_ms <= now_ms) {
        const struct bk_detail dead = {"PostgreSQL has fallen silent, connecting anew"};
        bk_pg_lost(pg, &dead);
    }
    if (!pg->is_closing) {
        int64_t next_mono_ms = INT64_MAX;
        oldest = find_oldest(pg);
        if (oldest != NULL)
            next_mono_ms = oldest->due_mono_ms;
        if (pg->in_flight_count > 0 && dead_mono_ms < next_mono_ms)
            next_mono_ms = dead_mono_ms;
        if (next_mono_ms != INT64_MAX)
            bk_timer_start(pg->loop, &pg->deadline_timer, next_mono_ms - now_ms, on_deadline, pg);
    }
    bk_pg_leave(pg);
}
