/*
 * Shared trust roots. Each worker writes its own slot and nobody locks, since a worker may be
 * killed while it writes: a digest over version and bytes tells a reader whether what it sees is
 * whole, and whatever is odd makes the slot as good as empty.
 */
#include "roots_share.h"

#include <string.h>
#include <sys/mman.h>

#include "base/alloc.h"
#include "base/seal.h"

enum { SET_SIZE = 1 << 20 };

/* What follows it: len bytes of a rule, or of a certificate. */
struct record {
    bool is_rule;
    struct bk_trust_root root; /* of a certificate */
    size_t len;
};

struct cfg_roots_draft {
    size_t len;
    bool is_too_large;
    uint8_t bytes[SET_SIZE];
};

struct slot {
    uint8_t digest[32]; /* over all that follows, up to len */
    int64_t version;
    size_t len;
    uint8_t bytes[SET_SIZE];
};

struct cfg_roots_share {
    size_t slot_count;
    struct slot slots[]; /* untouched pages cost nothing */
};

struct cfg_roots_share *cfg_roots_share_new(size_t slot_count)
{
    size_t bytes = sizeof(struct cfg_roots_share) + slot_count * sizeof(struct slot);
    struct cfg_roots_share *share =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (share == MAP_FAILED)
        return NULL;
    share->slot_count = slot_count;
    return share;
}

/* --- writing --- */

struct cfg_roots_draft *cfg_roots_draft_new(void)
{
    return bk_alloc(sizeof(struct cfg_roots_draft));
}

void cfg_roots_draft_free(struct cfg_roots_draft *draft)
{
    bk_free(draft);
}

static void add(struct cfg_roots_draft *draft, const struct record *record, const void *bytes)
{
    if (draft == NULL || draft->is_too_large)
        return;
    if (sizeof *record + record->len > SET_SIZE - draft->len) {
        draft->is_too_large = true;
        return;
    }
    memcpy(draft->bytes + draft->len, record, sizeof *record);
    memcpy(draft->bytes + draft->len + sizeof *record, bytes, record->len);
    draft->len += sizeof *record + record->len;
}

void cfg_roots_draft_add(struct cfg_roots_draft *draft, const struct bk_trust_root *root,
                         const uint8_t *der, size_t der_len)
{
    const struct record record = {.root = *root, .len = der_len};
    add(draft, &record, der);
}

void cfg_roots_draft_add_rule(struct cfg_roots_draft *draft, const struct bk_cert_rule *rule)
{
    const struct record record = {.is_rule = true, .len = sizeof *rule};
    add(draft, &record, rule);
}

/* No secret: the key is a constant, the digest only finds torn writes. */
static void digest_of(const struct slot *slot, size_t len, uint8_t (*ret_digest)[32])
{
    static const struct bk_key key = {{1}};
    const char *from = (const char *)&slot->version;
    bk_mac_sha256(
        &key,
        (struct bk_str){from, offsetof(struct slot, bytes) - offsetof(struct slot, version) + len},
        ret_digest);
}

void cfg_roots_share_publish(struct cfg_roots_share *share, size_t slot_at, int64_t version,
                             const struct cfg_roots_draft *draft)
{
    if (draft == NULL || draft->is_too_large || slot_at >= share->slot_count)
        return;
    struct slot *slot = &share->slots[slot_at];
    memset(slot->digest, 0, sizeof slot->digest);
    slot->version = version;
    slot->len = draft->len;
    memcpy(slot->bytes, draft->bytes, draft->len);
    digest_of(slot, slot->len, &slot->digest);
}

/* --- reading --- */

static bool is_whole(const struct slot *slot)
{
    uint8_t digest[32];
    size_t len = slot->len;
    if (len == 0 || len > SET_SIZE)
        return false;
    digest_of(slot, len, &digest);
    return memcmp(digest, slot->digest, sizeof digest) == 0;
}

static enum bk_err add_one(const struct record *record, const uint8_t *bytes,
                           struct bk_trust *trust, struct bk_cert_rules *rules)
{
    struct bk_cert_rule rule;
    if (!record->is_rule)
        return bk_trust_add(trust, &record->root, (struct bk_str){(const char *)bytes, record->len},
                            NULL);
    if (record->len != sizeof rule)
        return BK_ERR_INVALID;
    memcpy(&rule, bytes, sizeof rule);
    return bk_cert_rules_add(rules, &rule, NULL);
}

static bool add_all(const struct slot *slot, size_t len, struct bk_trust *trust,
                    struct bk_cert_rules *rules)
{
    for (size_t at = 0; at < len;) {
        struct record record;
        if (len - at < sizeof record)
            return false;
        memcpy(&record, slot->bytes + at, sizeof record);
        at += sizeof record;
        if (record.len > len - at || add_one(&record, slot->bytes + at, trust, rules) != BK_OK)
            return false;
        at += record.len;
    }
    return true;
}

/* Copied before it is judged: its owner may write at any moment. */
static bool copy_whole(const struct slot *slot, struct slot *ret_copy)
{
    size_t len = slot->len;
    if (len == 0 || len > SET_SIZE)
        return false;
    memcpy(ret_copy, slot, offsetof(struct slot, bytes) + len);
    return ret_copy->len == len && is_whole(ret_copy);
}

struct bk_trust *cfg_roots_share_read(const struct cfg_roots_share *share,
                                      struct bk_cert_rules *ret_rules)
{
    struct slot *copy = bk_alloc(sizeof *copy), *latest = bk_alloc(sizeof *latest);
    struct bk_trust *trust = NULL;
    struct bk_cert_rules rules = {0};
    bool is_found = false;
    for (size_t i = 0; copy != NULL && latest != NULL && i < share->slot_count; i++) {
        if (!copy_whole(&share->slots[i], copy) || (is_found && copy->version <= latest->version))
            continue;
        struct slot *former = latest;
        latest = copy;
        copy = former;
        is_found = true;
    }
    if (is_found && bk_trust_new(&trust) == BK_OK && !add_all(latest, latest->len, trust, &rules)) {
        bk_trust_unref(trust);
        trust = NULL;
    }
    if (trust != NULL)
        *ret_rules = rules;
    else
        bk_cert_rules_free(&rules);
    bk_free(copy);
    bk_free(latest);
    return trust;
}
