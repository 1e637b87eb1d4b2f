/*
 * What the files of beckon-notifier share. Journey 3 (docs/architecture.md), top to bottom:
 *
 *   doorbell.c  a doorbell or the sweep says that something is due
 *   pbxs.c      leases: which PBXs this notifier works; their rate, in-flight cap, breaker
 *   jobs.c      claim -> deliver -> report
 *   policy.c    what follows from an answer
 */
#ifndef NOTIFIER_NOTIFIER_H
#define NOTIFIER_NOTIFIER_H

#include "base/list.h"
#include "base/master_keys.h"
#include "base/metric.h"
#include "io/doorbell.h"
#include "io/pg.h"
#include "io/work.h"
#include "pbx/pbx.h"
#include "policy.h"
#include "settings.h"
#include "store/store_notify.h"

enum ntf_metric {
    NTF_M_PG_UP,
    NTF_M_REDIS_UP,
    NTF_M_PBXS,
    NTF_M_PBXS_OPEN,
    NTF_M_IN_FLIGHT,
    NTF_M_CLAIMED,
    NTF_M_OUTCOME_FIRST, /* one a bk_pbx_outcome */
    NTF_M_ENDED = NTF_M_OUTCOME_FIRST + BK_PBX_OUTCOME_COUNT,
    NTF_M_NOT_SENT,
    NTF_M_DOORBELLS,
    NTF_M_SWEEPS,
    NTF_M_RAISED,
    NTF_M_COUNT
};
extern const struct bk_metric_row ntf_metric_rows[NTF_M_COUNT];

struct ntf_pbxs;
struct ntf_jobs;
struct ntf_doorbell;

struct ntf {
    const struct ntf_settings *settings;
    struct bk_master_keys *master_keys; /* read again on SIGHUP */
    char owner[96];                     /* in leases */
    struct bk_loop *loop;
    struct bk_work *work;
    struct bk_egress egress;
    struct bk_pbx_setup setup; /* for drivers */
    struct bk_metrics *metrics;
    struct bk_pg *pg;       /* leases, claims, reports, devices just heard of */
    struct bk_pg *sweep_pg; /* whatever may take long */
    struct ntf_pbxs *pbxs;
    struct ntf_jobs *jobs;
    struct ntf_doorbell *doorbell;
    bool is_stopping;
};

void ntf_count(const struct ntf *ntf, int metric, int64_t amount);
void ntf_gauge(const struct ntf *ntf, int metric, int64_t value);

/* --- pbxs.c --- */

struct ntf_pbx {
    struct bk_list node;
    struct ntf_pbxs *pbxs;
    int64_t tenant_id, pbx_id, fence;
    int64_t lease_until_mono_ms; /* counted from before it was asked for */
    const struct bk_pbx_driver *driver;
    struct bk_pbx *open; /* NULL: its breaker tells why */
    char version[40];
    struct bk_key data_key;
    uint8_t data_key_sealed[BK_DATA_KEY_SEALED_BYTES]; /* what it was opened from */
    bool is_key_doubted;   /* a secret did not open: another key may be in force by now */
    bool is_key_confirmed; /* it is not: the secret is at fault */
    struct ntf_bucket bucket;
    int call_messages; /* what a call takes, as the latest has shown: 2 where it is challenged */
    struct ntf_breaker breaker;
    int in_flight, in_flight_max;
    bool may_have_due; /* a claim may find something */
    bool is_listed;    /* in the latest answer of leases_take: else nothing more is claimed */
    bool is_stale;     /* to be opened anew as soon as nothing is in flight */
    struct bk_pbx_op *probe;
};

BK_MUST_USE enum bk_err ntf_pbxs_open(struct ntf *ntf);
void ntf_pbxs_close(struct ntf *ntf); /* whatever is in flight is dropped: its window decides */
/* Something may be due: look at the leases at once (or right after the look under way). */
void ntf_pbxs_ring(struct ntf *ntf);
/* A secret did not open. True: it may with the key that the look at the leases brings. */
bool ntf_pbx_doubt_key(struct ntf_pbx *pbx);
/* Files that drivers have read (sip.tls_ca_file) may be others now. */
void ntf_pbxs_reload(struct ntf *ntf);
struct ntf_pbx *ntf_pbx_find(struct ntf *ntf, int64_t tenant_id, int64_t pbx_id);
/* May anything be sent to it? Not when the lease is over: another may have it. */
bool ntf_pbx_is_held(const struct ntf_pbx *pbx);
/* How many of its jobs may be claimed now. 0: when to ask again, INT64_MAX: not before an event. */
int ntf_pbx_room(struct ntf_pbx *pbx, int64_t now_mono_ms, int64_t *ret_wait_ms);
struct ntf_pbx *ntf_pbx_first(struct ntf *ntf);
struct ntf_pbx *ntf_pbx_next(struct ntf_pbx *pbx); /* NULL after the last */
/* What the PBX did with an attempt: breaker, and a probe where the phone was silent. */
void ntf_pbx_note(struct ntf_pbx *pbx, const struct bk_pbx_result *result);

/* --- jobs.c --- */

BK_MUST_USE enum bk_err ntf_jobs_open(struct ntf *ntf);
void ntf_jobs_close(struct ntf *ntf);
/* Claim what there is room for, now or as soon as the claim under way is over. */
void ntf_jobs_pump(struct ntf *ntf);
/* The PBX is about to be closed: what was sent is left to its window, the rest is given back. */
void ntf_jobs_drop(struct ntf *ntf, struct ntf_pbx *pbx);
/* Nothing in flight, nothing to report. */
bool ntf_jobs_are_idle(const struct ntf *ntf);

/* --- doorbell.c --- */

struct bk_doorbell_options ntf_doorbell_options(const struct ntf_settings *settings);
BK_MUST_USE enum bk_err ntf_doorbell_open(struct ntf *ntf, struct bk_detail *ret_detail);
void ntf_doorbell_close(struct ntf *ntf);

#endif
