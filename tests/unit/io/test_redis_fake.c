/*
 * io/redis.h against a server that misbehaves: it lives in the same loop, and says what it is told.
 */
#include "harness/test.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/buf.h"
#include "io/redis.h"
#ifdef BK_TEST_LOOP_RE
#include "io/loop_re.h"
#else
#include "io/loop_h2o.h"
#endif

static char directory[64], address[128];
static struct bk_loop *loop;
static struct bk_redis *redis;

/* ---- the server: one connection at a time ---- */

static struct {
    int listen_fd, fd;
    struct bk_watch *listen_watch, *watch;
    struct bk_str hello;  /* what PING gets */
    struct bk_str script; /* what any other command gets; empty: nothing */
    struct bk_str saying; /* what is left of it */
    bool is_closing;      /* hang up after an answer */
    int accepts;
    struct bk_buf heard;
} fake;

static void fake_hang_up(void)
{
    bk_watch_close(fake.watch);
    fake.watch = NULL;
    if (fake.fd >= 0)
        close(fake.fd);
    fake.fd = -1;
}

static void say_more(void)
{
    ssize_t count = send(fake.fd, fake.saying.ptr, fake.saying.len, MSG_NOSIGNAL);
    if (count > 0)
        fake.saying = bk_str_slice(fake.saying, (size_t)count, fake.saying.len);
    bk_watch_want(fake.watch, fake.saying.len > 0 ? BK_READABLE | BK_WRITABLE : BK_READABLE);
}

static void on_fake_ready(void *ctx, unsigned ready)
{
    char bytes[4096];
    (void)ctx;
    if ((ready & BK_READABLE) == 0) {
        say_more();
        return;
    }
    ssize_t count = read(fake.fd, bytes, sizeof bytes);
    if (count <= 0) {
        fake_hang_up();
        return;
    }
    struct bk_str text = {bytes, (size_t)count};
    bk_buf_add(&fake.heard, text);
    fake.saying = bk_str_ends(text, BK_STR("PING\r\n")) ? fake.hello : fake.script;
    say_more();
    if (fake.is_closing)
        fake_hang_up();
}

static void on_fake_accept(void *ctx, unsigned ready)
{
    (void)ctx;
    (void)ready;
    int fd = accept(fake.listen_fd, NULL, NULL);
    if (fd < 0)
        return;
    fake_hang_up();
    fake.fd = fd;
    fake.accepts++;
    if (bk_watch_open(loop, fd, BK_READABLE, on_fake_ready, NULL, &fake.watch) != BK_OK)
        fake_hang_up(); /* an allocation sweep met the fake itself */
}

static void fake_start(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    memset(&fake, 0, sizeof fake);
    fake.fd = -1;
    fake.hello = BK_STR("+PONG\r\n");
    bk_buf_init(&fake.heard, 1 << 20);
    snprintf(name.sun_path, sizeof name.sun_path, "%s/s", directory);
    unlink(name.sun_path);
    fake.listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fake.listen_fd >= 0);
    assert_int_equal(bind(fake.listen_fd, (struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(listen(fake.listen_fd, 8), 0);
    assert_int_equal(
        bk_watch_open(loop, fake.listen_fd, BK_READABLE, on_fake_accept, NULL, &fake.listen_watch),
        BK_OK);
}

static void fake_stop(void)
{
    fake_hang_up();
    bk_watch_close(fake.listen_watch);
    close(fake.listen_fd);
    bk_buf_deinit(&fake.heard);
}

/* ---- running ---- */

static int group_setup(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/bkredisXXXXXX");
    assert_non_null(mkdtemp(directory));
    snprintf(address, sizeof address, "unix:%s/s", directory);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    char path[96];
    snprintf(path, sizeof path, "%s/s", directory);
    unlink(path);
    return rmdir(directory);
}

static int setup(void **state)
{
    (void)state;
#ifdef BK_TEST_LOOP_RE
    loop = bk_loop_re_new(1024);
#else
    loop = bk_loop_h2o_new();
#endif
    fake_start();
    redis = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bk_redis_close(redis);
    fake_stop();
    bk_loop_free(loop);
    return 0;
}

static bool is_late;

static void on_guard(void *ctx)
{
    (void)ctx;
    is_late = true;
    bk_loop_stop(loop);
}

static bool run_for(int64_t ms)
{
    struct bk_timer guard = {0};
    is_late = false;
    bk_timer_start(loop, &guard, ms, on_guard, NULL);
    bk_loop_run(loop);
    bk_timer_stop(&guard);
    return !is_late;
}

static struct {
    int ups, downs, told;
    enum bk_err err;
    struct bk_detail state, answer;
    bool is_stopping_up, is_stopping_down, is_closing_up, is_closing_down;
} seen;

static void close_redis(void)
{
    struct bk_redis *closing = redis;
    redis = NULL;
    bk_redis_close(closing); /* tells the rest */
    bk_loop_stop(loop);
}

static void on_state(void *ctx, bool is_up, const struct bk_detail *detail)
{
    (void)ctx;
    *(is_up ? &seen.ups : &seen.downs) += 1;
    seen.state = *detail;
    assert_int_equal(bk_redis_is_up(redis), is_up);
    if (is_up ? seen.is_closing_up : seen.is_closing_down)
        close_redis();
    else if (is_up ? seen.is_stopping_up : seen.is_stopping_down)
        bk_loop_stop(loop);
}

static void on_told(void *ctx, enum bk_err err, const struct bk_redis_reply *reply,
                    const struct bk_detail *detail)
{
    (void)ctx;
    assert_int_equal(err == BK_OK, reply != NULL);
    seen.told++;
    seen.err = err;
    seen.answer = *detail;
}

static void open_redis(const char *password, int timeout_ms)
{
    const struct bk_redis_options options = {address, "bell", password, 10, timeout_ms};
    assert_int_equal(bk_redis_open(loop, &options, &redis), BK_OK);
    bk_redis_on_state(redis, on_state, NULL);
}

static void open_and_wait(void)
{
    memset(&seen, 0, sizeof seen);
    seen.is_stopping_up = true;
    open_redis(NULL, 1000);
    assert_true(run_for(3000));
    assert_true(bk_redis_is_up(redis));
    seen.is_stopping_up = false;
}

static enum bk_err ask(bk_redis_done_fn *on_done)
{
    const struct bk_str get[2] = {BK_STR("GET"), BK_STR("k")};
    return bk_redis_send(redis, get, 2, 0, on_done, NULL);
}

/* ---- tests ---- */

static const struct {
    const char *label, *script, *reason;
} nonsense[] = {
    {"another protocol", "HTTP/1.1 400 Bad Request\r\n", "Protocol error"},
    {"a number that is none", ":1x\r\n", "Bad integer"},
    {"a length below -1", "$-5\r\n", "out of range"},
    {"a length beyond 64 bit", "$99999999999999999999\r\n", "Bad bulk"},
    {"more elements than memory", "*2147483647\r\n", "too large"},
    {"one element too many", "*65537\r\n", "too large"},
    {"deeper than the reader goes", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
     "nested"},
    {"two answers to one question", "$1\r\nv\r\n+OK\r\n", "nobody asked"},
    {"a refusal nobody asked for", "$1\r\nv\r\n-ERR max number of clients reached\r\n",
     "max number of clients"},
};

static void nonsense_ends_the_connection_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(nonsense); i++) {
        print_message("  %s\n", nonsense[i].label);
        open_and_wait();
        fake.script = bk_str_of(nonsense[i].script);
        seen.is_stopping_down = true;
        assert_int_equal(ask(on_told), BK_OK);
        assert_true(run_for(3000));
        assert_int_equal(seen.told, 1);
        assert_int_equal(seen.downs, 1);
        assert_false(bk_redis_is_up(redis));
        if (strstr(seen.state.text, nonsense[i].reason) == NULL)
            fail_msg("\"%s\" lacks \"%s\"", seen.state.text, nonsense[i].reason);
        seen.is_stopping_up = true;
        assert_true(run_for(3000)); /* and it is found again */
        bk_redis_close(redis);
        redis = NULL;
    }
}

static void an_answer_without_end_is_cut(void **state)
{
    (void)state;
    enum { BYTES = 2 * BK_REDIS_REPLY_BYTES_MAX };
    char *endless = malloc(BYTES);
    assert_non_null(endless);
    static const char *const heads[] = {"$1000000000\r\n", "+", "*65000\r\n"};
    for (size_t i = 0; i < BK_COUNT(heads); i++) {
        print_message("  %.6s\n", heads[i]);
        memset(endless, 'x', BYTES);
        if (heads[i][0] == '*')
            for (size_t at = 0; at + 6 <= BYTES; at += 6)
                memcpy(endless + at, "*1\r\n:\n", 6);
        memcpy(endless, heads[i], strlen(heads[i]));
        open_and_wait();
        fake.script = (struct bk_str){endless, BYTES};
        seen.is_stopping_down = true;
        assert_int_equal(ask(on_told), BK_OK);
        assert_true(run_for(5000));
        assert_int_equal(seen.told, 1);
        assert_int_equal(seen.err, BK_ERR_DOWN);
        bk_redis_close(redis);
        redis = NULL;
    }
    free(endless);
}

static void a_server_that_does_not_greet_costs_the_deadline(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof seen);
    fake.hello = BK_STR_NONE;
    seen.is_stopping_down = true;
    open_redis(NULL, 100);
    assert_true(run_for(3000));
    assert_int_equal(seen.ups, 0);
    assert_non_null(strstr(seen.state.text, "in time"));
    assert_int_equal(ask(on_told), BK_ERR_DOWN);
}

static void a_server_that_loads_its_data_is_not_up(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof seen);
    fake.hello = BK_STR("-LOADING Redis is loading the dataset in memory\r\n");
    seen.is_stopping_down = true;
    open_redis(NULL, 1000);
    assert_true(run_for(3000));
    assert_non_null(strstr(seen.state.text, "LOADING"));
    fake.hello = BK_STR("+PONG\r\n");
    seen.is_stopping_up = true;
    assert_true(run_for(3000));
    assert_int_equal(seen.downs, 1);
}

static void the_user_is_named_before_anything_else(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof seen);
    fake.hello = BK_STR("+OK\r\n+PONG\r\n");
    seen.is_stopping_up = true;
    open_redis("secret", 1000);
    assert_true(run_for(3000));
    assert_string_equal(bk_buf_text(&fake.heard),
                        "*3\r\n$4\r\nAUTH\r\n$4\r\nbell\r\n$6\r\nsecret\r\n"
                        "*1\r\n$4\r\nPING\r\n");
}

/* It greets and goes, again and again: each time a little later. */
static void a_server_that_greets_and_goes_is_not_stormed(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof seen);
    fake.is_closing = true;
    open_redis(NULL, 1000);
    assert_false(run_for(750)); /* at 0, 100, 300 and 700 ms */
    assert_in_range(fake.accepts, 2, 5);
    assert_in_range(seen.ups - seen.downs, 0, 1);
}

static void on_told_close(void *ctx, enum bk_err err, const struct bk_redis_reply *reply,
                          const struct bk_detail *detail)
{
    on_told(ctx, err, reply, detail);
    if (redis != NULL)
        close_redis();
}

static void it_may_be_closed_by_whoever_is_told(void **state)
{
    (void)state;
    static const char *const labels[] = {
        "up", "down", "first attempt down", "an answer", "a lost connection", "a deadline"};
    for (size_t i = 0; i < BK_COUNT(labels); i++) {
        print_message("  %s\n", labels[i]);
        memset(&seen, 0, sizeof seen);
        fake.script = BK_STR("+OK\r\n+OK\r\n+OK\r\n");
        fake.is_closing = false;
        if (i == 0 || i == 2) {
            seen.is_closing_up = i == 0;
            seen.is_closing_down = i == 2;
            fake.is_closing = i == 2;
            fake.hello = i == 2 ? BK_STR("-ERR no\r\n") : BK_STR("+PONG\r\n");
            open_redis(NULL, 1000);
        } else {
            open_and_wait();
            seen.is_closing_down = i == 1;
            fake.is_closing = i == 1 || i == 4;
            if (i != 3)
                fake.script = BK_STR_NONE;
            if (i == 5) {
                bk_redis_close(redis);
                seen.is_stopping_up = true;
                open_redis(NULL, 50);
                assert_true(run_for(3000));
            }
            for (int n = 0; n < 3; n++)
                assert_int_equal(ask(i == 1 ? on_told : on_told_close), BK_OK);
        }
        assert_true(run_for(3000));
        assert_null(redis);
        assert_int_equal(seen.told, i == 0 || i == 2 ? 0 : 3);
        fake.hello = BK_STR("+PONG\r\n");
    }
}

static void on_told_send(void *ctx, enum bk_err err, const struct bk_redis_reply *reply,
                         const struct bk_detail *detail)
{
    on_told(ctx, err, reply, detail);
    assert_false(bk_redis_is_up(redis));
    assert_int_equal(ask(on_told), BK_ERR_DOWN); /* or this would never end */
    bk_loop_stop(loop);
}

static void what_is_sent_while_it_goes_down_is_refused(void **state)
{
    (void)state;
    open_and_wait();
    fake.is_closing = true;
    assert_int_equal(ask(on_told_send), BK_OK);
    assert_int_equal(ask(on_told_send), BK_OK);
    assert_true(run_for(3000));
    assert_int_equal(seen.told, 2);
    assert_int_equal(seen.err, BK_ERR_DOWN);
}

static void a_command_has_a_bound(void **state)
{
    (void)state;
    open_and_wait();
    char *text = calloc(1, BK_REDIS_ARG_BYTES_MAX);
    assert_non_null(text);
    struct bk_str args[2] = {BK_STR("SET"), {text, BK_REDIS_ARG_BYTES_MAX - 2}};
    assert_int_equal(bk_redis_send(redis, args, 2, 0, on_told, NULL), BK_ERR_TOO_LARGE);
    args[1].len = SIZE_MAX;
    assert_int_equal(bk_redis_send(redis, args, 2, 0, on_told, NULL), BK_ERR_TOO_LARGE);
    assert_int_equal(seen.told, 0);
    free(text);
}

static void on_told_stop(void *ctx, enum bk_err err, const struct bk_redis_reply *reply,
                         const struct bk_detail *detail)
{
    on_told(ctx, err, reply, detail);
    bk_loop_stop(loop);
}

/* One allocation fails, wherever: it is told, or tried again, and each command is told once. */
static void a_failed_allocation_loses_nothing(void **state)
{
    (void)state;
    bool has_failed = true;
    long n;
    fake.script = BK_STR("*3\r\n$1\r\nv\r\n:1\r\n*-1\r\n");
    for (n = 0; has_failed; n++) {
        const struct bk_redis_options options = {address, "bell", "pass", 10, 2000};
        assert_true(n < 100);
        memset(&seen, 0, sizeof seen);
        fake.hello = BK_STR("+OK\r\n+PONG\r\n");
        seen.is_stopping_up = true;
        bk_alloc_fail_after(n);
        enum bk_err err = bk_redis_open(loop, &options, &redis);
        if (err != BK_OK) {
            assert_int_equal(err, BK_ERR_NO_MEMORY);
            assert_true(bk_alloc_has_failed());
            continue;
        }
        bk_redis_on_state(redis, on_state, NULL);
        assert_true(run_for(5000));
        err = ask(on_told_stop);
        if (err == BK_OK) {
            assert_true(run_for(5000));
            assert_int_equal(seen.told, 1);
            assert_true(seen.err == BK_OK || (seen.err == BK_ERR_DOWN && bk_alloc_has_failed()));
        } else {
            assert_int_equal(err, BK_ERR_NO_MEMORY);
        }
        has_failed = bk_alloc_has_failed();
        bk_alloc_fail_after(-1);
        bk_redis_close(redis);
        redis = NULL;
    }
    bk_alloc_fail_after(-1);
    assert_true(n > 10);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(nonsense_ends_the_connection_and_nothing_else),
        T(an_answer_without_end_is_cut),
        T(a_server_that_does_not_greet_costs_the_deadline),
        T(a_server_that_loads_its_data_is_not_up),
        T(the_user_is_named_before_anything_else),
        T(a_server_that_greets_and_goes_is_not_stormed),
        T(it_may_be_closed_by_whoever_is_told),
        T(what_is_sent_while_it_goes_down_is_refused),
        T(a_command_has_a_bound),
        T(a_failed_allocation_loses_nothing),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
