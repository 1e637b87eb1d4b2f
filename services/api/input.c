/*
 * Reading what a caller sent: the body, the query. Whatever is wrong is named, with its limit.
 */
#include <string.h>

#include "base/hex.h"
#include "front.h"

enum {
    DEPTH_MAX = 32,
    /* Each costs some hundred bytes beside its two in the text. */
    CONTAINER_MAX = 20000,
    LIMIT_MAX = 200,
    LIMIT_DEFAULT = 50
};

/* --- body --- */

/* Depth and number of objects and arrays, before a library builds them. */
static enum bk_err judge_shape(struct bk_str body, struct bk_detail *detail)
{
    int depth = 0, container_count = 0;
    bool is_text = false;
    for (size_t i = 0; i < body.len; i++) {
        char c = body.ptr[i];
        if (is_text) {
            if (c == '\\')
                i++;
            else if (c == '"')
                is_text = false;
            continue;
        }
        if (c == '"')
            is_text = true;
        else if (c == '{' || c == '[') {
            depth++;
            container_count++;
        } else if (c == '}' || c == ']') {
            depth--;
        }
        if (depth > DEPTH_MAX || container_count > CONTAINER_MAX) {
            bk_detail_set(detail, "body: deeper than %d levels, or more than %d objects and arrays",
                          DEPTH_MAX, CONTAINER_MAX);
            return BK_ERR_MALFORMED;
        }
    }
    return BK_OK;
}

enum bk_err api_input_parse(struct api_call *call)
{
    json_error_t error;
    json_decref(call->input);
    call->input = NULL;
    if (call->body.len == 0) {
        call->input = json_object();
        return BK_OK;
    }
    enum bk_err err = judge_shape(call->body, &call->detail);
    if (err != BK_OK)
        return err;
    call->input = json_loadb(call->body.ptr, call->body.len, JSON_REJECT_DUPLICATES, &error);
    /* The library quotes what it stumbled over, which may be a password on its way to the log. */
    char *quote = strstr(error.text, " near '");
    if (quote != NULL)
        *quote = '\0';
    if (call->input == NULL)
        bk_detail_set(&call->detail, "body: line %d, column %d: %.160s", error.line, error.column,
                      error.text);
    else if (json_is_object(call->input))
        return BK_OK;
    else
        bk_detail_set(&call->detail, "body: must be an object");
    return BK_ERR_MALFORMED;
}

/* --- query --- */

/* application/x-www-form-urlencoded: "+" is a blank, %XX a byte. */
static enum bk_err decode(struct api_call *call, struct bk_str text, struct bk_str *ret_text)
{
    char *out = bk_arena_alloc(call->arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%') {
            uint8_t byte;
            if (bk_hex_parse(bk_str_slice(text, i + 1, i + 3), &byte, 1) != BK_OK || byte == 0)
                return BK_ERR_INVALID;
            c = (char)byte;
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        out[len++] = c;
    }
    *ret_text = (struct bk_str){out, len};
    return bk_str_is_utf8(*ret_text) && !bk_str_has_control(*ret_text) ? BK_OK : BK_ERR_INVALID;
}

/* Name and value of the next pair, as they stand; false at the end. */
static bool next_pair(struct bk_str *rest, struct bk_str *ret_name, struct bk_str *ret_value)
{
    while (rest->len > 0) {
        struct bk_str pair = bk_str_cut(rest, '&');
        if (pair.len == 0)
            continue;
        *ret_value = pair;
        *ret_name = bk_str_cut(ret_value, '=');
        return true;
    }
    return false;
}

enum bk_err api_query(struct api_call *call, const char *name, struct bk_str *ret_value)
{
    struct bk_str rest = call->query, key, value, found = BK_STR_NONE;
    while (next_pair(&rest, &key, &value)) {
        if (!bk_str_eq(key, bk_str_of(name)))
            continue;
        if (found.ptr != NULL) {
            bk_detail_set(&call->detail, "?%s=: stands twice", name);
            return BK_ERR_INVALID;
        }
        if (decode(call, value, &found) != BK_OK) {
            bk_detail_set(&call->detail,
                          "?%s=: is not percent-encoded UTF-8 without control "
                          "characters",
                          name);
            return BK_ERR_INVALID;
        }
    }
    *ret_value = found;
    return BK_OK;
}

enum bk_err api_query_only(struct api_call *call, const char *const *names)
{
    struct bk_str rest = call->query, key, value;
    while (next_pair(&rest, &key, &value)) {
        const char *const *name = names;
        while (*name != NULL && !bk_str_eq(key, bk_str_of(*name)))
            name++;
        if (*name == NULL) {
            bk_detail_set(&call->detail, "?%.*s=: is not known here",
                          key.len > 64 ? 64 : (int)key.len, key.ptr);
            return BK_ERR_INVALID;
        }
    }
    return BK_OK;
}

static enum bk_err query_number(struct api_call *call, const char *name, int64_t min, int64_t max,
                                int64_t fallback, int64_t *ret_number)
{
    struct bk_str text;
    enum bk_err err = api_query(call, name, &text);
    if (err == BK_OK && text.ptr == NULL) {
        *ret_number = fallback;
        return BK_OK;
    }
    if (err == BK_OK && bk_str_parse_int(text, min, max, ret_number) != BK_OK) {
        bk_detail_set(&call->detail, "?%s=: want a number from %lld to %lld", name, (long long)min,
                      (long long)max);
        err = BK_ERR_INVALID;
    }
    return err;
}

enum bk_err api_limit(struct api_call *call, int64_t *ret_limit)
{
    return query_number(call, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT, ret_limit);
}

enum bk_err api_page(struct api_call *call, int64_t *ret_limit, int64_t *ret_cursor)
{
    enum bk_err err = api_limit(call, ret_limit);
    return err == BK_OK ? query_number(call, "cursor", 0, INT64_MAX, 0, ret_cursor) : err;
}
