/*
 * io/redis.h against a real Redis on a unix socket in a private directory.
 */
#include "harness/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/buf.h"
#include "io/redis.h"
#ifdef BK_TEST_LOOP_RE
#include "io/loop_re.h"
#else
#include "io/loop_h2o.h"
#endif

static char directory[64], address[128];
static pid_t server;
static struct bk_loop *loop;
static struct bk_redis *redis;

static void server_start(void)
{
    char socket_path[96];
    snprintf(socket_path, sizeof socket_path, "%s/s", directory);
    server = fork();
    if (server == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 1);
        dup2(null, 2);
        execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket_path, "--save",
               "", "--appendonly", "no", "--dir", directory, "--user", "bell", "on", ">pass",
               "~bk:*", "+xadd", "+ping", (char *)NULL);
        _exit(127);
    }
    assert_true(server > 0);
}

static void server_stop(int signal_number)
{
    if (server <= 0)
        return;
    kill(server, SIGCONT);
    kill(server, signal_number);
    waitpid(server, NULL, 0);
    server = 0;
}

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
    server_stop(SIGKILL);
    snprintf(path, sizeof path, "%s/s", directory);
    unlink(path);
    rmdir(directory);
    return 0;
}

static bool is_late;

static void on_guard(void *ctx)
{
    (void)ctx;
    is_late = true;
    bk_loop_stop(loop);
}

static void run(void)
{
    struct bk_timer guard = {0};
    is_late = false;
    bk_timer_start(loop, &guard, 5000, on_guard, NULL);
    bk_loop_run(loop);
    bk_timer_stop(&guard);
    assert_false(is_late);
}

static int wanted_state;

static void on_state(void *ctx, bool is_up, const struct bk_detail *detail)
{
    (void)ctx;
    assert_non_null(detail);
    if ((int)is_up == wanted_state)
        bk_loop_stop(loop);
}

static void open_redis(const char *user, const char *password, size_t queue_max, int timeout_ms)
{
    struct bk_redis_options options = {address, user, password, queue_max, timeout_ms};
    assert_int_equal(bk_redis_open(loop, &options, &redis), BK_OK);
    bk_redis_on_state(redis, on_state, NULL);
}

static void wait_state(bool is_up)
{
    wanted_state = is_up;
    if (bk_redis_is_up(redis) != is_up || !is_up)
        run();
}

static int setup(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
#ifdef BK_TEST_LOOP_RE
    loop = bk_loop_re_new(1024);
#else
    loop = bk_loop_h2o_new();
#endif
    server_start();
    open_redis(NULL, NULL, 100, 1000);
    wait_state(true);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bk_redis_close(redis);
    redis = NULL;
    bk_loop_free(loop);
    server_stop(SIGKILL);
    return 0;
}

static struct {
    size_t count, left;
    enum bk_err err;
    int64_t number;
    char text[64];
} told;

static void on_told(void *ctx, enum bk_err err, const struct bk_redis_reply *reply,
                    const struct bk_detail *detail)
{
    (void)ctx;
    assert_non_null(detail);
    told.count++;
    told.err = err;
    told.number = bk_redis_int(reply);
    snprintf(told.text, sizeof told.text, "%.*s", BK_STR_ARG(bk_redis_text(reply)));
    if (told.left > 0 && --told.left == 0)
        bk_loop_stop(loop);
}

static enum bk_err send_words(const char *const *words, int wait_ms, bk_redis_done_fn *on_done)
{
    struct bk_str args[BK_REDIS_ARG_MAX];
    size_t count = 0;
    for (; words[count] != NULL; count++)
        args[count] = bk_str_of(words[count]);
    return bk_redis_send(redis, args, count, wait_ms, on_done, NULL);
}

static void ask(const char *const *words)
{
    memset(&told, 0, sizeof told);
    told.left = 1;
    assert_int_equal(send_words(words, 0, on_told), BK_OK);
    run();
    assert_int_equal(told.count, 1);
}

static void commands_are_answered_in_order(void **state)
{
    (void)state;
    ask((const char *const[]){"SET", "k", "41", NULL});
    assert_string_equal(told.text, "OK");
    ask((const char *const[]){"INCR", "k", NULL});
    assert_int_equal(told.number, 42);
    ask((const char *const[]){"GET", "k", NULL});
    assert_string_equal(told.text, "42");
    ask((const char *const[]){"NOSUCH", NULL});
    assert_int_equal(told.err, BK_ERR_INTERNAL);
}

static void a_queue_has_a_bound(void **state)
{
    (void)state;
    memset(&told, 0, sizeof told);
    told.left = 100;
    for (int i = 0; i < 100; i++)
        assert_int_equal(send_words((const char *const[]){"PING", NULL}, 0, on_told), BK_OK);
    assert_int_equal(send_words((const char *const[]){"PING", NULL}, 0, on_told), BK_ERR_BUSY);
    run();
    assert_int_equal(told.count, 100);
}

static void a_server_that_hangs_costs_the_deadline_and_comes_back(void **state)
{
    (void)state;
    memset(&told, 0, sizeof told);
    told.left = 2;
    kill(server, SIGSTOP);
    assert_int_equal(send_words((const char *const[]){"PING", NULL}, 0, on_told), BK_OK);
    assert_int_equal(send_words((const char *const[]){"PING", NULL}, 5000, on_told), BK_OK);
    run();
    assert_int_equal(told.count, 2);
    assert_int_equal(told.err, BK_ERR_DOWN); /* the second's fate is unknown */
    assert_int_equal(send_words((const char *const[]){"PING", NULL}, 0, on_told), BK_ERR_DOWN);
    kill(server, SIGCONT);
    wait_state(true);
    ask((const char *const[]){"PING", NULL});
    assert_string_equal(told.text, "PONG");
}

static void a_server_that_dies_tells_what_waits_and_is_found_again(void **state)
{
    (void)state;
    memset(&told, 0, sizeof told);
    told.left = 1;
    assert_int_equal(
        send_words((const char *const[]){"XREAD", "BLOCK", "5000", "STREAMS", "bk:s", "$", NULL},
                   5000, on_told),
        BK_OK);
    server_stop(SIGKILL);
    run();
    assert_int_equal(told.err, BK_ERR_DOWN);
    assert_false(bk_redis_is_up(redis));
    server_start();
    wait_state(true);
}

static void on_told_close(void *ctx, enum bk_err err, const struct bk_redis_reply *reply,
                          const struct bk_detail *detail)
{
    on_told(ctx, err, reply, detail);
    if (told.count == 1) {
        bk_redis_close(redis);
        redis = NULL;
    }
}

static void it_may_be_closed_by_an_answer(void **state)
{
    (void)state;
    memset(&told, 0, sizeof told);
    told.left = 3;
    for (int i = 0; i < 3; i++)
        assert_int_equal(send_words((const char *const[]){"PING", NULL}, 0, on_told_close), BK_OK);
    run();
    assert_int_equal(told.count, 3);
}

static void a_user_may_do_what_its_list_says(void **state)
{
    (void)state;
    bk_redis_close(redis);
    open_redis("bell", "pass", 10, 1000);
    wait_state(true);
    ask((const char *const[]){"XADD", "bk:doorbell", "MAXLEN", "~", "10", "*", "d", "1:2", NULL});
    assert_int_equal(told.err, BK_OK);
    ask((const char *const[]){"FLUSHALL", NULL});
    assert_int_equal(told.err, BK_ERR_DENIED);
    ask((const char *const[]){"XADD", "other", "*", "d", "1:2", NULL});
    assert_int_equal(told.err, BK_ERR_DENIED);
    bk_redis_close(redis);
    open_redis("bell", "wrong", 10, 1000);
    wait_state(false);
    assert_false(bk_redis_is_up(redis));
}

static void addresses_have_two_forms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum bk_err want;
    } rows[] = {
        {"unix:/run/redis/redis.sock", BK_OK},
        {"127.0.0.1:6379", BK_OK},
        {"[::1]:6379", BK_OK},
        {"localhost:6379", BK_ERR_INVALID},
        {"unix:redis.sock", BK_ERR_INVALID},
        {"127.0.0.1", BK_ERR_INVALID},
        {"127.0.0.1:0", BK_ERR_INVALID},
        {"", BK_ERR_INVALID},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_detail detail = {{0}};
        print_message("  \"%s\"\n", rows[i].text);
        assert_int_equal(bk_redis_address_check(rows[i].text, &detail), rows[i].want);
        assert_int_equal(detail.text[0] != '\0', rows[i].want != BK_OK);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(commands_are_answered_in_order),
        T(a_queue_has_a_bound),
        T(a_server_that_hangs_costs_the_deadline_and_comes_back),
        T(a_server_that_dies_tells_what_waits_and_is_found_again),
        T(it_may_be_closed_by_an_answer),
        T(a_user_may_do_what_its_list_says),
        cmocka_unit_test(addresses_have_two_forms),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
