/*
 * io/work.h: threads beside a loop.
 */
#include "harness/test.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "io/loop_h2o.h"
#include "io/work.h"

enum { THREADS = 3, ITEMS = 500 };

static struct bk_loop *loop;
static struct bk_work *work;
static size_t done_count;
static atomic_int gate; /* run() waits until it is open */

struct item {
    size_t number, thread;
    bool was_run, was_told;
};
static struct item items[ITEMS];

static void run(void *ctx, size_t thread)
{
    struct item *item = ctx;
    while (atomic_load(&gate) == 0)
        usleep(100);
    item->was_run = true;
    item->thread = thread;
}

static void on_done(void *ctx)
{
    struct item *item = ctx;
    assert_false(item->was_told);
    item->was_told = true;
    if (++done_count == ITEMS)
        bk_loop_stop(loop);
}

static int setup(void **state)
{
    (void)state;
    memset(items, 0, sizeof items);
    done_count = 0;
    atomic_store(&gate, 1);
    loop = bk_loop_h2o_new();
    assert_int_equal(bk_work_new(loop, THREADS, ITEMS, &work), BK_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bk_work_free(work);
    bk_loop_free(loop);
    return 0;
}

static void every_item_is_run_on_a_thread_and_told_on_the_loop(void **state)
{
    (void)state;
    for (size_t i = 0; i < ITEMS; i++)
        assert_int_equal(bk_work_submit(work, run, on_done, &items[i]), BK_OK);
    bk_loop_run(loop);
    assert_int_equal(bk_work_count(work), 0);
    for (size_t i = 0; i < ITEMS; i++) {
        assert_true(items[i].was_run && items[i].was_told);
        assert_true(items[i].thread < THREADS);
    }
}

static void a_full_queue_refuses_at_once(void **state)
{
    (void)state;
    atomic_store(&gate, 0);
    for (size_t i = 0; i < ITEMS; i++)
        assert_int_equal(bk_work_submit(work, run, on_done, &items[i]), BK_OK);
    assert_int_equal(bk_work_count(work), ITEMS);
    assert_int_equal(bk_work_submit(work, run, on_done, &items[0]), BK_ERR_BUSY);
    atomic_store(&gate, 1);
    bk_loop_run(loop);
}

static void what_is_not_run_at_the_end_is_told_all_the_same(void **state)
{
    (void)state;
    atomic_store(&gate, 0);
    for (size_t i = 0; i < ITEMS; i++)
        assert_int_equal(bk_work_submit(work, run, on_done, &items[i]), BK_OK);
    atomic_store(&gate, 1);
    bk_work_free(work);
    work = NULL;
    assert_int_equal(done_count, ITEMS);
    bk_work_free(NULL);
}

static void on_done_free(void *ctx)
{
    on_done(ctx);
    bk_work_free(work);
    work = NULL;
    bk_loop_stop(loop);
}

static void it_may_be_freed_by_what_it_tells(void **state)
{
    (void)state;
    assert_int_equal(bk_work_submit(work, run, on_done_free, &items[0]), BK_OK);
    for (size_t i = 1; i < ITEMS; i++)
        assert_int_equal(bk_work_submit(work, run, on_done, &items[i]), BK_OK);
    bk_loop_run(loop);
    assert_int_equal(done_count, ITEMS);
}

static sigset_t thread_mask;

static void run_read_mask(void *ctx, size_t thread)
{
    (void)ctx;
    (void)thread;
    pthread_sigmask(SIG_BLOCK, NULL, &thread_mask);
}

static void signals_stay_with_the_loop(void **state)
{
    (void)state;
    sigset_t own;
    done_count = ITEMS - 1;
    assert_int_equal(bk_work_submit(work, run_read_mask, on_done, &items[0]), BK_OK);
    bk_loop_run(loop);
    pthread_sigmask(SIG_BLOCK, NULL, &own);
    assert_int_equal(sigismember(&thread_mask, SIGTERM), 1);
    assert_int_equal(sigismember(&thread_mask, SIGCHLD), 1);
    assert_int_equal(sigismember(&own, SIGTERM), 0);
}

static enum bk_err new_and_submit(void *ctx)
{
    struct bk_work *swept = NULL;
    enum bk_err err = bk_work_new(loop, 1, 1, &swept);
    done_count = 0;
    if (err == BK_OK)
        err = bk_work_submit(swept, run, on_done, ctx);
    bk_work_free(swept);
    assert_int_equal(done_count, err == BK_OK ? 1 : 0);
    items[0].was_told = false;
    return err;
}

static void every_failed_allocation_is_told(void **state)
{
    (void)state;
    /* The two that may fail; a message to the loop is small, and aborts. */
    for (long n = 0; n < 2; n++) {
        bk_alloc_fail_after(n);
        assert_int_equal(new_and_submit(&items[0]), BK_ERR_NO_MEMORY);
        assert_true(bk_alloc_has_failed());
        bk_alloc_fail_after(-1);
    }
    assert_int_equal(new_and_submit(&items[0]), BK_OK);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(every_item_is_run_on_a_thread_and_told_on_the_loop),
        T(a_full_queue_refuses_at_once),
        T(what_is_not_run_at_the_end_is_told_all_the_same),
        T(it_may_be_freed_by_what_it_tells),
        T(signals_stay_with_the_loop),
        T(every_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
