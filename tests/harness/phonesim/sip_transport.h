/*
 * Where SIP messages come from and go to: one UDP socket, and a TCP connection for each server,
 * made by the phone and used by the server in turn, as behind NAT. IPv4. Nothing here blocks, but
 * the look-up of a server's name.
 */
#ifndef PHONESIM_SIP_TRANSPORT_H
#define PHONESIM_SIP_TRANSPORT_H

#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "util.h"

#define SIM_NET_CONNECTION_MAX 16
#define SIM_NET_POLL_MAX (SIM_NET_CONNECTION_MAX + 1)

struct sim_target {
    struct sockaddr_in address;
    bool is_tcp;
};

struct sim_connection {
    int fd;
    struct sockaddr_in peer;
    struct sim_buf in, out;
};

struct sim_net {
    int udp_fd; /* -1: not open */
    struct sockaddr_in local;
    struct sim_connection connections[SIM_NET_CONNECTION_MAX];
    size_t count;
    /* Called by sim_net_read() for each whole message, and for a connection that is gone. */
    void (*on_message)(void *arg, const char *bytes, size_t len, const struct sim_target *source);
    void (*on_lost)(void *arg, const struct sim_target *target, const char *why);
    void *arg;
};

/* local: ADDRESS or ADDRESS:PORT, port 0 a free one. The callbacks are set by the caller before. */
bool sim_net_open(struct sim_net *net, const char *local, struct sim_fault *ret_fault);
void sim_net_close(struct sim_net *net);
void sim_net_hang_up(struct sim_net *net); /* every TCP connection, untold */

bool sim_target_find(const char *host, int port, bool is_tcp, struct sim_target *ret_target,
                     struct sim_fault *ret_fault);
/* "127.0.0.1:5060" */
void sim_address_print(const struct sockaddr_in *address, char *ret_text, size_t size);

/* How the target sees us: what Via and Contact say. Begins to connect, by TCP. */
bool sim_net_local(struct sim_net *net, const struct sim_target *target,
                   struct sockaddr_in *ret_local, struct sim_fault *ret_fault);
/* By TCP what cannot go now is kept. A datagram that does not leave is lost, as on any network. */
bool sim_net_send(struct sim_net *net, const struct sim_target *target, const char *text,
                  size_t len, struct sim_fault *ret_fault);

/* What to poll, at most SIM_NET_POLL_MAX; and what poll found. is_deaf: all that came is dropped.
 */
size_t sim_net_poll(const struct sim_net *net, struct pollfd *ret_items);
void sim_net_read(struct sim_net *net, const struct pollfd *items, size_t count, bool is_deaf);

#endif
