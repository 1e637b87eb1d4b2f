/*
 * The parts of the Avaya driver, for each other only.
 */
#ifndef VENDOR_AVAYA_AVAYA_H
#define VENDOR_AVAYA_AVAYA_H

#include "vendor/vendor.h"

extern const struct bk_vendor bk_vendor_avaya;

/* identify.c */
bool avaya_match_path(struct bk_str path, struct bk_path_match *ret_match);
bool avaya_match_agent(struct bk_str agent, struct bk_agent *ret_agent);

/* fill.c */
extern const struct bk_format avaya_format;
const struct bk_format *avaya_form(const struct bk_file *file);
void avaya_fill(struct bk_sheet *sheet, const struct bk_file *file);
/* line.c, keys.c: their sections of the device's file */
void avaya_fill_line(struct bk_sheet *sheet, const struct bk_phone *phone);
void avaya_fill_keys(struct bk_sheet *sheet, const struct bk_phone *phone);

#endif
