/*
 * Where the notifier may connect to: the operator's address policy (docs/rules.md, rule 10), judged
 * on the numeric address that is then connected to, so that no name can be turned over in between.
 *
 * Without settings: public addresses only, and those with TLS only. Refused are loopback, private,
 * link-local, shared (100.64/10), multicast, documentation, benchmarking, reserved and unspecified
 * addresses of both families, and all of IPv6 that is not handed out to anybody; IPv4 written as
 * IPv6 (mapped, compatible, 6to4, Teredo, NAT64) counts as the IPv4 address inside.
 */
#ifndef PBX_EGRESS_H
#define PBX_EGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/attr.h"
#include "base/cidr.h"
#include "base/err.h"
#include "base/str.h"

struct bk_egress {
    struct bk_cidr allow[BK_CIDR_MAX];     /* allowed though not public */
    struct bk_cidr cleartext[BK_CIDR_MAX]; /* may be spoken to without TLS */
    size_t allow_count, cleartext_count;
};

/* Comma separated addresses and networks, either may be empty. BK_ERR_INVALID: the detail names the
 * setting and what is bad in it. */
BK_MUST_USE enum bk_err bk_egress_parse(struct bk_str allow, struct bk_str cleartext,
                                        struct bk_egress *ret_egress, struct bk_detail *ret_detail);
/* NULL: allowed; else the reason, naming the setting that would allow it. */
const char *bk_egress_judge(const struct bk_egress *egress, const struct sockaddr *address,
                            bool is_tls);

#endif
