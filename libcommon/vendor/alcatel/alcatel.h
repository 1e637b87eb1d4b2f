/*
 * The parts of the Alcatel-Lucent Enterprise driver, for each other only.
 */
#ifndef VENDOR_ALCATEL_ALCATEL_H
#define VENDOR_ALCATEL_ALCATEL_H

#include "vendor/vendor.h"

/* identify.c */
bool alcatel_match_path(struct bk_str path, struct bk_path_match *ret_match);
bool alcatel_match_agent(struct bk_str agent, struct bk_agent *ret_agent);

/* fill.c */
extern const struct bk_format alcatel_format;
const struct bk_format *alcatel_form(const struct bk_file *file);
void alcatel_fill(struct bk_sheet *sheet, const struct bk_file *file);
/* accounts.c, keys.c: their sections of the device's file */
void alcatel_fill_accounts(struct bk_sheet *sheet, const struct bk_file *file);
void alcatel_fill_keys(struct bk_sheet *sheet, const struct bk_file *file);

#endif
