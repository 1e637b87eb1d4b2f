/*
 * The makers and models that this process knows: what is built in, and what the operator added as
 * files. Drivers themselves read no file.
 */
#ifndef CATALOG_CATALOG_H
#define CATALOG_CATALOG_H

#include "base/attr.h"
#include "base/err.h"

#define BK_MODELS_FILE_BYTES_MAX (1024 * 1024)

/*
 * bk_vendors_init, and then the tables in models_dir (NULL or empty: none): <vendor>.tsv, one a
 * maker, in the form of the built-in models.tsv; a row there takes the place of a built-in one of
 * its name. Before workers start.
 *
 * BK_ERR_INVALID: "file:line: rule", or a table that is no maker's. BK_ERR_IO, BK_ERR_TOO_LARGE,
 * BK_ERR_NO_MEMORY.
 */
BK_MUST_USE enum bk_err bk_catalog_load(const char *models_dir, struct bk_detail *ret_detail);

#endif
