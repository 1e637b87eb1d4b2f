/*
 * Keys of a device: what its line keys, programmable keys and expansion modules do.
 */
#include <string.h>

#include "handlers.h"
#include "parts.h"

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
     .help = "All keys of the device's own."},
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

#define SELECT_SQL \
    "select json_build_object('panel', k.panel, 'module', k.module, 'slot', k.slot," \
    " 'kind', k.kind, 'line', k.line, 'value', k.value, 'label', k.label," \
    " 'extension', k.extension)" \
    "  from app.device_key as k" \
    " where k.tenant_id = app.current_tenant_id() and k.device_id = $1::bigint"

static enum bk_err answer_all(struct api_call *call)
{
    const struct bk_pg_param params[] = {bk_store_int(&call->store, call->ids[0])};
    return api_parts_answer(call, SELECT_SQL " order by k.panel, k.module, k.slot", params,
                            BK_COUNT(params), true);
}

static enum bk_err answer_one(struct api_call *call, const struct place *place)
{
    const struct bk_pg_param params[] = {
        bk_store_int(&call->store, call->ids[0]), bk_store_text(bk_str_of(place->panel)),
        bk_store_int(&call->store, place->module), bk_store_int(&call->store, place->slot)};
    return api_parts_answer(call,
                            SELECT_SQL " and k.panel = $2::app.panel and k.module = $3::bigint"
                                       " and k.slot = $4::bigint",
                            params, BK_COUNT(params), false);
}

enum bk_err api_keys_list(struct api_call *call)
{
    return answer_all(call);
}

/* ---- writes ---- */

static void judge_module(struct api_call *call, const struct api_device *device, const char *at,
                         int64_t module, int64_t slot)
{
    const struct bk_model *limits = device->limits;
    if (module < 1 || module > limits->module_count)
        api_member_error(call, at, "%.*s takes %d expansion modules", BK_STR_ARG(device->title),
                         limits->module_count);
    else if (slot > limits->module_key_count)
        api_member_error(call, at, "a module of %.*s has %d keys", BK_STR_ARG(device->title),
                         limits->module_key_count);
}

/* What the model has. */
static void judge(struct api_call *call, const struct api_device *device, const json_t *key,
                  const char *path)
{
    const struct bk_model *limits = device->limits;
    const char *panel = json_string_value(json_object_get(key, "panel"));
    const int64_t module = json_integer_value(json_object_get(key, "module"));
    const int64_t slot = json_integer_value(json_object_get(key, "slot"));
    const int64_t line = json_integer_value(json_object_get(key, "line"));
    const char *at = path[0] == '\0' ? "slot" : path;
    const bool is_line = strcmp(panel, "line") == 0;
    if (strcmp(panel, "module") == 0)
        judge_module(call, device, at, module, slot);
    else if (module != 0)
        api_member_error(call, at, "module is 0 on the phone itself");
    else if (slot > (is_line ? limits->key_count : limits->programmable_count))
        api_member_error(call, at, "%.*s has %d %s keys", BK_STR_ARG(device->title),
                         is_line ? limits->key_count : limits->programmable_count, panel);
    if (line > limits->line_count)
        api_member_error(call, path[0] == '\0' ? "line" : path, "%.*s has %d lines",
                         BK_STR_ARG(device->title), limits->line_count);
}

/* Rows that stay as they are are not touched, so that nothing is raised for nothing. */
static enum bk_err write_keys(struct api_call *call, const json_t *keys, bool is_all,
                              bool *ret_is_new)
{
    static const char sql[] =
        "with wanted as (select * from jsonb_to_recordset($2::jsonb) as x(panel app.panel,"
        "        module integer, slot integer, kind text, line integer, value text, label text,"
        "        extension text)),"
        " gone as (delete from app.device_key as k"
        "  where k.tenant_id = app.current_tenant_id() and k.device_id = $1::bigint"
        "    and $3::boolean"
        "    and not exists (select from wanted as w where w.panel = k.panel"
        "                       and w.module = k.module and w.slot = k.slot))"
        " insert into app.device_key as k (tenant_id, device_id, panel, module, slot, kind, line,"
        "                                  value, label, extension)"
        " select app.current_tenant_id(), $1::bigint, w.panel, w.module, w.slot, w.kind, w.line,"
        "        w.value, w.label, w.extension"
        "   from wanted as w order by w.panel, w.module, w.slot"
        "     on conflict on constraint device_key_pk do update"
        "    set kind = excluded.kind, line = excluded.line, value = excluded.value,"
        "        label = excluded.label, extension = excluded.extension"
        "  where (k.kind, k.line, k.value, k.label, k.extension) is distinct from"
        "        (excluded.kind, excluded.line, excluded.value, excluded.label, excluded.extension)"
        " returning (xmax = 0)::integer";
    const struct bk_pg_param params[] = {bk_store_int(&call->store, call->ids[0]),
                                         bk_store_text(api_json_print(call->arena, keys)),
                                         bk_store_text(bk_str_of(is_all ? "true" : "false"))};
    int64_t is_new = 0;
    enum bk_err err = bk_store_number(&call->store, sql, params, BK_COUNT(params), &is_new);
    *ret_is_new = is_new != 0;
    return err == BK_ERR_NOT_FOUND && bk_pgc_constraint(call->store.pgc)[0] == '\0'
               ? BK_OK /* nothing changed */
               : api_explain(call, err);
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

enum bk_err api_keys_put_all(struct api_call *call)
{
    struct api_device device;
    bool is_new;
    enum bk_err err = api_device_open(call, true, &device);
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
        err = api_audit(call, "device.keys", "device", device.id,
                        json_pack("{s:I}", "count", (json_int_t)json_array_size(keys)));
    return err;
}

enum bk_err api_keys_put(struct api_call *call)
{
    const struct place place = place_of(call);
    struct api_device device;
    bool is_new = false;
    enum bk_err err = api_device_open(call, true, &device);
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
    if (err == BK_OK)
        err = api_audit(
            call, "device.key", "device", device.id,
            json_pack("{s:s}", "key", place_text(call, place.panel, place.module, place.slot).ptr));
    return err;
}

enum bk_err api_keys_delete(struct api_call *call)
{
    static const char sql[] =
        "delete from app.device_key where tenant_id = app.current_tenant_id()"
        "   and device_id = $1::bigint and panel = $2::app.panel and module = $3::bigint"
        "   and slot = $4::bigint returning 1";
    const struct place place = place_of(call);
    struct api_device device;
    int64_t ignored;
    const struct bk_pg_param params[] = {
        bk_store_int(&call->store, call->ids[0]), bk_store_text(bk_str_of(place.panel)),
        bk_store_int(&call->store, place.module), bk_store_int(&call->store, place.slot)};
    enum bk_err err = api_device_open(call, true, &device);
    if (err == BK_OK)
        err = bk_store_number(&call->store, sql, params, BK_COUNT(params), &ignored);
    if (err == BK_OK)
        err = api_audit(
            call, "device.key_delete", "device", device.id,
            json_pack("{s:s}", "key", place_text(call, place.panel, place.module, place.slot).ptr));
    call->reply.status = 204;
    return err;
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
    .statuses = "204 404 412",
};
