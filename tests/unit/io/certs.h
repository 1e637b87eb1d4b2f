/*
 * Certificates made for one test, and handshakes without a socket.
 */
#ifndef CERTS_H
#define CERTS_H

#include "harness/test.h"

#include <openssl/ssl.h>
#include <stdbool.h>

#include "io/tls.h"

struct cert {
    X509 *x509;
    EVP_PKEY *key;
};

struct cert_options {
    const char *name;
    const struct cert *issuer; /* NULL: self-signed */
    bool is_ca;
    int from_s, until_s;   /* from now; both 0: an hour ago until in a day */
    const char *usage;     /* extendedKeyUsage; NULL: none */
    int rsa_bits;          /* 0: P-256 */
    bool is_sha1, is_md5;  /* signed with; else SHA-256 */
    const char *key_usage; /* NULL: what suits a CA, or a phone */
    bool is_old_version;   /* X.509 v1: no extensions at all */
    const char *alt_names; /* "DNS:a.test,IP:127.0.0.1"; NULL: none */
};

struct cert cert_make(const struct cert_options *options);
struct cert cert_ca(const char *name, const struct cert *issuer);
struct cert cert_phone(const char *name, const struct cert *issuer);
void cert_free(struct cert *cert);
/* DER; free with OPENSSL_free. */
struct bk_str cert_der(const struct cert *cert);

/* Files of one folder, gone with files_free. */
struct files {
    char folder[64];
};
void files_init(struct files *files);
void files_deinit(struct files *files);
/* Certificates (up to a NULL) as PEM. The path is good until the next 15 calls. */
const char *file_certs(const struct files *files, const char *name,
                       const struct cert *const *certs);
const char *file_key(const struct files *files, const char *name, const struct cert *cert,
                     unsigned mode, const char *password);
const char *file_text(const struct files *files, const char *name, const char *text);

/* One connection, both ends here. */
struct link {
    SSL *server, *client;
    int server_result, client_result; /* 1: the handshake is over */
};
/* client may have session set; both contexts stay the caller's. */
void link_init(struct link *link, SSL_CTX *server, SSL_CTX *client, SSL_SESSION *session);
void link_deinit(struct link *link);
bool link_shake(struct link *link); /* true: both ends are content */
/* A client that believes any server; cert may be NULL; sent beside it (up to a NULL), or NULL. */
SSL_CTX *client_new(const struct cert *cert, const struct cert *const *sent);

void trust_add_legacy(struct bk_trust *trust, int64_t root_id, const struct cert *ca);
void trust_add(struct bk_trust *trust, int64_t root_id, int64_t tenant_id, const struct cert *ca);

#endif
