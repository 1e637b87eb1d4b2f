#include "base/secret.h"

#include <string.h>

#include "harness/sweep.h"
#include "harness/test.h"

static void a_secret_is_set_again_from_its_own_bytes(void **state)
{
    (void)state;
    struct bk_secret secret = {NULL, 0};
    assert_int_equal(bk_secret_set(&secret, BK_STR("0815-secret")), BK_OK);
    assert_str_equal(bk_secret_str(&secret), "0815-secret");
    struct bk_str part = bk_str_slice(bk_secret_str(&secret), 5, 11);
    assert_int_equal(bk_secret_set(&secret, part), BK_OK);
    assert_str_equal(bk_secret_str(&secret), "secret");
    assert_int_equal(bk_secret_set(&secret, BK_STR_NONE), BK_OK);
    assert_null(secret.bytes);
    bk_secret_deinit(&secret);
    bk_secret_deinit(&secret); /* twice is once */
}

static void comparing_follows_table(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool want;
    } rows[] = {
        {"secret", "secret", true},
        {"secret", "secres", false},
        {"Secret", "secret", false},
        {"secret", "secre", false},
        {"", "", true},
        {"", "s", false},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++)
        assert_int_equal(bk_secret_eq(bk_str_of(rows[i].a), bk_str_of(rows[i].b)), rows[i].want);
    assert_true(bk_secret_eq(BK_STR_NONE, BK_STR("")));
}

static void wiping_leaves_zeros(void **state)
{
    (void)state;
    char bytes[] = "secret";
    bk_wipe(bytes, 3);
    assert_memory_equal(bytes, "\0\0\0ret", 7);
    bk_wipe(NULL, 0);

    const struct bk_detail none = {{0}};
    struct bk_detail detail;
    memset(&detail, 'x', sizeof detail);
    bk_detail_wipe(&detail);
    assert_memory_equal(&detail, &none, sizeof detail);
}

static void random_bytes_differ_and_fill_the_whole_range(void **state)
{
    (void)state;
    uint8_t a[1000] = {0}, b[1000] = {0};
    bk_random(a, sizeof a);
    bk_random(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    /* 16 zero bytes at the end by chance: once in 2^128 runs. */
    assert_memory_not_equal(a + sizeof a - 16, (uint8_t[16]){0}, 16);
    bk_random(a, 0);
}

static enum bk_err set_one(void *context)
{
    (void)context;
    struct bk_secret secret = {NULL, 0};
    enum bk_err err = bk_secret_set(&secret, BK_STR("first"));
    if (err == BK_OK) {
        err = bk_secret_set(&secret, BK_STR("second"));
        assert_str_equal(bk_secret_str(&secret), err == BK_OK ? "second" : "first");
    }
    bk_secret_deinit(&secret);
    return err;
}

static void missing_memory_keeps_the_old_secret(void **state)
{
    (void)state;
    assert_int_equal(sweep_allocations(set_one, NULL), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_is_set_again_from_its_own_bytes),
        cmocka_unit_test(comparing_follows_table),
        cmocka_unit_test(wiping_leaves_zeros),
        cmocka_unit_test(random_bytes_differ_and_fill_the_whole_range),
        cmocka_unit_test(missing_memory_keeps_the_old_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
