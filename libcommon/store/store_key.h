/*
 * The tenants' data keys and everything that is sealed with them (migrations/0024_rekey.sql), for
 * `beckon keys rotate`. Sealing and opening are the caller's.
 */
#ifndef STORE_STORE_KEY_H
#define STORE_STORE_KEY_H

#include "store/store.h"

/* Everything is in the store's arena. */
struct bk_data_key_row {
    int64_t tenant_id;
    struct bk_str name, sealed;
};

/* One sealed value: it opens at "<tenant>/<place>/<row_id>". */
struct bk_sealed_row {
    int64_t row_id;
    struct bk_str place, sealed_base64;
};

/* The data keys of all tenants, locked until the transaction ends. */
BK_MUST_USE enum bk_err bk_store_data_keys(const struct bk_store *store,
                                           struct bk_data_key_row **ret_rows, size_t *ret_count);
/* The same key under another master key. BK_ERR_STALE: it is not `from` any more. */
BK_MUST_USE enum bk_err bk_store_data_key_reseal(const struct bk_store *store, int64_t tenant_id,
                                                 struct bk_str from, struct bk_str to);

/* ---- of the transaction's tenant ---- */

/* Wait for whoever uses the key, and keep others from it until the transaction ends. */
BK_MUST_USE enum bk_err bk_store_data_key_claim(const struct bk_store *store);
/* Another key. BK_ERR_STALE: it is not `from` any more. */
BK_MUST_USE enum bk_err bk_store_data_key_change(const struct bk_store *store, struct bk_str from,
                                                 struct bk_str to);
/* What holds sealed values: "extension.secret", "device.settings". */
BK_MUST_USE enum bk_err bk_store_sealed_fields(const struct bk_store *store,
                                               struct bk_str **ret_fields, size_t *ret_count);
/* Those of up to rows_max rows whose ids are higher than after; none left: a count of 0. */
BK_MUST_USE enum bk_err bk_store_sealed_list(const struct bk_store *store, struct bk_str field,
                                             int64_t after, int64_t rows_max,
                                             struct bk_sealed_row **ret_rows, size_t *ret_count);
/* rows_json: [{"row_id": …, "place": …, "sealed": …}]. */
BK_MUST_USE enum bk_err bk_store_sealed_set(const struct bk_store *store, struct bk_str field,
                                            struct bk_str rows_json);

#endif
