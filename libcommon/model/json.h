/*
 * A reader for the documents that our own database builds: strict RFC 8259 text into nodes of an
 * arena, in one pass. A phone's document is read at every fetch, and a general library spends
 * most of that fetch on one allocation a value; hence this one. What people and other services
 * send is read with jansson, in web.
 */
#ifndef MODEL_JSON_H
#define MODEL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

#define BK_JSON_DEPTH_MAX 16
#define BK_JSON_MEMBER_MAX 2048 /* of one object or array */

enum bk_json_type {
    BK_JSON_NULL,
    BK_JSON_FALSE,
    BK_JSON_TRUE,
    BK_JSON_INTEGER, /* without fraction and exponent, in the range of int64_t */
    BK_JSON_NUMBER,  /* any other */
    BK_JSON_STRING,
    BK_JSON_ARRAY,
    BK_JSON_OBJECT
};

struct bk_json {
    enum bk_json_type type;
    struct bk_str key;  /* inside an object */
    struct bk_str text; /* of a string, unescaped; may hold no NUL */
    int64_t number;     /* BK_JSON_INTEGER */
    size_t count;       /* members */
    struct bk_json *first, *next;
};

/*
 * Parse text, which is copied: nodes borrow from the arena alone. BK_ERR_INVALID with a detail
 * "byte N: what"; refused are, beside bad syntax, a name that stands twice in an object, U+0000,
 * invalid UTF-8 and what exceeds the limits above.
 */
BK_MUST_USE enum bk_err bk_json_parse(struct bk_arena *arena, struct bk_str text,
                                      const struct bk_json **ret_root,
                                      struct bk_detail *ret_detail);

/* Member of an object by name; NULL: there is none, or value is no object (or NULL). */
const struct bk_json *bk_json_get(const struct bk_json *value, struct bk_str key);
/* JSON null counts as missing. */
static inline bool bk_json_is_missing(const struct bk_json *value)
{
    return value == NULL || value->type == BK_JSON_NULL;
}

#endif
