/*
 * What the blocking stores share: the connection, where rows are put, and where an error's sentence
 * goes. A store is SQL text and row mapping; rules, sealing and transactions are the caller's, who
 * has set the tenant of the transaction before.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "io/pg_sync.h"

struct bk_store {
    struct bk_pgc *pgc;
    struct bk_arena *arena;
    struct bk_detail *detail;
};

/* Parameters; a text whose ptr is NULL is SQL NULL. */
struct bk_pg_param bk_store_text(struct bk_str text);
struct bk_pg_param bk_store_int(const struct bk_store *store, int64_t number);
struct bk_pg_param bk_store_bytes(struct bk_str bytes);
/* SQL NULL for an empty text. */
struct bk_pg_param bk_store_text_or_null(struct bk_str text);

/* Run a statement whose rows are of no interest; *ret_count (may be NULL): how many it returned. */
BK_MUST_USE enum bk_err bk_store_run(const struct bk_store *store, const char *sql,
                                     const struct bk_pg_param *params, size_t count,
                                     int *ret_count);
/* The first column of the first row; BK_ERR_NOT_FOUND without a detail when there is none. */
BK_MUST_USE enum bk_err bk_store_number(const struct bk_store *store, const char *sql,
                                        const struct bk_pg_param *params, size_t count,
                                        int64_t *ret_number);
/* The same as text (JSON, mostly) in the arena; SQL NULL is text without pointer. */
BK_MUST_USE enum bk_err bk_store_one_text(const struct bk_store *store, const char *sql,
                                          const struct bk_pg_param *params, size_t count,
                                          struct bk_str *ret_text);

/*
 * Until the transaction ends, no nested loops: for lists of a whole tenant, which right after an
 * import meet statistics from before it, and a loop over all rows for each row takes minutes.
 */
BK_MUST_USE enum bk_err bk_store_no_loops(const struct bk_store *store);

#endif
