/*
 * Authorization headers: what is accepted is within its bounds and inside the space it was given,
 * and a header that nobody could have computed is never right.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "web/auth_http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void require_inside(struct bk_str text, const char (*space)[BK_HTTP_AUTH_MAX])
{
    require(text.len == 0 || (text.ptr >= *space && text.ptr + text.len <= *space + sizeof *space));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct bk_key key = {{7}};
    char space[BK_HTTP_AUTH_MAX];
    struct bk_http_auth auth = {0};
    char *copy = malloc(size > 0 ? size : 1);
    require(copy != NULL);
    memcpy(copy, data, size);
    enum bk_err err = bk_http_auth_parse((struct bk_str){copy, size}, &space, &auth);
    free(copy); /* nothing of it is kept */
    if (err != BK_OK) {
        require(err == BK_ERR_INVALID && auth.user.ptr == NULL);
        return 0;
    }
    require(auth.user.len > 0 && auth.user.len <= BK_HTTP_USER_MAX);
    require(!bk_str_has_control(auth.user));
    require(auth.password.len <= BK_HTTP_PASSWORD_MAX && !bk_str_has_control(auth.password));
    const struct bk_str texts[] = {auth.user, auth.password, auth.realm,  auth.nonce,
                                   auth.uri,  auth.response, auth.cnonce, auth.count};
    for (size_t i = 0; i < BK_COUNT(texts); i++)
        require_inside(texts[i], (const char(*)[BK_HTTP_AUTH_MAX]) & space);
    if (auth.scheme == BK_HTTP_DIGEST) {
        require(auth.response.len == (auth.is_sha256 ? 64 : 32));
        require((auth.count.len == 8) == (auth.cnonce.len > 0));
    }
    require(bk_http_digest_check(&key, &auth, BK_STR("secret"), BK_STR("GET"), auth.uri, 0) ==
            BK_ERR_DENIED);
    return 0;
}
