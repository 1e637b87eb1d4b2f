/*
 * Numbers in use against a model's row.
 */
#include "vendor/limits.h"

struct bk_extent bk_extent_of_key(const struct bk_phone_key *key)
{
    struct bk_extent extent = {.line = key->line, .module = key->module};
    switch (key->panel) {
    case BK_PANEL_LINE:
        extent.line_key = key->slot;
        break;
    case BK_PANEL_PROGRAMMABLE:
        extent.programmable_key = key->slot;
        break;
    case BK_PANEL_MODULE:
        extent.module_key = key->slot;
        break;
    }
    return extent;
}

enum bk_err bk_limits_check(const struct bk_vendor *vendor, struct bk_str model,
                            const struct bk_extent *extent, struct bk_detail *ret_detail)
{
    const struct bk_model *row = model.len > 0 ? bk_model_find(vendor, model) : NULL;
    const bool is_known = row != NULL;
    if (!is_known)
        row = bk_model_largest(vendor);
    const struct {
        int used, has;
        const char *what;
    } rows[] = {
        {extent->line, row->line_count, "line"},
        {extent->line_key, row->key_count, "line key"},
        {extent->programmable_key, row->programmable_count, "programmable key"},
        {extent->module, row->module_count, "expansion module"},
        {extent->module_key, row->module_key_count, "module key"},
    };
    struct bk_str title = is_known ? row->name : bk_str_of(vendor->name);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        if (rows[i].used <= rows[i].has)
            continue;
        bk_detail_set(ret_detail, "%s%.*s has %d %s%s, no %s %d", is_known ? "" : "the largest ",
                      BK_STR_ARG(title), rows[i].has, rows[i].what, rows[i].has == 1 ? "" : "s",
                      rows[i].what, rows[i].used);
        return BK_ERR_INVALID;
    }
    return BK_OK;
}
