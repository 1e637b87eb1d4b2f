/*
 * Responses as the examples of the RFCs have them; parameters are tried where they are used
 * (test_auth_http.c, test_sip.c).
 */
#include "base/digest.h"

#include "harness/test.h"

#define NONCE_2617 "dcd98b7102dd2f0e8b11d0f600bfb0c093"
#define NONCE_7616 "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
#define CNONCE_7616 "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"

static const struct {
    const char *label;
    bool is_sha256;
    const char *realm, *secret, *nonce, *count, *cnonce, *want;
} rows[] = {
    {"RFC 7616 3.9.1, MD5", false, "http-auth@example.org", "Circle of Life", NONCE_7616,
     "00000001", CNONCE_7616, "8ca523f5e9506fed4657c9700eebdbec"},
    {"RFC 7616 3.9.1, SHA-256", true, "http-auth@example.org", "Circle of Life", NONCE_7616,
     "00000001", CNONCE_7616, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
    {"RFC 2617 3.5", false, "testrealm@host.com", "Circle Of Life", NONCE_2617, "00000001",
     "0a4f113b", "6629fae49393a05397450978507c4ef1"},
    {"RFC 2069 2.4, corrected by its erratum 749", false, "testrealm@host.com", "CircleOfLife",
     NONCE_2617, "", "", "1949323746fe6a43ef61f9606e7febea"},
};

static void responses_are_those_of_the_standards(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        char hex[BK_DIGEST_RESPONSE_SIZE];
        struct bk_digest_input input = {
            .is_sha256 = rows[i].is_sha256,
            .user = BK_STR("Mufasa"),
            .realm = bk_str_of(rows[i].realm),
            .secret = bk_str_of(rows[i].secret),
            .method = BK_STR("GET"),
            .uri = BK_STR("/dir/index.html"),
            .nonce = bk_str_of(rows[i].nonce),
            .count = bk_str_of(rows[i].count),
            .cnonce = bk_str_of(rows[i].cnonce),
        };
        print_message("  %s\n", rows[i].label);
        assert_int_equal(bk_digest_response(&input, &hex), BK_OK);
        assert_string_equal(hex, rows[i].want);
    }
}

/* A value that does not fit is cut, and says how long it was. */
static void a_long_value_is_cut_at_its_space(void **state)
{
    (void)state;
    struct bk_str rest = BK_STR("a=\"0123456789\", b=x"), name;
    char value[4];
    size_t len = 0;
    assert_true(bk_digest_parameter_next(&rest, &name, value, sizeof value, &len));
    assert_str_equal(name, "a");
    assert_int_equal(len, 10);
    assert_memory_equal(value, "0123", 4);
    assert_true(bk_digest_parameter_next(&rest, &name, value, sizeof value, &len));
    assert_str_equal(name, "b");
    assert_int_equal(len, 1);
    assert_false(bk_digest_parameter_next(&rest, &name, value, sizeof value, &len));
    assert_int_equal(rest.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(responses_are_those_of_the_standards),
        cmocka_unit_test(a_long_value_is_cut_at_its_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
