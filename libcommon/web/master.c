/*
 * The master: owns one listening socket a worker and listener (SO_REUSEPORT), so that a replaced
 * worker inherits its queue and no connection waiting there is reset. It parses nothing from
 * outside and talks to nobody; it only forks, waits and passes signals on.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/harden.h"
#include "base/log.h"
#include "io/seccomp.h"
#include "web/internal.h"
#include "web/master.h"

enum {
    QUICK_DEATH_MS = 1000, /* a worker that lives shorter is not restarted at once */
    RESTART_PAUSE_MS = 500,
    KILL_AFTER_MS = 2000, /* beyond the drain */
    WAIT_MS = 100,
    INHERITED_MAX = BK_WORKER_MAX * BK_LISTENER_MAX + 1
};

/* An upgrade names sockets and workers in the environment of the new program: "3 4 5 pid 81 82". */
#define HANDOVER "BECKON_HANDOVER"

struct slot {
    pid_t pid; /* 0: none */
    int64_t started_mono_ms, restart_at_mono_ms;
    int fds[BK_LISTENER_MAX];
};

struct master {
    struct bk_server_options options; /* fitted to the machine's limits */
    char **argv;
    char program[PATH_MAX]; /* what an upgrade runs */
    struct slot slots[BK_WORKER_MAX];
    int admin_fd;
    int inherited[INHERITED_MAX]; /* sockets of the program we replaced, until a row takes them */
    size_t inherited_count;
    pid_t old_workers[BK_WORKER_MAX]; /* of that program; sent home when we serve */
    size_t old_worker_count;
    pid_t upgrade_check; /* the next program's --check-config; 0: none under way */
    bool is_stopping, is_announced;
    int64_t kill_at_mono_ms;
};

/* --- sockets --- */

static void adopt(struct master *master)
{
    const char *text = getenv(HANDOVER);
    bool is_pid = false;
    int number = 0, used = 0;
    while (text != NULL && *text != '\0') {
        if (strncmp(text, "pid ", 4) == 0) {
            is_pid = true;
            text += 4;
            continue;
        }
        if (sscanf(text, "%d %n", &number, &used) != 1)
            break;
        text += used;
        if (is_pid && master->old_worker_count < BK_WORKER_MAX) {
            master->old_workers[master->old_worker_count++] = number;
        } else if (!is_pid && master->inherited_count < INHERITED_MAX) {
            fcntl(number, F_SETFD, FD_CLOEXEC);
            master->inherited[master->inherited_count++] = number;
        }
    }
    unsetenv(HANDOVER);
}

/* By what it is bound to, never by its place: rows may have moved. -1: there is none. */
static int take_inherited(struct master *master, const struct sockaddr_storage *address)
{
    for (size_t i = 0; i < master->inherited_count; i++) {
        struct sockaddr_storage bound = {.ss_family = AF_UNSPEC};
        socklen_t len = sizeof bound;
        int fd = master->inherited[i];
        if (fd >= 0 && getsockname(fd, (struct sockaddr *)&bound, &len) == 0 &&
            bk_address_eq(&bound, address)) {
            master->inherited[i] = -1;
            return fd;
        }
    }
    return -1;
}

static void close_left_over(struct master *master)
{
    for (size_t i = 0; i < master->inherited_count; i++)
        if (master->inherited[i] >= 0)
            close(master->inherited[i]);
    master->inherited_count = 0;
}

static bool open_row(struct master *master, const char *name, const char *text, int **fds,
                     size_t count, bool is_shared)
{
    struct sockaddr_storage address;
    socklen_t len = 0;
    bool is_good = bk_address_parse(text, &address, &len) == BK_OK;
    errno = EINVAL;
    for (size_t i = 0; is_good && i < count; i++) {
        *fds[i] = take_inherited(master, &address);
        if (*fds[i] < 0)
            *fds[i] = bk_address_listen(&address, len, is_shared);
        is_good = *fds[i] >= 0;
    }
    if (is_good)
        bk_log(BK_LOG_INFO, "listening", BK_KV("listener", name), BK_KV("address", text),
               BK_KV_INT("port", bk_address_port(&address)));
    else
        bk_log(BK_LOG_ERROR, "cannot listen", BK_KV("listener", name), BK_KV("address", text),
               BK_KV("error", strerror(errno)));
    return is_good;
}

static bool open_sockets(struct master *master)
{
    const struct bk_server_options *options = &master->options;
    int *fds[BK_WORKER_MAX];
    for (size_t i = 0; i < options->listener_count; i++) {
        const struct bk_listener_options *row = &options->listeners[i];
        for (size_t slot = 0; slot < options->worker_count; slot++)
            fds[slot] = &master->slots[slot].fds[i];
        if (!open_row(master, row->name, row->address, fds, options->worker_count, true))
            return false;
    }
    fds[0] = &master->admin_fd;
    return options->admin_address == NULL ||
           open_row(master, "admin", options->admin_address, fds, 1, false);
}

/* --- workers --- */

static void start_worker(struct master *master, size_t at)
{
    struct slot *slot = &master->slots[at];
    const struct bk_server_options *options = &master->options;
    bk_metric_add(options->metrics, at, BK_WM_WORKER_STARTS, 1);
    slot->started_mono_ms = bk_clock_mono_ms();
    pid_t master_pid = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        for (size_t other = 0; other < options->worker_count; other++)
            for (size_t i = 0; other != at && i < options->listener_count; i++)
                close(master->slots[other].fds[i]);
        exit(bk_worker_main(options, at, slot->fds, options->listener_count, master->admin_fd,
                            master_pid));
    }
    slot->pid = pid > 0 ? pid : 0;
    if (pid < 0) {
        bk_log(BK_LOG_ERROR, "cannot start a worker", BK_KV_INT("worker", at),
               BK_KV("error", strerror(errno)));
        slot->restart_at_mono_ms = bk_clock_mono_ms() + RESTART_PAUSE_MS;
    }
}

static void on_worker_end(struct master *master, struct slot *slot, size_t at, int status)
{
    int64_t now_ms = bk_clock_mono_ms();
    pid_t pid = slot->pid;
    slot->pid = 0;
    bk_metrics_reset_gauges(master->options.metrics, at);
    if (master->is_stopping)
        return;
    bk_log(BK_LOG_ERROR, "worker ended, starting another", BK_KV_INT("worker", at),
           BK_KV_INT("pid", pid), BK_KV_INT("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
           BK_KV_INT("exit", WIFEXITED(status) ? WEXITSTATUS(status) : -1));
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        bk_log(BK_LOG_ERROR, "a worker made a system call that no worker makes: was it taken over?",
               BK_KV_INT("worker", at), BK_KV_INT("pid", pid));
    bool is_quick = now_ms - slot->started_mono_ms < QUICK_DEATH_MS;
    slot->restart_at_mono_ms = now_ms + (is_quick ? RESTART_PAUSE_MS : 0);
}

static void forget_old_worker(struct master *master, pid_t pid)
{
    for (size_t i = 0; i < master->old_worker_count; i++)
        if (master->old_workers[i] == pid)
            master->old_workers[i] = master->old_workers[--master->old_worker_count];
}

static void signal_workers(struct master *master, int signal_number)
{
    for (size_t i = 0; i < master->old_worker_count; i++)
        kill(master->old_workers[i], signal_number);
    for (size_t at = 0; at < master->options.worker_count; at++)
        if (master->slots[at].pid > 0)
            kill(master->slots[at].pid, signal_number);
}

static void start_missing(struct master *master)
{
    for (size_t at = 0; at < master->options.worker_count; at++) {
        const struct slot *slot = &master->slots[at];
        if (slot->pid == 0 && bk_clock_mono_ms() >= slot->restart_at_mono_ms)
            start_worker(master, at);
    }
}

static bool has_workers(const struct master *master)
{
    for (size_t at = 0; at < master->options.worker_count; at++)
        if (master->slots[at].pid > 0)
            return true;
    return master->old_worker_count > 0;
}

/* Every worker serves: say so once, and send the replaced program's workers home. */
static void announce(struct master *master)
{
    const struct bk_server_options *options = &master->options;
    if (master->is_announced ||
        bk_metric_sum(options->metrics, BK_WM_WORKER_READY) < (int64_t)options->worker_count)
        return;
    master->is_announced = true;
    bk_log(BK_LOG_INFO, "ready", BK_KV_INT("workers", options->worker_count),
           BK_KV_INT("pid", getpid()));
    for (size_t i = 0; i < master->old_worker_count; i++)
        kill(master->old_workers[i], SIGTERM);
}

/* --- an upgrade: SIGUSR2 --- */

static void hand_over(struct master *master)
{
    static char text[(INHERITED_MAX + 2 * BK_WORKER_MAX) * 12];
    size_t used = 0;
    const struct bk_server_options *options = &master->options;
    for (size_t slot = 0; slot < options->worker_count; slot++) {
        for (size_t i = 0; i < options->listener_count; i++) {
            int fd = master->slots[slot].fds[i];
            fcntl(fd, F_SETFD, 0);
            used += (size_t)snprintf(text + used, sizeof text - used, "%d ", fd);
        }
    }
    if (master->admin_fd >= 0) {
        fcntl(master->admin_fd, F_SETFD, 0);
        used += (size_t)snprintf(text + used, sizeof text - used, "%d ", master->admin_fd);
    }
    used += (size_t)snprintf(text + used, sizeof text - used, "pid ");
    for (size_t slot = 0; slot < options->worker_count; slot++)
        if (master->slots[slot].pid > 0)
            used += (size_t)snprintf(text + used, sizeof text - used, "%d ",
                                     (int)master->slots[slot].pid);
    setenv(HANDOVER, text, 1);
    bk_log(BK_LOG_INFO, "upgrading", BK_KV("program", master->program));
    execv(master->program, master->argv);
    bk_log(BK_LOG_ERROR, "upgrade failed, going on as before", BK_KV("program", master->program),
           BK_KV("error", strerror(errno)));
    unsetenv(HANDOVER);
}

/*
 * There is no way back from exec: the new program first says of itself that its settings are good,
 * in a child, while this one goes on. One upgrade at a time, and only from a state that serves.
 */
static void begin_upgrade(struct master *master)
{
    if (master->upgrade_check > 0 || !master->is_announced || master->old_worker_count > 0) {
        bk_log(BK_LOG_WARN, "upgrade refused: not ready yet, or another is under way",
               BK_KV_INT("pid", getpid()));
        return;
    }
    size_t argc = 0;
    while (master->argv[argc] != NULL)
        argc++;
    static char check_word[] = "--check-config";
    char **check_argv = bk_alloc_or_abort((argc + 2) * sizeof *check_argv);
    memcpy(check_argv, master->argv, argc * sizeof *check_argv);
    check_argv[argc] = check_word;
    pid_t pid = fork();
    if (pid == 0) {
        execv(master->program, check_argv);
        _exit(127);
    }
    bk_free(check_argv);
    master->upgrade_check = pid > 0 ? pid : 0;
}

static void end_upgrade_check(struct master *master, int status)
{
    master->upgrade_check = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !master->is_stopping)
        hand_over(master);
    else
        bk_log(BK_LOG_ERROR, "upgrade refused: --check-config of the new program failed",
               BK_KV("program", master->program));
}

/* --- life --- */

static void reap(struct master *master)
{
    int status = 0;
    for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG)) {
        if (pid == master->upgrade_check) {
            end_upgrade_check(master, status);
            continue;
        }
        forget_old_worker(master, pid);
        for (size_t at = 0; at < master->options.worker_count; at++)
            if (master->slots[at].pid == pid)
                on_worker_end(master, &master->slots[at], at, status);
    }
}

static void stop(struct master *master)
{
    if (master->is_stopping)
        return;
    bk_log(BK_LOG_INFO, "stopping", BK_KV_INT("drain_ms", master->options.drain_ms));
    master->is_stopping = true;
    master->kill_at_mono_ms = bk_clock_mono_ms() + master->options.drain_ms + KILL_AFTER_MS;
    signal_workers(master, SIGTERM);
}

static void look_after(struct master *master)
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
            begin_upgrade(master);
        reap(master);
        announce(master);
        if (master->is_stopping && bk_clock_mono_ms() >= master->kill_at_mono_ms)
            signal_workers(master, SIGKILL);
    }
}

/*
 * Each connection is a descriptor. The soft limit is raised to what connections_max needs; where
 * the hard limit is lower, fewer connections are taken, instead of running dry.
 */
static void fit_descriptors(struct bk_server_options *options)
{
    struct rlimit limit;
    const rlim_t other = 64 + options->worker_count * options->listener_count;
    const rlim_t wanted = options->connections_max + other;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= wanted)
        return;
    options->connections_max = limit.rlim_cur > other + 16 ? limit.rlim_cur - other : 16;
    bk_log(BK_LOG_WARN, "fewer connections: raise the limit of open files (LimitNOFILE, ulimit -n)",
           BK_KV_INT("connections", options->connections_max),
           BK_KV_INT("open_files", limit.rlim_cur), BK_KV_INT("needed", wanted));
}

/*
 * What root was for is done. Whoever we are now must be able to read certificates and keys: a
 * worker does it when it starts, and on SIGHUP.
 */
static enum bk_err harden(const struct bk_server_options *options)
{
    struct bk_detail detail = {{0}};
    bool has_user = options->user != NULL && options->user[0] != '\0';
    enum bk_err err = bk_harden_user(options->user, options->allows_root, &detail);
    if (err == BK_OK && has_user)
        err = bk_server_check(options, &detail);
    if (err == BK_OK && has_user && options->master_keys != NULL)
        err = bk_master_keys_reload(options->master_keys, &detail);
    if (err == BK_OK && options->has_seccomp)
        err = bk_seccomp_load(BK_SECCOMP_MASTER, &detail);
    if (err != BK_OK)
        bk_log(BK_LOG_ERROR, "not serving", BK_KV("user", has_user ? options->user : ""),
               BK_KV("detail", detail.text));
    return err;
}

/* An upgrade runs what the path leads to then: a link that was switched, where argv[0] is one. */
static void find_program(struct master *master)
{
    if (master->argv[0][0] == '/') {
        snprintf(master->program, sizeof master->program, "%s", master->argv[0]);
        return;
    }
    ssize_t len = readlink("/proc/self/exe", master->program, sizeof master->program - 1);
    master->program[len > 0 ? len : 0] = '\0';
}

int bk_server_run(const struct bk_server_options *options, char **argv)
{
    static struct master master;
    master = (struct master){.options = *options, .argv = argv, .admin_fd = -1};
    for (size_t slot = 0; slot < BK_WORKER_MAX; slot++)
        for (size_t i = 0; i < BK_LISTENER_MAX; i++)
            master.slots[slot].fds[i] = -1;
    signal(SIGPIPE, SIG_IGN);
    find_program(&master);
    fit_descriptors(&master.options);
    adopt(&master);
    if (!open_sockets(&master))
        return 1;
    close_left_over(&master);
    if (harden(&master.options) != BK_OK)
        return 1;
    look_after(&master);
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
            err = bk_listener_tls(options, row, none, &tls, ret_detail);
        SSL_CTX_free(tls);
        bk_trust_unref(none);
        if (err != BK_OK)
            return err;
    }
    return BK_OK;
}
