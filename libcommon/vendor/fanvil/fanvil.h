/*
 * The parts of the Fanvil driver, for each other only.
 */
#ifndef VENDOR_FANVIL_FANVIL_H
#define VENDOR_FANVIL_FANVIL_H

#include "vendor/vendor.h"

extern const struct bk_vendor bk_vendor_fanvil;

/* identify.c */
bool fanvil_match_path(struct bk_str path, struct bk_path_match *ret_match);
bool fanvil_match_agent(struct bk_str agent, struct bk_agent *ret_agent);

/* format.c: parameters are named "SIP CONFIG MODULE/SIP1 Phone Number" */
extern const struct bk_format fanvil_format;

/* fill.c */
const struct bk_format *fanvil_form(const struct bk_file *file);
void fanvil_fill(struct bk_sheet *sheet, const struct bk_file *file);

/* accounts.c, keys.c, settings.c: what stands in one module, its name being the prefix. */
void fanvil_fill_accounts(struct bk_sheet *sheet, const struct bk_file *file);
void fanvil_fill_keys(struct bk_sheet *sheet, const struct bk_file *file);
void fanvil_fill_media(struct bk_sheet *sheet, const struct bk_file *file);
void fanvil_fill_calls(struct bk_sheet *sheet, const struct bk_file *file);
void fanvil_fill_phone(struct bk_sheet *sheet, const struct bk_file *file);
void fanvil_fill_web(struct bk_sheet *sheet, const struct bk_file *file);
void fanvil_fill_log(struct bk_sheet *sheet, const struct bk_file *file);
void fanvil_fill_network(struct bk_sheet *sheet, const struct bk_file *file);

#endif
