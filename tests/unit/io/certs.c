#include "certs.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attr.h"

static void add_extension(X509 *x509, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(x509, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

struct cert cert_make(const struct cert_options *options)
{
    static long serial = 1;
    struct cert cert;
    cert.key =
        options->rsa_bits > 0 ? EVP_RSA_gen((unsigned)options->rsa_bits) : EVP_EC_gen("P-256");
    cert.x509 = X509_new();
    assert_non_null(cert.key);
    assert_non_null(cert.x509);
    const struct cert *issuer = options->issuer == NULL ? &cert : options->issuer;
    bool is_default = options->from_s == 0 && options->until_s == 0;
    X509_set_version(cert.x509, options->is_old_version ? X509_VERSION_1 : X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(cert.x509), serial++);
    X509_gmtime_adj(X509_getm_notBefore(cert.x509), is_default ? -3600 : options->from_s);
    X509_gmtime_adj(X509_getm_notAfter(cert.x509), is_default ? 86400 : options->until_s);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert.x509), "CN", MBSTRING_UTF8,
                               (const unsigned char *)options->name, -1, -1, 0);
    X509_set_issuer_name(cert.x509, X509_get_subject_name(issuer->x509));
    X509_set_pubkey(cert.x509, cert.key);
    if (!options->is_old_version) {
        add_extension(cert.x509, issuer->x509, NID_basic_constraints,
                      options->is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
        const char *key_usage =
            options->is_ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature";
        add_extension(cert.x509, issuer->x509, NID_key_usage,
                      options->key_usage != NULL ? options->key_usage : key_usage);
    }
    if (options->usage != NULL)
        add_extension(cert.x509, issuer->x509, NID_ext_key_usage, options->usage);
    if (options->alt_names != NULL)
        add_extension(cert.x509, issuer->x509, NID_subject_alt_name, options->alt_names);
    const EVP_MD *digest = options->is_sha1  ? EVP_sha1()
                           : options->is_md5 ? EVP_md5()
                                             : EVP_sha256();
    assert_true(X509_sign(cert.x509, issuer->key, digest) > 0);
    return cert;
}

struct cert cert_ca(const char *name, const struct cert *issuer)
{
    return cert_make(&(struct cert_options){.name = name, .issuer = issuer, .is_ca = true});
}

struct cert cert_phone(const char *name, const struct cert *issuer)
{
    return cert_make(&(struct cert_options){.name = name, .issuer = issuer});
}

void cert_free(struct cert *cert)
{
    X509_free(cert->x509);
    EVP_PKEY_free(cert->key);
    *cert = (struct cert){NULL, NULL};
}

struct bk_str cert_der(const struct cert *cert)
{
    unsigned char *der = NULL;
    int len = i2d_X509(cert->x509, &der);
    assert_true(len > 0);
    return (struct bk_str){(char *)der, (size_t)len};
}

/* ---- files ---- */

void files_init(struct files *files)
{
    snprintf(files->folder, sizeof files->folder, "/tmp/bktls-XXXXXX");
    assert_non_null(mkdtemp(files->folder));
}

void files_deinit(struct files *files)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", files->folder);
    assert_int_equal(system(command), 0);
}

static const char *path_of(const struct files *files, const char *name)
{
    static char paths[16][128];
    static size_t next;
    char *path = paths[next++ % BK_COUNT(paths)];
    snprintf(path, sizeof paths[0], "%s/%s", files->folder, name);
    return path;
}

static FILE *create(const char *path)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    return out;
}

const char *file_certs(const struct files *files, const char *name, const struct cert *const *certs)
{
    const char *path = path_of(files, name);
    FILE *out = create(path);
    for (; *certs != NULL; certs++)
        assert_int_equal(PEM_write_X509(out, (*certs)->x509), 1);
    fclose(out);
    return path;
}

const char *file_key(const struct files *files, const char *name, const struct cert *cert,
                     unsigned mode, const char *password)
{
    const char *path = path_of(files, name);
    FILE *out = create(path);
    int len = password == NULL ? 0 : (int)strlen(password);
    assert_int_equal(PEM_write_PrivateKey(out, cert->key,
                                          password == NULL ? NULL : EVP_aes_128_cbc(),
                                          (const unsigned char *)password, len, NULL, NULL),
                     1);
    fclose(out);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

const char *file_text(const struct files *files, const char *name, const char *text)
{
    const char *path = path_of(files, name);
    FILE *out = create(path);
    fputs(text, out);
    fclose(out);
    assert_int_equal(chmod(path, 0600), 0);
    return path;
}

/* ---- handshakes ---- */

void link_init(struct link *link, SSL_CTX *server, SSL_CTX *client, SSL_SESSION *session)
{
    BIO *server_bio = NULL, *client_bio = NULL;
    assert_int_equal(BIO_new_bio_pair(&server_bio, 0, &client_bio, 0), 1);
    *link = (struct link){.server = SSL_new(server), .client = SSL_new(client)};
    SSL_set_bio(link->server, server_bio, server_bio);
    SSL_set_bio(link->client, client_bio, client_bio);
    SSL_set_accept_state(link->server);
    SSL_set_connect_state(link->client);
    if (session != NULL)
        assert_int_equal(SSL_set_session(link->client, session), 1);
}

void link_deinit(struct link *link)
{
    /* A connection that was not shut down loses its session, as far as OpenSSL is concerned. */
    SSL_set_quiet_shutdown(link->client, 1);
    SSL_shutdown(link->client);
    SSL_free(link->server);
    SSL_free(link->client);
}

bool link_shake(struct link *link)
{
    for (int round = 0; round < 100; round++) {
        if (link->client_result != 1)
            link->client_result = SSL_do_handshake(link->client);
        if (link->server_result != 1)
            link->server_result = SSL_do_handshake(link->server);
        if (link->client_result == 1 && link->server_result == 1)
            break;
        int error = SSL_get_error(link->server, link->server_result);
        if (link->server_result != 1 && error != SSL_ERROR_WANT_READ &&
            error != SSL_ERROR_WANT_WRITE)
            break;
        ERR_clear_error();
    }
    return link->client_result == 1 && link->server_result == 1;
}

SSL_CTX *client_new(const struct cert *cert, const struct cert *const *sent)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    assert_non_null(ctx);
    SSL_CTX_set_security_level(ctx, 0); /* it is the server that must refuse */
    SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT);
    if (cert != NULL) {
        assert_int_equal(SSL_CTX_use_certificate(ctx, cert->x509), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey(ctx, cert->key), 1);
    }
    for (; sent != NULL && *sent != NULL; sent++)
        assert_int_equal(SSL_CTX_add1_chain_cert(ctx, (*sent)->x509), 1);
    return ctx;
}

static void add_root(struct bk_trust *trust, const struct bk_trust_root *root,
                     const struct cert *ca)
{
    struct bk_str der = cert_der(ca);
    struct bk_detail detail = {""};
    if (bk_trust_add(trust, root, der, &detail) != BK_OK)
        fail_msg("%s", detail.text);
    OPENSSL_free((void *)(intptr_t)der.ptr);
}

void trust_add(struct bk_trust *trust, int64_t root_id, int64_t tenant_id, const struct cert *ca)
{
    struct bk_trust_root root = {.root_id = root_id, .tenant_id = tenant_id, .maker = "yealink"};
    add_root(trust, &root, ca);
}

void trust_add_legacy(struct bk_trust *trust, int64_t root_id, const struct cert *ca)
{
    struct bk_trust_root root = {.root_id = root_id, .maker = "yealink", .is_legacy = true};
    add_root(trust, &root, ca);
}
