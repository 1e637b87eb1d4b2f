/*
 * Keys: ProgramKey<k>…, and Aom<m>ProgramKey<k>… of the modules. Every slot of the model is
 * written.
 */
#include "vendor/alcatel/alcatel.h"
#include "vendor/walk.h"

/* Two numbers are known, and another would be another kind of key. */
static const char *type_number(enum bk_key_kind kind)
{
    return kind == BK_KEY_SPEED_DIAL ? "1" : kind == BK_KEY_BLF ? "59" : NULL;
}

static void put_key(struct bk_sheet *sheet, const struct bk_phone_key *key)
{
    static const struct bk_phone_key empty = {.kind = BK_KEY_NONE};
    if (key == NULL)
        key = &empty;
    const char *type = type_number(key->kind);
    if (type == NULL && key->kind != BK_KEY_NONE)
        bk_put_lost(sheet, bk_str_of(bk_key_kind_name(key->kind)));
    if (type == NULL)
        key = &empty;
    bk_put_word(sheet, BK_STR("Type"), type);
    if (key->line > 0)
        bk_put_int(sheet, BK_STR("Account"), key->line);
    else
        bk_put_empty(sheet, BK_STR("Account"));
    bk_put(sheet, BK_STR("Label"), key->label);
    bk_put(sheet, BK_STR("Value"), key->value);
    bk_put(sheet, BK_STR("Extension"), key->extension.len > 0 ? key->extension : key->value);
}

static void put_panel(struct bk_sheet *sheet, struct bk_key_walk *walk, enum bk_panel panel,
                      int module, int count)
{
    for (bk_key_walk_panel(walk, panel, module, count); bk_key_walk_next(walk);) {
        bk_prefix(sheet, BK_STR_NONE);
        if (panel == BK_PANEL_MODULE) {
            bk_prefix(sheet, BK_STR("Aom"));
            bk_prefix_number(sheet, module, BK_STR("ProgramKey"));
        } else {
            bk_prefix(sheet, BK_STR("ProgramKey"));
        }
        bk_prefix_number(sheet, walk->slot, BK_STR_NONE);
        bk_from_key(sheet, panel, module, walk->slot);
        put_key(sheet, walk->key);
    }
}

void alcatel_fill_keys(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    const struct bk_model *model = file->model;
    struct bk_key_walk walk = {.phone = phone};
    put_panel(sheet, &walk, BK_PANEL_LINE, 0, model->key_count);
    while (walk.at < phone->key_count && phone->keys[walk.at].panel == BK_PANEL_PROGRAMMABLE)
        walk.at++;
    bk_put_lost_keys(sheet, phone, 1u << BK_PANEL_PROGRAMMABLE, 1);
    int module_max = model->module_count;
    if (phone->key_count > 0 && phone->keys[phone->key_count - 1].module > module_max)
        module_max = phone->keys[phone->key_count - 1].module;
    for (int module = 1; module <= module_max; module++) {
        int count = module <= model->module_count ? model->module_key_count : 0;
        put_panel(sheet, &walk, BK_PANEL_MODULE, module, count);
    }
    bk_prefix(sheet, BK_STR_NONE);
    bk_from_driver(sheet);
}
