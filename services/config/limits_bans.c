/*
 * Bans between this worker and PostgreSQL, off every phone's path: a limit that was passed becomes
 * a request, the bans in force are read every limits.refresh_s, and addresses where phones were
 * served are told. While the database is away nothing new is decided; what was decided ends when it
 * ends.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "limits_parts.h"
#include "store/store_ban.h"

enum {
    REQUESTS_MAX = 4, /* at once; a further one is made at its next failure */
    REQUEST_RETRY_MS = 1000,
    GOOD_RETRY_MS = 1000
};

/* --- asking for a ban --- */

/* The counter may have been given up before the answer comes. */
struct request {
    struct cfg_limits *limits;
    struct cfg_who who;
    uint32_t macs, failures;
    bool is_scan;
};

static void ask_again(const struct request *request, int64_t delay_ms)
{
    struct cfg_counter *counter =
        cfg_counters_find(request->limits->counters, &request->who, bk_clock_wall_ms());
    if (counter != NULL)
        counter->ask_at_mono_ms = bk_clock_mono_ms() + delay_ms;
}

static void on_refresh(void *ctx);

/*
 * An address is kept out from now on. A network only when it was read which of its addresses are
 * good, at once: a reading that is under way was asked for after the ban, since what was asked
 * before is answered before.
 */
static void hold(struct cfg_limits *limits, const struct cfg_who *who, int64_t seconds)
{
    char text[CFG_WHO_TEXT_SIZE];
    struct bk_cidr address;
    if (who->scope == CFG_NETWORK) {
        bk_timer_start(limits->worker->loop, &limits->refresh, 0, on_refresh, limits);
        return;
    }
    cfg_who_print(who, &text);
    if (bk_cidr_parse(bk_str_of(text), &address) == BK_OK)
        (void)!cfg_bans_add(limits->bans, &address, true, bk_clock_mono_ms() + seconds * 1000);
    cfg_limits_tell_bans(limits);
}

static void log_verdict(const struct request *request, enum bk_ban_verdict verdict, int64_t seconds)
{
    static const char *const texts[] = {[BK_BAN_MADE] = "banned",
                                        [BK_BAN_KNOWN] = "banned already",
                                        [BK_BAN_GOOD] = "not banned: a phone was served there",
                                        [BK_BAN_LIFTED] = "not banned: the operator lifted it",
                                        [BK_BAN_FULL] = "not banned: there are too many bans"};
    char who[CFG_WHO_TEXT_SIZE];
    cfg_who_print(&request->who, &who);
    bk_log(verdict == BK_BAN_KNOWN ? BK_LOG_DEBUG : BK_LOG_WARN, texts[verdict],
           BK_KV("network", who), BK_KV("reason", request->is_scan ? "scan" : "failures"),
           BK_KV_INT("macs", request->macs), BK_KV_INT("failures", request->failures),
           BK_KV_INT("seconds", seconds));
}

static void on_verdict(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
                       const struct bk_detail *detail)
{
    static const enum cfg_metric metrics[] = {[BK_BAN_MADE] = CFG_M_BANS_MADE,
                                              [BK_BAN_KNOWN] = CFG_M_BANS_KNOWN,
                                              [BK_BAN_GOOD] = CFG_M_BANS_GOOD,
                                              [BK_BAN_LIFTED] = CFG_M_BANS_LIFTED,
                                              [BK_BAN_FULL] = CFG_M_BANS_FAILED};
    struct request *request = ctx;
    struct cfg_limits *limits = request->limits;
    enum bk_ban_verdict verdict = BK_BAN_FULL;
    int64_t seconds = 0;
    limits->request_count--;
    if (err == BK_OK)
        err = bk_store_ban_verdict(rows, &verdict, &seconds);
    bk_worker_count(limits->worker->web, metrics[verdict], 1);
    if (err != BK_OK) {
        bk_log(BK_LOG_WARN, "ban not asked for", BK_KV("err", bk_err_name(err)),
               BK_KV("detail", detail->text));
        ask_again(request, REQUEST_RETRY_MS);
    } else {
        log_verdict(request, verdict, seconds);
    }
    if (err == BK_OK && (verdict == BK_BAN_MADE || verdict == BK_BAN_KNOWN)) {
        ask_again(request, seconds * 1000);
        hold(limits, &request->who, seconds);
    }
    bk_free(request);
}

void cfg_limits_ask_ban(struct cfg_limits *limits, struct cfg_counter *counter, bool is_scan,
                        const char *listener)
{
    const struct cfg_settings *settings = limits->worker->setup->settings;
    char network[CFG_WHO_TEXT_SIZE], seen[160];
    if (counter->ask_at_mono_ms > bk_clock_mono_ms() || limits->request_count >= REQUESTS_MAX)
        return;
    struct request *request = bk_alloc(sizeof *request);
    if (request == NULL)
        return;
    *request = (struct request){limits, counter->who, cfg_counter_subjects(counter),
                                cfg_counter_failures(counter), is_scan};
    cfg_who_print(&counter->who, &network);
    snprintf(seen, sizeof seen,
             "{\"macs\":%" PRIu32 ",\"failures\":%" PRIu32 ",\"window_s\":%" PRId64
             ",\"listener\":\"%s\"}",
             request->macs, request->failures, settings->limits_window_s, listener);
    enum bk_err err = bk_store_ban_request_start(limits->worker->record_pg, network,
                                                 is_scan ? "scan" : "failures", seen,
                                                 settings->limits_ban_s, on_verdict, request);
    if (err != BK_OK) {
        counter->ask_at_mono_ms = bk_clock_mono_ms() + REQUEST_RETRY_MS;
        bk_free(request);
        return;
    }
    counter->ask_at_mono_ms = INT64_MAX; /* what was refused stays so for this window */
    limits->request_count++;
}

/* --- the bans in force --- */

void cfg_limits_tell_bans(struct cfg_limits *limits)
{
    bk_worker_gauge(limits->worker->web, CFG_M_BANS,
                    (int64_t)cfg_bans_count(limits->bans, bk_clock_mono_ms()));
}

static enum bk_err add_good(struct cfg_bans *bans, struct bk_str addresses)
{
    enum bk_err err = BK_OK;
    while (err == BK_OK && addresses.len > 0) {
        struct bk_cidr address;
        if (bk_cidr_parse(bk_str_cut(&addresses, ','), &address) == BK_OK)
            err = cfg_bans_add_good(bans, address.bytes);
    }
    return err;
}

static enum bk_err read_bans(const struct bk_pg_rows *rows, int64_t asked_mono_ms,
                             struct cfg_bans *bans)
{
    enum bk_err err = BK_OK;
    for (int i = 0; err == BK_OK && i < bk_pg_row_count(rows); i++) {
        struct bk_store_ban ban;
        err = bk_store_ban_row(rows, i, &ban);
        if (err == BK_OK)
            err = cfg_bans_add(bans, &ban.network, ban.spares_good,
                               asked_mono_ms + ban.seconds_left * 1000);
        if (err == BK_OK)
            err = add_good(bans, ban.good);
    }
    return err;
}

static void on_bans(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
                    const struct bk_detail *detail)
{
    struct cfg_limits *limits = ctx;
    struct cfg_bans *bans = err == BK_OK ? cfg_bans_new() : NULL;
    limits->is_reading = false;
    if (err == BK_OK)
        err = bans != NULL ? read_bans(rows, limits->asked_mono_ms, bans) : BK_ERR_NO_MEMORY;
    if (err == BK_OK) {
        cfg_bans_free(limits->bans);
        limits->bans = bans;
    } else {
        cfg_bans_free(bans);
        if (err == BK_ERR_INTERNAL || err == BK_ERR_NO_MEMORY) /* else it is away: told already */
            bk_log(BK_LOG_WARN, "bans not read", BK_KV("err", bk_err_name(err)),
                   BK_KV("detail", detail->text));
    }
}

/* Answers come in the order of the questions, so that one never undoes a ban that was made later.
 */
static void on_refresh(void *ctx)
{
    struct cfg_limits *limits = ctx;
    struct cfg_worker *worker = limits->worker;
    cfg_limits_tell_bans(limits);
    bk_timer_start(worker->loop, &limits->refresh, worker->setup->settings->limits_refresh_s * 1000,
                   on_refresh, limits);
    if (limits->is_reading)
        return;
    limits->asked_mono_ms = bk_clock_mono_ms();
    limits->is_reading = bk_store_bans_start(worker->record_pg, on_bans, limits) == BK_OK;
}

bool cfg_limits_may_accept(void *state, const char *listener, const char *address)
{
    struct cfg_limits *limits = ((struct cfg_worker *)state)->limits;
    struct cfg_who who, network;
    int64_t now_ms = bk_clock_mono_ms();
    if (cfg_who_of_address(bk_str_of(address), &who, &network) != BK_OK)
        return true; /* no address: nobody from outside */
    return cfg_limits_is_balancer(limits, listener, &who) ||
           !cfg_bans_has(limits->bans, who.address, cfg_good_has(limits->good, who.address, now_ms),
                         now_ms);
}

/* --- where phones were served --- */

static void flush_good(void *ctx);

static void on_good_written(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
                            const struct bk_detail *detail)
{
    struct cfg_limits *limits = ctx;
    size_t count = limits->good_sent_count;
    (void)rows;
    limits->good_sent_count = 0;
    if (err == BK_ERR_INTERNAL)
        bk_log(BK_LOG_ERROR, "good addresses refused by the database",
               BK_KV("detail", detail->text));
    if (err == BK_OK || err == BK_ERR_INTERNAL) { /* else again */
        limits->good_count -= count;
        memmove(limits->good_texts, limits->good_texts + count,
                limits->good_count * sizeof limits->good_texts[0]);
    }
    if (limits->good_count > 0)
        bk_timer_start(limits->worker->loop, &limits->good_timer, err == BK_OK ? 0 : GOOD_RETRY_MS,
                       flush_good, limits);
}

static void flush_good(void *ctx)
{
    struct cfg_limits *limits = ctx;
    if (limits->good_sent_count > 0)
        return;
    if (bk_store_good_sources_start(limits->worker->record_pg,
                                    (const char(*)[BK_ADDRESS_TEXT_SIZE])limits->good_texts,
                                    limits->good_count, on_good_written, limits) == BK_OK)
        limits->good_sent_count = limits->good_count;
    else
        bk_timer_start(limits->worker->loop, &limits->good_timer, GOOD_RETRY_MS, flush_good,
                       limits);
}

void cfg_limits_tell_good(struct cfg_limits *limits, const struct cfg_who *address)
{
    if (limits->good_count == BK_GOOD_BATCH_MAX)
        return; /* at its next good fetch */
    char text[CFG_WHO_TEXT_SIZE];
    cfg_who_print(address, &text);
    snprintf(limits->good_texts[limits->good_count++], BK_ADDRESS_TEXT_SIZE, "%.45s", text);
    cfg_good_told(limits->good, address->address, bk_clock_mono_ms());
    /* At once: another worker may be about to ask for a ban. */
    if (!bk_timer_is_running(&limits->good_timer))
        bk_timer_start(limits->worker->loop, &limits->good_timer, 0, flush_good, limits);
}

/* --- life --- */

void cfg_limits_bans_start(struct cfg_limits *limits)
{
    on_refresh(limits);
}

void cfg_limits_bans_stop(struct cfg_limits *limits)
{
    bk_timer_stop(&limits->refresh);
    bk_timer_stop(&limits->good_timer);
}
