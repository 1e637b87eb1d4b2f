/*
 * Good addresses: for a day, told to the database every half hour, and forgotten oldest first.
 */
#include "harness/test.h"

#include <string.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "good.h"

static const uint8_t office[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 198, 51, 100, 7};

static void an_address_is_good_for_a_day_after_its_last_fetch(void **state)
{
    (void)state;
    struct cfg_good *good = cfg_good_new(8);
    assert_false(cfg_good_has(good, office, 0));
    assert_true(cfg_good_note(good, office, 1000));
    assert_true(cfg_good_has(good, office, 1000 + CFG_GOOD_MS - 1));
    assert_false(cfg_good_has(good, office, 1000 + CFG_GOOD_MS));
    assert_true(cfg_good_note(good, office, 5000));
    assert_true(cfg_good_has(good, office, 1000 + CFG_GOOD_MS));
    cfg_good_free(good);
}

static void the_database_is_told_until_it_knows_and_again_after_a_while(void **state)
{
    (void)state;
    struct cfg_good *good = cfg_good_new(8);
    assert_true(cfg_good_note(good, office, 0));
    assert_true(cfg_good_note(good, office, 1)); /* it was not told */
    cfg_good_told(good, office, 2);
    assert_false(cfg_good_note(good, office, 3));
    assert_false(cfg_good_note(good, office, 1 + CFG_GOOD_WRITE_MS));
    assert_true(cfg_good_note(good, office, 2 + CFG_GOOD_WRITE_MS));
    cfg_good_free(good);
}

static void who_was_not_heard_of_for_longest_is_forgotten(void **state)
{
    (void)state;
    struct cfg_good *good = cfg_good_new(8);
    for (uint8_t i = 0; i < 9; i++) {
        uint8_t address[16] = {0x20, 0x01, 0x0d, 0xb8, i};
        (void)!cfg_good_note(good, address, i == 0 ? 100 : i);
    }
    for (uint8_t i = 0; i < 9; i++) {
        uint8_t address[16] = {0x20, 0x01, 0x0d, 0xb8, i};
        assert_int_equal(cfg_good_has(good, address, 100), i != 1);
    }
    uint8_t forgotten[16] = {0x20, 0x01, 0x0d, 0xb8, 1};
    cfg_good_told(good, forgotten, 100); /* harmless */
    assert_false(cfg_good_has(good, forgotten, 100));
    bk_alloc_fail_after(0);
    assert_null(cfg_good_new(8));
    bk_alloc_fail_after(-1);
    cfg_good_free(good);
    cfg_good_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_good_for_a_day_after_its_last_fetch),
        cmocka_unit_test(the_database_is_told_until_it_knows_and_again_after_a_while),
        cmocka_unit_test(who_was_not_heard_of_for_longest_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
