/*
 * Trust roots that workers share: what one wrote another reads; what is torn or too large is not
 * read at all.
 */
#include "harness/test.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "roots_share.h"

static struct bk_cert_rules rules; /* what was read last beside the roots */
static uint8_t ca_der[2048];
static size_t ca_der_len;

/* A CA certificate, good for a day. */
static int make_ca(void **state)
{
    (void)state;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)"Shared CA", -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    X509_set_pubkey(cert, key);
    X509_EXTENSION *basic =
        X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");
    X509_add_ext(cert, basic, -1);
    X509_EXTENSION_free(basic);
    X509_sign(cert, key, EVP_sha256());
    unsigned char *at = ca_der;
    ca_der_len = (size_t)i2d_X509(cert, &at);
    X509_free(cert);
    EVP_PKEY_free(key);
    return ca_der_len > 0 ? 0 : -1;
}

static struct bk_trust_root root_of(int64_t root_id)
{
    struct bk_trust_root root = {.root_id = root_id, .maker = "yealink", .rules = "yealink-cn"};
    return root;
}

static struct cfg_roots_draft *draft_of(int64_t first_id, size_t count)
{
    struct cfg_roots_draft *draft = cfg_roots_draft_new();
    assert_non_null(draft);
    for (size_t i = 0; i < count; i++) {
        struct bk_trust_root root = root_of(first_id + (int64_t)i);
        root.tenant_id = (int64_t)i;
        cfg_roots_draft_add(draft, &root, ca_der, ca_der_len);
    }
    return draft;
}

static void add_rule(struct cfg_roots_draft *draft)
{
    const struct bk_cert_rule_text text = {
        .name = BK_STR("our-rule"), .maker = BK_STR("ours"), .subject = BK_STR("CN=x; OU={mac}")};
    struct bk_cert_rule rule;
    assert_int_equal(bk_cert_rule_parse(&text, &rule, NULL), BK_OK);
    cfg_roots_draft_add_rule(draft, &rule);
}

static void what_another_process_wrote_is_read(void **state)
{
    (void)state;
    struct cfg_roots_share *share = cfg_roots_share_new(2);
    assert_non_null(share);
    assert_null(cfg_roots_share_read(share, &rules));
    pid_t pid = fork();
    if (pid == 0) {
        struct cfg_roots_draft *draft = draft_of(7, 2);
        add_rule(draft);
        cfg_roots_share_publish(share, 1, 1, draft);
        cfg_roots_draft_free(draft);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    struct bk_trust *trust = cfg_roots_share_read(share, &rules);
    assert_non_null(trust);
    assert_int_equal(bk_trust_count(trust), 2);
    assert_int_equal(bk_trust_at(trust, 0)->root_id, 7);
    assert_int_equal(bk_trust_at(trust, 1)->tenant_id, 1);
    assert_string_equal(bk_trust_at(trust, 1)->maker, "yealink");
    assert_int_equal(rules.count, 1);
    assert_string_equal(rules.rows[0].name, "our-rule");
    assert_int_equal(rules.rows[0].field_count, 2);
    bk_cert_rules_free(&rules);
    bk_trust_unref(trust);
}

static void the_latest_version_counts(void **state)
{
    (void)state;
    struct cfg_roots_share *share = cfg_roots_share_new(3);
    static const int64_t versions[] = {4, 9, 6};
    for (size_t i = 0; i < 3; i++) {
        struct cfg_roots_draft *draft = draft_of(versions[i] * 10, 1);
        cfg_roots_share_publish(share, i, versions[i], draft);
        cfg_roots_draft_free(draft);
    }
    struct bk_trust *trust = cfg_roots_share_read(share, &rules);
    assert_non_null(trust);
    assert_int_equal(bk_trust_at(trust, 0)->root_id, 90);
    bk_trust_unref(trust);
}

static void a_set_that_does_not_fit_is_not_shared(void **state)
{
    (void)state;
    struct cfg_roots_share *share = cfg_roots_share_new(1);
    struct cfg_roots_draft *draft = draft_of(1, ((size_t)1 << 20) / ca_der_len + 1);
    cfg_roots_share_publish(share, 0, 1, draft);
    cfg_roots_draft_free(draft);
    assert_null(cfg_roots_share_read(share, &rules));
}

static void assert_one_set(struct bk_trust *trust)
{
    size_t count = bk_trust_count(trust);
    assert_in_range(count, 1, 3);
    for (size_t at = 0; at < count; at++)
        assert_int_equal(bk_trust_at(trust, at)->root_id, (int64_t)(count * 100 + at));
    bk_trust_unref(trust);
}

/* A writer that never rests and is killed at any moment: a reader sees a whole set or none, and
 * when it is quiet again, always one. */
static void writers_that_are_killed_leave_nothing_half(void **state)
{
    (void)state;
    struct cfg_roots_share *share = cfg_roots_share_new(2);
    struct cfg_roots_draft *calm = draft_of(100, 1);
    cfg_roots_share_publish(share, 1, 0, calm);
    cfg_roots_draft_free(calm);
    for (int round = 0; round < 40; round++) {
        pid_t pid = fork();
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (int64_t version = 1;; version++) {
                size_t count = 1 + (size_t)(version % 3);
                struct cfg_roots_draft *draft = draft_of((int64_t)count * 100, count);
                cfg_roots_share_publish(share, 0, version, draft);
                cfg_roots_draft_free(draft);
            }
        }
        for (int i = 0; i < 20; i++) {
            struct bk_trust *trust = cfg_roots_share_read(share, &rules);
            if (trust != NULL)
                assert_one_set(trust);
        }
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        struct bk_trust *trust = cfg_roots_share_read(share, &rules);
        assert_non_null(trust);
        assert_one_set(trust);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_another_process_wrote_is_read),
        cmocka_unit_test(the_latest_version_counts),
        cmocka_unit_test(a_set_that_does_not_fit_is_not_shared),
        cmocka_unit_test(writers_that_are_killed_leave_nothing_half),
    };
    return cmocka_run_group_tests(tests, make_ca, NULL);
}
