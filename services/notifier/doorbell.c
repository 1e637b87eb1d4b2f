/*
 * What makes the notifier look: doorbells (a Redis stream read with plain XREAD), and the sweep,
 * which finds everything a doorbell would have told. Entries are hints: "d" = "<tenant>:<device>",
 * device 0: anything. They are re-read from PostgreSQL, so a forged one can at most make us look.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "heard.h"
#include "notifier.h"

enum {
    BLOCK_MS = 5000,
    ENTRIES_MAX = 500,   /* of one XREAD */
    SETTLE_LIMIT = 1000, /* jobs of one sweep statement */
    CHANGES_BATCH = 500
};

struct ntf_doorbell {
    struct ntf *ntf;
    struct bk_doorbell *bell;
    struct bk_redis *redis; /* its connection; NULL: none is set */
    char last_id[48];
    bool is_reading;
    struct ntf_heard heard;
    bool is_settling, is_sweeping, is_raising;
    int64_t sweep_due_mono_ms;
    struct bk_timer sweep_timer, maintain_timer;
};

static void sweep(void *ctx);
static void read_next(struct ntf_doorbell *bell);

/* --- devices just heard of --- */

static void settle_heard(struct ntf_doorbell *bell);

static void on_heard_settled(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
                             const struct bk_detail *detail)
{
    struct ntf_doorbell *bell = ctx;
    bell->is_settling = false;
    if (err == BK_OK)
        ntf_count(bell->ntf, NTF_M_ENDED, bk_pg_int(rows, 0, 0));
    else if (err != BK_ERR_DOWN)
        bk_log(BK_LOG_WARN, "jobs not settled", BK_KV("err", bk_err_name(err)),
               BK_KV("detail", detail->text)); /* the sweep finds them */
    settle_heard(bell);
    ntf_pbxs_ring(bell->ntf);
}

static void settle_heard(struct ntf_doorbell *bell)
{
    if (bell->is_settling || bell->heard.count == 0)
        return;
    bell->is_settling = bk_store_settle_devices(bell->ntf->pg, bell->heard.devices,
                                                bell->heard.count, on_heard_settled, bell) == BK_OK;
    bell->heard.count = 0;
}

/* --- changes of many devices: raised in batches, so that fetches go on between them --- */

static void raise_changes(struct ntf_doorbell *bell);

static void on_raised(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
                      const struct bk_detail *detail)
{
    struct ntf_doorbell *bell = ctx;
    (void)detail;
    bell->is_raising = false;
    int64_t count = err == BK_OK ? bk_pg_int(rows, 0, 0) : 0;
    ntf_count(bell->ntf, NTF_M_RAISED, count);
    if (count > 0) {
        ntf_pbxs_ring(bell->ntf); /* jobs that waited for it are due */
        raise_changes(bell);
    }
}

static void raise_changes(struct ntf_doorbell *bell)
{
    if (bell->is_raising || bell->ntf->is_stopping)
        return;
    bell->is_raising =
        bk_store_changes_start(bell->ntf->sweep_pg, CHANGES_BATCH, on_raised, bell) == BK_OK;
}

/* --- sweep --- */

static void sweep_at(struct ntf_doorbell *bell, int64_t delay_ms)
{
    bk_timer_start(bell->ntf->loop, &bell->sweep_timer, delay_ms, sweep, bell);
}

static void on_swept(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
                     const struct bk_detail *detail)
{
    struct ntf_doorbell *bell = ctx;
    int64_t delay_ms = bell->ntf->settings->sweep_ms;
    bell->is_sweeping = false;
    if (err == BK_OK) {
        int64_t next_due_ms = bk_pg_int(rows, 0, 2);
        ntf_count(bell->ntf, NTF_M_SWEEPS, 1);
        ntf_count(bell->ntf, NTF_M_ENDED, bk_pg_int(rows, 0, 0));
        if (next_due_ms < delay_ms)
            delay_ms = next_due_ms + 1;
    } else if (err != BK_ERR_DOWN) {
        bk_log(BK_LOG_WARN, "sweep failed", BK_KV("err", bk_err_name(err)),
               BK_KV("detail", detail->text));
    }
    if (bell->redis != NULL)
        read_next(bell); /* a reader that was refused (WRONGTYPE, BUSY) gets another chance */
    ntf_pbxs_ring(bell->ntf);
    sweep_at(bell, bell->heard.is_anything ? 10 : delay_ms);
}

static void sweep(void *ctx)
{
    struct ntf_doorbell *bell = ctx;
    if (bell->ntf->is_stopping)
        return;
    bell->heard.is_anything = false;
    raise_changes(bell);
    if (bell->is_sweeping)
        return;
    bell->is_sweeping = bk_store_settle(bell->ntf->sweep_pg, SETTLE_LIMIT, on_swept, bell) == BK_OK;
    if (!bell->is_sweeping)
        sweep_at(bell, 500); /* the database is away: its return is noticed soon */
}

/* --- maintenance --- */

static void maintain(void *ctx);

static void on_maintained(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
                          const struct bk_detail *detail)
{
    struct ntf_doorbell *bell = ctx;
    (void)rows;
    if (err != BK_OK)
        bk_log(BK_LOG_WARN, "maintenance failed", BK_KV("err", bk_err_name(err)),
               BK_KV("detail", detail->text));
    bk_timer_start(bell->ntf->loop, &bell->maintain_timer,
                   err == BK_OK ? bell->ntf->settings->maintain_s * 1000 : 60000, maintain, bell);
}

static void maintain(void *ctx)
{
    struct ntf_doorbell *bell = ctx;
    if (bk_store_maintain_start(bell->ntf->sweep_pg, on_maintained, bell) != BK_OK)
        bk_timer_start(bell->ntf->loop, &bell->maintain_timer, 5000, maintain, bell);
}

/* --- Redis --- */

/* [[key, [[id, [name, value, …]], …]]] */
static void take_entries(struct ntf_doorbell *bell, const struct bk_redis_reply *reply)
{
    const struct bk_redis_reply *entries = bk_redis_at(bk_redis_at(reply, 0), 1);
    for (size_t i = 0; i < bk_redis_count(entries); i++) {
        const struct bk_redis_reply *entry = bk_redis_at(entries, i);
        const struct bk_redis_reply *fields = bk_redis_at(entry, 1);
        struct bk_str id = bk_redis_text(bk_redis_at(entry, 0));
        if (id.len > 0 && id.len < sizeof bell->last_id)
            snprintf(bell->last_id, sizeof bell->last_id, "%.*s", BK_STR_ARG(id));
        if (bk_str_eq(bk_redis_text(bk_redis_at(fields, 0)), BK_STR("d")))
            (void)ntf_heard_add(&bell->heard, bk_redis_text(bk_redis_at(fields, 1)));
        ntf_count(bell->ntf, NTF_M_DOORBELLS, 1);
    }
}

static void on_read(void *ctx, enum bk_err err, const struct bk_redis_reply *reply,
                    const struct bk_detail *detail)
{
    struct ntf_doorbell *bell = ctx;
    bell->is_reading = false;
    if (bell->ntf->is_stopping)
        return;
    if (err == BK_OK && bk_redis_kind(reply) == BK_REDIS_ARRAY) {
        take_entries(bell, reply);
        if (bell->heard.count > 0)
            settle_heard(bell);
        if (bell->heard.is_anything && !bell->is_sweeping)
            sweep_at(bell, 0);
        ntf_pbxs_ring(bell->ntf);
    } else if (err == BK_ERR_DENIED || err == BK_ERR_INTERNAL) {
        bk_log(BK_LOG_WARN, "doorbell cannot be read: jobs wait for the sweep",
               BK_KV("detail", detail->text));
        return; /* until the connection is made anew */
    }
    read_next(bell);
}

static void read_next(struct ntf_doorbell *bell)
{
    char count[16], block[16];
    if (bell->is_reading || !bk_redis_is_up(bell->redis) || bell->ntf->is_stopping)
        return;
    snprintf(count, sizeof count, "%d", ENTRIES_MAX);
    snprintf(block, sizeof block, "%d", BLOCK_MS);
    const struct bk_str args[] = {
        BK_STR("XREAD"),
        BK_STR("COUNT"),
        bk_str_of(count),
        BK_STR("BLOCK"),
        bk_str_of(block),
        BK_STR("STREAMS"),
        bk_str_of(bk_doorbell_key(bell->bell)),
        bk_str_of(bell->last_id),
    };
    bell->is_reading =
        bk_redis_send(bell->redis, args, BK_COUNT(args), BLOCK_MS, on_read, bell) == BK_OK;
}

static void on_redis_state(void *ctx, bool is_up, const struct bk_detail *detail)
{
    struct ntf_doorbell *bell = ctx;
    ntf_gauge(bell->ntf, NTF_M_REDIS_UP, is_up);
    bk_log(is_up ? BK_LOG_INFO : BK_LOG_WARN,
           is_up ? "Redis connected" : "Redis away: jobs wait for the sweep",
           BK_KV("detail", detail->text));
    if (!is_up)
        return;
    /* All that is there, a thousand hints at most: "$" would miss what comes between two reads. */
    snprintf(bell->last_id, sizeof bell->last_id, "0-0");
    read_next(bell);
    if (!bell->is_sweeping)
        sweep_at(bell, 0);
}

/* --- life --- */

struct bk_doorbell_options ntf_doorbell_options(const struct ntf_settings *settings)
{
    return (struct bk_doorbell_options){settings->redis_address, settings->redis_user,
                                        settings->redis_password_file, settings->redis_prefix};
}

enum bk_err ntf_doorbell_open(struct ntf *ntf, struct bk_detail *ret_detail)
{
    const struct ntf_settings *settings = ntf->settings;
    struct ntf_doorbell *bell = bk_alloc(sizeof *bell);
    if (bell == NULL)
        return BK_ERR_NO_MEMORY;
    bell->ntf = ntf;
    ntf->doorbell = bell;
    snprintf(bell->last_id, sizeof bell->last_id, "0-0");
    const struct bk_doorbell_options options = ntf_doorbell_options(settings);
    enum bk_err err =
        bk_doorbell_open(ntf->loop, &options, on_redis_state, bell, &bell->bell, ret_detail);
    if (err == BK_OK)
        bell->redis = bk_doorbell_redis(bell->bell);
    if (err == BK_OK) {
        sweep_at(bell, 0);
        bk_timer_start(ntf->loop, &bell->maintain_timer, 1000, maintain, bell);
    }
    return err;
}

void ntf_doorbell_close(struct ntf *ntf)
{
    struct ntf_doorbell *bell = ntf->doorbell;
    if (bell == NULL)
        return;
    bk_timer_stop(&bell->sweep_timer);
    bk_timer_stop(&bell->maintain_timer);
    bk_doorbell_close(bell->bell);
    bk_free(bell);
    ntf->doorbell = NULL;
}
