/*
 * Trust roots, and the verification of a phone's chain against them.
 *
 * The operator's roots and those of each tenant are stores of their own, asked in this order. In
 * one store for all, OpenSSL would stop at the first trusted certificate it meets, so a tenant who
 * imports a maker's intermediate would take every phone below it away from the operator's root.
 */
#include <assert.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "io/tls_impl.h"

#define DEPTH_MAX 3
#define SECURITY_LEVEL 2
/* Of legacy chains. OpenSSL's level 1 refuses SHA-1 and its level 0 refuses nothing, so that these
 * two are looked at here: RSA with 1024 bits counts as 80, SHA-1 as 63. */
#define LEGACY_KEY_BITS_MIN 80
#define LEGACY_SIGNATURE_BITS_MIN 63

/* Remembered leaves: sets of a few places, so that looking up and replacing touch one set. */
#define SET_COUNT 1024
#define SET_SIZE 4
#define REMEMBERED_S_MAX 600

struct entry {
    struct bk_trust_root root;
    X509 *cert;
};

/* The roots of the operator, or of one tenant. */
struct group {
    int64_t tenant_id;
    X509_STORE *store;
};

struct leaf {
    uint8_t fingerprint[BK_SHA256_SIZE];
    int64_t verified_at_s, expires_at_s; /* good while verified_at <= now < expires_at */
    uint16_t roots[BK_TLS_VOUCHER_MAX];  /* indexes of entries */
    uint16_t root_count;
};

struct bk_trust {
    size_t refs;
    struct entry **entries; /* one by one, so that their addresses stay */
    size_t entry_count;
    struct group *groups;
    size_t group_count;
    struct leaf (*leaves)[SET_SIZE]; /* SET_COUNT sets; NULL until the first is remembered */
    bool is_remembering, is_legacy;
    int64_t expires_at_s; /* the earliest of the roots */
};

enum bk_err bk_trust_new(struct bk_trust **ret_trust)
{
    struct bk_trust *trust = bk_alloc(sizeof *trust);
    if (trust == NULL)
        return BK_ERR_NO_MEMORY;
    trust->refs = 1;
    trust->is_remembering = true;
    *ret_trust = trust;
    return BK_OK;
}

struct bk_trust *bk_trust_ref(struct bk_trust *trust)
{
    trust->refs++;
    return trust;
}

void bk_trust_unref(struct bk_trust *trust)
{
    if (trust == NULL || --trust->refs > 0)
        return;
    for (size_t i = 0; i < trust->entry_count; i++) {
        X509_free(trust->entries[i]->cert);
        bk_free(trust->entries[i]);
    }
    for (size_t i = 0; i < trust->group_count; i++)
        X509_STORE_free(trust->groups[i].store);
    bk_free(trust->entries);
    bk_free(trust->groups);
    bk_free(trust->leaves);
    bk_free(trust);
}

size_t bk_trust_count(const struct bk_trust *trust)
{
    return trust->entry_count;
}

const struct bk_trust_root *bk_trust_at(const struct bk_trust *trust, size_t at)
{
    assert(at < trust->entry_count);
    return &trust->entries[at]->root;
}

bool bk_trust_is_legacy(const struct bk_trust *trust)
{
    return trust->is_legacy;
}

int64_t bk_trust_expires_at_s(const struct bk_trust *trust)
{
    return trust->expires_at_s;
}

void bk_trust_set_remembering(struct bk_trust *trust, bool is_on)
{
    trust->is_remembering = is_on;
}

int64_t bk_tls_time_s(const ASN1_TIME *time)
{
    struct tm utc;
    if (time == NULL || ASN1_TIME_to_tm(time, &utc) != 1)
        return INT64_MIN;
    return (int64_t)timegm(&utc);
}

const char *bk_tls_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return reason == NULL ? "unknown reason" : reason;
}

/* ---- adding ---- */

static enum bk_err parse_ca(struct bk_str der, X509 **ret_cert, struct bk_detail *ret_detail)
{
    if (der.len > BK_TRUST_DER_MAX) {
        bk_detail_set(ret_detail, "trust root: %zu bytes, at most %u are taken", der.len,
                      BK_TRUST_DER_MAX);
        return BK_ERR_TOO_LARGE;
    }
    enum bk_err err = BK_ERR_INVALID;
    unsigned char *again = NULL;
    const unsigned char *at = (const unsigned char *)der.ptr;
    X509 *cert = der.len == 0 ? NULL : d2i_X509(NULL, &at, (long)der.len);
    if (cert == NULL || at != (const unsigned char *)der.ptr + der.len) {
        bk_detail_set(ret_detail, "trust root: not one X.509 certificate in DER: %s",
                      cert == NULL ? bk_tls_reason() : "more bytes follow");
        goto out;
    }
    /* Found again by the hash of its encoding, so there may be one encoding only. */
    int len = i2d_X509(cert, &again);
    if (len < 0 || !bk_str_eq(der, (struct bk_str){(char *)again, (size_t)len})) {
        bk_detail_set(ret_detail, "trust root: not in DER (distinguished encoding)");
        goto out;
    }
    if (X509_check_ca(cert) == 0) {
        bk_detail_set(ret_detail,
                      "trust root: not a CA certificate; import the one that signed it");
        goto out;
    }
    *ret_cert = cert;
    cert = NULL;
    err = BK_OK;
out:
    OPENSSL_free(again);
    X509_free(cert);
    return err;
}

/* Room for one element more, zeroed; false: no memory. */
static bool grow(void **array, size_t count, size_t element_size)
{
    /* The counts double: 0, 1, 2, 4, … are full. */
    if ((count & (count - 1)) != 0)
        return true;
    void *bigger = bk_alloc((count == 0 ? 1 : 2 * count) * element_size);
    if (bigger == NULL)
        return false;
    if (count > 0)
        memcpy(bigger, *array, count * element_size);
    bk_free(*array);
    *array = bigger;
    return true;
}

/* The operator's group stands first, whenever it was made. */
static struct group *group_of(struct bk_trust *trust, int64_t tenant_id)
{
    for (size_t i = 0; i < trust->group_count; i++) {
        if (trust->groups[i].tenant_id == tenant_id)
            return &trust->groups[i];
    }
    void *groups = trust->groups;
    if (!grow(&groups, trust->group_count, sizeof trust->groups[0]))
        return NULL;
    trust->groups = groups;
    X509_STORE *store = X509_STORE_new();
    if (store == NULL)
        return NULL;
    struct group *group = &trust->groups[trust->group_count++];
    if (tenant_id == 0) {
        memmove(trust->groups + 1, trust->groups,
                (trust->group_count - 1) * sizeof trust->groups[0]);
        group = trust->groups;
    }
    *group = (struct group){tenant_id, store};
    return group;
}

enum bk_err bk_trust_add(struct bk_trust *trust, const struct bk_trust_root *root,
                         struct bk_str der, struct bk_detail *ret_detail)
{
    if (trust->entry_count == BK_TRUST_ROOT_MAX) {
        bk_detail_set(ret_detail, "trust roots: more than %d, remove some", BK_TRUST_ROOT_MAX);
        return BK_ERR_TOO_LARGE;
    }
    if (trust->entry_count > 0 && trust->is_legacy != root->is_legacy) {
        bk_detail_set(ret_detail, "trust roots: legacy ones and others do not go together");
        return BK_ERR_INVALID;
    }
    X509 *cert = NULL;
    enum bk_err err = parse_ca(der, &cert, ret_detail);
    if (err != BK_OK)
        return err;

    err = BK_ERR_NO_MEMORY;
    int64_t until_s = bk_tls_time_s(X509_get0_notAfter(cert));
    void *entries = trust->entries;
    struct entry *entry = bk_alloc(sizeof *entry);
    struct group *group = group_of(trust, root->tenant_id);
    if (entry == NULL || group == NULL ||
        !grow(&entries, trust->entry_count, sizeof trust->entries[0]))
        goto out;
    trust->entries = entries;
    entry->root = *root;
    if (X509_digest(cert, EVP_sha256(), entry->root.sha256, NULL) != 1 ||
        X509_STORE_add_cert(group->store, cert) != 1)
        goto out;
    entry->cert = cert;
    cert = NULL;
    if (trust->entry_count == 0 || until_s < trust->expires_at_s)
        trust->expires_at_s = until_s;
    trust->is_legacy = root->is_legacy;
    trust->entries[trust->entry_count++] = entry;
    entry = NULL;
    err = BK_OK;
out:
    X509_free(cert);
    bk_free(entry);
    return err;
}

/* ---- remembering ---- */

static struct leaf *leaf_set(struct bk_trust *trust, const uint8_t *fingerprint)
{
    return trust->leaves[(fingerprint[0] | fingerprint[1] << 8) % SET_COUNT];
}

/* The fingerprint covers the key, and the handshake proves that the peer has it. */
static bool recall(struct bk_trust *trust, int64_t now_s, struct bk_tls_peer *peer)
{
    if (!trust->is_remembering || trust->leaves == NULL)
        return false;
    struct leaf *set = leaf_set(trust, peer->fingerprint);
    for (size_t i = 0; i < SET_SIZE; i++) {
        if (set[i].root_count == 0 || now_s < set[i].verified_at_s ||
            now_s >= set[i].expires_at_s ||
            memcmp(set[i].fingerprint, peer->fingerprint, BK_SHA256_SIZE) != 0)
            continue;
        peer->root_count = set[i].root_count;
        for (size_t r = 0; r < set[i].root_count; r++)
            peer->roots[r] = &trust->entries[set[i].roots[r]]->root;
        return true;
    }
    return false;
}

static void remember(struct bk_trust *trust, int64_t now_s, int64_t expires_at_s,
                     const struct bk_tls_peer *peer, const uint16_t *roots)
{
    if (!trust->is_remembering)
        return;
    if (trust->leaves == NULL)
        trust->leaves = bk_alloc(SET_COUNT * sizeof trust->leaves[0]);
    if (trust->leaves == NULL)
        return; /* slower, not wrong */
    struct leaf *set = leaf_set(trust, peer->fingerprint);
    struct leaf *oldest = &set[0];
    for (size_t i = 1; i < SET_SIZE; i++) {
        if (set[i].expires_at_s < oldest->expires_at_s)
            oldest = &set[i];
    }
    int64_t latest_s = now_s + REMEMBERED_S_MAX;
    oldest->verified_at_s = now_s;
    oldest->expires_at_s = expires_at_s < latest_s ? expires_at_s : latest_s;
    memcpy(oldest->fingerprint, peer->fingerprint, BK_SHA256_SIZE);
    oldest->root_count = (uint16_t)peer->root_count;
    memcpy(oldest->roots, roots, peer->root_count * sizeof roots[0]);
}

/* ---- verifying ---- */

/* The root of the group that is nearest to the leaf in a verified chain; -1: none. */
static int anchor_of(const struct bk_trust *trust, int64_t tenant_id, STACK_OF(X509) * chain)
{
    for (int c = 1; c < sk_X509_num(chain); c++) {
        uint8_t sha256[BK_SHA256_SIZE];
        if (X509_digest(sk_X509_value(chain, c), EVP_sha256(), sha256, NULL) != 1)
            return -1;
        for (size_t i = 0; i < trust->entry_count; i++) {
            const struct bk_trust_root *root = &trust->entries[i]->root;
            if (root->tenant_id == tenant_id && memcmp(root->sha256, sha256, sizeof sha256) == 0)
                return (int)i;
        }
    }
    return -1;
}

/* X509_V_OK when nothing in a chain that OpenSSL found good is weaker than legacy phones need. */
static int legacy_weakness(STACK_OF(X509) * chain)
{
    for (int c = 0; c < sk_X509_num(chain); c++) {
        X509 *cert = sk_X509_value(chain, c);
        const EVP_PKEY *key = X509_get0_pubkey(cert);
        if (key == NULL || EVP_PKEY_get_security_bits(key) < LEGACY_KEY_BITS_MIN)
            return c == 0 ? X509_V_ERR_EE_KEY_TOO_SMALL : X509_V_ERR_CA_KEY_TOO_SMALL;
        int bits = 0;
        bool is_anchor = c == sk_X509_num(chain) - 1; /* trusted as it is, whoever signed it */
        if (!is_anchor && (X509_get_signature_info(cert, NULL, NULL, &bits, NULL) != 1 ||
                           bits < LEGACY_SIGNATURE_BITS_MIN))
            return X509_V_ERR_CA_MD_TOO_WEAK;
    }
    return X509_V_OK;
}

/* *ret_anchor and *io_expires_at_s (lowered) are written when the chain is good. */
static int verify_in(const struct bk_trust *trust, const struct group *group, X509 *leaf,
                     STACK_OF(X509) * sent, int64_t now_s, int *ret_anchor,
                     int64_t *io_expires_at_s)
{
    int error = X509_V_ERR_OUT_OF_MEM;
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    if (ctx == NULL || X509_STORE_CTX_init(ctx, group->store, leaf, sent) != 1 ||
        X509_STORE_CTX_set_default(ctx, "ssl_client") != 1)
        goto out;
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_depth(param, DEPTH_MAX);
    X509_VERIFY_PARAM_set_auth_level(param, trust->is_legacy ? 0 : SECURITY_LEVEL);
    X509_VERIFY_PARAM_set_time(param, (time_t)now_s);

    int status = X509_verify_cert(ctx);
    error = X509_STORE_CTX_get_error(ctx);
    if (status != 1) {
        if (error == X509_V_OK)
            error = X509_V_ERR_UNSPECIFIED;
        goto out;
    }
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
    if (trust->is_legacy) {
        error = legacy_weakness(chain);
        if (error != X509_V_OK)
            goto out;
    }
    int anchor = anchor_of(trust, group->tenant_id, chain);
    if (anchor < 0) {
        error = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT;
        goto out;
    }
    for (int c = 0; c < sk_X509_num(chain); c++) {
        int64_t until_s = bk_tls_time_s(X509_get0_notAfter(sk_X509_value(chain, c)));
        if (until_s < *io_expires_at_s)
            *io_expires_at_s = until_s;
    }
    *ret_anchor = anchor;
    error = X509_V_OK;
out:
    X509_STORE_CTX_free(ctx);
    return error;
}

static bool is_issuer(X509 *ca, X509 *leaf, STACK_OF(X509) * sent)
{
    const X509_NAME *name = X509_get_subject_name(ca);
    if (X509_NAME_cmp(name, X509_get_issuer_name(leaf)) == 0)
        return true;
    for (int i = 0; i < sk_X509_num(sent); i++) {
        if (X509_NAME_cmp(name, X509_get_issuer_name(sk_X509_value(sent, i))) == 0)
            return true;
    }
    return false;
}

/* Could a root of this group end the chain? Cheap, so that other tenants' roots cost nothing. */
static bool is_candidate(const struct bk_trust *trust, const struct group *group, X509 *leaf,
                         STACK_OF(X509) * sent)
{
    for (size_t i = 0; i < trust->entry_count; i++) {
        if (trust->entries[i]->root.tenant_id == group->tenant_id &&
            is_issuer(trust->entries[i]->cert, leaf, sent))
            return true;
    }
    return false;
}

static int verify_groups(struct bk_trust *trust, STACK_OF(X509) * sent, int64_t now_s,
                         struct bk_tls_peer *peer)
{
    uint16_t roots[BK_TLS_VOUCHER_MAX];
    int64_t expires_at_s = INT64_MAX;
    int error = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
    bool is_operators = false;
    for (size_t g = 0; g < trust->group_count && !is_operators; g++) {
        const struct group *group = &trust->groups[g];
        if (peer->root_count == BK_TLS_VOUCHER_MAX ||
            !is_candidate(trust, group, peer->certificate, sent))
            continue;
        int anchor = 0;
        int found = verify_in(trust, group, peer->certificate, sent, now_s, &anchor, &expires_at_s);
        if (found != X509_V_OK) {
            /* The operator's reason tells more than that of a tenant who is not concerned. */
            if (peer->root_count == 0 && error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY)
                error = found;
            continue;
        }
        roots[peer->root_count] = (uint16_t)anchor;
        peer->roots[peer->root_count++] = &trust->entries[anchor]->root;
        is_operators = group->tenant_id == 0;
    }
    if (peer->root_count == 0)
        return error;
    remember(trust, now_s, expires_at_s, peer, roots);
    return X509_V_OK;
}

int bk_trust_verify(struct bk_trust *trust, STACK_OF(X509) * sent, struct bk_tls_peer *peer)
{
    peer->root_count = 0;
    peer->root = NULL;
    peer->is_verified = false;
    int64_t now_s = bk_clock_wall_ms() / 1000;
    if (X509_digest(peer->certificate, EVP_sha256(), peer->fingerprint, NULL) != 1) {
        peer->error = X509_V_ERR_OUT_OF_MEM;
    } else if (recall(trust, now_s, peer)) {
        peer->error = X509_V_OK;
    } else if (X509_check_ca(peer->certificate) != 0) {
        /* A CA could sign itself any identity; whoever shows one as its own is no phone. */
        peer->error = X509_V_ERR_INVALID_PURPOSE;
        peer->error_text = "a CA certificate is no client certificate";
        return peer->error;
    } else {
        peer->error = verify_groups(trust, sent, now_s, peer);
    }
    peer->error_text = X509_verify_cert_error_string(peer->error);
    if (peer->error == X509_V_OK) {
        peer->is_verified = true;
        peer->root = peer->roots[0];
    }
    return peer->error;
}

const struct bk_trust_root *bk_tls_root_for(const struct bk_tls_peer *peer, int64_t tenant_id)
{
    for (size_t i = 0; i < peer->root_count; i++) {
        if (peer->roots[i]->tenant_id == 0 || peer->roots[i]->tenant_id == tenant_id)
            return peer->roots[i];
    }
    return NULL;
}
