/*
 * One hash table a kind, keyed by network and length of prefix. An address is looked up once for
 * each length that is in use: those of an address and of its network, and what operators wrote.
 */
#include "bans.h"

#include <string.h>

#include "base/alloc.h"
#include "base/secret.h"

enum { ADDRESS_BITS = 128, SLOTS_MIN = 64 /* a power of two */ };

struct slot {
    bool is_used, spares_good;
    uint8_t prefix_bits;
    uint8_t bytes[16];
    int64_t until_mono_ms;
};

/* Open addressing, at most half full. */
struct table {
    struct slot *slots;
    size_t slot_count, count;
};

struct cfg_bans {
    uint64_t seed;
    struct table bans, good;
    uint32_t used_of_length[ADDRESS_BITS + 1];
};

static void mask(uint8_t (*bytes)[16], int prefix_bits)
{
    for (int at = 0; at < 16; at++) {
        int left = prefix_bits - 8 * at;
        if (left < 8)
            (*bytes)[at] = left <= 0 ? 0 : (uint8_t)((*bytes)[at] & (0xff00 >> left));
    }
}

static size_t hash_of(uint64_t seed, const struct slot *key)
{
    uint64_t hash = seed ^ key->prefix_bits;
    for (size_t i = 0; i < sizeof key->bytes; i++)
        hash = (hash ^ key->bytes[i]) * 1099511628211u; /* FNV-1a */
    return (size_t)(hash ^ hash >> 32);
}

/* The slot of the key, or the free one where it belongs. */
static struct slot *place_of(const struct table *table, uint64_t seed, const struct slot *key)
{
    size_t at = hash_of(seed, key) & (table->slot_count - 1);
    while (table->slots[at].is_used &&
           (table->slots[at].prefix_bits != key->prefix_bits ||
            memcmp(table->slots[at].bytes, key->bytes, sizeof key->bytes) != 0))
        at = (at + 1) & (table->slot_count - 1);
    return &table->slots[at];
}

static enum bk_err grow(struct table *table, uint64_t seed)
{
    struct table larger = {.count = table->count};
    if (table->slot_count > 0 && 2 * table->count < table->slot_count)
        return BK_OK;
    larger.slot_count = table->slot_count > 0 ? 2 * table->slot_count : SLOTS_MIN;
    larger.slots = bk_alloc(larger.slot_count * sizeof *larger.slots);
    if (larger.slots == NULL)
        return BK_ERR_NO_MEMORY;
    for (size_t i = 0; i < table->slot_count; i++)
        if (table->slots[i].is_used)
            *place_of(&larger, seed, &table->slots[i]) = table->slots[i];
    bk_free(table->slots);
    *table = larger;
    return BK_OK;
}

/* *ret_is_new false: it was there, or is left out since the table is full. */
static enum bk_err put(struct table *table, uint64_t seed, const struct slot *slot,
                       bool *ret_is_new)
{
    enum bk_err err = table->count < CFG_BANS_MAX ? grow(table, seed) : BK_OK;
    if (err != BK_OK)
        return err;
    struct slot *place = place_of(table, seed, slot);
    *ret_is_new = !place->is_used;
    if (*ret_is_new && table->count == CFG_BANS_MAX) {
        *ret_is_new = false;
        return BK_OK;
    }
    table->count += *ret_is_new ? 1 : 0;
    *place = *slot;
    return BK_OK;
}

struct cfg_bans *cfg_bans_new(void)
{
    struct cfg_bans *bans = bk_alloc(sizeof *bans);
    if (bans != NULL)
        bk_random((uint8_t *)&bans->seed, sizeof bans->seed);
    return bans;
}

void cfg_bans_free(struct cfg_bans *bans)
{
    if (bans == NULL)
        return;
    bk_free(bans->bans.slots);
    bk_free(bans->good.slots);
    bk_free(bans);
}

enum bk_err cfg_bans_add(struct cfg_bans *bans, const struct bk_cidr *network, bool spares_good,
                         int64_t until_mono_ms)
{
    struct slot slot = {.is_used = true,
                        .spares_good = spares_good,
                        .prefix_bits = (uint8_t)network->prefix_bits,
                        .until_mono_ms = until_mono_ms};
    bool is_new = false;
    memcpy(slot.bytes, network->bytes, sizeof slot.bytes);
    mask(&slot.bytes, network->prefix_bits);
    enum bk_err err = put(&bans->bans, bans->seed, &slot, &is_new);
    if (is_new)
        bans->used_of_length[slot.prefix_bits]++;
    return err;
}

enum bk_err cfg_bans_add_good(struct cfg_bans *bans, const uint8_t *address)
{
    struct slot slot = {.is_used = true, .prefix_bits = ADDRESS_BITS};
    bool is_new = false;
    memcpy(slot.bytes, address, sizeof slot.bytes);
    return put(&bans->good, bans->seed, &slot, &is_new);
}

static const struct slot *find(const struct table *table, uint64_t seed, const uint8_t *address,
                               int prefix_bits)
{
    struct slot key = {.prefix_bits = (uint8_t)prefix_bits};
    if (table->count == 0)
        return NULL;
    memcpy(key.bytes, address, sizeof key.bytes);
    mask(&key.bytes, prefix_bits);
    const struct slot *place = place_of(table, seed, &key);
    return place->is_used ? place : NULL;
}

bool cfg_bans_has(const struct cfg_bans *bans, const uint8_t *address, bool is_good,
                  int64_t now_mono_ms)
{
    if (bans->bans.count == 0)
        return false;
    is_good = is_good || find(&bans->good, bans->seed, address, ADDRESS_BITS) != NULL;
    for (int bits = ADDRESS_BITS; bits >= 0; bits--) {
        if (bans->used_of_length[bits] == 0)
            continue;
        const struct slot *ban = find(&bans->bans, bans->seed, address, bits);
        if (ban != NULL && ban->until_mono_ms > now_mono_ms && !(ban->spares_good && is_good))
            return true;
    }
    return false;
}

size_t cfg_bans_count(const struct cfg_bans *bans, int64_t now_mono_ms)
{
    size_t count = 0;
    for (size_t i = 0; i < bans->bans.slot_count; i++)
        count += bans->bans.slots[i].is_used && bans->bans.slots[i].until_mono_ms > now_mono_ms;
    return count;
}
