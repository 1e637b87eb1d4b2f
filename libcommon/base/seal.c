/*
 * AES-256-GCM and HMAC-SHA256 over OpenSSL.
 *
 * Algorithms are looked up once a process: a lookup in OpenSSL 3.0 costs more than the whole
 * operation. Contexts are kept one a thread, until its end, since the config worker opens a secret
 * per line on each fetch; the key schedule inside is wiped after each use.
 */
#include "base/seal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/alloc.h"
#include "base/hex.h"
#include "base/secret.h"

#define VERSION 1
#define NONCE_BYTES 12
#define TAG_BYTES 16
#define HEAD_BYTES (1 + NONCE_BYTES)

static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_CIPHER *cipher;
static EVP_MAC *mac;

struct contexts {
    EVP_CIPHER_CTX *cipher;
    EVP_MAC_CTX *mac;
};
static _Thread_local struct contexts contexts;
static pthread_key_t at_thread_end; /* of threads that have contexts */

static void give_up(const char *what)
{
    fprintf(stderr, "OpenSSL: %s failed; is the library complete and memory left?\n", what);
    abort();
}

static void free_contexts(void *ctx)
{
    struct contexts *own = ctx;
    EVP_CIPHER_CTX_free(own->cipher);
    EVP_MAC_CTX_free(own->mac);
    *own = (struct contexts){NULL, NULL};
}

static void look_up(void)
{
    if (pthread_key_create(&at_thread_end, free_contexts) != 0)
        give_up("a hook at the end of threads");
    cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    if (cipher == NULL || mac == NULL)
        give_up("looking up AES-256-GCM and HMAC");
}

static struct contexts *own_contexts(void)
{
    pthread_once(&once, look_up);
    if (contexts.cipher == NULL && contexts.mac == NULL)
        (void)pthread_setspecific(at_thread_end, &contexts);
    return &contexts;
}

static EVP_CIPHER_CTX *cipher_ctx(void)
{
    struct contexts *own = own_contexts();
    if (own->cipher == NULL)
        own->cipher = EVP_CIPHER_CTX_new();
    return own->cipher;
}

static EVP_MAC_CTX *mac_ctx(void)
{
    struct contexts *own = own_contexts();
    if (own->mac == NULL) {
        char digest[] = "SHA256";
        OSSL_PARAM params[] = {
            OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
            OSSL_PARAM_construct_end(),
        };
        EVP_MAC_CTX *fresh = EVP_MAC_CTX_new(mac);
        if (fresh == NULL || EVP_MAC_CTX_set_params(fresh, params) != 1)
            give_up("HMAC-SHA256");
        own->mac = fresh;
    }
    return own->mac;
}

/* ret_sealed: plain.len + BK_SEAL_OVERHEAD_BYTES, written whatever happens. */
static enum bk_err encrypt(const struct bk_key *key, struct bk_str place, struct bk_str plain,
                           uint8_t *ret_sealed)
{
    EVP_CIPHER_CTX *ctx = cipher_ctx();
    if (ctx == NULL)
        return BK_ERR_NO_MEMORY;
    if (place.len > INT_MAX)
        return BK_ERR_TOO_LARGE;

    uint8_t *nonce = ret_sealed + 1, *text = ret_sealed + HEAD_BYTES;
    ret_sealed[0] = VERSION;
    bk_random(nonce, NONCE_BYTES);

    int len = 0;
    bool is_good = EVP_EncryptInit_ex(ctx, cipher, NULL, key->bytes, nonce) == 1;
    if (is_good && place.len > 0)
        is_good =
            EVP_EncryptUpdate(ctx, NULL, &len, (const uint8_t *)place.ptr, (int)place.len) == 1;
    if (is_good && plain.len > 0)
        is_good =
            EVP_EncryptUpdate(ctx, text, &len, (const uint8_t *)plain.ptr, (int)plain.len) == 1;
    if (is_good)
        is_good = EVP_EncryptFinal_ex(ctx, text + plain.len, &len) == 1 &&
                  EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, text + plain.len) == 1;
    EVP_CIPHER_CTX_reset(ctx);
    return is_good ? BK_OK : BK_ERR_CRYPTO;
}

/* sealed: at least BK_SEAL_OVERHEAD_BYTES; ret_plain: as many bytes fewer, and written whatever
 * happens: of use only with BK_OK. */
static enum bk_err decrypt(const struct bk_key *key, struct bk_str place, struct bk_str sealed,
                           uint8_t *ret_plain)
{
    EVP_CIPHER_CTX *ctx = cipher_ctx();
    if (ctx == NULL)
        return BK_ERR_NO_MEMORY;
    if (place.len > INT_MAX)
        return BK_ERR_TOO_LARGE;

    uint8_t tag[TAG_BYTES];
    size_t plain_len = sealed.len - BK_SEAL_OVERHEAD_BYTES;
    const uint8_t *at = (const uint8_t *)sealed.ptr;
    memcpy(tag, at + sealed.len - TAG_BYTES, TAG_BYTES);

    int len = 0;
    bool is_good = EVP_DecryptInit_ex(ctx, cipher, NULL, key->bytes, at + 1) == 1;
    if (is_good && place.len > 0)
        is_good =
            EVP_DecryptUpdate(ctx, NULL, &len, (const uint8_t *)place.ptr, (int)place.len) == 1;
    if (is_good && plain_len > 0)
        is_good = EVP_DecryptUpdate(ctx, ret_plain, &len, at + HEAD_BYTES, (int)plain_len) == 1;
    if (is_good)
        is_good = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) == 1 &&
                  EVP_DecryptFinal_ex(ctx, ret_plain + plain_len, &len) == 1;
    EVP_CIPHER_CTX_reset(ctx);
    return is_good ? BK_OK : BK_ERR_CRYPTO;
}

enum bk_err bk_seal(const struct bk_key *key, struct bk_str place, struct bk_str plain,
                    uint8_t *ret_sealed, size_t size, size_t *ret_len)
{
    if (plain.len > BK_SEAL_PLAIN_MAX || size < plain.len + BK_SEAL_OVERHEAD_BYTES)
        return BK_ERR_TOO_LARGE;
    uint8_t sealed[BK_SEAL_PLAIN_MAX + BK_SEAL_OVERHEAD_BYTES];
    enum bk_err err = encrypt(key, place, plain, sealed);
    if (err != BK_OK)
        return err;
    memcpy(ret_sealed, sealed, plain.len + BK_SEAL_OVERHEAD_BYTES);
    *ret_len = plain.len + BK_SEAL_OVERHEAD_BYTES;
    return BK_OK;
}

enum bk_err bk_seal_open(const struct bk_key *key, struct bk_str place, struct bk_str sealed,
                         uint8_t *ret_plain, size_t size, size_t *ret_len)
{
    if (sealed.len < BK_SEAL_OVERHEAD_BYTES || sealed.ptr[0] != VERSION)
        return BK_ERR_CRYPTO;
    size_t plain_len = sealed.len - BK_SEAL_OVERHEAD_BYTES;
    if (plain_len > BK_SEAL_PLAIN_MAX || plain_len > size)
        return BK_ERR_TOO_LARGE;
    /* Opened beside the caller's memory: nobody sees a byte before the tag is known to match. */
    uint8_t plain[BK_SEAL_PLAIN_MAX + 1];
    enum bk_err err = decrypt(key, place, sealed, plain);
    if (err == BK_OK) {
        if (plain_len > 0)
            memcpy(ret_plain, plain, plain_len);
        *ret_len = plain_len;
    }
    bk_wipe(plain, plain_len);
    return err;
}

enum bk_err bk_seal_content(const struct bk_key *key, struct bk_str place, struct bk_str plain,
                            struct bk_buf *out)
{
    if (plain.len > BK_SEAL_CONTENT_MAX)
        return BK_ERR_TOO_LARGE;
    size_t size = plain.len + BK_SEAL_OVERHEAD_BYTES;
    uint8_t *sealed = bk_alloc(size);
    if (sealed == NULL)
        return BK_ERR_NO_MEMORY;
    enum bk_err err = encrypt(key, place, plain, sealed);
    if (err == BK_OK)
        bk_buf_add(out, (struct bk_str){(const char *)sealed, size});
    bk_free(sealed);
    return err == BK_OK ? out->err : err;
}

enum bk_err bk_seal_content_open(const struct bk_key *key, struct bk_str place,
                                 struct bk_str sealed, struct bk_buf *out)
{
    if (sealed.len < BK_SEAL_OVERHEAD_BYTES || sealed.ptr[0] != VERSION)
        return BK_ERR_CRYPTO;
    size_t len = sealed.len - BK_SEAL_OVERHEAD_BYTES;
    if (len > BK_SEAL_CONTENT_MAX)
        return BK_ERR_TOO_LARGE;
    uint8_t *plain = bk_alloc(len + 1);
    if (plain == NULL)
        return BK_ERR_NO_MEMORY;
    enum bk_err err = decrypt(key, place, sealed, plain);
    if (err == BK_OK)
        bk_buf_add(out, (struct bk_str){(const char *)plain, len});
    bk_wipe(plain, len);
    bk_free(plain);
    return err == BK_OK ? out->err : err;
}

struct bk_str bk_seal_place(char (*space)[BK_SEAL_PLACE_SIZE], int64_t tenant_id,
                            const char *table_field, int64_t row_id)
{
    int len =
        snprintf(*space, sizeof *space, "%" PRId64 "/%s/%" PRId64, tenant_id, table_field, row_id);
    /* Two long places cut to the same text would open each other. */
    if (len < 0 || (size_t)len >= sizeof *space) {
        fprintf(stderr, "place of a sealed value is too long: %s\n", table_field);
        abort();
    }
    return (struct bk_str){*space, (size_t)len};
}

static struct bk_str data_key_place(char (*space)[BK_SEAL_PLACE_SIZE], int64_t tenant_id)
{
    return bk_seal_place(space, 0, "tenant.data_key", tenant_id);
}

enum bk_err bk_data_key_seal(const struct bk_key *master_key, int64_t tenant_id,
                             const struct bk_key *key,
                             uint8_t (*ret_sealed)[BK_DATA_KEY_SEALED_BYTES])
{
    char space[BK_SEAL_PLACE_SIZE];
    size_t len = 0;
    return bk_seal(master_key, data_key_place(&space, tenant_id),
                   (struct bk_str){(const char *)key->bytes, sizeof key->bytes}, *ret_sealed,
                   sizeof *ret_sealed, &len);
}

enum bk_err bk_data_key_new(const struct bk_key *master_key, int64_t tenant_id,
                            uint8_t (*ret_sealed)[BK_DATA_KEY_SEALED_BYTES])
{
    struct bk_key key;
    bk_random(key.bytes, sizeof key.bytes);
    enum bk_err err = bk_data_key_seal(master_key, tenant_id, &key, ret_sealed);
    bk_wipe(&key, sizeof key);
    return err;
}

enum bk_err bk_data_key_open(const struct bk_key *master_key, int64_t tenant_id,
                             struct bk_str sealed, struct bk_key *ret_key)
{
    char space[BK_SEAL_PLACE_SIZE];
    size_t len = 0;
    if (sealed.len != BK_DATA_KEY_SEALED_BYTES)
        return BK_ERR_CRYPTO;
    return bk_seal_open(master_key, data_key_place(&space, tenant_id), sealed, ret_key->bytes,
                        sizeof ret_key->bytes, &len);
}

void bk_mac_sha256(const struct bk_key *key, struct bk_str text, uint8_t (*ret_mac)[32])
{
    EVP_MAC_CTX *ctx = mac_ctx();
    size_t len = 0;
    bool is_good = EVP_MAC_init(ctx, key->bytes, sizeof key->bytes, NULL) == 1;
    if (is_good && text.len > 0)
        is_good = EVP_MAC_update(ctx, (const uint8_t *)text.ptr, text.len) == 1;
    if (!is_good || EVP_MAC_final(ctx, *ret_mac, &len, sizeof *ret_mac) != 1 ||
        len != sizeof *ret_mac)
        give_up("HMAC-SHA256");
}

void bk_key_derive(const struct bk_key *key, struct bk_str purpose, struct bk_key *ret_key)
{
    uint8_t derived[BK_KEY_SIZE];
    bk_mac_sha256(key, purpose, &derived);
    memcpy(ret_key->bytes, derived, sizeof derived);
    /* The context still holds what it made of the parent key; another key overwrites it. */
    static const struct bk_key nothing;
    bk_mac_sha256(&nothing, BK_STR_NONE, &derived);
    bk_wipe(derived, sizeof derived);
}

enum bk_err bk_key_parse(struct bk_str hex, struct bk_key *ret_key)
{
    return bk_hex_parse(hex, ret_key->bytes, sizeof ret_key->bytes);
}

enum bk_err bk_key_take(const char *file, char *text, struct bk_key *ret_key,
                        struct bk_detail *ret_detail)
{
    bool has_file = file != NULL && file[0] != '\0';
    bool has_text = text != NULL && text[0] != '\0';
    if (has_file == has_text) {
        bk_detail_set(ret_detail, "set one of master_key_file and master_key; "
                                  "`beckon keys new FILE` makes a key");
        return BK_ERR_INVALID;
    }
    if (has_file)
        return bk_key_read(file, ret_key, ret_detail);
    enum bk_err err = bk_key_parse(bk_str_of(text), ret_key);
    bk_wipe(text, strlen(text));
    if (err != BK_OK)
        bk_detail_set(ret_detail, "master_key: not 64 hexadecimal digits");
    return err;
}

static const char cure[] = "write one with `beckon keys new`";

enum bk_err bk_key_read(const char *path, struct bk_key *ret_key, struct bk_detail *ret_detail)
{
    enum bk_err err = BK_ERR_INVALID;
    char text[2 * BK_KEY_SIZE + 3]; /* digits, CR LF, and one byte that is too many */
    size_t len = 0;
    struct stat about;

    /* Not blocking: a named pipe must be refused, not waited for. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &about) != 0) {
        bk_detail_set(ret_detail, "key file %s: %s; %s, or correct the path", path, strerror(errno),
                      cure);
        goto out;
    }
    if (!S_ISREG(about.st_mode)) {
        bk_detail_set(ret_detail, "key file %s: not a regular file; %s", path, cure);
        goto out;
    }
    if ((about.st_mode & 007) != 0) {
        bk_detail_set(ret_detail,
                      "key file %s: mode %03o lets everybody use it; run `chmod o= %s` and "
                      "consider the key known",
                      path, (unsigned)about.st_mode & 0777, path);
        goto out;
    }
    while (len < sizeof text) {
        ssize_t got = read(fd, text + len, sizeof text - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            bk_detail_set(ret_detail, "key file %s: %s", path, strerror(errno));
            goto out;
        }
        if (got == 0)
            break;
        len += (size_t)got;
    }
    if (len > 0 && len < sizeof text && text[len - 1] == '\n')
        len -= len > 1 && text[len - 2] == '\r' ? 2 : 1;
    err = bk_key_parse((struct bk_str){text, len}, ret_key);
    if (err != BK_OK)
        bk_detail_set(ret_detail, "key file %s: want 64 hexadecimal digits and one line end; %s",
                      path, cure);
out:
    bk_wipe(text, sizeof text);
    if (fd >= 0)
        close(fd);
    return err;
}

void bk_sha256(struct bk_str text, uint8_t (*ret_hash)[32])
{
    if (EVP_Digest(text.ptr, text.len, *ret_hash, NULL, EVP_sha256(), NULL) != 1)
        give_up("SHA-256");
}
