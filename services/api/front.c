/*
 * A call on the event loop: what can be judged without the database (path, token, media type), then
 * a thread, then the answer and the doorbell.
 *
 * A call ends twice: its run (answered by a thread, or never begun) and its request (h2o has sent
 * the answer, or lost the caller). Whoever comes second writes the log line and frees.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "front.h"

static void free_if_over(struct api_exchange *exchange);

/* --- what is told of a call --- */

static void count_result(const struct api_exchange *exchange)
{
    struct bk_worker *web = exchange->worker->web;
    int status = exchange->answer.status;
    bk_worker_count(web,
                    status >= 500   ? API_M_FAULTS
                    : status >= 400 ? API_M_REFUSED
                                    : API_M_GOOD,
                    1);
    if (exchange->is_repeated)
        bk_worker_count(web, API_M_REPEATED, 1);
    const struct api_route *route = exchange->call.route;
    if (route != NULL && route->handler == api_login && status < 500)
        bk_worker_count(web, status == 200 ? API_M_LOGINS_GOOD : API_M_LOGINS_REFUSED, 1);
}

static void log_call(const struct api_exchange *exchange)
{
    const struct api_call *call = &exchange->call;
    int status = exchange->answer.status;
    /* What is wrong with the input repeats it, a secret in the wrong place too: its sender is told.
     */
    bool is_callers = status >= 400 && status < 500 && status != 401;
    bk_log(status >= 500 ? BK_LOG_WARN : BK_LOG_INFO, "call", BK_KV("req", call->request_id),
           BK_KV_INT("tenant", call->scope.tenant_id), BK_KV_INT("user", call->scope.user_id),
           BK_KV("route", call->route != NULL ? call->route->operation_id : ""),
           BK_KV_INT("status", status),
           BK_KV("err", exchange->err != BK_OK ? bk_err_name(exchange->err) : ""),
           BK_KV("source", call->source), BK_KV_INT("bytes", exchange->answer_bytes),
           BK_KV_INT("ms", bk_clock_mono_ms() - exchange->begun_mono_ms),
           BK_KV("detail", is_callers ? "" : call->detail.text));
}

/* --- the two ends --- */

static void free_if_over(struct api_exchange *exchange)
{
    struct api_call *call = &exchange->call;
    if (!exchange->is_run_over || !exchange->is_request_over)
        return;
    count_result(exchange);
    log_call(exchange);
    json_decref(call->input);
    json_decref(call->reply.body);
    json_decref(call->reply.problem_members);
    bk_buf_deinit(&call->reply.file);
    bk_buf_deinit(&exchange->answer.body);
    bk_arena_free(call->arena);
    bk_wipe(exchange, sizeof *exchange); /* its detail may repeat what was sent */
    bk_free(exchange);
}

static void on_request_end(void *ctx, bool is_whole)
{
    struct api_exchange *exchange = ctx;
    (void)is_whole;
    exchange->request = NULL;
    exchange->is_request_over = true;
    free_if_over(exchange);
}

/* The answer is made; send it if anybody still waits. */
static void end_run(struct api_exchange *exchange)
{
    exchange->answer_bytes = (int64_t)exchange->answer.body.len;
    exchange->is_run_over = true;
    if (exchange->request != NULL)
        api_answer_send(exchange); /* on_request_end comes later */
    else
        free_if_over(exchange);
}

/* --- on a thread, and back --- */

static void run_call(void *ctx, size_t thread)
{
    struct api_exchange *exchange = ctx;
    exchange->has_run = true;
    api_call_run(exchange, &exchange->worker->call_threads[thread]);
}

static void run_login(void *ctx, size_t thread)
{
    struct api_exchange *exchange = ctx;
    exchange->has_run = true;
    api_call_run(exchange, &exchange->worker->login_threads[thread]);
}

static void on_run_done(void *ctx)
{
    struct api_exchange *exchange = ctx;
    struct api_worker *worker = exchange->worker;
    if (!exchange->has_run) /* the worker ends */
        api_answer_reply(exchange, BK_ERR_BUSY);
    bool is_written = exchange->err == BK_OK && !exchange->is_repeated;
    if (is_written && exchange->call.reply.rings &&
        !bk_doorbell_ring(worker->doorbell, exchange->call.scope.tenant_id, 0))
        bk_worker_count(worker->web, API_M_DOORBELLS_LOST, 1);
    end_run(exchange);
}

static void submit(struct api_exchange *exchange)
{
    struct api_worker *worker = exchange->worker;
    bool is_login = exchange->call.route->role == API_ROLE_NONE;
    enum bk_err err = is_login ? bk_work_submit(worker->logins, run_login, on_run_done, exchange)
                               : bk_work_submit(worker->calls, run_call, on_run_done, exchange);
    if (err == BK_OK)
        return;
    exchange->err = err;
    if (is_login && err == BK_ERR_BUSY)
        api_answer_problem(exchange, &api_problem_busy_logins, NULL);
    else
        api_answer_reply(exchange, err);
    end_run(exchange);
}

/* --- what can be judged at once --- */

static bool has_body(const struct api_call *call)
{
    return call->body.len > 0;
}

/* "application/json; charset=utf-8" -> is it JSON? */
static bool is_json(const struct api_call *call, struct bk_str content_type)
{
    struct bk_str type = bk_str_trim(bk_str_cut(&content_type, ';'));
    return bk_str_eq_nocase(type, BK_STR("application/json")) ||
           (bk_str_eq_nocase(type, BK_STR("application/merge-patch+json")) &&
            bk_str_eq(call->method, BK_STR("PATCH")));
}

/* RFC 6750 2.1: the only place where a token is looked for. */
static enum bk_err read_token(struct api_exchange *exchange)
{
    struct api_call *call = &exchange->call;
    struct bk_str rest = bk_request_header(exchange->request, "authorization");
    struct bk_str scheme = bk_str_cut(&rest, ' ');
    struct bk_claims claims;
    if (!bk_str_eq_nocase(scheme, BK_STR("Bearer"))) {
        bk_detail_set(&call->detail, "no bearer token");
        return BK_ERR_DENIED;
    }
    enum bk_err err = bk_jwt_check(call->setup->jwt, bk_str_trim(rest), bk_clock_wall_ms() / 1000,
                                   &claims, &call->detail);
    if (err != BK_OK)
        return err;
    call->scope.user_id = claims.user_id;
    call->scope.tenant_id = claims.tenant_id;
    call->scope.actor = bk_arena_printf(call->arena, "user:%lld", (long long)claims.user_id).ptr;
    return BK_OK;
}

/* NULL: go on. */
static const struct api_problem *judge(struct api_exchange *exchange)
{
    static const struct api_problem unknown = {
        404, {"not-found", 9}, "no such object in this tenant", NULL};
    struct api_call *call = &exchange->call;
    struct bk_str allow;
    if (exchange->request->is_too_long)
        return &api_problem_body;
    call->route = api_route_find(call->arena, call->method, call->path, &call->ids, &allow);
    if (call->route == NULL && allow.len == 0)
        return &unknown;
    if (call->route == NULL) {
        exchange->answer.allow = allow.ptr;
        return &api_problem_method;
    }
    if (call->route->role != API_ROLE_NONE && read_token(exchange) != BK_OK) {
        bk_worker_count(exchange->worker->web, API_M_TOKENS_REFUSED, 1);
        return &api_problem_token;
    }
    if (has_body(call) && !is_json(call, bk_request_header(exchange->request, "content-type")))
        return &api_problem_media;
    return NULL;
}

static struct bk_str keep_header(struct api_exchange *exchange, const char *name)
{
    struct bk_str value = bk_request_header(exchange->request, name);
    return value.ptr == NULL ? value : bk_arena_str(exchange->call.arena, value);
}

/* Texts are copied: the request may be gone while a thread still works. False: no memory. */
static bool fill_call(struct api_exchange *exchange)
{
    const struct bk_request *request = exchange->request;
    struct api_call *call = &exchange->call;
    struct bk_str rest = bk_arena_str(call->arena, request->target);
    call->path = bk_str_cut(&rest, '?');
    call->query = rest;
    call->method = bk_arena_str(call->arena, request->method);
    call->if_match = keep_header(exchange, "if-match");
    call->idempotency_key = keep_header(exchange, "idempotency-key");
    call->source = bk_arena_str(call->arena, bk_str_of(request->peer->address)).ptr;
    snprintf(call->request_id, sizeof call->request_id, "%zu-%" PRIx64 "-%" PRIx64,
             bk_worker_slot(exchange->worker->web), (uint64_t)bk_clock_wall_ms(), request->serial);
    if (request->body.len == 0)
        return true;
    char *body = bk_arena_try(call->arena, request->body.len);
    if (body == NULL)
        return false;
    memcpy(body, request->body.ptr, request->body.len);
    call->body = (struct bk_str){body, request->body.len};
    return true;
}

void api_on_request(void *state, struct bk_request *request)
{
    struct api_exchange *exchange = bk_alloc_or_abort(sizeof *exchange);
    exchange->worker = state;
    exchange->request = request;
    exchange->begun_mono_ms = request->begun_mono_ms;
    exchange->call.arena = bk_arena_new();
    exchange->call.setup = exchange->worker->setup;
    bk_request_on_end(request, on_request_end, exchange);
    if (!fill_call(exchange)) {
        api_answer_reply(exchange, BK_ERR_NO_MEMORY);
        end_run(exchange);
        return;
    }
    const struct api_problem *problem = judge(exchange);
    if (problem == NULL) {
        submit(exchange);
        return;
    }
    api_answer_problem(exchange, problem, NULL);
    end_run(exchange);
}
