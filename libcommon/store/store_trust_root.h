/*
 * Trust roots: the operator's through functions, a tenant's own under row-level security
 * (migrations/0011_trust.sql, 0018_operator.sql).
 */
#ifndef STORE_STORE_TRUST_ROOT_H
#define STORE_STORE_TRUST_ROOT_H

#include "store/store.h"

struct bk_store_trust_root {
    int64_t tenant_id; /* 0: the operator's */
    struct bk_str name, maker, der;
    struct bk_str rules_json; /* ["yealink-cn"] */
    int64_t not_after_s;      /* since 1970 */
    bool is_legacy;           /* for legacy listeners, and only for them */
};

/* The id of a new root, or of the one with this certificate, which then is as given. */
BK_MUST_USE enum bk_err bk_store_trust_root_add(const struct bk_store *store,
                                                const struct bk_store_trust_root *root,
                                                int64_t *ret_root_id);
/* JSON array: root_id, scope ("operator" or "tenant"), name, maker, rules, sha256, not_after,
 * is_enabled, is_legacy; tenant_id 0: the operator's alone, else those too. */
BK_MUST_USE enum bk_err bk_store_trust_root_list(const struct bk_store *store, int64_t tenant_id,
                                                 struct bk_str *ret_json);

#endif
