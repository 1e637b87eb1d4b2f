/*
 * CIDR ranges: IPv4 is kept in its mapped IPv6 form, so that one comparison serves both and a
 * mapped peer address on a dual-stack socket matches its IPv4 range.
 */
#include "base/cidr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

enum bk_err bk_cidr_parse(struct bk_str text, struct bk_cidr *ret_cidr)
{
    struct bk_cidr cidr = {.prefix_bits = 128};
    struct bk_str rest = text;
    struct bk_str host = bk_str_cut(&rest, '/');
    char terminated[INET6_ADDRSTRLEN];
    if (host.len == 0 || host.len >= sizeof terminated)
        return BK_ERR_INVALID;
    memcpy(terminated, host.ptr, host.len);
    terminated[host.len] = '\0';

    int bits_max = 128;
    if (inet_pton(AF_INET6, terminated, cidr.bytes) != 1) {
        if (inet_pton(AF_INET, terminated, cidr.bytes + 12) != 1)
            return BK_ERR_INVALID;
        memcpy(cidr.bytes, mapped_prefix, sizeof mapped_prefix);
        bits_max = 32;
    }
    if (bk_str_find(text, '/') >= 0) {
        int64_t bits = 0;
        if (bk_str_parse_int(rest, 0, bits_max, &bits) != BK_OK)
            return BK_ERR_INVALID;
        cidr.prefix_bits = (int)bits + 128 - bits_max;
    }
    *ret_cidr = cidr;
    return BK_OK;
}

enum bk_err bk_cidr_parse_list(struct bk_str text, struct bk_cidr (*ret_cidrs)[BK_CIDR_MAX],
                               size_t *ret_count, struct bk_detail *ret_detail)
{
    size_t count = 0;
    while (text.len > 0) {
        struct bk_str item = bk_str_trim(bk_str_cut(&text, ','));
        if (count == BK_CIDR_MAX) {
            bk_detail_set(ret_detail, "more than %d address ranges; join some", BK_CIDR_MAX);
            return BK_ERR_INVALID;
        }
        if (bk_cidr_parse(item, &(*ret_cidrs)[count]) != BK_OK) {
            bk_detail_set(ret_detail, "\"%.*s\" is no address or CIDR range, e.g. 10.0.0.0/8",
                          BK_STR_ARG(item));
            return BK_ERR_INVALID;
        }
        count++;
    }
    *ret_count = count;
    return BK_OK;
}

static bool address_bytes(const struct sockaddr *address, uint8_t (*ret_bytes)[16])
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)address;
        memcpy(*ret_bytes, mapped_prefix, sizeof mapped_prefix);
        memcpy(*ret_bytes + 12, &v4->sin_addr, 4);
        return true;
    }
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)address;
        memcpy(*ret_bytes, &v6->sin6_addr, 16);
        return true;
    }
    return false;
}

bool bk_cidr_has(const struct bk_cidr *cidrs, size_t count, const struct sockaddr *address)
{
    uint8_t bytes[16];
    if (!address_bytes(address, &bytes))
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t whole = (size_t)cidrs[i].prefix_bits / 8;
        int left = cidrs[i].prefix_bits % 8;
        if (memcmp(bytes, cidrs[i].bytes, whole) != 0)
            continue;
        if (left == 0 || ((bytes[whole] ^ cidrs[i].bytes[whole]) >> (8 - left)) == 0)
            return true;
    }
    return false;
}
