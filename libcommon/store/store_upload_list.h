/*
 * What phones wrote (migrations/0035_upload.sql), as their tenant sees it: listed, read, deleted.
 * Blocking; beckon-config's side is store_upload.h. The tenant is the transaction's.
 */
#ifndef STORE_STORE_UPLOAD_LIST_H
#define STORE_STORE_UPLOAD_LIST_H

#include "base/buf.h"
#include "base/seal.h"
#include "store/store.h"

/* One file of one device. */
struct bk_store_upload {
    int64_t tenant_id, device_id, upload_id;
};

/* JSON array, by name: upload_id, name, kind, bytes, lost_bytes, source, created_at, updated_at.
 * BK_ERR_NOT_FOUND without a detail: there is no such device. */
BK_MUST_USE enum bk_err bk_store_upload_list(const struct bk_store *store, int64_t tenant_id,
                                             struct bk_str mac, struct bk_str *ret_json);
/* The file of this name, and its row as above; BK_ERR_NOT_FOUND without a detail. */
BK_MUST_USE enum bk_err bk_store_upload_find(const struct bk_store *store, int64_t tenant_id,
                                             struct bk_str mac, struct bk_str name,
                                             struct bk_store_upload *ret_upload,
                                             struct bk_str *ret_json);
/*
 * Its name, and its text behind what stands in out, a secret buffer: all parts, as one statement
 * sees them. data_key: of the tenant, held by this transaction. BK_ERR_NOT_FOUND without a detail;
 * BK_ERR_CRYPTO: a part does not open.
 */
BK_MUST_USE enum bk_err bk_store_upload_read(const struct bk_store *store,
                                             const struct bk_store_upload *upload,
                                             const struct bk_key *data_key, struct bk_str *ret_name,
                                             struct bk_buf *out);
/*
 * Its name, of one that is gone then; BK_ERR_NOT_FOUND without a detail. BK_ERR_BUSY also when the
 * phone is just making room in it (a deadlock, io/pg_sync.h): it may be asked for again.
 */
BK_MUST_USE enum bk_err bk_store_upload_delete(const struct bk_store *store,
                                               const struct bk_store_upload *upload,
                                               struct bk_str *ret_name);

#endif
