/*
 * The neutral settings there are, and which maker has which by what parameters: `beckon setting
 * list --keys`, and docs/phone-settings.md.
 */
#ifndef CLI_SETTING_KEYS_H
#define CLI_SETTING_KEYS_H

#include "cli.h"

enum bk_err cli_setting_keys(struct cli *cli, bool is_markdown);

#endif
