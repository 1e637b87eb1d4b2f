/*
 * Visits and strangers: what happened, written in batches off the path. The queue is bounded; a
 * slow or absent database fills it and then costs visits, never fetches (and says so in a metric).
 * A batch whose fate is unknown is sent again: a visit twice is better than a visit lost.
 * A visit that somebody waits for, since its device has an open job, is written at once.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "worker.h"

enum { STRANGER_SLOTS = 1024 /* power of two */, STRANGERS_MAX = 500, MINUTE_MS = 60000 };

/* Strangers by source, minute, reason and claim. */
struct crowd {
    struct bk_stranger *slots[STRANGER_SLOTS]; /* open addressing */
    size_t count;
};

struct cfg_visits {
    struct cfg_worker *worker;
    struct bk_timer timer;

    struct bk_visit *ring;
    size_t ring_size, first, count;
    size_t sent_count; /* of the oldest, in the batch under way; 0: none */
    bool is_urgent;    /* behind the batch under way stands a visit that somebody waits for */

    struct crowd crowds[2];
    struct crowd *gathering, *leaving; /* leaving: the batch under way, or to be sent again */
    bool is_crowd_sent;
};

void cfg_print_clean(struct bk_str text, char *ret_text, size_t size)
{
    size_t len = text.len < size - 1 ? text.len : size - 1;
    for (size_t i = 0; i < len; i++)
        ret_text[i] = text.ptr[i] >= 0x20 && text.ptr[i] < 0x7f ? text.ptr[i] : '?';
    ret_text[len] = '\0';
}

static void set_gauge(struct cfg_visits *visits)
{
    bk_worker_gauge(visits->worker->web, CFG_M_VISITS_QUEUE, (int64_t)visits->count);
}

/* --- visits --- */

static void pop(struct cfg_visits *visits, size_t count)
{
    visits->first = (visits->first + count) % visits->ring_size;
    visits->count -= count;
    set_gauge(visits);
}

static void send_visits(struct cfg_visits *visits);

/* Those of the batch that somebody waits for; a phone's requests of one round are one ring. */
static void ring_for_batch(struct cfg_visits *visits, size_t count)
{
    int64_t rung_device_id = 0;
    for (size_t i = 0; i < count; i++) {
        const struct bk_visit *visit = &visits->ring[(visits->first + i) % visits->ring_size];
        if (!visit->has_open_job || visit->device_id == rung_device_id)
            continue;
        rung_device_id = visit->device_id;
        if (!bk_doorbell_ring(visits->worker->doorbell, visit->tenant_id, visit->device_id))
            bk_worker_count(visits->worker->web, CFG_M_DOORBELLS_LOST, 1);
    }
}

static void on_visits_done(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
                           const struct bk_detail *detail)
{
    struct cfg_visits *visits = ctx;
    (void)rows;
    size_t count = visits->sent_count;
    visits->sent_count = 0;
    if (err == BK_OK) {
        bk_worker_count(visits->worker->web, CFG_M_VISITS_WRITTEN, (int64_t)count);
        ring_for_batch(visits, count);
        pop(visits, count);
    } else if (err == BK_ERR_INTERNAL) {
        /* Refused by the server: it would be refused again, and hold up all that follow. */
        bk_worker_count(visits->worker->web, CFG_M_VISITS_DROPPED, (int64_t)count);
        bk_log(BK_LOG_ERROR, "visits refused by the database", BK_KV_INT("count", count),
               BK_KV("detail", detail != NULL ? detail->text : ""));
        pop(visits, count);
    } else {
        return; /* again with the next turn of the timer */
    }
    if (visits->is_urgent)
        send_visits(visits);
}

static void send_visits(struct cfg_visits *visits)
{
    if (visits->sent_count > 0 || visits->count == 0)
        return;
    const struct bk_visit *batch[BK_VISIT_BATCH_MAX];
    size_t count = visits->count < BK_VISIT_BATCH_MAX ? visits->count : BK_VISIT_BATCH_MAX;
    for (size_t i = 0; i < count; i++)
        batch[i] = &visits->ring[(visits->first + i) % visits->ring_size];
    if (bk_store_visits_start(visits->worker->record_pg, batch, count, on_visits_done, visits) ==
        BK_OK)
        visits->sent_count = count;
    visits->is_urgent = false;
}

void cfg_visits_add(struct cfg_visits *visits, const struct bk_visit *visit)
{
    if (visits->count == visits->ring_size) {
        bk_worker_count(visits->worker->web, CFG_M_VISITS_DROPPED, 1);
        return;
    }
    visits->ring[(visits->first + visits->count) % visits->ring_size] = *visit;
    visits->count++;
    set_gauge(visits);
    visits->is_urgent |= visit->has_open_job;
    if (visits->is_urgent || visits->count >= BK_VISIT_BATCH_MAX)
        send_visits(visits);
}

/* --- strangers --- */

static size_t hash_of(const struct bk_stranger *stranger)
{
    uint64_t hash = 1469598103934665603u; /* FNV-1a */
    const char *const texts[] = {stranger->source, stranger->reason, stranger->claimed};
    for (size_t i = 0; i < BK_COUNT(texts); i++)
        for (const char *c = texts[i]; *c != '\0'; c++)
            hash = (hash ^ (uint8_t)*c) * 1099511628211u;
    return (size_t)(hash ^ (uint64_t)stranger->minute_wall_ms) & (STRANGER_SLOTS - 1);
}

static bool is_same(const struct bk_stranger *a, const struct bk_stranger *b)
{
    return a->minute_wall_ms == b->minute_wall_ms && strcmp(a->source, b->source) == 0 &&
           strcmp(a->reason, b->reason) == 0 && strcmp(a->claimed, b->claimed) == 0 &&
           strcmp(a->listener, b->listener) == 0;
}

static void forget(struct crowd *crowd)
{
    for (size_t i = 0; i < STRANGER_SLOTS; i++) {
        bk_free(crowd->slots[i]);
        crowd->slots[i] = NULL;
    }
    crowd->count = 0;
}

/* False: the crowd is full. */
static bool gather(struct crowd *crowd, const struct bk_stranger *stranger)
{
    size_t at = hash_of(stranger);
    while (crowd->slots[at] != NULL && !is_same(crowd->slots[at], stranger))
        at = (at + 1) & (STRANGER_SLOTS - 1);
    if (crowd->slots[at] != NULL) {
        crowd->slots[at]->seen_count++;
        return true;
    }
    if (crowd->count == STRANGERS_MAX)
        return false;
    crowd->slots[at] = bk_alloc(sizeof *stranger);
    if (crowd->slots[at] == NULL)
        return false;
    *crowd->slots[at] = *stranger;
    crowd->count++;
    return true;
}

void cfg_visits_add_stranger(struct cfg_visits *visits, const struct bk_peer *peer,
                             const char *reason, const char *claimed,
                             const struct bk_mac *claimed_mac)
{
    int64_t now_ms = bk_clock_wall_ms();
    struct bk_stranger stranger = {.minute_wall_ms = now_ms - now_ms % MINUTE_MS,
                                   .seen_count = 1,
                                   .listener = peer->listener,
                                   .has_claimed_mac = claimed_mac != NULL};
    if (claimed_mac != NULL)
        stranger.claimed_mac = *claimed_mac;
    cfg_print_clean(bk_str_of(peer->address), stranger.source, sizeof stranger.source);
    cfg_print_clean(bk_str_of(reason), stranger.reason, sizeof stranger.reason);
    cfg_print_clean(bk_str_of(claimed), stranger.claimed, sizeof stranger.claimed);
    if (!gather(visits->gathering, &stranger))
        bk_worker_count(visits->worker->web, CFG_M_STRANGERS_DROPPED, 1);
}

static void on_strangers_done(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
                              const struct bk_detail *detail)
{
    struct cfg_visits *visits = ctx;
    (void)rows;
    visits->is_crowd_sent = false;
    if (err != BK_OK && err != BK_ERR_INTERNAL)
        return; /* again with the next turn */
    if (err == BK_ERR_INTERNAL) {
        bk_worker_count(visits->worker->web, CFG_M_STRANGERS_DROPPED,
                        (int64_t)visits->leaving->count);
        bk_log(BK_LOG_ERROR, "strangers refused by the database",
               BK_KV("detail", detail != NULL ? detail->text : ""));
    }
    forget(visits->leaving);
}

static void send_strangers(struct cfg_visits *visits)
{
    if (visits->is_crowd_sent)
        return;
    if (visits->leaving->count == 0) {
        struct crowd *gathered = visits->gathering;
        visits->gathering = visits->leaving;
        visits->leaving = gathered;
    }
    const struct bk_stranger *batch[STRANGERS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < STRANGER_SLOTS && visits->leaving->count > 0; i++)
        if (visits->leaving->slots[i] != NULL)
            batch[count++] = visits->leaving->slots[i];
    if (count > 0)
        visits->is_crowd_sent = bk_store_strangers_start(visits->worker->record_pg, batch, count,
                                                         on_strangers_done, visits) == BK_OK;
}

/* --- life --- */

static void on_timer(void *ctx)
{
    struct cfg_visits *visits = ctx;
    send_visits(visits);
    send_strangers(visits);
    bk_timer_start(visits->worker->loop, &visits->timer,
                   visits->worker->setup->settings->visits_flush_ms, on_timer, visits);
}

struct cfg_visits *cfg_visits_open(struct cfg_worker *worker)
{
    struct cfg_visits *visits = bk_alloc(sizeof *visits);
    if (visits == NULL)
        return NULL;
    visits->worker = worker;
    visits->gathering = &visits->crowds[0];
    visits->leaving = &visits->crowds[1];
    visits->ring_size = (size_t)worker->setup->settings->visits_queue_max;
    visits->ring = bk_alloc(visits->ring_size * sizeof *visits->ring);
    if (visits->ring == NULL) {
        bk_free(visits);
        return NULL;
    }
    bk_timer_start(worker->loop, &visits->timer, worker->setup->settings->visits_flush_ms, on_timer,
                   visits);
    return visits;
}

void cfg_visits_close(struct cfg_visits *visits)
{
    if (visits == NULL)
        return;
    bk_timer_stop(&visits->timer);
    forget(visits->gathering);
    forget(visits->leaving);
    bk_free(visits->ring);
    bk_free(visits);
}

bool cfg_visits_is_idle(const struct cfg_visits *visits)
{
    return visits->count == 0 && visits->gathering->count == 0 && visits->leaving->count == 0;
}
