/*
 * Borrowed text: compare, cut, numbers, UTF-8. No locale, no allocation.
 */
#include "base/str.h"

#include <string.h>

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool bk_str_eq_nocase(struct bk_str a, struct bk_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    }
    return true;
}

bool bk_str_ends(struct bk_str text, struct bk_str suffix)
{
    return text.len >= suffix.len &&
           bk_str_eq(bk_str_slice(text, text.len - suffix.len, text.len), suffix);
}

struct bk_str bk_str_trim(struct bk_str text)
{
    size_t from = 0, to = text.len;
    while (from < to && (text.ptr[from] == ' ' || text.ptr[from] == '\t'))
        from++;
    while (to > from && (text.ptr[to - 1] == ' ' || text.ptr[to - 1] == '\t'))
        to--;
    return bk_str_slice(text, from, to);
}

ptrdiff_t bk_str_find_last(struct bk_str text, char c)
{
    const char *at = text.len == 0 ? NULL : memrchr(text.ptr, c, text.len);
    return at == NULL ? -1 : at - text.ptr;
}

enum bk_err bk_str_parse_int(struct bk_str text, int64_t min, int64_t max, int64_t *ret_value)
{
    bool is_negative = min < 0 && text.len > 0 && text.ptr[0] == '-';
    if (is_negative)
        text = bk_str_slice(text, 1, text.len);
    if (text.len == 0)
        return BK_ERR_INVALID;

    /* Counted downwards, since INT64_MIN has no positive twin. */
    int64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return BK_ERR_INVALID;
        int digit = text.ptr[i] - '0';
        if (value < (INT64_MIN + digit) / 10)
            return BK_ERR_INVALID;
        value = value * 10 - digit;
    }
    if (!is_negative) {
        if (value == INT64_MIN)
            return BK_ERR_INVALID;
        value = -value;
    }
    if (value < min || value > max)
        return BK_ERR_INVALID;
    *ret_value = value;
    return BK_OK;
}

/* Bytes of the valid sequence at `at`, or 0 (RFC 3629, section 4). */
static size_t utf8_len(const unsigned char *at, size_t left)
{
    unsigned char lead = at[0];
    if (lead < 0x80)
        return 1;
    size_t len = lead >= 0xc2 && lead <= 0xdf   ? 2
                 : (lead & 0xf0) == 0xe0        ? 3
                 : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                : 0;
    if (len == 0 || len > left)
        return 0;
    unsigned char low = 0x80, high = 0xbf; /* of the second byte */
    if (lead == 0xe0)
        low = 0xa0; /* overlong */
    else if (lead == 0xed)
        high = 0x9f; /* surrogates */
    else if (lead == 0xf0)
        low = 0x90; /* overlong */
    else if (lead == 0xf4)
        high = 0x8f; /* above U+10FFFF */
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    }
    return len;
}

bool bk_str_is_utf8(struct bk_str text)
{
    for (size_t at = 0; at < text.len;) {
        size_t len = utf8_len((const unsigned char *)text.ptr + at, text.len - at);
        if (len == 0)
            return false;
        at += len;
    }
    return true;
}

bool bk_str_has_control(struct bk_str text)
{
    const unsigned char *c = (const unsigned char *)text.ptr;
    for (size_t i = 0; i < text.len; i++) {
        size_t left = text.len - i;
        if (c[i] < 0x20 || c[i] == 0x7f)
            return true;
        if (c[i] == 0xc2 && left > 1 && c[i + 1] >= 0x80 && c[i + 1] <= 0x9f)
            return true;
        if (c[i] == 0xe2 && left > 2 && c[i + 1] == 0x80 && (c[i + 2] == 0xa8 || c[i + 2] == 0xa9))
            return true;
        if (c[i] == 0xef && left > 2 && c[i + 1] == 0xbb && c[i + 2] == 0xbf)
            return true;
    }
    return false;
}
