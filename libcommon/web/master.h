/*
 * Pieces of the master that its worker, or a test, needs too.
 */
#ifndef WEB_MASTER_H
#define WEB_MASTER_H

#include <openssl/ssl.h>
#include <sys/socket.h>

#include "base/attr.h"
#include "base/err.h"
#include "web/server.h"

/* A literal address:port ("[::1]:443", ":443" for any address); never a name. */
BK_MUST_USE enum bk_err bk_address_parse(const char *address, struct sockaddr_storage *ret_address,
                                         socklen_t *ret_len);
/* A context from the files of a row; the detail names the file and the cure. */
BK_MUST_USE enum bk_err bk_listener_tls(const struct bk_listener_options *row,
                                        struct bk_trust *trust, SSL_CTX **ret_tls,
                                        struct bk_detail *ret_detail);
/* Split a comma separated list of paths; text is kept in space. */
size_t bk_listener_split(const char *list, char *space, size_t space_size,
                         const char *(*ret_parts)[BK_TLS_CERT_MAX]);

#endif
