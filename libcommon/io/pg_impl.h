/*
 * What the files of io/pg share: pg.c (queries), pg_connect.c (the connection's life),
 * pg_resolve.c (where it leads), pg_rows.c (answers). libpq stays behind these.
 */
#ifndef IO_PG_IMPL_H
#define IO_PG_IMPL_H

#include <libpq-fe.h>

#include "base/list.h"
#include "io/pg.h"

/* ---- pg_rows.c ---- */

struct bk_pg_rows {
    PGresult *result;
    bool is_taken;
};

/* Takes result, also when it returns NULL (no memory). */
struct bk_pg_rows *bk_pg_rows_new(PGresult *result);
/* SQLSTATE of a failed result, "" when it has none (the connection broke). */
const char *bk_pg_sqlstate(const PGresult *result);
/* "message (SQLSTATE)": the primary message only, since DETAIL quotes rows. */
void bk_pg_detail_of(const PGresult *result, struct bk_detail *ret_detail);
/* libpq's message of several lines as one. */
void bk_pg_detail_line(struct bk_detail *ret_detail, const char *what, const char *message);
/* The connection is or will be gone: class 08, 57P01..57P03, or no SQLSTATE at all. */
bool bk_pg_is_lost(const char *sqlstate);
/* The statement failed for a reason that goes by: the same again may succeed. */
bool bk_pg_is_passing(const char *sqlstate);
void bk_pg_be_silent(void *ctx, const char *message); /* notice processor */

/* ---- pg_resolve.c ---- */

struct bk_pg_target; /* a parsed connection string with its addresses */
struct bk_pg_lookup;

BK_MUST_USE enum bk_err bk_pg_target_new(const struct bk_pg_options *options,
                                         struct bk_pg_target **ret_target,
                                         struct bk_detail *ret_detail);
void bk_pg_target_free(struct bk_pg_target *target);
bool bk_pg_target_needs_lookup(const struct bk_pg_target *target);
/* Starts a connection that needs no name lookup; lookup NULL where none was needed. NULL: memory.
 */
PGconn *bk_pg_target_connect(const struct bk_pg_target *target, const struct bk_pg_lookup *lookup);

/*
 * Look the target's names up on a thread of its own. on_done from the loop; lookup is valid inside
 * only; error NULL when at least one address was found.
 */
typedef void bk_pg_lookup_fn(void *ctx, const struct bk_pg_lookup *lookup, const char *error);
struct bk_pg_lookup *bk_pg_lookup_start(struct bk_loop *loop, const struct bk_pg_target *target,
                                        bk_pg_lookup_fn *on_done, void *ctx);
/* on_done will not come any more, and the loop may go; NULL is allowed. */
void bk_pg_lookup_abandon(struct bk_pg_lookup *lookup);

/* ---- pg.c and pg_connect.c ---- */

enum bk_pg_state {
    BK_PG_WAITING,    /* for the next attempt */
    BK_PG_RESOLVING,  /* names, on a thread */
    BK_PG_CONNECTING, /* PQconnectPoll */
    BK_PG_PREPARING,  /* pipeline open, statements under way */
    BK_PG_UP
};

enum bk_pg_told { BK_PG_TOLD_NOTHING, BK_PG_TOLD_UP, BK_PG_TOLD_DOWN };

struct bk_pg_query {
    struct bk_list node; /* in waiting or in_flight */
    struct bk_pg *pg;
    bk_pg_done_fn *on_done; /* NULL: abandoned or timed out; its answer is dropped */
    void *ctx;
    size_t statement;
    uint64_t order;
    int64_t due_mono_ms;
    bool is_in_flight, was_retried;
    PGresult *result; /* kept until the commit is known, too */
    int param_count;
    const char *values[BK_PG_PARAM_MAX];
    int lengths[BK_PG_PARAM_MAX], formats[BK_PG_PARAM_MAX];
    char bytes[]; /* of the parameters, each terminated */
};

struct bk_pg {
    struct bk_loop *loop;
    struct bk_pg_options options;
    struct bk_pg_target *target;
    bk_pg_state_fn *on_state;
    void *on_state_ctx;
    enum bk_pg_told told; /* to on_state */
    int depth;            /* frames of ours on the stack, which may not find the object freed */
    bool is_closing;

    enum bk_pg_state state;
    PGconn *conn;
    struct bk_watch *watch;
    struct bk_pg_lookup *lookup;
    struct bk_timer attempt_timer; /* until the next attempt, then its limit */
    struct bk_timer fault_timer;   /* a send failed: told from the loop */
    struct bk_detail fault;
    int64_t backoff_ms, up_since_mono_ms;
    bool has_failed;       /* the last attempt */
    bool is_draining;      /* prepared statements are stale: reconnect when in_flight is empty */
    size_t prepared_count; /* answers while preparing */

    struct bk_list waiting, in_flight; /* oldest first */
    size_t waiting_count, in_flight_count;
    uint64_t next_order;
    struct bk_timer deadline_timer;
    int64_t silent_since_mono_ms; /* last answer, or first send after an idle time */
};

void bk_pg_enter(struct bk_pg *pg);
void bk_pg_leave(struct bk_pg *pg); /* the object may be gone after this */

/* pg.c, called by pg_connect.c */
void bk_pg_send_waiting(struct bk_pg *pg);
void bk_pg_read_answers(struct bk_pg *pg);
/* Ends every query of the list with BK_ERR_DOWN. */
void bk_pg_end_all(struct bk_pg *pg, struct bk_list *list, const struct bk_detail *detail);

/* pg_connect.c, called by pg.c */
void bk_pg_attempt_later(struct bk_pg *pg); /* after the back-off; none at first */
void bk_pg_disconnect(struct bk_pg *pg);
void bk_pg_lost(struct bk_pg *pg, const struct bk_detail *detail);
/* The same from the loop, for callers that may not call back. */
void bk_pg_fault(struct bk_pg *pg, const char *what, const char *message);
void bk_pg_flush(struct bk_pg *pg);

#endif
