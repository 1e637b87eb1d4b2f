/*
 * Request heads that servers and proxies are known to read differently, one a row; and that a
 * verdict does not depend on how the bytes arrive.
 */
#include "web/head.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/test.h"

#define HEAD_BYTES_MAX 512
#define FIELD_COUNT_MAX 8

static const struct bk_head_limits phone_limits = {
    .head_bytes_max = HEAD_BYTES_MAX,
    .field_count_max = FIELD_COUNT_MAX,
    .is_body_allowed = false,
};
static const struct bk_head_limits api_limits = {
    .head_bytes_max = HEAD_BYTES_MAX,
    .field_count_max = FIELD_COUNT_MAX,
    .is_body_allowed = true,
};

/* A text that may hold NUL. */
#define TEXT(literal) \
    { \
        literal, sizeof(literal) - 1 \
    }
#define GET "GET /k/001565000001.cfg HTTP/1.1\r\nHost: a.example\r\n"
#define PUT "PUT /k/001565000001-log.cfg HTTP/1.1\r\nHost: a.example\r\n"
#define F3 "a: 1\r\nb: 2\r\nc: 3\r\n"

enum who { PHONE, API };

static const struct {
    const char *label;
    struct bk_str text;
    enum who who;
    enum bk_scan want;
    const char *reason; /* when bad */
} cases[] = {
    /* --- what is right */
    {"a phone's request",
     TEXT(GET "User-Agent: Yealink SIP-T54W 96.86.0.100 00:15:65:00:00:01\r\n\r\n"), PHONE,
     BK_SCAN_GOOD, NULL},
    {"HEAD", TEXT("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"), PHONE, BK_SCAN_GOOD, NULL},
    {"HTTP/1.0 without Host", TEXT("GET /k/x HTTP/1.0\r\n\r\n"), PHONE, BK_SCAN_GOOD, NULL},
    {"HTTP/1.0 with Host", TEXT("GET /k/x HTTP/1.0\r\nHost: a\r\n\r\n"), PHONE, BK_SCAN_GOOD, NULL},
    {"host in other case, no blank after the colon", TEXT("GET / HTTP/1.1\r\nhOST:a\r\n\r\n"),
     PHONE, BK_SCAN_GOOD, NULL},
    {"IPv4 and port", TEXT("GET / HTTP/1.1\r\nHost: 192.0.2.1:8443\r\n\r\n"), PHONE, BK_SCAN_GOOD,
     NULL},
    {"IPv6 and port", TEXT("GET / HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\n\r\n"), PHONE,
     BK_SCAN_GOOD, NULL},
    {"blanks around a value", TEXT("GET / HTTP/1.1\r\nHost: \t a \t\r\nx:  y\tz \r\n\r\n"), PHONE,
     BK_SCAN_GOOD, NULL},
    {"empty value of another field", TEXT(GET "Accept:\r\n\r\n"), PHONE, BK_SCAN_GOOD, NULL},
    {"8-bit in a value", TEXT(GET "User-Agent: caf\xc3\xa9\r\n\r\n"), PHONE, BK_SCAN_GOOD, NULL},
    {"a token's odd characters",
     TEXT("!#$%&'*+-.^_`|~ / HTTP/1.1\r\nHost: a\r\n!#$%&'*+-.^_`|~: 1\r\n\r\n"), PHONE,
     BK_SCAN_GOOD, NULL},
    {"method of 16", TEXT("ABCDEFGHIJKLMNOP / HTTP/1.1\r\nHost: a\r\n\r\n"), PHONE, BK_SCAN_GOOD,
     NULL},
    {"as many fields as allowed", TEXT(GET F3 F3 "d: 4\r\n\r\n"), PHONE, BK_SCAN_GOOD, NULL},
    {"PUT without a body", TEXT(PUT "\r\n"), PHONE, BK_SCAN_GOOD, NULL},
    {"PUT with a body", TEXT(PUT "Content-Length: 12345\r\n\r\n"), API, BK_SCAN_GOOD, NULL},
    {"PUT with no byte of body", TEXT(PUT "content-length:0\r\n\r\n"), API, BK_SCAN_GOOD, NULL},
    {"PUT with the longest length", TEXT(PUT "Content-Length: 999999999999999\r\n\r\n"), API,
     BK_SCAN_GOOD, NULL},
    {"a second request behind", TEXT(GET "\r\nGET / HTTP/9.9\nnonsense\0"), PHONE, BK_SCAN_GOOD,
     NULL},
    {"a body behind", TEXT(PUT "Content-Length: 3\r\n\r\n\0\n\r"), API, BK_SCAN_GOOD, NULL},

    /* --- not complete */
    {"nothing yet", TEXT(""), PHONE, BK_SCAN_MORE, NULL},
    {"half a line", TEXT("GET /k"), PHONE, BK_SCAN_MORE, NULL},
    {"CR at the end", TEXT(GET "\r"), PHONE, BK_SCAN_MORE, NULL},
    {"no empty line", TEXT(GET), PHONE, BK_SCAN_MORE, NULL},

    /* --- framing */
    {"CL on GET", TEXT(GET "Content-Length: 5\r\n\r\nhello"), PHONE, BK_SCAN_BAD,
     "Content-Length with GET or HEAD"},
    {"CL on GET, bodies allowed", TEXT(GET "Content-Length: 5\r\n\r\n"), API, BK_SCAN_BAD,
     "Content-Length with GET or HEAD"},
    {"CL 0 on GET", TEXT(GET "Content-Length: 0\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "Content-Length with GET or HEAD"},
    {"CL on HEAD", TEXT("HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n"), API,
     BK_SCAN_BAD, "Content-Length with GET or HEAD"},
    {"CL on PUT, no bodies", TEXT(PUT "Content-Length: 0\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "Content-Length where no body is taken"},
    {"CL on get, which is not GET", TEXT("get / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n"),
     PHONE, BK_SCAN_BAD, "Content-Length where no body is taken"},
    {"CL.CL, differing", TEXT(PUT "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"), API,
     BK_SCAN_BAD, "two Content-Length fields"},
    {"CL.CL, equal", TEXT(PUT "Content-Length: 5\r\ncontent-length: 5\r\n\r\n"), API, BK_SCAN_BAD,
     "two Content-Length fields"},
    {"CL.CL as a list", TEXT(PUT "Content-Length: 5, 5\r\n\r\n"), API, BK_SCAN_BAD,
     "Content-Length is not a number of 1..15 digits"},
    {"CL with plus", TEXT(PUT "Content-Length: +5\r\n\r\n"), API, BK_SCAN_BAD,
     "Content-Length is not a number of 1..15 digits"},
    {"CL negative", TEXT(PUT "Content-Length: -1\r\n\r\n"), API, BK_SCAN_BAD,
     "Content-Length is not a number of 1..15 digits"},
    {"CL hexadecimal", TEXT(PUT "Content-Length: 0x5\r\n\r\n"), API, BK_SCAN_BAD,
     "Content-Length is not a number of 1..15 digits"},
    {"CL with a blank inside", TEXT(PUT "Content-Length: 1 2\r\n\r\n"), API, BK_SCAN_BAD,
     "Content-Length is not a number of 1..15 digits"},
    {"CL empty", TEXT(PUT "Content-Length:\r\n\r\n"), API, BK_SCAN_BAD,
     "Content-Length is not a number of 1..15 digits"},
    {"CL of 16 digits", TEXT(PUT "Content-Length: 1000000000000000\r\n\r\n"), API, BK_SCAN_BAD,
     "Content-Length is not a number of 1..15 digits"},
    {"CL octal?", TEXT(PUT "Content-Length: 010\r\n\r\n"), API, BK_SCAN_BAD,
     "Content-Length with a leading zero"},
    {"two Connection fields", TEXT(GET "Connection: close\r\nConnection: keep-alive\r\n\r\n"),
     PHONE, BK_SCAN_BAD, "two Connection fields"},
    {"Expect of something else", TEXT(PUT "Content-Length: 5\r\nExpect: miracles\r\n\r\n"), API,
     BK_SCAN_BAD, "Expect is not 100-continue"},
    {"TE on GET", TEXT(GET "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "Transfer-Encoding"},
    {"TE on PUT", TEXT(PUT "Transfer-Encoding: chunked\r\n\r\n"), API, BK_SCAN_BAD,
     "Transfer-Encoding"},
    {"CL.TE", TEXT(PUT "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"), API, BK_SCAN_BAD,
     "Transfer-Encoding"},
    {"TE.CL", TEXT(PUT "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"), API, BK_SCAN_BAD,
     "Transfer-Encoding"},
    {"TE.TE", TEXT(PUT "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n"), API,
     BK_SCAN_BAD, "Transfer-Encoding"},
    {"TE in other case", TEXT(PUT "tRANSFER-eNCODING: Chunked\r\n\r\n"), API, BK_SCAN_BAD,
     "Transfer-Encoding"},
    {"TE with blanks", TEXT(PUT "Transfer-Encoding:\t chunked \r\n\r\n"), API, BK_SCAN_BAD,
     "Transfer-Encoding"},
    {"TE identity", TEXT(PUT "Transfer-Encoding: identity\r\n\r\n"), API, BK_SCAN_BAD,
     "Transfer-Encoding"},
    {"TE list with comma", TEXT(PUT "Transfer-Encoding: identity, chunked\r\n\r\n"), API,
     BK_SCAN_BAD, "Transfer-Encoding"},
    {"TE empty", TEXT(PUT "Transfer-Encoding:\r\n\r\n"), API, BK_SCAN_BAD, "Transfer-Encoding"},
    {"TE on HTTP/1.0", TEXT("PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), API,
     BK_SCAN_BAD, "Transfer-Encoding"},
    {"TE with blank before the colon", TEXT(PUT "Transfer-Encoding : chunked\r\n\r\n"), API,
     BK_SCAN_BAD, "blank before the colon"},
    {"TE with vertical tab",
     TEXT(PUT "Transfer-Encoding:\x0b"
              "chunked\r\n\r\n"),
     API, BK_SCAN_BAD, "control character"},
    {"TE behind a blank", TEXT(PUT " Transfer-Encoding: chunked\r\n\r\n"), API, BK_SCAN_BAD,
     "continued line (obs-fold)"},
    {"TE behind a bare CR", TEXT(PUT "X: y\rTransfer-Encoding: chunked\r\n\r\n"), API, BK_SCAN_BAD,
     "CR without LF"},

    /* --- line ends */
    {"LF only", TEXT("GET / HTTP/1.1\nHost: a\n\n"), PHONE, BK_SCAN_BAD, "line end without CR"},
    {"LF in the last line", TEXT(GET "\n"), PHONE, BK_SCAN_BAD, "line end without CR"},
    {"LF between fields", TEXT(GET "a: 1\nb: 2\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "line end without CR"},
    {"CR only", TEXT("GET / HTTP/1.1\rHost: a\r\r"), PHONE, BK_SCAN_BAD, "CR without LF"},
    {"CR CR LF", TEXT("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n"), PHONE, BK_SCAN_BAD, "CR without LF"},
    {"CR in a value", TEXT(GET "a: 1\r2\r\n\r\n"), PHONE, BK_SCAN_BAD, "CR without LF"},
    {"obs-fold with a blank", TEXT(GET "a: 1\r\n 2\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "continued line (obs-fold)"},
    {"obs-fold with a tab", TEXT(GET "a: 1\r\n\t2\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "continued line (obs-fold)"},
    {"obs-fold after the request line", TEXT("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), PHONE,
     BK_SCAN_BAD, "continued line (obs-fold)"},
    {"a line of one blank", TEXT(GET " \r\n\r\n"), PHONE, BK_SCAN_BAD, "continued line (obs-fold)"},
    {"empty line first", TEXT("\r\n" GET "\r\n"), PHONE, BK_SCAN_BAD, "empty request line"},
    {"LF first", TEXT("\n" GET "\r\n"), PHONE, BK_SCAN_BAD, "line end without CR"},

    /* --- bytes */
    {"NUL first", TEXT("\0GET / HTTP/1.1\r\nHost: a\r\n\r\n"), PHONE, BK_SCAN_BAD, "NUL"},
    {"NUL in the target", TEXT("GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n"), PHONE, BK_SCAN_BAD, "NUL"},
    {"NUL in a name", TEXT(GET "Transfer-Encoding\0: chunked\r\n\r\n"), PHONE, BK_SCAN_BAD, "NUL"},
    {"NUL in a value", TEXT(GET "a: 1\0002\r\n\r\n"), PHONE, BK_SCAN_BAD, "NUL"},
    {"NUL before the end", TEXT(GET "\0\r\n"), PHONE, BK_SCAN_BAD, "NUL"},
    {"escape in a value", TEXT(GET "User-Agent: \x1b[2J\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "control character"},
    {"DEL in a value", TEXT(GET "a: \x7f\r\n\r\n"), PHONE, BK_SCAN_BAD, "control character"},
    {"TLS on a plain port", TEXT("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), PHONE,
     BK_SCAN_BAD, "control character"},

    /* --- request line */
    {"8-bit in the target", TEXT("GET /caf\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n"), PHONE,
     BK_SCAN_BAD, "target is not visible ASCII"},
    {"tab in the target", TEXT("GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "target is not visible ASCII"},
    {"absolute-form", TEXT("GET https://a.example/k HTTP/1.1\r\nHost: a\r\n\r\n"), PHONE,
     BK_SCAN_BAD, "target does not start with a slash"},
    {"asterisk-form", TEXT("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "target does not start with a slash"},
    {"authority-form", TEXT("CONNECT a.example:443 HTTP/1.1\r\nHost: a\r\n\r\n"), PHONE,
     BK_SCAN_BAD, "target does not start with a slash"},
    {"no target", TEXT("GET  HTTP/1.1\r\nHost: a\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "target does not start with a slash"},
    {"two blanks before the target", TEXT("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "target does not start with a slash"},
    {"HTTP/2 preface", TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "target does not start with a slash"},
    {"HTTP/2.0", TEXT("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "version is neither HTTP/1.1 nor HTTP/1.0"},
    {"HTTP/1.2", TEXT("GET / HTTP/1.2\r\nHost: a\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "version is neither HTTP/1.1 nor HTTP/1.0"},
    {"HTTP/1.10", TEXT("GET / HTTP/1.10\r\nHost: a\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "version is neither HTTP/1.1 nor HTTP/1.0"},
    {"HTTP/01.1", TEXT("GET / HTTP/01.1\r\nHost: a\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "version is neither HTTP/1.1 nor HTTP/1.0"},
    {"HTTP/0.9 named", TEXT("GET / HTTP/0.9\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "version is neither HTTP/1.1 nor HTTP/1.0"},
    {"HTTP/0.9 as it was", TEXT("GET /\r\n"), PHONE, BK_SCAN_BAD,
     "version is neither HTTP/1.1 nor HTTP/1.0"},
    {"lower-case http", TEXT("GET / http/1.1\r\nHost: a\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "version is neither HTTP/1.1 nor HTTP/1.0"},
    {"two blanks before the version", TEXT("GET /  HTTP/1.1\r\nHost: a\r\n\r\n"), PHONE,
     BK_SCAN_BAD, "version is neither HTTP/1.1 nor HTTP/1.0"},
    {"blank behind the version", TEXT("GET / HTTP/1.1 \r\nHost: a\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "version is neither HTTP/1.1 nor HTTP/1.0"},
    {"blank in the target", TEXT("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "version is neither HTTP/1.1 nor HTTP/1.0"},
    {"tab after the method", TEXT("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "method is not a token of 1..16 characters"},
    {"tab before the version", TEXT("GET /\tHTTP/1.1\r\nHost: a\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "target is not visible ASCII"},
    {"blank before the method", TEXT(" GET / HTTP/1.1\r\nHost: a\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "method is not a token of 1..16 characters"},
    {"method of 17", TEXT("ABCDEFGHIJKLMNOPQ / HTTP/1.1\r\nHost: a\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "method is not a token of 1..16 characters"},
    {"method with a colon", TEXT("GE:T / HTTP/1.1\r\nHost: a\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "method is not a token of 1..16 characters"},
    {"8-bit in the method", TEXT("G\xc3\xa9T / HTTP/1.1\r\nHost: a\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "method is not a token of 1..16 characters"},

    /* --- fields */
    {"two Hosts", TEXT(GET "Host: b\r\n\r\n"), PHONE, BK_SCAN_BAD, "two Host fields"},
    {"two Hosts alike", TEXT(GET "host: a.example\r\n\r\n"), PHONE, BK_SCAN_BAD, "two Host fields"},
    {"two Hosts on HTTP/1.0", TEXT("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"), PHONE,
     BK_SCAN_BAD, "two Host fields"},
    {"no Host", TEXT("GET / HTTP/1.1\r\nUser-Agent: x\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "no Host field"},
    {"no field at all", TEXT("GET / HTTP/1.1\r\n\r\n"), PHONE, BK_SCAN_BAD, "no Host field"},
    {"empty Host", TEXT("GET / HTTP/1.1\r\nHost: \t\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "Host is not a name or address"},
    {"Host list", TEXT("GET / HTTP/1.1\r\nHost: a,b\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "Host is not a name or address"},
    {"Host with a blank", TEXT("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "Host is not a name or address"},
    {"Host with a tab", TEXT("GET / HTTP/1.1\r\nHost: a\tb\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "Host is not a name or address"},
    {"Host with user information", TEXT("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "Host is not a name or address"},
    {"Host with a path", TEXT("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "Host is not a name or address"},
    {"Host in 8-bit",
     TEXT("GET / HTTP/1.1\r\nHost: b\xfc"
          "cher\r\n\r\n"),
     PHONE, BK_SCAN_BAD, "Host is not a name or address"},
    {"Host with a control character", TEXT("GET / HTTP/1.1\r\nHost: a\x01\r\n\r\n"), PHONE,
     BK_SCAN_BAD, "control character"},
    {"Host with NUL", TEXT("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n"), PHONE, BK_SCAN_BAD, "NUL"},
    {"Host with blank before the colon", TEXT("GET / HTTP/1.1\r\nHost : a\r\n\r\n"), PHONE,
     BK_SCAN_BAD, "blank before the colon"},
    {"tab before the colon", TEXT(GET "a\t: 1\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "blank before the colon"},
    {"empty name", TEXT(GET ": 1\r\n\r\n"), PHONE, BK_SCAN_BAD, "empty field name"},
    {"no colon", TEXT(GET "nonsense\r\n\r\n"), PHONE, BK_SCAN_BAD, "field without a colon"},
    {"brackets in a name", TEXT(GET "a(b): 1\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "field name is not a token"},
    {"8-bit in a name", TEXT(GET "\xe4: 1\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "field name is not a token"},
    {"one field too many", TEXT(GET F3 F3 "d: 4\r\ne: 5\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "too many fields"},
    {"bad before the end", TEXT(GET "Host: b\r\n"), PHONE, BK_SCAN_BAD, "two Host fields"},
    {"the first of two faults is named", TEXT(GET "Host: b\r\nx: \x01\r\n\r\n"), PHONE, BK_SCAN_BAD,
     "two Host fields"},
};

static const struct bk_head_limits *limits_of(enum who who)
{
    return who == API ? &api_limits : &phone_limits;
}

/* On an exact copy, so that a sanitizer sees a read past the end. */
static enum bk_scan scan(struct bk_str text, const struct bk_head_limits *limits, size_t *scanned,
                         struct bk_head *ret_head)
{
    char *copy = malloc(text.len > 0 ? text.len : 1);
    assert_non_null(copy);
    memcpy(copy, text.ptr, text.len);
    enum bk_scan verdict = bk_head_scan((struct bk_str){copy, text.len}, limits, scanned, ret_head);
    free(copy);
    return verdict;
}

static void assert_reason(const struct bk_head *head, const char *want)
{
    assert_non_null(head->reason);
    assert_string_equal(head->reason, want);
}

static void heads_follow_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct bk_head head = {0};
        size_t scanned = 0;
        print_message("  %s\n", cases[i].label);
        assert_int_equal(scan(cases[i].text, limits_of(cases[i].who), &scanned, &head),
                         cases[i].want);
        if (cases[i].want == BK_SCAN_BAD)
            assert_reason(&head, cases[i].reason);
        if (cases[i].want == BK_SCAN_GOOD) {
            assert_null(head.reason);
            assert_true(head.head_bytes <= cases[i].text.len);
            assert_memory_equal(cases[i].text.ptr + head.head_bytes - 4, "\r\n\r\n", 4);
        }
    }
}

/* Byte by byte, and in two parts at every place: same verdict, same reason, same sizes. */
static void a_verdict_does_not_depend_on_how_bytes_arrive(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        const struct bk_head_limits *limits = limits_of(cases[i].who);
        struct bk_str text = cases[i].text;
        struct bk_head whole = {0}, head = {0};
        size_t scanned = 0;
        (void)scan(text, limits, &scanned, &whole);

        enum bk_scan verdict = BK_SCAN_MORE;
        scanned = 0;
        for (size_t len = 0; len <= text.len && verdict == BK_SCAN_MORE; len++)
            verdict = scan(bk_str_slice(text, 0, len), limits, &scanned, &head);
        if (verdict != cases[i].want)
            fail_msg("%s, byte by byte: %d", cases[i].label, verdict);
        if (verdict == BK_SCAN_GOOD)
            assert_int_equal(scanned, 0);
        assert_ptr_equal(head.reason, whole.reason);
        assert_int_equal(head.head_bytes, whole.head_bytes);
        assert_int_equal(head.body_bytes, whole.body_bytes);

        for (size_t at = 0; at < text.len; at++) {
            head = (struct bk_head){0};
            scanned = 0;
            verdict = scan(bk_str_slice(text, 0, at), limits, &scanned, &head);
            if (verdict == BK_SCAN_MORE)
                verdict = scan(text, limits, &scanned, &head);
            if (verdict != cases[i].want)
                fail_msg("%s, cut at %zu: %d", cases[i].label, at, verdict);
            assert_ptr_equal(head.reason, whole.reason);
            assert_int_equal(head.head_bytes, whole.head_bytes);
        }
    }
}

static void a_verdict_stands_when_asked_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        const struct bk_head_limits *limits = limits_of(cases[i].who);
        struct bk_head head = {0};
        size_t scanned = 0;
        enum bk_scan verdict = BK_SCAN_MORE;
        for (size_t len = 0; len <= cases[i].text.len && verdict == BK_SCAN_MORE; len++)
            verdict = scan(bk_str_slice(cases[i].text, 0, len), limits, &scanned, &head);
        assert_int_equal(scan(cases[i].text, limits, &scanned, &head), verdict);
    }
}

/* One byte of each kind at each place of a good head, aligned and not: the scan skips by words. */
static void a_control_character_is_bad_wherever_it_stands(void **state)
{
    (void)state;
    static const char good[] = GET "User-Agent: Yealink SIP-T54W\r\nAccept: */*\r\n\r\n";
    for (size_t at = 0; at < sizeof good - 3; at++) {
        for (int c = 0; c < 0x80; c++) {
            if ((c >= 0x20 && c != 0x7f) || c == '\t' || c == '\r' || c == '\n')
                continue;
            char text[sizeof good - 1];
            memcpy(text, good, sizeof text);
            text[at] = (char)c;
            struct bk_head head = {0};
            size_t scanned = 0;
            if (scan((struct bk_str){text, sizeof text}, &phone_limits, &scanned, &head) !=
                BK_SCAN_BAD)
                fail_msg("\\x%02x at %zu is not bad", (unsigned)c, at);
        }
    }
}

static void content_length_is_reported(void **state)
{
    (void)state;
    struct bk_head head = {0};
    size_t scanned = 0;
    struct bk_str put = BK_STR(PUT "Content-Length: 12345\r\n\r\nab");
    assert_int_equal(scan(put, &api_limits, &scanned, &head), BK_SCAN_GOOD);
    assert_int_equal(head.body_bytes, 12345);
    assert_int_equal(head.head_bytes, put.len - 2);
}

/* Two good requests in one packet: the second is judged when the first has been consumed. */
static void a_pipelined_request_is_judged_on_its_own(void **state)
{
    (void)state;
    struct bk_str input = BK_STR(GET "\r\n"
                                     "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
    struct bk_head head = {0};
    size_t scanned = 0;
    assert_int_equal(scan(input, &phone_limits, &scanned, &head), BK_SCAN_GOOD);
    assert_int_equal(head.head_bytes, sizeof GET "\r\n" - 1);
    assert_int_equal(scanned, 0);
    input = bk_str_slice(input, head.head_bytes, input.len);
    assert_int_equal(scan(input, &phone_limits, &scanned, &head), BK_SCAN_BAD);
    assert_reason(&head, "two Host fields");
}

/* A head of `head_bytes` bytes in all, in a field of that length. */
static void fill_head(char *text, size_t head_bytes)
{
    size_t start = sizeof GET - 1;
    memset(text, 'x', head_bytes);
    memcpy(text, GET, start);
    memcpy(text + start, "pad:", 4);
    memcpy(text + head_bytes - 4, "\r\n\r\n", 4);
}

static void a_head_may_be_as_long_as_its_limit_and_no_longer(void **state)
{
    (void)state;
    char text[HEAD_BYTES_MAX + 100];
    struct bk_head head = {0};
    size_t scanned = 0;

    fill_head(text, HEAD_BYTES_MAX);
    assert_int_equal(scan((struct bk_str){text, sizeof text}, &phone_limits, &scanned, &head),
                     BK_SCAN_GOOD);
    assert_int_equal(head.head_bytes, HEAD_BYTES_MAX);

    fill_head(text, HEAD_BYTES_MAX + 1);
    scanned = 0;
    assert_int_equal(scan((struct bk_str){text, sizeof text}, &phone_limits, &scanned, &head),
                     BK_SCAN_BAD);
    assert_reason(&head, "head longer than its limit");
}

static void a_head_that_grows_by_bytes_is_bad_one_byte_beyond_its_limit(void **state)
{
    (void)state;
    char text[HEAD_BYTES_MAX + 1];
    struct bk_head head = {0};
    size_t scanned = 0;
    fill_head(text, sizeof text);
    for (size_t len = 0; len <= HEAD_BYTES_MAX; len++) {
        if (scan((struct bk_str){text, len}, &phone_limits, &scanned, &head) != BK_SCAN_MORE)
            fail_msg("verdict at %zu bytes already", len);
    }
    assert_int_equal(scan((struct bk_str){text, sizeof text}, &phone_limits, &scanned, &head),
                     BK_SCAN_BAD);
    assert_reason(&head, "head longer than its limit");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_follow_the_table),
        cmocka_unit_test(a_verdict_does_not_depend_on_how_bytes_arrive),
        cmocka_unit_test(a_verdict_stands_when_asked_again),
        cmocka_unit_test(a_control_character_is_bad_wherever_it_stands),
        cmocka_unit_test(content_length_is_reported),
        cmocka_unit_test(a_pipelined_request_is_judged_on_its_own),
        cmocka_unit_test(a_head_may_be_as_long_as_its_limit_and_no_longer),
        cmocka_unit_test(a_head_that_grows_by_bytes_is_bad_one_byte_beyond_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
