/*
 * Pieces of the master that its worker, or a test, needs too.
 */
#ifndef WEB_MASTER_H
#define WEB_MASTER_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "base/attr.h"
#include "base/err.h"
#include "web/server.h"

/* --- listen.c --- */

/* A literal address:port ("[::1]:443", ":443" for any address); never a name. */
BK_MUST_USE enum bk_err bk_address_parse(const char *address, struct sockaddr_storage *ret_address,
                                         socklen_t *ret_len);
bool bk_address_eq(const struct sockaddr_storage *a, const struct sockaddr_storage *b);
int bk_address_port(const struct sockaddr_storage *address);
/*
 * A listening socket, or -1 and errno. *address is updated with the port that was bound, so that a
 * row with port 0 gets one for all its sockets. is_shared: SO_REUSEPORT.
 */
int bk_address_listen(struct sockaddr_storage *address, socklen_t len, bool is_shared);

/* --- certificates.c --- */

/* A context from the files of a row and of its hosts; the detail names the file and the cure. */
BK_MUST_USE enum bk_err bk_listener_tls(const struct bk_server_options *options,
                                        const struct bk_listener_options *row,
                                        struct bk_trust *trust, SSL_CTX **ret_tls,
                                        struct bk_detail *ret_detail);

#endif
