/*
 * Command line of one command: option rows give parser, checks and help. Long options only
 * (--name VALUE, --name=VALUE), operands anywhere, "--" ends the options. Pure: prints nothing.
 */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

enum cli_option_kind {
    CLI_FLAG,    /* --name */
    CLI_VALUE,   /* --name VALUE, once */
    CLI_REPEATED /* --name VALUE, any number of times, in order */
};

struct cli_option {
    const char *name; /* without the dashes; NULL ends a table */
    enum cli_option_kind kind;
    bool is_required;
    const char *value_name; /* "T" in "--tenant T"; NULL for a flag */
    const char *help;       /* may hold line ends */
};

struct cli_args_given {
    const struct cli_option *option;
    const char *value; /* NULL for a flag; borrowed from argv */
};

struct cli_args {
    struct cli_args_given *given;
    size_t given_count;
    const char **operands;
    size_t operand_count;
};

/* Understood by every command: --settings FILE, --json, --help. */
extern const struct cli_option cli_common_options[];

/*
 * argv: what follows the command's name. BK_ERR_MALFORMED with a detail that names option, rule and
 * the --help to read; --help alone switches the checks of completeness off. ret_args lives in
 * the arena, texts in argv.
 */
BK_MUST_USE enum bk_err cli_args_parse(struct bk_arena *arena, const struct cli_option *options,
                                       int argc, char **argv, size_t operand_min,
                                       size_t operand_max, struct cli_args *ret_args,
                                       struct bk_detail *ret_detail);

bool cli_args_has(const struct cli_args *args, const char *name);
/* NULL when it was not given. */
const char *cli_args_value(const struct cli_args *args, const char *name);
/* Next value of a repeated option from *cursor (0 at first) on; NULL after the last. */
const char *cli_args_next(const struct cli_args *args, const char *name, size_t *cursor);
size_t cli_args_count(const struct cli_args *args, const char *name);

#endif
