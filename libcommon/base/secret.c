/*
 * Secrets in memory, and randomness.
 */
#include "base/secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/crypto.h>

#include "base/alloc.h"

enum bk_err bk_secret_set(struct bk_secret *secret, struct bk_str bytes)
{
    uint8_t *copy = NULL;
    if (bytes.len > 0) {
        copy = bk_alloc(bytes.len);
        if (copy == NULL)
            return BK_ERR_NO_MEMORY;
        memcpy(copy, bytes.ptr, bytes.len);
    }
    size_t len = bytes.len;
    bk_secret_deinit(secret); /* last, as bytes may be a part of it */
    *secret = (struct bk_secret){copy, len};
    return BK_OK;
}

void bk_secret_deinit(struct bk_secret *secret)
{
    if (secret->bytes != NULL)
        bk_wipe(secret->bytes, secret->len);
    bk_free(secret->bytes);
    *secret = (struct bk_secret){NULL, 0};
}

bool bk_secret_eq(struct bk_str a, struct bk_str b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0);
}

struct bk_str bk_secret_str(const struct bk_secret *secret)
{
    return (struct bk_str){(const char *)secret->bytes, secret->len};
}

void bk_wipe(void *bytes, size_t count)
{
    if (count > 0)
        explicit_bzero(bytes, count);
}

void bk_detail_wipe(struct bk_detail *detail)
{
    bk_wipe(detail, sizeof *detail);
}

void bk_random(uint8_t *ret_bytes, size_t count)
{
    while (count > 0) {
        ssize_t got = getrandom(ret_bytes, count, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            fprintf(stderr, "no random bytes from the system: %s\n", strerror(errno));
            abort();
        }
        ret_bytes += got;
        count -= (size_t)got;
    }
}

void bk_random_text(char *ret_text, size_t len, const char *alphabet)
{
    const size_t count = strlen(alphabet);
    for (size_t i = 0; i < len;) {
        uint8_t byte;
        bk_random(&byte, 1);
        if (byte < 256 / count * count) /* beyond a multiple of count, draw again */
            ret_text[i++] = alphabet[byte % count];
    }
    ret_text[len] = '\0';
}
