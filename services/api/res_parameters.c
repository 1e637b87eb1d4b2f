/*
 * What stands in a phone's files: each parameter with where it comes from, and what the next files
 * change against the last that were handed out. Secrets stay sealed: masks stand for them.
 */
#include "handlers.h"
#include "parts.h"
#include "store/store_phone.h"
#include "vendor/files.h"

/* The phone as one document has it. */
static enum bk_err decode(struct api_call *call, const struct api_device *device,
                          const struct bk_store_phone *stored, struct bk_str json,
                          struct bk_phone *ret_phone)
{
    static const char key_sql[] =
        "select coalesce((select k.tenant_key from app.tenant_key as k"
        "  where k.tenant_id = app.current_tenant_id()"
        "    and (k.valid_until is null or k.valid_until > now())"
        "  order by k.valid_until desc nulls first, k.created_at desc, k.tenant_key limit 1), '')";
    struct bk_str key;
    enum bk_err err = bk_phone_decode(call->arena, json, device->vendor, call->scope.tenant_id,
                                      NULL, ret_phone, &call->detail);
    if (err == BK_OK)
        err = bk_store_one_text(&call->store, key_sql, NULL, 0, &key);
    if (err == BK_OK)
        err = bk_mac_parse_bare(device->mac, &ret_phone->mac);
    if (err != BK_OK)
        return err;
    ret_phone->vendor = device->vendor;
    ret_phone->model = device->model;
    ret_phone->revision = stored->revision;
    ret_phone->provisioning_url = bk_arena_printf(
        call->arena, "%.*s/%.*s", BK_STR_ARG(api_public_url(call)), BK_STR_ARG(key));
    return BK_OK;
}

/* A value that the maker's format cannot carry is told as what it is: the file is not served. */
static enum bk_err explain(struct api_call *call, const struct api_device *device,
                           const struct bk_phone *phone, struct bk_explanation *list)
{
    bk_explanation_init(list, call->arena);
    enum bk_err err = bk_vendor_explain(
        device->driver, phone, bk_model_find(device->driver, phone->model), list, &call->detail);
    if (err != BK_ERR_INVALID)
        return err;
    return api_refuse(call, BK_ERR_EXISTS, "file-refused", "the phone's file cannot be written: %s",
                      call->detail.text);
}

static enum bk_err read_phone(struct api_call *call, struct api_device *ret_device,
                              struct bk_store_phone *ret_stored)
{
    enum bk_err err = api_device_open(call, false, ret_device);
    if (err == BK_OK)
        err = bk_store_phone_read(&call->store, call->scope.tenant_id, ret_device->mac, ret_stored);
    return err;
}

static void set_text(json_t *object, const char *name, struct bk_str text)
{
    json_object_set_new(object, name, json_stringn(text.len > 0 ? text.ptr : "", text.len));
}

/* ---- parameters ---- */

static json_t *origin_json(const struct bk_origin *origin)
{
    static const char *const panels[] = {"line", "programmable", "module"};
    bool is_setting = origin->kind == BK_ORIGIN_SETTING, is_key = origin->kind == BK_ORIGIN_KEY;
    bool has_layer =
        (is_setting || origin->kind == BK_ORIGIN_RAW) && origin->layer != BK_LAYER_NONE;
    return json_pack(
        "{s:s, s:s?, s:s?, s:i, s:s?, s:i, s:i}", "kind", bk_origin_kind_name(origin->kind),
        "layer", has_layer ? bk_layer_name(origin->layer) : NULL, "setting",
        is_setting ? bk_neutral_options[origin->id].key : NULL, "line",
        origin->kind == BK_ORIGIN_LINE ? origin->id : 0, "panel",
        is_key ? panels[origin->panel] : NULL, "module", origin->module, "slot", origin->slot);
}

static json_t *parameter_json(const struct bk_explained *row)
{
    const struct bk_parameter *parameter = &row->parameter;
    json_t *object = json_object();
    set_text(object, "file", row->file);
    set_text(object, "name", parameter->name);
    set_text(object, "value", parameter->value);
    json_object_set_new(object, "state",
                        json_string(parameter->is_kept   ? "kept"
                                    : parameter->is_lost ? "unsupported"
                                                         : "written"));
    json_object_set_new(object, "from", origin_json(&parameter->origin));
    return object;
}

enum bk_err api_parameters_list(struct api_call *call)
{
    struct api_device device;
    struct bk_store_phone stored;
    struct bk_phone phone;
    struct bk_explanation list;
    enum bk_neutral ids[BK_NEUTRAL_COUNT];
    enum bk_err err = read_phone(call, &device, &stored);
    if (err == BK_OK)
        err = decode(call, &device, &stored, stored.config_json, &phone);
    if (err == BK_OK)
        err = explain(call, &device, &phone, &list);
    if (err != BK_OK)
        return err;
    json_t *items = json_array(), *unsupported = json_array();
    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(items, parameter_json(&list.rows[i]));
    size_t count = bk_explanation_unsupported(&list, &phone, ids);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(unsupported, json_string(bk_neutral_options[ids[i]].key));
    call->reply.body = json_pack("{s:I, s:o, s:o}", "revision", (json_int_t)stored.revision,
                                 "unsupported_settings", unsupported, "items", items);
    return BK_OK;
}

/* ---- changes ---- */

static void add_change(void *context, const struct bk_explained *before,
                       const struct bk_explained *after)
{
    const struct bk_explained *any = after != NULL ? after : before;
    json_t *object = json_object();
    set_text(object, "file", any->file);
    set_text(object, "name", any->parameter.name);
    json_object_set_new(object, "before", json_null());
    json_object_set_new(object, "after", json_null());
    if (before != NULL)
        set_text(object, "before", before->parameter.value);
    if (after != NULL)
        set_text(object, "after", after->parameter.value);
    json_object_set_new(object, "from", origin_json(&any->parameter.origin));
    json_array_append_new(context, object);
}

enum bk_err api_parameters_changes(struct api_call *call)
{
    struct api_device device;
    struct bk_store_phone stored;
    struct bk_phone before, after;
    struct bk_explanation former, next;
    enum bk_err err = read_phone(call, &device, &stored);
    if (err == BK_OK && stored.last_json.len == 0)
        return api_refuse(call, BK_ERR_EXISTS, "nothing-served",
                          "no file was handed out since the device is this phone of this maker and "
                          "model, or since the tenant's key changed: there is nothing to compare "
                          "with");
    if (err == BK_OK)
        err = decode(call, &device, &stored, stored.last_json, &before);
    if (err == BK_OK)
        err = decode(call, &device, &stored, stored.config_json, &after);
    if (err == BK_OK)
        err = explain(call, &device, &before, &former);
    if (err == BK_OK)
        err = explain(call, &device, &after, &next);
    if (err != BK_OK)
        return err;
    json_t *items = json_array();
    err = bk_explanation_diff(&former, &next, add_change, items);
    call->reply.body = json_pack("{s:I, s:I, s:I, s:o}", "revision", (json_int_t)stored.revision,
                                 "last_revision", (json_int_t)stored.last_revision, "revision_held",
                                 (json_int_t)stored.revision_held, "items", items);
    return err;
}

/* ---- the document ---- */

/* clang-format off */
#define FIELD(name_, type_, more, help_) \
    {.name = name_, .type = type_, .flags = API_READ_ONLY | (more), .help = help_}
#define TEXT_FIELD(name_, more, help_) \
    {.name = name_, .type = API_T_TEXT, .flags = API_READ_ONLY | (more), .max = 4096, .help = help_}

static const struct api_field origin_fields[] = {
    {.name = "kind", .type = API_T_WORD, .flags = API_READ_ONLY,
     .words = "driver setting line key raw",
     .help = "driver: Beckon keeps it so. setting: a neutral setting, or its default. line: a line, "
             "its extension and its PBX. key. raw: a raw parameter."},
    TEXT_FIELD("layer", API_NULL, "Which layer set it; null: nobody, or none can."),
    TEXT_FIELD("setting", API_NULL, "Key of the neutral setting."),
    FIELD("line", API_T_INT, 0, "Index of the line; 0: of none."),
    TEXT_FIELD("panel", API_NULL, "Of a key."),
    FIELD("module", API_T_INT, 0, "Of a key on an expansion module; else 0."),
    FIELD("slot", API_T_INT, 0, "Of a key; else 0."),
    {0},
};

static const struct api_field parameter_fields[] = {
    TEXT_FIELD("file", 0, "As the phone asks for it."),
    TEXT_FIELD("name", 0, "The maker's own. Of what is unsupported: what was asked for."),
    TEXT_FIELD("value", 0, "As it goes into the file; empty: the maker's default or nothing. "
                           "Secrets are masks, which differ once a secret is set anew."),
    {.name = "state", .type = API_T_WORD, .flags = API_READ_ONLY,
     .words = "written kept unsupported",
     .help = "kept: not in the file, the phone keeps what it has. unsupported: the maker has no "
             "parameter for it."},
    {.name = "from", .type = API_T_OBJECT, .flags = API_READ_ONLY, .members = origin_fields,
     .help = "Where it comes from."},
    {0},
};

static const struct api_field list_fields[] = {
    FIELD("revision", API_T_INT, 0, "Of the device."),
    {.name = "unsupported_settings", .type = API_T_TEXTS, .flags = API_READ_ONLY,
     .max = BK_NEUTRAL_COUNT,
     .help = "Settings that are set and have no parameter at this maker."},
    {.name = "items", .type = API_T_OBJECTS, .flags = API_READ_ONLY, .members = parameter_fields,
     .help = "All parameters of all files, in their order."},
    {0},
};

static const struct api_field change_fields[] = {
    TEXT_FIELD("file", 0, "As the phone asks for it."),
    TEXT_FIELD("name", 0, "The maker's own."),
    TEXT_FIELD("before", API_NULL, "In the last file; null: it did not stand there."),
    TEXT_FIELD("after", API_NULL, "In the next; null: it will not stand there."),
    {.name = "from", .type = API_T_OBJECT, .flags = API_READ_ONLY, .members = origin_fields,
     .help = "Where it comes from, or came from when it goes."},
    {0},
};

static const struct api_field changes_fields[] = {
    FIELD("revision", API_T_INT, 0, "Of the device: of its next files."),
    FIELD("last_revision", API_T_INT, 0, "Of the last files that were handed out."),
    FIELD("revision_held", API_T_INT, 0, "What the phone holds, as far as it was seen to have read "
                                         "it whole; 0: not known."),
    {.name = "items", .type = API_T_OBJECTS, .flags = API_READ_ONLY, .members = change_fields,
     .help = "What differs; empty: nothing."},
    {0},
};
/* clang-format on */

const struct api_doc api_doc_parameters_list = {
    .summary = "Why each parameter of a device's files is what it is",
    .help = "409 when a value cannot be written in the maker's format: one of before such writes "
            "were refused. The phone gets no file until it is changed.",
    .schema = "DeviceParameters",
    .answer = list_fields,
    .statuses = "200 404 409",
};

const struct api_doc api_doc_parameters_changes = {
    .summary = "What a device's next files change",
    .help = "Against the last that were handed out. 409 when none were, or when a value cannot be "
            "written.",
    .schema = "DeviceChanges",
    .answer = changes_fields,
    .statuses = "200 404 409",
};
