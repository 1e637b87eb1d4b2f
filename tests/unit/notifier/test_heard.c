/*
 * Doorbells: what is one, and that many become few.
 */
#include "harness/test.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "heard.h"

static struct ntf_heard heard; /* large */

static const struct {
    const char *label, *entry;
    bool want;
    int64_t tenant_id, device_id; /* device 0: anything */
} entries[] = {
    {"a device", "7:42", true, 7, 42},
    {"anything of a tenant", "7:0", true, 0, 0},
    {"the largest", "9223372036854775807:9223372036854775807", true, INT64_MAX, INT64_MAX},
    {"larger", "9223372036854775808:1", false, 0, 0},
    {"no tenant", "0:42", false, 0, 0},
    {"one number", "42", false, 0, 0},
    {"three", "7:42:1", false, 0, 0},
    {"negative", "7:-1", false, 0, 0},
    {"signed", "+7:42", false, 0, 0},
    {"a blank", "7: 42", false, 0, 0},
    {"words", "seven:forty-two", false, 0, 0},
    {"no device", "7:", false, 0, 0},
    {"nothing", "", false, 0, 0},
};

static void an_entry_is_a_hint_or_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(entries); i++) {
        bool is_device = entries[i].want && entries[i].device_id != 0;
        print_message("  %s\n", entries[i].label);
        memset(&heard, 0, sizeof heard);
        assert_int_equal(ntf_heard_add(&heard, bk_str_of(entries[i].entry)), entries[i].want);
        assert_int_equal(heard.count, is_device);
        assert_int_equal(heard.is_anything, entries[i].want && !is_device);
        if (is_device) {
            assert_true(heard.devices[0].tenant_id == entries[i].tenant_id);
            assert_true(heard.devices[0].device_id == entries[i].device_id);
        }
    }
}

static void ring(int64_t tenant_id, int64_t device_id)
{
    char entry[48];
    snprintf(entry, sizeof entry, "%" PRId64 ":%" PRId64, tenant_id, device_id);
    assert_true(ntf_heard_add(&heard, bk_str_of(entry)));
}

static void who_rings_often_is_heard_once(void **state)
{
    (void)state;
    memset(&heard, 0, sizeof heard);
    for (int turn = 0; turn < 100; turn++)
        for (int64_t device_id = 1; device_id <= 5; device_id++)
            ring(1 + device_id % 2, device_id);
    ring(3, 1); /* the same number of another tenant */
    assert_int_equal(heard.count, 6);
    for (size_t i = 0; i < 5; i++)
        assert_true(heard.devices[i].device_id == (int64_t)i + 1);
    assert_true(heard.devices[5].tenant_id == 3);
    assert_false(heard.is_anything);
}

static void what_has_no_room_makes_everything_be_looked_at(void **state)
{
    (void)state;
    memset(&heard, 0, sizeof heard);
    for (int64_t device_id = 1; device_id <= BK_SETTLE_DEVICE_MAX; device_id++)
        ring(1, device_id);
    ring(1, 1);
    assert_false(heard.is_anything);
    ring(1, BK_SETTLE_DEVICE_MAX + 1);
    assert_true(heard.is_anything);
    assert_int_equal(heard.count, BK_SETTLE_DEVICE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_is_a_hint_or_nothing),
        cmocka_unit_test(who_rings_often_is_heard_once),
        cmocka_unit_test(what_has_no_room_makes_everything_be_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
