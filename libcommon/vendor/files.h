/*
 * The files that one phone asks for, by name, and what stands in all of them.
 */
#ifndef VENDOR_FILES_H
#define VENDOR_FILES_H

#include "model/explain.h"
#include "vendor/vendor.h"

#define BK_FILE_NAME_SIZE 128

/*
 * A pattern of vendor->files as this phone asks for it. In it stand
 *     $mac    its MAC, 12 small hex digits      $MAC   the same in capitals
 *     $code   the first of its model's codes, filled up with zeros to twelve digits
 *     $model  the first of its model's codes as it stands
 * model NULL, or one without codes: $code is twelve zeros, and a pattern with $model has no name:
 * false.
 */
BK_MUST_USE bool bk_file_name_print(const char *pattern, const struct bk_mac *mac,
                                    const struct bk_model *model,
                                    char (*ret_name)[BK_FILE_NAME_SIZE]);

/* A file of this phone by its name: what it is to be written as. False: it gets no such file. */
BK_MUST_USE bool bk_file_find(const struct bk_vendor *vendor, const struct bk_mac *mac,
                              struct bk_str name, struct bk_file_request *ret_request);

/*
 * All parameters of all files of a phone, added to the explanation; and as lost what a line has of
 * its own and the maker has for the whole phone only. model as in bk_vendor_render.
 * Errors of bk_vendor_list; a file that is not served is passed over.
 */
BK_MUST_USE enum bk_err bk_vendor_explain(const struct bk_vendor *vendor,
                                          const struct bk_phone *phone,
                                          const struct bk_model *model,
                                          struct bk_explanation *explanation,
                                          struct bk_detail *ret_detail);

#endif
