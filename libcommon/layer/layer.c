/*
 * Judging what is written into a settings layer.
 */
#include "layer/layer.h"

#include <string.h>

#include "base/hex.h"
#include "base/option.h"
#include "base/seal.h"
#include "model/setting.h"

#define RAW_NAME_MAX 128
#define RAW_VALUE_MAX 1024

/* How much of what somebody wrote is repeated to him. */
static int shown(struct bk_str text)
{
    return text.len > 64 ? 64 : (int)text.len;
}

static json_t *text_json(struct bk_str text)
{
    return json_stringn(text.ptr == NULL ? "" : text.ptr, text.len);
}

/* ---- neutral settings ---- */

enum bk_err bk_layer_find(enum bk_layer layer, struct bk_str key, enum bk_neutral *ret_id,
                          struct bk_detail *ret_detail)
{
    ptrdiff_t id = bk_neutral_find(key);
    if (id < 0) {
        bk_detail_set(ret_detail, "no setting \"%.*s\"", shown(key), key.ptr);
        return BK_ERR_INVALID;
    }
    if (layer == BK_LAYER_LINE && bk_neutral_options[id].type == BK_T_SECRET) {
        bk_detail_set(ret_detail, "%s is the phone's, not a line's: set it on the device",
                      bk_neutral_options[id].key);
        return BK_ERR_INVALID;
    }
    *ret_id = (enum bk_neutral)id;
    return BK_OK;
}

static json_t *list_json(struct bk_str text)
{
    json_t *list = json_array();
    while (text.len > 0)
        json_array_append_new(list, text_json(bk_str_trim(bk_str_cut(&text, ','))));
    return list;
}

static json_t *value_json(enum bk_option_type type, struct bk_option_value value)
{
    switch (type) {
    case BK_T_BOOL:
        return json_boolean(value.number != 0);
    case BK_T_INT:
        return json_integer(value.number);
    case BK_T_LIST:
        return list_json(value.text);
    case BK_T_TEXT:
    case BK_T_ENUM:
    case BK_T_PATH:
    case BK_T_ADDRESS:
    case BK_T_SECRET: /* sealed by the caller */
        break;
    }
    return text_json(value.text);
}

static enum bk_err sealed_json(struct bk_arena *arena, enum bk_layer layer, const char *key,
                               struct bk_str plain, bk_layer_seal_fn *seal, void *ctx,
                               json_t **ret_json)
{
    struct bk_str sealed;
    struct bk_str field = bk_arena_printf(arena, "%s.settings:%s", bk_layer_name(layer), key);
    enum bk_err err = seal(ctx, field.ptr, plain, &sealed);
    if (err != BK_OK)
        return err;
    char *base64 = bk_arena_alloc(arena, 4 * ((sealed.len + 2) / 3) + 1);
    bk_base64_print((const uint8_t *)sealed.ptr, sealed.len, base64);
    *ret_json = json_pack("{s:s}", "sealed", base64);
    return *ret_json == NULL ? BK_ERR_NO_MEMORY : BK_OK;
}

enum bk_err bk_layer_value(struct bk_arena *arena, enum bk_layer layer, enum bk_neutral id,
                           struct bk_str text, bk_layer_seal_fn *seal, void *ctx, json_t **ret_json,
                           struct bk_detail *ret_detail)
{
    const struct bk_option *option = &bk_neutral_options[id];
    struct bk_option_value value;
    enum bk_err err = bk_neutral_check(id, text, &value, ret_detail);
    if (err != BK_OK)
        return err;
    if (option->type == BK_T_SECRET)
        return sealed_json(arena, layer, option->key, text, seal, ctx, ret_json);
    *ret_json = value_json(option->type, value);
    return *ret_json == NULL ? BK_ERR_NO_MEMORY : BK_OK;
}

static const char *wanted(enum bk_option_type type)
{
    switch (type) {
    case BK_T_BOOL:
        return "true or false";
    case BK_T_INT:
        return "a whole number";
    case BK_T_LIST:
        return "a list of texts";
    case BK_T_TEXT:
    case BK_T_ENUM:
    case BK_T_PATH:
    case BK_T_ADDRESS:
    case BK_T_SECRET:
        break;
    }
    return "a text";
}

/* Words joined by commas, which none may hold itself. */
static bool join(struct bk_arena *arena, const json_t *list, struct bk_str *ret_text)
{
    struct bk_str text = BK_STR("");
    if (json_array_size(list) > 64)
        return false;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *word = json_string_value(one);
        if (word == NULL || word[0] == '\0' || strchr(word, ',') != NULL ||
            json_string_length(one) > 255)
            return false;
        text = bk_arena_printf(arena, "%.*s%s%s", BK_STR_ARG(text), i == 0 ? "" : ",", word);
    }
    *ret_text = text;
    return true;
}

enum bk_err bk_layer_value_text(struct bk_arena *arena, enum bk_neutral id, const json_t *json,
                                struct bk_str *ret_text, struct bk_detail *ret_detail)
{
    const struct bk_option *option = &bk_neutral_options[id];
    bool is_good = false;
    switch (option->type) {
    case BK_T_BOOL:
        is_good = json_is_boolean(json);
        *ret_text = bk_str_of(json_is_true(json) ? "true" : "false");
        break;
    case BK_T_INT:
        is_good = json_is_integer(json);
        *ret_text = bk_arena_printf(arena, "%lld", (long long)json_integer_value(json));
        break;
    case BK_T_LIST:
        is_good = json_is_array(json) && join(arena, json, ret_text);
        break;
    case BK_T_TEXT:
    case BK_T_ENUM:
    case BK_T_PATH:
    case BK_T_ADDRESS:
    case BK_T_SECRET:
        is_good = json_is_string(json);
        *ret_text = (struct bk_str){json_string_value(json), json_string_length(json)};
        break;
    }
    if (is_good)
        return BK_OK;
    bk_detail_set(ret_detail, "%s: want %s", option->key, wanted(option->type));
    return BK_ERR_INVALID;
}

/* ---- raw parameters ---- */

enum bk_err bk_layer_raw(struct bk_str vendor, struct bk_str name, struct bk_str value,
                         const struct bk_vendor **ret_vendor, struct bk_detail *ret_detail)
{
    const struct bk_vendor *found = bk_vendor_find(vendor);
    if (found == NULL) {
        char known[BK_VENDOR_NAMES_SIZE];
        bk_vendor_names_print(&known);
        bk_detail_set(ret_detail, "no maker \"%.*s\"; there are %s", shown(vendor), vendor.ptr,
                      known);
        return BK_ERR_INVALID;
    }
    if (name.len == 0 || name.len > RAW_NAME_MAX || value.len == 0 || value.len > RAW_VALUE_MAX) {
        bk_detail_set(ret_detail, "%.*s: want a name of 1 to %d and a value of 1 to %d bytes",
                      shown(name), name.ptr, RAW_NAME_MAX, RAW_VALUE_MAX);
        return BK_ERR_INVALID;
    }
    if (!bk_str_is_utf8(value) || bk_str_has_control(value) || bk_str_has_control(name)) {
        bk_detail_set(ret_detail, "%.*s: want UTF-8 text without control characters", shown(name),
                      name.ptr);
        return BK_ERR_INVALID;
    }
    enum bk_err err = bk_raw_check(found, name, value, ret_detail);
    if (err == BK_OK)
        *ret_vendor = found;
    return err;
}

/* ---- locks ---- */

size_t bk_layer_lock_find(const json_t *locks, struct bk_str name)
{
    size_t i = 0;
    while (i < json_array_size(locks) &&
           !bk_str_eq(bk_str_of(json_string_value(json_array_get(locks, i))), name))
        i++;
    return i;
}

enum bk_err bk_layer_lock_check(struct bk_str name, struct bk_detail *ret_detail)
{
    const struct bk_str raw = BK_STR("raw:");
    bool is_raw = bk_str_starts(name, raw) && name.len > raw.len &&
                  name.len <= raw.len + RAW_NAME_MAX && !bk_str_has_control(name);
    if (is_raw || bk_neutral_find(name) >= 0)
        return BK_OK;
    bk_detail_set(ret_detail, "\"%.*s\": want a setting's key, or raw: and a parameter's name",
                  shown(name), name.ptr == NULL ? "" : name.ptr);
    return BK_ERR_INVALID;
}

static bool is_below(const char *name, enum bk_layer layer)
{
    for (int i = BK_LAYER_OPERATOR; i < (int)layer; i++) {
        /* A site and a profile meet in a device only: neither is above the other by itself. */
        if (i == BK_LAYER_SITE && layer == BK_LAYER_PROFILE)
            continue;
        if (strcmp(name, bk_layer_name((enum bk_layer)i)) == 0)
            return true;
    }
    return false;
}

const json_t *bk_layer_locked_by(const json_t *rows, enum bk_layer layer, struct bk_str name,
                                 struct bk_detail *ret_detail)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const json_t *locks = json_object_get(row, "locks");
        const char *below = json_string_value(json_object_get(row, "layer"));
        const char *of = json_string_value(json_object_get(row, "name"));
        if (below == NULL || !is_below(below, layer) ||
            bk_layer_lock_find(locks, name) >= json_array_size(locks))
            continue;
        bk_detail_set(ret_detail,
                      "%.*s is locked by the %s layer%s%s for all layers above it; change it there",
                      BK_STR_ARG(name), below, of == NULL || of[0] == '\0' ? "" : " of ",
                      of == NULL ? "" : of);
        return row;
    }
    return NULL;
}
