/*
 * What one worker of beckon-config holds, and what its files ask of each other.
 */
#ifndef CONFIG_WORKER_H
#define CONFIG_WORKER_H

#include "base/master_keys.h"
#include "io/doorbell.h"
#include "io/pg.h"
#include "model/mac.h"
#include "settings.h"
#include "store/store_visit.h"
#include "vendor/vendor.h"
#include "web/server.h"

/* The service's own metrics, behind web's in the table (metrics.c). */
enum cfg_metric {
    CFG_M_SERVED = BK_WEB_METRIC_COUNT,
    CFG_M_NOT_MODIFIED,
    CFG_M_REFUSED,
    CFG_M_FAULTS,
    CFG_M_UPLOADS_STORED,
    CFG_M_UPLOADS_TOO_OFTEN,
    CFG_M_UPLOADS_TOO_LARGE,
    CFG_M_PG_UP,
    CFG_M_PG_QUEUE,
    CFG_M_VISITS_WRITTEN,
    CFG_M_VISITS_DROPPED,
    CFG_M_VISITS_QUEUE,
    CFG_M_STRANGERS_DROPPED,
    CFG_M_DOORBELLS_LOST,
    CFG_M_TRUST_ROOTS,
    CFG_M_TRUST_ROOTS_BAD,
    CFG_M_TRUST_ROOT_EXPIRES_AT_S,
    CFG_M_FAILED_HANDSHAKES,
    CFG_M_FAILED_HEADS,
    CFG_M_FAILED_FETCHES,
    CFG_M_GUESSES_STOPPED,
    CFG_M_BANS,
    CFG_M_BANS_MADE,
    CFG_M_BANS_KNOWN,
    CFG_M_BANS_GOOD,
    CFG_M_BANS_LIFTED,
    CFG_M_BANS_FAILED,
    CFG_M_COUNT
};
extern const struct bk_metric_row cfg_metric_rows[CFG_M_COUNT];

struct cfg_roots_share;

/* Everything a worker needs and does not change; made before the workers are forked. */
struct cfg_setup {
    const struct cfg_settings *settings;
    struct bk_master_keys *master_keys; /* read again on SIGHUP */
    struct bk_key nonce_key;            /* of Digest challenges */
    struct cfg_roots_share *roots_share;
};

struct cfg_visits;
struct cfg_roots;
struct cfg_limits;
struct bk_cert_rules;

struct cfg_worker {
    struct bk_worker *web;
    struct bk_loop *loop;
    const struct cfg_setup *setup;
    struct bk_pg *fetch_pg;       /* fetches, trust roots */
    struct bk_pg *upload_pg;      /* what phones write: long, so beside everything else */
    struct bk_pg *record_pg;      /* visits, strangers: may be slow without slowing a fetch */
    struct bk_doorbell *doorbell; /* rung when a phone came that somebody waits for */
    struct cfg_visits *visits;
    struct cfg_roots *roots;
    struct cfg_limits *limits;
};

/* --- identity.c: who is this, as far as the certificate proves it --- */

/* In the connection's arena, texts too. */
struct cfg_identity {
    bool is_known;   /* a rule held; else only is_generic and the fingerprint are set */
    bool is_generic; /* a form that many phones share: it proves nothing */
    struct bk_str maker;
    const struct bk_vendor *vendor; /* its driver; NULL: none yet */
    struct bk_mac mac;
    struct bk_str model, serial;          /* empty: the certificate does not tell */
    int64_t root_ids[BK_TLS_VOUCHER_MAX]; /* those by whose rules this MAC is this maker's */
    size_t root_count;
    bool has_fingerprint;
    uint8_t fingerprint[BK_SHA256_SIZE];
};
void cfg_identify(void *worker, struct bk_peer *peer);

/* --- flow_fetch.c --- */

void cfg_fetch_start(void *worker, struct bk_request *request);

/* --- visits.c: what happened, written in batches off the path --- */

struct cfg_visits *cfg_visits_open(struct cfg_worker *worker); /* NULL: no memory */
void cfg_visits_close(struct cfg_visits *visits);
bool cfg_visits_is_idle(const struct cfg_visits *visits);
/* Copied; dropped and counted when the queue is full. */
void cfg_visits_add(struct cfg_visits *visits, const struct bk_visit *visit);
/* reason: static or not, cut at 63 bytes; claimed may be NULL. Counted by source and minute. */
void cfg_visits_add_stranger(struct cfg_visits *visits, const struct bk_peer *peer,
                             const char *reason, const char *claimed,
                             const struct bk_mac *claimed_mac);
/* Printable ASCII of text into a fixed array, '?' for all else, cut. */
void cfg_print_clean(struct bk_str text, char *ret_text, size_t size);

/* --- roots.c: trust roots and issuer rules from PostgreSQL --- */

struct cfg_roots *cfg_roots_open(struct cfg_worker *worker);
void cfg_roots_close(struct cfg_roots *roots);
/* Roots are there, and the database is as new as this program. */
bool cfg_roots_are_ready(const struct cfg_roots *roots);
void cfg_roots_reload(struct cfg_roots *roots);
/* The operator's own issuer rules; until the next pass of the loop. */
const struct bk_cert_rules *cfg_roots_rules(const struct cfg_roots *roots);

/* --- limits.c: who fails too often is kept out for a while --- */

/* What counts as a failure: what a scanner does, and what costs us more than him. Not what a phone
 * of a tenant meets that is suspended, not armed or quarantined, and nothing that is our fault. */
enum cfg_failure {
    CFG_FAILURE_NONE,
    CFG_FAILURE_HANDSHAKE,
    CFG_FAILURE_HEAD,  /* malformed */
    CFG_FAILURE_FETCH, /* refused, for a reason that cfg_failure_of counts */
};
/* reason: a refusal (model/refusal.h) */
enum cfg_failure cfg_failure_of(const char *reason);

struct cfg_limits *cfg_limits_open(struct cfg_worker *worker); /* NULL: no memory */
/* After the doorbell: it tells the questions under way. NULL is allowed. */
void cfg_limits_close(struct cfg_limits *limits);
/* claimed_mac: the MAC that was named, NULL: none; whether the peer's certificate proves it is
 * judged here. True: the peer is banned now, its connection is of no use any more. */
bool cfg_limits_failed(struct cfg_worker *worker, const struct bk_peer *peer,
                       enum cfg_failure failure, const struct bk_mac *claimed_mac);
/* bk_service's hook; state: the worker. */
bool cfg_limits_may_accept(void *state, const char *listener, const char *address);
/* Served. */
void cfg_limits_good(struct cfg_worker *worker, const struct bk_peer *peer);
/* The certificate has named so many other MACs that its next is not looked up any more. */
bool cfg_limits_is_guessing(struct cfg_worker *worker, const struct bk_peer *peer);

#endif
