/*
 * The parts of the Obihai driver, for each other only.
 */
#ifndef VENDOR_OBIHAI_OBIHAI_H
#define VENDOR_OBIHAI_OBIHAI_H

#include "vendor/vendor.h"

extern const struct bk_vendor bk_vendor_obihai;

/* identify.c */
bool obihai_match_path(struct bk_str path, struct bk_path_match *ret_match);
bool obihai_match_agent(struct bk_str agent, struct bk_agent *ret_agent);
bool obihai_match_sip_agent(struct bk_str agent, struct bk_agent *ret_agent);

/* format.c: an object is begun, then its parameters are put by their short names. number 0: the
 * object has none, and begin is all of its name. */
extern const struct bk_format obihai_format;
void obihai_object(struct bk_sheet *sheet, const char *begin, int number, const char *end);

/* fill.c */
const struct bk_format *obihai_form(const struct bk_file *file);
void obihai_fill(struct bk_sheet *sheet, const struct bk_file *file);

/* accounts.c, keys.c: sections of the file */
void obihai_fill_accounts(struct bk_sheet *sheet, const struct bk_file *file);
void obihai_fill_keys(struct bk_sheet *sheet, const struct bk_file *file);

#endif
