/*
 * Fuzz target: access tokens. The first byte chooses what the rest is: a whole token, or the header
 * or the claims of one that our own key signs, so that what lies behind the signature is reached.
 * Whatever it is, a good token has what the table of docs/threats.md A13 demands.
 */
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/jwt_forge.h"
#include "web/auth_jwt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW INT64_C(1900000000)
#define CLAIMS \
    "{\"iss\":\"beckon\",\"aud\":\"beckon-api\",\"sub\":\"user:7\",\"iat\":1900000000," \
    "\"nbf\":1900000000,\"exp\":1900000900,\"tid\":3," \
    "\"jti\":\"00112233445566778899aabbccddeeff\"}"

#define ANY_KID "0123456789abcdef" /* in a header: stands for our key's */

enum { INPUT_MAX = 4096, TOKEN_SIZE = 3 * INPUT_MAX, KID_LEN = 16 };

static struct bk_jwt *jwt;
static EVP_PKEY *key;
static char header[256], kid[KID_LEN + 1];

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* A wrapper with a fresh key, and the header that it writes. */
static void begin(void)
{
    char path[] = "/tmp/bkfuzzjwtXXXXXX";
    struct bk_buf pem;
    bk_buf_init_secret(&pem, 1024);
    require(bk_jwt_key_new(&pem) == BK_OK);
    int fd = mkstemp(path);
    require(fd >= 0 && write(fd, pem.ptr, pem.len) == (ssize_t)pem.len);
    close(fd);
    const struct bk_jwt_options options = {path, NULL, "beckon", "beckon-api"};
    require(bk_jwt_new(&options, &jwt, NULL) == BK_OK);
    unlink(path);
    BIO *in = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
    BIO_free(in);
    bk_buf_deinit(&pem);

    struct bk_arena *arena = bk_arena_new();
    struct bk_claims claims = {.user_id = 7, .issued_at_s = NOW};
    struct bk_str token;
    require(bk_jwt_sign(jwt, arena, &claims, &token) == BK_OK);
    struct bk_str part = bk_str_cut(&token, '.');
    require(part.len < sizeof header);
    memcpy(header, part.ptr, part.len);
    bk_arena_free(arena);

    char padded[256], text[256] = "";
    int len = snprintf(padded, sizeof padded, "%s%.*s", header, (int)(-part.len & 3), "===");
    require(EVP_DecodeBlock((unsigned char *)text, (const unsigned char *)padded, len) > 0);
    const char *found = strstr(text, "\"kid\":\"");
    require(found != NULL);
    snprintf(kid, sizeof kid, "%.16s", found + 7);
}

/* head and payload are encoded already. */
static size_t sign(const char *head, const char *payload, char *ret_token)
{
    uint8_t signature[256];
    int len = snprintf(ret_token, TOKEN_SIZE, "%s.%s", head, payload);
    size_t signature_len = forge_sign(key, EVP_sha256(), ret_token, 32, signature);
    ret_token[len++] = '.';
    return (size_t)len + forge_base64url(signature, signature_len, ret_token + len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char token[TOKEN_SIZE], part[2 * INPUT_MAX], good[512];
    if (size == 0 || size > INPUT_MAX)
        return 0;
    if (jwt == NULL)
        begin();
    uint8_t kind = data[0] % 3;
    size_t len = size - 1;
    if (kind == 0) {
        memcpy(token, data + 1, len);
    } else if (kind == 1) {
        static char text[INPUT_MAX];
        memcpy(text, data + 1, len);
        char *found = memmem(text, len, ANY_KID, KID_LEN);
        if (found != NULL)
            memcpy(found, kid, KID_LEN);
        forge_base64url((const uint8_t *)text, len, part);
        forge_base64url((const uint8_t *)CLAIMS, sizeof CLAIMS - 1, good);
        len = sign(part, good, token);
    } else {
        forge_base64url(data + 1, len, part);
        len = sign(header, part, token);
    }
    /* On an exact copy, so that a sanitizer sees a read past the end. */
    char *copy = malloc(len > 0 ? len : 1);
    require(copy != NULL);
    memcpy(copy, token, len);
    struct bk_claims claims = {0};
    struct bk_detail detail = {{0}};
    enum bk_err err = bk_jwt_check(jwt, (struct bk_str){copy, len}, NOW, &claims, &detail);
    free(copy);
    require(err == BK_OK || err == BK_ERR_DENIED);
    require(kind != 0 || err != BK_OK); /* nobody guesses a signature */
    if (err == BK_OK)
        require(claims.user_id > 0 && claims.tenant_id >= 0 && strlen(claims.id) == 32 &&
                claims.expires_at_s > NOW - 60 && claims.issued_at_s <= NOW + 60 &&
                claims.expires_at_s - claims.issued_at_s <= 900);
    else
        require(detail.text[0] != '\0' && claims.user_id == 0);
    return 0;
}
