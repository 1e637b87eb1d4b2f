/*
 * PostgreSQL for whoever may block: the command line, and threads beside a loop (io/work.h). One
 * connection, transactions, and the same row accessors as io/pg.h. Only parameterised statements.
 * A connection belongs to one thread at a time; nothing is shared between two.
 */
#ifndef IO_PG_SYNC_H
#define IO_PG_SYNC_H

#include "io/pg.h"

struct bk_pgc;

/*
 * BK_ERR_DOWN with libpq's message and the next step in the detail. Takes 5 s at most for each host
 * of the string, unless it has another connect_timeout (whole seconds, 2 or more).
 */
BK_MUST_USE enum bk_err bk_pgc_open(const char *dsn, const char *application_name,
                                    struct bk_pgc **ret_pgc, struct bk_detail *ret_detail);
void bk_pgc_close(struct bk_pgc *pgc);

/*
 * From now on a statement that is not answered within timeout_ms (0: no limit; at most an hour)
 * ends with BK_ERR_TIMEOUT, whatever became of the server, and the connection is dead: for
 * services, whose threads must come back. The server is told to give up a little sooner, which is
 * BK_ERR_TIMEOUT on a connection that lives; to wait for a lock not as long, which is BK_ERR_BUSY;
 * and to end a transaction that rests for four times the limit. Set it before anything else.
 */
BK_MUST_USE enum bk_err bk_pgc_limit(struct bk_pgc *pgc, int timeout_ms,
                                     struct bk_detail *ret_detail);
/*
 * Between two statements, without asking the server: false when it has ended the connection, or a
 * limit did: close it and open another. True is no promise: a server that is gone without a word
 * is noticed by the next statement. NULL: false.
 */
bool bk_pgc_is_alive(const struct bk_pgc *pgc);

/*
 * Run one statement with parameters ($1…). ret_rows may be NULL; else free with bk_pg_rows_free.
 * Errors by SQLSTATE: 23505 BK_ERR_EXISTS, 23503 BK_ERR_NOT_FOUND, 23514/22xxx BK_ERR_INVALID,
 * 42501 BK_ERR_DENIED, 57014 BK_ERR_TIMEOUT, what goes by (40001, 40P01, 55P03, 53xxx, 57P03,
 * 25006) BK_ERR_BUSY, 08xxx and other 57Pxx BK_ERR_DOWN, others BK_ERR_INTERNAL; the detail has
 * message and constraint name ("…(device_mac_uq)").
 */
BK_MUST_USE enum bk_err bk_pgc_exec(struct bk_pgc *pgc, const char *sql,
                                    const struct bk_pg_param *params, size_t param_count,
                                    struct bk_pg_rows **ret_rows, struct bk_detail *ret_detail);
/*
 * A script of several statements without parameters: migrations, begin, commit. Never with text
 * from outside. "commit" alone is BK_ERR_INTERNAL when the server made a rollback of it, because a
 * statement before it had failed.
 */
BK_MUST_USE enum bk_err bk_pgc_script(struct bk_pgc *pgc, const char *sql,
                                      struct bk_detail *ret_detail);
const char *bk_pgc_constraint(const struct bk_pgc *pgc); /* of the last error, "" when none */
/* The last error was a deadlock or a serialization failure: the transaction may be run again. */
bool bk_pgc_is_conflict(const struct bk_pgc *pgc);

#endif
