/*
 * Whether what a command has changed may be committed.
 */
#ifndef CLI_GUARD_H
#define CLI_GUARD_H

#include "cli.h"
#include "guard/guard.h"

/* Of the phones that were raised since this was asked last; the faults are the caller's to tell. */
BK_MUST_USE enum bk_err cli_guard_check(struct cli *cli, struct bk_guard_faults *ret_faults);
/* The same, by cli_end: BK_ERR_INVALID with the first as the detail, others as problems. */
BK_MUST_USE enum bk_err cli_guard(struct cli *cli);

#endif
