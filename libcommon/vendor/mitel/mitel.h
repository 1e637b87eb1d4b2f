/*
 * The parts of the Mitel driver, for each other only.
 */
#ifndef VENDOR_MITEL_MITEL_H
#define VENDOR_MITEL_MITEL_H

#include "vendor/vendor.h"

extern const struct bk_vendor bk_vendor_mitel;

/* identify.c */
bool mitel_match_path(struct bk_str path, struct bk_path_match *ret_match);
bool mitel_match_agent(struct bk_str agent, struct bk_agent *ret_agent);
bool mitel_match_sip_agent(struct bk_str agent, struct bk_agent *ret_agent);

/* fill.c */
extern const struct bk_format mitel_format;
const struct bk_format *mitel_form(const struct bk_file *file);
void mitel_fill(struct bk_sheet *sheet, const struct bk_file *file);
/* accounts.c, keys.c: their sections of the device's file */
void mitel_fill_accounts(struct bk_sheet *sheet, const struct bk_file *file);
void mitel_fill_keys(struct bk_sheet *sheet, const struct bk_file *file);

#endif
