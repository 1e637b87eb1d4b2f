/*
 * What a model has of lines and keys: more is refused when it is written, with the model's number
 * in the sentence. A model that is in no table has as many as the maker's largest.
 */
#ifndef VENDOR_LIMITS_H
#define VENDOR_LIMITS_H

#include "model/phone.h"
#include "vendor/vendor.h"

/* The highest numbers in use; 0: none. */
struct bk_extent {
    int line, line_key, programmable_key, module, module_key;
};
struct bk_extent bk_extent_of_key(const struct bk_phone_key *key);

/* BK_ERR_INVALID: "T54W has 27 line keys, no line key 28". */
BK_MUST_USE enum bk_err bk_limits_check(const struct bk_vendor *vendor, struct bk_str model,
                                        const struct bk_extent *extent,
                                        struct bk_detail *ret_detail);

#endif
