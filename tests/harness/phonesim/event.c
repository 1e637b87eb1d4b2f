/* See event.h. */
#include "event.h"

#include <stdio.h>
#include <string.h>

static void quoted(struct sim_buf *out, const char *text)
{
    size_t len = strlen(text);
    sim_buf_text(out, "\"");
    for (size_t i = 0; i < len;) {
        size_t step = sim_utf8_sequence(text + i, len - i);
        unsigned char byte = (unsigned char)text[i];
        if (byte == '"' || byte == '\\')
            sim_buf_format(out, "\\%c", byte);
        else if (step == 0 || byte < 0x20 || byte == 0x7f)
            sim_buf_format(out, "\\u%04x", byte); /* a byte that is no text, as Latin-1 */
        else
            sim_buf_add(out, text + i, step);
        i += step == 0 ? 1 : step;
    }
    sim_buf_text(out, "\"");
}

static void member(struct sim_json *json, const char *name)
{
    if (json->is_open)
        sim_buf_text(&json->text, ",");
    if (name != NULL) {
        quoted(&json->text, name);
        sim_buf_text(&json->text, ":");
    }
    json->is_open = true;
}

void sim_json_begin(struct sim_json *json, const char *name, char bracket)
{
    member(json, name);
    sim_buf_add(&json->text, &bracket, 1);
    json->is_open = false;
}

void sim_json_end(struct sim_json *json, char bracket)
{
    sim_buf_add(&json->text, &bracket, 1);
    json->is_open = true;
}

void sim_json_text(struct sim_json *json, const char *name, const char *value)
{
    member(json, name);
    if (value == NULL)
        sim_buf_text(&json->text, "null");
    else
        quoted(&json->text, value);
}

void sim_json_int(struct sim_json *json, const char *name, long long value)
{
    member(json, name);
    sim_buf_format(&json->text, "%lld", value);
}

void sim_json_bool(struct sim_json *json, const char *name, bool value)
{
    member(json, name);
    sim_buf_text(&json->text, value ? "true" : "false");
}

void sim_event_begin(struct sim_json *json, const char *event)
{
    *json = (struct sim_json){0};
    sim_json_begin(json, NULL, '{');
    sim_json_text(json, "event", event);
    sim_json_int(json, "at_ms", sim_wall_ms());
}

void sim_event_end(struct sim_json *json)
{
    sim_json_end(json, '}');
    puts(json->text.data);
    fflush(stdout);
    sim_buf_free(&json->text);
}

void sim_event_error(const char *where, const struct sim_fault *fault)
{
    struct sim_json json;
    sim_event_begin(&json, "error");
    sim_json_text(&json, "where", where);
    if (fault->line > 0)
        sim_json_int(&json, "line", fault->line);
    sim_json_text(&json, "text", fault->text);
    sim_event_end(&json);
}
