/*
 * Cisco's configuration file: <flat-profile>, alone or within <device>, with one element a
 * parameter; its attribute ua tells what the user of the phone may do with it. An empty element
 * resets.
 *
 *     <flat-profile><Line_Enable_1_ ua="na">Yes</Line_Enable_1_>…</flat-profile>
 */
#ifndef PHONESIM_CISCO_CONFIG_H
#define PHONESIM_CISCO_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"

/*
 * A Profile_Rule is taken apart: "[--uid u --pwd p]URL" gives Profile_Rule (the URL) and
 * "Profile_Rule --uid", "Profile_Rule --pwd", which are reset by a rule without them. Other
 * options, conditions and alternatives are more than this phone understands: a fault.
 */
bool sim_cisco_config_parse(const char *text, size_t len, struct sim_config *ret_config,
                            struct sim_fault *ret_fault);

#endif
