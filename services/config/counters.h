/*
 * Who failed how often: counters over a window, in memory of a fixed size, one table a worker. For
 * an address, its network, or a certificate they tell failures, and how many different MACs were
 * named without proof. Pure: no I/O, and the time is given. What is done about it: limits.c.
 *
 * Windows are cut from wall time (the k-th begins at k * window), so that all workers, on any host,
 * mean the same one and can add up what they saw.
 */
#ifndef CONFIG_COUNTERS_H
#define CONFIG_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cidr.h"
#include "base/err.h"
#include "base/str.h"
#include "model/mac.h"

#define CFG_WHO_BYTES 32 /* of a fingerprint, SHA-256 */

enum cfg_scope { CFG_ADDRESS, CFG_NETWORK, CFG_CERTIFICATE, CFG_SCOPE_COUNT };

struct cfg_who {
    enum cfg_scope scope;
    union {
        uint8_t bytes[CFG_WHO_BYTES]; /* all of it; zeros behind an address */
        uint8_t address[16];          /* or network; IPv4 in its mapped form */
        uint8_t fingerprint[CFG_WHO_BYTES];
    };
};

/* BK_ERR_INVALID: no numeric address. network: its /24, or /48 for IPv6. */
BK_MUST_USE enum bk_err cfg_who_of_address(struct bk_str text, struct cfg_who *ret_address,
                                           struct cfg_who *ret_network);
struct cfg_who cfg_who_of_certificate(const uint8_t *fingerprint); /* CFG_WHO_BYTES */
bool cfg_who_is_in(const struct cfg_who *address, const struct bk_cidr *cidrs, size_t count);
/* "198.51.100.7", "198.51.100.0/24", "2001:db8::/48" of an address or network. */
#define CFG_WHO_TEXT_SIZE 52
void cfg_who_print(const struct cfg_who *who, char (*ret_text)[CFG_WHO_TEXT_SIZE]);

/*
 * Different MACs are counted by a map of bits: each MAC sets one, and the more are set the more a
 * new one counts, for those that met a bit that was set. Within 5 % of the truth up to the largest
 * limit there is (CFG_SUBJECTS_MAX), for 128 bytes.
 */
#define CFG_SUBJECTS_MAX 2000
#define CFG_COUNTER_BITS 1024

struct cfg_counter {
    struct cfg_who who;
    bool is_used;
    int64_t window; /* which one; what is below is of this one */
    uint32_t failures;
    uint32_t subject_thousandths;
    uint32_t shared_failures, shared_subjects; /* by all workers, as Redis told; 0: not told */
    uint32_t untold;                           /* failures that Redis has not been told of */
    int64_t ask_at_mono_ms; /* when a ban may be asked for; INT64_MAX: not within this window */
    uint64_t bits[CFG_COUNTER_BITS / 64];
};

struct cfg_counters;

/*
 * slot_count: a power of two, at least 8; 224 bytes each. Whoever is new takes the place of who
 * failed least among the eight that share its places. NULL: no memory.
 */
struct cfg_counters *cfg_counters_new(size_t slot_count, int64_t window_ms);
void cfg_counters_free(struct cfg_counters *counters); /* NULL is allowed */
int64_t cfg_counters_window(const struct cfg_counters *counters, int64_t now_wall_ms);

/* The counter of this window, emptied when it is of an earlier one. Valid until the next get. */
struct cfg_counter *cfg_counters_get(struct cfg_counters *counters, const struct cfg_who *who,
                                     int64_t now_wall_ms);
/* NULL: nothing was counted in this window. */
struct cfg_counter *cfg_counters_find(struct cfg_counters *counters, const struct cfg_who *who,
                                      int64_t now_wall_ms);
/* One more failure; mac: named without proof, NULL: none. True: this MAC was not seen before. */
bool cfg_counter_add(const struct cfg_counters *counters, struct cfg_counter *counter,
                     const struct bk_mac *mac);
/* Of all workers as far as known, at least of this one. */
uint32_t cfg_counter_failures(const struct cfg_counter *counter);
uint32_t cfg_counter_subjects(const struct cfg_counter *counter);
uint32_t cfg_counter_own_subjects(const struct cfg_counter *counter);

#endif
