/*
 * The parts of the Flyingvoice driver, for each other only.
 */
#ifndef VENDOR_FLYINGVOICE_FLYINGVOICE_H
#define VENDOR_FLYINGVOICE_FLYINGVOICE_H

#include "vendor/vendor.h"

/* identify.c */
bool flyingvoice_match_path(struct bk_str path, struct bk_path_match *ret_match);
bool flyingvoice_match_agent(struct bk_str agent, struct bk_agent *ret_agent);

/* settings.c */
void flyingvoice_fill_settings(struct bk_sheet *sheet, const struct bk_setting *settings);

#endif
