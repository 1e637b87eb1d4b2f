/*
 * What time makes due, and revisions still to be raised: bk.maintain and bk.changes_apply.
 */
#ifndef STORE_STORE_MAINTAIN_H
#define STORE_STORE_MAINTAIN_H

#include "store/store.h"

/* ret_json: [{"what", "done_count"}], in the arena. Idempotent; meant to be called about hourly. */
BK_MUST_USE enum bk_err bk_store_maintain(const struct bk_store *store, struct bk_str *ret_json);

/* Raise one batch of devices of big changes; *ret_count 0: nothing is left. A transaction a call.
 */
BK_MUST_USE enum bk_err bk_store_changes_apply(const struct bk_store *store, int64_t *ret_count);

#endif
