/*
 * The gates of a connection before its first request:
 *
 *   accept -> [PROXY header] -> welcome? -> [first bytes -> its turn -> TLS handshake]
 *
 * Traps of the library that this code respects:
 * - The SSL is reachable only through OpenSSL's callbacks: taken at the handshake's start.
 * - on_close runs after the SSL is gone.
 *
 * What a connection costs, by the growth of a worker's resident memory over 800 of them (Debian 12,
 * OpenSSL 3.0): less than 1 kB while it says nothing, up to 23 kB while its hello waits for its
 * turn, 44 kB in its handshake (60 kB with the longest hello), 31 kB kept after an answer. So
 * limits.connections of 4,000 are 125 MB at most, beside the answers under way (limits.requests).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "web/connection.h"
#include "web/proxy.h"

enum {
    QUEUE_MAX = 4096, /* beyond the kernel's queue: under a flood stopping must end */
    /* h2o begins with records of one packet, for browsers that show what they have, until so much
     * is written. A phone waits for the whole file: 16 kB records from the start. */
    WHOLE_RECORDS_BYTES = 200 * 1024,
    ACCEPT_BATCH = 32,     /* connections taken in one turn of the loop */
    ACCEPT_PAUSE_MS = 100, /* without descriptors there is no point in trying at once */
    TURN_BATCH = 8,        /* handshakes begun in one turn of the loop */
    HELLO_MAX_BYTES = 16 * 1024
};

/* --- turns: whose handshake is next (admission.h) --- */

static void on_turns(void *ctx);

static void tell_turns(struct bk_worker *worker)
{
    const struct bk_admission *admission = &worker->admission;
    bk_worker_gauge(worker, BK_WM_HANDSHAKES_NOW, (int64_t)admission->taken_count);
    bk_worker_gauge(worker, BK_WM_HANDSHAKES_WAITING, (int64_t)admission->waiting_count);
}

static void give_back(struct connection *conn)
{
    struct bk_worker *worker = conn->listener->worker;
    bk_admission_give_back(&worker->admission, &conn->ticket);
    if (bk_admission_has_next(&worker->admission))
        bk_timer_start(worker->loop, &worker->turns, 0, on_turns, worker);
    tell_turns(worker);
}

static void on_close(void *data)
{
    struct connection *conn = data;
    struct bk_worker *worker = conn->listener->worker;
    if (conn->ret_is_gone != NULL)
        *conn->ret_is_gone = true;
    bk_timer_stop(&conn->timer);
    if (conn->held_bytes > 0)
        connection_free_body(conn);
    give_back(conn);
    bk_admission_leave(&worker->admission, &conn->ticket);
    tell_turns(worker);
    bk_list_remove(&conn->node);
    worker->connection_count--;
    bk_worker_gauge(worker, BK_WM_CONNECTIONS, (int64_t)worker->connection_count);
    SSL_CTX_free(conn->tls);
    bk_arena_free(conn->peer.arena);
    bk_free(conn);
}

/* --- TLS --- */

/*
 * We send no tickets, so nothing of ours carries the ACK of the phone's Finished; a phone whose TCP
 * waits for it before its request (Nagle) would lose 40 ms on every connection.
 */
static void acknowledge(h2o_socket_t *socket)
{
    int on = 1;
    setsockopt(h2o_socket_get_fd(socket), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

static void fail(struct connection *conn, const char *err)
{
    give_back(conn); /* now: the close may wait for its alert to be taken */
    conn->peer.tls = conn->ssl != NULL ? bk_tls_peer_of(conn->ssl) : NULL;
    connection_count(conn, BK_WM_HANDSHAKES_FAILED);
    connection_service(conn)->on_handshake_failed(conn->listener->worker->state, &conn->peer, err);
    connection_close(conn);
}

static void on_handshake(h2o_socket_t *socket, const char *err)
{
    struct connection *conn = connection_of(socket);
    struct bk_worker *worker = conn->listener->worker;
    give_back(conn);
    if (err != NULL || conn->ssl == NULL) {
        fail(conn, err);
        return;
    }
    conn->peer.tls = bk_tls_peer_of(conn->ssl);
    connection_count(conn, BK_WM_HANDSHAKES);
    acknowledge(socket);
    socket->bytes_written = WHOLE_RECORDS_BYTES;
    connection_service(conn)->on_peer(worker->state, &conn->peer);
    connection_begin_heads(conn);
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
    const struct bk_service *service = connection_service(conn);
    if (connection_is_admin(conn) || service->may_accept == NULL ||
        service->may_accept(conn->listener->worker->state, conn->peer.listener, conn->address))
        return true;
    connection_count(conn, BK_WM_ADDRESSES_REFUSED);
    return false;
}

static void on_early_timeout(void *ctx)
{
    struct connection *conn = ctx;
    connection_count(conn, BK_WM_HANDSHAKE_TIMEOUTS);
    if (conn->stage == STAGE_TLS)
        fail(conn, "handshake not finished in time"); /* it had cost us a signature */
    else
        connection_close(conn);
}

/* What it waited for its turn is not held against it. */
static void start_early_timer(struct connection *conn)
{
    struct bk_worker *worker = conn->listener->worker;
    bk_timer_start(worker->loop, &conn->timer, worker->options->early_timeout_ms, on_early_timeout,
                   conn);
}

static void shake(struct connection *conn)
{
    conn->stage = STAGE_TLS;
    start_early_timer(conn);
    conn->tls = conn->listener->tls;
    SSL_CTX_up_ref(conn->tls);
    h2o_socket_ssl_handshake(conn->socket, conn->tls, NULL, on_handshake);
}

/* Who has given up meanwhile is not worth a signature. */
static bool has_left(const struct connection *conn)
{
    char byte;
    ssize_t got = recv(h2o_socket_get_fd(conn->socket), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

static void on_turns(void *ctx)
{
    struct bk_worker *worker = ctx;
    struct bk_ticket *ticket;
    for (int i = 0; i < TURN_BATCH; i++) {
        ticket = bk_admission_next(&worker->admission);
        if (ticket == NULL)
            break;
        struct connection *conn = BK_CONTAINER(ticket, struct connection, ticket);
        if (has_left(conn))
            fail(conn, "gone while it waited for its turn");
        else
            shake(conn);
    }
    tell_turns(worker);
    if (bk_admission_has_next(&worker->admission))
        bk_timer_start(worker->loop, &worker->turns, 0, on_turns, worker);
}

/* A hello has come: who only connects takes no place. */
static void ask_turn(struct connection *conn)
{
    struct bk_worker *worker = conn->listener->worker;
    if (bk_admission_ask(&worker->admission, &conn->ticket))
        shake(conn);
    else
        conn->stage = STAGE_TURN;
    tell_turns(worker);
}

static void on_hello(h2o_socket_t *socket, const char *err)
{
    struct connection *conn = connection_of(socket);
    h2o_socket_read_stop(socket); /* no more than came is held while it waits */
    if (err == NULL && socket->input->size > HELLO_MAX_BYTES)
        err = "no client hello is that long";
    if (err == NULL)
        ask_turn(conn);
    else
        fail(conn, err);
}

static void begin_tls(struct connection *conn)
{
    struct bk_worker *worker = conn->listener->worker;
    if (!is_welcome(conn)) {
        connection_close(conn);
        return;
    }
    if (conn->listener->tls == NULL) {
        connection_begin_heads(conn);
        return;
    }
    if (!bk_admission_enter(&worker->admission, &conn->ticket, &conn->numeric)) {
        connection_count(conn, BK_WM_CONNECTIONS_REFUSED);
        connection_close(conn);
        return;
    }
    conn->stage = STAGE_HELLO;
    h2o_socket_read_start(conn->socket, on_hello);
    if (conn->socket->input->size > 0)
        on_hello(conn->socket, NULL);
}

/* --- PROXY header and accept --- */

static void set_address(struct connection *conn, const struct sockaddr *address)
{
    struct in6_addr *numeric = &conn->numeric;
    *numeric = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}}; /* 0.0.0.0 */
    if (address->sa_family == AF_INET)
        memcpy(numeric->s6_addr + 12,
               &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
    else if (address->sa_family == AF_INET6)
        *numeric = ((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    bool is_v4 = IN6_IS_ADDR_V4MAPPED(numeric);
    inet_ntop(is_v4 ? AF_INET : AF_INET6, is_v4 ? numeric->s6_addr + 12 : numeric->s6_addr,
              conn->address, sizeof conn->address);
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
            connection_count(conn, BK_WM_PROXY_REFUSED);
        connection_close(conn);
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

    start_early_timer(conn);
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
