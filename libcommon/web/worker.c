/*
 * One worker: an event loop, h2o on it, the listeners' sockets inherited from the master, and the
 * service's state. Ends when the master says so (SIGTERM: drain) or goes away.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "io/seccomp.h"
#include "web/h2o_memory.h"
#include "web/internal.h"
#include "web/master.h"

enum {
    TICK_MS = 250,
    DRAIN_TICK_MS = 20,
    NEVER_MS = 24 * 3600 * 1000,
    BODY_MAX_BYTES = 64 * 1024 /* where bodies are of no use: read, and answered; beyond, 413 */
};

struct bk_loop *bk_worker_loop(struct bk_worker *worker)
{
    return worker->loop;
}

size_t bk_worker_slot(const struct bk_worker *worker)
{
    return worker->slot;
}

void bk_worker_count(struct bk_worker *worker, size_t metric, int64_t amount)
{
    bk_metric_add(worker->options->metrics, worker->slot, metric, amount);
}

void bk_worker_gauge(struct bk_worker *worker, size_t metric, int64_t value)
{
    bk_metric_set(worker->options->metrics, worker->slot, metric, value);
}

bool bk_worker_is_stopping(const struct bk_worker *worker)
{
    return worker->drain_until_mono_ms != 0;
}

/* --- listeners --- */

static void accept_start(struct bk_listener *listener)
{
    if (listener->socket != NULL || bk_worker_is_stopping(listener->worker))
        return;
    int fd = fcntl(listener->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return; /* no descriptor left: the next reload tries again, readiness tells */
    listener->socket =
        h2o_evloop_socket_create(listener->worker->context.loop, fd, H2O_SOCKET_FLAG_DONT_READ);
    listener->socket->data = listener;
    h2o_socket_read_start(listener->socket, bk_connection_on_accept);
}

/* Take what is queued already, so that nobody who got through is turned away, then stop. */
static void accept_stop(struct bk_listener *listener)
{
    if (listener->socket == NULL)
        return;
    bk_timer_stop(&listener->pause);
    bk_connections_take_queued(listener);
    bk_timer_stop(&listener->pause);
    h2o_socket_close(listener->socket);
    listener->socket = NULL;
}

/* The earliest end of the certificates in use, told by the first worker for all: gauges are summed.
 */
static void tell_expiry(struct bk_worker *worker)
{
    int64_t expires_at_s = 0;
    for (size_t i = 0; i < worker->listener_count && worker->slot == 0; i++) {
        if (worker->listeners[i].tls == NULL)
            continue;
        int64_t at_s = bk_tls_context_expires_at_s(worker->listeners[i].tls);
        if (expires_at_s == 0 || at_s < expires_at_s)
            expires_at_s = at_s;
    }
    bk_worker_gauge(worker, BK_WM_CERT_EXPIRES_AT_S, expires_at_s);
}

/* A context for each listener from today's files and roots; one that cannot be made keeps its old.
 */
static void reload_tls(struct bk_worker *worker)
{
    for (size_t i = 0; i < worker->listener_count; i++) {
        struct bk_listener *listener = &worker->listeners[i];
        const struct bk_listener_options *row = listener->options;
        if (row == NULL || (row->require_client_certificate && worker->trust == NULL))
            continue;
        struct bk_detail detail = {{0}};
        SSL_CTX *tls = NULL;
        if (bk_listener_tls(worker->options, row, worker->trust, &tls, &detail) != BK_OK) {
            bk_log(BK_LOG_ERROR, "certificates not loaded, the former ones stay",
                   BK_KV("listener", row->name), BK_KV("detail", detail.text));
            continue;
        }
        bk_connection_prepare_tls(tls);
        SSL_CTX_free(listener->tls); /* connections keep theirs */
        listener->tls = tls;
        accept_start(listener);
    }
    tell_expiry(worker);
}

void bk_worker_set_trust(struct bk_worker *worker, struct bk_trust *trust)
{
    bk_trust_unref(worker->trust);
    worker->trust = bk_trust_ref(trust);
    reload_tls(worker);
}

/* A worker is forked from a master that has read the keys when it started: it reads them itself. */
static void reload_keys(struct bk_worker *worker)
{
    struct bk_detail detail = {{0}};
    struct bk_master_keys *keys = worker->options->master_keys;
    if (keys == NULL)
        return;
    if (bk_master_keys_reload(keys, &detail) == BK_OK)
        bk_log(BK_LOG_INFO, "master keys read", BK_KV_INT("worker", worker->slot));
    else
        bk_log(BK_LOG_ERROR, "master keys not loaded, the former ones stay",
               BK_KV("detail", detail.text));
}

/* --- life --- */

static bool is_serving(const struct bk_worker *worker)
{
    for (size_t i = 0; i < worker->listener_count; i++)
        if (worker->listeners[i].socket == NULL)
            return false;
    return worker->options->service->worker_is_ready(worker->state);
}

static void on_tick(void *ctx)
{
    struct bk_worker *worker = ctx;
    bool is_stopping = bk_worker_is_stopping(worker);
    bk_worker_gauge(worker, BK_WM_WORKER_READY, !is_stopping && is_serving(worker));
    if (is_stopping) {
        bk_connections_close_idle(worker);
        bool is_over = bk_loop_now_ms(worker->loop) >= worker->drain_until_mono_ms;
        bool is_done = worker->connection_count == 0 &&
                       worker->options->service->worker_is_idle(worker->state);
        if (is_over || is_done) {
            bk_loop_stop(worker->loop);
            return;
        }
    }
    bk_timer_start(worker->loop, &worker->tick, is_stopping ? DRAIN_TICK_MS : TICK_MS, on_tick,
                   worker);
}

static void drain(struct bk_worker *worker)
{
    if (bk_worker_is_stopping(worker))
        return;
    for (size_t i = 0; i < worker->listener_count; i++)
        accept_stop(&worker->listeners[i]);
    worker->drain_until_mono_ms = bk_loop_now_ms(worker->loop) + worker->options->drain_ms;
    h2o_context_request_shutdown(&worker->context);
    bk_timer_start(worker->loop, &worker->tick, 0, on_tick, worker);
}

static void on_signal(void *ctx, unsigned ready)
{
    struct bk_worker *worker = ctx;
    struct signalfd_siginfo info;
    (void)ready;
    while (read(worker->signal_fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGTERM) {
            drain(worker);
        } else if (info.ssi_signo == SIGHUP) {
            reload_keys(worker);
            reload_tls(worker);
            worker->options->service->worker_reload(worker->state);
        }
    }
}

static void open_signals(struct bk_worker *worker)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_SETMASK, &set, NULL);
    signal(SIGINT, SIG_IGN); /* Ctrl-C reaches the whole group: the master decides */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGUSR2, SIG_IGN);
    worker->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (worker->signal_fd < 0 || bk_watch_open(worker->loop, worker->signal_fd, BK_READABLE,
                                               on_signal, worker, &worker->signals) != BK_OK) {
        bk_log(BK_LOG_ERROR, "no descriptor for signals", BK_KV("error", strerror(errno)));
        exit(1);
    }
}

struct dispatch_handler {
    h2o_handler_t super;
    struct bk_worker *worker;
};

static int on_req(h2o_handler_t *self, h2o_req_t *req)
{
    return bk_request_dispatch(((struct dispatch_handler *)self)->worker, req);
}

static void open_h2o(struct bk_worker *worker)
{
    bk_h2o_memory_init();
    h2o_config_init(&worker->config);
    worker->config.server_name = h2o_iovec_init("", 0);
    worker->config.http1.upgrade_to_http2 = 0;
    worker->config.http1.req_timeout = NEVER_MS; /* connection.c owns all timeouts */
    worker->config.max_request_entity_size = BODY_MAX_BYTES;
    for (size_t i = 0; i < worker->options->listener_count; i++)
        if (worker->options->listeners[i].body_max_bytes > worker->config.max_request_entity_size)
            worker->config.max_request_entity_size = worker->options->listeners[i].body_max_bytes;
    h2o_hostconf_t *host =
        h2o_config_register_host(&worker->config, h2o_iovec_init("default", 7), 65535);
    h2o_pathconf_t *path = h2o_config_register_path(host, "/", 0);
    struct dispatch_handler *handler =
        (struct dispatch_handler *)h2o_create_handler(path, sizeof *handler);
    handler->super.on_req = on_req;
    handler->worker = worker;
    h2o_context_init(&worker->context, bk_loop_h2o_of(worker->loop), &worker->config);
}

static void open_listeners(struct bk_worker *worker, const int *fds, size_t fd_count, int admin_fd)
{
    for (size_t i = 0; i < fd_count; i++)
        worker->listeners[i] =
            (struct bk_listener){.options = &worker->options->listeners[i], .fd = fds[i]};
    worker->listener_count = fd_count;
    if (admin_fd >= 0)
        worker->listeners[worker->listener_count++] = (struct bk_listener){.fd = admin_fd};

    for (size_t i = 0; i < worker->listener_count; i++) {
        struct bk_listener *listener = &worker->listeners[i];
        listener->worker = worker;
        listener->accept =
            (h2o_accept_ctx_t){.ctx = &worker->context, .hosts = worker->config.hosts};
        if (listener->options == NULL) {
            accept_start(listener);
            continue;
        }
        enum bk_err err = bk_cidr_parse_list(bk_str_of(listener->options->proxy_from),
                                             &listener->proxies, &listener->proxy_count, NULL);
        assert(err == BK_OK && "bk_server_check was not called");
        (void)err;
    }
    reload_tls(worker);
}

static size_t at_least_one(size_t count)
{
    return count > 0 ? count : 1;
}

/*
 * Measured with limits.handshakes at its 256: of 300 phones of one network at once whose signatures
 * take a second each, all are served by one worker, the last after 4 s; two seconds, 10 s. With 64
 * two of five are closed, since their turn did not come in limits.early_timeout_s.
 */
static void open_admission(struct bk_worker *worker)
{
    const struct bk_server_options *options = worker->options;
    const struct bk_admission_limits limits = {
        .places_max = options->handshakes_max,
        .network_places_max = at_least_one(options->handshakes_max / 4),
        .network_connections_max =
            at_least_one(options->connections_max * options->network_percent / 100),
    };
    bk_admission_init(&worker->admission, &limits);
}

int bk_worker_main(const struct bk_server_options *options, size_t slot, const int *fds,
                   size_t fd_count, int admin_fd, pid_t master)
{
    static struct bk_worker worker; /* one a process; h2o keeps pointers into it */
    worker = (struct bk_worker){.options = options, .slot = slot, .signal_fd = -1};
    bk_list_init(&worker.connections);
    open_admission(&worker);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    bk_metrics_reset_gauges(options->metrics, slot);

    struct bk_detail detail = {{0}};
    if (options->has_seccomp && bk_seccomp_load(BK_SECCOMP_SERVER, &detail) != BK_OK) {
        bk_log(BK_LOG_ERROR, "worker cannot start", BK_KV("detail", detail.text));
        return 1;
    }
    worker.loop = bk_loop_h2o_new();
    open_signals(&worker);
    if (getppid() != master)
        return 0;
    open_h2o(&worker);
    reload_keys(&worker);
    worker.state = options->service->worker_open(&worker, options->settings);
    if (worker.state == NULL)
        return 1;
    open_listeners(&worker, fds, fd_count, admin_fd);
    bk_timer_start(worker.loop, &worker.tick, 0, on_tick, &worker);

    bk_loop_run(worker.loop);

    options->service->worker_close(worker.state);
    return 0;
}
