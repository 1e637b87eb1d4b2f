/*
 * The master: owns one listening socket a worker and listener (SO_REUSEPORT), so that a replaced
 * worker inherits its queue and no connection waiting there is reset. It parses nothing from
 * outside and talks to nobody; it only forks, waits and passes signals on.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "web/internal.h"
#include "web/master.h"

enum {
    BACKLOG = 1024,
    UNACKED_MAX_MS = 30000, /* a peer that takes nothing for so long is gone (TCP_USER_TIMEOUT) */
    QUICK_DEATH_MS = 1000,  /* a worker that lives shorter is not restarted at once */
    RESTART_PAUSE_MS = 500,
    WAIT_MS = 100
};

struct slot {
    pid_t pid; /* 0: none */
    int64_t started_mono_ms, restart_at_mono_ms;
    int fds[BK_LISTENER_MAX];
};

struct master {
    const struct bk_server_options *options;
    struct slot slots[BK_WORKER_MAX];
    int admin_fd;
    pid_t old_workers[BK_WORKER_MAX]; /* of the program we replaced */
    size_t old_worker_count;
    bool is_stopping, is_announced;
    int64_t kill_at_mono_ms;
};

/* --- sockets
 * -------------------------------------------------------------------------------------- */

enum bk_err bk_address_parse(const char *address, struct sockaddr_storage *ret_address,
                             socklen_t *ret_len)
{
    struct bk_str text = bk_str_of(address);
    ptrdiff_t colon = bk_str_find_last(text, ':');
    if (colon < 0)
        return BK_ERR_INVALID;
    struct bk_str host = bk_str_slice(text, 0, (size_t)colon);
    if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        host = bk_str_slice(host, 1, host.len - 1);
    char host_text[INET6_ADDRSTRLEN], port_text[8];
    struct bk_str port = bk_str_slice(text, (size_t)colon + 1, text.len);
    int64_t port_number = 0;
    if (host.len >= sizeof host_text || bk_str_parse_int(port, 0, 65535, &port_number) != BK_OK)
        return BK_ERR_INVALID;
    snprintf(host_text, sizeof host_text, "%.*s", BK_STR_ARG(host));
    snprintf(port_text, sizeof port_text, "%d", (int)port_number);
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo(host.len > 0 ? host_text : NULL, port_text, &hints, &found) != 0)
        return BK_ERR_INVALID;
    memcpy(ret_address, found->ai_addr, found->ai_addrlen);
    *ret_len = found->ai_addrlen;
    freeaddrinfo(found);
    return BK_OK;
}

/* *address is updated with the port that was bound, so that a row with port 0 gets one for all. */
static int listen_on(struct sockaddr_storage *address, socklen_t len, bool is_shared)
{
    int on = 1, unacked_ms = UNACKED_MAX_MS;
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (is_shared)
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacked_ms, sizeof unacked_ms);
    if (bind(fd, (struct sockaddr *)address, len) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)address, &len) != 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

static int port_of(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)(const void *)address)->sin6_port);
    return ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port);
}

static bool open_failed(const char *name, const char *address)
{
    bk_log(BK_LOG_ERROR, "cannot listen", BK_KV("listener", name), BK_KV("address", address),
           BK_KV("error", strerror(errno)));
    return false;
}

static bool open_sockets(struct master *master)
{
    const struct bk_server_options *options = master->options;
    struct sockaddr_storage address;
    socklen_t len = 0;
    for (size_t i = 0; i < options->listener_count; i++) {
        const struct bk_listener_options *row = &options->listeners[i];
        if (bk_address_parse(row->address, &address, &len) != BK_OK) {
            errno = EINVAL;
            return open_failed(row->name, row->address);
        }
        for (size_t slot = 0; slot < options->worker_count; slot++) {
            int *fd = &master->slots[slot].fds[i];
            if (*fd < 0)
                *fd = listen_on(&address, len, true);
            if (*fd < 0)
                return open_failed(row->name, row->address);
        }
        bk_log(BK_LOG_INFO, "listening", BK_KV("listener", row->name),
               BK_KV("address", row->address), BK_KV_INT("port", port_of(&address)));
    }
    if (options->admin_address == NULL)
        return true;
    if (bk_address_parse(options->admin_address, &address, &len) != BK_OK)
        errno = EINVAL;
    else if (master->admin_fd < 0)
        master->admin_fd = listen_on(&address, len, false);
    if (master->admin_fd < 0)
        return open_failed("admin", options->admin_address);
    bk_log(BK_LOG_INFO, "listening", BK_KV("listener", "admin"),
           BK_KV("address", options->admin_address), BK_KV_INT("port", port_of(&address)));
    return true;
}

/* --- an upgrade: sockets and old workers are named in the environment of the new program
 * ----------- */

#define HANDOVER "BECKON_HANDOVER"

/* "3:0:0 4:0:1 5:admin 812:pid …": descriptor:listener:slot, in decimal. */
static void adopt(struct master *master)
{
    const char *text = getenv(HANDOVER);
    if (text == NULL)
        return;
    int number = 0, listener = 0, slot = 0, used = 0;
    while (sscanf(text, " %d:%n", &number, &used) == 1) {
        text += used;
        if (sscanf(text, "%d:%d%n", &listener, &slot, &used) == 2 && listener >= 0 &&
            listener < BK_LISTENER_MAX && slot >= 0 && slot < BK_WORKER_MAX) {
            fcntl(number, F_SETFD, FD_CLOEXEC);
            if ((size_t)listener < master->options->listener_count &&
                (size_t)slot < master->options->worker_count)
                master->slots[slot].fds[listener] = number;
            else
                close(number);
        } else if (strncmp(text, "admin", 5) == 0) {
            fcntl(number, F_SETFD, FD_CLOEXEC);
            master->admin_fd = number;
        } else if (strncmp(text, "pid", 3) == 0 && master->old_worker_count < BK_WORKER_MAX) {
            master->old_workers[master->old_worker_count++] = number;
        }
        text += strcspn(text, " ");
    }
    unsetenv(HANDOVER);
}

static void hand_over(struct master *master, const char *program, char **argv)
{
    static char text[BK_WORKER_MAX * (BK_LISTENER_MAX + 1) * 24];
    size_t used = 0;
    const struct bk_server_options *options = master->options;
    for (size_t slot = 0; slot < options->worker_count; slot++) {
        for (size_t i = 0; i < options->listener_count; i++) {
            int fd = master->slots[slot].fds[i];
            fcntl(fd, F_SETFD, 0);
            used += (size_t)snprintf(text + used, sizeof text - used, "%d:%zu:%zu ", fd, i, slot);
        }
        if (master->slots[slot].pid > 0)
            used += (size_t)snprintf(text + used, sizeof text - used, "%d:pid ",
                                     (int)master->slots[slot].pid);
    }
    if (master->admin_fd >= 0) {
        fcntl(master->admin_fd, F_SETFD, 0);
        snprintf(text + used, sizeof text - used, "%d:admin ", master->admin_fd);
    }
    setenv(HANDOVER, text, 1);
    bk_log(BK_LOG_INFO, "upgrading", BK_KV("program", program));
    execv(program, argv);
    bk_log(BK_LOG_ERROR, "upgrade failed, going on as before", BK_KV("program", program),
           BK_KV("error", strerror(errno)));
    unsetenv(HANDOVER);
}

/* --- workers
 * ---------------------------------------------------------------------------------------- */

static void start_worker(struct master *master, size_t at)
{
    struct slot *slot = &master->slots[at];
    const struct bk_server_options *options = master->options;
    bk_metric_add(options->metrics, at, BK_WM_WORKER_STARTS, 1);
    slot->started_mono_ms = bk_clock_mono_ms();
    pid_t pid = fork();
    if (pid == 0) {
        for (size_t other = 0; other < options->worker_count; other++)
            for (size_t i = 0; other != at && i < options->listener_count; i++)
                close(master->slots[other].fds[i]);
        exit(bk_worker_main(options, at, slot->fds, options->listener_count, master->admin_fd));
    }
    slot->pid = pid > 0 ? pid : 0;
    if (pid < 0) {
        bk_log(BK_LOG_ERROR, "cannot start a worker", BK_KV_INT("worker", at),
               BK_KV("error", strerror(errno)));
        slot->restart_at_mono_ms = bk_clock_mono_ms() + RESTART_PAUSE_MS;
    }
}

static void on_worker_end(struct master *master, pid_t pid, int status)
{
    for (size_t at = 0; at < master->options->worker_count; at++) {
        struct slot *slot = &master->slots[at];
        if (slot->pid != pid)
            continue;
        int64_t now_ms = bk_clock_mono_ms();
        slot->pid = 0;
        bk_metrics_reset_gauges(master->options->metrics, at);
        if (master->is_stopping)
            return;
        bk_log(BK_LOG_ERROR, "worker ended, starting another", BK_KV_INT("worker", at),
               BK_KV_INT("pid", pid),
               BK_KV_INT("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
               BK_KV_INT("exit", WIFEXITED(status) ? WEXITSTATUS(status) : -1));
        bool is_quick = now_ms - slot->started_mono_ms < QUICK_DEATH_MS;
        slot->restart_at_mono_ms = now_ms + (is_quick ? RESTART_PAUSE_MS : 0);
        return;
    }
}

static void reap(struct master *master)
{
    int status = 0;
    for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG))
        on_worker_end(master, pid, status);
}

static void signal_workers(struct master *master, int signal_number)
{
    for (size_t at = 0; at < master->options->worker_count; at++)
        if (master->slots[at].pid > 0)
            kill(master->slots[at].pid, signal_number);
}

static void start_missing(struct master *master)
{
    for (size_t at = 0; at < master->options->worker_count; at++) {
        const struct slot *slot = &master->slots[at];
        if (slot->pid == 0 && bk_clock_mono_ms() >= slot->restart_at_mono_ms)
            start_worker(master, at);
    }
}

static bool has_workers(const struct master *master)
{
    for (size_t at = 0; at < master->options->worker_count; at++)
        if (master->slots[at].pid > 0)
            return true;
    return false;
}

/* Every worker serves: say so once, and send the replaced program's workers home. */
static void announce(struct master *master)
{
    const struct bk_server_options *options = master->options;
    if (master->is_announced ||
        bk_metric_sum(options->metrics, BK_WM_WORKER_READY) < (int64_t)options->worker_count)
        return;
    master->is_announced = true;
    bk_log(BK_LOG_INFO, "ready", BK_KV_INT("workers", options->worker_count),
           BK_KV_INT("pid", getpid()));
    for (size_t i = 0; i < master->old_worker_count; i++)
        kill(master->old_workers[i], SIGTERM);
    master->old_worker_count = 0;
}

static void stop(struct master *master)
{
    if (master->is_stopping)
        return;
    bk_log(BK_LOG_INFO, "stopping", BK_KV_INT("drain_ms", master->options->drain_ms));
    master->is_stopping = true;
    master->kill_at_mono_ms = bk_clock_mono_ms() + master->options->drain_ms + 2000;
    signal_workers(master, SIGTERM);
}

static void look_after(struct master *master, const char *program, char **argv)
{
    sigset_t set;
    sigemptyset(&set);
    const int waited[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR2, SIGCHLD};
    for (size_t i = 0; i < BK_COUNT(waited); i++)
        sigaddset(&set, waited[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);

    while (!master->is_stopping || has_workers(master)) {
        if (!master->is_stopping)
            start_missing(master);
        struct timespec wait = {.tv_nsec = WAIT_MS * 1000000L};
        int got = sigtimedwait(&set, NULL, &wait);
        if (got == SIGTERM || got == SIGINT)
            stop(master);
        else if (got == SIGHUP)
            signal_workers(master, SIGHUP);
        else if (got == SIGUSR2 && !master->is_stopping)
            hand_over(master, program, argv);
        reap(master);
        announce(master);
        if (master->is_stopping && bk_clock_mono_ms() >= master->kill_at_mono_ms)
            signal_workers(master, SIGKILL);
    }
}

int bk_server_run(const struct bk_server_options *options, char **argv)
{
    static struct master master;
    static char program[PATH_MAX];
    master = (struct master){.options = options, .admin_fd = -1};
    for (size_t slot = 0; slot < BK_WORKER_MAX; slot++)
        for (size_t i = 0; i < BK_LISTENER_MAX; i++)
            master.slots[slot].fds[i] = -1;

    /* The path, not the inode: an upgrade runs what stands there then. */
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    program[len > 0 ? len : 0] = '\0';
    signal(SIGPIPE, SIG_IGN);
    adopt(&master);
    if (!open_sockets(&master))
        return 1;
    look_after(&master, program, argv);
    bk_log(BK_LOG_INFO, "stopped", BK_KV_INT("pid", getpid()));
    return 0;
}

enum bk_err bk_server_check(const struct bk_server_options *options, struct bk_detail *ret_detail)
{
    struct sockaddr_storage address;
    socklen_t len = 0;
    if (options->admin_address != NULL &&
        bk_address_parse(options->admin_address, &address, &len) != BK_OK) {
        bk_detail_set(ret_detail, "admin.address: \"%s\" is no literal address:port",
                      options->admin_address);
        return BK_ERR_INVALID;
    }
    for (size_t i = 0; i < options->listener_count; i++) {
        const struct bk_listener_options *row = &options->listeners[i];
        if (bk_address_parse(row->address, &address, &len) != BK_OK) {
            bk_detail_set(ret_detail,
                          "listener.%s.address: \"%s\" is no literal address:port, e.g. "
                          "0.0.0.0:443 or [::]:443",
                          row->name, row->address);
            return BK_ERR_INVALID;
        }
        struct bk_cidr proxies[BK_CIDR_MAX];
        size_t count = 0;
        enum bk_err err =
            bk_cidr_parse_list(bk_str_of(row->proxy_from), &proxies, &count, ret_detail);
        SSL_CTX *tls = NULL;
        struct bk_trust *none = NULL;
        if (err == BK_OK && row->require_client_certificate)
            err = bk_trust_new(&none);
        if (err == BK_OK)
            err = bk_listener_tls(row, none, &tls, ret_detail);
        SSL_CTX_free(tls);
        bk_trust_unref(none);
        if (err != BK_OK)
            return err;
    }
    return BK_OK;
}
