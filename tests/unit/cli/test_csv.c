/* Comma separated values, strictly. */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/csv.h"

/* want: records as "line:field|field" joined by a blank line end; or what the detail names. */
static const struct {
    const char *label, *text;
    enum bk_err want_end;
    const char *want;
} cases[] = {
    {"empty file", "", BK_ERR_NOT_FOUND, ""},
    {"one record without line end", "a,b", BK_ERR_NOT_FOUND, "1:a|b\n"},
    {"line feed", "a,b\nc,d\n", BK_ERR_NOT_FOUND, "1:a|b\n2:c|d\n"},
    {"carriage return and line feed", "a,b\r\nc,d\r\n", BK_ERR_NOT_FOUND, "1:a|b\n2:c|d\n"},
    {"byte order mark", "\xef\xbb\xbfmac,x\n", BK_ERR_NOT_FOUND, "1:mac|x\n"},
    {"empty fields", ",\n,", BK_ERR_NOT_FOUND, "1:|\n2:|\n"},
    {"an empty line is a record of one empty field", "a\n\nb\n", BK_ERR_NOT_FOUND,
     "1:a\n2:\n3:b\n"},
    {"quotes are taken off", "\"a\",\"b c\"\n", BK_ERR_NOT_FOUND, "1:a|b c\n"},
    {"a comma inside quotes", "\"a,b\",c\n", BK_ERR_NOT_FOUND, "1:a,b|c\n"},
    {"a doubled quote", "\"a \"\"b\"\"\"\n", BK_ERR_NOT_FOUND, "1:a \"b\"\n"},
    {"empty quotes", "\"\",x\n", BK_ERR_NOT_FOUND, "1:|x\n"},
    {"lines count on inside quotes", "\"a\nb\",c\nd\n", BK_ERR_NOT_FOUND, "1:a\nb|c\n3:d\n"},
    {"blanks belong to the field", " a , b\n", BK_ERR_NOT_FOUND, "1: a | b\n"},
    {"a quote inside a plain field", "x\na\"b,c\n", BK_ERR_INVALID, "line 2, column 1"},
    {"text after the closing quote", "a,\"b\"c\n", BK_ERR_INVALID, "line 1, column 2"},
    {"a quote that is never closed", "a\n\"b\nc\n", BK_ERR_INVALID, "line 2, column 1"},
    {"a bare carriage return", "a\rb\n", BK_ERR_INVALID, "carriage return"},
    {"a carriage return at the end", "a\r", BK_ERR_INVALID, "carriage return"},
    {"broken UTF-8", "a,\xc3(\n", BK_ERR_INVALID, "column 2: not UTF-8"},
};

static void parser_follows_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        char got[512] = "";
        size_t len = 0;
        char *text = strdup(cases[i].text);
        struct cli_csv csv;
        struct cli_csv_record record;
        struct bk_detail detail = {""};
        enum bk_err err;
        print_message("  %s\n", cases[i].label);
        cli_csv_init(&csv, text, strlen(text));
        while ((err = cli_csv_next(&csv, &record, &detail)) == BK_OK) {
            len += (size_t)snprintf(got + len, sizeof got - len, "%d:", record.line);
            for (size_t f = 0; f < record.count; f++)
                len += (size_t)snprintf(got + len, sizeof got - len, "%s%.*s", f > 0 ? "|" : "",
                                        BK_STR_ARG(record.fields[f]));
            len += (size_t)snprintf(got + len, sizeof got - len, "\n");
        }
        assert_int_equal(err, cases[i].want_end);
        if (err == BK_ERR_NOT_FOUND)
            assert_string_equal(got, cases[i].want);
        else
            assert_non_null(strstr(detail.text, cases[i].want));
        free(text);
    }
}

static void limits_are_kept(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        const char *head;
        char fill;
        size_t count;
        enum bk_err want;
    } limits[] = {
        {"64 columns", "", ',', 63, BK_OK},
        {"65 columns", "", ',', 64, BK_ERR_INVALID},
        {"1 MiB", "", 'x', CLI_CSV_RECORD_BYTES_MAX, BK_OK},
        {"1 MiB and a byte", "", 'x', CLI_CSV_RECORD_BYTES_MAX + 1, BK_ERR_INVALID},
        {"1 MiB and a byte in quotes", "\"", '\n', CLI_CSV_RECORD_BYTES_MAX + 1, BK_ERR_INVALID},
    };
    for (size_t i = 0; i < BK_COUNT(limits); i++) {
        size_t head = strlen(limits[i].head), len = head + limits[i].count;
        char *text = malloc(len + 1);
        struct cli_csv csv;
        struct cli_csv_record record;
        struct bk_detail detail = {""};
        print_message("  %s\n", limits[i].label);
        assert_non_null(text);
        memcpy(text, limits[i].head, head);
        memset(text + head, limits[i].fill, limits[i].count);
        cli_csv_init(&csv, text, len);
        assert_int_equal(cli_csv_next(&csv, &record, &detail), limits[i].want);
        if (limits[i].want != BK_OK)
            assert_non_null(strstr(detail.text, "line 1"));
        free(text);
    }
}

static void nul_is_refused(void **state)
{
    (void)state;
    char plain[] = {'a', '\0', 'b'}, quoted[] = {'"', 'a', '\0', '"'};
    struct cli_csv csv;
    struct cli_csv_record record;
    cli_csv_init(&csv, plain, sizeof plain);
    assert_int_equal(cli_csv_next(&csv, &record, NULL), BK_ERR_INVALID);
    cli_csv_init(&csv, quoted, sizeof quoted);
    assert_int_equal(cli_csv_next(&csv, &record, NULL), BK_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parser_follows_table),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(nul_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
