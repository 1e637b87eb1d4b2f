/*
 * Command line of one command. getopt_long is not used: its tables would stand beside the rows that
 * give the help, and its messages name neither the command nor the next step.
 */
#include "args.h"

#include <string.h>

const struct cli_option cli_common_options[] = {
    {"settings", CLI_VALUE, false, "FILE",
     "file of `key = value` lines: pg, master_key_file, public_url, enrolment_url; a server's\n"
     "file will do; the environment's BECKON_PG, BECKON_MASTER_KEY_FILE, … win"},
    {"json", CLI_FLAG, false, NULL, "answer as JSON; errors as {\"error\", \"detail\"} on stderr"},
    {"help", CLI_FLAG, false, NULL, "this text"},
    {0},
};

static const struct cli_option *find_option(const struct cli_option *options, struct bk_str name)
{
    for (; options->name != NULL; options++) {
        if (bk_str_eq(bk_str_of(options->name), name))
            return options;
    }
    return NULL;
}

/* A name somebody typed, fit to be shown. */
static int shown_len(struct bk_str text)
{
    return text.len > 64 ? 64 : (int)text.len;
}

static enum bk_err add_option(struct cli_args *args, const struct cli_option *options,
                              const char *text, int *at, int argc, char **argv,
                              struct bk_detail *ret_detail)
{
    struct bk_str value = bk_str_of(text);
    bool has_value = bk_str_find(value, '=') >= 0;
    struct bk_str name = bk_str_cut(&value, '=');
    const struct cli_option *option = find_option(options, name);
    if (option == NULL)
        option = find_option(cli_common_options, name);
    if (option == NULL) {
        bk_detail_set(ret_detail, "no option --%.*s; --help lists the options of this command",
                      shown_len(name), name.ptr);
        return BK_ERR_MALFORMED;
    }
    struct cli_args_given given = {option, NULL};
    if (option->kind == CLI_FLAG && has_value) {
        bk_detail_set(ret_detail, "--%s takes no value, leave \"=…\" away", option->name);
        return BK_ERR_MALFORMED;
    }
    if (option->kind != CLI_REPEATED && cli_args_has(args, option->name)) {
        bk_detail_set(ret_detail, "--%s is given twice, leave one away", option->name);
        return BK_ERR_MALFORMED;
    }
    if (option->kind != CLI_FLAG) {
        if (has_value) {
            given.value = value.ptr;
        } else if (*at + 1 < argc) {
            given.value = argv[++*at];
        } else {
            bk_detail_set(ret_detail, "--%s wants a value: --%s %s", option->name, option->name,
                          option->value_name);
            return BK_ERR_MALFORMED;
        }
    }
    args->given[args->given_count++] = given;
    return BK_OK;
}

enum bk_err cli_args_parse(struct bk_arena *arena, const struct cli_option *options, int argc,
                           char **argv, size_t operand_min, size_t operand_max,
                           struct cli_args *ret_args, struct bk_detail *ret_detail)
{
    struct cli_args args = {0};
    size_t room = argc > 0 ? (size_t)argc : 1;
    args.given = bk_arena_alloc(arena, room * sizeof *args.given);
    args.operands = bk_arena_alloc(arena, room * sizeof *args.operands);

    bool options_end = false;
    for (int at = 0; at < argc; at++) {
        if (!options_end && strcmp(argv[at], "--") == 0) {
            options_end = true;
        } else if (!options_end && strcmp(argv[at], "-h") == 0) {
            args.given[args.given_count++] =
                (struct cli_args_given){find_option(cli_common_options, BK_STR("help")), NULL};
        } else if (!options_end && strncmp(argv[at], "--", 2) == 0) {
            enum bk_err err = add_option(&args, options, argv[at] + 2, &at, argc, argv, ret_detail);
            if (err != BK_OK)
                return err;
        } else if (!options_end && argv[at][0] == '-' && argv[at][1] != '\0') {
            bk_detail_set(ret_detail,
                          "no option \"%.64s\"; options begin with two dashes, --help "
                          "lists them",
                          argv[at]);
            return BK_ERR_MALFORMED;
        } else {
            args.operands[args.operand_count++] = argv[at];
        }
    }
    if (!cli_args_has(&args, "help")) {
        for (const struct cli_option *option = options; option->name != NULL; option++) {
            if (option->is_required && !cli_args_has(&args, option->name)) {
                bk_detail_set(ret_detail, "--%s %s is missing; see --help", option->name,
                              option->value_name);
                return BK_ERR_MALFORMED;
            }
        }
        if (args.operand_count < operand_min || args.operand_count > operand_max) {
            bk_detail_set(ret_detail, "%s; see --help",
                          args.operand_count < operand_min ? "an argument is missing"
                                                           : "too many arguments");
            return BK_ERR_MALFORMED;
        }
    }
    *ret_args = args;
    return BK_OK;
}

static const struct cli_args_given *find_given(const struct cli_args *args, const char *name,
                                               size_t *cursor)
{
    while (*cursor < args->given_count) {
        const struct cli_args_given *given = &args->given[(*cursor)++];
        if (strcmp(given->option->name, name) == 0)
            return given;
    }
    return NULL;
}

bool cli_args_has(const struct cli_args *args, const char *name)
{
    size_t cursor = 0;
    return find_given(args, name, &cursor) != NULL;
}

const char *cli_args_value(const struct cli_args *args, const char *name)
{
    size_t cursor = 0;
    return cli_args_next(args, name, &cursor);
}

const char *cli_args_next(const struct cli_args *args, const char *name, size_t *cursor)
{
    const struct cli_args_given *given = find_given(args, name, cursor);
    return given == NULL ? NULL : given->value;
}

size_t cli_args_count(const struct cli_args *args, const char *name)
{
    size_t cursor = 0, count = 0;
    while (find_given(args, name, &cursor) != NULL)
        count++;
    return count;
}
