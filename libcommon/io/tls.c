/*
 * Contexts of our listeners. Who a certificate belongs to is not decided here: web/auth_cert reads
 * the verified leaf.
 */
#include "io/tls.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "io/tls_impl.h"

/* Mozilla's "intermediate" without what has neither forward secrecy nor AEAD (docs/threats.md,
 * A11). */
#define TLS12_CIPHERS \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:" \
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:" \
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
/* What a legacy listener takes beside that, worst last: no 3DES (Sweet32), no RC4, no export. */
#define LEGACY_CIPHERS \
    TLS12_CIPHERS ":ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:" \
                  "ECDHE-RSA-AES256-SHA:AES128-GCM-SHA256:AES128-SHA256:AES128-SHA:AES256-SHA"
#define GROUPS "X25519:P-256"
#define CLIENT_CHAIN_BYTES_MAX (16 << 10)
#define HOST_NAME_SIZE 254 /* RFC 1035 2.3.4, as text */

struct host {
    char name[HOST_NAME_SIZE];
    SSL_CTX *tls;
};

/* Of one SSL_CTX. */
struct context {
    struct bk_trust *trust; /* NULL: nobody is asked for a certificate */
    int64_t expires_at_s;
    struct host *hosts; /* BK_TLS_HOST_MAX; NULL: there are none */
    size_t host_count;
};

/* Of one SSL. */
struct record {
    struct bk_tls_peer peer;
    struct bk_trust *trust; /* keeps peer.roots alive, whatever becomes of the context */
};

static pthread_once_t indexes_once = PTHREAD_ONCE_INIT;
static int context_index = -1, record_index = -1;

static void context_free(struct context *context)
{
    if (context == NULL)
        return;
    for (size_t i = 0; i < context->host_count; i++)
        SSL_CTX_free(context->hosts[i].tls);
    bk_free(context->hosts);
    bk_trust_unref(context->trust);
    bk_free(context);
}

static void on_ctx_free(void *parent, void *ptr, CRYPTO_EX_DATA *data, int index, long arg,
                        void *arg_ptr)
{
    (void)parent, (void)data, (void)index, (void)arg, (void)arg_ptr;
    context_free(ptr);
}

static void on_ssl_free(void *parent, void *ptr, CRYPTO_EX_DATA *data, int index, long arg,
                        void *arg_ptr)
{
    (void)parent, (void)data, (void)index, (void)arg, (void)arg_ptr;
    struct record *record = ptr;
    if (record == NULL)
        return;
    X509_free(record->peer.certificate);
    bk_trust_unref(record->trust);
    bk_free(record);
}

static void make_indexes(void)
{
    context_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, on_ctx_free);
    record_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, on_ssl_free);
    if (context_index < 0 || record_index < 0)
        abort(); /* no memory at start */
}

/* ---- the peer ---- */

const struct bk_tls_peer *bk_tls_peer_of(const SSL *ssl)
{
    static const struct bk_tls_peer nobody = {
        .error = X509_V_ERR_UNSPECIFIED,
        .error_text = "no client certificate was sent",
    };
    pthread_once(&indexes_once, make_indexes);
    const struct record *record = SSL_get_ex_data(ssl, record_index);
    return record == NULL ? &nobody : &record->peer;
}

/* Instead of OpenSSL's own verification. Returns 1 when the handshake may go on. */
static int verify_peer(X509_STORE_CTX *ctx, void *arg)
{
    struct context *context = arg;
    SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
    X509 *leaf = X509_STORE_CTX_get0_cert(ctx);
    struct record *record = SSL_get_ex_data(ssl, record_index);
    X509_STORE_CTX_set_error(ctx, X509_V_ERR_OUT_OF_MEM);
    /* A second certificate on a connection cannot come (no renegotiation, no post-handshake
     * authentication), and would not be believed. */
    if (record != NULL || leaf == NULL)
        return 0;
    record = bk_alloc(sizeof *record);
    if (record == NULL)
        return 0;
    if (SSL_set_ex_data(ssl, record_index, record) != 1) {
        bk_free(record);
        return 0;
    }
    record->trust = bk_trust_ref(context->trust);
    X509_up_ref(leaf);
    record->peer.certificate = leaf;
    record->peer.has_certificate = true;
    int error = bk_trust_verify(context->trust, X509_STORE_CTX_get0_untrusted(ctx), &record->peer);
    X509_STORE_CTX_set_error(ctx, error);
    return error == X509_V_OK ? 1 : 0;
}

/* ---- our own certificates ---- */

static enum bk_err open_file(const char *path, const char *what, FILE **ret_in, struct stat *ret_st,
                             struct bk_detail *ret_detail)
{
    /* A named pipe must not stop the start of a service for ever. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
    if (in == NULL || fstat(fd, ret_st) != 0) {
        bk_detail_set(ret_detail, "%s %s: %s", what, path, strerror(errno));
        if (in != NULL)
            fclose(in);
        else if (fd >= 0)
            close(fd);
        return BK_ERR_IO;
    }
    if (!S_ISREG(ret_st->st_mode)) {
        bk_detail_set(ret_detail, "%s %s: not a file", what, path);
        fclose(in);
        return BK_ERR_INVALID;
    }
    *ret_in = in;
    return BK_OK;
}

/* Without this OpenSSL asks on the terminal. */
static int no_password(char *buf, int size, int is_writing, void *ctx)
{
    (void)buf, (void)size, (void)is_writing, (void)ctx;
    return -1;
}

static enum bk_err read_key(const char *path, EVP_PKEY **ret_key, struct bk_detail *ret_detail)
{
    FILE *in = NULL;
    struct stat st;
    enum bk_err err = open_file(path, "private key", &in, &st, ret_detail);
    if (err != BK_OK)
        return err;
    EVP_PKEY *key = NULL;
    err = BK_ERR_INVALID;
    if ((st.st_mode & 007) != 0) {
        bk_detail_set(ret_detail, "private key %s: open to others (mode %03o), chmod o= it", path,
                      (unsigned)st.st_mode & 0777u);
        goto out;
    }
    key = PEM_read_PrivateKey(in, NULL, no_password, NULL);
    if (key == NULL) {
        bk_detail_set(ret_detail, "private key %s: not an unencrypted key in PEM: %s", path,
                      bk_tls_reason());
        goto out;
    }
    *ret_key = key;
    err = BK_OK;
out:
    fclose(in);
    return err;
}

static enum bk_err check_dates(const X509 *cert, const char *path, struct context *context,
                               struct bk_detail *ret_detail)
{
    int64_t now_s = bk_clock_wall_ms() / 1000;
    int64_t from_s = bk_tls_time_s(X509_get0_notBefore(cert));
    int64_t until_s = bk_tls_time_s(X509_get0_notAfter(cert));
    if (now_s >= from_s && now_s < until_s) {
        if (until_s < context->expires_at_s)
            context->expires_at_s = until_s;
        return BK_OK;
    }
    bool is_early = now_s < from_s;
    char when[BK_CLOCK_TEXT_SIZE];
    bk_clock_print((is_early ? from_s : until_s) * 1000, when);
    bk_detail_set(ret_detail, "certificate %s: %s %s, %s", path,
                  is_early ? "not valid before" : "expired on", when,
                  is_early ? "check the clock" : "renew it");
    return BK_ERR_INVALID;
}

static enum bk_err use_pair(SSL_CTX *ctx, const char *cert_path, const char *key_path,
                            struct context *context, struct bk_detail *ret_detail)
{
    FILE *in = NULL;
    struct stat st;
    EVP_PKEY *key = NULL;
    enum bk_err err = open_file(cert_path, "certificate", &in, &st, ret_detail);
    if (err != BK_OK)
        return err;
    fclose(in);
    err = read_key(key_path, &key, ret_detail);
    if (err != BK_OK)
        return err;

    err = BK_ERR_INVALID;
    if (SSL_CTX_use_certificate_chain_file(ctx, cert_path) != 1) {
        bk_detail_set(ret_detail, "certificate %s: not usable: %s", cert_path, bk_tls_reason());
        goto out;
    }
    X509 *cert = SSL_CTX_get0_certificate(ctx);
    if (X509_check_private_key(cert, key) != 1 || SSL_CTX_use_PrivateKey(ctx, key) != 1) {
        bk_detail_set(ret_detail, "private key %s does not belong to certificate %s: %s", key_path,
                      cert_path, bk_tls_reason());
        goto out;
    }
    err = check_dates(cert, cert_path, context, ret_detail);
    STACK_OF(X509) *chain = NULL;
    SSL_CTX_get0_chain_certs(ctx, &chain);
    for (int i = 0; err == BK_OK && i < sk_X509_num(chain); i++)
        err = check_dates(sk_X509_value(chain, i), cert_path, context, ret_detail);
out:
    EVP_PKEY_free(key);
    return err;
}

static enum bk_err use_pairs(SSL_CTX *ctx, const struct bk_tls_options *options,
                             struct context *context, struct bk_detail *ret_detail)
{
    int kinds[BK_TLS_CERT_MAX];
    if (options->cert_count == 0 || options->cert_count > BK_TLS_CERT_MAX) {
        bk_detail_set(ret_detail, "a TLS listener has 1 to %d certificates, not %zu",
                      BK_TLS_CERT_MAX, options->cert_count);
        return BK_ERR_INVALID;
    }
    for (size_t i = 0; i < options->cert_count; i++) {
        enum bk_err err =
            use_pair(ctx, options->cert_paths[i], options->key_paths[i], context, ret_detail);
        if (err != BK_OK)
            return err;
        kinds[i] = EVP_PKEY_get_base_id(SSL_CTX_get0_privatekey(ctx));
        for (size_t j = 0; j < i; j++) {
            if (kinds[j] == kinds[i]) { /* OpenSSL would silently keep the last */
                bk_detail_set(ret_detail,
                              "certificate %s has a key of the same kind as %s, "
                              "one of each is used",
                              options->cert_paths[i], options->cert_paths[j]);
                return BK_ERR_INVALID;
            }
        }
    }
    return BK_OK;
}

/* ---- contexts ---- */

static bool set_floor(SSL_CTX *ctx, int min_version, bool is_legacy)
{
    static const unsigned char session_context[] = "beckon";
    /* OpenSSL 3 has TLS 1.0 and 1.1, which sign with SHA-1, below level 1. */
    SSL_CTX_set_security_level(ctx, is_legacy ? 0 : 2);
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE |
                                 SSL_OP_CLEANSE_PLAINTEXT); /* what was read stays in no buffer */
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_default_passwd_cb(ctx, no_password);
    SSL_CTX_set_max_cert_list(ctx, CLIENT_CHAIN_BYTES_MAX);
    return SSL_CTX_set_min_proto_version(ctx, is_legacy ? TLS1_VERSION : min_version) == 1 &&
           SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(ctx, is_legacy ? LEGACY_CIPHERS : TLS12_CIPHERS) == 1 &&
           SSL_CTX_set1_groups_list(ctx, GROUPS) == 1 && SSL_CTX_set_num_tickets(ctx, 0) == 1 &&
           /* Without it a session with a client certificate is an error, not merely unused. */
           SSL_CTX_set_session_id_context(ctx, session_context, sizeof session_context - 1) == 1;
}

enum bk_err bk_tls_context_new(const struct bk_tls_options *options, SSL_CTX **ret_ctx,
                               struct bk_detail *ret_detail)
{
    assert(options->min_version == TLS1_2_VERSION || options->min_version == TLS1_3_VERSION);
    assert(options->trust != NULL || !options->require_client_certificate);
    pthread_once(&indexes_once, make_indexes);

    enum bk_err err = BK_ERR_NO_MEMORY;
    struct context *context = bk_alloc(sizeof *context);
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (context == NULL || ctx == NULL)
        goto out;
    context->expires_at_s = INT64_MAX;
    if (!set_floor(ctx, options->min_version, options->is_legacy)) {
        bk_detail_set(ret_detail, "this OpenSSL does not offer our ciphers or groups: %s",
                      bk_tls_reason());
        err = BK_ERR_INVALID;
        goto out;
    }
    if (options->require_client_certificate && bk_trust_count(options->trust) > 0 &&
        bk_trust_is_legacy(options->trust) != options->is_legacy) {
        bk_detail_set(ret_detail, "legacy trust roots are for legacy listeners, and only for them");
        err = BK_ERR_INVALID;
        goto out;
    }
    err = use_pairs(ctx, options, context, ret_detail);
    if (err != BK_OK)
        goto out;

    err = BK_ERR_NO_MEMORY;
    struct context *own = context;
    if (SSL_CTX_set_ex_data(ctx, context_index, context) != 1)
        goto out;
    context = NULL; /* freed with ctx from here on */
    if (options->require_client_certificate) {
        own->trust = bk_trust_ref(options->trust);
        /* No CA names are sent: they tell a scanner whom we serve, and phones have one certificate.
         */
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        SSL_CTX_set_cert_verify_callback(ctx, verify_peer, own);
    }
    *ret_ctx = ctx;
    ctx = NULL;
    err = BK_OK;
out:
    SSL_CTX_free(ctx);
    context_free(context);
    return err;
}

/* ---- host names ---- */

static const struct host *find_host(const struct context *context, struct bk_str name)
{
    if (bk_str_ends(name, BK_STR("."))) /* the root, which some write */
        name.len--;
    for (size_t i = 0; i < context->host_count; i++)
        if (bk_str_eq_nocase(name, bk_str_of(context->hosts[i].name)))
            return &context->hosts[i];
    return NULL;
}

static int on_server_name(SSL *ssl, int *ret_alert, void *arg)
{
    const char *asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    const struct host *host = asked != NULL ? find_host(arg, bk_str_of(asked)) : NULL;
    if (host == NULL)
        return SSL_TLSEXT_ERR_NOACK; /* the listener's own certificate, and its client's judgement
                                      */
    if (SSL_set_SSL_CTX(ssl, host->tls) != NULL)
        return SSL_TLSEXT_ERR_OK;
    *ret_alert = SSL_AD_INTERNAL_ERROR;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static bool is_host_name(struct bk_str name)
{
    char before = '.';
    for (size_t i = 0; i < name.len; before = name.ptr[i++]) {
        char c = name.ptr[i];
        bool is_inner = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_inner && (before == '.' || (c != '-' && c != '.')))
            return false;
    }
    return before != '.' && name.len < HOST_NAME_SIZE;
}

enum bk_err bk_tls_context_add_host(SSL_CTX *ctx, struct bk_str name, SSL_CTX *host,
                                    struct bk_detail *ret_detail)
{
    struct context *context = SSL_CTX_get_ex_data(ctx, context_index);
    const struct context *other = SSL_CTX_get_ex_data(host, context_index);
    if (!is_host_name(name) || find_host(context, name) != NULL) {
        bk_detail_set(ret_detail, "\"%.*s\" is %s", BK_STR_ARG(name),
                      is_host_name(name) ? "there twice" : "no host name");
        return BK_ERR_INVALID;
    }
    if (context->host_count == BK_TLS_HOST_MAX) {
        bk_detail_set(ret_detail, "more than %d host names on one listener", BK_TLS_HOST_MAX);
        return BK_ERR_INVALID;
    }
    if (context->hosts == NULL)
        context->hosts = bk_alloc(BK_TLS_HOST_MAX * sizeof *context->hosts);
    if (context->hosts == NULL)
        return BK_ERR_NO_MEMORY;
    struct host *added = &context->hosts[context->host_count++];
    memcpy(added->name, name.ptr, name.len);
    SSL_CTX_up_ref(host);
    added->tls = host;
    if (other->expires_at_s < context->expires_at_s)
        context->expires_at_s = other->expires_at_s;
    SSL_CTX_set_tlsext_servername_callback(ctx, on_server_name);
    SSL_CTX_set_tlsext_servername_arg(ctx, context);
    return BK_OK;
}

int64_t bk_tls_context_expires_at_s(const SSL_CTX *ctx)
{
    const struct context *context = SSL_CTX_get_ex_data(ctx, context_index);
    return context == NULL ? 0 : context->expires_at_s;
}
