/*
 * What values a phone takes for a parameter: rows of a pattern and its values. For the
 * personalities whose fact pages tell the names of parameters in a form that counts.
 */
#ifndef PHONESIM_RULE_H
#define PHONESIM_RULE_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"

enum sim_rule_kind { SIM_RULE_TEXT, SIM_RULE_NUMBER, SIM_RULE_WORDS };

/* '#' stands for a number from 1 (row's first at 0: has_zero) to the row's next limit. */
struct sim_rule {
    const char *pattern;
    int limits[3]; /* of each '#' */
    enum sim_rule_kind kind;
    int min, max;      /* SIM_RULE_NUMBER */
    const char *words; /* SIM_RULE_WORDS: blank separated */
    bool has_zero;
};

/* As sim_maker.check, by a table that ends with a row of NULL. */
bool sim_rules_check(const struct sim_rule *rules, const struct sim_pair *pair, bool *ret_known,
                     struct sim_fault *ret_fault);

#endif
