/*
 * Judging what a caller wrote, member by member. All faults of one input are told at once, each
 * with its member, its limit and what to write instead; nothing is looked up here.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/option.h"
#include "base/secret.h"
#include "layer/layer.h"
#include "members_impl.h"

#define ERROR_MAX 32 /* of one answer; who has more begins with these */

/* ---- faults ---- */

static void drop(void *json)
{
    json_decref(json);
}

json_t *api_keep(struct api_call *call, json_t *json)
{
    if (json != NULL)
        bk_arena_on_free(call->arena, drop, json);
    return json;
}

void api_member_error(struct api_call *call, const char *path, const char *format, ...)
{
    BK_AUTO(bk_detail_wipe) struct bk_detail detail;
    va_list args;
    va_start(args, format);
    vsnprintf(detail.text, sizeof detail.text, format, args);
    va_end(args);
    /* A sentence that quotes half a character is told without any such. */
    if (!bk_str_is_utf8(bk_str_of(detail.text)))
        for (char *at = detail.text; *at != '\0'; at++)
            *at = (unsigned char)*at < 0x80 ? *at : '?';
    /* A name that was cut in the middle of a character is no JSON text: no fault may get lost so.
     */
    struct bk_str member = bk_str_of(path);
    while (!bk_str_is_utf8(member))
        member.len--;
    if (call->reply.problem_members == NULL)
        call->reply.problem_members = json_pack("{s:[]}", "errors");
    json_t *errors = json_object_get(call->reply.problem_members, "errors");
    if (errors == NULL) { /* another problem was being told; this one comes first */
        errors = json_array();
        json_object_set_new(call->reply.problem_members, "errors", errors);
    }
    if (json_array_size(errors) == 0)
        bk_detail_set(&call->detail, "%.*s: %s", BK_STR_ARG(member), detail.text);
    if (json_array_size(errors) < ERROR_MAX)
        json_array_append_new(errors, json_pack("{s:s%, s:o}", "member", member.ptr, member.len,
                                                "detail", json_string(detail.text)));
}

enum bk_err api_members_err(const struct api_call *call)
{
    return json_array_size(json_object_get(call->reply.problem_members, "errors")) > 0
               ? BK_ERR_INVALID
               : BK_OK;
}

static const char *path_of(struct api_call *call, const char *path, const char *name)
{
    return bk_arena_printf(call->arena, "%s%s%s", path, path[0] == '\0' ? "" : ".", name).ptr;
}

/* ---- numbers ---- */

static bool judge_int(struct api_call *call, const char *path, const json_t *value, int64_t min,
                      int64_t max)
{
    if (json_is_integer(value) && json_integer_value(value) >= min &&
        json_integer_value(value) <= max)
        return true;
    api_member_error(call, path, "want a whole number from %lld to %lld", (long long)min,
                     (long long)max);
    return false;
}

static bool judge_number(struct api_call *call, const struct api_field *field, const char *path,
                         const json_t *value)
{
    /* Two places behind the point: what the narrowest of them (a rate) is given in. */
    if (json_is_number(value) && json_number_value(value) >= (double)field->min &&
        json_number_value(value) <= (double)field->max && json_number_value(value) >= 0.01)
        return true;
    api_member_error(call, path, "want a number from 0.01 to %lld", (long long)field->max);
    return false;
}

/* ---- lists and objects ---- */

static bool judge_count(struct api_call *call, const struct api_field *field, const char *path,
                        const json_t *value, const char *what)
{
    if (json_is_array(value) && json_array_size(value) >= (size_t)field->min &&
        json_array_size(value) <= (size_t)field->max)
        return true;
    api_member_error(call, path, "want a list of %lld to %lld %s", (long long)field->min,
                     (long long)field->max, what);
    return false;
}

static json_t *judge_texts(struct api_call *call, const struct api_field *field, const char *path,
                           json_t *value)
{
    if (!judge_count(call, field, path, value, "texts"))
        return NULL;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *at = bk_arena_printf(call->arena, "%s[%zu]", path, i).ptr;
        const json_t *one = json_array_get(value, i);
        if (field->words != NULL ? !api_judge_word(call, at, field->words, one)
                                 : !api_judge_text(call, at, one, 1, 255))
            return NULL;
    }
    return value;
}

static json_t *judge_locks(struct api_call *call, const struct api_field *field, const char *path,
                           json_t *value)
{
    BK_AUTO(bk_detail_wipe) struct bk_detail detail;
    if (!judge_count(call, field, path, value, "names"))
        return NULL;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *one = json_array_get(value, i);
        const bool is_name = bk_layer_lock_check(api_json_text(one), &detail) == BK_OK;
        if (is_name && bk_layer_lock_find(value, api_json_text(one)) == i)
            continue;
        api_member_error(call, bk_arena_printf(call->arena, "%s[%zu]", path, i).ptr, "%s",
                         is_name ? "stands twice" : detail.text);
        return NULL;
    }
    return value;
}

static json_t *judge_ids(struct api_call *call, const struct api_field *field, const char *path,
                         json_t *value)
{
    if (!judge_count(call, field, path, value, "ids"))
        return NULL;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *one = json_array_get(value, i);
        if (json_is_integer(one) && json_integer_value(one) > 0)
            continue;
        api_member_error(call, bk_arena_printf(call->arena, "%s[%zu]", path, i).ptr, "want an id");
        return NULL;
    }
    return value;
}

/* {"floor": "3"}: nulls stay, for the merge that follows. */
static json_t *judge_map(struct api_call *call, const struct api_field *field, const char *path,
                         json_t *value)
{
    const char *name;
    json_t *one;
    if (!json_is_object(value) || json_object_size(value) > 64) {
        api_member_error(call, path, "want an object of at most 64 texts");
        return NULL;
    }
    json_object_foreach(value, name, one)
    {
        const char *at = path_of(call, path, name);
        struct bk_str key = bk_str_of(name);
        if (key.len == 0 || key.len > 64 || bk_str_has_control(key)) {
            api_member_error(call, path, "names have 1 to 64 bytes and no control characters");
            return NULL;
        }
        if (!json_is_null(one) && !api_judge_text(call, at, one, 0, 255))
            return NULL;
    }
    (void)field; /* its size is judged when it is whole */
    return value;
}

static json_t *judge(struct api_call *call, const struct api_field *field, const char *path,
                     json_t *value);

/* What is not said is as it begins, so that what is stored is whole. */
static json_t *judge_object(struct api_call *call, const struct api_field *fields, const char *path,
                            const json_t *value)
{
    struct api_write write = {.is_new = true};
    if (!json_is_object(value)) {
        api_member_error(call, path, "want an object");
        return NULL;
    }
    api_members_read(call, fields, path, value, true, &write);
    json_t *object = api_keep(call, json_object());
    for (const struct api_field *field = fields; field->name != NULL; field++) {
        const struct api_member *member = api_member_find(&write, field->name);
        if (member != NULL && (!json_is_null(member->value) || (field->flags & API_NULL) != 0))
            json_object_set(object, field->name, member->value);
        else if (field->initial != NULL)
            json_object_set_new(object, field->name,
                                json_loads(field->initial, JSON_DECODE_ANY, NULL));
    }
    return object;
}

static json_t *judge_objects(struct api_call *call, const struct api_field *field, const char *path,
                             json_t *value)
{
    if (!judge_count(call, field, path, value, "objects"))
        return NULL;
    json_t *list = api_keep(call, json_array());
    for (size_t i = 0; i < json_array_size(value); i++) {
        json_t *one =
            judge_object(call, field->members, bk_arena_printf(call->arena, "%s[%zu]", path, i).ptr,
                         json_array_get(value, i));
        if (one == NULL)
            return NULL;
        json_array_append(list, one);
    }
    return list;
}

/* ---- one member ---- */

static json_t *if_good(bool is_good, json_t *value)
{
    return is_good ? value : NULL;
}

static json_t *want(struct api_call *call, bool is_good, const char *path, const char *what,
                    json_t *value)
{
    if (!is_good)
        api_member_error(call, path, "want %s", what);
    return is_good ? value : NULL;
}

static json_t *judge_host(struct api_call *call, const struct api_field *field, const char *path,
                          json_t *value)
{
    struct bk_str host = api_json_text(value);
    return want(call, host.ptr != NULL && (api_is_host(host) || (host.len == 0 && field->min == 0)),
                path, "a host name, an IPv4 address or an IPv6 address without brackets", value);
}

/* The value as it is stored; NULL after a fault. */
static json_t *judge(struct api_call *call, const struct api_field *field, const char *path,
                     json_t *value)
{
    switch (field->type) {
    case API_T_TEXT:
        return if_good(api_judge_text(call, path, value, field->min, field->max), value);
    case API_T_SECRET:
        return if_good(api_judge_secret(call, field, path, value), value);
    case API_T_INT:
        return if_good(judge_int(call, path, value, field->min, field->max), value);
    case API_T_NUMBER:
        return if_good(judge_number(call, field, path, value), value);
    case API_T_BOOL:
        return want(call, json_is_boolean(value), path, "true or false", value);
    case API_T_WORD:
        return if_good(api_judge_word(call, path, field->words, value), value);
    case API_T_VENDOR:
        return api_judge_vendor(call, path, value);
    case API_T_REF:
        return want(call, json_is_integer(value) && json_integer_value(value) > 0, path, "an id",
                    value);
    case API_T_MAC:
        return api_judge_mac(call, path, value);
    case API_T_HOST:
        return judge_host(call, field, path, value);
    case API_T_EMAIL:
        return api_judge_email(call, path, value);
    case API_T_TEXTS:
        return judge_texts(call, field, path, value);
    case API_T_NETWORKS:
        return judge_count(call, field, path, value, "networks")
                   ? api_judge_networks(call, path, value)
                   : NULL;
    case API_T_SHA256:
        return api_judge_sha256(call, path, value);
    case API_T_IDS:
        return judge_ids(call, field, path, value);
    case API_T_MAP:
        return judge_map(call, field, path, value);
    case API_T_LOCKS:
        return judge_locks(call, field, path, value);
    case API_T_OBJECTS:
        return judge_objects(call, field, path, value);
    case API_T_PEM:
        return want(call, json_is_string(value) && json_string_length(value) <= (size_t)field->max,
                    path, "a text", value);
    case API_T_OBJECT: /* judged by its resource, which knows whether it is there already */
    case API_T_SETTINGS:
    case API_T_RAW:
        return want(call, json_is_object(value), path, "an object", value);
    case API_T_TIME:
    case API_T_COUNTS:
    case API_T_ANY:
        break; /* never written */
    }
    return NULL;
}

/* ---- all of them ---- */

static const struct api_field *field_find(const struct api_field *fields, const char *name)
{
    for (; fields->name != NULL; fields++) {
        if (strcmp(fields->name, name) == 0)
            return fields;
    }
    return NULL;
}

static void unknown(struct api_call *call, const struct api_field *fields, const char *path)
{
    struct bk_str known = BK_STR("");
    for (; fields->name != NULL; fields++) {
        if ((fields->flags & API_READ_ONLY) == 0)
            known = bk_arena_printf(call->arena, "%.*s %s", BK_STR_ARG(known), fields->name);
    }
    api_member_error(call, path, "unknown member; there are:%.*s", BK_STR_ARG(known));
}

static void read_member(struct api_call *call, const struct api_field *field, const char *path,
                        json_t *value, bool is_new, struct api_write *write)
{
    json_t *judged = value;
    if ((field->flags & API_ON_CREATE) != 0 && !is_new) {
        api_member_error(call, path, "cannot be changed later");
        return;
    }
    if ((field->flags & API_ON_PATCH) != 0 && is_new) {
        api_member_error(call, path, "is given to a new one; change it afterwards");
        return;
    }
    if (!json_is_null(value)) {
        judged = judge(call, field, path, value);
        if (judged != NULL && field->check != NULL)
            field->check(call, path, judged);
    } else if ((field->flags & (API_REQUIRED | API_NEVER_NULL)) != 0) {
        api_member_error(call, path, "cannot be null");
        return;
    }
    if (judged != NULL && write->count < API_FIELD_MAX)
        write->members[write->count++] = (struct api_member){field, judged};
}

void api_members_read(struct api_call *call, const struct api_field *fields, const char *path,
                      const json_t *input, bool is_new, struct api_write *write)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)input, name, value)
    {
        const struct api_field *field = field_find(fields, name);
        struct bk_str shown = bk_str_of(name);
        const char *at =
            path_of(call, path, shown.len > 64 || bk_str_has_control(shown) ? "?" : name);
        if (field == NULL && strcmp(name, "id") != 0)
            unknown(call, fields, at);
        else if (field == NULL || (field->flags & API_READ_ONLY) != 0)
            api_member_error(call, at, "is read only");
        else
            read_member(call, field, at, value, is_new, write);
    }
    for (const struct api_field *field = fields; is_new && field->name != NULL; field++) {
        if ((field->flags & API_REQUIRED) != 0 && json_object_get(input, field->name) == NULL)
            api_member_error(call, path_of(call, path, field->name), "is missing: %s", field->help);
    }
}

const struct api_member *api_member_find(const struct api_write *write, const char *name)
{
    for (size_t i = 0; i < write->count; i++) {
        if (strcmp(write->members[i].field->name, name) == 0)
            return &write->members[i];
    }
    return NULL;
}

void api_member_set(struct api_call *call, struct api_write *write, const char *name, json_t *value)
{
    api_keep(call, value);
    for (size_t i = 0; i < write->count; i++) {
        if (strcmp(write->members[i].field->name, name) == 0) {
            write->members[i].value = value;
            return;
        }
    }
    const struct api_field *field = field_find(write->resource->fields, name);
    if (field != NULL && write->count < API_FIELD_MAX)
        write->members[write->count++] = (struct api_member){field, value};
}

struct bk_str api_member_text(const struct api_write *write, const char *name,
                              struct bk_str fallback)
{
    const struct api_member *member = api_member_find(write, name);
    return member != NULL && json_is_string(member->value) ? api_json_text(member->value)
                                                           : fallback;
}

int64_t api_member_int(const struct api_write *write, const char *name, int64_t fallback)
{
    const struct api_member *member = api_member_find(write, name);
    return member != NULL && json_is_integer(member->value) ? json_integer_value(member->value)
                                                            : fallback;
}

json_t *api_members_changed(const struct api_write *write)
{
    json_t *names = json_array();
    for (size_t i = 0; i < write->count; i++)
        json_array_append_new(names, json_string(write->members[i].field->name));
    return json_pack("{s:o}", "members", names);
}
