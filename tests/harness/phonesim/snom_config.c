/* See snom_config.h. */
#include "snom_config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xml.h"

#define NAME_SIZE 160

static bool add(struct sim_config *config, const char *name, const char *value, int line,
                struct sim_fault *fault)
{
    return sim_config_add(
        config, (struct sim_pair){sim_strdup(name), sim_strdup(value), value[0] == '\0', line},
        fault);
}

static bool refuse(struct sim_fault *fault, const struct sim_element *element, const char *what)
{
    sim_fault_set(fault, element->line, "%.60s: %s", element->name, what);
    return false;
}

static bool index_is_good(const char *text)
{
    int value = 0;
    return sim_int_parse(text, &value) && (text[0] != '0' || text[1] == '\0');
}

/* Read-only for the user, writable, writable and not forced. */
static bool perm_is_good(const char *text)
{
    static const char *const words[] = {"", "R", "RW"};
    for (size_t i = 0; text != NULL && i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(text, words[i]) == 0)
            return true;
    }
    return text == NULL;
}

static bool name_is_good(const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        if (!isalnum((unsigned char)*at) && *at != '_' && *at != '-')
            return false;
    }
    return strlen(name) <= 128;
}

static bool setting_add(struct sim_config *config, const struct sim_element *element,
                        struct sim_fault *fault)
{
    char name[NAME_SIZE];
    const char *index = sim_xml_attribute(element, "idx");
    if (!sim_xml_attributes_check(element, "idx perm", fault))
        return false;
    if (element->child_count > 0 || !name_is_good(element->name))
        return refuse(fault, element, "no setting");
    if (index != NULL && !index_is_good(index))
        return refuse(fault, element, "idx is no number");
    if (!perm_is_good(sim_xml_attribute(element, "perm")))
        return refuse(fault, element, "perm that is not known");
    snprintf(name, sizeof name, "%s%s%s", element->name, index == NULL ? "" : " ",
             index == NULL ? "" : index);
    return add(config, name, element->text.data, element->line, fault);
}

static bool key_add(struct sim_config *config, const struct sim_element *element,
                    struct sim_fault *fault)
{
    static const char *const extras[] = {"label", "short_label", "context"};
    char name[NAME_SIZE], extra[NAME_SIZE];
    const char *index = sim_xml_attribute(element, "idx");
    if (!sim_xml_attributes_check(element, "idx context label short_label perm", fault))
        return false;
    if (!sim_xml_is(element, "fkey") || element->child_count > 0 || index == NULL ||
        !index_is_good(index) || !perm_is_good(sim_xml_attribute(element, "perm")))
        return refuse(fault, element, "no function key");
    snprintf(name, sizeof name, "fkey %.9s", index);
    if (!add(config, name, element->text.data, element->line, fault))
        return false;
    for (size_t i = 0; i < sizeof extras / sizeof extras[0]; i++) {
        const char *value = sim_xml_attribute(element, extras[i]);
        snprintf(extra, sizeof extra, "fkey %.9s %s", index, extras[i]);
        if (value != NULL && !add(config, extra, value, element->line, fault))
            return false;
    }
    return true;
}

static bool file_add(struct sim_config *config, const struct sim_element *element,
                     struct sim_fault *fault)
{
    char name[NAME_SIZE];
    const char *url = sim_xml_attribute(element, "url");
    int number = 1;
    for (size_t i = 0; i < config->count; i++)
        number += strncmp(config->pairs[i].key, "file ", 5) == 0;
    if (!sim_xml_attributes_check(element, "url", fault))
        return false;
    if (!sim_xml_is(element, "file") || element->child_count > 0 || url == NULL || url[0] == '\0' ||
        number > SIM_SNOM_FILE_MAX)
        return refuse(fault, element, "no file to load, or one too many");
    snprintf(name, sizeof name, "file %d", number);
    return add(config, name, url, element->line, fault);
}

static bool part_add(struct sim_config *config, const struct sim_element *part,
                     struct sim_fault *fault)
{
    static const struct {
        const char *name, *attributes;
        bool (*add)(struct sim_config *config, const struct sim_element *element,
                    struct sim_fault *fault);
    } parts[] = {{"phone-settings", "", setting_add},
                 {"functionKeys", "", key_add},
                 {"setting-files", "", file_add}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (!sim_xml_is(part, parts[i].name))
            continue;
        bool good = sim_xml_attributes_check(part, parts[i].attributes, fault);
        if (good && part->text.len > 0)
            good = refuse(fault, part, "text where elements should be");
        for (size_t child = 0; good && child < part->child_count; child++)
            good = parts[i].add(config, &part->children[child], fault);
        return good;
    }
    return refuse(fault, part, "no part of settings that this phone reads");
}

bool sim_snom_config_parse(const char *text, size_t len, struct sim_config *ret_config,
                           struct sim_fault *ret_fault)
{
    struct sim_element root;
    struct sim_config config = {0};
    bool good = true;
    if (!sim_xml_parse(text, len, &root, ret_fault))
        return false;
    if (sim_xml_is(&root, "setting-files")) {
        good = part_add(&config, &root, ret_fault);
    } else {
        good = sim_xml_is(&root, "settings") && root.text.len == 0
                   ? sim_xml_attributes_check(&root, "", ret_fault)
                   : refuse(ret_fault, &root, "no settings where they should be");
        for (size_t i = 0; good && i < root.child_count; i++)
            good = part_add(&config, &root.children[i], ret_fault);
    }
    sim_xml_free(&root);
    good = good && sim_config_keys_are_unique(&config, ret_fault);
    if (good)
        *ret_config = config;
    else
        sim_config_free(&config);
    return good;
}

void sim_snom_config_files(struct sim_config *config, struct sim_snom_files *ret_files)
{
    size_t kept = 0;
    *ret_files = (struct sim_snom_files){0};
    for (size_t i = 0; i < config->count; i++) {
        struct sim_pair *pair = &config->pairs[i];
        if (strncmp(pair->key, "file ", 5) != 0) {
            config->pairs[kept++] = *pair;
            continue;
        }
        ret_files->urls[ret_files->count++] = pair->value;
        free(pair->key);
    }
    config->count = kept;
}

void sim_snom_files_free(struct sim_snom_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->urls[i]);
    *files = (struct sim_snom_files){0};
}
