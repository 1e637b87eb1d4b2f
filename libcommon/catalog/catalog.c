/*
 * Reading model tables from a folder.
 */
#include "catalog/catalog.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "vendor/vendor.h"

#define PATH_SIZE 1400

static enum bk_err fail(const char *path, const char *what, enum bk_err err,
                        struct bk_detail *ret_detail)
{
    bk_detail_set(ret_detail, "%s: %s", path, what);
    return err;
}

static enum bk_err read_table(const struct bk_vendor *vendor, const char *path,
                              struct bk_detail *ret_detail)
{
    FILE *in = fopen(path, "rb");
    if (in == NULL)
        return fail(path, strerror(errno), BK_ERR_IO, ret_detail);
    enum bk_err err = BK_ERR_NO_MEMORY;
    char *text = bk_alloc(BK_MODELS_FILE_BYTES_MAX + 1);
    if (text != NULL) {
        size_t len = fread(text, 1, BK_MODELS_FILE_BYTES_MAX + 1, in);
        if (ferror(in))
            err = fail(path, "cannot be read", BK_ERR_IO, ret_detail);
        else if (len > BK_MODELS_FILE_BYTES_MAX)
            err = fail(path, "larger than 1 MiB", BK_ERR_TOO_LARGE, ret_detail);
        else
            err = bk_vendor_add_models(vendor, (struct bk_str){text, len}, path, ret_detail);
    }
    bk_free(text);
    fclose(in);
    return err;
}

/* "snom.tsv" is Snom's table; what does not end so is passed over. */
static enum bk_err read_entry(const char *dir, const char *name, struct bk_detail *ret_detail)
{
    const struct bk_str end = BK_STR(".tsv");
    struct bk_str stem = bk_str_of(name);
    char path[PATH_SIZE];
    if (name[0] == '.' || !bk_str_ends(stem, end))
        return BK_OK;
    stem.len -= end.len;
    const struct bk_vendor *vendor = bk_vendor_find(stem);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    if (vendor == NULL)
        return fail(path, "no maker of ours has this name", BK_ERR_INVALID, ret_detail);
    return read_table(vendor, path, ret_detail);
}

enum bk_err bk_catalog_load(const char *models_dir, struct bk_detail *ret_detail)
{
    enum bk_err err = bk_vendors_init(ret_detail);
    if (err != BK_OK || models_dir == NULL || models_dir[0] == '\0')
        return err;
    DIR *dir = opendir(models_dir);
    if (dir == NULL)
        return fail(models_dir, strerror(errno), BK_ERR_IO, ret_detail);
    const struct dirent *entry;
    while (err == BK_OK && (entry = readdir(dir)) != NULL)
        err = read_entry(models_dir, entry->d_name, ret_detail);
    closedir(dir);
    return err;
}
