/*
 * bk_loop on libre 1.1.0's epoll loop.
 *
 * libre keeps one handler a descriptor number, so each watch has a duplicate of its own: two
 * watches on one socket, or a number that is closed and comes back, do not meet. It knows no "every
 * turn" hook: the heap of loop.c is driven by one timer of libre's, set to the earliest due time.
 */
#include "io/loop_re.h"

#include <errno.h>
#include <fcntl.h>
#include <re.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "io/loop_impl.h"

struct loop_re {
    struct bk_loop base;
    struct tmr tick;
    int64_t tick_due_mono_ms; /* -1: not running */
    bool is_running, is_ticking;
};

struct watch_re {
    struct bk_watch base;
    int fd; /* a duplicate */
};

static struct loop_re *loop_of(struct bk_loop *loop)
{
    return BK_CONTAINER(loop, struct loop_re, base);
}

static struct watch_re *watch_of(struct bk_watch *watch)
{
    return BK_CONTAINER(watch, struct watch_re, base);
}

/* ---- watches ---- */

static void on_fd(int flags, void *ctx)
{
    struct bk_watch *watch = ctx;
    unsigned ready = 0;
    if ((flags & FD_READ) != 0)
        ready |= BK_READABLE;
    if ((flags & FD_WRITE) != 0)
        ready |= BK_WRITABLE;
    /* An error or hang-up: whatever was wanted finds it. */
    if ((flags & FD_EXCEPT) != 0)
        ready |= watch->want;
    ready &= watch->want;
    if (ready != 0)
        watch->on_ready(watch->ctx, ready);
}

static enum bk_err watch_open(struct bk_loop *loop, int fd, struct bk_watch **ret_watch)
{
    (void)loop;
    struct watch_re *watch = bk_alloc(sizeof *watch);
    if (watch == NULL)
        return BK_ERR_NO_MEMORY;
    watch->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    int flags = watch->fd < 0 ? -1 : fcntl(watch->fd, F_GETFL);
    /* Registered with no event first, so that a full table is heard now and not when it matters. */
    if (flags < 0 || fcntl(watch->fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fd_listen(watch->fd, FD_READ, on_fd, &watch->base) != 0) {
        if (watch->fd >= 0)
            close(watch->fd);
        bk_free(watch);
        return BK_ERR_IO;
    }
    fd_close(watch->fd);
    *ret_watch = &watch->base;
    return BK_OK;
}

static void watch_want(struct bk_watch *watch)
{
    int flags = ((watch->want & BK_READABLE) != 0 ? FD_READ : 0) |
                ((watch->want & BK_WRITABLE) != 0 ? FD_WRITE : 0);
    int fd = watch_of(watch)->fd;
    if (flags == 0) {
        fd_close(fd);
        return;
    }
    int err = fd_listen(fd, flags, on_fd, watch);
    if (err != 0) {
        /* The kernel refused a descriptor that it took before: nothing would ever be heard of it.
         */
        fprintf(stderr, "event loop failed: %s\n", strerror(err));
        abort();
    }
}

static void watch_close(struct bk_watch *watch)
{
    fd_close(watch_of(watch)->fd); /* no callback comes any more */
    close(watch_of(watch)->fd);
    bk_free(watch_of(watch));
}

/* ---- timers ---- */

static void timers_changed(struct bk_loop *base);

static void on_tick(void *ctx)
{
    struct loop_re *loop = ctx;
    loop->tick_due_mono_ms = -1;
    loop->is_ticking = true;
    bk_loop_timers_run(&loop->base);
    loop->is_ticking = false;
    timers_changed(&loop->base);
}

static void timers_changed(struct bk_loop *base)
{
    struct loop_re *loop = loop_of(base);
    int64_t wait_ms = bk_loop_timer_wait_ms(base);
    if (loop->is_ticking)
        return;
    if (wait_ms < 0) {
        tmr_cancel(&loop->tick);
        loop->tick_due_mono_ms = -1;
        return;
    }
    int64_t due_mono_ms = base->heap[0]->due_mono_ms;
    if (loop->tick_due_mono_ms == due_mono_ms)
        return;
    loop->tick_due_mono_ms = due_mono_ms;
    /* libre fires until nothing is due: without this millisecond a timer that restarts itself at
     * once would keep it from descriptors, and from stopping. */
    tmr_start(&loop->tick, wait_ms > 0 ? (uint64_t)wait_ms : 1, on_tick, loop);
}

/* ---- life ---- */

static void run(struct bk_loop *base)
{
    struct loop_re *loop = loop_of(base);
    loop->is_running = true;
    while (loop->is_running) {
        int err = re_main(NULL);
        if (err != 0 && err != EINTR) {
            fprintf(stderr, "event loop failed: %s\n", strerror(err));
            abort();
        }
    }
}

static void stop(struct bk_loop *base)
{
    loop_of(base)->is_running = false;
    re_cancel();
}

static void free_loop(struct bk_loop *base)
{
    tmr_cancel(&loop_of(base)->tick);
    libre_close();
    bk_free(loop_of(base));
}

static const struct bk_loop_ops ops = {
    .watch_open = watch_open,
    .watch_want = watch_want,
    .watch_close = watch_close,
    .timers_changed = timers_changed,
    .run = run,
    .stop = stop,
    .free = free_loop,
};

struct bk_loop *bk_loop_re_new(int fd_max)
{
    struct loop_re *loop = bk_alloc_or_abort(sizeof *loop);
    loop->tick_due_mono_ms = -1;
    tmr_init(&loop->tick);
    int err = libre_init();
    if (err == 0)
        err = fd_setsize(fd_max);
    if (err != 0) {
        fprintf(stderr, "libre: %s\n", strerror(err));
        abort();
    }
    bk_loop_init(&loop->base, &ops);
    return &loop->base;
}
