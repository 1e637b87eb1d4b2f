/*
 * JSON Schema (2020-12) of members, from their rows.
 */
#include <string.h>

#include "model/setting.h"
#include "openapi_impl.h"
#include "vendor/vendor.h"

static json_t *words_json(const char *words)
{
    struct bk_str rest = bk_str_of(words);
    json_t *list = json_array();
    while (rest.len > 0) {
        struct bk_str word = bk_str_cut(&rest, ' ');
        json_array_append_new(list, json_stringn(word.ptr, word.len));
    }
    return list;
}

static json_t *vendors_json(void)
{
    json_t *list = json_array();
    for (const struct bk_vendor *const *vendor = bk_vendors(); *vendor != NULL; vendor++)
        json_array_append_new(list, json_string((*vendor)->name));
    return list;
}

static void set(json_t *object, const char *name, json_t *value)
{
    json_object_set_new(object, name, value);
}

static json_t *typed(const char *type)
{
    return json_pack("{s:s}", "type", type);
}

static json_t *reference(const char *schema)
{
    return json_pack("{s:o}", "$ref", json_sprintf("#/components/schemas/%s", schema));
}

/* A text of min..max characters; max 0: not bounded here. */
static json_t *text_schema(int64_t min, int64_t max)
{
    json_t *schema = typed("string");
    if (min > 0)
        set(schema, "minLength", json_integer(min));
    if (max > 0)
        set(schema, "maxLength", json_integer(max));
    return schema;
}

static json_t *int_schema(const char *type, int64_t min, int64_t max)
{
    json_t *schema = typed(type);
    if (max > min) {
        set(schema, "minimum", json_integer(min));
        set(schema, "maximum", json_integer(max));
    }
    return schema;
}

static json_t *list_schema(json_t *items, int64_t min, int64_t max)
{
    json_t *schema = json_pack("{s:s, s:o}", "type", "array", "items", items);
    if (min > 0)
        set(schema, "minItems", json_integer(min));
    if (max > 0)
        set(schema, "maxItems", json_integer(max));
    return schema;
}

static json_t *counts_schema(const char *words)
{
    json_t *properties = json_object(), *names = words_json(words);
    for (size_t i = 0; i < json_array_size(names); i++)
        set(properties, json_string_value(json_array_get(names, i)),
            json_pack("{s:s, s:i}", "type", "integer", "minimum", 0));
    return json_pack("{s:s, s:o, s:o}", "type", "object", "properties", properties, "required",
                     names);
}

static json_t *map_schema(enum api_mode mode)
{
    json_t *text = text_schema(0, 255);
    if (mode != API_M_READ)
        set(text, "type", json_pack("[s,s]", "string", "null"));
    return json_pack("{s:s, s:o}", "type", "object", "additionalProperties", text);
}

static json_t *object_schema(const struct api_field *field, enum api_mode mode)
{
    if (field->members != NULL)
        return api_schema_object(field->members, mode, false);
    return typed("object");
}

static json_t *value_schema(const struct api_field *field, enum api_mode mode)
{
    const bool is_read = mode == API_M_READ;
    switch (field->type) {
    case API_T_TEXT:
    case API_T_SECRET:
    case API_T_PEM:
        return text_schema(field->min, field->max);
    case API_T_INT:
        return int_schema("integer", field->min, field->max);
    case API_T_NUMBER:
        return json_pack("{s:s, s:f, s:I}", "type", "number", "minimum", 0.01, "maximum",
                         (json_int_t)field->max);
    case API_T_BOOL:
        return typed("boolean");
    case API_T_WORD:
        return json_pack("{s:s, s:o}", "type", "string", "enum", words_json(field->words));
    case API_T_VENDOR:
        return json_pack("{s:s, s:o}", "type", "string", "enum", vendors_json());
    case API_T_TIME:
        return json_pack("{s:s, s:s}", "type", "string", "format", "date-time");
    case API_T_REF:
        return json_pack("{s:s, s:i}", "type", "integer", "minimum", 1);
    case API_T_MAC:
        return is_read ? json_pack("{s:s, s:s}", "type", "string", "pattern", "^[0-9a-f]{12}$")
                       : text_schema(12, 17);
    case API_T_HOST:
        return text_schema(field->min, 253);
    case API_T_EMAIL:
        return json_pack("{s:s, s:s, s:i}", "type", "string", "format", "email", "maxLength", 254);
    case API_T_TEXTS:
        return list_schema(field->words != NULL ? json_pack("{s:s, s:o}", "type", "string", "enum",
                                                            words_json(field->words))
                                                : text_schema(1, 255),
                           field->min, field->max);
    case API_T_NETWORKS:
        return list_schema(text_schema(2, 64), field->min, field->max);
    case API_T_SHA256:
        return is_read ? json_pack("{s:s, s:s}", "type", "string", "pattern", "^[0-9a-f]{64}$")
                       : text_schema(64, 95);
    case API_T_IDS:
        return list_schema(json_pack("{s:s, s:i}", "type", "integer", "minimum", 1), field->min,
                           field->max);
    case API_T_MAP:
        return map_schema(mode);
    case API_T_COUNTS:
        return counts_schema(field->words);
    case API_T_OBJECT:
        return object_schema(field, mode);
    case API_T_OBJECTS:
        /* An element is written whole, whatever is done to the object around it. */
        return list_schema(
            api_schema_object(field->members, is_read ? API_M_READ : API_M_CREATE, false),
            field->min, field->max);
    case API_T_SETTINGS:
        return reference(is_read ? "Settings" : "SettingsWrite");
    case API_T_LOCKS:
        return list_schema(text_schema(1, 160), field->min, field->max);
    case API_T_RAW:
        return reference(is_read ? "Raw" : "RawWrite");
    case API_T_ANY:
        break;
    }
    return json_object();
}

/* null is a value of it as well. */
static json_t *with_null(json_t *schema)
{
    json_t *words = json_object_get(schema, "enum");
    if (json_object_get(schema, "$ref") != NULL)
        return json_pack("{s:[o,{s:s}]}", "anyOf", schema, "type", "null");
    if (words != NULL)
        json_array_append_new(words, json_null());
    const char *type = json_string_value(json_object_get(schema, "type"));
    if (type != NULL)
        set(schema, "type", json_pack("[s,s]", type, "null"));
    return schema;
}

static bool takes_null(const struct api_field *field, enum api_mode mode)
{
    if (mode == API_M_READ)
        return (field->flags & API_NULL) != 0;
    return (field->flags & (API_REQUIRED | API_NEVER_NULL)) == 0;
}

static json_t *parsed(const char *json)
{
    return json_loads(json, JSON_DECODE_ANY, NULL);
}

static json_t *field_schema(const struct api_field *field, enum api_mode mode)
{
    json_t *schema = value_schema(field, mode);
    if (takes_null(field, mode))
        schema = with_null(schema);
    set(schema, "description", json_string(field->help));
    if (mode == API_M_CREATE && field->initial != NULL)
        set(schema, "default", parsed(field->initial));
    if (field->example != NULL)
        set(schema, "examples", json_pack("[o]", parsed(field->example)));
    return schema;
}

static bool is_in(const struct api_field *field, enum api_mode mode)
{
    switch (mode) {
    case API_M_READ:
        return (field->flags & API_WRITE_ONLY) == 0;
    case API_M_CREATE:
        return (field->flags & (API_READ_ONLY | API_ON_PATCH)) == 0;
    case API_M_PATCH:
        break;
    }
    return (field->flags & (API_READ_ONLY | API_ON_CREATE)) == 0;
}

json_t *api_schema_object(const struct api_field *fields, enum api_mode mode, bool with_id)
{
    json_t *properties = json_object(), *required = json_array();
    if (with_id) {
        set(properties, "id",
            json_pack("{s:s, s:i, s:s}", "type", "integer", "minimum", 1, "description",
                      "Its own id."));
        json_array_append_new(required, json_string("id"));
    }
    for (; fields->name != NULL; fields++) {
        if (!is_in(fields, mode))
            continue;
        set(properties, fields->name, field_schema(fields, mode));
        if (mode == API_M_READ || (mode == API_M_CREATE && (fields->flags & API_REQUIRED) != 0))
            json_array_append_new(required, json_string(fields->name));
    }
    json_t *schema = json_pack("{s:s, s:o}", "type", "object", "properties", properties);
    if (json_array_size(required) > 0)
        set(schema, "required", required);
    else
        json_decref(required);
    if (mode != API_M_READ)
        set(schema, "additionalProperties", json_false());
    return schema;
}

json_t *api_schema_filter(const struct api_filter *filter)
{
    const struct api_field field = {.name = filter->name,
                                    .type = filter->type,
                                    .words = filter->words,
                                    .max = filter->type == API_T_TEXT ? 255 : 0};
    return value_schema(&field, API_M_CREATE);
}

/* ---- what the others refer to ---- */

static json_t *setting_schema(const struct bk_option *option, bool is_read)
{
    const int64_t min = option->min, max = option->max;
    switch (option->type) {
    case BK_T_BOOL:
        return typed("boolean");
    case BK_T_INT:
        return int_schema("integer", min, max);
    case BK_T_ENUM:
        return json_pack("{s:s, s:o}", "type", "string", "enum", words_json(option->words));
    case BK_T_LIST:
        return list_schema(option->words != NULL ? json_pack("{s:s, s:o}", "type", "string", "enum",
                                                             words_json(option->words))
                                                 : text_schema(1, 255),
                           min, max);
    case BK_T_SECRET:
        if (is_read)
            return json_pack("{s:s, s:{s:{s:b}}, s:[s]}", "type", "object", "properties",
                             "has_secret", "const", 1, "required", "has_secret");
        break;
    case BK_T_TEXT:
    case BK_T_PATH:
    case BK_T_ADDRESS:
        break;
    }
    return text_schema(min, max);
}

static json_t *settings_schema(bool is_read)
{
    json_t *properties = json_object();
    for (const struct bk_option *option = bk_neutral_options; option->key != NULL; option++) {
        json_t *schema = setting_schema(option, is_read);
        if (!is_read)
            schema = with_null(schema);
        set(schema, "description", json_string(option->help));
        set(properties, option->key, schema);
    }
    return json_pack("{s:s, s:s, s:o, s:b}", "type", "object", "description",
                     is_read ? "Neutral settings of a layer, the same for every maker."
                             : "Neutral settings to put in; null takes one out.",
                     "properties", properties, "additionalProperties", 0);
}

static json_t *raw_schema(bool is_read)
{
    json_t *properties = json_object();
    for (const struct bk_vendor *const *vendor = bk_vendors(); *vendor != NULL; vendor++) {
        json_t *text = text_schema(1, 1024);
        json_t *pairs;
        if (!is_read)
            text = with_null(text);
        pairs = json_pack("{s:s, s:o}", "type", "object", "additionalProperties", text);
        set(properties, (*vendor)->name, is_read ? pairs : with_null(pairs));
    }
    return json_pack("{s:s, s:s, s:o, s:b}", "type", "object", "description",
                     "A maker's own parameters, by maker.", "properties", properties,
                     "additionalProperties", 0);
}

static json_t *problem_schema(void)
{
    return json_pack(
        "{s:s, s:s, s:{s:{s:s, s:s}, s:{s:s, s:s}, s:{s:s, s:s}, s:{s:s, s:s}, s:{s:s, s:s},"
        " s:{s:s, s:s, s:o}, s:{s:s, s:s, s:o}}, s:[s,s,s]}",
        "type", "object", "description",
        "What went wrong (RFC 9457). Further members may come; type is stable.", "properties",
        "type", "type", "string", "description", "urn:beckon:problem:<name>; for programs.",
        "title", "type", "string", "description", "The kind of problem, for people.", "status",
        "type", "integer", "description", "The HTTP status.", "detail", "type", "string",
        "description", "This very problem, with its cure.", "instance", "type", "string",
        "description", "The request's id, as in logs and audit events.", "errors", "type", "array",
        "description", "What is wrong with which member.", "items",
        json_pack("{s:s, s:{s:{s:s}, s:{s:s}}, s:[s,s]}", "type", "object", "properties", "member",
                  "type", "string", "detail", "type", "string", "required", "member", "detail"),
        "used_by", "type", "array", "description", "What keeps it from being deleted.", "items",
        json_pack("{s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}}, s:[s,s,s]}", "type", "object", "properties",
                  "kind", "type", "string", "id", "type", "integer", "name", "type", "string",
                  "required", "kind", "id", "name"),
        "required", "type", "title", "status");
}

void api_schema_common(json_t *schemas)
{
    set(schemas, "Settings", settings_schema(true));
    set(schemas, "SettingsWrite", settings_schema(false));
    set(schemas, "Raw", raw_schema(true));
    set(schemas, "RawWrite", raw_schema(false));
    set(schemas, "Problem", problem_schema());
}
