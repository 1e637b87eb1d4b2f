/* See poly_config.h. */
#include "poly_config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xml.h"

#define NAME_MAX_LEN 128

/* --- the master file ------------------------------------------------------------------------- */

/* "a.cfg, b.cfg" */
static bool files_split(const char *list, int line, struct sim_poly_master *master,
                        struct sim_fault *fault)
{
    for (const char *at = list;;) {
        size_t len = strcspn(at, ",");
        const char *begin = at, *end = at + len;
        while (begin < end && *begin == ' ')
            begin++;
        while (end > begin && end[-1] == ' ')
            end--;
        if (begin < end) {
            if (master->count == SIM_POLY_FILE_MAX) {
                sim_fault_set(fault, line, "more than %d CONFIG_FILES", SIM_POLY_FILE_MAX);
                return false;
            }
            master->files[master->count++] = sim_strndup(begin, (size_t)(end - begin));
        }
        if (at[len] == '\0')
            return true;
        at += len + 1;
    }
}

/* What the model's own child tells, else the whole master's; NULL: neither does. */
static const char *master_text(const struct sim_element *root, const char *name, const char *model)
{
    char own[NAME_MAX_LEN];
    for (size_t i = 0; i < root->child_count; i++) {
        snprintf(own, sizeof own, "APPLICATION_%s", model);
        if (!sim_xml_is(&root->children[i], own))
            continue;
        snprintf(own, sizeof own, "%s_%s", name, model);
        const char *value = sim_xml_attribute(&root->children[i], own);
        if (value != NULL)
            return value;
    }
    return sim_xml_attribute(root, name);
}

/* Without '/' at the end. */
static char *directory(const struct sim_element *root, const char *name, const char *model)
{
    const char *value = master_text(root, name, model);
    size_t len = value == NULL ? 0 : strlen(value);
    while (len > 0 && value[len - 1] == '/')
        len--;
    return sim_strndup(value == NULL ? "" : value, len);
}

bool sim_poly_master_parse(const char *text, size_t len, const char *model,
                           struct sim_poly_master *ret_master, struct sim_fault *ret_fault)
{
    struct sim_element root;
    struct sim_poly_master master = {0};
    if (!sim_xml_parse(text, len, &root, ret_fault))
        return false;
    const char *files = master_text(&root, "CONFIG_FILES", model);
    bool good = sim_xml_is(&root, "APPLICATION") && root.text.len == 0 && files != NULL;
    for (size_t i = 0; good && i < root.child_count; i++)
        good = strncmp(root.children[i].name, "APPLICATION_", 12) == 0;
    if (!good)
        sim_fault_set(ret_fault, root.line, "not an APPLICATION with CONFIG_FILES");
    if (good && (good = files_split(files, root.line, &master, ret_fault))) {
        master.logs = directory(&root, "LOG_FILE_DIRECTORY", model);
        master.overrides = directory(&root, "OVERRIDES_DIRECTORY", model);
        master.contacts = directory(&root, "CONTACTS_DIRECTORY", model);
        master.licenses = directory(&root, "LICENSE_DIRECTORY", model);
        master.calls = directory(&root, "CALL_LISTS_DIRECTORY", model);
    }
    sim_xml_free(&root);
    if (good)
        *ret_master = master;
    else
        sim_poly_master_free(&master);
    return good;
}

void sim_poly_master_free(struct sim_poly_master *master)
{
    for (size_t i = 0; i < master->count; i++)
        free(master->files[i]);
    free(master->logs);
    free(master->overrides);
    free(master->contacts);
    free(master->licenses);
    free(master->calls);
    *master = (struct sim_poly_master){0};
}

/* --- a configuration ------------------------------------------------------------------------- */

static bool is_parameter(const char *name)
{
    if (!isalpha((unsigned char)name[0]) || strlen(name) > NAME_MAX_LEN)
        return false;
    for (const char *at = name; *at != '\0'; at++) {
        if (!isalnum((unsigned char)*at) && strchr("._-", *at) == NULL)
            return false;
    }
    return true;
}

static bool element_add(struct sim_config *config, const struct sim_element *element,
                        struct sim_fault *fault)
{
    if (element->text.len > 0) {
        sim_fault_set(fault, element->line, "text where only attributes are read");
        return false;
    }
    for (size_t i = 0; i < element->attribute_count; i++) {
        const struct sim_attribute *one = &element->attributes[i];
        if (!is_parameter(one->name)) {
            sim_fault_set(fault, element->line, "%.60s is no parameter", one->name);
            return false;
        }
        if (!sim_config_add(config,
                            (struct sim_pair){sim_strdup(one->name), sim_strdup(one->value),
                                              one->value[0] == '\0', element->line},
                            fault))
            return false;
    }
    for (size_t i = 0; i < element->child_count; i++) {
        if (!element_add(config, &element->children[i], fault))
            return false;
    }
    return true;
}

static const struct sim_pair *pair_find(const struct sim_config *config, const char *key)
{
    for (size_t i = 0; i < config->count; i++) {
        if (strcmp(config->pairs[i].key, key) == 0)
            return &config->pairs[i];
    }
    return NULL;
}

static bool is_on(const struct sim_config *config, const char *key)
{
    const struct sim_pair *pair = pair_find(config, key);
    return pair != NULL && strcmp(pair->value, "1") == 0;
}

static bool device_pairs_are_set(const struct sim_config *config, struct sim_fault *fault)
{
    static const char suffix[] = ".set";
    char own[NAME_MAX_LEN + sizeof suffix];
    for (size_t i = 0; i < config->count; i++) {
        const char *key = config->pairs[i].key;
        size_t len = strlen(key);
        if (strncmp(key, "device.", 7) != 0 ||
            (len >= sizeof suffix && strcmp(key + len - (sizeof suffix - 1), suffix) == 0))
            continue;
        snprintf(own, sizeof own, "%s%s", key, suffix);
        if (!is_on(config, "device.set") || !is_on(config, own)) {
            sim_fault_set(fault, config->pairs[i].line, "%.80s without device.set and its own .set",
                          key);
            return false;
        }
    }
    return true;
}

bool sim_poly_config_parse(const char *text, size_t len, struct sim_config *ret_config,
                           struct sim_fault *ret_fault)
{
    struct sim_element root;
    struct sim_config config = {0};
    if (!sim_xml_parse(text, len, &root, ret_fault))
        return false;
    bool good = element_add(&config, &root, ret_fault);
    sim_xml_free(&root);
    good = good && sim_config_keys_are_unique(&config, ret_fault) &&
           device_pairs_are_set(&config, ret_fault);
    if (good)
        *ret_config = config;
    else
        sim_config_free(&config);
    return good;
}

bool sim_poly_config_merge(struct sim_config *config, struct sim_config *other,
                           struct sim_fault *ret_fault)
{
    const struct sim_config own = *config; /* what other is compared with: its keys are unique */
    bool good = true;
    for (size_t i = 0; good && i < other->count; i++) {
        struct sim_pair *pair = &other->pairs[i];
        const struct sim_config left = {config->pairs, own.count};
        if (pair_find(&left, pair->key) != NULL)
            continue;
        good = sim_config_add(config, *pair, ret_fault);
        *pair = (struct sim_pair){0};
    }
    sim_config_free(other);
    return good;
}
