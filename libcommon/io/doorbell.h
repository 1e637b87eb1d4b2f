/*
 * Ringing the notifier: one entry in a capped Redis stream, "d" = "<tenant>:<device>". Best effort:
 * whatever is not rung is found by the notifier's sweep, so nobody waits for it and nothing is
 * kept.
 */
#ifndef IO_DOORBELL_H
#define IO_DOORBELL_H

#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "io/loop.h"
#include "io/redis.h"

/* Where Redis is, as settings give it; texts are borrowed. */
struct bk_doorbell_options {
    const char *address;       /* empty or NULL: there is none, ringing does nothing */
    const char *user;          /* empty: default */
    const char *password_file; /* empty: none; read once */
    const char *prefix;        /* of the key: "<prefix>:doorbell" */
};

struct bk_doorbell;

/* For --check-config. */
BK_MUST_USE enum bk_err bk_doorbell_check(const struct bk_doorbell_options *options,
                                          struct bk_detail *ret_detail);
/* on_state may be NULL. */
BK_MUST_USE enum bk_err bk_doorbell_open(struct bk_loop *loop,
                                         const struct bk_doorbell_options *options,
                                         bk_redis_state_fn *on_state, void *ctx,
                                         struct bk_doorbell **ret_bell,
                                         struct bk_detail *ret_detail);
/* device_id 0: anything may be due. False: it was not even sent. */
bool bk_doorbell_ring(struct bk_doorbell *bell, int64_t tenant_id, int64_t device_id);
/* For a reader: the connection (NULL: there is none) and the stream's key. */
struct bk_redis *bk_doorbell_redis(struct bk_doorbell *bell);
const char *bk_doorbell_key(const struct bk_doorbell *bell);
void bk_doorbell_close(struct bk_doorbell *bell); /* NULL is allowed */

#endif
