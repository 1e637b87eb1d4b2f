/*
 * Challenges from the wire: whatever is accepted can be answered in one header field.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "pbx/sip/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bk_digest digest = {0};
    struct bk_str value = {(const char *)data, size};
    if (bk_digest_parse(value, size % 2 == 0, &digest) != BK_OK) {
        assert(!digest.is_set);
        return 0;
    }
    struct bk_buf out;
    bk_buf_init(&out, 16384);
    if (bk_digest_print(&digest, BK_STR("user"), BK_STR("secret"), "NOTIFY", BK_STR("sip:1@x"),
                        &out) == BK_OK) {
        /* One line, ended once. */
        const char *end = memchr(out.ptr, '\r', out.len);
        assert(end == out.ptr + out.len - 2 && end[1] == '\n');
        assert(memchr(out.ptr, '\n', out.len) == end + 1);
    }
    bk_buf_deinit(&out);
    return 0;
}
