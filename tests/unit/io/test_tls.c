/*
 * io/tls.h, the server's side: what a context is made from, and the floor it holds. Whose clients
 * it admits is test_tls_trust.c.
 */
#include "certs.h"

#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/clock.h"
#include "test_tls.h"

static struct files files;
static struct cert ca, ec, rsa, phone, phone_ca;
static struct bk_trust *trust;
static const char *ec_cert, *ec_key, *rsa_cert, *rsa_key;
static char paths[4][128];

static int start(void **state)
{
    (void)state;
    files_init(&files);
    ca = cert_ca("Server CA", NULL);
    ec = cert_phone("localhost", &ca);
    rsa = cert_make(&(struct cert_options){
        .name = "localhost", .issuer = &ca, .rsa_bits = 2048, .from_s = -60, .until_s = 7200});
    snprintf(paths[0], sizeof paths[0], "%s",
             file_certs(&files, "ec.pem", (const struct cert *const[]){&ec, &ca, NULL}));
    snprintf(paths[1], sizeof paths[1], "%s", file_key(&files, "ec.key", &ec, 0640, NULL));
    snprintf(paths[2], sizeof paths[2], "%s",
             file_certs(&files, "rsa.pem", (const struct cert *const[]){&rsa, &ca, NULL}));
    snprintf(paths[3], sizeof paths[3], "%s", file_key(&files, "rsa.key", &rsa, 0600, NULL));
    ec_cert = paths[0], ec_key = paths[1], rsa_cert = paths[2], rsa_key = paths[3];
    phone_ca = cert_ca("Maker CA", NULL);
    phone = cert_phone("80:5e:c0:00:00:01", &phone_ca);
    assert_int_equal(bk_trust_new(&trust), BK_OK);
    trust_add(trust, 1, 0, &phone_ca);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    bk_trust_unref(trust);
    cert_free(&ca), cert_free(&ec), cert_free(&rsa), cert_free(&phone), cert_free(&phone_ca);
    files_deinit(&files);
    return 0;
}

static SSL_CTX *context_new(const struct bk_tls_options *options)
{
    SSL_CTX *ctx = NULL;
    struct bk_detail detail = {""};
    if (bk_tls_context_new(options, &ctx, &detail) != BK_OK)
        fail_msg("%s", detail.text);
    return ctx;
}

static SSL_CTX *server_new(bool require)
{
    return context_new(&(struct bk_tls_options){.cert_paths = {ec_cert, rsa_cert},
                                                .key_paths = {ec_key, rsa_key},
                                                .cert_count = 2,
                                                .require_client_certificate = require,
                                                .min_version = TLS1_2_VERSION,
                                                .trust = trust});
}

static SSL_CTX *legacy_new(void)
{
    return context_new(&(struct bk_tls_options){.cert_paths = {ec_cert, rsa_cert},
                                                .key_paths = {ec_key, rsa_key},
                                                .cert_count = 2,
                                                .min_version = TLS1_2_VERSION,
                                                .is_legacy = true});
}

/* ---- files ---- */

static void files_that_do_not_serve_are_named_with_their_cure(void **state)
{
    (void)state;
    struct cert expired = cert_make(
        &(struct cert_options){.name = "x", .issuer = &ca, .from_s = -7200, .until_s = -3600});
    struct cert early = cert_make(
        &(struct cert_options){.name = "x", .issuer = &ca, .from_s = 3600, .until_s = 7200});
    struct cert weak =
        cert_make(&(struct cert_options){.name = "x", .issuer = &ca, .rsa_bits = 1024});
    const struct cert *const expired_chain[] = {&ec, &expired, NULL};
    const struct cert *const just_expired[] = {&expired, NULL};
    const struct cert *const just_early[] = {&early, NULL};
    const struct cert *const just_weak[] = {&weak, NULL};
    char pipe[128];
    snprintf(pipe, sizeof pipe, "%s/pipe", files.folder);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    const struct {
        const char *label, *cert, *key;
        enum bk_err want;
        const char *detail[2];
    } rows[] = {
        {"good", ec_cert, ec_key, BK_OK, {"", ""}},
        {"no certificate", "/nonexistent.pem", ec_key, BK_ERR_IO, {"/nonexistent.pem", "No such"}},
        {"no key", ec_cert, "/nonexistent.key", BK_ERR_IO, {"/nonexistent.key", "No such"}},
        {"key of another", ec_cert, rsa_key, BK_ERR_INVALID, {"rsa.key", "does not belong"}},
        {"key open to others",
         ec_cert,
         file_key(&files, "open.key", &ec, 0644, NULL),
         BK_ERR_INVALID,
         {"open.key", "chmod"}},
        {"encrypted key",
         ec_cert,
         file_key(&files, "locked.key", &ec, 0600, "secret"),
         BK_ERR_INVALID,
         {"locked.key", "unencrypted"}},
        {"key is no key",
         ec_cert,
         file_text(&files, "text.key", "hello"),
         BK_ERR_INVALID,
         {"text.key", "PEM"}},
        {"certificate is no certificate",
         file_text(&files, "text.pem", "hello"),
         ec_key,
         BK_ERR_INVALID,
         {"text.pem", "not usable"}},
        {"certificate is a named pipe", pipe, ec_key, BK_ERR_INVALID, {"pipe", "not a file"}},
        {"expired",
         file_certs(&files, "expired.pem", just_expired),
         file_key(&files, "expired.key", &expired, 0600, NULL),
         BK_ERR_INVALID,
         {"expired.pem", "renew"}},
        {"not yet valid",
         file_certs(&files, "early.pem", just_early),
         file_key(&files, "early.key", &early, 0600, NULL),
         BK_ERR_INVALID,
         {"early.pem", "clock"}},
        {"an expired one in the chain",
         file_certs(&files, "chain.pem", expired_chain),
         ec_key,
         BK_ERR_INVALID,
         {"chain.pem", "renew"}},
        {"key too short",
         file_certs(&files, "weak.pem", just_weak),
         file_key(&files, "weak.key", &weak, 0600, NULL),
         BK_ERR_INVALID,
         {"weak.pem", "too small"}},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        print_message("  %s\n", rows[i].label);
        const struct bk_tls_options options = {.cert_paths = {rows[i].cert},
                                               .key_paths = {rows[i].key},
                                               .cert_count = 1,
                                               .min_version = TLS1_2_VERSION};
        SSL_CTX *ctx = NULL;
        struct bk_detail detail = {""};
        assert_int_equal(bk_tls_context_new(&options, &ctx, &detail), rows[i].want);
        for (size_t d = 0; d < 2; d++) {
            if (strstr(detail.text, rows[i].detail[d]) == NULL)
                fail_msg("\"%s\" lacks \"%s\"", detail.text, rows[i].detail[d]);
        }
        assert_int_equal(ctx != NULL, rows[i].want == BK_OK);
        SSL_CTX_free(ctx);
        assert_int_equal(ERR_peek_error(), 0); /* nothing left for the next connection */
    }
    cert_free(&expired), cert_free(&early), cert_free(&weak);
}

static void two_keys_of_one_kind_and_none_are_refused(void **state)
{
    (void)state;
    struct bk_tls_options options = {.cert_paths = {ec_cert, ec_cert},
                                     .key_paths = {ec_key, ec_key},
                                     .cert_count = 2,
                                     .min_version = TLS1_2_VERSION};
    SSL_CTX *ctx = NULL;
    struct bk_detail detail = {""};
    assert_int_equal(bk_tls_context_new(&options, &ctx, &detail), BK_ERR_INVALID);
    assert_non_null(strstr(detail.text, "same kind"));
    options.cert_count = 0;
    assert_int_equal(bk_tls_context_new(&options, &ctx, &detail), BK_ERR_INVALID);
    assert_null(ctx);
}

static void the_earliest_expiry_is_known(void **state)
{
    (void)state;
    SSL_CTX *ctx = server_new(false);
    int64_t left_s = bk_tls_context_expires_at_s(ctx) - bk_clock_wall_ms() / 1000;
    assert_in_range(left_s, 7000, 7200); /* that of the RSA certificate */
    SSL_CTX_free(ctx);
}

/* ---- the floor ---- */

struct floor {
    const char *label;
    int min_version, max_version;
    const char *ciphers, *groups; /* NULL: the client's own */
    bool want;
    int want_version;
    const char *want_cipher;
    int want_key; /* of the server's certificate */
};

static const struct floor floors[] = {
    {"whatever the client likes", 0, 0, NULL, NULL, true, TLS1_3_VERSION, NULL, EVP_PKEY_EC},
    {"TLS 1.3 only", TLS1_3_VERSION, 0, NULL, NULL, true, TLS1_3_VERSION, NULL, EVP_PKEY_EC},
    {"TLS 1.2", 0, TLS1_2_VERSION, NULL, NULL, true, TLS1_2_VERSION,
     "ECDHE-ECDSA-AES128-GCM-SHA256", EVP_PKEY_EC},
    {"TLS 1.2 without ECDSA", 0, TLS1_2_VERSION, "aRSA", NULL, true, TLS1_2_VERSION,
     "ECDHE-RSA-AES128-GCM-SHA256", EVP_PKEY_RSA},
    {"our order of ciphers", 0, TLS1_2_VERSION,
     "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256", NULL, true, TLS1_2_VERSION,
     "ECDHE-RSA-AES128-GCM-SHA256", EVP_PKEY_RSA},
    {"TLS 1.1", TLS1_VERSION, TLS1_1_VERSION, "ALL:@SECLEVEL=0", NULL, false, 0, NULL, 0},
    {"no forward secrecy", 0, TLS1_2_VERSION, "AES128-GCM-SHA256:AES256-SHA", NULL, false, 0, NULL,
     0},
    {"no AEAD", 0, TLS1_2_VERSION, "ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA", NULL, false, 0,
     NULL, 0},
    {"finite-field DH", 0, TLS1_2_VERSION, "DHE-RSA-AES128-GCM-SHA256", NULL, false, 0, NULL, 0},
    {"P-256 only", 0, 0, NULL, "P-256", true, TLS1_3_VERSION, NULL, EVP_PKEY_EC},
    {"X25519 only, for the key exchange", 0, 0, NULL, "X25519", true, TLS1_3_VERSION, NULL,
     EVP_PKEY_EC},
    {"another curve only", 0, 0, NULL, "P-384", false, 0, NULL, 0},
};

/* Of a legacy listener: what is better still comes first, what is broken stays away. */
static const struct floor legacy_floors[] = {
    {"TLS 1.3", 0, 0, NULL, NULL, true, TLS1_3_VERSION, NULL, EVP_PKEY_EC},
    {"TLS 1.2", 0, TLS1_2_VERSION, NULL, NULL, true, TLS1_2_VERSION,
     "ECDHE-ECDSA-AES128-GCM-SHA256", EVP_PKEY_EC},
    {"TLS 1.0", TLS1_VERSION, TLS1_VERSION, "ALL:@SECLEVEL=0", NULL, true, TLS1_VERSION,
     "ECDHE-ECDSA-AES128-SHA", EVP_PKEY_EC},
    {"TLS 1.0 with RSA alone", TLS1_VERSION, TLS1_VERSION, "AES128-SHA:@SECLEVEL=0", NULL, true,
     TLS1_VERSION, "AES128-SHA", EVP_PKEY_RSA},
    {"TLS 1.1", TLS1_1_VERSION, TLS1_1_VERSION, "ALL:@SECLEVEL=0", NULL, true, TLS1_1_VERSION, NULL,
     EVP_PKEY_EC},
    {"no authentication", TLS1_VERSION, TLS1_2_VERSION, "aNULL:@SECLEVEL=0", NULL, false, 0, NULL,
     0},
    {"no encryption", TLS1_VERSION, TLS1_2_VERSION, "eNULL:@SECLEVEL=0", NULL, false, 0, NULL, 0},
    {"DHE, Camellia, ARIA", TLS1_VERSION, TLS1_2_VERSION, "DHE:CAMELLIA:ARIA:!AES:@SECLEVEL=0",
     NULL, false, 0, NULL, 0},
};

static void check_floor(SSL_CTX *server, const struct floor *row)
{
    print_message("  %s\n", row->label);
    SSL_CTX *client = client_new(NULL, NULL);
    SSL_CTX_set_min_proto_version(client, row->min_version);
    SSL_CTX_set_max_proto_version(client, row->max_version);
    if (row->ciphers != NULL)
        assert_int_equal(SSL_CTX_set_cipher_list(client, row->ciphers), 1);
    if (row->groups != NULL)
        assert_int_equal(SSL_CTX_set1_groups_list(client, row->groups), 1);
    struct link link;
    link_init(&link, server, client, NULL);
    assert_int_equal(link_shake(&link), row->want);
    if (row->want) {
        assert_int_equal(SSL_version(link.server), row->want_version);
        EVP_PKEY *key = X509_get0_pubkey(SSL_get0_peer_certificate(link.client));
        assert_int_equal(EVP_PKEY_get_base_id(key), row->want_key);
        if (row->want_cipher != NULL)
            assert_string_equal(SSL_get_cipher_name(link.server), row->want_cipher);
        /* Nobody is asked for a certificate here. */
        assert_false(bk_tls_peer_of(link.server)->has_certificate);
    }
    ERR_clear_error();
    link_deinit(&link);
    SSL_CTX_free(client);
}

static void the_floor_holds(void **state)
{
    (void)state;
    SSL_CTX *server = server_new(false), *legacy = legacy_new();
    for (size_t i = 0; i < BK_COUNT(floors); i++)
        check_floor(server, &floors[i]);
    for (size_t i = 0; i < BK_COUNT(legacy_floors); i++)
        check_floor(legacy, &legacy_floors[i]);
    SSL_CTX_free(server);
    SSL_CTX_free(legacy);
}

static void a_context_may_demand_tls_1_3(void **state)
{
    (void)state;
    const struct bk_tls_options options = {.cert_paths = {ec_cert},
                                           .key_paths = {ec_key},
                                           .cert_count = 1,
                                           .min_version = TLS1_3_VERSION};
    SSL_CTX *server = NULL, *client = client_new(NULL, NULL);
    assert_int_equal(bk_tls_context_new(&options, &server, NULL), BK_OK);
    SSL_CTX_set_max_proto_version(client, TLS1_2_VERSION);
    struct link link;
    link_init(&link, server, client, NULL);
    assert_false(link_shake(&link));
    ERR_clear_error();
    link_deinit(&link);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

/* ---- host names ---- */

/* The key of the certificate that a client meets who asks for this name (NULL: for none). */
static int key_met_for(SSL_CTX *server, const char *name, const struct cert *shown, int version,
                       bool *ret_is_verified)
{
    SSL_CTX *client = client_new(shown, NULL);
    SSL_CTX_set_max_proto_version(client, version);
    struct link link;
    link_init(&link, server, client, NULL);
    if (name != NULL)
        assert_int_equal(SSL_set_tlsext_host_name(link.client, name), 1);
    bool is_over = link_shake(&link);
    X509 *met = SSL_get0_peer_certificate(link.client);
    int kind = met != NULL ? EVP_PKEY_get_base_id(X509_get0_pubkey(met)) : 0;
    const struct bk_tls_peer *peer = bk_tls_peer_of(link.server);
    *ret_is_verified = is_over && peer->is_verified && peer->root->root_id == 1;
    ERR_clear_error();
    link_deinit(&link);
    SSL_CTX_free(client);
    return kind;
}

static void a_host_name_chooses_the_certificate_and_nothing_else(void **state)
{
    (void)state;
    static const struct {
        const char *label, *name;
        int want;
    } rows[] = {
        {"no name", NULL, EVP_PKEY_RSA},
        {"another name", "elsewhere.example", EVP_PKEY_RSA},
        {"the name", "phones.example", EVP_PKEY_EC},
        {"in other letters", "Phones.EXAMPLE", EVP_PKEY_EC},
        {"with the root's dot", "phones.example.", EVP_PKEY_EC},
        {"its second name", "old-phones.example", EVP_PKEY_EC},
        {"a part of it", "example", EVP_PKEY_RSA},
        {"below it", "a.phones.example", EVP_PKEY_RSA},
    };
    struct bk_tls_options options = {.cert_paths = {rsa_cert},
                                     .key_paths = {rsa_key},
                                     .cert_count = 1,
                                     .require_client_certificate = true,
                                     .min_version = TLS1_2_VERSION,
                                     .trust = trust};
    SSL_CTX *server = context_new(&options);
    options.cert_paths[0] = ec_cert, options.key_paths[0] = ec_key;
    SSL_CTX *host = context_new(&options);
    assert_int_equal(bk_tls_context_add_host(server, BK_STR("phones.example"), host, NULL), BK_OK);
    assert_int_equal(bk_tls_context_add_host(server, BK_STR("old-phones.example"), host, NULL),
                     BK_OK);
    SSL_CTX_free(host);
    for (size_t i = 0; i < 2 * BK_COUNT(rows); i++) {
        const char *name = rows[i / 2].name;
        int version = i % 2 == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
        bool is_verified = false;
        print_message("  %s\n", rows[i / 2].label);
        assert_int_equal(key_met_for(server, name, &phone, version, &is_verified),
                         rows[i / 2].want);
        assert_true(is_verified);
        key_met_for(server, name, NULL, version, &is_verified); /* nobody comes without */
        assert_false(is_verified);
        key_met_for(server, name, &ec, version, &is_verified); /* or with another CA's */
        assert_false(is_verified);
    }
    SSL_CTX_free(server);
}

static void a_host_name_is_one_and_there_once(void **state)
{
    (void)state;
    static const char *const bad[] = {"", ".", "a..b", "-a.b", "a b", "a/b", "*.a", "a.", "A.TEST"};
    SSL_CTX *server = server_new(false), *host = server_new(false);
    struct bk_detail detail = {""};
    assert_int_equal(bk_tls_context_add_host(server, BK_STR("a.test"), host, NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(bad); i++) {
        assert_int_equal(bk_tls_context_add_host(server, bk_str_of(bad[i]), host, &detail),
                         BK_ERR_INVALID);
        assert_true(detail.text[0] != '\0');
    }
    for (int i = 1; i < BK_TLS_HOST_MAX; i++) {
        char name[32];
        snprintf(name, sizeof name, "h%d.test", i);
        assert_int_equal(bk_tls_context_add_host(server, bk_str_of(name), host, NULL), BK_OK);
    }
    assert_int_equal(bk_tls_context_add_host(server, BK_STR("more.test"), host, &detail),
                     BK_ERR_INVALID);
    SSL_CTX_free(host);
    SSL_CTX_free(server);
}

/* ---- sessions ---- */

static int new_sessions;

static int on_new_session(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl, (void)session;
    new_sessions++;
    return 0;
}

static void exchange(struct link *link)
{
    char buf[16];
    assert_int_equal(SSL_write(link->server, "hello", 5), 5);
    assert_int_equal(SSL_read(link->client, buf, sizeof buf), 5); /* tickets would come before */
    assert_int_equal(SSL_write(link->client, "world", 5), 5);
    assert_int_equal(SSL_read(link->server, buf, sizeof buf), 5);
}

static void no_session_can_be_resumed(void **state)
{
    (void)state;
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    SSL_CTX *server = server_new(true), *other = server_new(true);
    for (size_t i = 0; i < BK_COUNT(versions); i++) {
        SSL_CTX *client = client_new(&phone, NULL);
        SSL_CTX_set_min_proto_version(client, versions[i]);
        SSL_CTX_set_max_proto_version(client, versions[i]);
        SSL_CTX_sess_set_new_cb(client, on_new_session);
        new_sessions = 0;
        struct link first;
        link_init(&first, server, client, NULL);
        assert_true(link_shake(&first));
        exchange(&first);
        SSL_SESSION *session = SSL_get1_session(first.client);
        assert_int_equal(SSL_SESSION_has_ticket(session), 0);
        unsigned id_len = 0;
        SSL_SESSION_get_id(session, &id_len);
        if (versions[i] == TLS1_3_VERSION)
            assert_int_equal(new_sessions, 0);
        else
            assert_int_equal(id_len, 0);
        link_deinit(&first);

        for (int again = 0; again < 2; again++) { /* same context, then another */
            struct link second;
            link_init(&second, again == 0 ? server : other, client, session);
            assert_true(link_shake(&second));
            assert_int_equal(SSL_session_reused(second.server), 0);
            assert_int_equal(SSL_session_reused(second.client), 0);
            assert_true(bk_tls_peer_of(second.server)->is_verified);
            link_deinit(&second);
        }
        SSL_SESSION_free(session);
        SSL_CTX_free(client);
    }
    SSL_CTX_free(server);
    SSL_CTX_free(other);
}

static void renegotiation_is_refused(void **state)
{
    (void)state;
    SSL_CTX *server = server_new(true), *client = client_new(&phone, NULL);
    SSL_CTX_set_max_proto_version(client, TLS1_2_VERSION);
    struct link link;
    link_init(&link, server, client, NULL);
    assert_true(link_shake(&link));
    exchange(&link);

    ERR_clear_error();
    char c;
    assert_int_equal(SSL_renegotiate(link.client), 1);
    assert_true(SSL_do_handshake(link.client) <= 0);
    assert_int_equal(SSL_get_error(link.client, -1), SSL_ERROR_WANT_READ);
    assert_true(SSL_read(link.server, &c, 1) <= 0); /* it answers with an alert */
    ERR_clear_error();
    assert_true(SSL_do_handshake(link.client) <= 0);
    assert_int_equal(ERR_GET_REASON(ERR_peek_error()), SSL_R_NO_RENEGOTIATION);
    ERR_clear_error();
    link_deinit(&link);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
}

static void an_old_context_lives_as_long_as_its_connections(void **state)
{
    (void)state;
    SSL_CTX *server = server_new(true), *client = client_new(&phone, NULL);
    struct link link;
    link_init(&link, server, client, NULL);
    SSL_CTX_free(server); /* a reload drops it in the middle of the handshake */
    assert_true(link_shake(&link));
    exchange(&link);
    assert_int_equal(bk_tls_peer_of(link.server)->root->root_id, 1);
    link_deinit(&link);
    SSL_CTX_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_that_do_not_serve_are_named_with_their_cure),
        cmocka_unit_test(two_keys_of_one_kind_and_none_are_refused),
        cmocka_unit_test(the_earliest_expiry_is_known),
        cmocka_unit_test(the_floor_holds),
        cmocka_unit_test(a_context_may_demand_tls_1_3),
        cmocka_unit_test(a_host_name_chooses_the_certificate_and_nothing_else),
        cmocka_unit_test(a_host_name_is_one_and_there_once),
        cmocka_unit_test(no_session_can_be_resumed),
        cmocka_unit_test(renegotiation_is_refused),
        cmocka_unit_test(an_old_context_lives_as_long_as_its_connections),
    };
    int failed = cmocka_run_group_tests(tests, start, stop);
    return failed + run_trust_tests();
}
