/*
 * Authorization headers as phones write them, and as they must not be; nonces; answers that are
 * right, late, and everything else.
 */
#include "web/auth_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "harness/test.h"

#define MD5_HEX "8ca523f5e9506fed4657c9700eebdbec"
#define SHA_HEX "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
#define X8 "xxxxxxxx"
#define X64 X8 X8 X8 X8 X8 X8 X8 X8
#define USER "username=\"u\", "
#define REST "realm=\"r\", nonce=\"n\", uri=\"/\", response=\"" MD5_HEX "\""

/* A copy of its own size, so that the sanitizers see each byte read beyond it. */
static enum bk_err parse(const char *value, size_t len, char (*space)[BK_HTTP_AUTH_MAX],
                         struct bk_http_auth *ret_auth)
{
    char *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, value, len);
    enum bk_err err = bk_http_auth_parse((struct bk_str){copy, len}, space, ret_auth);
    free(copy);
    return err;
}

/* --- Basic --- */

static const struct {
    const char *label, *value, *user, *password; /* user NULL: refused */
} basics[] = {
    {"RFC 7617 2", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame"},
    {"RFC 7617 2.1, UTF-8", "Basic dGVzdDoxMjPCow==", "test", "123\xc2\xa3"},
    {"any case, more blanks", " bASIC   QWxhZGRpbjpvcGVuIHNlc2FtZQ== ", "Aladdin", "open sesame"},
    {"colon in the password", "Basic dTphOmI=", "u", "a:b"},
    {"empty password", "Basic dTo=", "u", ""},
    {"empty user", "Basic OnA=", NULL, NULL},
    {"no colon", "Basic dXA=", NULL, NULL},
    {"nothing", "Basic ", NULL, NULL},
    {"the word alone", "Basic", NULL, NULL},
    {"no padding", "Basic dTo", NULL, NULL},
    {"too much padding", "Basic dTo==", NULL, NULL},
    {"bytes behind the padding", "Basic dTo=dTo=", NULL, NULL},
    {"another alphabet", "Basic dT_-", NULL, NULL},
    {"blank inside", "Basic dT o=", NULL, NULL},
    {"two", "Basic dTo=, Basic dTo=", NULL, NULL},
    {"NUL in the user", "Basic dQB4OnA=", NULL, NULL},
    {"line end in the password", "Basic dTphDQpi", NULL, NULL},
    {"Latin-1", "Basic dTqj", NULL, NULL},
    {"another scheme", "Bearer dTo=", NULL, NULL},
    {"a longer word", "Basics dTo=", NULL, NULL},
    {"tab for blank", "Basic\tdTo=", NULL, NULL},
    {"empty", "", NULL, NULL},
    {"blanks", "   ", NULL, NULL},
};

static void basic_follows_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(basics); i++) {
        char space[BK_HTTP_AUTH_MAX];
        struct bk_http_auth auth = {0};
        print_message("  %s\n", basics[i].label);
        enum bk_err err = parse(basics[i].value, strlen(basics[i].value), &space, &auth);
        assert_int_equal(err, basics[i].user != NULL ? BK_OK : BK_ERR_INVALID);
        if (err != BK_OK) {
            assert_null(auth.user.ptr);
            continue;
        }
        assert_int_equal(auth.scheme, BK_HTTP_BASIC);
        assert_str_equal(auth.user, basics[i].user);
        assert_str_equal(auth.password, basics[i].password);
    }
}

static void user_password_and_header_have_bounds(void **state)
{
    (void)state;
    char space[BK_HTTP_AUTH_MAX], text[2 * BK_HTTP_AUTH_MAX];
    struct bk_http_auth auth;
    const char *user_max = "Digest username=\"" X64 "\", " REST;
    const char *user_long = "Digest username=\"" X64 "x\", " REST;
    assert_int_equal(parse(user_max, strlen(user_max), &space, &auth), BK_OK);
    assert_int_equal(auth.user.len, BK_HTTP_USER_MAX);
    assert_int_equal(parse(user_long, strlen(user_long), &space, &auth), BK_ERR_INVALID);

    /* "eHh4" is "xxx". 128 = 2 + 42 * 3, after "u:" 126 more; then one more. */
    for (int extra = 0; extra < 2; extra++) {
        int len = snprintf(text, sizeof text, "Basic dTp4"); /* "u:x" */
        for (int i = 0; i < 42; i++)
            len += snprintf(text + len, sizeof text - (size_t)len, "eHh4");
        len += snprintf(text + len, sizeof text - (size_t)len, extra ? "eHg=" : "eA==");
        enum bk_err err = parse(text, (size_t)len, &space, &auth);
        assert_int_equal(err, extra ? BK_ERR_INVALID : BK_OK);
        if (!extra)
            assert_int_equal(auth.password.len, BK_HTTP_PASSWORD_MAX);
    }

    for (size_t len = BK_HTTP_AUTH_MAX - 1; len <= BK_HTTP_AUTH_MAX + 1; len++) {
        int head = snprintf(text, sizeof text, "Digest " USER REST ", x=\"");
        memset(text + head, 'x', sizeof text - (size_t)head);
        text[len - 1] = '"';
        assert_int_equal(parse(text, len, &space, &auth),
                         len <= BK_HTTP_AUTH_MAX ? BK_OK : BK_ERR_INVALID);
    }
}

/* --- Digest --- */

static const struct {
    const char *label, *value;
    bool is_good, is_sha256;
    const char *user, *uri, *count, *cnonce;
} digests[] = {
    {"RFC 7616 3.9.1, SHA-256",
     "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", "
     "algorithm=SHA-256, nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, "
     "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, response=\"" SHA_HEX
     "\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
     true, true, "Mufasa", "/dir/index.html", "00000001",
     "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"},
    {"RFC 2617 3.5",
     "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "
     "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", qop=auth, "
     "nc=00000001, cnonce=\"0a4f113b\", response=\"6629fae49393a05397450978507c4ef1\", "
     "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
     true, false, "Mufasa", "/dir/index.html", "00000001", "0a4f113b"},
    {"RFC 2069: no qop", "Digest " USER REST, true, false, "u", "/", "", ""},
    {"no qop, but nc and cnonce", "Digest " USER REST ", nc=00000001, cnonce=\"c\"", true, false,
     "u", "/", "", ""},
    {"everything quoted",
     "Digest " USER REST ", qop=\"auth\", nc=\"0000000a\", cnonce=\"c\", "
     "algorithm=\"MD5\"",
     true, false, "u", "/", "0000000a", "c"},
    {"no blanks, other case",
     "DIGEST USERNAME=\"u\",Realm=\"r\",NONCE=\"n\",Uri=\"/\",RESPONSE=\"" MD5_HEX
     "\",algorithm=md5",
     true, false, "u", "/", "", ""},
    {"escaped quote and backslash", "Digest username=\"a\\\"b\\\\c\", " REST, true, false,
     "a\"b\\c", "/", "", ""},
    {"comma and equals inside quotes", "Digest username=\"a,b=c\", " REST, true, false, "a,b=c",
     "/", "", ""},
    {"escaped in the cnonce", "Digest " USER REST ", qop=auth, nc=00000001, cnonce=\"\\c\\\"\"",
     true, false, "u", "/", "00000001", "c\""},
    {"unknown parameters", "Digest " USER REST ", foo=bar, foo=bar, userhash=false", true, false,
     "u", "/", "", ""},

    {"a parameter twice", "Digest " USER USER REST, false, false, NULL, NULL, NULL, NULL},
    {"a parameter twice, once empty", "Digest username=\"\", " USER REST, false, false, NULL, NULL,
     NULL, NULL},
    {"no user", "Digest " REST, false, false, NULL, NULL, NULL, NULL},
    {"empty user", "Digest username=\"\", " REST, false, false, NULL, NULL, NULL, NULL},
    {"user of another charset", "Digest username=\"\xe4\", " REST, false, false, NULL, NULL, NULL,
     NULL},
    {"user as RFC 5987", "Digest username*=UTF-8''u, " REST, false, false, NULL, NULL, NULL, NULL},
    {"hashed user, which we do not offer", "Digest " USER REST ", userhash=true", false, false,
     NULL, NULL, NULL, NULL},
    {"no response", "Digest " USER "realm=\"r\", nonce=\"n\", uri=\"/\"", false, false, NULL, NULL,
     NULL, NULL},
    {"no nonce", "Digest " USER "realm=\"r\", uri=\"/\", response=\"" MD5_HEX "\"", false, false,
     NULL, NULL, NULL, NULL},
    {"no realm", "Digest " USER "nonce=\"n\", uri=\"/\", response=\"" MD5_HEX "\"", false, false,
     NULL, NULL, NULL, NULL},
    {"no uri", "Digest " USER "realm=\"r\", nonce=\"n\", response=\"" MD5_HEX "\"", false, false,
     NULL, NULL, NULL, NULL},
    {"response of the other algorithm", "Digest " USER REST ", algorithm=SHA-256", false, false,
     NULL, NULL, NULL, NULL},
    {"response not hexadecimal",
     "Digest " USER "realm=\"r\", nonce=\"n\", uri=\"/\", "
     "response=\"8ca523f5e9506fed4657c9700eebdbeg\"",
     false, false, NULL, NULL, NULL, NULL},
    {"MD5-sess", "Digest " USER REST ", algorithm=MD5-sess", false, false, NULL, NULL, NULL, NULL},
    {"empty algorithm", "Digest " USER REST ", algorithm=\"\"", false, false, NULL, NULL, NULL,
     NULL},
    {"auth-int", "Digest " USER REST ", qop=auth-int, nc=00000001, cnonce=\"c\"", false, false,
     NULL, NULL, NULL, NULL},
    {"two qops", "Digest " USER REST ", qop=\"auth,auth-int\", nc=00000001, cnonce=\"c\"", false,
     false, NULL, NULL, NULL, NULL},
    {"qop without nc", "Digest " USER REST ", qop=auth, cnonce=\"c\"", false, false, NULL, NULL,
     NULL, NULL},
    {"qop without cnonce", "Digest " USER REST ", qop=auth, nc=00000001", false, false, NULL, NULL,
     NULL, NULL},
    {"nc of seven digits", "Digest " USER REST ", qop=auth, nc=0000001, cnonce=\"c\"", false, false,
     NULL, NULL, NULL, NULL},
    {"nc 0", "Digest " USER REST ", qop=auth, nc=00000000, cnonce=\"c\"", false, false, NULL, NULL,
     NULL, NULL},
    {"nc with a sign", "Digest " USER REST ", qop=auth, nc=+0000001, cnonce=\"c\"", false, false,
     NULL, NULL, NULL, NULL},
    {"quote not closed", "Digest " REST ", username=\"u", false, false, NULL, NULL, NULL, NULL},
    {"backslash at the end", "Digest " REST ", username=\"u\\", false, false, NULL, NULL, NULL,
     NULL},
    {"line end inside", "Digest username=\"u\r\nX: y\", " REST, false, false, NULL, NULL, NULL,
     NULL},
    {"escaped line end", "Digest username=\"u\\\n\", " REST, false, false, NULL, NULL, NULL, NULL},
    {"DEL inside", "Digest username=\"u\x7f\", " REST, false, false, NULL, NULL, NULL, NULL},
    {"no equals sign", "Digest username, " REST, false, false, NULL, NULL, NULL, NULL},
    {"rest of another scheme", "Digest dTo=", false, false, NULL, NULL, NULL, NULL},
    {"the word alone", "Digest", false, false, NULL, NULL, NULL, NULL},
    {"nothing behind the word", "Digest ,,, ", false, false, NULL, NULL, NULL, NULL},
};

static void digest_follows_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(digests); i++) {
        char space[BK_HTTP_AUTH_MAX];
        struct bk_http_auth auth = {0};
        print_message("  %s\n", digests[i].label);
        enum bk_err err = parse(digests[i].value, strlen(digests[i].value), &space, &auth);
        assert_int_equal(err, digests[i].is_good ? BK_OK : BK_ERR_INVALID);
        if (err != BK_OK) {
            assert_null(auth.user.ptr);
            continue;
        }
        assert_int_equal(auth.scheme, BK_HTTP_DIGEST);
        assert_int_equal(auth.is_sha256, digests[i].is_sha256);
        assert_str_equal(auth.user, digests[i].user);
        assert_str_equal(auth.uri, digests[i].uri);
        assert_str_equal(auth.count, digests[i].count);
        assert_str_equal(auth.cnonce, digests[i].cnonce);
    }
}

/* --- challenges and answers --- */

#define NOW_S 1795000000
#define TARGET "/kk/001565000001.cfg"
static const struct bk_key nonce_key = {{1}}, other_key = {{2}};

/* The nonce of a challenge of ours. */
static void nonce_of(bool is_sha256, int64_t made_at_s, char (*ret_nonce)[128])
{
    char value[BK_HTTP_CHALLENGE_SIZE];
    bk_http_digest_challenge(&nonce_key, is_sha256, false, made_at_s, &value);
    const char *from = strstr(value, "nonce=\"");
    assert_non_null(from);
    from += strlen("nonce=\"");
    const char *to = strchr(from, '"');
    assert_non_null(to);
    snprintf(*ret_nonce, sizeof *ret_nonce, "%.*s", (int)(to - from), from);
}

static void challenges_are_short_and_each_is_new(void **state)
{
    (void)state;
    char first[BK_HTTP_CHALLENGE_SIZE], second[BK_HTTP_CHALLENGE_SIZE];
    bk_http_digest_challenge(&nonce_key, true, true, NOW_S, &first);
    bk_http_digest_challenge(&nonce_key, true, true, NOW_S, &second);
    assert_true(strlen(first) + 1 < sizeof first); /* not cut */
    assert_string_not_equal(first, second);
    const char *head = "Digest realm=\"beckon\", qop=\"auth\", algorithm=SHA-256, nonce=\"";
    assert_memory_equal(first, head, strlen(head));
    assert_non_null(strstr(first, "\", stale=true"));
    bk_http_digest_challenge(&nonce_key, false, false, NOW_S, &first);
    assert_non_null(strstr(first, "algorithm=MD5"));
    assert_null(strstr(first, "stale"));
}

struct answer {
    const char *label;
    enum bk_err want;
    bool is_sha256;
    int age_s;
    /* NULL: as it should be */
    const char *secret, *method, *uri, *hashed_uri, *realm, *count, *nonce;
};
static const struct answer answers[] = {
    {.label = "MD5", .want = BK_OK},
    {.label = "SHA-256", .want = BK_OK, .is_sha256 = true},
    {.label = "no qop", .want = BK_OK, .count = ""},
    {.label = "the nonce a second time", .want = BK_OK, .count = "00000002"},
    {.label = "59 s old", .want = BK_OK, .age_s = 59},
    {.label = "60 s old", .want = BK_OK, .age_s = 60},
    {.label = "61 s old", .want = BK_ERR_STALE, .age_s = 61},
    {.label = "a year old", .want = BK_ERR_STALE, .age_s = 31536000},
    {.label = "made by a clock 60 s ahead", .want = BK_OK, .age_s = -60},
    {.label = "made by a clock 61 s ahead", .want = BK_ERR_STALE, .age_s = -61},
    {.label = "late and wrong", .want = BK_ERR_DENIED, .age_s = 61, .secret = "wrong"},
    {.label = "wrong secret", .want = BK_ERR_DENIED, .secret = "wrong"},
    {.label = "half of the secret", .want = BK_ERR_DENIED, .secret = "s3cre"},
    {.label = "another method", .want = BK_ERR_DENIED, .method = "PUT"},
    {.label = "another target, told so",
     .want = BK_ERR_DENIED,
     .uri = "/kk/001565000002.cfg",
     .hashed_uri = "/kk/001565000002.cfg"},
    {.label = "hashed for another target",
     .want = BK_ERR_DENIED,
     .hashed_uri = "/kk/001565000002.cfg"},
    {.label = "hashed for this target, told another",
     .want = BK_ERR_DENIED,
     .uri = "/kk/001565000002.cfg"},
    {.label = "another spelling of the target",
     .want = BK_ERR_DENIED,
     .uri = "/kk/%30"
            "01565000001.cfg",
     .hashed_uri = "/kk/%30"
                   "01565000001.cfg"},
    {.label = "another realm", .want = BK_ERR_DENIED, .realm = "Beckon"},
    {.label = "a nonce of its own",
     .want = BK_ERR_DENIED,
     .nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c0"},
};

/* The Authorization header of a phone, and the verdict on it. */
static enum bk_err judge(const struct answer *row, const struct bk_key *key, const char *nonce,
                         struct bk_str our_secret)
{
    const char *realm = row->realm != NULL ? row->realm : "beckon";
    const char *uri = row->uri != NULL ? row->uri : TARGET;
    const char *count = row->count != NULL ? row->count : "00000001";
    char response[BK_DIGEST_RESPONSE_SIZE], value[1024], space[BK_HTTP_AUTH_MAX];
    struct bk_digest_input input = {
        .is_sha256 = row->is_sha256,
        .user = BK_STR("001565000001"),
        .realm = bk_str_of(realm),
        .secret = bk_str_of(row->secret != NULL ? row->secret : "s3cret"),
        .method = bk_str_of(row->method != NULL ? row->method : "GET"),
        .uri = bk_str_of(row->hashed_uri != NULL ? row->hashed_uri : TARGET),
        .nonce = bk_str_of(nonce),
        .count = bk_str_of(count),
        .cnonce = BK_STR("c"),
    };
    assert_int_equal(bk_digest_response(&input, &response), BK_OK);
    int len = snprintf(value, sizeof value,
                       "Digest username=\"001565000001\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", "
                       "algorithm=%s, response=\"%s\"",
                       realm, nonce, uri, row->is_sha256 ? "SHA-256" : "MD5", response);
    if (count[0] != '\0')
        len += snprintf(value + len, sizeof value - (size_t)len, ", qop=auth, nc=%s, cnonce=\"c\"",
                        count);
    struct bk_http_auth auth;
    assert_int_equal(parse(value, (size_t)len, &space, &auth), BK_OK);
    return bk_http_digest_check(key, &auth, our_secret, BK_STR("GET"), BK_STR(TARGET), NOW_S);
}

static void answers_follow_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(answers); i++) {
        const struct answer *row = &answers[i];
        char nonce[128];
        print_message("  %s\n", row->label);
        nonce_of(row->is_sha256, NOW_S - row->age_s, &nonce);
        assert_int_equal(
            judge(row, &nonce_key, row->nonce != NULL ? row->nonce : nonce, BK_STR("s3cret")),
            row->want);
    }
}

static void a_nonce_is_ours_unchanged_and_for_one_algorithm(void **state)
{
    (void)state;
    const struct answer md5 = {0}, sha256 = {.is_sha256 = true};
    char nonce[128];
    nonce_of(true, NOW_S, &nonce);
    assert_int_equal(judge(&sha256, &nonce_key, nonce, BK_STR("s3cret")), BK_OK);
    assert_int_equal(judge(&md5, &nonce_key, nonce, BK_STR("s3cret")), BK_ERR_DENIED);
    assert_int_equal(judge(&sha256, &other_key, nonce, BK_STR("s3cret")), BK_ERR_DENIED);
    for (size_t i = 0; i < strlen(nonce); i++) {
        char kept = nonce[i];
        nonce[i] = kept == '0' ? '1' : '0';
        assert_int_equal(judge(&sha256, &nonce_key, nonce, BK_STR("s3cret")), BK_ERR_DENIED);
        nonce[i] = kept;
    }
}

static void an_empty_secret_is_never_right(void **state)
{
    (void)state;
    const struct answer empty = {.secret = ""};
    char nonce[128];
    nonce_of(false, NOW_S, &nonce);
    assert_int_equal(judge(&empty, &nonce_key, nonce, BK_STR("")), BK_ERR_DENIED);
}

static void a_basic_answer_is_no_digest_one(void **state)
{
    (void)state;
    char space[BK_HTTP_AUTH_MAX];
    struct bk_http_auth auth;
    assert_int_equal(parse("Basic dTpw", 10, &space, &auth), BK_OK);
    assert_int_equal(
        bk_http_digest_check(&nonce_key, &auth, BK_STR("p"), BK_STR("GET"), BK_STR("/"), NOW_S),
        BK_ERR_DENIED);
}

static void the_key_of_nonces_is_not_the_master_key(void **state)
{
    (void)state;
    struct bk_key key, again;
    bk_http_nonce_key(&nonce_key, &key);
    bk_http_nonce_key(&nonce_key, &again);
    assert_memory_equal(&key, &again, sizeof key);
    assert_memory_not_equal(&key, &nonce_key, sizeof key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(basic_follows_the_table),
        cmocka_unit_test(user_password_and_header_have_bounds),
        cmocka_unit_test(digest_follows_the_table),
        cmocka_unit_test(challenges_are_short_and_each_is_new),
        cmocka_unit_test(answers_follow_the_table),
        cmocka_unit_test(a_nonce_is_ours_unchanged_and_for_one_algorithm),
        cmocka_unit_test(an_empty_secret_is_never_right),
        cmocka_unit_test(a_basic_answer_is_no_digest_one),
        cmocka_unit_test(the_key_of_nonces_is_not_the_master_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
