/* See config.h. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

static const char header[] = "#!version:1.0.0.1";

struct line {
    const char *text;
    size_t len;
    int number;
};

struct reader {
    const char *at, *end;
    int number;
};

static bool line_next(struct reader *reader, struct line *ret_line)
{
    if (reader->at == reader->end)
        return false;
    const char *stop = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
    const char *line_end = stop == NULL ? reader->end : stop;
    *ret_line = (struct line){reader->at, (size_t)(line_end - reader->at), ++reader->number};
    reader->at = stop == NULL ? reader->end : stop + 1;
    return true;
}

static bool line_check(const struct line *line, struct sim_fault *fault)
{
    if (line->len > SIM_LINE_BYTES_MAX) {
        sim_fault_set(fault, line->number, "line of %zu bytes; at most %d are read", line->len,
                      SIM_LINE_BYTES_MAX);
        return false;
    }
    for (size_t i = 0; i < line->len;) {
        size_t step = sim_utf8_sequence(line->text + i, line->len - i);
        unsigned char byte = (unsigned char)line->text[i];
        if (step == 0 || (byte < 0x20 && byte != '\t') || byte == 0x7f) {
            sim_fault_set(fault, line->number, "byte 0x%02x at column %zu is not text", byte,
                          i + 1);
            return false;
        }
        i += step;
    }
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct line trimmed(struct line line)
{
    while (line.len > 0 && is_blank(line.text[0])) {
        line.text++;
        line.len--;
    }
    while (line.len > 0 && is_blank(line.text[line.len - 1]))
        line.len--;
    return line;
}

static bool is_key(const char *text, size_t len)
{
    bool begins =
        len > 0 && ((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z'));
    for (size_t i = 0; begins && i < len; i++) {
        char c = text[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_' || c == '-' || c == '.'))
            return false;
    }
    return begins && len <= 128;
}

/* "key = value" taken apart; both trimmed. */
static bool split(struct line line, struct line *ret_key, struct line *ret_value,
                  struct sim_fault *fault)
{
    const char *equal = memchr(line.text, '=', line.len);
    if (equal == NULL) {
        sim_fault_set(fault, line.number, "neither a comment nor key = value");
        return false;
    }
    *ret_key = trimmed((struct line){line.text, (size_t)(equal - line.text), line.number});
    *ret_value =
        trimmed((struct line){equal + 1, line.len - (size_t)(equal - line.text) - 1, line.number});
    if (!is_key(ret_key->text, ret_key->len)) {
        sim_fault_set(fault, line.number, "\"%.*s\" is not the name of a parameter",
                      ret_key->len > 64 ? 64 : (int)ret_key->len, ret_key->text);
        return false;
    }
    return true;
}

static int by_key(const void *a, const void *b)
{
    const struct sim_pair *const *left = a, *const *right = b;
    int order = strcmp((*left)->key, (*right)->key);
    return order != 0 ? order : (*left)->line - (*right)->line;
}

bool sim_config_keys_are_unique(const struct sim_config *config, struct sim_fault *fault)
{
    const struct sim_pair **sorted = sim_alloc(config->count, sizeof *sorted);
    for (size_t i = 0; i < config->count; i++)
        sorted[i] = &config->pairs[i];
    qsort(sorted, config->count, sizeof *sorted, by_key);

    bool unique = true;
    for (size_t i = 1; unique && i < config->count; i++) {
        if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0) {
            sim_fault_set(fault, sorted[i]->line, "%s was set on line %d already", sorted[i]->key,
                          sorted[i - 1]->line);
            unique = false;
        }
    }
    free(sorted);
    return unique;
}

bool sim_config_add(struct sim_config *config, struct sim_pair pair, struct sim_fault *ret_fault)
{
    if (config->count == SIM_PAIR_MAX) {
        sim_fault_set(ret_fault, pair.line, "more than %d parameters", SIM_PAIR_MAX);
        free(pair.key);
        free(pair.value);
        return false;
    }
    if ((config->count & (config->count - 1)) == 0) /* powers of two: room doubles */
        config->pairs = sim_grow(config->pairs, config->count == 0 ? 1 : config->count * 2,
                                 sizeof *config->pairs);
    config->pairs[config->count++] = pair;
    return true;
}

static bool line_add(struct sim_config *config, struct line line, struct sim_fault *fault)
{
    static const char reset[] = "%NULL%";
    struct line key, value;
    if (!split(line, &key, &value, fault))
        return false;
    struct sim_pair pair = {.key = sim_strndup(key.text, key.len),
                            .value = sim_strndup(value.text, value.len),
                            .line = line.number};
    pair.is_reset = strcmp(pair.value, reset) == 0;
    return sim_config_add(config, pair, fault);
}

bool sim_config_parse(const char *text, size_t len, struct sim_config *ret_config,
                      struct sim_fault *ret_fault)
{
    struct reader reader = {text, text + len, 0};
    struct sim_config config = {0};
    struct line line;
    if (len > SIM_FILE_MAX) {
        sim_fault_set(ret_fault, 0, "file of %zu bytes; at most %zu are read", len, SIM_FILE_MAX);
        return false;
    }
    if (!line_next(&reader, &line) || line.len != sizeof header - 1 ||
        memcmp(line.text, header, line.len) != 0) {
        sim_fault_set(ret_fault, 1, "first line is not exactly %s", header);
        return false;
    }

    bool good = true;
    while (good && line_next(&reader, &line)) {
        good = line_check(&line, ret_fault);
        line = trimmed(line);
        if (good && line.len > 0 && line.text[0] != '#')
            good = line_add(&config, line, ret_fault);
    }
    if (good && sim_config_keys_are_unique(&config, ret_fault)) {
        *ret_config = config;
        return true;
    }
    sim_config_free(&config);
    return false;
}

void sim_config_free(struct sim_config *config)
{
    for (size_t i = 0; i < config->count; i++) {
        free(config->pairs[i].key);
        free(config->pairs[i].value);
    }
    free(config->pairs);
    *config = (struct sim_config){0};
}

/* A name below the provisioning URL: no path, no URL, nothing hidden. */
static bool is_file_name(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_' || c == '-' || c == '.' || c == '$'))
            return false;
    }
    return len > 0 && len <= 64 && text[0] != '.';
}

static bool include_add(struct sim_boot *boot, struct line rest, struct sim_fault *fault)
{
    rest = trimmed(rest);
    if (rest.len < 2 || rest.text[0] != '"' || rest.text[rest.len - 1] != '"' ||
        !is_file_name(rest.text + 1, rest.len - 2)) {
        sim_fault_set(fault, rest.number, "include:config wants one \"<file name>\"");
        return false;
    }
    if (boot->count == SIM_INCLUDE_MAX) {
        sim_fault_set(fault, rest.number, "more than %d include lines", SIM_INCLUDE_MAX);
        return false;
    }
    boot->includes[boot->count++] = sim_strndup(rest.text + 1, rest.len - 2);
    return true;
}

static bool mode_check(struct line line, struct sim_fault *fault)
{
    static const char *const modes[] = {"overwrite_mode", "specific_model.excluded_mode"};
    struct line key, value;
    if (!split(line, &key, &value, fault))
        return false;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (key.len == strlen(modes[i]) && memcmp(key.text, modes[i], key.len) == 0 &&
            value.len == 1 && (value.text[0] == '0' || value.text[0] == '1'))
            return true;
    }
    sim_fault_set(fault, line.number, "not a line of a boot file");
    return false;
}

bool sim_boot_parse(const char *text, size_t len, struct sim_boot *ret_boot,
                    struct sim_fault *ret_fault)
{
    static const char include[] = "include:config";
    struct reader reader = {text, text + len, 0};
    struct sim_boot boot = {0};
    struct line line;
    bool good = len <= SIM_FILE_MAX;
    if (!good)
        sim_fault_set(ret_fault, 0, "boot file of %zu bytes; at most %zu", len, SIM_FILE_MAX);

    while (good && line_next(&reader, &line)) {
        good = line_check(&line, ret_fault);
        if (good && line.number == 1 && line.len >= 2 && memcmp(line.text, "#!", 2) == 0 &&
            (line.len != sizeof header - 1 || memcmp(line.text, header, line.len) != 0)) {
            sim_fault_set(ret_fault, 1, "first line is not exactly %s", header);
            good = false;
        }
        line = trimmed(line);
        if (!good || line.len == 0 || line.text[0] == '#')
            continue;
        if (line.len >= sizeof include && memcmp(line.text, include, sizeof include - 1) == 0)
            good = include_add(&boot,
                               (struct line){line.text + sizeof include - 1,
                                             line.len - (sizeof include - 1), line.number},
                               ret_fault);
        else
            good = mode_check(line, ret_fault);
    }
    if (good && boot.count == 0) {
        sim_fault_set(ret_fault, 0, "boot file without include:config");
        good = false;
    }
    if (good)
        *ret_boot = boot;
    else
        sim_boot_free(&boot);
    return good;
}

void sim_boot_free(struct sim_boot *boot)
{
    for (size_t i = 0; i < boot->count; i++)
        free(boot->includes[i]);
    *boot = (struct sim_boot){0};
}
