/*
 * The halves of the document: schemas of members (openapi_schema.c), paths (openapi.c).
 */
#ifndef API_OPENAPI_IMPL_H
#define API_OPENAPI_IMPL_H

#include "openapi.h"

enum api_mode { API_M_READ, API_M_CREATE, API_M_PATCH };

/* The schema of an object by its rows; id: with the id of a resource. A new reference. */
json_t *api_schema_object(const struct api_field *fields, enum api_mode mode, bool with_id);
/* Of the value of one filter. */
json_t *api_schema_filter(const struct api_filter *filter);
/* Settings, SettingsWrite, Raw, Problem: what the others refer to. */
void api_schema_common(json_t *schemas);

#endif
