/*
 * Basic and Digest, the server's side.
 */
#include "web/auth_http.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/hex.h"
#include "base/secret.h"

#define REALM "beckon"

/* --- what a phone sent --- */

static bool is_text(struct bk_str text, size_t len_max)
{
    return text.len <= len_max && bk_str_is_utf8(text) && !bk_str_has_control(text);
}

static enum bk_err parse_basic(struct bk_str token, char (*space)[BK_HTTP_AUTH_MAX],
                               struct bk_http_auth *ret_auth)
{
    size_t len = 0;
    if (bk_base64_parse(token, (uint8_t *)*space, sizeof *space, &len) != BK_OK)
        return BK_ERR_INVALID;
    struct bk_str password = {*space, len};
    if (bk_str_find(password, ':') < 0)
        return BK_ERR_INVALID;
    struct bk_str user = bk_str_cut(&password, ':'); /* a password may hold more of them */
    if (user.len == 0 || !is_text(user, BK_HTTP_USER_MAX) ||
        !is_text(password, BK_HTTP_PASSWORD_MAX))
        return BK_ERR_INVALID;
    *ret_auth = (struct bk_http_auth){.scheme = BK_HTTP_BASIC, .user = user, .password = password};
    return BK_OK;
}

struct digest_fields {
    struct bk_http_auth auth;
    struct bk_str algorithm, qop, userhash;
};

static const struct {
    const char *name;
    size_t offset; /* of its bk_str; its ptr is NULL until the parameter was seen */
} digest_parameters[] = {
    {"username", offsetof(struct digest_fields, auth.user)},
    {"realm", offsetof(struct digest_fields, auth.realm)},
    {"nonce", offsetof(struct digest_fields, auth.nonce)},
    {"uri", offsetof(struct digest_fields, auth.uri)},
    {"response", offsetof(struct digest_fields, auth.response)},
    {"nc", offsetof(struct digest_fields, auth.count)},
    {"cnonce", offsetof(struct digest_fields, auth.cnonce)},
    {"algorithm", offsetof(struct digest_fields, algorithm)},
    {"qop", offsetof(struct digest_fields, qop)},
    {"userhash", offsetof(struct digest_fields, userhash)},
};

static struct bk_str *field_find(struct digest_fields *fields, struct bk_str name)
{
    for (size_t i = 0; i < BK_COUNT(digest_parameters); i++)
        if (bk_str_eq_nocase(name, bk_str_of(digest_parameters[i].name)))
            return (struct bk_str *)((char *)fields + digest_parameters[i].offset);
    return NULL;
}

static bool is_count(struct bk_str text)
{
    uint8_t bytes[4];
    return bk_hex_parse(text, bytes, sizeof bytes) == BK_OK &&
           (bytes[0] | bytes[1] | bytes[2] | bytes[3]) != 0;
}

static bool is_lower_hex(struct bk_str text, size_t len)
{
    for (size_t i = 0; i < text.len; i++)
        if (bk_hex_digit(text.ptr[i]) < 0 || (text.ptr[i] >= 'A' && text.ptr[i] <= 'F'))
            return false;
    return text.len == len;
}

/* What was read, against what was offered. */
static bool is_answer(struct digest_fields *fields)
{
    struct bk_http_auth *auth = &fields->auth;
    auth->is_sha256 = bk_str_eq_nocase(fields->algorithm, BK_STR("SHA-256"));
    /* RFC 2069 knew no other than MD5, and phones leave it out. */
    if (!auth->is_sha256 && fields->algorithm.ptr != NULL &&
        !bk_str_eq_nocase(fields->algorithm, BK_STR("MD5")))
        return false;
    if (fields->qop.ptr == NULL) {
        /* Phones that write nc and cnonce without qop do not hash them. */
        auth->count = auth->cnonce = BK_STR_NONE;
    } else if (!bk_str_eq_nocase(fields->qop, BK_STR("auth")) || !is_count(auth->count) ||
               auth->cnonce.len == 0) {
        return false;
    }
    if (bk_str_eq_nocase(fields->userhash, BK_STR("true")))
        return false;
    return auth->user.len > 0 && is_text(auth->user, BK_HTTP_USER_MAX) && auth->realm.ptr != NULL &&
           auth->nonce.len > 0 && auth->uri.len > 0 &&
           is_lower_hex(auth->response, auth->is_sha256 ? 64 : 32);
}

static enum bk_err parse_digest(struct bk_str rest, char (*space)[BK_HTTP_AUTH_MAX],
                                struct bk_http_auth *ret_auth)
{
    struct digest_fields fields = {.auth.scheme = BK_HTTP_DIGEST};
    struct bk_str name;
    size_t used = 0, len = 0; /* a value is never longer than what it is read from */
    while (bk_digest_parameter_next(&rest, &name, *space + used, sizeof *space - used, &len)) {
        struct bk_str *field = field_find(&fields, name);
        if (field == NULL)
            continue;
        if (field->ptr != NULL)
            return BK_ERR_INVALID;
        *field = (struct bk_str){*space + used, len};
        used += len;
    }
    if (rest.len > 0 || !is_answer(&fields))
        return BK_ERR_INVALID;
    *ret_auth = fields.auth;
    return BK_OK;
}

enum bk_err bk_http_auth_parse(struct bk_str value, char (*space)[BK_HTTP_AUTH_MAX],
                               struct bk_http_auth *ret_auth)
{
    struct bk_str rest = bk_str_trim(value);
    if (rest.len > BK_HTTP_AUTH_MAX || bk_str_find(rest, ' ') < 0)
        return BK_ERR_INVALID;
    struct bk_str scheme = bk_str_cut(&rest, ' ');
    rest = bk_str_trim(rest);
    if (bk_str_eq_nocase(scheme, BK_STR("Basic")))
        return parse_basic(rest, space, ret_auth);
    if (bk_str_eq_nocase(scheme, BK_STR("Digest")))
        return parse_digest(rest, space, ret_auth);
    return BK_ERR_INVALID;
}

/* --- nonces: time(5, big endian) | random(8) | HMAC(16), as hex --- */

enum { TIME_BYTES = 5, RANDOM_BYTES = 8, TAG_BYTES = 16 };
enum { TAGGED_BYTES = TIME_BYTES + RANDOM_BYTES, NONCE_BYTES = TAGGED_BYTES + TAG_BYTES };

void bk_http_nonce_key(const struct bk_key *master_key, struct bk_key *ret_key)
{
    bk_key_derive(master_key, BK_STR("nonces of http digest"), ret_key);
}

/* The algorithm is part of it, so that a nonce asks for SHA-256 or for MD5 and not for whichever.
 */
static void tag(const struct bk_key *nonce_key, bool is_sha256, const uint8_t *tagged,
                uint8_t *ret_tag)
{
    char text[TAGGED_BYTES + 1];
    uint8_t mac[32];
    memcpy(text, tagged, TAGGED_BYTES);
    text[TAGGED_BYTES] = is_sha256 ? 1 : 0;
    bk_mac_sha256(nonce_key, (struct bk_str){text, sizeof text}, &mac);
    memcpy(ret_tag, mac, TAG_BYTES);
}

void bk_http_digest_challenge(const struct bk_key *nonce_key, bool is_sha256, bool is_stale,
                              int64_t now_s, char (*ret_value)[BK_HTTP_CHALLENGE_SIZE])
{
    uint8_t nonce[NONCE_BYTES];
    char hex[2 * NONCE_BYTES + 1];
    for (int i = 0; i < TIME_BYTES; i++)
        nonce[i] = (uint8_t)(now_s >> 8 * (TIME_BYTES - 1 - i));
    bk_random(nonce + TIME_BYTES, RANDOM_BYTES);
    tag(nonce_key, is_sha256, nonce, nonce + TAGGED_BYTES);
    bk_hex_print(nonce, sizeof nonce, hex);
    snprintf(*ret_value, sizeof *ret_value,
             "Digest realm=\"" REALM "\", qop=\"auth\", algorithm=%s, nonce=\"%s\"%s",
             is_sha256 ? "SHA-256" : "MD5", hex, is_stale ? ", stale=true" : "");
}

/* False: not one of ours for this algorithm. */
static bool nonce_is_ours(const struct bk_key *nonce_key, const struct bk_http_auth *auth,
                          int64_t *ret_made_at_s)
{
    uint8_t nonce[NONCE_BYTES], want[TAG_BYTES];
    if (bk_hex_parse(auth->nonce, nonce, sizeof nonce) != BK_OK)
        return false;
    tag(nonce_key, auth->is_sha256, nonce, want);
    *ret_made_at_s = 0;
    for (int i = 0; i < TIME_BYTES; i++)
        *ret_made_at_s = *ret_made_at_s << 8 | nonce[i];
    return bk_secret_eq((struct bk_str){(const char *)want, sizeof want},
                        (struct bk_str){(const char *)nonce + TAGGED_BYTES, TAG_BYTES});
}

enum bk_err bk_http_digest_check(const struct bk_key *nonce_key, const struct bk_http_auth *auth,
                                 struct bk_str secret, struct bk_str method, struct bk_str target,
                                 int64_t now_s)
{
    if (auth->scheme != BK_HTTP_DIGEST)
        return BK_ERR_DENIED;
    char want[BK_DIGEST_RESPONSE_SIZE];
    enum bk_err err = bk_digest_response(&(struct bk_digest_input){.is_sha256 = auth->is_sha256,
                                                                   .user = auth->user,
                                                                   .realm = BK_STR(REALM),
                                                                   .secret = secret,
                                                                   .method = method,
                                                                   .uri = target,
                                                                   .nonce = auth->nonce,
                                                                   .count = auth->count,
                                                                   .cnonce = auth->cnonce},
                                         &want);
    if (err != BK_OK)
        return err;
    int64_t made_at_s = 0;
    bool is_ours = nonce_is_ours(nonce_key, auth, &made_at_s);
    bool is_right = bk_secret_eq(bk_str_of(want), auth->response);
    /* Ours were hashed, so an answer for others is wrong already; what it says of itself must be
     * true too. */
    bool is_same = bk_str_eq(auth->realm, BK_STR(REALM)) && bk_str_eq(auth->uri, target);
    if (!is_ours || !is_right || !is_same || secret.len == 0)
        return BK_ERR_DENIED;
    bool is_fresh =
        made_at_s >= now_s - BK_HTTP_NONCE_LIFE_S && made_at_s <= now_s + BK_HTTP_NONCE_AHEAD_S;
    return is_fresh ? BK_OK : BK_ERR_STALE;
}
