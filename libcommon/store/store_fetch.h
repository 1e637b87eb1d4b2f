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

BK_MUST_USE enum bk_err bk_store_trust_start(struct bk_pg *pg, bk_pg_done_fn *on_done, void *ctx);
/* One row: a number that changes with the roots, and the latest migration. */
BK_MUST_USE enum bk_err bk_store_trust_version_start(struct bk_pg *pg, bk_pg_done_fn *on_done,
                                                     void *ctx);
/* One row: the root, and its certificate's DER in ret_der (BK_TRUST_DER_MAX bytes). */
BK_MUST_USE enum bk_err bk_store_trust_row(const struct bk_pg_rows *rows, int row,
                                           struct bk_trust_root *ret_root, uint8_t *ret_der,
                                           size_t *ret_der_len);

#endif
