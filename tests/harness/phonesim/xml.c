/* See xml.h. */
#include "xml.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

struct reader {
    XML_Parser parser;
    struct sim_element top; /* its only child will be the root */
    size_t path[SIM_XML_DEPTH_MAX + 1];
    int depth; /* of open elements; path[i] is the index of the i-th within its parent */
    bool is_bad;
    struct sim_fault *fault;
};

static void refuse(struct reader *reader, const char *what)
{
    if (!reader->is_bad)
        sim_fault_set(reader->fault, (int)XML_GetCurrentLineNumber(reader->parser), "%s", what);
    reader->is_bad = true;
    XML_StopParser(reader->parser, XML_FALSE);
}

static struct sim_element *current(struct reader *reader)
{
    struct sim_element *element = &reader->top;
    for (int i = 0; i < reader->depth; i++)
        element = &element->children[reader->path[i]];
    return element;
}

static bool is_blank(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] != ' ' && text[i] != '\t' && text[i] != '\n' && text[i] != '\r')
            return false;
    }
    return true;
}

static bool is_value(const char *text)
{
    return strlen(text) <= SIM_LINE_BYTES_MAX && strpbrk(text, "\t\n\r\x7f") == NULL;
}

static void on_start(void *arg, const XML_Char *name, const XML_Char **attributes)
{
    struct reader *reader = arg;
    struct sim_element *parent = current(reader);
    if (reader->is_bad)
        return;
    if (reader->depth == SIM_XML_DEPTH_MAX) {
        refuse(reader, "elements within each other, too deep for this file");
        return;
    }
    if (!is_blank(parent->text.data == NULL ? "" : parent->text.data, parent->text.len)) {
        refuse(reader, "text beside elements");
        return;
    }
    parent->text.len = 0;
    if ((parent->child_count & (parent->child_count - 1)) == 0) /* powers of two: room doubles */
        parent->children =
            sim_grow(parent->children, parent->child_count == 0 ? 1 : parent->child_count * 2,
                     sizeof *parent->children);
    struct sim_element *element = &parent->children[parent->child_count];
    *element = (struct sim_element){
        .name = sim_strdup(name),
        .line = (int)XML_GetCurrentLineNumber(reader->parser),
    };
    sim_buf_text(&element->text, "");
    reader->path[reader->depth++] = parent->child_count++;

    size_t count = 0;
    while (attributes[2 * count] != NULL)
        count++;
    element->attributes = sim_alloc(count, sizeof *element->attributes);
    for (size_t i = 0; i < count; i++) {
        element->attributes[i] = (struct sim_attribute){sim_strdup(attributes[2 * i]),
                                                        sim_strdup(attributes[2 * i + 1])};
        element->attribute_count++;
        if (!is_value(attributes[2 * i + 1]))
            refuse(reader, "a value of more than one line, or too long");
    }
}

static void on_end(void *arg, const XML_Char *name)
{
    struct reader *reader = arg;
    struct sim_element *element = current(reader);
    (void)name;
    if (reader->is_bad)
        return;
    if (element->child_count > 0 && !is_blank(element->text.data, element->text.len))
        refuse(reader, "text beside elements");
    else if (element->child_count == 0 && !is_value(element->text.data))
        refuse(reader, "a value of more than one line, or too long");
    if (element->child_count > 0) {
        element->text.len = 0;
        element->text.data[0] = '\0';
    }
    reader->depth--;
}

static void on_text(void *arg, const XML_Char *text, int len)
{
    struct reader *reader = arg;
    if (reader->is_bad)
        return;
    if (reader->depth > 0)
        sim_buf_add(&current(reader)->text, text, (size_t)len);
}

static void on_doctype(void *arg, const XML_Char *name, const XML_Char *system,
                       const XML_Char *public, int has_subset)
{
    (void)name;
    (void)system;
    (void)public;
    (void)has_subset;
    refuse(arg, "a document type");
}

static void on_instruction(void *arg, const XML_Char *target, const XML_Char *data)
{
    (void)target;
    (void)data;
    refuse(arg, "a processing instruction");
}

static void on_cdata(void *arg)
{
    refuse(arg, "CDATA");
}

bool sim_xml_parse(const char *text, size_t len, struct sim_element *ret_root,
                   struct sim_fault *ret_fault)
{
    if (len > SIM_FILE_MAX) {
        sim_fault_set(ret_fault, 0, "file of %zu bytes; at most %zu are read", len, SIM_FILE_MAX);
        return false;
    }
    struct reader reader = {.parser = XML_ParserCreate("UTF-8"), .fault = ret_fault};
    if (reader.parser == NULL)
        abort();
    XML_SetUserData(reader.parser, &reader);
    XML_SetElementHandler(reader.parser, on_start, on_end);
    XML_SetCharacterDataHandler(reader.parser, on_text);
    XML_SetStartDoctypeDeclHandler(reader.parser, on_doctype);
    XML_SetProcessingInstructionHandler(reader.parser, on_instruction);
    XML_SetStartCdataSectionHandler(reader.parser, on_cdata);
    bool good = XML_Parse(reader.parser, text, (int)len, XML_TRUE) == XML_STATUS_OK;
    if (!good && !reader.is_bad)
        sim_fault_set(ret_fault, (int)XML_GetCurrentLineNumber(reader.parser), "no XML: %s",
                      XML_ErrorString(XML_GetErrorCode(reader.parser)));
    good = good && !reader.is_bad;
    XML_ParserFree(reader.parser);
    if (good) {
        *ret_root = reader.top.children[0];
        free(reader.top.children);
        sim_buf_free(&reader.top.text);
    } else {
        sim_xml_free(&reader.top);
    }
    return good;
}

void sim_xml_free(struct sim_element *root)
{
    for (size_t i = 0; i < root->child_count; i++)
        sim_xml_free(&root->children[i]);
    for (size_t i = 0; i < root->attribute_count; i++) {
        free(root->attributes[i].name);
        free(root->attributes[i].value);
    }
    free(root->children);
    free(root->attributes);
    free(root->name);
    sim_buf_free(&root->text);
    *root = (struct sim_element){0};
}

bool sim_xml_is(const struct sim_element *element, const char *name)
{
    return strcmp(element->name, name) == 0;
}

const char *sim_xml_attribute(const struct sim_element *element, const char *name)
{
    for (size_t i = 0; i < element->attribute_count; i++) {
        if (strcmp(element->attributes[i].name, name) == 0)
            return element->attributes[i].value;
    }
    return NULL;
}

bool sim_xml_attributes_check(const struct sim_element *element, const char *names,
                              struct sim_fault *ret_fault)
{
    for (size_t i = 0; i < element->attribute_count; i++) {
        const char *name = element->attributes[i].name, *at = names;
        size_t len = strlen(name);
        while ((at = strstr(at, name)) != NULL &&
               !((at == names || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0')))
            at += len;
        if (at == NULL) {
            sim_fault_set(ret_fault, element->line, "%.60s with the attribute %.60s", element->name,
                          name);
            return false;
        }
    }
    return true;
}
