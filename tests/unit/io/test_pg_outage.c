/*
 * io/pg.h while PostgreSQL is away, dies, hangs or comes back.
 */
#include "pg_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "test_pg.h"

static void a_stopped_server_is_down_fast_and_up_again_soon(void **state)
{
    (void)state;
    struct ask in_flight[3] = {0}, ask;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(submit(&in_flight[i], Q_SLEEP, "2", NULL), BK_OK);
    pg_server_stop_immediate(server);
    assert_true(run_until(is_answered, &in_flight[2], 2000) < 500);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(in_flight[i].calls, 1);
        assert_int_equal(in_flight[i].err, BK_ERR_DOWN);
    }
    /* Whatever is submitted now ends at once or is refused at once; nothing is queued for long. */
    int64_t from_ms = bk_clock_mono_ms();
    ask = (struct ask){0};
    if (submit(&ask, Q_ECHO, "x", NULL) == BK_OK)
        run_until(is_answered, &ask, 1000);
    assert_int_equal(submit(&ask, Q_ECHO, "x", NULL), BK_ERR_DOWN);
    assert_true(bk_clock_mono_ms() - from_ms < 500);
    assert_int_equal(bk_pg_queue_len(pg), 0);

    pg_server_start(server);
    int64_t took_ms = run_until(is_up, NULL, 5000);
    print_message("  up again after %d ms\n", (int)took_ms);
    assert_true(took_ms < 2000);
    assert_int_equal(ask_now(&ask, Q_ECHO, "back", NULL), BK_OK);
    assert_string_equal(ask.text, "back");
    assert_string_equal(states, "udu");
}

static bool is_told_down(void *ctx)
{
    (void)ctx;
    return strchr(states, 'd') != NULL;
}

static void a_server_that_is_not_there_at_first_is_found_later(void **state)
{
    (void)state;
    pg_server_stop_immediate(server);
    struct bk_pg_options options = defaults();
    open_with(&options);
    struct ask early = {0}, ask;
    assert_int_equal(submit(&early, Q_ECHO, "x", NULL), BK_OK);
    run_until(is_told_down, NULL, 2000);
    assert_int_equal(early.err, BK_ERR_DOWN);
    assert_int_equal(submit(&early, Q_ECHO, "x", NULL), BK_ERR_DOWN);
    pg_server_start(server);
    assert_true(run_until(is_up, NULL, 5000) < 2000);
    assert_string_equal(states, "du");
    assert_int_equal(ask_now(&ask, Q_ECHO, "x", NULL), BK_OK);
}

static void a_terminated_backend_is_replaced(void **state)
{
    (void)state;
    struct ask kill_it = {0}, behind = {0}, ask;
    assert_int_equal(submit(&kill_it, Q_KILL, NULL, NULL), BK_OK);
    assert_int_equal(submit(&behind, Q_ECHO, "x", NULL), BK_OK);
    run_until(is_answered, &behind, 5000);
    assert_int_equal(kill_it.err, BK_ERR_DOWN);
    assert_int_equal(behind.err, BK_ERR_DOWN);
    run_until(is_up, NULL, 3000);
    assert_int_equal(ask_now(&ask, Q_ECHO, "x", NULL), BK_OK);
    assert_string_equal(states, "udu");
    /* While idle, too, and by somebody else. */
    sql("select pg_terminate_backend(pid) from pg_stat_activity "
        "where application_name = 'test/0 fetch'");
    run_until(is_down, NULL, 3000);
    run_until(is_up, NULL, 3000);
    assert_int_equal(ask_now(&ask, Q_ECHO, "x", NULL), BK_OK);
}

static int rest_of_kills, answered_kills;

static void kill_again(struct ask *ask)
{
    answered_kills++;
    if (--rest_of_kills > 0)
        (void)submit(ask, Q_KILL, NULL, NULL);
}

static bool are_kills_over(void *ctx)
{
    struct ask *ask = ctx;
    if (rest_of_kills > 0 && ask->query == NULL && bk_pg_is_up(pg))
        (void)submit(ask, Q_KILL, NULL, NULL);
    return rest_of_kills == 0;
}

static void a_connection_that_dies_young_is_not_replaced_in_a_hot_loop(void **state)
{
    (void)state;
    struct ask ask = {.inside = kill_again};
    rest_of_kills = 4;
    answered_kills = 0;
    int64_t took_ms = run_until(are_kills_over, &ask, 20000);
    assert_int_equal(answered_kills, 4);
    assert_true(took_ms >= 300); /* 0 + 100 + 200 ms of back-off at least */
    run_until(is_up, NULL, 5000);
}

static void a_silent_server_is_dropped(void **state)
{
    (void)state;
    struct bk_pg_options options = defaults();
    options.query_timeout_ms = 300;
    open_with(&options);
    run_until(is_up, NULL, 5000);
    struct ask pid, asked = {0}, ask;
    assert_int_equal(ask_now(&pid, Q_PID, NULL, NULL), BK_OK);
    pid_t backend = (pid_t)atoi(pid.text);
    assert_int_equal(kill(backend, SIGSTOP), 0);
    int64_t from_ms = bk_clock_mono_ms();
    assert_int_equal(submit(&asked, Q_ECHO, "x", NULL), BK_OK);
    run_until(is_answered, &asked, 2000);
    assert_int_equal(asked.err, BK_ERR_TIMEOUT);
    run_until(is_down, NULL, 2000);
    assert_in_range(bk_clock_mono_ms() - from_ms, 590, 1500);
    run_until(is_up, NULL, 2000);
    assert_int_equal(kill(backend, SIGCONT), 0);
    assert_int_equal(ask_now(&ask, Q_ECHO, "x", NULL), BK_OK);
    assert_int_equal(asked.calls, 1);
}

static bool has_waited(void *ctx)
{
    return bk_clock_mono_ms() > *(int64_t *)ctx;
}

static void without_descriptors_it_waits_until_there_are_some(void **state)
{
    (void)state;
    struct rlimit before, few;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    /* None for the socket; one for it and none to watch it. */
    for (rlim_t left = 0; left < 2; left++) {
        struct ask kill_it, ask = {0};
        assert_int_equal(ask_now(&kill_it, Q_KILL, NULL, NULL), BK_ERR_DOWN);
        assert_false(bk_pg_is_up(pg));
        int lowest = dup(0);
        close(lowest);
        few = before;
        few.rlim_cur = (rlim_t)lowest + left;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        int64_t until_ms = bk_clock_mono_ms() + 500;
        run_until(has_waited, &until_ms, 2000);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        assert_false(bk_pg_is_up(pg));
        assert_int_equal(submit(&ask, Q_ECHO, "x", NULL), BK_ERR_DOWN);
        run_until(is_up, NULL, 2000);
        assert_int_equal(ask_now(&ask, Q_ECHO, "x", NULL), BK_OK);
    }
}

/* ---- connecting ---- */

static size_t ticks;
static struct bk_timer ticker;

static void on_tick(void *ctx)
{
    (void)ctx;
    ticks++;
    bk_timer_start(loop, &ticker, 5, on_tick, NULL);
}

static void a_server_that_accepts_and_says_nothing_is_given_up(void **state)
{
    (void)state;
    char folder[] = "/tmp/bkmute-XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.5432", folder);
    int mute = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(mute, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(mute, 16), 0);
    char dsn[96];
    snprintf(dsn, sizeof dsn, "host=%s port=5432 user=x dbname=x", folder);

    struct bk_pg_options options = defaults();
    options.dsn = dsn;
    options.connect_timeout_ms = 200;
    open_with(&options);
    struct ask ask = {0};
    assert_int_equal(submit(&ask, Q_ECHO, "x", NULL), BK_OK);
    int64_t took_ms = run_until(is_answered, &ask, 3000);
    assert_in_range(took_ms, 190, 1000);
    assert_int_equal(ask.err, BK_ERR_DOWN);
    assert_non_null(strstr(last_state.text, "within 200 ms"));
    close(mute);
    unlink(address.sun_path);
    rmdir(folder);
}

static void a_host_name_is_looked_up_beside_the_loop(void **state)
{
    (void)state;
    char dsn[128];
    /* The first one does not exist; the second has addresses that do not answer, perhaps. */
    snprintf(dsn, sizeof dsn,
             "host=no-such-host.invalid,localhost port=%d user=postgres dbname=postgres",
             pg_server_port(server));
    struct bk_pg_options options = defaults();
    options.dsn = dsn;
    options.connect_timeout_ms = 15000; /* a resolver without a network takes its time */
    open_with(&options);
    ticks = 0;
    memset(&ticker, 0, sizeof ticker);
    bk_timer_start(loop, &ticker, 5, on_tick, NULL);
    int64_t took_ms = run_until(is_up, NULL, 20000);
    bk_timer_stop(&ticker);
    assert_true(ticks >= (size_t)took_ms / 20); /* the loop went on meanwhile */
    struct ask ask;
    assert_int_equal(ask_now(&ask, Q_ENDPOINT, NULL, NULL), BK_OK);
    assert_string_equal(ask.text, "test/0 fetch UTF8 127.0.0.1/32");
}

static void a_literal_address_needs_no_look_up(void **state)
{
    (void)state;
    char dsn[128];
    snprintf(dsn, sizeof dsn, "postgresql://postgres@127.0.0.1:%d/postgres",
             pg_server_port(server));
    struct bk_pg_options options = defaults();
    options.dsn = dsn;
    open_with(&options);
    run_until(is_up, NULL, 5000);
    struct ask ask;
    assert_int_equal(ask_now(&ask, Q_ENDPOINT, NULL, NULL), BK_OK);
    assert_string_equal(ask.text, "test/0 fetch UTF8 127.0.0.1/32");
}

static void on_stop(void *ctx)
{
    (void)ctx;
    bk_loop_stop(loop);
}

static void closing_while_a_name_is_looked_up_is_clean(void **state)
{
    (void)state;
    struct bk_pg_options options = defaults();
    options.dsn = "host=localhost port=1 user=x dbname=x";
    for (int i = 0; i < 20; i++) {
        open_with(&options);
        struct ask ask = {0};
        assert_int_equal(submit(&ask, Q_ECHO, "x", NULL), BK_OK);
        ticks = 0;
        bk_timer_start(loop, &ticker, i % 4, on_tick, NULL);
        while (ticks == 0 && i % 2 == 1) {
            struct bk_timer stop = {0};
            bk_timer_start(loop, &stop, 1, on_stop, NULL);
            bk_loop_run(loop);
            bk_timer_stop(&stop);
        }
        bk_timer_stop(&ticker);
        bk_pg_close(pg);
        pg = NULL;
        assert_int_equal(ask.calls, 1);
        assert_int_equal(ask.err, BK_ERR_DOWN);
    }
}

static const struct {
    const char *label, *dsn, *want;
} bad_dsns[] = {
    {"no connection string", "host=x nonsense", "cannot be read"},
    {"a service", "service=main", "service"},
    {"too many hosts", "host=a,b,c,d,e,f,g,h,i", "more than 8"},
    {"an unknown key", "hosst=x", "hosst"},
};

static void a_bad_connection_string_is_refused_with_a_reason(void **state)
{
    (void)state;
    struct bk_detail detail = {""};
    assert_int_equal(bk_pg_dsn_check(pg_server_dsn(server), &detail), BK_OK);
    for (size_t i = 0; i < BK_COUNT(bad_dsns); i++) {
        print_message("  %s\n", bad_dsns[i].label);
        struct bk_pg_options options = defaults();
        options.dsn = bad_dsns[i].dsn;
        struct bk_pg *none = NULL;
        assert_int_equal(bk_pg_open(loop, &options, &none), BK_ERR_INVALID);
        assert_null(none);
        assert_int_equal(bk_pg_dsn_check(bad_dsns[i].dsn, &detail), BK_ERR_INVALID);
        assert_non_null(strstr(detail.text, bad_dsns[i].want));
    }
}

int run_outage_tests(void)
{
#define OPENED(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)
#define LOOP(name) cmocka_unit_test_setup_teardown(name, fixture_loop_only, fixture_close)
    const struct CMUnitTest tests[] = {
        OPENED(a_stopped_server_is_down_fast_and_up_again_soon),
        LOOP(a_server_that_is_not_there_at_first_is_found_later),
        OPENED(a_terminated_backend_is_replaced),
        OPENED(a_connection_that_dies_young_is_not_replaced_in_a_hot_loop),
        LOOP(a_silent_server_is_dropped),
        OPENED(without_descriptors_it_waits_until_there_are_some),
        LOOP(a_server_that_accepts_and_says_nothing_is_given_up),
        LOOP(a_host_name_is_looked_up_beside_the_loop),
        LOOP(a_literal_address_needs_no_look_up),
        LOOP(closing_while_a_name_is_looked_up_is_clean),
        LOOP(a_bad_connection_string_is_refused_with_a_reason),
    };
    return cmocka_run_group_tests(tests, fixture_server_start, fixture_server_stop);
}
