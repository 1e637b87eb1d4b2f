/*
 * Set-associative like counters.c.
 */
#include "good.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/secret.h"

enum { WAYS = 8, ADDRESS_BYTES = 16 };

struct place {
    bool is_used, is_told;
    uint8_t address[ADDRESS_BYTES];
    int64_t seen_mono_ms, told_mono_ms;
};

struct cfg_good {
    uint64_t seed;
    size_t slot_count;
    struct place slots[];
};

struct cfg_good *cfg_good_new(size_t slot_count)
{
    assert(slot_count >= WAYS && (slot_count & (slot_count - 1)) == 0);
    struct cfg_good *good = bk_alloc(sizeof *good + slot_count * sizeof good->slots[0]);
    if (good == NULL)
        return NULL;
    good->slot_count = slot_count;
    bk_random((uint8_t *)&good->seed, sizeof good->seed);
    return good;
}

void cfg_good_free(struct cfg_good *good)
{
    bk_free(good);
}

/* Its place, or the one to give up for it. */
static struct place *place_of(struct cfg_good *good, const uint8_t *address)
{
    uint64_t hash = good->seed;
    for (size_t i = 0; i < ADDRESS_BYTES; i++)
        hash = (hash ^ address[i]) * 1099511628211u; /* FNV-1a */
    struct place *first = &good->slots[(size_t)(hash ^ hash >> 32) & (good->slot_count - WAYS)];
    struct place *oldest = first;
    for (struct place *place = first; place < first + WAYS; place++) {
        if (place->is_used && memcmp(place->address, address, ADDRESS_BYTES) == 0)
            return place;
        if (!place->is_used || (oldest->is_used && place->seen_mono_ms < oldest->seen_mono_ms))
            oldest = place;
    }
    return oldest;
}

static bool is_of(const struct place *place, const uint8_t *address)
{
    return place->is_used && memcmp(place->address, address, ADDRESS_BYTES) == 0;
}

bool cfg_good_note(struct cfg_good *good, const uint8_t *address, int64_t now_mono_ms)
{
    struct place *place = place_of(good, address);
    if (!is_of(place, address)) {
        *place = (struct place){.is_used = true};
        memcpy(place->address, address, ADDRESS_BYTES);
    }
    place->seen_mono_ms = now_mono_ms;
    return !place->is_told || now_mono_ms - place->told_mono_ms >= CFG_GOOD_WRITE_MS;
}

void cfg_good_told(struct cfg_good *good, const uint8_t *address, int64_t now_mono_ms)
{
    struct place *place = place_of(good, address);
    if (!is_of(place, address))
        return; /* forgotten meanwhile */
    place->is_told = true;
    place->told_mono_ms = now_mono_ms;
}

bool cfg_good_has(struct cfg_good *good, const uint8_t *address, int64_t now_mono_ms)
{
    const struct place *place = place_of(good, address);
    return is_of(place, address) && now_mono_ms - place->seen_mono_ms < CFG_GOOD_MS;
}
