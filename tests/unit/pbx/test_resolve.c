/*
 * pbx/resolve.h with a resolver of our own: what it finds, how long it takes, and how often it is
 * asked is the tests' (--wrap=getaddrinfo).
 */
#include "harness/test.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "harness/sweep.h"
#include "io/loop_re.h"
#include "pbx/resolve.h"

int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                       struct addrinfo **ret_all);
void __wrap_freeaddrinfo(struct addrinfo *all);

enum { PATIENCE_MS = 10000 };

static struct bk_loop *loop;
static struct bk_work *work;
static struct bk_egress egress;

/* --- the resolver --- */

static const char *answer; /* addresses, blank separated; NULL: not found */
static atomic_int asked_count;
static pthread_mutex_t hold = PTHREAD_MUTEX_INITIALIZER; /* who holds it makes the resolver wait */

int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                       struct addrinfo **ret_all)
{
    (void)name;
    (void)service;
    (void)hints;
    struct addrinfo *all = NULL, **end = &all;
    atomic_fetch_add(&asked_count, 1);
    pthread_mutex_lock(&hold);
    const char *text = answer;
    pthread_mutex_unlock(&hold);
    if (text == NULL)
        return EAI_NONAME;
    for (struct bk_str rest = bk_str_of(text); rest.len > 0;) {
        struct bk_str one = bk_str_cut(&rest, ' ');
        char host[64];
        struct sockaddr_storage *address = calloc(1, sizeof *address);
        snprintf(host, sizeof host, "%.*s", BK_STR_ARG(one));
        *end = calloc(1, sizeof **end);
        if (inet_pton(AF_INET, host, &((struct sockaddr_in *)address)->sin_addr) == 1) {
            address->ss_family = AF_INET;
            (*end)->ai_addrlen = sizeof(struct sockaddr_in);
        } else {
            assert_int_equal(
                inet_pton(AF_INET6, host, &((struct sockaddr_in6 *)address)->sin6_addr), 1);
            address->ss_family = AF_INET6;
            (*end)->ai_addrlen = sizeof(struct sockaddr_in6);
        }
        (*end)->ai_addr = (struct sockaddr *)address;
        end = &(*end)->ai_next;
    }
    *ret_all = all;
    return 0;
}

void __wrap_freeaddrinfo(struct addrinfo *all)
{
    while (all != NULL) {
        struct addrinfo *next = all->ai_next;
        free(all->ai_addr);
        free(all);
        all = next;
    }
}

/* --- running --- */

static int ended_count;

static void on_end(void *ctx)
{
    (void)ctx;
    ended_count++;
    bk_loop_stop(loop);
}

static void on_late(void *ctx)
{
    (void)ctx;
    bk_loop_stop(loop);
}

/* The look-up under way ends. */
static void run(void)
{
    struct bk_timer late = {0};
    int before = ended_count;
    bk_timer_start(loop, &late, PATIENCE_MS, on_late, NULL);
    bk_loop_run(loop);
    bk_timer_stop(&late);
    assert_int_equal(ended_count, before + 1);
}

static bool start(struct bk_resolve *resolve)
{
    bool is_known = false;
    assert_int_equal(bk_resolve_start(resolve, &is_known), BK_OK);
    return is_known;
}

static struct bk_resolve *open_host(const char *host, bool is_tls)
{
    const struct bk_resolve_setup setup = {loop, work, &egress, is_tls};
    struct bk_resolve *resolve = NULL;
    assert_int_equal(bk_resolve_open(&setup, host, on_end, NULL, &resolve), BK_OK);
    return resolve;
}

static const char *address_text(const struct bk_resolve *resolve, size_t at)
{
    static char text[INET6_ADDRSTRLEN];
    const struct sockaddr_storage *address = &bk_resolve_result(resolve)->addresses[at];
    const void *bytes = address->ss_family == AF_INET
                            ? (const void *)&((const struct sockaddr_in *)address)->sin_addr
                            : (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr;
    assert_non_null(inet_ntop(address->ss_family, bytes, text, sizeof text));
    return text;
}

static int begin(void **state)
{
    (void)state;
    loop = bk_loop_re_new(256);
    assert_int_equal(bk_work_new(loop, 1, 4, &work), BK_OK);
    return bk_egress_parse(BK_STR("10.1.0.0/16"), BK_STR("10.1.0.0/16"), &egress, NULL) == BK_OK
               ? 0
               : -1;
}

static int finish(void **state)
{
    (void)state;
    bk_work_free(work);
    bk_loop_free(loop);
    return 0;
}

static int reset(void **state)
{
    (void)state;
    answer = NULL;
    atomic_store(&asked_count, 0);
    bk_clock_fake(-1, -1);
    return 0;
}

/* --- tests --- */

static void a_numeric_host_is_judged_at_once_and_never_looked_up(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        size_t count;
    } rows[] = {{"10.1.2.3", 1},        {"10.2.0.1", 0}, {"127.0.0.1", 0},
                {"::ffff:10.1.2.3", 1}, {"::1", 0},      {"64:ff9b::a01:203", 1},
                {"2002:a02:1::1", 0},   {"fe80::1", 0}};
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_resolve *resolve = open_host(rows[i].host, false);
        print_message("  %s\n", rows[i].host);
        assert_true(start(resolve));
        assert_int_equal(bk_resolve_result(resolve)->count, rows[i].count);
        assert_int_equal(bk_resolve_result(resolve)->is_forbidden, rows[i].count == 0);
        if (rows[i].count == 0)
            assert_non_null(strstr(bk_resolve_result(resolve)->text, rows[i].host));
        bk_resolve_close(resolve);
    }
    assert_int_equal(atomic_load(&asked_count), 0);
}

static void of_a_names_addresses_only_the_allowed_ones_are_handed_out(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        bool is_tls;
        const char *want[3];
    } rows[] = {
        {"10.1.0.1", false, {"10.1.0.1"}},
        {"127.0.0.1 10.1.0.1 169.254.169.254 10.1.0.2", false, {"10.1.0.1", "10.1.0.2"}},
        {"2606:4700::1 8.8.8.8 10.1.0.1", true, {"2606:4700::1", "8.8.8.8", "10.1.0.1"}},
        {"2606:4700::1 8.8.8.8 10.1.0.1", false, {"10.1.0.1"}},
        {"127.0.0.1 ::1 ::ffff:10.2.0.1", true, {NULL}},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_resolve *resolve = open_host("pbx.example", rows[i].is_tls);
        answer = rows[i].answer;
        print_message("  %s\n", answer);
        assert_false(start(resolve));
        run();
        const struct bk_resolve_result *result = bk_resolve_result(resolve);
        size_t count = 0;
        for (; count < 3 && rows[i].want[count] != NULL; count++)
            assert_string_equal(address_text(resolve, count), rows[i].want[count]);
        assert_int_equal(result->count, count);
        assert_int_equal(result->is_forbidden, count == 0);
        bk_resolve_close(resolve);
    }
}

static void more_addresses_than_fit_are_left_out(void **state)
{
    (void)state;
    struct bk_resolve *resolve = open_host("pbx.example", false);
    answer = "10.1.0.1 10.1.0.2 10.1.0.3 10.1.0.4 10.1.0.5 10.1.0.6 10.1.0.7 10.1.0.8 10.1.0.9";
    assert_false(start(resolve));
    run();
    assert_int_equal(bk_resolve_result(resolve)->count, BK_RESOLVE_MAX);
    bk_resolve_close(resolve);
}

static void a_name_is_asked_for_once_a_minute_and_once_at_a_time(void **state)
{
    (void)state;
    struct bk_resolve *resolve = open_host("pbx.example", false);
    answer = "10.1.0.1";
    pthread_mutex_lock(&hold);
    assert_false(start(resolve));
    assert_false(start(resolve)); /* the same look-up serves */
    pthread_mutex_unlock(&hold);
    run();
    assert_int_equal(atomic_load(&asked_count), 1);
    int64_t now_mono_ms = bk_loop_now_ms(loop), now_wall_ms = bk_clock_wall_ms();
    assert_true(start(resolve));
    bk_clock_fake(now_mono_ms + BK_RESOLVE_KEEP_MS - 1000, now_wall_ms);
    assert_true(start(resolve));
    bk_clock_fake(now_mono_ms + BK_RESOLVE_KEEP_MS + 1000, now_wall_ms);
    answer = "127.0.0.1"; /* turned over: what is handed out now is what was judged now */
    assert_false(start(resolve));
    bk_clock_fake(-1, -1);
    run();
    assert_int_equal(bk_resolve_result(resolve)->count, 0);
    assert_true(bk_resolve_result(resolve)->is_forbidden);
    assert_int_equal(atomic_load(&asked_count), 2);
    bk_resolve_close(resolve);
}

static void what_was_found_once_serves_on_while_names_are_not_found(void **state)
{
    (void)state;
    struct bk_resolve *resolve = open_host("pbx.example", false);
    int64_t now_wall_ms = bk_clock_wall_ms();
    assert_false(start(resolve));
    run();
    assert_int_equal(bk_resolve_result(resolve)->count, 0);
    assert_false(bk_resolve_result(resolve)->is_forbidden);
    assert_non_null(strstr(bk_resolve_result(resolve)->text, "pbx.example is not found"));
    assert_true(start(resolve)); /* known not to be there, for a while */
    answer = "10.1.0.1";
    bk_clock_fake(bk_loop_now_ms(loop) + BK_RESOLVE_KEEP_NONE_MS + 1, now_wall_ms);
    assert_false(start(resolve));
    bk_clock_fake(-1, -1);
    run();
    assert_int_equal(bk_resolve_result(resolve)->count, 1);
    answer = NULL;
    bk_clock_fake(bk_loop_now_ms(loop) + BK_RESOLVE_KEEP_MS + 1, now_wall_ms);
    assert_false(start(resolve));
    bk_clock_fake(-1, -1);
    run();
    assert_int_equal(bk_resolve_result(resolve)->count, 1);
    assert_string_equal(address_text(resolve, 0), "10.1.0.1");
    assert_true(start(resolve));
    bk_resolve_close(resolve);
}

static void whoever_closes_hears_nothing_and_too_many_are_refused(void **state)
{
    (void)state;
    struct bk_resolve *resolves[5];
    bool is_known = true;
    int before = ended_count;
    answer = "10.1.0.1";
    pthread_mutex_lock(&hold);
    for (size_t i = 0; i < BK_COUNT(resolves); i++)
        resolves[i] = open_host("pbx.example", false);
    for (size_t i = 0; i < 4; i++)
        assert_false(start(resolves[i]));
    assert_int_equal(bk_resolve_start(resolves[4], &is_known), BK_ERR_BUSY);
    assert_false(is_known);
    for (size_t i = 0; i < 3; i++)
        bk_resolve_close(resolves[i]);
    pthread_mutex_unlock(&hold);
    run(); /* the fourth's */
    assert_int_equal(ended_count, before + 1);
    assert_int_equal(bk_work_count(work), 0);
    assert_false(start(resolves[4]));
    run();
    bk_resolve_close(resolves[3]);
    bk_resolve_close(resolves[4]);
    bk_resolve_close(NULL);
}

static enum bk_err try_it(void *ctx)
{
    (void)ctx;
    const struct bk_resolve_setup setup = {loop, work, &egress, false};
    struct bk_resolve *resolve = NULL;
    bool is_known = true;
    enum bk_err err = bk_resolve_open(&setup, "pbx.example", on_end, NULL, &resolve);
    if (err == BK_OK)
        err = bk_resolve_start(resolve, &is_known);
    if (err == BK_OK)
        run();
    bk_resolve_close(resolve);
    return err;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    answer = "10.1.0.1";
    assert_true(sweep_allocations(try_it, NULL) >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_numeric_host_is_judged_at_once_and_never_looked_up, reset),
        cmocka_unit_test_setup(of_a_names_addresses_only_the_allowed_ones_are_handed_out, reset),
        cmocka_unit_test_setup(more_addresses_than_fit_are_left_out, reset),
        cmocka_unit_test_setup(a_name_is_asked_for_once_a_minute_and_once_at_a_time, reset),
        cmocka_unit_test_setup(what_was_found_once_serves_on_while_names_are_not_found, reset),
        cmocka_unit_test_setup(whoever_closes_hears_nothing_and_too_many_are_refused, reset),
        cmocka_unit_test_setup(every_allocation_may_fail, reset),
    };
    return cmocka_run_group_tests(tests, begin, finish);
}
