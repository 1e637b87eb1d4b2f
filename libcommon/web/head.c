/*
 * Judge of a request head, before h2o's parser sees it. Called by the listener's gate for every
 * request; it changes nothing and keeps nothing, so that h2o reads the very bytes that were judged.
 *
 * Two steps. check_bytes looks at each new byte once: which bytes may stand in a head at all, and
 * where lines end. Whenever that found a new line, judge_lines reads all complete lines from the
 * beginning: counting Hosts anew is cheaper than a state to carry along, and no peer can make it
 * happen more often than field_count_max times.
 */
#include "web/head.h"

#include <stdint.h>
#include <string.h>

#define METHOD_BYTES_MAX 16
#define HOST_BYTES_MAX 255   /* a DNS name has 253 */
#define LENGTH_DIGITS_MAX 15 /* no overflow in 64 bits, and in no double either */

/* --- classes of bytes --- */

enum {
    IS_TOKEN = 1, /* RFC 9110, 5.6.2 */
    IS_HOST =
        2, /* names, addresses, [v6], port; RFC 3986's other characters name no host of ours */
    IS_CONTROL = 4, /* C0 and DEL; tab, CR and LF have their own rules */
};

#define T IS_TOKEN
#define H (IS_TOKEN | IS_HOST)
#define C IS_CONTROL
/* clang-format off */
static const uint8_t classes[256] = {
    C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C,
    C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C,
    0, T, 0, T, T, T, T, T, 0, 0, T, T, 0, H, H, 0,              /*  !"#$%&'()*+,-./ */
    H, H, H, H, H, H, H, H, H, H, IS_HOST, 0, 0, 0, 0, 0,        /* 0123456789:;<=>? */
    0, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,              /* @ABCDEFGHIJKLMNO */
    H, H, H, H, H, H, H, H, H, H, H, IS_HOST, 0, IS_HOST, T, H,  /* PQRSTUVWXYZ[\]^_ */
    T, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,              /* `abcdefghijklmno */
    H, H, H, H, H, H, H, H, H, H, H, 0, T, 0, T, C,              /* pqrstuvwxyz{|}~  */
};
/* clang-format on */
#undef T
#undef H
#undef C

static bool all_of(struct bk_str text, uint8_t class)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((classes[(unsigned char)text.ptr[i]] & class) == 0)
            return false;
    }
    return true;
}

/* --- step 1: bytes and line ends --- */

struct bytes {
    size_t checked;     /* bytes looked at for good */
    size_t lines_bytes; /* all complete lines; 0: no line ended in this call */
    bool is_complete;   /* the last of them is the empty one */
    const char *reason; /* not NULL: the byte at checked cannot be */
};

/* Eight bytes at a time: is any of them a control character? Exact for the word as a whole. */
static bool has_control(const char *at)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones * 0x80;
    uint64_t word;
    memcpy(&word, at, sizeof word);
    uint64_t below_blank = (word - ones * 0x20) & ~word;
    uint64_t del = word ^ ones * 0x7f;
    return ((below_blank | ((del - ones) & ~del)) & high) != 0;
}

static struct bytes check_bytes(struct bk_str input, size_t from)
{
    struct bytes bytes = {0};
    const char *text = input.ptr;
    size_t at = from;
    for (;;) {
        while (input.len - at >= 8 && !has_control(text + at))
            at += 8;
        while (at < input.len && (classes[(unsigned char)text[at]] & IS_CONTROL) == 0)
            at++;
        if (at == input.len)
            break;
        if (text[at] == '\t') {
            at++;
            continue;
        }
        if (text[at] == '\r' && at + 1 == input.len)
            break; /* looked at again when its LF is there */
        if (text[at] != '\r' || text[at + 1] != '\n') {
            bytes.reason = text[at] == '\n'   ? "line end without CR"
                           : text[at] == '\r' ? "CR without LF"
                           : text[at] == '\0' ? "NUL"
                                              : "control character";
            break;
        }
        bool is_empty = at == 0 || text[at - 1] == '\n';
        at += 2;
        bytes.lines_bytes = at;
        if (is_empty) {
            bytes.is_complete = true;
            break;
        }
    }
    bytes.checked = at;
    return bytes;
}

/* --- step 2: lines --- */

struct judge {
    const struct bk_head_limits *limits;
    bool is_get; /* or HEAD */
    bool is_http10;
    size_t field_count, host_count, length_count, connection_count;
    size_t body_bytes;
};

/* Each of these returns NULL, or the reason why not. Lines come without their ends. */

static const char *judge_request_line(struct judge *judge, struct bk_str line)
{
    struct bk_str rest = line;
    struct bk_str method = bk_str_cut(&rest, ' ');
    struct bk_str target = bk_str_cut(&rest, ' ');
    struct bk_str version = rest;

    if (line.len == 0)
        return "empty request line";
    if (method.len == 0 || method.len > METHOD_BYTES_MAX || !all_of(method, IS_TOKEN))
        return "method is not a token of 1..16 characters";
    if (target.len == 0 || target.ptr[0] != '/')
        return "target does not start with a slash";
    for (size_t i = 0; i < target.len; i++) {
        if (target.ptr[i] <= ' ' || target.ptr[i] > '~') /* char may be signed: 8-bit is below */
            return "target is not visible ASCII";
    }
    judge->is_http10 = bk_str_eq(version, BK_STR("HTTP/1.0"));
    if (!judge->is_http10 && !bk_str_eq(version, BK_STR("HTTP/1.1")))
        return "version is neither HTTP/1.1 nor HTTP/1.0";
    judge->is_get = bk_str_eq(method, BK_STR("GET")) || bk_str_eq(method, BK_STR("HEAD"));
    return NULL;
}

static const char *judge_host(struct judge *judge, struct bk_str value)
{
    if (++judge->host_count > 1)
        return "two Host fields";
    if (value.len == 0 || value.len > HOST_BYTES_MAX || !all_of(value, IS_HOST))
        return "Host is not a name or address";
    return NULL;
}

static const char *judge_content_length(struct judge *judge, struct bk_str value)
{
    if (judge->is_get)
        return "Content-Length with GET or HEAD";
    if (!judge->limits->is_body_allowed)
        return "Content-Length where no body is taken";
    if (++judge->length_count > 1)
        return "two Content-Length fields";
    if (value.len == 0 || value.len > LENGTH_DIGITS_MAX)
        return "Content-Length is not a number of 1..15 digits";
    size_t body_bytes = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9')
            return "Content-Length is not a number of 1..15 digits";
        body_bytes = body_bytes * 10 + (size_t)(value.ptr[i] - '0');
    }
    if (value.len > 1 && value.ptr[0] == '0')
        return "Content-Length with a leading zero";
    judge->body_bytes = body_bytes;
    return NULL;
}

static const char *judge_field(struct judge *judge, struct bk_str line)
{
    if (line.ptr[0] == ' ' || line.ptr[0] == '\t')
        return "continued line (obs-fold)";
    if (++judge->field_count > judge->limits->field_count_max)
        return "too many fields";

    size_t len = 0; /* of the name */
    while (len < line.len && (classes[(unsigned char)line.ptr[len]] & IS_TOKEN) != 0)
        len++;
    if (len == line.len)
        return "field without a colon";
    if (line.ptr[len] == ' ' || line.ptr[len] == '\t')
        return "blank before the colon";
    if (line.ptr[len] != ':')
        return "field name is not a token";
    if (len == 0)
        return "empty field name";

    struct bk_str name = bk_str_slice(line, 0, len);
    struct bk_str value = bk_str_slice(line, len + 1, line.len);
    if (len == 4 && bk_str_eq_nocase(name, BK_STR("Host")))
        return judge_host(judge, bk_str_trim(value));
    /* Of several h2o takes the last, which need not be the one that says close. */
    if (len == 10 && bk_str_eq_nocase(name, BK_STR("Connection")) && ++judge->connection_count > 1)
        return "two Connection fields";
    if (len == 14 && bk_str_eq_nocase(name, BK_STR("Content-Length")))
        return judge_content_length(judge, bk_str_trim(value));
    if (len == 17 && bk_str_eq_nocase(name, BK_STR("Transfer-Encoding")))
        return "Transfer-Encoding";
    /* h2o would answer any other with 417, which no phone is told (docs/rules.md, rule 8). */
    if (len == 6 && bk_str_eq_nocase(name, BK_STR("Expect")) &&
        !bk_str_eq_nocase(bk_str_trim(value), BK_STR("100-continue")))
        return "Expect is not 100-continue";
    return NULL;
}

/* lines: complete ones, as check_bytes found them: each ends in CR LF and has no other of either.
 */
static const char *judge_lines(struct judge *judge, struct bk_str lines, bool is_complete)
{
    bool is_first = true;
    while (lines.len > 0) {
        struct bk_str line = bk_str_cut(&lines, '\n');
        line.len--;
        if (!is_first && line.len == 0)
            break;
        const char *reason = is_first ? judge_request_line(judge, line) : judge_field(judge, line);
        if (reason != NULL)
            return reason;
        is_first = false;
    }
    if (is_complete && judge->host_count == 0 && !judge->is_http10)
        return "no Host field";
    return NULL;
}

enum bk_scan bk_head_scan(struct bk_str input, const struct bk_head_limits *limits, size_t *scanned,
                          struct bk_head *ret_head)
{
    bool is_longer = input.len > limits->head_bytes_max;
    struct bk_str head = bk_str_slice(input, 0, limits->head_bytes_max);
    struct judge judge = {.limits = limits};
    struct bytes bytes = check_bytes(head, *scanned < head.len ? *scanned : head.len);
    const char *reason = NULL;

    /* Lines first: with several faults, the first in the text is named, however it was cut. */
    if (bytes.lines_bytes > 0)
        reason = judge_lines(&judge, bk_str_slice(head, 0, bytes.lines_bytes), bytes.is_complete);
    if (reason == NULL)
        reason = bytes.reason;
    if (reason == NULL && is_longer && !bytes.is_complete)
        reason = "head longer than its limit";

    /* Only "more" counts as looked at: who asks again after a verdict gets the same one. */
    if (reason != NULL) {
        *ret_head = (struct bk_head){.reason = reason};
        return BK_SCAN_BAD;
    }
    if (!bytes.is_complete) {
        *scanned = bytes.checked;
        return BK_SCAN_MORE;
    }
    *scanned = 0;
    *ret_head = (struct bk_head){.head_bytes = bytes.lines_bytes, .body_bytes = judge.body_bytes};
    return BK_SCAN_GOOD;
}
