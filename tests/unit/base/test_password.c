/*
 * Passwords: what is made is verified, in the one form, and nothing else is.
 */
#include "harness/test.h"

#include <stdio.h>
#include <string.h>

#include "base/password.h"

/* RFC 7914 has no vector with these parameters; this one is of Python's hashlib.scrypt:
 * scrypt(b"correct horse battery staple", salt=bytes(16), n=2**15, r=8, p=1, dklen=32) */
#define KNOWN_PASSWORD "correct horse battery staple"
#define KNOWN_HASH \
    "$scrypt$ln=15,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$JRdmNmpn2BRBTaFIFWKtOKl9cBi4OXgXiRH1zffudtU"
/* n=2**10, r=1, p=1: cheap, for the rows below */
#define CHEAP "$scrypt$ln=10,r=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
#define CHEAP_HASH "RSbFZmm8CuguXnZEMiTNVbZxCMPuuWS9hpRQEuzTrKk"

static void a_made_hash_has_the_form_and_opens_for_its_password(void **state)
{
    (void)state;
    char one[BK_PASSWORD_HASH_SIZE], two[BK_PASSWORD_HASH_SIZE];
    struct bk_str password = BK_STR("p\xc3\xa4ssword, in UTF-8");
    assert_int_equal(bk_password_hash(password, &one, NULL), BK_OK);
    assert_int_equal(bk_password_hash(password, &two, NULL), BK_OK);
    assert_int_equal(strlen(one), strlen("$scrypt$ln=15,r=8,p=1$") + 22 + 1 + 43);
    assert_memory_equal(one, "$scrypt$ln=15,r=8,p=1$", 22);
    assert_string_not_equal(one, two); /* salt */
    assert_true(bk_password_verify(password, bk_str_of(one)));
    assert_true(bk_password_verify(password, bk_str_of(two)));
    assert_false(bk_password_verify(BK_STR("passwort, in UTF-8"), bk_str_of(one)));
    assert_false(bk_password_verify(BK_STR(""), bk_str_of(one)));
    bk_password_waste(password);
}

static void hashes_of_others_are_understood(void **state)
{
    (void)state;
    assert_true(bk_password_verify(BK_STR(KNOWN_PASSWORD), BK_STR(KNOWN_HASH)));
    assert_true(bk_password_verify(BK_STR(KNOWN_PASSWORD), BK_STR(CHEAP CHEAP_HASH)));
}

static const struct {
    const char *label, *hash;
} bad_hashes[] = {
    {"empty", ""},
    {"another kind", "$argon2id$v=19$m=65536,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$" CHEAP_HASH},
    {"clear text", KNOWN_PASSWORD},
    {"too dear", "$scrypt$ln=20,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$" CHEAP_HASH},
    {"far too dear", "$scrypt$ln=63,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$" CHEAP_HASH},
    {"too cheap", "$scrypt$ln=1,r=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$" CHEAP_HASH},
    {"r = 0", "$scrypt$ln=10,r=0,p=1$AAAAAAAAAAAAAAAAAAAAAA$" CHEAP_HASH},
    {"r = 99", "$scrypt$ln=10,r=99,p=1$AAAAAAAAAAAAAAAAAAAAAA$" CHEAP_HASH},
    {"p = 99", "$scrypt$ln=10,r=1,p=99$AAAAAAAAAAAAAAAAAAAAAA$" CHEAP_HASH},
    {"p = 0", "$scrypt$ln=10,r=1,p=0$AAAAAAAAAAAAAAAAAAAAAA$" CHEAP_HASH},
    {"negative", "$scrypt$ln=-10,r=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$" CHEAP_HASH},
    {"no salt", "$scrypt$ln=10,r=1,p=1$$" CHEAP_HASH},
    {"a short salt", "$scrypt$ln=10,r=1,p=1$AAAAAAAAAAAAAAAAAAAA$" CHEAP_HASH},
    {"a long salt", "$scrypt$ln=10,r=1,p=1$AAAAAAAAAAAAAAAAAAAAAAAA$" CHEAP_HASH},
    {"no hash", CHEAP},
    {"a short hash", CHEAP "AAAA"},
    {"something behind", CHEAP CHEAP_HASH "$"},
    {"a blank behind", CHEAP CHEAP_HASH " "},
    {"padding", CHEAP CHEAP_HASH "="},
    {"another hash", CHEAP "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
};

static void nothing_else_opens(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(bad_hashes); i++) {
        print_message("  %s\n", bad_hashes[i].label);
        assert_false(bk_password_verify(BK_STR(KNOWN_PASSWORD), bk_str_of(bad_hashes[i].hash)));
    }
    char with_nul[sizeof CHEAP CHEAP_HASH + 2] = CHEAP CHEAP_HASH;
    assert_false(
        bk_password_verify(BK_STR(KNOWN_PASSWORD), (struct bk_str){with_nul, sizeof with_nul - 1}));
}

static void a_password_has_its_length(void **state)
{
    (void)state;
    static char text[300];
    char hash[BK_PASSWORD_HASH_SIZE] = "";
    struct bk_detail detail = {{0}};
    memset(text, 'x', sizeof text);
    static const size_t bad[] = {0, BK_PASSWORD_MIN - 1, BK_PASSWORD_MAX + 1, sizeof text};
    for (size_t i = 0; i < BK_COUNT(bad); i++) {
        assert_int_equal(bk_password_hash((struct bk_str){text, bad[i]}, &hash, &detail),
                         BK_ERR_INVALID);
        assert_non_null(strstr(detail.text, "10 to 256"));
        assert_string_equal(hash, "");
    }
    assert_int_equal(bk_password_hash(BK_STR("\xff\xfe no UTF-8 here"), &hash, &detail),
                     BK_ERR_INVALID);
    struct bk_str longest = {text, BK_PASSWORD_MAX};
    assert_int_equal(bk_password_hash(longest, &hash, &detail), BK_OK);
    assert_true(bk_password_verify(longest, bk_str_of(hash)));
    assert_false(bk_password_verify((struct bk_str){text, sizeof text}, bk_str_of(hash)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_made_hash_has_the_form_and_opens_for_its_password),
        cmocka_unit_test(hashes_of_others_are_understood),
        cmocka_unit_test(nothing_else_opens),
        cmocka_unit_test(a_password_has_its_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
