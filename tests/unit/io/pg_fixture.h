/*
 * What the tests of io/pg share: a server, a loop, a table of statements, and answers kept.
 */
#ifndef PG_FIXTURE_H
#define PG_FIXTURE_H

#include "harness/pg_server.h"
#include "harness/test.h"

#include <stdbool.h>

#include "base/attr.h"
#include "base/str.h"
#include "io/loop_h2o.h"
#include "io/pg.h"

enum {
    Q_ECHO,    /* select $1 */
    Q_ADD,     /* select $1::int + $2::int */
    Q_DIVIDE,  /* select 1 / $1::int */
    Q_SLEEP,   /* select pg_sleep($1) */
    Q_KILL,    /* terminates its own backend */
    Q_PID,     /* pid of the backend */
    Q_BYTES,   /* select $1::bytea, length, sha */
    Q_INSERT,  /* into a table with a deferred constraint */
    Q_STAR,    /* select * from a table that changes */
    Q_FORGET,  /* deallocate, to lose a prepared statement */
    Q_COPY,    /* what a pipeline cannot do */
    Q_TIMEOUT, /* show statement_timeout */
    Q_ENDPOINT /* application_name, encoding */
};

extern struct pg_server *server;
extern struct bk_loop *loop;
extern struct bk_pg *pg;
extern const struct bk_pg_statement statements[];

/* State changes seen, "u" up, "d" down. */
extern char states[64];
extern struct bk_detail last_state;

int fixture_server_start(void **state); /* of the group */
int fixture_server_stop(void **state);
int fixture_open(void **state); /* of a test: defaults() and wait until up */
int fixture_loop_only(void **state);
int fixture_close(void **state);

struct bk_pg_options defaults(void);
void open_with(const struct bk_pg_options *options);
/* Runs the loop until done(ctx), or fails the test after timeout_ms. Returns how long it took. */
typedef bool done_fn(void *ctx);
int64_t run_until(done_fn *done, void *ctx, int64_t timeout_ms);
bool is_up(void *ctx);
bool is_down(void *ctx);
void sql(const char *text); /* on a connection of its own */

/* One query and its answer. */
struct ask {
    int calls;
    enum bk_err err;
    char text[64]; /* of row 0, column 0 */
    int rows;
    struct bk_detail detail;
    struct bk_pg_query *query;
    void (*inside)(struct ask *ask); /* called in on_done */
};
void on_answer(void *ctx, enum bk_err err, struct bk_pg_rows *rows, const struct bk_detail *detail);
enum bk_err submit(struct ask *ask, size_t statement, const char *first, const char *second);
/* Submit, wait, and give the answer's error. */
enum bk_err ask_now(struct ask *ask, size_t statement, const char *first, const char *second);
bool is_answered(void *ask);

#endif
