/*
 * Making tokens with OpenSSL alone, without the code under test: base64url, and ECDSA signatures as
 * JWTs carry them.
 */
#ifndef HARNESS_JWT_FORGE_H
#define HARNESS_JWT_FORGE_H

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Without padding, terminated; returns its length. */
static inline size_t forge_base64url(const uint8_t *bytes, size_t count, char *ret_text)
{
    int len = EVP_EncodeBlock((unsigned char *)ret_text, bytes, (int)count);
    while (len > 0 && ret_text[len - 1] == '=')
        len--;
    for (int i = 0; i < len; i++)
        ret_text[i] = ret_text[i] == '+' ? '-' : ret_text[i] == '/' ? '_' : ret_text[i];
    ret_text[len] = '\0';
    return (size_t)len;
}

/* r and s, each of `bytes` bytes; bytes 0: as ASN.1. Returns how many bytes were written. */
static inline size_t forge_sign(EVP_PKEY *key, const EVP_MD *hash, const char *text, int bytes,
                                uint8_t *ret_signature)
{
    uint8_t der[256];
    size_t der_len = sizeof der;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool is_signed = EVP_DigestSignInit(ctx, NULL, hash, NULL, key) == 1 &&
                     EVP_DigestSign(ctx, der, &der_len, (const uint8_t *)text, strlen(text)) == 1;
    EVP_MD_CTX_free(ctx);
    if (bytes == 0) {
        memcpy(ret_signature, der, der_len);
        return der_len;
    }
    const uint8_t *at = der;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)der_len);
    uint8_t whole[128] = {0};
    is_signed = is_signed && BN_bn2binpad(ECDSA_SIG_get0_r(pair), whole, 64) == 64 &&
                BN_bn2binpad(ECDSA_SIG_get0_s(pair), whole + 64, 64) == 64;
    if (!is_signed)
        abort();
    memcpy(ret_signature, whole + 64 - bytes, (size_t)bytes);
    memcpy(ret_signature + bytes, whole + 128 - bytes, (size_t)bytes);
    ECDSA_SIG_free(pair);
    return 2 * (size_t)bytes;
}

#endif
