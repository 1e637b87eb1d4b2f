/*
 * PostgreSQL from an event loop: one connection in pipeline mode for single statements of many
 * requests. Statements are prepared at every (re)connect; a query never blocks the loop, waits in a
 * bounded queue, and ends by its deadline whatever the server does. Reconnects by itself: at once,
 * then after 100 ms doubling to 1 s, for ever. One owner: the worker that made it.
 *
 * A query is one statement and one implicit transaction. What needs several statements in a
 * transaction calls a function of schema bk, or uses io/pg_sync.h (the command line).
 * The server is told statement_timeout = query_timeout_ms, since a cancel would block, and
 * plan_cache_mode = force_generic_plan: statements look up keys, planning again finds nothing
 * better.
 */
#ifndef IO_PG_H
#define IO_PG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "io/loop.h"

struct bk_pg;

#define BK_PG_PARAM_MAX 24
#define BK_PG_PARAM_BYTES_MAX (8u << 20) /* of all parameters of one query */

/* Prepared on every connection under its name; the index in the table is its id. */
struct bk_pg_statement {
    const char *name; /* NULL ends the table */
    const char *sql;
    int param_count;
};

struct bk_pg_options {
    const char *dsn;  /* libpq connection string or URI; borrowed for the life of the object */
    const char *role; /* application_name, in pg_stat_activity: "beckon-config/0 fetch" */
    const struct bk_pg_statement *statements; /* borrowed */
    size_t queue_max;     /* queries waiting or in flight; beyond: BK_ERR_BUSY at once */
    size_t in_flight_max; /* queries sent and not answered; a slow database slows only itself */
    int query_timeout_ms; /* from submit to answer */
    int connect_timeout_ms;
};

/*
 * Text parameters; ptr NULL is SQL NULL; a text may not hold NUL. is_binary: the bytes as they
 * are (for bytea), in libpq's binary format.
 */
struct bk_pg_param {
    struct bk_str text;
    bool is_binary;
};

/* Rows of one answer; valid inside on_done only, unless bk_pg_rows_take is used. */
struct bk_pg_rows;
int bk_pg_row_count(const struct bk_pg_rows *rows);
bool bk_pg_is_null(const struct bk_pg_rows *rows, int row, int column);
struct bk_str bk_pg_text(const struct bk_pg_rows *rows, int row, int column); /* NULL: empty */
int64_t bk_pg_int(const struct bk_pg_rows *rows, int row, int column); /* NULL or no number: 0 */
/* bytea in text form (\x…) -> bytes; BK_ERR_INVALID when it is none, BK_ERR_TOO_LARGE. */
BK_MUST_USE enum bk_err bk_pg_bytes(const struct bk_pg_rows *rows, int row, int column,
                                    uint8_t *ret_bytes, size_t size, size_t *ret_len);
/* Keep the rows beyond on_done; free with bk_pg_rows_free. */
struct bk_pg_rows *bk_pg_rows_take(struct bk_pg_rows *rows);
void bk_pg_rows_free(struct bk_pg_rows *rows);

/*
 * Called once per submitted query, from the loop, never from inside bk_pg_submit.
 * err: BK_OK (rows given, and committed), BK_ERR_TIMEOUT (deadline, ours or the server's; the
 * answer, should it come, is dropped), BK_ERR_DOWN (connection lost or not there; a statement that
 * was sent may have been executed), BK_ERR_BUSY (the server refused for a reason that passes: read
 * only, disk full, deadlock), BK_ERR_INTERNAL (it refused the statement: detail has its message and
 * SQLSTATE), BK_ERR_NO_MEMORY. detail is never NULL.
 */
typedef void bk_pg_done_fn(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
                           const struct bk_detail *detail);

struct bk_pg_query; /* handle; valid until on_done or bk_pg_abandon */

/* BK_ERR_INVALID with a detail: not a connection string, or one we do not take ("service"). */
BK_MUST_USE enum bk_err bk_pg_dsn_check(const char *dsn, struct bk_detail *ret_detail);

/* BK_ERR_INVALID as bk_pg_dsn_check; whether the database is there is told later, by on_state. */
BK_MUST_USE enum bk_err bk_pg_open(struct bk_loop *loop, const struct bk_pg_options *options,
                                   struct bk_pg **ret_pg);
/* Ends every query with BK_ERR_DOWN (on_done is called before this returns: the one exception). */
void bk_pg_close(struct bk_pg *pg);

/*
 * BK_OK and *ret_query (may be NULL), or at once: BK_ERR_BUSY (queue full), BK_ERR_DOWN (no
 * connection and the last attempt failed: nothing is queued for a database that is away),
 * BK_ERR_TOO_LARGE (BK_PG_PARAM_BYTES_MAX), BK_ERR_INVALID (NUL in a text), BK_ERR_NO_MEMORY.
 * params has as many elements as the statement's param_count; they are copied.
 */
BK_MUST_USE enum bk_err bk_pg_submit(struct bk_pg *pg, size_t statement,
                                     const struct bk_pg_param *params, bk_pg_done_fn *on_done,
                                     void *ctx, struct bk_pg_query **ret_query);
/* on_done will not be called any more; the handle is gone. */
void bk_pg_abandon(struct bk_pg_query *query);

bool bk_pg_is_up(const struct bk_pg *pg);
size_t bk_pg_queue_len(const struct bk_pg *pg);
/* Called on every change of bk_pg_is_up, and when the first attempt fails; may be NULL. */
typedef void bk_pg_state_fn(void *ctx, bool is_up, const struct bk_detail *detail);
void bk_pg_on_state(struct bk_pg *pg, bk_pg_state_fn *on_state, void *ctx);

#endif
