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

#endif
