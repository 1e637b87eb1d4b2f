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
#include <sys/prctl.h>
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

static char directory[64], address[128], acl_path[96];
static pid_t server;
static struct bk_loop *loop;
static struct bk_redis *redis;

static void server_start(const char *option, const char *value)
{
    char socket_path[96];
    snprintf(socket_path, sizeof socket_path, "%s/s", directory);
    server = fork();
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that crashes leaves nothing behind */
        int null = open("/dev/null", O_RDWR);
        dup2(null, 1);
        dup2(null, 2);
        execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket_path, "--save",
               "", "--appendonly", "no", "--dir", directory, option, value, (char *)NULL);
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
    snprintf(acl_path, sizeof acl_path, "%s/users.acl", directory);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    char path[96];
    server_stop(SIGKILL);
    snprintf(path, sizeof path, "%s/s", directory);
    unlink(path);
    unlink(acl_path);
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
static struct bk_detail last_state;

static void on_state(void *ctx, bool is_up, const struct bk_detail *detail)
{
    (void)ctx;
    last_state = *detail;
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
    server_start(NULL, NULL);
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
    size_t count, left, bytes;
    enum bk_err err;
    enum bk_redis_kind kind;
    int64_t number;
    char text[64];
    struct bk_detail detail;
} told;

static void on_told(void *ctx, enum bk_err err, const struct bk_redis_reply *reply,
                    const struct bk_detail *detail)
{
    (void)ctx;
    told.count++;
    told.err = err;
    told.detail = *detail;
    told.kind = bk_redis_kind(reply);
    told.number = bk_redis_int(reply);
    told.bytes += bk_redis_text(reply).len;
    snprintf(told.text, sizeof told.text, "%.*s", BK_STR_ARG(bk_redis_text(reply)));
    if (told.left > 0 && --told.left == 0)
        bk_loop_stop(loop);
}

static char entry[64];

/* [[key, [[id, ["d", text]]]]] */
static void on_told_entry(void *ctx, enum bk_err err, const struct bk_redis_reply *reply,
                          const struct bk_detail *detail)
{
    const struct bk_redis_reply *stream = bk_redis_at(reply, 0);
    const struct bk_redis_reply *fields = bk_redis_at(bk_redis_at(bk_redis_at(stream, 1), 0), 1);
    assert_int_equal(bk_redis_count(reply), 1);
    assert_str_equal(bk_redis_text(bk_redis_at(stream, 0)), "bk:bell");
    snprintf(entry, sizeof entry, "%.*s", BK_STR_ARG(bk_redis_text(bk_redis_at(fields, 1))));
    assert_null(bk_redis_at(fields, 2));
    on_told(ctx, err, reply, detail);
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
    server_start(NULL, NULL);
    wait_state(true);
}

static void a_pause_of_all_clients_costs_the_deadline(void **state)
{
    (void)state;
    bk_redis_close(redis);
    open_redis(NULL, NULL, 10, 200);
    wait_state(true);
    ask((const char *const[]){"CLIENT", "PAUSE", "600", "ALL", NULL});
    memset(&told, 0, sizeof told);
    told.left = 1;
    assert_int_equal(send_words((const char *const[]){"GET", "k", NULL}, 0, on_told), BK_OK);
    run();
    assert_int_equal(told.err, BK_ERR_TIMEOUT);
    wait_state(true); /* when the pause is over */
}

/* Longer than the deadline of other commands, and ended by somebody else's entry. */
static void a_reader_may_wait_for_an_entry(void **state)
{
    (void)state;
    static const char *const read_words[] = {"XREAD",   "BLOCK", "400", "STREAMS",
                                             "bk:bell", "$",     NULL};
    struct bk_redis *writer = redis;
    open_redis(NULL, NULL, 10, 150);
    wait_state(true);
    memset(&told, 0, sizeof told);
    told.left = 1;
    assert_int_equal(send_words(read_words, 400, on_told), BK_OK);
    run();
    assert_int_equal(told.err, BK_OK);
    assert_int_equal(told.kind, BK_REDIS_NIL);

    memset(&told, 0, sizeof told);
    told.left = 2;
    assert_int_equal(send_words(read_words, 400, on_told_entry), BK_OK);
    struct bk_redis *reader = redis;
    redis = writer;
    assert_int_equal(
        send_words((const char *const[]){"XADD", "bk:bell", "*", "d", "7:42", NULL}, 0, on_told),
        BK_OK);
    run();
    assert_string_equal(entry, "7:42");
    bk_redis_close(reader);
}

static void many_large_commands_pass(void **state)
{
    (void)state;
    enum { COUNT = 100, BYTES = 60000 };
    char *text = malloc(BYTES);
    assert_non_null(text);
    memset(text, 'x', BYTES);
    text[0] = text[1] = '\0';
    text[2] = '\r';
    text[3] = '\n';
    const struct bk_str echo[2] = {BK_STR("ECHO"), {text, BYTES}};
    const struct bk_str nothing[2] = {BK_STR("ECHO"), BK_STR_NONE};
    memset(&told, 0, sizeof told);
    told.left = COUNT;
    for (int i = 0; i < COUNT - 1; i++)
        assert_int_equal(bk_redis_send(redis, echo, 2, 0, on_told, NULL), BK_OK);
    assert_int_equal(bk_redis_send(redis, nothing, 2, 0, on_told, NULL), BK_OK);
    run();
    assert_int_equal(told.count, COUNT);
    assert_int_equal(told.bytes, (COUNT - 1) * (size_t)BYTES);
    free(text);
}

static void an_answer_that_is_too_large_costs_the_connection_only(void **state)
{
    (void)state;
    ask((const char *const[]){"SETRANGE", "k", "999999", "x", NULL});
    ask((const char *const[]){"GET", "k", NULL});
    assert_int_equal(told.err, BK_OK);
    assert_int_equal(told.bytes, 1000000);
    ask((const char *const[]){"SETRANGE", "k", "1999999", "x", NULL});
    ask((const char *const[]){"GET", "k", NULL});
    assert_int_equal(told.err, BK_ERR_DOWN);
    assert_non_null(strstr(told.detail.text, "too large"));
    wait_state(true);
    ask((const char *const[]){"PING", NULL});
    assert_int_equal(told.err, BK_OK);
}

static void without_a_password_a_server_that_wants_one_is_down(void **state)
{
    (void)state;
    bk_redis_close(redis);
    server_stop(SIGKILL);
    server_start("--requirepass", "pass");
    open_redis(NULL, "pass", 10, 1000);
    wait_state(true);
    bk_redis_close(redis);
    open_redis(NULL, NULL, 10, 1000);
    wait_state(false);
    assert_non_null(strstr(last_state.text, "NOAUTH"));
    bk_redis_close(redis);
    open_redis(NULL, "wrong", 10, 1000);
    wait_state(false);
    assert_non_null(strstr(last_state.text, "WRONGPASS"));
}

/* The lines of docs/redis.md, with "pass" for a password. */
static void write_users(void)
{
    static const char hash[] = "d74ff0ee8da3b9806b18c877dbf29bbde50b5bd8e4dad7a3a725000feb82e8f1";
    char line[256];
    int count = 0;
    FILE *in = fopen("docs/redis.md", "r"), *out = fopen(acl_path, "w");
    assert_non_null(in);
    assert_non_null(out);
    while (fgets(line, sizeof line, in) != NULL) {
        char *mark = strstr(line, "SHA256 ");
        if (strncmp(line, "    user ", 9) != 0)
            continue;
        count++;
        if (mark == NULL)
            fputs(line + 4, out);
        else
            fprintf(out, "%.*s%s%s", (int)(mark - line - 4), line + 4, hash, mark + 6);
    }
    fclose(in);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(count, 2);
}

static const struct {
    const char *words[10];
    enum bk_err want;
} rights[] = {
    {{"PING"}, BK_OK},
    {{"XADD", "beckon:doorbell", "MAXLEN", "~", "1000", "*", "d", "1:2"}, BK_OK},
    {{"XREAD", "COUNT", "500", "BLOCK", "10", "STREAMS", "beckon:doorbell", "$"}, BK_OK},
    {{"PFADD", "beckon:limit:198.51.100.7:1:macs", "805ec0000001"}, BK_OK},
    {{"PFCOUNT", "beckon:limit:198.51.100.7:1:macs"}, BK_OK},
    {{"INCRBY", "beckon:limit:198.51.100.7:1:failures", "7"}, BK_OK},
    {{"EXPIRE", "beckon:limit:198.51.100.7:1:failures", "1200"}, BK_OK},
    {{"XADD", "other", "*", "d", "1:2"}, BK_ERR_DENIED},
    {{"PFADD", "other", "x"}, BK_ERR_DENIED},
    {{"INCRBY", "other", "1"}, BK_ERR_DENIED},
    {{"EXPIRE", "other", "1"}, BK_ERR_DENIED},
    {{"PFMERGE", "beckon:x", "beckon:limit:198.51.100.7:1:macs"}, BK_ERR_DENIED},
    {{"PFDEBUG", "ENCODING", "beckon:limit:198.51.100.7:1:macs"}, BK_ERR_DENIED},
    {{"SET", "beckon:limit:198.51.100.7:1:macs", "HYLL"}, BK_ERR_DENIED},
    {{"SETRANGE", "beckon:limit:198.51.100.7:1:macs", "4", "x"}, BK_ERR_DENIED},
    {{"APPEND", "beckon:limit:198.51.100.7:1:macs", "x"}, BK_ERR_DENIED},
    {{"XREAD", "STREAMS", "other", "0"}, BK_ERR_DENIED},
    {{"GET", "beckon:doorbell"}, BK_ERR_DENIED},
    {{"DEL", "beckon:doorbell"}, BK_ERR_DENIED},
    {{"XTRIM", "beckon:doorbell", "MAXLEN", "0"}, BK_ERR_DENIED},
    {{"KEYS", "*"}, BK_ERR_DENIED},
    {{"FLUSHALL"}, BK_ERR_DENIED},
    {{"CONFIG", "GET", "*"}, BK_ERR_DENIED},
    {{"EVAL", "return 1", "0"}, BK_ERR_DENIED},
    {{"RESTORE", "beckon:x", "0", "x"}, BK_ERR_DENIED},
    {{"SUBSCRIBE", "beckon:x"}, BK_ERR_DENIED},
    {{"ACL", "LIST"}, BK_ERR_DENIED},
    {{"REPLICAOF", "NO", "ONE"}, BK_ERR_DENIED},
};

static void the_documented_user_may_ring_listen_and_count_and_nothing_else(void **state)
{
    (void)state;
    bk_redis_close(redis);
    server_stop(SIGKILL);
    write_users();
    server_start("--aclfile", acl_path);
    open_redis("beckon", "pass", 10, 1000);
    wait_state(true);
    for (size_t i = 0; i < BK_COUNT(rights); i++) {
        print_message("  %s %s\n", rights[i].words[0],
                      rights[i].words[1] != NULL ? rights[i].words[1] : "");
        memset(&told, 0, sizeof told);
        told.left = 1;
        assert_int_equal(send_words(rights[i].words, 10, on_told), BK_OK);
        run();
        assert_int_equal(told.err, rights[i].want);
    }
    bk_redis_close(redis);
    open_redis("beckon", "wrong", 10, 1000);
    wait_state(false);
    bk_redis_close(redis);
    open_redis(NULL, NULL, 10, 1000); /* default is off */
    wait_state(false);
    assert_non_null(strstr(last_state.text, "NOAUTH"));
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
        T(a_pause_of_all_clients_costs_the_deadline),
        T(a_reader_may_wait_for_an_entry),
        T(many_large_commands_pass),
        T(an_answer_that_is_too_large_costs_the_connection_only),
        T(without_a_password_a_server_that_wants_one_is_down),
        T(the_documented_user_may_ring_listen_and_count_and_nothing_else),
        cmocka_unit_test(addresses_have_two_forms),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
