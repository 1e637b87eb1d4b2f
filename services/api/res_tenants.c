/*
 * Tenants: all of them for operators, through functions that ask whether the caller is one; and the
 * caller's own, with the settings layer of all its phones.
 */
#include <string.h>

#include "base/secret.h"
#include "handlers.h"
#include "policy.h"
#include "store/store_tenant.h"

/* ---- all of them ---- */

static void check_name(struct api_call *call, const char *path, const json_t *value)
{
    struct bk_str name = api_json_text(value);
    bool is_good = name.ptr[0] != '-' && name.ptr[name.len - 1] != '-';
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        is_good = is_good && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-');
    }
    if (!is_good)
        api_member_error(call, path, "want a-z, 0-9 and hyphens, none at the ends");
}

static void check_region(struct api_call *call, const char *path, const json_t *value)
{
    if (json_string_length(value) > 0)
        check_name(call, path, value);
}

static void check_key(struct api_call *call, const char *path, const json_t *value)
{
    check_name(call, path, value);
    if (strchr(json_string_value(value), '-') != NULL)
        api_member_error(call, path, "want a-z and 0-9 only");
}

/* What cannot be undone is done by the database's own function, not by a PATCH. */
static void check_status(struct api_call *call, const char *path, const json_t *value)
{
    if (strcmp(json_string_value(value), "deleted") == 0)
        api_member_error(call, path, "want active or suspended");
}

static const struct api_field fields[] = {
    {.name = "name",
     .type = API_T_TEXT,
     .flags = API_REQUIRED | API_ON_CREATE,
     .min = 1,
     .max = 63,
     .column = "name",
     .check = check_name,
     .help = "Handle of the tenant over all of them: a-z, 0-9, hyphens.",
     .example = "\"acme\""},
    {.name = "title",
     .type = API_T_TEXT,
     .max = 128,
     .column = "title",
     .initial = "\"\"",
     .help = "What people call it.",
     .example = "\"Acme GmbH\""},
    {.name = "status",
     .type = API_T_WORD,
     .flags = API_ON_PATCH | API_NEVER_NULL,
     .words = "active suspended deleted",
     .column = "status",
     .check = check_status,
     .help = "suspended: its phones get nothing, its people cannot change anything. deleted: its "
             "key is destroyed; not written here."},
    {.name = "region",
     .type = API_T_TEXT,
     .flags = API_ON_CREATE,
     .max = 32,
     .column = "region",
     .initial = "\"\"",
     .check = check_region,
     .help = "Where its data is, for operators.",
     .example = "\"eu\""},
    {.name = "retention_days",
     .type = API_T_INT,
     .min = 1,
     .max = 400,
     .column = "retention_days",
     .initial = "90",
     .help = "How long visits are kept."},
    {.name = "key",
     .type = API_T_TEXT,
     .flags = API_ON_CREATE | API_WRITE_ONLY,
     .min = 8,
     .max = 16,
     .check = check_key,
     .help = "Key of its provisioning URLs; drawn when it is left out.",
     .example = "\"k3h8w2m9\""},
    {.name = "parent_tenant_id",
     .type = API_T_REF,
     .flags = API_READ_ONLY | API_NULL,
     .column = "parent_tenant_id",
     .help = "The reseller."},
    API_TIMES_FIELDS,
    {0},
};

const struct api_resource api_res_tenants = {
    .name = "tenant",
    .schema = "Tenant",
    .plural = "tenants",
    .path = "/v1/tenants",
    .help = "A tenant, as operators see it.",
    .table = "app.tenant",
    .id = "tenant_id",
    .fields = fields,
};

/* clang-format off */
#define SHOWN_SQL \
    "json_build_object('id', t.tenant_id, 'name', t.name, 'title', t.title, 'status', t.status," \
    " 'region', t.region, 'retention_days', t.retention_days," \
    " 'parent_tenant_id', t.parent_tenant_id," \
    " 'created_at', " API_TIME_SQL("t.created_at") "," \
    " 'updated_at', " API_TIME_SQL("t.updated_at") ")"
/* clang-format on */

enum bk_err api_tenants_list(struct api_call *call)
{
    static const char *const names[] = {"limit", "cursor", NULL};
    static const char sql[] = "select t.tenant_id, " SHOWN_SQL
                              " from bk.api_tenant_list($1::bigint, $2::bigint, $3::integer) as t";
    int64_t limit = 0, cursor = 0;
    struct bk_pg_rows *rows = NULL;
    enum bk_err err = api_query_only(call, names);
    if (err == BK_OK)
        err = api_page(call, &limit, &cursor);
    if (err != BK_OK)
        return err;
    const struct bk_pg_param params[] = {bk_store_int(&call->store, call->scope.user_id),
                                         bk_store_int(&call->store, cursor),
                                         bk_store_int(&call->store, limit + 1)};
    err = bk_pgc_exec(call->store.pgc, sql, params, BK_COUNT(params), &rows, &call->detail);
    if (err != BK_OK)
        return err;
    int count = bk_pg_row_count(rows);
    json_t *items = json_array(), *next = NULL;
    for (int row = 0; err == BK_OK && row < count && row < (int)limit; row++) {
        json_t *item;
        err = api_json_load(call, bk_pg_text(rows, row, 1), &item);
        if (err == BK_OK)
            json_array_append(items, item);
    }
    if (count > (int)limit)
        next = json_sprintf("%lld", (long long)bk_pg_int(rows, (int)limit - 1, 0));
    call->reply.body =
        json_pack("{s:o, s:o}", "items", items, "next_cursor", next != NULL ? next : json_null());
    bk_pg_rows_free(rows);
    return err;
}

static enum bk_err read_tenant(struct api_call *call, int64_t id, json_t **ret_object,
                               struct bk_str *ret_version)
{
    static const char sql[] =
        "select t.version, " SHOWN_SQL " from bk.api_tenant_get($1::bigint, $2::bigint) as t";
    const struct bk_pg_param params[] = {bk_store_int(&call->store, call->scope.user_id),
                                         bk_store_int(&call->store, id)};
    struct bk_pg_rows *rows = NULL;
    enum bk_err err =
        bk_pgc_exec(call->store.pgc, sql, params, BK_COUNT(params), &rows, &call->detail);
    if (err == BK_OK && bk_pg_row_count(rows) == 0)
        err = BK_ERR_NOT_FOUND;
    if (err == BK_OK) {
        *ret_version = bk_arena_str(call->arena, bk_pg_text(rows, 0, 0));
        err = api_json_load(call, bk_pg_text(rows, 0, 1), ret_object);
    }
    bk_pg_rows_free(rows);
    return err;
}

static enum bk_err answer(struct api_call *call, int64_t id, int status)
{
    json_t *object;
    struct bk_str version;
    enum bk_err err = read_tenant(call, id, &object, &version);
    if (err != BK_OK)
        return err;
    call->reply.status = status;
    call->reply.body = json_incref(object);
    call->reply.etag = bk_arena_printf(call->arena, "\"%.*s\"", BK_STR_ARG(version)).ptr;
    return BK_OK;
}

enum bk_err api_tenants_get(struct api_call *call)
{
    return answer(call, call->ids[0], 200);
}

/* Back to where the operator has signed in: his Idempotency-Key is kept there. */
static enum bk_err leave(struct api_call *call, enum bk_err err)
{
    if (err != BK_OK || call->scope.tenant_id == 0)
        return err;
    return bk_store_tenant_set(&call->store, call->scope.tenant_id);
}

/* Into the chain of the tenant it is about, which an operator need not have signed in to. */
static enum bk_err audit(struct api_call *call, const char *action, const struct api_write *write)
{
    enum bk_err err = bk_store_tenant_set(&call->store, write->id);
    if (err == BK_OK)
        err = api_audit(call, action, "tenant", write->id, api_members_changed(write));
    return leave(call, err);
}

/* Until the transaction ends, so that of two who compare If-Match the second sees what the first
 * wrote. */
static enum bk_err lock_tenant(struct api_call *call, int64_t id)
{
    enum bk_err err = bk_store_tenant_set(&call->store, id);
    if (err == BK_OK)
        err = bk_store_run(&call->store,
                           "select 1 from app.tenant where tenant_id = app.current_tenant_id()"
                           " for no key update",
                           NULL, 0, NULL);
    return leave(call, err);
}

enum bk_err api_tenants_create(struct api_call *call)
{
    static const char sql[] = "select bk.api_tenant_create($1::bigint, $2::bigint, $3, $4,"
                              " $5::bytea, $6, $7, $8::integer)";
    struct api_write write = {.resource = &api_res_tenants, .is_new = true};
    const struct bk_pg_param operator_id[] = {bk_store_int(&call->store, call->scope.user_id)};
    struct bk_str sealed;
    char key[13];
    api_members_read(call, fields, "", call->input, true, &write);
    enum bk_err err = api_members_err(call);
    if (err == BK_OK)
        err = bk_store_number(&call->store, "select bk.api_tenant_next_id($1::bigint)", operator_id,
                              BK_COUNT(operator_id), &write.id);
    if (err == BK_OK)
        err = api_data_key_new(call, write.id, &sealed);
    if (err != BK_OK)
        return err;
    /* Without 0 o 1 l i: people read keys out on the telephone. 31^12 is 59 bits. */
    bk_random_text(key, sizeof key - 1, "abcdefghjkmnpqrstuvwxyz23456789");
    const struct bk_pg_param params[] = {
        operator_id[0],
        bk_store_int(&call->store, write.id),
        bk_store_text(api_member_text(&write, "name", BK_STR(""))),
        bk_store_text(api_member_text(&write, "title", BK_STR(""))),
        bk_store_bytes(sealed),
        bk_store_text(api_member_text(&write, "key", bk_str_of(key))),
        bk_store_text(api_member_text(&write, "region", BK_STR(""))),
        bk_store_int(&call->store, api_member_int(&write, "retention_days", 90))};
    err = api_explain(call, bk_store_run(&call->store, sql, params, BK_COUNT(params), NULL));
    if (err == BK_OK)
        err = answer(call, write.id, 201);
    if (err == BK_OK)
        err = audit(call, "tenant.create", &write);
    if (err == BK_OK)
        call->reply.location =
            bk_arena_printf(call->arena, "/v1/tenants/%lld", (long long)write.id).ptr;
    return err;
}

/* What null means: the value a new one begins with. */
static struct bk_str text_or_null(const struct api_write *write, const char *name,
                                  struct bk_str initial)
{
    const struct api_member *member = api_member_find(write, name);
    if (member == NULL)
        return BK_STR_NONE;
    return json_is_null(member->value) ? initial : api_json_text(member->value);
}

enum bk_err api_tenants_patch(struct api_call *call)
{
    static const char sql[] = "select bk.api_tenant_update($1::bigint, $2::bigint, $3, $4,"
                              " $5::integer)";
    struct api_write write = {.resource = &api_res_tenants, .id = call->ids[0]};
    struct bk_str version, is_done;
    enum bk_err err = lock_tenant(call, write.id);
    if (err == BK_OK)
        err = read_tenant(call, write.id, &write.before, &version);
    if (err == BK_OK)
        err = api_if_match(call, version);
    if (err != BK_OK)
        return err;
    api_members_read(call, fields, "", call->input, false, &write);
    err = api_members_err(call);
    if (err != BK_OK)
        return err;
    const struct bk_pg_param params[] = {
        bk_store_int(&call->store, call->scope.user_id), bk_store_int(&call->store, write.id),
        bk_store_text(text_or_null(&write, "title", BK_STR(""))),
        bk_store_text(text_or_null(&write, "status", BK_STR_NONE)),
        api_member_find(&write, "retention_days") == NULL
            ? bk_store_text(BK_STR_NONE)
            : bk_store_int(&call->store, api_member_int(&write, "retention_days", 90))};
    err =
        api_explain(call, bk_store_one_text(&call->store, sql, params, BK_COUNT(params), &is_done));
    if (err == BK_OK && !bk_str_eq(is_done, BK_STR("t")))
        err = BK_ERR_NOT_FOUND;
    if (err == BK_OK)
        err = answer(call, write.id, 200);
    if (err == BK_OK && write.count > 0)
        err = audit(call, "tenant.update", &write);
    return err;
}

/* ---- one's own ---- */

static const struct api_field key_fields[] = {
    {.name = "key",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY,
     .max = 16,
     .help = "Stands in provisioning URLs: https://host/<key>/."},
    {.name = "valid_until",
     .type = API_T_TIME,
     .flags = API_READ_ONLY | API_NULL,
     .help = "Null: without end."},
    {0},
};

static const struct api_field own_fields[] = {
    {.name = "name",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY,
     .max = 63,
     .column = "name",
     .help = "Handle of the tenant."},
    {.name = "title",
     .type = API_T_TEXT,
     .max = 128,
     .column = "title",
     .initial = "\"\"",
     .help = "What people call it.",
     .example = "\"Acme GmbH\""},
    {.name = "status",
     .type = API_T_WORD,
     .flags = API_READ_ONLY,
     .words = "active suspended",
     .column = "status",
     .help = "The operator's to change."},
    {.name = "region",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY,
     .max = 32,
     .column = "region",
     .help = "Where its data is."},
    {.name = "retention_days",
     .type = API_T_INT,
     .flags = API_READ_ONLY,
     .column = "retention_days",
     .help = "How long visits are kept."},
    {.name = "keys",
     .type = API_T_OBJECTS,
     .flags = API_READ_ONLY,
     .members = key_fields,
     .read = "(select coalesce(json_agg(json_build_object('key', k.tenant_key, 'valid_until',"
             " " API_TIME_SQL(
                 "k.valid_until") ") order by k.created_at, k.tenant_key), '[]')"
                                  " from app.tenant_key as k where k.tenant_id = t.tenant_id)",
     .help = "Keys of its provisioning URLs."},
    API_POLICY_FIELD,
    API_LAYER_FIELDS,
    API_TIMES_FIELDS,
    {0},
};

const struct api_resource api_res_tenant = {
    .name = "tenant",
    .schema = "OwnTenant",
    .plural = "tenants",
    .path = "/v1/tenant",
    .help = "The tenant that the token is for, with the settings layer of all its phones.",
    .table = "app.tenant",
    .id = "tenant_id",
    .is_single = true,
    .spreads = true,
    .layer = BK_LAYER_TENANT,
    .fields = own_fields,
    .prepare = api_policy_prepare,
};
