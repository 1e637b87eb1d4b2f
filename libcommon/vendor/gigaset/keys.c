/*
 * Function keys of a Maxwell: PhoneUI.Keys.FunctionKeys.0.*, and what each kind holds its value in.
 * Bases have none.
 */
#include "vendor/gigaset/gigaset.h"
#include "vendor/walk.h"

#define TYPE_NONE (-1)

/* Where the value of a key stands; the others are emptied. */
static const char *const fields[] = {"PhoneNumber", "EnableCode", "URL"};
enum field { PHONE_NUMBER, ENABLE_CODE, URL };

struct type {
    int number;
    enum field field;
};

/* TYPE_NONE: no type of this kind is known. */
static struct type type_of(enum bk_key_kind kind)
{
    static const struct {
        enum bk_key_kind kind;
        struct type type;
    } rows[] = {
        {BK_KEY_SPEED_DIAL, {3, PHONE_NUMBER}},
        {BK_KEY_BLF, {4, PHONE_NUMBER}},
        {BK_KEY_FORWARD, {6, PHONE_NUMBER}},
        {BK_KEY_DTMF, {7, ENABLE_CODE}},
        {BK_KEY_URL, {8, URL}},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        if (rows[i].kind == kind)
            return rows[i].type;
    }
    return (struct type){TYPE_NONE, PHONE_NUMBER};
}

static void put_key(struct bk_sheet *sheet, const struct bk_phone_key *key)
{
    static const struct bk_phone_key empty = {.kind = BK_KEY_NONE};
    if (key == NULL)
        key = &empty;
    const struct type type = type_of(key->kind);
    if (type.number == TYPE_NONE) {
        if (key->kind != BK_KEY_NONE)
            bk_put_lost(sheet, bk_str_of(bk_key_kind_name(key->kind)));
        key = &empty;
    }
    bk_put_int(sheet, BK_STR("Type"), type.number);
    bk_put(sheet, BK_STR("DisplayName"), key->label);
    for (size_t i = 0; i < BK_COUNT(fields); i++)
        bk_put(sheet, bk_str_of(fields[i]), i == type.field ? key->value : BK_STR_NONE);
    if (key->line > 1)
        bk_put_lost(sheet, BK_STR("line of a key"));
    if (key->extension.len > 0)
        bk_put_lost(sheet, BK_STR("extension of a key"));
}

void gigaset_fill_maxwell_keys(struct bk_sheet *sheet, const struct bk_file *file)
{
    struct bk_key_walk walk = {.phone = file->phone};
    for (bk_key_walk_panel(&walk, BK_PANEL_LINE, 0, file->model->key_count);
         bk_key_walk_next(&walk);) {
        bk_prefix(sheet, BK_STR("PhoneUI.Keys.FunctionKeys."));
        bk_prefix_number(sheet, walk.slot - 1, BK_STR("."));
        bk_from_key(sheet, BK_PANEL_LINE, 0, walk.slot);
        put_key(sheet, walk.key);
    }
    bk_prefix(sheet, BK_STR_NONE);
    bk_put_lost_keys(sheet, file->phone, 1u << BK_PANEL_PROGRAMMABLE | 1u << BK_PANEL_MODULE, 1);
}
