/*
 * Why a phone would get no file: everything in its files that cannot be written, with where it
 * comes from. For whoever stores values (libcommon/guard); a fetch ends at the first.
 */
#ifndef VENDOR_FAULTS_H
#define VENDOR_FAULTS_H

#include "base/arena.h"
#include "vendor/vendor.h"

#define BK_FAULT_MAX 256 /* of one phone; what there is beyond is not told */

struct bk_faults {
    struct bk_arena *arena; /* holds the texts; wiped when freed, since passwords may be in them */
    struct bk_fault *rows;
    size_t count;
};

/*
 * All files of the phone are written as they would be served, and thrown away. model as in
 * bk_vendor_render. A file that is too large, or does not read back, is a fault of no parameter:
 * its name is the file's. BK_ERR_NO_MEMORY and what else is no fault of the values.
 */
BK_MUST_USE enum bk_err bk_vendor_faults(const struct bk_vendor *vendor,
                                         const struct bk_phone *phone, const struct bk_model *model,
                                         struct bk_arena *arena, struct bk_faults *ret_faults,
                                         struct bk_detail *ret_detail);

/* What stands in two files is told once. */
void bk_faults_add(struct bk_faults *faults, const struct bk_fault *fault);
/* The same parameter with the same value. */
bool bk_faults_has(const struct bk_faults *faults, const struct bk_fault *fault);

#endif
