/*
 * PROXY header to source address. Called by the listener on the first bytes of a connection from a
 * configured balancer, and again whenever more have come; it keeps nothing between calls, since the
 * header is short. It does not decide who may send one.
 */
#include "web/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* proxy-protocol.txt, section 2.1: the longest line (TCP6 addresses written out, CR LF counted). */
#define V1_LINE_MAX 107
#define V1_FIELD_COUNT 6 /* PROXY, protocol, source, destination, source port, destination port */

#define V2_SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define V2_FIXED_SIZE 16 /* signature, version and command, family, length of the rest */
#define V2_TCP4_SIZE 12  /* both addresses, both ports */
#define V2_TCP6_SIZE 36
#define V2_UNIX_SIZE 216

static void set_tcp4(struct bk_proxy *proxy, const void *address, uint16_t port_net)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = port_net};
    memcpy(&in.sin_addr, address, sizeof in.sin_addr);
    memcpy(&proxy->source, &in, sizeof in);
    proxy->source_len = sizeof in;
    proxy->has_source = true;
}

static void set_tcp6(struct bk_proxy *proxy, const struct in6_addr *address, uint16_t port_net)
{
    /* A balancer listening on [::] writes IPv4 clients as ::ffff:a.b.c.d. Limits count by prefix,
     * and all of those would share one. */
    if (IN6_IS_ADDR_V4MAPPED(address)) {
        set_tcp4(proxy, &address->s6_addr[12], port_net);
        return;
    }
    struct sockaddr_in6 in6 = {
        .sin6_family = AF_INET6, .sin6_addr = *address, .sin6_port = port_net};
    memcpy(&proxy->source, &in6, sizeof in6);
    proxy->source_len = sizeof in6;
    proxy->has_source = true;
}

/* --- version 1: one line of text --- */

static bool parse_address(int family, struct bk_str text, void *ret_address)
{
    char terminated[INET6_ADDRSTRLEN];
    if (text.len == 0 || text.len >= sizeof terminated)
        return false;
    memcpy(terminated, text.ptr, text.len);
    terminated[text.len] = '\0';
    return inet_pton(family, terminated, ret_address) == 1;
}

static bool parse_port(struct bk_str text, uint16_t *ret_port_net)
{
    int64_t port;
    if (text.len > 1 && text.ptr[0] == '0') /* "no leading zero", lest somebody read it as octal */
        return false;
    if (bk_str_parse_int(text, 0, UINT16_MAX, &port) != BK_OK)
        return false;
    *ret_port_net = htons((uint16_t)port);
    return true;
}

/* line: without its end. */
static enum bk_scan v1_parse(struct bk_str line, struct bk_proxy *proxy)
{
    /* What follows UNKNOWN is the sender's business, the specification says: skip to the line's
     * end. */
    if (bk_str_eq(line, BK_STR("PROXY UNKNOWN")) || bk_str_starts(line, BK_STR("PROXY UNKNOWN ")))
        return BK_SCAN_GOOD;

    struct bk_str fields[V1_FIELD_COUNT];
    size_t count = 0;
    bool is_last = false;
    while (!is_last) {
        if (count == V1_FIELD_COUNT)
            return BK_SCAN_BAD;
        is_last = bk_str_find(line, ' ') < 0;
        fields[count++] = bk_str_cut(&line, ' ');
    }
    uint16_t source_port, target_port;
    if (count != V1_FIELD_COUNT || !parse_port(fields[4], &source_port) ||
        !parse_port(fields[5], &target_port))
        return BK_SCAN_BAD;

    if (bk_str_eq(fields[1], BK_STR("TCP4"))) {
        struct in_addr source, target;
        if (!parse_address(AF_INET, fields[2], &source) ||
            !parse_address(AF_INET, fields[3], &target))
            return BK_SCAN_BAD;
        set_tcp4(proxy, &source, source_port);
        return BK_SCAN_GOOD;
    }
    if (bk_str_eq(fields[1], BK_STR("TCP6"))) {
        struct in6_addr source, target;
        if (!parse_address(AF_INET6, fields[2], &source) ||
            !parse_address(AF_INET6, fields[3], &target))
            return BK_SCAN_BAD;
        set_tcp6(proxy, &source, source_port);
        return BK_SCAN_GOOD;
    }
    return BK_SCAN_BAD;
}

static enum bk_scan v1_scan(struct bk_str input, struct bk_proxy *proxy)
{
    for (size_t i = 0; i < input.len && i < V1_LINE_MAX; i++) {
        char c = input.ptr[i];
        if (c >= ' ' && c <= '~')
            continue;
        if (c != '\r')
            return BK_SCAN_BAD;
        if (i + 1 == V1_LINE_MAX)
            return BK_SCAN_BAD;
        if (i + 1 == input.len)
            return BK_SCAN_MORE;
        if (input.ptr[i + 1] != '\n')
            return BK_SCAN_BAD;
        proxy->header_bytes = i + 2;
        return v1_parse(bk_str_slice(input, 0, i), proxy);
    }
    return input.len >= V1_LINE_MAX ? BK_SCAN_BAD : BK_SCAN_MORE;
}

/* --- version 2: binary --- */

static enum bk_scan v2_scan(struct bk_str input, struct bk_proxy *proxy)
{
    const unsigned char *head = (const unsigned char *)input.ptr;

    /* Every byte is judged as soon as it is there, so that nothing waits for the rest of nonsense.
     */
    if (input.len < 13)
        return BK_SCAN_MORE;
    bool is_local = head[12] == 0x20;
    if (!is_local && head[12] != 0x21) /* version 2 with command LOCAL or PROXY; no other exists */
        return BK_SCAN_BAD;
    if (input.len < V2_FIXED_SIZE)
        return BK_SCAN_MORE;
    size_t rest = (size_t)head[14] << 8 | head[15];
    if (V2_FIXED_SIZE + rest > BK_PROXY_HEADER_MAX)
        return BK_SCAN_BAD;

    size_t address_bytes = 0;
    if (!is_local) { /* with LOCAL, the family is to be ignored */
        switch (head[13]) {
        case 0x00: /* unspecified: the receiver takes the peer's address */
            break;
        case 0x11:
            address_bytes = V2_TCP4_SIZE;
            break;
        case 0x21:
            address_bytes = V2_TCP6_SIZE;
            break;
        case 0x31:
            address_bytes = V2_UNIX_SIZE;
            break;
        default: /* datagrams and unassigned values: not what this connection is */
            return BK_SCAN_BAD;
        }
        if (rest < address_bytes)
            return BK_SCAN_BAD;
    }
    if (input.len < V2_FIXED_SIZE + rest)
        return BK_SCAN_MORE;

    proxy->header_bytes = V2_FIXED_SIZE + rest;
    const unsigned char *addresses = head + V2_FIXED_SIZE;
    uint16_t port_net;
    if (address_bytes == V2_TCP4_SIZE) {
        memcpy(&port_net, addresses + 8, sizeof port_net);
        set_tcp4(proxy, addresses, port_net);
    } else if (address_bytes == V2_TCP6_SIZE) {
        struct in6_addr source;
        memcpy(&source, addresses, sizeof source);
        memcpy(&port_net, addresses + 32, sizeof port_net);
        set_tcp6(proxy, &source, port_net);
    }
    return BK_SCAN_GOOD;
}

static bool agrees(struct bk_str input, struct bk_str signature)
{
    size_t len = input.len < signature.len ? input.len : signature.len;
    return len == 0 || memcmp(input.ptr, signature.ptr, len) == 0;
}

enum bk_scan bk_proxy_scan(struct bk_str input, struct bk_proxy *ret_proxy)
{
    struct bk_proxy proxy = {0};
    enum bk_scan scan = BK_SCAN_BAD;
    if (input.len == 0) {
        scan = BK_SCAN_MORE;
    } else if (agrees(input, BK_STR("PROXY "))) {
        scan = v1_scan(input, &proxy);
    } else if (agrees(input, BK_STR(V2_SIGNATURE))) {
        scan = v2_scan(input, &proxy);
    }
    if (scan == BK_SCAN_GOOD)
        *ret_proxy = proxy;
    return scan;
}
