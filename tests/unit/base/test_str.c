#include "base/str.h"

#include <stdlib.h>
#include <string.h>

#include "harness/test.h"

static void comparing_follows_table(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool is_eq, is_eq_nocase, starts, ends;
    } rows[] = {
        {"", "", true, true, true, true},
        {"abc", "", false, false, true, true},
        {"", "abc", false, false, false, false},
        {"Host", "hOST", false, true, false, false},
        {"abc", "abc", true, true, true, true},
        {"abcab", "ab", false, false, true, true},
        {"abc", "bc", false, false, false, true},
        {"[", "{", false, false, false, false}, /* differ in the case bit, are no letters */
        {"\xc3\x84", "\xc3\xa4", false, false, false, false},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_str a = bk_str_of(rows[i].a), b = bk_str_of(rows[i].b);
        print_message("  \"%s\" \"%s\"\n", rows[i].a, rows[i].b);
        assert_int_equal(bk_str_eq(a, b), rows[i].is_eq);
        assert_int_equal(bk_str_eq_nocase(a, b), rows[i].is_eq_nocase);
        assert_int_equal(bk_str_starts(a, b), rows[i].starts);
        assert_int_equal(bk_str_ends(a, b), rows[i].ends);
    }
}

static void no_text_is_empty_text(void **state)
{
    (void)state;
    struct bk_str none = bk_str_of(NULL);
    assert_true(bk_str_eq(none, BK_STR("")));
    assert_true(bk_str_starts(none, none) && bk_str_ends(none, none));
    assert_int_equal(bk_str_slice(none, 3, 9).len, 0);
    assert_int_equal(bk_str_trim(none).len, 0);
    assert_int_equal(bk_str_find(none, 'x'), -1);
    assert_int_equal(bk_str_find_last(none, 'x'), -1);
    assert_int_equal(bk_str_cut(&none, ',').len, 0);
    assert_true(bk_str_is_utf8(none) && !bk_str_has_control(none));
}

static void slices_are_clamped(void **state)
{
    (void)state;
    static const struct {
        size_t from, to;
        const char *want;
    } rows[] = {
        {0, 5, "hello"}, {1, 3, "el"}, {3, SIZE_MAX, "lo"}, {4, 2, ""}, {9, 12, ""}, {5, 5, ""},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++)
        assert_str_equal(bk_str_slice(BK_STR("hello"), rows[i].from, rows[i].to), rows[i].want);
}

static void blanks_and_tabs_are_trimmed_and_nothing_else(void **state)
{
    (void)state;
    assert_str_equal(bk_str_trim(BK_STR(" \t a b\t ")), "a b");
    assert_str_equal(bk_str_trim(BK_STR("   ")), "");
    assert_str_equal(bk_str_trim(BK_STR(" a\n")), "a\n");
}

static void cutting_takes_one_part_after_the_other(void **state)
{
    (void)state;
    struct bk_str rest = BK_STR("a,,bc");
    assert_str_equal(bk_str_cut(&rest, ','), "a");
    assert_str_equal(bk_str_cut(&rest, ','), "");
    assert_str_equal(bk_str_cut(&rest, ','), "bc");
    assert_int_equal(rest.len, 0);
    assert_str_equal(bk_str_cut(&rest, ','), "");
    assert_int_equal(bk_str_find(BK_STR("a,b,c"), ','), 1);
    assert_int_equal(bk_str_find_last(BK_STR("a,b,c"), ','), 3);
}

static void numbers_follow_table(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t min, max;
        enum bk_err want;
        int64_t value;
    } rows[] = {
        {"0", 0, 9, BK_OK, 0},
        {"007", 0, 9, BK_OK, 7},
        {"65535", 0, 65535, BK_OK, 65535},
        {"65536", 0, 65535, BK_ERR_INVALID, 0},
        {"9", 10, 20, BK_ERR_INVALID, 0},
        {"", 0, 9, BK_ERR_INVALID, 0},
        {"-", -9, 9, BK_ERR_INVALID, 0},
        {"+1", 0, 9, BK_ERR_INVALID, 0},
        {"-1", 0, 9, BK_ERR_INVALID, 0},
        {"-0", 0, 9, BK_ERR_INVALID, 0},
        {"-12", -12, 14, BK_OK, -12},
        {"-13", -12, 14, BK_ERR_INVALID, 0},
        {"--1", -12, 14, BK_ERR_INVALID, 0},
        {" 1", 0, 9, BK_ERR_INVALID, 0},
        {"1 ", 0, 9, BK_ERR_INVALID, 0},
        {"0x1", 0, 9, BK_ERR_INVALID, 0},
        {"1e1", 0, 99, BK_ERR_INVALID, 0},
        {"9223372036854775807", 0, INT64_MAX, BK_OK, INT64_MAX},
        {"9223372036854775808", 0, INT64_MAX, BK_ERR_INVALID, 0},
        {"-9223372036854775808", INT64_MIN, INT64_MAX, BK_OK, INT64_MIN},
        {"-9223372036854775809", INT64_MIN, INT64_MAX, BK_ERR_INVALID, 0},
        {"99999999999999999999999999", 0, INT64_MAX, BK_ERR_INVALID, 0},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        int64_t value = 0;
        print_message("  \"%s\"\n", rows[i].text);
        assert_int_equal(
            bk_str_parse_int(bk_str_of(rows[i].text), rows[i].min, rows[i].max, &value),
            rows[i].want);
        assert_true(value == rows[i].value);
    }
}

static void utf8_and_controls_follow_table(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
        bool is_utf8, has_control;
    } rows[] = {
        {"plain", "abc ~", true, false},
        {"two bytes", "\xc3\xa4", true, false},
        {"three bytes", "\xe2\x82\xac", true, false},
        {"four bytes", "\xf0\x9f\x93\x9e", true, false},
        {"last code point", "\xf4\x8f\xbf\xbf", true, false},
        {"above the last code point", "\xf4\x90\x80\x80", false, false},
        {"overlong slash, two", "\xc0\xaf", false, false},
        {"overlong slash, three", "\xe0\x80\xaf", false, false},
        {"overlong, four", "\xf0\x80\x80\xaf", false, false},
        {"surrogate", "\xed\xa0\x80", false, false},
        {"last before the surrogates", "\xed\x9f\xbf", true, false},
        {"lone continuation", "\x80", false, false},
        {"cut in the middle", "\xe2\x82", false, false},
        {"broken continuation", "\xe2\x28\xa1", false, false},
        {"five byte lead", "\xf8\x88\x80\x80\x80", false, false},
        {"line feed", "a\nb", true, true},
        {"tab", "a\tb", true, true},
        {"delete", "\x7f", true, true},
        {"C1, next line", "a\xc2\x85", true, true},
        {"no-break space is no control", "\xc2\xa0", true, false},
        {"line separator", "\xe2\x80\xa8", true, true},
        {"paragraph separator", "\xe2\x80\xa9", true, true},
        {"hyphen beside them", "\xe2\x80\xa7", true, false},
        {"byte order mark", "\xef\xbb\xbf", true, true},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        print_message("  %s\n", rows[i].label);
        /* An exact copy on the heap: a sanitizer sees a read past the end. */
        size_t len = strlen(rows[i].text);
        char *copy = malloc(len);
        assert_non_null(copy);
        memcpy(copy, rows[i].text, len);
        struct bk_str text = {copy, len};
        assert_int_equal(bk_str_is_utf8(text), rows[i].is_utf8);
        assert_int_equal(bk_str_has_control(text), rows[i].has_control);
        free(copy);
    }
    assert_true(bk_str_has_control((struct bk_str){"a\0b", 3}));
}

/* Each length takes its own way; nothing around is touched. */
static void texts_of_every_length_are_copied_and_compared(void **state)
{
    (void)state;
    char from[80], to[82];
    for (size_t i = 0; i < sizeof from; i++)
        from[i] = (char)('!' + i);
    for (size_t len = 0; len <= sizeof from; len++) {
        /* Of exactly that size, so that the sanitizers see a byte too many. */
        char *copy = malloc(len > 0 ? len : 1);
        assert_non_null(copy);
        const struct bk_str text = {from, len}, other = {copy, len};
        memset(to, '.', sizeof to);
        assert_ptr_equal(bk_str_copy(to + 1, text), to + 1 + len);
        assert_memory_equal(to + 1, from, len);
        assert_int_equal(to[0], '.');
        assert_int_equal(to[len + 1], '.');
        assert_ptr_equal(bk_str_copy(copy, text), copy + len);
        assert_true(bk_str_eq(text, other));
        for (size_t at = 0; at < len; at++) {
            copy[at] = '.' == copy[at] ? '-' : '.';
            assert_false(bk_str_eq(text, other));
            copy[at] = from[at];
        }
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparing_follows_table),
        cmocka_unit_test(texts_of_every_length_are_copied_and_compared),
        cmocka_unit_test(no_text_is_empty_text),
        cmocka_unit_test(slices_are_clamped),
        cmocka_unit_test(blanks_and_tabs_are_trimmed_and_nothing_else),
        cmocka_unit_test(cutting_takes_one_part_after_the_other),
        cmocka_unit_test(numbers_follow_table),
        cmocka_unit_test(utf8_and_controls_follow_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
