#include "base/hex.h"

#include <string.h>

#include "harness/test.h"

static void hex_follows_table(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t count;
        enum bk_err want;
        const char *bytes;
    } rows[] = {
        {"00ff80", 3, BK_OK, "\x00\xff\x80"},
        {"aAbBcC", 3, BK_OK, "\xaa\xbb\xcc"},
        {"", 0, BK_OK, ""},
        {"00ff8", 3, BK_ERR_INVALID, ""},
        {"00ff800", 3, BK_ERR_INVALID, ""},
        {"00ff8g", 3, BK_ERR_INVALID, ""},
        {"0x0011", 3, BK_ERR_INVALID, ""},
        {"00 ff8", 3, BK_ERR_INVALID, ""},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        uint8_t bytes[3] = {1, 2, 3};
        print_message("  \"%s\"\n", rows[i].text);
        assert_int_equal(bk_hex_parse(bk_str_of(rows[i].text), bytes, rows[i].count), rows[i].want);
        if (rows[i].want == BK_OK)
            assert_memory_equal(bytes, rows[i].bytes, rows[i].count);
        else
            assert_memory_equal(bytes, "\1\2\3", 3); /* untouched */
    }
    char text[7];
    bk_hex_print((const uint8_t *)"\x00\xff\x8a", 3, text);
    assert_string_equal(text, "00ff8a");
}

static void only_hex_digits_are_digits(void **state)
{
    (void)state;
    const char digits[] = "0123456789abcdefABCDEF";
    for (int c = 0; c < 256; c++) {
        const char *at = c == 0 ? NULL : strchr(digits, c);
        int want = at == NULL ? -1 : at - digits < 16 ? (int)(at - digits) : (int)(at - digits) - 6;
        assert_int_equal(bk_hex_digit((char)c), want);
    }
}

/* The first seven rows: RFC 4648, section 10. */
static void base64_goes_both_ways(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *text;
    } rows[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xfb\xff\xbf", "+/+/"},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        char text[16];
        uint8_t bytes[8];
        size_t count = 99;
        print_message("  %s\n", rows[i].text);
        bk_base64_print((const uint8_t *)rows[i].bytes, strlen(rows[i].bytes), text);
        assert_string_equal(text, rows[i].text);
        assert_int_equal(bk_base64_parse(bk_str_of(text), bytes, sizeof bytes, &count), BK_OK);
        assert_int_equal(count, strlen(rows[i].bytes));
        assert_memory_equal(bytes, rows[i].bytes, count);
    }
}

static void bad_base64_follows_table(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
    } rows[] = {
        {"not a multiple of four", "Zg="},
        {"no padding", "Zg"},
        {"unused bits set, one byte", "Zh=="},
        {"unused bits set, two bytes", "Zm9="},
        {"three pads", "Z==="},
        {"only pads", "===="},
        {"pad in the middle", "Zg==Zm8="},
        {"url alphabet", "-_-_"},
        {"line end", "Zm9v\n"},
        {"blank", "Zm 9"},
        {"longer than allowed", "Zm9vYmFy"},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        uint8_t bytes[5] = {7, 7, 7, 7, 7};
        size_t count = 99;
        print_message("  %s\n", rows[i].label);
        assert_int_equal(bk_base64_parse(bk_str_of(rows[i].text), bytes, sizeof bytes, &count),
                         BK_ERR_INVALID);
        assert_int_equal(count, 99);
        assert_memory_equal(bytes, "\7\7\7\7\7", 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_follows_table),
        cmocka_unit_test(only_hex_digits_are_digits),
        cmocka_unit_test(base64_goes_both_ways),
        cmocka_unit_test(bad_base64_follows_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
