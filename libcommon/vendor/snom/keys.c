/*
 * Keys: fkey[k], k from 0; "blf 1002|*8", "speed 030123", … Every one of the model is written,
 * those without a key as "none".
 */
#include <stdio.h>

#include "vendor/snom/snom.h"
#include "vendor/walk.h"

#define VALUE_SIZE 400

/* What the phone calls the kind; NULL: the facts name no word for it. An event takes no value, and
 * the mailbox is called as any other number is. */
static const char *word_of(enum bk_key_kind kind)
{
    static const char *const words[BK_KEY_KIND_COUNT] = {
        [BK_KEY_NONE] = "none",
        [BK_KEY_LINE] = "line",
        [BK_KEY_BLF] = "blf",
        [BK_KEY_SPEED_DIAL] = "speed",
        [BK_KEY_VOICEMAIL] = "speed",
        [BK_KEY_PARK] = "orbit",
        [BK_KEY_URL] = "url",
        [BK_KEY_HOLD] = "keyevent F_HOLD",
        [BK_KEY_TRANSFER] = "keyevent F_TRANSFER",
        [BK_KEY_CONFERENCE] = "keyevent F_CONFERENCE",
        [BK_KEY_DND] = "keyevent F_DND",
        [BK_KEY_FORWARD] = "keyevent F_REDIRECT",
        [BK_KEY_PHONEBOOK] = "keyevent F_DIRECTORY_SEARCH",
    };
    return words[kind];
}

static bool has_value(enum bk_key_kind kind)
{
    return kind == BK_KEY_BLF || kind == BK_KEY_SPEED_DIAL || kind == BK_KEY_PARK ||
           kind == BK_KEY_URL || kind == BK_KEY_VOICEMAIL;
}

/* A key for the mailbox that has no number takes its line's. */
static struct bk_str mailbox_of(const struct bk_phone *phone, const struct bk_phone_key *key)
{
    const struct bk_setting *settings = phone->settings;
    for (size_t i = 0; i < phone->line_count; i++) {
        if (phone->lines[i].index == (key->line > 0 ? key->line : 1))
            settings = phone->lines[i].settings;
    }
    return key->value.len > 0 ? key->value : settings[BK_NEUTRAL_VOICEMAIL_NUMBER].value.text;
}

/* What ends the number of a lamp; NULL: it can be written. */
static const char *fault_of(const struct bk_phone_key *key, struct bk_str pickup_code)
{
    if (key->kind == BK_KEY_BLF && bk_str_find(key->value, '|') >= 0)
        return "the key's number holds '|', which ends it; for the code behind it, set "
               "call.pickup_code";
    if (key->kind == BK_KEY_BLF && bk_str_find(pickup_code, '|') >= 0)
        return "call.pickup_code holds '|', which ends it";
    return key->value.len + pickup_code.len > VALUE_SIZE - 16 ? "is too long" : NULL;
}

/* A lamp names the code that picks its call up, when the phone is to. */
static void print_value(const struct bk_phone_key *key, struct bk_str pickup_code,
                        char (*ret_text)[VALUE_SIZE])
{
    const char *word = word_of(key->kind);
    bool is_with_value = has_value(key->kind) && key->value.len > 0;
    if (key->kind == BK_KEY_BLF && is_with_value && pickup_code.len > 0)
        snprintf(*ret_text, sizeof *ret_text, "blf %.*s|%.*s", BK_STR_ARG(key->value),
                 BK_STR_ARG(pickup_code));
    else if (is_with_value)
        snprintf(*ret_text, sizeof *ret_text, "%s %.*s", word, BK_STR_ARG(key->value));
    else
        snprintf(*ret_text, sizeof *ret_text, "%s", word);
}

static void put_key(struct bk_sheet *sheet, const struct bk_phone *phone, int number,
                    const struct bk_key_walk *walk)
{
    static const struct bk_phone_key none = {.kind = BK_KEY_NONE};
    struct bk_str pickup_code = phone->settings[BK_NEUTRAL_PICKUP_CODE].value.text;
    const struct bk_phone_key *key = walk->key;
    struct bk_phone_key mailbox;
    char name[32], value[VALUE_SIZE];
    bk_from_key(sheet, walk->panel, walk->module, walk->slot);
    if (key != NULL && key->kind == BK_KEY_VOICEMAIL) {
        mailbox = *key;
        mailbox.value = mailbox_of(phone, key);
        key = &mailbox;
    }
    bool is_lost = key != NULL && (word_of(key->kind) == NULL ||
                                   (key->kind == BK_KEY_VOICEMAIL && key->value.len == 0));
    if (is_lost) {
        bk_put_lost(sheet, bk_str_of(bk_key_kind_name(key->kind)));
        key = NULL;
    }
    if (key == NULL)
        key = &none;
    snprintf(name, sizeof name, "fkey[%d]", number);
    const char *fault = fault_of(key, pickup_code);
    if (fault != NULL) {
        bk_sheet_fail(sheet, bk_str_of(name), fault);
        return;
    }
    bk_put_lost_parts(sheet, key,
                      has_value(key->kind) ? BK_KEY_EXTENSION : BK_KEY_VALUE | BK_KEY_EXTENSION);
    print_value(key, pickup_code, &value);
    snprintf(name, sizeof name, "fkey[%d].context", number);
    bk_put_int(sheet, bk_str_of(name), key->line > 0 ? key->line : 1);
    snprintf(name, sizeof name, "fkey[%d].label", number);
    bk_put(sheet, bk_str_of(name), key->label);
    snprintf(name, sizeof name, "fkey[%d]", number);
    bk_put(sheet, bk_str_of(name), bk_str_of(value));
}

/* A module's keys are numbered on from the phone's own. */
void snom_fill_keys(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    const struct bk_model *model = file->model;
    struct bk_key_walk walk = {.phone = phone};
    for (bk_key_walk_panel(&walk, BK_PANEL_LINE, 0, model->key_count); bk_key_walk_next(&walk);)
        put_key(sheet, phone, walk.slot - 1, &walk);
    bk_put_lost_keys(sheet, phone, 1u << BK_PANEL_PROGRAMMABLE, 1);
    if (!file->is_model_known || model->module_count == 0) {
        bk_put_lost_keys(sheet, phone, 1u << BK_PANEL_MODULE, 1);
        return;
    }
    while (walk.at < phone->key_count && phone->keys[walk.at].panel != BK_PANEL_MODULE)
        walk.at++;
    for (int module = 1; module <= model->module_count; module++) {
        const int first = model->key_count + (module - 1) * model->module_key_count;
        bk_key_walk_panel(&walk, BK_PANEL_MODULE, module, model->module_key_count);
        while (bk_key_walk_next(&walk))
            put_key(sheet, phone, first + walk.slot - 1, &walk);
    }
    bk_from_driver(sheet);
}
