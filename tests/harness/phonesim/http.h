/*
 * HTTP/1.1 over TLS as a phone speaks it: GET, with a client certificate, the server checked for
 * chain and name. Blocking calls with a deadline for each request. Strict: what RFC 9112 does not
 * allow in an answer is a fault.
 */
#ifndef PHONESIM_HTTP_H
#define PHONESIM_HTTP_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util.h"

#define SIM_HEAD_MAX 16384
#define SIM_BODY_MAX ((size_t)2 * 1024 * 1024)

/* "https://host[:port][/path]" taken apart; path begins with '/' or is empty, without one at the
 * end. */
struct sim_url {
    char host[256], port[6], path[512];
    bool is_address; /* host is an IP address */
};
bool sim_url_parse(const char *text, struct sim_url *ret_url, struct sim_fault *ret_fault);
char *sim_url_trimmed(const char *text); /* without '/' at the end; owned */

struct sim_http_options {
    const char *cert_path, *key_path; /* PEM; NULL: no certificate is sent */
    const char *server_ca_path;       /* PEM */
    const char *user_agent;
    bool keep_alive;
    int timeout_ms; /* for one request, connecting included */
};

struct sim_http {
    const struct sim_http_options *options;
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
    struct sim_buf body;
};

bool sim_http_open(struct sim_http *http, const struct sim_http_options *options,
                   struct sim_fault *ret_fault);
void sim_http_close(struct sim_http *http);
/* if_none_match NULL: not sent. The reply's body is the caller's to free, also after false. */
bool sim_http_get(struct sim_http *http, const struct sim_url *url, const char *path,
                  const char *if_none_match, struct sim_reply *ret_reply,
                  struct sim_fault *ret_fault);

#endif
