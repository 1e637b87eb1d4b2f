/*
 * The bans in force, as a worker asks at every accept. PostgreSQL holds the truth (app.ban); this
 * is its copy, of a bounded size, in which each ban ends by itself: a worker that cannot reach the
 * database keeps nobody out for longer than was decided. Pure: no I/O, and the time is given.
 */
#ifndef CONFIG_BANS_H
#define CONFIG_BANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cidr.h"
#include "base/err.h"

/* Of each: bans, and good addresses within them. bk.bans() gives no more (migrations). */
#define CFG_BANS_MAX 10000

struct cfg_bans;

struct cfg_bans *cfg_bans_new(void);       /* empty; NULL: no memory */
void cfg_bans_free(struct cfg_bans *bans); /* NULL is allowed */

/* Bits of the network beyond its prefix are ignored. What is beyond CFG_BANS_MAX is left out. */
BK_MUST_USE enum bk_err cfg_bans_add(struct cfg_bans *bans, const struct bk_cidr *network,
                                     bool spares_good, int64_t until_mono_ms);
/* An address that bans which spare the good do not concern. */
BK_MUST_USE enum bk_err cfg_bans_add_good(struct cfg_bans *bans, const uint8_t *address);

/* address: 16 bytes, IPv4 in its mapped form. is_good: to be spared, whatever was added. */
bool cfg_bans_has(const struct cfg_bans *bans, const uint8_t *address, bool is_good,
                  int64_t now_mono_ms);
size_t cfg_bans_count(const struct cfg_bans *bans, int64_t now_mono_ms);

#endif
