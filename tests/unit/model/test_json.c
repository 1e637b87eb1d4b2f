/* The reader of the database's documents: what it takes, and that it takes nothing else. */
#include "harness/test.h"

#include <stdlib.h>
#include <string.h>

#include "model/json.h"

static const struct {
    const char *label, *text;
    const char *fault; /* NULL: well-formed */
} cases[] = {
    {"an empty object", "{}", NULL},
    {"blanks everywhere", " \t\r\n{ \"a\" : [ 1 , 2 ] } \n", NULL},
    {"all words", "[true,false,null]", NULL},
    {"numbers", "[0,-0,-12,1.5,1e9,1E-9,9223372036854775807,92233720368547758080]", NULL},
    {"nothing", "", "ends too early"},
    {"blanks only", "  ", "ends too early"},
    {"two values", "{} {}", "more text"},
    {"a leading zero", "[01]", "bad number"},
    {"a sign alone", "[-]", "bad number"},
    {"a dot without digits", "[1.]", "bad number"},
    {"an exponent without digits", "[1e]", "bad number"},
    {"a plus", "[+1]", "bad number"},
    {"a comma before the end", "[1,]", "bad number"},
    {"a comma before the brace", "{\"a\":1,}", "name in quotes"},
    {"no colon", "{\"a\" 1}", "colon"},
    {"no comma", "[1 2]", "comma"},
    {"the wrong bracket", "[1}", "comma"},
    {"a name twice", "{\"a\":1,\"a\":2}", "twice"},
    {"a name twice, others between, unsorted", "{\"b\":1,\"a\":2,\"b\":3}", "twice"},
    {"a name twice, others between, sorted", "{\"a\":1,\"b\":2,\"cc\":3,\"b\":4}", "twice"},
    {"a name twice by an escape", "{\"a\":1,\"\\u0061\":2}", "twice"},
    {"single quotes", "{'a':1}", "name in quotes"},
    {"a word cut short", "[tru]", "no such word"},
    {"a string without an end", "[\"a", "without an end"},
    {"an escape at the end", "[\"a\\", "without an end"},
    {"a line end in a string", "[\"a\nb\"]", "control character"},
    {"an unknown escape", "[\"\\x41\"]", "bad escape"},
    {"an escape of three digits", "[\"\\u004\"]", "\\u"},
    {"a terminator by an escape", "[\"\\u0000\"]", "\\u"},
    {"half a surrogate pair", "[\"\\ud83d\"]", "\\u"},
    {"the second half alone", "[\"\\ude00\"]", "\\u"},
    {"two first halves", "[\"\\ud83d\\ud83d\"]", "\\u"},
    {"invalid UTF-8", "[\"\xc0\xaf\"]", "UTF-8"},
    {"sixteen levels", "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", NULL},
    {"seventeen levels", "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "too deep"},
};

static void documents_are_judged_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct bk_arena *arena = bk_arena_new();
        struct bk_detail detail = {{0}};
        const struct bk_json *root = NULL;
        print_message("  %s\n", cases[i].label);
        enum bk_err err = bk_json_parse(arena, bk_str_of(cases[i].text), &root, &detail);
        if (cases[i].fault == NULL) {
            assert_int_equal(err, BK_OK);
        } else {
            assert_int_equal(err, BK_ERR_INVALID);
            assert_null(root);
            if (strstr(detail.text, cases[i].fault) == NULL)
                fail_msg("detail is \"%s\"", detail.text);
        }
        bk_arena_free(arena);
    }
}

static void values_read_back(void **state)
{
    (void)state;
    struct bk_arena *arena = bk_arena_new();
    const struct bk_json *root;
    char text[] =
        "{\"n\":-5,\"s\":\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\",\"l\":[1,2.5,\"x\"]}";
    assert_int_equal(bk_json_parse(arena, bk_str_of(text), &root, NULL), BK_OK);
    memset(text, '!', sizeof text - 1); /* nodes do not borrow from it */

    assert_int_equal(root->count, 3);
    const struct bk_json *number = bk_json_get(root, BK_STR("n"));
    assert_int_equal(number->type, BK_JSON_INTEGER);
    assert_int_equal(number->number, -5);
    assert_str_equal(bk_json_get(root, BK_STR("s"))->text,
                     "a\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80");
    const struct bk_json *list = bk_json_get(root, BK_STR("l"));
    assert_int_equal(list->type, BK_JSON_ARRAY);
    assert_int_equal(list->count, 3);
    assert_int_equal(list->first->next->type, BK_JSON_NUMBER);
    assert_str_equal(list->first->next->next->text, "x");
    assert_null(list->first->next->next->next);
    assert_null(bk_json_get(root, BK_STR("missing")));
    assert_null(bk_json_get(list, BK_STR("n")));
    assert_null(bk_json_get(NULL, BK_STR("n")));
    bk_arena_free(arena);
}

static void members_are_bounded(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        size_t count = BK_JSON_MEMBER_MAX + more;
        char *text = malloc(2 * count + 2);
        assert_non_null(text);
        text[0] = '[';
        for (size_t i = 0; i < count; i++)
            memcpy(text + 1 + 2 * i, "1,", 2);
        memcpy(text + 2 * count, "]", 2);
        struct bk_arena *arena = bk_arena_new();
        const struct bk_json *root;
        assert_int_equal(bk_json_parse(arena, bk_str_of(text), &root, NULL),
                         more == 0 ? BK_OK : BK_ERR_INVALID);
        bk_arena_free(arena);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_judged_by_the_table),
        cmocka_unit_test(values_read_back),
        cmocka_unit_test(members_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
