/*
 * HTTP/1.1 over TLS as a phone speaks it: GET and PUT, with a client certificate or with a user and
 * a password, the server checked for chain and name. Blocking calls with a deadline for each
 * request. Strict: what RFC 9112 does not allow in an answer is a fault.
 */
#ifndef PHONESIM_HTTP_H
#define PHONESIM_HTTP_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sip_auth.h"
#include "url.h"
#include "util.h"

#define SIM_HEAD_MAX 16384
#define SIM_BODY_MAX ((size_t)2 * 1024 * 1024)

struct sim_http_options {
    const char *cert_path, *key_path; /* PEM; NULL: no certificate is sent */
    const char *server_ca_path;       /* PEM */
    const char *source;               /* address to come from; NULL: the system's choice */
    bool keep_alive;
    int timeout_ms; /* for one request, connecting included */
};

struct sim_http {
    const struct sim_http_options *options;
    const char *user_agent;
    SSL_CTX *context;
    SSL *ssl; /* the kept connection, or NULL */
    int fd;
    char peer[300]; /* host:port of the kept connection */
};

struct sim_reply {
    int status;
    bool has_retry_after;
    int retry_after_s;
    char etag[128]; /* empty: none */
    char content_type[128];
    char tls[32]; /* "TLSv1.3" */
    bool asks_basic, asks_digest;
    struct sim_sip_challenge digest; /* the best one that can be answered */
    struct sim_buf body;
};

bool sim_http_open(struct sim_http *http, const struct sim_http_options *options,
                   struct sim_fault *ret_fault);
void sim_http_close(struct sim_http *http);
struct sim_request {
    const char *method, *path;
    const char *if_none_match; /* NULL: not sent */
    const char *fields;        /* whole header fields more, with their line ends, or NULL */
    const char *body;          /* NULL: none */
};
/* The reply's body is the caller's to free, also after false. */
bool sim_http_send(struct sim_http *http, const struct sim_url *url,
                   const struct sim_request *request, struct sim_reply *ret_reply,
                   struct sim_fault *ret_fault);

/* A WWW-Authenticate of a 401, kept in reply if it can be answered. */
void sim_http_challenge_take(struct sim_reply *reply, const char *value);
/* The Authorization field for a GET of path: Digest where it is offered, else Basic. False: the
 * 401 asks for nothing that this phone can do. */
bool sim_http_login_print(struct sim_buf *out, const struct sim_reply *reply, const char *path,
                          const char *user, const char *password);

#endif
