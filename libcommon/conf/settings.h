/*
 * Settings of a service: option rows -> struct. Values come, highest first, from the command line
 * (--key=value), the environment (BECKON_<KEY>, dots as underscores, upper case) and a file of
 * `key = value` lines (--settings FILE, or BECKON_SETTINGS). Unknown keys in the file are errors,
 * so that a slip of the pen is heard; unknown BECKON_ variables are not (other services' settings).
 *
 * A file holds one `key = value` a line; blanks around both are taken off, lines that begin with
 * '#' and empty ones are skipped, and a '#' further on belongs to the value. At most 64 KiB of
 * UTF-8, lines of at most 4096 bytes, each key once. An empty environment variable counts as not
 * set, as compose files pass them. A row without default that nobody sets leaves its member zero.
 *
 * Rows that repeat ("listener.<name>.address") belong to a group: a table of its own whose target
 * is an array of structs, one element a name, in the order of their first appearance. Keys of its
 * rows are what follows the name ("address"); names are 1 to 32 of a-z, 0-9 and '-', where '-' is
 * an underscore in BECKON_LISTENER_<NAME>_ADDRESS.
 */
#ifndef CONF_SETTINGS_H
#define CONF_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/option.h"

/* Where a row's value goes, by type: bool, int64_t, char * (owned by the settings), int (enum). */
struct bk_setting_row {
    struct bk_option option;
    size_t offset;      /* in the target struct */
    bool is_reloadable; /* SIGHUP may change it */
};

struct bk_setting_group {
    const char *prefix; /* "listener" */
    const struct bk_setting_row *rows;
    size_t element_size;
    size_t name_offset;  /* char * in the element */
    size_t array_offset; /* element * in the target */
    size_t count_offset; /* size_t in the target */
    size_t count_max;
};

struct bk_settings {
    const char *service;                   /* "beckon-config" */
    const char *summary;                   /* one sentence for --help */
    const struct bk_setting_row *rows;     /* end: option.key NULL */
    const struct bk_setting_group *groups; /* may be NULL; end: prefix NULL */
    bool passes_unknown; /* keys of a file that no row knows are left alone: it is another service's
                          */
};

struct bk_settings_flags {
    bool check_only; /* --check-config: read, say "settings are good", stop (the caller says it) */
    bool help;
    bool markdown; /* --print-settings-md: this service's part of docs/settings.md */
};

/*
 * Read all sources into *target (zeroed by the caller, empty again after an error). Errors are
 * written to `err_out`, one line each and all of them, naming source, key, limit and cure; then
 * BK_ERR_INVALID (BK_ERR_NO_MEMORY when that is what failed). Never the value of a secret.
 * argv: --settings FILE, --key=value, --check-config, --help, --print-settings-md. The last two set
 * their flag and nothing is read, so that a broken file does not hide the manual.
 */
BK_MUST_USE enum bk_err bk_settings_read(const struct bk_settings *settings, int argc, char **argv,
                                         char **environment, void *target,
                                         struct bk_settings_flags *ret_flags, FILE *err_out);
void bk_settings_free(const struct bk_settings *settings, void *target);

/* The manual, made from the rows: for --help, and for docs/settings.md. */
void bk_settings_print_help(const struct bk_settings *settings, FILE *out);
void bk_settings_print_markdown(const struct bk_settings *settings, FILE *out);

#endif
