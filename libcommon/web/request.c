/*
 * Requests and answers, as services see them, on top of h2o's.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/secret.h"
#include "web/internal.h"

struct bk_str bk_request_header(const struct bk_request *request, const char *lower_name)
{
    const h2o_req_t *req = request->h2o;
    const h2o_token_t *token = h2o_lookup_token(lower_name, strlen(lower_name));
    ssize_t at = token != NULL
                     ? h2o_find_header(&req->headers, token, -1)
                     : h2o_find_header_by_str(&req->headers, lower_name, strlen(lower_name), -1);
    if (at < 0)
        return BK_STR_NONE;
    const h2o_iovec_t *value = &req->headers.entries[at].value;
    return (struct bk_str){value->base, value->len};
}

void bk_request_on_end(struct bk_request *request, bk_request_end_fn *on_end, void *ctx)
{
    request->on_end = on_end;
    request->on_end_ctx = ctx;
}

static h2o_socket_t *socket_of(const h2o_req_t *req)
{
    return req->conn->callbacks->get_socket(req->conn);
}

static void count_in_flight(struct bk_worker *worker, int change)
{
    worker->requests_in_flight += change;
    bk_worker_gauge(worker, BK_WM_REQUESTS_NOW, worker->requests_in_flight);
}

/* Called by h2o when it is done with the request, answered or not. */
static void on_dispose(void *data)
{
    struct bk_request *request = data;
    if (request->is_counted)
        count_in_flight(request->worker, -1);
    if (request->on_end != NULL)
        request->on_end(request->on_end_ctx,
                        request->is_answered && bk_connection_was_whole(socket_of(request->h2o)));
    h2o_req_t *req = request->h2o;
    bk_wipe(req->path_normalized.base, req->path_normalized.len); /* a copy, or a part of it */
    bk_connection_wipe_request(socket_of(req));
}

enum { RETRY_AFTER_MIN_S = 60, RETRY_AFTER_SPREAD_S = 121 };

int bk_retry_after_s(void)
{
    uint8_t chance;
    bk_random(&chance, 1);
    return RETRY_AFTER_MIN_S + chance % RETRY_AFTER_SPREAD_S;
}

/* At once, in few bytes, without asking the service: answers under way are what memory goes to. */
static void reply_busy(struct bk_request *request)
{
    char after[8];
    snprintf(after, sizeof after, "%d", bk_retry_after_s());
    const struct bk_header headers[] = {
        {"content-type", BK_STR("text/plain")},
        {"retry-after", bk_str_of(after)},
        {NULL, {NULL, 0}},
    };
    struct bk_buf body;
    bk_buf_init(&body, 64);
    bk_buf_add(&body, BK_STR("try again later\n"));
    bk_worker_count(request->worker, BK_WM_REQUESTS_BUSY, 1);
    bk_reply_closes(request);
    bk_reply(request, 503, headers, &body);
}

static void dispatch(struct bk_worker *worker, struct bk_request *request)
{
    const struct bk_server_options *options = worker->options;
    bool is_full =
        options->requests_max > 0 && worker->requests_in_flight >= (int64_t)options->requests_max;
    count_in_flight(worker, 1);
    request->is_counted = true;
    if (is_full || bk_connection_has_no_room(socket_of(request->h2o)))
        reply_busy(request);
    else
        options->service->on_request(worker->state, request);
}

int bk_request_dispatch(struct bk_worker *worker, h2o_req_t *req)
{
    h2o_socket_t *socket = socket_of(req);
    bk_connection_on_request(socket);
    struct bk_request *request = h2o_mem_alloc_shared(&req->pool, sizeof *request, on_dispose);
    *request = (struct bk_request){
        .worker = worker,
        .peer = bk_connection_peer(socket),
        .method = {req->input.method.base, req->input.method.len},
        .target = {req->input.path.base, req->input.path.len},
        .body = {req->entity.base, req->entity.len},
        .serial = ++worker->request_count,
        .begun_mono_ms = bk_clock_mono_ms(),
        .is_too_long = bk_connection_is_too_long(socket),
        .h2o = req,
    };
    if (bk_connection_has_more(socket) || request->is_too_long || bk_connection_has_no_room(socket))
        req->http1_is_persistent = 0;
    bk_worker_count(worker, BK_WM_REQUESTS, 1);
    if (bk_connection_is_admin(socket))
        bk_health_answer(worker, request);
    else
        dispatch(worker, request);
    return 0;
}

/* RFC 9110 15. */
static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } rows[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {503, "Service Unavailable"},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++)
        if (rows[i].status == status)
            return rows[i].reason;
    return "Other";
}

void bk_reply_closes(struct bk_request *request)
{
    h2o_req_t *req = request->h2o;
    req->http1_is_persistent = 0;
}

static void dispose_body(void *data)
{
    bk_buf_deinit(data);
}

void bk_reply(struct bk_request *request, int status, const struct bk_header *headers,
              struct bk_buf *body)
{
    static h2o_generator_t generator = {NULL, NULL};
    h2o_req_t *req = request->h2o;
    struct bk_buf *held = h2o_mem_alloc_shared(&req->pool, sizeof *held, dispose_body);
    *held = *body;
    bk_buf_init(body, 0);

    bool is_bodiless = status == 204 || status == 304;
    bool has_body = !is_bodiless && !bk_str_eq(request->method, BK_STR("HEAD"));
    request->is_answered = true;
    req->res.status = status;
    req->res.reason = reason_of(status);
    req->res.content_length = is_bodiless ? SIZE_MAX : held->len;
    for (const struct bk_header *header = headers; header->name != NULL; header++) {
        h2o_iovec_t value = h2o_strdup(&req->pool, header->value.ptr, header->value.len);
        h2o_add_header_by_str(&req->pool, &req->res.headers, header->name, strlen(header->name), 1,
                              NULL, value.base, value.len);
    }
    h2o_iovec_t text = h2o_iovec_init(held->ptr, held->len);
    h2o_start_response(req, &generator);
    h2o_send(req, &text, has_body && held->len > 0 ? 1 : 0, H2O_SEND_STATE_FINAL);
    bk_connection_guard_write(socket_of(req), req->http1_is_persistent);
}
