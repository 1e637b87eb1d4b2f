/*
 * The PBXs this notifier works: leased from PostgreSQL, so that a PBX's rate, breaker and
 * connections live in one process. A lease is renewed at a third of its time. When it is over the
 * PBX is closed at that moment, whether or not the database can be asked; one that has nothing to
 * do stays open until then, so that the next job finds its rate unspent.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/secret.h"
#include "notifier.h"

enum {
    TAKE_PAUSE_MIN_MS = 20, /* doorbells that come in a row are one … */
    TAKE_PAUSE_MAX_MS = 250,
    TAKE_SHARE = 4, /* … and looking at many leases takes at most a fifth of the time */
    PROBE_MS = 4000,
    MEMORY_MS = 60000 /* after that the database's free_ms says as much */
};

struct ntf_pbxs {
    struct ntf *ntf;
    struct bk_list all, memories;
    struct bk_timer timer, lease_timer;
    bool is_asking, is_rung;
    int64_t asked_mono_ms, take_pause_ms;
};

/*
 * What is left of a closed PBX. Its rate is the PBX's, not ours: only who holds it again with
 * nobody in between, which the fence tells, knows what was used.
 */
struct memory {
    struct bk_list node; /* oldest first */
    int64_t tenant_id, pbx_id, fence, until_mono_ms;
    struct ntf_bucket bucket;
};

static void ask(void *ctx);

static void ask_at(struct ntf_pbxs *pbxs, int64_t at_mono_ms)
{
    bk_timer_start(pbxs->ntf->loop, &pbxs->timer, at_mono_ms - bk_loop_now_ms(pbxs->ntf->loop), ask,
                   pbxs);
}

/* --- memory of rates --- */

static void remember(struct ntf_pbx *pbx)
{
    struct memory *memory = bk_alloc(sizeof *memory);
    if (memory == NULL)
        return; /* the next bucket starts empty */
    *memory = (struct memory){.tenant_id = pbx->tenant_id,
                              .pbx_id = pbx->pbx_id,
                              .fence = pbx->fence,
                              .until_mono_ms = bk_loop_now_ms(pbx->pbxs->ntf->loop) + MEMORY_MS,
                              .bucket = pbx->bucket};
    bk_list_append(&pbx->pbxs->memories, &memory->node);
}

static void forget(struct memory *memory)
{
    bk_list_remove(&memory->node);
    bk_free(memory);
}

static void forget_old(struct ntf_pbxs *pbxs, int64_t now_mono_ms)
{
    struct bk_list *first;
    while ((first = bk_list_first(&pbxs->memories)) != NULL &&
           BK_CONTAINER(first, struct memory, node)->until_mono_ms <= now_mono_ms)
        forget(BK_CONTAINER(first, struct memory, node));
}

static void fill_bucket(struct ntf_pbx *pbx, const struct bk_lease_row *row, int64_t now_mono_ms)
{
    ntf_bucket_init(&pbx->bucket, row->rate_per_s, row->is_new ? row->free_ms : 0, now_mono_ms);
    for (struct bk_list *at = pbx->pbxs->memories.next, *next; at != &pbx->pbxs->memories;
         at = next) {
        struct memory *memory = BK_CONTAINER(at, struct memory, node);
        next = at->next;
        if (memory->pbx_id != row->pbx_id || memory->tenant_id != row->tenant_id)
            continue;
        if ((memory->fence == row->fence || memory->fence == row->fence - 1) &&
            memory->bucket.rate_per_s == row->rate_per_s)
            pbx->bucket = memory->bucket;
        forget(memory);
    }
}

static void close_one(struct ntf_pbx *pbx)
{
    ntf_jobs_drop(pbx->pbxs->ntf, pbx);
    remember(pbx);
    if (pbx->open != NULL)
        pbx->driver->close(pbx->open); /* drops a probe too */
    bk_wipe(&pbx->data_key, sizeof pbx->data_key);
    bk_list_remove(&pbx->node);
    bk_free(pbx);
}

/* --- breaker --- */

static void write_breaker(struct ntf_pbx *pbx)
{
    struct ntf *ntf = pbx->pbxs->ntf;
    const struct ntf_breaker *breaker = &pbx->breaker;
    int64_t left_ms = breaker->until_mono_ms - bk_loop_now_ms(ntf->loop);
    bk_log(BK_LOG_WARN, "circuit breaker", BK_KV_INT("tenant", pbx->tenant_id),
           BK_KV_INT("pbx", pbx->pbx_id), BK_KV("state", ntf_breaker_name(breaker->state)),
           BK_KV("reason", breaker->note));
    /* Lost when the database is away: it is written again with the next change. */
    (void)!bk_store_breaker(ntf->pg, ntf->owner, pbx->tenant_id, pbx->pbx_id, pbx->fence,
                            ntf_breaker_name(breaker->state),
                            left_ms > 0 ? (int)(left_ms / 1000) : 0, breaker->failed_count,
                            breaker->note);
}

static void on_probed(void *ctx, const struct bk_pbx_result *result)
{
    struct ntf_pbx *pbx = ctx;
    pbx->probe = NULL;
    if (ntf_breaker_probed(&pbx->breaker, result, bk_loop_now_ms(pbx->pbxs->ntf->loop)))
        write_breaker(pbx);
    if (pbx->breaker.state == NTF_CLOSED) {
        pbx->may_have_due = true;
        ntf_jobs_pump(pbx->pbxs->ntf);
    }
}

/* False: none could be started. */
static bool probe(struct ntf_pbx *pbx)
{
    if (pbx->probe != NULL)
        return true;
    if (!ntf_pbx_is_held(pbx) ||
        pbx->driver->probe(pbx->open, PROBE_MS, on_probed, pbx, &pbx->probe) != BK_OK) {
        pbx->probe = NULL;
        return false;
    }
    ntf_bucket_take(&pbx->bucket, 1);
    return true;
}

/* Without a driver there is nothing to ask: it is opened anew then (take_row). */
static void probe_when_due(struct ntf_pbx *pbx, int64_t now_mono_ms)
{
    if (pbx->breaker.state == NTF_OPEN && pbx->breaker.until_mono_ms <= now_mono_ms &&
        pbx->open != NULL && probe(pbx))
        pbx->breaker.state = NTF_PROBING;
}

void ntf_pbx_note(struct ntf_pbx *pbx, const struct bk_pbx_result *result)
{
    if (ntf_breaker_note(&pbx->breaker, result, bk_loop_now_ms(pbx->pbxs->ntf->loop)))
        write_breaker(pbx);
    if (result->outcome == BK_PBX_SILENT)
        (void)probe(pbx); /* when there is no memory: the next silence asks */
    if (pbx->is_stale && pbx->in_flight == 0)
        ntf_pbxs_ring(pbx->pbxs->ntf);
}

/* --- a row of leases_take --- */

static enum bk_err open_data_key(struct ntf_pbx *pbx, const struct bk_lease_row *row)
{
    if (row->data_key_len != sizeof pbx->data_key_sealed)
        return BK_ERR_CRYPTO;
    memcpy(pbx->data_key_sealed, row->data_key, row->data_key_len);
    pbx->is_key_doubted = pbx->is_key_confirmed = false;
    return bk_master_keys_data_key_open(
        pbx->pbxs->ntf->master_keys, row->tenant_id,
        (struct bk_str){(const char *)row->data_key, row->data_key_len}, &pbx->data_key);
}

/* `beckon keys rotate` may have changed it while the PBX was held. */
static void follow_data_key(struct ntf_pbx *pbx, const struct bk_lease_row *row)
{
    bool is_same = row->data_key_len == sizeof pbx->data_key_sealed &&
                   memcmp(row->data_key, pbx->data_key_sealed, row->data_key_len) == 0;
    if (is_same)
        pbx->is_key_confirmed = pbx->is_key_doubted;
    else if (open_data_key(pbx, row) != BK_OK)
        bk_log(BK_LOG_WARN, "a tenant's data key does not open: is its master key missing here?",
               BK_KV_INT("tenant", row->tenant_id));
}

static enum bk_err open_driver(struct ntf_pbx *pbx, const struct bk_lease_row *row,
                               struct bk_detail *ret_detail)
{
    const struct ntf *ntf = pbx->pbxs->ntf;
    char place_space[BK_SEAL_PLACE_SIZE], name[48];
    uint8_t secret[BK_SEAL_PLAIN_MAX];
    size_t secret_len = 0;
    enum bk_err err = open_data_key(pbx, row);
    if (err == BK_OK && row->secret_len > 0)
        err = bk_seal_open(
            &pbx->data_key,
            bk_seal_place(&place_space, row->tenant_id, "pbx_control.secret", row->pbx_id),
            (struct bk_str){(const char *)row->secret, row->secret_len}, secret, sizeof secret,
            &secret_len);
    if (err != BK_OK) {
        bk_detail_set(ret_detail, "the control account's secret does not open: wrong master key?");
        return err;
    }
    pbx->driver = bk_pbx_driver_find(row->driver);
    if (pbx->driver == NULL) {
        bk_detail_set(ret_detail, "there is no driver %.32s in this version",
                      row->driver.len > 0 ? row->driver.ptr : "");
        bk_wipe(secret, sizeof secret);
        return BK_ERR_INVALID;
    }
    struct bk_arena *arena = bk_arena_new();
    snprintf(name, sizeof name, "%lld/%lld", (long long)row->tenant_id, (long long)row->pbx_id);
    const struct bk_pbx_account account = {
        .name = name,
        .domain = bk_arena_str(arena, row->domain).ptr,
        .address = bk_arena_str(arena, row->address).ptr,
        .username = bk_arena_str(arena, row->username).ptr,
        .secret = {(const char *)secret, secret_len},
        .options_json = row->options_json,
    };
    err = pbx->driver->open(&ntf->setup, &account, &pbx->open, ret_detail);
    bk_arena_free(arena);
    bk_wipe(secret, sizeof secret);
    return err;
}

/* A PBX that cannot be opened is kept with its breaker open, so that its tenant can read why. */
static void open_one(struct ntf_pbx *pbx, const struct bk_lease_row *row, int64_t now_mono_ms)
{
    struct bk_detail detail = {{0}};
    snprintf(pbx->version, sizeof pbx->version, "%.*s",
             (int)(row->version.len < 39 ? row->version.len : 39), row->version.ptr);
    pbx->in_flight_max = row->in_flight_max;
    pbx->call_messages =
        row->username.len > 0 ? 2 : 1; /* who has an account will be asked for it */
    pbx->breaker = (struct ntf_breaker){.failed_count = row->failed_count};
    if (open_driver(pbx, row, &detail) != BK_OK) {
        struct bk_pbx_result result = {.outcome = BK_PBX_FORBIDDEN};
        snprintf(result.text, sizeof result.text, "%.199s", detail.text);
        pbx->open = NULL;
        if (ntf_breaker_note(&pbx->breaker, &result, now_mono_ms))
            write_breaker(pbx);
    } else if (!bk_str_eq(row->breaker, BK_STR("closed"))) {
        pbx->breaker.state = NTF_OPEN;
        pbx->breaker.wait_s = NTF_WAIT_FIRST_S;
        pbx->breaker.until_mono_ms = now_mono_ms + (int64_t)row->breaker_s * 1000;
    }
}

static bool is_to_be_opened_anew(const struct ntf_pbx *pbx, const struct bk_lease_row *row,
                                 int64_t now_mono_ms)
{
    return pbx->fence != row->fence || !bk_str_eq(row->version, bk_str_of(pbx->version)) ||
           (pbx->is_stale && pbx->in_flight == 0) ||
           (pbx->open == NULL && pbx->breaker.until_mono_ms <= now_mono_ms);
}

static void take_row(struct ntf_pbxs *pbxs, const struct bk_lease_row *row, int64_t now_mono_ms)
{
    struct ntf_pbx *pbx = ntf_pbx_find(pbxs->ntf, row->tenant_id, row->pbx_id);
    if (pbx != NULL && is_to_be_opened_anew(pbx, row, now_mono_ms)) {
        close_one(pbx);
        pbx = NULL;
    }
    if (pbx == NULL) {
        pbx = bk_alloc(sizeof *pbx);
        if (pbx == NULL)
            return; /* the lease ends, somebody else may have more */
        pbx->pbxs = pbxs;
        pbx->tenant_id = row->tenant_id;
        pbx->pbx_id = row->pbx_id;
        pbx->fence = row->fence;
        bk_list_append(&pbxs->all, &pbx->node);
        open_one(pbx, row, now_mono_ms);
        fill_bucket(pbx, row, now_mono_ms);
    } else {
        follow_data_key(pbx, row);
    }
    pbx->lease_until_mono_ms = pbxs->asked_mono_ms + (int64_t)pbxs->ntf->settings->lease_s * 1000;
    pbx->may_have_due = true;
    pbx->is_listed = true;
}

/* --- leases that are over --- */

static void on_lease_over(void *ctx);

/* Closes what is not ours any more; counts, and wakes up when the next lease ends. */
static bool close_over(struct ntf_pbxs *pbxs, int64_t now_mono_ms)
{
    int64_t open_count = 0, count = 0, first_mono_ms = INT64_MAX;
    bool was_over = false;
    for (struct bk_list *at = pbxs->all.next, *next; at != &pbxs->all; at = next) {
        struct ntf_pbx *pbx = BK_CONTAINER(at, struct ntf_pbx, node);
        next = at->next;
        if (pbx->lease_until_mono_ms <= now_mono_ms) {
            was_over = was_over || pbx->is_listed;
            close_one(pbx);
            continue;
        }
        if (pbx->lease_until_mono_ms < first_mono_ms)
            first_mono_ms = pbx->lease_until_mono_ms;
        count++;
        open_count += pbx->breaker.state != NTF_CLOSED;
    }
    ntf_gauge(pbxs->ntf, NTF_M_PBXS, count);
    ntf_gauge(pbxs->ntf, NTF_M_PBXS_OPEN, open_count);
    if (count > 0)
        bk_timer_start(pbxs->ntf->loop, &pbxs->lease_timer, first_mono_ms - now_mono_ms,
                       on_lease_over, pbxs);
    else
        bk_timer_stop(&pbxs->lease_timer);
    return was_over;
}

/*
 * Renewals move this timer on. When it fires the database was away, or this process stood still:
 * then it comes before libre's own timers, which would send again what was sent before.
 */
static void on_lease_over(void *ctx)
{
    struct ntf_pbxs *pbxs = ctx;
    if (close_over(pbxs, bk_loop_now_ms(pbxs->ntf->loop))) {
        bk_log(BK_LOG_WARN, "leases ended before they were renewed",
               BK_KV("owner", pbxs->ntf->owner));
        ntf_pbxs_ring(pbxs->ntf);
    }
}

static void on_taken(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
                     const struct bk_detail *detail)
{
    struct ntf_pbxs *pbxs = ctx;
    struct ntf *ntf = pbxs->ntf;
    int64_t now_mono_ms = bk_loop_now_ms(ntf->loop);
    int64_t pause_ms = TAKE_SHARE * (now_mono_ms - pbxs->asked_mono_ms);
    pbxs->take_pause_ms = pause_ms < TAKE_PAUSE_MIN_MS   ? TAKE_PAUSE_MIN_MS
                          : pause_ms > TAKE_PAUSE_MAX_MS ? TAKE_PAUSE_MAX_MS
                                                         : pause_ms;
    pbxs->is_asking = false;
    if (err == BK_OK) {
        for (struct ntf_pbx *pbx = ntf_pbx_first(ntf); pbx != NULL; pbx = ntf_pbx_next(pbx))
            pbx->is_listed = false;
        for (int i = 0; i < bk_pg_row_count(rows); i++) {
            struct bk_lease_row row;
            if (bk_store_lease_row(rows, i, &row) == BK_OK)
                take_row(pbxs, &row, now_mono_ms);
        }
    } else if (err != BK_ERR_DOWN) {
        bk_log(BK_LOG_WARN, "leases not renewed", BK_KV("err", bk_err_name(err)),
               BK_KV("detail", detail->text));
    }
    /* Over already: it took longer than a lease to hear of it. */
    if (close_over(pbxs, now_mono_ms))
        pbxs->is_rung = true;
    forget_old(pbxs, now_mono_ms);
    for (struct ntf_pbx *pbx = ntf_pbx_first(ntf); pbx != NULL; pbx = ntf_pbx_next(pbx))
        probe_when_due(pbx, now_mono_ms);
    ntf_jobs_pump(ntf);
    ask_at(pbxs, now_mono_ms + (pbxs->is_rung ? pbxs->take_pause_ms
                                              : (int64_t)ntf->settings->lease_s * 1000 / 3));
}

static void ask(void *ctx)
{
    struct ntf_pbxs *pbxs = ctx;
    struct ntf *ntf = pbxs->ntf;
    int64_t now_mono_ms = bk_loop_now_ms(ntf->loop);
    if (pbxs->is_asking || ntf->is_stopping)
        return;
    pbxs->is_rung = false;
    pbxs->asked_mono_ms = now_mono_ms;
    pbxs->is_asking = bk_store_leases_take(ntf->pg, ntf->owner, (int)ntf->settings->lease_s,
                                           on_taken, pbxs) == BK_OK;
    if (!pbxs->is_asking)
        ask_at(pbxs, now_mono_ms + 200);
}

/* At the leases, or right after the look under way. */
static void look_soon(struct ntf_pbxs *pbxs)
{
    const struct ntf *ntf = pbxs->ntf;
    if (pbxs->is_rung || ntf->is_stopping)
        return;
    pbxs->is_rung = true;
    if (!pbxs->is_asking) {
        int64_t soonest_mono_ms = pbxs->asked_mono_ms + pbxs->take_pause_ms;
        int64_t now_mono_ms = bk_loop_now_ms(ntf->loop);
        ask_at(pbxs, soonest_mono_ms > now_mono_ms ? soonest_mono_ms : now_mono_ms);
    }
}

void ntf_pbxs_ring(struct ntf *ntf)
{
    for (struct ntf_pbx *pbx = ntf_pbx_first(ntf); pbx != NULL; pbx = ntf_pbx_next(pbx))
        pbx->may_have_due = true;
    ntf_jobs_pump(ntf); /* most doorbells concern a PBX that is held already */
    look_soon(ntf->pbxs);
}

bool ntf_pbx_doubt_key(struct ntf_pbx *pbx)
{
    if (pbx->is_key_confirmed)
        return false;
    pbx->is_key_doubted = true;
    look_soon(pbx->pbxs);
    return true;
}

void ntf_pbxs_reload(struct ntf *ntf)
{
    for (struct ntf_pbx *pbx = ntf_pbx_first(ntf); pbx != NULL; pbx = ntf_pbx_next(pbx))
        pbx->is_stale = true;
    ntf_pbxs_ring(ntf);
}

/* --- what jobs.c asks --- */

struct ntf_pbx *ntf_pbx_first(struct ntf *ntf)
{
    struct bk_list *first = bk_list_first(&ntf->pbxs->all);
    return first == NULL ? NULL : BK_CONTAINER(first, struct ntf_pbx, node);
}

struct ntf_pbx *ntf_pbx_next(struct ntf_pbx *pbx)
{
    return pbx->node.next == &pbx->pbxs->all ? NULL
                                             : BK_CONTAINER(pbx->node.next, struct ntf_pbx, node);
}

struct ntf_pbx *ntf_pbx_find(struct ntf *ntf, int64_t tenant_id, int64_t pbx_id)
{
    for (struct ntf_pbx *pbx = ntf_pbx_first(ntf); pbx != NULL; pbx = ntf_pbx_next(pbx))
        if (pbx->pbx_id == pbx_id && pbx->tenant_id == tenant_id)
            return pbx;
    return NULL;
}

bool ntf_pbx_is_held(const struct ntf_pbx *pbx)
{
    return pbx->open != NULL && pbx->lease_until_mono_ms > bk_loop_now_ms(pbx->pbxs->ntf->loop);
}

int ntf_pbx_room(struct ntf_pbx *pbx, int64_t now_mono_ms, int64_t *ret_wait_ms)
{
    int slots = pbx->in_flight_max - pbx->in_flight;
    *ret_wait_ms = INT64_MAX;
    if (!pbx->may_have_due || !pbx->is_listed || pbx->is_stale || slots <= 0 ||
        pbx->breaker.state != NTF_CLOSED || !ntf_pbx_is_held(pbx))
        return 0;
    int calls = ntf_bucket_calls(&pbx->bucket, pbx->call_messages, now_mono_ms);
    if (calls == 0)
        *ret_wait_ms = ntf_bucket_wait_ms(&pbx->bucket);
    return calls < slots ? calls : slots;
}

/* --- life --- */

enum bk_err ntf_pbxs_open(struct ntf *ntf)
{
    struct ntf_pbxs *pbxs = bk_alloc(sizeof *pbxs);
    if (pbxs == NULL)
        return BK_ERR_NO_MEMORY;
    pbxs->ntf = ntf;
    pbxs->take_pause_ms = TAKE_PAUSE_MIN_MS;
    bk_list_init(&pbxs->all);
    bk_list_init(&pbxs->memories);
    ntf->pbxs = pbxs;
    ask_at(pbxs, 0);
    return BK_OK;
}

void ntf_pbxs_close(struct ntf *ntf)
{
    if (ntf->pbxs == NULL)
        return;
    bk_timer_stop(&ntf->pbxs->timer);
    bk_timer_stop(&ntf->pbxs->lease_timer);
    while (ntf_pbx_first(ntf) != NULL)
        close_one(ntf_pbx_first(ntf));
    while (!bk_list_is_empty(&ntf->pbxs->memories))
        forget(BK_CONTAINER(ntf->pbxs->memories.next, struct memory, node));
    bk_free(ntf->pbxs);
    ntf->pbxs = NULL;
}
