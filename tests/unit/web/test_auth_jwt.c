/*
 * Access tokens against forgers. Tokens are made here, with OpenSSL alone and without the code
 * under test; only the name of the key is read off a token that it signed.
 */
#include "harness/test.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/jwt_forge.h"
#include "harness/sweep.h"
#include "web/auth_jwt.h"

#define NOW INT64_C(1900000000)
#define ISSUER "beckon"
#define AUDIENCE "beckon-api"
#define ID "00112233445566778899aabbccddeeff"

enum { TOKEN_SIZE = 16384, KID_SIZE = 17 };

enum signer {
    OURS,
    OTHERS,      /* a P-256 key that nobody told us */
    PREVIOUS,    /* the key before */
    ES384,       /* P-384, as its algorithm says */
    ES384_SHORT, /* P-384 with a signature of 64 bytes */
    K256,        /* secp256k1: the same lengths, another curve */
    DER,         /* ours, as ASN.1 */
    NOTHING,
    ZEROS, /* r = s = 0 */
    ORDER, /* r = s = the curve's order */
    SHORT, /* ours, a byte less */
    LONG,  /* ours, and a byte */
    SWAPPED,
    FLIPPED,   /* ours, a bit changed */
    STALE,     /* ours, of another payload */
    HS_PUBLIC, /* HMAC keyed with our public key: what makes algorithm confusion work */
    HS_BYTE,   /* HMAC keyed with one byte */
    HS_EMPTY,
};

static struct {
    char directory[64], path[96], previous_path[96];
    struct bk_jwt *jwt;
    EVP_PKEY *ours, *previous, *others, *p384, *k256;
    char kid[KID_SIZE], previous_kid[KID_SIZE];
} w;

/* --- making tokens --- */

/* {kid}, {old}: names of keys; {+n}, {-n}: seconds from now. */
static size_t expand(const char *text, char *ret_text, size_t size)
{
    size_t len = 0;
    while (*text != '\0') {
        if (*text != '{' || (strncmp(text, "{kid}", 5) != 0 && strncmp(text, "{old}", 5) != 0 &&
                             text[1] != '+' && text[1] != '-')) {
            ret_text[len++] = *text++;
        } else if (text[1] == 'k' || text[1] == 'o') {
            len += (size_t)snprintf(ret_text + len, size - len, "%s",
                                    text[1] == 'k' ? w.kid : w.previous_kid);
            text += 5;
        } else {
            char *end = NULL;
            len += (size_t)snprintf(ret_text + len, size - len, "%lld",
                                    (long long)(NOW + strtoll(text + 1, &end, 10)));
            text = end + 1;
        }
    }
    ret_text[len] = '\0';
    return len;
}

static size_t sign_hmac(const void *key, size_t key_len, const char *text, uint8_t *ret_signature)
{
    unsigned len = 0;
    HMAC(EVP_sha256(), key, (int)key_len, (const uint8_t *)text, strlen(text), ret_signature, &len);
    return len;
}

static size_t sign_hmac_public(const char *text, uint8_t *ret_signature)
{
    char *pem = NULL;
    BIO *out = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(out, w.ours);
    long len = BIO_get_mem_data(out, &pem);
    size_t signed_len = sign_hmac(pem, (size_t)len, text, ret_signature);
    BIO_free(out);
    return signed_len;
}

static size_t sign_as(enum signer signer, const char *text, uint8_t *ret_signature)
{
    static const uint8_t order[] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
                                    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
                                    0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
    uint8_t half[32];
    size_t len = forge_sign(w.ours, EVP_sha256(), text, 32, ret_signature);
    switch (signer) {
    case OURS:
        return len;
    case OTHERS:
        return forge_sign(w.others, EVP_sha256(), text, 32, ret_signature);
    case PREVIOUS:
        return forge_sign(w.previous, EVP_sha256(), text, 32, ret_signature);
    case ES384:
        return forge_sign(w.p384, EVP_sha384(), text, 48, ret_signature);
    case ES384_SHORT:
        return forge_sign(w.p384, EVP_sha384(), text, 48, ret_signature) - 32;
    case K256:
        return forge_sign(w.k256, EVP_sha256(), text, 32, ret_signature);
    case DER:
        return forge_sign(w.ours, EVP_sha256(), text, 0, ret_signature);
    case NOTHING:
        return 0;
    case ZEROS:
        memset(ret_signature, 0, 64);
        return 64;
    case ORDER:
        memcpy(ret_signature, order, 32);
        memcpy(ret_signature + 32, order, 32);
        return 64;
    case SHORT:
        return len - 1;
    case LONG:
        ret_signature[len] = 0;
        return len + 1;
    case SWAPPED:
        memcpy(half, ret_signature, 32);
        memcpy(ret_signature, ret_signature + 32, 32);
        memcpy(ret_signature + 32, half, 32);
        return len;
    case FLIPPED:
        ret_signature[40] ^= 0x10;
        return len;
    case STALE:
        return forge_sign(w.ours, EVP_sha256(), "another text", 32, ret_signature);
    case HS_PUBLIC:
        return sign_hmac_public(text, ret_signature);
    case HS_BYTE:
        return sign_hmac("k", 1, text, ret_signature);
    case HS_EMPTY:
        return sign_hmac("", 0, text, ret_signature);
    }
    return 0;
}

/* header and payload are templates (expand), or raw parts when they begin with '!'. */
static void forge(const char *header, const char *payload, enum signer signer, char *ret_token)
{
    char text[TOKEN_SIZE / 2];
    uint8_t signature[256];
    size_t at = 0;
    const char *const parts[] = {header, payload};
    for (size_t i = 0; i < 2; i++) {
        if (parts[i][0] == '!') {
            at += (size_t)snprintf(ret_token + at, TOKEN_SIZE - at, "%s", parts[i] + 1);
        } else {
            size_t len = expand(parts[i], text, sizeof text);
            at += forge_base64url((const uint8_t *)text, len, ret_token + at);
        }
        ret_token[at] = '\0';
        if (i == 0)
            ret_token[at++] = '.';
    }
    ret_token[at] = '\0';
    size_t len = sign_as(signer, ret_token, signature);
    ret_token[at++] = '.';
    forge_base64url(signature, len, ret_token + at);
}

/* --- the world --- */

static void write_key(const char *path, EVP_PKEY **ret_key)
{
    struct bk_buf pem;
    bk_buf_init_secret(&pem, 1024);
    assert_int_equal(bk_jwt_key_new(&pem), BK_OK);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(pem.ptr, 1, pem.len, out), pem.len);
    fclose(out);
    BIO *in = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    *ret_key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
    assert_non_null(*ret_key);
    BIO_free(in);
    bk_buf_deinit(&pem);
}

/* The kid of the token that a wrapper with this key signs. */
static void read_kid(const struct bk_jwt *jwt, char (*ret_kid)[KID_SIZE])
{
    struct bk_arena *arena = bk_arena_new();
    struct bk_claims claims = {.user_id = 7, .issued_at_s = NOW};
    struct bk_str token;
    uint8_t text[512] = {0};
    assert_int_equal(bk_jwt_sign(jwt, arena, &claims, &token), BK_OK);
    struct bk_str rest = token, header = bk_str_cut(&rest, '.');
    char padded[512];
    size_t len = header.len;
    memcpy(padded, header.ptr, len);
    while (len % 4 != 0)
        padded[len++] = '=';
    assert_true(EVP_DecodeBlock(text, (const unsigned char *)padded, (int)len) > 0);
    const char *found = strstr((const char *)text, "\"kid\":\"");
    assert_non_null(found);
    snprintf(*ret_kid, sizeof *ret_kid, "%.16s", found + 7);
    bk_arena_free(arena);
}

static int make_world(void **state)
{
    (void)state;
    snprintf(w.directory, sizeof w.directory, "/tmp/bkjwtXXXXXX");
    assert_non_null(mkdtemp(w.directory));
    snprintf(w.path, sizeof w.path, "%s/key.pem", w.directory);
    snprintf(w.previous_path, sizeof w.previous_path, "%s/previous.pem", w.directory);
    write_key(w.path, &w.ours);
    write_key(w.previous_path, &w.previous);
    w.others = EVP_EC_gen("P-256");
    w.p384 = EVP_EC_gen("P-384");
    w.k256 = EVP_EC_gen("secp256k1");
    struct bk_jwt_options options = {w.previous_path, NULL, ISSUER, AUDIENCE};
    struct bk_detail detail;
    struct bk_jwt *earlier = NULL;
    assert_int_equal(bk_jwt_new(&options, &earlier, &detail), BK_OK);
    read_kid(earlier, &w.previous_kid);
    bk_jwt_free(earlier);
    options = (struct bk_jwt_options){w.path, w.previous_path, ISSUER, AUDIENCE};
    assert_int_equal(bk_jwt_new(&options, &w.jwt, &detail), BK_OK);
    read_kid(w.jwt, &w.kid);
    return 0;
}

static int end_world(void **state)
{
    (void)state;
    bk_jwt_free(w.jwt);
    EVP_PKEY *const keys[] = {w.ours, w.previous, w.others, w.p384, w.k256};
    for (size_t i = 0; i < BK_COUNT(keys); i++)
        EVP_PKEY_free(keys[i]);
    (void)unlink(w.path);
    (void)unlink(w.previous_path);
    (void)rmdir(w.directory);
    return 0;
}

/* --- tests --- */

#define HEAD "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"{kid}\"}"
#define HEAD_WITH(more) "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"{kid}\"," more "}"
#define HEAD_ALG(alg) "{\"alg\":" alg ",\"typ\":\"JWT\",\"kid\":\"{kid}\"}"
#define HEAD_KID(kid) "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":" kid "}"
#define TIMES "\"iat\":{+0},\"nbf\":{+0},\"exp\":{+900}"
#define CLAIMS(iss, aud, sub, times) \
    "{\"iss\":" iss ",\"aud\":" aud ",\"sub\":" sub ",\"jti\":\"" ID "\",\"tid\":3," times "}"
#define GOOD CLAIMS("\"beckon\"", "\"beckon-api\"", "\"user:7\"", TIMES)
#define WITH_TIMES(times) CLAIMS("\"beckon\"", "\"beckon-api\"", "\"user:7\"", times)
#define WITH_SUB(sub) CLAIMS("\"beckon\"", "\"beckon-api\"", sub, TIMES)
#define WITH_MORE(more) \
    "{\"iss\":\"beckon\",\"aud\":\"beckon-api\",\"sub\":\"user:7\"," TIMES "," more "}"

static const struct {
    const char *label, *header, *payload;
    enum signer signer;
    bool is_good;
} cases[] = {
    {"as we sign them", HEAD, GOOD, OURS, true},
    {"without typ", "{\"alg\":\"ES256\",\"kid\":\"{kid}\"}", GOOD, OURS, true},
    {"members in another order", "{\"kid\":\"{kid}\",\"typ\":\"JWT\",\"alg\":\"ES256\"}", GOOD,
     OURS, true},
    {"by the key before", "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"{old}\"}", GOOD, PREVIOUS,
     true},
    {"no tenant", HEAD, WITH_MORE("\"jti\":\"" ID "\",\"tid\":0"), OURS, true},
    {"ended 59 s ago: clocks differ", HEAD,
     WITH_TIMES("\"iat\":{-900},\"nbf\":{-900},\"exp\":{-59}"), OURS, true},
    {"begins in 60 s: clocks differ", HEAD,
     WITH_TIMES("\"iat\":{+60},\"nbf\":{+60},\"exp\":{+960}"), OURS, true},

    /* the algorithm */
    {"alg none, nothing signed", HEAD_ALG("\"none\""), GOOD, NOTHING, false},
    {"alg None", HEAD_ALG("\"None\""), GOOD, NOTHING, false},
    {"alg NONE, signed by us", HEAD_ALG("\"NONE\""), GOOD, OURS, false},
    {"alg empty", HEAD_ALG("\"\""), GOOD, OURS, false},
    {"alg HS256 with our public key", HEAD_ALG("\"HS256\""), GOOD, HS_PUBLIC, false},
    {"alg ES256, MAC with our public key", HEAD, GOOD, HS_PUBLIC, false},
    {"alg HS256 with one byte", HEAD_ALG("\"HS256\""), GOOD, HS_BYTE, false},
    {"alg HS256 with an empty key", HEAD_ALG("\"HS256\""), GOOD, HS_EMPTY, false},
    {"alg HS512", HEAD_ALG("\"HS512\""), GOOD, HS_PUBLIC, false},
    {"alg RS256", HEAD_ALG("\"RS256\""), GOOD, OURS, false},
    {"alg PS256", HEAD_ALG("\"PS256\""), GOOD, OURS, false},
    {"alg ES384", HEAD_ALG("\"ES384\""), GOOD, ES384, false},
    {"alg ES512, signed by us", HEAD_ALG("\"ES512\""), GOOD, OURS, false},
    {"alg ES256K", HEAD_ALG("\"ES256K\""), GOOD, K256, false},
    {"alg es256", HEAD_ALG("\"es256\""), GOOD, OURS, false},
    {"alg with a blank", HEAD_ALG("\"ES256 \""), GOOD, OURS, false},
    {"alg with NUL", HEAD_ALG("\"ES256\\u0000\""), GOOD, OURS, false},
    {"alg a number", HEAD_ALG("256"), GOOD, OURS, false},
    {"alg null", HEAD_ALG("null"), GOOD, OURS, false},
    {"alg a list", HEAD_ALG("[\"ES256\"]"), GOOD, OURS, false},
    {"no alg", "{\"typ\":\"JWT\",\"kid\":\"{kid}\"}", GOOD, OURS, false},
    {"two algs", "{\"alg\":\"none\",\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"{kid}\"}", GOOD,
     OURS, false},
    {"two algs, escaped",
     "{\"al\\u0067\":\"none\",\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"{kid}\"}", GOOD, OURS,
     false},

    /* the rest of the header */
    {"typ at+jwt", "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"{kid}\"}", GOOD, OURS, false},
    {"typ a number", "{\"alg\":\"ES256\",\"typ\":1,\"kid\":\"{kid}\"}", GOOD, OURS, false},
    {"crit", HEAD_WITH("\"crit\":[\"exp\"]"), GOOD, OURS, false},
    {"crit empty", HEAD_WITH("\"crit\":[]"), GOOD, OURS, false},
    {"jku", HEAD_WITH("\"jku\":\"https://evil.example/keys\""), GOOD, OTHERS, false},
    {"jku, signed by us", HEAD_WITH("\"jku\":\"https://evil.example/keys\""), GOOD, OURS, false},
    {"x5u", HEAD_WITH("\"x5u\":\"https://evil.example/cert\""), GOOD, OURS, false},
    {"x5c", HEAD_WITH("\"x5c\":[\"MIIB\"]"), GOOD, OURS, false},
    {"jwk", HEAD_WITH("\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\"}"), GOOD, OTHERS, false},
    {"b64 false", HEAD_WITH("\"b64\":false"), GOOD, OURS, false},
    {"zip", HEAD_WITH("\"zip\":\"DEF\""), GOOD, OURS, false},
    {"something more", HEAD_WITH("\"x\":\"y\""), GOOD, OURS, false},
    {"no kid", "{\"alg\":\"ES256\",\"typ\":\"JWT\"}", GOOD, OURS, false},
    {"kid unknown", HEAD_KID("\"0000000000000000\""), GOOD, OURS, false},
    {"kid empty", HEAD_KID("\"\""), GOOD, OURS, false},
    {"kid a path", HEAD_KID("\"../../../../dev/null\""), GOOD, HS_EMPTY, false},
    {"kid SQL", HEAD_KID("\"x' union select 'k\""), GOOD, HS_BYTE, false},
    {"kid and NUL", HEAD_KID("\"{kid}\\u0000x\""), GOOD, OURS, false},
    {"kid and more", HEAD_KID("\"{kid}0\""), GOOD, OURS, false},
    {"kid a list", HEAD_KID("[\"{kid}\"]"), GOOD, OURS, false},
    {"kid of the key before", HEAD_KID("\"{old}\""), GOOD, OURS, false},
    {"ours by the key before", HEAD, GOOD, PREVIOUS, false},
    {"header is a list", "[\"ES256\"]", GOOD, OURS, false},
    {"header is a text", "\"ES256\"", GOOD, OURS, false},
    {"header is no JSON", "ES256", GOOD, OURS, false},
    {"header with something behind it", HEAD "x", GOOD, OURS, false},
    {"header empty", "!", GOOD, OURS, false},
    {"header of one character", "!e", GOOD, OURS, false},

    /* the signature */
    {"somebody else's key", HEAD, GOOD, OTHERS, false},
    {"another curve of that length", HEAD, GOOD, K256, false},
    {"P-384, cut to our length", HEAD, GOOD, ES384_SHORT, false},
    {"P-384, whole", HEAD, GOOD, ES384, false},
    {"as ASN.1", HEAD, GOOD, DER, false},
    {"empty", HEAD, GOOD, NOTHING, false},
    {"r = s = 0", HEAD, GOOD, ZEROS, false},
    {"r = s = order", HEAD, GOOD, ORDER, false},
    {"a byte less", HEAD, GOOD, SHORT, false},
    {"a byte more", HEAD, GOOD, LONG, false},
    {"s and r", HEAD, GOOD, SWAPPED, false},
    {"a bit changed", HEAD, GOOD, FLIPPED, false},
    {"of another text", HEAD, GOOD, STALE, false},

    /* the claims; all signed by us, as a stolen signer of another service might */
    {"another issuer", HEAD, CLAIMS("\"evil\"", "\"beckon-api\"", "\"user:7\"", TIMES), OURS,
     false},
    {"issuer a list", HEAD, CLAIMS("[\"beckon\"]", "\"beckon-api\"", "\"user:7\"", TIMES), OURS,
     false},
    {"issuer and NUL", HEAD, CLAIMS("\"beckon\\u0000\"", "\"beckon-api\"", "\"user:7\"", TIMES),
     OURS, false},
    {"another audience", HEAD, CLAIMS("\"beckon\"", "\"other\"", "\"user:7\"", TIMES), OURS, false},
    {"audience a list", HEAD, CLAIMS("\"beckon\"", "[\"beckon-api\"]", "\"user:7\"", TIMES), OURS,
     false},
    {"audience a beginning", HEAD, CLAIMS("\"beckon\"", "\"beckon\"", "\"user:7\"", TIMES), OURS,
     false},
    {"subject a number", HEAD, WITH_SUB("7"), OURS, false},
    {"subject bare", HEAD, WITH_SUB("\"7\""), OURS, false},
    {"subject 0", HEAD, WITH_SUB("\"user:0\""), OURS, false},
    {"subject negative", HEAD, WITH_SUB("\"user:-7\""), OURS, false},
    {"subject with a blank", HEAD, WITH_SUB("\"user: 7\""), OURS, false},
    {"subject beyond 64 bits", HEAD, WITH_SUB("\"user:99999999999999999999\""), OURS, false},
    {"subject a device", HEAD, WITH_SUB("\"device:7\""), OURS, false},
    {"subject null", HEAD, WITH_SUB("null"), OURS, false},
    {"ended a minute ago", HEAD, WITH_TIMES("\"iat\":{-900},\"nbf\":{-900},\"exp\":{-60}"), OURS,
     false},
    {"ended in 1970", HEAD, WITH_TIMES("\"iat\":0,\"nbf\":0,\"exp\":900"), OURS, false},
    {"no exp", HEAD, WITH_TIMES("\"iat\":{+0},\"nbf\":{+0}"), OURS, false},
    {"exp a text", HEAD, WITH_TIMES("\"iat\":{+0},\"nbf\":{+0},\"exp\":\"{+900}\""), OURS, false},
    {"exp a fraction", HEAD, WITH_TIMES("\"iat\":{+0},\"nbf\":{+0},\"exp\":{+900}.5"), OURS, false},
    {"exp an exponent", HEAD, WITH_TIMES("\"iat\":{+0},\"nbf\":{+0},\"exp\":2e9"), OURS, false},
    {"exp null", HEAD, WITH_TIMES("\"iat\":{+0},\"nbf\":{+0},\"exp\":null"), OURS, false},
    {"exp negative", HEAD, WITH_TIMES("\"iat\":{+0},\"nbf\":{+0},\"exp\":-1"), OURS, false},
    {"exp the largest number", HEAD,
     WITH_TIMES("\"iat\":{+0},\"nbf\":{+0},\"exp\":9223372036854775807"), OURS, false},
    {"exp beyond 64 bits", HEAD,
     WITH_TIMES("\"iat\":{+0},\"nbf\":{+0},\"exp\":99999999999999999999"), OURS, false},
    {"lives for a day", HEAD, WITH_TIMES("\"iat\":{+0},\"nbf\":{+0},\"exp\":{+86400}"), OURS,
     false},
    {"lives a second too long", HEAD, WITH_TIMES("\"iat\":{+0},\"nbf\":{+0},\"exp\":{+901}"), OURS,
     false},
    {"begins in 61 s", HEAD, WITH_TIMES("\"iat\":{+0},\"nbf\":{+61},\"exp\":{+900}"), OURS, false},
    {"issued in 61 s", HEAD, WITH_TIMES("\"iat\":{+61},\"nbf\":{+0},\"exp\":{+900}"), OURS, false},
    {"no iat: lives as long as it likes", HEAD, WITH_TIMES("\"nbf\":{+0},\"exp\":{+900}"), OURS,
     false},
    {"no nbf", HEAD, WITH_TIMES("\"iat\":{+0},\"exp\":{+900}"), OURS, false},
    {"nbf a text", HEAD, WITH_TIMES("\"iat\":{+0},\"nbf\":\"0\",\"exp\":{+900}"), OURS, false},
    {"iat true", HEAD, WITH_TIMES("\"iat\":true,\"nbf\":{+0},\"exp\":{+900}"), OURS, false},
    {"two exps", HEAD, WITH_TIMES(TIMES ",\"exp\":{+899}"), OURS, false},
    {"two tenants", HEAD, WITH_MORE("\"jti\":\"" ID "\",\"tid\":3,\"tid\":4"), OURS, false},
    {"no tenant claim", HEAD, WITH_MORE("\"jti\":\"" ID "\""), OURS, false},
    {"tenant a text", HEAD, WITH_MORE("\"jti\":\"" ID "\",\"tid\":\"3\""), OURS, false},
    {"tenant negative", HEAD, WITH_MORE("\"jti\":\"" ID "\",\"tid\":-3"), OURS, false},
    {"no id", HEAD, WITH_MORE("\"tid\":3"), OURS, false},
    {"id of another length", HEAD, WITH_MORE("\"jti\":\"1\",\"tid\":3"), OURS, false},
    {"claims are a list", HEAD, "[" GOOD "]", OURS, false},
    {"claims are no JSON", HEAD, "user:7", OURS, false},
    {"claims with something behind them", HEAD, GOOD "{}", OURS, false},
    {"claims in no UTF-8", HEAD, WITH_MORE("\"jti\":\"" ID "\",\"tid\":3,\"x\":\"\xff\""), OURS,
     false},
    {"claims empty", HEAD, "!", OURS, false},
    {"claims padded", HEAD, "!e30=", OURS, false},
    {"claims in the other alphabet", HEAD, "!e3/+", OURS, false},
    {"claims with a line end", HEAD, "!e3\n0", OURS, false},
};

static void tokens_are_judged_as_the_table_says(void **state)
{
    (void)state;
    static char token[TOKEN_SIZE];
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct bk_claims claims = {0};
        struct bk_detail detail = {{0}};
        print_message("  %s\n", cases[i].label);
        forge(cases[i].header, cases[i].payload, cases[i].signer, token);
        enum bk_err err = bk_jwt_check(w.jwt, bk_str_of(token), NOW, &claims, &detail);
        assert_int_equal(err, cases[i].is_good ? BK_OK : BK_ERR_DENIED);
        if (err == BK_OK) {
            assert_int_equal(claims.user_id, 7);
            assert_string_equal(claims.id, ID);
        } else {
            assert_int_not_equal(detail.text[0], '\0');
            assert_int_equal(claims.user_id, 0); /* written on success only */
        }
    }
}

/* Whole tokens with something taken away, doubled, or put between. */
static void shapes_that_are_no_token(void **state)
{
    (void)state;
    static char good[TOKEN_SIZE], token[TOKEN_SIZE];
    struct bk_claims claims;
    struct bk_detail detail;
    forge(HEAD, GOOD, OURS, good);
    size_t len = strlen(good);
    static const char *const texts[] = {"", ".", "..", "...", "a", "a.b", "a.b.c.d", "e30.e30.e30"};
    for (size_t i = 0; i < BK_COUNT(texts); i++)
        assert_int_equal(bk_jwt_check(w.jwt, bk_str_of(texts[i]), NOW, &claims, &detail),
                         BK_ERR_DENIED);
    /* every beginning, and every byte replaced by each of these */
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(bk_jwt_check(w.jwt, (struct bk_str){good, cut}, NOW, &claims, &detail),
                         BK_ERR_DENIED);
    static const char odd[] = {'\0', ' ', '.', '=', '\n', '%', '\x80', '+', '/'};
    for (size_t at = 0; at < len; at += 3) {
        for (size_t i = 0; i < sizeof odd; i++) {
            memcpy(token, good, len);
            token[at] = odd[i];
            if (token[at] == good[at])
                continue;
            assert_int_equal(
                bk_jwt_check(w.jwt, (struct bk_str){token, len}, NOW, &claims, &detail),
                BK_ERR_DENIED);
        }
    }
    static const char *const behind[] = {".", ".e30", "=", "==", " ", "\n", "A", "AAAA"};
    for (size_t i = 0; i < BK_COUNT(behind); i++) {
        snprintf(token, sizeof token, "%s%s", good, behind[i]);
        assert_int_equal(bk_jwt_check(w.jwt, bk_str_of(token), NOW, &claims, &detail),
                         BK_ERR_DENIED);
    }
    /* longer than is looked at, though it is signed */
    static char payload[TOKEN_SIZE / 2];
    snprintf(
        payload, sizeof payload,
        "{\"x\":\"%03000d\",\"iss\":\"beckon\",\"aud\":\"beckon-api\",\"sub\":\"user:7\"," TIMES
        ",\"jti\":\"" ID "\",\"tid\":3}",
        0);
    forge(HEAD, payload, OURS, token);
    assert_true(strlen(token) > BK_JWT_SIZE_MAX);
    assert_int_equal(bk_jwt_check(w.jwt, bk_str_of(token), NOW, &claims, &detail), BK_ERR_DENIED);
}

static void what_is_signed_is_good_for_fifteen_minutes(void **state)
{
    (void)state;
    struct bk_arena *arena = bk_arena_new();
    struct bk_claims claims = {.user_id = INT64_MAX, .tenant_id = INT64_MAX, .issued_at_s = NOW};
    struct bk_claims got;
    struct bk_detail detail;
    struct bk_str one, two;
    assert_int_equal(bk_jwt_sign(w.jwt, arena, &claims, &one), BK_OK);
    assert_int_equal(bk_jwt_check(w.jwt, one, NOW, &got, &detail), BK_OK);
    assert_int_equal(got.user_id, INT64_MAX);
    assert_int_equal(got.tenant_id, INT64_MAX);
    assert_int_equal(got.expires_at_s, NOW + BK_JWT_LIFE_S);
    assert_int_equal(bk_jwt_check(w.jwt, one, NOW + 900 + 59, &got, &detail), BK_OK);
    assert_int_equal(bk_jwt_check(w.jwt, one, NOW + 900 + 60, &got, &detail), BK_ERR_DENIED);
    assert_int_equal(bk_jwt_check(w.jwt, one, NOW - 60, &got, &detail), BK_OK);
    assert_int_equal(bk_jwt_check(w.jwt, one, NOW - 61, &got, &detail), BK_ERR_DENIED);
    assert_int_equal(bk_jwt_sign(w.jwt, arena, &claims, &two), BK_OK);
    assert_false(bk_str_eq(one, two)); /* jti */
    bk_arena_free(arena);
}

static void a_key_of_another_kind_is_named_at_start(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/other.pem", w.directory);
    struct {
        const char *label;
        EVP_PKEY *key;
    } const rows[] = {{"P-384", w.p384},
                      {"secp256k1", w.k256},
                      {"RSA", EVP_RSA_gen(2048)},
                      {"Ed25519", EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")},
                      {"empty file", NULL}};
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        print_message("  %s\n", rows[i].label);
        struct bk_jwt *jwt = NULL;
        struct bk_detail detail = {{0}};
        FILE *out = fopen(path, "w");
        assert_non_null(out);
        if (rows[i].key != NULL)
            PEM_write_PrivateKey(out, rows[i].key, NULL, NULL, 0, NULL, NULL);
        fclose(out);
        const struct bk_jwt_options options = {path, NULL, ISSUER, AUDIENCE};
        assert_int_equal(bk_jwt_new(&options, &jwt, &detail), BK_ERR_INVALID);
        assert_non_null(strstr(detail.text, path));
        assert_non_null(strstr(detail.text, "beckon keys jwt"));
    }
    EVP_PKEY_free(rows[2].key);
    EVP_PKEY_free(rows[3].key);
    (void)unlink(path);
    struct bk_jwt *jwt = NULL;
    struct bk_detail detail = {{0}};
    const struct bk_jwt_options missing = {path, NULL, ISSUER, AUDIENCE};
    assert_int_equal(bk_jwt_new(&missing, &jwt, &detail), BK_ERR_IO);
    const struct bk_jwt_options none = {"", NULL, ISSUER, AUDIENCE};
    assert_int_equal(bk_jwt_new(&none, &jwt, &detail), BK_ERR_INVALID);
    assert_non_null(strstr(detail.text, "jwt.key_file"));
}

static enum bk_err open_keys(void *context)
{
    (void)context;
    const struct bk_jwt_options options = {w.path, w.previous_path, ISSUER, AUDIENCE};
    struct bk_jwt *jwt = NULL;
    enum bk_err err = bk_jwt_new(&options, &jwt, NULL);
    bk_jwt_free(jwt);
    return err;
}

static void memory_that_is_gone_is_told(void **state)
{
    (void)state;
    assert_true(sweep_allocations(open_keys, NULL) >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_judged_as_the_table_says),
        cmocka_unit_test(shapes_that_are_no_token),
        cmocka_unit_test(what_is_signed_is_good_for_fifteen_minutes),
        cmocka_unit_test(a_key_of_another_kind_is_named_at_start),
        cmocka_unit_test(memory_that_is_gone_is_told),
    };
    return cmocka_run_group_tests(tests, make_world, end_world);
}
