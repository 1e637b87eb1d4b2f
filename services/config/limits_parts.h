/*
 * What the files of the limits share: limits.c decides, limits_share.c adds up over workers through
 * Redis. (A header named as the first would be found in the place of C's own.)
 */
#ifndef CONFIG_LIMITS_PARTS_H
#define CONFIG_LIMITS_PARTS_H

#include "base/cidr.h"
#include "counters.h"
#include "good.h"
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
};

/* 0: no limit */
uint32_t cfg_limits_subjects_max(const struct cfg_limits *limits, enum cfg_scope scope);
uint32_t cfg_limits_failures_max(const struct cfg_limits *limits, enum cfg_scope scope);

/* --- limits_share.c --- */

/* Tell Redis of a failure just counted, and learn what all workers saw; nobody waits. mac: named
 * without proof, and new to this worker; NULL: none. */
void cfg_limits_share(struct cfg_limits *limits, struct cfg_counter *counter,
                      const struct bk_mac *mac);

#endif
