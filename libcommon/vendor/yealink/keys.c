/*
 * Keys: linekey.K, programablekey.K (Yealink's spelling) and expansion_module.X.key.K. Every slot
 * of the model is written, those without a key as type 0 and reset.
 */
#include "vendor/walk.h"
#include "vendor/yealink/yealink.h"

/* NULL: none, or its number is not known, and another number would be another kind of key. */
static const char *type_word(enum bk_key_kind kind)
{
    switch (kind) {
    case BK_KEY_NONE:
    case BK_KEY_PICKUP:
    case BK_KEY_INTERCOM:
    case BK_KEY_URL:
    case BK_KEY_VOICEMAIL:
    case BK_KEY_CONFERENCE:
    case BK_KEY_HOLD:
    case BK_KEY_TRANSFER:
    case BK_KEY_DND:
    case BK_KEY_FORWARD:
    case BK_KEY_PAGING:
    case BK_KEY_PHONEBOOK:
    case BK_KEY_XML:
    case BK_KEY_KIND_COUNT:
        break;
    case BK_KEY_LINE:
        return "15";
    case BK_KEY_BLF:
        return "16";
    case BK_KEY_SPEED_DIAL:
        return "13";
    case BK_KEY_PARK:
        return "10";
    case BK_KEY_DTMF:
        return "11";
    }
    return NULL;
}

/* key NULL: the slot is empty. */
static void put_key(struct bk_sheet *sheet, const struct bk_phone_key *key)
{
    static const struct bk_phone_key empty = {.kind = BK_KEY_NONE};
    const char *type = key != NULL ? type_word(key->kind) : NULL;
    if (key != NULL && key->kind != BK_KEY_NONE && type == NULL)
        bk_put_lost(sheet, bk_str_of(bk_key_kind_name(key->kind)));
    if (type == NULL)
        key = &empty;
    bk_put_word(sheet, BK_STR("type"), type != NULL ? type : "0");
    if (key->line > 0)
        bk_put_int(sheet, BK_STR("line"), key->line);
    else
        bk_put_empty(sheet, BK_STR("line"));
    bk_put(sheet, BK_STR("value"), key->value);
    bk_put(sheet, BK_STR("label"), key->label);
    bk_put(sheet, BK_STR("extension"), key->extension);
}

static void prefix_slot(struct bk_sheet *sheet, enum bk_panel panel, int module, int slot)
{
    switch (panel) {
    case BK_PANEL_LINE:
        bk_prefix(sheet, BK_STR("linekey."));
        break;
    case BK_PANEL_PROGRAMMABLE:
        bk_prefix(sheet, BK_STR("programablekey."));
        break;
    case BK_PANEL_MODULE:
        bk_prefix(sheet, BK_STR("expansion_module."));
        bk_prefix_number(sheet, module, BK_STR(".key."));
        break;
    }
    bk_prefix_number(sheet, slot, BK_STR("."));
}

static void put_panel(struct bk_sheet *sheet, struct bk_key_walk *walk, enum bk_panel panel,
                      int module, int count)
{
    for (bk_key_walk_panel(walk, panel, module, count); bk_key_walk_next(walk);) {
        prefix_slot(sheet, panel, module, walk->slot);
        bk_from_key(sheet, panel, module, walk->slot);
        put_key(sheet, walk->key);
    }
}

void yealink_fill_keys(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    const struct bk_model *model = file->model;
    struct bk_key_walk walk = {.phone = phone};

    put_panel(sheet, &walk, BK_PANEL_LINE, 0, model->key_count);
    put_panel(sheet, &walk, BK_PANEL_PROGRAMMABLE, 0, model->programmable_count);
    int module_max = model->module_count;
    if (phone->key_count > 0 && phone->keys[phone->key_count - 1].module > module_max)
        module_max = phone->keys[phone->key_count - 1].module;
    for (int module = 1; module <= module_max; module++) {
        int count = module <= model->module_count ? model->module_key_count : 0;
        put_panel(sheet, &walk, BK_PANEL_MODULE, module, count);
    }
    bk_prefix(sheet, BK_STR_NONE);
}
