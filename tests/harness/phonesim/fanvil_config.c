/* See fanvil_config.h. */
#include "fanvil_config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LEN 128
#define END "<<END OF FILE>>"

static const char head[] = "<<VOIP CONFIG FILE>>Version:";

static bool fail(struct sim_fault *fault, int line, const char *what)
{
    sim_fault_set(fault, line, "%s", what);
    return false;
}

/* "2.0000000000", and blanks behind it */
static bool version_take(const char *text, char (*ret_version)[SIM_FANVIL_VERSION_SIZE])
{
    size_t whole = strspn(text, "0123456789");
    if (whole == 0 || text[whole] != '.')
        return false;
    size_t rest = strspn(text + whole + 1, "0123456789"), len = whole + 1 + rest;
    if (rest == 0 || text[len + strspn(text + len, " ")] != '\0' || len >= sizeof *ret_version)
        return false;
    memcpy(*ret_version, text, len);
    (*ret_version)[len] = '\0';
    return true;
}

bool sim_fanvil_version_is_newer(const char *version, const char *held)
{
    size_t whole = strcspn(version, "."), whole_held = strcspn(held, ".");
    if (whole != whole_held)
        return whole > whole_held;
    return strcmp(version, held) > 0;
}

static bool bytes_are_text(const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t step = sim_utf8_sequence(text + i, len - i);
        unsigned char byte = (unsigned char)text[i];
        if (step == 0 || byte < 0x20 || byte == 0x7f)
            return false;
        i += step;
    }
    return true;
}

/* "<SIP CONFIG MODULE>" */
static bool is_module(const char *line)
{
    size_t len = strlen(line);
    return len > 9 && line[0] == '<' && line[1] != '<' && strcmp(line + len - 8, " MODULE>") == 0 &&
           strcspn(line + 1, "<>") == len - 2;
}

struct reader {
    struct sim_config config;
    char page[32]; /* "Dsskey Config2 ", of the keys that follow; else empty */
    bool has_module, has_ended;
    struct sim_fault *fault;
};

/* "--SIP Line List--  :", "--Dsskey Config2--:" */
static bool heading_take(struct reader *reader, const char *line)
{
    size_t len = strlen(line);
    while (len > 0 && (line[len - 1] == ':' || line[len - 1] == ' '))
        len--;
    if (len <= 4 || strncmp(line, "--", 2) != 0 || strncmp(line + len - 2, "--", 2) != 0)
        return false;
    reader->page[0] = '\0';
    if (strncmp(line, "--Dsskey Config", 15) == 0)
        snprintf(reader->page, sizeof reader->page, "%.*s ", (int)(len - 4 > 20 ? 20 : len - 4),
                 line + 2);
    return true;
}

static bool parameter_add(struct reader *reader, const char *line, int number)
{
    const char *colon = strchr(line, ':');
    size_t len = colon == NULL ? 0 : (size_t)(colon - line);
    struct sim_buf name = {0};
    while (len > 0 && line[len - 1] == ' ')
        len--;
    if (len == 0 || len > NAME_MAX_LEN || !isalnum((unsigned char)line[0]))
        return fail(reader->fault, number, "neither a module, a heading nor name and value");
    sim_buf_format(&name, "%s%.*s", reader->page, (int)len, line);
    return sim_config_add(
        &reader->config,
        (struct sim_pair){name.data, sim_strdup(colon + 1), colon[1] == '\0', number},
        reader->fault);
}

/* The lines behind the first. */
static bool line_take(struct reader *reader, const char *line, int number)
{
    if (reader->has_ended)
        return line[0] == '\0' || fail(reader->fault, number, "something behind the end");
    if (line[0] == '\0')
        return true;
    if (strcmp(line, END) == 0) {
        reader->has_ended = true;
        return true;
    }
    if (is_module(line)) {
        reader->has_module = true;
        reader->page[0] = '\0';
        return true;
    }
    if (!reader->has_module)
        return fail(reader->fault, number, "a line before the first module");
    return heading_take(reader, line) || parameter_add(reader, line, number);
}

bool sim_fanvil_config_parse(const char *text, size_t len, struct sim_config *ret_config,
                             char (*ret_version)[SIM_FANVIL_VERSION_SIZE],
                             struct sim_fault *ret_fault)
{
    struct reader reader = {.fault = ret_fault};
    bool good = len <= SIM_FILE_MAX;
    char version[SIM_FANVIL_VERSION_SIZE] = "";
    int number = 0;
    if (!good)
        sim_fault_set(ret_fault, 0, "file of %zu bytes; at most %zu are read", len, SIM_FILE_MAX);
    for (const char *at = text, *end = text + len; good && at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t line_len = (size_t)((stop == NULL ? end : stop) - at);
        if (line_len > 0 && stop != NULL && at[line_len - 1] == '\r')
            line_len--;
        char *line = sim_strndup(at, line_len);
        number++;
        if (line_len > SIM_LINE_BYTES_MAX || !bytes_are_text(at, line_len)) {
            good = fail(ret_fault, number, "a line that is too long, or no text");
        } else if (number > 1) {
            good = line_take(&reader, line, number);
        } else if (strncmp(line, head, sizeof head - 1) != 0 ||
                   !version_take(line + sizeof head - 1, &version)) {
            good = fail(ret_fault, 1, "no configuration's first line");
        }
        free(line);
        at = stop == NULL ? end : stop + 1;
    }
    if (good && !reader.has_ended)
        good = fail(ret_fault, number, "cut off: no " END);
    if (good && sim_config_keys_are_unique(&reader.config, ret_fault)) {
        *ret_config = reader.config;
        memcpy(*ret_version, version, sizeof version);
        return true;
    }
    sim_config_free(&reader.config);
    return false;
}
