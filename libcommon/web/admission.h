/*
 * Who may begin a TLS handshake now, and who waits his turn. A handshake costs us more than whoever
 * asks for it, in processor and in memory; what is begun beyond what can be finished in time is
 * wasted. So a worker has so many places for handshakes, a network (/24, /48) a part of them, and
 * the rest waits: the networks in turn, within a network first come, first served. An office that
 * reboots behind one address is late, not lost, and keeps nobody else waiting.
 *
 * Counts only: no clock, no socket. One worker has one; what waits is the connection's to keep.
 */
#ifndef WEB_ADMISSION_H
#define WEB_ADMISSION_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

struct bk_admission_limits {
    size_t places_max;              /* handshakes at once */
    size_t network_places_max;      /* of these, of one network */
    size_t network_connections_max; /* connections of one network, whatever they do */
};

#define BK_ADMISSION_BUCKETS 1024

struct bk_admission {
    struct bk_admission_limits limits;
    size_t taken_count, waiting_count;
    struct bk_list ready; /* networks with somebody who waits and a place of theirs to have */
    struct bk_list buckets[BK_ADMISSION_BUCKETS];
};

struct bk_network;

enum bk_ticket_state { BK_TICKET_NONE, BK_TICKET_PRESENT, BK_TICKET_WAITING, BK_TICKET_TAKEN };

/* Of one connection; zeroed before its first use. */
struct bk_ticket {
    struct bk_network *network;
    struct bk_list node; /* while waiting */
    enum bk_ticket_state state;
};

void bk_admission_init(struct bk_admission *admission, const struct bk_admission_limits *limits);

/* A connection has come from this address (an IPv4 one in its mapped form). False: its network has
 * too many, nothing is counted; or there is no memory. */
bool bk_admission_enter(struct bk_admission *admission, struct bk_ticket *ticket,
                        const struct in6_addr *address);
/* It would begin its handshake. True: it may; false: it waits, and comes out of bk_admission_next.
 */
bool bk_admission_ask(struct bk_admission *admission, struct bk_ticket *ticket);
bool bk_admission_has_next(const struct bk_admission *admission);
/* The next one in turn, which has its place now; NULL: nobody may. */
struct bk_ticket *bk_admission_next(struct bk_admission *admission);
/* The handshake is over, its place is free. Harmless when it had none. */
void bk_admission_give_back(struct bk_admission *admission, struct bk_ticket *ticket);
/* The connection is gone, whatever it had or waited for. */
void bk_admission_leave(struct bk_admission *admission, struct bk_ticket *ticket);

#endif
