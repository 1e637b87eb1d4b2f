/*
 * What a command answers: one JSON document, or the same as text for people. Commands build JSON
 * and say which members stand in which column; nobody prints by himself, so that both forms agree
 * and nothing a phone or a tenant wrote can move a terminal's cursor.
 */
#ifndef CLI_OUT_H
#define CLI_OUT_H

#include <jansson.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/str.h"

struct cli_column {
    const char *key;   /* of the JSON object; NULL ends a table */
    const char *title; /* for people */
};

/* Compact form ends with a line end. */
void cli_out_json(FILE *out, const json_t *value);
/* rows: an array of objects. An empty one prints `nothing` instead. */
void cli_out_table(FILE *out, const json_t *rows, const struct cli_column *columns,
                   const char *nothing);
/* One object, a line a column: "title   value". Members that are absent are left out. */
void cli_out_fields(FILE *out, const json_t *object, const struct cli_column *columns);
/* Text with control characters and broken UTF-8 as \xNN. */
void cli_out_text(FILE *out, struct bk_str text);

/* The same with its line ends and tabs: a file's text, to be read on a terminal. */
void cli_out_lines(FILE *out, struct bk_str text);

/* A JSON string of any bytes; null for a text without pointer. */
json_t *cli_json_text(struct bk_str text);
/* Compact, in the arena, terminated. */
struct bk_str cli_json_dump(struct bk_arena *arena, const json_t *value);

#endif
