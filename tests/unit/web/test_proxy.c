/*
 * PROXY headers as balancers write them, and as they must not be; and that a verdict does not
 * depend on how the bytes arrive.
 */
#include "web/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/test.h"

#define TEXT(literal) \
    { \
        literal, sizeof(literal) - 1 \
    }
#define SIG "\r\n\r\n\0\r\nQUIT\n"
#define TCP4_BODY "\xc0\x00\x02\x01\xc6\x33\x64\x01\xd9\x03\x01\xbb" /* 192.0.2.1:55555 */
#define TCP6_BODY \
    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01" \
    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02" \
    "\xd9\x03\x01\xbb"
#define MAPPED_BODY \
    "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\x00\x02\x01" \
    "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc6\x33\x64\x01" \
    "\xd9\x03\x01\xbb"
#define X8 "xxxxxxxx"
#define X54 X8 X8 X8 X8 X8 X8 "xxxxxx"
#define X216 X54 X54 X54 X54

static const struct {
    const char *label;
    struct bk_str text;
    enum bk_scan want;
    const char *source; /* "address port", NULL: the peer itself */
} cases[] = {
    /* --- version 1 */
    {"v1 TCP4", TEXT("PROXY TCP4 192.0.2.1 198.51.100.1 55555 443\r\n"), BK_SCAN_GOOD,
     "192.0.2.1 55555"},
    {"v1 TCP4, TLS behind", TEXT("PROXY TCP4 192.0.2.1 198.51.100.1 1 443\r\n\x16\x03\x01"),
     BK_SCAN_GOOD, "192.0.2.1 1"},
    {"v1 TCP4, port 0 and 65535", TEXT("PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n"),
     BK_SCAN_GOOD, "0.0.0.0 0"},
    {"v1 TCP6", TEXT("PROXY TCP6 2001:db8::1 2001:DB8::2 55555 443\r\n"), BK_SCAN_GOOD,
     "2001:db8::1 55555"},
    {"v1 TCP6 as long as can be",
     TEXT("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
          "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe "
          "65535 65535\r\n"),
     BK_SCAN_GOOD, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535"},
    {"v1 TCP6, mapped IPv4", TEXT("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:198.51.100.1 55555 443\r\n"),
     BK_SCAN_GOOD, "192.0.2.1 55555"},
    {"v1 UNKNOWN", TEXT("PROXY UNKNOWN\r\n"), BK_SCAN_GOOD, NULL},
    {"v1 UNKNOWN with addresses",
     TEXT("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
          "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
     BK_SCAN_GOOD, NULL},
    {"v1 not complete", TEXT("PROXY TCP4 192.0.2.1 198.51"), BK_SCAN_MORE, NULL},
    {"v1 CR at the end", TEXT("PROXY TCP4 192.0.2.1 198.51.100.1 1 443\r"), BK_SCAN_MORE, NULL},
    {"v1 port 65536", TEXT("PROXY TCP4 192.0.2.1 198.51.100.1 65536 443\r\n"), BK_SCAN_BAD, NULL},
    {"v1 second port 65536", TEXT("PROXY TCP4 192.0.2.1 198.51.100.1 1 65536\r\n"), BK_SCAN_BAD,
     NULL},
    {"v1 port huge", TEXT("PROXY TCP4 192.0.2.1 198.51.100.1 18446744073709551617 443\r\n"),
     BK_SCAN_BAD, NULL},
    {"v1 port negative", TEXT("PROXY TCP4 192.0.2.1 198.51.100.1 -1 443\r\n"), BK_SCAN_BAD, NULL},
    {"v1 port with plus", TEXT("PROXY TCP4 192.0.2.1 198.51.100.1 +1 443\r\n"), BK_SCAN_BAD, NULL},
    {"v1 port hexadecimal", TEXT("PROXY TCP4 192.0.2.1 198.51.100.1 0x1 443\r\n"), BK_SCAN_BAD,
     NULL},
    {"v1 port with leading zero", TEXT("PROXY TCP4 192.0.2.1 198.51.100.1 01 443\r\n"), BK_SCAN_BAD,
     NULL},
    {"v1 port 00", TEXT("PROXY TCP4 192.0.2.1 198.51.100.1 00 443\r\n"), BK_SCAN_BAD, NULL},
    {"v1 port missing", TEXT("PROXY TCP4 192.0.2.1 198.51.100.1 443\r\n"), BK_SCAN_BAD, NULL},
    {"v1 port empty", TEXT("PROXY TCP4 192.0.2.1 198.51.100.1  443\r\n"), BK_SCAN_BAD, NULL},
    {"v1 address with leading zero", TEXT("PROXY TCP4 192.0.02.1 198.51.100.1 1 443\r\n"),
     BK_SCAN_BAD, NULL},
    {"v1 address 256", TEXT("PROXY TCP4 192.0.2.256 198.51.100.1 1 443\r\n"), BK_SCAN_BAD, NULL},
    {"v1 address of three", TEXT("PROXY TCP4 192.0.2 198.51.100.1 1 443\r\n"), BK_SCAN_BAD, NULL},
    {"v1 address a name", TEXT("PROXY TCP4 localhost 198.51.100.1 1 443\r\n"), BK_SCAN_BAD, NULL},
    {"v1 second address bad", TEXT("PROXY TCP4 192.0.2.1 198.51.100 1 443\r\n"), BK_SCAN_BAD, NULL},
    {"v1 TCP4 with IPv6", TEXT("PROXY TCP4 2001:db8::1 2001:db8::2 1 443\r\n"), BK_SCAN_BAD, NULL},
    {"v1 TCP6 with IPv4", TEXT("PROXY TCP6 192.0.2.1 198.51.100.1 1 443\r\n"), BK_SCAN_BAD, NULL},
    {"v1 TCP6 with a zone", TEXT("PROXY TCP6 fe80::1%eth0 fe80::2 1 443\r\n"), BK_SCAN_BAD, NULL},
    {"v1 TCP6 in brackets", TEXT("PROXY TCP6 [::1] [::2] 1 443\r\n"), BK_SCAN_BAD, NULL},
    {"v1 UDP4", TEXT("PROXY UDP4 192.0.2.1 198.51.100.1 1 443\r\n"), BK_SCAN_BAD, NULL},
    {"v1 lower case", TEXT("PROXY tcp4 192.0.2.1 198.51.100.1 1 443\r\n"), BK_SCAN_BAD, NULL},
    {"v1 no protocol", TEXT("PROXY \r\n"), BK_SCAN_BAD, NULL},
    {"v1 UNKNOWNX", TEXT("PROXY UNKNOWNX\r\n"), BK_SCAN_BAD, NULL},
    {"v1 two blanks", TEXT("PROXY  TCP4 192.0.2.1 198.51.100.1 1 443\r\n"), BK_SCAN_BAD, NULL},
    {"v1 blank at the end", TEXT("PROXY TCP4 192.0.2.1 198.51.100.1 1 443 \r\n"), BK_SCAN_BAD,
     NULL},
    {"v1 a field more", TEXT("PROXY TCP4 192.0.2.1 198.51.100.1 1 443 x\r\n"), BK_SCAN_BAD, NULL},
    {"v1 tab", TEXT("PROXY TCP4\t192.0.2.1 198.51.100.1 1 443\r\n"), BK_SCAN_BAD, NULL},
    {"v1 LF only", TEXT("PROXY TCP4 192.0.2.1 198.51.100.1 1 443\n"), BK_SCAN_BAD, NULL},
    {"v1 CR only", TEXT("PROXY TCP4 192.0.2.1 198.51.100.1 1 443\rx"), BK_SCAN_BAD, NULL},
    {"v1 NUL", TEXT("PROXY TCP4 192.0.2.1\0 198.51.100.1 1 443\r\n"), BK_SCAN_BAD, NULL},
    {"v1 UNKNOWN with NUL", TEXT("PROXY UNKNOWN \0\r\n"), BK_SCAN_BAD, NULL},
    {"v1 107 bytes", TEXT("PROXY UNKNOWN " X54 X8 X8 X8 X8 "xxxxx\r\n"), BK_SCAN_GOOD, NULL},
    {"v1 108 bytes", TEXT("PROXY UNKNOWN " X54 X8 X8 X8 X8 "xxxxxx\r\n"), BK_SCAN_BAD, NULL},
    {"v1 no end in 107 bytes", TEXT("PROXY UNKNOWN " X54 X8 X8 X8 X8 X8 X8), BK_SCAN_BAD, NULL},

    /* --- version 2 */
    {"v2 TCP4", TEXT(SIG "\x21\x11\0\x0c" TCP4_BODY), BK_SCAN_GOOD, "192.0.2.1 55555"},
    {"v2 TCP4, TLS behind", TEXT(SIG "\x21\x11\0\x0c" TCP4_BODY "\x16\x03\x01"), BK_SCAN_GOOD,
     "192.0.2.1 55555"},
    {"v2 TCP4 with TLVs", TEXT(SIG "\x21\x11\0\x13" TCP4_BODY "\x04\0\x04\0\0\0\0"), BK_SCAN_GOOD,
     "192.0.2.1 55555"},
    {"v2 TCP4 with nonsense for TLVs", TEXT(SIG "\x21\x11\0\x0e" TCP4_BODY "\xff\xff"),
     BK_SCAN_GOOD, "192.0.2.1 55555"},
    {"v2 TCP6", TEXT(SIG "\x21\x21\0\x24" TCP6_BODY), BK_SCAN_GOOD, "2001:db8::1 55555"},
    {"v2 TCP6 with TLVs", TEXT(SIG "\x21\x21\0\x28" TCP6_BODY "\x01\0\x01h"), BK_SCAN_GOOD,
     "2001:db8::1 55555"},
    {"v2 TCP6, mapped IPv4", TEXT(SIG "\x21\x21\0\x24" MAPPED_BODY), BK_SCAN_GOOD,
     "192.0.2.1 55555"},
    {"v2 UNIX", TEXT(SIG "\x21\x31\0\xd8" X216), BK_SCAN_GOOD, NULL},
    {"v2 LOCAL", TEXT(SIG "\x20\0\0\0"), BK_SCAN_GOOD, NULL},
    {"v2 LOCAL with addresses", TEXT(SIG "\x20\x11\0\x0c" TCP4_BODY), BK_SCAN_GOOD, NULL},
    {"v2 LOCAL of any family", TEXT(SIG "\x20\xff\0\x02hi"), BK_SCAN_GOOD, NULL},
    {"v2 unspecified family", TEXT(SIG "\x21\0\0\x03TLV"), BK_SCAN_GOOD, NULL},
    {"v2 half the signature", TEXT("\r\n\r\n\0\r\nQU"), BK_SCAN_MORE, NULL},
    {"v2 half the addresses", TEXT(SIG "\x21\x11\0\x0c\xc0\x00"), BK_SCAN_MORE, NULL},
    {"v2 TLV not there yet", TEXT(SIG "\x21\x11\0\x10" TCP4_BODY "\x04"), BK_SCAN_MORE, NULL},
    {"v2 at the limit, not there yet", TEXT(SIG "\x21\x11\x03\xf0"), BK_SCAN_MORE, NULL},
    {"v2 one byte beyond the limit", TEXT(SIG "\x21\x11\x03\xf1"), BK_SCAN_BAD, NULL},
    {"v2 LOCAL beyond the limit", TEXT(SIG "\x20\0\xff\xff"), BK_SCAN_BAD, NULL},
    {"v2 version 1", TEXT(SIG "\x11\x11\0\x0c" TCP4_BODY), BK_SCAN_BAD, NULL},
    {"v2 version 1, LOCAL", TEXT(SIG "\x10\0\0\0"), BK_SCAN_BAD, NULL},
    {"v2 version 3", TEXT(SIG "\x31"), BK_SCAN_BAD, NULL},
    {"v2 command 2", TEXT(SIG "\x22\x11\0\x0c" TCP4_BODY), BK_SCAN_BAD, NULL},
    {"v2 UDP4", TEXT(SIG "\x21\x12\0\x0c" TCP4_BODY), BK_SCAN_BAD, NULL},
    {"v2 UDP6", TEXT(SIG "\x21\x22\0\x24" TCP6_BODY), BK_SCAN_BAD, NULL},
    {"v2 UNIX datagram", TEXT(SIG "\x21\x32\0\xd8" X216), BK_SCAN_BAD, NULL},
    {"v2 unassigned family", TEXT(SIG "\x21\x41\0\x0c" TCP4_BODY), BK_SCAN_BAD, NULL},
    {"v2 TCP without transport", TEXT(SIG "\x21\x10\0\x0c" TCP4_BODY), BK_SCAN_BAD, NULL},
    {"v2 TCP4 too short", TEXT(SIG "\x21\x11\0\x0b" TCP4_BODY), BK_SCAN_BAD, NULL},
    {"v2 TCP6 with addresses of TCP4", TEXT(SIG "\x21\x21\0\x0c" TCP4_BODY), BK_SCAN_BAD, NULL},
    {"v2 UNIX too short", TEXT(SIG "\x21\x31\0\xd7" X216), BK_SCAN_BAD, NULL},
    {"v2 signature with a fault at its end", TEXT("\r\n\r\n\0\r\nQUIT\r"), BK_SCAN_BAD, NULL},

    /* --- neither */
    {"nothing yet", TEXT(""), BK_SCAN_MORE, NULL},
    {"one byte of v1", TEXT("P"), BK_SCAN_MORE, NULL},
    {"a request", TEXT("GET / HTTP/1.1\r\n"), BK_SCAN_BAD, NULL},
    {"TLS", TEXT("\x16\x03\x01"), BK_SCAN_BAD, NULL},
    {"PROXX", TEXT("PROXX"), BK_SCAN_BAD, NULL},
    {"proxy", TEXT("proxy TCP4 192.0.2.1 198.51.100.1 1 443\r\n"), BK_SCAN_BAD, NULL},
    {"CR LF and no more of v2", TEXT("\r\n\r\nGET"), BK_SCAN_BAD, NULL},
};

static enum bk_scan scan(struct bk_str text, struct bk_proxy *ret_proxy)
{
    char *copy = malloc(text.len > 0 ? text.len : 1);
    assert_non_null(copy);
    memcpy(copy, text.ptr, text.len);
    enum bk_scan verdict = bk_proxy_scan((struct bk_str){copy, text.len}, ret_proxy);
    free(copy);
    return verdict;
}

static void print_source(const struct bk_proxy *proxy, char (*ret_text)[64])
{
    char address[INET6_ADDRSTRLEN] = "?";
    uint16_t port_net = 0;
    if (proxy->source.ss_family == AF_INET) {
        struct sockaddr_in in;
        assert_int_equal(proxy->source_len, sizeof in);
        memcpy(&in, &proxy->source, sizeof in);
        inet_ntop(AF_INET, &in.sin_addr, address, sizeof address);
        port_net = in.sin_port;
    } else {
        struct sockaddr_in6 in6;
        assert_int_equal(proxy->source.ss_family, AF_INET6);
        assert_int_equal(proxy->source_len, sizeof in6);
        memcpy(&in6, &proxy->source, sizeof in6);
        inet_ntop(AF_INET6, &in6.sin6_addr, address, sizeof address);
        port_net = in6.sin6_port;
    }
    snprintf(*ret_text, sizeof *ret_text, "%s %u", address, (unsigned)ntohs(port_net));
}

/* Bytes of the header inside the row: what stands behind it is "\x16\x03\x01" or nothing. */
static size_t header_bytes_of(struct bk_str text)
{
    return bk_str_ends(text, BK_STR("\x16\x03\x01")) ? text.len - 3 : text.len;
}

static void headers_follow_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct bk_proxy proxy = {0};
        print_message("  %s\n", cases[i].label);
        assert_int_equal(scan(cases[i].text, &proxy), cases[i].want);
        if (cases[i].want != BK_SCAN_GOOD) {
            assert_int_equal(proxy.header_bytes, 0);
            continue;
        }
        assert_int_equal(proxy.header_bytes, header_bytes_of(cases[i].text));
        assert_int_equal(proxy.has_source, cases[i].source != NULL);
        if (cases[i].source != NULL) {
            char source[64];
            print_source(&proxy, &source);
            assert_string_equal(source, cases[i].source);
        }
    }
}

/* What is good stays "more" until its last byte; what is bad is never good on the way. */
static void a_verdict_does_not_depend_on_how_bytes_arrive(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct bk_str text = cases[i].text;
        size_t header_bytes = header_bytes_of(text);
        enum bk_scan verdict = BK_SCAN_MORE;
        for (size_t len = 0; len <= text.len; len++) {
            struct bk_proxy proxy = {0};
            enum bk_scan next = scan(bk_str_slice(text, 0, len), &proxy);
            if (verdict != BK_SCAN_MORE && next != verdict)
                fail_msg("%s: %d at %zu bytes, %d before", cases[i].label, next, len, verdict);
            if (cases[i].want == BK_SCAN_GOOD && len < header_bytes)
                assert_int_equal(next, BK_SCAN_MORE);
            verdict = next;
        }
        assert_int_equal(verdict, cases[i].want);
    }
}

static void a_long_v2_header_is_skipped_whole(void **state)
{
    (void)state;
    char text[BK_PROXY_HEADER_MAX + 5];
    memset(text, 'x', sizeof text);
    memcpy(text, SIG "\x21\x11\x03\xf0" TCP4_BODY, 28);
    struct bk_proxy proxy = {0};
    assert_int_equal(scan((struct bk_str){text, BK_PROXY_HEADER_MAX - 1}, &proxy), BK_SCAN_MORE);
    assert_int_equal(scan((struct bk_str){text, sizeof text}, &proxy), BK_SCAN_GOOD);
    assert_int_equal(proxy.header_bytes, BK_PROXY_HEADER_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_follow_the_table),
        cmocka_unit_test(a_verdict_does_not_depend_on_how_bytes_arrive),
        cmocka_unit_test(a_long_v2_header_is_skipped_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
