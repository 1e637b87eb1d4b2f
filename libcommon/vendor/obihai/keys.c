/*
 * Keys: LineKey.k, k from 1. Every one of the model is written, those without a key at their
 * default.
 */
#include "vendor/obihai/obihai.h"
#include "vendor/walk.h"

#include <stdio.h>

/* What the phone calls the kind; NULL: the facts name no word for it. */
static const char *function_of(enum bk_key_kind kind)
{
    switch (kind) {
    case BK_KEY_BLF:
        return "Busy Lamp Field";
    case BK_KEY_SPEED_DIAL:
        return "Speed Dial";
    case BK_KEY_PARK:
        return "Call Park Monitor";
    case BK_KEY_NONE:
    case BK_KEY_LINE:
    case BK_KEY_DTMF:
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
    }
    return NULL;
}

static void put_key(struct bk_sheet *sheet, int slot, const struct bk_phone_key *key)
{
    char service[16] = "";
    obihai_object(sheet, "VoiceService.1.Phone.LineKey.", slot, ".");
    bk_from_key(sheet, BK_PANEL_LINE, 0, slot);
    const char *function = key != NULL ? function_of(key->kind) : NULL;
    if (key != NULL && key->kind != BK_KEY_NONE && function == NULL)
        bk_put_lost(sheet, bk_str_of(bk_key_kind_name(key->kind)));
    if (function != NULL) {
        bk_put_lost_parts(sheet, key, BK_KEY_EXTENSION);
        snprintf(service, sizeof service, "SP%d", key->line > 0 ? key->line : 1);
    }
    bk_put_word(sheet, BK_STR("Function"), function);
    bk_put_word(sheet, BK_STR("Service"), service);
    bk_put(sheet, BK_STR("Number"), function != NULL ? key->value : BK_STR_NONE);
    bk_put(sheet, BK_STR("Name"), function != NULL ? key->label : BK_STR_NONE);
}

void obihai_fill_keys(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    struct bk_key_walk walk = {.phone = phone};
    for (bk_key_walk_panel(&walk, BK_PANEL_LINE, 0, file->model->key_count);
         bk_key_walk_next(&walk);)
        put_key(sheet, walk.slot, walk.key);
    for (size_t i = 0; i < phone->key_count; i++) {
        const struct bk_phone_key *key = &phone->keys[i];
        if (key->panel == BK_PANEL_LINE || key->kind == BK_KEY_NONE)
            continue;
        bk_from_key(sheet, key->panel, key->module, key->slot);
        bk_put_lost(sheet, bk_str_of(bk_key_kind_name(key->kind)));
    }
    bk_from_driver(sheet);
}
