/*
 * The parts of the Grandstream driver, for each other only.
 */
#ifndef VENDOR_GRANDSTREAM_GRANDSTREAM_H
#define VENDOR_GRANDSTREAM_GRANDSTREAM_H

#include "vendor/vendor.h"

extern const struct bk_vendor bk_vendor_grandstream;

/* identify.c */
bool grandstream_match_path(struct bk_str path, struct bk_path_match *ret_match);
bool grandstream_match_agent(struct bk_str agent, struct bk_agent *ret_agent);
bool grandstream_match_sip_agent(struct bk_str agent, struct bk_agent *ret_agent);

/* format.c: P-values and aliases, each in a <config> of its own */
extern const struct bk_format grandstream_format;
bool grandstream_is_number(struct bk_str name);
bool grandstream_is_alias(struct bk_str name);

/* render.c */
const struct bk_format *grandstream_form(const struct bk_file *file);
void grandstream_fill(struct bk_sheet *sheet, const struct bk_file *file);

/* Accounts whose P-values are known; those above have aliases only. */
#define GRANDSTREAM_NUMBERED_MAX 4

/* What a model's row says. */
struct grandstream_model {
    int line_count, key_count, programmable_count;
    bool has_aliases; /* trait "alias": takes <config version="2"> */
    bool is_adapter;  /* trait "ht": other numbers of the schedule */
};

/*
 * One section of cfg<mac>.xml each. Accounts are put in two goes, since all numbers stand before
 * all aliases: first_index..last_index.
 */
void grandstream_fill_address(struct bk_sheet *sheet, const struct bk_phone *phone);
void grandstream_fill_settings(struct bk_sheet *sheet, const struct bk_phone *phone,
                               bool is_adapter);
void grandstream_fill_accounts(struct bk_sheet *sheet, const struct bk_phone *phone,
                               const struct grandstream_model *model, int first_index,
                               int last_index);
void grandstream_fill_aliases(struct bk_sheet *sheet, const struct bk_phone *phone,
                              const struct grandstream_model *model);
void grandstream_fill_keys(struct bk_sheet *sheet, const struct bk_phone *phone,
                           const struct grandstream_model *model);

#endif
