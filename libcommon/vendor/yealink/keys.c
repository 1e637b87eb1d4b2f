/*
 * Keys: linekey.K, programablekey.K (Yealink's spelling) and expansion_module.X.key.K. Every slot
 * of the model is written, those without a key as type 0 and reset.
 */
#include "vendor/walk.h"
#include "vendor/yealink/yealink.h"

/* The phone's numbers; NULL: none. A phone book is that which the settings name, LDAP first. */
static const char *type_word(const struct bk_phone *phone, enum bk_key_kind kind)
{
    static const char *const words[BK_KEY_KIND_COUNT] = {
        [BK_KEY_CONFERENCE] = "1",  [BK_KEY_FORWARD] = "2",   [BK_KEY_TRANSFER] = "3",
        [BK_KEY_HOLD] = "4",        [BK_KEY_DND] = "5",       [BK_KEY_PICKUP] = "9",
        [BK_KEY_PARK] = "10",       [BK_KEY_DTMF] = "11",     [BK_KEY_VOICEMAIL] = "12",
        [BK_KEY_SPEED_DIAL] = "13", [BK_KEY_INTERCOM] = "14", [BK_KEY_LINE] = "15",
        [BK_KEY_BLF] = "16",        [BK_KEY_URL] = "17",      [BK_KEY_PAGING] = "24",
        [BK_KEY_XML] = "27",
    };
    if (kind == BK_KEY_PHONEBOOK)
        return phone->settings[BK_NEUTRAL_LDAP_URL].layer != BK_LAYER_NONE ? "38" : "47";
    return words[kind];
}

/* key NULL: the slot is empty. */
static void put_key(struct bk_sheet *sheet, const struct bk_phone *phone,
                    const struct bk_phone_key *key)
{
    static const struct bk_phone_key empty = {.kind = BK_KEY_NONE};
    const char *type = key != NULL ? type_word(phone, key->kind) : NULL;
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
        put_key(sheet, walk->phone, walk->key);
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
