/*
 * Tenants, as the operator sees them: through functions of schema bk, since no tenant is set yet
 * (migrations/0018_operator.sql).
 */
#ifndef STORE_STORE_TENANT_H
#define STORE_STORE_TENANT_H

#include "store/store.h"

#define BK_STORE_DATA_KEY_MAX 128

struct bk_store_tenant {
    int64_t tenant_id;
    struct bk_str name, title, status; /* in the arena */
    struct bk_str data_key_sealed;     /* under the master key, at "0/tenant.data_key/<id>"; empty:
                                          destroyed with the tenant */
};

/* By name or by number; BK_ERR_NOT_FOUND without a detail. */
BK_MUST_USE enum bk_err bk_store_tenant_find(const struct bk_store *store, struct bk_str name,
                                             struct bk_store_tenant *ret_tenant);
/* The data key is sealed to the id, so that is drawn first. */
BK_MUST_USE enum bk_err bk_store_tenant_id(const struct bk_store *store, int64_t *ret_tenant_id);
BK_MUST_USE enum bk_err bk_store_tenant_add(const struct bk_store *store,
                                            const struct bk_store_tenant *tenant,
                                            struct bk_str tenant_key);
/* JSON array: tenant_id, name, title, status, devices, keys (URL keys that are valid), created_at.
 */
BK_MUST_USE enum bk_err bk_store_tenant_list(const struct bk_store *store, struct bk_str *ret_json);
/* The newest valid URL key; BK_ERR_NOT_FOUND without a detail. */
BK_MUST_USE enum bk_err bk_store_tenant_key(const struct bk_store *store, int64_t tenant_id,
                                            struct bk_str *ret_key);
/*
 * What follows in this transaction is under row-level security of this tenant, whose data key stays
 * as it is meanwhile: read it after this. From here on it is noted which devices it raises
 * (bk_store_raised).
 */
BK_MUST_USE enum bk_err bk_store_tenant_set(const struct bk_store *store, int64_t tenant_id);
/* The row-level security alone, for a look from beside a transaction that has done the above. */
BK_MUST_USE enum bk_err bk_store_tenant_look(const struct bk_store *store, int64_t tenant_id);

#endif
