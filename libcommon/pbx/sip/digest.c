/*
 * Challenges in, credentials out.
 */
#include "pbx/sip/digest.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/hex.h"

enum { CNONCE_BYTES = 12 };

/* --- challenges (RFC 7616 3.3) --- */

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
        (rest.ptr[6] != ' ' && rest.ptr[6] != '\t'))
        return BK_ERR_INVALID;
    rest = bk_str_slice(rest, 7, rest.len);
    while (bk_digest_parameter_next(&rest, &name, space, sizeof space, &len)) {
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
    char response[BK_DIGEST_RESPONSE_SIZE], cnonce[2 * CNONCE_BYTES + 1], count[9];
    uint8_t random[CNONCE_BYTES];
    for (size_t i = 0; i < user.len; i++)
        if ((unsigned char)user.ptr[i] < 0x20 || user.ptr[i] == 0x7f)
            return BK_ERR_INVALID;
    if (RAND_bytes(random, sizeof random) != 1)
        return BK_ERR_CRYPTO;
    bk_hex_print(random, sizeof random, cnonce);
    snprintf(count, sizeof count, "%08x", ++digest->nonce_count);
    const struct bk_str realm = bk_str_of(digest->realm), nonce = bk_str_of(digest->nonce);
    enum bk_err err = bk_digest_response(
        &(struct bk_digest_input){.is_sha256 = digest->is_sha256,
                                  .user = user,
                                  .realm = realm,
                                  .secret = secret,
                                  .method = bk_str_of(method),
                                  .uri = uri,
                                  .nonce = nonce,
                                  .count = bk_str_of(digest->has_qop ? count : ""),
                                  .cnonce = bk_str_of(cnonce)},
        &response);
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
