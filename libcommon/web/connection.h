/*
 * One connection, as gates.c (from accept to TLS) and connection.c (from the first head on) see it;
 * nobody else includes this.
 */
#ifndef WEB_CONNECTION_H
#define WEB_CONNECTION_H

#include <netinet/in.h>
#include <openssl/ssl.h>

#include "web/internal.h"

/* Why the body of a request is not read. */
enum body_refusal {
    BODY_WELCOME,
    BODY_TOO_LONG, /* longer than its listener takes */
    BODY_NO_ROOM   /* the worker reads as much as it may already */
};

enum stage {
    STAGE_PROXY,
    STAGE_HELLO, /* nothing of TLS has come yet */
    STAGE_TURN,  /* a hello has come, its handshake waits for its turn */
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
    struct in6_addr numeric; /* the same */
    struct bk_ticket ticket;
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
    size_t held_bytes;          /* of bodies: what this one has of the worker's */
    struct bk_str request_line; /* of a request whose body is not read */
    enum body_refusal body_refusal;
    bk_timer_fn *answer; /* STAGE_DISCARD: what comes after it */
    int64_t discard_until_mono_ms;
    int64_t idle_since_mono_ms; /* in STAGE_NEXT_HEAD */
};

static inline struct connection *connection_of(h2o_socket_t *socket)
{
    return socket->on_close.data;
}

static inline void connection_count(struct connection *conn, enum bk_web_metric metric)
{
    bk_worker_count(conn->listener->worker, metric, 1);
}

static inline const struct bk_service *connection_service(const struct connection *conn)
{
    return conn->listener->worker->options->service;
}

static inline bool connection_is_admin(const struct connection *conn)
{
    return conn->listener->options == NULL;
}

/* Before h2o's HTTP knows of the connection; after, h2o closes when its read callback gets an
 * error. */
void connection_close(struct connection *conn);
/* What its body had of the worker's bytes is free again. */
void connection_free_body(struct connection *conn);
/* All gates are passed: read the first head. */
void connection_begin_heads(struct connection *conn);

#endif
