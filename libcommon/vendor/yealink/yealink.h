/*
 * The parts of the Yealink driver, for each other, and for Flyingvoice's, whose phones speak a part
 * of the same dialect.
 */
#ifndef VENDOR_YEALINK_YEALINK_H
#define VENDOR_YEALINK_YEALINK_H

#include "model/zone.h"
#include "vendor/format/lines.h"
#include "vendor/vendor.h"

extern const struct bk_vendor bk_vendor_yealink;
extern const struct bk_reserved yealink_reserved[];

/* identify.c */
bool yealink_match_path(struct bk_str path, struct bk_path_match *ret_match);
bool yealink_match_agent(struct bk_str agent, struct bk_agent *ret_agent);

/* render.c; the format is Flyingvoice's too */
extern const struct bk_format yealink_format;
const struct bk_format *yealink_form(const struct bk_file *file);
void yealink_fill(struct bk_sheet *sheet, const struct bk_file *file);

/* accounts.c, keys.c, settings.c: one section of <mac>.cfg each */
void yealink_fill_accounts(struct bk_sheet *sheet, const struct bk_file *file);
void yealink_fill_keys(struct bk_sheet *sheet, const struct bk_file *file);
void yealink_fill_settings(struct bk_sheet *sheet, const struct bk_file *file);
/* settings.c: when the phone fetches; a part of its settings */
void yealink_fill_provisioning(struct bk_sheet *sheet, const struct bk_file *file);
/* settings.c: where the phone fetches from, and as whom */
void yealink_fill_address(struct bk_sheet *sheet, const struct bk_file *file);
/* settings.c: the above, and what is the same for every phone */
void yealink_fill_shared(struct bk_sheet *sheet, const struct bk_file *file);

/* locale.c: Yealink's words; NULL when it has none. */
const char *yealink_zone_name(const struct bk_zone *zone);
const char *yealink_language(struct bk_str tag);
const char *yealink_tone_country(struct bk_str country);
#define YEALINK_OFFSET_SIZE 16
/* "+1", "-3:30", "0" */
void yealink_offset_print(int offset_min, char (*ret_text)[YEALINK_OFFSET_SIZE]);

#endif
