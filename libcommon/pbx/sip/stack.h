/*
 * libre's SIP stack towards one address of one PBX: transport, source address, TLS. One a PBX and
 * address, since the name that a certificate must hold sits in libre's TLS context, and a PBX that
 * hangs then has its own sockets. Counted: whoever has a request under way keeps it.
 */
#ifndef PBX_SIP_STACK_H
#define PBX_SIP_STACK_H

#include <re.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "base/attr.h"

enum bk_sip_transport { BK_SIP_UDP, BK_SIP_TCP, BK_SIP_TLS }; /* as in bk_pbx_kind_sip's row */

struct bk_sip_stack_setup {
    enum bk_sip_transport transport;
    int port;
    const char *agent;   /* User-Agent, and Server of what we answer; outlives the stack */
    const char *ca_file; /* NULL or empty: the system's */
    char name[254];      /* that the certificate must hold: a host or a numeric address */
};

struct bk_sip_stack {
    int ref_count;
    bool is_bad; /* it failed: the next order gets another */
    struct sip *sip;
    struct uri route; /* where packets go, numeric */
    struct sockaddr_storage address;
    struct sa peer, source; /* port 0 in source */
    struct tls *tls;
    struct sip_lsnr *requests, *strays;
    char route_text[96];
    char name[254];
    const char *tls_error; /* static: why a certificate was refused last; NULL: was not */
};

/* address: already judged, and the one that is used. False: no memory, no route or no CA file. */
BK_MUST_USE bool bk_sip_stack_open(const struct bk_sip_stack_setup *setup,
                                   const struct sockaddr_storage *address,
                                   struct bk_sip_stack **ret_stack);
struct bk_sip_stack *bk_sip_stack_ref(struct bk_sip_stack *stack);
/* The last one closes it. Not from inside a callback of libre. NULL is allowed. */
void bk_sip_stack_unref(struct bk_sip_stack *stack);
/* False: it failed, or this machine's address towards the PBX has changed. */
bool bk_sip_stack_is_good(const struct bk_sip_stack *stack);

#endif
