/*
 * Hexadecimal and base64 (RFC 4648, standard alphabet with padding), both ways.
 */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

/* Writes 2 * count lower-case digits and a terminator: ret_text holds 2 * count + 1 bytes. */
void bk_hex_print(const uint8_t *bytes, size_t count, char *ret_text);
/* Exactly 2 * count digits of either case, else BK_ERR_INVALID. */
BK_MUST_USE enum bk_err bk_hex_parse(struct bk_str text, uint8_t *ret_bytes, size_t count);
/* -1 when c is no hexadecimal digit. */
int bk_hex_digit(char c);

/* ret_text holds 4 * ((count + 2) / 3) + 1 bytes. */
void bk_base64_print(const uint8_t *bytes, size_t count, char *ret_text);
/* At most bytes_max bytes; BK_ERR_INVALID for another alphabet, bad padding or too long. */
BK_MUST_USE enum bk_err bk_base64_parse(struct bk_str text, uint8_t *ret_bytes, size_t bytes_max,
                                        size_t *ret_count);

#endif
