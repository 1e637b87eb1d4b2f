/*
 * Keys, by alias: pks.vpk.K (virtual multi-purpose keys) and pks.mpk.K (multi-purpose keys). Every
 * slot of the model is written, those without a key as mode None and empty.
 */
#include <stdio.h>

#include "vendor/grandstream/grandstream.h"
#include "vendor/walk.h"

/* NULL: the phone's word for it is not known. */
static const char *mode_word(enum bk_key_kind kind)
{
    switch (kind) {
    case BK_KEY_NONE:
        return "None";
    case BK_KEY_LINE:
        return "Line";
    case BK_KEY_BLF:
        return "BLF";
    case BK_KEY_SPEED_DIAL:
        return "SpeedDial";
    case BK_KEY_PARK:
        return "CallPark";
    case BK_KEY_INTERCOM:
        return "Intercom";
    case BK_KEY_VOICEMAIL:
        return "VoiceMail";
    case BK_KEY_TRANSFER:
        return "Transfer";
    case BK_KEY_DTMF:
    case BK_KEY_PICKUP:
    case BK_KEY_URL:
    case BK_KEY_CONFERENCE:
    case BK_KEY_HOLD:
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

static const char *panel_word(enum bk_panel panel)
{
    return panel == BK_PANEL_LINE ? "vpk" : "mpk";
}

/* Virtual keys count accounts from 0, the others name them. */
static void put_account(struct bk_sheet *sheet, struct bk_str name, enum bk_panel panel, int line)
{
    char account[24];
    if (line <= 0) {
        bk_put_empty(sheet, name);
    } else if (panel == BK_PANEL_LINE) {
        bk_put_int(sheet, name, line - 1);
    } else {
        snprintf(account, sizeof account, "Account%d", line);
        bk_put_word(sheet, name, account);
    }
}

/* NULL: the phone's word for it is not known, or the panel has no such key. */
static const char *mode_on(enum bk_panel panel, enum bk_key_kind kind)
{
    return panel == BK_PANEL_PROGRAMMABLE && kind == BK_KEY_LINE ? NULL : mode_word(kind);
}

static void put_key(struct bk_sheet *sheet, const struct bk_key_walk *walk)
{
    static const struct bk_phone_key empty = {.kind = BK_KEY_NONE};
    const struct bk_phone_key *key = walk->key;
    if (key == NULL || key->kind == BK_KEY_NONE)
        key = &empty;

    char names[4][BK_PARAM_NAME_MAX + 1];
    static const char *const parts[] = {"keyMode", "account", "description", "value"};
    for (size_t i = 0; i < BK_COUNT(parts); i++)
        snprintf(names[i], sizeof names[i], "pks.%s.%d.%s", panel_word(walk->panel), walk->slot,
                 parts[i]);

    bk_from_key(sheet, walk->panel, 0, walk->slot);
    const char *mode = mode_on(walk->panel, key->kind);
    if (mode == NULL) {
        bk_put_lost(sheet, bk_str_of(bk_key_kind_name(key->kind)));
        mode = mode_word(BK_KEY_NONE);
        key = &empty;
    }
    bk_put_lost_parts(sheet, key, BK_KEY_EXTENSION);
    bk_put(sheet, bk_str_of(names[0]), bk_str_of(mode));
    put_account(sheet, bk_str_of(names[1]), walk->panel, key->line);
    bk_put(sheet, bk_str_of(names[2]), key->label);
    bk_put(sheet, bk_str_of(names[3]), key->value);
}

static void put_panel(struct bk_sheet *sheet, struct bk_key_walk *walk, enum bk_panel panel,
                      int count)
{
    for (bk_key_walk_panel(walk, panel, 0, count); bk_key_walk_next(walk);)
        put_key(sheet, walk);
}

/* Of a module no parameters are known; of models without aliases no types of keys. */
void grandstream_fill_keys(struct bk_sheet *sheet, const struct bk_phone *phone,
                           const struct grandstream_model *model)
{
    const unsigned line = 1u << BK_PANEL_LINE, programmable = 1u << BK_PANEL_PROGRAMMABLE;
    struct bk_key_walk walk = {.phone = phone};
    if (model->has_aliases) {
        put_panel(sheet, &walk, BK_PANEL_LINE, model->key_count);
        put_panel(sheet, &walk, BK_PANEL_PROGRAMMABLE, model->programmable_count);
    }
    bk_put_lost_keys(sheet, phone,
                     1u << BK_PANEL_MODULE | (model->has_aliases ? 0 : line | programmable), 1);
}
