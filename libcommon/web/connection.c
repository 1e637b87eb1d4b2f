/*
 * One connection from accept to close: the gates every request passes before h2o sees it.
 *
 *   accept -> [PROXY header] -> [TLS] -> first head -> h2o's HTTP/1.1 <-> next head
 *
 * h2o 2.2.5 reads heads itself, accepts what it should not (docs/threats.md A20) and cannot be
 * asked in between. So each head is read and judged here, and handed over only when it is whole and
 * good. What is bad gets h2o's own 400: its input is replaced by one byte that no request can begin
 * with. For that this file swaps the read and write callbacks of a public struct (h2o_socket_t);
 * it is the only place that does, and the library is frozen at this version.
 *
 * Traps of the library that this code respects:
 * - The SSL is reachable only through OpenSSL's callbacks: taken at the handshake's start.
 * - on_close runs after the SSL is gone.
 * - h2o closes without waiting for what the peer still sends; the kernel then resets, and the peer
 *   may lose the answer. So a malformed request, or one whose body is longer than the listener
 * takes, is answered when its sender has been quiet.
 * - h2o's own 413 is a text of its own. A request that is too long is handed over as one without a
 *   body, so that the service answers in its own words.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "web/internal.h"
#include "web/proxy.h"

enum {
    QUIET_MS = 20,        /* a request to be refused is answered after this much silence, */
    QUIET_MAX_MS = 1000,  /* or after this time, whatever still comes */
    FIELD_COUNT_MAX = 64, /* phones send about ten */
    CLOSE_MAX_MS = 2000,  /* a peer that does not even take our close is cut off */
    IDLE_CLOSE_MS = 1000, /* while stopping: a request may be on its way until then */
    QUEUE_MAX = 4096,     /* beyond the kernel's queue: under a flood stopping must end */
    /* h2o begins with records of one packet, for browsers that show what they have, until so much
     * is written. A phone waits for the whole file: 16 kB records from the start. */
    WHOLE_RECORDS_BYTES = 200 * 1024,
    ACCEPT_BATCH = 32,    /* connections taken in one turn of the loop */
    ACCEPT_PAUSE_MS = 100 /* without descriptors there is no point in trying at once */
};

enum stage {
    STAGE_PROXY,
    STAGE_TLS,
    STAGE_FIRST_HEAD,
    STAGE_BODY,      /* h2o reads the rest of a request */
    STAGE_HTTP,      /* h2o serves a request */
    STAGE_NEXT_HEAD, /* h2o waits, we read */
    STAGE_DISCARD,   /* what follows is of no use; answered when its sender is quiet */
    STAGE_CLOSING    /* nothing but on_close may come */
};

struct connection {
    struct bk_list node;
    struct bk_listener *listener;
    h2o_socket_t *socket;
    SSL_CTX *tls; /* referenced: h2o makes the SSL of it when bytes come, a reload may be between */
    SSL *ssl;     /* h2o's; NULL before the handshake and without TLS */
    struct bk_peer peer;
    char address[INET6_ADDRSTRLEN];
    struct timeval connected_at;
    struct bk_timer timer;
    enum stage stage;
    bool is_known_to_h2o; /* h2o_http1_accept was called */
    bool is_persistent;   /* of the answer being written */
    bool is_whole;        /* the last answer was written to its end */
    bool *ret_is_gone;    /* set while a callback wants to know */
    size_t scanned;
    struct bk_head head;
    h2o_socket_cb h2o_read, h2o_written;
    struct bk_str request_line; /* of a request whose body is too long */
    bool is_too_long;
    bk_timer_fn *answer; /* STAGE_DISCARD: what comes after it */
    int64_t discard_until_mono_ms;
    int64_t idle_since_mono_ms; /* in STAGE_NEXT_HEAD */
};

static void on_first_head(h2o_socket_t *socket, const char *err);
static void on_next_head(h2o_socket_t *socket, const char *err);

static struct connection *connection_of(h2o_socket_t *socket)
{
    return socket->on_close.data;
}

static void count(struct connection *conn, enum bk_web_metric metric)
{
    bk_worker_count(conn->listener->worker, metric, 1);
}

static const struct bk_service *service_of(struct connection *conn)
{
    return conn->listener->worker->options->service;
}

static bool is_admin(const struct connection *conn)
{
    return conn->listener->options == NULL;
}

static void on_close(void *data)
{
    struct connection *conn = data;
    struct bk_worker *worker = conn->listener->worker;
    if (conn->ret_is_gone != NULL)
        *conn->ret_is_gone = true;
    bk_timer_stop(&conn->timer);
    bk_list_remove(&conn->node);
    worker->connection_count--;
    bk_worker_gauge(worker, BK_WM_CONNECTIONS, (int64_t)worker->connection_count);
    SSL_CTX_free(conn->tls);
    bk_arena_free(conn->peer.arena);
    bk_free(conn);
}

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

/* Before h2o's HTTP knows of the connection; after, h2o closes when its read callback gets an
 * error. */
static void close_now(struct connection *conn)
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

/* --- requests that are refused: malformed, or too long --- */

/* What h2o shall read instead of what came. */
static void replace_input(h2o_socket_t *socket, struct bk_str text)
{
    h2o_buffer_consume(&socket->input, socket->input->size);
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

/* The same request without its body: the service is told, and answers 413. */
static void answer_too_long(void *ctx)
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
    h2o_buffer_consume(&socket->input, socket->input->size);
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
    count(conn, BK_WM_MALFORMED);
    if (!is_admin(conn))
        service_of(conn)->on_malformed(worker->state, &conn->peer, conn->head.reason);
    begin_discard(conn, answer_malformed);
}

static bool is_too_long(const struct connection *conn)
{
    const struct bk_listener_options *row = conn->listener->options;
    return row != NULL && row->body_max_bytes > 0 && conn->head.body_bytes > row->body_max_bytes;
}

static void enter_too_long(struct connection *conn)
{
    struct bk_str rest = {conn->socket->input->bytes, conn->socket->input->size};
    struct bk_str line = bk_str_cut(&rest, '\r');
    conn->is_too_long = true;
    conn->request_line = bk_arena_str(conn->peer.arena, line);
    begin_discard(conn, answer_too_long);
}

/* --- heads --- */

static enum bk_scan scan_head(struct connection *conn)
{
    const struct bk_server_options *options = conn->listener->worker->options;
    struct bk_head_limits limits = {.head_bytes_max = options->head_max_bytes,
                                    .field_count_max = FIELD_COUNT_MAX,
                                    .is_body_allowed = !is_admin(conn)};
    struct bk_str input = {conn->socket->input->bytes, conn->socket->input->size};
    return bk_head_scan(input, &limits, &conn->scanned, &conn->head);
}

/* A whole head goes to h2o, which dispatches the request at once or reads its body first. */
static void begin_request(struct connection *conn)
{
    conn->stage = STAGE_BODY;
    conn->is_whole = false;
    start_idle_timer(conn, on_body_timeout);
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
        close_now(conn);
        return;
    }
    switch (scan_head(conn)) {
    case BK_SCAN_MORE:
        return;
    case BK_SCAN_BAD:
        enter_malformed(conn);
        return;
    case BK_SCAN_GOOD:
        if (is_too_long(conn)) {
            enter_too_long(conn);
            return;
        }
        begin_request(conn);
        give_to_h2o(conn);
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
        if (is_too_long(conn)) {
            enter_too_long(conn);
            return;
        }
        begin_request(conn);
        give_to_h2o(conn);
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
    return connection_of(socket)->is_too_long;
}

bool bk_connection_is_admin(h2o_socket_t *socket)
{
    return is_admin(connection_of(socket));
}

/* --- TLS --- */

static void begin_heads(struct connection *conn)
{
    conn->stage = STAGE_FIRST_HEAD;
    h2o_socket_read_start(conn->socket, on_first_head);
    if (conn->socket->input->size > 0)
        on_first_head(conn->socket, NULL);
}

/*
 * We send no tickets, so nothing of ours carries the ACK of the phone's Finished; a phone whose TCP
 * waits for it before its request (Nagle) would lose 40 ms on every connection.
 */
static void acknowledge(h2o_socket_t *socket)
{
    int on = 1;
    setsockopt(h2o_socket_get_fd(socket), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

static void on_handshake(h2o_socket_t *socket, const char *err)
{
    struct connection *conn = connection_of(socket);
    struct bk_worker *worker = conn->listener->worker;
    conn->peer.tls = conn->ssl != NULL ? bk_tls_peer_of(conn->ssl) : NULL;
    if (err != NULL || conn->peer.tls == NULL) {
        count(conn, BK_WM_HANDSHAKES_FAILED);
        service_of(conn)->on_handshake_failed(worker->state, &conn->peer, err);
        close_now(conn);
        return;
    }
    count(conn, BK_WM_HANDSHAKES);
    acknowledge(socket);
    socket->bytes_written = WHOLE_RECORDS_BYTES;
    service_of(conn)->on_peer(worker->state, &conn->peer);
    begin_heads(conn);
}

/* The one way to an SSL of h2o's: its BIO knows the socket. */
static void on_tls_info(const SSL *ssl, int where, int value)
{
    (void)value;
    if (where != SSL_CB_HANDSHAKE_START)
        return;
    h2o_socket_t *socket = BIO_get_data(SSL_get_rbio(ssl));
    connection_of(socket)->ssl = (SSL *)(uintptr_t)ssl;
}

void bk_connection_prepare_tls(SSL_CTX *tls)
{
    SSL_CTX_set_info_callback(tls, on_tls_info);
}

/* The address is known: may it come at all? */
static bool is_welcome(struct connection *conn)
{
    const struct bk_service *service = service_of(conn);
    if (is_admin(conn) || service->may_accept == NULL ||
        service->may_accept(conn->listener->worker->state, conn->peer.listener, conn->address))
        return true;
    count(conn, BK_WM_ADDRESSES_REFUSED);
    return false;
}

static void begin_tls(struct connection *conn)
{
    if (!is_welcome(conn)) {
        close_now(conn);
        return;
    }
    if (conn->listener->tls == NULL) {
        begin_heads(conn);
        return;
    }
    conn->stage = STAGE_TLS;
    conn->tls = conn->listener->tls;
    SSL_CTX_up_ref(conn->tls);
    h2o_socket_ssl_handshake(conn->socket, conn->tls, NULL, on_handshake);
}

/* --- PROXY header and accept --- */

static void set_address(struct connection *conn, const struct sockaddr *address)
{
    const void *bytes = NULL;
    int family = address->sa_family;
    if (family == AF_INET) {
        bytes = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
    } else if (family == AF_INET6) {
        const struct in6_addr *v6 =
            &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        bytes = v6;
        if (IN6_IS_ADDR_V4MAPPED(v6)) {
            family = AF_INET;
            bytes = v6->s6_addr + 12;
        }
    }
    if (bytes == NULL || inet_ntop(family, bytes, conn->address, sizeof conn->address) == NULL)
        memcpy(conn->address, "0.0.0.0", sizeof "0.0.0.0");
}

static void on_proxy(h2o_socket_t *socket, const char *err)
{
    struct connection *conn = connection_of(socket);
    struct bk_proxy proxy;
    struct bk_str input = {socket->input->bytes, socket->input->size};
    enum bk_scan scan = err != NULL ? BK_SCAN_BAD : bk_proxy_scan(input, &proxy);
    switch (scan) {
    case BK_SCAN_MORE:
        return;
    case BK_SCAN_BAD:
        if (err == NULL)
            count(conn, BK_WM_PROXY_REFUSED);
        close_now(conn);
        return;
    case BK_SCAN_GOOD:
        h2o_socket_read_stop(socket);
        h2o_buffer_consume(&socket->input, proxy.header_bytes);
        if (proxy.has_source)
            set_address(conn, (const struct sockaddr *)&proxy.source);
        begin_tls(conn);
        return;
    }
}

static void on_early_timeout(void *ctx)
{
    struct connection *conn = ctx;
    count(conn, BK_WM_HANDSHAKE_TIMEOUTS);
    close_now(conn);
}

static void connection_open(struct bk_listener *listener, h2o_socket_t *socket)
{
    struct bk_worker *worker = listener->worker;
    struct connection *conn = bk_alloc_or_abort(sizeof *conn);
    conn->listener = listener;
    conn->socket = socket;
    conn->connected_at = *h2o_get_timestamp(&worker->context, NULL, NULL);
    conn->peer.listener = listener->options != NULL ? listener->options->name : "admin";
    conn->peer.service_row = listener->options != NULL ? listener->options->service_row : NULL;
    conn->peer.address = conn->address;
    conn->peer.arena = bk_arena_new();
    bk_list_append(&worker->connections, &conn->node);
    worker->connection_count++;
    bk_worker_gauge(worker, BK_WM_CONNECTIONS, (int64_t)worker->connection_count);
    socket->on_close.cb = on_close;
    socket->on_close.data = conn;

    struct sockaddr_storage peer = {.ss_family = AF_UNSPEC};
    h2o_socket_getpeername(socket, (struct sockaddr *)&peer);
    set_address(conn, (const struct sockaddr *)&peer);

    bk_timer_start(worker->loop, &conn->timer, worker->options->early_timeout_ms, on_early_timeout,
                   conn);
    if (bk_cidr_has(listener->proxies, listener->proxy_count, (const struct sockaddr *)&peer)) {
        conn->stage = STAGE_PROXY;
        h2o_socket_read_start(socket, on_proxy);
    } else {
        begin_tls(conn);
    }
}

static void on_pause_over(void *ctx)
{
    struct bk_listener *listener = ctx;
    if (listener->socket != NULL)
        h2o_socket_read_start(listener->socket, bk_connection_on_accept);
}

/* The socket stays readable: without a pause the loop would spin and everybody would wait. */
static void pause_accept(struct bk_listener *listener)
{
    struct bk_worker *worker = listener->worker;
    bk_worker_count(worker, BK_WM_ACCEPT_PAUSES, 1);
    h2o_socket_read_stop(listener->socket);
    bk_timer_start(worker->loop, &listener->pause, ACCEPT_PAUSE_MS, on_pause_over, listener);
}

/* True: there may be more. */
static bool accept_one(struct bk_listener *listener)
{
    struct bk_worker *worker = listener->worker;
    h2o_socket_t *socket = h2o_evloop_socket_accept(listener->socket);
    if (socket == NULL) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            pause_accept(listener);
        return errno == ECONNABORTED;
    }
    bk_worker_count(worker, BK_WM_CONNECTIONS_TOTAL, 1);
    /* Not of the admin port: a flood must not make the service look dead to who watches it. */
    if (listener->options != NULL && worker->connection_count >= worker->options->connections_max) {
        bk_worker_count(worker, BK_WM_CONNECTIONS_REFUSED, 1);
        h2o_socket_close(socket);
        return true;
    }
    connection_open(listener, socket);
    return true;
}

void bk_connection_on_accept(h2o_socket_t *listening, const char *err)
{
    struct bk_listener *listener = listening->data;
    for (int i = 0; err == NULL && i < ACCEPT_BATCH; i++)
        if (!accept_one(listener))
            return;
}

void bk_connections_take_queued(struct bk_listener *listener)
{
    for (int i = 0; i < QUEUE_MAX && accept_one(listener); i++)
        ;
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
