/* See cisco_config.h. */
#include "cisco_config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "xml.h"

#define RULE "Profile_Rule"

static bool add(struct sim_config *config, const char *name, const char *value, int line,
                struct sim_fault *fault)
{
    return sim_config_add(config,
                          (struct sim_pair){sim_strdup(name),
                                            sim_strdup(value == NULL ? "" : value),
                                            value == NULL || value[0] == '\0', line},
                          fault);
}

/* "--uid u --pwd p" between the brackets; text is taken apart in place. */
static bool options_take(char *text, const char **ret_user, const char **ret_password)
{
    char *rest = NULL;
    for (char *word = strtok_r(text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        char *value = strtok_r(NULL, " ", &rest);
        if (value == NULL)
            return false;
        if (strcmp(word, "--uid") == 0 && *ret_user == NULL)
            *ret_user = value;
        else if (strcmp(word, "--pwd") == 0 && *ret_password == NULL)
            *ret_password = value;
        else
            return false;
    }
    return true;
}

static bool rule_add(struct sim_config *config, const char *value, int line,
                     struct sim_fault *fault)
{
    char *copy = sim_strdup(value), *url = copy;
    const char *user = NULL, *password = NULL;
    bool good = true;
    while (*url == ' ')
        url++;
    if (*url == '[') {
        char *end = strchr(url, ']');
        good = end != NULL;
        if (good) {
            *end = '\0';
            good = options_take(url + 1, &user, &password);
            url = end + 1;
        }
        while (good && *url == ' ')
            url++;
    }
    if (good)
        good = strpbrk(url, " |()[]?\"'") == NULL;
    if (!good)
        sim_fault_set(fault, line, RULE ": not a rule that this phone understands");
    good = good && add(config, RULE, url, line, fault) &&
           add(config, RULE " --uid", user, line, fault) &&
           add(config, RULE " --pwd", password, line, fault);
    free(copy);
    return good;
}

static bool name_is_good(const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        if (!isalnum((unsigned char)*at) && strchr("_-.", *at) == NULL)
            return false;
    }
    return strlen(name) <= 128;
}

static bool parameter_add(struct sim_config *config, const struct sim_element *element,
                          struct sim_fault *fault)
{
    const char *access = sim_xml_attribute(element, "ua");
    if (!sim_xml_attributes_check(element, "ua", fault))
        return false;
    if (element->child_count > 0 || !name_is_good(element->name)) {
        sim_fault_set(fault, element->line, "%.80s is no parameter", element->name);
        return false;
    }
    if (access != NULL && strcmp(access, "na") != 0 && strcmp(access, "ro") != 0 &&
        strcmp(access, "rw") != 0) {
        sim_fault_set(fault, element->line, "%.80s: ua is none of na, ro, rw", element->name);
        return false;
    }
    return sim_xml_is(element, RULE)
               ? rule_add(config, element->text.data, element->line, fault)
               : add(config, element->name, element->text.data, element->line, fault);
}

bool sim_cisco_config_parse(const char *text, size_t len, struct sim_config *ret_config,
                            struct sim_fault *ret_fault)
{
    struct sim_element root;
    struct sim_config config = {0};
    if (!sim_xml_parse(text, len, &root, ret_fault))
        return false;
    const struct sim_element *profile = &root;
    if (sim_xml_is(profile, "device") && profile->child_count == 1)
        profile = &profile->children[0];
    bool good = sim_xml_is(profile, "flat-profile") && profile->text.len == 0;
    if (!good)
        sim_fault_set(ret_fault, root.line, "no flat-profile where it should be");
    good = good && sim_xml_attributes_check(&root, "", ret_fault) &&
           sim_xml_attributes_check(profile, "", ret_fault);
    for (size_t i = 0; good && i < profile->child_count; i++)
        good = parameter_add(&config, &profile->children[i], ret_fault);
    good = good && sim_config_keys_are_unique(&config, ret_fault);
    sim_xml_free(&root);
    if (good)
        *ret_config = config;
    else
        sim_config_free(&config);
    return good;
}
