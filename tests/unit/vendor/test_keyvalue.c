/* The `name = value` encoder: no value adds a parameter, and what is written reads back. */
#include "harness/test.h"

#include <string.h>

#include "base/alloc.h"
#include "vendor/format/keyvalue.h"

static const struct bk_kv_format format = {.header = "#!v", .reset = "%NULL%"};

struct one {
    struct bk_str value;
};

static void fill_one(struct bk_kv *kv, const void *context)
{
    const struct one *one = context;
    bk_kv_put(kv, BK_STR("before"), BK_STR("1"));
    bk_kv_prefix(kv, BK_STR("account."));
    bk_kv_prefix_number(kv, 1, BK_STR("."));
    bk_kv_put(kv, BK_STR("label"), one->value);
    bk_kv_prefix(kv, BK_STR_NONE);
    bk_kv_put_int(kv, BK_STR("after"), -60);
    bk_kv_put_word(kv, BK_STR("word"), "on");
}

static const struct {
    const char *label;
    struct bk_str value;
    const char *written; /* NULL: refused */
} cases[] = {
    {"plain text", {"Zoe", 3}, "Zoe"},
    {"nothing is a reset", {"", 0}, "%NULL%"},
    {"a hash in front", {"#1", 2}, "#1"},
    {"an equals sign", {"a = b", 5}, "a = b"},
    {"an equals sign in front", {"= b", 3}, "= b"},
    {"quotes", {"\"a\" 'b'", 7}, "\"a\" 'b'"},
    {"markup", {"</x>;[y]&z", 10}, "</x>;[y]&z"},
    {"percent signs", {"100% %s %n", 10}, "100% %s %n"},
    {"the reset word inside", {"x%NULL%", 7}, "x%NULL%"},
    {"an emoji", {"\xf0\x9f\x93\x9e", 4}, "\xf0\x9f\x93\x9e"},
    {"a no-break space inside",
     {"a\xc2\xa0"
      "b",
      4},
     "a\xc2\xa0"
     "b"},
    {"a new line", {"a\nadmin = 1", 11}, NULL},
    {"a carriage return", {"a\rb", 3}, NULL},
    {"a tab", {"a\tb", 3}, NULL},
    {"a terminator", {"a\0b", 3}, NULL},
    {"DEL", {"a\x7f", 2}, NULL},
    {"a C1 control", {"a\xc2\x85", 3}, NULL},
    {"a line separator",
     {"a\xe2\x80\xa8"
      "b",
      5},
     NULL},
    {"a paragraph separator", {"a\xe2\x80\xa9", 4}, NULL},
    {"a byte order mark",
     {"\xef\xbb\xbf"
      "a",
      4},
     NULL},
    {"half a sequence", {"a\xc3", 2}, NULL},
    {"an overlong line end", {"a\xc0\x8a", 3}, NULL},
    {"a surrogate", {"\xed\xa0\x80", 3}, NULL},
    {"a blank in front", {" a", 2}, NULL},
    {"a blank behind", {"a ", 2}, NULL},
    {"only a blank", {" ", 1}, NULL},
    {"the reset word", {"%NULL%", 6}, NULL},
    {"the reset word in small letters", {"%null%", 6}, NULL},
};

static void values_are_written_or_refused_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct one one = {cases[i].value};
        struct bk_buf out, want;
        struct bk_detail detail = {{0}};
        bk_buf_init_secret(&out, 10000);
        bk_buf_init(&want, 10000);
        print_message("  %s\n", cases[i].label);
        enum bk_err err = bk_kv_render(&format, fill_one, &one, &out, &detail);
        if (cases[i].written == NULL) {
            assert_int_equal(err, BK_ERR_INVALID);
            assert_int_equal(out.len, 0);
            assert_non_null(strstr(detail.text, "account.1.label: "));
            assert_non_null(bk_kv_check_value(&format, cases[i].value));
        } else {
            assert_int_equal(err, BK_OK);
            bk_buf_addf(&want, "#!v\nbefore = 1\naccount.1.label = %s\nafter = -60\nword = on\n",
                        cases[i].written);
            assert_str_equal(bk_buf_str(&out), bk_buf_text(&want));
        }
        bk_buf_deinit(&out);
        bk_buf_deinit(&want);
    }
}

/* A driver's constant that breaks the format: the check finds what the encoder lets through. */
static void fill_two_lines(struct bk_kv *kv, const void *context)
{
    bk_kv_put_word(kv, BK_STR("a"), context);
    bk_kv_put_word(kv, BK_STR("b"), "1");
}

static void what_does_not_read_back_is_not_served(void **state)
{
    (void)state;
    static const struct {
        const char *label, *word;
        enum bk_err want;
    } words[] = {
        {"harmless", "x", BK_OK},
        {"adds a parameter", "x\nadmin = 1", BK_ERR_INTERNAL},
        {"adds a line", "x\nnonsense", BK_ERR_INTERNAL},
        {"adds the next parameter", "x\nb = 1", BK_ERR_INTERNAL},
        {"loses its blank", "x ", BK_ERR_INTERNAL},
    };
    for (size_t i = 0; i < BK_COUNT(words); i++) {
        struct bk_buf out;
        struct bk_detail detail = {{0}};
        bk_buf_init_secret(&out, 10000);
        print_message("  %s\n", words[i].label);
        assert_int_equal(bk_kv_render(&format, fill_two_lines, words[i].word, &out, &detail),
                         words[i].want);
        assert_true(words[i].want == BK_OK || out.len == 0);
        bk_buf_deinit(&out);
    }
}

static void fill_many(struct bk_kv *kv, const void *context)
{
    const int *count = context;
    for (int i = 0; i < *count; i++)
        bk_kv_put(kv, BK_STR("name"), BK_STR("0123456789012345678901234567890123456789"));
}

static void files_larger_than_a_chunk_and_than_the_limit(void **state)
{
    (void)state;
    int count = 3000; /* 48 bytes each, 8 KiB a chunk */
    struct bk_buf out;
    struct bk_detail detail = {{0}};
    bk_buf_init_secret(&out, 1 << 20);
    assert_int_equal(bk_kv_render(&format, fill_many, &count, &out, &detail), BK_OK);
    assert_int_equal(out.len, 4 + 3000 * 48);
    struct bk_str rest = bk_buf_str(&out), name, value;
    int found = 0;
    while (bk_kv_next(&rest, &name, &value) == BK_KV_PAIR)
        found++;
    assert_int_equal(found, count);
    bk_buf_deinit(&out);

    bk_buf_init_secret(&out, 100000);
    assert_int_equal(bk_kv_render(&format, fill_many, &count, &out, &detail), BK_ERR_TOO_LARGE);
    assert_non_null(strstr(detail.text, "100000"));
    bk_buf_deinit(&out);
}

static void the_parser_reads_what_phones_read(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text, *name, *value;
        enum bk_kv_line want;
    } lines[] = {
        {"a pair", "a = b\n", "a", "b", BK_KV_PAIR},
        {"no blanks", "a=b", "a", "b", BK_KV_PAIR},
        {"many blanks", "  a \t=\t b  \n", "a", "b", BK_KV_PAIR},
        {"no value", "a =\n", "a", "", BK_KV_PAIR},
        {"comments before", "#!version\n\n# x = y\n  \na = b\n", "a", "b", BK_KV_PAIR},
        {"the first equals sign counts", "a = b = c\n", "a", "b = c", BK_KV_PAIR},
        {"nothing", "", NULL, NULL, BK_KV_END},
        {"comments only", "# a\n#", NULL, NULL, BK_KV_END},
        {"no equals sign", "abc\n", NULL, NULL, BK_KV_MALFORMED},
        {"no name", " = b\n", NULL, NULL, BK_KV_MALFORMED},
    };
    for (size_t i = 0; i < BK_COUNT(lines); i++) {
        struct bk_str rest = bk_str_of(lines[i].text), name, value;
        print_message("  %s\n", lines[i].label);
        assert_int_equal(bk_kv_next(&rest, &name, &value), lines[i].want);
        if (lines[i].want == BK_KV_PAIR) {
            assert_str_equal(name, lines[i].name);
            assert_str_equal(value, lines[i].value);
        }
    }
}

static void names_of_parameters(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool is_name;
    } names[] = {{"a", true},        {"account.1.x_Y-z", true},
                 {"", false},        {"1a", false},
                 {".a", false},      {"a b", false},
                 {"a=b", false},     {"#a", false},
                 {"[a]", false},     {"a\n", false},
                 {"\xc3\xa9", false}};
    for (size_t i = 0; i < BK_COUNT(names); i++)
        assert_int_equal(bk_kv_is_name(bk_str_of(names[i].name)), names[i].is_name);
    char longest[BK_KV_NAME_MAX + 1];
    memset(longest, 'a', sizeof longest);
    assert_true(bk_kv_is_name((struct bk_str){longest, BK_KV_NAME_MAX}));
    assert_false(bk_kv_is_name((struct bk_str){longest, BK_KV_NAME_MAX + 1}));
}

static void every_failing_allocation_is_a_clean_error(void **state)
{
    (void)state;
    int count = 2000;
    for (long n = 0;; n++) {
        assert_true(n < 100);
        struct bk_buf out;
        bk_buf_init_secret(&out, 1 << 20);
        bk_alloc_fail_after(n);
        enum bk_err err = bk_kv_render(&format, fill_many, &count, &out, NULL);
        bool has_failed = bk_alloc_has_failed();
        bk_alloc_fail_after(-1);
        assert_int_equal(err, has_failed ? BK_ERR_NO_MEMORY : BK_OK);
        bk_buf_deinit(&out);
        if (!has_failed)
            return;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_written_or_refused_by_the_table),
        cmocka_unit_test(what_does_not_read_back_is_not_served),
        cmocka_unit_test(files_larger_than_a_chunk_and_than_the_limit),
        cmocka_unit_test(the_parser_reads_what_phones_read),
        cmocka_unit_test(names_of_parameters),
        cmocka_unit_test(every_failing_allocation_is_a_clean_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
