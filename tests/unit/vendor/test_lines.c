/* Files of lines: no value adds a parameter, and what is written reads back. */
#include "harness/test.h"

#include <string.h>

#include "base/alloc.h"
#include "unit/vendor/one_file.h"
#include "vendor/format/lines.h"

static const struct bk_lines lines = {
    .header = "#!v", .between = " = ", .empty = "%NULL%", .comment = '#'};

static const struct bk_format format = {
    .check_value = bk_lines_check_value,
    .begin = bk_lines_begin,
    .put = bk_lines_put,
    .lines = &lines,
};

struct one {
    struct bk_str value;
};

static void fill_one(struct bk_sheet *sheet, const void *context)
{
    const struct one *one = context;
    bk_put(sheet, BK_STR("before"), BK_STR("1"));
    bk_prefix(sheet, BK_STR("account."));
    bk_prefix_number(sheet, 1, BK_STR("."));
    bk_put(sheet, BK_STR("label"), one->value);
    bk_prefix(sheet, BK_STR_NONE);
    bk_put_int(sheet, BK_STR("after"), -60);
    bk_put_word(sheet, BK_STR("word"), "on");
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
        enum bk_err err = one_render(&format, fill_one, &one, &out, &detail);
        if (cases[i].written == NULL) {
            assert_int_equal(err, BK_ERR_INVALID);
            assert_int_equal(out.len, 0);
            assert_non_null(strstr(detail.text, "account.1.label: "));
            assert_non_null(bk_lines_check_value(&format, cases[i].value));
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
static void fill_two_lines(struct bk_sheet *sheet, const void *context)
{
    bk_put_word(sheet, BK_STR("a"), context);
    bk_put_word(sheet, BK_STR("b"), "1");
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
        assert_int_equal(one_render(&format, fill_two_lines, words[i].word, &out, &detail),
                         words[i].want);
        assert_true(words[i].want == BK_OK || out.len == 0);
        bk_buf_deinit(&out);
    }
}

static void fill_many(struct bk_sheet *sheet, const void *context)
{
    const int *count = context;
    for (int i = 0; i < *count; i++)
        bk_put(sheet, BK_STR("name"), BK_STR("0123456789012345678901234567890123456789"));
}

static void files_that_grow_and_one_larger_than_the_limit(void **state)
{
    (void)state;
    int count = 3000; /* 48 bytes each */
    struct bk_buf out;
    struct bk_detail detail = {{0}};
    bk_buf_init_secret(&out, 1 << 20);
    assert_int_equal(one_render(&format, fill_many, &count, &out, &detail), BK_OK);
    assert_int_equal(out.len, 4 + 3000 * 48);
    bk_buf_deinit(&out);

    bk_buf_init_secret(&out, 100000);
    assert_int_equal(one_render(&format, fill_many, &count, &out, &detail), BK_ERR_TOO_LARGE);
    assert_non_null(strstr(detail.text, "100000"));
    bk_buf_deinit(&out);
}

static void the_parser_reads_what_phones_read(void **state)
{
    (void)state;
    static const struct bk_lines colon = {.between = ": ", .comment = '#'};
    static const struct bk_lines set = {
        .before = "SET ", .between = " ", .quote = BK_QUOTE_WHEN_BLANK};
    static const struct bk_lines quoted = {.between = "=", .quote = BK_QUOTE_ALWAYS};
    static const struct {
        const char *label;
        const struct bk_lines *lines;
        const char *text, *name, *value; /* name NULL: no parameter */
    } rows[] = {
        {"a pair", &lines, "a = b", "a", "b"},
        {"no blanks", &lines, "a=b", "a", "b"},
        {"many blanks", &lines, "  a \t=\t b  ", "a", "b"},
        {"no value", &lines, "a =", "a", ""},
        {"the first equals sign counts", &lines, "a = b = c", "a", "b = c"},
        {"a quote is a quote", &lines, "a = \"b\"", "a", "\"b\""},
        {"a comment", &lines, "# a = b", NULL, NULL},
        {"nothing", &lines, "", NULL, NULL},
        {"no equals sign", &lines, "abc", NULL, NULL},
        {"no name", &lines, " = b", NULL, NULL},
        {"a name of several words", &colon, "sip line1 user name: 1001", "sip line1 user name",
         "1001"},
        {"a colon in the value", &colon, "a: b: c", "a", "b: c"},
        {"a word before", &set, "SET NAME value", "NAME", "value"},
        {"quotes that are needed", &set, "SET NAME \"two words\"", "NAME", "two words"},
        {"an empty value in quotes", &set, "SET NAME \"\"", "NAME", ""},
        {"quotes that do not end", &set, "SET NAME \"two words", NULL, NULL},
        {"another word before", &set, "GET NAME", NULL, NULL},
        {"quotes", &quoted, "A=\"b c\"", "A", "b c"},
        {"quotes are missing", &quoted, "A=b", NULL, NULL},
        {"a quote inside", &quoted, "A=\"b\"c\"", NULL, NULL},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_str name, value;
        print_message("  %s\n", rows[i].label);
        bool is_read = bk_lines_parse(rows[i].lines, bk_str_of(rows[i].text), &name, &value);
        assert_int_equal(is_read, rows[i].name != NULL);
        if (is_read) {
            assert_str_equal(name, rows[i].name);
            assert_str_equal(value, rows[i].value);
        }
    }
}

static void fill_dialect(struct bk_sheet *sheet, const void *context)
{
    const struct bk_str *value = context;
    bk_put(sheet, BK_STR("A"), *value);
    bk_put_empty(sheet, BK_STR("B"));
    bk_lines_literal(sheet, BK_STR("[end]"));
}

static void dialects_are_written_by_the_table(void **state)
{
    (void)state;
    static const struct bk_lines set = {
        .before = "SET ", .between = " ", .quote = BK_QUOTE_WHEN_BLANK, .footer = "END"};
    static const struct bk_lines quoted = {.between = "=", .quote = BK_QUOTE_ALWAYS};
    static const struct bk_lines strict = {.between = ": ", .forbidden = "#;"};
    static const struct {
        const struct bk_lines *lines;
        const char *value, *want; /* NULL: refused */
    } rows[] = {
        {&set, "x", "SET A x\nSET B \"\"\n[end]\nEND\n"},
        {&set, "x y", "SET A \"x y\"\nSET B \"\"\n[end]\nEND\n"},
        {&set, "x\"y", NULL},
        {&quoted, "x y", "A=\"x y\"\nB=\"\"\n[end]\n"},
        {&quoted, "x\"", NULL},
        {&strict, "x: y", "A: x: y\nB: \n[end]\n"},
        {&strict, "x # y", NULL},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_format dialect = format;
        struct bk_str value = bk_str_of(rows[i].value);
        struct bk_buf out;
        print_message("  %s\n", rows[i].value);
        dialect.end = bk_lines_end;
        dialect.lines = rows[i].lines;
        bk_buf_init_secret(&out, 1000);
        assert_int_equal(one_render(&dialect, fill_dialect, &value, &out, NULL),
                         rows[i].want == NULL ? BK_ERR_INVALID : BK_OK);
        if (rows[i].want != NULL)
            assert_str_equal(bk_buf_str(&out), rows[i].want);
        bk_buf_deinit(&out);
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
        assert_int_equal(bk_is_dotted_name(bk_str_of(names[i].name)), names[i].is_name);
    char longest[BK_PARAM_NAME_MAX + 1];
    memset(longest, 'a', sizeof longest);
    assert_true(bk_is_dotted_name((struct bk_str){longest, BK_PARAM_NAME_MAX}));
    assert_false(bk_is_dotted_name((struct bk_str){longest, BK_PARAM_NAME_MAX + 1}));
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
        enum bk_err err = one_render(&format, fill_many, &count, &out, NULL);
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
        cmocka_unit_test(files_that_grow_and_one_larger_than_the_limit),
        cmocka_unit_test(the_parser_reads_what_phones_read),
        cmocka_unit_test(dialects_are_written_by_the_table),
        cmocka_unit_test(names_of_parameters),
        cmocka_unit_test(every_failing_allocation_is_a_clean_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
