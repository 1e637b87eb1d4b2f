/*
 * Bans, as workers ask for them and read them, and the addresses where phones were served
 * (migrations/0026_ban.sql). On the connection of store_visit.h.
 */
#ifndef STORE_STORE_BAN_H
#define STORE_STORE_BAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cidr.h"
#include "base/err.h"
#include "io/pg.h"

#define BK_GOOD_BATCH_MAX 500
#define BK_ADDRESS_TEXT_SIZE 46 /* INET6_ADDRSTRLEN */

/* At most BK_GOOD_BATCH_MAX numeric addresses. */
BK_MUST_USE enum bk_err bk_store_good_sources_start(struct bk_pg *pg,
                                                    const char (*addresses)[BK_ADDRESS_TEXT_SIZE],
                                                    size_t count, bk_pg_done_fn *on_done,
                                                    void *ctx);

/* network: an address, a /24 or a /48; seen_json: an object of at most 2 KiB. */
BK_MUST_USE enum bk_err bk_store_ban_request_start(struct bk_pg *pg, const char *network,
                                                   const char *reason, const char *seen_json,
                                                   int64_t seconds, bk_pg_done_fn *on_done,
                                                   void *ctx);
enum bk_ban_verdict {
    BK_BAN_MADE,   /* by this request */
    BK_BAN_KNOWN,  /* it was in force */
    BK_BAN_GOOD,   /* refused: a phone was served there within a day */
    BK_BAN_LIFTED, /* refused: the operator lifted it */
    BK_BAN_FULL    /* refused: too many bans */
};
/* *ret_seconds_left: of MADE and KNOWN, else 0. BK_ERR_INTERNAL: no such answer. */
BK_MUST_USE enum bk_err bk_store_ban_verdict(const struct bk_pg_rows *rows,
                                             enum bk_ban_verdict *ret_verdict,
                                             int64_t *ret_seconds_left);

BK_MUST_USE enum bk_err bk_store_bans_start(struct bk_pg *pg, bk_pg_done_fn *on_done, void *ctx);
/* good: addresses with commas between them, borrowed from rows. */
struct bk_store_ban {
    struct bk_cidr network;
    int64_t seconds_left;
    bool spares_good;
    struct bk_str good;
};
BK_MUST_USE enum bk_err bk_store_ban_row(const struct bk_pg_rows *rows, int row,
                                         struct bk_store_ban *ret_ban);

#endif
