/*
 * bk_loop on h2o 2.2.5's evloop (epoll).
 *
 * Everything of ours runs INSIDE h2o_evloop_run: a socket closed or written to between two runs
 * may be freed while it still stands in h2o's list of pending sockets (run_pending comes after the
 * states were updated), and a completed write would wait for the next event. So due timers are
 * fired by an h2o timeout of 0 ms, linked only when one is due.
 *
 * h2o counts its own timeouts in wall-clock time: after a step back they would not fire until the
 * clock has caught up, after a step forward all at once. Each turn compares with the monotonic
 * clock and moves them along; a turn is at most TURN_MS_MAX long, so that a step is seen soon.
 */
#include "io/loop_h2o.h"

#include <errno.h>
#include <fcntl.h>
#include <h2o/socket.h>
#include <h2o/timeout.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "io/loop_impl.h"

#define TURN_MS_MAX 1000

struct loop_h2o {
    struct bk_loop base;
    h2o_evloop_t *evloop;
    h2o_timeout_t zero;
    h2o_timeout_entry_t tick;
    int64_t wall_ahead_ms; /* wall - monotonic, when last looked at */
    bool is_stopping;
};

struct watch_h2o {
    struct bk_watch base;
    h2o_socket_t *sock; /* on a dup of the watched descriptor, since h2o closes what it has */
};

static struct loop_h2o *loop_of(struct bk_loop *loop)
{
    return BK_CONTAINER(loop, struct loop_h2o, base);
}

static struct watch_h2o *watch_of(struct bk_watch *watch)
{
    return BK_CONTAINER(watch, struct watch_h2o, base);
}

/* ---- watches ---- */

static void on_read(h2o_socket_t *sock, const char *err)
{
    (void)err; /* H2O_SOCKET_FLAG_DONT_READ: it never tried */
    struct bk_watch *watch = sock->data;
    watch->on_ready(watch->ctx, BK_READABLE);
}

static void on_write(h2o_socket_t *sock, const char *err)
{
    (void)err;
    struct bk_watch *watch = sock->data;
    /* A notification cannot be taken back, so it may come for a wish that has gone. */
    if ((watch->want & BK_WRITABLE) == 0)
        return;
    /* Once only: ask again first, since the callback may close the watch. */
    h2o_socket_notify_write(sock, on_write);
    watch->on_ready(watch->ctx, BK_WRITABLE);
}

static enum bk_err watch_open(struct bk_loop *loop, int fd, struct bk_watch **ret_watch)
{
    struct watch_h2o *watch = bk_alloc(sizeof *watch);
    if (watch == NULL)
        return BK_ERR_NO_MEMORY;
    int own_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (own_fd < 0) {
        bk_free(watch);
        return BK_ERR_IO;
    }
    watch->sock =
        h2o_evloop_socket_create(loop_of(loop)->evloop, own_fd, H2O_SOCKET_FLAG_DONT_READ);
    watch->sock->data = &watch->base;
    *ret_watch = &watch->base;
    return BK_OK;
}

static void watch_want(struct bk_watch *watch)
{
    h2o_socket_t *sock = watch_of(watch)->sock;
    if ((watch->want & BK_READABLE) != 0) {
        if (!h2o_socket_is_reading(sock))
            h2o_socket_read_start(sock, on_read);
    } else if (h2o_socket_is_reading(sock)) {
        h2o_socket_read_stop(sock);
    }
    if ((watch->want & BK_WRITABLE) != 0 && !h2o_socket_is_writing(sock))
        h2o_socket_notify_write(sock, on_write);
}

static void watch_close(struct bk_watch *watch)
{
    h2o_socket_close(watch_of(watch)->sock); /* no callback comes any more */
    bk_free(watch_of(watch));
}

/* ---- turns ---- */

static void on_tick(h2o_timeout_entry_t *tick)
{
    bk_loop_timers_run(&BK_CONTAINER(tick, struct loop_h2o, tick)->base);
}

static void link_tick(struct loop_h2o *loop)
{
    h2o_timeout_link(loop->evloop, &loop->zero, &loop->tick);
    /* Linked at h2o's idea of now, which a clock step may put into the future: due in any case. */
    loop->tick.registered_at = 0;
}

static void follow_clock_steps(struct loop_h2o *loop)
{
    int64_t step_ms = bk_loop_wall_step_ms(&loop->wall_ahead_ms);
    if (step_ms == 0)
        return;
    h2o_linklist_t *all = &loop->evloop->_timeouts;
    for (h2o_linklist_t *t = all->next; t != all; t = t->next) {
        h2o_timeout_t *timeout = H2O_STRUCT_FROM_MEMBER(h2o_timeout_t, _link, t);
        h2o_linklist_t *entries = &timeout->_entries;
        for (h2o_linklist_t *e = entries->next; e != entries; e = e->next) {
            h2o_timeout_entry_t *entry = H2O_STRUCT_FROM_MEMBER(h2o_timeout_entry_t, _link, e);
            entry->registered_at = (uint64_t)((int64_t)entry->registered_at + step_ms);
        }
    }
}

static void run(struct bk_loop *base)
{
    struct loop_h2o *loop = loop_of(base);
    loop->is_stopping = false;
    while (!loop->is_stopping) {
        follow_clock_steps(loop);
        int64_t wait_ms = bk_loop_timer_wait_ms(base);
        if (wait_ms == 0)
            link_tick(loop);
        else if (wait_ms < 0 || wait_ms > TURN_MS_MAX)
            wait_ms = TURN_MS_MAX;

        errno = 0;
        if (h2o_evloop_run(loop->evloop, (int32_t)wait_ms) != 0) {
            /* A signal ended the wait; nothing ran, and the tick stays linked for no second one. */
            h2o_timeout_unlink(&loop->tick);
            if (errno == EINTR)
                continue;
            /* The kernel refused a descriptor: h2o has lost track of its sockets. */
            fprintf(stderr, "event loop failed: %s\n", strerror(errno));
            abort();
        }
    }
}

static void stop(struct bk_loop *loop)
{
    loop_of(loop)->is_stopping = true;
}

static void free_loop(struct bk_loop *base)
{
    struct loop_h2o *loop = loop_of(base);
    h2o_timeout_unlink(&loop->tick);
    h2o_timeout_dispose(loop->evloop, &loop->zero);
    h2o_evloop_destroy(loop->evloop); /* 2.2.5 leaves its epoll descriptor open */
    bk_free(loop);
}

static const struct bk_loop_ops ops = {
    .watch_open = watch_open,
    .watch_want = watch_want,
    .watch_close = watch_close,
    .timers_changed = NULL, /* run() asks before each turn */
    .run = run,
    .stop = stop,
    .free = free_loop,
};

struct bk_loop *bk_loop_h2o_new(void)
{
    struct loop_h2o *loop = bk_alloc_or_abort(sizeof *loop);
    loop->evloop = h2o_evloop_create();
    h2o_timeout_init(loop->evloop, &loop->zero, 0);
    loop->tick.cb = on_tick;
    loop->wall_ahead_ms = bk_loop_wall_ahead_ms();
    bk_loop_init(&loop->base, &ops);
    return &loop->base;
}

h2o_evloop_t *bk_loop_h2o_of(struct bk_loop *loop)
{
    return loop_of(loop)->evloop;
}
