/*
 * The parts of the Gigaset driver, for each other only.
 */
#ifndef VENDOR_GIGASET_GIGASET_H
#define VENDOR_GIGASET_GIGASET_H

#include "vendor/vendor.h"

extern const struct bk_vendor bk_vendor_gigaset;

/* identify.c */
bool gigaset_match_path(struct bk_str path, struct bk_path_match *ret_match);
bool gigaset_match_agent(struct bk_str agent, struct bk_agent *ret_agent);

/* fill.c */
extern const struct bk_format gigaset_format;
const struct bk_format *gigaset_form(const struct bk_file *file);
void gigaset_fill(struct bk_sheet *sheet, const struct bk_file *file);
/* The first server; of a second one it is told that it is lost. */
void gigaset_put_ntp(struct bk_sheet *sheet, struct bk_str name, const struct bk_setting *settings);

/* accounts.c: bases with many cells (N530 to N870), and the Maxwell desk phones */
struct bk_str gigaset_display_name(const struct bk_line *line);
struct bk_str gigaset_auth_id(const struct bk_line *line);
void gigaset_fill_base_accounts(struct bk_sheet *sheet, const struct bk_file *file);
void gigaset_fill_maxwell_accounts(struct bk_sheet *sheet, const struct bk_file *file);

/* n510.c */
extern const struct bk_format gigaset_frame_format;
void gigaset_fill_frame(struct bk_sheet *sheet, const struct bk_file *file);

/* keys.c */
void gigaset_fill_maxwell_keys(struct bk_sheet *sheet, const struct bk_file *file);

#endif
