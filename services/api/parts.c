/*
 * Parts of a device or key template.
 */
#include "parts.h"

#include <string.h>

enum bk_err api_device_open(struct api_call *call, bool is_locked, struct api_device *ret_device)
{
    static const char *const sql[] = {
        "select xmin::text, replace(mac::text, ':', ''), vendor, model from app.device"
        " where tenant_id = app.current_tenant_id() and device_id = $1::bigint",
        "select xmin::text, replace(mac::text, ':', ''), vendor, model from app.device"
        " where tenant_id = app.current_tenant_id() and device_id = $1::bigint"
        "   for no key update"};
    struct api_device device = {.id = call->ids[0]};
    const struct bk_pg_param params[] = {bk_store_int(&call->store, device.id)};
    struct bk_pg_rows *rows = NULL;
    enum bk_err err = bk_pgc_exec(call->store.pgc, sql[is_locked], params, BK_COUNT(params), &rows,
                                  &call->detail);
    if (err == BK_OK && bk_pg_row_count(rows) == 0)
        err = BK_ERR_NOT_FOUND;
    if (err == BK_OK) {
        device.version = bk_arena_str(call->arena, bk_pg_text(rows, 0, 0));
        device.mac = bk_arena_str(call->arena, bk_pg_text(rows, 0, 1));
        device.vendor = bk_arena_str(call->arena, bk_pg_text(rows, 0, 2));
        device.model = bk_arena_str(call->arena, bk_pg_text(rows, 0, 3));
    }
    bk_pg_rows_free(rows);
    if (err == BK_OK && is_locked)
        err = api_if_match(call, device.version);
    if (err != BK_OK)
        return err;
    device.driver = bk_vendor_find(device.vendor);
    if (device.driver == NULL) {
        bk_detail_set(&call->detail, "no driver for maker %.*s", BK_STR_ARG(device.vendor));
        return BK_ERR_INTERNAL;
    }
    *ret_device = device;
    return BK_OK;
}

enum bk_err api_key_template_open(struct api_call *call, bool is_locked, struct bk_str *ret_version)
{
    json_t *ignored;
    enum bk_err err = api_resource_read(call, &api_res_key_templates, call->ids[0], is_locked,
                                        &ignored, ret_version);
    return err == BK_OK && is_locked ? api_if_match(call, *ret_version) : err;
}

bool api_is_of_key_template(const struct api_call *call)
{
    return strncmp(call->route->path, "/v1/key-templates/", strlen("/v1/key-templates/")) == 0;
}

static enum bk_err version_of_whole(struct api_call *call, struct bk_str *ret_version)
{
    struct api_device device = {0};
    if (api_is_of_key_template(call))
        return api_key_template_open(call, false, ret_version);
    enum bk_err err = api_device_open(call, false, &device);
    *ret_version = device.version;
    return err;
}

enum bk_err api_parts_answer(struct api_call *call, const char *sql,
                             const struct bk_pg_param *params, size_t count, bool is_list)
{
    struct bk_str version;
    struct bk_pg_rows *rows = NULL;
    json_t *items = api_keep(call, json_array()), *item;
    enum bk_err err = version_of_whole(call, &version);
    if (err == BK_OK)
        err = bk_pgc_exec(call->store.pgc, sql, params, count, &rows, &call->detail);
    for (int row = 0; err == BK_OK && row < bk_pg_row_count(rows); row++) {
        err = api_json_load(call, bk_pg_text(rows, row, 0), &item);
        if (err == BK_OK)
            json_array_append(items, item);
    }
    bk_pg_rows_free(rows);
    if (err == BK_OK && !is_list && json_array_size(items) == 0)
        err = BK_ERR_NOT_FOUND;
    if (err != BK_OK)
        return err;
    call->reply.body =
        is_list ? json_pack("{s:O}", "items", items) : json_incref(json_array_get(items, 0));
    call->reply.etag = bk_arena_printf(call->arena, "\"%.*s\"", BK_STR_ARG(version)).ptr;
    return BK_OK;
}

const json_t *api_parts_read(struct api_call *call, const struct api_field *list)
{
    struct api_write write = {0};
    api_members_read(call, list, "", call->input, true, &write);
    const struct api_member *items = api_member_find(&write, "items");
    return items != NULL ? items->value : NULL;
}

json_t *api_part_read(struct api_call *call, const struct api_field *fields)
{
    struct api_write write = {0};
    api_members_read(call, fields, "", call->input, true, &write);
    if (api_members_err(call) != BK_OK)
        return NULL;
    json_t *part = api_keep(call, json_object());
    for (const struct api_field *field = fields; field->name != NULL; field++) {
        const struct api_member *member = api_member_find(&write, field->name);
        if (member != NULL && !json_is_null(member->value))
            json_object_set(part, field->name, member->value);
        else if (field->initial != NULL)
            json_object_set_new(part, field->name,
                                json_loads(field->initial, JSON_DECODE_ANY, NULL));
    }
    return part;
}
