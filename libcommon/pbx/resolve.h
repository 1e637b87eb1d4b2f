/*
 * From a PBX's host to the addresses that may be connected to: names are looked up on a thread,
 * every address is judged (pbx/egress.h), and callers connect to what is handed out here and to
 * nothing else, so that no name can be turned over between judgement and use.
 *
 * One a PBX, on the loop's thread. Looking up is A and AAAA by the system's resolver; SRV and NAPTR
 * (RFC 3263) are not asked: a control address is one host and a port.
 */
#ifndef PBX_RESOLVE_H
#define PBX_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/attr.h"
#include "base/err.h"
#include "io/loop.h"
#include "io/work.h"
#include "pbx/egress.h"

enum {
    BK_RESOLVE_MAX = 8,            /* addresses of one name; further ones are not tried */
    BK_RESOLVE_KEEP_MS = 60000,    /* then a name is looked up again */
    BK_RESOLVE_KEEP_NONE_MS = 5000 /* so is one that was not found */
};

struct bk_resolve;

struct bk_resolve_setup {
    struct bk_loop *loop;
    struct bk_work *work;
    const struct bk_egress *egress;
    bool is_tls; /* for the judgement */
};

struct bk_resolve_result {
    struct sockaddr_storage addresses[BK_RESOLVE_MAX]; /* allowed ones, port 0, as preferred */
    size_t count;
    bool is_forbidden; /* count is 0: there are addresses, and none is allowed */
    char text[200];    /* count is 0: why, for the tenant */
};

/* A look-up has ended, well or not: from the loop, after bk_resolve_start said "not yet". */
typedef void bk_resolve_fn(void *ctx);

/* host: numeric, or a name of at most 253 characters; copied. BK_ERR_NO_MEMORY. */
BK_MUST_USE enum bk_err bk_resolve_open(const struct bk_resolve_setup *setup, const char *host,
                                        bk_resolve_fn *on_end, void *ctx,
                                        struct bk_resolve **ret_resolve);
void bk_resolve_close(struct bk_resolve *resolve); /* nothing is told any more; NULL is allowed */

/*
 * *ret_is_known true: the result is there and recent enough, always so for a numeric host. False: a
 * look-up is under way, on_end follows; how long one waits for it is the caller's business. A name
 * that was found once and is not found now keeps its addresses. BK_ERR_BUSY: too many look-ups
 * wait; BK_ERR_NO_MEMORY.
 */
BK_MUST_USE enum bk_err bk_resolve_start(struct bk_resolve *resolve, bool *ret_is_known);
/* Borrowed, good until the loop's next turn. */
const struct bk_resolve_result *bk_resolve_result(const struct bk_resolve *resolve);

#endif
