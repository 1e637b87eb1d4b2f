/*
 * A bounded queue and a few threads. Items are handed back through bk_loop_post, so that whoever
 * submitted one never shares it with a thread.
 */
#include "io/work.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

#include "base/alloc.h"
#include "base/list.h"

struct item {
    struct bk_list node; /* in waiting */
    struct bk_work *work;
    bk_work_run_fn *run;
    bk_work_done_fn *done;
    void *ctx;
};

struct thread {
    struct bk_work *work;
    size_t number;
    pthread_t id;
};

struct bk_work {
    struct bk_loop *loop;
    size_t queue_max;
    size_t count; /* of the loop's thread: submitted and not told */
    pthread_mutex_t lock;
    pthread_cond_t has_item;
    struct bk_list waiting; /* under lock */
    bool is_stopping;       /* under lock */
    size_t thread_count;
    struct thread threads[];
};

static void on_done(void *ctx)
{
    struct item *item = ctx;
    item->work->count--;
    item->done(item->ctx);
    bk_free(item);
}

static void *thread_main(void *ctx)
{
    struct thread *thread = ctx;
    struct bk_work *work = thread->work;
    pthread_mutex_lock(&work->lock);
    while (!work->is_stopping) {
        if (bk_list_is_empty(&work->waiting)) {
            pthread_cond_wait(&work->has_item, &work->lock);
            continue;
        }
        struct item *item = BK_CONTAINER(work->waiting.next, struct item, node);
        bk_list_remove(&item->node);
        pthread_mutex_unlock(&work->lock);
        item->run(item->ctx, thread->number);
        bk_loop_post(work->loop, on_done, item);
        pthread_mutex_lock(&work->lock);
    }
    pthread_mutex_unlock(&work->lock);
    return NULL;
}

enum bk_err bk_work_new(struct bk_loop *loop, size_t thread_count, size_t queue_max,
                        struct bk_work **ret_work)
{
    struct bk_work *work = bk_alloc(sizeof *work + thread_count * sizeof work->threads[0]);
    if (work == NULL)
        return BK_ERR_NO_MEMORY;
    work->loop = loop;
    work->queue_max = queue_max;
    bk_list_init(&work->waiting);
    pthread_mutex_init(&work->lock, NULL);
    pthread_cond_init(&work->has_item, NULL);

    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (work->thread_count < thread_count) {
        struct thread *thread = &work->threads[work->thread_count];
        *thread = (struct thread){.work = work, .number = work->thread_count};
        if (pthread_create(&thread->id, NULL, thread_main, thread) != 0)
            break;
        work->thread_count++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (work->thread_count < thread_count) {
        bk_work_free(work);
        return BK_ERR_NO_MEMORY;
    }
    *ret_work = work;
    return BK_OK;
}

enum bk_err bk_work_submit(struct bk_work *work, bk_work_run_fn *run, bk_work_done_fn *done,
                           void *ctx)
{
    if (work->count >= work->queue_max)
        return BK_ERR_BUSY;
    struct item *item = bk_alloc(sizeof *item);
    if (item == NULL)
        return BK_ERR_NO_MEMORY;
    item->work = work;
    item->run = run;
    item->done = done;
    item->ctx = ctx;
    work->count++;
    pthread_mutex_lock(&work->lock);
    bk_list_append(&work->waiting, &item->node);
    pthread_cond_signal(&work->has_item);
    pthread_mutex_unlock(&work->lock);
    return BK_OK;
}

size_t bk_work_count(const struct bk_work *work)
{
    return work->count;
}

/* The loop's turn for what threads have posted; runs after those posts, since posts keep order. */
static void on_all_posted(void *ctx)
{
    bool *is_over = ctx;
    *is_over = true;
}

void bk_work_free(struct bk_work *work)
{
    if (work == NULL)
        return;
    pthread_mutex_lock(&work->lock);
    work->is_stopping = true;
    pthread_cond_broadcast(&work->has_item);
    pthread_mutex_unlock(&work->lock);
    for (size_t i = 0; i < work->thread_count; i++)
        pthread_join(work->threads[i].id, NULL);
    while (!bk_list_is_empty(&work->waiting)) {
        struct item *item = BK_CONTAINER(work->waiting.next, struct item, node);
        bk_list_remove(&item->node);
        bk_loop_post(work->loop, on_done, item);
    }
    bool is_over = false;
    bk_loop_post(work->loop, on_all_posted, &is_over);
    while (!is_over)
        bk_loop_run_posts(work->loop);
    pthread_cond_destroy(&work->has_item);
    pthread_mutex_destroy(&work->lock);
    bk_free(work);
}
