/*
 * Addresses in pieces, for formats that have a parameter for each piece.
 */
#ifndef VENDOR_ADDRESS_H
#define VENDOR_ADDRESS_H

#include <stdbool.h>

#include "base/str.h"
#include "model/phone.h"

/* Of a provisioning URL: "https://host:8443/k7Qm2". */
struct bk_address {
    bool is_tls;
    struct bk_str host, path; /* path without the slash before it */
    int port;                 /* the scheme's, where the URL names none */
};
struct bk_address bk_address_of(struct bk_str url);

/* Of an LDAP server, "ldaps://host:636", as phonebook.ldap_url has it. */
struct bk_address bk_ldap_address_of(struct bk_str url);

/* What stands before the last slash of a URL; all of it where there is none behind the host. */
struct bk_str bk_url_folder(struct bk_str url);

/* 0 in the neutral model is the transport's default (RFC 3261, 19.1.2). */
int bk_sip_port(int port, enum bk_transport transport);

/* "host", or "host:port" where a port was given; an IPv6 address, which is stored without brackets,
 * in such. Cut at the end of space. */
#define BK_HOST_PORT_SIZE 300
struct bk_str bk_host_port_print(const struct bk_sip_server *server,
                                 char (*space)[BK_HOST_PORT_SIZE]);

#endif
