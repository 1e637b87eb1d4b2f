/*
 * io/pg.h against a real PostgreSQL while it is well; test_pg_outage.c has the rest.
 */
#include "pg_fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/hex.h"
#include "test_pg.h"

/* ---- many ---- */

enum { MANY = 10000 };
static struct {
    int calls;
    size_t answered, order_faults, wrong;
} many;

struct one {
    size_t number;
};
static struct one ones[MANY];

static void on_one(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
                   const struct bk_detail *detail)
{
    (void)detail;
    const struct one *one = ctx;
    many.order_faults += one->number != many.answered ? 1 : 0;
    many.answered++;
    many.wrong += err != BK_OK || bk_pg_int(rows, 0, 0) != (int64_t)one->number + 7 ? 1 : 0;
}

static bool are_all_answered(void *ctx)
{
    (void)ctx;
    return many.answered == MANY;
}

static void ten_thousand_queries_are_answered_right_and_in_order(void **state)
{
    (void)state;
    memset(&many, 0, sizeof many);
    for (size_t i = 0; i < MANY; i++) {
        char number[16];
        ones[i].number = i;
        snprintf(number, sizeof number, "%zu", i);
        const struct bk_pg_param params[2] = {{bk_str_of(number), false}, {BK_STR("7"), false}};
        assert_int_equal(bk_pg_submit(pg, Q_ADD, params, on_one, &ones[i], NULL), BK_OK);
    }
    assert_int_equal(bk_pg_queue_len(pg), MANY);
    int64_t took_ms = run_until(are_all_answered, NULL, 20000);
    print_message("  %d queries in %d ms\n", MANY, (int)took_ms);
    assert_int_equal(many.order_faults, 0);
    assert_int_equal(many.wrong, 0);
    assert_int_equal(bk_pg_queue_len(pg), 0);
}

/* ---- one at a time ---- */

static void a_failed_query_leaves_its_neighbours_alone(void **state)
{
    (void)state;
    struct ask asks[5] = {0};
    assert_int_equal(submit(&asks[0], Q_ECHO, "before", NULL), BK_OK);
    assert_int_equal(submit(&asks[1], Q_DIVIDE, "0", NULL), BK_OK);
    assert_int_equal(submit(&asks[2], Q_ECHO, "between", NULL), BK_OK);
    assert_int_equal(submit(&asks[3], Q_ADD, "1", "no number"), BK_OK);
    assert_int_equal(submit(&asks[4], Q_ECHO, "after", NULL), BK_OK);
    run_until(is_answered, &asks[4], 5000);
    assert_int_equal(asks[0].err, BK_OK);
    assert_string_equal(asks[0].text, "before");
    assert_int_equal(asks[1].err, BK_ERR_INTERNAL);
    assert_string_equal(asks[1].detail.text, "division by zero (22012)");
    assert_int_equal(asks[2].err, BK_OK);
    assert_string_equal(asks[2].text, "between");
    assert_int_equal(asks[3].err, BK_ERR_INTERNAL);
    assert_non_null(strstr(asks[3].detail.text, "(22P02)"));
    assert_int_equal(asks[4].err, BK_OK);
    assert_string_equal(asks[4].text, "after");
    assert_string_equal(states, "u"); /* on one connection all the time */
}

static void an_answer_is_told_only_when_it_is_committed(void **state)
{
    (void)state;
    struct ask first, second, after;
    sql("truncate once");
    assert_int_equal(ask_now(&first, Q_INSERT, "1", NULL), BK_OK);
    assert_int_equal(first.rows, 0);
    /* The statement succeeds, its commit does not: the constraint is deferred. */
    assert_int_equal(ask_now(&second, Q_INSERT, "1", NULL), BK_ERR_INTERNAL);
    assert_non_null(strstr(second.detail.text, "once_uq"));
    assert_non_null(strstr(second.detail.text, "(23505)"));
    assert_null(strstr(second.detail.text, "(id)=(1)")); /* rows are not for logs */
    assert_int_equal(ask_now(&after, Q_ECHO, "x", NULL), BK_OK);
    assert_string_equal(states, "u");
}

static void null_parameters_and_values_are_null(void **state)
{
    (void)state;
    struct ask ask;
    assert_int_equal(ask_now(&ask, Q_ECHO, NULL, NULL), BK_OK);
    assert_int_equal(ask.rows, 1);
    assert_string_equal(ask.text, "");
    assert_int_equal(ask_now(&ask, Q_ECHO, "", NULL), BK_OK); /* empty is not NULL */
}

static struct bk_pg_rows *kept;

static void keep(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
                 const struct bk_detail *detail)
{
    (void)detail;
    struct ask *ask = ctx;
    ask->calls++;
    assert_int_equal(err, BK_OK);
    kept = bk_pg_rows_take(rows);
}

static void binary_parameters_of_every_byte_arrive(void **state)
{
    (void)state;
    char bytes[4096];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i % 256);
    struct ask ask = {0};
    const struct bk_pg_param param = {{bytes, sizeof bytes}, true};
    assert_int_equal(bk_pg_submit(pg, Q_BYTES, &param, keep, &ask, NULL), BK_OK);
    run_until(is_answered, &ask, 5000);

    uint8_t got[4096];
    size_t len = 0;
    assert_int_equal(bk_pg_bytes(kept, 0, 0, got, sizeof got, &len), BK_OK);
    assert_int_equal(len, sizeof bytes);
    assert_memory_equal(got, bytes, sizeof bytes);
    assert_int_equal(bk_pg_int(kept, 0, 1), sizeof bytes);
    assert_false(bk_pg_is_null(kept, 0, 2));
    assert_int_equal(bk_pg_bytes(kept, 0, 0, got, 10, &len), BK_ERR_TOO_LARGE);
    assert_int_equal(bk_pg_bytes(kept, 0, 1, got, sizeof got, &len), BK_ERR_INVALID);
    assert_int_equal(bk_pg_int(kept, 0, 2), 0); /* no number */
    bk_pg_rows_free(kept);
}

static void parameters_are_bounded(void **state)
{
    (void)state;
    struct ask ask = {0};
    const struct bk_pg_param with_nul = {{"a\0b", 3}, false};
    assert_int_equal(bk_pg_submit(pg, Q_ECHO, &with_nul, on_answer, &ask, NULL), BK_ERR_INVALID);
    size_t size = BK_PG_PARAM_BYTES_MAX;
    char *large = bk_alloc_or_abort(size + 1);
    memset(large, 'x', size + 1);
    struct bk_pg_param param = {{large, size + 1}, false};
    assert_int_equal(bk_pg_submit(pg, Q_ECHO, &param, on_answer, &ask, NULL), BK_ERR_TOO_LARGE);
    assert_int_equal(ask.calls, 0);
    /* At the limit it goes, in many writes, and comes back, in many reads. */
    param.text.len = size;
    assert_int_equal(bk_pg_submit(pg, Q_ECHO, &param, keep, &ask, NULL), BK_OK);
    run_until(is_answered, &ask, 10000);
    assert_true(bk_str_eq(bk_pg_text(kept, 0, 0), param.text));
    bk_pg_rows_free(kept);
    bk_free(large);
}

static void text_that_is_no_utf8_fails_alone(void **state)
{
    (void)state;
    struct ask ask;
    assert_int_equal(ask_now(&ask, Q_ECHO, "\xff\xfe", NULL), BK_ERR_INTERNAL);
    assert_non_null(strstr(ask.detail.text, "(22021)"));
    assert_int_equal(ask_now(&ask, Q_ECHO, "z\xc3\xbcrich", NULL), BK_OK);
    assert_string_equal(ask.text, "z\xc3\xbcrich");
}

static void the_server_knows_who_we_are_and_the_limit(void **state)
{
    (void)state;
    struct ask ask;
    assert_int_equal(ask_now(&ask, Q_ENDPOINT, NULL, NULL), BK_OK);
    assert_string_equal(ask.text, "test/0 fetch UTF8 local");
    assert_int_equal(ask_now(&ask, Q_TIMEOUT, NULL, NULL), BK_OK);
    assert_string_equal(ask.text, "3s");
}

static void a_copy_is_an_error_and_not_an_endless_loop(void **state)
{
    (void)state;
    struct ask ask;
    assert_int_equal(ask_now(&ask, Q_COPY, NULL, NULL), BK_ERR_DOWN);
    assert_non_null(strstr(ask.detail.text, "COPY"));
    run_until(is_up, NULL, 3000);
    assert_int_equal(ask_now(&ask, Q_ECHO, "x", NULL), BK_OK);
}

/* ---- queue ---- */

static void a_full_queue_is_busy_at_once(void **state)
{
    (void)state;
    struct bk_pg_options options = defaults();
    options.queue_max = 10;
    options.in_flight_max = 4;
    open_with(&options);
    /* The queue takes queries before the first connection, too. */
    struct ask asks[11] = {0};
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(submit(&asks[i], Q_ECHO, "x", NULL), BK_OK);
    assert_int_equal(submit(&asks[10], Q_ECHO, "x", NULL), BK_ERR_BUSY);
    assert_int_equal(bk_pg_queue_len(pg), 10);
    run_until(is_answered, &asks[9], 5000);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(asks[i].err, BK_OK);
    assert_int_equal(submit(&asks[10], Q_ECHO, "x", NULL), BK_OK);
    run_until(is_answered, &asks[10], 5000);
    assert_int_equal(asks[10].calls, 1);
}

static void abandoned_queries_are_silent_and_keep_the_order(void **state)
{
    (void)state;
    struct bk_pg_options options = defaults();
    options.in_flight_max = 5;
    open_with(&options);
    run_until(is_up, NULL, 5000);
    struct ask asks[10] = {0};
    for (size_t i = 0; i < 10; i++) {
        char text[2] = {(char)('0' + i), '\0'};
        assert_int_equal(submit(&asks[i], Q_ECHO, text, NULL), BK_OK);
    }
    for (size_t i = 0; i < 10; i += 2) /* 0, 2, 4 are sent, 6 and 8 wait */
        bk_pg_abandon(asks[i].query);
    assert_int_equal(bk_pg_queue_len(pg), 8);
    run_until(is_answered, &asks[9], 5000);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(asks[i].calls, i % 2);
        if (i % 2 == 1)
            assert_int_equal(asks[i].text[0], '0' + i);
    }
    assert_int_equal(bk_pg_queue_len(pg), 0);
}

static struct ask *victim, nested;

static void abandon_victim(struct ask *ask)
{
    (void)ask;
    bk_pg_abandon(victim->query);
}

static void submit_another(struct ask *ask)
{
    (void)ask;
    assert_int_equal(submit(&nested, Q_ECHO, "nested", NULL), BK_OK);
    assert_int_equal(nested.calls, 0);
}

static void close_all(struct ask *ask)
{
    (void)ask;
    bk_pg_close(pg);
    pg = NULL;
}

static void on_done_may_submit_and_abandon(void **state)
{
    (void)state;
    struct ask asks[3] = {0};
    memset(&nested, 0, sizeof nested);
    victim = &asks[1];
    asks[0].inside = abandon_victim;
    asks[2].inside = submit_another;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(submit(&asks[i], Q_ECHO, "x", NULL), BK_OK);
    run_until(is_answered, &nested, 5000);
    assert_string_equal(nested.text, "nested");
    assert_int_equal(asks[1].calls, 0);
}

static void on_done_may_close_the_connection(void **state)
{
    (void)state;
    struct ask asks[4] = {0};
    asks[1].inside = close_all;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(submit(&asks[i], Q_ECHO, "x", NULL), BK_OK);
    run_until(is_answered, &asks[3], 5000);
    assert_int_equal(asks[0].err, BK_OK);
    assert_int_equal(asks[1].err, BK_OK);
    for (size_t i = 2; i < 4; i++) {
        assert_int_equal(asks[i].calls, 1);
        assert_int_equal(asks[i].err, BK_ERR_DOWN);
    }
}

static void closing_ends_every_query(void **state)
{
    (void)state;
    struct ask asks[100] = {0};
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(submit(&asks[i], Q_SLEEP, "1", NULL), BK_OK);
    bk_pg_abandon(asks[50].query);
    bk_pg_close(pg);
    pg = NULL;
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(asks[i].calls, i == 50 ? 0 : 1);
        if (i != 50)
            assert_int_equal(asks[i].err, BK_ERR_DOWN);
    }
}

/* ---- deadlines ---- */

static void a_deadline_ends_the_query_and_not_the_connection(void **state)
{
    (void)state;
    struct bk_pg_options options = defaults();
    options.query_timeout_ms = 300;
    options.in_flight_max = 2;
    open_with(&options);
    run_until(is_up, NULL, 5000);
    struct ask slow[2] = {0}, waiting = {0}, after;
    int64_t from_ms = bk_clock_mono_ms();
    assert_int_equal(submit(&slow[0], Q_SLEEP, "30", NULL), BK_OK);
    assert_int_equal(submit(&slow[1], Q_SLEEP, "0", NULL), BK_OK);
    assert_int_equal(submit(&waiting, Q_ECHO, "x", NULL), BK_OK); /* not sent at all */
    run_until(is_answered, &waiting, 2000);
    assert_in_range(bk_clock_mono_ms() - from_ms, 290, 600);
    assert_int_equal(slow[0].err, BK_ERR_TIMEOUT);
    /* The server's clock may free the others just in time; theirs is a deadline or an answer. */
    assert_true(slow[1].err == BK_ERR_TIMEOUT || slow[1].err == BK_OK);
    assert_true(waiting.err == BK_ERR_TIMEOUT || waiting.err == BK_OK);
    assert_int_equal(ask_now(&after, Q_ECHO, "again", NULL), BK_OK);
    assert_string_equal(after.text, "again");
    assert_int_equal(slow[0].calls, 1);
    assert_int_equal(waiting.calls, 1);
    assert_string_equal(states, "u");
}

/* ---- statements out of date ---- */

static void a_changed_table_costs_a_reconnect_and_no_error(void **state)
{
    (void)state;
    struct ask before, echo = {0}, star = {0}, after;
    assert_int_equal(ask_now(&before, Q_STAR, NULL, NULL), BK_OK);
    sql("alter table changing add column name text default 'new'");
    assert_int_equal(submit(&star, Q_STAR, NULL, NULL), BK_OK);
    assert_int_equal(submit(&echo, Q_ECHO, "beside", NULL), BK_OK);
    run_until(is_answered, &star, 5000);
    assert_int_equal(star.err, BK_OK);
    assert_string_equal(star.text, "1");
    assert_int_equal(echo.err, BK_OK);
    assert_string_equal(states, "udu");
    assert_int_equal(ask_now(&after, Q_STAR, NULL, NULL), BK_OK);
    sql("alter table changing drop column name");
}

static void a_lost_statement_is_prepared_again(void **state)
{
    (void)state;
    struct ask forget, echoes[3] = {0};
    assert_int_equal(ask_now(&forget, Q_FORGET, NULL, NULL), BK_OK);
    for (size_t i = 0; i < 3; i++) {
        char text[2] = {(char)('a' + i), '\0'};
        assert_int_equal(submit(&echoes[i], Q_ECHO, text, NULL), BK_OK);
    }
    run_until(is_answered, &echoes[2], 5000);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(echoes[i].err, BK_OK);
        assert_int_equal(echoes[i].text[0], 'a' + i);
    }
    assert_string_equal(states, "udu");
}

static bool is_told_down(void *ctx)
{
    (void)ctx;
    return strchr(states, 'd') != NULL;
}

static void a_statement_the_server_refuses_is_named(void **state)
{
    (void)state;
    static const struct bk_pg_statement bad[] = {
        {"good", "select 1", 0}, {"device_read", "select * from not_migrated_yet", 0}, {0}};
    struct bk_pg_options options = defaults();
    options.statements = bad;
    open_with(&options);
    struct ask ask = {0};
    assert_int_equal(submit(&ask, 0, NULL, NULL), BK_OK);
    run_until(is_told_down, NULL, 5000);
    assert_non_null(strstr(last_state.text, "device_read"));
    assert_non_null(strstr(last_state.text, "not_migrated_yet"));
    assert_non_null(strstr(last_state.text, "(42P01)"));
    assert_int_equal(ask.err, BK_ERR_DOWN);
    assert_int_equal(submit(&ask, 0, NULL, NULL), BK_ERR_DOWN);
    /* Once the schema is there it comes up by itself. */
    sql("create table not_migrated_yet (id int)");
    run_until(is_up, NULL, 3000);
    sql("drop table not_migrated_yet");
}

/* ---- memory ---- */

static enum bk_err open_ask_close(void)
{
    struct bk_pg_options options = defaults();
    enum bk_err err = bk_pg_open(loop, &options, &pg);
    if (err != BK_OK)
        return err;
    struct ask ask = {0};
    err = submit(&ask, Q_ECHO, "swept", NULL);
    if (err == BK_OK) {
        run_until(is_answered, &ask, 5000);
        assert_int_equal(ask.calls, 1);
        err = ask.err;
        if (err == BK_OK)
            assert_string_equal(ask.text, "swept");
    }
    bk_pg_close(pg);
    pg = NULL;
    return err;
}

static void every_failed_allocation_is_a_clean_error(void **state)
{
    (void)state;
    long round = 0, clean = 0;
    bool has_failed = true;
    for (; has_failed; round++) {
        bk_alloc_fail_after(round);
        enum bk_err err = open_ask_close();
        has_failed = bk_alloc_has_failed();
        bk_alloc_fail_after(-1);
        /* While connecting, a lack of memory is one failed attempt. */
        if (has_failed)
            assert_true(err == BK_ERR_NO_MEMORY || err == BK_ERR_DOWN);
        else
            assert_int_equal(err, BK_OK);
        clean += err == BK_ERR_NO_MEMORY ? 1 : 0;
    }
    print_message("  %ld allocations\n", round - 1);
    assert_true(clean >= 3); /* the connection, the query, the answer */
}

int main(void)
{
#define OPENED(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
#define LOOP(name) cmocka_unit_test_setup_teardown(name, fixture_loop_only, fixture_close)
    const struct CMUnitTest tests[] = {
        OPENED(ten_thousand_queries_are_answered_right_and_in_order),
        OPENED(a_failed_query_leaves_its_neighbours_alone),
        OPENED(an_answer_is_told_only_when_it_is_committed),
        OPENED(null_parameters_and_values_are_null),
        OPENED(binary_parameters_of_every_byte_arrive),
        OPENED(parameters_are_bounded),
        OPENED(text_that_is_no_utf8_fails_alone),
        OPENED(the_server_knows_who_we_are_and_the_limit),
        OPENED(a_copy_is_an_error_and_not_an_endless_loop),
        LOOP(a_full_queue_is_busy_at_once),
        LOOP(abandoned_queries_are_silent_and_keep_the_order),
        OPENED(on_done_may_submit_and_abandon),
        OPENED(on_done_may_close_the_connection),
        OPENED(closing_ends_every_query),
        LOOP(a_deadline_ends_the_query_and_not_the_connection),
        OPENED(a_changed_table_costs_a_reconnect_and_no_error),
        OPENED(a_lost_statement_is_prepared_again),
        LOOP(a_statement_the_server_refuses_is_named),
        LOOP(every_failed_allocation_is_a_clean_error),
    };
    int failed = cmocka_run_group_tests(tests, fixture_server_start, fixture_server_stop);
    return failed + run_outage_tests();
}
