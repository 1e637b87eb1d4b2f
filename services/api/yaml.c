/*
 * The part of YAML 1.2 that a document of ours needs. A text that could be read as anything but
 * itself is written as JSON writes it, which YAML reads too.
 */
#include "yaml.h"

#include <stdbool.h>
#include <string.h>

#define FOLD_AT 96 /* columns */

static void indent(FILE *out, int depth)
{
    fprintf(out, "%*s", 2 * depth, "");
}

/* Letters first, then nothing that YAML gives a meaning; no word of its own. */
static bool is_plain(const char *text)
{
    static const char *const words[] = {"true", "false", "null", "yes", "no",
                                        "on",   "off",   "y",    "n"};
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  " ,.;()/_-+<>='";
    if (text[0] == '\0' || strspn(text, allowed) != strlen(text) ||
        strcspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/") != 0 ||
        text[strlen(text) - 1] == ' ')
        return false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcasecmp(text, words[i]) == 0)
            return false;
    }
    return true;
}

static void print_quoted(FILE *out, const json_t *json)
{
    (void)json_dumpf(json, out, JSON_ENCODE_ANY | JSON_COMPACT);
}

static void print_key(FILE *out, const char *key)
{
    if (is_plain(key) || (key[0] == '/' && strpbrk(key, " :#") == NULL) || key[0] == '$') {
        fputs(key, out);
        return;
    }
    json_t *text = json_string(key);
    print_quoted(out, text);
    json_decref(text);
}

/* A sentence over several lines; the reader joins them with blanks. */
static void print_folded(FILE *out, const char *text, int depth)
{
    size_t column = 0;
    fputs(">-", out);
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        if (column == 0 || column + 1 + len > FOLD_AT - 2 * (size_t)depth) {
            fputc('\n', out);
            indent(out, depth);
            column = 0;
        } else {
            fputc(' ', out);
            column++;
        }
        fwrite(text, 1, len, out);
        column += len;
        text += len;
        if (*text == ' ')
            text++;
    }
}

static bool folds(const char *text)
{
    return strlen(text) > 72 && strchr(text, '\n') == NULL && strstr(text, "  ") == NULL &&
           text[0] != ' ' && text[strlen(text) - 1] != ' ';
}

static void print_scalar(FILE *out, const json_t *json, int depth)
{
    const char *text = json_string_value(json);
    if (text != NULL && folds(text))
        print_folded(out, text, depth);
    else if (text != NULL && is_plain(text))
        fputs(text, out);
    else
        print_quoted(out, json);
}

static bool is_scalar(const json_t *json)
{
    return !json_is_object(json) && !json_is_array(json);
}

static bool is_short_list(const json_t *json)
{
    size_t len = 0;
    for (size_t i = 0; i < json_array_size(json); i++) {
        const json_t *one = json_array_get(json, i);
        if (!is_scalar(one))
            return false;
        len += 2 + (json_is_string(one) ? json_string_length(one) : 5);
    }
    return len <= 72;
}

/* Words of a list in brackets: commas and brackets end them there. */
static void print_short_list(FILE *out, const json_t *json)
{
    fputc('[', out);
    for (size_t i = 0; i < json_array_size(json); i++) {
        const json_t *one = json_array_get(json, i);
        const char *text = json_string_value(one);
        fputs(i == 0 ? "" : ", ", out);
        if (text != NULL && is_plain(text) && strpbrk(text, ",'") == NULL)
            fputs(text, out);
        else
            print_quoted(out, one);
    }
    fputc(']', out);
}

static void print(FILE *out, const json_t *json, int depth, bool is_inline);

static void print_object(FILE *out, const json_t *json, int depth, bool is_inline)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)json, key, value)
    {
        if (!is_inline)
            indent(out, depth);
        is_inline = false;
        print_key(out, key);
        fputc(':', out);
        print(out, value, depth + 1, false);
    }
}

static void print_list(FILE *out, const json_t *json, int depth)
{
    for (size_t i = 0; i < json_array_size(json); i++) {
        const json_t *one = json_array_get(json, i);
        indent(out, depth);
        fputs("-", out);
        if (json_is_object(one) && json_object_size(one) > 0) {
            fputc(' ', out);
            print_object(out, one, depth + 1, true);
        } else {
            print(out, one, depth + 1, false);
        }
    }
}

/* What stands behind "key:" or "-", to the end of its last line. */
static void print(FILE *out, const json_t *json, int depth, bool is_inline)
{
    if (json_is_object(json) && json_object_size(json) > 0) {
        fputc('\n', out);
        print_object(out, json, depth, is_inline);
        return;
    }
    if (json_is_array(json) && !is_short_list(json)) {
        fputc('\n', out);
        print_list(out, json, depth);
        return;
    }
    fputc(' ', out);
    if (json_is_object(json))
        fputs("{}", out);
    else if (json_is_array(json))
        print_short_list(out, json);
    else
        print_scalar(out, json, depth);
    fputc('\n', out);
}

void api_yaml_print(FILE *out, const json_t *json)
{
    print_object(out, json, 0, false);
}
