/*
 * Devices of a tenant with their lines and keys (migrations/0009_device.sql). What services write
 * (binding, state, revision) is only read here.
 */
#ifndef STORE_STORE_DEVICE_H
#define STORE_STORE_DEVICE_H

#include "store/store.h"

struct bk_store_device {
    struct bk_str mac; /* 12 hexadecimal digits */
    struct bk_str vendor, model, serial, label;
    int64_t site_id, profile_id, key_template_id;      /* 0: none */
    struct bk_str settings_json, locks_json, raw_json; /* of the device's own layer */
};

BK_MUST_USE enum bk_err bk_store_device_id(const struct bk_store *store, int64_t *ret_device_id);
BK_MUST_USE enum bk_err bk_store_device_add(const struct bk_store *store, int64_t tenant_id,
                                            int64_t device_id,
                                            const struct bk_store_device *device);
/* BK_ERR_NOT_FOUND without a detail. */
BK_MUST_USE enum bk_err bk_store_device_find(const struct bk_store *store, int64_t tenant_id,
                                             struct bk_str mac, int64_t *ret_device_id);

BK_MUST_USE enum bk_err bk_store_device_line_add(const struct bk_store *store, int64_t tenant_id,
                                                 int64_t device_id, int index,
                                                 int64_t extension_id);

struct bk_store_device_key {
    const char *panel, *kind;
    int module, slot, line;
    struct bk_str value, label, extension;
};
BK_MUST_USE enum bk_err bk_store_device_key_add(const struct bk_store *store, int64_t tenant_id,
                                                int64_t device_id,
                                                const struct bk_store_device_key *key);

/*
 * Many devices at once. rows: JSON array of {"n", "mac", "vendor", "model", "serial", "label",
 * "site", "profile", "lines": [{"index", "number", "pbx"}]}; n is the caller's number of the row.
 * _check answers with a JSON array of {"n", "column", "problem", "value"}: problem is "taken",
 * "unknown" or "ambiguous"; an empty one means that _add will find what it needs.
 */
BK_MUST_USE enum bk_err bk_store_devices_check(const struct bk_store *store, int64_t tenant_id,
                                               struct bk_str rows, struct bk_str *ret_json);
BK_MUST_USE enum bk_err bk_store_devices_add(const struct bk_store *store, int64_t tenant_id,
                                             struct bk_str rows, int64_t *ret_count);

/* JSON array: mac, vendor, model, label, site, profile, state, revision, revision_held, is_pending,
 * last_visit_at, lines (numbers). */
BK_MUST_USE enum bk_err bk_store_device_list(const struct bk_store *store, int64_t tenant_id,
                                             struct bk_str *ret_json);
/*
 * One device as a JSON object: what the list has, and device_id, serial, claimed_at, bound_at,
 * armed_until, is_legacy, last_source, model_seen, firmware_seen, held_at, fingerprint and
 * model_pinned (as at first use), serial_seen, key_template (its own or its profile's), enrolment
 * (null, or an object without secrets), lines (objects), keys (objects).
 * BK_ERR_NOT_FOUND without a detail.
 */
BK_MUST_USE enum bk_err bk_store_device_show(const struct bk_store *store, int64_t tenant_id,
                                             struct bk_str mac, struct bk_str *ret_json);

#endif
