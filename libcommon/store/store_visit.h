/*
 * Writing visits and strangers, in batches (migrations/0017_record.sql). One statement a batch:
 * arrays of one length, one element a row.
 */
#ifndef STORE_STORE_VISIT_H
#define STORE_STORE_VISIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "io/pg.h"
#include "io/tls.h"
#include "model/mac.h"

#define BK_VISIT_BATCH_MAX 500
#define BK_VISIT_TEXT_SIZE 257 /* path, User-Agent: cut at 256 bytes */

/* What the connection prepares that records: visits, strangers, and what store_ban.h needs. */
extern const struct bk_pg_statement bk_store_visit_statements[];
enum bk_store_record_statement {
    BK_STATEMENT_VISITS,
    BK_STATEMENT_STRANGERS,
    BK_STATEMENT_GOOD_SOURCES,
    BK_STATEMENT_BAN_REQUEST,
    BK_STATEMENT_BANS
};

/* One fetch or refusal of a tenant's. Texts are printable ASCII, terminated. */
struct bk_visit {
    int64_t at_wall_us;           /* the database's clock, where it was asked; else ours */
    int64_t tenant_id, device_id; /* device_id 0: none */
    int64_t revision;             /* 0: none was served */
    int64_t bytes, duration_us;
    int status;
    bool has_mac, has_fingerprint, is_whole;
    bool is_boot;      /* the request marks a boot of the phone (vendor/vendor.h) */
    bool has_open_job; /* somebody waits for this device: to be told at once */
    struct bk_mac mac;
    uint8_t fingerprint[BK_SHA256_SIZE];
    const char *listener; /* static, or of the server's settings */
    const char *kind;     /* bk_file_kind_name */
    char reason[40];      /* empty: served */
    char source[48];
    char request_id[32];
    char model[33], firmware[33];
    char path[BK_VISIT_TEXT_SIZE];
    char user_agent[BK_VISIT_TEXT_SIZE];
};

/* at most BK_VISIT_BATCH_MAX rows. */
BK_MUST_USE enum bk_err bk_store_visits_start(struct bk_pg *pg,
                                              const struct bk_visit *const *visits, size_t count,
                                              bk_pg_done_fn *on_done, void *ctx);

/* Refusals that concern no tenant, counted by source and minute. */
struct bk_stranger {
    int64_t minute_wall_ms;
    int64_t seen_count;
    bool has_claimed_mac;
    struct bk_mac claimed_mac;
    const char *listener;
    char source[48];
    char reason[64];
    char claimed[BK_VISIT_TEXT_SIZE]; /* what the certificate said of itself */
};
BK_MUST_USE enum bk_err bk_store_strangers_start(struct bk_pg *pg,
                                                 const struct bk_stranger *const *strangers,
                                                 size_t count, bk_pg_done_fn *on_done, void *ctx);

#endif
