/*
 * Sites of a tenant: their names and the networks their phones come from. Their settings are a
 * layer (store_setting.h).
 */
#ifndef STORE_STORE_SITE_H
#define STORE_STORE_SITE_H

#include "store/store.h"

/* addresses: JSON array of networks ("192.0.2.0/24"). BK_ERR_EXISTS: the name is taken. */
BK_MUST_USE enum bk_err bk_store_site_add(const struct bk_store *store, int64_t tenant_id,
                                          struct bk_str name, struct bk_str addresses,
                                          int64_t *ret_site_id);
/* All of them anew. BK_ERR_NOT_FOUND without a detail. */
BK_MUST_USE enum bk_err bk_store_site_set_addresses(const struct bk_store *store, int64_t tenant_id,
                                                    struct bk_str name, struct bk_str addresses);
/* JSON array: site_id, name, time_zone, country, addresses, devices (how many). */
BK_MUST_USE enum bk_err bk_store_site_list(const struct bk_store *store, int64_t tenant_id,
                                           struct bk_str *ret_json);

#endif
