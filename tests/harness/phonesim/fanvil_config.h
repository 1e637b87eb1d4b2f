/*
 * Fanvil's configuration as text:
 *
 *     <<VOIP CONFIG FILE>>Version:2.0000000000
 *
 *     <SIP CONFIG MODULE>
 *     --SIP Line List--  :
 *     SIP1 Phone Number  :101
 *
 *     <<END OF FILE>>
 *
 * Blanks before the colon belong to nothing; behind it all is value. The lines in dashes head what
 * follows: keys begin anew on each page "--Dsskey Config2--:" and are called "Dsskey Config2 Fkey1
 * Type"; other headings mean nothing. An empty value resets. The other two spellings, which are
 * XML, are not read.
 */
#ifndef PHONESIM_FANVIL_CONFIG_H
#define PHONESIM_FANVIL_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"

#define SIM_FANVIL_VERSION_SIZE 32 /* digits, a dot, digits */

bool sim_fanvil_config_parse(const char *text, size_t len, struct sim_config *ret_config,
                             char (*ret_version)[SIM_FANVIL_VERSION_SIZE],
                             struct sim_fault *ret_fault);

/* Is version newer than held? Both as in a file. */
bool sim_fanvil_version_is_newer(const char *version, const char *held);

#endif
