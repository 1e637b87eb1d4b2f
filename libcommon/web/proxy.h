/*
 * PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt): who is behind the balancer.
 * Pure: bytes in, verdict out. Read before TLS and before h2o sees the connection.
 */
#ifndef WEB_PROXY_H
#define WEB_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/str.h"
#include "web/scan.h"

/* The longest header we read: v1 has 107 bytes at most, v2 16 + its length; TLVs are skipped. */
#define BK_PROXY_HEADER_MAX 1024

struct bk_proxy {
    size_t header_bytes; /* to be consumed */
    bool has_source;     /* false: LOCAL, UNKNOWN or AF_UNIX: the peer itself is meant */
    struct sockaddr_storage source;
    socklen_t source_len;
};

/*
 * BK_SCAN_BAD on anything that is no PROXY header for a stream: demanded means demanded. An address
 * ::ffff:a.b.c.d is reported as the IPv4 address it is. ret_proxy is written when good.
 */
enum bk_scan bk_proxy_scan(struct bk_str input, struct bk_proxy *ret_proxy);

#endif
