/* JSON as YAML: what could be read as anything but itself stands in quotes. */
#include "harness/test.h"

#include <stdlib.h>
#include <string.h>

#include "yaml.h"

static const struct {
    const char *label, *json, *want;
} cases[] = {
    {"plain text", "{\"a\": \"List sites\"}", "a: List sites\n"},
    {"a number as text", "{\"a\": \"3.1.0\"}", "a: \"3.1.0\"\n"},
    {"words of YAML's own", "{\"a\": \"no\", \"b\": \"True\", \"c\": \"\"}",
     "a: \"no\"\nb: \"True\"\nc: \"\"\n"},
    {"a colon, a hash, a quote", "{\"a\": \"b: c\", \"d\": \"e #f\", \"g\": \"\\\"\"}",
     "a: \"b: c\"\nd: \"e #f\"\ng: \"\\\"\"\n"},
    {"a line break", "{\"a\": \"b\\nc\"}", "a: \"b\\nc\"\n"},
    {"numbers, truth, nothing", "{\"a\": 1, \"b\": true, \"c\": null}", "a: 1\nb: true\nc: null\n"},
    {"nothing in it", "{\"a\": {}, \"b\": []}", "a: {}\nb: []\n"},
    {"keys", "{\"/v1/sites/{id}\": 1, \"200\": 2, \"$ref\": 3, \"x-role\": 4}",
     "/v1/sites/{id}: 1\n\"200\": 2\n$ref: 3\nx-role: 4\n"},
    {"a short list", "{\"a\": [\"b\", \"c,d\", 1]}", "a: [b, \"c,d\", 1]\n"},
    {"objects in a list", "{\"a\": [{\"b\": 1, \"c\": {\"d\": 2}}, {}]}",
     "a:\n  - b: 1\n    c:\n      d: 2\n  - {}\n"},
    {"a long sentence",
     "{\"a\": \"one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
     "fifteen\"}",
     "a: >-\n  one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
     "fifteen\n"},
};

static void yaml_follows_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);
        json_t *json = json_loads(cases[i].json, 0, NULL);
        print_message("  %s\n", cases[i].label);
        assert_non_null(json);
        api_yaml_print(out, json);
        fclose(out);
        assert_string_equal(text, cases[i].want);
        free(text);
        json_decref(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(yaml_follows_table)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
