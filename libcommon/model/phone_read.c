/*
 * JSON values, checked before use. Every message names the object, the member and the limit.
 */
#include "model/phone_read.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"

#define RAW_NAME_MAX 128
#define RAW_VALUE_MAX 1024
#define LOCK_MAX 1024

enum bk_err bk_read_fail(struct bk_phone_reader *reader, const char *format, ...)
{
    char what[200];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (reader->array != NULL)
        bk_detail_set(reader->detail, "phone document: %s[%zu]: %s", reader->array, reader->index,
                      what);
    else
        bk_detail_set(reader->detail, "phone document: %s", what);
    return BK_ERR_INVALID;
}

/* How much of a foreign name a message shows: for "%.*s". */
static int shown(struct bk_str name)
{
    return name.len > 64 ? 64 : (int)name.len;
}

/* What a missing array is read as. */
static const struct bk_json nothing = {.type = BK_JSON_ARRAY};

enum bk_err bk_read_text(struct bk_phone_reader *reader, const struct bk_json *object,
                         struct bk_str member, size_t len_max, struct bk_str *ret_text)
{
    const struct bk_json *value = bk_json_get(object, member);
    struct bk_str text = BK_STR_NONE;
    if (!bk_json_is_missing(value)) {
        if (value->type != BK_JSON_STRING)
            return bk_read_fail(reader, "%.*s: want a string", BK_STR_ARG(member));
        text = value->text;
        if (text.len > len_max)
            return bk_read_fail(reader, "%.*s: %zu bytes long, at most %zu", BK_STR_ARG(member),
                                text.len, len_max);
    }
    *ret_text = text;
    return BK_OK;
}

enum bk_err bk_read_int(struct bk_phone_reader *reader, const struct bk_json *object,
                        struct bk_str member, int64_t min, int64_t max, int64_t missing,
                        int64_t *ret_value)
{
    const struct bk_json *value = bk_json_get(object, member);
    int64_t number = missing;
    if (!bk_json_is_missing(value)) {
        if (value->type != BK_JSON_INTEGER)
            return bk_read_fail(reader, "%.*s: want a whole number", BK_STR_ARG(member));
        number = value->number;
    }
    if (number < min || number > max)
        return bk_read_fail(reader, "%.*s: want a number from %" PRId64 " to %" PRId64,
                            BK_STR_ARG(member), min, max);
    *ret_value = number;
    return BK_OK;
}

enum bk_err bk_read_word(struct bk_phone_reader *reader, const struct bk_json *object,
                         struct bk_str member, const char *const *words, size_t word_count,
                         size_t *ret_index)
{
    const struct bk_json *value = bk_json_get(object, member);
    struct bk_str word = value == NULL ? BK_STR_NONE : value->text; /* empty unless a string */
    for (size_t i = 0; i < word_count; i++) {
        if (bk_str_eq(word, bk_str_of(words[i]))) {
            *ret_index = i;
            return BK_OK;
        }
    }
    char want[128] = "one of";
    for (size_t i = 0; i < word_count; i++) {
        size_t len = strlen(want);
        snprintf(want + len, sizeof want - len, " %s", words[i]);
    }
    return bk_read_fail(reader, "%.*s: want %s", BK_STR_ARG(member), want);
}

enum bk_err bk_read_array(struct bk_phone_reader *reader, const struct bk_json *object,
                          struct bk_str member, size_t count_max, const struct bk_json **ret_array)
{
    const struct bk_json *value = bk_json_get(object, member);
    if (bk_json_is_missing(value)) {
        *ret_array = &nothing;
        return BK_OK;
    }
    if (value->type != BK_JSON_ARRAY)
        return bk_read_fail(reader, "%.*s: want an array", BK_STR_ARG(member));
    if (value->count > count_max)
        return bk_read_fail(reader, "%.*s: %zu members, at most %zu", BK_STR_ARG(member),
                            value->count, count_max);
    *ret_array = value;
    return BK_OK;
}

enum bk_err bk_read_object(struct bk_phone_reader *reader, const struct bk_json *object,
                           struct bk_str member, const struct bk_json **ret_object)
{
    const struct bk_json *value = bk_json_get(object, member);
    if (bk_json_is_missing(value)) {
        *ret_object = NULL;
        return BK_OK;
    }
    if (value->type != BK_JSON_OBJECT)
        return bk_read_fail(reader, "%.*s: want an object", BK_STR_ARG(member));
    *ret_object = value;
    return BK_OK;
}

/* Of what is sealed, not of the secret: the same secret sealed anew has another mask. */
static struct bk_str mask_of(struct bk_phone_reader *reader, struct bk_str sealed)
{
    uint8_t hash[32];
    bk_sha256(sealed, &hash);
    return bk_arena_printf(reader->arena, "********-%02x%02x%02x", hash[0], hash[1], hash[2]);
}

enum bk_err bk_read_sealed(struct bk_phone_reader *reader, struct bk_str base64,
                           const char *table_field, int64_t row_id, struct bk_str *ret_plain)
{
    uint8_t sealed[BK_SEAL_PLAIN_MAX + BK_SEAL_OVERHEAD_BYTES];
    size_t sealed_len, plain_len;
    if (bk_base64_parse(base64, sealed, sizeof sealed, &sealed_len) != BK_OK) {
        bk_detail_set(reader->detail,
                      "phone document: %s of row %" PRId64 ": want base64 of at "
                      "most %zu bytes",
                      table_field, row_id, sizeof sealed);
        return BK_ERR_INVALID;
    }

    if (reader->data_key == NULL) {
        *ret_plain = mask_of(reader, (struct bk_str){(const char *)sealed, sealed_len});
        return BK_OK;
    }

    char place_space[BK_SEAL_PLACE_SIZE];
    struct bk_str place = bk_seal_place(&place_space, reader->tenant_id, table_field, row_id);
    struct bk_str in = {(const char *)sealed, sealed_len};
    /* In the arena from the start, since the arena wipes. */
    uint8_t *plain = bk_arena_try(reader->arena, sealed_len + 1);
    if (plain == NULL)
        return BK_ERR_NO_MEMORY;
    enum bk_err err = bk_seal_open(reader->data_key, place, in, plain, sealed_len, &plain_len);
    if (err != BK_OK) {
        bk_detail_set(reader->detail,
                      "%s of row %" PRId64 ": the secret does not open (tenant's key, place or "
                      "bytes differ); set it again",
                      table_field, row_id);
        return err;
    }
    *ret_plain = (struct bk_str){(const char *)plain, plain_len};
    return BK_OK;
}

/* ["pcmu","pcma"] -> "pcmu,pcma", as bk_option_parse wants a list. */
static enum bk_err join_list(struct bk_phone_reader *reader, const struct bk_json *array,
                             const char *key, struct bk_str *ret_text)
{
    char joined[BK_NEUTRAL_LIST_BYTES_MAX];
    size_t len = 0;
    for (const struct bk_json *word = array->first; word != NULL; word = word->next) {
        if (word->type != BK_JSON_STRING)
            return bk_read_fail(reader, "%s: want strings in the array", key);
        struct bk_str text = word->text;
        if (bk_str_find(text, ',') >= 0)
            return bk_read_fail(reader, "%s: a word of a list holds a comma", key);
        if (len + text.len + 1 > sizeof joined)
            return bk_read_fail(reader, "%s: the list is too long", key);
        if (word != array->first)
            joined[len++] = ',';
        memcpy(joined + len, text.ptr, text.len);
        len += text.len;
    }
    *ret_text = bk_arena_str(reader->arena, (struct bk_str){joined, len});
    return BK_OK;
}

static enum bk_err read_setting(struct bk_phone_reader *reader, enum bk_neutral id,
                                const struct bk_json *value, enum bk_layer layer, int64_t row_id,
                                struct bk_str *ret_text)
{
    const char *key = bk_neutral_options[id].key;
    bool is_secret = bk_neutral_options[id].type == BK_T_SECRET;
    if (is_secret) {
        const struct bk_json *sealed = bk_json_get(value, BK_STR("sealed"));
        if (sealed == NULL || sealed->type != BK_JSON_STRING)
            return bk_read_fail(reader, "%s: a secret must stand as {\"sealed\":\"<base64>\"}",
                                key);
        char table_field[80];
        snprintf(table_field, sizeof table_field, "%s.settings:%s", bk_layer_name(layer), key);
        return bk_read_sealed(reader, sealed->text, table_field, row_id, ret_text);
    }
    if ((value->type == BK_JSON_STRING)) {
        *ret_text = value->text;
    } else if (value->type == BK_JSON_INTEGER) {
        *ret_text = bk_arena_printf(reader->arena, "%" PRId64, value->number);
    } else if (value->type == BK_JSON_TRUE || value->type == BK_JSON_FALSE) {
        *ret_text = value->type == BK_JSON_TRUE ? BK_STR("1") : BK_STR("0");
    } else if (value->type == BK_JSON_ARRAY) {
        return join_list(reader, value, key, ret_text);
    } else {
        return bk_read_fail(reader, "%s: want a string, a whole number, a boolean or an array",
                            key);
    }
    return BK_OK;
}

static enum bk_err read_settings(struct bk_phone_reader *reader, const struct bk_json *settings,
                                 enum bk_layer layer, int64_t row_id, struct bk_merge *merge)
{
    for (const struct bk_json *value = settings->first; value != NULL; value = value->next) {
        ptrdiff_t found = bk_neutral_find(value->key);
        /* Not skipped: a phone must not lose a setting because one of our processes is older. */
        if (found < 0)
            return bk_read_fail(reader, "settings: no neutral setting \"%.*s\"", shown(value->key),
                                value->key.ptr);
        enum bk_neutral id = (enum bk_neutral)found;
        struct bk_str text = BK_STR_NONE;
        struct bk_option_value parsed;
        enum bk_err err = read_setting(reader, id, value, layer, row_id, &text);
        if (err == BK_OK)
            err = bk_neutral_parse(id, text, &parsed, reader->detail);
        if (err != BK_OK)
            return err;
        bk_merge_set(merge, id, parsed, layer);
    }
    return BK_OK;
}

static enum bk_err read_raws(struct bk_phone_reader *reader, const struct bk_json *raw,
                             enum bk_layer layer, struct bk_merge *merge)
{
    const struct bk_json *own = bk_json_get(raw, reader->vendor);
    if (own == NULL)
        return BK_OK;
    if (own->type != BK_JSON_OBJECT)
        return bk_read_fail(reader, "raw: want an object of objects, one a maker");
    for (const struct bk_json *value = own->first; value != NULL; value = value->next) {
        if (value->type != BK_JSON_STRING)
            return bk_read_fail(reader, "raw: want strings as values");
        struct bk_raw one = {value->key, value->text, layer};
        if (one.name.len == 0 || one.name.len > RAW_NAME_MAX || one.value.len > RAW_VALUE_MAX)
            return bk_read_fail(reader,
                                "raw: \"%.*s\": names have 1 to %d bytes, values at most %d",
                                shown(one.name), one.name.ptr, RAW_NAME_MAX, RAW_VALUE_MAX);
        enum bk_err err = bk_merge_set_raw(merge, one);
        if (err != BK_OK) {
            bk_detail_set(reader->detail, "raw parameters: more than %d in all layers together",
                          BK_RAW_MAX);
            return err == BK_ERR_TOO_LARGE ? BK_ERR_INVALID : err;
        }
    }
    return BK_OK;
}

static enum bk_err read_locks(struct bk_phone_reader *reader, const struct bk_json *locks,
                              struct bk_merge *merge)
{
    const struct bk_str raw_prefix = BK_STR("raw:");
    for (const struct bk_json *lock = locks->first; lock != NULL; lock = lock->next) {
        if (lock->type != BK_JSON_STRING)
            return bk_read_fail(reader, "locks: want strings");
        struct bk_str key = lock->text;
        if (bk_str_starts(key, raw_prefix)) {
            enum bk_err err = bk_merge_lock_raw(merge, bk_str_slice(key, raw_prefix.len, key.len));
            if (err != BK_OK)
                return err == BK_ERR_TOO_LARGE
                           ? bk_read_fail(reader, "too many raw parameters and locks")
                           : err;
            continue;
        }
        ptrdiff_t id = bk_neutral_find(key);
        if (id < 0)
            return bk_read_fail(reader, "locks: no neutral setting \"%.*s\"", shown(key), key.ptr);
        bk_merge_lock(merge, (enum bk_neutral)id);
    }
    return BK_OK;
}

enum bk_err bk_read_layer(struct bk_phone_reader *reader, const struct bk_json *object,
                          enum bk_layer layer, int64_t row_id, struct bk_merge *merge)
{
    const struct bk_json *settings = NULL, *raw = NULL, *locks = NULL;
    enum bk_err err = bk_read_object(reader, object, BK_STR("settings"), &settings);
    if (err == BK_OK)
        err = bk_read_object(reader, object, BK_STR("raw"), &raw);
    if (err == BK_OK)
        err = bk_read_array(reader, object, BK_STR("locks"), LOCK_MAX, &locks);
    if (err == BK_OK && settings != NULL)
        err = read_settings(reader, settings, layer, row_id, merge);
    if (err == BK_OK && raw != NULL)
        err = read_raws(reader, raw, layer, merge);
    /* Nothing lies above a line, so there is nothing its locks could bind. */
    if (err == BK_OK && layer != BK_LAYER_LINE)
        err = read_locks(reader, locks, merge);
    return err;
}
