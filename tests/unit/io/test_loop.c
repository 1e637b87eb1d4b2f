/*
 * io/loop.h on both loops: h2o's, and with BK_TEST_LOOP_RE libre's.
 */
#include "harness/test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/clock.h"
#ifdef BK_TEST_LOOP_RE
#include "io/loop_re.h"
#include <re.h>
#else
#include "io/loop_h2o.h"
#include <h2o/timeout.h>
#endif

static struct bk_loop *loop;
static char trace[256];
static size_t trace_len;

static struct bk_loop *loop_new(void)
{
#ifdef BK_TEST_LOOP_RE
    return bk_loop_re_new(1024);
#else
    return bk_loop_h2o_new();
#endif
}

static void add(char c)
{
    assert_true(trace_len + 1 < sizeof trace);
    trace[trace_len++] = c;
    trace[trace_len] = '\0';
}

static void on_too_late(void *ctx)
{
    (void)ctx;
    add('!');
    bk_loop_stop(loop);
}

/* Runs until somebody stops the loop; a test that hangs shows a '!'. */
static void run(void)
{
    struct bk_timer guard = {0};
    bk_timer_start(loop, &guard, 5000, on_too_late, NULL);
    bk_loop_run(loop);
    bk_timer_stop(&guard);
}

static int setup(void **state)
{
    (void)state;
    trace_len = 0;
    trace[0] = '\0';
    loop = loop_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bk_loop_free(loop);
    return 0;
}

/* ---- timers ---- */

static void on_letter(void *ctx)
{
    const char *letter = ctx;
    add(*letter);
    if (*letter == 'Z')
        bk_loop_stop(loop);
}

static void timers_fire_in_order_of_time_then_of_start(void **state)
{
    (void)state;
    static const struct {
        int64_t delay_ms;
        const char *letter;
    } rows[] = {{30, "Z"}, {10, "c"}, {-5, "a"}, {20, "e"}, {10, "d"}, {0, "b"}};
    struct bk_timer timers[BK_COUNT(rows)] = {0};
    bk_clock_fake(1000, 0); /* all are started in the same millisecond */
    for (size_t i = 0; i < BK_COUNT(rows); i++)
        bk_timer_start(loop, &timers[i], rows[i].delay_ms, on_letter,
                       (void *)(intptr_t)rows[i].letter);
    bk_clock_fake(-1, -1);
    /* Due at 1000…1030 of a clock that is far beyond by now. */
    run();
    assert_string_equal(trace, "abcdeZ");
    for (size_t i = 0; i < BK_COUNT(timers); i++)
        assert_false(bk_timer_is_running(&timers[i]));
}

enum { MANY = 1000 };
static struct bk_timer many[MANY];
static size_t fired;
static const struct bk_timer *last_fired;

static void on_one_of_many(void *ctx)
{
    const struct bk_timer *timer = ctx;
    if (last_fired != NULL)
        assert_true(
            last_fired->due_mono_ms < timer->due_mono_ms ||
            (last_fired->due_mono_ms == timer->due_mono_ms && last_fired->order < timer->order));
    last_fired = timer;
    fired++;
}

static void many_timers_fire_sorted_and_stopped_ones_never(void **state)
{
    (void)state;
    struct bk_timer end = {0};
    memset(many, 0, sizeof many);
    fired = 0;
    last_fired = NULL;
    unsigned seed = 7;
    for (size_t i = 0; i < MANY; i++) {
        seed = seed * 1103515245u + 12345u;
        bk_timer_start(loop, &many[i], seed / 65536 % 30, on_one_of_many, &many[i]);
    }
    /* Every third is stopped, every fifth (also of those) moved; the heap must stay one. */
    for (size_t i = 0; i < MANY; i += 3)
        bk_timer_stop(&many[i]);
    for (size_t i = 0; i < MANY; i += 5)
        bk_timer_start(loop, &many[i], (int64_t)(i % 40), on_one_of_many, &many[i]);
    bk_timer_stop(&many[3]); /* twice is harmless */
    size_t running = 0;
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(bk_timer_is_running(&many[i]), i % 5 == 0 || i % 3 != 0);
        running += bk_timer_is_running(&many[i]) ? 1 : 0;
    }
    bk_timer_start(loop, &end, 60, on_letter, (void *)(intptr_t) "Z");
    run();
    assert_string_equal(trace, "Z");
    assert_int_equal(fired, running);
}

static struct bk_timer first, second, third;

static void on_first(void *ctx)
{
    (void)ctx;
    add('1');
    bk_timer_stop(&second); /* due in this very pass */
    bk_timer_start(loop, &third, 1, on_letter, (void *)(intptr_t) "Z");
}

static void a_callback_may_stop_and_start_other_timers(void **state)
{
    (void)state;
    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    memset(&third, 0, sizeof third);
    bk_timer_start(loop, &first, 0, on_first, NULL);
    bk_timer_start(loop, &second, 0, on_letter, (void *)(intptr_t) "2");
    run();
    assert_string_equal(trace, "1Z");
}

static int restarts;

static void on_restart(void *ctx)
{
    (void)ctx;
    if (++restarts < 50)
        bk_timer_start(loop, &first, 0, on_restart, NULL);
}

static void a_timer_that_restarts_itself_lets_others_run(void **state)
{
    (void)state;
    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    restarts = 0;
    bk_timer_start(loop, &first, 0, on_restart, NULL);
    bk_timer_start(loop, &second, 0, on_letter, (void *)(intptr_t) "Z");
    run();
    assert_string_equal(trace, "Z");
    assert_true(restarts < 50); /* not all of them before the second had its turn */
    bk_timer_stop(&first);
}

static void a_moved_timer_fires_once_at_its_new_time(void **state)
{
    (void)state;
    struct bk_timer moved = {0}, end = {0};
    bk_timer_start(loop, &moved, 4000, on_letter, (void *)(intptr_t) "m");
    bk_timer_start(loop, &moved, 5, on_letter, (void *)(intptr_t) "M");
    bk_timer_start(loop, &end, 20, on_letter, (void *)(intptr_t) "Z");
    int64_t from_ms = bk_clock_mono_ms();
    run();
    assert_string_equal(trace, "MZ");
    assert_in_range(bk_clock_mono_ms() - from_ms, 20, 1000);
}

/* ---- watches ---- */

static struct bk_watch *watch;
static int pair[2];

static void make_pair(void)
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
}

static void drop_pair(void)
{
    close(pair[0]);
    close(pair[1]);
}

static void on_unread(void *ctx, unsigned ready)
{
    int *count = ctx;
    assert_int_equal(ready, BK_READABLE);
    if (++*count == 3)
        bk_loop_stop(loop);
}

static void a_watch_is_level_triggered(void **state)
{
    (void)state;
    make_pair();
    int count = 0;
    assert_int_equal(bk_watch_open(loop, pair[0], BK_READABLE, on_unread, &count, &watch), BK_OK);
    assert_int_equal(write(pair[1], "x", 1), 1);
    run();
    assert_int_equal(count, 3);
    bk_watch_close(watch);
    drop_pair();
}

static void on_writable(void *ctx, unsigned ready)
{
    (void)ctx;
    assert_int_equal(ready, BK_WRITABLE);
    add('w');
    if (trace_len == 3) {
        bk_watch_want(watch, 0);
        bk_timer_start(loop, &first, 20, on_letter, (void *)(intptr_t) "Z");
    }
}

static void a_paused_watch_is_silent_and_can_go_on(void **state)
{
    (void)state;
    make_pair();
    memset(&first, 0, sizeof first);
    assert_int_equal(bk_watch_open(loop, pair[0], 0, on_writable, NULL, &watch), BK_OK);
    bk_watch_want(watch, BK_WRITABLE);
    run();
    assert_string_equal(trace, "wwwZ");
    trace_len = 0;
    bk_watch_want(watch, BK_WRITABLE);
    run();
    assert_string_equal(trace, "wwwZ");
    bk_watch_close(watch);
    drop_pair();
}

static void on_close_me(void *ctx, unsigned ready)
{
    (void)ready;
    add('c');
    bk_watch_close(ctx == NULL ? watch : ctx);
    watch = NULL;
    bk_timer_start(loop, &first, 10, on_letter, (void *)(intptr_t) "Z");
}

static void a_watch_may_be_closed_inside_its_own_callback(void **state)
{
    (void)state;
    make_pair();
    memset(&first, 0, sizeof first);
    assert_int_equal(write(pair[1], "x", 1), 1);
    /* Both are ready at once; the second must not come to a watch that is gone. */
    assert_int_equal(
        bk_watch_open(loop, pair[0], BK_READABLE | BK_WRITABLE, on_close_me, NULL, &watch), BK_OK);
    run();
    assert_string_equal(trace, "cZ");
    drop_pair();
}

static struct bk_watch *both[2];

static void on_close_other(void *ctx, unsigned ready)
{
    (void)ready;
    size_t *self = ctx;
    add('o');
    bk_watch_close(both[1 - *self]);
    both[1 - *self] = NULL;
    bk_loop_stop(loop);
}

static void a_watch_may_be_closed_by_another_that_is_ready_too(void **state)
{
    (void)state;
    make_pair();
    size_t names[2] = {0, 1};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(write(pair[1 - i], "x", 1), 1);
        assert_int_equal(
            bk_watch_open(loop, pair[i], BK_READABLE, on_close_other, &names[i], &both[i]), BK_OK);
    }
    run();
    assert_string_equal(trace, "o");
    bk_watch_close(both[0]);
    bk_watch_close(both[1]);
    drop_pair();
}

static int idle[2]; /* nothing is ever ready on it but for writing */
static struct bk_watch *newcomer;

static void on_nothing(void *ctx, unsigned ready)
{
    (void)ctx;
    (void)ready;
    add('x');
}

static void on_replace_other(void *ctx, unsigned ready)
{
    on_close_other(ctx, ready);
    bk_timer_start(loop, &first, 10, on_letter, (void *)(intptr_t) "Z");
    assert_int_equal(bk_watch_open(loop, idle[0], BK_READABLE, on_nothing, NULL, &newcomer), BK_OK);
}

static void an_event_does_not_reach_who_came_after_its_watch(void **state)
{
    (void)state;
    make_pair();
    memset(&first, 0, sizeof first);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, idle), 0);
    size_t names[2] = {0, 1};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(write(pair[1 - i], "x", 1), 1);
        assert_int_equal(
            bk_watch_open(loop, pair[i], BK_READABLE, on_replace_other, &names[i], &both[i]),
            BK_OK);
    }
    /* The first that comes closes the other, which is ready as well, and stops the loop. */
    run();
    bk_watch_close(both[0]);
    bk_watch_close(both[1]);
    run();
    assert_string_equal(trace, "oZ");
    bk_watch_close(newcomer);
    close(idle[0]);
    close(idle[1]);
    drop_pair();
}

static void on_hangup(void *ctx, unsigned ready)
{
    (void)ctx;
    char c;
    assert_int_equal(ready, BK_READABLE);
    assert_int_equal(read(pair[0], &c, 1), 0);
    add('h');
    bk_loop_stop(loop);
}

static void a_hang_up_is_readable(void **state)
{
    (void)state;
    make_pair();
    assert_int_equal(bk_watch_open(loop, pair[0], BK_READABLE, on_hangup, NULL, &watch), BK_OK);
    close(pair[1]);
    run();
    assert_string_equal(trace, "h");
    bk_watch_close(watch);
    close(pair[0]);
}

static void the_watched_descriptor_stays_the_callers(void **state)
{
    (void)state;
    make_pair();
    assert_int_equal(bk_watch_open(loop, pair[0], BK_READABLE, on_hangup, NULL, &watch), BK_OK);
    bk_watch_close(watch);
    bk_watch_close(NULL);
    assert_int_not_equal(fcntl(pair[0], F_GETFD), -1);
    assert_int_equal(write(pair[0], "x", 1), 1);
    drop_pair();
}

/* ---- posts ---- */

enum { THREADS = 4, POSTS = 2000 };
static size_t posted[THREADS], seen[THREADS], seen_total;

static void on_posted(void *ctx)
{
    size_t *number = ctx;
    size_t thread = *number / POSTS;
    assert_int_equal(*number % POSTS, seen[thread]); /* in the order of posting */
    seen[thread]++;
    if (++seen_total == (size_t)THREADS * POSTS)
        bk_loop_stop(loop);
}

static size_t numbers[THREADS * POSTS];

static void *post_all(void *ctx)
{
    size_t *thread = ctx;
    for (size_t i = 0; i < POSTS; i++)
        bk_loop_post(loop, on_posted, &numbers[*thread * POSTS + i]);
    return NULL;
}

static void posts_of_threads_arrive_all_and_in_order(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    memset(seen, 0, sizeof seen);
    seen_total = 0;
    for (size_t i = 0; i < BK_COUNT(numbers); i++)
        numbers[i] = i;
    for (size_t i = 0; i < THREADS; i++) {
        posted[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, post_all, &posted[i]), 0);
    }
    run();
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(seen_total, (size_t)THREADS * POSTS);
}

static void on_post_again(void *ctx)
{
    int *left = ctx;
    add('p');
    if (--*left > 0)
        bk_loop_post(loop, on_post_again, left);
}

static void what_was_posted_and_not_run_runs_when_the_loop_is_freed(void **state)
{
    (void)state;
    int left = 3;
    bk_loop_post(loop, on_post_again, &left);
    bk_loop_free(loop);
    assert_string_equal(trace, "ppp");
    loop = loop_new(); /* for teardown */
}

static void on_post_nested(void *ctx)
{
    (void)ctx;
    add('(');
    bk_loop_run_posts(loop);
    add(')');
}

static void posts_may_be_run_inside_a_post(void **state)
{
    (void)state;
    bk_loop_post(loop, on_letter, (void *)(intptr_t) "a");
    bk_loop_post(loop, on_post_nested, NULL);
    bk_loop_post(loop, on_letter, (void *)(intptr_t) "b");
    bk_loop_post(loop, on_letter, (void *)(intptr_t) "Z");
    run();
    assert_string_equal(trace, "a(bZ)");
}

static void *post_z_after_a_while(void *ctx)
{
    /* Until the loop sleeps: it has no timer but the guard's. */
    int64_t from_ms = bk_clock_mono_ms();
    while (bk_clock_mono_ms() - from_ms < 50)
        usleep(1000);
    bk_loop_post(loop, on_letter, ctx);
    return NULL;
}

static void a_post_wakes_a_sleeping_loop(void **state)
{
    (void)state;
    pthread_t thread;
    int64_t from_ms = bk_clock_mono_ms();
    assert_int_equal(pthread_create(&thread, NULL, post_z_after_a_while, (void *)(intptr_t) "Z"),
                     0);
    run();
    pthread_join(thread, NULL);
    assert_string_equal(trace, "Z");
    assert_in_range(bk_clock_mono_ms() - from_ms, 50, 700); /* sooner than a turn's limit */
}

/* ---- the wall clock ---- */

static int64_t wall_step_ms;

/* h2o and libre read the wall clock with this, and only with this; ours is found first. */
int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    struct timespec real;
    clock_gettime(CLOCK_REALTIME, &real);
    int64_t ms = (int64_t)real.tv_sec * 1000 + real.tv_nsec / 1000000 + wall_step_ms;
    now->tv_sec = (time_t)(ms / 1000);
    now->tv_usec = (suseconds_t)(ms % 1000 * 1000);
    return 0;
}

static void on_step(void *ctx)
{
    wall_step_ms = *(const int64_t *)ctx;
}

#ifndef BK_TEST_LOOP_RE

static void on_h2o_timeout(h2o_timeout_entry_t *entry)
{
    (void)entry;
    add('h');
    bk_loop_stop(loop);
}

static const struct {
    const char *label;
    int64_t step_ms;
} steps[] = {
    {"no step", 0},
    {"an hour back", -3600 * 1000},
    {"an hour forward", 3600 * 1000},
    {"ten years back", INT64_C(-10) * 365 * 86400 * 1000},
};

static void timeouts_of_h2o_survive_a_step_of_the_wall_clock(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(steps); i++) {
        print_message("  %s\n", steps[i].label);
        h2o_loop_t *evloop = bk_loop_h2o_of(loop);
        h2o_timeout_t timeout;
        h2o_timeout_entry_t entry = {.cb = on_h2o_timeout};
        struct bk_timer step = {0}, own = {0};
        int64_t step_ms = steps[i].step_ms;
        trace_len = 0;
        h2o_timeout_init(evloop, &timeout, 200);
        h2o_timeout_link(evloop, &timeout, &entry);
        bk_timer_start(loop, &step, 50, on_step, &step_ms);
        bk_timer_start(loop, &own, 100, on_letter, (void *)(intptr_t) "o");
        int64_t from_ms = bk_clock_mono_ms();
        run();
        assert_string_equal(trace, "oh");
        assert_in_range(bk_clock_mono_ms() - from_ms, 190, 700);
        h2o_timeout_dispose(evloop, &timeout);
    }
    wall_step_ms = 0;
}

#else

static void on_re_timer(void *ctx)
{
    add(*(const char *)ctx);
    if (*(const char *)ctx == 'H')
        bk_loop_stop(loop);
}

/* A step forward is not undone in time: what runs in libre may then fire early. */
static void timers_of_libre_survive_a_step_back_of_the_wall_clock(void **state)
{
    (void)state;
    int64_t step_ms = -3600 * 1000;
    struct tmr early, late;
    struct bk_timer step = {0}, own = {0};
    tmr_init(&early);
    tmr_init(&late);
    bk_timer_start(loop, &step, 20, on_step, &step_ms);
    bk_timer_start(loop, &own, 100, on_letter, (void *)(intptr_t) "o");
    tmr_start(&late, 1400, on_re_timer, (void *)(intptr_t) "H");
    tmr_start(&early, 200, on_re_timer, (void *)(intptr_t) "h");
    int64_t from_ms = bk_clock_mono_ms();
    run();
    assert_string_equal(trace, "ohH");
    assert_in_range(bk_clock_mono_ms() - from_ms, 1390, 4000);
    wall_step_ms = 0;
}

static int raw[2];

static void on_raw(int flags, void *ctx)
{
    (void)flags;
    add(*(const char *)ctx);
}

/* libre's own socket, ready in this very turn, goes; a watch comes and gets its number. */
static void on_close_raw(void *ctx, unsigned ready)
{
    (void)ctx;
    (void)ready;
    add('c');
    fd_close(raw[0]);
    close(raw[0]);
    assert_int_equal(bk_watch_open(loop, idle[0], BK_READABLE, on_nothing, NULL, &newcomer), BK_OK);
    bk_watch_want(watch, 0);
    bk_timer_start(loop, &first, 10, on_letter, (void *)(intptr_t) "Z");
}

static void an_event_of_libres_socket_does_not_reach_a_watch(void **state)
{
    (void)state;
    make_pair();
    memset(&first, 0, sizeof first);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, idle), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, raw), 0);
    assert_int_equal(bk_watch_open(loop, pair[0], BK_READABLE, on_close_raw, NULL, &watch), BK_OK);
    assert_int_equal(fd_listen(raw[0], FD_READ, on_raw, (void *)(intptr_t) "r"), 0);
    assert_int_equal(write(pair[1], "x", 1), 1); /* first: epoll reports in this order */
    assert_int_equal(write(raw[1], "x", 1), 1);
    run();
    assert_string_equal(trace, "cZ");
    bk_watch_close(newcomer);
    bk_watch_close(watch);
    close(raw[1]);
    close(idle[0]);
    close(idle[1]);
    drop_pair();
}

/* A watch, ready in this very turn, goes; libre opens a socket that must not get its number. */
static void on_open_raw(void *ctx, unsigned ready)
{
    (void)ctx;
    (void)ready;
    add('c');
    bk_watch_close(both[1]);
    both[1] = NULL;
    raw[0] = dup(idle[0]);
    assert_int_equal(fd_listen(raw[0], FD_READ, on_raw, (void *)(intptr_t) "r"), 0);
    bk_watch_want(both[0], 0);
    bk_timer_start(loop, &first, 10, on_letter, (void *)(intptr_t) "Z");
}

static void an_event_of_a_watch_does_not_reach_libres_socket(void **state)
{
    (void)state;
    make_pair();
    memset(&first, 0, sizeof first);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, idle), 0);
    assert_int_equal(bk_watch_open(loop, pair[0], BK_READABLE, on_open_raw, NULL, &both[0]), BK_OK);
    assert_int_equal(bk_watch_open(loop, pair[1], BK_READABLE, on_nothing, NULL, &both[1]), BK_OK);
    assert_int_equal(write(pair[1], "x", 1), 1); /* wakes the first watch */
    assert_int_equal(write(pair[0], "x", 1), 1);
    run();
    assert_string_equal(trace, "cZ");
    fd_close(raw[0]);
    close(raw[0]);
    bk_watch_close(both[0]);
    close(idle[0]);
    close(idle[1]);
    drop_pair();
}

#endif

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(timers_fire_in_order_of_time_then_of_start),
        T(many_timers_fire_sorted_and_stopped_ones_never),
        T(a_callback_may_stop_and_start_other_timers),
        T(a_timer_that_restarts_itself_lets_others_run),
        T(a_moved_timer_fires_once_at_its_new_time),
        T(a_watch_is_level_triggered),
        T(a_paused_watch_is_silent_and_can_go_on),
        T(a_watch_may_be_closed_inside_its_own_callback),
        T(a_watch_may_be_closed_by_another_that_is_ready_too),
        T(an_event_does_not_reach_who_came_after_its_watch),
        T(a_hang_up_is_readable),
        T(the_watched_descriptor_stays_the_callers),
        T(posts_of_threads_arrive_all_and_in_order),
        T(what_was_posted_and_not_run_runs_when_the_loop_is_freed),
        T(posts_may_be_run_inside_a_post),
        T(a_post_wakes_a_sleeping_loop),
#ifdef BK_TEST_LOOP_RE
        T(timers_of_libre_survive_a_step_back_of_the_wall_clock),
        T(an_event_of_libres_socket_does_not_reach_a_watch),
        T(an_event_of_a_watch_does_not_reach_libres_socket),
#else
        T(timeouts_of_h2o_survive_a_step_of_the_wall_clock),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
