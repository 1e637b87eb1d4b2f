/*
 * Parameters and responses of digest authentication.
 */
#include "base/digest.h"

#include <openssl/evp.h>

#include "base/hex.h"
#include "base/secret.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void skip_blanks(struct bk_str *rest)
{
    while (rest->len > 0 && is_blank(rest->ptr[0]))
        *rest = bk_str_slice(*rest, 1, rest->len);
}

bool bk_digest_parameter_next(struct bk_str *rest, struct bk_str *ret_name, char *ret_value,
                              size_t size, size_t *ret_len)
{
    while (rest->len > 0 && (is_blank(rest->ptr[0]) || rest->ptr[0] == ','))
        *rest = bk_str_slice(*rest, 1, rest->len);
    size_t at = 0, len = 0;
    while (at < rest->len && rest->ptr[at] != '=' && !is_blank(rest->ptr[at]))
        at++;
    *ret_name = bk_str_slice(*rest, 0, at);
    struct bk_str left = bk_str_slice(*rest, at, rest->len);
    skip_blanks(&left);
    if (at == 0 || left.len == 0 || left.ptr[0] != '=')
        return false;
    left = bk_str_slice(left, 1, left.len);
    skip_blanks(&left);
    bool is_quoted = left.len > 0 && left.ptr[0] == '"';
    at = is_quoted ? 1 : 0;
    for (; at < left.len; at++) {
        char c = left.ptr[at];
        if (is_quoted ? c == '"' : c == ',' || is_blank(c))
            break;
        if (is_quoted && c == '\\' && ++at < left.len)
            c = left.ptr[at];
        if ((unsigned char)c < 0x20 || c == 0x7f)
            return false;
        if (len < size)
            ret_value[len] = c;
        len++;
    }
    if (is_quoted && at++ >= left.len)
        return false; /* not closed */
    *rest = bk_str_slice(left, at, left.len);
    *ret_len = len;
    return true;
}

/* Hex of the hash of parts joined by ':'. */
static bool hash_joined(const EVP_MD *hash, const struct bk_str *parts, size_t count,
                        char (*ret_hex)[BK_DIGEST_RESPONSE_SIZE])
{
    uint8_t bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx != NULL && EVP_DigestInit_ex(ctx, hash, NULL) == 1;
    for (size_t i = 0; good && i < count; i++)
        good = (i == 0 || EVP_DigestUpdate(ctx, ":", 1) == 1) &&
               EVP_DigestUpdate(ctx, parts[i].ptr, parts[i].len) == 1;
    good = good && EVP_DigestFinal_ex(ctx, bytes, &len) == 1 && 2 * len < sizeof *ret_hex;
    EVP_MD_CTX_free(ctx);
    if (good)
        bk_hex_print(bytes, len, *ret_hex);
    bk_wipe(bytes, sizeof bytes);
    return good;
}

enum bk_err bk_digest_response(const struct bk_digest_input *input,
                               char (*ret_hex)[BK_DIGEST_RESPONSE_SIZE])
{
    const EVP_MD *hash = input->is_sha256 ? EVP_sha256() : EVP_md5();
    char ha1[BK_DIGEST_RESPONSE_SIZE], ha2[BK_DIGEST_RESPONSE_SIZE];
    const struct bk_str a1[] = {input->user, input->realm, input->secret};
    const struct bk_str a2[] = {input->method, input->uri};
    bool good = hash_joined(hash, a1, BK_COUNT(a1), &ha1);
    good = good && hash_joined(hash, a2, BK_COUNT(a2), &ha2);
    if (good && input->count.len > 0) {
        const struct bk_str parts[] = {bk_str_of(ha1), input->nonce,   input->count,
                                       input->cnonce,  BK_STR("auth"), bk_str_of(ha2)};
        good = hash_joined(hash, parts, BK_COUNT(parts), ret_hex);
    } else if (good) {
        const struct bk_str parts[] = {bk_str_of(ha1), input->nonce, bk_str_of(ha2)};
        good = hash_joined(hash, parts, BK_COUNT(parts), ret_hex);
    }
    bk_wipe(ha1, sizeof ha1);
    return good ? BK_OK : BK_ERR_CRYPTO;
}
