/*
 * Reading what beckon-config wrote down: visits of a tenant, strangers of the installation.
 */
#ifndef STORE_STORE_VISIT_LIST_H
#define STORE_STORE_VISIT_LIST_H

#include "store/store.h"

struct bk_store_visit_filter {
    struct bk_str mac; /* 12 hexadecimal digits; empty: all */
    bool refused_only;
    int64_t limit;
};

/*
 * JSON array, newest first: at, mac, device (its MAC is a device of this tenant's), source,
 * listener, kind, path, status, reason, user_agent, model, firmware, revision, bytes, duration_us,
 * request_id.
 */
BK_MUST_USE enum bk_err bk_store_visit_list(const struct bk_store *store, int64_t tenant_id,
                                            const struct bk_store_visit_filter *filter,
                                            struct bk_str *ret_json);
/* JSON array, newest first: minute, source, listener, reason, claimed, mac, seen_count. */
BK_MUST_USE enum bk_err bk_store_stranger_list(const struct bk_store *store, struct bk_str mac,
                                               int64_t limit, struct bk_str *ret_json);

/*
 * Refusals of a tenant's last hours, those that go on most first: reason, mac (null: none was
 * proved), device (it is one of this tenant's), source, count, first_at, last_at.
 */
BK_MUST_USE enum bk_err bk_store_refusal_list(const struct bk_store *store, int64_t tenant_id,
                                              int64_t hours, int64_t limit,
                                              struct bk_str *ret_json);

#endif
