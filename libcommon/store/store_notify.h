/*
 * What beckon-notifier asks of PostgreSQL (migrations/0020_callback.sql): leases, claims, reports,
 * settling. Asynchronous, through functions of schema bk; batches are arrays.
 */
#ifndef STORE_STORE_NOTIFY_H
#define STORE_STORE_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "io/pg.h"

/* Statements of the quick connection (leases, claims, reports, devices just heard of) … */
extern const struct bk_pg_statement bk_store_notify_statements[];
/* … and of the one whose statements may take long (sweep, changes, maintenance). */
extern const struct bk_pg_statement bk_store_sweep_statements[];

enum {
    BK_CLAIM_PBX_MAX = 1000, /* PBXs of one claim */
    BK_REPORT_MAX = 1000,    /* attempts of one report */
    BK_SETTLE_DEVICE_MAX = 1000,
    BK_SEALED_SECRET_MAX = 1024 + 64
};

BK_MUST_USE enum bk_err bk_store_leases_take(struct bk_pg *pg, const char *owner, int lease_s,
                                             bk_pg_done_fn *on_done, void *ctx);
/* Texts borrow from rows. */
struct bk_lease_row {
    int64_t tenant_id, pbx_id, fence;
    bool is_new;
    int64_t free_ms; /* is_new: for how long nobody held it */
    struct bk_str driver, domain, address, username, options_json, version, breaker;
    uint8_t secret[BK_SEALED_SECRET_MAX], data_key[128]; /* sealed */
    size_t secret_len, data_key_len;
    double rate_per_s;
    int in_flight_max, breaker_s, failed_count;
};
BK_MUST_USE enum bk_err bk_store_lease_row(const struct bk_pg_rows *rows, int row,
                                           struct bk_lease_row *ret_row);
BK_MUST_USE enum bk_err bk_store_leases_drop(struct bk_pg *pg, const char *owner,
                                             bk_pg_done_fn *on_done, void *ctx);
/* breaker: closed, open, probing; wait_s: until it may be probed. */
BK_MUST_USE enum bk_err bk_store_breaker(struct bk_pg *pg, const char *owner, int64_t tenant_id,
                                         int64_t pbx_id, int64_t fence, const char *breaker,
                                         int wait_s, int failed_count, const char *note);

struct bk_claim {
    int64_t tenant_id, pbx_id, fence;
    int limit;
};
BK_MUST_USE enum bk_err bk_store_claim(struct bk_pg *pg, const char *owner,
                                       const struct bk_claim *claims, size_t count, int window_s,
                                       int reboot_window_s, bk_pg_done_fn *on_done, void *ctx);
/* One job that is `sent` from now on; attempt 0: one that was put right and is not to be sent.
   Texts borrow from rows. */
struct bk_claim_row {
    int64_t tenant_id, pbx_id, job_id, device_id, extension_id;
    int attempt, wait_count;
    bool is_reboot, is_exclusive;
    struct bk_str vendor, model, firmware, number, domain, auth_id;
    uint8_t secret[BK_SEALED_SECRET_MAX]; /* sealed */
    size_t secret_len;
};
BK_MUST_USE enum bk_err bk_store_claim_row(const struct bk_pg_rows *rows, int row,
                                           struct bk_claim_row *ret_row);

/* What came of one attempt. */
struct bk_report {
    int64_t tenant_id, job_id, fence;
    int attempt;
    const char *result; /* static: answered, sent, queued, failed */
    char text[201];     /* waiting reason (64 are kept) or outcome; printable */
    int delay_s;
    bool is_idle; /* nothing reached the phone */
};
BK_MUST_USE enum bk_err bk_store_report(struct bk_pg *pg, const struct bk_report *const *reports,
                                        size_t count, bk_pg_done_fn *on_done, void *ctx);

struct bk_heard {
    int64_t tenant_id, device_id;
};
/* One row: how many jobs ended, how many became due. */
BK_MUST_USE enum bk_err bk_store_settle_devices(struct bk_pg *pg, const struct bk_heard *heard,
                                                size_t count, bk_pg_done_fn *on_done, void *ctx);

/* One row: ended, woken, milliseconds until the next is due. */
BK_MUST_USE enum bk_err bk_store_settle(struct bk_pg *pg, int limit, bk_pg_done_fn *on_done,
                                        void *ctx);
/* One row: devices raised; 0: no change is open. */
BK_MUST_USE enum bk_err bk_store_changes_start(struct bk_pg *pg, int batch, bk_pg_done_fn *on_done,
                                               void *ctx);
/* Rows (what, how many). */
BK_MUST_USE enum bk_err bk_store_maintain_start(struct bk_pg *pg, bk_pg_done_fn *on_done,
                                                void *ctx);

#endif
