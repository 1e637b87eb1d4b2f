/* See gs_config.h. */
#include "gs_config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME_MAX_LEN 128
#define MAC_LEN 12

struct xml {
    const char *at, *end;
    int line;
    struct sim_fault *fault;
};

static bool fail(const struct xml *xml, const char *what)
{
    sim_fault_set(xml->fault, xml->line, "%s", what);
    return false;
}

static bool is_text(const struct xml *xml, const char *want)
{
    size_t len = strlen(want);
    return (size_t)(xml->end - xml->at) >= len && memcmp(xml->at, want, len) == 0;
}

static bool take(struct xml *xml, const char *want)
{
    if (!is_text(xml, want))
        return false;
    xml->at += strlen(want);
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void spaces_skip(struct xml *xml)
{
    while (xml->at < xml->end && is_space(*xml->at))
        xml->line += *xml->at++ == '\n';
}

/* Blanks and comments, which may stand between elements. */
static bool between_skip(struct xml *xml)
{
    for (spaces_skip(xml); take(xml, "<!--"); spaces_skip(xml)) {
        while (xml->at < xml->end && !is_text(xml, "--"))
            xml->line += *xml->at++ == '\n';
        if (!take(xml, "-->"))
            return fail(xml, "comment without its end, or with -- inside");
    }
    return true;
}

/* Everything is text in UTF-8: tabs and line ends are the only control characters. */
static bool bytes_check(const struct xml *xml)
{
    struct xml at = *xml;
    while (at.at < at.end) {
        size_t step = sim_utf8_sequence(at.at, (size_t)(at.end - at.at));
        unsigned char byte = (unsigned char)*at.at;
        if (step == 0 || (byte < 0x20 && !is_space(*at.at)) || byte == 0x7f)
            return fail(&at, "a byte that is not text");
        at.line += byte == '\n';
        at.at += step;
    }
    return true;
}

/* --- values ---------------------------------------------------------------------------------- */

static void utf8_add(struct sim_buf *out, unsigned long code)
{
    char bytes[4];
    size_t len = 0;
    if (code < 0x80) {
        bytes[len++] = (char)code;
    } else if (code < 0x800) {
        bytes[len++] = (char)(0xc0 | code >> 6);
    } else if (code < 0x10000) {
        bytes[len++] = (char)(0xe0 | code >> 12);
        bytes[len++] = (char)(0x80 | (code >> 6 & 0x3f));
    } else {
        bytes[len++] = (char)(0xf0 | code >> 18);
        bytes[len++] = (char)(0x80 | (code >> 12 & 0x3f));
        bytes[len++] = (char)(0x80 | (code >> 6 & 0x3f));
    }
    if (code >= 0x80)
        bytes[len++] = (char)(0x80 | (code & 0x3f));
    sim_buf_add(out, bytes, len);
}

/* After "&#". */
static bool number_take(struct xml *xml, struct sim_buf *out)
{
    const bool is_hex = take(xml, "x");
    const char *digits = is_hex ? "0123456789abcdefABCDEF" : "0123456789";
    char text[8];
    size_t len = 0;
    while (xml->at < xml->end && len < sizeof text - 1 && strchr(digits, *xml->at) != NULL)
        text[len++] = *xml->at++;
    text[len] = '\0';
    unsigned long code = strtoul(text, NULL, is_hex ? 16 : 10);
    if (len == 0 || !take(xml, ";") || code < 0x20 || code == 0x7f || code > 0x10ffff ||
        (code >= 0xd800 && code <= 0xdfff) || code == 0xfffe || code == 0xffff)
        return fail(xml, "a reference to no character of a text");
    utf8_add(out, code);
    return true;
}

/* At '&'. There are the five of XML itself; no file declares others. */
static bool reference_take(struct xml *xml, struct sim_buf *out)
{
    static const struct {
        const char *text;
        char means;
    } entities[] = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
    if (take(xml, "&#"))
        return number_take(xml, out);
    for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++) {
        if (take(xml, entities[i].text)) {
            sim_buf_add(out, &entities[i].means, 1);
            return true;
        }
    }
    return fail(xml, "an entity that XML does not have");
}

/* Up to a byte of stops; out is the text without references, one line. */
static bool value_take(struct xml *xml, const char *stops, struct sim_buf *out)
{
    sim_buf_text(out, "");
    while (xml->at < xml->end && strchr(stops, *xml->at) == NULL) {
        if (out->len >= SIM_LINE_BYTES_MAX || *xml->at == '\n' || *xml->at == '\r')
            return fail(xml, "a value of more than one line, or too long");
        if (*xml->at == '&') {
            if (!reference_take(xml, out))
                return false;
        } else {
            sim_buf_add(out, xml->at++, 1);
        }
    }
    return xml->at < xml->end || fail(xml, "a value without its end");
}

/* --- elements -------------------------------------------------------------------------------- */

/* "<name", a blank or '>' behind it. */
static bool begin_take(struct xml *xml, const char *name)
{
    struct xml at = *xml;
    if (!take(&at, "<") || !take(&at, name) || at.at == at.end ||
        (!is_space(*at.at) && *at.at != '>' && *at.at != '/'))
        return false;
    *xml = at;
    return true;
}

static bool end_take(struct xml *xml, const char *name)
{
    if (!take(xml, "</") || !take(xml, name))
        return fail(xml, "an element that does not end where it should");
    spaces_skip(xml);
    return take(xml, ">") || fail(xml, "an end tag with something in it");
}

/* The one attribute that an element of this format has. */
static bool attribute_take(struct xml *xml, const char *name, struct sim_buf *out)
{
    char quote[] = {'"', '<', '\0'};
    spaces_skip(xml);
    if (!take(xml, name) || !take(xml, "="))
        return fail(xml, "an element without its attribute, or with another");
    if (xml->at < xml->end && (*xml->at == '"' || *xml->at == '\''))
        quote[0] = *xml->at++;
    else
        return fail(xml, "an attribute without quotes");
    if (!value_take(xml, quote, out))
        return false;
    if (*xml->at != quote[0])
        return fail(xml, "< in an attribute");
    xml->at++;
    spaces_skip(xml);
    return true;
}

static bool is_number(const char *name)
{
    size_t digits = name[0] == 'P' ? strspn(name + 1, "0123456789") : 0;
    return digits >= 1 && digits <= 5 && name[1] != '0' && name[1 + digits] == '\0';
}

static bool is_alias(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char others[] = "0123456789_-.";
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++) {
        if (strchr(letters, name[i]) == NULL && (i == 0 || strchr(others, name[i]) == NULL))
            return false;
    }
    return len > 0 && len <= NAME_MAX_LEN && name[len - 1] != '.' && strstr(name, "..") == NULL;
}

/* "<P47" */
static bool number_name_take(struct xml *xml, struct sim_buf *name)
{
    if (!take(xml, "<"))
        return fail(xml, "text where a parameter should be");
    const char *begin = xml->at;
    while (xml->at < xml->end && !is_space(*xml->at) && strchr(">/", *xml->at) == NULL)
        xml->at++;
    sim_buf_add(name, begin, (size_t)(xml->at - begin));
    return is_number(name->data) || fail(xml, "an element that is no P-value");
}

/* One parameter; name and value are the caller's, also after false. */
static bool parameter_take(struct xml *xml, bool has_aliases, struct sim_buf *name,
                           struct sim_buf *value)
{
    if (has_aliases) {
        if (!begin_take(xml, "item"))
            return fail(xml, "no item where one should be");
        if (!attribute_take(xml, "name", name))
            return false;
        if (!is_alias(name->data))
            return fail(xml, "an item whose name is no alias");
    } else if (!number_name_take(xml, name)) {
        return false;
    }
    spaces_skip(xml);
    sim_buf_text(value, "");
    if (take(xml, "/>"))
        return true;
    if (!take(xml, ">"))
        return fail(xml, "a parameter with attributes that it should not have");
    return value_take(xml, "<", value) && end_take(xml, has_aliases ? "item" : name->data);
}

static bool parameter_read(struct xml *xml, bool has_aliases, struct sim_config *config)
{
    struct sim_buf name = {0}, value = {0};
    const int line = xml->line;
    if (!parameter_take(xml, has_aliases, &name, &value)) {
        sim_buf_free(&name);
        sim_buf_free(&value);
        return false;
    }
    return sim_config_add(config, (struct sim_pair){name.data, value.data, value.len == 0, line},
                          xml->fault);
}

/* "<config" has been taken. */
static bool config_read(struct xml *xml, struct sim_config *config)
{
    struct sim_buf version = {0};
    bool good = attribute_take(xml, "version", &version);
    bool has_aliases = good && strcmp(version.data, "2") == 0;
    if (good && !has_aliases && strcmp(version.data, "1") != 0)
        good = fail(xml, "a config of neither version 1 nor 2");
    sim_buf_free(&version);
    if (good && !take(xml, ">"))
        good = fail(xml, "a config with more attributes than its version");
    while (good && (good = between_skip(xml)) && !is_text(xml, "</"))
        good = parameter_read(xml, has_aliases, config);
    return good && end_take(xml, "config");
}

/* "<mac" has been taken. */
static bool mac_read(struct xml *xml, const char *mac)
{
    struct sim_buf value = {0};
    bool good = take(xml, ">") || fail(xml, "a mac with attributes");
    good = good && value_take(xml, "<", &value) && end_take(xml, "mac");
    if (good && (value.len != MAC_LEN || strcasecmp(value.data, mac) != 0))
        good = fail(xml, "the file of another phone");
    sim_buf_free(&value);
    return good;
}

static bool declaration_read(struct xml *xml)
{
    static const char *const forms[] = {"<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
                                        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>",
                                        "<?xml version=\"1.0\"?>"};
    if (!is_text(xml, "<?"))
        return true;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (take(xml, forms[i]))
            return true;
    }
    return fail(xml, "a declaration of something that is not XML 1.0 in UTF-8");
}

static bool file_read(struct xml *xml, const char *mac, struct sim_config *config)
{
    struct sim_buf version = {0};
    if (!bytes_check(xml) || !declaration_read(xml) || !between_skip(xml))
        return false;
    if (!begin_take(xml, "gs_provision"))
        return fail(xml, "no gs_provision where it should be");
    bool good = attribute_take(xml, "version", &version);
    if (good && (strcmp(version.data, "1") != 0 || !take(xml, ">")))
        good = fail(xml, "a gs_provision of another version than 1");
    sim_buf_free(&version);
    if (good && (good = between_skip(xml)) && begin_take(xml, "mac"))
        good = mac_read(xml, mac);
    while (good && (good = between_skip(xml)) && begin_take(xml, "config"))
        good = config_read(xml, config);
    if (!good || !end_take(xml, "gs_provision") || !between_skip(xml))
        return false;
    return xml->at == xml->end || fail(xml, "something behind the end");
}

bool sim_gs_config_parse(const char *text, size_t len, const char *mac,
                         struct sim_config *ret_config, struct sim_fault *ret_fault)
{
    struct xml xml = {text, text + len, 1, ret_fault};
    struct sim_config config = {0};
    if (len > SIM_FILE_MAX) {
        sim_fault_set(ret_fault, 0, "file of %zu bytes; at most %zu are read", len, SIM_FILE_MAX);
        return false;
    }
    if (file_read(&xml, mac, &config) && sim_config_keys_are_unique(&config, ret_fault)) {
        *ret_config = config;
        return true;
    }
    sim_config_free(&config);
    return false;
}
