/*
 * The pure parts of the sip driver: challenges, credentials, what answers mean. The driver itself
 * is tried end to end (tests/e2e/test_notifier.py, test_phonesim_sip.py).
 */
#include "harness/test.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "pbx/sip/digest.h"
#include "pbx/sip/outcome.h"

static const struct {
    const char *label, *value;
    enum bk_err want;
    bool is_sha256, has_qop, is_stale;
    const char *realm, *nonce, *opaque;
} challenges[] = {
    {"RFC 7616 3.9.1, SHA-256",
     "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, "
     "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
     "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
     BK_OK, true, true, false, "http-auth@example.org",
     "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
     "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"},
    {"Kamailio", "Digest realm=\"tenant-a.test\", nonce=\"Zx5\", qop=\"auth\"", BK_OK, false, true,
     false, "tenant-a.test", "Zx5", ""},
    {"no qop, token algorithm, blanks", "  digest  realm=\"r\" ,nonce = \"n\" , algorithm=md5 ",
     BK_OK, false, false, false, "r", "n", ""},
    {"stale", "Digest realm=\"r\", nonce=\"n\", stale=TRUE", BK_OK, false, false, true, "r", "n",
     ""},
    {"escaped quote", "Digest realm=\"a\\\"b\", nonce=\"n\"", BK_OK, false, false, false, "a\"b",
     "n", ""},
    {"comma inside quotes", "Digest realm=\"a,b\", nonce=\"n\"", BK_OK, false, false, false, "a,b",
     "n", ""},
    {"unknown parameter", "Digest realm=\"r\", nonce=\"n\", domain=\"sip:x\", userhash=false",
     BK_OK, false, false, false, "r", "n", ""},
    {"another algorithm", "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256", BK_ERR_INVALID,
     false, false, false, NULL, NULL, NULL},
    {"MD5-sess", "Digest realm=\"r\", nonce=\"n\", algorithm=MD5-sess", BK_ERR_INVALID, false,
     false, false, NULL, NULL, NULL},
    {"auth-int only", "Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"", BK_ERR_INVALID, false,
     false, false, NULL, NULL, NULL},
    {"Basic", "Basic realm=\"r\"", BK_ERR_INVALID, false, false, false, NULL, NULL, NULL},
    {"no nonce", "Digest realm=\"r\"", BK_ERR_INVALID, false, false, false, NULL, NULL, NULL},
    {"empty nonce", "Digest realm=\"r\", nonce=\"\"", BK_ERR_INVALID, false, false, false, NULL,
     NULL, NULL},
    {"no realm", "Digest nonce=\"n\"", BK_ERR_INVALID, false, false, false, NULL, NULL, NULL},
    {"not closed", "Digest realm=\"r\", nonce=\"n", BK_ERR_INVALID, false, false, false, NULL, NULL,
     NULL},
    {"line end inside", "Digest realm=\"r\r\nX: y\", nonce=\"n\"", BK_ERR_INVALID, false, false,
     false, NULL, NULL, NULL},
    {"empty", "", BK_ERR_INVALID, false, false, false, NULL, NULL, NULL},
    {"the word alone", "Digest", BK_ERR_INVALID, false, false, false, NULL, NULL, NULL},
};

static void challenges_follow_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(challenges); i++) {
        struct bk_digest digest = {0};
        print_message("  %s\n", challenges[i].label);
        assert_int_equal(bk_digest_parse(bk_str_of(challenges[i].value), i % 2 == 0, &digest),
                         challenges[i].want);
        assert_int_equal(digest.is_set, challenges[i].want == BK_OK);
        if (!digest.is_set)
            continue;
        assert_int_equal(digest.is_proxy, i % 2 == 0);
        assert_int_equal(digest.is_sha256, challenges[i].is_sha256);
        assert_int_equal(digest.has_qop, challenges[i].has_qop);
        assert_int_equal(digest.is_stale, challenges[i].is_stale);
        assert_string_equal(digest.realm, challenges[i].realm);
        assert_string_equal(digest.nonce, challenges[i].nonce);
        assert_string_equal(digest.opaque, challenges[i].opaque);
    }
}

static void a_challenge_that_is_too_long_is_none(void **state)
{
    (void)state;
    static const char *const names[] = {"realm", "nonce", "opaque"};
    char text[2048];
    for (size_t i = 0; i < BK_COUNT(names); i++) {
        struct bk_digest digest = {0};
        snprintf(text, sizeof text, "Digest realm=\"r\", nonce=\"n\", %s=\"%0600d\"", names[i], 7);
        assert_int_equal(bk_digest_parse(bk_str_of(text), true, &digest), BK_ERR_INVALID);
    }
}

/* RFC 2617 3.5's figures without qop, computed once by hand: MD5(MD5(u:r:p):n:MD5(NOTIFY:uri)). */
static void credentials_without_qop_have_the_known_response(void **state)
{
    (void)state;
    struct bk_digest digest = {0};
    struct bk_buf out;
    bk_buf_init(&out, 4096);
    assert_int_equal(
        bk_digest_parse(BK_STR("Digest realm=\"testrealm@host.com\", "
                               "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc\""),
                        false, &digest),
        BK_OK);
    assert_int_equal(bk_digest_print(&digest, BK_STR("Mufasa"), BK_STR("Circle Of Life"), "GET",
                                     BK_STR("/dir/index.html"), &out),
                     BK_OK);
    bk_buf_add_char(&out, '\0');
    assert_non_null(strstr(out.ptr, "response=\"670fd8c2df070c60b045671b8b24ff02\""));
    assert_non_null(strstr(out.ptr, "Authorization: Digest algorithm=MD5, username=\"Mufasa\""));
    assert_non_null(strstr(out.ptr, "opaque=\"5ccc\""));
    assert_null(strstr(out.ptr, "cnonce"));
    bk_buf_deinit(&out);
}

static void each_use_of_a_nonce_counts_and_nothing_ends_the_line(void **state)
{
    (void)state;
    struct bk_digest digest = {0};
    assert_int_equal(
        bk_digest_parse(BK_STR("Digest realm=\"r\", nonce=\"n\", qop=\"auth\""), true, &digest),
        BK_OK);
    for (int i = 1; i <= 3; i++) {
        struct bk_buf out;
        char count[16];
        bk_buf_init(&out, 4096);
        assert_int_equal(bk_digest_print(&digest, BK_STR("a\"b\\c"), BK_STR("p"), "NOTIFY",
                                         BK_STR("sip:1@x"), &out),
                         BK_OK);
        bk_buf_add_char(&out, '\0');
        snprintf(count, sizeof count, "nc=%08x", (unsigned)i);
        assert_non_null(strstr(out.ptr, count));
        assert_non_null(strstr(out.ptr, "Proxy-Authorization: "));
        assert_non_null(strstr(out.ptr, "username=\"a\\\"b\\\\c\""));
        assert_ptr_equal(strstr(out.ptr, "\r\n"), out.ptr + strlen(out.ptr) - 2);
        bk_buf_deinit(&out);
    }
    struct bk_buf out;
    bk_buf_init(&out, 4096);
    assert_int_equal(bk_digest_print(&digest, BK_STR("a\r\nX: y"), BK_STR("p"), "NOTIFY",
                                     BK_STR("sip:1@x"), &out),
                     BK_ERR_INVALID);
    bk_buf_deinit(&out);
}

static const struct {
    int status;
    bool is_line;
    enum bk_pbx_outcome want;
    const char *words;
} answers[] = {
    {200, false, BK_PBX_ANSWERED, "took it"},
    {202, false, BK_PBX_ANSWERED, ""},
    {302, false, BK_PBX_REFUSED, "final address"},
    {400, false, BK_PBX_REFUSED, ""},
    {401, false, BK_PBX_ACCOUNT, "username and secret"},
    {401, true, BK_PBX_REFUSED, "line's credentials"},
    {403, false, BK_PBX_ACCOUNT, "allow it on the PBX"},
    {404, false, BK_PBX_OFFLINE, "registered"},
    {405, false, BK_PBX_REFUSED, "routing"},
    {407, false, BK_PBX_ACCOUNT, "username and secret"},
    {408, false, BK_PBX_SILENT, "in time"},
    {480, false, BK_PBX_OFFLINE, "registered"},
    {481, false, BK_PBX_REFUSED, "allow unsolicited check-sync"},
    {483, false, BK_PBX_REFUSED, "loop"},
    {489, false, BK_PBX_REFUSED, "event"},
    {499, false, BK_PBX_REFUSED, ""},
    {500, false, BK_PBX_ILL, "fault"},
    {501, false, BK_PBX_REFUSED, "own driver"},
    {503, false, BK_PBX_ILL, "fault"},
    {603, false, BK_PBX_REFUSED, "everywhere"},
    {699, false, BK_PBX_REFUSED, ""},
};

static void every_answer_has_an_outcome_and_a_sentence(void **state)
{
    (void)state;
    for (int status = 200; status < 700; status++) {
        struct bk_pbx_result result;
        bk_sip_outcome(status, BK_STR("Because"), false, &result);
        assert_true(strlen(result.text) > 10);
        assert_int_equal(result.status, status);
    }
    for (size_t i = 0; i < BK_COUNT(answers); i++) {
        struct bk_pbx_result result;
        print_message("  %d%s\n", answers[i].status, answers[i].is_line ? ", the line's" : "");
        bk_sip_outcome(answers[i].status, BK_STR("Because"), answers[i].is_line, &result);
        assert_int_equal(result.outcome, answers[i].want);
        assert_non_null(strstr(result.text, answers[i].words));
    }
}

static void a_reason_phrase_is_cut_and_cleaned(void **state)
{
    (void)state;
    static char phrase[10000];
    struct bk_pbx_result result;
    memset(phrase, 'x', sizeof phrase);
    phrase[1] = '\r';
    phrase[2] = '\x1b';
    phrase[3] = (char)0xff;
    bk_sip_outcome(486, (struct bk_str){phrase, sizeof phrase}, false, &result);
    assert_true(strlen(result.text) < sizeof result.text);
    assert_non_null(strstr(result.text, "x???x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(challenges_follow_the_table),
        cmocka_unit_test(a_challenge_that_is_too_long_is_none),
        cmocka_unit_test(credentials_without_qop_have_the_known_response),
        cmocka_unit_test(each_use_of_a_nonce_counts_and_nothing_ends_the_line),
        cmocka_unit_test(every_answer_has_an_outcome_and_a_sentence),
        cmocka_unit_test(a_reason_phrase_is_cut_and_cleaned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
