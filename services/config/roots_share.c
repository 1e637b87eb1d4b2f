/*
 * Shared trust roots. Workers write without a lock, since one may be killed while it holds it: a
 * digest over the whole tells a reader whether what it sees is whole.
 */
#include "roots_share.h"

#include <string.h>
#include <sys/mman.h>

#include "base/seal.h"

enum { SHARE_SIZE = 1 << 20 };

struct record {
    struct bk_trust_root root;
    size_t der_len; /* the bytes follow */
};

struct cfg_roots_share {
    size_t len; /* SIZE_MAX: did not fit */
    uint8_t digest[32];
    uint8_t bytes[SHARE_SIZE];
};

struct cfg_roots_share *cfg_roots_share_new(void)
{
    void *map = mmap(NULL, sizeof(struct cfg_roots_share), PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return map != MAP_FAILED ? map : NULL;
}

/* No secret: the key is a constant, the digest only finds torn writes. */
static void digest_of(const struct cfg_roots_share *share, size_t len, uint8_t (*ret_digest)[32])
{
    static const struct bk_key key = {{1}};
    bk_mac_sha256(&key, (struct bk_str){(const char *)share->bytes, len}, ret_digest);
}

void cfg_roots_share_begin(struct cfg_roots_share *share)
{
    memset(share->digest, 0, sizeof share->digest);
    share->len = 0;
}

void cfg_roots_share_add(struct cfg_roots_share *share, const struct bk_trust_root *root,
                         const uint8_t *der, size_t der_len)
{
    struct record record = {.root = *root, .der_len = der_len};
    if (share->len > SHARE_SIZE || sizeof record + der_len > SHARE_SIZE - share->len) {
        share->len = SIZE_MAX;
        return;
    }
    memcpy(share->bytes + share->len, &record, sizeof record);
    memcpy(share->bytes + share->len + sizeof record, der, der_len);
    share->len += sizeof record + der_len;
}

void cfg_roots_share_end(struct cfg_roots_share *share)
{
    if (share->len <= SHARE_SIZE)
        digest_of(share, share->len, &share->digest);
}

struct bk_trust *cfg_roots_share_read(const struct cfg_roots_share *share)
{
    uint8_t digest[32];
    size_t len = share->len;
    if (len == 0 || len > SHARE_SIZE)
        return NULL;
    digest_of(share, len, &digest);
    struct bk_trust *trust = NULL;
    if (memcmp(digest, share->digest, sizeof digest) != 0 || bk_trust_new(&trust) != BK_OK)
        return NULL;

    for (size_t at = 0; at + sizeof(struct record) <= len;) {
        struct record record;
        memcpy(&record, share->bytes + at, sizeof record);
        at += sizeof record;
        if (record.der_len > len - at)
            break;
        struct bk_str der = {(const char *)share->bytes + at, record.der_len};
        if (bk_trust_add(trust, &record.root, der, NULL) == BK_ERR_NO_MEMORY)
            break;
        at += record.der_len;
    }
    return trust;
}
