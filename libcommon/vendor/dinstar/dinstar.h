/*
 * The parts of the Dinstar driver, for each other only.
 */
#ifndef VENDOR_DINSTAR_DINSTAR_H
#define VENDOR_DINSTAR_DINSTAR_H

#include "vendor/vendor.h"

extern const struct bk_vendor bk_vendor_dinstar;

/* identify.c */
bool dinstar_match_path(struct bk_str path, struct bk_path_match *ret_match);
bool dinstar_match_agent(struct bk_str agent, struct bk_agent *ret_agent);

/* format.c: parameters are named by the groups they stand in: "sipserver/server0/domain" */
extern const struct bk_format dinstar_format;
extern const struct bk_format dinstar_index_format; /* has no parameters */

/* fill.c */
const struct bk_format *dinstar_form(const struct bk_file *file);
void dinstar_fill(struct bk_sheet *sheet, const struct bk_file *file);

#endif
