/*
 * What a process of ours gives up before it meets anybody: core dumps and debuggers, privileges to
 * be gained, and root. Which calls of the kernel it gives up is io/seccomp.h's.
 */
#ifndef BASE_HARDEN_H
#define BASE_HARDEN_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"

/*
 * First thing in main, before a secret is read: no core file, no /proc/<pid>/mem and no debugger
 * for others of the same user, and no program that is run from here gains privileges by its file.
 * (Under a sanitizer the process stays open to debuggers: its search for leaks is one.)
 */
void bk_harden_process(void);

/*
 * When everything that needs root is done: become `user` (NULL or empty: stay who we are), with his
 * groups, for good. Who is not root already must be him.
 *
 * returns  BK_ERR_DENIED with a detail that names setting and cure: no such user, not allowed to
 *          become him, or root (that user 0 is meant, or nobody is named) without allows_root
 */
BK_MUST_USE enum bk_err bk_harden_user(const char *user, bool allows_root,
                                       struct bk_detail *ret_detail);

#endif
