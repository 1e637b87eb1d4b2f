/*
 * DSSKEY CONFIG MODULE: Fkeyk Type, Value and Title, numbered anew on each page. How many keys a
 * page has is the model's trait "page<n>"; without it there is one page.
 */
#include <stdio.h>

#include "vendor/fanvil/fanvil.h"
#include "vendor/walk.h"

#define VALUE_SIZE 512

/* event: the value. suffix: the value is "<number>@<line><suffix>". codec: "<address>/<codec>".
 * None: the key's own value. type NULL: no form is known. */
static const struct {
    const char *type, *event, *suffix, *codec;
} forms[BK_KEY_KIND_COUNT] = {
    [BK_KEY_NONE] = {"0", "", NULL, NULL},
    [BK_KEY_BLF] = {"1", NULL, "/ba", NULL},
    [BK_KEY_SPEED_DIAL] = {"1", NULL, "/f", NULL},
    [BK_KEY_PARK] = {"1", NULL, "/c", NULL},
    [BK_KEY_DTMF] = {"5", NULL, NULL, NULL},
    [BK_KEY_PICKUP] = {"3", "F_PICKUP", NULL, NULL},
    [BK_KEY_URL] = {"7", NULL, NULL, NULL},
    [BK_KEY_VOICEMAIL] = {"3", "F_MWI", NULL, NULL},
    [BK_KEY_HOLD] = {"3", "F_HOLD", NULL, NULL},
    [BK_KEY_TRANSFER] = {"3", "F_B_TRANSFER", NULL, NULL},
    [BK_KEY_DND] = {"3", "F_DND", NULL, NULL},
    [BK_KEY_FORWARD] = {"3", "F_CFWD", NULL, NULL},
    [BK_KEY_PAGING] = {"14", NULL, NULL, "PCMU"},
    [BK_KEY_PHONEBOOK] = {"3", "F_LDAPCONTACTS:1", NULL, NULL},
};

/* '@' ends the number, '/' the line. */
static bool is_number(struct bk_str text)
{
    return text.len > 0 && bk_str_find(text, '@') < 0 && bk_str_find(text, '/') < 0;
}

/* "1002@1/ba": hundreds of them in one file, so not by snprintf. */
static void put_number(struct bk_sheet *sheet, struct bk_str name, const struct bk_phone_key *key,
                       struct bk_str suffix)
{
    char value[VALUE_SIZE], digits[BK_DIGITS_SIZE];
    const struct bk_str parts[] = {key->value, BK_STR("@"),
                                   bk_digits(key->line > 0 ? key->line : 1, &digits), suffix};
    size_t len = 0;
    for (size_t i = 0; i < BK_COUNT(parts); i++) {
        if (parts[i].len > sizeof value - len) {
            bk_sheet_fail(sheet, name, "is too long");
            return;
        }
        bk_str_copy(value + len, parts[i]);
        len += parts[i].len;
    }
    bk_put(sheet, name, (struct bk_str){value, len});
}

static void put_value(struct bk_sheet *sheet, const struct bk_phone_key *key)
{
    const struct bk_str name = BK_STR("Value");
    const char *event = forms[key->kind].event, *suffix = forms[key->kind].suffix;
    if (event != NULL) {
        bk_put_word(sheet, name, event);
        return;
    }
    char value[VALUE_SIZE];
    int len;
    if (forms[key->kind].codec != NULL && key->value.len > 0) {
        len = snprintf(value, sizeof value, "%.*s/%s", BK_STR_ARG(key->value),
                       forms[key->kind].codec);
        if (bk_str_find(key->value, '/') >= 0 || len < 0 || (size_t)len >= sizeof value)
            bk_sheet_fail(sheet, name, "the key's address is too long or holds '/'");
        else
            bk_put(sheet, name, (struct bk_str){value, (size_t)len});
        return;
    }
    if (suffix == NULL) {
        bk_put(sheet, name, key->value);
        return;
    }
    if (!is_number(key->value)) {
        bk_sheet_fail_value(sheet, name, key->value,
                            "the key's number is empty or holds '@' or '/'");
        return;
    }
    put_number(sheet, name, key, bk_str_of(suffix));
}

static void put_key(struct bk_sheet *sheet, const struct bk_phone_key *key)
{
    static const struct bk_phone_key empty = {.kind = BK_KEY_NONE};
    if (key != NULL && key->kind == BK_KEY_LINE) {
        bk_put_word(sheet, BK_STR("Type"), "2");
        char value[16];
        snprintf(value, sizeof value, "SIP%d", key->line > 0 ? key->line : 1);
        bk_put_word(sheet, BK_STR("Value"), value);
        bk_put(sheet, BK_STR("Title"), key->label);
        bk_put_lost_parts(sheet, key, BK_KEY_EXTENSION);
        return;
    }
    if (key != NULL && forms[key->kind].type == NULL)
        bk_put_lost(sheet, bk_str_of(bk_key_kind_name(key->kind)));
    if (key == NULL || key->kind == BK_KEY_NONE || forms[key->kind].type == NULL)
        key = &empty;
    bk_put_word(sheet, BK_STR("Type"), forms[key->kind].type);
    put_value(sheet, key);
    bk_put(sheet, BK_STR("Title"), key->label);
    bk_put_lost_parts(sheet, key,
                      forms[key->kind].event != NULL ? BK_KEY_VALUE | BK_KEY_EXTENSION
                                                     : BK_KEY_EXTENSION);
}

static int page_size_of(const struct bk_model *model)
{
    const struct bk_str word = BK_STR("page");
    for (struct bk_str rest = model->traits; rest.len > 0;) {
        struct bk_str trait = bk_str_trim(bk_str_cut(&rest, ','));
        int64_t size;
        if (bk_str_starts(trait, word) && bk_str_parse_int(bk_str_slice(trait, word.len, trait.len),
                                                           1, BK_PHONE_KEY_MAX, &size) == BK_OK)
            return (int)size;
    }
    return BK_PHONE_KEY_MAX;
}

void fanvil_fill_keys(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    int page_size = page_size_of(file->model);
    struct bk_key_walk walk = {.phone = phone};
    bk_key_walk_panel(&walk, BK_PANEL_LINE, 0, file->model->key_count);
    while (bk_key_walk_next(&walk)) {
        bk_from_key(sheet, BK_PANEL_LINE, 0, walk.slot);
        bk_prefix(sheet, BK_STR("DSSKEY CONFIG MODULE/Dsskey Config"));
        bk_prefix_number(sheet, (walk.slot - 1) / page_size + 1, BK_STR("/Fkey"));
        bk_prefix_number(sheet, (walk.slot - 1) % page_size + 1, BK_STR(" "));
        put_key(sheet, walk.key);
    }
    /* Names of the keys of other panels are not known. */
    for (; walk.at < phone->key_count; walk.at++) {
        const struct bk_phone_key *key = &phone->keys[walk.at];
        bk_from_key(sheet, key->panel, key->module, key->slot);
        bk_put_lost(sheet, bk_str_of(bk_key_kind_name(key->kind)));
    }
}
