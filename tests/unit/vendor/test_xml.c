/*
 * XML files: no value adds a parameter, and what is written reads back by expat.
 */
#include "harness/test.h"

#include <string.h>

#include "base/alloc.h"
#include "unit/vendor/one_file.h"
#include "vendor/format/xml.h"

static void begin(struct bk_sheet *sheet, const struct bk_file *file)
{
    (void)file;
    bk_xml_open(sheet, "root");
    bk_xml_attr(sheet, "version", BK_STR("1"));
}

static void end(struct bk_sheet *sheet, const struct bk_file *file)
{
    (void)file;
    bk_xml_close(sheet);
}

static void put_named(struct bk_sheet *sheet, struct bk_str name, struct bk_str value)
{
    bk_xml_put_named(sheet, "param", "id", "value", name, value);
}

#define FORMAT(put_fn) \
    { \
        .check_value = bk_xml_check_value, .begin = begin, .end = end, .put = put_fn \
    }
static const struct bk_format elements = FORMAT(bk_xml_put_element);
static const struct bk_format attributes = FORMAT(bk_xml_put_attribute);
static const struct bk_format named = FORMAT(put_named);

#define PROLOG "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

static void fill_one(struct bk_sheet *sheet, const void *context)
{
    const struct bk_str *value = context;
    bk_put(sheet, BK_STR("P1"), BK_STR("before"));
    bk_put(sheet, BK_STR("P270"), *value);
    bk_put_int(sheet, BK_STR("P3"), -60);
}

static const struct {
    const char *label;
    struct bk_str value;
    const char *written; /* NULL: refused */
} cases[] = {
    {"plain text", {"Zoe", 3}, "Zoe"},
    {"nothing", {"", 0}, ""},
    {"markup",
     {"</P270><P47>evil</P47><P270>", 28},
     "&lt;/P270&gt;&lt;P47&gt;evil&lt;/P47&gt;&lt;P270&gt;"},
    {"an item", {"</item><item name=\"a.b\">x", 25}, "&lt;/item&gt;&lt;item name=\"a.b\"&gt;x"},
    {"an end of file", {"</config></gs_provision>", 24}, "&lt;/config&gt;&lt;/gs_provision&gt;"},
    {"an ampersand", {"a&b", 3}, "a&amp;b"},
    {"an entity", {"&lt;&#10;&x;", 12}, "&amp;lt;&amp;#10;&amp;x;"},
    {"an end of CDATA", {"a]]>b", 5}, "a]]&gt;b"},
    {"a comment", {"<!-- x -->", 10}, "&lt;!-- x --&gt;"},
    {"an instruction", {"<?xml version=\"1.0\"?>", 21}, "&lt;?xml version=\"1.0\"?&gt;"},
    {"quotes", {"\"a\" 'b'", 7}, "\"a\" 'b'"},
    {"percent signs", {"100% %s %n", 10}, "100% %s %n"},
    {"blanks inside", {"a  b", 4}, "a  b"},
    {"an emoji", {"\xf0\x9f\x93\x9e", 4}, "\xf0\x9f\x93\x9e"},
    {"the last character of XML's middle", {"\xef\xbf\xbd", 3}, "\xef\xbf\xbd"},
    {"a new line", {"a\nb", 3}, NULL},
    {"a carriage return", {"a\rb", 3}, NULL},
    {"a tab", {"a\tb", 3}, NULL},
    {"a terminator", {"a\0b", 3}, NULL},
    {"an escape", {"a\x1b[2J", 5}, NULL},
    {"DEL", {"a\x7f", 2}, NULL},
    {"a C1 control", {"a\xc2\x85", 3}, NULL},
    {"a line separator", {"\xe2\x80\xa8", 3}, NULL},
    {"a byte order mark", {"\xef\xbb\xbf", 3}, NULL},
    {"U+FFFE", {"\xef\xbf\xbe", 3}, NULL},
    {"U+FFFF inside", {"a\xef\xbf\xbfz", 5}, NULL},
    {"half a sequence", {"a\xc3", 2}, NULL},
    {"an overlong <", {"a\xc0\xbc", 3}, NULL},
    {"a surrogate", {"\xed\xa0\x80", 3}, NULL},
    {"a blank in front", {" a", 2}, NULL},
    {"a blank behind", {"a ", 2}, NULL},
};

static void values_are_written_or_refused_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct bk_buf out, want;
        struct bk_detail detail = {{0}};
        bk_buf_init_secret(&out, 10000);
        bk_buf_init(&want, 10000);
        print_message("  %s\n", cases[i].label);
        enum bk_err err = one_render(&elements, fill_one, &cases[i].value, &out, &detail);
        if (cases[i].written == NULL) {
            assert_int_equal(err, BK_ERR_INVALID);
            assert_int_equal(out.len, 0);
            assert_non_null(strstr(detail.text, "P270: "));
            assert_non_null(bk_xml_check_value(&elements, cases[i].value));
        } else {
            assert_int_equal(err, BK_OK);
            bk_buf_addf(&want,
                        PROLOG "<root version=\"1\">\n<P1>before</P1>\n<P270>%s</P270>\n"
                               "<P3>-60</P3>\n</root>\n",
                        cases[i].written);
            assert_str_equal(bk_buf_str(&out), bk_buf_text(&want));
        }
        bk_buf_deinit(&out);
        bk_buf_deinit(&want);
    }
}

static void every_spelling_carries_hostile_values(void **state)
{
    (void)state;
    static const struct {
        const struct bk_format *format;
        const char *want;
    } rows[] = {
        {&elements, PROLOG "<root version=\"1\">\n<P1>before</P1>\n"
                           "<P270>\"&lt;'&amp;&gt;</P270>\n<P3>-60</P3>\n</root>\n"},
        {&attributes, PROLOG "<root version=\"1\"\nP1=\"before\"\n"
                             "P270=\"&quot;&lt;'&amp;&gt;\"\nP3=\"-60\"/>\n"},
        {&named, PROLOG "<root version=\"1\">\n<param id=\"P1\" value=\"before\"/>\n"
                        "<param id=\"P270\" value=\"&quot;&lt;'&amp;&gt;\"/>\n"
                        "<param id=\"P3\" value=\"-60\"/>\n</root>\n"},
    };
    const struct bk_str value = BK_STR("\"<'&>");
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_buf out;
        bk_buf_init_secret(&out, 10000);
        assert_int_equal(one_render(rows[i].format, fill_one, &value, &out, NULL), BK_OK);
        assert_str_equal(bk_buf_str(&out), rows[i].want);
        bk_buf_deinit(&out);
    }
}

static void the_longest_value_is_1024_bytes(void **state)
{
    (void)state;
    char text[BK_PARAM_VALUE_MAX + 1];
    memset(text, '&', sizeof text);
    for (size_t len = BK_PARAM_VALUE_MAX; len <= BK_PARAM_VALUE_MAX + 1; len++) {
        struct bk_str value = {text, len};
        struct bk_buf out;
        bk_buf_init_secret(&out, 1 << 20);
        assert_int_equal(one_render(&elements, fill_one, &value, &out, NULL),
                         len == BK_PARAM_VALUE_MAX ? BK_OK : BK_ERR_INVALID);
        bk_buf_deinit(&out);
    }
}

/* --- the check ------------------------------------------------------------------------------- */

/* What a broken encoder would leave behind: one thing is noted, another was written. */
struct lie {
    struct bk_str name, value;
};

static void fill_lie(struct bk_sheet *sheet, const void *context)
{
    const struct lie *lie = context;
    bk_put(sheet, BK_STR("P1"), BK_STR("1"));
    size_t noted = sheet->notes.bytes.len;
    bk_put(sheet, BK_STR("P2"), BK_STR("a<b"));
    size_t written = sheet->out->len;
    bk_buf_cut(&sheet->notes.bytes, noted);
    bk_put(sheet, lie->name, lie->value);
    bk_buf_cut(sheet->out, written);
}

static void what_does_not_read_back_is_not_served(void **state)
{
    (void)state;
    static const struct {
        const char *label, *name, *value;
        enum bk_err want;
    } rows[] = {
        {"the truth", "P2", "a<b", BK_OK},
        {"another value", "P2", "a<c", BK_ERR_INTERNAL},
        {"a shorter value", "P2", "a<", BK_ERR_INTERNAL},
        {"a longer value", "P2", "a<bc", BK_ERR_INTERNAL},
        {"the escaped value", "P2", "a&lt;b", BK_ERR_INTERNAL},
        {"another name", "P3", "a<b", BK_ERR_INTERNAL},
        {"no name", "P2><P3", "a<b", BK_ERR_INTERNAL},
    };
    static const struct bk_format *const formats[] = {&elements, &attributes, &named};
    for (size_t i = 0; i < BK_COUNT(rows) * BK_COUNT(formats); i++) {
        size_t row = i % BK_COUNT(rows);
        const struct lie lie = {bk_str_of(rows[row].name), bk_str_of(rows[row].value)};
        struct bk_buf out;
        print_message("  %s\n", rows[row].label);
        bk_buf_init_secret(&out, 10000);
        assert_int_equal(one_render(formats[i / BK_COUNT(rows)], fill_lie, &lie, &out, NULL),
                         rows[row].want);
        assert_int_equal(out.len > 0, rows[row].want == BK_OK);
        bk_buf_deinit(&out);
    }
}

static void fill_words(struct bk_sheet *sheet, const void *context)
{
    bk_put_word(sheet, BK_STR("a"), "1");
    bk_sheet_write(sheet, bk_str_of(context)); /* past the encoder */
}

static void what_the_encoder_never_writes_is_refused(void **state)
{
    (void)state;
    static const char *const words[] = {"<!-- x -->",    "<?php x ?>", "<b>2</b>", "x",
                                        "</root><root>", "<a>",        "&x;",      "<![CDATA[x]]>"};
    for (size_t i = 0; i < BK_COUNT(words); i++) {
        struct bk_buf out;
        struct bk_detail detail = {{0}};
        print_message("  %s\n", words[i]);
        bk_buf_init_secret(&out, 10000);
        assert_int_equal(one_render(&elements, fill_words, words[i], &out, &detail),
                         BK_ERR_INTERNAL);
        assert_int_equal(out.len, 0);
        assert_non_null(strstr(detail.text, "nothing is served"));
        bk_buf_deinit(&out);
    }
}

/* --- limits ---------------------------------------------------------------------------------- */

static void a_file_larger_than_its_limit_is_refused(void **state)
{
    (void)state;
    struct bk_str value = BK_STR("x");
    struct bk_detail detail = {{0}};
    struct bk_buf out;
    bk_buf_init_secret(&out, 90);
    assert_int_equal(one_render(&elements, fill_one, &value, &out, &detail), BK_ERR_TOO_LARGE);
    assert_int_equal(out.len, 0);
    assert_non_null(strstr(detail.text, "larger than 90"));
    bk_buf_deinit(&out);
}

static void every_failing_allocation_is_a_clean_error(void **state)
{
    (void)state;
    struct bk_str value = BK_STR("a & b");
    for (long n = 0;; n++) {
        assert_true(n < 200);
        struct bk_buf out;
        bk_buf_init_secret(&out, 1 << 20);
        bk_alloc_fail_after(n);
        enum bk_err err = one_render(&named, fill_one, &value, &out, NULL);
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
        cmocka_unit_test(every_spelling_carries_hostile_values),
        cmocka_unit_test(the_longest_value_is_1024_bytes),
        cmocka_unit_test(what_does_not_read_back_is_not_served),
        cmocka_unit_test(what_the_encoder_never_writes_is_refused),
        cmocka_unit_test(a_file_larger_than_its_limit_is_refused),
        cmocka_unit_test(every_failing_allocation_is_a_clean_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
