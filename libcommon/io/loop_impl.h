/*
 * What an implementation of io/loop.h provides, and what loop.c keeps for it: the timer heap and
 * the queue of posted messages. Included by loop.c and the implementations only.
 */
#ifndef IO_LOOP_IMPL_H
#define IO_LOOP_IMPL_H

#include <pthread.h>

#include "io/loop.h"

/* First member of an implementation's own watch. */
struct bk_watch {
    struct bk_loop *loop;
    bk_watch_fn *on_ready;
    void *ctx;
    unsigned want;
};

struct bk_loop_ops {
    /* Allocate the watch and start it; loop.c fills the common part in afterwards. */
    enum bk_err (*watch_open)(struct bk_loop *loop, int fd, struct bk_watch **ret_watch);
    /* watch->want has the new wish already. */
    void (*watch_want)(struct bk_watch *watch);
    void (*watch_close)(struct bk_watch *watch);
    /* The earliest timer changed: for a loop that must be told. NULL: it asks before it sleeps. */
    void (*timers_changed)(struct bk_loop *loop);
    void (*run)(struct bk_loop *loop);
    void (*stop)(struct bk_loop *loop);
    void (*free)(struct bk_loop *loop); /* after everything of loop.c is gone */
};

struct bk_post;

/* First member of an implementation's own loop. */
struct bk_loop {
    const struct bk_loop_ops *ops;
    struct bk_timer **heap; /* earliest first */
    size_t heap_count, heap_size;
    uint64_t next_order;
    size_t watch_count;
    pthread_mutex_t post_lock;
    struct bk_post *post_first, **post_last; /* under post_lock */
    uint64_t next_post;                      /* under post_lock */
    int post_fd;                             /* eventfd: readable when something was posted */
    struct bk_watch *post_watch;
};

/* Aborts when there is no memory or descriptor: a worker is nothing without its loop. */
void bk_loop_init(struct bk_loop *loop, const struct bk_loop_ops *ops);
/* Milliseconds until the earliest timer is due, 0 when it is; -1 without timers. */
int64_t bk_loop_timer_wait_ms(const struct bk_loop *loop);
/* Fire what is due; a timer started meanwhile waits for the next call. */
void bk_loop_timers_run(struct bk_loop *loop);

/*
 * For libraries whose timers count wall-clock time: how far gettimeofday, which they read, is ahead
 * of the monotonic clock; and how far it has stepped since *ahead_ms was taken, which follows.
 * 0: not by more than rounding and slewing do.
 */
int64_t bk_loop_wall_ahead_ms(void);
int64_t bk_loop_wall_step_ms(int64_t *ahead_ms);

#endif
