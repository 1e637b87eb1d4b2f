/*
 * JSON as YAML for people: block style, members in the order in which they were set.
 */
#ifndef API_YAML_H
#define API_YAML_H

#include <jansson.h>
#include <stdio.h>

void api_yaml_print(FILE *out, const json_t *json);

#endif
