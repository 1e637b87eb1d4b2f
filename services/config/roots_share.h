/*
 * The last trust roots any worker read, in memory that master and workers share: a worker that
 * replaces a dead one while PostgreSQL is away still knows whose phones to answer (503, come back
 * later) instead of leaving them hanging. Nothing is authorised from here: a fetch still asks
 * PostgreSQL.
 */
#ifndef CONFIG_ROOTS_SHARE_H
#define CONFIG_ROOTS_SHARE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/tls.h"

struct cfg_roots_share;

/* By the master, before it forks; lives as long as the processes. NULL: no memory. */
struct cfg_roots_share *cfg_roots_share_new(void);

/* Replace what is shared: begin, add each root, end. A set that does not fit is not shared. */
void cfg_roots_share_begin(struct cfg_roots_share *share);
void cfg_roots_share_add(struct cfg_roots_share *share, const struct bk_trust_root *root,
                         const uint8_t *der, size_t der_len);
void cfg_roots_share_end(struct cfg_roots_share *share);

/* A new set made of what is shared; NULL when nothing whole is there. */
struct bk_trust *cfg_roots_share_read(const struct cfg_roots_share *share);

#endif
