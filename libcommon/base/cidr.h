/*
 * Address ranges in CIDR notation (RFC 4632, RFC 4291): "10.0.0.0/8", "2001:db8::/32", "127.0.0.1".
 */
#ifndef BASE_CIDR_H
#define BASE_CIDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

#define BK_CIDR_MAX 16

struct bk_cidr {
    uint8_t bytes[16]; /* IPv4 in its mapped form */
    int prefix_bits;   /* 0..128 */
};

BK_MUST_USE enum bk_err bk_cidr_parse(struct bk_str text, struct bk_cidr *ret_cidr);
/* A comma separated list of at most BK_CIDR_MAX; empty text gives none. */
BK_MUST_USE enum bk_err bk_cidr_parse_list(struct bk_str text,
                                           struct bk_cidr (*ret_cidrs)[BK_CIDR_MAX],
                                           size_t *ret_count, struct bk_detail *ret_detail);
bool bk_cidr_has(const struct bk_cidr *cidrs, size_t count, const struct sockaddr *address);

#endif
