/*
 * The parts of the Algo driver, for each other only.
 */
#ifndef VENDOR_ALGO_ALGO_H
#define VENDOR_ALGO_ALGO_H

#include "vendor/vendor.h"

/* identify.c */
bool algo_match_path(struct bk_str path, struct bk_path_match *ret_match);
bool algo_match_agent(struct bk_str agent, struct bk_agent *ret_agent);

/* fill.c */
extern const struct bk_format algo_format;
const struct bk_format *algo_form(const struct bk_file *file);
void algo_fill(struct bk_sheet *sheet, const struct bk_file *file);

#endif
