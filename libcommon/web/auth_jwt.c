/*
 * Header first, then signature by the key that the header's kid names, then claims.
 */
#include "web/auth_jwt.h"

#include <jansson.h>
#include <jwt.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hex.h"
#include "base/secret.h"

enum { KEY_MAX = 2, PEM_SIZE = 1024, KID_SIZE = 17, HEADER_MAX = 512, ID_BYTES = 16 };

struct key {
    char private_pem[PEM_SIZE], public_pem[PEM_SIZE], kid[KID_SIZE];
    size_t private_len, public_len;
};

struct bk_jwt {
    struct key keys[KEY_MAX]; /* the first signs */
    size_t key_count;
    const char *issuer, *audience;
};

/* --- keys --- */

static bool write_pem(EVP_PKEY *pkey, bool is_private, char (*ret_pem)[PEM_SIZE], size_t *ret_len)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *text = NULL;
    bool good =
        out != NULL && (is_private ? PEM_write_bio_PrivateKey(out, pkey, NULL, NULL, 0, NULL, NULL)
                                   : PEM_write_bio_PUBKEY(out, pkey)) == 1;
    long len = good ? BIO_get_mem_data(out, &text) : 0;
    good = good && len > 0 && len < PEM_SIZE;
    if (good) {
        memcpy(*ret_pem, text, (size_t)len);
        *ret_len = (size_t)len;
        bk_wipe(text, (size_t)len);
    }
    BIO_free(out);
    return good;
}

/* Half of the SHA-256 of the public key: what names it in tokens. */
static bool name_key(EVP_PKEY *pkey, char (*ret_kid)[KID_SIZE])
{
    unsigned char *der = NULL, hash[SHA256_DIGEST_LENGTH];
    int len = i2d_PUBKEY(pkey, &der);
    if (len <= 0)
        return false;
    SHA256(der, (size_t)len, hash);
    OPENSSL_free(der);
    bk_hex_print(hash, (KID_SIZE - 1) / 2, *ret_kid);
    return true;
}

static enum bk_err read_key(const char *path, struct key *ret_key, struct bk_detail *ret_detail)
{
    char curve[32] = "";
    size_t curve_len = 0;
    enum bk_err err = BK_ERR_INVALID;
    BIO *in = BIO_new_file(path, "r");
    EVP_PKEY *pkey = in != NULL ? PEM_read_bio_PrivateKey(in, NULL, NULL, (void *)"") : NULL;
    BIO_free(in);
    if (in == NULL) {
        bk_detail_set(ret_detail, "jwt key %.180s cannot be read", path);
        err = BK_ERR_IO;
    } else if (pkey == NULL || EVP_PKEY_get_base_id(pkey) != EVP_PKEY_EC ||
               EVP_PKEY_get_group_name(pkey, curve, sizeof curve, &curve_len) != 1 ||
               strcmp(curve, "prime256v1") != 0) {
        bk_detail_set(ret_detail,
                      "jwt key %.120s is no P-256 private key in PEM without a passphrase; "
                      "`beckon keys jwt FILE` makes one",
                      path);
    } else if (write_pem(pkey, true, &ret_key->private_pem, &ret_key->private_len) &&
               write_pem(pkey, false, &ret_key->public_pem, &ret_key->public_len) &&
               name_key(pkey, &ret_key->kid)) {
        err = BK_OK;
    }
    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return err;
}

enum bk_err bk_jwt_new(const struct bk_jwt_options *options, struct bk_jwt **ret_jwt,
                       struct bk_detail *ret_detail)
{
    struct bk_jwt *jwt = bk_alloc(sizeof *jwt);
    if (jwt == NULL)
        return BK_ERR_NO_MEMORY;
    jwt->issuer = options->issuer;
    jwt->audience = options->audience;
    const char *const files[KEY_MAX] = {options->key_file, options->previous_key_file};
    enum bk_err err = BK_OK;
    for (size_t i = 0; err == BK_OK && i < KEY_MAX; i++) {
        if (files[i] == NULL || files[i][0] == '\0')
            break;
        err = read_key(files[i], &jwt->keys[jwt->key_count++], ret_detail);
    }
    if (err == BK_OK && jwt->key_count == 0) {
        bk_detail_set(ret_detail, "jwt.key_file: not set; `beckon keys jwt FILE` makes one");
        err = BK_ERR_INVALID;
    }
    if (err == BK_OK)
        *ret_jwt = jwt;
    else
        bk_jwt_free(jwt);
    return err;
}

void bk_jwt_free(struct bk_jwt *jwt)
{
    if (jwt == NULL)
        return;
    bk_wipe(jwt, sizeof *jwt);
    bk_free(jwt);
}

enum bk_err bk_jwt_key_new(struct bk_buf *ret_pem)
{
    char pem[PEM_SIZE];
    size_t len = 0;
    EVP_PKEY *pkey = EVP_EC_gen("P-256");
    enum bk_err err = BK_ERR_CRYPTO;
    if (pkey != NULL && write_pem(pkey, true, &pem, &len)) {
        bk_buf_add(ret_pem, (struct bk_str){pem, len});
        err = ret_pem->err;
    }
    bk_wipe(pem, sizeof pem);
    EVP_PKEY_free(pkey);
    return err;
}

/* --- signing --- */

enum bk_err bk_jwt_sign(const struct bk_jwt *jwt, struct bk_arena *arena, struct bk_claims *claims,
                        struct bk_str *ret_token)
{
    const struct key *key = &jwt->keys[0];
    uint8_t random[ID_BYTES];
    char subject[32];
    jwt_t *token = NULL;
    char *text = NULL;
    if (RAND_bytes(random, sizeof random) != 1)
        return BK_ERR_CRYPTO;
    bk_hex_print(random, sizeof random, claims->id);
    claims->expires_at_s = claims->issued_at_s + BK_JWT_LIFE_S;
    snprintf(subject, sizeof subject, "user:%lld", (long long)claims->user_id);
    bool good = jwt_new(&token) == 0 && jwt_add_grant(token, "iss", jwt->issuer) == 0 &&
                jwt_add_grant(token, "aud", jwt->audience) == 0 &&
                jwt_add_grant(token, "sub", subject) == 0 &&
                jwt_add_grant(token, "jti", claims->id) == 0 &&
                jwt_add_grant_int(token, "iat", (long)claims->issued_at_s) == 0 &&
                jwt_add_grant_int(token, "nbf", (long)claims->issued_at_s) == 0 &&
                jwt_add_grant_int(token, "exp", (long)claims->expires_at_s) == 0 &&
                jwt_add_grant_int(token, "tid", (long)claims->tenant_id) == 0 &&
                jwt_add_header(token, "kid", key->kid) == 0 &&
                jwt_set_alg(token, JWT_ALG_ES256, (const unsigned char *)key->private_pem,
                            (int)key->private_len) == 0;
    if (good)
        text = jwt_encode_str(token);
    if (text != NULL)
        *ret_token = bk_arena_str(arena, bk_str_of(text));
    if (text != NULL)
        bk_wipe(text, strlen(text));
    free(text);
    jwt_free(token);
    return text != NULL ? BK_OK : BK_ERR_CRYPTO;
}

/* --- checking --- */

static enum bk_err deny(struct bk_detail *detail, const char *why)
{
    bk_detail_set(detail, "%s", why);
    return BK_ERR_DENIED;
}

static bool is_base64url(struct bk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return text.len > 0;
}

/* base64url without padding (RFC 7515 2) -> JSON object; NULL: it is none. */
static json_t *decode_object(struct bk_str part, size_t bytes_max)
{
    unsigned char padded[BK_JWT_SIZE_MAX + 4], bytes[BK_JWT_SIZE_MAX];
    size_t len = part.len;
    if (len % 4 == 1 || len > bytes_max * 4 / 3 + 4 || len > BK_JWT_SIZE_MAX)
        return NULL;
    for (size_t i = 0; i < len; i++)
        padded[i] = (unsigned char)(part.ptr[i] == '-'   ? '+'
                                    : part.ptr[i] == '_' ? '/'
                                                         : part.ptr[i]);
    size_t pad = (4 - len % 4) % 4;
    memset(padded + len, '=', pad);
    int decoded = EVP_DecodeBlock(bytes, padded, (int)(len + pad));
    if (decoded < (int)pad)
        return NULL;
    json_t *object =
        json_loadb((const char *)bytes, (size_t)decoded - pad, JSON_REJECT_DUPLICATES, NULL);
    if (object != NULL && !json_is_object(object)) {
        json_decref(object);
        return NULL;
    }
    return object;
}

/* The key the header names, when it says nothing that is not ours. */
static const struct key *judge_header(const struct bk_jwt *jwt, struct bk_str part)
{
    const struct key *found = NULL;
    json_t *header = decode_object(part, HEADER_MAX);
    const char *name;
    json_t *value;
    bool good = header != NULL;
    json_object_foreach(header, name, value)
    {
        const char *text = json_string_value(value);
        if (text == NULL)
            good = false;
        else if (strcmp(name, "alg") == 0)
            good = good && strcmp(text, "ES256") == 0;
        else if (strcmp(name, "typ") == 0)
            good = good && strcmp(text, "JWT") == 0;
        else if (strcmp(name, "kid") != 0)
            good = false; /* crit, jku, jwk, x5u, x5c …: nothing may tell us where keys are */
    }
    const char *kid = json_string_value(json_object_get(header, "kid"));
    for (size_t i = 0; good && kid != NULL && i < jwt->key_count; i++)
        if (strcmp(kid, jwt->keys[i].kid) == 0)
            found = &jwt->keys[i];
    if (json_object_get(header, "alg") == NULL)
        found = NULL;
    json_decref(header);
    return found;
}

static bool is_text(const json_t *claims, const char *name, const char *want)
{
    const char *text = json_string_value(json_object_get(claims, name));
    return text != NULL && strcmp(text, want) == 0;
}

/* Integers only: libjwt reads a string "exp" as 0. */
static bool take_number(const json_t *claims, const char *name, int64_t *ret_number)
{
    const json_t *value = json_object_get(claims, name);
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *ret_number = json_integer_value(value);
    return true;
}

static enum bk_err judge_claims(const struct bk_jwt *jwt, const json_t *object, int64_t now_s,
                                struct bk_claims *ret_claims, struct bk_detail *ret_detail)
{
    struct bk_claims claims = {0};
    int64_t not_before_s = 0;
    const char *subject = json_string_value(json_object_get(object, "sub"));
    const char *id = json_string_value(json_object_get(object, "jti"));
    if (!is_text(object, "iss", jwt->issuer) || !is_text(object, "aud", jwt->audience))
        return deny(ret_detail, "another issuer or audience");
    if (subject == NULL || strncmp(subject, "user:", 5) != 0 ||
        bk_str_parse_int(bk_str_of(subject + 5), 1, INT64_MAX, &claims.user_id) != BK_OK)
        return deny(ret_detail, "no subject");
    if (id == NULL || strlen(id) != 2 * ID_BYTES)
        return deny(ret_detail, "no id");
    if (!take_number(object, "exp", &claims.expires_at_s) ||
        !take_number(object, "iat", &claims.issued_at_s) ||
        !take_number(object, "nbf", &not_before_s) ||
        !take_number(object, "tid", &claims.tenant_id))
        return deny(ret_detail, "exp, iat, nbf or tid is missing or no number");
    if (claims.expires_at_s <= now_s - BK_JWT_LEEWAY_S) /* nothing is added to a peer's number */
        return deny(ret_detail, "expired");
    if (not_before_s - BK_JWT_LEEWAY_S > now_s || claims.issued_at_s - BK_JWT_LEEWAY_S > now_s)
        return deny(ret_detail, "not valid yet");
    if (claims.expires_at_s - claims.issued_at_s > BK_JWT_LIFE_S)
        return deny(ret_detail, "lives longer than we sign for");
    snprintf(claims.id, sizeof claims.id, "%s", id);
    *ret_claims = claims;
    return BK_OK;
}

enum bk_err bk_jwt_check(const struct bk_jwt *jwt, struct bk_str token, int64_t now_s,
                         struct bk_claims *ret_claims, struct bk_detail *ret_detail)
{
    char text[BK_JWT_SIZE_MAX + 1];
    struct bk_str rest = token;
    struct bk_str header = bk_str_cut(&rest, '.'), payload = bk_str_cut(&rest, '.');
    if (token.len > BK_JWT_SIZE_MAX || !is_base64url(header) || !is_base64url(payload) ||
        !is_base64url(rest))
        return deny(ret_detail, "no token of three parts");
    const struct key *key = judge_header(jwt, header);
    if (key == NULL)
        return deny(ret_detail, "header is not of ours");
    memcpy(text, token.ptr, token.len);
    text[token.len] = '\0';
    jwt_t *decoded = NULL;
    bool is_signed = jwt_decode(&decoded, text, (const unsigned char *)key->public_pem,
                                (int)key->public_len) == 0 &&
                     jwt_get_alg(decoded) == JWT_ALG_ES256;
    jwt_free(decoded);
    bk_wipe(text, token.len); /* good for a while yet */
    ERR_clear_error();
    if (!is_signed)
        return deny(ret_detail, "signature does not hold");
    json_t *object = decode_object(payload, BK_JWT_SIZE_MAX);
    enum bk_err err = object == NULL ? deny(ret_detail, "claims are no object")
                                     : judge_claims(jwt, object, now_s, ret_claims, ret_detail);
    json_decref(object);
    return err;
}
