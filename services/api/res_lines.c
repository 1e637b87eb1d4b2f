/*
 * Lines of a device: which extensions it registers, under which account number.
 */
#include "handlers.h"
#include "parts.h"
#include "vendor/limits.h"

/* What is written of a line; its number stands before them in lists, in the path otherwise. */
/* clang-format off */
#define WRITTEN_FIELDS \
    {.name = "extension_id", .type = API_T_REF, .flags = API_REQUIRED, \
     .help = "The account it registers."}, \
    {.name = "label", .type = API_T_TEXT, .max = 64, .initial = "\"\"", \
     .help = "Shown on the phone; empty: the extension's name.", .example = "\"Office\""}, \
    {.name = "shared", .type = API_T_BOOL, .initial = "false", \
     .help = "Shared line appearance: the PBX's matter as well."}, \
    {.name = "settings", .type = API_T_SETTINGS, .initial = "{}", \
     .help = "Neutral settings of this line, over the device's; no secrets."}, \
    {.name = "locks", .type = API_T_LOCKS, .max = 256, .initial = "[]", \
     .help = "Without meaning while nothing is above a line."}, \
    {.name = "raw", .type = API_T_RAW, .initial = "{}", \
     .help = "A maker's own parameters of this line, by maker."}
#define INDEX_FIELD(flags_) \
    {.name = "index", .type = API_T_INT, .flags = (flags_), .min = 1, .max = BK_LINE_MAX, \
     .help = "The phone's account number, from 1.", .example = "1"}
/* clang-format on */

static const struct api_field put_fields[] = {WRITTEN_FIELDS, {0}};
static const struct api_field item_fields[] = {INDEX_FIELD(API_REQUIRED), WRITTEN_FIELDS, {0}};
static const struct api_field list_fields[] = {
    {.name = "items",
     .type = API_T_OBJECTS,
     .flags = API_REQUIRED,
     .max = BK_LINE_MAX,
     .members = item_fields,
     .help = "All lines of the device."},
    {0},
};
static const struct api_field shown_fields[] = {
    INDEX_FIELD(API_READ_ONLY),
    {.name = "number",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY,
     .max = 64,
     .help = "Of the extension."},
    WRITTEN_FIELDS,
    {0},
};

#define SELECT_SQL \
    "select json_build_object('index', l.line_index, 'number', e.number," \
    " 'extension_id', l.extension_id, 'label', l.label, 'shared', l.is_shared," \
    " 'settings', " API_SHOWN_SETTINGS_SQL( \
        "l.settings") "," \
                      " 'locks', to_jsonb(l.locks), 'raw', l.raw)" \
                      "  from app.device_line as l" \
                      "  join app.extension as e on e.tenant_id = l.tenant_id and e.extension_id " \
                      "= l.extension_id" \
                      " where l.tenant_id = app.current_tenant_id() and l.device_id = $1::bigint"

static enum bk_err answer_all(struct api_call *call)
{
    const struct bk_pg_param params[] = {bk_store_int(&call->store, call->ids[0])};
    return api_parts_answer(call, SELECT_SQL " order by l.line_index", params, BK_COUNT(params),
                            true);
}

static enum bk_err answer_one(struct api_call *call)
{
    const struct bk_pg_param params[] = {bk_store_int(&call->store, call->ids[0]),
                                         bk_store_int(&call->store, call->ids[1])};
    return api_parts_answer(call, SELECT_SQL " and l.line_index = $2::integer", params,
                            BK_COUNT(params), false);
}

enum bk_err api_lines_list(struct api_call *call)
{
    return answer_all(call);
}

/* ---- writes ---- */

/* Settings and raw parameters as they are stored; the model's limit; locks of the layers below. */
static enum bk_err judge(struct api_call *call, const struct api_device *device, json_t *line,
                         const char *path)
{
    struct api_layer layer = {.layer = BK_LAYER_LINE,
                              .settings = api_keep(call, json_object()),
                              .locks = api_keep(call, json_array()),
                              .raw = api_keep(call, json_object())};
    const json_t *settings = json_object_get(line, "settings"), *raw = json_object_get(line, "raw");
    const json_int_t index = json_integer_value(json_object_get(line, "index"));
    const struct bk_extent extent = {.line = (int)index};
    struct bk_detail detail;
    if (bk_limits_check(device->driver, device->model, &extent, &detail) != BK_OK)
        api_member_error(
            call, bk_arena_printf(call->arena, "%s%sindex", path, path[0] == '\0' ? "" : ".").ptr,
            "%s", detail.text);
    enum bk_err err = api_layer_merge(call, &layer, path, settings, NULL, raw);
    if (err == BK_OK)
        err = api_members_err(call);
    if (err == BK_OK)
        err = api_layer_check_locks(call, BK_LAYER_LINE, device->mac, settings, raw);
    json_object_set(line, "settings", layer.settings);
    json_object_set(line, "raw", layer.raw);
    return err;
}

/* Rows that stay as they are are not touched, so that nothing is raised for nothing. */
static enum bk_err write_lines(struct api_call *call, const json_t *lines, bool is_all,
                               bool *ret_is_new)
{
    static const char sql[] =
        "with wanted as (select * from jsonb_to_recordset($2::jsonb) as x(index integer,"
        "        extension_id bigint, label text, shared boolean, settings jsonb, locks jsonb,"
        "        raw jsonb)),"
        " gone as (delete from app.device_line as l"
        "  where l.tenant_id = app.current_tenant_id() and l.device_id = $1::bigint"
        "    and $3::boolean"
        "    and not exists (select from wanted as w where w.index = l.line_index))"
        " insert into app.device_line as l (tenant_id, device_id, line_index, extension_id, label,"
        "                                   is_shared, settings, locks, raw)"
        " select app.current_tenant_id(), $1::bigint, w.index, w.extension_id, w.label, w.shared,"
        "        w.settings, array(select jsonb_array_elements_text(w.locks)), w.raw"
        "   from wanted as w order by w.index"
        "     on conflict on constraint device_line_index_uq do update"
        "    set extension_id = excluded.extension_id, label = excluded.label,"
        "        is_shared = excluded.is_shared, settings = excluded.settings,"
        "        locks = excluded.locks, raw = excluded.raw"
        "  where (l.extension_id, l.label, l.is_shared, l.settings, l.locks, l.raw)"
        "        is distinct from (excluded.extension_id, excluded.label, excluded.is_shared,"
        "                          excluded.settings, excluded.locks, excluded.raw)"
        " returning (xmax = 0)::integer";
    const struct bk_pg_param params[] = {bk_store_int(&call->store, call->ids[0]),
                                         bk_store_text(api_json_print(call->arena, lines)),
                                         bk_store_text(bk_str_of(is_all ? "true" : "false"))};
    int64_t is_new = 0;
    enum bk_err err = bk_store_number(&call->store, sql, params, BK_COUNT(params), &is_new);
    *ret_is_new = is_new != 0;
    return err == BK_ERR_NOT_FOUND && bk_pgc_constraint(call->store.pgc)[0] == '\0'
               ? BK_OK /* nothing changed */
               : api_explain(call, err);
}

/* Rules of others may show who came or went: of more phones than are raised at once. */
static enum bk_err audit(struct api_call *call, const char *action, json_t *payload)
{
    call->reply.rings = true;
    return api_audit(call, action, "device", call->ids[0], payload);
}

enum bk_err api_lines_put_all(struct api_call *call)
{
    struct api_device device;
    bool is_new, is_seen[BK_LINE_MAX + 1] = {false};
    enum bk_err err = api_device_open(call, true, &device);
    if (err != BK_OK)
        return err;
    const json_t *lines = api_parts_read(call, list_fields);
    err = api_members_err(call);
    for (size_t i = 0; err == BK_OK && i < json_array_size(lines); i++) {
        json_t *line = json_array_get(lines, i);
        const json_int_t index = json_integer_value(json_object_get(line, "index"));
        struct bk_str path = bk_arena_printf(call->arena, "items[%zu]", i);
        if (is_seen[index])
            api_member_error(call, path.ptr, "line %d stands twice", (int)index);
        is_seen[index] = true;
        err = judge(call, &device, line, path.ptr);
    }
    if (err == BK_OK)
        err = write_lines(call, lines, true, &is_new);
    if (err == BK_OK)
        err = answer_all(call);
    if (err == BK_OK)
        err = audit(call, "device.lines",
                    json_pack("{s:I}", "count", (json_int_t)json_array_size(lines)));
    return err;
}

enum bk_err api_lines_put(struct api_call *call)
{
    struct api_device device;
    bool is_new = false;
    enum bk_err err = api_device_open(call, true, &device);
    if (err != BK_OK)
        return err;
    json_t *line = api_part_read(call, put_fields);
    err = api_members_err(call);
    if (err != BK_OK)
        return err;
    json_object_set_new(line, "index", json_integer(call->ids[1]));
    json_t *lines = api_keep(call, json_pack("[O]", line));
    err = judge(call, &device, line, "");
    if (err == BK_OK)
        err = write_lines(call, lines, false, &is_new);
    if (err == BK_OK)
        err = answer_one(call);
    call->reply.status = is_new ? 201 : 200;
    if (err == BK_OK)
        err = audit(call, "device.line", json_pack("{s:I}", "index", (json_int_t)call->ids[1]));
    return err;
}

enum bk_err api_lines_delete(struct api_call *call)
{
    struct api_device device;
    int64_t ignored;
    const struct bk_pg_param params[] = {bk_store_int(&call->store, call->ids[0]),
                                         bk_store_int(&call->store, call->ids[1])};
    enum bk_err err = api_device_open(call, true, &device);
    if (err == BK_OK)
        err = bk_store_number(&call->store,
                              "delete from app.device_line"
                              " where tenant_id = app.current_tenant_id()"
                              "   and device_id = $1::bigint and line_index = $2::bigint"
                              " returning 1",
                              params, BK_COUNT(params), &ignored);
    if (err == BK_OK)
        err = audit(call, "device.line_delete",
                    json_pack("{s:I}", "index", (json_int_t)call->ids[1]));
    call->reply.status = 204;
    return err;
}

/* ---- the document ---- */

const struct api_doc api_doc_lines_list = {
    .summary = "List the lines of a device",
    .schema = "DeviceLine",
    .answer = shown_fields,
    .is_part = true,
    .is_list = true,
    .statuses = "200 404",
};
const struct api_doc api_doc_lines_put_all = {
    .summary = "Replace all lines of a device",
    .help = "Lines that are not in the list are taken off the phone. The ETag is the device's.",
    .schema = "DeviceLine",
    .answer = shown_fields,
    .is_part = true,
    .request = list_fields,
    .is_list = true,
    .statuses = "200 404 412 422",
};
const struct api_doc api_doc_lines_put = {
    .summary = "Put an extension on a line",
    .help = "What is left out is as on a new line. The ETag is the device's.",
    .schema = "DeviceLine",
    .answer = shown_fields,
    .is_part = true,
    .request = put_fields,
    .statuses = "200 201 404 412 422",
};
const struct api_doc api_doc_lines_delete = {
    .summary = "Take a line off a device",
    .statuses = "204 404 412 422",
};
