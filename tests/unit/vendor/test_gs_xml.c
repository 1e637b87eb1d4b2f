/*
 * Grandstream's XML: no value adds a parameter, what is written reads back, and a parser that is
 * not ours (expat) finds the same parameters in it.
 */
#include "harness/test.h"

#include <dirent.h>
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "unit/vendor/corpus.h"
#include "vendor/format/gs_xml.h"

static const struct bk_mac mac = {{0xc0, 0x74, 0xad, 0x0b, 0x63, 0xee}};

/* --- expat's view of a file: "<config version> <name> = <value>" a line ----------------------- */

struct seen {
    struct bk_buf lines, value, mac;
    char version[8], name[BK_GS_NAME_MAX + 1];
    int depth;
    size_t others; /* elements that are none of a file's */
};

static const char *attribute(const char **pairs, const char *name)
{
    for (; pairs[0] != NULL; pairs += 2) {
        if (strcmp(pairs[0], name) == 0)
            return pairs[1];
    }
    return "";
}

static void XMLCALL on_begin(void *context, const char *element, const char **attributes)
{
    struct seen *seen = context;
    bool is_item = strcmp(element, "item") == 0;
    seen->depth++;
    bk_buf_clear(&seen->value);
    if (seen->depth == 1 && strcmp(element, "gs_provision") == 0)
        return;
    if (seen->depth == 2 && strcmp(element, "mac") == 0)
        return;
    if (seen->depth == 2 && strcmp(element, "config") == 0)
        snprintf(seen->version, sizeof seen->version, "%s", attribute(attributes, "version"));
    else if (seen->depth == 3 && is_item == (strcmp(seen->version, "2") == 0))
        snprintf(seen->name, sizeof seen->name, "%s",
                 is_item ? attribute(attributes, "name") : element);
    else
        seen->others++;
}

static void XMLCALL on_text(void *context, const char *text, int len)
{
    struct seen *seen = context;
    bk_buf_add(&seen->value, (struct bk_str){text, (size_t)len});
}

static void XMLCALL on_end(void *context, const char *element)
{
    struct seen *seen = context;
    if (seen->depth == 3)
        bk_buf_addf(&seen->lines, "%s %s = %.*s\n", seen->version, seen->name,
                    BK_STR_ARG(bk_buf_str(&seen->value)));
    else if (strcmp(element, "mac") == 0)
        bk_buf_add(&seen->mac, bk_buf_str(&seen->value));
    bk_buf_clear(&seen->value);
    seen->depth--;
}

static void seen_init(struct seen *seen)
{
    memset(seen, 0, sizeof *seen);
    bk_buf_init(&seen->lines, 1 << 20);
    bk_buf_init(&seen->value, 1 << 20);
    bk_buf_init(&seen->mac, 100);
}

static void seen_deinit(struct seen *seen)
{
    bk_buf_deinit(&seen->lines);
    bk_buf_deinit(&seen->value);
    bk_buf_deinit(&seen->mac);
}

static bool parse(struct bk_str text, struct seen *seen)
{
    XML_Parser parser = XML_ParserCreate(NULL);
    assert_non_null(parser);
    XML_SetUserData(parser, seen);
    XML_SetElementHandler(parser, on_begin, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    bool is_good = XML_Parse(parser, text.ptr, (int)text.len, 1) == XML_STATUS_OK;
    if (!is_good)
        print_message("  expat, line %lu: %s\n", XML_GetCurrentLineNumber(parser),
                      XML_ErrorString(XML_GetErrorCode(parser)));
    XML_ParserFree(parser);
    return is_good && seen->others == 0;
}

/* --- values ---------------------------------------------------------------------------------- */

static void fill_one(struct bk_gs *gs, const void *context)
{
    const struct bk_str *value = context;
    bk_gs_put(gs, BK_STR("P1"), BK_STR("before"));
    bk_gs_put(gs, BK_STR("P270"), *value);
    bk_gs_put_int(gs, BK_STR("P3"), -60);
    bk_gs_put(gs, BK_STR("account.5.name"), *value);
    bk_gs_put(gs, BK_STR("account.5.after"), BK_STR_NONE);
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
        struct bk_buf out, want, lines;
        struct bk_detail detail = {{0}};
        struct seen seen;
        seen_init(&seen);
        bk_buf_init_secret(&out, 10000);
        bk_buf_init(&want, 10000);
        bk_buf_init(&lines, 10000);
        print_message("  %s\n", cases[i].label);
        enum bk_err err = bk_gs_render(&mac, fill_one, &cases[i].value, &out, &detail);
        if (cases[i].written == NULL) {
            assert_int_equal(err, BK_ERR_INVALID);
            assert_int_equal(out.len, 0);
            assert_non_null(strstr(detail.text, "P270: "));
            assert_non_null(bk_gs_check_value(cases[i].value));
        } else {
            const char *written = cases[i].written;
            assert_int_equal(err, BK_OK);
            bk_buf_addf(&want,
                        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                        "<gs_provision version=\"1\">\n<mac>c074ad0b63ee</mac>\n"
                        "<config version=\"1\">\n<P1>before</P1>\n<P270>%s</P270>\n<P3>-60</P3>\n"
                        "</config>\n<config version=\"2\">\n"
                        "<item name=\"account.5.name\">%s</item>\n"
                        "<item name=\"account.5.after\"></item>\n</config>\n</gs_provision>\n",
                        written, written);
            assert_str_equal(bk_buf_str(&out), bk_buf_text(&want));

            struct bk_str value = cases[i].value;
            assert_true(parse(bk_buf_str(&out), &seen));
            bk_buf_addf(&lines,
                        "1 P1 = before\n1 P270 = %.*s\n1 P3 = -60\n2 account.5.name = %.*s\n"
                        "2 account.5.after = \n",
                        BK_STR_ARG(value), BK_STR_ARG(value));
            assert_str_equal(bk_buf_str(&seen.lines), bk_buf_text(&lines));
            assert_str_equal(bk_buf_str(&seen.mac), "c074ad0b63ee");
        }
        seen_deinit(&seen);
        bk_buf_deinit(&out);
        bk_buf_deinit(&want);
        bk_buf_deinit(&lines);
    }
}

static void the_longest_value_is_1024_bytes(void **state)
{
    (void)state;
    char text[BK_GS_VALUE_MAX + 1];
    memset(text, '&', sizeof text);
    for (size_t len = BK_GS_VALUE_MAX; len <= BK_GS_VALUE_MAX + 1; len++) {
        struct bk_str value = {text, len};
        struct bk_buf out;
        bk_buf_init(&out, 1 << 20);
        assert_int_equal(bk_gs_render(NULL, fill_one, &value, &out, NULL),
                         len == BK_GS_VALUE_MAX ? BK_OK : BK_ERR_INVALID);
        bk_buf_deinit(&out);
    }
}

/* --- the check ------------------------------------------------------------------------------- */

/* What a broken encoder would leave behind: fill says another thing than what was written. */
struct lie {
    int run;
    struct bk_str name, value;
};

static void fill_lie(struct bk_gs *gs, const void *context)
{
    struct lie *lie = (struct lie *)(uintptr_t)context;
    bk_gs_put(gs, BK_STR("P1"), BK_STR("1"));
    if (lie->run++ > 0)
        bk_gs_put(gs, lie->name, lie->value);
    else
        bk_gs_put(gs, BK_STR("P2"), BK_STR("a<b"));
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
        {"another form", "a.b", "a<b", BK_ERR_INTERNAL},
        {"no name", "P2><P3", "a<b", BK_ERR_INTERNAL},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct lie lie = {0, bk_str_of(rows[i].name), bk_str_of(rows[i].value)};
        struct bk_buf out;
        print_message("  %s\n", rows[i].label);
        bk_buf_init(&out, 10000);
        assert_int_equal(bk_gs_render(&mac, fill_lie, &lie, &out, NULL), rows[i].want);
        assert_int_equal(out.len > 0, rows[i].want == BK_OK);
        bk_buf_deinit(&out);
    }
}

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gs_provision version=\"1\">\n"
#define ONE HEAD "<config version=\"1\">\n"
#define TWO HEAD "<config version=\"2\">\n"
#define END "</config>\n</gs_provision>\n"

static void the_reader_takes_one_form_only(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
        bool is_good;
    } rows[] = {
        {"a number", ONE "<P47>x</P47>\n" END, true},
        {"an alias", TWO "<item name=\"a.b\">x</item>\n" END, true},
        {"nothing in it", HEAD "</gs_provision>\n", true},
        {"two parameters a line", ONE "<P47>x</P47><P48>y</P48>\n" END, false},
        {"an element inside", ONE "<P47><P48>y</P48></P47>\n" END, false},
        {"a comment", ONE "<!-- x -->\n" END, false},
        {"another end", ONE "<P47>x</P48>\n" END, false},
        {"a small letter", ONE "<p47>x</p47>\n" END, false},
        {"an attribute", ONE "<P47 a=\"b\">x</P47>\n" END, false},
        {"an item among numbers", ONE "<item name=\"a.b\">x</item>\n" END, false},
        {"a number among items", TWO "<P47>x</P47>\n" END, false},
        {"a number's name for an item", TWO "<item name=\"P47\">x</item>\n" END, false},
        {"an item of parts", TWO "<item name=\"a.b\"><part name=\"c\">x</part></item>\n" END,
         false},
        {"a third version", HEAD "<config version=\"3\">\n" END, false},
        {"no end", ONE "<P47>x</P47>\n</config>\n", false},
        {"more behind", ONE "<P47>x</P47>\n" END "\n", false},
        {"another beginning", "<gs_provision version=\"1\">\n" END, false},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_gs_reader reader;
        struct bk_str name, value;
        enum bk_gs_line line = BK_GS_MALFORMED;
        print_message("  %s\n", rows[i].label);
        if (bk_gs_read(bk_str_of(rows[i].text), NULL, &reader)) {
            while ((line = bk_gs_next(&reader, &name, &value)) == BK_GS_PAIR)
                assert_str_equal(value, "x");
        }
        assert_int_equal(line == BK_GS_END, rows[i].is_good);
    }
    struct bk_gs_reader reader;
    assert_false(bk_gs_read(bk_str_of(ONE END), &mac, &reader)); /* the phone's is missing */
}

/* --- all golden files ------------------------------------------------------------------------ */

/* The driver's own reader and expat agree, parameter by parameter. */
static void check_golden(const char *path)
{
    char *text = corpus_read(path);
    struct seen seen;
    assert_non_null(text);
    print_message("  %s\n", path);
    seen_init(&seen);
    assert_true(parse(bk_str_of(text), &seen));

    struct bk_mac own;
    bool has_mac = bk_mac_parse_bare(bk_buf_str(&seen.mac), &own) == BK_OK;
    struct bk_gs_reader reader;
    struct bk_str rest = bk_buf_str(&seen.lines), name, escaped;
    size_t count = 0;
    assert_true(bk_gs_read(bk_str_of(text), has_mac ? &own : NULL, &reader));
    for (; bk_gs_next(&reader, &name, &escaped) == BK_GS_PAIR; count++) {
        struct bk_str line = bk_str_cut(&rest, '\n');
        struct bk_str version = bk_str_cut(&line, ' ');
        assert_str_equal(version, reader.form == BK_GS_NUMBER ? "1" : "2");
        assert_true(bk_str_eq(bk_str_cut(&line, ' '), name));
        struct bk_str value = bk_str_slice(line, 2, line.len); /* "= " */
        assert_int_equal(value.len > 0, escaped.len > 0);
        if (bk_str_find(escaped, '&') < 0)
            assert_true(bk_str_eq(value, escaped));
    }
    assert_int_equal(rest.len, 0);
    assert_true(count >= 4);
    seen_deinit(&seen);
    free(text);
}

static void every_golden_file_is_xml_with_the_same_parameters(void **state)
{
    (void)state;
    const char *root = "tests/golden/grandstream";
    size_t files = 0;
    DIR *cases_dir = opendir(root);
    assert_non_null(cases_dir);
    for (struct dirent *one = readdir(cases_dir); one != NULL; one = readdir(cases_dir)) {
        char folder[300], path[600];
        snprintf(folder, sizeof folder, "%s/%.200s/want", root, one->d_name);
        DIR *dir = one->d_name[0] == '.' ? NULL : opendir(folder);
        if (dir == NULL)
            continue;
        for (struct dirent *file = readdir(dir); file != NULL; file = readdir(dir)) {
            if (!bk_str_ends(bk_str_of(file->d_name), BK_STR(".xml")))
                continue;
            snprintf(path, sizeof path, "%s/%.200s", folder, file->d_name);
            check_golden(path);
            files++;
        }
        closedir(dir);
    }
    closedir(cases_dir);
    assert_true(files >= 8);
}

/* --- limits ---------------------------------------------------------------------------------- */

static void a_file_larger_than_its_limit_is_refused(void **state)
{
    (void)state;
    struct bk_str value = BK_STR("x");
    struct bk_detail detail = {{0}};
    struct bk_buf out;
    bk_buf_init(&out, 200);
    assert_int_equal(bk_gs_render(&mac, fill_one, &value, &out, &detail), BK_ERR_TOO_LARGE);
    assert_int_equal(out.len, 0);
    assert_non_null(strstr(detail.text, "larger than 200"));
    bk_buf_deinit(&out);
}

static void every_failing_allocation_is_a_clean_error(void **state)
{
    (void)state;
    struct bk_str value = BK_STR("a & b");
    for (long n = 0;; n++) {
        assert_true(n < 100);
        struct bk_buf out;
        bk_buf_init_secret(&out, 1 << 20);
        bk_alloc_fail_after(n);
        enum bk_err err = bk_gs_render(&mac, fill_one, &value, &out, NULL);
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
        cmocka_unit_test(the_longest_value_is_1024_bytes),
        cmocka_unit_test(what_does_not_read_back_is_not_served),
        cmocka_unit_test(the_reader_takes_one_form_only),
        cmocka_unit_test(every_golden_file_is_xml_with_the_same_parameters),
        cmocka_unit_test(a_file_larger_than_its_limit_is_refused),
        cmocka_unit_test(every_failing_allocation_is_a_clean_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
