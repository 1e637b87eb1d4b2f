/*
 * The OpenAPI document, made from the routes and the tables they name (api-spec/openapi.yaml is a
 * copy of it, and a test compares).
 */
#ifndef API_OPENAPI_H
#define API_OPENAPI_H

#include <stdio.h>

#include "resource.h"

/* What a table does not tell of an operation. Rows of members are those of resource.h. */
struct api_doc {
    const char *summary; /* one line; NULL: made from the resource */
    const char *help;    /* sentences, or NULL */
    const char *schema;  /* name of what is answered, "DeviceLine"; NULL: none, or the resource's */
    const struct api_field *answer;  /* its members; NULL: the resource's */
    const struct api_field *request; /* members of the body; NULL: none, or the resource's */
    bool is_list;                    /* {"items": [of schema]} is answered */
    bool is_file;                    /* bytes are answered, as an attachment */
    bool is_part;                    /* of a device: the ETag is the device's */
    const struct api_filter *query;  /* ?limit= and these; NULL: none, or the resource's */
    const char *statuses; /* "200 404 409 422": of its own, beside what every operation has */
};

/* Print the document as YAML. */
void api_openapi_print(FILE *out);
/* "GET /v1/sites listSites viewer", a line a route of the server. */
void api_routes_print(FILE *out);

#endif
