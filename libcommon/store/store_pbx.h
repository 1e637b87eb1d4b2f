/*
 * PBXs of a tenant: the phone side (migrations/0005_pbx.sql).
 */
#ifndef STORE_STORE_PBX_H
#define STORE_STORE_PBX_H

#include "store/store.h"

struct bk_store_pbx {
    struct bk_str name, domain, transport, srtp;
    struct bk_str registrars_json, proxies_json; /* [{"host":"…","port":5060}] */
};

BK_MUST_USE enum bk_err bk_store_pbx_add(const struct bk_store *store, int64_t tenant_id,
                                         const struct bk_store_pbx *pbx, int64_t *ret_pbx_id);
/* BK_ERR_NOT_FOUND without a detail. */
BK_MUST_USE enum bk_err bk_store_pbx_find(const struct bk_store *store, int64_t tenant_id,
                                          struct bk_str name, int64_t *ret_pbx_id);

/* How Beckon itself reaches the PBX (app.pbx_control). */
struct bk_store_pbx_control {
    struct bk_str driver, address, username;
    struct bk_str secret_sealed; /* without pointer: stays as it is, or none */
    struct bk_str options_json;
    struct bk_str
        rate_per_s;        /* a number as text; without pointer: stays, or the schema's default */
    int64_t in_flight_max; /* 0: stays, or the schema's default */
    bool is_enabled;
};
/* Sets the control side, whether there was one or not. */
BK_MUST_USE enum bk_err bk_store_pbx_control_set(const struct bk_store *store, int64_t tenant_id,
                                                 int64_t pbx_id,
                                                 const struct bk_store_pbx_control *control);
/* JSON array: pbx_id, name, domain, registrars, proxies, transport, srtp, extensions (a number). */
BK_MUST_USE enum bk_err bk_store_pbx_list(const struct bk_store *store, int64_t tenant_id,
                                          struct bk_str *ret_json);

#endif
