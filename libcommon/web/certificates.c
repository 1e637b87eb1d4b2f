/*
 * The TLS context of a listener: its own certificates, and those of the host names that it answers
 * to (SNI). Made anew at each reload of certificates or trust roots.
 */
#include <string.h>

#include "web/master.h"

enum { PATHS_SIZE = 2048 };

/* Split a comma separated list of paths; text is kept in space. */
static size_t split(const char *list, char (*space)[PATHS_SIZE],
                    const char *(*ret_parts)[BK_TLS_CERT_MAX])
{
    size_t count = 0, used = 0;
    struct bk_str rest = bk_str_of(list);
    while (rest.len > 0 && count < BK_TLS_CERT_MAX) {
        struct bk_str part = bk_str_trim(bk_str_cut(&rest, ','));
        if (used + part.len + 1 > sizeof *space)
            break;
        memcpy(*space + used, part.ptr, part.len);
        (*space)[used + part.len] = '\0';
        (*ret_parts)[count++] = *space + used;
        used += part.len + 1;
    }
    return count;
}

/* A context as the listener's row wants it, with certificates of kind ("host") and name. */
static enum bk_err make(const struct bk_listener_options *row, struct bk_trust *trust,
                        const char *kind, const char *name, const char *certs, const char *keys,
                        SSL_CTX **ret_tls, struct bk_detail *ret_detail)
{
    char cert_space[PATHS_SIZE], key_space[PATHS_SIZE];
    struct bk_tls_options tls = {
        .require_client_certificate = row->require_client_certificate,
        .min_version = row->is_tls13_only ? TLS1_3_VERSION : TLS1_2_VERSION,
        .is_legacy = row->is_legacy,
        .trust = trust,
    };
    tls.cert_count = split(certs, &cert_space, &tls.cert_paths);
    size_t key_count = split(keys, &key_space, &tls.key_paths);
    if (tls.cert_count == 0 || key_count != tls.cert_count) {
        bk_detail_set(ret_detail,
                      "%s %s: %zu certificates and %zu keys; give 1 to %d of each, in pairs", kind,
                      name, tls.cert_count, key_count, BK_TLS_CERT_MAX);
        return BK_ERR_INVALID;
    }
    return bk_tls_context_new(&tls, ret_tls, ret_detail);
}

static enum bk_err add_host(const struct bk_listener_options *row, struct bk_trust *trust,
                            const struct bk_host_options *host, SSL_CTX *tls,
                            struct bk_detail *ret_detail)
{
    SSL_CTX *own = NULL;
    struct bk_detail why = {{0}};
    struct bk_str rest = bk_str_of(host->names);
    enum bk_err err =
        make(row, trust, "host", host->name, host->certs, host->keys, &own, ret_detail);
    if (err != BK_OK)
        return err;
    do {
        err = bk_tls_context_add_host(tls, bk_str_trim(bk_str_cut(&rest, ',')), own, &why);
    } while (err == BK_OK && rest.len > 0);
    if (err != BK_OK)
        bk_detail_set(ret_detail, "host.%s.names: %s", host->name, why.text);
    SSL_CTX_free(own);
    return err;
}

enum bk_err bk_listener_tls(const struct bk_server_options *options,
                            const struct bk_listener_options *row, struct bk_trust *trust,
                            SSL_CTX **ret_tls, struct bk_detail *ret_detail)
{
    SSL_CTX *tls = NULL;
    enum bk_err err =
        make(row, trust, "listener", row->name, row->certs, row->keys, &tls, ret_detail);
    for (size_t i = 0; err == BK_OK && i < options->host_count; i++)
        if (strcmp(options->hosts[i].listener, row->name) == 0)
            err = add_host(row, trust, &options->hosts[i], tls, ret_detail);
    if (err == BK_OK)
        *ret_tls = tls;
    else
        SSL_CTX_free(tls);
    return err;
}
