/*
 * Keys: Extension_k_, Short_Name_k_ and Extended_Function_k_ of the phone's line keys, and
 * Unit_u_Key_k of its side-cars. A line key that nobody set shows the line of its own number, as
 * from the factory, since a line without a key cannot be reached.
 */
#include <stdio.h>

#include "vendor/cisco/cisco.h"
#include "vendor/walk.h"

#define FUNCTION_SIZE (BK_PARAM_VALUE_MAX + 1)

/* A function is "word=text;…": these would end the text, or stand for something else. */
static bool is_function_text(struct bk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == ';' || c == '=' || c == '$' || c == '@' || c == ' ')
            return false;
    }
    return text.len > 0;
}

/* A label may hold blanks. */
static bool is_label_text(struct bk_str text)
{
    return text.len > 0 && bk_str_find(text, ';') < 0 && bk_str_find(text, '=') < 0;
}

/* What stands before the number; NULL: no function is known for this kind. */
static const char *function_head(enum bk_key_kind kind)
{
    switch (kind) {
    case BK_KEY_BLF:
    case BK_KEY_PARK: /* a parking place is watched, called and picked up from like an extension */
        return "fnc=sd+blf+cp;sub=";
    case BK_KEY_SPEED_DIAL:
        return "fnc=sd;ext=";
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

/* "fnc=sd+blf+cp;sub=101@$PROXY;nme=Anna". Empty: the key does nothing that is a function. */
static void put_function(struct bk_sheet *sheet, struct bk_str name, const struct bk_phone_key *key)
{
    const char *head = key != NULL ? function_head(key->kind) : NULL;
    if (head == NULL) {
        bk_put_empty(sheet, name);
        return;
    }
    if (!is_function_text(key->value)) {
        bk_sheet_fail_value(
            sheet, name, key->value,
            "the key's value is empty or holds a blank, ';', '=', '$' or '@', for which a "
            "function has no form");
        return;
    }
    if (bk_str_find(key->label, '$') >= 0) {
        bk_sheet_fail(sheet, name, "the key's label holds a '$', which begins a macro");
        return;
    }
    char function[FUNCTION_SIZE], line[24] = "";
    bool has_label = is_label_text(key->label);
    if (key->line > 1)
        snprintf(line, sizeof line, ";vid=%d", key->line);
    int len = snprintf(function, sizeof function, "%s%.*s@$PROXY%s%s%.*s", head,
                       BK_STR_ARG(key->value), line, has_label ? ";nme=" : "",
                       has_label ? (int)key->label.len : 0, key->label.ptr);
    if (len < 0 || (size_t)len >= sizeof function)
        bk_sheet_fail(sheet, name, "is too long");
    else
        cisco_put_macros(sheet, name, function);
}

static void tell_lost(struct bk_sheet *sheet, const struct bk_phone_key *key)
{
    if (key == NULL || key->kind == BK_KEY_NONE)
        return;
    if (key->kind != BK_KEY_LINE && function_head(key->kind) == NULL)
        bk_put_lost(sheet, bk_str_of(bk_key_kind_name(key->kind)));
    if (key->extension.len > 0)
        bk_put_lost(sheet, BK_STR("extension of a key"));
}

/* The line's own label stands where the key has none. Returns the line whose label it has, or
 * NULL. */
static const struct bk_line *put_line_key(struct bk_sheet *sheet, const struct bk_phone *phone,
                                          int slot, const struct bk_phone_key *key)
{
    char extension[40], label[40], function[40];
    size_t at = 0;
    int number = key == NULL ? slot : key->kind == BK_KEY_LINE && key->line > 0 ? key->line : 0;
    const struct bk_line *line = number > 0 ? bk_line_at(phone, number, &at) : NULL;
    struct bk_str text = key != NULL ? key->label : BK_STR_NONE;
    if (text.len == 0 && line != NULL)
        text = line->label;
    snprintf(extension, sizeof extension, "Extension_%d_", slot);
    snprintf(label, sizeof label, "Short_Name_%d_", slot);
    snprintf(function, sizeof function, "Extended_Function_%d_", slot);
    if (line != NULL)
        bk_put_int(sheet, bk_str_of(extension), number);
    else
        bk_put_word(sheet, bk_str_of(extension), "Disabled");
    bk_put(sheet, bk_str_of(label), text);
    put_function(sheet, bk_str_of(function), key);
    tell_lost(sheet, key);
    return key == NULL || key->label.len == 0 ? line : NULL;
}

/* Labels of lines stand on keys alone. */
static void tell_lost_labels(struct bk_sheet *sheet, const struct bk_phone *phone,
                             const bool *is_shown)
{
    for (size_t i = 0; i < phone->line_count; i++) {
        if (phone->lines[i].label.len == 0 || is_shown[phone->lines[i].index])
            continue;
        bk_from_line(sheet, phone->lines[i].index);
        bk_put_lost(sheet, BK_STR("label of a line"));
    }
}

/* A side-car's key is its function alone. */
static void put_module_key(struct bk_sheet *sheet, const struct bk_file *file,
                           const struct bk_key_walk *walk)
{
    char name[40];
    snprintf(name, sizeof name, "Unit_%d_Key_%d%s", walk->module, walk->slot,
             cisco_is_mpp(file) ? "_" : "");
    put_function(sheet, bk_str_of(name), walk->key);
    tell_lost(sheet, walk->key);
    if (walk->key != NULL && walk->key->kind == BK_KEY_LINE)
        bk_put_lost(sheet, BK_STR("line"));
    if (walk->key != NULL && walk->key->label.len > 0 && !is_label_text(walk->key->label))
        bk_put_lost(sheet, BK_STR("label of a key"));
}

void cisco_fill_keys(struct bk_sheet *sheet, const struct bk_file *file)
{
    const struct bk_phone *phone = file->phone;
    const struct bk_model *model = file->model;
    struct bk_key_walk walk = {.phone = phone};
    bool is_shown[BK_LINE_MAX + 1] = {false};
    for (bk_key_walk_panel(&walk, BK_PANEL_LINE, 0, model->key_count); bk_key_walk_next(&walk);) {
        bk_from_key(sheet, BK_PANEL_LINE, 0, walk.slot);
        const struct bk_line *line = put_line_key(sheet, phone, walk.slot, walk.key);
        if (line != NULL)
            is_shown[line->index] = true;
    }
    tell_lost_labels(sheet, phone, is_shown);
    /* No phone of this maker has such keys. */
    for (bk_key_walk_panel(&walk, BK_PANEL_PROGRAMMABLE, 0, 0); bk_key_walk_next(&walk);) {
        bk_from_key(sheet, BK_PANEL_PROGRAMMABLE, 0, walk.slot);
        bk_put_lost(sheet, bk_str_of(bk_key_kind_name(walk.key->kind)));
    }
    int module_max = model->module_count;
    if (phone->key_count > 0 && phone->keys[phone->key_count - 1].module > module_max)
        module_max = phone->keys[phone->key_count - 1].module;
    for (int module = 1; module <= module_max; module++) {
        int count = module <= model->module_count ? model->module_key_count : 0;
        for (bk_key_walk_panel(&walk, BK_PANEL_MODULE, module, count); bk_key_walk_next(&walk);) {
            bk_from_key(sheet, BK_PANEL_MODULE, module, walk.slot);
            put_module_key(sheet, file, &walk);
        }
    }
    bk_from_driver(sheet);
}
