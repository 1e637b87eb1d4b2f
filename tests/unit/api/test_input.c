/* What a caller sent: bodies of one shape, queries without surprises. */
#include "harness/test.h"

#include <string.h>

#include "front.h"

enum { BODY_SIZE = 1 << 20 };

static char space[BODY_SIZE];

/* "a" repeated, and so on: what is too long to write down. */
static struct bk_str repeat(const char *before, const char *part, size_t count, const char *after)
{
    size_t len = (size_t)snprintf(space, sizeof space, "%s", before);
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(space + len, sizeof space - len, "%s", part);
    len += (size_t)snprintf(space + len, sizeof space - len, "%s", after);
    return (struct bk_str){space, len};
}

static enum bk_err parse(struct bk_str body, struct bk_detail *ret_detail, size_t *ret_count)
{
    struct api_call call = {.body = body};
    enum bk_err err = api_input_parse(&call);
    *ret_detail = call.detail;
    *ret_count = json_object_size(call.input);
    assert_true(err != BK_OK || json_is_object(call.input));
    json_decref(call.input);
    return err;
}

static const struct {
    const char *label, *body;
    enum bk_err want;
    const char *in_detail;
} body_cases[] = {
    {"nothing is {}", "", BK_OK, ""},
    {"an object", "{\"a\": 1}", BK_OK, ""},
    {"blanks around it", " \r\n\t{} \n", BK_OK, ""},
    {"blanks alone", "  ", BK_ERR_MALFORMED, "line 1"},
    {"a list", "[]", BK_ERR_MALFORMED, "must be an object"},
    {"a number", "7", BK_ERR_MALFORMED, "body"},
    {"a text", "\"a\"", BK_ERR_MALFORMED, "body"},
    {"null", "null", BK_ERR_MALFORMED, "body"},
    {"cut", "{\"a\": ", BK_ERR_MALFORMED, "line 1"},
    {"a second line", "{\n\"a\" 1}", BK_ERR_MALFORMED, "line 2"},
    {"two objects", "{}{}", BK_ERR_MALFORMED, "body"},
    {"the same name twice", "{\"a\": 1, \"a\": 2}", BK_ERR_MALFORMED, "duplicate"},
    {"the same name twice, inside", "{\"b\": {\"a\": 1, \"a\": 2}}", BK_ERR_MALFORMED, "duplicate"},
    {"NUL", "{\"a\": \"x\\u0000\"}", BK_ERR_MALFORMED, "body"},
    {"no UTF-8", "{\"a\": \"\xff\"}", BK_ERR_MALFORMED, "body"},
    {"half a surrogate", "{\"a\": \"\\ud800\"}", BK_ERR_MALFORMED, "body"},
    {"a number beyond 64 bits", "{\"a\": 99999999999999999999}", BK_ERR_MALFORMED, "body"},
    {"a fraction beyond a double", "{\"a\": 1e999}", BK_ERR_MALFORMED, "body"},
    {"NaN", "{\"a\": NaN}", BK_ERR_MALFORMED, "body"},
    {"a comment", "{/* */}", BK_ERR_MALFORMED, "body"},
    {"a comma behind", "{\"a\": 1,}", BK_ERR_MALFORMED, "body"},
    {"brackets in a text do not count", "{\"a\": \"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}",
     BK_OK, ""},
    {"nor behind an escaped quote", "{\"a\": \"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}",
     BK_OK, ""},
    {"but behind an escaped backslash", "{\"\\\\\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
     BK_ERR_MALFORMED, "deeper"},
};

static void bodies_are_judged_as_the_table_says(void **state)
{
    (void)state;
    struct bk_detail detail;
    size_t count;
    for (size_t i = 0; i < BK_COUNT(body_cases); i++) {
        print_message("  %s\n", body_cases[i].label);
        assert_int_equal(parse(bk_str_of(body_cases[i].body), &detail, &count), body_cases[i].want);
        assert_non_null(strstr(detail.text, body_cases[i].in_detail));
    }
}

static void depth_and_number_are_bounded(void **state)
{
    (void)state;
    struct bk_detail detail;
    size_t count;
    assert_int_equal(
        parse(repeat("{\"a\":", "[", 31, "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}"), &detail, &count),
        BK_OK);
    assert_int_equal(
        parse(repeat("{\"a\":", "[", 32, "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}"), &detail, &count),
        BK_ERR_MALFORMED);
    assert_int_equal(parse(repeat("{\"a\":", "[", 900000, ""), &detail, &count), BK_ERR_MALFORMED);
    assert_int_equal(parse(repeat("{\"a\":[", "{},", 19997, "{}]}"), &detail, &count), BK_OK);
    assert_int_equal(parse(repeat("{\"a\":[", "{},", 19998, "{}]}"), &detail, &count),
                     BK_ERR_MALFORMED);
    assert_int_equal(parse(repeat("{\"a\":[", "7,", 100000, "7]}"), &detail, &count), BK_OK);
}

/* What is wrong is told, and not what was written: it may have been a password. */
static void no_piece_of_the_body_is_in_the_detail(void **state)
{
    (void)state;
    struct bk_detail detail;
    size_t count;
    static const char *const bodies[] = {"{\"password\": \"hunter2\" \"x\"}",
                                         "{\"password\": hunter2}",
                                         "{\"hunter2\" 1}",
                                         "{\"password\": \"hunter2\\u0000\"}",
                                         "{\"hunter2\": 1, \"hunter2\": 2}",
                                         "{\"password\": \"it's near 'hunter2\" 'hunter2'}",
                                         "{\"password\": \"hunter2\n\"}"};
    for (size_t i = 0; i < BK_COUNT(bodies); i++) {
        assert_int_equal(parse(bk_str_of(bodies[i]), &detail, &count), BK_ERR_MALFORMED);
        print_message("  %s\n", detail.text);
        assert_null(strstr(detail.text, "hunter2"));
    }
}

static const struct {
    const char *label, *query, *value; /* value of a; NULL: absent */
    enum bk_err want;
} query_cases[] = {
    {"absent", "", NULL, BK_OK},
    {"another", "b=1", NULL, BK_OK},
    {"there", "a=1", "1", BK_OK},
    {"empty", "a=", "", BK_OK},
    {"without =", "a", "", BK_OK},
    {"among others", "b=2&a=1&c=3", "1", BK_OK},
    {"empty pairs", "&&a=1&", "1", BK_OK},
    {"blanks", "a=x+y%20z", "x y z", BK_OK},
    {"a second =", "a=b=c", "b=c", BK_OK},
    {"UTF-8", "a=%c3%A4", "\xc3\xa4", BK_OK},
    {"a longer name", "aa=1", NULL, BK_OK},
    {"another case", "A=1", NULL, BK_OK},
    {"twice", "a=1&a=1", NULL, BK_ERR_INVALID},
    {"twice, once empty", "a&a=1", NULL, BK_ERR_INVALID},
    {"NUL", "a=%00", NULL, BK_ERR_INVALID},
    {"a line end", "a=x%0ay", NULL, BK_ERR_INVALID},
    {"no hexadecimal", "a=%zz", NULL, BK_ERR_INVALID},
    {"cut", "a=%4", NULL, BK_ERR_INVALID},
    {"cut at once", "a=%", NULL, BK_ERR_INVALID},
    {"no UTF-8", "a=%ff", NULL, BK_ERR_INVALID},
    {"overlong", "a=%c0%80", NULL, BK_ERR_INVALID},
};

static void queries_are_read_as_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(query_cases); i++) {
        print_message("  %s\n", query_cases[i].label);
        struct api_call call = {.arena = bk_arena_new(), .query = bk_str_of(query_cases[i].query)};
        struct bk_str value = BK_STR_NONE;
        assert_int_equal(api_query(&call, "a", &value), query_cases[i].want);
        if (query_cases[i].want != BK_OK)
            assert_non_null(strstr(call.detail.text, "?a="));
        else if (query_cases[i].value == NULL)
            assert_null(value.ptr);
        else
            assert_true(bk_str_eq(value, bk_str_of(query_cases[i].value)));
        bk_arena_free(call.arena);
    }
}

static void pages_have_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        enum bk_err want;
        int64_t limit, cursor;
    } rows[] = {
        {"", BK_OK, 50, 0},
        {"limit=1&cursor=0", BK_OK, 1, 0},
        {"cursor=9223372036854775807&limit=200", BK_OK, 200, INT64_MAX},
        {"limit=0", BK_ERR_INVALID, 0, 0},
        {"limit=201", BK_ERR_INVALID, 0, 0},
        {"limit=", BK_ERR_INVALID, 0, 0},
        {"limit=+5", BK_ERR_INVALID, 0, 0},
        {"limit=5x", BK_ERR_INVALID, 0, 0},
        {"cursor=-1", BK_ERR_INVALID, 0, 0},
        {"cursor=9223372036854775808", BK_ERR_INVALID, 0, 0},
    };
    static const char *const names[] = {"limit", "cursor", NULL};
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct api_call call = {.arena = bk_arena_new(), .query = bk_str_of(rows[i].query)};
        int64_t limit = 0, cursor = 0;
        print_message("  %s\n", rows[i].query);
        assert_int_equal(api_query_only(&call, names), BK_OK);
        assert_int_equal(api_page(&call, &limit, &cursor), rows[i].want);
        if (rows[i].want == BK_OK) {
            assert_int_equal(limit, rows[i].limit);
            assert_int_equal(cursor, rows[i].cursor);
        }
        call.query = BK_STR("limit=1&offset=2");
        assert_int_equal(api_query_only(&call, names), BK_ERR_INVALID);
        assert_non_null(strstr(call.detail.text, "?offset="));
        bk_arena_free(call.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_are_judged_as_the_table_says),
        cmocka_unit_test(depth_and_number_are_bounded),
        cmocka_unit_test(no_piece_of_the_body_is_in_the_detail),
        cmocka_unit_test(queries_are_read_as_the_table_says),
        cmocka_unit_test(pages_have_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
