/* Where a phone asks: https and nothing else. */
#ifndef PHONESIM_URL_H
#define PHONESIM_URL_H

#include <stdbool.h>

#include "util.h"

/* "https://host[:port][/path]" taken apart; path begins with '/' or is empty, without one at the
 * end. */
struct sim_url {
    char host[256], port[6], path[512];
    bool is_address; /* host is an IP address */
};
bool sim_url_parse(const char *text, struct sim_url *ret_url, struct sim_fault *ret_fault);
char *sim_url_trimmed(const char *text); /* without '/' at the end; owned */

#endif
