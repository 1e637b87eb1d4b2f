/*
 * Addresses in pieces.
 */
#include "vendor/address.h"

#include <stdio.h>

/* What stands behind the scheme; port: the scheme's. */
static struct bk_address cut(struct bk_str rest, bool is_tls, int port)
{
    struct bk_address address = {.is_tls = is_tls, .port = port};
    address.host = bk_str_cut(&rest, '/');
    address.path = rest;
    ptrdiff_t colon = bk_str_find_last(address.host, ':');
    int64_t number;
    if (colon > 0 &&
        bk_str_parse_int(bk_str_slice(address.host, (size_t)colon + 1, address.host.len), 1, 65535,
                         &number) == BK_OK) {
        address.host = bk_str_slice(address.host, 0, (size_t)colon); /* [::1] ends in a bracket */
        address.port = (int)number;
    }
    return address;
}

struct bk_address bk_address_of(struct bk_str url)
{
    const struct bk_str tls = BK_STR("https://"), plain = BK_STR("http://");
    bool is_tls = !bk_str_starts(url, plain);
    if (bk_str_starts(url, tls))
        url = bk_str_slice(url, tls.len, url.len);
    else if (!is_tls)
        url = bk_str_slice(url, plain.len, url.len);
    return cut(url, is_tls, is_tls ? 443 : 80);
}

struct bk_address bk_ldap_address_of(struct bk_str url)
{
    const struct bk_str tls = BK_STR("ldaps://"), plain = BK_STR("ldap://");
    bool is_tls = url.len > tls.len && bk_str_eq_nocase(bk_str_slice(url, 0, tls.len), tls);
    size_t from = is_tls                                                     ? tls.len
                  : bk_str_eq_nocase(bk_str_slice(url, 0, plain.len), plain) ? plain.len
                                                                             : 0;
    return cut(bk_str_slice(url, from, url.len), is_tls, is_tls ? 636 : 389);
}

struct bk_str bk_url_folder(struct bk_str url)
{
    const struct bk_str scheme = BK_STR("://");
    ptrdiff_t slash = bk_str_find_last(url, '/'), colon = bk_str_find(url, ':');
    size_t begin = colon >= 0 && bk_str_starts(bk_str_slice(url, (size_t)colon, url.len), scheme)
                       ? (size_t)colon + scheme.len
                       : 0;
    return slash >= 0 && (size_t)slash >= begin ? bk_str_slice(url, 0, (size_t)slash) : url;
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
