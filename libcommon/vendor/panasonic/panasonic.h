/*
 * The parts of the Panasonic driver, for each other only.
 */
#ifndef VENDOR_PANASONIC_PANASONIC_H
#define VENDOR_PANASONIC_PANASONIC_H

#include "vendor/vendor.h"

/* identify.c */
bool panasonic_match_path(struct bk_str path, struct bk_path_match *ret_match);
bool panasonic_match_agent(struct bk_str agent, struct bk_agent *ret_agent);

/* fill.c */
extern const struct bk_format panasonic_format;
const struct bk_format *panasonic_form(const struct bk_file *file);
void panasonic_fill(struct bk_sheet *sheet, const struct bk_file *file);

/* accounts.c: a section of the phone's own file */
void panasonic_fill_accounts(struct bk_sheet *sheet, const struct bk_file *file);

#endif
