/*
 * Hardware addresses: parse what certificates, file names and people write, print one form.
 */
#include "model/mac.h"

#include <string.h>

#include "base/hex.h"

enum bk_err bk_mac_parse_bare(struct bk_str text, struct bk_mac *ret_mac)
{
    return bk_hex_parse(text, ret_mac->bytes, sizeof ret_mac->bytes);
}

enum bk_err bk_mac_parse(struct bk_str text, struct bk_mac *ret_mac)
{
    if (text.len == 12)
        return bk_mac_parse_bare(text, ret_mac);
    if (text.len != 17)
        return BK_ERR_INVALID;

    char separator = text.ptr[2];
    if (separator != ':' && separator != '-' && separator != '.')
        return BK_ERR_INVALID;
    char digits[12];
    for (size_t pair = 0; pair < 6; pair++) {
        if (pair > 0 && text.ptr[3 * pair - 1] != separator)
            return BK_ERR_INVALID;
        memcpy(digits + 2 * pair, text.ptr + 3 * pair, 2);
    }
    return bk_mac_parse_bare((struct bk_str){digits, sizeof digits}, ret_mac);
}

void bk_mac_print(const struct bk_mac *mac, char (*ret_text)[BK_MAC_TEXT_SIZE])
{
    bk_hex_print(mac->bytes, sizeof mac->bytes, *ret_text);
}

bool bk_mac_eq(const struct bk_mac *a, const struct bk_mac *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}
