/*
 * Tables of models, as operators add them: a broken one is refused by file, line and rule; rows of
 * a good one are bounded, found again by name, and give each pattern of a file name or none.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vendor/files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool is_true)
{
    if (!is_true)
        abort();
}

static void demand_row(const struct bk_vendor *vendor, const struct bk_model *row)
{
    static const struct bk_mac mac = {{0x00, 0x1b, 0xc5, 0x00, 0x00, 0x01}};
    char name[BK_FILE_NAME_SIZE];
    demand(row->name.len > 0 && bk_model_find(vendor, row->name) != NULL);
    demand(row->line_count >= 0 && row->key_count >= 0 && row->programmable_count >= 0);
    demand(!bk_str_has_control(row->name) && !bk_str_has_control(row->codes));
    demand(row->module_count >= 0 && row->module_key_count >= 0);
    demand(row->line_count <= bk_model_largest(vendor)->line_count);
    for (const char *const *pattern = vendor->files; *pattern != NULL; pattern++) {
        if (bk_file_name_print(*pattern, &mac, row, &name))
            demand(strlen(name) < sizeof name);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bk_vendor *vendor = bk_vendor_find(BK_STR("snom"));
    struct bk_detail detail = {{0}};
    static bool is_ready;
    if (!is_ready)
        demand(bk_vendors_init(NULL) == BK_OK);
    is_ready = true;

    enum bk_err err =
        bk_vendor_add_models(vendor, (struct bk_str){(const char *)data, size}, "m.tsv", &detail);
    demand(err == BK_OK || err == BK_ERR_INVALID);
    if (err == BK_ERR_INVALID)
        demand(strncmp(detail.text, "m.tsv:", 6) == 0);
    const struct bk_model *row;
    for (size_t i = 0; (row = bk_model_at(vendor, i)) != NULL; i++)
        demand_row(vendor, row);
    return 0;
}
