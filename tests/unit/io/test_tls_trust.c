/*
 * io/tls.h, the client's side: whose certificates open the door, who vouches, and that a
 * remembered verification says the same as a fresh one.
 */
#include "certs.h"

#include <openssl/err.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/clock.h"
#include "harness/sweep.h"
#include "test_tls.h"

enum {
    ROOT_A,   /* operator's root 1 */
    ROOT_B,   /* operator's root 2 */
    STRANGER, /* nobody's */
    MIDDLE,   /* below ROOT_B */
    DEEP_1,   /* a chain that is too long: below ROOT_A */
    DEEP_2,
    DEEP_3,
    DEEP_4,
    OLD_MIDDLE, /* below ROOT_B, expired */
    PHONE_A,
    PHONE_B,      /* below MIDDLE */
    PHONE_DEEP_3, /* below DEEP_3: three between it and the root */
    PHONE_DEEP_4, /* four */
    PHONE_OLD,    /* below OLD_MIDDLE */
    SELF_SIGNED,
    FOREIGN,
    EXPIRED,
    EARLY,
    SERVER_ONLY, /* extendedKeyUsage serverAuth */
    BOTH_USES,
    CLIENT_USE,
    CA_LEAF, /* a CA below ROOT_A, shown as a phone */
    WEAK_KEY,
    WEAK_HASH,
    WEAKEST_KEY,
    OLD_ROOT, /* RSA, since MD5 signs with nothing else; nobody's but a legacy listener's */
    WEAKEST_HASH,
    WEAK_MIDDLE, /* below OLD_ROOT, signed with MD5 */
    PHONE_WEAK,  /* below WEAK_MIDDLE */
    FORGED,      /* says ROOT_A as its issuer, signed by another key of that name */
    FAKE_A,
    VERSION_1,
    CERT_COUNT
};

static struct cert certs[CERT_COUNT], own;
static struct files files;
static char own_cert[128], own_key[128];

static struct cert leaf_of(int issuer, int from_s, int until_s, const char *usage)
{
    return cert_make(&(struct cert_options){.name = "80:5e:c0:00:00:01",
                                            .issuer = &certs[issuer],
                                            .from_s = from_s,
                                            .until_s = until_s,
                                            .usage = usage});
}

static int start(void **state)
{
    (void)state;
    certs[ROOT_A] = cert_ca("Root A", NULL);
    certs[ROOT_B] = cert_ca("Root B", NULL);
    certs[STRANGER] = cert_ca("Stranger", NULL);
    certs[MIDDLE] = cert_ca("Middle", &certs[ROOT_B]);
    certs[DEEP_1] = cert_ca("Deep 1", &certs[ROOT_A]);
    certs[DEEP_2] = cert_ca("Deep 2", &certs[DEEP_1]);
    certs[DEEP_3] = cert_ca("Deep 3", &certs[DEEP_2]);
    certs[DEEP_4] = cert_ca("Deep 4", &certs[DEEP_3]);
    certs[OLD_MIDDLE] = cert_make(&(struct cert_options){.name = "Old Middle",
                                                         .issuer = &certs[ROOT_B],
                                                         .is_ca = true,
                                                         .from_s = -7200,
                                                         .until_s = -60});
    certs[PHONE_A] = cert_phone("80:5e:c0:00:00:01", &certs[ROOT_A]);
    certs[PHONE_B] = cert_phone("80:5e:c0:00:00:02", &certs[MIDDLE]);
    certs[PHONE_DEEP_3] = cert_phone("deep", &certs[DEEP_3]);
    certs[PHONE_DEEP_4] = cert_phone("deep", &certs[DEEP_4]);
    certs[PHONE_OLD] = cert_phone("old", &certs[OLD_MIDDLE]);
    certs[SELF_SIGNED] = cert_phone("80:5e:c0:00:00:01", NULL);
    certs[FOREIGN] = cert_phone("80:5e:c0:00:00:01", &certs[STRANGER]);
    certs[EXPIRED] = leaf_of(ROOT_A, -7200, -60, NULL);
    certs[EARLY] = leaf_of(ROOT_A, 3600, 7200, NULL);
    certs[SERVER_ONLY] = leaf_of(ROOT_A, -60, 3600, "serverAuth");
    certs[BOTH_USES] = leaf_of(ROOT_A, -60, 3600, "serverAuth,clientAuth");
    certs[CLIENT_USE] = leaf_of(ROOT_A, -60, 3600, "clientAuth");
    /* May sign handshakes, too, so that nothing but its being a CA speaks against it. */
    certs[CA_LEAF] = cert_make(&(struct cert_options){.name = "80:5e:c0:00:00:01",
                                                      .issuer = &certs[ROOT_A],
                                                      .is_ca = true,
                                                      .key_usage = "keyCertSign,digitalSignature"});
    certs[WEAK_KEY] = cert_make(
        &(struct cert_options){.name = "weak", .issuer = &certs[ROOT_A], .rsa_bits = 1024});
    certs[WEAK_HASH] = cert_make(
        &(struct cert_options){.name = "weak", .issuer = &certs[ROOT_A], .is_sha1 = true});
    certs[WEAKEST_KEY] = cert_make(
        &(struct cert_options){.name = "weakest", .issuer = &certs[ROOT_A], .rsa_bits = 768});
    certs[OLD_ROOT] = cert_make(&(struct cert_options){
        .name = "Old Root", .is_ca = true, .rsa_bits = 1024, .is_md5 = true});
    certs[WEAKEST_HASH] = cert_make(
        &(struct cert_options){.name = "weakest", .issuer = &certs[OLD_ROOT], .is_md5 = true});
    certs[WEAK_MIDDLE] = cert_make(&(struct cert_options){
        .name = "Weak Middle", .issuer = &certs[OLD_ROOT], .is_ca = true, .is_md5 = true});
    certs[PHONE_WEAK] = cert_phone("80:5e:c0:00:00:03", &certs[WEAK_MIDDLE]);
    certs[FAKE_A] = cert_ca("Root A", NULL);
    certs[FORGED] = cert_phone("80:5e:c0:00:00:01", &certs[FAKE_A]);
    certs[VERSION_1] = cert_make(&(struct cert_options){
        .name = "80:5e:c0:00:00:01", .issuer = &certs[ROOT_A], .is_old_version = true});
    own = cert_phone("localhost", NULL);
    files_init(&files);
    snprintf(own_cert, sizeof own_cert, "%s",
             file_certs(&files, "own.pem", (const struct cert *const[]){&own, NULL}));
    snprintf(own_key, sizeof own_key, "%s", file_key(&files, "own.key", &own, 0600, NULL));
    return 0;
}

static int stop(void **state)
{
    (void)state;
    for (size_t i = 0; i < CERT_COUNT; i++)
        cert_free(&certs[i]);
    cert_free(&own);
    files_deinit(&files);
    return 0;
}

static SSL_CTX *server_of_kind(struct bk_trust *trust, bool is_legacy)
{
    const struct bk_tls_options options = {.cert_paths = {own_cert},
                                           .key_paths = {own_key},
                                           .cert_count = 1,
                                           .require_client_certificate = true,
                                           .min_version = TLS1_2_VERSION,
                                           .is_legacy = is_legacy,
                                           .trust = trust};
    SSL_CTX *ctx = NULL;
    assert_int_equal(bk_tls_context_new(&options, &ctx, NULL), BK_OK);
    return ctx;
}

static SSL_CTX *server_new(struct bk_trust *trust)
{
    return server_of_kind(trust, false);
}

/* The outcome of one handshake, also of a refused one. */
struct outcome {
    bool is_admitted, has_certificate, is_verified;
    int error;
    int64_t root_id; /* 0: none */
    size_t root_count;
    int64_t root_of[10]; /* by tenant */
    char text[128], subject[64];
    size_t ca_names; /* sent to the client */
};

static struct outcome shake(SSL_CTX *server, int cert, const int *sent, int max_version)
{
    const struct cert *chain[8] = {NULL};
    for (size_t i = 0; sent != NULL && sent[i] >= 0; i++)
        chain[i] = &certs[sent[i]];
    SSL_CTX *client = client_new(cert < 0 ? NULL : &certs[cert], chain);
    SSL_CTX_set_max_proto_version(client, max_version);
    struct link link;
    link_init(&link, server, client, NULL);
    struct outcome outcome = {.is_admitted = link_shake(&link)};
    const struct bk_tls_peer *peer = bk_tls_peer_of(link.server);
    outcome.has_certificate = peer->has_certificate;
    outcome.is_verified = peer->is_verified;
    outcome.error = peer->error;
    outcome.root_id = peer->root == NULL ? 0 : peer->root->root_id;
    outcome.root_count = peer->root_count;
    snprintf(outcome.text, sizeof outcome.text, "%s", peer->error_text);
    if (peer->has_certificate) {
        uint8_t sha256[BK_SHA256_SIZE];
        X509_digest(certs[cert].x509, EVP_sha256(), sha256, NULL);
        assert_memory_equal(peer->fingerprint, sha256, sizeof sha256);
        X509_NAME_get_text_by_NID(X509_get_subject_name(peer->certificate), NID_commonName,
                                  outcome.subject, sizeof outcome.subject);
    }
    for (int64_t tenant = 0; tenant < 10; tenant++) {
        const struct bk_trust_root *root = bk_tls_root_for(peer, tenant);
        outcome.root_of[tenant] = root == NULL ? 0 : root->root_id;
    }
    const STACK_OF(X509_NAME) *names = SSL_get0_peer_CA_list(link.client);
    outcome.ca_names = names == NULL ? 0 : (size_t)sk_X509_NAME_num(names);
    /* What is refused gets not one byte of an answer. */
    if (!outcome.is_admitted)
        assert_true(SSL_write(link.server, "x", 1) <= 0);
    ERR_clear_error();
    link_deinit(&link);
    SSL_CTX_free(client);
    return outcome;
}

static const struct {
    const char *label;
    int cert;    /* -1: none */
    int sent[6]; /* beside it; ends with -1 */
    int want;    /* X509_V_…; X509_V_OK: admitted */
    int64_t root_id;
} phones[] = {
    {"good", PHONE_A, {-1}, X509_V_OK, 1},
    {"good, below an intermediate", PHONE_B, {MIDDLE, -1}, X509_V_OK, 2},
    {"good, root sent, too", PHONE_B, {MIDDLE, ROOT_B, -1}, X509_V_OK, 2},
    {"good, chain in the wrong order, and more than needed",
     PHONE_B,
     {ROOT_A, MIDDLE, -1},
     X509_V_OK,
     2},
    {"good, for both uses", BOTH_USES, {-1}, X509_V_OK, 1},
    {"good, for clients", CLIENT_USE, {-1}, X509_V_OK, 1},
    {"good, at the greatest depth", PHONE_DEEP_3, {DEEP_3, DEEP_2, DEEP_1, -1}, X509_V_OK, 1},
    {"good, of X.509 version 1", VERSION_1, {-1}, X509_V_OK, 1},
    {"intermediate not sent", PHONE_B, {-1}, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 0},
    {"one deeper",
     PHONE_DEEP_4,
     {DEEP_4, DEEP_3, DEEP_2, DEEP_1, -1},
     X509_V_ERR_CERT_CHAIN_TOO_LONG,
     0},
    {"intermediate expired", PHONE_OLD, {OLD_MIDDLE, -1}, X509_V_ERR_CERT_HAS_EXPIRED, 0},
    {"self-signed", SELF_SIGNED, {-1}, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 0},
    {"another CA", FOREIGN, {-1}, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 0},
    {"another CA, sent along",
     FOREIGN,
     {STRANGER, -1},
     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
     0},
    {"expired", EXPIRED, {-1}, X509_V_ERR_CERT_HAS_EXPIRED, 0},
    {"not yet valid", EARLY, {-1}, X509_V_ERR_CERT_NOT_YET_VALID, 0},
    {"for servers only", SERVER_ONLY, {-1}, X509_V_ERR_INVALID_PURPOSE, 0},
    {"a CA as leaf", CA_LEAF, {-1}, X509_V_ERR_INVALID_PURPOSE, 0},
    {"the root itself as leaf", ROOT_A, {-1}, X509_V_ERR_INVALID_PURPOSE, 0},
    {"key too short", WEAK_KEY, {-1}, X509_V_ERR_EE_KEY_TOO_SMALL, 0},
    {"signed with SHA-1", WEAK_HASH, {-1}, X509_V_ERR_CA_MD_TOO_WEAK, 0},
    {"issuer of the same name, another key", FORGED, {-1}, X509_V_ERR_CERT_SIGNATURE_FAILURE, 0},
    {"the same, with its false root", FORGED, {FAKE_A, -1}, X509_V_ERR_CERT_SIGNATURE_FAILURE, 0},
};

static struct bk_trust *operators_trust(void)
{
    struct bk_trust *trust = NULL;
    assert_int_equal(bk_trust_new(&trust), BK_OK);
    trust_add(trust, 1, 0, &certs[ROOT_A]);
    trust_add(trust, 2, 0, &certs[ROOT_B]);
    return trust;
}

static void only_good_chains_are_admitted_remembered_or_not(void **state)
{
    (void)state;
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (int remember = 0; remember < 2; remember++) {
        struct bk_trust *trust = operators_trust();
        bk_trust_set_remembering(trust, remember == 1);
        SSL_CTX *server = server_new(trust);
        /* Thrice over all rows, so that a remembered one is met between the others, too. */
        for (size_t n = 0; n < 3 * BK_COUNT(phones); n++) {
            size_t i = n % BK_COUNT(phones);
            if (n < BK_COUNT(phones) && remember == 0)
                print_message("  %s\n", phones[i].label);
            /* The row "intermediate not sent" is another matter once the leaf is known. */
            if (remember == 1 && phones[i].cert == PHONE_B && phones[i].want != X509_V_OK)
                continue;
            struct outcome outcome = shake(server, phones[i].cert, phones[i].sent, versions[n % 2]);
            if (outcome.error != phones[i].want)
                fail_msg("%s: %s", phones[i].label, outcome.text);
            assert_true(outcome.has_certificate);
            assert_int_equal(outcome.is_admitted, phones[i].want == X509_V_OK);
            assert_int_equal(outcome.is_verified, phones[i].want == X509_V_OK);
            assert_int_equal(outcome.root_id, phones[i].root_id);
            /* Also of a refused one we can tell what it claimed. */
            char subject[64];
            X509_NAME_get_text_by_NID(X509_get_subject_name(certs[phones[i].cert].x509),
                                      NID_commonName, subject, sizeof subject);
            assert_string_equal(outcome.subject, subject);
            assert_int_equal(outcome.ca_names, 0);
        }
        SSL_CTX_free(server);
        bk_trust_unref(trust);
    }
}

static void no_certificate_is_no_connection(void **state)
{
    (void)state;
    struct bk_trust *trust = operators_trust();
    SSL_CTX *server = server_new(trust);
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (size_t i = 0; i < BK_COUNT(versions); i++) {
        struct outcome outcome = shake(server, -1, NULL, versions[i]);
        assert_false(outcome.is_admitted);
        assert_false(outcome.has_certificate);
        assert_false(outcome.is_verified);
        assert_int_equal(outcome.root_count, 0);
        assert_string_equal(outcome.text, "no client certificate was sent");
    }
    SSL_CTX_free(server);
    bk_trust_unref(trust);
}

static void without_roots_nobody_is_admitted(void **state)
{
    (void)state;
    struct bk_trust *trust = NULL;
    assert_int_equal(bk_trust_new(&trust), BK_OK);
    SSL_CTX *server = server_new(trust);
    struct outcome outcome = shake(server, PHONE_A, (const int[]){ROOT_A, -1}, 0);
    assert_false(outcome.is_admitted);
    assert_int_equal(outcome.error, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    SSL_CTX_free(server);
    bk_trust_unref(trust);
}

static void an_endless_chain_is_refused_early(void **state)
{
    (void)state;
    struct bk_trust *trust = operators_trust();
    SSL_CTX *server = server_new(trust);
    SSL_CTX *client = client_new(&certs[PHONE_A], NULL);
    for (int i = 0; i < 250; i++) /* about 100 kB */
        assert_int_equal(SSL_CTX_add1_chain_cert(client, certs[MIDDLE].x509), 1);
    struct link link;
    link_init(&link, server, client, NULL);
    assert_false(link_shake(&link));
    assert_int_equal(ERR_GET_REASON(ERR_peek_error()), SSL_R_EXCESSIVE_MESSAGE_SIZE);
    assert_false(bk_tls_peer_of(link.server)->has_certificate);
    ERR_clear_error();
    link_deinit(&link);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
    bk_trust_unref(trust);
}

/* ---- who vouches ---- */

static const struct {
    const char *label;
    struct {
        int64_t root_id, tenant_id;
        int cert;
    } roots[4]; /* root_id 0 ends */
    int cert;
    int sent[3];
    bool is_admitted;
    int64_t operator_root, tenant_7, tenant_8; /* what each may believe; 0: nothing */
} owners[] = {
    {"the operator's root serves all", {{1, 0, ROOT_A}}, PHONE_A, {-1}, true, 1, 1, 1},
    {"a tenant's root serves that tenant", {{1, 7, ROOT_A}}, PHONE_A, {-1}, true, 0, 1, 0},
    {"two tenants, the same CA", {{1, 7, ROOT_A}, {2, 8, ROOT_A}}, PHONE_A, {-1}, true, 0, 1, 2},
    {"two tenants, root and intermediate",
     {{1, 7, MIDDLE}, {2, 8, ROOT_B}},
     PHONE_B,
     {MIDDLE, -1},
     true,
     0,
     1,
     2},
    {"a tenant cannot take phones away from the operator's root",
     {{1, 7, MIDDLE}, {2, 0, ROOT_B}},
     PHONE_B,
     {MIDDLE, -1},
     true,
     2,
     2,
     2},
    {"an intermediate alone is an anchor", {{3, 0, MIDDLE}}, PHONE_B, {-1}, true, 3, 3, 3},
    {"of root and intermediate the nearer one",
     {{1, 0, ROOT_B}, {3, 0, MIDDLE}},
     PHONE_B,
     {-1},
     true,
     3,
     3,
     3},
    {"a tenant's root of the same name is no harm",
     {{1, 7, FAKE_A}, {2, 0, ROOT_A}},
     PHONE_A,
     {-1},
     true,
     2,
     2,
     2},
    {"and vouches for nobody", {{1, 7, FAKE_A}}, PHONE_A, {-1}, false, 0, 0, 0},
    {"one tenant's intermediate is no help to another's root",
     {{1, 7, STRANGER}, {2, 8, ROOT_B}},
     PHONE_B,
     {-1},
     false,
     0,
     0,
     0},
};

static void roots_vouch_for_those_who_own_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(owners); i++) {
        print_message("  %s\n", owners[i].label);
        struct bk_trust *trust = NULL;
        assert_int_equal(bk_trust_new(&trust), BK_OK);
        for (size_t r = 0; r < 4 && owners[i].roots[r].root_id != 0; r++)
            trust_add(trust, owners[i].roots[r].root_id, owners[i].roots[r].tenant_id,
                      &certs[owners[i].roots[r].cert]);
        SSL_CTX *server = server_new(trust);
        for (int again = 0; again < 2; again++) { /* the second is a remembered one */
            struct outcome outcome = shake(server, owners[i].cert, owners[i].sent, 0);
            assert_int_equal(outcome.is_admitted, owners[i].is_admitted);
            assert_int_equal(outcome.root_of[0], owners[i].operator_root);
            assert_int_equal(outcome.root_of[7], owners[i].tenant_7);
            assert_int_equal(outcome.root_of[8], owners[i].tenant_8);
        }
        SSL_CTX_free(server);
        bk_trust_unref(trust);
    }
}

/* ---- remembering ---- */

static bool is_admitted(SSL_CTX *server, int cert)
{
    /* The leaf alone: below ROOT_B it can only be known by heart. */
    return shake(server, cert, NULL, 0).is_admitted;
}

static void a_leaf_is_remembered_ten_minutes_and_by_this_trust_only(void **state)
{
    (void)state;
    int64_t mono_ms = bk_clock_mono_ms(), wall_ms = bk_clock_wall_ms();
    struct bk_trust *trust = operators_trust(), *reloaded = operators_trust();
    SSL_CTX *server = server_new(trust), *after_reload = server_new(reloaded);
    bk_clock_fake(mono_ms, wall_ms);
    assert_false(is_admitted(server, PHONE_B));
    assert_true(shake(server, PHONE_B, (const int[]){MIDDLE, -1}, 0).is_admitted);
    assert_true(is_admitted(server, PHONE_B));
    assert_false(is_admitted(after_reload, PHONE_B));
    bk_trust_set_remembering(trust, false);
    assert_false(is_admitted(server, PHONE_B));
    bk_trust_set_remembering(trust, true);

    bk_clock_fake(mono_ms, wall_ms + 599 * 1000);
    assert_true(is_admitted(server, PHONE_B));
    bk_clock_fake(mono_ms, wall_ms + 601 * 1000);
    assert_false(is_admitted(server, PHONE_B));
    bk_clock_fake(mono_ms, wall_ms - 2000); /* the clock was set back: nothing is known */
    assert_false(is_admitted(server, PHONE_B));
    bk_clock_fake(-1, -1);
    SSL_CTX_free(server), SSL_CTX_free(after_reload);
    bk_trust_unref(trust), bk_trust_unref(reloaded);
}

static void a_remembered_leaf_expires_with_the_first_of_its_chain(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        int leaf_s, middle_s;
    } rows[] = {{"the leaf", 120, 86400}, {"the intermediate", 86400, 120}};
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        print_message("  %s\n", rows[i].label);
        struct cert saved_leaf = certs[PHONE_B], saved_middle = certs[MIDDLE];
        certs[MIDDLE] = cert_make(&(struct cert_options){.name = "Short",
                                                         .issuer = &certs[ROOT_B],
                                                         .is_ca = true,
                                                         .from_s = -60,
                                                         .until_s = rows[i].middle_s});
        certs[PHONE_B] = leaf_of(MIDDLE, -60, rows[i].leaf_s, NULL);
        int64_t mono_ms = bk_clock_mono_ms(), wall_ms = bk_clock_wall_ms();
        struct bk_trust *trust = operators_trust();
        SSL_CTX *server = server_new(trust);
        assert_true(shake(server, PHONE_B, (const int[]){MIDDLE, -1}, 0).is_admitted);
        bk_clock_fake(mono_ms, wall_ms + 100 * 1000);
        assert_true(is_admitted(server, PHONE_B));
        bk_clock_fake(mono_ms, wall_ms + 125 * 1000);
        assert_false(is_admitted(server, PHONE_B));
        assert_false(shake(server, PHONE_B, (const int[]){MIDDLE, -1}, 0).is_admitted);
        bk_clock_fake(-1, -1);
        SSL_CTX_free(server);
        bk_trust_unref(trust);
        cert_free(&certs[PHONE_B]), cert_free(&certs[MIDDLE]);
        certs[PHONE_B] = saved_leaf, certs[MIDDLE] = saved_middle;
    }
}

static void a_remembered_leaf_still_takes_its_key(void **state)
{
    (void)state;
    struct bk_trust *trust = operators_trust();
    SSL_CTX *server = server_new(trust);
    assert_true(shake(server, PHONE_A, NULL, 0).is_admitted);
    /*
     * The certificate is public; another key under its name must not do. OpenSSL 3.0's
     * X509_set_pubkey satisfies the client's own check and leaves the encoding as it was, so the
     * very bytes that are remembered go out. Should it encode anew one day, the signature fails.
     */
    X509 *stolen = X509_dup(certs[PHONE_A].x509);
    assert_int_equal(X509_set_pubkey(stolen, certs[FOREIGN].key), 1);
    SSL_CTX *client = SSL_CTX_new(TLS_client_method());
    assert_int_equal(SSL_CTX_use_certificate(client, stolen), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(client, certs[FOREIGN].key), 1);
    struct link link;
    link_init(&link, server, client, NULL);
    assert_false(link_shake(&link));
    uint8_t sha256[BK_SHA256_SIZE];
    X509_digest(certs[PHONE_A].x509, EVP_sha256(), sha256, NULL);
    const struct bk_tls_peer *peer = bk_tls_peer_of(link.server);
    bool is_same = memcmp(peer->fingerprint, sha256, sizeof sha256) == 0;
    assert_int_equal(peer->error, is_same ? X509_V_OK : X509_V_ERR_CERT_SIGNATURE_FAILURE);
    assert_false(SSL_is_init_finished(link.server));
    ERR_clear_error();
    link_deinit(&link);
    SSL_CTX_free(client);
    X509_free(stolen);
    SSL_CTX_free(server);
    bk_trust_unref(trust);
}

/* ---- adding roots ---- */

static void what_is_no_ca_certificate_is_no_root(void **state)
{
    (void)state;
    struct bk_trust *trust = operators_trust();
    struct bk_trust_root root = {.root_id = 9};
    struct bk_detail detail = {""};
    struct bk_str phone = cert_der(&certs[PHONE_A]), good = cert_der(&certs[STRANGER]);
    char longer[4096];
    assert_true(good.len + 1 < sizeof longer);
    memcpy(longer, good.ptr, good.len);
    longer[good.len] = '\0';
    static char huge[BK_TRUST_DER_MAX + 1];

    const struct {
        const char *label;
        struct bk_str der;
        enum bk_err want;
        const char *detail;
    } rows[] = {
        {"nothing", BK_STR_NONE, BK_ERR_INVALID, "not one X.509"},
        {"text", BK_STR("-----BEGIN CERTIFICATE-----"), BK_ERR_INVALID, "not one X.509"},
        {"half of one", {good.ptr, good.len / 2}, BK_ERR_INVALID, "not one X.509"},
        {"one and a byte", {longer, good.len + 1}, BK_ERR_INVALID, "more bytes"},
        {"a phone's", phone, BK_ERR_INVALID, "not a CA"},
        {"too large", {huge, sizeof huge}, BK_ERR_TOO_LARGE, "at most 16384"},
        {"good", good, BK_OK, ""},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        print_message("  %s\n", rows[i].label);
        assert_int_equal(bk_trust_add(trust, &root, rows[i].der, &detail), rows[i].want);
        if (rows[i].want != BK_OK)
            assert_non_null(strstr(detail.text, rows[i].detail));
    }
    assert_int_equal(bk_trust_count(trust), 3);
    const struct bk_trust_root *added = bk_trust_at(trust, 2);
    uint8_t sha256[BK_SHA256_SIZE];
    X509_digest(certs[STRANGER].x509, EVP_sha256(), sha256, NULL);
    assert_int_equal(added->root_id, 9);
    assert_memory_equal(added->sha256, sha256, sizeof sha256);
    assert_int_equal(ERR_peek_error(), 0);
    OPENSSL_free((void *)(intptr_t)phone.ptr);
    OPENSSL_free((void *)(intptr_t)good.ptr);
    bk_trust_unref(trust);
}

static void many_roots_of_many_tenants_are_kept_apart(void **state)
{
    (void)state;
    struct bk_trust *trust = NULL;
    assert_int_equal(bk_trust_new(&trust), BK_OK);
    for (int64_t tenant = 50; tenant > 0; tenant--) /* the same CA, for fifty */
        trust_add(trust, 1000 + tenant, tenant, &certs[ROOT_A]);
    SSL_CTX *server = server_new(trust);
    struct outcome outcome = shake(server, PHONE_A, NULL, 0);
    assert_true(outcome.is_admitted);
    assert_int_equal(outcome.root_count, BK_TLS_VOUCHER_MAX); /* bounded, those added first */
    assert_int_equal(outcome.root_id, 1050);
    SSL_CTX_free(server);
    bk_trust_unref(trust);

    assert_int_equal(bk_trust_new(&trust), BK_OK);
    for (int64_t tenant = 5; tenant >= 0; tenant--)
        trust_add(trust, 1000 + tenant, tenant, &certs[ROOT_A]);
    server = server_new(trust);
    outcome = shake(server, PHONE_A, NULL, 0);
    assert_int_equal(outcome.root_count, 1); /* the operator's comes first, though added last */
    assert_int_equal(outcome.root_id, 1000);
    SSL_CTX_free(server);
    bk_trust_unref(trust);
}

/* ---- legacy ---- */

static void legacy_roots_vouch_for_old_certificates_and_for_no_weaker(void **state)
{
    (void)state;
    static const int middle[] = {WEAK_MIDDLE, -1};
    static const struct {
        const char *label;
        int cert;
        const int *sent;
        int want;
    } rows[] = {
        {"good", PHONE_A, NULL, X509_V_OK},
        {"RSA with 1024 bits", WEAK_KEY, NULL, X509_V_OK},
        {"SHA-1", WEAK_HASH, NULL, X509_V_OK},
        {"RSA with 768 bits", WEAKEST_KEY, NULL, X509_V_ERR_EE_KEY_TOO_SMALL},
        {"MD5", WEAKEST_HASH, NULL, X509_V_ERR_CA_MD_TOO_WEAK},
        {"MD5 further up", PHONE_WEAK, middle, X509_V_ERR_CA_MD_TOO_WEAK},
        {"expired", EXPIRED, NULL, X509_V_ERR_CERT_HAS_EXPIRED},
        {"another CA", FOREIGN, NULL, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
    };
    struct bk_trust *trust = NULL;
    assert_int_equal(bk_trust_new(&trust), BK_OK);
    trust_add_legacy(trust, 1, &certs[ROOT_A]);
    trust_add_legacy(trust, 2, &certs[OLD_ROOT]);
    SSL_CTX *server = server_of_kind(trust, true);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        print_message("  %s\n", rows[i].label);
        struct outcome outcome = shake(server, rows[i].cert, rows[i].sent, 0);
        if (outcome.error != rows[i].want)
            fail_msg("%s: %s", rows[i].label, outcome.text);
        assert_int_equal(outcome.is_admitted, rows[i].want == X509_V_OK);
    }
    SSL_CTX_free(server);
    bk_trust_unref(trust);
}

static void legacy_roots_and_others_do_not_mix(void **state)
{
    (void)state;
    struct bk_trust *trust = NULL;
    struct bk_detail detail = {""};
    struct bk_str der = cert_der(&certs[ROOT_B]);
    struct bk_trust_root root = {.root_id = 2, .is_legacy = true};
    assert_int_equal(bk_trust_new(&trust), BK_OK);
    assert_int_equal(bk_trust_expires_at_s(trust), 0);
    trust_add(trust, 1, 0, &certs[ROOT_A]);
    assert_int_equal(bk_trust_add(trust, &root, der, &detail), BK_ERR_INVALID);
    assert_non_null(strstr(detail.text, "legacy"));
    assert_int_equal(bk_trust_count(trust), 1);
    assert_in_range(bk_trust_expires_at_s(trust) - bk_clock_wall_ms() / 1000, 86300, 86400);
    const struct bk_tls_options options = {.cert_paths = {own_cert},
                                           .key_paths = {own_key},
                                           .cert_count = 1,
                                           .require_client_certificate = true,
                                           .min_version = TLS1_2_VERSION,
                                           .is_legacy = true,
                                           .trust = trust};
    SSL_CTX *ctx = NULL;
    assert_int_equal(bk_tls_context_new(&options, &ctx, &detail), BK_ERR_INVALID);
    assert_null(ctx);
    bk_trust_unref(trust);
    OPENSSL_free((void *)(intptr_t)der.ptr);
}

/* ---- memory ---- */

static enum bk_err make_and_shake(void *ctx)
{
    (void)ctx;
    struct bk_trust *trust = NULL;
    SSL_CTX *server = NULL;
    struct bk_trust_root root = {.root_id = 1};
    struct bk_str der = cert_der(&certs[ROOT_A]);
    enum bk_err err = bk_trust_new(&trust);
    if (err == BK_OK)
        err = bk_trust_add(trust, &root, der, NULL);
    if (err == BK_OK)
        err = bk_tls_context_new(&(struct bk_tls_options){.cert_paths = {own_cert},
                                                          .key_paths = {own_key},
                                                          .cert_count = 1,
                                                          .require_client_certificate = true,
                                                          .min_version = TLS1_2_VERSION,
                                                          .trust = trust},
                                 &server, NULL);
    if (err == BK_OK) {
        struct outcome outcome = shake(server, PHONE_A, NULL, 0);
        /* Without memory to remember in, a handshake is none the worse. */
        err = outcome.is_admitted && !bk_alloc_has_failed() ? BK_OK : BK_ERR_NO_MEMORY;
        if (!outcome.is_admitted)
            assert_int_equal(outcome.root_count, 0);
    }
    SSL_CTX_free(server);
    bk_trust_unref(trust);
    OPENSSL_free((void *)(intptr_t)der.ptr);
    return err;
}

static void every_failed_allocation_is_refused_or_harmless(void **state)
{
    (void)state;
    assert_true(sweep_allocations(make_and_shake, NULL) >= 6);
}

int run_trust_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_good_chains_are_admitted_remembered_or_not),
        cmocka_unit_test(no_certificate_is_no_connection),
        cmocka_unit_test(without_roots_nobody_is_admitted),
        cmocka_unit_test(an_endless_chain_is_refused_early),
        cmocka_unit_test(roots_vouch_for_those_who_own_them),
        cmocka_unit_test(a_leaf_is_remembered_ten_minutes_and_by_this_trust_only),
        cmocka_unit_test(a_remembered_leaf_expires_with_the_first_of_its_chain),
        cmocka_unit_test(a_remembered_leaf_still_takes_its_key),
        cmocka_unit_test(what_is_no_ca_certificate_is_no_root),
        cmocka_unit_test(many_roots_of_many_tenants_are_kept_apart),
        cmocka_unit_test(legacy_roots_vouch_for_old_certificates_and_for_no_weaker),
        cmocka_unit_test(legacy_roots_and_others_do_not_mix),
        cmocka_unit_test(every_failed_allocation_is_refused_or_harmless),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
