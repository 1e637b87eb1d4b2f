/* Hardware addresses as certificates, file names and people write them. */
#include "harness/test.h"

#include <string.h>

#include "model/mac.h"

static const struct {
    const char *label, *text;
    bool is_mac, is_bare;
    uint8_t bytes[6];
} cases[] = {
    {"bare, as in a file name", "805ec0000001", true, true, {0x80, 0x5e, 0xc0, 0, 0, 1}},
    {"bare, capitals", "805EC00000FF", true, true, {0x80, 0x5e, 0xc0, 0, 0, 0xff}},
    {"colons", "80:5e:c0:00:00:01", true, false, {0x80, 0x5e, 0xc0, 0, 0, 1}},
    {"hyphens", "80-5E-C0-00-00-01", true, false, {0x80, 0x5e, 0xc0, 0, 0, 1}},
    {"dots", "80.5e.c0.00.00.01", true, false, {0x80, 0x5e, 0xc0, 0, 0, 1}},
    {"two kinds of separator", "80:5e-c0:00:00:01", false, false, {0}},
    {"separators out of step", "805:e:c0:00:00:01", false, false, {0}},
    {"blank as separator", "80 5e c0 00 00 01", false, false, {0}},
    {"one digit short", "805ec000000", false, false, {0}},
    {"one digit more", "805ec00000011", false, false, {0}},
    {"no hexadecimal digit", "805ec000000g", false, false, {0}},
    {"a blank before", " 805ec0000001", false, false, {0}},
    {"empty", "", false, false, {0}},
};

static void mac_parse_follows_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct bk_mac mac = {{9, 9, 9, 9, 9, 9}};
        const struct bk_mac untouched = mac;
        print_message("  %s\n", cases[i].label);
        struct bk_str text = bk_str_of(cases[i].text);

        enum bk_err err = bk_mac_parse(text, &mac);
        assert_int_equal(err, cases[i].is_mac ? BK_OK : BK_ERR_INVALID);
        assert_memory_equal(mac.bytes, cases[i].is_mac ? cases[i].bytes : untouched.bytes, 6);

        mac = untouched;
        err = bk_mac_parse_bare(text, &mac);
        assert_int_equal(err, cases[i].is_bare ? BK_OK : BK_ERR_INVALID);
        assert_memory_equal(mac.bytes, cases[i].is_bare ? cases[i].bytes : untouched.bytes, 6);
    }
}

static void a_terminator_inside_is_no_digit(void **state)
{
    (void)state;
    struct bk_mac mac;
    assert_int_equal(bk_mac_parse_bare((struct bk_str){"805ec0\0\0\0001", 12}, &mac),
                     BK_ERR_INVALID);
}

static void a_mac_prints_lower_and_bare(void **state)
{
    (void)state;
    struct bk_mac a, b;
    char text[BK_MAC_TEXT_SIZE];
    assert_int_equal(bk_mac_parse(BK_STR("80-5E-C0-0A-0B-0C"), &a), BK_OK);
    bk_mac_print(&a, &text);
    assert_string_equal(text, "805ec00a0b0c");
    assert_int_equal(bk_mac_parse_bare(bk_str_of(text), &b), BK_OK);
    assert_true(bk_mac_eq(&a, &b));
    b.bytes[5]++;
    assert_false(bk_mac_eq(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mac_parse_follows_table),
        cmocka_unit_test(a_terminator_inside_is_no_digit),
        cmocka_unit_test(a_mac_prints_lower_and_bare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
