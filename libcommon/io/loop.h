/*
 * What waits: one small interface (watch a descriptor, timer, message) over an event loop that
 * belongs to somebody else: h2o's in the servers (loop_h2o.c), libre's in the notifier. io/pg and
 * io/redis are written against this, so they serve both.
 *
 * Everything here is called on the loop's own thread, except bk_loop_post.
 */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

struct bk_loop;
struct bk_watch;

enum { BK_READABLE = 1, BK_WRITABLE = 2 };

/*
 * ready: BK_READABLE, BK_WRITABLE or both; an error or hang-up is told as whatever was wanted.
 * The watch may be closed from inside.
 */
typedef void bk_watch_fn(void *ctx, unsigned ready);
typedef void bk_timer_fn(void *ctx);
typedef void bk_post_fn(void *ctx);

/*
 * Watch fd, which stays the caller's, becomes non-blocking, and must be closed after the watch.
 * Level triggered: on_ready comes again while the condition holds. want 0 pauses.
 * BK_ERR_IO when there is no descriptor left, BK_ERR_NO_MEMORY.
 */
BK_MUST_USE enum bk_err bk_watch_open(struct bk_loop *loop, int fd, unsigned want,
                                      bk_watch_fn *on_ready, void *ctx,
                                      struct bk_watch **ret_watch);
void bk_watch_want(struct bk_watch *watch, unsigned want);
void bk_watch_close(struct bk_watch *watch); /* NULL is allowed */

/* Embedded in its owner, zeroed by it before first use; fires once. Starting again moves it. */
struct bk_timer {
    struct bk_loop *loop; /* NULL: not running */
    int64_t due_mono_ms;
    uint64_t order; /* among timers due in the same millisecond: first started, first fired */
    size_t heap_at;
    bk_timer_fn *on_due;
    void *ctx;
};
/* A negative delay counts as 0; on_due always comes from the loop, never from inside this call. */
void bk_timer_start(struct bk_loop *loop, struct bk_timer *timer, int64_t delay_ms,
                    bk_timer_fn *on_due, void *ctx);
void bk_timer_stop(struct bk_timer *timer); /* harmless when not running */
bool bk_timer_is_running(const struct bk_timer *timer);

/*
 * Run fn(ctx) on the loop's thread, soon, in the order of posting; from any thread (results of
 * blocking work). What is still waiting when the loop is freed runs then, so that nothing leaks.
 */
void bk_loop_post(struct bk_loop *loop, bk_post_fn *fn, void *ctx);

/* What was posted until now runs inside this call: for whoever waits for threads to end. */
void bk_loop_run_posts(struct bk_loop *loop);

/* Monotonic milliseconds; read afresh, so a long callback does not shorten a timer. */
int64_t bk_loop_now_ms(struct bk_loop *loop);
/* Run until bk_loop_stop. */
void bk_loop_run(struct bk_loop *loop);
void bk_loop_stop(struct bk_loop *loop);
/* Every watch and timer must be gone. NULL is allowed. */
void bk_loop_free(struct bk_loop *loop);

#endif
