/*
 * bk_loop on libre's event loop, for the notifier: libre's sockets, transactions and timers cannot
 * sit in another's loop, so ours sits in its.
 */
#ifndef IO_LOOP_RE_H
#define IO_LOOP_RE_H

#include "io/loop.h"

/*
 * One a process: libre's loop is the thread's. Initialises libre, which is closed again by
 * bk_loop_free: everything made with libre must be gone by then. fd_max: highest number of
 * descriptors that may be watched, ours and libre's own; 64 to 1,000,000. Aborts when libre cannot
 * be initialised.
 */
struct bk_loop *bk_loop_re_new(int fd_max);

#endif
