/*
 * What beckon-config asks of PostgreSQL before it answers a phone: the one round trip of a fetch,
 * and the trust roots. Asynchronous, through functions of schema bk (migrations/0016_fetch.sql).
 */
#ifndef STORE_STORE_FETCH_H
#define STORE_STORE_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "io/pg.h"
#include "io/tls.h"
#include "model/mac.h"

/* Prepared on the connection that the functions below are given. */
extern const struct bk_pg_statement bk_store_fetch_statements[];

/* Who asks for what: has_identity false when the certificate proves none (then mac and maker are
 * not read). kind: bk_file_kind_name, or NULL when the path is none of the maker's. */
struct bk_fetch_query {
    struct bk_str tenant_key;
    bool has_identity, has_claimed_mac;
    struct bk_mac mac, claimed_mac; /* claimed: by path or User-Agent */
    const char *maker;
    const int64_t *root_ids;    /* who vouches for the certificate's chain */
    size_t root_count;          /* 0..BK_TLS_VOUCHER_MAX */
    const uint8_t *fingerprint; /* BK_SHA256_SIZE bytes */
    const char *kind;
    struct bk_str model, serial; /* as certificate or User-Agent tell them; empty: untold */
    const char *source;          /* the phone's address */
    bool is_legacy;              /* it came by a listener with old TLS */
};

BK_MUST_USE enum bk_err bk_store_fetch_start(struct bk_pg *pg, const struct bk_fetch_query *query,
                                             bk_pg_done_fn *on_done, void *ctx,
                                             struct bk_pg_query **ret_query);

/* Texts borrow from rows. verdict "serve", or the reason of the refusal. */
#define BK_DATA_KEY_SEALED_MAX 128
struct bk_fetch_row {
    struct bk_str verdict, vendor, model, config;
    int64_t tenant_id, device_id, other_tenant_id, revision; /* 0: none */
    int64_t fetched_at_us;                    /* the database's clock, microseconds of the epoch */
    bool has_open_job;                        /* somebody waits for this device to come */
    uint8_t data_key[BK_DATA_KEY_SEALED_MAX]; /* sealed under the master key */
    size_t data_key_len;
};
BK_MUST_USE enum bk_err bk_store_fetch_row(const struct bk_pg_rows *rows,
                                           struct bk_fetch_row *ret_row);

/* --- phones without a certificate (migrations/0023_enrolment.sql) --- */

/* What a path asks for by one maker's grammar; names are static. */
struct bk_enrol_reading {
    const char *maker, *kind;
};

struct bk_enrol_query {
    struct bk_str tenant_key;
    const char *proof; /* "token", "url", "basic", "digest", "none" */
    bool has_secret_hash, has_claimed_mac;
    uint8_t secret_hash[BK_SHA256_SIZE]; /* of token or secret */
    struct bk_mac claimed_mac;
    const struct bk_enrol_reading *readings;
    size_t reading_count; /* at most 32 */
    struct bk_str model;
    const char *source;
};
BK_MUST_USE enum bk_err bk_store_enrol_start(struct bk_pg *pg, const struct bk_enrol_query *query,
                                             bk_pg_done_fn *on_done, void *ctx,
                                             struct bk_pg_query **ret_query);

/* What that row has beyond bk_store_fetch_row's; verdict "enrol" and "renew" besides. */
#define BK_ENROL_SEALED_MAX 192
struct bk_enrol_row {
    bool has_mac;
    struct bk_mac mac;
    struct bk_str method;                /* "url", "basic", "digest"; borrows from rows */
    uint8_t secret[BK_ENROL_SEALED_MAX]; /* the steady one, sealed; with "renew" the one to end */
    size_t secret_len;                   /* 0: none */
};
BK_MUST_USE enum bk_err bk_store_enrol_row(const struct bk_pg_rows *rows,
                                           struct bk_enrol_row *ret_row);

/* Digest: the sealed secret of user's enrolment, to judge an answer by. The row fills tenant_id,
 * device_id (0: there is none) and data_key of ret_fetch, and the secret of ret_enrol. */
BK_MUST_USE enum bk_err bk_store_enrol_digest_start(struct bk_pg *pg, struct bk_str tenant_key,
                                                    const struct bk_mac *user,
                                                    bk_pg_done_fn *on_done, void *ctx,
                                                    struct bk_pg_query **ret_query);
BK_MUST_USE enum bk_err bk_store_enrol_digest_row(const struct bk_pg_rows *rows,
                                                  struct bk_fetch_row *ret_fetch,
                                                  struct bk_enrol_row *ret_enrol);

/* A steady secret drawn after verdict "renew"; the row's one column is 't' when it is taken, NULL
 * when the tenant's key has changed since: nothing was written, and another try will do. */
struct bk_enrol_renewal {
    int64_t tenant_id, device_id;
    struct bk_str method;
    const char *source;
    const uint8_t *former; /* the secret that ends, sealed, as the fetch's row had it */
    size_t former_len;     /* 0: there was none */
    uint8_t secret_hash[BK_SHA256_SIZE];
    uint8_t sealed[BK_ENROL_SEALED_MAX];
    size_t sealed_len;
    const uint8_t *data_key; /* what it is sealed with, as the fetch's row had it */
    size_t data_key_len;
};
BK_MUST_USE enum bk_err bk_store_enrol_renew_start(struct bk_pg *pg,
                                                   const struct bk_enrol_renewal *renewal,
                                                   bk_pg_done_fn *on_done, void *ctx,
                                                   struct bk_pg_query **ret_query);

/* --- trust roots --- */

/* A row a rule: name, maker, subject, whether it is a generic form. */
BK_MUST_USE enum bk_err bk_store_cert_rules_start(struct bk_pg *pg, bk_pg_done_fn *on_done,
                                                  void *ctx);
BK_MUST_USE enum bk_err bk_store_trust_start(struct bk_pg *pg, bk_pg_done_fn *on_done, void *ctx);
/* One row: a number that changes with roots and rules, and the latest migration. */
BK_MUST_USE enum bk_err bk_store_trust_version_start(struct bk_pg *pg, bk_pg_done_fn *on_done,
                                                     void *ctx);
/* One row: the root, and its certificate's DER in ret_der (BK_TRUST_DER_MAX bytes). */
BK_MUST_USE enum bk_err bk_store_trust_row(const struct bk_pg_rows *rows, int row,
                                           struct bk_trust_root *ret_root, uint8_t *ret_der,
                                           size_t *ret_der_len);

#endif
