/*
 * Addresses that phones were served at, as this worker remembers them: at them nobody is kept out,
 * whatever else comes from there. A fixed table; who was not heard of for longest is forgotten, and
 * PostgreSQL still knows (app.good_source). Pure: no I/O, and the time is given.
 */
#ifndef CONFIG_GOOD_H
#define CONFIG_GOOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CFG_GOOD_MS (24 * 3600 * 1000)     /* for so long after its last good fetch */
#define CFG_GOOD_WRITE_MS (30 * 60 * 1000) /* the database is told again after that */

struct cfg_good;

/* slot_count: a power of two, at least 8; 40 bytes each. NULL: no memory. */
struct cfg_good *cfg_good_new(size_t slot_count);
void cfg_good_free(struct cfg_good *good); /* NULL is allowed */
/* address: 16 bytes, IPv4 in its mapped form, here and below.
 * A phone was served there. True: the database is to be told. */
bool cfg_good_note(struct cfg_good *good, const uint8_t *address, int64_t now_mono_ms);
/* It was told: not again for a while. */
void cfg_good_told(struct cfg_good *good, const uint8_t *address, int64_t now_mono_ms);
bool cfg_good_has(struct cfg_good *good, const uint8_t *address, int64_t now_mono_ms);

#endif
