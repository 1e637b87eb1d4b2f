/*
 * The parts of the Sangoma driver, for each other only.
 */
#ifndef VENDOR_SANGOMA_SANGOMA_H
#define VENDOR_SANGOMA_SANGOMA_H

#include "vendor/vendor.h"

extern const struct bk_vendor bk_vendor_sangoma;

/* digium.c: the P- and D-series. Names of settings; the file and its frame. */
bool digium_is_name(struct bk_str name);
void digium_begin(struct bk_sheet *sheet, const struct bk_file *file);
void digium_end(struct bk_sheet *sheet, const struct bk_file *file);
void digium_put(struct bk_sheet *sheet, struct bk_str name, struct bk_str value);
void digium_fill(struct bk_sheet *sheet, const struct bk_file *file);

#endif
