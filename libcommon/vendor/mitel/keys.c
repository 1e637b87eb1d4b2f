/*
 * Keys. The first panel of a model is its prgkeys, topsoftkeys or softkeys (a trait of its row);
 * what the neutral model calls programmable are the softkeys beside it; then the modules.
 */
#include "vendor/mitel/mitel.h"
#include "vendor/walk.h"

/* NULL: none, or its word is not known. */
static const char *type_word(enum bk_key_kind kind)
{
    switch (kind) {
    case BK_KEY_LINE:
        return "line";
    case BK_KEY_BLF:
        return "blf";
    case BK_KEY_SPEED_DIAL:
        return "speeddial";
    case BK_KEY_PARK:
        return "park";
    case BK_KEY_CONFERENCE:
        return "conf";
    case BK_KEY_TRANSFER:
        return "xfer";
    case BK_KEY_XML:
        return "xml";
    case BK_KEY_NONE:
    case BK_KEY_DTMF:
    case BK_KEY_PICKUP:
    case BK_KEY_INTERCOM:
    case BK_KEY_URL:
    case BK_KEY_VOICEMAIL:
    case BK_KEY_HOLD:
    case BK_KEY_DND:
    case BK_KEY_FORWARD:
    case BK_KEY_PAGING:
    case BK_KEY_PHONEBOOK:
    case BK_KEY_KIND_COUNT:
        break;
    }
    return NULL;
}

static void put_key(struct bk_sheet *sheet, const struct bk_phone_key *key)
{
    static const struct bk_phone_key empty = {.kind = BK_KEY_NONE};
    if (key == NULL)
        key = &empty;
    const char *type = type_word(key->kind);
    if (type == NULL && key->kind != BK_KEY_NONE)
        bk_put_lost(sheet, bk_str_of(bk_key_kind_name(key->kind)));
    if (type == NULL)
        key = &empty;
    bk_put_word(sheet, BK_STR("type"), type);
    bk_put(sheet, BK_STR("value"), key->value);
    bk_put(sheet, BK_STR("label"), key->label);
    if (key->line > 0)
        bk_put_int(sheet, BK_STR("line"), key->line);
    else
        bk_put_empty(sheet, BK_STR("line"));
    bk_put_lost_parts(sheet, key, BK_KEY_EXTENSION);
}

static struct bk_str first_panel(const struct bk_file *file)
{
    static const char *const panels[] = {"prgkey", "softkey"};
    for (size_t i = 0; file->is_model_known && i < BK_COUNT(panels); i++) {
        if (bk_model_has_trait(file->model, bk_str_of(panels[i])))
            return bk_str_of(panels[i]);
    }
    return BK_STR("topsoftkey");
}

/* name: "prgkey", "softkey"; empty: of the module. */
static void put_panel(struct bk_sheet *sheet, struct bk_key_walk *walk, struct bk_str name,
                      int count)
{
    enum bk_panel panel = walk->panel;
    int module = walk->module;
    for (bk_key_walk_panel(walk, panel, module, count); bk_key_walk_next(walk);) {
        bk_prefix(sheet, name);
        if (panel == BK_PANEL_MODULE) {
            bk_prefix(sheet, BK_STR("expmod"));
            bk_prefix_number(sheet, module, BK_STR(" key"));
        }
        bk_prefix_number(sheet, walk->slot, BK_STR(" "));
        bk_from_key(sheet, panel, module, walk->slot);
        put_key(sheet, walk->key);
    }
}

/* Where the first panel's keys are called softkeys, no other's can be. */
static void put_programmable(struct bk_sheet *sheet, struct bk_key_walk *walk, bool is_taken,
                             int count)
{
    walk->panel = BK_PANEL_PROGRAMMABLE;
    if (!is_taken) {
        put_panel(sheet, walk, BK_STR("softkey"), count);
        return;
    }
    for (bk_key_walk_panel(walk, BK_PANEL_PROGRAMMABLE, 0, 0); bk_key_walk_next(walk);) {
        bk_from_key(sheet, BK_PANEL_PROGRAMMABLE, 0, walk->slot);
        if (walk->key->kind != BK_KEY_NONE)
            bk_put_lost(sheet, bk_str_of(bk_key_kind_name(walk->key->kind)));
    }
}

void mitel_fill_keys(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    const struct bk_model *model = file->model;
    struct bk_key_walk walk = {.phone = phone, .panel = BK_PANEL_LINE};
    const struct bk_str first = first_panel(file);
    put_panel(sheet, &walk, first, model->key_count);
    put_programmable(sheet, &walk, bk_str_eq(first, BK_STR("softkey")), model->programmable_count);

    int module_max = model->module_count;
    if (phone->key_count > 0 && phone->keys[phone->key_count - 1].module > module_max)
        module_max = phone->keys[phone->key_count - 1].module;
    for (int module = 1; module <= module_max; module++) {
        walk.panel = BK_PANEL_MODULE;
        walk.module = module;
        put_panel(sheet, &walk, BK_STR_NONE,
                  module <= model->module_count ? model->module_key_count : 0);
    }
    bk_prefix(sheet, BK_STR_NONE);
    bk_from_driver(sheet);
}
