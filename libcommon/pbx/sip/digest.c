/*
 * Challenges in, credentials out.
 */
#include "pbx/sip/digest.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/secret.h"

enum { HASH_MAX = 32, HEX_SIZE = 2 * HASH_MAX + 1, CNONCE_BYTES = 12 };

/* --- challenges: name=token or name="quoted", comma separated (RFC 7616 3.3) --- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void skip_blanks(struct bk_str *rest)
{
    while (rest->len > 0 && is_blank(rest->ptr[0]))
        *rest = bk_str_slice(*rest, 1, rest->len);
}

/* The next parameter; false at the end or where it is malformed (then rest->len > 0). */
static bool next_parameter(struct bk_str *rest, struct bk_str *ret_name, char *ret_value,
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

static bool has_token(struct bk_str list, struct bk_str token)
{
    while (list.len > 0)
        if (bk_str_eq_nocase(bk_str_trim(bk_str_cut(&list, ',')), token))
            return true;
    return false;
}

enum bk_err bk_digest_parse(struct bk_str value, bool is_proxy, struct bk_digest *ret_digest)
{
    struct bk_digest digest = {.is_set = true, .is_proxy = is_proxy};
    struct bk_str rest = bk_str_trim(value), name;
    char space[sizeof digest.nonce];
    size_t len = 0;
    bool has_realm = false, has_nonce = false;
    if (rest.len < 7 || !bk_str_eq_nocase(bk_str_slice(rest, 0, 6), BK_STR("Digest")) ||
        !is_blank(rest.ptr[6]))
        return BK_ERR_INVALID;
    rest = bk_str_slice(rest, 7, rest.len);
    while (next_parameter(&rest, &name, space, sizeof space, &len)) {
        struct bk_str text = {space, len < sizeof space ? len : sizeof space};
        if (bk_str_eq_nocase(name, BK_STR("realm"))) {
            if (len >= sizeof digest.realm)
                return BK_ERR_INVALID;
            snprintf(digest.realm, sizeof digest.realm, "%.*s", BK_STR_ARG(text));
            has_realm = true;
        } else if (bk_str_eq_nocase(name, BK_STR("nonce"))) {
            if (len >= sizeof digest.nonce)
                return BK_ERR_INVALID;
            snprintf(digest.nonce, sizeof digest.nonce, "%.*s", BK_STR_ARG(text));
            has_nonce = len > 0;
        } else if (bk_str_eq_nocase(name, BK_STR("opaque"))) {
            if (len >= sizeof digest.opaque)
                return BK_ERR_INVALID;
            snprintf(digest.opaque, sizeof digest.opaque, "%.*s", BK_STR_ARG(text));
            digest.has_opaque = true;
        } else if (bk_str_eq_nocase(name, BK_STR("algorithm"))) {
            digest.is_sha256 = bk_str_eq_nocase(text, BK_STR("SHA-256"));
            if (!digest.is_sha256 && !bk_str_eq_nocase(text, BK_STR("MD5")))
                return BK_ERR_INVALID;
        } else if (bk_str_eq_nocase(name, BK_STR("qop"))) {
            digest.has_qop = true;
            if (!has_token(text, BK_STR("auth")))
                return BK_ERR_INVALID;
        } else if (bk_str_eq_nocase(name, BK_STR("stale"))) {
            digest.is_stale = bk_str_eq_nocase(text, BK_STR("true"));
        }
    }
    if (bk_str_trim(rest).len > 0 || !has_realm || !has_nonce)
        return BK_ERR_INVALID;
    *ret_digest = digest;
    return BK_OK;
}

/* --- credentials --- */

/* Hex of the hash of parts joined by ':'. */
static enum bk_err hash_joined(const struct bk_digest *digest, const struct bk_str *parts,
                               size_t count, char (*ret_hex)[HEX_SIZE])
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx != NULL &&
                EVP_DigestInit_ex(ctx, digest->is_sha256 ? EVP_sha256() : EVP_md5(), NULL) == 1;
    for (size_t i = 0; good && i < count; i++)
        good = (i == 0 || EVP_DigestUpdate(ctx, ":", 1) == 1) &&
               EVP_DigestUpdate(ctx, parts[i].ptr, parts[i].len) == 1;
    good = good && EVP_DigestFinal_ex(ctx, hash, &len) == 1 && len <= HASH_MAX;
    EVP_MD_CTX_free(ctx);
    if (good)
        bk_hex_print(hash, len, *ret_hex);
    bk_wipe(hash, sizeof hash);
    return good ? BK_OK : BK_ERR_CRYPTO;
}

/* Inside quotes: '"' and '\' escaped. What would end the line was refused before. */
static void add_quoted(struct bk_buf *out, const char *name, struct bk_str text)
{
    bk_buf_addf(out, ", %s=\"", name);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            bk_buf_add_char(out, '\\');
        bk_buf_add_char(out, text.ptr[i]);
    }
    bk_buf_add_char(out, '"');
}

enum bk_err bk_digest_print(struct bk_digest *digest, struct bk_str user, struct bk_str secret,
                            const char *method, struct bk_str uri, struct bk_buf *out)
{
    char ha1[HEX_SIZE], ha2[HEX_SIZE], response[HEX_SIZE], cnonce[2 * CNONCE_BYTES + 1], count[9];
    uint8_t random[CNONCE_BYTES];
    for (size_t i = 0; i < user.len; i++)
        if ((unsigned char)user.ptr[i] < 0x20 || user.ptr[i] == 0x7f)
            return BK_ERR_INVALID;
    if (RAND_bytes(random, sizeof random) != 1)
        return BK_ERR_CRYPTO;
    bk_hex_print(random, sizeof random, cnonce);
    snprintf(count, sizeof count, "%08x", ++digest->nonce_count);
    const struct bk_str realm = bk_str_of(digest->realm), nonce = bk_str_of(digest->nonce);
    const struct bk_str a1[] = {user, realm, secret}, a2[] = {bk_str_of(method), uri};
    enum bk_err err = hash_joined(digest, a1, BK_COUNT(a1), &ha1);
    if (err == BK_OK)
        err = hash_joined(digest, a2, BK_COUNT(a2), &ha2);
    const struct bk_str with_qop[] = {bk_str_of(ha1),    nonce,          bk_str_of(count),
                                      bk_str_of(cnonce), BK_STR("auth"), bk_str_of(ha2)};
    const struct bk_str without[] = {bk_str_of(ha1), nonce, bk_str_of(ha2)};
    if (err == BK_OK)
        err = digest->has_qop ? hash_joined(digest, with_qop, BK_COUNT(with_qop), &response)
                              : hash_joined(digest, without, BK_COUNT(without), &response);
    bk_wipe(ha1, sizeof ha1);
    if (err != BK_OK)
        return err;
    bk_buf_addf(out, "%s: Digest algorithm=%s",
                digest->is_proxy ? "Proxy-Authorization" : "Authorization",
                digest->is_sha256 ? "SHA-256" : "MD5");
    add_quoted(out, "username", user);
    add_quoted(out, "realm", realm);
    add_quoted(out, "nonce", nonce);
    add_quoted(out, "uri", uri);
    add_quoted(out, "response", bk_str_of(response));
    if (digest->has_opaque)
        add_quoted(out, "opaque", bk_str_of(digest->opaque));
    if (digest->has_qop) {
        bk_buf_addf(out, ", qop=auth, nc=%s", count);
        add_quoted(out, "cnonce", bk_str_of(cnonce));
    }
    bk_buf_add(out, BK_STR("\r\n"));
    return out->err;
}
