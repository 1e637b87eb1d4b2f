/*
 * io/pg_sync.h: a connection for whoever may block.
 */
#include "harness/pg_server.h"
#include "harness/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/clock.h"
#include "harness/sweep.h"
#include "io/pg_sync.h"

static struct pg_server *server;
static struct bk_pgc *pgc;

static int start(void **state)
{
    (void)state;
    struct bk_detail detail = {""};
    server = pg_server_new();
    if (bk_pgc_open(pg_server_dsn(server), "beckon", &pgc, &detail) != BK_OK)
        fail_msg("%s", detail.text);
    return bk_pgc_script(pgc,
                         "create table parent (id int constraint parent_pk primary key);"
                         "create table child ("
                         "  id int constraint child_parent_fk references parent,"
                         "  age int constraint child_age_ck check (age < 100));"
                         "create role nobody_much;"
                         "insert into parent values (1)",
                         &detail) == BK_OK
               ? 0
               : -1;
}

static int stop(void **state)
{
    (void)state;
    bk_pgc_close(pgc);
    bk_pgc_close(NULL);
    pg_server_free(server);
    return 0;
}

static enum bk_err exec(const char *sql, const char *first, const char *second,
                        struct bk_pg_rows **ret_rows, struct bk_detail *ret_detail)
{
    const struct bk_pg_param params[2] = {{bk_str_of(first), false}, {bk_str_of(second), false}};
    size_t count = second != NULL ? 2 : first != NULL ? 1 : 0;
    return bk_pgc_exec(pgc, sql, params, count, ret_rows, ret_detail);
}

static const struct {
    const char *label, *sql, *first, *second;
    enum bk_err want;
    const char *constraint, *detail;
} errors[] = {
    {"good", "insert into child values ($1::int, $2::int)", "1", "5", BK_OK, "", ""},
    {"twice the same key", "insert into parent values ($1::int)", "1", NULL, BK_ERR_EXISTS,
     "parent_pk", "(parent_pk)"},
    {"no such parent", "insert into child values ($1::int, 1)", "9", NULL, BK_ERR_NOT_FOUND,
     "child_parent_fk", "(child_parent_fk)"},
    {"check", "insert into child values (1, $1::int)", "100", NULL, BK_ERR_INVALID, "child_age_ck",
     "(child_age_ck)"},
    {"no number", "select $1::int", "x", NULL, BK_ERR_INVALID, "", "(22P02)"},
    {"no such table", "select * from nothing", NULL, NULL, BK_ERR_INTERNAL, "", "(42P01)"},
    {"no such schema", "create table nowhere.x (id int)", NULL, NULL, BK_ERR_INTERNAL, "",
     "(3F000)"},
    {"two statements in one", "select 1; select 2", NULL, NULL, BK_ERR_INTERNAL, "", "(42601)"},
};

static void errors_are_named_by_their_sqlstate(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(errors); i++) {
        struct bk_detail detail = {""};
        print_message("  %s\n", errors[i].label);
        assert_int_equal(exec(errors[i].sql, errors[i].first, errors[i].second, NULL, &detail),
                         errors[i].want);
        assert_string_equal(bk_pgc_constraint(pgc), errors[i].constraint);
        if (strstr(detail.text, errors[i].detail) == NULL)
            fail_msg("\"%s\" lacks \"%s\"", detail.text, errors[i].detail);
    }
}

static void a_right_that_lacks_is_denied_and_a_slow_statement_times_out(void **state)
{
    (void)state;
    struct bk_detail detail = {""};
    assert_int_equal(bk_pgc_script(pgc, "set role nobody_much", &detail), BK_OK);
    assert_int_equal(exec("select * from parent", NULL, NULL, NULL, &detail), BK_ERR_DENIED);
    assert_int_equal(bk_pgc_script(pgc, "reset role; set statement_timeout = 50", &detail), BK_OK);
    assert_int_equal(exec("select pg_sleep(10)", NULL, NULL, NULL, &detail), BK_ERR_TIMEOUT);
    assert_int_equal(bk_pgc_script(pgc, "reset statement_timeout", &detail), BK_OK);
}

static void rows_come_as_text_with_nulls(void **state)
{
    (void)state;
    struct bk_pg_rows *rows = NULL;
    assert_int_equal(exec("select n, nullif(n, 2), $1 || n from generate_series(1, 3) n", "row ",
                          NULL, &rows, NULL),
                     BK_OK);
    assert_int_equal(bk_pg_row_count(rows), 3);
    assert_int_equal(bk_pg_int(rows, 2, 0), 3);
    assert_true(bk_pg_is_null(rows, 1, 1));
    assert_int_equal(bk_pg_int(rows, 1, 1), 0);
    assert_str_equal(bk_pg_text(rows, 1, 2), "row 2");
    bk_pg_rows_free(rows);
    bk_pg_rows_free(NULL);
}

static void bytes_go_in_as_they_are(void **state)
{
    (void)state;
    struct bk_pg_rows *rows = NULL;
    const struct bk_pg_param param = {{"\0\x01\xff", 3}, true};
    assert_int_equal(bk_pgc_exec(pgc, "select $1::bytea", &param, 1, &rows, NULL), BK_OK);
    uint8_t got[3];
    size_t len = 0;
    assert_int_equal(bk_pg_bytes(rows, 0, 0, got, sizeof got, &len), BK_OK);
    assert_int_equal(len, 3);
    assert_memory_equal(got, "\0\x01\xff", 3);
    bk_pg_rows_free(rows);

    struct bk_detail detail = {""};
    const struct bk_pg_param text = {{"a\0b", 3}, false};
    assert_int_equal(bk_pgc_exec(pgc, "select $1", &text, 1, NULL, &detail), BK_ERR_INVALID);
    assert_non_null(strstr(detail.text, "parameter 1"));
}

static void a_transaction_is_rolled_back_by_an_error_in_a_script(void **state)
{
    (void)state;
    struct bk_detail detail = {""};
    struct bk_pg_rows *rows = NULL;
    assert_int_equal(
        bk_pgc_script(pgc, "begin; insert into parent values (7); select 1/0; commit", &detail),
        BK_ERR_INVALID); /* 22012 */
    assert_int_equal(bk_pgc_script(pgc, "rollback", &detail), BK_OK);
    assert_int_equal(exec("select count(*) from parent where id = 7", NULL, NULL, &rows, NULL),
                     BK_OK);
    assert_int_equal(bk_pg_int(rows, 0, 0), 0);
    bk_pg_rows_free(rows);
}

static void a_copy_is_refused_and_the_connection_goes_on(void **state)
{
    (void)state;
    struct bk_detail detail = {""};
    assert_int_equal(bk_pgc_script(pgc, "copy parent to stdout", &detail), BK_ERR_INTERNAL);
    assert_non_null(strstr(detail.text, "COPY"));
    assert_int_equal(exec("select 1", NULL, NULL, NULL, &detail), BK_OK);
}

static void nobody_there_is_down_with_the_next_step(void **state)
{
    (void)state;
    struct bk_pgc *none = NULL;
    struct bk_detail detail = {""};
    assert_int_equal(bk_pgc_open("host=/nonexistent dbname=x", "beckon", &none, &detail),
                     BK_ERR_DOWN);
    assert_null(none);
    assert_non_null(strstr(detail.text, "/nonexistent"));
    assert_non_null(strstr(detail.text, "check that it runs"));
    assert_null(strchr(detail.text, '\n'));
}

static void a_terminated_backend_is_down(void **state)
{
    (void)state;
    struct bk_pgc *other = NULL;
    struct bk_detail detail = {""};
    assert_int_equal(bk_pgc_open(pg_server_dsn(server), "victim", &other, &detail), BK_OK);
    assert_int_equal(
        bk_pgc_exec(other, "select pg_terminate_backend(pg_backend_pid())", NULL, 0, NULL, &detail),
        BK_ERR_DOWN);
    assert_int_equal(bk_pgc_exec(other, "select 1", NULL, 0, NULL, &detail), BK_ERR_DOWN);
    bk_pgc_close(other);
}

static void a_limit_is_kept_by_the_server_and_if_it_hangs_by_us(void **state)
{
    (void)state;
    struct bk_detail detail = {""};
    struct bk_pgc *other = NULL;
    struct bk_pg_rows *rows = NULL;
    assert_int_equal(bk_pgc_open(pg_server_dsn(server), "limited", &other, &detail), BK_OK);
    assert_int_equal(bk_pgc_limit(other, 300, &detail), BK_OK);
    assert_int_equal(bk_pgc_exec(other, "select pg_sleep(20)", NULL, 0, NULL, &detail),
                     BK_ERR_TIMEOUT);
    assert_true(bk_pgc_is_alive(other));
    assert_int_equal(bk_pgc_exec(other, "select pg_backend_pid()", NULL, 0, &rows, &detail), BK_OK);
    pid_t backend = (pid_t)bk_pg_int(rows, 0, 0);
    bk_pg_rows_free(rows);
    /* The server belongs to another user where the test runs as root, which may still signal it. */
    assert_int_equal(kill(backend, SIGSTOP), 0);
    assert_int_equal(bk_pgc_exec(other, "select 1", NULL, 0, NULL, &detail), BK_ERR_TIMEOUT);
    assert_non_null(strstr(detail.text, "300 ms"));
    assert_false(bk_pgc_is_alive(other));
    assert_int_equal(bk_pgc_script(other, "rollback", &detail), BK_ERR_TIMEOUT);
    kill(backend, SIGCONT);
    bk_pgc_close(other);
    assert_false(bk_pgc_is_alive(NULL));
}

static struct bk_pgc *open_limited(const char *dsn, int timeout_ms)
{
    struct bk_detail detail = {""};
    struct bk_pgc *limited = NULL;
    if (bk_pgc_open(dsn, "limited", &limited, &detail) != BK_OK ||
        bk_pgc_limit(limited, timeout_ms, &detail) != BK_OK)
        fail_msg("%s", detail.text);
    return limited;
}

static const struct {
    const char *sqlstate;
    enum bk_err want;
} raised[] = {
    {"40001", BK_ERR_BUSY},   {"40P01", BK_ERR_BUSY},     {"55P03", BK_ERR_BUSY},
    {"53100", BK_ERR_BUSY},   {"53300", BK_ERR_BUSY},     {"57P03", BK_ERR_BUSY},
    {"25006", BK_ERR_BUSY},   {"57014", BK_ERR_TIMEOUT},  {"57P01", BK_ERR_DOWN},
    {"08006", BK_ERR_DOWN},   {"42501", BK_ERR_DENIED},   {"23502", BK_ERR_INTERNAL},
    {"23505", BK_ERR_EXISTS}, {"P0001", BK_ERR_INTERNAL},
};

static void every_sqlstate_has_its_error_with_a_limit_as_without(void **state)
{
    (void)state;
    struct bk_pgc *limited = open_limited(pg_server_dsn(server), 5000);
    for (size_t i = 0; i < BK_COUNT(raised); i++) {
        char text[128];
        struct bk_detail detail = {""};
        print_message("  %s\n", raised[i].sqlstate);
        snprintf(text, sizeof text, "do $$ begin raise 'no' using errcode = '%s'; end $$",
                 raised[i].sqlstate);
        assert_int_equal(bk_pgc_exec(pgc, text, NULL, 0, NULL, &detail), raised[i].want);
        assert_int_equal(bk_pgc_exec(limited, text, NULL, 0, NULL, &detail), raised[i].want);
        assert_true(bk_pgc_is_alive(limited));
    }
    bk_pgc_close(limited);
}

static void a_lock_that_is_held_is_busy_and_the_connection_lives(void **state)
{
    (void)state;
    struct bk_detail detail = {""};
    struct bk_pgc *limited = open_limited(pg_server_dsn(server), 400);
    assert_int_equal(bk_pgc_script(pgc, "begin; lock table parent", &detail), BK_OK);
    assert_int_equal(bk_pgc_exec(limited, "select * from parent", NULL, 0, NULL, &detail),
                     BK_ERR_BUSY);
    assert_non_null(strstr(detail.text, "(55P03)"));
    assert_true(bk_pgc_is_alive(limited));
    assert_int_equal(bk_pgc_script(pgc, "rollback", &detail), BK_OK);
    assert_int_equal(bk_pgc_exec(limited, "select * from parent", NULL, 0, NULL, &detail), BK_OK);
    bk_pgc_close(limited);
}

/* The server that was stopped finds nobody when it goes on, and lets go of what it held. */
static void locks_of_a_connection_that_died_of_its_limit_are_released(void **state)
{
    (void)state;
    struct bk_detail detail = {""};
    struct bk_pg_rows *rows = NULL;
    struct bk_pgc *limited = open_limited(pg_server_dsn(server), 300);
    assert_int_equal(bk_pgc_exec(limited, "select pg_backend_pid()", NULL, 0, &rows, &detail),
                     BK_OK);
    pid_t backend = (pid_t)bk_pg_int(rows, 0, 0);
    bk_pg_rows_free(rows);
    assert_int_equal(bk_pgc_script(limited, "begin; lock table parent", &detail), BK_OK);
    assert_int_equal(kill(backend, SIGSTOP), 0);
    assert_int_equal(bk_pgc_script(limited, "commit", &detail), BK_ERR_TIMEOUT);
    kill(backend, SIGCONT);
    /* limited is not closed yet. */
    assert_int_equal(exec("set lock_timeout = 5000", NULL, NULL, NULL, &detail), BK_OK);
    assert_int_equal(exec("select * from parent", NULL, NULL, NULL, &detail), BK_OK);
    assert_int_equal(exec("reset lock_timeout", NULL, NULL, NULL, &detail), BK_OK);
    bk_pgc_close(limited);
}

static void a_commit_that_became_a_rollback_is_told(void **state)
{
    (void)state;
    struct bk_detail detail = {""};
    assert_int_equal(bk_pgc_script(pgc, "begin", &detail), BK_OK);
    assert_int_equal(exec("select 1/0", NULL, NULL, NULL, &detail), BK_ERR_INVALID);
    assert_int_equal(bk_pgc_script(pgc, "commit", &detail), BK_ERR_INTERNAL);
    assert_non_null(strstr(detail.text, "nothing was written"));
    assert_int_equal(bk_pgc_script(pgc, "begin", &detail), BK_OK);
    assert_int_equal(bk_pgc_script(pgc, "commit", &detail), BK_OK);
    assert_int_equal(bk_pgc_script(pgc, "begin", &detail), BK_OK);
    assert_int_equal(bk_pgc_script(pgc, "rollback", &detail), BK_OK);
}

static void a_server_that_is_stopped_costs_an_attempt_to_connect(void **state)
{
    (void)state;
    struct bk_detail detail = {""};
    struct bk_pgc *none = NULL;
    struct bk_pg_rows *rows = NULL;
    char dsn[512];
    snprintf(dsn, sizeof dsn, "%s connect_timeout=2", pg_server_dsn(server));
    assert_int_equal(
        exec("select (regexp_match(pg_read_file('postmaster.pid'), '^[0-9]+'))[1]::int", NULL, NULL,
             &rows, &detail),
        BK_OK);
    pid_t postmaster = (pid_t)bk_pg_int(rows, 0, 0);
    bk_pg_rows_free(rows);
    assert_int_equal(kill(postmaster, SIGSTOP), 0);
    int64_t from_ms = bk_clock_mono_ms();
    enum bk_err err = bk_pgc_open(dsn, "waits", &none, &detail);
    kill(postmaster, SIGCONT);
    assert_int_equal(err, BK_ERR_DOWN);
    assert_in_range(bk_clock_mono_ms() - from_ms, 1000, 4500);
}

/* Last, since it takes the group's connection with it. */
static void a_server_that_restarts_is_noticed_between_two_statements(void **state)
{
    (void)state;
    struct bk_detail detail = {""};
    struct bk_pgc *limited = open_limited(pg_server_dsn(server), 5000);
    struct bk_pgc *victim = open_limited(pg_server_dsn(server), 5000);
    struct bk_pg_rows *rows = NULL;
    assert_int_equal(bk_pgc_exec(victim, "select pg_backend_pid()::text", NULL, 0, &rows, &detail),
                     BK_OK);
    char pid[16];
    snprintf(pid, sizeof pid, "%lld", (long long)bk_pg_int(rows, 0, 0));
    bk_pg_rows_free(rows);
    assert_true(bk_pgc_is_alive(victim));
    /* Waits until the backend has gone: its farewell and the end of the connection are there. */
    assert_int_equal(exec("select pg_terminate_backend($1::int, 5000)", pid, NULL, NULL, &detail),
                     BK_OK);
    assert_false(bk_pgc_is_alive(victim));
    assert_true(bk_pgc_is_alive(limited));
    pg_server_stop_immediate(server);
    assert_false(bk_pgc_is_alive(limited));
    assert_false(bk_pgc_is_alive(pgc));
    pg_server_start(server);
    bk_pgc_close(limited);
    bk_pgc_close(victim);
    limited = open_limited(pg_server_dsn(server), 5000);
    assert_int_equal(bk_pgc_exec(limited, "select 1", NULL, 0, NULL, &detail), BK_OK);
    bk_pgc_close(limited);
}

static void large_parameters_and_answers_pass_a_limited_connection(void **state)
{
    (void)state;
    struct bk_detail detail = {""};
    struct bk_pgc *other = NULL;
    struct bk_pg_rows *rows = NULL;
    enum { BYTES = 4 << 20 };
    char *text = malloc(BYTES);
    assert_non_null(text);
    memset(text, 'x', BYTES);
    const struct bk_pg_param param = {{text, BYTES}, false};
    assert_int_equal(bk_pgc_open(pg_server_dsn(server), "limited", &other, &detail), BK_OK);
    assert_int_equal(bk_pgc_limit(other, 20000, &detail), BK_OK);
    assert_int_equal(bk_pgc_exec(other, "select $1::text", &param, 1, &rows, &detail), BK_OK);
    assert_int_equal(bk_pg_text(rows, 0, 0).len, BYTES);
    bk_pg_rows_free(rows);
    bk_pgc_close(other);
    free(text);
}

static enum bk_err select_one(void *ctx)
{
    (void)ctx;
    struct bk_pgc *other = NULL;
    struct bk_pg_rows *rows = NULL;
    const struct bk_pg_param param = {BK_STR("1"), false};
    enum bk_err err = bk_pgc_open(pg_server_dsn(server), "swept", &other, NULL);
    if (err == BK_OK)
        err = bk_pgc_exec(other, "select $1::int", &param, 1, &rows, NULL);
    bk_pg_rows_free(rows);
    bk_pgc_close(other);
    return err;
}

static void every_failed_allocation_is_told(void **state)
{
    (void)state;
    assert_true(sweep_allocations(select_one, NULL) >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_named_by_their_sqlstate),
        cmocka_unit_test(a_right_that_lacks_is_denied_and_a_slow_statement_times_out),
        cmocka_unit_test(rows_come_as_text_with_nulls),
        cmocka_unit_test(bytes_go_in_as_they_are),
        cmocka_unit_test(a_transaction_is_rolled_back_by_an_error_in_a_script),
        cmocka_unit_test(a_copy_is_refused_and_the_connection_goes_on),
        cmocka_unit_test(nobody_there_is_down_with_the_next_step),
        cmocka_unit_test(a_terminated_backend_is_down),
        cmocka_unit_test(a_limit_is_kept_by_the_server_and_if_it_hangs_by_us),
        cmocka_unit_test(every_sqlstate_has_its_error_with_a_limit_as_without),
        cmocka_unit_test(a_lock_that_is_held_is_busy_and_the_connection_lives),
        cmocka_unit_test(locks_of_a_connection_that_died_of_its_limit_are_released),
        cmocka_unit_test(a_commit_that_became_a_rollback_is_told),
        cmocka_unit_test(large_parameters_and_answers_pass_a_limited_connection),
        cmocka_unit_test(every_failed_allocation_is_told),
        cmocka_unit_test(a_server_that_is_stopped_costs_an_attempt_to_connect),
        cmocka_unit_test(a_server_that_restarts_is_noticed_between_two_statements),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
