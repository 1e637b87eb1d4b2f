/*
 * The table of addresses that are not public, and the judgement.
 */
#include "pbx/egress.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/*
 * IANA's special-purpose registries (RFC 6890 and what has been added since). In the mapped form of
 * bk_cidr an IPv4 network's length counts from bit 96.
 */
static const char *const special_texts[] = {
    "0.0.0.0/8",         /* this network, RFC 791 */
    "10.0.0.0/8",        /* private, RFC 1918 */
    "100.64.0.0/10",     /* shared, RFC 6598 */
    "127.0.0.0/8",       /* loopback, RFC 1122 */
    "169.254.0.0/16",    /* link local, RFC 3927; metadata services of clouds */
    "172.16.0.0/12",     /* private */
    "192.0.0.0/24",      /* protocol assignments, RFC 6890 */
    "192.0.2.0/24",      /* documentation, RFC 5737 */
    "192.31.196.0/24",   /* AS112, RFC 7535 */
    "192.52.193.0/24",   /* AMT, RFC 7450 */
    "192.88.99.0/24",    /* 6to4 relays, RFC 7526 */
    "192.168.0.0/16",    /* private */
    "192.175.48.0/24",   /* AS112, RFC 7534 */
    "198.18.0.0/15",     /* benchmarks, RFC 2544 */
    "198.51.100.0/24",   /* documentation */
    "203.0.113.0/24",    /* documentation */
    "224.0.0.0/4",       /* multicast, RFC 5771 */
    "240.0.0.0/4",       /* reserved, RFC 1112; limited broadcast */
    "::/127",            /* unspecified, loopback */
    "64:ff9b:1::/48",    /* local translation, RFC 8215 */
    "100::/64",          /* discard, RFC 6666 */
    "2001::/23",         /* protocol assignments, RFC 2928 (Teredo is looked into first) */
    "2001:db8::/32",     /* documentation, RFC 3849 */
    "2620:4f:8000::/48", /* AS112 */
    "3fff::/20",         /* documentation, RFC 9637 */
    "5f00::/16",         /* segment routing, RFC 9602 */
    "fc00::/7",          /* unique local, RFC 4193 */
    "fe80::/10",         /* link local, RFC 4291 */
    "fec0::/10",         /* site local, deprecated by RFC 3879 */
    "ff00::/8",          /* multicast */
};

enum bk_err bk_egress_parse(struct bk_str allow, struct bk_str cleartext,
                            struct bk_egress *ret_egress, struct bk_detail *ret_detail)
{
    struct bk_egress egress = {0};
    enum bk_err err = bk_cidr_parse_list(allow, &egress.allow, &egress.allow_count, ret_detail);
    if (err == BK_OK)
        err = bk_cidr_parse_list(cleartext, &egress.cleartext, &egress.cleartext_count, ret_detail);
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

static bool is_special(const struct sockaddr *address)
{
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
