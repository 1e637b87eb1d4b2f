/*
 * What the files of the limits share: limits.c decides, limits_share.c adds up over workers through
 * Redis, limits_bans.c asks PostgreSQL for bans and reads those in force. (A header named as the
 * first would be found in the place of C's own.)
 */
#ifndef CONFIG_LIMITS_PARTS_H
#define CONFIG_LIMITS_PARTS_H

#include "bans.h"
#include "base/cidr.h"
#include "counters.h"
#include "good.h"
#include "store/store_ban.h"
#include "worker.h"

struct cfg_limits {
    struct cfg_worker *worker;
    struct cfg_counters *counters;
    struct cfg_good *good;
    struct {
        struct bk_cidr balancers[BK_CIDR_MAX];
        size_t count;
    } listeners[BK_LISTENER_MAX]; /* of the settings, in their order */

    /* limits_share.c */
    size_t share_in_flight; /* questions to Redis without an answer yet */
    bool is_denial_told;

    /* limits_bans.c */
    struct cfg_bans *bans;
    struct bk_timer refresh, good_timer;
    bool is_reading;
    int64_t asked_mono_ms; /* the bans that are being read */
    size_t request_count;  /* bans asked for, without an answer yet */
    char good_texts[BK_GOOD_BATCH_MAX][BK_ADDRESS_TEXT_SIZE]; /* to be told to the database */
    size_t good_count, good_sent_count;
};

/* 0: no limit */
uint32_t cfg_limits_subjects_max(const struct cfg_limits *limits, enum cfg_scope scope);
uint32_t cfg_limits_failures_max(const struct cfg_limits *limits, enum cfg_scope scope);

/* A balancer's own connections, its health checks, are nobody's failures, and never refused. */
bool cfg_limits_is_balancer(const struct cfg_limits *limits, const char *listener,
                            const struct cfg_who *address);

/* --- limits_bans.c --- */

/* Read bans from now on. */
void cfg_limits_bans_start(struct cfg_limits *limits);
void cfg_limits_bans_stop(struct cfg_limits *limits);
/* A limit was passed: asked once a window, and again after an error or the end of the ban. */
void cfg_limits_ask_ban(struct cfg_limits *limits, struct cfg_counter *counter, bool is_scan,
                        const char *listener);
void cfg_limits_tell_good(struct cfg_limits *limits, const struct cfg_who *address);
void cfg_limits_tell_bans(struct cfg_limits *limits); /* in the metric */

/* --- limits_share.c --- */

/* Tell Redis of a failure just counted, and learn what all workers saw; nobody waits. mac: named
 * without proof, and new to this worker; NULL: none. */
void cfg_limits_share(struct cfg_limits *limits, struct cfg_counter *counter,
                      const struct bk_mac *mac);

#endif
