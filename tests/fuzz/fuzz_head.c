/*
 * Fuzz target: request heads. A verdict may not depend on how the bytes arrive, and a good head has
 * only the properties h2o's parser may rely on.
 * The first byte chooses the limits and where the input is cut; the rest is the input.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "web/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* On an exact copy, so that a sanitizer sees a read past the end. */
static enum bk_scan scan(const uint8_t *data, size_t len, const struct bk_head_limits *limits,
                         size_t *scanned, struct bk_head *ret_head)
{
    char *copy = malloc(len > 0 ? len : 1);
    require(copy != NULL);
    memcpy(copy, data, len);
    enum bk_scan verdict = bk_head_scan((struct bk_str){copy, len}, limits, scanned, ret_head);
    free(copy);
    return verdict;
}

/* Written apart from the parser, and slowly: what must be true of every head that is good. */
static void require_good(const char *text, const struct bk_head *head,
                         const struct bk_head_limits *limits)
{
    size_t len = head->head_bytes, line_count = 0, host_count = 0;
    require(len <= limits->head_bytes_max && len >= 16 && head->reason == NULL);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        require(c != '\n' || (i > 0 && text[i - 1] == '\r'));
        require(c != '\r' || (i + 1 < len && text[i + 1] == '\n'));
        require(c >= ' ' || c == '\t' || c == '\r' || c == '\n');
        require(c != 0x7f);
        if (c != '\n')
            continue;
        line_count++;
        if (i + 1 < len) {
            const char *line = text + i + 1;
            size_t left = len - i - 1;
            require(line[0] != ' ' && line[0] != '\t' && line[0] != ':');
            /* The empty line is the last one. */
            require(line[0] != '\r' || left == 2);
            host_count += left > 5 && strncasecmp(line, "host:", 5) == 0;
            require(left < 17 || strncasecmp(line, "transfer-encoding", 17) != 0 ||
                    strchr("!#$%&'*+-.^_`|~", line[17]) != NULL ||
                    (line[17] >= '0' && line[17] <= '9') || (line[17] >= 'A' && line[17] <= 'Z') ||
                    (line[17] >= 'a' && line[17] <= 'z'));
        }
    }
    require(line_count >= 2 && line_count - 2 <= limits->field_count_max);
    require(host_count <= 1);
    const char *line_end = memchr(text, '\r', len);
    require(line_end != NULL && line_end - text > 8);
    require(memcmp(line_end - 8, "HTTP/1.1", 8) == 0 || memcmp(line_end - 8, "HTTP/1.0", 8) == 0);
    require(host_count == 1 || line_end[-1] == '0');
    require(strncmp(text, "GET ", 4) != 0 || head->body_bytes == 0);
    require(limits->is_body_allowed || head->body_bytes == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 4096)
        return 0;
    struct bk_head_limits limits = {
        .head_bytes_max = (data[0] & 1) != 0 ? 256 : 2048,
        .field_count_max = (data[0] & 2) != 0 ? 4 : 32,
        .is_body_allowed = (data[0] & 4) != 0,
    };
    size_t step = (size_t)(data[0] >> 3) + 1;
    data++;
    size--;

    struct bk_head whole = {0}, head = {0};
    size_t scanned = 0;
    enum bk_scan want = scan(data, size, &limits, &scanned, &whole);
    require(want != BK_SCAN_BAD || whole.reason != NULL);
    if (want == BK_SCAN_GOOD) {
        require(whole.head_bytes <= size);
        require_good((const char *)data, &whole, &limits);
    }
    if (want == BK_SCAN_MORE)
        require(size <= limits.head_bytes_max && scanned <= size);

    enum bk_scan got = BK_SCAN_MORE;
    scanned = 0;
    for (size_t len = 0; got == BK_SCAN_MORE; len += step) {
        len = len > size ? size : len;
        got = scan(data, len, &limits, &scanned, &head);
        if (len == size)
            break;
    }
    require(got == want);
    if (want != BK_SCAN_MORE)
        require(head.reason == whole.reason && head.head_bytes == whole.head_bytes &&
                head.body_bytes == whole.body_bytes);
    return 0;
}
