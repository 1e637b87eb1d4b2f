/*
 * Trust roots that workers share: what one wrote another reads; what is torn or too large is not
 * read at all.
 */
#include "harness/test.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "roots_share.h"

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

static void what_another_process_wrote_is_read(void **state)
{
    (void)state;
    struct cfg_roots_share *share = cfg_roots_share_new();
    assert_non_null(share);
    assert_null(cfg_roots_share_read(share));
    pid_t pid = fork();
    if (pid == 0) {
        struct bk_trust_root first = root_of(7), second = root_of(8);
        second.tenant_id = 3;
        cfg_roots_share_begin(share);
        cfg_roots_share_add(share, &first, ca_der, ca_der_len);
        cfg_roots_share_add(share, &second, ca_der, ca_der_len);
        cfg_roots_share_end(share);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    struct bk_trust *trust = cfg_roots_share_read(share);
    assert_non_null(trust);
    assert_int_equal(bk_trust_count(trust), 2);
    assert_int_equal(bk_trust_at(trust, 0)->root_id, 7);
    assert_int_equal(bk_trust_at(trust, 1)->tenant_id, 3);
    assert_string_equal(bk_trust_at(trust, 1)->maker, "yealink");
    bk_trust_unref(trust);
}

static void a_write_that_was_not_ended_is_not_read(void **state)
{
    (void)state;
    struct cfg_roots_share *share = cfg_roots_share_new();
    struct bk_trust_root root = root_of(1);
    cfg_roots_share_begin(share);
    cfg_roots_share_add(share, &root, ca_der, ca_der_len);
    cfg_roots_share_end(share);
    cfg_roots_share_begin(share);
    cfg_roots_share_add(share, &root, ca_der, ca_der_len);
    assert_null(cfg_roots_share_read(share)); /* killed here */
}

static void a_set_that_does_not_fit_is_not_shared(void **state)
{
    (void)state;
    struct cfg_roots_share *share = cfg_roots_share_new();
    struct bk_trust_root root = root_of(1);
    cfg_roots_share_begin(share);
    for (size_t bytes = 0; bytes <= (size_t)1 << 20; bytes += ca_der_len)
        cfg_roots_share_add(share, &root, ca_der, ca_der_len);
    cfg_roots_share_end(share);
    assert_null(cfg_roots_share_read(share));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_another_process_wrote_is_read),
        cmocka_unit_test(a_write_that_was_not_ended_is_not_read),
        cmocka_unit_test(a_set_that_does_not_fit_is_not_shared),
    };
    return cmocka_run_group_tests(tests, make_ca, NULL);
}
