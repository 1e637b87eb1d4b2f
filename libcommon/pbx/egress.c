/*
 * The table of addresses that are not public, and the judgement.
 */
#include "pbx/egress.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/*
 * IANA's special-purpose registries (RFC 6890, kept by RFC 8190, and what has been added since),
 * also where they call an anycast address reachable: no PBX has one. Of IPv6 what lies within
 * 2000::/3; all else is refused as a whole (is_special).
 */
static const char *const special_texts[] = {
    "0.0.0.0/8",         /* this network, RFC 791 */
    "10.0.0.0/8",        /* private, RFC 1918 */
    "100.64.0.0/10",     /* shared, RFC 6598 */
    "127.0.0.0/8",       /* loopback, RFC 1122 */
    "169.254.0.0/16",    /* link local, RFC 3927; metadata services of clouds */
    "172.16.0.0/12",     /* private, RFC 1918 */
    "192.0.0.0/24",      /* protocol assignments, RFC 6890; DS-Lite, RFC 6333; NAT64, RFC 7050 */
    "192.0.2.0/24",      /* documentation, RFC 5737 */
    "192.31.196.0/24",   /* AS112, RFC 7535 */
    "192.52.193.0/24",   /* AMT, RFC 7450 */
    "192.88.99.0/24",    /* 6to4 relays, RFC 7526 */
    "192.168.0.0/16",    /* private, RFC 1918 */
    "192.175.48.0/24",   /* AS112, RFC 7534 */
    "198.18.0.0/15",     /* benchmarks, RFC 2544 */
    "198.51.100.0/24",   /* documentation, RFC 5737 */
    "203.0.113.0/24",    /* documentation, RFC 5737 */
    "224.0.0.0/4",       /* multicast, RFC 5771 */
    "240.0.0.0/4",       /* reserved, RFC 1112; limited broadcast, RFC 8190 */
    "2001::/23",         /* protocol assignments, RFC 2928: benchmarks (RFC 5180), ORCHID (RFC 4843,
                            RFC 7343), DRIP (RFC 9374), …; Teredo is looked into first */
    "2001:db8::/32",     /* documentation, RFC 3849 */
    "2620:4f:8000::/48", /* AS112, RFC 7534 */
    "3fff::/20",         /* documentation, RFC 9637 */
};

static enum bk_err parse_list(const char *setting, struct bk_str text,
                              struct bk_cidr (*ret_cidrs)[BK_CIDR_MAX], size_t *ret_count,
                              struct bk_detail *ret_detail)
{
    struct bk_detail bad = {{0}};
    enum bk_err err = bk_cidr_parse_list(text, ret_cidrs, ret_count, &bad);
    if (err != BK_OK)
        bk_detail_set(ret_detail, "%s: %.200s", setting, bad.text);
    return err;
}

enum bk_err bk_egress_parse(struct bk_str allow, struct bk_str cleartext,
                            struct bk_egress *ret_egress, struct bk_detail *ret_detail)
{
    struct bk_egress egress = {0};
    enum bk_err err =
        parse_list("egress.allow", allow, &egress.allow, &egress.allow_count, ret_detail);
    if (err == BK_OK)
        err = parse_list("egress.cleartext", cleartext, &egress.cleartext, &egress.cleartext_count,
                         ret_detail);
    if (err == BK_OK)
        *ret_egress = egress;
    return err;
}

static void put_v4(const uint8_t *bytes, struct sockaddr_storage *ret_inside)
{
    struct sockaddr_in *in = (struct sockaddr_in *)ret_inside;
    memset(ret_inside, 0, sizeof *ret_inside);
    in->sin_family = AF_INET;
    memcpy(&in->sin_addr, bytes, 4);
}

/* The IPv4 address that an IPv6 one stands for, or the address itself. */
static void look_inside(const struct sockaddr *address, struct sockaddr_storage *ret_inside)
{
    static const uint8_t zeros[12];
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b}; /* RFC 6052 */
    if (address->sa_family != AF_INET6) {
        memcpy(ret_inside, address, sizeof(struct sockaddr_in));
        return;
    }
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)address;
    const uint8_t *b = in6->sin6_addr.s6_addr;
    uint8_t turned[4];
    memcpy(ret_inside, in6, sizeof *in6);
    if (memcmp(b, mapped, 12) == 0 || memcmp(b, nat64, 12) == 0) {
        put_v4(b + 12, ret_inside);
    } else if (memcmp(b, zeros, 12) == 0 && (b[12] | b[13] | b[14]) != 0) {
        put_v4(b + 12, ret_inside); /* compatible, RFC 4291 2.5.5.1 */
    } else if (b[0] == 0x20 && b[1] == 0x02) {
        put_v4(b + 2, ret_inside); /* 6to4, RFC 3056 */
    } else if (memcmp(b, "\x20\x01\x00\x00", 4) == 0) {
        for (int i = 0; i < 4; i++)
            turned[i] = (uint8_t)~b[12 + i]; /* Teredo, RFC 4380 4 */
        put_v4(turned, ret_inside);
    }
}

/*
 * 2000::/3 is all of IPv6 that is handed out (RFC 4291 2.4, IANA's address space registry). Beyond
 * it lie loopback and unspecified (RFC 4291), local translation (RFC 8215), discard (RFC 6666),
 * dummies (RFC 9780), segment routing (RFC 9602), unique local (RFC 4193), link and site local (RFC
 * 4291, RFC 3879), multicast, and what is reserved.
 */
static bool is_global_unicast(const struct sockaddr_in6 *in6)
{
    return (in6->sin6_addr.s6_addr[0] & 0xe0) == 0x20;
}

static bool is_special(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET6 &&
        !is_global_unicast((const struct sockaddr_in6 *)(const void *)address))
        return true;
    for (size_t i = 0; i < BK_COUNT(special_texts); i++) {
        struct bk_cidr one;
        if (bk_cidr_parse(bk_str_of(special_texts[i]), &one) != BK_OK ||
            bk_cidr_has(&one, 1, address))
            return true;
    }
    return false;
}

const char *bk_egress_judge(const struct bk_egress *egress, const struct sockaddr *address,
                            bool is_tls)
{
    struct sockaddr_storage space;
    const struct sockaddr *inside = (const struct sockaddr *)&space;
    if (address->sa_family != AF_INET && address->sa_family != AF_INET6)
        return "not an IP address";
    look_inside(address, &space);
    if (!bk_cidr_has(egress->allow, egress->allow_count, inside) && is_special(inside))
        return "not a public address, and the operator's egress.allow does not name its network";
    if (!is_tls && !bk_cidr_has(egress->cleartext, egress->cleartext_count, inside))
        return "without TLS only to networks that the operator's egress.cleartext names; "
               "use transport tls";
    return NULL;
}
