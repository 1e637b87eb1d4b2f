/*
 * What the simulator tells: one JSON object a line on stdout, flushed, {"event":"<what>",
 * "at_ms":<wall clock>, …}.
 */
#ifndef PHONESIM_EVENT_H
#define PHONESIM_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "util.h"

/* A JSON object being written; members in the order of the calls. */
struct sim_json {
    struct sim_buf text;
    bool is_open; /* a comma is due before the next member */
};

void sim_json_begin(struct sim_json *json, const char *name, char bracket); /* name NULL: none */
void sim_json_end(struct sim_json *json, char bracket);
void sim_json_text(struct sim_json *json, const char *name, const char *value); /* NULL: null */
void sim_json_int(struct sim_json *json, const char *name, long long value);
void sim_json_bool(struct sim_json *json, const char *name, bool value);

void sim_event_begin(struct sim_json *json, const char *event);
void sim_event_end(struct sim_json *json); /* printed and freed */

/* {"event":"error","where":…,"line":…,"text":…} */
void sim_event_error(const char *where, const struct sim_fault *fault);

#endif
