/*
 * Words of User-Agents: what makers' forms have in common. For the drivers' match_agent.
 */
#ifndef VENDOR_AGENT_H
#define VENDOR_AGENT_H

#include <stdbool.h>
#include <stddef.h>

#include "vendor/vendor.h"

#define BK_AGENT_BYTES_MAX 256
#define BK_AGENT_WORD_MAX 9

struct bk_agent_words {
    struct bk_str words[BK_AGENT_WORD_MAX];
    size_t count;
};

/* Cut at blanks, one or several. False: longer than any phone's. */
bool bk_agent_split(struct bk_str agent, struct bk_agent_words *ret_words);

/* "9.72.0.30", and a hardware's "28.1.0.128.0.0.0": numbers with three dots or more. */
bool bk_agent_is_version(struct bk_str word);
bool bk_agent_is_release(struct bk_str word); /* "4.1.0", "3.54": numbers with one dot or more */
/* Up to 32 letters, digits, hyphens and underscores. */
bool bk_agent_is_model(struct bk_str word);
bool bk_is_digits(struct bk_str text); /* one or more, nothing else */

/* The plain form, maker in any case: "Flyingvoice FIP13G V0.6.24 00:21:F2:22:AE:F1". The V and the
 * MAC may be missing. */
bool bk_agent_match_plain(struct bk_str agent, struct bk_str maker, struct bk_agent *ret_agent);

#endif
