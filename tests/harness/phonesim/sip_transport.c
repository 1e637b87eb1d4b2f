/* See sip_transport.h. */
#include "sip_transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sip_message.h"

#define DATAGRAM_BURST 64 /* read at once, before timers and rounds get their turn */

void sim_address_print(const struct sockaddr_in *address, char *ret_text, size_t size)
{
    char host[INET_ADDRSTRLEN] = "?";
    inet_ntop(AF_INET, &address->sin_addr, host, sizeof host);
    snprintf(ret_text, size, "%s:%d", host, ntohs(address->sin_port));
}

bool sim_target_find(const char *host, int port, bool is_tcp, struct sim_target *ret_target,
                     struct sim_fault *ret_fault)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM}, *list = NULL;
    int failed = getaddrinfo(host, NULL, &hints, &list);
    if (failed != 0 || port < 1 || port > 65535) {
        sim_fault_set(ret_fault, 0, "%.100s:%d: %s", host, port,
                      failed != 0 ? gai_strerror(failed) : "not a port");
        freeaddrinfo(failed == 0 ? list : NULL);
        return false;
    }
    *ret_target = (struct sim_target){.is_tcp = is_tcp};
    memcpy(&ret_target->address, list->ai_addr, sizeof ret_target->address);
    ret_target->address.sin_port = htons((uint16_t)port);
    freeaddrinfo(list);
    return true;
}

bool sim_net_open(struct sim_net *net, const char *local, struct sim_fault *ret_fault)
{
    const char *colon = strchr(local, ':');
    char *host = sim_strndup(local, colon == NULL ? strlen(local) : (size_t)(colon - local));
    int port = 0;
    socklen_t size = sizeof net->local;
    net->local = (struct sockaddr_in){.sin_family = AF_INET};
    net->udp_fd = -1;
    bool good = inet_pton(AF_INET, host, &net->local.sin_addr) == 1 &&
                (colon == NULL || sim_int_parse(colon + 1, &port)) && port <= 65535;
    free(host);
    if (!good) {
        sim_fault_set(ret_fault, 0, "%.100s is not ADDRESS or ADDRESS:PORT", local);
        return false;
    }
    net->local.sin_port = htons((uint16_t)port);
    net->udp_fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (net->udp_fd < 0 || bind(net->udp_fd, (struct sockaddr *)&net->local, size) != 0 ||
        getsockname(net->udp_fd, (struct sockaddr *)&net->local, &size) != 0) {
        sim_fault_set(ret_fault, 0, "%.100s: %s", local, strerror(errno));
        sim_net_close(net);
        return false;
    }
    return true;
}

static void connection_end(struct sim_net *net, size_t at)
{
    struct sim_connection *connection = &net->connections[at];
    close(connection->fd);
    sim_buf_free(&connection->in);
    sim_buf_free(&connection->out);
    *connection = net->connections[--net->count];
}

void sim_net_hang_up(struct sim_net *net)
{
    while (net->count > 0)
        connection_end(net, net->count - 1);
}

void sim_net_close(struct sim_net *net)
{
    sim_net_hang_up(net);
    if (net->udp_fd >= 0)
        close(net->udp_fd);
    net->udp_fd = -1;
}

static struct sim_connection *connection_find(struct sim_net *net, const struct sockaddr_in *peer)
{
    for (size_t i = 0; i < net->count; i++) {
        if (net->connections[i].peer.sin_addr.s_addr == peer->sin_addr.s_addr &&
            net->connections[i].peer.sin_port == peer->sin_port)
            return &net->connections[i];
    }
    return NULL;
}

static struct sim_connection *connection_to(struct sim_net *net, const struct sockaddr_in *peer,
                                            struct sim_fault *fault)
{
    struct sim_connection *found = connection_find(net, peer);
    struct sockaddr_in from = net->local;
    int one = 1;
    if (found != NULL)
        return found;
    if (net->count == SIM_NET_CONNECTION_MAX) {
        sim_fault_set(fault, 0, "more than %d connections", SIM_NET_CONNECTION_MAX);
        return NULL;
    }
    from.sin_port = 0;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof from) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0 ||
        (connect(fd, (const struct sockaddr *)peer, sizeof *peer) != 0 && errno != EINPROGRESS)) {
        sim_fault_set(fault, 0, "connect: %s", strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    net->connections[net->count] = (struct sim_connection){.fd = fd, .peer = *peer};
    return &net->connections[net->count++];
}

bool sim_net_local(struct sim_net *net, const struct sim_target *target,
                   struct sockaddr_in *ret_local, struct sim_fault *ret_fault)
{
    socklen_t size = sizeof *ret_local;
    if (!target->is_tcp) {
        *ret_local = net->local;
        return true;
    }
    struct sim_connection *connection = connection_to(net, &target->address, ret_fault);
    return connection != NULL &&
           getsockname(connection->fd, (struct sockaddr *)ret_local, &size) == 0;
}

static void connection_flush(struct sim_connection *connection)
{
    struct sim_buf *out = &connection->out;
    while (out->len > 0) {
        ssize_t sent = send(connection->fd, out->data, out->len, MSG_NOSIGNAL);
        if (sent <= 0)
            return; /* later, or the reader sees the end */
        out->len -= (size_t)sent;
        memmove(out->data, out->data + sent, out->len);
    }
}

bool sim_net_send(struct sim_net *net, const struct sim_target *target, const char *text,
                  size_t len, struct sim_fault *ret_fault)
{
    if (!target->is_tcp) {
        (void)sendto(net->udp_fd, text, len, 0, (const struct sockaddr *)&target->address,
                     sizeof target->address);
        return true;
    }
    struct sim_connection *connection = connection_to(net, &target->address, ret_fault);
    if (connection == NULL)
        return false;
    sim_buf_add(&connection->out, text, len);
    connection_flush(connection);
    return true;
}

size_t sim_net_poll(const struct sim_net *net, struct pollfd *ret_items)
{
    size_t count = 0;
    if (net->udp_fd < 0)
        return 0;
    ret_items[count++] = (struct pollfd){net->udp_fd, POLLIN, 0};
    for (size_t i = 0; i < net->count; i++) {
        short events = net->connections[i].out.len > 0 ? POLLIN | POLLOUT : POLLIN;
        ret_items[count++] = (struct pollfd){net->connections[i].fd, events, 0};
    }
    return count;
}

static void udp_read(struct sim_net *net, bool is_deaf)
{
    static char bytes[SIM_SIP_BYTES_MAX + 1];
    for (int i = 0; i < DATAGRAM_BURST; i++) {
        struct sim_target source = {.is_tcp = false};
        socklen_t size = sizeof source.address;
        ssize_t len = recvfrom(net->udp_fd, bytes, sizeof bytes, 0,
                               (struct sockaddr *)&source.address, &size);
        if (len < 0)
            return;
        if (!is_deaf && len > 4) /* less is a keep-alive (RFC 5626 3.5.1) */
            net->on_message(net->arg, bytes, (size_t)len, &source);
    }
}

/* Every whole message off the front; false: what stands there is none. */
static bool messages_take(struct sim_net *net, struct sim_buf *in, const struct sim_target *source,
                          struct sim_fault *fault)
{
    size_t len = 0;
    bool is_good = true;
    while (in->len > 0 && (is_good = sim_sip_frame(in->data, in->len, &len, fault)) && len > 0) {
        char *message = sim_strndup(in->data, len);
        in->len -= len;
        memmove(in->data, in->data + len, in->len);
        net->on_message(net->arg, message, len, source); /* may open and close connections */
        free(message);
    }
    return is_good;
}

static void tcp_read(struct sim_net *net, int fd, bool is_deaf)
{
    char bytes[16384];
    size_t at = 0;
    struct sim_fault fault = {0};
    while (at < net->count && net->connections[at].fd != fd)
        at++;
    if (at == net->count)
        return;
    struct sim_connection *connection = &net->connections[at];
    struct sim_target source = {.address = connection->peer, .is_tcp = true};
    connection_flush(connection);
    ssize_t len = recv(fd, bytes, sizeof bytes, 0);
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len <= 0)
        sim_fault_set(&fault, 0, "%s", len == 0 ? "closed by the server" : strerror(errno));
    if (len > 0 && is_deaf)
        return;
    if (len > 0) {
        struct sim_buf in = connection->in; /* taken out: the connection may go meanwhile */
        connection->in = (struct sim_buf){0};
        sim_buf_add(&in, bytes, (size_t)len);
        bool is_good = messages_take(net, &in, &source, &fault);
        connection = connection_find(net, &source.address);
        if (is_good && connection != NULL && connection->fd == fd) {
            connection->in = in;
            return;
        }
        sim_buf_free(&in);
        if (connection == NULL || connection->fd != fd)
            return;
    }
    connection = connection_find(net, &source.address);
    connection_end(net, (size_t)(connection - net->connections));
    if (!is_deaf)
        net->on_lost(net->arg, &source, fault.text);
}

void sim_net_read(struct sim_net *net, const struct pollfd *items, size_t count, bool is_deaf)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i].revents == 0)
            continue;
        if (items[i].fd == net->udp_fd)
            udp_read(net, is_deaf);
        else
            tcp_read(net, items[i].fd, is_deaf);
    }
}
