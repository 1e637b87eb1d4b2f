/* See rule.h. */
#include "rule.h"

#include <stdlib.h>
#include <string.h>

static bool pattern_matches(const struct sim_rule *rule, const char *key, bool *ret_in_range)
{
    size_t number = 0;
    bool in_range = true;
    const char *at = key;
    for (const char *want = rule->pattern; *want != '\0'; want++) {
        if (*want != '#') {
            if (*at++ != *want)
                return false;
            continue;
        }
        size_t digits = strspn(at, "0123456789");
        bool is_zero = digits == 1 && at[0] == '0';
        if (digits == 0 || (at[0] == '0' && !(is_zero && rule->has_zero)) || digits > 6)
            return false;
        in_range = in_range && strtol(at, NULL, 10) <= rule->limits[number];
        number++;
        at += digits;
    }
    *ret_in_range = in_range;
    return *at == '\0';
}

static const struct sim_rule *rule_of(const struct sim_rule *rules, const char *key,
                                      bool *ret_in_range)
{
    for (; rules->pattern != NULL; rules++) {
        if (pattern_matches(rules, key, ret_in_range))
            return rules;
    }
    return NULL;
}

static bool word_is_in(const char *words, const char *word)
{
    size_t len = strcspn(word, " ");
    if (word[len] != '\0')
        return false; /* one word, not two that stand beside each other */
    for (const char *at = words; len > 0 && (at = strstr(at, word)) != NULL; at += len) {
        if ((at == words || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
    }
    return false;
}

static bool value_is_good(const struct sim_rule *rule, const char *value)
{
    int number = 0;
    switch (rule->kind) {
    case SIM_RULE_NUMBER:
        return sim_int_parse(value, &number) && number >= rule->min && number <= rule->max;
    case SIM_RULE_WORDS:
        return word_is_in(rule->words, value);
    case SIM_RULE_TEXT:
    default:
        return true;
    }
}

bool sim_rules_check(const struct sim_rule *rules, const struct sim_pair *pair, bool *ret_known,
                     struct sim_fault *ret_fault)
{
    bool in_range = true;
    const struct sim_rule *rule = rule_of(rules, pair->key, &in_range);
    *ret_known = rule != NULL;
    if (rule != NULL && !in_range)
        sim_fault_set(ret_fault, pair->line, "%s: this phone has no such number", pair->key);
    else if (rule != NULL && !pair->is_reset && !value_is_good(rule, pair->value))
        sim_fault_set(ret_fault, pair->line, "%s: \"%.80s\" is not a value of it", pair->key,
                      pair->value);
    else
        return true;
    return false;
}
