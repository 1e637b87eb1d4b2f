/*
 * Redis from an event loop: a doorbell, a counter and a cache, never the owner of a fact. One
 * connection, commands in order, a bounded queue, a deadline for each; reconnects by itself (at
 * once, then after 100 ms doubling to 5 s, for ever; at once again when it had lived for a second).
 * Works on every bk_loop, so on h2o's and on libre's. There is no TLS: reach Redis by a unix
 * socket, or through stunnel (docs/redis.md). What Redis answers is not trusted: it is bounded, and
 * what makes no sense ends the connection, not the process.
 */
#ifndef IO_REDIS_H
#define IO_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "io/loop.h"

struct bk_redis;

#define BK_REDIS_ARG_MAX 16
#define BK_REDIS_ARG_BYTES_MAX 65536 /* of all arguments of one command; BK_ERR_TOO_LARGE */
/* Of one answer: bytes, and texts, numbers and arrays together. Larger ones end the connection. */
#define BK_REDIS_REPLY_BYTES_MAX 1048576
#define BK_REDIS_REPLY_COUNT_MAX 65536

/* Texts are copied. */
struct bk_redis_options {
    const char *address;  /* "unix:/path" or "host:port" with a numeric host */
    const char *user;     /* ACL user; NULL or empty: "default" */
    const char *password; /* NULL or empty: no AUTH is sent */
    size_t queue_max;     /* commands without an answer yet; beyond: BK_ERR_BUSY at once */
    int timeout_ms;       /* of a command, and of one attempt to connect */
};

enum bk_redis_kind { BK_REDIS_NIL, BK_REDIS_TEXT, BK_REDIS_INT, BK_REDIS_ARRAY };

/* An answer, valid inside on_done only. */
struct bk_redis_reply;
enum bk_redis_kind bk_redis_kind(const struct bk_redis_reply *reply);
struct bk_str bk_redis_text(const struct bk_redis_reply *reply); /* else empty */
int64_t bk_redis_int(const struct bk_redis_reply *reply);        /* else 0 */
size_t bk_redis_count(const struct bk_redis_reply *reply);       /* of an array, else 0 */
/* NULL beyond the end. */
const struct bk_redis_reply *bk_redis_at(const struct bk_redis_reply *reply, size_t index);

/*
 * Once per submitted command, from the loop, never from inside bk_redis_send. err: BK_OK (reply
 * given), BK_ERR_TIMEOUT, BK_ERR_DOWN (not sent, or its fate is unknown), BK_ERR_DENIED (ACL),
 * BK_ERR_INTERNAL (any other error reply); detail is never NULL.
 */
typedef void bk_redis_done_fn(void *ctx, enum bk_err err, const struct bk_redis_reply *reply,
                              const struct bk_detail *detail);
typedef void bk_redis_state_fn(void *ctx, bool is_up, const struct bk_detail *detail);

/* BK_ERR_INVALID with a detail: no address of the forms above. */
BK_MUST_USE enum bk_err bk_redis_address_check(const char *address, struct bk_detail *ret_detail);
BK_MUST_USE enum bk_err bk_redis_open(struct bk_loop *loop, const struct bk_redis_options *options,
                                      struct bk_redis **ret_redis);
/* Ends every command with BK_ERR_DOWN (on_done is called before this returns). May be called by any
 * on_done and on_state. NULL is allowed. */
void bk_redis_close(struct bk_redis *redis);
/* on_state: on every change, and when the first attempt fails; when it goes down, after the
 * commands. */
void bk_redis_on_state(struct bk_redis *redis, bk_redis_state_fn *on_state, void *ctx);
bool bk_redis_is_up(const struct bk_redis *redis);

/*
 * args[0] is the command; binary safe; copied. on_done may be NULL: nobody asks. wait_ms: added to
 * the deadline, for commands that block at the server (XREAD BLOCK); they hold up those behind
 * them, so a reader that blocks has a connection of its own. One that is late ends the connection,
 * and all others on it with BK_ERR_DOWN. BK_ERR_DOWN at once when not connected.
 */
BK_MUST_USE enum bk_err bk_redis_send(struct bk_redis *redis, const struct bk_str *args,
                                      size_t count, int wait_ms, bk_redis_done_fn *on_done,
                                      void *ctx);

#endif
