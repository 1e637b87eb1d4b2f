/*
 * OpenSSL contexts of our listeners: who we are (certificates), who may come (trust roots), and
 * the floor. TLS 1.2 and 1.3 with forward secrecy and AEAD only, no tickets, no session cache, no
 * renegotiation, no compression (docs/threats.md, A6, A11, A22, A23); lower where a listener says
 * that it is a legacy one (A5).
 *
 * A context is immutable once made: a reload makes a new one, connections keep the one they
 * started with (OpenSSL counts references).
 */
#ifndef IO_TLS_H
#define IO_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

#define BK_SHA256_SIZE 32
#define BK_TLS_CERT_MAX 4

/* A CA that vouches for phones: of the operator (tenant_id 0), or of one tenant. */
struct bk_trust_root {
    int64_t root_id;
    int64_t tenant_id;              /* 0: the operator's */
    char maker[32];                 /* stored vendor name */
    char rules[256];                /* names of certificate rules, blank separated */
    bool is_legacy;                 /* for legacy listeners, and for no others */
    uint8_t sha256[BK_SHA256_SIZE]; /* of the certificate's DER; bk_trust_add computes it */
};

#define BK_TRUST_ROOT_MAX 4096
#define BK_TRUST_DER_MAX (16u << 10)

/*
 * The roots of one moment; counted, since verified handshakes refer to it (by one thread: a worker
 * has one). Immutable once a context uses it, apart from the leaves it remembers as verified
 * (SHA-256 of the leaf, for ten minutes or until the first certificate of its chain expires): a
 * reload of roots starts afresh.
 *
 * All roots of one are legacy, or none is. Below legacy roots chains of SHA-1 and RSA with 1024
 * bits hold; nothing weaker does.
 */
struct bk_trust;
BK_MUST_USE enum bk_err bk_trust_new(struct bk_trust **ret_trust);
struct bk_trust *bk_trust_ref(struct bk_trust *trust);
void bk_trust_unref(struct bk_trust *trust); /* NULL is allowed */
/*
 * The certificate is DER; BK_ERR_INVALID when it is no CA certificate (detail says why),
 * BK_ERR_TOO_LARGE beyond the limits above. The same CA may be added for several tenants. It may be
 * an intermediate: chains need not reach a self-signed root. BK_ERR_INVALID, too, beside roots of
 * the other kind.
 */
BK_MUST_USE enum bk_err bk_trust_add(struct bk_trust *trust, const struct bk_trust_root *root,
                                     struct bk_str der, struct bk_detail *ret_detail);
size_t bk_trust_count(const struct bk_trust *trust);
const struct bk_trust_root *bk_trust_at(const struct bk_trust *trust, size_t at);
/* Earliest notAfter of the roots, seconds since 1970; 0: there are none. A metric. */
int64_t bk_trust_expires_at_s(const struct bk_trust *trust);
/* On at first; off, every chain is verified anew. */
void bk_trust_set_remembering(struct bk_trust *trust, bool is_on);

struct bk_tls_options {
    /* Pairs of PEM files, the leaf first in cert, then its chain; one P-256 and one RSA where both
     * are wanted. */
    const char *cert_paths[BK_TLS_CERT_MAX];
    const char *key_paths[BK_TLS_CERT_MAX];
    size_t cert_count;
    bool require_client_certificate;
    int min_version; /* TLS1_2_VERSION or TLS1_3_VERSION */
    /* For phones of before 2012: TLS 1.0 and what they know beside it (CBC, RSA key exchange,
     * SHA-1, keys of 1024 bits), below what everybody else gets. Its trust roots are legacy ones.
     */
    bool is_legacy;
    struct bk_trust *trust; /* referenced; may be NULL when no client certificate is required */
};

/*
 * BK_ERR_INVALID / BK_ERR_IO with a detail that names the file and the cure: not found, key does
 * not match certificate, key readable by others, expired.
 */
BK_MUST_USE enum bk_err bk_tls_context_new(const struct bk_tls_options *options, SSL_CTX **ret_ctx,
                                           struct bk_detail *ret_detail);
/*
 * Other certificates for clients that ask for this host name (SNI, RFC 6066 3), for makers whose
 * phones believe certain servers only. host is made with the same options but for its certificates,
 * so that nothing else depends on what a client asks for; it is referenced. Who asks for no name,
 * or an unknown one, meets ctx's own. Before ctx is used; BK_ERR_INVALID with a detail when name is
 * no host name, is there already, or is one too many.
 */
#define BK_TLS_HOST_MAX 64
BK_MUST_USE enum bk_err bk_tls_context_add_host(SSL_CTX *ctx, struct bk_str name, SSL_CTX *host,
                                                struct bk_detail *ret_detail);
/* Earliest notAfter of the context's certificates, its hosts' too, seconds since 1970: a metric. */
int64_t bk_tls_context_expires_at_s(const SSL_CTX *ctx);

/*
 * What verification found. The verify callback writes it to the SSL (ex data) for good and bad
 * chains alike, so that a failed handshake can be told with what the certificate claimed.
 *
 * Roots of the operator come first: when one of them vouches, roots[] has that one only. Else it
 * has one root of each tenant that vouches, since tenants may trust the same CA, and one tenant's
 * root must not hide another's.
 */
#define BK_TLS_VOUCHER_MAX 16
struct bk_tls_peer {
    bool has_certificate, is_verified;
    X509 *certificate;                   /* the leaf, as sent; owned by the record */
    uint8_t fingerprint[BK_SHA256_SIZE]; /* SHA-256 of the leaf's DER */
    const struct bk_trust_root *root;    /* roots[0]; NULL unless is_verified */
    const struct bk_trust_root *roots[BK_TLS_VOUCHER_MAX]; /* borrowed; live as long as the peer */
    size_t root_count;
    int error;              /* X509_V_OK or OpenSSL's X509_V_ERR_* */
    const char *error_text; /* static */
};
/*
 * Never NULL; lives as long as ssl. Nothing is set before the client's certificate has come, and
 * is_verified speaks of the chain: that the client has the key is known when the handshake is done
 * (SSL_CB_HANDSHAKE_DONE), not before.
 */
const struct bk_tls_peer *bk_tls_peer_of(const SSL *ssl);
/* The operator's root, else that of this tenant; NULL: nobody this tenant may believe. */
const struct bk_trust_root *bk_tls_root_for(const struct bk_tls_peer *peer, int64_t tenant_id);

#endif
