/*
 * What device commands share.
 */
#ifndef CLI_DEVICE_H
#define CLI_DEVICE_H

#include "cli.h"
#include "vendor/vendor.h"

/*
 * The maker by name, and the model's own spelling where the maker's table has it; a model that it
 * lacks is kept as written, since phones are newer than programs. BK_ERR_INVALID.
 */
BK_MUST_USE enum bk_err cli_device_vendor(struct bk_str name, struct bk_str model,
                                          const struct bk_vendor **ret_vendor,
                                          struct bk_str *ret_model, struct bk_detail *ret_detail);

/*
 * What the device and its key template take, or all that use the template (the other is 0; both 0:
 * every template of the tenant), against the models: BK_ERR_INVALID says which has too few.
 */
BK_MUST_USE enum bk_err cli_limits_check(struct cli *cli, int64_t tenant_id, int64_t device_id,
                                         int64_t key_template_id);

/* key_template.c: the template of this name; its error says how to make one. */
BK_MUST_USE enum bk_err cli_key_template_find(struct cli *cli, const struct cli_tenant *tenant,
                                              const char *name, int64_t *ret_id);

#endif
