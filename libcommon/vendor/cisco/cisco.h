/*
 * The parts of the Cisco driver, for each other only.
 */
#ifndef VENDOR_CISCO_CISCO_H
#define VENDOR_CISCO_CISCO_H

#include "vendor/vendor.h"

extern const struct bk_vendor bk_vendor_cisco;

/* model_code of a file that enterprise loads ask for. */
#define CISCO_ENTERPRISE "SEP"

/* identify.c */
bool cisco_match_path(struct bk_str path, struct bk_path_match *ret_match);
bool cisco_match_agent(struct bk_str agent, struct bk_agent *ret_agent);
bool cisco_match_sip_agent(struct bk_str agent, struct bk_agent *ret_agent);

/* render.c */
extern const struct bk_format cisco_format;
const struct bk_format *cisco_form(const struct bk_file *file);
void cisco_fill(struct bk_sheet *sheet, const struct bk_file *file);
/* A text of the driver's own making, in which a '$' stands where it means a macro to. */
void cisco_put_macros(struct bk_sheet *sheet, struct bk_str name, const char *text);
/* A setting that the phone reads as a rule: an address, and nothing that would be more. */
void cisco_put_rule(struct bk_sheet *sheet, struct bk_str name, const struct bk_setting *settings,
                    enum bk_neutral id);

/* Multiplatform (trait "mpp") and older phones differ in a few names; one of an unknown model is
 * given both. */
bool cisco_is_mpp(const struct bk_file *file);
bool cisco_is_spa(const struct bk_file *file);

/* accounts.c, keys.c, settings.c: one section of <mac>.xml each */
void cisco_fill_accounts(struct bk_sheet *sheet, const struct bk_file *file);
void cisco_fill_keys(struct bk_sheet *sheet, const struct bk_file *file);
void cisco_fill_settings(struct bk_sheet *sheet, const struct bk_file *file);

/* "Yes" or "No", as a setting has it; what nobody set is the factory's word. */
void cisco_put_switch(struct bk_sheet *sheet, struct bk_str name, const struct bk_setting *settings,
                      enum bk_neutral id, const char *factory);

#endif
