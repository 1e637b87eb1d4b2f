/*
 * Hexadecimal and base64. Text is checked whole before a byte is written.
 */
#include "base/hex.h"

int bk_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

void bk_hex_print(const uint8_t *bytes, size_t count, char *ret_text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < count; i++) {
        ret_text[2 * i] = digits[bytes[i] >> 4];
        ret_text[2 * i + 1] = digits[bytes[i] & 15];
    }
    ret_text[2 * count] = '\0';
}

enum bk_err bk_hex_parse(struct bk_str text, uint8_t *ret_bytes, size_t count)
{
    if (count > SIZE_MAX / 2 || text.len != 2 * count)
        return BK_ERR_INVALID;
    for (size_t i = 0; i < text.len; i++) {
        if (bk_hex_digit(text.ptr[i]) < 0)
            return BK_ERR_INVALID;
    }
    for (size_t i = 0; i < count; i++) {
        int high = bk_hex_digit(text.ptr[2 * i]), low = bk_hex_digit(text.ptr[2 * i + 1]);
        ret_bytes[i] = (uint8_t)(high * 16 + low);
    }
    return BK_OK;
}

void bk_base64_print(const uint8_t *bytes, size_t count, char *ret_text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *at = ret_text;
    for (size_t i = 0; i < count; i += 3) {
        size_t left = count - i;
        uint32_t bits = (uint32_t)bytes[i] << 16;
        if (left > 1)
            bits |= (uint32_t)bytes[i + 1] << 8;
        if (left > 2)
            bits |= bytes[i + 2];
        *at++ = digits[bits >> 18];
        *at++ = digits[bits >> 12 & 63];
        *at++ = left > 1 ? digits[bits >> 6 & 63] : '=';
        *at++ = left > 2 ? digits[bits & 63] : '=';
    }
    *at = '\0';
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

enum bk_err bk_base64_parse(struct bk_str text, uint8_t *ret_bytes, size_t bytes_max,
                            size_t *ret_count)
{
    if (text.len % 4 != 0)
        return BK_ERR_INVALID;
    size_t pad = 0;
    while (pad < 2 && pad < text.len && text.ptr[text.len - 1 - pad] == '=')
        pad++;
    size_t count = text.len / 4 * 3 - pad;
    if (count > bytes_max)
        return BK_ERR_INVALID;
    for (size_t i = 0; i + pad < text.len; i++) {
        if (base64_digit(text.ptr[i]) < 0)
            return BK_ERR_INVALID;
    }
    /* Bits that no byte uses must be zero (RFC 4648, 3.5), or two texts would mean the same. */
    if (pad > 0) {
        int last = base64_digit(text.ptr[text.len - 1 - pad]);
        if ((last & (pad == 1 ? 3 : 15)) != 0)
            return BK_ERR_INVALID;
    }
    size_t at = 0;
    for (size_t i = 0; i < text.len; i += 4) {
        uint32_t bits = 0;
        for (size_t k = 0; k < 4; k++) {
            int digit = base64_digit(text.ptr[i + k]);
            bits = bits << 6 | (uint32_t)(digit < 0 ? 0 : digit);
        }
        for (unsigned shift = 16; at < count; shift -= 8) {
            ret_bytes[at++] = (uint8_t)(bits >> shift & 255);
            if (shift == 0)
                break;
        }
    }
    *ret_count = count;
    return BK_OK;
}
