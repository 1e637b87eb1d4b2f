/*
 * Keys of a device, or of a key template: what line keys, programmable keys and expansion modules
 * do.
 */
#include <string.h>

#include "handlers.h"
#include "limits.h"
#include "parts.h"
#include "vendor/limits.h"

#define MODULE_MAX 6
#define SLOT_MAX 200

/* clang-format off */
#define WRITTEN_FIELDS \
    {.name = "kind", .type = API_T_WORD, .flags = API_REQUIRED, .words = BK_KEY_KIND_WORDS, \
     .help = "none: nothing. line: a line of the phone. blf: another extension's state. " \
             "speed_dial: calls value. park: parks a call at value. dtmf: sends the digits of " \
             "value. pickup: takes the call that rings at value. intercom: calls value, which " \
             "answers at once. url: fetches value. xml: opens the page at value. paging: " \
             "multicast to value, address:port. transfer and forward: to value, where there is " \
             "one. voicemail, conference, hold, dnd, phonebook. What a maker has no key for is " \
             "left empty on its phones.", \
     .example = "\"blf\""}, \
    {.name = "line", .type = API_T_INT, .min = 0, .max = BK_LINE_MAX, .initial = "0", \
     .help = "The line it uses; 0: the phone chooses.", .example = "1"}, \
    {.name = "value", .type = API_T_TEXT, .max = 255, .initial = "\"\"", \
     .help = "Number, digits, address or URL.", .example = "\"1002\""}, \
    {.name = "label", .type = API_T_TEXT, .max = 64, .initial = "\"\"", \
     .help = "Shown beside it.", .example = "\"Ben\""}, \
    {.name = "extension", .type = API_T_TEXT, .max = 64, .initial = "\"\"", \
     .help = "Code in front of the number to pick up or retrieve, where the PBX wants another " \
             "than call.pickup_code."}
#define PLACE_FIELDS(flags_) \
    {.name = "panel", .type = API_T_WORD, .flags = (flags_), \
     .words = "line programmable module", \
     .help = "The phone's line keys, its programmable keys, or those of an expansion module.", \
     .example = "\"line\""}, \
    {.name = "module", .type = API_T_INT, .flags = (flags_) & API_READ_ONLY, .min = 0, \
     .max = MODULE_MAX, .initial = "0", \
     .help = "Which module, from 1; 0 on the phone itself."}, \
    {.name = "slot", .type = API_T_INT, .flags = (flags_), .min = 1, .max = SLOT_MAX, \
     .help = "Which key, from 1.", .example = "2"}
/* clang-format on */

static const struct api_field put_fields[] = {WRITTEN_FIELDS, {0}};
static const struct api_field item_fields[] = {PLACE_FIELDS(API_REQUIRED), WRITTEN_FIELDS, {0}};
static const struct api_field shown_fields[] = {PLACE_FIELDS(API_READ_ONLY), WRITTEN_FIELDS, {0}};
static const struct api_field list_fields[] = {
    {.name = "items",
     .type = API_T_OBJECTS,
     .flags = API_REQUIRED,
     .max = BK_PHONE_KEY_MAX,
     .members = item_fields,
     .help = "All keys, of the device's own or of the template."},
    {0},
};

struct place {
    const char *panel;
    int64_t module, slot;
};

/* …/keys/line/{slot}, …/keys/programmable/{slot}, …/keys/module/{module}/{slot} */
static struct place place_of(const struct api_call *call)
{
    if (strstr(call->route->path, "/keys/module/") != NULL)
        return (struct place){"module", call->ids[1], call->ids[2]};
    return (struct place){strstr(call->route->path, "/keys/line/") != NULL ? "line"
                                                                           : "programmable",
                          0, call->ids[1]};
}

/* The same statement for both kinds of wholes; index: api_is_of_key_template. */
#define OF_BOTH(sql) \
    { \
        sql("device_key", "device_id"), sql("key_template_key", "key_template_id") \
    }

static const char *kind_of_whole(const struct api_call *call)
{
    return api_is_of_key_template(call) ? "key_template" : "device";
}

#define SELECT_SQL(table, id) \
    "select json_build_object('panel', k.panel, 'module', k.module, 'slot', k.slot," \
    " 'kind', k.kind, 'line', k.line, 'value', k.value, 'label', k.label," \
    " 'extension', k.extension)" \
    "  from app." table " as k" \
    " where k.tenant_id = app.current_tenant_id() and k." id " = $1::bigint"
#define SELECT_ALL_SQL(table, id) SELECT_SQL(table, id) " order by k.panel, k.module, k.slot"
#define SELECT_ONE_SQL(table, id) \
    SELECT_SQL(table, id) \
    " and k.panel = $2::app.panel and k.module = $3::bigint and k.slot = $4::bigint"

static enum bk_err answer_all(struct api_call *call)
{
    static const char *const sql[] = OF_BOTH(SELECT_ALL_SQL);
    const struct bk_pg_param params[] = {bk_store_int(&call->store, call->ids[0])};
    return api_parts_answer(call, sql[api_is_of_key_template(call)], params, BK_COUNT(params),
                            true);
}

static enum bk_err answer_one(struct api_call *call, const struct place *place)
{
    static const char *const sql[] = OF_BOTH(SELECT_ONE_SQL);
    const struct bk_pg_param params[] = {
        bk_store_int(&call->store, call->ids[0]), bk_store_text(bk_str_of(place->panel)),
        bk_store_int(&call->store, place->module), bk_store_int(&call->store, place->slot)};
    return api_parts_answer(call, sql[api_is_of_key_template(call)], params, BK_COUNT(params),
                            false);
}

enum bk_err api_keys_list(struct api_call *call)
{
    return answer_all(call);
}

/* ---- writes ---- */

/* Of the path, locked; device is filled for those of a device only. */
static enum bk_err open_whole(struct api_call *call, struct api_device *device)
{
    struct bk_str version;
    *device = (struct api_device){0};
    return api_is_of_key_template(call) ? api_key_template_open(call, true, &version)
                                        : api_device_open(call, true, device);
}

/* What the model has; which models a template meets is seen when it is written. */
static void judge(struct api_call *call, const struct api_device *device, const json_t *key,
                  const char *path)
{
    const char *panel = json_string_value(json_object_get(key, "panel"));
    const char *at = path[0] == '\0' ? "slot" : path;
    const bool is_line = strcmp(panel, "line") == 0, is_module = strcmp(panel, "module") == 0;
    const struct bk_phone_key place = {
        .panel = is_module ? BK_PANEL_MODULE
                 : is_line ? BK_PANEL_LINE
                           : BK_PANEL_PROGRAMMABLE,
        .module = (int)json_integer_value(json_object_get(key, "module")),
        .slot = (int)json_integer_value(json_object_get(key, "slot")),
        .line = (int)json_integer_value(json_object_get(key, "line")),
    };
    const struct bk_extent extent = bk_extent_of_key(&place);
    struct bk_detail detail;
    if (is_module != (place.module > 0))
        api_member_error(call, at, "module is 0 on the phone itself, and from 1 on a module");
    else if (device->driver != NULL &&
             bk_limits_check(device->driver, device->model, &extent, &detail) != BK_OK)
        api_member_error(call,
                         path[0] == '\0' && strstr(detail.text, "no line ") != NULL &&
                                 extent.line_key == 0
                             ? "line"
                             : at,
                         "%s", detail.text);
}

#define WRITE_SQL(table, id) \
    "with wanted as (select * from jsonb_to_recordset($2::jsonb) as x(panel app.panel," \
    "        module integer, slot integer, kind text, line integer, value text, label text," \
    "        extension text))," \
    " gone as (delete from app." table " as k" \
    "  where k.tenant_id = app.current_tenant_id() and k." id " = $1::bigint" \
    "    and $3::boolean" \
    "    and not exists (select from wanted as w where w.panel = k.panel" \
    "                       and w.module = k.module and w.slot = k.slot))" \
    " insert into app." table " as k (tenant_id, " id ", panel, module, slot, kind, line," \
    "                                  value, label, extension)" \
    " select app.current_tenant_id(), $1::bigint, w.panel, w.module, w.slot, w.kind, w.line," \
    "        w.value, w.label, w.extension" \
    "   from wanted as w order by w.panel, w.module, w.slot" \
    "     on conflict on constraint " table "_pk do update" \
    "    set kind = excluded.kind, line = excluded.line, value = excluded.value," \
    "        label = excluded.label, extension = excluded.extension" \
    "  where (k.kind, k.line, k.value, k.label, k.extension) is distinct from" \
    "        (excluded.kind, excluded.line, excluded.value, excluded.label, excluded.extension)" \
    " returning (xmax = 0)::integer"

/* A template has no revision: its ETag changes with this. More than a few phones may use it. */
static enum bk_err written(struct api_call *call, const char *member)
{
    static const char sql[] =
        "update app.key_template set updated_at = now()"
        " where tenant_id = app.current_tenant_id() and key_template_id = $1::bigint";
    const struct bk_pg_param params[] = {bk_store_int(&call->store, call->ids[0])};
    if (!api_is_of_key_template(call))
        return BK_OK;
    call->reply.rings = true;
    enum bk_err err = bk_store_run(&call->store, sql, params, BK_COUNT(params), NULL);
    return err == BK_OK ? api_limits_check(call, member, 0, call->ids[0]) : err;
}

/* Rows that stay as they are are not touched, so that nothing is raised for nothing. */
static enum bk_err write_keys(struct api_call *call, const json_t *keys, bool is_all,
                              bool *ret_is_new)
{
    static const char *const sql[] = OF_BOTH(WRITE_SQL);
    const struct bk_pg_param params[] = {bk_store_int(&call->store, call->ids[0]),
                                         bk_store_text(api_json_print(call->arena, keys)),
                                         bk_store_text(bk_str_of(is_all ? "true" : "false"))};
    int64_t is_new = 0;
    enum bk_err err = bk_store_number(&call->store, sql[api_is_of_key_template(call)], params,
                                      BK_COUNT(params), &is_new);
    *ret_is_new = is_new != 0;
    err = err == BK_ERR_NOT_FOUND && bk_pgc_constraint(call->store.pgc)[0] == '\0'
              ? BK_OK /* nothing changed */
              : api_explain(call, err);
    return err == BK_OK ? written(call, is_all ? "items" : "slot") : err;
}

static struct bk_str place_text(struct api_call *call, const char *panel, int64_t module,
                                int64_t slot)
{
    return bk_arena_printf(call->arena, "%s/%lld/%lld", panel, (long long)module, (long long)slot);
}

/* No key twice: what PostgreSQL would say of it names none. */
static void judge_twice(struct api_call *call, const json_t *keys)
{
    json_t *seen = api_keep(call, json_object());
    for (size_t i = 0; i < json_array_size(keys); i++) {
        const json_t *key = json_array_get(keys, i);
        struct bk_str place = place_text(call, json_string_value(json_object_get(key, "panel")),
                                         json_integer_value(json_object_get(key, "module")),
                                         json_integer_value(json_object_get(key, "slot")));
        if (json_object_get(seen, place.ptr) != NULL)
            api_member_error(call, bk_arena_printf(call->arena, "items[%zu]", i).ptr,
                             "key %s stands twice", place.ptr);
        json_object_set_new(seen, place.ptr, json_true());
    }
}

static enum bk_err audit(struct api_call *call, const char *what, json_t *payload)
{
    const char *kind = kind_of_whole(call);
    return api_audit(call, bk_arena_printf(call->arena, "%s.%s", kind, what).ptr, kind,
                     call->ids[0], payload);
}

static enum bk_err audit_one(struct api_call *call, const char *what, const struct place *place)
{
    return audit(
        call, what,
        json_pack("{s:s}", "key", place_text(call, place->panel, place->module, place->slot).ptr));
}

enum bk_err api_keys_put_all(struct api_call *call)
{
    struct api_device device;
    bool is_new;
    enum bk_err err = open_whole(call, &device);
    if (err != BK_OK)
        return err;
    const json_t *keys = api_parts_read(call, list_fields);
    err = api_members_err(call);
    for (size_t i = 0; err == BK_OK && i < json_array_size(keys); i++)
        judge(call, &device, json_array_get(keys, i),
              bk_arena_printf(call->arena, "items[%zu]", i).ptr);
    if (err == BK_OK)
        judge_twice(call, keys);
    if (err == BK_OK)
        err = api_members_err(call);
    if (err == BK_OK)
        err = write_keys(call, keys, true, &is_new);
    if (err == BK_OK)
        err = answer_all(call);
    if (err == BK_OK)
        err = audit(call, "keys", json_pack("{s:I}", "count", (json_int_t)json_array_size(keys)));
    return err;
}

enum bk_err api_keys_put(struct api_call *call)
{
    const struct place place = place_of(call);
    struct api_device device;
    bool is_new = false;
    enum bk_err err = open_whole(call, &device);
    if (err != BK_OK)
        return err;
    json_t *key = api_part_read(call, put_fields);
    err = api_members_err(call);
    if (err != BK_OK)
        return err;
    json_object_set_new(key, "panel", json_string(place.panel));
    json_object_set_new(key, "module", json_integer(place.module));
    json_object_set_new(key, "slot", json_integer(place.slot));
    judge(call, &device, key, "");
    err = api_members_err(call);
    json_t *keys = api_keep(call, json_pack("[O]", key));
    if (err == BK_OK)
        err = write_keys(call, keys, false, &is_new);
    if (err == BK_OK)
        err = answer_one(call, &place);
    call->reply.status = is_new ? 201 : 200;
    return err == BK_OK ? audit_one(call, "key", &place) : err;
}

#define DELETE_SQL(table, id) \
    "delete from app." table " where tenant_id = app.current_tenant_id()" \
    "   and " id " = $1::bigint and panel = $2::app.panel and module = $3::bigint" \
    "   and slot = $4::bigint returning 1"

enum bk_err api_keys_delete(struct api_call *call)
{
    static const char *const sql[] = OF_BOTH(DELETE_SQL);
    const struct place place = place_of(call);
    struct api_device device;
    int64_t ignored;
    const struct bk_pg_param params[] = {
        bk_store_int(&call->store, call->ids[0]), bk_store_text(bk_str_of(place.panel)),
        bk_store_int(&call->store, place.module), bk_store_int(&call->store, place.slot)};
    enum bk_err err = open_whole(call, &device);
    if (err == BK_OK)
        err = bk_store_number(&call->store, sql[api_is_of_key_template(call)], params,
                              BK_COUNT(params), &ignored);
    if (err == BK_OK)
        err = written(call, "slot");
    call->reply.status = 204;
    return err == BK_OK ? audit_one(call, "key_delete", &place) : err;
}

/* ---- the document ---- */

const struct api_doc api_doc_keys_list = {
    .summary = "List the keys of a device",
    .help = "Its own ones; a key template's are not among them.",
    .schema = "DeviceKey",
    .answer = shown_fields,
    .is_part = true,
    .is_list = true,
    .statuses = "200 404",
};
const struct api_doc api_doc_keys_put_all = {
    .summary = "Replace all keys of a device",
    .help = "Keys that are not in the list are cleared on the phone. The ETag is the device's.",
    .schema = "DeviceKey",
    .answer = shown_fields,
    .is_part = true,
    .request = list_fields,
    .is_list = true,
    .statuses = "200 404 412 422",
};
const struct api_doc api_doc_keys_put = {
    .summary = "Set a key of a device",
    .help = "What is left out is as on a new key. The ETag is the device's.",
    .schema = "DeviceKey",
    .answer = shown_fields,
    .is_part = true,
    .request = put_fields,
    .statuses = "200 201 404 412 422",
};
const struct api_doc api_doc_keys_delete = {
    .summary = "Clear a key of a device",
    .statuses = "204 404 412 422",
};

const struct api_doc api_doc_template_keys_list = {
    .summary = "List the keys of a key template",
    .schema = "DeviceKey",
    .answer = shown_fields,
    .is_part = true,
    .is_list = true,
    .statuses = "200 404",
};
const struct api_doc api_doc_template_keys_put_all = {
    .summary = "Replace all keys of a key template",
    .help = "Refused when a device that uses it has a model with fewer keys. The ETag is the "
            "template's.",
    .schema = "DeviceKey",
    .answer = shown_fields,
    .is_part = true,
    .request = list_fields,
    .is_list = true,
    .statuses = "200 404 412 422",
};
const struct api_doc api_doc_template_keys_put = {
    .summary = "Set a key of a key template",
    .help = "What is left out is as on a new key. The ETag is the template's.",
    .schema = "DeviceKey",
    .answer = shown_fields,
    .is_part = true,
    .request = put_fields,
    .statuses = "200 201 404 412 422",
};
const struct api_doc api_doc_template_keys_delete = {
    .summary = "Clear a key of a key template",
    .statuses = "204 404 412 422",
};
