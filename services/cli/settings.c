/*
 * Settings of the command line. The file may be that of beckon-config: keys which only a server
 * knows are passed over.
 */
#include "settings.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/settings.h"

#define LISTENER_MAX 16
#define HOST_MAX 16

static const struct bk_setting_row rows[] = {
    {{"pg", BK_T_SECRET, 1, 2048, NULL, "PostgreSQL: libpq connection string or URI", NULL},
     offsetof(struct cli_settings, pg),
     false},
    {{"master_key_file", BK_T_PATH, 1, 1024, NULL, "File with the master key", NULL},
     offsetof(struct cli_settings, master_key_file),
     false},
    {{"master_key", BK_T_SECRET, 64, 64, NULL, "The master key itself, 64 hex digits", NULL},
     offsetof(struct cli_settings, master_key),
     false},
    {{"master_key_previous_file", BK_T_PATH, 0, 1024, NULL, "File with the key before it", NULL},
     offsetof(struct cli_settings, master_key_previous_file),
     false},
    {{"master_key_previous", BK_T_SECRET, 0, 64, NULL, "The same as 64 hex digits", NULL},
     offsetof(struct cli_settings, master_key_previous),
     false},
    {{"public_url", BK_T_TEXT, 8, 255, NULL, "What phones call: https://host[:port]", NULL},
     offsetof(struct cli_settings, public_url),
     false},
    {{"models_dir", BK_T_PATH, 0, 1024, NULL, "Folder of further <vendor>.tsv model tables", NULL},
     offsetof(struct cli_settings, models_dir),
     false},
    {{"enrolment_url", BK_T_TEXT, 0, 200, NULL, "What phones without a certificate call", NULL},
     offsetof(struct cli_settings, enrolment_url),
     false},
    {{0}, 0, false},
};

static const struct bk_setting_row listener_rows[] = {
    {{"cert", BK_T_TEXT, 1, 2048, NULL, "Server certificates, PEM files", NULL},
     offsetof(struct cli_listener, cert),
     false},
    {{"key", BK_T_TEXT, 1, 2048, NULL, "Their keys, PEM files", NULL},
     offsetof(struct cli_listener, key),
     false},
    {{0}, 0, false},
};

static const struct bk_setting_group groups[] = {
    {"listener", listener_rows, sizeof(struct cli_listener), offsetof(struct cli_listener, name),
     offsetof(struct cli_settings, listeners), offsetof(struct cli_settings, listener_count),
     LISTENER_MAX},
    {"host", listener_rows, sizeof(struct cli_listener), offsetof(struct cli_listener, name),
     offsetof(struct cli_settings, hosts), offsetof(struct cli_settings, host_count), HOST_MAX},
    {0},
};

static const struct bk_settings settings = {
    .service = "beckon",
    .summary = "Command line of the operator.",
    .rows = rows,
    .groups = groups,
    .passes_unknown = true,
};

enum bk_err cli_settings_read(const char *file, struct cli_settings *ret_settings,
                              struct bk_detail *ret_detail)
{
    char name[] = "beckon", option[] = "--settings";
    char *path = file == NULL ? NULL : strdup(file);
    char *argv[] = {name, option, path, NULL};
    struct bk_settings_flags flags = {0};
    char *report = NULL;
    size_t report_len = 0;
    FILE *err_out = open_memstream(&report, &report_len);
    enum bk_err err = BK_ERR_NO_MEMORY;
    if (err_out == NULL || (file != NULL && path == NULL)) {
        bk_detail_set(ret_detail, "%s", bk_err_text(err));
        goto out;
    }
    *ret_settings = (struct cli_settings){0};
    err = bk_settings_read(&settings, file == NULL ? 1 : 3, argv, environ, ret_settings, &flags,
                           err_out);
out:
    if (err_out != NULL)
        fclose(err_out);
    if (err != BK_OK && report_len > 0) {
        struct bk_str rest = {report, report_len};
        struct bk_str first = bk_str_cut(&rest, '\n');
        bk_detail_set(ret_detail, "settings: %.*s%s", BK_STR_ARG(first),
                      rest.len > 0 ? " (and more)" : "");
    }
    free(report);
    free(path);
    return err;
}

void cli_settings_free(struct cli_settings *target)
{
    bk_settings_free(&settings, target);
}
