/*
 * beckon: what an operator does by hand. The table of commands, their help, and what every run has
 * in common; each command is a file of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "base/harden.h"
#include "cli.h"
#include "commands.h"
#include "settings.h"
#include "web/json_memory.h"

static const struct cli_command *const commands[] = {
    &cli_cmd_migrate,
    &cli_cmd_check,
    &cli_cmd_maintain,
    &cli_cmd_keys_new,
    &cli_cmd_keys_jwt,
    &cli_cmd_keys_rotate,
    &cli_cmd_tenant_add,
    &cli_cmd_tenant_list,
    &cli_cmd_user_add,
    &cli_cmd_user_list,
    &cli_cmd_user_password,
    &cli_cmd_user_disable,
    &cli_cmd_user_enable,
    &cli_cmd_pbx_add,
    &cli_cmd_pbx_control,
    &cli_cmd_pbx_list,
    &cli_cmd_extension_add,
    &cli_cmd_extension_list,
    &cli_cmd_device_add,
    &cli_cmd_device_import,
    &cli_cmd_device_list,
    &cli_cmd_device_show,
    &cli_cmd_device_accept,
    &cli_cmd_device_block,
    &cli_cmd_device_arm,
    &cli_cmd_device_enrol,
    &cli_cmd_device_disarm,
    &cli_cmd_anomaly_list,
    &cli_cmd_key_template_add,
    &cli_cmd_key_template_set,
    &cli_cmd_key_template_use,
    &cli_cmd_key_template_list,
    &cli_cmd_key_template_show,
    &cli_cmd_key_template_delete,
    &cli_cmd_key_rule_set,
    &cli_cmd_key_rule_list,
    &cli_cmd_key_rule_preview,
    &cli_cmd_site_add,
    &cli_cmd_site_addresses,
    &cli_cmd_site_list,
    &cli_cmd_policy_show,
    &cli_cmd_policy_set,
    &cli_cmd_setting_set,
    &cli_cmd_setting_list,
    &cli_cmd_trust_root_import,
    &cli_cmd_trust_root_list,
    &cli_cmd_cert_rule_add,
    &cli_cmd_cert_rule_list,
    &cli_cmd_cert_rule_delete,
    &cli_cmd_certificate_block,
    &cli_cmd_certificate_unblock,
    &cli_cmd_certificate_list,
    &cli_cmd_visits,
    &cli_cmd_refusals,
    &cli_cmd_upload_list,
    &cli_cmd_upload_show,
    &cli_cmd_upload_delete,
    &cli_cmd_render,
    &cli_cmd_explain,
    &cli_cmd_identify,
    &cli_cmd_ban_list,
    &cli_cmd_ban_add,
    &cli_cmd_ban_lift,
};

static void print_help(FILE *out)
{
    fputs("beckon " BK_VERSION ": provisioning of IP phones, from the operator's side\n\n"
          "Usage: beckon COMMAND [OPTIONS]\n\nCommands:\n",
          out);
    for (size_t i = 0; i < BK_COUNT(commands); i++)
        fprintf(out, "  %-19s %s\n", commands[i]->name, commands[i]->summary);
    fputs(
        "\n`beckon COMMAND --help` explains one. Every command takes --json and --settings FILE.\n"
        "\nEnvironment: BECKON_PG (libpq connection string), BECKON_MASTER_KEY_FILE,\n"
        "BECKON_PUBLIC_URL, BECKON_ENROLMENT_URL; or the same keys in --settings FILE.\n"
        "\nExit codes: 0 done, 1 failed, 2 wrong usage.\n",
        out);
}

static void print_options(FILE *out, const struct cli_option *options)
{
    for (; options->name != NULL; options++) {
        char head[64];
        snprintf(head, sizeof head, "--%s%s%s", options->name,
                 options->value_name != NULL ? " " : "",
                 options->value_name != NULL ? options->value_name : "");
        fprintf(out, "  %-26s ", head);
        for (const char *c = options->help; *c != '\0'; c++) {
            fputc(*c, out);
            if (*c == '\n')
                fprintf(out, "%29s", "");
        }
        if (options->kind == CLI_REPEATED)
            fputs(" (may be repeated)", out);
        if (options->is_required)
            fputs(" (required)", out);
        fputc('\n', out);
    }
}

static void print_command_help(const struct cli_command *command, FILE *out)
{
    fprintf(out, "Usage: beckon %s%s%s [OPTIONS]\n\n%s\n\nOptions:\n", command->name,
            command->operands[0] != '\0' ? " " : "", command->operands, command->text);
    print_options(out, command->options);
    print_options(out, cli_common_options);
    fprintf(out,
            "\nExample:\n  %s\n\nExit codes: 0 done, 1 failed, 2 wrong "
            "usage.\n",
            command->example);
}

/* The command whose words stand first in argv; *ret_words tells how many. */
static const struct cli_command *find_command(int argc, char **argv, int *ret_words)
{
    for (size_t i = 0; i < BK_COUNT(commands); i++) {
        struct bk_str rest = bk_str_of(commands[i]->name);
        int words = 0;
        while (rest.len > 0 && words < argc &&
               bk_str_eq(bk_str_of(argv[words]), bk_str_slice(rest, 0, strlen(argv[words]))) &&
               (rest.len == strlen(argv[words]) || rest.ptr[strlen(argv[words])] == ' '))
            (void)bk_str_cut(&rest, ' '), words++;
        if (rest.len == 0) {
            *ret_words = words;
            return commands[i];
        }
    }
    return NULL;
}

/* "device" alone, or "device --help": the commands that begin so. True when there are any. */
static bool print_family(const char *word, FILE *out)
{
    bool has_any = false;
    for (size_t i = 0; i < BK_COUNT(commands); i++) {
        struct bk_str rest = bk_str_of(commands[i]->name);
        if (!bk_str_eq(bk_str_cut(&rest, ' '), bk_str_of(word)))
            continue;
        fprintf(out, "  beckon %-19s %s\n", commands[i]->name, commands[i]->summary);
        has_any = true;
    }
    return has_any;
}

static void print_problems(const json_t *problems)
{
    for (size_t i = 0; i < json_array_size(problems); i++) {
        const json_t *one = json_array_get(problems, i);
        json_int_t line = json_integer_value(json_object_get(one, "line"));
        const char *column = json_string_value(json_object_get(one, "column"));
        if (line > 0)
            fprintf(stderr, "line %" JSON_INTEGER_FORMAT, line);
        if (column != NULL)
            fprintf(stderr, "%scolumn %s", line > 0 ? ", " : "", column);
        if (line > 0 || column != NULL)
            fputs(": ", stderr);
        cli_out_text(stderr, bk_str_of(json_string_value(json_object_get(one, "detail"))));
        fputc('\n', stderr);
    }
}

static void print_error(const struct cli *cli, const char *name)
{
    const char *detail = cli->detail.text;
    if (cli->is_json) {
        json_t *answer = json_object();
        json_object_set_new(answer, "error", json_string(name));
        json_object_set_new(answer, "detail", cli_json_text(bk_str_of(detail)));
        if (cli->problems != NULL)
            json_object_set(answer, "problems", cli->problems);
        cli_out_json(stderr, answer);
        json_decref(answer);
        return;
    }
    print_problems(cli->problems);
    fprintf(stderr, "beckon%s%s: ", cli->command != NULL ? " " : "",
            cli->command != NULL ? cli->command->name : "");
    cli_out_text(stderr, bk_str_of(detail));
    fputc('\n', stderr);
}

static int finish(struct cli *cli, enum bk_err err)
{
    if (err == BK_OK && (fflush(stdout) != 0 || ferror(stdout))) {
        bk_detail_set(&cli->detail, "the answer could not be written to standard output");
        err = BK_ERR_IO;
    }
    if (err == BK_OK)
        return CLI_EXIT_GOOD;
    if (cli->detail.text[0] == '\0')
        bk_detail_set(&cli->detail, "%s", bk_err_text(err));
    print_error(cli, err == BK_ERR_MALFORMED ? "usage" : bk_err_name(err));
    return err == BK_ERR_MALFORMED ? CLI_EXIT_USAGE : CLI_EXIT_FAILED;
}

/* --json counts for errors of usage too, so it is looked for before the parser has understood. */
static bool wants_json(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--json") == 0)
            return true;
    }
    return false;
}

static enum bk_err run(struct cli *cli, int argc, char **argv)
{
    int words = 0;
    cli->command = find_command(argc, argv, &words);
    if (cli->command == NULL) {
        if (argc > 0 && print_family(argv[0], stderr))
            bk_detail_set(&cli->detail, "\"%.64s\" is the first word of the commands above",
                          argv[0]);
        else
            bk_detail_set(&cli->detail, "no command \"%.64s\"; `beckon --help` lists them",
                          argv[0]);
        return BK_ERR_MALFORMED;
    }
    const struct cli_command *command = cli->command;
    enum bk_err err =
        cli_args_parse(cli->arena, command->options, argc - words, argv + words,
                       command->operand_min, command->operand_max, &cli->args, &cli->detail);
    if (err != BK_OK)
        return err;
    if (cli_has(cli, "help")) {
        print_command_help(command, stdout);
        return BK_OK;
    }
    cli->settings_file = cli_value(cli, "settings");
    err = cli_settings_read(cli->settings_file, &cli->settings, &cli->detail);
    if (err != BK_OK)
        return err;
    err = command->run(cli);
    return cli->in_transaction ? cli_end(cli, err == BK_OK ? BK_ERR_INTERNAL : err) : err;
}

int main(int argc, char **argv)
{
    bk_harden_process(); /* keys and passwords pass through here */
    bk_json_memory_init();

    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help(argc < 2 ? stderr : stdout);
        return argc < 2 ? CLI_EXIT_USAGE : CLI_EXIT_GOOD;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("beckon " BK_VERSION);
        return CLI_EXIT_GOOD;
    }
    struct cli cli = {.arena = bk_arena_new(), .is_json = wants_json(argc - 1, argv + 1)};
    int code = finish(&cli, run(&cli, argc - 1, argv + 1));

    bk_pgc_close(cli.pg);
    json_decref(cli.problems);
    bk_master_keys_free(cli.master_keys);
    cli_settings_free(&cli.settings);
    bk_arena_free(cli.arena);
    return code;
}
