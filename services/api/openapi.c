/*
 * The document: a path a route, and what its table tells of it.
 */
#include "openapi.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "openapi_impl.h"
#include "yaml.h"

struct document {
    json_t *root, *paths, *schemas;
};

static void set(json_t *object, const char *name, json_t *value)
{
    json_object_set_new(object, name, value);
}

static json_t *reference(const char *kind, const char *name)
{
    return json_pack("{s:o}", "$ref", json_sprintf("#/components/%s/%s", kind, name));
}

static bool is_method(const struct api_route *route, const char *method)
{
    return strcmp(route->method, method) == 0;
}

static bool has_id_at_end(const struct api_route *route)
{
    size_t len = strlen(route->path);
    return route->path[len - 1] == '}';
}

/* ---- what the engine's operations are ---- */

enum kind { K_LIST, K_GET, K_CREATE, K_PATCH, K_DELETE, K_OTHER };

static enum kind kind_of(const struct api_route *route)
{
    if (route->resource == NULL || (route->doc != NULL && route->doc->answer != NULL))
        return K_OTHER;
    if (is_method(route, "GET"))
        return has_id_at_end(route) || route->resource->is_single ? K_GET : K_LIST;
    if (is_method(route, "PATCH"))
        return K_PATCH;
    if (is_method(route, "DELETE"))
        return K_DELETE;
    /* POST of a path that is not the resource's own is an action on one. */
    return is_method(route, "POST") && strcmp(route->path, route->resource->path) == 0 ? K_CREATE
                                                                                       : K_OTHER;
}

static const char *const kind_statuses[] = {
    [K_LIST] = "200 422",
    [K_GET] = "200 404",
    [K_CREATE] = "201 409 422",
    [K_PATCH] = "200 404 409 412 422",
    [K_DELETE] = "204 404 409 412 422",
    [K_OTHER] = "200",
};

static const char *statuses_of(const struct api_route *route)
{
    if (route->doc != NULL && route->doc->statuses != NULL)
        return route->doc->statuses;
    return kind_statuses[kind_of(route)];
}

static bool has_status(const struct api_route *route, const char *status)
{
    return strstr(statuses_of(route), status) != NULL;
}

/* "a site", "an audit event" */
static json_t *phrase(const char *before, const char *name)
{
    char words[64];
    snprintf(words, sizeof words, "%s", name);
    for (char *c = words; *c != '\0'; c++)
        *c = *c == '_' ? ' ' : *c;
    return json_sprintf("%s %s %s", before, strchr("aeio", words[0]) != NULL ? "an" : "a", words);
}

static json_t *summary_of(const struct api_route *route)
{
    const struct api_resource *resource = route->resource;
    if (route->doc != NULL && route->doc->summary != NULL)
        return json_string(route->doc->summary);
    if (resource != NULL && resource->is_single)
        return json_sprintf("%s one's own %s", kind_of(route) == K_PATCH ? "Change" : "Read",
                            resource->name);
    switch (kind_of(route)) {
    case K_LIST:
        return json_sprintf("List %s", resource->plural);
    case K_GET:
        return phrase("Read", resource->name);
    case K_CREATE:
        return phrase("Make", resource->name);
    case K_PATCH:
        return phrase("Change", resource->name);
    case K_DELETE:
        return phrase("Delete", resource->name);
    case K_OTHER:
        break;
    }
    return json_string(route->operation_id);
}

static const char *role_name(enum api_role role)
{
    static const char *const names[] = {
        [API_ROLE_NONE] = "none", [API_VIEWER] = "viewer",     [API_TECHNICIAN] = "technician",
        [API_ADMIN] = "admin",    [API_OPERATOR] = "operator",
    };
    return names[role];
}

/* ---- parameters ---- */

static void add_path_parameters(const struct api_route *route, json_t *parameters)
{
    struct bk_str rest = bk_str_of(route->path);
    while (bk_str_find(rest, '{') >= 0) {
        bk_str_cut(&rest, '{');
        struct bk_str name = bk_str_cut(&rest, '}');
        json_array_append_new(parameters, json_pack("{s:s%, s:s, s:b, s:{s:s, s:i}}", "name",
                                                    name.ptr, name.len, "in", "path", "required", 1,
                                                    "schema", "type", "integer", "minimum", 1));
    }
}

static void add_filters(const struct api_filter *filters, json_t *parameters)
{
    for (const struct api_filter *filter = filters; filter != NULL && filter->name != NULL;
         filter++)
        json_array_append_new(parameters, json_pack("{s:s, s:s, s:s, s:o}", "name", filter->name,
                                                    "in", "query", "description", filter->help,
                                                    "schema", api_schema_filter(filter)));
}

static json_t *parameters_of(const struct api_route *route)
{
    json_t *parameters = json_array();
    add_path_parameters(route, parameters);
    const bool is_page = kind_of(route) == K_LIST;
    const struct api_filter *query = is_page              ? route->resource->filters
                                     : route->doc != NULL ? route->doc->query
                                                          : NULL;
    if (is_page || query != NULL)
        json_array_append_new(parameters, reference("parameters", "limit"));
    if (is_page)
        json_array_append_new(parameters, reference("parameters", "cursor"));
    add_filters(query, parameters);
    if (has_status(route, "412"))
        json_array_append_new(parameters, reference("parameters", "ifMatch"));
    if (is_method(route, "POST") && route->role != API_ROLE_NONE)
        json_array_append_new(parameters, reference("parameters", "idempotencyKey"));
    return parameters;
}

/* ---- bodies ---- */

/* The name of a schema that stands in the document now. */
static const char *schema_of(struct document *document, const char *name, const char *suffix,
                             const struct api_field *fields, enum api_mode mode, bool with_id)
{
    static char full[96];
    snprintf(full, sizeof full, "%s%s", name, suffix);
    if (json_object_get(document->schemas, full) == NULL)
        set(document->schemas, full, api_schema_object(fields, mode, with_id));
    return full;
}

static json_t *content(const char *type, json_t *schema)
{
    return json_pack("{s:{s:o}}", type, "schema", schema);
}

static const struct api_field *request_of(const struct api_route *route)
{
    if (route->doc != NULL && route->doc->request != NULL)
        return route->doc->request;
    if (kind_of(route) == K_CREATE || kind_of(route) == K_PATCH)
        return route->resource->fields;
    return NULL;
}

/* "createSite" -> "CreateSite": the name of a body that is no resource's. */
static json_t *body_schema(struct document *document, const struct api_route *route)
{
    char name[64];
    const struct api_field *fields = request_of(route);
    if (fields == (route->resource != NULL ? route->resource->fields : NULL)) {
        const bool is_patch = kind_of(route) == K_PATCH;
        return reference("schemas",
                         schema_of(document, route->resource->schema, is_patch ? "Patch" : "Create",
                                   fields, is_patch ? API_M_PATCH : API_M_CREATE, false));
    }
    snprintf(name, sizeof name, "%s", route->operation_id);
    name[0] = (char)toupper((unsigned char)name[0]);
    return reference("schemas", schema_of(document, name, "Body", fields, API_M_CREATE, false));
}

static json_t *request_body(struct document *document, const struct api_route *route)
{
    json_t *types = content("application/json", body_schema(document, route));
    if (is_method(route, "PATCH"))
        set(types, "application/merge-patch+json",
            json_pack("{s:o}", "schema", body_schema(document, route)));
    return json_pack("{s:b, s:o}", "required", 1, "content", types);
}

static json_t *answer_schema(struct document *document, const struct api_route *route)
{
    const struct api_doc *doc = route->doc;
    const struct api_resource *resource = route->resource;
    const bool has_own = doc != NULL && doc->answer != NULL;
    if (!has_own && resource == NULL)
        return NULL;
    const char *name =
        has_own ? schema_of(document, doc->schema, "", doc->answer, API_M_READ, resource != NULL)
                : schema_of(document, resource->schema, "", resource->fields, API_M_READ, true);
    json_t *one = reference("schemas", name);
    if (has_own && doc->is_list)
        return json_pack("{s:s, s:{s:{s:s, s:o}}, s:[s]}", "type", "object", "properties", "items",
                         "type", "array", "items", one, "required", "items");
    if (kind_of(route) != K_LIST)
        return one;
    return json_pack("{s:s, s:{s:{s:s, s:o}, s:{s:[s,s], s:s}}, s:[s,s]}", "type", "object",
                     "properties", "items", "type", "array", "items", one, "next_cursor", "type",
                     "string", "null", "description", "?cursor= of the next page; null: the last.",
                     "required", "items", "next_cursor");
}

/* ---- answers ---- */

static json_t *good_answer(struct document *document, const struct api_route *route,
                           const char *status)
{
    static const struct {
        const char *status, *text;
    } texts[] = {{"200", "As it is now."},
                 {"201", "Made."},
                 {"202", "Accepted, and committed."},
                 {"204", "Done; nothing to say."}};
    json_t *answer = json_object(), *headers = json_object();
    for (size_t i = 0; i < BK_COUNT(texts); i++) {
        if (strcmp(texts[i].status, status) == 0)
            set(answer, "description", json_string(texts[i].text));
    }
    const enum kind kind = kind_of(route);
    const bool is_part = route->doc != NULL && route->doc->is_part;
    const bool is_file = route->doc != NULL && route->doc->is_file;
    if (strcmp(status, "204") != 0 &&
        (kind == K_GET || kind == K_CREATE || kind == K_PATCH || is_part))
        set(headers, "ETag", reference("headers", "ETag"));
    if ((strcmp(status, "201") == 0 && kind == K_CREATE) || strcmp(status, "202") == 0)
        set(headers, "Location", reference("headers", "Location"));
    if (is_file)
        set(headers, "Content-Disposition", reference("headers", "Content-Disposition"));
    if (json_object_size(headers) > 0)
        set(answer, "headers", headers);
    else
        json_decref(headers);
    json_t *schema = strcmp(status, "204") == 0 ? NULL : answer_schema(document, route);
    if (schema != NULL)
        set(answer, "content", content("application/json", schema));
    if (is_file)
        set(answer, "content", content("application/octet-stream", json_object()));
    return answer;
}

static void add_answers(struct document *document, const struct api_route *route, json_t *answers,
                        const char *statuses)
{
    struct bk_str rest = bk_str_of(statuses);
    while (rest.len > 0) {
        struct bk_str word = bk_str_cut(&rest, ' ');
        char status[4] = "";
        snprintf(status, sizeof status, "%.*s", BK_STR_ARG(word));
        if (json_object_get(answers, status) == NULL)
            set(answers, status,
                status[0] == '2' ? good_answer(document, route, status)
                                 : reference("responses", status));
    }
}

static json_t *answers_of(struct document *document, const struct api_route *route)
{
    json_t *answers = json_object();
    add_answers(document, route, answers, statuses_of(route));
    if (request_of(route) != NULL)
        add_answers(document, route, answers, "400 413 415 422");
    if (is_method(route, "POST") && route->role != API_ROLE_NONE)
        add_answers(document, route, answers, "400 409 422"); /* of Idempotency-Key */
    if (route->role != API_ROLE_NONE)
        add_answers(document, route, answers, "401 403");
    add_answers(document, route, answers, "503");
    return answers;
}

/* ---- the whole ---- */

static json_t *help_of(const struct api_route *route)
{
    const char *help = route->doc != NULL && route->doc->help != NULL ? route->doc->help
                       : kind_of(route) == K_LIST                     ? route->resource->help
                                                                      : "";
    if (route->role == API_ROLE_NONE)
        return json_sprintf("%s%sNeeds no token.", help, help[0] == '\0' ? "" : " ");
    return json_sprintf("%s%sFor role %s%s.", help, help[0] == '\0' ? "" : " ",
                        role_name(route->role), route->role < API_OPERATOR ? " and above" : "");
}

static json_t *operation(struct document *document, const struct api_route *route)
{
    struct bk_str rest = bk_str_slice(bk_str_of(route->path), 4, strlen(route->path));
    struct bk_str tag = bk_str_cut(&rest, '/');
    json_t *operation =
        json_pack("{s:s, s:o, s:o, s:[s%], s:s}", "operationId", route->operation_id, "summary",
                  summary_of(route), "description", help_of(route), "tags", tag.ptr, tag.len,
                  "x-role", role_name(route->role));
    json_t *parameters = parameters_of(route);
    if (route->role == API_ROLE_NONE)
        set(operation, "security", json_array());
    if (json_array_size(parameters) > 0)
        set(operation, "parameters", parameters);
    else
        json_decref(parameters);
    if (request_of(route) != NULL)
        set(operation, "requestBody", request_body(document, route));
    set(operation, "responses", answers_of(document, route));
    return operation;
}

static void add_route(struct document *document, const struct api_route *route)
{
    char method[8] = "";
    json_t *path = json_object_get(document->paths, route->path);
    if (path == NULL) {
        path = json_object();
        set(document->paths, route->path, path);
    }
    for (size_t i = 0; i + 1 < sizeof method && route->method[i] != '\0'; i++)
        method[i] = (char)tolower((unsigned char)route->method[i]);
    set(path, method, operation(document, route));
}

static json_t *common_parameters(void)
{
    return json_pack(
        "{s:{s:s, s:s, s:s, s:{s:s, s:i, s:i, s:i}}, s:{s:s, s:s, s:s, s:{s:s}},"
        " s:{s:s, s:s, s:s, s:{s:s}}, s:{s:s, s:s, s:s, s:{s:s, s:i, s:i}}}",
        "limit", "name", "limit", "in", "query", "description", "Items of a page.", "schema",
        "type", "integer", "minimum", 1, "maximum", 200, "default", 50, "cursor", "name", "cursor",
        "in", "query", "description", "next_cursor of the page before.", "schema", "type", "string",
        "ifMatch", "name", "If-Match", "in", "header", "description",
        "ETag of what you read: 412 when it was changed since.", "schema", "type", "string",
        "idempotencyKey", "name", "Idempotency-Key", "in", "header", "description",
        "A text of your own; the same request with the same key within a day is answered as the "
        "first was, and done once.",
        "schema", "type", "string", "minLength", 1, "maxLength", 255);
}

static json_t *problem_answer(int status, const char *name, const char *text)
{
    return json_pack(
        "{s:s, s:{s:{s:o, s:o}}}", "description", text, "content", "application/problem+json",
        "schema", reference("schemas", "Problem"), "example",
        json_pack("{s:o, s:s, s:i, s:s, s:s}", "type", json_sprintf("urn:beckon:problem:%s", name),
                  "title", text, "status", status, "detail", text, "instance", "0-1a2182533ed-8"));
}

static json_t *common_answers(void)
{
    static const struct {
        int status;
        const char *name, *text;
    } problems[] = {
        {400, "malformed", "The request is malformed."},
        {401, "token", "No token, or one that does not hold."},
        {403, "role", "Your role does not allow this."},
        {404, "not-found", "There is no such thing in this tenant."},
        {409, "taken", "It does not go with what is there."},
        {412, "stale", "It was changed since it was read."},
        {413, "too-large", "The body is too long."},
        {415, "media-type", "The body is not JSON."},
        {422, "invalid", "Something in it is not acceptable; errors names what."},
        {429, "too-many-logins", "Too many requests; Retry-After tells when to come back."},
        {503, "busy", "Something Beckon needs is away; Retry-After tells when to come back."},
    };
    json_t *answers = json_object();
    for (size_t i = 0; i < BK_COUNT(problems); i++) {
        char status[8];
        snprintf(status, sizeof status, "%d", problems[i].status);
        set(answers, status,
            problem_answer(problems[i].status, problems[i].name, problems[i].text));
    }
    return answers;
}

static const char about[] =
    "REST for tenants' admins and for operators. JSON in UTF-8; ids are integers, times RFC 3339 "
    "in UTC. A list is a page: items, and next_cursor for ?cursor= of the next. PATCH is a "
    "merge-patch (RFC 7396): null puts a member back to how it began. What is unknown and what is "
    "another tenant's are the same 404. Secrets are written, never read; what "
    "phones wrote themselves may hold some, and is read by technicians and above. Errors are "
    "application/problem+json. A write after which the file of a phone could not be written in its "
    "maker's format is a 422 of type urn:beckon:problem:unwritable: errors names the member, the "
    "phone, its maker and the rule, and nothing is stored. This document is made by beckon-api "
    "--print-openapi from the tables "
    "that the server itself works by.";

void api_openapi_print(FILE *out)
{
    struct document document = {.paths = json_object(), .schemas = json_object()};
    for (const struct api_route *route = api_routes; route->method != NULL; route++)
        add_route(&document, route);
    api_schema_common(document.schemas);
    document.root = json_pack(
        "{s:s, s:{s:s, s:s, s:s}, s:[{s:s, s:s}], s:[{s:[]}], s:o, s:o}", "openapi", "3.1.0",
        "info", "title", "Beckon", "version", "1", "description", about, "servers", "url", "/",
        "description", "Where beckon-api listens.", "security", "bearer", "paths", document.paths,
        "components",
        json_pack("{s:{s:{s:s, s:s, s:s, s:s}}, s:o, s:{s:{s:s, s:{s:s}}, s:{s:s, s:{s:s}},"
                  " s:{s:s, s:{s:s}}}, s:o,"
                  " s:o}",
                  "securitySchemes", "bearer", "type", "http", "scheme", "bearer", "bearerFormat",
                  "JWT", "description", "access_token of POST /v1/auth/login.", "parameters",
                  common_parameters(), "headers", "ETag", "description",
                  "Of what is answered; for If-Match.", "schema", "type", "string", "Location",
                  "description", "Path of what was made.", "schema", "type", "string",
                  "Content-Disposition", "description", "attachment, with the file's name.",
                  "schema", "type", "string", "responses", common_answers(), "schemas",
                  document.schemas));
    api_yaml_print(out, document.root);
    json_decref(document.root);
}

void api_routes_print(FILE *out)
{
    for (const struct api_route *route = api_routes; route->method != NULL; route++)
        fprintf(out, "%s %s %s %s\n", route->method, route->path, route->operation_id,
                role_name(route->role));
}
