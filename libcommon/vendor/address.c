/*
 * Addresses in pieces.
 */
#include "vendor/address.h"

#include <stdio.h>

struct bk_address bk_address_of(struct bk_str url)
{
    const struct bk_str tls = BK_STR("https://"), plain = BK_STR("http://");
    struct bk_address address = {.is_tls = !bk_str_starts(url, plain)};
    address.port = address.is_tls ? 443 : 80;
    if (bk_str_starts(url, tls))
        url = bk_str_slice(url, tls.len, url.len);
    else if (bk_str_starts(url, plain))
        url = bk_str_slice(url, plain.len, url.len);

    address.host = bk_str_cut(&url, '/');
    address.path = url;
    ptrdiff_t colon = bk_str_find_last(address.host, ':');
    int64_t port;
    if (colon > 0 &&
        bk_str_parse_int(bk_str_slice(address.host, (size_t)colon + 1, address.host.len), 1, 65535,
                         &port) == BK_OK) {
        address.host = bk_str_slice(address.host, 0, (size_t)colon); /* [::1] ends in a bracket */
        address.port = (int)port;
    }
    return address;
}

int bk_sip_port(int port, enum bk_transport transport)
{
    if (port != 0)
        return port;
    return transport == BK_TRANSPORT_TLS ? 5061 : 5060;
}

struct bk_str bk_host_port_print(const struct bk_sip_server *server,
                                 char (*space)[BK_HOST_PORT_SIZE])
{
    bool is_ipv6 = bk_str_find(server->host, ':') >= 0 && server->host.ptr[0] != '[';
    if (server->port == 0 && !is_ipv6)
        return server->host;
    char port[16] = "";
    if (server->port != 0)
        snprintf(port, sizeof port, ":%d", server->port);
    int len = snprintf(*space, sizeof *space, "%s%.*s%s%s", is_ipv6 ? "[" : "",
                       BK_STR_ARG(server->host), is_ipv6 ? "]" : "", port);
    size_t size = len < 0 ? 0 : (size_t)len;
    return (struct bk_str){*space, size < sizeof *space ? size : sizeof *space - 1};
}
