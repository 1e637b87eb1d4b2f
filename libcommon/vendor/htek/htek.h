/*
 * The parts of the Htek driver. Sangoma's S-series is built by Htek and speaks the same language:
 * its driver uses what stands in hl.c.
 */
#ifndef VENDOR_HTEK_HTEK_H
#define VENDOR_HTEK_HTEK_H

#include "vendor/vendor.h"

extern const struct bk_vendor bk_vendor_htek;

/* hl.c, hl_reserved.c: files of <hl_provision> */
extern const struct bk_format hl_format;
bool hl_is_name(struct bk_str name);
void hl_begin(struct bk_sheet *sheet, const struct bk_file *file);
void hl_end(struct bk_sheet *sheet, const struct bk_file *file);
/* Those of Sangoma's P- and D-series too, which no Htek parameter is named like. */
extern const struct bk_reserved hl_reserved[];
void hl_fill(struct bk_sheet *sheet, const struct bk_file *file);
/* "cfg<mac>.xml" device, "cfg<mac>" binary, "cfg<four digits>.xml" common */
bool hl_match_path(struct bk_str path, struct bk_path_match *ret_match);

#endif
