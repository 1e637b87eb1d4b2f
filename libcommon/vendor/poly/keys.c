/*
 * Keys: lineKey.K says what stands on a key, and attendant.resourceList.N whom a busy lamp is of.
 * While nobody sets a key the phone lays them out itself.
 */
#include "vendor/poly/poly.h"
#include "vendor/walk.h"

/* The phone's word for what stands on a key; NULL: there is none that the facts name. */
static const char *category_of(const struct bk_phone_key *key)
{
    if (key == NULL || key->kind == BK_KEY_NONE)
        return "Unassigned";
    if (key->kind == BK_KEY_LINE)
        return "Line";
    return key->kind == BK_KEY_BLF ? "BLF" : NULL;
}

static void put_lamp(struct bk_sheet *sheet, int number, const struct bk_phone_key *key)
{
    bk_prefix(sheet, BK_STR("attendant.resourceList."));
    bk_prefix_number(sheet, number, BK_STR("."));
    bk_put(sheet, BK_STR("address"), key != NULL ? key->value : BK_STR_NONE);
    bk_put(sheet, BK_STR("label"), key != NULL ? key->label : BK_STR_NONE);
}

static bool has_keys(const struct bk_phone *phone)
{
    for (size_t i = 0; i < phone->key_count; i++) {
        if (phone->keys[i].kind != BK_KEY_NONE)
            return true;
    }
    return false;
}

/* One key; a lamp takes the next number of the list. */
static void put_key(struct bk_sheet *sheet, int slot, const struct bk_phone_key *key,
                    int *lamp_count)
{
    const char *category = category_of(key);
    bool is_lamp = category != NULL && key != NULL && key->kind == BK_KEY_BLF;
    bk_from_key(sheet, BK_PANEL_LINE, 0, slot);
    if (category == NULL)
        bk_put_lost(sheet, bk_str_of(bk_key_kind_name(key->kind)));
    else if (key != NULL) /* a line's label is that of its account */
        bk_put_lost_parts(sheet, key, is_lamp ? BK_KEY_EXTENSION : BK_KEY_LABEL | BK_KEY_EXTENSION);
    if (is_lamp)
        put_lamp(sheet, ++*lamp_count, key);
    bk_prefix(sheet, BK_STR("lineKey."));
    bk_prefix_number(sheet, slot, BK_STR("."));
    bk_put_word(sheet, BK_STR("category"), category != NULL ? category : "Unassigned");
    if (is_lamp)
        bk_put_int(sheet, BK_STR("index"), *lamp_count);
    else if (key != NULL && key->kind == BK_KEY_LINE)
        bk_put_int(sheet, BK_STR("index"), key->line > 0 ? key->line : 1);
    else
        bk_put_empty(sheet, BK_STR("index"));
}

void poly_fill_keys(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    struct bk_key_walk walk = {.phone = phone};
    int lamp_count = 0, count = file->model->key_count;
    bk_put_word(sheet, BK_STR("lineKey.reassignment.enabled"), has_keys(phone) ? "1" : "0");
    for (bk_key_walk_panel(&walk, BK_PANEL_LINE, 0, count); bk_key_walk_next(&walk);)
        put_key(sheet, walk.slot, walk.key, &lamp_count);
    /* Lamps that were there before: their numbers are emptied. */
    bk_from_driver(sheet);
    while (lamp_count < count)
        put_lamp(sheet, ++lamp_count, NULL);
    bk_prefix(sheet, BK_STR_NONE);
    bk_put_lost_keys(sheet, phone, 1u << BK_PANEL_PROGRAMMABLE | 1u << BK_PANEL_MODULE, 1);
}
