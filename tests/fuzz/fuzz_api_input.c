/*
 * Fuzz target: bodies and queries of the API. The first byte chooses which. A good body is an
 * object within its depth; a value of a query is UTF-8 without control characters, and no longer
 * than what was sent.
 */
#include <stdlib.h>
#include <string.h>

#include "front.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static int deeper(int depth, int other)
{
    return depth > other ? depth : other;
}

static int depth_of(const json_t *json)
{
    int deepest = 0;
    size_t at;
    const char *name;
    json_t *value;
    json_array_foreach(json, at, value) deepest = deeper(depth_of(value), deepest);
    json_object_foreach((json_t *)(uintptr_t)json, name, value) deepest =
        deeper(depth_of(value), deepest);
    return json_is_array(json) || json_is_object(json) ? deepest + 1 : 0;
}

static void judge_body(struct bk_str body)
{
    struct api_call call = {.body = body};
    enum bk_err err = api_input_parse(&call);
    require(err == BK_OK || (err == BK_ERR_MALFORMED && call.detail.text[0] != '\0'));
    require(err != BK_OK || (json_is_object(call.input) && depth_of(call.input) <= 32));
    json_decref(call.input);
}

static void judge_query(struct bk_str query)
{
    static const char *const names[] = {"a", "limit", "cursor", NULL};
    struct api_call call = {.arena = bk_arena_new(), .query = query};
    struct bk_str value = BK_STR_NONE;
    int64_t limit = 0, cursor = 0;
    enum bk_err err = api_query(&call, "a", &value);
    require(err == BK_OK || err == BK_ERR_INVALID);
    require(err != BK_OK ||
            (value.len <= query.len && bk_str_is_utf8(value) && !bk_str_has_control(value)));
    if (api_page(&call, &limit, &cursor) == BK_OK)
        require(limit >= 1 && limit <= 200 && cursor >= 0);
    err = api_query_only(&call, names);
    require(err == BK_OK || err == BK_ERR_INVALID);
    bk_arena_free(call.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 8192)
        return 0;
    /* On an exact copy, so that a sanitizer sees a read past the end. */
    char *copy = malloc(size > 1 ? size - 1 : 1);
    require(copy != NULL);
    memcpy(copy, data + 1, size - 1);
    if (data[0] % 2 == 0)
        judge_body((struct bk_str){copy, size - 1});
    else
        judge_query((struct bk_str){copy, size - 1});
    free(copy);
    return 0;
}
