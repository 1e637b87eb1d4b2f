/*
 * Which calls of the kernel a process of ours may still make (seccomp(2), by libseccomp). Whoever
 * takes a worker over finds no way to run a program, to write a file, or to reach into another
 * process.
 *
 * Two filters, since a filter lasts over exec: the master's forbids what no program of ours does,
 * so that the next version, which inherits it in an upgrade, can still do what this one need not. A
 * worker's comes on top and names all that is allowed.
 *
 * A call that is not allowed fails with ENOSYS, as on a kernel that has none of that name:
 * libraries try new calls and then do without. Those that only an intruder makes end the process
 * (SIGSYS, told by the master and in the kernel's log).
 */
#ifndef IO_SECCOMP_H
#define IO_SECCOMP_H

#include "base/attr.h"
#include "base/err.h"

enum bk_seccomp {
    BK_SECCOMP_MASTER, /* forks workers, and runs the program that replaces it */
    BK_SECCOMP_SERVER, /* a worker: accepts on sockets that it was given */
    BK_SECCOMP_CALLER, /* the notifier: binds sockets of its own */
};

/*
 * For this thread and all that come from it, for good; before others are started. A second filter
 * of a master is none: it has the first one from before the upgrade. Does nothing in a build with a
 * sanitizer, whose runtime calls what it likes.
 *
 * returns  BK_ERR_IO with a detail: this kernel has no filters, or has forbidden them
 */
BK_MUST_USE enum bk_err bk_seccomp_load(enum bk_seccomp filter, struct bk_detail *ret_detail);

#endif
