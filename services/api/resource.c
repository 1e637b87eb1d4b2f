/*
 * The engine behind resource tables, reading: SQL from their static text, one row or a page of them
 * as JSON.
 */
#include "resource.h"

#include <assert.h>
#include <stdio.h>

#include "base/option.h"
#include "model/mac.h"
#include "resource_impl.h"
#include "vendor/vendor.h"

/* ---- a row as it is shown ---- */

enum bk_err api_json_load(struct api_call *call, struct bk_str text, json_t **ret_json)
{
    json_t *json = json_loadb(text.ptr == NULL ? "" : text.ptr, text.len, JSON_DECODE_ANY, NULL);
    if (json == NULL) {
        bk_detail_set(&call->detail, "what the database gave is no JSON");
        return BK_ERR_INTERNAL;
    }
    *ret_json = api_keep(call, json);
    return BK_OK;
}

/* How a member is shown: 'name', <SQL> of json_build_object. */
static void add_shown(struct api_statement *statement, const struct api_field *field)
{
    const char *before = "t.", *column = field->column, *after = "";
    if (field->read != NULL) {
        before = "";
        column = field->read;
    } else if (field->type == API_T_TIME) {
        before = "to_char(t.";
        after = " at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')";
    } else if (field->type == API_T_MAC) {
        before = "replace(t.";
        after = "::text, ':', '')";
    } else if (field->type == API_T_SETTINGS) {
        before = "";
        column = API_SHOWN_SETTINGS_SQL("t.settings");
    }
    bk_buf_addf(&statement->sql, ", '%s', %s%s%s", field->name, before, column, after);
}

static bool is_shown(const struct api_field *field)
{
    return (field->flags & API_WRITE_ONLY) == 0 && (field->read != NULL || field->column != NULL);
}

/* select id, version, object[, settings, locks, raw][, cursor] from … where tenant */
static void add_select(struct api_statement *statement, const struct api_resource *resource,
                       bool with_layer)
{
    if (resource->with != NULL) {
        api_statement_add(statement, resource->with);
        api_statement_add(statement, " ");
    }
    bk_buf_addf(&statement->sql, "select t.%s, %s, json_build_object('id', t.%s", resource->id,
                resource->version != NULL ? resource->version : "t.xmin::text", resource->id);
    for (const struct api_field *field = resource->fields; field->name != NULL; field++) {
        if (is_shown(field))
            add_shown(statement, field);
    }
    api_statement_add(statement, ")");
    if (resource->cursor != NULL)
        bk_buf_addf(&statement->sql, ", %s", resource->cursor);
    else if (with_layer)
        api_statement_add(statement, ", t.settings, to_jsonb(t.locks), t.raw");
    bk_buf_addf(&statement->sql, " from %s as t %s where t.tenant_id = app.current_tenant_id()",
                resource->table, resource->joins != NULL ? resource->joins : "");
}

static enum bk_err load_shown(struct api_call *call, const struct api_resource *resource,
                              struct bk_str text, json_t **ret_object)
{
    enum bk_err err = api_json_load(call, text, ret_object);
    if (err == BK_OK && resource->show != NULL)
        resource->show(*ret_object);
    return err;
}

/* ---- one row ---- */

enum bk_err api_row_read(struct api_call *call, const struct api_resource *resource, int64_t id,
                         bool is_locked, json_t **ret_object, struct bk_str *ret_version,
                         struct api_layer *ret_layer)
{
    struct api_statement statement;
    struct bk_pg_rows *rows = NULL;
    api_statement_init(&statement);
    add_select(&statement, resource, ret_layer != NULL);
    bk_buf_addf(&statement.sql, " and t.%s = $%zu::bigint%s", resource->id,
                api_statement_add_param(&statement, bk_store_int(&call->store, id)),
                is_locked ? " for no key update of t" : "");
    enum bk_err err = api_statement_run(call, &statement, &rows);
    if (err == BK_OK && bk_pg_row_count(rows) == 0)
        err = BK_ERR_NOT_FOUND;
    if (err == BK_OK) {
        *ret_version = bk_arena_str(call->arena, bk_pg_text(rows, 0, 1));
        err = load_shown(call, resource, bk_pg_text(rows, 0, 2), ret_object);
    }
    if (err == BK_OK && ret_layer != NULL) {
        *ret_layer = (struct api_layer){.layer = resource->layer, .layer_id = id};
        err = api_json_load(call, bk_pg_text(rows, 0, 3), &ret_layer->settings);
        if (err == BK_OK)
            err = api_json_load(call, bk_pg_text(rows, 0, 4), &ret_layer->locks);
        if (err == BK_OK)
            err = api_json_load(call, bk_pg_text(rows, 0, 5), &ret_layer->raw);
    }
    bk_pg_rows_free(rows);
    return err;
}

enum bk_err api_resource_read(struct api_call *call, const struct api_resource *resource,
                              int64_t id, bool is_locked, json_t **ret_object,
                              struct bk_str *ret_version)
{
    return api_row_read(call, resource, id, is_locked, ret_object, ret_version, NULL);
}

enum bk_err api_resource_answer(struct api_call *call, const struct api_resource *resource,
                                int64_t id, int status)
{
    json_t *object = NULL;
    struct bk_str version;
    enum bk_err err = api_resource_read(call, resource, id, false, &object, &version);
    if (err != BK_OK)
        return err;
    call->reply.status = status;
    call->reply.body = json_incref(object);
    call->reply.etag = bk_arena_printf(call->arena, "\"%.*s\"", BK_STR_ARG(version)).ptr;
    return BK_OK;
}

enum bk_err api_row_answer(struct api_call *call, const char *sql, const struct bk_pg_param *params,
                           size_t count, int status)
{
    struct bk_str text;
    json_t *object = NULL;
    enum bk_err err = bk_store_one_text(&call->store, sql, params, count, &text);
    if (err == BK_OK)
        err = api_json_load(call, text, &object);
    if (err != BK_OK)
        return err;
    call->reply.status = status;
    call->reply.body = json_incref(object);
    return BK_OK;
}

enum bk_err api_if_match(struct api_call *call, struct bk_str version)
{
    struct bk_str rest = call->if_match;
    struct bk_str etag = bk_arena_printf(call->arena, "\"%.*s\"", BK_STR_ARG(version));
    if (rest.ptr == NULL || bk_str_eq(bk_str_trim(rest), BK_STR("*")))
        return BK_OK;
    while (rest.len > 0) {
        if (bk_str_eq(bk_str_trim(bk_str_cut(&rest, ',')), etag))
            return BK_OK;
    }
    bk_detail_set(&call->detail,
                  "it was changed since you read it; read it again and decide on what it is now");
    return BK_ERR_STALE;
}

int64_t api_id_of(const struct api_call *call)
{
    return call->route->resource->is_single ? call->scope.tenant_id : call->ids[0];
}

enum bk_err api_resource_get(struct api_call *call)
{
    return api_resource_answer(call, call->route->resource, api_id_of(call), 200);
}

/* ---- lists ---- */

static enum bk_err filter_fault(struct api_call *call, const struct api_filter *filter,
                                const char *want)
{
    api_member_error(call, filter->name, "want %s", want);
    return BK_ERR_INVALID;
}

enum bk_err api_filter_judge(struct api_call *call, const struct api_filter *filter,
                             struct bk_str *value)
{
    struct bk_mac mac;
    int64_t number;
    char text[BK_MAC_TEXT_SIZE];
    switch (filter->type) {
    case API_T_REF:
        if (bk_str_parse_int(*value, 1, INT64_MAX, &number) != BK_OK)
            return filter_fault(call, filter, "an id");
        return BK_OK;
    case API_T_INT:
        if (bk_str_parse_int(*value, 0, INT64_MAX, &number) != BK_OK)
            return filter_fault(call, filter, "a whole number");
        return BK_OK;
    case API_T_BOOL:
        return bk_words_find("true false", *value) >= 0
                   ? BK_OK
                   : filter_fault(call, filter, "true or false");
    case API_T_WORD:
        return bk_words_find(filter->words, *value) >= 0
                   ? BK_OK
                   : filter_fault(call, filter,
                                  bk_arena_printf(call->arena, "one of: %s", filter->words).ptr);
    case API_T_MAC:
        if (bk_mac_parse(*value, &mac) != BK_OK)
            return filter_fault(call, filter, "a MAC");
        bk_mac_print(&mac, &text);
        *value = bk_arena_str(call->arena, bk_str_of(text));
        return BK_OK;
    case API_T_TIME:
        return api_is_time(*value) ? BK_OK
                                   : filter_fault(call, filter, "a time: 2026-01-31T08:00:00Z");
    case API_T_VENDOR:
        return bk_vendor_find(*value) != NULL ? BK_OK
                                              : filter_fault(call, filter, "the name of a maker");
    case API_T_TEXT:
    case API_T_NUMBER:
    case API_T_SECRET:
    case API_T_HOST:
    case API_T_EMAIL:
    case API_T_PEM:
    case API_T_SHA256:
    case API_T_TEXTS:
    case API_T_NETWORKS:
    case API_T_IDS:
    case API_T_MAP:
    case API_T_COUNTS:
    case API_T_OBJECT:
    case API_T_OBJECTS:
    case API_T_SETTINGS:
    case API_T_LOCKS:
    case API_T_RAW:
    case API_T_ANY:
        break;
    }
    if (value->len > 255 || bk_str_has_control(*value))
        return filter_fault(call, filter, "a text of at most 255 bytes");
    return BK_OK;
}

#define QUERY_NAME_MAX 24

static enum bk_err add_filters(struct api_call *call, const struct api_resource *resource,
                               struct api_statement *statement)
{
    const char *names[QUERY_NAME_MAX] = {"limit", "cursor"};
    size_t count = 2;
    for (const struct api_filter *filter = resource->filters;
         filter != NULL && filter->name != NULL; filter++) {
        assert(count + 1 < QUERY_NAME_MAX);
        names[count++] = filter->name;
    }
    enum bk_err err = api_query_only(call, names);
    for (const struct api_filter *filter = resource->filters;
         err == BK_OK && filter != NULL && filter->name != NULL; filter++) {
        struct bk_str value;
        err = api_query(call, filter->name, &value);
        if (err != BK_OK || value.ptr == NULL)
            continue;
        err = api_filter_judge(call, filter, &value);
        api_statement_add(statement, " and ");
        api_statement_add_with(statement, filter->sql, api_cast_of(filter->type),
                               bk_store_text(value));
    }
    return err;
}

/* select … where after the cursor and filters, one more than fits: whether there is a next page. */
static enum bk_err list_statement(struct api_call *call, const struct api_resource *resource,
                                  int64_t limit, int64_t cursor, struct api_statement *statement)
{
    const char *order = resource->order;
    char id[72];
    snprintf(id, sizeof id, "t.%s", resource->id);
    if (order == NULL)
        order = id;
    add_select(statement, resource, false);
    if (cursor != 0) {
        bk_buf_addf(&statement->sql, " and %s %s ", order, resource->newest_first ? "<" : ">");
        api_statement_add_with(statement,
                               resource->cursor_value != NULL ? resource->cursor_value : "@@",
                               "bigint", bk_store_int(&call->store, cursor));
    }
    enum bk_err err = add_filters(call, resource, statement);
    bk_buf_addf(&statement->sql, " order by %s%s fetch first ($%zu::bigint) rows with ties", order,
                resource->newest_first ? " desc" : "",
                api_statement_add_param(statement, bk_store_int(&call->store, limit + 1)));
    return err;
}

static enum bk_err list_body(struct api_call *call, const struct api_resource *resource,
                             const struct bk_pg_rows *rows, int64_t limit, json_t **ret_body)
{
    const int cursor_column = resource->cursor != NULL ? 3 : 0;
    const int count = bk_pg_row_count(rows);
    json_t *items = json_array();
    json_t *next = NULL;
    enum bk_err err = BK_OK;
    int row = 0;
    for (; err == BK_OK && row < count; row++) {
        /* What has the same place in the order as the last one belongs to its page. */
        if (row >= (int)limit &&
            bk_pg_int(rows, row, cursor_column) != bk_pg_int(rows, row - 1, cursor_column))
            break;
        json_t *item;
        err = load_shown(call, resource, bk_pg_text(rows, row, 2), &item);
        if (err == BK_OK)
            json_array_append(items, item);
    }
    if (row > 0 && row < count)
        next = json_sprintf("%lld", (long long)bk_pg_int(rows, row - 1, cursor_column));
    *ret_body =
        json_pack("{s:o, s:o}", "items", items, "next_cursor", next != NULL ? next : json_null());
    return err;
}

enum bk_err api_resource_list(struct api_call *call)
{
    const struct api_resource *resource = call->route->resource;
    struct api_statement statement;
    struct bk_pg_rows *rows = NULL;
    int64_t limit = 0, cursor = 0;
    enum bk_err err = api_page(call, &limit, &cursor);
    if (err != BK_OK)
        return err;
    api_statement_init(&statement);
    err = list_statement(call, resource, limit, cursor, &statement);
    if (err != BK_OK) {
        bk_buf_deinit(&statement.sql);
        return err;
    }
    err = api_statement_run(call, &statement, &rows);
    if (err == BK_OK)
        err = list_body(call, resource, rows, limit, &call->reply.body);
    bk_pg_rows_free(rows);
    return err;
}
