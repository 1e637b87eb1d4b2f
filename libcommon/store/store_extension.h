/*
 * Extensions of a tenant's PBXs (migrations/0006_extension.sql). The SIP secret is bound to its
 * row, so the row's id is drawn before the secret is sealed.
 */
#ifndef STORE_STORE_EXTENSION_H
#define STORE_STORE_EXTENSION_H

#include "store/store.h"

struct bk_store_extension {
    int64_t extension_id, pbx_id;
    struct bk_str number, auth_id, display_name;
    struct bk_str secret_sealed; /* at "<tenant>/extension.secret/<extension_id>" */
};

BK_MUST_USE enum bk_err bk_store_extension_id(const struct bk_store *store,
                                              int64_t *ret_extension_id);
BK_MUST_USE enum bk_err bk_store_extension_add(const struct bk_store *store, int64_t tenant_id,
                                               const struct bk_store_extension *extension);
/*
 * The extension of that number; pbx empty: on any PBX. BK_ERR_NOT_FOUND, and BK_ERR_EXISTS when the
 * number is on several PBXs; both without a detail.
 */
BK_MUST_USE enum bk_err bk_store_extension_find(const struct bk_store *store, int64_t tenant_id,
                                                struct bk_str number, struct bk_str pbx,
                                                int64_t *ret_extension_id);
/* JSON array: extension_id, number, pbx, auth_id, display_name, devices (MACs). */
BK_MUST_USE enum bk_err bk_store_extension_list(const struct bk_store *store, int64_t tenant_id,
                                                struct bk_str *ret_json);

#endif
