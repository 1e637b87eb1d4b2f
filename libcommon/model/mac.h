/*
 * A phone's hardware address: six bytes, stored and compared as such.
 */
#ifndef MODEL_MAC_H
#define MODEL_MAC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

struct bk_mac {
    uint8_t bytes[6];
};

#define BK_MAC_TEXT_SIZE 13 /* "805ec0000001" and a terminator */

/* 12 hexadecimal digits of either case, nothing else: the form of certificates and file names. */
BK_MUST_USE enum bk_err bk_mac_parse_bare(struct bk_str text, struct bk_mac *ret_mac);
/* As people and User-Agents write it: bare, or six pairs with one kind of separator (: - .). */
BK_MUST_USE enum bk_err bk_mac_parse(struct bk_str text, struct bk_mac *ret_mac);
void bk_mac_print(const struct bk_mac *mac, char (*ret_text)[BK_MAC_TEXT_SIZE]); /* lower, bare */
bool bk_mac_eq(const struct bk_mac *a, const struct bk_mac *b);

#endif
