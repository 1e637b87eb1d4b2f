/*
 * Settings of the command line: from the environment, or from a file that may be a server's own.
 */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include "cli.h"

/* file NULL: the environment alone (BECKON_SETTINGS may name a file). */
BK_MUST_USE enum bk_err cli_settings_read(const char *file, struct cli_settings *ret_settings,
                                          struct bk_detail *ret_detail);
void cli_settings_free(struct cli_settings *settings);

#endif
