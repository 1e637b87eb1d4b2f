/*
 * The parts of the Snom driver, for each other only.
 */
#ifndef VENDOR_SNOM_SNOM_H
#define VENDOR_SNOM_SNOM_H

#include "vendor/vendor.h"

extern const struct bk_vendor bk_vendor_snom;

/* identify.c */
bool snom_match_path(struct bk_str path, struct bk_path_match *ret_match);
bool snom_match_agent(struct bk_str agent, struct bk_agent *ret_agent);
bool snom_match_sip_agent(struct bk_str agent, struct bk_agent *ret_agent);

/* format.c: "user_name[1]" is <user_name idx="1">; keys are "fkey[0].context", ".label", then
 * "fkey[0]", in this order */
extern const struct bk_format snom_format;

/* fill.c */
const struct bk_format *snom_form(const struct bk_file *file);
void snom_fill(struct bk_sheet *sheet, const struct bk_file *file);

/* settings.c, accounts.c, keys.c: sections of the phone's own file */
void snom_fill_settings(struct bk_sheet *sheet, const struct bk_file *file);
void snom_fill_accounts(struct bk_sheet *sheet, const struct bk_file *file);
void snom_fill_keys(struct bk_sheet *sheet, const struct bk_file *file);

#endif
