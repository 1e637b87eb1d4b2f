/*
 * The pure parts of the sip driver: texts, challenges, credentials, what answers mean. The driver
 * itself is tried against a scripted peer in test_sip_driver.c.
 */
#include "harness/test.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "pbx/sip/digest.h"
#include "pbx/sip/outcome.h"
#include "pbx/sip/text.h"

/* --- texts --- */

static const struct {
    const char *label, *user, *want; /* NULL: refused */
} users[] = {
    {"an extension", "1001", "1001"},
    {"a telephone number", "+4930123456", "+4930123456"},
    {"a feature code", "*21#", "*21%23"},
    {"what would end the user part", "1@evil;x=<y>?\"z\"", "1%40evil%3Bx%3D%3Cy%3E%3F%22z%22"},
    {"escaped already", "%41", "%2541"},
    {"UTF-8", "n\xc3\xa4me", "n%C3%A4me"},
    {"empty", "", NULL},
    {"a blank", "10 01", NULL},
    {"a line end", "1001\r\nX: y", NULL},
    {"a tab", "1\t2", NULL},
    {"DEL", "1\x7f", NULL},
};

static const struct {
    const char *label, *host, *want;
} hosts[] = {
    {"a name", "pbx.example.org", "pbx.example.org"},
    {"IPv4", "192.0.2.1", "192.0.2.1"},
    {"IPv6", "2001:db8::1", "[2001:db8::1]"},
    {"IPv6 in brackets", "[2001:db8::1]", "[2001:db8::1]"},
    {"a port", "pbx.example:5060", NULL},
    {"half a bracket", "[2001:db8::1", NULL},
    {"a parameter", "pbx.example;lr", NULL},
    {"a user", "a@b", NULL},
    {"a blank", "a b", NULL},
    {"a line end", "a\nb", NULL},
    {"a quote", "a\"b", NULL},
    {"empty", "", NULL},
};

static void users_and_hosts_follow_the_grammar(void **state)
{
    (void)state;
    char user[BK_SIP_USER_SIZE], host[BK_SIP_HOST_SIZE];
    for (size_t i = 0; i < BK_COUNT(users); i++) {
        print_message("  user: %s\n", users[i].label);
        assert_int_equal(bk_sip_user_print(bk_str_of(users[i].user), &user), users[i].want != NULL);
        if (users[i].want != NULL)
            assert_string_equal(user, users[i].want);
    }
    for (size_t i = 0; i < BK_COUNT(hosts); i++) {
        print_message("  host: %s\n", hosts[i].label);
        assert_int_equal(bk_sip_host_print(bk_str_of(hosts[i].host), &host), hosts[i].want != NULL);
        if (hosts[i].want != NULL)
            assert_string_equal(host, hosts[i].want);
    }
    /* Neither is ever cut. */
    char text[1001];
    memset(text, '#', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (size_t len = 0; len < sizeof text; len++)
        assert_int_equal(bk_sip_user_print((struct bk_str){text, len}, &user),
                         len > 0 && 3 * len < sizeof user);
    memset(text, 'h', sizeof text - 1);
    for (size_t len = 0; len < sizeof text; len++)
        assert_int_equal(bk_sip_host_print((struct bk_str){text, len}, &host),
                         len > 0 && len <= 253);
}

static void events_names_and_waits_follow_the_table(void **state)
{
    (void)state;
    static const struct {
        const char *event;
        bool want;
    } events[] = {{"check-sync;reboot=false", true},
                  {"resync", true},
                  {"reboot_now", true},
                  {"", false},
                  {";x", false},
                  {"check sync", false},
                  {"a\r\nX: y", false},
                  {"a\"b", false},
                  {"a,b", false},
                  {"a<b>", false}};
    static const struct {
        const char *value;
        int want;
    } waits[] = {{"120", 120},
                 {" 120 ", 120},
                 {"120 (I'm in a meeting)", 120},
                 {"120;duration=3600", 120},
                 {"0", 0},
                 {"", 0},
                 {"-5", 0},
                 {"soon", 0},
                 {"3601", 3600},
                 {"4294967297", 3600},
                 {"99999999999999999999999999999", 3600}};
    for (size_t i = 0; i < BK_COUNT(events); i++)
        assert_int_equal(bk_sip_is_event(bk_str_of(events[i].event)), events[i].want);
    for (size_t i = 0; i < BK_COUNT(waits); i++)
        assert_int_equal(bk_sip_retry_after(bk_str_of(waits[i].value)), waits[i].want);
    assert_true(bk_sip_is_username(BK_STR("rps")));
    assert_true(bk_sip_is_username(BK_STR("with \"quotes\" and \\")));
    assert_false(bk_sip_is_username(BK_STR("")));
    assert_false(bk_sip_is_username(BK_STR("a\r\nX: y")));
    assert_false(bk_sip_is_username(BK_STR("\xff")));
}

/* --- challenges --- */

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
    enum bk_pbx_outcome want;
    const char *words;
} answers[] = {
    {200, BK_PBX_ANSWERED, "took it"},
    {202, BK_PBX_ANSWERED, ""},
    {302, BK_PBX_REFUSED, "final address"},
    {400, BK_PBX_REFUSED, "log"},
    {403, BK_PBX_ACCOUNT, "allow it on the PBX"},
    {404, BK_PBX_OFFLINE, "registered"},
    {405, BK_PBX_REFUSED, "routing"},
    {408, BK_PBX_SILENT, "in time"},
    {480, BK_PBX_OFFLINE, "registered"},
    {481, BK_PBX_REFUSED, "allow unsolicited check-sync"},
    {482, BK_PBX_REFUSED, "loop"},
    {483, BK_PBX_REFUSED, "loop"},
    {489, BK_PBX_REFUSED, "event"},
    {499, BK_PBX_REFUSED, ""},
    {500, BK_PBX_ILL, "fault"},
    {501, BK_PBX_REFUSED, "own driver"},
    {503, BK_PBX_ILL, "fault"},
    {600, BK_PBX_REFUSED, "everywhere"},
    {603, BK_PBX_REFUSED, "everywhere"},
    {699, BK_PBX_REFUSED, ""},
    {0, BK_PBX_ILL, "no SIP status"},
    {199, BK_PBX_ILL, "no SIP status"},
    {700, BK_PBX_ILL, "no SIP status"},
    {65535, BK_PBX_ILL, "no SIP status"},
};

static void every_answer_has_an_outcome_and_a_sentence(void **state)
{
    (void)state;
    static char phrase[100];
    memset(phrase, 'r', sizeof phrase);
    for (int status = 0; status < 1000; status++) {
        struct bk_pbx_result result;
        bk_sip_outcome(status, (struct bk_str){phrase, sizeof phrase}, &result);
        assert_true(strlen(result.text) > 10);
        assert_true(strlen(result.text) < sizeof result.text - 1); /* nothing was cut */
        assert_int_equal(result.status, status);
    }
    for (size_t i = 0; i < BK_COUNT(answers); i++) {
        struct bk_pbx_result result;
        print_message("  %d\n", answers[i].status);
        bk_sip_outcome(answers[i].status, BK_STR("Because"), &result);
        assert_int_equal(result.outcome, answers[i].want);
        assert_non_null(strstr(result.text, answers[i].words));
    }
}

static void every_refusal_says_whose_it_is_and_what_to_set(void **state)
{
    (void)state;
    for (int refusal = 0; refusal < BK_SIP_REFUSAL_COUNT; refusal++) {
        struct bk_pbx_result result;
        bk_sip_outcome_refused(401, (enum bk_sip_refusal)refusal, &result);
        assert_int_equal(result.status, 401);
        assert_int_equal(result.outcome,
                         refusal <= BK_SIP_ACCOUNT_UNUSABLE ? BK_PBX_ACCOUNT : BK_PBX_REFUSED);
        assert_int_equal(strncmp(result.text, "401: ", 5), 0);
        assert_true(strlen(result.text) > 40);
        assert_true(strlen(result.text) < sizeof result.text - 1);
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
    bk_sip_outcome(486, (struct bk_str){phrase, sizeof phrase}, &result);
    assert_true(strlen(result.text) < sizeof result.text);
    assert_non_null(strstr(result.text, "x???x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(users_and_hosts_follow_the_grammar),
        cmocka_unit_test(events_names_and_waits_follow_the_table),
        cmocka_unit_test(challenges_follow_the_table),
        cmocka_unit_test(a_challenge_that_is_too_long_is_none),
        cmocka_unit_test(credentials_without_qop_have_the_known_response),
        cmocka_unit_test(each_use_of_a_nonce_counts_and_nothing_ends_the_line),
        cmocka_unit_test(every_answer_has_an_outcome_and_a_sentence),
        cmocka_unit_test(every_refusal_says_whose_it_is_and_what_to_set),
        cmocka_unit_test(a_reason_phrase_is_cut_and_cleaned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
