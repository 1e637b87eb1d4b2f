/*
 * Rules that fill keys with people (migrations/0033_key_rule.sql), of a device or of a key
 * template.
 */
#ifndef STORE_STORE_KEY_RULE_H
#define STORE_STORE_KEY_RULE_H

#include "store/store.h"

/* Whose rules; the other is 0. */
struct bk_store_key_owner {
    int64_t device_id, key_template_id;
};

/* rules: JSON array of {"panel", "module", "slot", "count", "kind", "line", "source", "site_id"},
 * all that there shall be; those that are there as they are stay untouched. */
BK_MUST_USE enum bk_err bk_store_key_rules_put(const struct bk_store *store, int64_t tenant_id,
                                               const struct bk_store_key_owner *owner,
                                               struct bk_str rules);
/* JSON array of the same, and "site": its name, or null. */
BK_MUST_USE enum bk_err bk_store_key_rules_list(const struct bk_store *store, int64_t tenant_id,
                                                const struct bk_store_key_owner *owner,
                                                struct bk_str *ret_json);
/*
 * What one rule, saved or not, gives on a device: {"keys": [{"panel", "module", "slot", "kind",
 * "line", "value", "label", "extension"}], "people": how many there are, "left_out": for want of
 * slots}. is_of_template: of the device's template, whose keys then keep their slots too.
 */
BK_MUST_USE enum bk_err bk_store_key_rule_preview(const struct bk_store *store, int64_t tenant_id,
                                                  int64_t device_id, bool is_of_template,
                                                  struct bk_str rule, struct bk_str *ret_json);

#endif
