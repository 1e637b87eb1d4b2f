/*
 * What the files of web/ share and nobody else includes: worker, listener, connection.
 */
#ifndef WEB_INTERNAL_H
#define WEB_INTERNAL_H

#include <h2o.h>
#include <h2o/http1.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/cidr.h"
#include "base/list.h"
#include "io/loop_h2o.h"
#include "web/admission.h"
#include "web/head.h"
#include "web/server.h"

struct bk_listener {
    const struct bk_listener_options *options; /* NULL: the admin listener */
    struct bk_worker *worker;
    h2o_socket_t *socket; /* NULL while nothing is accepted */
    int fd;               /* the master's socket, inherited */
    SSL_CTX *tls;
    struct bk_timer pause; /* runs while no descriptor is left to accept with */
    struct bk_cidr proxies[BK_CIDR_MAX];
    size_t proxy_count;
    h2o_accept_ctx_t accept;
};

struct bk_worker {
    const struct bk_server_options *options;
    size_t slot;
    struct bk_loop *loop;
    h2o_globalconf_t config;
    h2o_context_t context;
    struct bk_listener listeners[BK_LISTENER_MAX + 1]; /* the admin's last */
    size_t listener_count;
    struct bk_trust *trust;
    struct bk_list connections; /* struct connection, by its node */
    size_t connection_count;
    struct bk_admission admission;
    struct bk_timer turns;      /* runs when a place for a handshake came free */
    size_t body_bytes;          /* of requests that are read or served; as announced */
    int64_t requests_in_flight; /* given to the service, not over; without the admin's */
    uint64_t request_count;
    void *state; /* the service's */
    int signal_fd;
    struct bk_watch *signals;
    struct bk_timer tick;        /* readiness and drain are looked at on each */
    int64_t drain_until_mono_ms; /* 0: not draining */
};

/* worker.c */
int bk_worker_main(const struct bk_server_options *options, size_t slot, const int *fds,
                   size_t fd_count, int admin_fd, pid_t master);

/* gates.c */
void bk_connection_on_accept(h2o_socket_t *listening, const char *err);
/* Everything that waits in the kernel's queue, before a listener is closed. */
void bk_connections_take_queued(struct bk_listener *listener);
void bk_connection_prepare_tls(SSL_CTX *tls);

/* connection.c */
/* h2o has a whole request. */
void bk_connection_on_request(h2o_socket_t *socket);
/* Close those that wait for a next request. */
void bk_connections_close_idle(struct bk_worker *worker);
/* An answer is on its way out: take the connection back when it is written. */
void bk_connection_guard_write(h2o_socket_t *socket, bool is_persistent);
bool bk_connection_was_whole(h2o_socket_t *socket);
/* The request is over: nothing of it stays in the buffer that it was read into. */
void bk_connection_wipe_request(h2o_socket_t *socket);
bool bk_connection_is_admin(h2o_socket_t *socket);
const struct bk_peer *bk_connection_peer(h2o_socket_t *socket);
/* The body of this request is longer than the listener takes, and was not read. */
bool bk_connection_is_too_long(h2o_socket_t *socket);
bool bk_connection_has_no_room(h2o_socket_t *socket);
/* Bytes stand behind the request h2o serves now (pipelining): then its answer is the last. */
bool bk_connection_has_more(h2o_socket_t *socket);

/* request.c */
int bk_request_dispatch(struct bk_worker *worker, h2o_req_t *req);

/* health.c */
void bk_health_answer(struct bk_worker *worker, struct bk_request *request);

#endif
