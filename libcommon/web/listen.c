/*
 * Literal addresses, and sockets that listen on them.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "web/master.h"

enum {
    BACKLOG = 1024,
    UNACKED_MAX_MS = 30000 /* a peer that takes nothing for so long is gone (TCP_USER_TIMEOUT) */
};

enum bk_err bk_address_parse(const char *address, struct sockaddr_storage *ret_address,
                             socklen_t *ret_len)
{
    struct bk_str text = bk_str_of(address);
    ptrdiff_t colon = bk_str_find_last(text, ':');
    if (colon < 0)
        return BK_ERR_INVALID;
    struct bk_str host = bk_str_slice(text, 0, (size_t)colon);
    if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        host = bk_str_slice(host, 1, host.len - 1);
    char host_text[INET6_ADDRSTRLEN], port_text[8];
    struct bk_str port = bk_str_slice(text, (size_t)colon + 1, text.len);
    int64_t port_number = 0;
    if (host.len >= sizeof host_text || bk_str_parse_int(port, 0, 65535, &port_number) != BK_OK)
        return BK_ERR_INVALID;
    snprintf(host_text, sizeof host_text, "%.*s", BK_STR_ARG(host));
    snprintf(port_text, sizeof port_text, "%d", (int)port_number);
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo(host.len > 0 ? host_text : NULL, port_text, &hints, &found) != 0)
        return BK_ERR_INVALID;
    memcpy(ret_address, found->ai_addr, found->ai_addrlen);
    *ret_len = found->ai_addrlen;
    freeaddrinfo(found);
    return BK_OK;
}

bool bk_address_eq(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    if (a->ss_family != b->ss_family)
        return false;
    if (a->ss_family == AF_INET) {
        const struct sockaddr_in *x = (const void *)a, *y = (const void *)b;
        return x->sin_port == y->sin_port && x->sin_addr.s_addr == y->sin_addr.s_addr;
    }
    const struct sockaddr_in6 *x = (const void *)a, *y = (const void *)b;
    return x->sin6_port == y->sin6_port &&
           memcmp(&x->sin6_addr, &y->sin6_addr, sizeof x->sin6_addr) == 0;
}

int bk_address_port(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)(const void *)address)->sin6_port);
    return ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port);
}

int bk_address_listen(struct sockaddr_storage *address, socklen_t len, bool is_shared)
{
    int on = 1, unacked_ms = UNACKED_MAX_MS;
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (is_shared)
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    /* Accepted sockets inherit these. */
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacked_ms, sizeof unacked_ms);
    if (bind(fd, (struct sockaddr *)address, len) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)address, &len) != 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}
