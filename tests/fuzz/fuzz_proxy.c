/*
 * Fuzz target: PROXY headers. Whatever the bytes: a header is good at its last byte and not before,
 * a verdict stands when more bytes come, and a source is an address of IPv4 or IPv6.
 */
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "web/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static enum bk_scan scan(const uint8_t *data, size_t len, struct bk_proxy *ret_proxy)
{
    char *copy = malloc(len > 0 ? len : 1);
    require(copy != NULL);
    memcpy(copy, data, len);
    enum bk_scan verdict = bk_proxy_scan((struct bk_str){copy, len}, ret_proxy);
    free(copy);
    return verdict;
}

static void require_good(const uint8_t *data, size_t size, const struct bk_proxy *proxy)
{
    require(proxy->header_bytes >= 15 && proxy->header_bytes <= BK_PROXY_HEADER_MAX);
    require(proxy->header_bytes <= size);
    if (data[0] == 'P') {
        require(proxy->header_bytes <= 107);
        require(memcmp(data + proxy->header_bytes - 2, "\r\n", 2) == 0);
        require(memchr(data, '\n', proxy->header_bytes) == data + proxy->header_bytes - 1);
        require(memchr(data, '\0', proxy->header_bytes) == NULL);
    }
    if (!proxy->has_source) {
        require(proxy->source_len == 0);
        return;
    }
    if (proxy->source.ss_family == AF_INET) {
        require(proxy->source_len == sizeof(struct sockaddr_in));
        return;
    }
    struct sockaddr_in6 in6;
    require(proxy->source.ss_family == AF_INET6 && proxy->source_len == sizeof in6);
    memcpy(&in6, &proxy->source, sizeof in6);
    require(!IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 2048)
        return 0;
    struct bk_proxy whole = {0};
    enum bk_scan want = scan(data, size, &whole);
    require(want == BK_SCAN_GOOD || whole.header_bytes == 0);
    if (want == BK_SCAN_GOOD)
        require_good(data, size, &whole);
    if (want == BK_SCAN_MORE)
        require(size < BK_PROXY_HEADER_MAX);

    enum bk_scan got = BK_SCAN_MORE;
    for (size_t len = 0; len <= size; len++) {
        struct bk_proxy proxy = {0};
        enum bk_scan next = scan(data, len, &proxy);
        require(got == BK_SCAN_MORE || next == got);
        if (want == BK_SCAN_GOOD)
            require((next == BK_SCAN_GOOD) == (len >= whole.header_bytes));
        got = next;
    }
    require(got == want);
    return 0;
}
