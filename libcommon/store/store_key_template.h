/*
 * Key templates, and what keys take of the models that have them
 * (migrations/0032_key_template.sql).
 */
#ifndef STORE_STORE_KEY_TEMPLATE_H
#define STORE_STORE_KEY_TEMPLATE_H

#include "store/store.h"

/* The highest numbers in use on devices of one model; mac: of one of them. */
struct bk_store_extent {
    struct bk_str mac, vendor, model;
    int line, line_key, programmable_key, module, module_key;
};
/* Of a device with its template, or of all models that use the template; what is not meant is 0.
 * Both 0: of every template of the tenant. */
BK_MUST_USE enum bk_err bk_store_extents(const struct bk_store *store, int64_t tenant_id,
                                         int64_t device_id, int64_t key_template_id,
                                         const struct bk_store_extent **ret_extents,
                                         size_t *ret_count);

/* *ret_id: as it is made, or found. BK_ERR_NOT_FOUND without a detail. */
BK_MUST_USE enum bk_err bk_store_key_template_add(const struct bk_store *store, int64_t tenant_id,
                                                  struct bk_str name, int64_t *ret_id);
BK_MUST_USE enum bk_err bk_store_key_template_find(const struct bk_store *store, int64_t tenant_id,
                                                   struct bk_str name, int64_t *ret_id);
/* The constraint's sentence tells when something uses it. */
BK_MUST_USE enum bk_err bk_store_key_template_delete(const struct bk_store *store,
                                                     int64_t tenant_id, int64_t id);
/* keys: JSON array of {"panel", "module", "slot", "kind", "line", "value", "label", "extension"};
 * one takes the place of what was on its slot. */
BK_MUST_USE enum bk_err bk_store_key_template_put(const struct bk_store *store, int64_t tenant_id,
                                                  int64_t id, struct bk_str keys);
/* BK_ERR_NOT_FOUND without a detail when nothing is on that slot. */
BK_MUST_USE enum bk_err bk_store_key_template_clear(const struct bk_store *store, int64_t tenant_id,
                                                    int64_t id, const char *panel, int module,
                                                    int slot);
/* key_template_id 0: none. BK_ERR_NOT_FOUND without a detail: no such device or profile. */
BK_MUST_USE enum bk_err bk_store_key_template_of_device(const struct bk_store *store,
                                                        int64_t tenant_id, struct bk_str mac,
                                                        int64_t key_template_id,
                                                        int64_t *ret_device_id);
BK_MUST_USE enum bk_err bk_store_key_template_of_profile(const struct bk_store *store,
                                                         int64_t tenant_id, struct bk_str name,
                                                         int64_t key_template_id);

/* JSON array: key_template_id, name, keys (how many), devices, profiles. */
BK_MUST_USE enum bk_err bk_store_key_template_list(const struct bk_store *store, int64_t tenant_id,
                                                   struct bk_str *ret_json);
/* JSON array of a template's keys. */
BK_MUST_USE enum bk_err bk_store_key_template_keys(const struct bk_store *store, int64_t tenant_id,
                                                   int64_t id, struct bk_str *ret_json);

#endif
