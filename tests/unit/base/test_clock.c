#include "base/clock.h"

#include <string.h>

#include "base/attr.h"
#include "harness/test.h"

static void times_are_printed_by_table(void **state)
{
    (void)state;
    static const struct {
        int64_t wall_ms;
        const char *want;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {INT64_C(1795401959123), "2026-11-23T02:45:59.123Z"},
        {INT64_C(1709164800000), "2024-02-29T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {INT64_C(253402300799999), "9999-12-31T23:59:59.999Z"},
        {INT64_MAX, "9999-12-31T23:59:59.999Z"},
        {INT64_MIN, "0001-01-01T00:00:00.000Z"},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        char text[BK_CLOCK_TEXT_SIZE + 1];
        memset(text, '#', sizeof text);
        bk_clock_print(rows[i].wall_ms, text);
        assert_string_equal(text, rows[i].want);
        assert_int_equal(text[BK_CLOCK_TEXT_SIZE], '#'); /* not a byte more */
    }
}

static void a_faked_clock_stands_still_until_released(void **state)
{
    (void)state;
    int64_t real_mono_ms = bk_clock_mono_ms(), real_wall_ms = bk_clock_wall_ms();
    bk_clock_fake(5000, 7000);
    assert_int_equal(bk_clock_mono_ms(), 5000);
    assert_int_equal(bk_clock_wall_ms(), 7000);
    bk_clock_fake(0, -1);
    assert_int_equal(bk_clock_mono_ms(), 0);
    assert_true(bk_clock_wall_ms() >= real_wall_ms);
    bk_clock_fake(-1, -1);
    assert_true(bk_clock_mono_ms() >= real_mono_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_printed_by_table),
        cmocka_unit_test(a_faked_clock_stands_still_until_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
