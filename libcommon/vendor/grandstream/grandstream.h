/*
 * The parts of the Grandstream driver, for each other only.
 */
#ifndef VENDOR_GRANDSTREAM_GRANDSTREAM_H
#define VENDOR_GRANDSTREAM_GRANDSTREAM_H

#include "vendor/format/gs_xml.h"
#include "vendor/vendor.h"

extern const struct bk_vendor bk_vendor_grandstream;

/* identify.c */
bool grandstream_match_path(struct bk_str path, struct bk_path_match *ret_match);
bool grandstream_match_agent(struct bk_str agent, struct bk_agent *ret_agent);
bool grandstream_match_sip_agent(struct bk_str agent, struct bk_agent *ret_agent);

/* render.c */
enum bk_err grandstream_render(const struct bk_phone *phone, const struct bk_model *model,
                               const struct bk_file_request *request, struct bk_buf *out,
                               struct bk_detail *ret_detail);

/* Accounts whose P-values are known; those above have aliases only. */
#define GRANDSTREAM_NUMBERED_MAX 4

/* What a fill function is given: the phone, and what its model's row says. */
struct grandstream_file {
    const struct bk_phone *phone;
    int line_count, key_count, programmable_count;
    bool has_aliases;             /* trait "alias": takes <config version="2"> */
    bool is_adapter;              /* trait "ht": other numbers of the schedule */
    bool raw_is_ours[BK_RAW_MAX]; /* reserved: not written */
};

/*
 * One section of cfg<mac>.xml each. Accounts are put in two goes, since all numbers stand before
 * all aliases: first_index..last_index.
 */
void grandstream_fill_address(struct bk_gs *gs, const struct grandstream_file *file);
void grandstream_fill_settings(struct bk_gs *gs, const struct grandstream_file *file);
void grandstream_fill_accounts(struct bk_gs *gs, const struct grandstream_file *file,
                               int first_index, int last_index);
void grandstream_fill_keys(struct bk_gs *gs, const struct grandstream_file *file);

#endif
