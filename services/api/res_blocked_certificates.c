/*
 * Blocked certificates: a tenant's own, which prove nothing to it; and those of an operator who is
 * in no tenant, which prove nothing to anybody. The latter go through functions that ask whether
 * the caller is one, and write the operator's own chain of audit rows.
 */
#include "base/hex.h"
#include "handlers.h"

static const struct api_field fields[] = {
    {.name = "fingerprint",
     .type = API_T_SHA256,
     .flags = API_REQUIRED | API_ON_CREATE,
     .column = "fingerprint",
     .read = "encode(t.fingerprint, 'hex')",
     .help = "SHA-256 of the certificate, as visits and anomalies tell it.",
     .example = "\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\""},
    {.name = "note",
     .type = API_T_TEXT,
     .flags = API_ON_CREATE,
     .max = 255,
     .column = "note",
     .initial = "\"\"",
     .help = "Why, for people.",
     .example = "\"stolen from the store room\""},
    {.name = "created_at",
     .type = API_T_TIME,
     .flags = API_READ_ONLY,
     .column = "created_at",
     .help = "When it was blocked."},
    {0},
};

const struct api_resource api_res_blocked_certificates = {
    .name = "blocked_certificate",
    .schema = "BlockedCertificate",
    .plural = "blocked certificates",
    .path = "/v1/blocked-certificates",
    .help = "A certificate that proves nothing to this tenant any more. For an operator who has "
            "signed in to no tenant: to no tenant.",
    .table = "app.blocked_certificate",
    .id = "blocked_id",
    .fields = fields,
};

/* ---- for everybody ---- */

static bool is_for_all(const struct api_call *call)
{
    return call->scope.tenant_id == 0; /* an operator, by the routes */
}

/* clang-format off */
#define SHOWN_SQL \
    "json_build_object('id', t.blocked_id, 'fingerprint', encode(t.fingerprint, 'hex')," \
    " 'note', t.note, 'created_at', " API_TIME_SQL("t.created_at") ")"
/* clang-format on */

/* Rows after one, at most count of them: id, version, object. */
static enum bk_err read_all(struct api_call *call, int64_t after, int64_t count,
                            struct bk_pg_rows **ret_rows)
{
    static const char sql[] =
        "select t.blocked_id, t.version, " SHOWN_SQL
        "  from bk.api_certificate_list($1::bigint, $2::bigint, $3::integer) as t";
    const struct bk_pg_param params[] = {bk_store_int(&call->store, call->scope.user_id),
                                         bk_store_int(&call->store, after),
                                         bk_store_int(&call->store, count)};
    return bk_pgc_exec(call->store.pgc, sql, params, BK_COUNT(params), ret_rows, &call->detail);
}

enum bk_err api_blocked_certificates_list(struct api_call *call)
{
    static const char *const names[] = {"limit", "cursor", NULL};
    int64_t limit = 0, cursor = 0;
    struct bk_pg_rows *rows = NULL;
    if (!is_for_all(call))
        return api_resource_list(call);
    enum bk_err err = api_query_only(call, names);
    if (err == BK_OK)
        err = api_page(call, &limit, &cursor);
    if (err == BK_OK)
        err = read_all(call, cursor, limit + 1, &rows);
    if (err != BK_OK)
        return err;
    const int count = bk_pg_row_count(rows);
    json_t *items = json_array(), *next = json_null(), *item;
    for (int row = 0; err == BK_OK && row < count && row < (int)limit; row++) {
        err = api_json_load(call, bk_pg_text(rows, row, 2), &item);
        if (err == BK_OK)
            json_array_append(items, item);
    }
    if (count > (int)limit)
        next = json_sprintf("%lld", (long long)bk_pg_int(rows, (int)limit - 1, 0));
    call->reply.body = json_pack("{s:o, s:o}", "items", items, "next_cursor", next);
    bk_pg_rows_free(rows);
    return err;
}

/* The answer, unless another version is wanted. */
static enum bk_err answer(struct api_call *call, int64_t id, int status)
{
    struct bk_pg_rows *rows = NULL;
    json_t *object = NULL;
    enum bk_err err = read_all(call, id - 1, 1, &rows);
    if (err == BK_OK && (bk_pg_row_count(rows) == 0 || bk_pg_int(rows, 0, 0) != id))
        err = BK_ERR_NOT_FOUND;
    if (err == BK_OK)
        err = api_if_match(call, bk_pg_text(rows, 0, 1));
    if (err == BK_OK)
        err = api_json_load(call, bk_pg_text(rows, 0, 2), &object);
    if (err == BK_OK) {
        call->reply.status = status;
        call->reply.body = json_incref(object);
        call->reply.etag =
            bk_arena_printf(call->arena, "\"%.*s\"", BK_STR_ARG(bk_pg_text(rows, 0, 1))).ptr;
    }
    bk_pg_rows_free(rows);
    return err;
}

enum bk_err api_blocked_certificates_get(struct api_call *call)
{
    call->if_match = BK_STR_NONE;
    return is_for_all(call) ? answer(call, call->ids[0], 200) : api_resource_get(call);
}

enum bk_err api_blocked_certificates_create(struct api_call *call)
{
    struct api_write write = {.resource = &api_res_blocked_certificates, .is_new = true};
    if (!is_for_all(call))
        return api_resource_create(call);
    api_members_read(call, fields, "", call->input, true, &write);
    enum bk_err err = api_members_err(call);
    if (err != BK_OK)
        return err;
    const struct bk_pg_param params[] = {
        bk_store_int(&call->store, call->scope.user_id),
        bk_store_text(api_member_text(&write, "fingerprint", BK_STR(""))),
        bk_store_text(api_member_text(&write, "note", BK_STR(""))),
        bk_store_text(bk_str_of(call->request_id)), bk_store_text(bk_str_of(call->source))};
    err = api_explain(call, bk_store_number(&call->store,
                                            "select bk.api_certificate_block($1::bigint,"
                                            " decode($2, 'hex'), $3, $4, $5::inet)",
                                            params, BK_COUNT(params), &write.id));
    call->if_match = BK_STR_NONE;
    if (err == BK_OK)
        err = answer(call, write.id, 201);
    if (err == BK_OK)
        call->reply.location =
            bk_arena_printf(call->arena, "%s/%lld", write.resource->path, (long long)write.id).ptr;
    return err;
}

enum bk_err api_blocked_certificates_delete(struct api_call *call)
{
    const struct bk_pg_param params[] = {
        bk_store_int(&call->store, call->scope.user_id), bk_store_int(&call->store, call->ids[0]),
        bk_store_text(bk_str_of(call->request_id)), bk_store_text(bk_str_of(call->source))};
    struct bk_str is_done;
    if (!is_for_all(call))
        return api_resource_delete(call);
    enum bk_err err = answer(call, call->ids[0], 204);
    if (err != BK_OK)
        return err;
    json_decref(call->reply.body);
    call->reply = (struct api_reply){.status = 204};
    err = bk_store_one_text(
        &call->store, "select bk.api_certificate_unblock($1::bigint, $2::bigint, $3, $4::inet)",
        params, BK_COUNT(params), &is_done);
    if (err == BK_OK && !bk_str_eq(is_done, BK_STR("t")))
        err = BK_ERR_NOT_FOUND;
    return err;
}
