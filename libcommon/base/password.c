/*
 * scrypt and its string form.
 */
#include "base/password.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/secret.h"

enum {
    SALT_BYTES = 16,
    HASH_BYTES = 32,
    LOG_N = 15, /* OWASP's figure for interactive logins is N 2^15..2^17 */
    R = 8,
    P = 1,
    MEMORY_MAX = 64 * 1024 * 1024,
    TEXT_SIZE = 48 /* base64 of the longer of the two */
};

static void encode(const uint8_t *bytes, size_t count, char (*ret_text)[TEXT_SIZE])
{
    int len = EVP_EncodeBlock((unsigned char *)*ret_text, bytes, (int)count);
    while (len > 0 && (*ret_text)[len - 1] == '=')
        (*ret_text)[--len] = '\0';
}

/* count bytes exactly. */
static bool decode(struct bk_str text, uint8_t *ret_bytes, size_t count)
{
    unsigned char padded[TEXT_SIZE], bytes[TEXT_SIZE];
    size_t len = text.len;
    if (len == 0 || len + 3 >= sizeof padded || len != (count * 4 + 2) / 3)
        return false;
    memcpy(padded, text.ptr, len);
    while (len % 4 != 0)
        padded[len++] = '=';
    if (EVP_DecodeBlock(bytes, padded, (int)len) < (int)count)
        return false;
    memcpy(ret_bytes, bytes, count);
    return true;
}

static bool derive(struct bk_str password, const uint8_t *salt, uint64_t log_n, uint64_t r,
                   uint64_t p, uint8_t (*ret_hash)[HASH_BYTES])
{
    return EVP_PBE_scrypt(password.len > 0 ? password.ptr : "", password.len, salt, SALT_BYTES,
                          UINT64_C(1) << log_n, r, p, MEMORY_MAX, *ret_hash, HASH_BYTES) == 1;
}

enum bk_err bk_password_hash(struct bk_str password, char (*ret_hash)[BK_PASSWORD_HASH_SIZE],
                             struct bk_detail *ret_detail)
{
    uint8_t salt[SALT_BYTES], hash[HASH_BYTES];
    char salt_text[TEXT_SIZE], hash_text[TEXT_SIZE];
    if (password.len < BK_PASSWORD_MIN || password.len > BK_PASSWORD_MAX ||
        !bk_str_is_utf8(password)) {
        bk_detail_set(ret_detail, "a password has %d to %d bytes of UTF-8, this one has %zu",
                      BK_PASSWORD_MIN, BK_PASSWORD_MAX, password.len);
        return BK_ERR_INVALID;
    }
    if (RAND_bytes(salt, sizeof salt) != 1 || !derive(password, salt, LOG_N, R, P, &hash)) {
        bk_detail_set(ret_detail, "no randomness or no memory for a password");
        return BK_ERR_CRYPTO;
    }
    encode(salt, sizeof salt, &salt_text);
    encode(hash, sizeof hash, &hash_text);
    snprintf(*ret_hash, sizeof *ret_hash, "$scrypt$ln=%d,r=%d,p=%d$%s$%s", LOG_N, R, P, salt_text,
             hash_text);
    bk_wipe(hash, sizeof hash);
    return BK_OK;
}

bool bk_password_verify(struct bk_str password, struct bk_str hash)
{
    char text[BK_PASSWORD_HASH_SIZE], salt_text[TEXT_SIZE], hash_text[TEXT_SIZE];
    uint8_t salt[SALT_BYTES], want[HASH_BYTES], got[HASH_BYTES];
    unsigned log_n = 0, r = 0, p = 0;
    int end = -1;
    if (hash.len >= sizeof text || password.len > BK_PASSWORD_MAX)
        return false;
    snprintf(text, sizeof text, "%.*s", BK_STR_ARG(hash));
    /* 128 * N * r bytes are what it takes: 32 MiB at most. */
    if (sscanf(text, "$scrypt$ln=%2u,r=%2u,p=%2u$%47[A-Za-z0-9+/]$%47[A-Za-z0-9+/]%n", &log_n, &r,
               &p, salt_text, hash_text, &end) != 5 ||
        end != (int)hash.len || log_n < 10 || log_n > 15 || r < 1 || r > 8 || p < 1 || p > 4 ||
        !decode(bk_str_of(salt_text), salt, sizeof salt) ||
        !decode(bk_str_of(hash_text), want, sizeof want))
        return false;
    bool is_same =
        derive(password, salt, log_n, r, p, &got) && CRYPTO_memcmp(want, got, sizeof want) == 0;
    bk_wipe(got, sizeof got);
    return is_same;
}

void bk_password_waste(struct bk_str password)
{
    static const uint8_t salt[SALT_BYTES];
    uint8_t hash[HASH_BYTES];
    if (password.len <= BK_PASSWORD_MAX)
        (void)derive(password, salt, LOG_N, R, P, &hash);
}
