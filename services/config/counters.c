/*
 * Set-associative: a hash, keyed so that nobody can choose addresses that push out one another,
 * names eight places; whoever comes looks at these only.
 */
#include "counters.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/secret.h"

enum {
    WAYS = 8,
    ADDRESS_BYTES = 16,
    V4_AT = 12, /* where IPv4 stands in its mapped form */
    V4_NETWORK_BYTES = V4_AT + 3,
    V6_NETWORK_BYTES = 6
};

struct cfg_counters {
    int64_t window_ms;
    size_t slot_count;
    uint64_t seed[2]; /* of slots, of subjects */
    struct cfg_counter slots[];
};

/* --- who --- */

static bool is_v4(const uint8_t *bytes)
{
    static const uint8_t mapped[V4_AT] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return memcmp(bytes, mapped, sizeof mapped) == 0;
}

enum bk_err cfg_who_of_address(struct bk_str text, struct cfg_who *ret_address,
                               struct cfg_who *ret_network)
{
    struct bk_cidr cidr;
    if (bk_cidr_parse(text, &cidr) != BK_OK || cidr.prefix_bits != 8 * ADDRESS_BYTES)
        return BK_ERR_INVALID;
    *ret_address = (struct cfg_who){.scope = CFG_ADDRESS};
    *ret_network = (struct cfg_who){.scope = CFG_NETWORK};
    memcpy(ret_address->bytes, cidr.bytes, ADDRESS_BYTES);
    memcpy(ret_network->bytes, cidr.bytes, is_v4(cidr.bytes) ? V4_NETWORK_BYTES : V6_NETWORK_BYTES);
    return BK_OK;
}

bool cfg_who_is_in(const struct cfg_who *address, const struct bk_cidr *cidrs, size_t count)
{
    struct sockaddr_in6 socket_address = {.sin6_family = AF_INET6};
    memcpy(&socket_address.sin6_addr, address->address, sizeof address->address);
    return bk_cidr_has(cidrs, count, (const struct sockaddr *)&socket_address);
}

struct cfg_who cfg_who_of_certificate(const uint8_t *fingerprint)
{
    struct cfg_who who = {.scope = CFG_CERTIFICATE};
    memcpy(who.bytes, fingerprint, sizeof who.bytes);
    return who;
}

void cfg_who_print(const struct cfg_who *who, char (*ret_text)[CFG_WHO_TEXT_SIZE])
{
    char text[INET6_ADDRSTRLEN] = "";
    bool v4 = is_v4(who->bytes);
    inet_ntop(v4 ? AF_INET : AF_INET6, who->bytes + (v4 ? V4_AT : 0), text, sizeof text);
    snprintf(*ret_text, sizeof *ret_text, "%s%s", text,
             who->scope == CFG_ADDRESS ? "" : (v4 ? "/24" : "/48"));
}

/* --- the table --- */

/* Murmur's finish: every bit of the input reaches every bit of the output. */
static uint64_t mix(uint64_t hash)
{
    hash ^= hash >> 33;
    hash *= UINT64_C(0xff51afd7ed558ccd);
    hash ^= hash >> 33;
    hash *= UINT64_C(0xc4ceb9fe1a85ec53);
    return hash ^ hash >> 33;
}

static uint64_t hash_of(uint64_t seed, const uint8_t *bytes, size_t count)
{
    uint64_t hash = mix(seed ^ count);
    for (size_t at = 0; at < count; at += sizeof hash) {
        uint64_t word = 0;
        memcpy(&word, bytes + at, count - at < sizeof word ? count - at : sizeof word);
        hash = mix(hash ^ word);
    }
    return hash;
}

struct cfg_counters *cfg_counters_new(size_t slot_count, int64_t window_ms)
{
    assert(slot_count >= WAYS && (slot_count & (slot_count - 1)) == 0 && window_ms > 0);
    struct cfg_counters *counters =
        bk_alloc(sizeof *counters + slot_count * sizeof counters->slots[0]);
    if (counters == NULL)
        return NULL;
    counters->window_ms = window_ms;
    counters->slot_count = slot_count;
    bk_random((uint8_t *)counters->seed, sizeof counters->seed);
    return counters;
}

void cfg_counters_free(struct cfg_counters *counters)
{
    bk_free(counters);
}

int64_t cfg_counters_window(const struct cfg_counters *counters, int64_t now_wall_ms)
{
    return now_wall_ms / counters->window_ms;
}

static bool is_same(const struct cfg_who *a, const struct cfg_who *b)
{
    return a->scope == b->scope && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static struct cfg_counter *places_of(struct cfg_counters *counters, const struct cfg_who *who)
{
    uint64_t hash =
        hash_of(counters->seed[0] + (uint64_t)who->scope, who->bytes, sizeof who->bytes);
    return &counters->slots[(size_t)hash & (counters->slot_count - WAYS)];
}

struct cfg_counter *cfg_counters_find(struct cfg_counters *counters, const struct cfg_who *who,
                                      int64_t now_wall_ms)
{
    struct cfg_counter *place = places_of(counters, who);
    int64_t window = cfg_counters_window(counters, now_wall_ms);
    for (size_t i = 0; i < WAYS; i++, place++)
        if (place->is_used && place->window == window && is_same(&place->who, who))
            return place;
    return NULL;
}

/* Which of the places is given up first: free, of an earlier window, then who failed least. */
static uint64_t worth(const struct cfg_counter *counter, int64_t window)
{
    if (!counter->is_used)
        return 0;
    return counter->window != window ? 1 : 2 + (uint64_t)counter->failures;
}

struct cfg_counter *cfg_counters_get(struct cfg_counters *counters, const struct cfg_who *who,
                                     int64_t now_wall_ms)
{
    struct cfg_counter *places = places_of(counters, who), *given_up = places;
    int64_t window = cfg_counters_window(counters, now_wall_ms);
    for (struct cfg_counter *place = places; place < places + WAYS; place++) {
        if (place->is_used && is_same(&place->who, who)) {
            given_up = place;
            break;
        }
        if (worth(place, window) < worth(given_up, window))
            given_up = place;
    }
    if (!given_up->is_used || given_up->window != window || !is_same(&given_up->who, who))
        *given_up = (struct cfg_counter){.is_used = true, .who = *who, .window = window};
    return given_up;
}

bool cfg_counter_add(const struct cfg_counters *counters, struct cfg_counter *counter,
                     const struct bk_mac *mac)
{
    if (counter->failures < UINT32_MAX)
        counter->failures++;
    if (counter->untold < UINT32_MAX)
        counter->untold++;
    if (mac == NULL)
        return false;
    uint64_t bit = hash_of(counters->seed[1], mac->bytes, sizeof mac->bytes) % CFG_COUNTER_BITS;
    uint64_t mask = UINT64_C(1) << bit % 64;
    if ((counter->bits[bit / 64] & mask) != 0)
        return false;
    uint32_t clear = 0;
    for (size_t i = 0; i < BK_COUNT(counter->bits); i++)
        clear += (uint32_t)__builtin_popcountll(~counter->bits[i]);
    counter->bits[bit / 64] |= mask;
    /* Of so many new MACs one meets a clear bit. */
    counter->subject_thousandths += 1000u * CFG_COUNTER_BITS / clear;
    return true;
}

uint32_t cfg_counter_failures(const struct cfg_counter *counter)
{
    return counter->failures > counter->shared_failures ? counter->failures
                                                        : counter->shared_failures;
}

uint32_t cfg_counter_own_subjects(const struct cfg_counter *counter)
{
    return (counter->subject_thousandths + 500) / 1000;
}

uint32_t cfg_counter_subjects(const struct cfg_counter *counter)
{
    uint32_t own = cfg_counter_own_subjects(counter);
    return own > counter->shared_subjects ? own : counter->shared_subjects;
}
