/*
 * A server of ours: a master that owns the listening sockets and looks after worker processes, one
 * event loop each. Services fill in struct bk_service and call bk_server_run.
 *
 * On a listener every connection goes through the same gates, in this order (connection.c):
 * PROXY header where it is demanded, TLS with the phone's certificate, the request head (head.h),
 * and only then h2o's HTTP/1.1. The service sees whole, well-formed requests.
 */
#ifndef WEB_SERVER_H
#define WEB_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/master_keys.h"
#include "base/metric.h"
#include "base/str.h"
#include "io/loop.h"
#include "io/tls.h"

#define BK_LISTENER_MAX 8
#define BK_WORKER_MAX 64

/* --- what a service configures --- */

/* One row of configuration; text is borrowed for the life of the server. */
struct bk_listener_options {
    const char *name;
    const char *address; /* host:port, [v6]:port; literal addresses */
    const char *certs;   /* comma separated PEM files, chain first */
    const char *keys;    /* in the same order */
    bool require_client_certificate;
    bool is_tls13_only;
    bool is_legacy;          /* as bk_tls_options has it: TLS 1.0 and old ciphers too */
    const void *service_row; /* the service's own of this row: peers carry it */
    const char *proxy_from;  /* comma separated addresses or CIDRs that must send a PROXY header */
    /* Longest body; a longer one is not read, its request comes as is_too_long, and the connection
     * is closed. 0: bodies are of no use here, and no longer than 64 KiB. */
    size_t body_max_bytes;
};

/* A host name of a listener with certificates of its own (SNI); borrowed as listeners' texts. */
struct bk_host_options {
    const char *name;         /* of the row */
    const char *listener;     /* name of that row */
    const char *names;        /* host names, comma separated */
    const char *certs, *keys; /* as of listeners */
};

/* The first rows of every service's metric table, in this order (BK_WEB_METRIC_ROWS). */
enum bk_web_metric {
    BK_WM_WORKER_READY,
    BK_WM_WORKER_STARTS,
    BK_WM_CONNECTIONS,
    BK_WM_CONNECTIONS_TOTAL,
    BK_WM_CONNECTIONS_REFUSED,
    BK_WM_ADDRESSES_REFUSED,
    BK_WM_ACCEPT_PAUSES,
    BK_WM_HANDSHAKES,
    BK_WM_HANDSHAKES_FAILED,
    BK_WM_HANDSHAKE_TIMEOUTS,
    BK_WM_HANDSHAKES_NOW,
    BK_WM_HANDSHAKES_WAITING,
    BK_WM_PROXY_REFUSED,
    BK_WM_REQUESTS,
    BK_WM_REQUESTS_NOW,
    BK_WM_REQUESTS_BUSY,
    BK_WM_BODY_BYTES,
    BK_WM_MALFORMED,
    BK_WM_CERT_EXPIRES_AT_S,
    BK_WEB_METRIC_COUNT
};
#define BK_WEB_METRIC_ROWS \
    {"beckon_worker_ready", NULL, "Workers that serve (dependencies included)", true}, \
        {"beckon_worker_starts_total", NULL, "Workers started, replacements included", false}, \
        {"beckon_connections", NULL, "Connections open now", true}, \
        {"beckon_connections_total", NULL, "Connections accepted", false}, \
        {"beckon_connections_refused_total", NULL, "Connections closed at once: too many", false}, \
        {"beckon_addresses_refused_total", NULL, "Connections closed at once: who they come from", \
         false}, \
        {"beckon_accept_pauses_total", NULL, "Times that no descriptor was left to accept with", \
         false}, \
        {"beckon_tls_handshakes_total", NULL, "TLS handshakes completed", false}, \
        {"beckon_tls_handshakes_failed_total", NULL, "TLS handshakes failed", false}, \
        {"beckon_early_timeouts_total", NULL, \
         "Connections closed for taking too long before their first request", false}, \
        {"beckon_handshakes", NULL, "TLS handshakes under way", true}, \
        {"beckon_handshakes_waiting", NULL, "Connections that wait for their handshake's turn", \
         true}, \
        {"beckon_proxy_refused_total", NULL, "Connections without the PROXY header due", false}, \
        {"beckon_http_requests_total", NULL, "Well-formed requests", false}, \
        {"beckon_http_requests", NULL, "Requests under way, their answers in memory", true}, \
        {"beckon_http_busy_total", NULL, "Requests answered 503 at once: too many under way", \
         false}, \
        {"beckon_http_body_bytes", NULL, \
         "Bytes of request bodies over 16 KiB being read or served", true}, \
        {"beckon_http_malformed_total", NULL, "Malformed requests, answered 400", false}, \
    { \
        "beckon_certificate_expires_at_seconds", NULL, \
            "Earliest end of the listeners' certificates, as the first worker uses them", true \
    }

/* --- what a service sees --- */

struct bk_worker;

/* The other end of a connection, after its gates. Lives as long as the connection. */
struct bk_peer {
    const char *listener;          /* name of the row */
    const void *service_row;       /* of the listener's options */
    const char *address;           /* numeric, without port; the PROXY header's where demanded */
    const struct bk_tls_peer *tls; /* NULL without TLS */
    struct bk_arena *arena;        /* the connection's */
    void *identity;                /* made by service->on_peer, in the arena */
};

/* One well-formed request. Text is valid until the request ends. */
struct bk_request {
    struct bk_worker *worker;
    const struct bk_peer *peer;
    struct bk_str method, target, body;
    bool is_too_long; /* beyond the listener's body_max_bytes: not read; to be answered 413 */
    uint64_t serial;  /* of this worker: for request ids */
    int64_t begun_mono_ms;
    /* The rest belongs to web/. */
    void *h2o;
    void *on_end_ctx;
    void (*on_end)(void *ctx, bool is_whole);
    bool is_answered, is_counted;
};

/* First field of that lower-case name; an empty text when there is none (ptr NULL). */
struct bk_str bk_request_header(const struct bk_request *request, const char *lower_name);

/*
 * Called exactly once when the request is over: is_whole when every byte of the answer was handed
 * to the transport. Before an answer it means that the peer left: nothing may be answered then.
 */
typedef void bk_request_end_fn(void *ctx, bool is_whole);
void bk_request_on_end(struct bk_request *request, bk_request_end_fn *on_end, void *ctx);

struct bk_header {
    const char *name; /* lower case, static; NULL ends */
    struct bk_str value;
};

/*
 * Answer, once. body is taken (and wiped when it is secret), also when HEAD or 304 sends none of
 * it; Content-Length is body->len for 200 and errors. Headers are copied.
 */
void bk_reply(struct bk_request *request, int status, const struct bk_header *headers,
              struct bk_buf *body);
/* Seconds until somebody who is told 503 shall come again: 60 to 180, at random, so that those who
 * found us ill do not come back as one. */
int bk_retry_after_s(void);
/* Close the connection after this answer. */
void bk_reply_closes(struct bk_request *request);

struct bk_service {
    const char *name; /* "beckon-config" */
    /* In the worker, before anything is accepted. NULL: the worker gives up (and is restarted). */
    void *(*worker_open)(struct bk_worker *worker, void *settings);
    /* SIGHUP: reload what the service keeps (trust roots). TLS certificates are web's. */
    void (*worker_reload)(void *state);
    /* Stopping: finish what is queued; the worker leaves when this is true or drain_ms is over. */
    bool (*worker_is_idle)(void *state);
    void (*worker_close)(void *state);
    bool (*worker_is_ready)(void *state);

    /*
     * The peer's address is known, nothing else of it yet. False: it is closed at once, unheard.
     * NULL: everybody may come.
     */
    bool (*may_accept)(void *state, const char *listener, const char *address);
    /* A peer has passed TLS. Sets peer->identity. */
    void (*on_peer)(void *state, struct bk_peer *peer);
    void (*on_request)(void *state, struct bk_request *request);
    /* A handshake failed: error is static text; peer->tls tells what the certificate claimed. */
    void (*on_handshake_failed)(void *state, const struct bk_peer *peer, const char *error);
    /* A malformed head was answered with 400. */
    void (*on_malformed)(void *state, const struct bk_peer *peer, const char *reason);
};

struct bk_server_options {
    const struct bk_service *service;
    void *settings; /* handed to worker_open */
    const struct bk_listener_options *listeners;
    size_t listener_count;
    const struct bk_host_options *hosts;
    size_t host_count;
    const char *admin_address;          /* /metrics /healthz /readyz, plain HTTP; NULL: none */
    const char *user;                   /* to become once sockets are bound; NULL: stay */
    bool has_seccomp, allows_root;      /* io/seccomp.h, base/harden.h */
    struct bk_master_keys *master_keys; /* read again on SIGHUP and by new workers; NULL: none */
    size_t worker_count;                /* 1..BK_WORKER_MAX */
    struct bk_metrics *metrics;

    size_t head_max_bytes;
    size_t connections_max; /* per worker, as what follows */
    size_t network_percent; /* 1..100 of these: what one network (/24, /48) may have */
    size_t handshakes_max;  /* at once; a quarter of them of one network */
    size_t requests_max;    /* at once, one more is answered 503; 0: as many as come */
    /* Of bodies longer than 16 KiB at once, as their heads announce them; one more is answered 503,
     * unless it is alone or too long. Whoever announces and does not send keeps long bodies out so,
     * and no others. */
    size_t bodies_max_bytes;
    int early_timeout_ms; /* accept to the end of the first head */
    int idle_timeout_ms;  /* any later head */
    int drain_ms;         /* SIGTERM to the end */
};

/*
 * Run until SIGTERM or SIGINT; SIGHUP reloads, SIGUSR2 replaces the program by the one at its path
 * (argv as given) without closing a listening socket. Returns the process's exit code.
 */
int bk_server_run(const struct bk_server_options *options, char **argv);

/* Check addresses, certificates and keys without serving: for --check-config. */
BK_MUST_USE enum bk_err bk_server_check(const struct bk_server_options *options,
                                        struct bk_detail *ret_detail);

/* --- what a service may ask of its worker --- */

struct bk_loop *bk_worker_loop(struct bk_worker *worker);
size_t bk_worker_slot(const struct bk_worker *worker);
void bk_worker_count(struct bk_worker *worker, size_t metric, int64_t amount);
void bk_worker_gauge(struct bk_worker *worker, size_t metric, int64_t value);
bool bk_worker_is_stopping(const struct bk_worker *worker);
/*
 * The roots that phones' certificates are checked against from now on; referenced. Listeners that
 * demand a certificate accept nobody before the first call.
 */
void bk_worker_set_trust(struct bk_worker *worker, struct bk_trust *trust);

#endif
