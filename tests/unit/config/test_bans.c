/*
 * The bans in force: who is in one, who is spared, and when each ends.
 */
#include "harness/test.h"

#include <string.h>

#include "bans.h"
#include "harness/sweep.h"

static struct bk_cidr cidr_of(const char *text)
{
    struct bk_cidr cidr;
    assert_int_equal(bk_cidr_parse(bk_str_of(text), &cidr), BK_OK);
    return cidr;
}

static bool has(const struct cfg_bans *bans, const char *address, bool is_good, int64_t now_ms)
{
    struct bk_cidr cidr = cidr_of(address);
    return cfg_bans_has(bans, cidr.bytes, is_good, now_ms);
}

static void ban(struct cfg_bans *bans, const char *network, bool spares_good, int64_t until_ms)
{
    struct bk_cidr cidr = cidr_of(network);
    assert_int_equal(cfg_bans_add(bans, &cidr, spares_good, until_ms), BK_OK);
}

static void a_ban_holds_its_network_and_nobody_else(void **state)
{
    static const struct {
        const char *network, *in, *out;
    } cases[] = {
        {"198.51.100.7", "198.51.100.7", "198.51.100.6"},
        {"198.51.100.0/24", "198.51.100.255", "198.51.101.0"},
        {"198.51.100.99/24", "198.51.100.1", "198.51.99.255"},
        {"198.51.100.128/25", "198.51.100.128", "198.51.100.127"},
        {"10.0.0.0/8", "10.255.0.1", "11.0.0.1"},
        {"2001:db8:1::/48", "2001:db8:1:ffff::1", "2001:db8:2::1"},
        {"2001:db8:1::/47", "2001:db8:0:1::", "2001:db8:2::1"},
        {"2001:db8::1", "2001:db8::1", "2001:db8::2"},
    };
    (void)state;
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct cfg_bans *bans = cfg_bans_new();
        print_message("  %s\n", cases[i].network);
        assert_false(has(bans, cases[i].in, false, 0));
        ban(bans, cases[i].network, true, 1000);
        assert_true(has(bans, cases[i].in, false, 0));
        assert_false(has(bans, cases[i].out, false, 0));
        cfg_bans_free(bans);
    }
}

static void a_ban_ends_by_itself(void **state)
{
    (void)state;
    struct cfg_bans *bans = cfg_bans_new();
    ban(bans, "198.51.100.7", true, 1000);
    ban(bans, "198.51.100.0/24", true, 2000);
    assert_int_equal(cfg_bans_count(bans, 999), 2);
    assert_true(has(bans, "198.51.100.7", false, 999));
    assert_int_equal(cfg_bans_count(bans, 1000), 1);
    assert_true(has(bans, "198.51.100.7", false, 1000)); /* by its network */
    assert_false(has(bans, "198.51.100.7", false, 2000));
    assert_int_equal(cfg_bans_count(bans, 2000), 0);
    ban(bans, "198.51.100.7", true, 3000); /* the same again: this one counts */
    assert_true(has(bans, "198.51.100.7", false, 2000));
    cfg_bans_free(bans);
}

static void the_good_are_spared_unless_the_operator_meant_them_too(void **state)
{
    (void)state;
    struct cfg_bans *bans = cfg_bans_new();
    struct bk_cidr good = cidr_of("198.51.100.7");
    ban(bans, "198.51.100.0/24", true, 1000);
    assert_int_equal(cfg_bans_add_good(bans, good.bytes), BK_OK);
    assert_false(has(bans, "198.51.100.7", false, 0));
    assert_true(has(bans, "198.51.100.8", false, 0));
    assert_false(has(bans, "198.51.100.8", true, 0)); /* as the worker itself knows */
    ban(bans, "198.51.100.7", false, 500);
    assert_true(has(bans, "198.51.100.7", true, 0));
    assert_false(has(bans, "198.51.100.7", true, 500));
    cfg_bans_free(bans);
}

static void the_number_of_bans_is_bounded(void **state)
{
    (void)state;
    struct cfg_bans *bans = cfg_bans_new();
    for (uint32_t i = 0; i < CFG_BANS_MAX + 500; i++) {
        struct bk_cidr one = {
            .bytes = {0x20, 0x01, 0x0d, 0xb8, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i},
            .prefix_bits = 128};
        assert_int_equal(cfg_bans_add(bans, &one, true, 1000), BK_OK);
        assert_int_equal(cfg_bans_add_good(bans, one.bytes), BK_OK);
        assert_int_equal(cfg_bans_has(bans, one.bytes, false, 0), false);
    }
    assert_int_equal(cfg_bans_count(bans, 0), CFG_BANS_MAX);
    assert_false(has(bans, "192.0.2.1", false, 0));
    cfg_bans_free(bans);
}

static enum bk_err fill(void *context)
{
    (void)context;
    struct cfg_bans *bans = cfg_bans_new();
    enum bk_err err = bans != NULL ? BK_OK : BK_ERR_NO_MEMORY;
    for (uint8_t i = 0; err == BK_OK && i < 200; i++) {
        struct bk_cidr one = {.bytes = {i}, .prefix_bits = 128};
        err = cfg_bans_add(bans, &one, true, 1);
        if (err == BK_OK)
            err = cfg_bans_add_good(bans, one.bytes);
    }
    cfg_bans_free(bans);
    return err;
}

static void want_of_memory_is_an_error(void **state)
{
    (void)state;
    assert_true(sweep_allocations(fill, NULL) > 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ban_holds_its_network_and_nobody_else),
        cmocka_unit_test(a_ban_ends_by_itself),
        cmocka_unit_test(the_good_are_spared_unless_the_operator_meant_them_too),
        cmocka_unit_test(the_number_of_bans_is_bounded),
        cmocka_unit_test(want_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
