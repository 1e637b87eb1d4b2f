/*
 * Settings layers of a tenant: the tenant's own, a site's, a profile's, a device's. All four have
 * the same three columns; the caller changes them as JSON and writes them back whole.
 */
#ifndef STORE_STORE_SETTING_H
#define STORE_STORE_SETTING_H

#include "model/phone.h"
#include "store/store.h"

/* layer_id: of the row, and of the place at which its secrets are sealed. */
struct bk_store_layer {
    enum bk_layer layer; /* TENANT, SITE, PROFILE or DEVICE */
    int64_t layer_id;
    struct bk_str settings_json, locks_json, raw_json; /* {…}, ["…"], {…} */
};

/*
 * Read and lock a layer by its name: a site's or profile's name, a device's MAC; the tenant's needs
 * none. BK_ERR_NOT_FOUND without a detail.
 */
BK_MUST_USE enum bk_err bk_store_layer_read(const struct bk_store *store, int64_t tenant_id,
                                            enum bk_layer layer, struct bk_str name,
                                            struct bk_store_layer *ret_layer);
BK_MUST_USE enum bk_err bk_store_layer_write(const struct bk_store *store, int64_t tenant_id,
                                             const struct bk_store_layer *layer);
/* A site or profile without anything in it yet. */
BK_MUST_USE enum bk_err bk_store_layer_add(const struct bk_store *store, int64_t tenant_id,
                                           enum bk_layer layer, struct bk_str name);

/* JSON array of {"layer", "name", "settings", "locks", "raw"}, lowest first, layers that hold
 * something. Sealed values stand as {"sealed": …}: not for eyes. mac empty: the tenant's, sites'
 * and profiles'; else those that this device merges. */
BK_MUST_USE enum bk_err bk_store_layer_list(const struct bk_store *store, int64_t tenant_id,
                                            struct bk_str mac, struct bk_str *ret_json);

#endif
