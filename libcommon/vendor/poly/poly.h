/*
 * The parts of the Poly driver, for each other only.
 */
#ifndef VENDOR_POLY_POLY_H
#define VENDOR_POLY_POLY_H

#include "vendor/vendor.h"

extern const struct bk_vendor bk_vendor_poly;

/* identify.c */
bool poly_match_path(struct bk_str path, struct bk_path_match *ret_match);
bool poly_match_agent(struct bk_str agent, struct bk_agent *ret_agent);
bool poly_match_sip_agent(struct bk_str agent, struct bk_agent *ret_agent);

/* fill.c */
extern const struct bk_format poly_format;
const struct bk_format *poly_form(const struct bk_file *file);
void poly_fill(struct bk_sheet *sheet, const struct bk_file *file);

/* accounts.c, keys.c, settings.c: one section of phone<mac>.cfg each */
void poly_fill_accounts(struct bk_sheet *sheet, const struct bk_file *file);
void poly_fill_keys(struct bk_sheet *sheet, const struct bk_file *file);
void poly_fill_settings(struct bk_sheet *sheet, const struct bk_file *file);
/* settings.c: where the phone fetches from, and as whom */
void poly_fill_address(struct bk_sheet *sheet, const struct bk_phone *phone);

#endif
