/*
 * Borrowed text: a pointer and a length, passed by value. It may hold any byte and has no
 * terminator. Nothing here allocates.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

struct bk_str {
    const char *ptr;
    size_t len;
};

/* For literals and arrays of known size; bk_str_of for terminated text (NULL gives empty). */
#define BK_STR(literal) ((struct bk_str){"" literal, sizeof(literal) - 1})
#define BK_STR_NONE ((struct bk_str){NULL, 0})
/* For printf: "%.*s", BK_STR_ARG(text) */
#define BK_STR_ARG(text) (int)(text).len, (text).ptr

struct bk_str bk_str_of(const char *text);
bool bk_str_eq(struct bk_str a, struct bk_str b);
bool bk_str_eq_nocase(struct bk_str a, struct bk_str b); /* ASCII letters only */
bool bk_str_starts(struct bk_str text, struct bk_str prefix);
bool bk_str_ends(struct bk_str text, struct bk_str suffix);
struct bk_str bk_str_slice(struct bk_str text, size_t from, size_t to); /* clamped */
struct bk_str bk_str_trim(struct bk_str text);                          /* blanks and tabs */

/* Position of the first (last) c, or -1. */
ptrdiff_t bk_str_find(struct bk_str text, char c);
ptrdiff_t bk_str_find_last(struct bk_str text, char c);

/* Cut *rest at the first c: returns the part before it, *rest becomes what follows. */
struct bk_str bk_str_cut(struct bk_str *rest, char c);

/* Decimal without blanks or plus; a minus only where min is negative. Else, and outside min..max:
 * BK_ERR_INVALID. */
BK_MUST_USE enum bk_err bk_str_parse_int(struct bk_str text, int64_t min, int64_t max,
                                         int64_t *ret_value);

/* Strict UTF-8 (RFC 3629: no overlong forms, no surrogates). */
bool bk_str_is_utf8(struct bk_str text);
/* True when a C0, DEL or C1 control, U+2028/2029 or a byte order mark is inside. */
bool bk_str_has_control(struct bk_str text);

#endif
