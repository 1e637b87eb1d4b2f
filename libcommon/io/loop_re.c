/*
 * bk_loop on libre 1.1.0's epoll loop.
 *
 * libre keeps one handler a descriptor number, so each watch has a duplicate of its own: two
 * watches on one socket do not meet. The numbers themselves come back: libre takes what epoll
 * reported in one turn to whoever has the number by then. So a watch that is closed gives its
 * number back when the turn is over, and a new watch, whose number may have been that of a socket
 * of libre's, checks the first event it is told of.
 *
 * libre's timers count wall-clock time: after a step back they would not fire until the clock has
 * caught up. Ours do not depend on them (timer_fd), and each second theirs are moved along. After a
 * step forward those that run may fire at once, before we see it: transactions end early, and are
 * tried again.
 */
#include "io/loop_re.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <re.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define DEBUG_MODULE "loop" /* re_dbg.h wants both */
#define DEBUG_LEVEL 0
#include <re_dbg.h>

#include "base/alloc.h"
#include "base/list.h"
#include "io/loop_impl.h"

enum { FD_COUNT_MIN = 64, FD_COUNT_MAX = 1000000, STEP_LOOK_S = 1 };
#define ANCHOR_MS (86400 * 1000)

struct loop_re {
    struct bk_loop base;
    int timer_fd;              /* due with the earliest timer of ours */
    int64_t timer_due_mono_ms; /* what it is set to; -1: not running */
    int step_fd;               /* time to look for steps of the wall clock */
    int64_t wall_ahead_ms;     /* wall - monotonic, when last looked at */
    struct tmr anchor;         /* always running: it stands in libre's list, and so leads there */
    struct bk_list closed;     /* watches whose number is not given back yet */
    struct tmr reap;           /* running while there are some; fires when the turn is over */
    bool is_running, is_stopping, is_firing;
};

struct watch_re {
    struct bk_watch base;
    struct bk_list node; /* in loop->closed */
    int fd;              /* a duplicate */
    bool is_new;         /* no event has been told yet */
};

static struct loop_re *loop_of(struct bk_loop *loop)
{
    return BK_CONTAINER(loop, struct loop_re, base);
}

static struct watch_re *watch_of(struct bk_watch *watch)
{
    return BK_CONTAINER(watch, struct watch_re, base);
}

static void fail(const char *what, int err)
{
    fprintf(stderr, "event loop: %s: %s (raise the limit of open files?)\n", what, strerror(err));
    abort();
}

/* ---- watches ---- */

/* False: the event was meant for whoever had the number before. */
static bool is_true(const struct watch_re *watch)
{
    struct pollfd now = {.fd = watch->fd};
    now.events = (short)(((watch->base.want & BK_READABLE) != 0 ? POLLIN : 0) |
                         ((watch->base.want & BK_WRITABLE) != 0 ? POLLOUT : 0));
    return poll(&now, 1, 0) > 0;
}

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
    if (watch_of(watch)->is_new && !is_true(watch_of(watch)))
        ready = 0;
    /* epoll reports a number once a turn: what comes from now on is its own. */
    watch_of(watch)->is_new = false;
    if (ready != 0)
        watch->on_ready(watch->ctx, ready);
}

static enum bk_err watch_open(struct bk_loop *loop, int fd, struct bk_watch **ret_watch)
{
    (void)loop;
    struct watch_re *watch = bk_alloc(sizeof *watch);
    if (watch == NULL)
        return BK_ERR_NO_MEMORY;
    watch->is_new = true;
    watch->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    int flags = watch->fd < 0 ? -1 : fcntl(watch->fd, F_GETFL);
    /* Tried once before it matters, so that a full table is heard now and not in watch_want. */
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
    if (err != 0) /* the kernel refused what it took before: nothing would ever be heard of it */
        fail("descriptor", err);
}

static void reap(struct loop_re *loop)
{
    while (!bk_list_is_empty(&loop->closed)) {
        struct watch_re *watch = BK_CONTAINER(loop->closed.next, struct watch_re, node);
        bk_list_remove(&watch->node);
        close(watch->fd);
        bk_free(watch);
    }
}

static void on_reap(void *ctx)
{
    reap(ctx);
}

static void watch_close(struct bk_watch *watch)
{
    struct loop_re *loop = loop_of(watch->loop);
    fd_close(watch_of(watch)->fd); /* no callback comes any more */
    bk_list_append(&loop->closed, &watch_of(watch)->node);
    if (!loop->is_running)
        reap(loop);
    else if (!tmr_isrunning(&loop->reap))
        tmr_start(&loop->reap, 0, on_reap, loop);
}

/* ---- timers ---- */

static void set_fd(int fd, struct itimerspec when)
{
    if (timerfd_settime(fd, 0, &when, NULL) < 0)
        fail("timer", errno);
}

static void drain(int fd)
{
    uint64_t count;
    while (read(fd, &count, sizeof count) < 0 && errno == EINTR)
        ;
}

static void timers_changed(struct bk_loop *base);

static void on_timer_fd(int flags, void *ctx)
{
    (void)flags;
    struct loop_re *loop = ctx;
    drain(loop->timer_fd);
    loop->timer_due_mono_ms = -1;
    loop->is_firing = true;
    bk_loop_timers_run(&loop->base);
    loop->is_firing = false;
    timers_changed(&loop->base);
}

static void timers_changed(struct bk_loop *base)
{
    struct loop_re *loop = loop_of(base);
    int64_t due_mono_ms = base->heap_count > 0 ? base->heap[0]->due_mono_ms : -1;
    if (loop->is_firing || loop->timer_due_mono_ms == due_mono_ms)
        return;
    loop->timer_due_mono_ms = due_mono_ms;
    struct itimerspec when = {0}; /* stops it */
    if (due_mono_ms >= 0) {
        int64_t wait_ms = bk_loop_timer_wait_ms(base);
        when.it_value.tv_sec = (time_t)(wait_ms / 1000);
        when.it_value.tv_nsec = (long)(wait_ms % 1000 * 1000000);
        if (wait_ms == 0)
            when.it_value.tv_nsec = 1; /* at once, and yet in the next turn */
    }
    set_fd(loop->timer_fd, when);
}

static void on_step_fd(int flags, void *ctx)
{
    (void)flags;
    struct loop_re *loop = ctx;
    drain(loop->step_fd);
    int64_t step_ms = bk_loop_wall_step_ms(&loop->wall_ahead_ms);
    if (step_ms == 0)
        return;
    /* All by the same: their order stays. */
    for (struct le *le = list_head(loop->anchor.le.list); le != NULL; le = le->next) {
        struct tmr *timer = le->data;
        timer->jfs = (uint64_t)((int64_t)timer->jfs + step_ms);
    }
}

static void on_anchor(void *ctx)
{
    struct loop_re *loop = ctx;
    tmr_start(&loop->anchor, ANCHOR_MS, on_anchor, loop);
}

/* ---- life ---- */

static void run(struct bk_loop *base)
{
    struct loop_re *loop = loop_of(base);
    loop->is_running = true;
    loop->is_stopping = false;
    while (!loop->is_stopping) {
        int err = re_main(NULL);
        if (err != 0 && err != EINTR)
            fail("libre", err);
    }
    loop->is_running = false;
}

static void stop(struct bk_loop *base)
{
    loop_of(base)->is_stopping = true;
    re_cancel();
}

static void free_loop(struct bk_loop *base)
{
    struct loop_re *loop = loop_of(base);
    reap(loop);
    tmr_cancel(&loop->reap);
    tmr_cancel(&loop->anchor);
    fd_close(loop->timer_fd);
    fd_close(loop->step_fd);
    close(loop->timer_fd);
    close(loop->step_fd);
    fd_setsize(0); /* gives back its table, and its epoll descriptor */
    libre_close();
    bk_free(loop);
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

static int open_timer(fd_h *on_due, struct loop_re *loop)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (fd < 0)
        fail("timer", errno);
    int err = fd_listen(fd, FD_READ, on_due, loop);
    if (err != 0)
        fail("timer", err);
    return fd;
}

struct bk_loop *bk_loop_re_new(int fd_max)
{
    assert(fd_max >= FD_COUNT_MIN && fd_max <= FD_COUNT_MAX);
    struct loop_re *loop = bk_alloc_or_abort(sizeof *loop);
    bk_list_init(&loop->closed);
    tmr_init(&loop->anchor);
    tmr_init(&loop->reap);
    dbg_init(DBG_EMERG, DBG_NONE); /* what a peer does wrong is not written to stderr */
    int err = libre_init();
    if (err == 0)
        err = fd_setsize(fd_max);
    if (err != 0)
        fail("libre", err);
    loop->timer_fd = open_timer(on_timer_fd, loop);
    loop->timer_due_mono_ms = -1;
    loop->step_fd = open_timer(on_step_fd, loop);
    set_fd(loop->step_fd, (struct itimerspec){{STEP_LOOK_S, 0}, {STEP_LOOK_S, 0}});
    loop->wall_ahead_ms = bk_loop_wall_ahead_ms();
    on_anchor(loop);
    bk_loop_init(&loop->base, &ops);
    return &loop->base;
}
