/*
 * One connection from its first request head on; what comes before is in gates.c.
 *
 *   first head -> h2o's HTTP/1.1 <-> next head
 *
 * h2o 2.2.5 reads heads itself, accepts what it should not (docs/threats.md A20) and cannot be
 * asked in between. So each head is read and judged here, and handed over only when it is whole and
 * good. What is bad gets h2o's own 400: its input is replaced by one byte that no request can begin
 * with. For that this file swaps the read and write callbacks of a public struct (h2o_socket_t);
 * it is the only place that does, and the library is frozen at this version.
 *
 * Traps of the library that this code respects:
 * - h2o closes without waiting for what the peer still sends; the kernel then resets, and the peer
 *   may lose the answer. So a malformed request, or one whose body is not read, is answered when
 * its sender has been quiet.
 * - h2o's own 413 is a text of its own. A request whose body is not read is handed over as one
 *   without a body, so that the service answers in its own words.
 */
#include <string.h>
#include <sys/socket.h>

#include "base/secret.h"
#include "web/connection.h"

enum {
    QUIET_MS = 20,                /* a request to be refused is answered after this much silence, */
    QUIET_MAX_MS = 1000,          /* or after this time, whatever still comes */
    FIELD_COUNT_MAX = 64,         /* phones send about ten */
    SMALL_BODY_BYTES = 16 * 1024, /* such a body is always read: it needs no room of the worker's */
    CLOSE_MAX_MS = 2000,          /* a peer that does not even take our close is cut off */
    IDLE_CLOSE_MS = 1000          /* while stopping: a request may be on its way until then */
};

static void on_first_head(h2o_socket_t *socket, const char *err);
static void on_next_head(h2o_socket_t *socket, const char *err);

/* --- the end --- */

/* Pending writes fail now, and h2o lets go. */
static void on_close_timeout(void *ctx)
{
    struct connection *conn = ctx;
    shutdown(h2o_socket_get_fd(conn->socket), SHUT_RDWR);
}

/*
 * To be called before h2o is made to close, or when it is about to by itself: its close waits for
 * the TLS alert to be written, its own record of the connection is gone by then, and nothing here
 * may hand the socket back to it any more.
 */
static void begin_closing(struct connection *conn)
{
    conn->stage = STAGE_CLOSING;
    bk_timer_start(conn->listener->worker->loop, &conn->timer, CLOSE_MAX_MS, on_close_timeout,
                   conn);
}

void connection_close(struct connection *conn)
{
    begin_closing(conn);
    h2o_socket_close(conn->socket);
}

static void on_idle_timeout(void *ctx)
{
    struct connection *conn = ctx;
    begin_closing(conn);
    conn->h2o_read(conn->socket, "no request in time");
}

/* The rest of a request did not come. While h2o writes its 100 Continue it has no read callback. */
static void on_body_timeout(void *ctx)
{
    struct connection *conn = ctx;
    h2o_socket_cb h2o_read = conn->socket->_cb.read;
    begin_closing(conn);
    if (h2o_read != NULL)
        h2o_read(conn->socket, "no body in time");
}

static void start_idle_timer(struct connection *conn, bk_timer_fn *on_due)
{
    struct bk_worker *worker = conn->listener->worker;
    bk_timer_start(worker->loop, &conn->timer, worker->options->idle_timeout_ms, on_due, conn);
}

/* --- requests that are refused: malformed, or with a body that is not read --- */

/* Tokens and passwords come in heads and bodies, and h2o keeps its buffers for the next connection.
 */
static void wipe_input(h2o_socket_t *socket, size_t bytes)
{
    size_t size = socket->input->size;
    bk_wipe(socket->input->bytes, bytes < size ? bytes : size);
}

void connection_free_body(struct connection *conn)
{
    struct bk_worker *worker = conn->listener->worker;
    worker->body_bytes -= conn->held_bytes;
    conn->held_bytes = 0;
    bk_worker_gauge(worker, BK_WM_BODY_BYTES, (int64_t)worker->body_bytes);
}

void bk_connection_wipe_request(h2o_socket_t *socket)
{
    struct connection *conn = connection_of(socket);
    if (conn->held_bytes > 0)
        connection_free_body(conn);
    wipe_input(socket, conn->head.head_bytes + conn->head.body_bytes);
}

static void drop_input(h2o_socket_t *socket)
{
    wipe_input(socket, SIZE_MAX);
    h2o_buffer_consume(&socket->input, socket->input->size);
}

/* What h2o shall read instead of what came. */
static void replace_input(h2o_socket_t *socket, struct bk_str text)
{
    drop_input(socket);
    h2o_buffer_reserve(&socket->input, text.len);
    memcpy(socket->input->bytes, text.ptr, text.len);
    socket->input->size = text.len;
}

static void give_to_h2o(struct connection *conn)
{
    if (conn->is_known_to_h2o) {
        conn->socket->_cb.read = conn->h2o_read;
        conn->h2o_read(conn->socket, NULL);
    } else {
        conn->is_known_to_h2o = true;
        h2o_http1_accept(&conn->listener->accept, conn->socket, conn->connected_at);
    }
}

/* Make h2o answer 400 and close: no method begins with NUL. */
static void answer_malformed(void *ctx)
{
    struct connection *conn = ctx;
    replace_input(conn->socket, (struct bk_str){"", 1});
    begin_closing(conn);
    give_to_h2o(conn);
}

static void begin_request(struct connection *conn);

/* The same request without its body: the service answers. */
static void answer_bodiless(void *ctx)
{
    struct connection *conn = ctx;
    struct bk_str head =
        bk_arena_printf(conn->peer.arena, "%.*s\r\nhost: x\r\nconnection: close\r\n\r\n",
                        BK_STR_ARG(conn->request_line));
    replace_input(conn->socket, head);
    conn->head = (struct bk_head){.head_bytes = head.len};
    begin_request(conn);
    give_to_h2o(conn);
}

static void on_discard(h2o_socket_t *socket, const char *err)
{
    struct connection *conn = connection_of(socket);
    drop_input(socket);
    int64_t left_ms = conn->discard_until_mono_ms - bk_loop_now_ms(conn->listener->worker->loop);
    /* The end of its sending ends the silence too: it may still read. */
    int64_t wait_ms = err != NULL || left_ms <= 0 ? 0 : (left_ms < QUIET_MS ? left_ms : QUIET_MS);
    if (err != NULL)
        h2o_socket_read_stop(socket);
    bk_timer_start(conn->listener->worker->loop, &conn->timer, wait_ms, conn->answer, conn);
}

static void begin_discard(struct connection *conn, bk_timer_fn *answer)
{
    conn->stage = STAGE_DISCARD;
    conn->answer = answer;
    conn->discard_until_mono_ms = bk_loop_now_ms(conn->listener->worker->loop) + QUIET_MAX_MS;
    h2o_socket_read_start(conn->socket, on_discard);
    on_discard(conn->socket, NULL);
}

static void enter_malformed(struct connection *conn)
{
    struct bk_worker *worker = conn->listener->worker;
    connection_count(conn, BK_WM_MALFORMED);
    if (!connection_is_admin(conn))
        connection_service(conn)->on_malformed(worker->state, &conn->peer, conn->head.reason);
    begin_discard(conn, answer_malformed);
}

static enum body_refusal judge_body(const struct connection *conn)
{
    const struct bk_listener_options *row = conn->listener->options;
    const struct bk_worker *worker = conn->listener->worker;
    size_t bytes = conn->head.body_bytes, room = worker->options->bodies_max_bytes;
    if (row != NULL && row->body_max_bytes > 0 && bytes > row->body_max_bytes)
        return BODY_TOO_LONG;
    /* One alone is always read, whatever the two limits are. */
    if (bytes > SMALL_BODY_BYTES && worker->body_bytes > 0 &&
        (worker->body_bytes >= room || bytes > room - worker->body_bytes))
        return BODY_NO_ROOM;
    return BODY_WELCOME;
}

static void enter_bodiless(struct connection *conn)
{
    struct bk_str rest = {conn->socket->input->bytes, conn->socket->input->size};
    struct bk_str line = bk_str_cut(&rest, '\r');
    conn->request_line = bk_arena_str(conn->peer.arena, line);
    begin_discard(conn, answer_bodiless);
}

/* --- heads --- */

static enum bk_scan scan_head(struct connection *conn)
{
    const struct bk_server_options *options = conn->listener->worker->options;
    struct bk_head_limits limits = {.head_bytes_max = options->head_max_bytes,
                                    .field_count_max = FIELD_COUNT_MAX,
                                    .is_body_allowed = !connection_is_admin(conn)};
    struct bk_str input = {conn->socket->input->bytes, conn->socket->input->size};
    return bk_head_scan(input, &limits, &conn->scanned, &conn->head);
}

static void begin_request(struct connection *conn)
{
    conn->stage = STAGE_BODY;
    conn->is_whole = false;
    start_idle_timer(conn, on_body_timeout);
}

static void hold_body(struct connection *conn)
{
    struct bk_worker *worker = conn->listener->worker;
    if (conn->head.body_bytes <= SMALL_BODY_BYTES)
        return;
    conn->held_bytes = conn->head.body_bytes;
    worker->body_bytes += conn->held_bytes;
    bk_worker_gauge(worker, BK_WM_BODY_BYTES, (int64_t)worker->body_bytes);
}

/* A whole head goes to h2o, which dispatches the request at once or reads its body first. */
static void enter_request(struct connection *conn)
{
    conn->body_refusal = judge_body(conn);
    if (conn->body_refusal != BODY_WELCOME) {
        enter_bodiless(conn);
        return;
    }
    hold_body(conn);
    begin_request(conn);
    give_to_h2o(conn);
}

void bk_connection_on_request(h2o_socket_t *socket)
{
    struct connection *conn = connection_of(socket);
    conn->stage = STAGE_HTTP;
    bk_timer_stop(&conn->timer);
}

static void on_first_head(h2o_socket_t *socket, const char *err)
{
    struct connection *conn = connection_of(socket);
    if (err != NULL) {
        connection_close(conn);
        return;
    }
    switch (scan_head(conn)) {
    case BK_SCAN_MORE:
        return;
    case BK_SCAN_BAD:
        enter_malformed(conn);
        return;
    case BK_SCAN_GOOD:
        enter_request(conn);
        return;
    }
}

static void on_next_head(h2o_socket_t *socket, const char *err)
{
    struct connection *conn = connection_of(socket);
    if (err != NULL) {
        begin_closing(conn);
        conn->h2o_read(socket, err);
        return;
    }
    switch (scan_head(conn)) {
    case BK_SCAN_MORE:
        return;
    case BK_SCAN_BAD:
        enter_malformed(conn);
        return;
    case BK_SCAN_GOOD:
        enter_request(conn);
        return;
    }
}

static void on_written(h2o_socket_t *socket, const char *err)
{
    struct connection *conn = connection_of(socket);
    bool is_gone = false;
    conn->is_whole = err == NULL;
    conn->ret_is_gone = &is_gone;
    bool is_persistent = conn->is_persistent;

    conn->h2o_written(socket, err); /* ends the request, then waits for the next or closes */

    if (is_gone)
        return;
    conn->ret_is_gone = NULL;
    if (!is_persistent) {
        begin_closing(conn); /* as h2o has */
        return;
    }
    conn->stage = STAGE_NEXT_HEAD;
    conn->idle_since_mono_ms = bk_loop_now_ms(conn->listener->worker->loop);
    start_idle_timer(conn, on_idle_timeout);
    conn->scanned = 0;
    conn->h2o_read = socket->_cb.read;
    socket->_cb.read = on_next_head;
}

void bk_connection_guard_write(h2o_socket_t *socket, bool is_persistent)
{
    struct connection *conn = connection_of(socket);
    conn->is_persistent = is_persistent;
    conn->h2o_written = socket->_cb.write;
    socket->_cb.write = on_written;
}

bool bk_connection_was_whole(h2o_socket_t *socket)
{
    return connection_of(socket)->is_whole;
}

const struct bk_peer *bk_connection_peer(h2o_socket_t *socket)
{
    return &connection_of(socket)->peer;
}

bool bk_connection_has_more(h2o_socket_t *socket)
{
    struct connection *conn = connection_of(socket);
    return socket->input->size > conn->head.head_bytes + conn->head.body_bytes;
}

bool bk_connection_is_too_long(h2o_socket_t *socket)
{
    return connection_of(socket)->body_refusal == BODY_TOO_LONG;
}

bool bk_connection_has_no_room(h2o_socket_t *socket)
{
    return connection_of(socket)->body_refusal == BODY_NO_ROOM;
}

bool bk_connection_is_admin(h2o_socket_t *socket)
{
    return connection_is_admin(connection_of(socket));
}

void connection_begin_heads(struct connection *conn)
{
    conn->stage = STAGE_FIRST_HEAD;
    h2o_socket_read_start(conn->socket, on_first_head);
    if (conn->socket->input->size > 0)
        on_first_head(conn->socket, NULL);
}

void bk_connections_close_idle(struct bk_worker *worker)
{
    struct bk_list *next = NULL;
    int64_t now_ms = bk_loop_now_ms(worker->loop);
    for (struct bk_list *node = worker->connections.next; node != &worker->connections;
         node = next) {
        next = node->next;
        struct connection *conn = BK_CONTAINER(node, struct connection, node);
        if (conn->stage == STAGE_NEXT_HEAD && conn->socket->input->size == 0 &&
            now_ms - conn->idle_since_mono_ms >= IDLE_CLOSE_MS)
            on_next_head(conn->socket, "the server is stopping");
    }
}
