/*
 * Borrowed text: a pointer and a length, passed by value. It may hold any byte and has no
 * terminator. Nothing here allocates.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

static inline struct bk_str bk_str_of(const char *text);
static inline bool bk_str_eq(struct bk_str a, struct bk_str b);
bool bk_str_eq_nocase(struct bk_str a, struct bk_str b); /* ASCII letters only */
static inline bool bk_str_starts(struct bk_str text, struct bk_str prefix);
bool bk_str_ends(struct bk_str text, struct bk_str suffix);
static inline struct bk_str bk_str_slice(struct bk_str text, size_t from, size_t to); /* clamped */
struct bk_str bk_str_trim(struct bk_str text); /* blanks and tabs */

/* Position of the first (last) c, or -1. */
static inline ptrdiff_t bk_str_find(struct bk_str text, char c);
ptrdiff_t bk_str_find_last(struct bk_str text, char c);

/* Cut *rest at the first c: returns the part before it, *rest becomes what follows. */
static inline struct bk_str bk_str_cut(struct bk_str *rest, char c);

/* Copy text to where there is room for it. Returns what is behind it. */
static inline char *bk_str_copy(char *to, struct bk_str text);

/* Decimal without blanks or plus; a minus only where min is negative. Else, and outside min..max:
 * BK_ERR_INVALID. */
BK_MUST_USE enum bk_err bk_str_parse_int(struct bk_str text, int64_t min, int64_t max,
                                         int64_t *ret_value);

/* Strict UTF-8 (RFC 3629: no overlong forms, no surrogates). */
bool bk_str_is_utf8(struct bk_str text);
/* True when a C0, DEL or C1 control, U+2028/2029 or a byte order mark is inside. */
bool bk_str_has_control(struct bk_str text);

/* --- what is short enough to stand where it is called ----------------------------------------- */

static inline struct bk_str bk_str_of(const char *text)
{
    return text == NULL ? BK_STR_NONE : (struct bk_str){text, strlen(text)};
}

/*
 * Texts are short, and a call of memcmp or memcpy would cost more than its work: as many bytes as
 * a register holds are taken at once, the last of them once more with some before them.
 */
static inline bool bk_str_eq(struct bk_str a, struct bk_str b)
{
    const size_t len = a.len;
    if (len != b.len)
        return false;
    if (len >= 16) {
        for (size_t i = 0; i + 16 < len; i += 16) {
            if (memcmp(a.ptr + i, b.ptr + i, 16) != 0)
                return false;
        }
        return memcmp(a.ptr + len - 16, b.ptr + len - 16, 16) == 0;
    }
    if (len >= 8)
        return memcmp(a.ptr, b.ptr, 8) == 0 && memcmp(a.ptr + len - 8, b.ptr + len - 8, 8) == 0;
    if (len >= 4)
        return memcmp(a.ptr, b.ptr, 4) == 0 && memcmp(a.ptr + len - 4, b.ptr + len - 4, 4) == 0;
    return len == 0 || (a.ptr[0] == b.ptr[0] && a.ptr[len / 2] == b.ptr[len / 2] &&
                        a.ptr[len - 1] == b.ptr[len - 1]);
}

static inline char *bk_str_copy(char *to, struct bk_str text)
{
    const char *from = text.ptr;
    const size_t len = text.len;
    if (len >= 16) {
        for (size_t i = 0; i + 16 < len; i += 16)
            memcpy(to + i, from + i, 16);
        memcpy(to + len - 16, from + len - 16, 16);
    } else if (len >= 8) {
        memcpy(to, from, 8);
        memcpy(to + len - 8, from + len - 8, 8);
    } else if (len >= 4) {
        memcpy(to, from, 4);
        memcpy(to + len - 4, from + len - 4, 4);
    } else if (len > 0) {
        to[0] = from[0];
        to[len / 2] = from[len / 2];
        to[len - 1] = from[len - 1];
    }
    return to + len;
}

static inline bool bk_str_starts(struct bk_str text, struct bk_str prefix)
{
    return text.len >= prefix.len && bk_str_eq((struct bk_str){text.ptr, prefix.len}, prefix);
}

static inline struct bk_str bk_str_slice(struct bk_str text, size_t from, size_t to)
{
    if (to > text.len)
        to = text.len;
    if (from > to)
        from = to;
    /* NULL + 0 is undefined in C17. */
    return (struct bk_str){text.ptr == NULL ? NULL : text.ptr + from, to - from};
}

static inline ptrdiff_t bk_str_find(struct bk_str text, char c)
{
    const char *at = text.len == 0 ? NULL : memchr(text.ptr, c, text.len);
    return at == NULL ? -1 : at - text.ptr;
}

static inline struct bk_str bk_str_cut(struct bk_str *rest, char c)
{
    const struct bk_str all = *rest;
    const ptrdiff_t at = bk_str_find(all, c);
    if (at < 0) {
        *rest = bk_str_slice(all, all.len, all.len);
        return all;
    }
    *rest = bk_str_slice(all, (size_t)at + 1, all.len);
    return bk_str_slice(all, 0, (size_t)at);
}

#endif
