/*
 * The part of a loop that is the same on every event library: dispatch, timer heap, posts.
 */
#include "io/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "io/loop_impl.h"

#define HEAP_FIRST_SIZE 64
/* Ten years: longer delays would only make room for overflow. */
#define DELAY_MS_MAX (INT64_C(10) * 366 * 86400 * 1000)
#define CLOCK_STEP_MS 250 /* smaller differences are rounding and slewing */

struct bk_post {
    struct bk_post *next;
    uint64_t number; /* in the order of posting */
    bk_post_fn *fn;
    void *ctx;
};

static void on_post(void *ctx, unsigned ready);

void bk_loop_init(struct bk_loop *loop, const struct bk_loop_ops *ops)
{
    *loop = (struct bk_loop){.ops = ops};
    loop->heap_size = HEAP_FIRST_SIZE;
    loop->heap = bk_alloc_or_abort(loop->heap_size * sizeof loop->heap[0]);
    pthread_mutex_init(&loop->post_lock, NULL);
    loop->post_last = &loop->post_first;
    loop->post_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->post_fd < 0 || bk_watch_open(loop, loop->post_fd, BK_READABLE, on_post, loop,
                                           &loop->post_watch) != BK_OK) {
        fprintf(stderr, "no event loop: %s (raise the limit of open files)\n", strerror(errno));
        abort();
    }
}

/* ---- watches ---- */

enum bk_err bk_watch_open(struct bk_loop *loop, int fd, unsigned want, bk_watch_fn *on_ready,
                          void *ctx, struct bk_watch **ret_watch)
{
    assert(fd >= 0 && on_ready != NULL);
    struct bk_watch *watch = NULL;
    enum bk_err err = loop->ops->watch_open(loop, fd, &watch);
    if (err != BK_OK)
        return err;
    watch->loop = loop;
    watch->on_ready = on_ready;
    watch->ctx = ctx;
    watch->want = 0;
    loop->watch_count++;
    bk_watch_want(watch, want);
    *ret_watch = watch;
    return BK_OK;
}

void bk_watch_want(struct bk_watch *watch, unsigned want)
{
    if (watch->want == want)
        return;
    watch->want = want;
    watch->loop->ops->watch_want(watch);
}

void bk_watch_close(struct bk_watch *watch)
{
    if (watch == NULL)
        return;
    watch->loop->watch_count--;
    watch->loop->ops->watch_close(watch);
}

/* ---- timers: a binary heap, each timer knowing its place ---- */

static bool is_before(const struct bk_timer *a, const struct bk_timer *b)
{
    return a->due_mono_ms != b->due_mono_ms ? a->due_mono_ms < b->due_mono_ms : a->order < b->order;
}

static void put(struct bk_loop *loop, size_t at, struct bk_timer *timer)
{
    loop->heap[at] = timer;
    timer->heap_at = at;
}

static void sift_up(struct bk_loop *loop, size_t at, struct bk_timer *timer)
{
    while (at > 0 && is_before(timer, loop->heap[(at - 1) / 2])) {
        put(loop, at, loop->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(loop, at, timer);
}

static void sift_down(struct bk_loop *loop, size_t at, struct bk_timer *timer)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= loop->heap_count)
            break;
        if (child + 1 < loop->heap_count && is_before(loop->heap[child + 1], loop->heap[child]))
            child++;
        if (!is_before(loop->heap[child], timer))
            break;
        put(loop, at, loop->heap[child]);
        at = child;
    }
    put(loop, at, timer);
}

static void heap_add(struct bk_loop *loop, struct bk_timer *timer)
{
    if (loop->heap_count == loop->heap_size) {
        struct bk_timer **bigger = bk_alloc_or_abort(2 * loop->heap_size * sizeof bigger[0]);
        memcpy(bigger, loop->heap, loop->heap_count * sizeof bigger[0]);
        bk_free(loop->heap);
        loop->heap = bigger;
        loop->heap_size *= 2;
    }
    sift_up(loop, loop->heap_count++, timer);
}

static void heap_remove(struct bk_loop *loop, const struct bk_timer *timer)
{
    size_t at = timer->heap_at;
    struct bk_timer *last = loop->heap[--loop->heap_count];
    if (at == loop->heap_count)
        return;
    if (at > 0 && is_before(last, loop->heap[(at - 1) / 2]))
        sift_up(loop, at, last);
    else
        sift_down(loop, at, last);
}

static void tell_timers_changed(struct bk_loop *loop)
{
    if (loop->ops->timers_changed != NULL)
        loop->ops->timers_changed(loop);
}

void bk_timer_start(struct bk_loop *loop, struct bk_timer *timer, int64_t delay_ms,
                    bk_timer_fn *on_due, void *ctx)
{
    assert(timer->loop == NULL || timer->loop == loop);
    if (timer->loop != NULL)
        heap_remove(loop, timer);
    if (delay_ms < 0)
        delay_ms = 0;
    if (delay_ms > DELAY_MS_MAX)
        delay_ms = DELAY_MS_MAX;
    timer->loop = loop;
    timer->due_mono_ms = bk_loop_now_ms(loop) + delay_ms;
    timer->order = loop->next_order++;
    timer->on_due = on_due;
    timer->ctx = ctx;
    heap_add(loop, timer);
    tell_timers_changed(loop);
}

void bk_timer_stop(struct bk_timer *timer)
{
    struct bk_loop *loop = timer->loop;
    if (loop == NULL)
        return;
    heap_remove(loop, timer);
    timer->loop = NULL;
    tell_timers_changed(loop);
}

bool bk_timer_is_running(const struct bk_timer *timer)
{
    return timer->loop != NULL;
}

int64_t bk_loop_timer_wait_ms(const struct bk_loop *loop)
{
    if (loop->heap_count == 0)
        return -1;
    int64_t wait_ms = loop->heap[0]->due_mono_ms - bk_clock_mono_ms();
    return wait_ms > 0 ? wait_ms : 0;
}

void bk_loop_timers_run(struct bk_loop *loop)
{
    int64_t now_ms = bk_loop_now_ms(loop);
    /* Without this bound a timer that restarts itself with no delay would keep us here. */
    uint64_t order_end = loop->next_order;
    while (loop->heap_count > 0) {
        struct bk_timer *timer = loop->heap[0];
        if (timer->due_mono_ms > now_ms || timer->order >= order_end)
            break;
        heap_remove(loop, timer);
        timer->loop = NULL;
        timer->on_due(timer->ctx); /* may free its timer, stop and start others */
    }
    tell_timers_changed(loop);
}

/* ---- the wall clock ---- */

int64_t bk_loop_wall_ahead_ms(void)
{
    struct timeval wall;
    gettimeofday(&wall, NULL);
    struct timespec mono;
    clock_gettime(CLOCK_MONOTONIC, &mono);
    return (int64_t)wall.tv_sec * 1000 + wall.tv_usec / 1000 -
           ((int64_t)mono.tv_sec * 1000 + mono.tv_nsec / 1000000);
}

int64_t bk_loop_wall_step_ms(int64_t *ahead_ms)
{
    int64_t now_ahead_ms = bk_loop_wall_ahead_ms();
    int64_t step_ms = now_ahead_ms - *ahead_ms;
    if (step_ms > -CLOCK_STEP_MS && step_ms < CLOCK_STEP_MS)
        return 0;
    *ahead_ms = now_ahead_ms;
    return step_ms;
}

/* ---- posts ---- */

/* Under post_lock, so that the loop cannot be freed in between. */
static void wake(struct bk_loop *loop)
{
    const uint64_t one = 1;
    while (write(loop->post_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

void bk_loop_post(struct bk_loop *loop, bk_post_fn *fn, void *ctx)
{
    struct bk_post *post = bk_alloc_or_abort(sizeof *post);
    post->fn = fn;
    post->ctx = ctx;

    pthread_mutex_lock(&loop->post_lock);
    bool is_first = loop->post_first == NULL;
    post->number = loop->next_post++;
    *loop->post_last = post;
    loop->post_last = &post->next;
    if (is_first)
        wake(loop);
    pthread_mutex_unlock(&loop->post_lock);
}

/* The next one of those posted before `end`. */
static struct bk_post *post_take(struct bk_loop *loop, uint64_t end)
{
    pthread_mutex_lock(&loop->post_lock);
    struct bk_post *post = loop->post_first;
    if (post != NULL && post->number < end) {
        loop->post_first = post->next;
        if (post->next == NULL)
            loop->post_last = &loop->post_first;
    } else {
        /* What came later had no reason to wake anybody. */
        if (post != NULL)
            wake(loop);
        post = NULL;
    }
    pthread_mutex_unlock(&loop->post_lock);
    return post;
}

void bk_loop_run_posts(struct bk_loop *loop)
{
    pthread_mutex_lock(&loop->post_lock);
    uint64_t end = loop->next_post;
    pthread_mutex_unlock(&loop->post_lock);

    /* One at a time from the common queue: a post may call this again, and finds the rest there. */
    struct bk_post *post;
    while ((post = post_take(loop, end)) != NULL) {
        post->fn(post->ctx);
        bk_free(post);
    }
}

static void on_post(void *ctx, unsigned ready)
{
    (void)ready;
    struct bk_loop *loop = ctx;
    uint64_t count;
    while (read(loop->post_fd, &count, sizeof count) < 0 && errno == EINTR)
        ;
    bk_loop_run_posts(loop);
}

/* ---- the loop ---- */

int64_t bk_loop_now_ms(struct bk_loop *loop)
{
    (void)loop;
    return bk_clock_mono_ms();
}

void bk_loop_run(struct bk_loop *loop)
{
    loop->ops->run(loop);
}

void bk_loop_stop(struct bk_loop *loop)
{
    loop->ops->stop(loop);
}

void bk_loop_free(struct bk_loop *loop)
{
    if (loop == NULL)
        return;
    while (loop->post_first != NULL)
        bk_loop_run_posts(loop);
    bk_watch_close(loop->post_watch);
    assert(loop->heap_count == 0 && "a timer outlives its loop");
    assert(loop->watch_count == 0 && "a watch outlives its loop");
    close(loop->post_fd);
    pthread_mutex_destroy(&loop->post_lock);
    bk_free(loop->heap);
    loop->ops->free(loop);
}
