/*
 * The engine behind resource tables: SQL from their static text, one row or a page of them as JSON,
 * writes with If-Match and audit.
 */
#include "resource.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/option.h"
#include "base/secret.h"
#include "model/mac.h"
#include "vendor/vendor.h"

#define SQL_BYTES_MAX (64 * 1024)
#define USER_SHOWN_MAX 5 /* of what keeps something from being deleted */

/* ---- JSON ---- */

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

/* ---- SQL of a table ---- */

/* A statement while it is put together: text of our own, and parameters of the caller's. */
struct statement {
    struct bk_buf sql;
    struct bk_pg_param params[BK_PG_PARAM_MAX];
    size_t count;
};

static void statement_init(struct statement *statement)
{
    bk_buf_init(&statement->sql, SQL_BYTES_MAX);
    statement->count = 0;
}

static void add(struct statement *statement, const char *text)
{
    bk_buf_add(&statement->sql, bk_str_of(text));
}

/* The number of the parameter, for "$%zu". */
static size_t add_param(struct statement *statement, struct bk_pg_param param)
{
    assert(statement->count < BK_PG_PARAM_MAX && "a table with too many columns");
    statement->params[statement->count++] = param;
    return statement->count;
}

/* Text of a table in which @@ stands for the next parameter. */
static void add_with(struct statement *statement, const char *text, const char *cast,
                     struct bk_pg_param param)
{
    const char *at = strstr(text, "@@");
    size_t number = add_param(statement, param);
    while (at != NULL) {
        bk_buf_add(&statement->sql, (struct bk_str){text, (size_t)(at - text)});
        bk_buf_addf(&statement->sql, "$%zu::%s", number, cast);
        text = at + 2;
        at = strstr(text, "@@");
    }
    add(statement, text);
}

static enum bk_err run(struct api_call *call, struct statement *statement,
                       struct bk_pg_rows **ret_rows)
{
    enum bk_err err = statement->sql.err;
    if (err == BK_OK)
        err = bk_pgc_exec(call->store.pgc, bk_buf_text(&statement->sql), statement->params,
                          statement->count, ret_rows, &call->detail);
    bk_buf_deinit(&statement->sql);
    return err;
}

static const char *cast_of(enum api_type type)
{
    switch (type) {
    case API_T_INT:
    case API_T_REF:
        return "bigint";
    case API_T_NUMBER:
        return "numeric";
    case API_T_BOOL:
        return "boolean";
    case API_T_MAC:
        return "macaddr";
    case API_T_TIME:
        return "timestamptz";
    case API_T_SECRET:
        return "bytea";
    case API_T_TEXTS:
    case API_T_NETWORKS:
    case API_T_LOCKS:
    case API_T_IDS:
    case API_T_MAP:
    case API_T_COUNTS:
    case API_T_OBJECT:
    case API_T_OBJECTS:
    case API_T_SETTINGS:
    case API_T_RAW:
    case API_T_ANY:
        return "jsonb";
    case API_T_TEXT:
    case API_T_WORD:
    case API_T_VENDOR:
    case API_T_HOST:
    case API_T_EMAIL:
    case API_T_PEM:
    case API_T_SHA256:
        break;
    }
    return "text";
}

/* How a member is shown: 'name', <SQL> of json_build_object. */
static void add_shown(struct statement *statement, const struct api_field *field)
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
static void add_select(struct statement *statement, const struct api_resource *resource,
                       bool with_layer)
{
    if (resource->with != NULL) {
        add(statement, resource->with);
        add(statement, " ");
    }
    bk_buf_addf(&statement->sql, "select t.%s, %s, json_build_object('id', t.%s", resource->id,
                resource->version != NULL ? resource->version : "t.xmin::text", resource->id);
    for (const struct api_field *field = resource->fields; field->name != NULL; field++) {
        if (is_shown(field))
            add_shown(statement, field);
    }
    add(statement, ")");
    if (resource->cursor != NULL)
        bk_buf_addf(&statement->sql, ", %s", resource->cursor);
    else if (with_layer)
        add(statement, ", t.settings, to_jsonb(t.locks), t.raw");
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

static enum bk_err read_row(struct api_call *call, const struct api_resource *resource, int64_t id,
                            bool is_locked, json_t **ret_object, struct bk_str *ret_version,
                            struct api_layer *ret_layer)
{
    struct statement statement;
    struct bk_pg_rows *rows = NULL;
    statement_init(&statement);
    add_select(&statement, resource, ret_layer != NULL);
    bk_buf_addf(&statement.sql, " and t.%s = $%zu::bigint%s", resource->id,
                add_param(&statement, bk_store_int(&call->store, id)),
                is_locked ? " for no key update of t" : "");
    enum bk_err err = run(call, &statement, &rows);
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
    return read_row(call, resource, id, is_locked, ret_object, ret_version, NULL);
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

/* Of the path; the tenant's own is the scope's. */
static int64_t id_of(const struct api_call *call)
{
    return call->route->resource->is_single ? call->scope.tenant_id : call->ids[0];
}

enum bk_err api_resource_get(struct api_call *call)
{
    return api_resource_answer(call, call->route->resource, id_of(call), 200);
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
                               struct statement *statement)
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
        add(statement, " and ");
        add_with(statement, filter->sql, cast_of(filter->type), bk_store_text(value));
    }
    return err;
}

/* select … where after the cursor and filters, one more than fits: whether there is a next page. */
static enum bk_err list_statement(struct api_call *call, const struct api_resource *resource,
                                  int64_t limit, int64_t cursor, struct statement *statement)
{
    const char *order = resource->order;
    char id[72];
    snprintf(id, sizeof id, "t.%s", resource->id);
    if (order == NULL)
        order = id;
    add_select(statement, resource, false);
    if (cursor != 0) {
        bk_buf_addf(&statement->sql, " and %s %s ", order, resource->newest_first ? "<" : ">");
        add_with(statement, resource->cursor_value != NULL ? resource->cursor_value : "@@",
                 "bigint", bk_store_int(&call->store, cursor));
    }
    enum bk_err err = add_filters(call, resource, statement);
    bk_buf_addf(&statement->sql, " order by %s%s fetch first ($%zu::bigint) rows with ties", order,
                resource->newest_first ? " desc" : "",
                add_param(statement, bk_store_int(&call->store, limit + 1)));
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
    struct statement statement;
    struct bk_pg_rows *rows = NULL;
    int64_t limit = 0, cursor = 0;
    enum bk_err err = api_page(call, &limit, &cursor);
    if (err != BK_OK)
        return err;
    statement_init(&statement);
    err = list_statement(call, resource, limit, cursor, &statement);
    if (err != BK_OK) {
        bk_buf_deinit(&statement.sql);
        return err;
    }
    err = run(call, &statement, &rows);
    if (err == BK_OK)
        err = list_body(call, resource, rows, limit, &call->reply.body);
    bk_pg_rows_free(rows);
    return err;
}

/* ---- writes ---- */

/* A member's value as text, where its column takes it so. */
static struct bk_str text_of(struct api_call *call, const json_t *value)
{
    if (json_is_string(value))
        return api_json_text(value);
    if (json_is_real(value))
        return bk_arena_printf(call->arena, "%.15g", json_real_value(value));
    return api_json_print(call->arena,
                          value); /* numbers, true, false, and what is stored as JSON */
}

/* How the column takes what was read. */
static const char *stored_sql(enum api_type type)
{
    if (type == API_T_TEXTS || type == API_T_LOCKS)
        return "array(select jsonb_array_elements_text(@@))";
    if (type == API_T_NETWORKS)
        return "array(select one::cidr from jsonb_array_elements_text(@@) as one)";
    if (type == API_T_PEM)
        return "decode(@@, 'base64')";
    return type == API_T_SHA256 ? "decode(@@, 'hex')" : "@@";
}

/* A member's value as its column takes it: a parameter, or the column's default. */
static enum bk_err add_value(struct api_call *call, struct statement *statement,
                             const struct api_write *write, const struct api_member *member)
{
    const struct api_field *field = member->field;
    struct bk_str sealed;
    if (json_is_null(member->value)) {
        add(statement, "default");
        return BK_OK;
    }
    if (field->type == API_T_SECRET) {
        enum bk_err err =
            api_seal(call, field->sealed_at, write->id, api_json_text(member->value), &sealed);
        if (err == BK_OK)
            add_with(statement, "@@", "bytea", bk_store_bytes(sealed));
        return err;
    }
    add_with(statement, stored_sql(field->type), cast_of(field->type),
             bk_store_text(text_of(call, member->value)));
    return BK_OK;
}

static enum bk_err insert_statement(struct api_call *call, const struct api_write *write,
                                    struct statement *statement)
{
    const struct api_resource *resource = write->resource;
    bk_buf_addf(&statement->sql, "insert into %s (tenant_id, %s", resource->table, resource->id);
    for (size_t i = 0; i < write->count; i++) {
        if (write->members[i].field->column != NULL)
            bk_buf_addf(&statement->sql, ", %s", write->members[i].field->column);
    }
    bk_buf_addf(&statement->sql,
                ") overriding system value values (app.current_tenant_id(), $%zu::bigint",
                add_param(statement, bk_store_int(&call->store, write->id)));
    enum bk_err err = BK_OK;
    for (size_t i = 0; err == BK_OK && i < write->count; i++) {
        if (write->members[i].field->column == NULL)
            continue;
        add(statement, ", ");
        err = add_value(call, statement, write, &write->members[i]);
    }
    add(statement, ")");
    return err;
}

static enum bk_err update_statement(struct api_call *call, const struct api_write *write,
                                    struct statement *statement)
{
    const struct api_resource *resource = write->resource;
    enum bk_err err = BK_OK;
    bk_buf_addf(&statement->sql, "update %s as t set updated_at = now()", resource->table);
    for (size_t i = 0; err == BK_OK && i < write->count; i++) {
        if (write->members[i].field->column == NULL)
            continue;
        bk_buf_addf(&statement->sql, ", %s = ", write->members[i].field->column);
        err = add_value(call, statement, write, &write->members[i]);
    }
    bk_buf_addf(&statement->sql,
                " where t.tenant_id = app.current_tenant_id() and t.%s = $%zu::bigint",
                resource->id, add_param(statement, bk_store_int(&call->store, write->id)));
    return err;
}

static enum bk_err write_row(struct api_call *call, const struct api_write *write)
{
    struct statement statement;
    bool has_column = write->is_new;
    for (size_t i = 0; i < write->count; i++)
        has_column = has_column || write->members[i].field->column != NULL;
    if (!has_column)
        return BK_OK;
    statement_init(&statement);
    enum bk_err err = write->is_new ? insert_statement(call, write, &statement)
                                    : update_statement(call, write, &statement);
    if (err != BK_OK) {
        bk_buf_deinit(&statement.sql);
        return err;
    }
    return api_explain(call, run(call, &statement, NULL));
}

static const json_t *value_of(const struct api_write *write, const char *name)
{
    const struct api_member *member = api_member_find(write, name);
    return member != NULL ? member->value : NULL;
}

bool api_is_sealed_text(struct api_call *call, const char *field, int64_t id, struct bk_str sealed,
                        struct bk_str plain)
{
    char space[BK_SEAL_PLACE_SIZE];
    uint8_t opened[BK_SEAL_PLAIN_MAX];
    size_t len = 0;
    struct bk_str place = bk_seal_place(&space, call->scope.tenant_id, field, id);
    bool is_same =
        bk_seal_open(&call->scope.data_key, place, sealed, opened, sizeof opened, &len) == BK_OK &&
        bk_secret_eq((struct bk_str){(const char *)opened, len}, plain);
    bk_wipe(opened, sizeof opened);
    return is_same;
}

static enum bk_err is_stored_secret(struct api_call *call, const struct api_write *write,
                                    const struct api_member *member, bool *ret_is_stored)
{
    const struct api_resource *resource = write->resource;
    uint8_t sealed[BK_SEAL_PLAIN_MAX + BK_SEAL_OVERHEAD_BYTES];
    size_t len = 0;
    struct statement statement;
    struct bk_pg_rows *rows = NULL;
    statement_init(&statement);
    bk_buf_addf(&statement.sql,
                "select t.%s from %s as t where t.tenant_id = app.current_tenant_id()"
                " and t.%s = $%zu::bigint",
                member->field->column, resource->table, resource->id,
                add_param(&statement, bk_store_int(&call->store, write->id)));
    enum bk_err err = run(call, &statement, &rows);
    *ret_is_stored = err == BK_OK && bk_pg_row_count(rows) == 1 && !bk_pg_is_null(rows, 0, 0) &&
                     bk_pg_bytes(rows, 0, 0, sealed, sizeof sealed, &len) == BK_OK &&
                     api_is_sealed_text(call, member->field->sealed_at, write->id,
                                        (struct bk_str){(const char *)sealed, len},
                                        api_json_text(member->value));
    bk_pg_rows_free(rows);
    return err;
}

/* A secret that is stored already is not written again. */
static enum bk_err drop_stored_secrets(struct api_call *call, struct api_write *write)
{
    size_t kept = 0;
    for (size_t i = 0; i < write->count; i++) {
        const struct api_member member = write->members[i];
        bool is_stored = false;
        if (member.field->type == API_T_SECRET && member.field->column != NULL &&
            json_is_string(member.value)) {
            enum bk_err err = is_stored_secret(call, write, &member, &is_stored);
            if (err != BK_OK)
                return err;
        }
        if (!is_stored)
            write->members[kept++] = member;
    }
    write->count = kept;
    return BK_OK;
}

/* Settings and raw parameters become whole: what is stored, with what was written over it. */
static enum bk_err merge_layer(struct api_call *call, struct api_write *write,
                               struct api_layer *layer)
{
    const json_t *settings = value_of(write, "settings"), *raw = value_of(write, "raw");
    enum bk_err err = api_layer_merge(call, layer, "", settings, value_of(write, "locks"), raw);
    if (err == BK_OK && settings != NULL)
        api_member_set(call, write, "settings", json_incref(layer->settings));
    if (err == BK_OK && raw != NULL)
        api_member_set(call, write, "raw", json_incref(layer->raw));
    return err;
}

/* Maps are merged into what is shown of them, which is what is stored. */
static void merge_maps(struct api_call *call, struct api_write *write)
{
    for (size_t i = 0; i < write->count; i++) {
        struct api_member *member = &write->members[i];
        const json_t *stored = json_object_get(write->before, member->field->name);
        const char *name;
        json_t *value;
        if (member->field->type != API_T_MAP || json_is_null(member->value))
            continue;
        json_t *merged = api_keep(call, stored != NULL ? json_deep_copy(stored) : json_object());
        json_object_foreach(member->value, name, value)
        {
            if (json_is_null(value))
                json_object_del(merged, name);
            else
                json_object_set(merged, name, value);
        }
        if (api_json_print(call->arena, merged).len > (size_t)member->field->max)
            api_member_error(call, member->field->name, "at most %lld bytes in all",
                             (long long)member->field->max);
        member->value = merged;
    }
}

static enum bk_err check_locks(struct api_call *call, const struct api_write *write)
{
    struct bk_str mac = BK_STR("");
    const json_t *settings = json_object_get(call->input, "settings");
    const json_t *raw = json_object_get(call->input, "raw");
    if (write->resource->layer == BK_LAYER_NONE)
        return BK_OK;
    if (write->resource->layer == BK_LAYER_DEVICE)
        mac = api_member_text(write, "mac", api_json_text(json_object_get(write->before, "mac")));
    return api_layer_check_locks(call, write->resource->layer, mac, settings, raw);
}

static enum bk_err write_all(struct api_call *call, struct api_write *write,
                             struct api_layer *layer)
{
    const struct api_resource *resource = write->resource;
    enum bk_err err = BK_OK;
    api_members_read(call, resource->fields, "", call->input, write->is_new, write);
    merge_maps(call, write);
    if (resource->layer != BK_LAYER_NONE)
        err = merge_layer(call, write, layer);
    if (err == BK_OK && resource->prepare != NULL)
        err = resource->prepare(call, write);
    if (err == BK_OK)
        err = api_members_err(call);
    if (err == BK_OK && !write->is_new)
        err = drop_stored_secrets(call, write);
    if (err == BK_OK)
        err = write_row(call, write);
    if (err == BK_OK)
        err = check_locks(call, write);
    if (err == BK_OK && resource->finish != NULL)
        err = resource->finish(call, write);
    return err;
}

static enum bk_err audit(struct api_call *call, const struct api_resource *resource,
                         const char *verb, int64_t id, json_t *payload)
{
    struct bk_str action = bk_arena_printf(call->arena, "%s.%s", resource->name, verb);
    return api_audit(call, action.ptr, resource->name, id, payload);
}

enum bk_err api_resource_create(struct api_call *call)
{
    const struct api_resource *resource = call->route->resource;
    struct api_write write = {.resource = resource, .is_new = true};
    struct bk_str next_id =
        bk_arena_printf(call->arena, "select nextval(pg_get_serial_sequence('%s', '%s'))",
                        resource->table, resource->id);
    enum bk_err err = bk_store_number(&call->store, next_id.ptr, NULL, 0, &write.id);
    if (err != BK_OK)
        return err;
    struct api_layer layer = {.layer = resource->layer,
                              .layer_id = write.id,
                              .settings = api_keep(call, json_object()),
                              .locks = api_keep(call, json_array()),
                              .raw = api_keep(call, json_object())};
    err = write_all(call, &write, &layer);
    if (err == BK_OK)
        err = api_resource_answer(call, resource, write.id, 201);
    if (err == BK_OK)
        err = audit(call, resource, "create", write.id, api_members_changed(&write));
    if (err == BK_OK)
        call->reply.location =
            bk_arena_printf(call->arena, "%s/%lld", resource->path, (long long)write.id).ptr;
    return err;
}

enum bk_err api_resource_patch(struct api_call *call)
{
    const struct api_resource *resource = call->route->resource;
    struct api_write write = {.resource = resource, .id = id_of(call)};
    struct api_layer layer = {0};
    struct bk_str version;
    enum bk_err err = read_row(call, resource, write.id, true, &write.before, &version,
                               resource->layer != BK_LAYER_NONE ? &layer : NULL);
    if (err == BK_OK)
        err = api_if_match(call, version);
    if (err == BK_OK)
        err = write_all(call, &write, &layer);
    if (err == BK_OK)
        err = api_resource_answer(call, resource, write.id, 200);
    if (err == BK_OK && write.count > 0)
        err = audit(call, resource, "update", write.id, api_members_changed(&write));
    call->reply.rings = resource->spreads && write.count > 0;
    return err;
}

/* ---- deletion ---- */

/* What uses it still, named: 409. */
static enum bk_err check_users(struct api_call *call, const struct api_resource *resource,
                               int64_t id)
{
    struct bk_pg_rows *rows = NULL;
    const struct bk_pg_param params[] = {bk_store_int(&call->store, id)};
    if (resource->users_sql == NULL)
        return BK_OK;
    struct bk_str sql =
        bk_arena_printf(call->arena, "%s limit %d", resource->users_sql, USER_SHOWN_MAX + 1);
    enum bk_err err =
        bk_pgc_exec(call->store.pgc, sql.ptr, params, BK_COUNT(params), &rows, &call->detail);
    int count = err == BK_OK ? bk_pg_row_count(rows) : 0;
    struct bk_str names = BK_STR("");
    json_t *users = json_array();
    for (int row = 0; row < count && row < USER_SHOWN_MAX; row++) {
        struct bk_str kind = bk_pg_text(rows, row, 0), name = bk_pg_text(rows, row, 2);
        json_array_append_new(users, json_pack("{s:s%, s:I, s:s%}", "kind", kind.ptr, kind.len,
                                               "id", (json_int_t)bk_pg_int(rows, row, 1), "name",
                                               name.ptr, name.len));
        names = bk_arena_printf(call->arena, "%.*s%s%.*s %.*s", BK_STR_ARG(names),
                                row == 0 ? "" : ", ", BK_STR_ARG(kind), BK_STR_ARG(name));
    }
    bk_pg_rows_free(rows);
    if (count == 0) {
        json_decref(users);
        return err;
    }
    call->reply.problem_members = json_pack("{s:o}", "used_by", users);
    return api_refuse(call, BK_ERR_EXISTS, "in-use",
                      "still used by %.*s%s; take it away there first", BK_STR_ARG(names),
                      count > USER_SHOWN_MAX ? " and others" : "");
}

enum bk_err api_resource_delete(struct api_call *call)
{
    const struct api_resource *resource = call->route->resource;
    const int64_t id = id_of(call);
    json_t *before = NULL;
    struct bk_str version;
    struct statement statement;
    enum bk_err err = api_resource_read(call, resource, id, true, &before, &version);
    if (err == BK_OK)
        err = api_if_match(call, version);
    if (err == BK_OK)
        err = check_users(call, resource, id);
    if (err != BK_OK)
        return err;
    statement_init(&statement);
    bk_buf_addf(&statement.sql,
                "delete from %s as t where t.tenant_id = app.current_tenant_id()"
                " and t.%s = $%zu::bigint",
                resource->table, resource->id,
                add_param(&statement, bk_store_int(&call->store, id)));
    err = run(call, &statement, NULL);
    if (err == BK_ERR_NOT_FOUND) /* a reference that came after the look: 23503 */
        return api_refuse(call, BK_ERR_EXISTS, "in-use", "something has just begun to use it");
    if (err == BK_OK)
        err = audit(call, resource, "delete", id, json_object());
    call->reply.status = 204;
    return err;
}
