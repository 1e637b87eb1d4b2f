/*
 * An XML file as a tree, for the makers whose files are XML; expat reads it. As strict as config.h:
 * document types (and with them entities of one's own), processing instructions, CDATA and text
 * between elements are faults, so are values of more than one line.
 */
#ifndef PHONESIM_XML_H
#define PHONESIM_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "util.h"

#define SIM_XML_DEPTH_MAX 8

struct sim_attribute {
    char *name, *value;
};

struct sim_element {
    char *name;
    struct sim_buf text; /* never NULL in a tree; empty in an element that has children */
    int line;
    struct sim_attribute *attributes;
    size_t attribute_count;
    struct sim_element *children; /* in the order of the file */
    size_t child_count;
};

/* text, len: a whole file. The root is the caller's to free. */
bool sim_xml_parse(const char *text, size_t len, struct sim_element *ret_root,
                   struct sim_fault *ret_fault);
void sim_xml_free(struct sim_element *root);

bool sim_xml_is(const struct sim_element *element, const char *name);
const char *sim_xml_attribute(const struct sim_element *element, const char *name); /* or NULL */
/* False: it has an attribute that is none of names (blank separated). */
bool sim_xml_attributes_check(const struct sim_element *element, const char *names,
                              struct sim_fault *ret_fault);

#endif
