/*
 * The parts of the Yealink driver, for each other only.
 */
#ifndef VENDOR_YEALINK_YEALINK_H
#define VENDOR_YEALINK_YEALINK_H

#include "vendor/format/keyvalue.h"
#include "vendor/vendor.h"

extern const struct bk_vendor bk_vendor_yealink;
extern const struct bk_kv_format yealink_format;

/* identify.c */
bool yealink_match_path(struct bk_str path, struct bk_path_match *ret_match);
bool yealink_match_agent(struct bk_str agent, struct bk_agent *ret_agent);

/* render.c */
enum bk_err yealink_render(const struct bk_phone *phone, const struct bk_model *model,
                           const struct bk_file_request *request, struct bk_buf *out,
                           struct bk_detail *ret_detail);

/* What a fill function is given: the phone and the counts of its model. */
struct yealink_file {
    const struct bk_phone *phone;
    const struct bk_model *model; /* never NULL */
    char common_code[13];         /* of the common file that a boot file names */
    bool raw_is_ours[BK_RAW_MAX]; /* reserved: not written */
};

/* accounts.c, keys.c, settings.c: one section of <mac>.cfg each */
void yealink_fill_accounts(struct bk_kv *kv, const struct yealink_file *file);
void yealink_fill_keys(struct bk_kv *kv, const struct yealink_file *file);
void yealink_fill_settings(struct bk_kv *kv, const struct yealink_file *file);
/* settings.c: where the phone fetches from, and as whom */
void yealink_fill_address(struct bk_kv *kv, const struct yealink_file *file);
/* settings.c: the above, and what is the same for every phone */
void yealink_fill_shared(struct bk_kv *kv, const struct yealink_file *file);

/* locale.c: Yealink's words; NULL when it has none. */
const char *yealink_zone_name(struct bk_str zone);
const char *yealink_language(struct bk_str tag);
const char *yealink_tone_country(struct bk_str country);
#define YEALINK_OFFSET_SIZE 16
/* "+1", "-3:30", "0" */
void yealink_offset_print(int offset_min, char (*ret_text)[YEALINK_OFFSET_SIZE]);

#endif
