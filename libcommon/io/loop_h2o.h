/*
 * bk_loop on h2o's event loop, for the servers. h2o's own timers are lists of one fixed duration
 * each; ours are a heap that decides how long a turn may wait.
 */
#ifndef IO_LOOP_H2O_H
#define IO_LOOP_H2O_H

#include "io/loop.h"

struct st_h2o_evloop_t;

/* Never NULL: aborts when there is no memory or descriptor, since a worker is nothing without. */
struct bk_loop *bk_loop_h2o_new(void);
struct st_h2o_evloop_t *bk_loop_h2o_of(struct bk_loop *loop); /* for web/ */

#endif
