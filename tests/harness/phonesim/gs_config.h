/*
 * Grandstream's configuration file, read as the maker's guides tell it: XML of one shape,
 *
 *     <?xml version="1.0" encoding="UTF-8"?>
 *     <gs_provision version="1">
 *     <mac>c074ad0b63ee</mac>
 *     <config version="1"><P47>sip.example</P47></config>
 *     <config version="2"><item name="account.5.sip.userid">1005</item></config>
 *     </gs_provision>
 *
 * An instrument as config.h: any other shape is a fault. DOCTYPE, CDATA and processing
 * instructions are not read at all, so nothing is ever expanded or fetched by a file's word.
 */
#ifndef PHONESIM_GS_CONFIG_H
#define PHONESIM_GS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"

/*
 * mac: this phone's, 12 lower-case hexadecimal digits; a file with another's is a fault. Names are
 * P and 1 to 5 digits, or aliases; an empty element resets. Twice the same name: a fault.
 */
bool sim_gs_config_parse(const char *text, size_t len, const char *mac,
                         struct sim_config *ret_config, struct sim_fault *ret_fault);

#endif
