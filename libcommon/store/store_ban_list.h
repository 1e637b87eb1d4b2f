/*
 * Bans as operators see, add and lift them (migrations/0026_ban.sql).
 */
#ifndef STORE_STORE_BAN_LIST_H
#define STORE_STORE_BAN_LIST_H

#include "store/store.h"

/* JSON array, newest first: ban_id, network, reason, seen, spares_good, banned_by, banned_at,
 * until, lifted_at, lifted_by, is_in_force; those in force, or all. */
BK_MUST_USE enum bk_err bk_store_ban_list(const struct bk_store *store, bool all, int64_t limit,
                                          struct bk_str *ret_json);

struct bk_store_ban_new {
    struct bk_str network; /* address, or address/bits: host bits must be zero */
    struct bk_str reason, actor;
    int64_t seconds;
    bool spares_good; /* addresses where phones were served within a day */
};
/* *ret_good_count: how many of those there are. */
BK_MUST_USE enum bk_err bk_store_ban_add(const struct bk_store *store,
                                         const struct bk_store_ban_new *ban, int64_t *ret_ban_id,
                                         int64_t *ret_good_count);
/* *ret_ban_id 0: there was none in force. */
BK_MUST_USE enum bk_err bk_store_ban_lift(const struct bk_store *store, struct bk_str network,
                                          struct bk_str actor, int64_t *ret_ban_id);

#endif
