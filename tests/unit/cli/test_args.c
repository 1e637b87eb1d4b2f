/* The command line of one command. */
#include "harness/test.h"

#include <stdlib.h>
#include <string.h>

#include "cli/args.h"

static const struct cli_option options[] = {
    {"tenant", CLI_VALUE, true, "T", "tenant"},
    {"line", CLI_REPEATED, false, "L", "line"},
    {"dry-run", CLI_FLAG, false, NULL, "dry"},
    {0},
};

#define ARG_MAX 8

static const struct {
    const char *label;
    const char *argv[ARG_MAX];
    enum bk_err want;
    const char *want_tenant; /* or what the detail names */
    size_t want_operands, want_lines;
} cases[] = {
    {"value in the next word", {"--tenant", "acme", "x"}, BK_OK, "acme", 1, 0},
    {"value after =", {"--tenant=acme", "x"}, BK_OK, "acme", 1, 0},
    {"a value may hold =", {"--tenant=a=b", "x"}, BK_OK, "a=b", 1, 0},
    {"an empty value after =", {"--tenant=", "x"}, BK_OK, "", 1, 0},
    {"operands stand anywhere", {"x", "--tenant", "acme", "y"}, BK_OK, "acme", 2, 0},
    {"a lone dash is an operand", {"--tenant", "acme", "-"}, BK_OK, "acme", 1, 0},
    {"options end at --", {"--tenant", "acme", "--", "--line"}, BK_OK, "acme", 1, 0},
    {"repeated", {"--tenant", "a", "--line", "1", "--line=2", "x"}, BK_OK, "a", 1, 2},
    {"help needs nothing else", {"--help"}, BK_OK, NULL, 0, 0},
    {"-h is help", {"-h"}, BK_OK, NULL, 0, 0},
    {"missing option", {"x"}, BK_ERR_MALFORMED, "--tenant", 0, 0},
    {"missing operand", {"--tenant", "a"}, BK_ERR_MALFORMED, "missing", 0, 0},
    {"too many operands", {"--tenant=a", "x", "y", "z"}, BK_ERR_MALFORMED, "too many", 0, 0},
    {"unknown option", {"--tenent", "a", "x"}, BK_ERR_MALFORMED, "--tenent", 0, 0},
    {"single dash", {"-t", "a", "x"}, BK_ERR_MALFORMED, "-t", 0, 0},
    {"twice", {"--tenant=a", "--tenant=b", "x"}, BK_ERR_MALFORMED, "twice", 0, 0},
    {"value missing", {"x", "--tenant"}, BK_ERR_MALFORMED, "wants a value", 0, 0},
    {"a flag with a value", {"--tenant=a", "x", "--dry-run=1"}, BK_ERR_MALFORMED, "no value", 0, 0},
};

static void parser_follows_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        char *argv[ARG_MAX];
        int argc = 0;
        struct cli_args args = {0};
        struct bk_detail detail = {""};
        struct bk_arena *arena = bk_arena_new();
        print_message("  %s\n", cases[i].label);
        for (; argc < ARG_MAX && cases[i].argv[argc] != NULL; argc++)
            argv[argc] = strdup(cases[i].argv[argc]);
        assert_int_equal(cli_args_parse(arena, options, argc, argv, 1, 2, &args, &detail),
                         cases[i].want);
        if (cases[i].want != BK_OK) {
            assert_non_null(strstr(detail.text, cases[i].want_tenant));
        } else {
            const char *tenant = cli_args_value(&args, "tenant");
            assert_int_equal(tenant == NULL, cases[i].want_tenant == NULL);
            if (tenant != NULL)
                assert_string_equal(tenant, cases[i].want_tenant);
            assert_int_equal(args.operand_count, cases[i].want_operands);
            assert_int_equal(cli_args_count(&args, "line"), cases[i].want_lines);
        }
        bk_arena_free(arena);
        while (argc > 0)
            free(argv[--argc]);
    }
}

static void repeated_values_come_in_order(void **state)
{
    (void)state;
    char a[] = "--line=1", b[] = "--tenant=t", c[] = "--line", d[] = "2", x[] = "x";
    char *argv[] = {a, b, c, d, x};
    struct cli_args args;
    struct bk_arena *arena = bk_arena_new();
    size_t cursor = 0;
    assert_int_equal(cli_args_parse(arena, options, 5, argv, 1, 1, &args, NULL), BK_OK);
    assert_string_equal(cli_args_next(&args, "line", &cursor), "1");
    assert_string_equal(cli_args_next(&args, "line", &cursor), "2");
    assert_null(cli_args_next(&args, "line", &cursor));
    bk_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parser_follows_table),
        cmocka_unit_test(repeated_values_come_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
