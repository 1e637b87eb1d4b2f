/*
 * The engine behind resource tables, writing: judged members into a row, with If-Match, audit, and
 * what keeps a row from being deleted.
 */
#include "base/secret.h"
#include "resource_impl.h"

#define USER_SHOWN_MAX 5 /* of what keeps something from being deleted */

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
static enum bk_err add_value(struct api_call *call, struct api_statement *statement,
                             const struct api_write *write, const struct api_member *member)
{
    const struct api_field *field = member->field;
    struct bk_str sealed;
    if (json_is_null(member->value)) {
        api_statement_add(statement, "default");
        return BK_OK;
    }
    if (field->type == API_T_SECRET) {
        enum bk_err err =
            api_seal(call, field->sealed_at, write->id, api_json_text(member->value), &sealed);
        if (err == BK_OK)
            api_statement_add_with(statement, "@@", "bytea", bk_store_bytes(sealed));
        return err;
    }
    api_statement_add_with(statement, stored_sql(field->type), api_cast_of(field->type),
                           bk_store_text(text_of(call, member->value)));
    return BK_OK;
}

static enum bk_err insert_statement(struct api_call *call, const struct api_write *write,
                                    struct api_statement *statement)
{
    const struct api_resource *resource = write->resource;
    bk_buf_addf(&statement->sql, "insert into %s (tenant_id, %s", resource->table, resource->id);
    for (size_t i = 0; i < write->count; i++) {
        if (write->members[i].field->column != NULL)
            bk_buf_addf(&statement->sql, ", %s", write->members[i].field->column);
    }
    bk_buf_addf(&statement->sql,
                ") overriding system value values (app.current_tenant_id(), $%zu::bigint",
                api_statement_add_param(statement, bk_store_int(&call->store, write->id)));
    enum bk_err err = BK_OK;
    for (size_t i = 0; err == BK_OK && i < write->count; i++) {
        if (write->members[i].field->column == NULL)
            continue;
        api_statement_add(statement, ", ");
        err = add_value(call, statement, write, &write->members[i]);
    }
    api_statement_add(statement, ")");
    return err;
}

static enum bk_err update_statement(struct api_call *call, const struct api_write *write,
                                    struct api_statement *statement)
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
    bk_buf_addf(
        &statement->sql, " where t.tenant_id = app.current_tenant_id() and t.%s = $%zu::bigint",
        resource->id, api_statement_add_param(statement, bk_store_int(&call->store, write->id)));
    return err;
}

static enum bk_err write_row(struct api_call *call, const struct api_write *write)
{
    struct api_statement statement;
    bool has_column = write->is_new;
    for (size_t i = 0; i < write->count; i++)
        has_column = has_column || write->members[i].field->column != NULL;
    if (!has_column)
        return BK_OK;
    api_statement_init(&statement);
    enum bk_err err = write->is_new ? insert_statement(call, write, &statement)
                                    : update_statement(call, write, &statement);
    if (err != BK_OK) {
        bk_buf_deinit(&statement.sql);
        return err;
    }
    return api_explain(call, api_statement_run(call, &statement, NULL));
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
    struct api_statement statement;
    struct bk_pg_rows *rows = NULL;
    api_statement_init(&statement);
    bk_buf_addf(&statement.sql,
                "select t.%s from %s as t where t.tenant_id = app.current_tenant_id()"
                " and t.%s = $%zu::bigint",
                member->field->column, resource->table, resource->id,
                api_statement_add_param(&statement, bk_store_int(&call->store, write->id)));
    enum bk_err err = api_statement_run(call, &statement, &rows);
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
    struct api_write write = {.resource = resource, .id = api_id_of(call)};
    struct api_layer layer = {0};
    struct bk_str version;
    enum bk_err err = api_row_read(call, resource, write.id, true, &write.before, &version,
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
    const int64_t id = api_id_of(call);
    json_t *before = NULL;
    struct bk_str version;
    struct api_statement statement;
    enum bk_err err = api_resource_read(call, resource, id, true, &before, &version);
    if (err == BK_OK)
        err = api_if_match(call, version);
    if (err == BK_OK)
        err = check_users(call, resource, id);
    if (err != BK_OK)
        return err;
    api_statement_init(&statement);
    bk_buf_addf(&statement.sql,
                "delete from %s as t where t.tenant_id = app.current_tenant_id()"
                " and t.%s = $%zu::bigint",
                resource->table, resource->id,
                api_statement_add_param(&statement, bk_store_int(&call->store, id)));
    err = api_statement_run(call, &statement, NULL);
    if (err == BK_ERR_NOT_FOUND) /* a reference that came after the look: 23503 */
        return api_refuse(call, BK_ERR_EXISTS, "in-use", "something has just begun to use it");
    if (err == BK_OK)
        err = audit(call, resource, "delete", id, json_object());
    call->reply.status = 204;
    return err;
}
