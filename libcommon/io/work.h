/*
 * Work that may block (transactions of the API, password hashing, name look-ups), on a few threads
 * of its own, beside a loop that may not. What a thread touches belongs to it from submit to done.
 */
#ifndef IO_WORK_H
#define IO_WORK_H

#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "io/loop.h"

struct bk_work;

/* On a thread; thread is 0..thread_count-1, for what each thread owns (a connection). */
typedef void bk_work_run_fn(void *ctx, size_t thread);
/* On the loop, once per item whose run has returned, never from inside bk_work_submit. */
typedef void bk_work_done_fn(void *ctx);

/* queue_max: items waiting or running; beyond: BK_ERR_BUSY at once. BK_ERR_NO_MEMORY, also of
 * bk_work_submit: no thread, no item. Signals stay with the loop. */
BK_MUST_USE enum bk_err bk_work_new(struct bk_loop *loop, size_t thread_count, size_t queue_max,
                                    struct bk_work **ret_work);
BK_MUST_USE enum bk_err bk_work_submit(struct bk_work *work, bk_work_run_fn *run,
                                       bk_work_done_fn *done, void *ctx);
size_t bk_work_count(const struct bk_work *work); /* waiting or running, or not yet told */
/*
 * Waits for what runs; what only waits is not run, but told: done of every item is called before
 * this returns. May be called by a done. NULL is allowed.
 */
void bk_work_free(struct bk_work *work);

#endif
