/*
 * The last trust roots and own issuer rules any worker read, in memory that master and workers
 * share: a worker that replaces a dead one while PostgreSQL is away still knows whose phones to
 * answer (503, come back later) instead of leaving them hanging. Nothing is authorised from here: a
 * fetch still asks PostgreSQL.
 */
#ifndef CONFIG_ROOTS_SHARE_H
#define CONFIG_ROOTS_SHARE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/tls.h"
#include "vendor/cert_rule.h"

struct cfg_roots_share;

/* By the master, before it forks; a slot a worker. NULL: no memory. */
struct cfg_roots_share *cfg_roots_share_new(size_t slot_count);

/* A set on its way: begin, add each root and rule, publish in the worker's own slot (or free). */
struct cfg_roots_draft;
struct cfg_roots_draft *cfg_roots_draft_new(void); /* NULL: no memory; the others accept that */
void cfg_roots_draft_add(struct cfg_roots_draft *draft, const struct bk_trust_root *root,
                         const uint8_t *der, size_t der_len);
void cfg_roots_draft_add_rule(struct cfg_roots_draft *draft, const struct bk_cert_rule *rule);
void cfg_roots_draft_free(struct cfg_roots_draft *draft);
/* version grows with the database's. A set that does not fit is not shared. */
void cfg_roots_share_publish(struct cfg_roots_share *share, size_t slot, int64_t version,
                             const struct cfg_roots_draft *draft);

/* A new set, of the latest version that stands whole in any slot, and its rules, which the caller
 * frees; NULL: there is none, *ret_rules is not written. */
struct bk_trust *cfg_roots_share_read(const struct cfg_roots_share *share,
                                      struct bk_cert_rules *ret_rules);

#endif
