/*
 * One row of an audit chain (migrations/0012_audit.sql), the last statement of a transaction.
 */
#ifndef STORE_STORE_AUDIT_H
#define STORE_STORE_AUDIT_H

#include "store/store.h"

struct bk_store_audit {
    int64_t tenant_id;             /* 0: the operator's own chain */
    struct bk_str actor, action;   /* "operator:root", "device.add" */
    struct bk_str kind, object_id; /* "device", "805ec0000001" */
    struct bk_str payload_json;
};

BK_MUST_USE enum bk_err bk_store_audit_append(const struct bk_store *store,
                                              const struct bk_store_audit *audit);

#endif
