/*
 * The manual of a service's settings, made from its option rows: --help and docs/settings.md.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "conf/settings.h"
#include "conf/settings_env.h"

void bk_settings_env_name(const char *prefix, const char *key, char *ret_name, size_t size)
{
    size_t len = strlen(prefix);
    if (len + strlen(key) >= size) {
        /* Keys are ours; a cut one would be read from another variable. */
        fprintf(stderr, "key of a setting is too long: %s\n", key);
        abort();
    }
    memcpy(ret_name, prefix, len);
    for (; *key != '\0'; key++) {
        char c = *key;
        bool is_lower = c >= 'a' && c <= 'z';
        bool is_kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        ret_name[len++] = is_lower ? (char)(c - 'a' + 'A') : is_kept ? c : '_';
    }
    ret_name[len] = '\0';
}

static void print_length(const struct bk_option *option, const char *what, FILE *out)
{
    int64_t max = option->max > 0 ? option->max : BK_OPTION_TEXT_MAX;
    fprintf(out, "%s, %" PRId64 " to %" PRId64 " bytes", what, option->min, max);
}

/* "number, 1 to 65535" */
static void print_type(const struct bk_option *option, FILE *out)
{
    switch (option->type) {
    case BK_T_BOOL:
        fputs("true or false", out);
        break;
    case BK_T_INT:
        fprintf(out, "number, %" PRId64 " to %" PRId64, option->min, option->max);
        break;
    case BK_T_TEXT:
        print_length(option, "text", out);
        break;
    case BK_T_SECRET:
        print_length(option, "secret", out);
        break;
    case BK_T_PATH:
        fputs("path of a file", out);
        break;
    case BK_T_ENUM:
        fprintf(out, "one of: %s", option->words);
        break;
    case BK_T_LIST:
        if (option->words == NULL || option->words[0] == '\0')
            fputs("words, commas between", out);
        else
            fprintf(out, "commas between any of: %s", option->words);
        break;
    case BK_T_ADDRESS:
        fputs("host:port, [v6]:port or unix:/path", out);
        break;
    }
}

/* NULL when the row has none, or none that may be shown. */
static const char *default_of(const struct bk_option *option)
{
    return option->type == BK_T_SECRET ? NULL : option->default_text;
}

typedef void row_fn(const struct bk_setting_row *row, const char *prefix, FILE *out);

static void print_rows(const struct bk_setting_row *rows, const char *prefix, row_fn *print,
                       FILE *out)
{
    for (; rows->option.key != NULL; rows++)
        print(rows, prefix, out);
}

/* "listener.<name>." and its variable "LISTENER_<NAME>_" */
static void full_names(const struct bk_setting_row *row, const char *prefix,
                       char (*ret_key)[BK_SETTINGS_KEY_SIZE], char (*ret_env)[BK_SETTINGS_ENV_SIZE])
{
    if (prefix == NULL) {
        snprintf(*ret_key, sizeof *ret_key, "%s", row->option.key);
        bk_settings_env_name("BECKON_", row->option.key, *ret_env, sizeof *ret_env);
        return;
    }
    char head[64], tail[BK_SETTINGS_ENV_SIZE - 64 - sizeof "_<NAME>_"];
    bk_settings_env_name("BECKON_", prefix, head, sizeof head);
    bk_settings_env_name("", row->option.key, tail, sizeof tail);
    snprintf(*ret_env, sizeof *ret_env, "%s_<NAME>_%s", head, tail);
    snprintf(*ret_key, sizeof *ret_key, "%s.<name>.%s", prefix, row->option.key);
}

static void help_row(const struct bk_setting_row *row, const char *prefix, FILE *out)
{
    char key[BK_SETTINGS_KEY_SIZE], env[BK_SETTINGS_ENV_SIZE];
    const char *default_text = default_of(&row->option);
    full_names(row, prefix, &key, &env);
    fprintf(out, "  %s\n      %s\n      ", key, env);
    print_type(&row->option, out);
    if (default_text != NULL)
        fprintf(out, "; default \"%s\"", default_text);
    else
        fputs("; no default", out);
    fprintf(out, "%s\n      %s\n", row->is_reloadable ? "; reloaded on SIGHUP" : "",
            row->option.help);
}

void bk_settings_print_help(const struct bk_settings *settings, FILE *out)
{
    fprintf(out,
            "%s: %s\n\n"
            "Usage: %s [--settings FILE] [--key=value ...]\n\n"
            "  --settings FILE       read settings from FILE (or BECKON_SETTINGS)\n"
            "  --check-config        read and check all settings, then stop\n"
            "  --print-settings-md   print these settings as a page of the manual\n"
            "  --help                print this\n\n"
            "Each setting below can be given, highest first, on the command line as --key=value,\n"
            "by its environment variable, or in the file as a line `key = value`.\n\n",
            settings->service, settings->summary, settings->service);
    print_rows(settings->rows, NULL, help_row, out);
    for (const struct bk_setting_group *group = settings->groups;
         group != NULL && group->prefix != NULL; group++) {
        fprintf(out, "\nAt most %zu of these, each with a name of its own:\n\n", group->count_max);
        print_rows(group->rows, group->prefix, help_row, out);
    }
}

/* A bar would end the table cell. */
static void print_cell(const char *text, FILE *out)
{
    for (; *text != '\0'; text++) {
        if (*text == '|')
            fputc('\\', out);
        fputc(*text == '\n' ? ' ' : *text, out);
    }
}

static void markdown_row(const struct bk_setting_row *row, const char *prefix, FILE *out)
{
    char key[BK_SETTINGS_KEY_SIZE], env[BK_SETTINGS_ENV_SIZE];
    const char *default_text = default_of(&row->option);
    full_names(row, prefix, &key, &env);
    fprintf(out, "| `%s`<br>`%s` | ", key, env);
    print_type(&row->option, out);
    fputs(" | ", out);
    if (default_text == NULL) {
        fputs("none", out);
    } else if (default_text[0] == '\0') {
        fputs("empty", out);
    } else {
        fputc('`', out);
        print_cell(default_text, out);
        fputc('`', out);
    }
    fprintf(out, " | %s | ", row->is_reloadable ? "SIGHUP" : "restart");
    print_cell(row->option.help, out);
    fputs(" |\n", out);
}

static void markdown_table(const struct bk_setting_row *rows, const char *prefix, FILE *out)
{
    fputs("| key, variable | value | default | change needs | meaning |\n"
          "| --- | --- | --- | --- | --- |\n",
          out);
    print_rows(rows, prefix, markdown_row, out);
}

void bk_settings_print_markdown(const struct bk_settings *settings, FILE *out)
{
    fprintf(out, "## %s\n\n%s\n\n", settings->service, settings->summary);
    markdown_table(settings->rows, NULL, out);
    for (const struct bk_setting_group *group = settings->groups;
         group != NULL && group->prefix != NULL; group++) {
        fprintf(out, "\n### %s: `%s.<name>.…`\n\nAt most %zu, each with a name of its own.\n\n",
                settings->service, group->prefix, group->count_max);
        markdown_table(group->rows, group->prefix, out);
    }
}
