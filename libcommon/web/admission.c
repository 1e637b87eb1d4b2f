/*
 * Places for handshakes (admission.h). A network lives while it has connections; it is in the list
 * `ready` exactly while somebody of it waits and it has a place to have, so that who is next is
 * always the first of the first.
 */
#include "web/admission.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attr.h"

enum { V4_PREFIX_BYTES = 12 + 3, V6_PREFIX_BYTES = 6 };

/* Lives while it has connections. */
struct bk_network {
    struct bk_list node;  /* in its bucket */
    struct bk_list ready; /* in admission->ready, or in no list */
    struct bk_list waiting;
    struct in6_addr prefix;
    size_t connection_count, taken_count;
};

void bk_admission_init(struct bk_admission *admission, const struct bk_admission_limits *limits)
{
    *admission = (struct bk_admission){.limits = *limits};
    bk_list_init(&admission->ready);
    for (size_t i = 0; i < BK_ADMISSION_BUCKETS; i++)
        bk_list_init(&admission->buckets[i]);
}

/* --- networks --- */

static struct in6_addr prefix_of(const struct in6_addr *address)
{
    struct in6_addr prefix = {0};
    memcpy(&prefix, address, IN6_IS_ADDR_V4MAPPED(address) ? V4_PREFIX_BYTES : V6_PREFIX_BYTES);
    return prefix;
}

/* Whoever chooses addresses that collide makes his own look-ups slow by the connections he has. */
static struct bk_list *bucket_of(struct bk_admission *admission, const struct in6_addr *prefix)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < sizeof prefix->s6_addr; i++)
        hash = (hash ^ prefix->s6_addr[i]) * 16777619u;
    return &admission->buckets[hash % BK_ADMISSION_BUCKETS];
}

static struct bk_network *network_of(struct bk_admission *admission, const struct in6_addr *address)
{
    const struct in6_addr prefix = prefix_of(address);
    struct bk_list *bucket = bucket_of(admission, &prefix);
    for (struct bk_list *node = bucket->next; node != bucket; node = node->next) {
        struct bk_network *network = BK_CONTAINER(node, struct bk_network, node);
        if (memcmp(&network->prefix, &prefix, sizeof prefix) == 0)
            return network;
    }
    struct bk_network *network = bk_alloc(sizeof *network);
    if (network == NULL)
        return NULL;
    network->prefix = prefix;
    bk_list_init(&network->ready);
    bk_list_init(&network->waiting);
    bk_list_append(bucket, &network->node);
    return network;
}

static bool has_room(const struct bk_admission *admission, const struct bk_network *network)
{
    return network->taken_count < admission->limits.network_places_max;
}

/* To be called whenever somebody of it waits, leaves, takes or gives back: last in turn. */
static void put_in_turn(struct bk_admission *admission, struct bk_network *network)
{
    bool is_ready = !bk_list_is_empty(&network->waiting) && has_room(admission, network);
    bool was_ready = !bk_list_is_empty(&network->ready);
    if (is_ready && !was_ready)
        bk_list_append(&admission->ready, &network->ready);
    else if (!is_ready && was_ready)
        bk_list_remove(&network->ready);
}

/* --- tickets --- */

bool bk_admission_enter(struct bk_admission *admission, struct bk_ticket *ticket,
                        const struct in6_addr *address)
{
    assert(ticket->state == BK_TICKET_NONE);
    struct bk_network *network = network_of(admission, address);
    if (network == NULL || network->connection_count >= admission->limits.network_connections_max)
        return false;
    network->connection_count++;
    ticket->network = network;
    ticket->state = BK_TICKET_PRESENT;
    bk_list_init(&ticket->node);
    return true;
}

static void take(struct bk_admission *admission, struct bk_ticket *ticket)
{
    admission->taken_count++;
    ticket->network->taken_count++;
    ticket->state = BK_TICKET_TAKEN;
}

bool bk_admission_ask(struct bk_admission *admission, struct bk_ticket *ticket)
{
    assert(ticket->state == BK_TICKET_PRESENT);
    bool may_go = admission->taken_count < admission->limits.places_max &&
                  has_room(admission, ticket->network) && bk_list_is_empty(&admission->ready);
    if (may_go) {
        take(admission, ticket);
        return true;
    }
    admission->waiting_count++;
    ticket->state = BK_TICKET_WAITING;
    bk_list_append(&ticket->network->waiting, &ticket->node);
    put_in_turn(admission, ticket->network);
    return false;
}

static void stop_waiting(struct bk_admission *admission, struct bk_ticket *ticket)
{
    admission->waiting_count--;
    bk_list_remove(&ticket->node);
}

bool bk_admission_has_next(const struct bk_admission *admission)
{
    return !bk_list_is_empty(&admission->ready) &&
           admission->taken_count < admission->limits.places_max;
}

struct bk_ticket *bk_admission_next(struct bk_admission *admission)
{
    if (!bk_admission_has_next(admission))
        return NULL;
    struct bk_network *network =
        BK_CONTAINER(bk_list_first(&admission->ready), struct bk_network, ready);
    struct bk_ticket *ticket =
        BK_CONTAINER(bk_list_first(&network->waiting), struct bk_ticket, node);
    stop_waiting(admission, ticket);
    take(admission, ticket);
    bk_list_remove(&network->ready); /* the others first */
    put_in_turn(admission, network);
    return ticket;
}

void bk_admission_give_back(struct bk_admission *admission, struct bk_ticket *ticket)
{
    if (ticket->state != BK_TICKET_TAKEN)
        return;
    admission->taken_count--;
    ticket->network->taken_count--;
    ticket->state = BK_TICKET_PRESENT;
    put_in_turn(admission, ticket->network);
}

void bk_admission_leave(struct bk_admission *admission, struct bk_ticket *ticket)
{
    struct bk_network *network = ticket->network;
    if (ticket->state == BK_TICKET_NONE)
        return;
    bk_admission_give_back(admission, ticket);
    if (ticket->state == BK_TICKET_WAITING) {
        stop_waiting(admission, ticket);
        put_in_turn(admission, network);
    }
    ticket->state = BK_TICKET_NONE;
    ticket->network = NULL;
    if (--network->connection_count > 0)
        return;
    bk_list_remove(&network->node);
    bk_free(network);
}
