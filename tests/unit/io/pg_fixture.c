#include "pg_fixture.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

struct pg_server *server;
struct bk_loop *loop;
struct bk_pg *pg;
char states[64];
struct bk_detail last_state;

const struct bk_pg_statement statements[] = {
    [Q_ECHO] = {"echo", "select $1::text", 1},
    [Q_ADD] = {"add", "select $1::int + $2::int", 2},
    [Q_DIVIDE] = {"divide", "select 1 / $1::int", 1},
    [Q_SLEEP] = {"sleep", "select pg_sleep($1::float8)", 1},
    [Q_KILL] = {"kill", "select pg_terminate_backend(pg_backend_pid())", 0},
    [Q_PID] = {"pid", "select pg_backend_pid()", 0},
    [Q_BYTES] = {"bytes", "select $1::bytea, length($1::bytea), sha256($1::bytea)", 1},
    [Q_INSERT] = {"insert", "insert into once (id) values ($1::int)", 1},
    [Q_STAR] = {"star", "select * from changing", 0},
    [Q_FORGET] = {"forget", "deallocate echo", 0},
    [Q_COPY] = {"copy", "copy (select 1) to stdout", 0},
    [Q_TIMEOUT] = {"timeout", "select current_setting('statement_timeout')", 0},
    [Q_ENDPOINT] = {"endpoint",
                    "select current_setting('application_name') || ' ' || "
                    "current_setting('client_encoding') || ' ' || "
                    "coalesce(inet_client_addr()::text, 'local')",
                    0},
    {0},
};

void sql(const char *text)
{
    PGconn *conn = PQconnectdb(pg_server_dsn(server));
    PGresult *result = PQexec(conn, text);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        fail_msg("%s: %s", text, PQerrorMessage(conn));
    PQclear(result);
    PQfinish(conn);
}

int fixture_server_start(void **state)
{
    (void)state;
    server = pg_server_new();
    sql("create table once (id int, constraint once_uq unique (id) deferrable initially deferred)");
    sql("create table changing (id int)");
    sql("insert into changing values (1)");
    return 0;
}

int fixture_server_stop(void **state)
{
    (void)state;
    pg_server_free(server);
    return 0;
}

struct bk_pg_options defaults(void)
{
    return (struct bk_pg_options){.dsn = pg_server_dsn(server),
                                  .role = "test/0 fetch",
                                  .statements = statements,
                                  .queue_max = 20000,
                                  .in_flight_max = 64,
                                  .query_timeout_ms = 3000,
                                  .connect_timeout_ms = 2000};
}

static void on_state(void *ctx, bool is_up_now, const struct bk_detail *detail)
{
    (void)ctx;
    size_t len = strlen(states);
    if (len + 1 < sizeof states)
        states[len] = is_up_now ? 'u' : 'd';
    last_state = *detail;
}

void open_with(const struct bk_pg_options *options)
{
    assert_int_equal(bk_pg_open(loop, options, &pg), BK_OK);
    bk_pg_on_state(pg, on_state, NULL);
}

int fixture_loop_only(void **state)
{
    (void)state;
    loop = bk_loop_h2o_new();
    pg = NULL;
    memset(states, 0, sizeof states);
    return 0;
}

int fixture_open(void **state)
{
    fixture_loop_only(state);
    struct bk_pg_options options = defaults();
    open_with(&options);
    run_until(is_up, NULL, 5000);
    return 0;
}

int fixture_close(void **state)
{
    (void)state;
    bk_pg_close(pg);
    bk_loop_free(loop);
    return 0;
}

/* ---- running ---- */

struct wait {
    done_fn *done;
    void *ctx;
    int64_t limit_ms;
    bool is_late;
    struct bk_timer timer;
};

static void on_look(void *ctx)
{
    struct wait *wait = ctx;
    bool is_done = wait->done(wait->ctx);
    wait->is_late = !is_done && bk_clock_mono_ms() > wait->limit_ms;
    if (is_done || wait->is_late)
        bk_loop_stop(loop);
    else
        bk_timer_start(loop, &wait->timer, 1, on_look, wait);
}

int64_t run_until(done_fn *done, void *ctx, int64_t timeout_ms)
{
    int64_t from_ms = bk_clock_mono_ms();
    struct wait wait = {.done = done, .ctx = ctx, .limit_ms = from_ms + timeout_ms};
    bk_timer_start(loop, &wait.timer, 0, on_look, &wait);
    bk_loop_run(loop);
    if (wait.is_late)
        fail_msg("not within %d ms; states %s, last: %s", (int)timeout_ms, states, last_state.text);
    return bk_clock_mono_ms() - from_ms;
}

bool is_up(void *ctx)
{
    (void)ctx;
    return bk_pg_is_up(pg);
}

bool is_down(void *ctx)
{
    (void)ctx;
    return !bk_pg_is_up(pg);
}

bool is_answered(void *ask)
{
    return ((struct ask *)ask)->calls > 0;
}

void on_answer(void *ctx, enum bk_err err, struct bk_pg_rows *rows, const struct bk_detail *detail)
{
    struct ask *ask = ctx;
    ask->calls++;
    ask->err = err;
    ask->query = NULL;
    ask->detail = *detail;
    assert_int_equal(err == BK_OK, rows != NULL);
    if (rows != NULL) {
        ask->rows = bk_pg_row_count(rows);
        if (ask->rows > 0) {
            struct bk_str text = bk_pg_text(rows, 0, 0);
            snprintf(ask->text, sizeof ask->text, "%.*s", BK_STR_ARG(text));
        }
    }
    if (ask->inside != NULL)
        ask->inside(ask);
}

enum bk_err submit(struct ask *ask, size_t statement, const char *first, const char *second)
{
    const struct bk_pg_param params[2] = {{bk_str_of(first), false}, {bk_str_of(second), false}};
    return bk_pg_submit(pg, statement, params, on_answer, ask, &ask->query);
}

enum bk_err ask_now(struct ask *ask, size_t statement, const char *first, const char *second)
{
    *ask = (struct ask){0};
    assert_int_equal(submit(ask, statement, first, second), BK_OK);
    assert_int_equal(ask->calls, 0); /* never from inside bk_pg_submit */
    run_until(is_answered, ask, 10000);
    assert_int_equal(ask->calls, 1);
    return ask->err;
}
