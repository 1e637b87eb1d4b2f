/*
 * What one decides about a phone: whether what was seen of it is it, and when it may have its file.
 */
#include "handlers.h"
#include "parts.h"

/* sql's one column: '' or a refusal in words. */
static enum bk_err decide(struct api_call *call, const char *sql, const char *action)
{
    struct api_device device;
    struct bk_str refusal;
    const struct bk_pg_param params[] = {bk_store_int(&call->store, call->ids[0]),
                                         bk_store_text(bk_str_of(call->scope.actor))};
    enum bk_err err = api_device_open(call, true, &device);
    if (err == BK_OK)
        err = bk_store_one_text(&call->store, sql, params, BK_COUNT(params), &refusal);
    if (err == BK_OK && refusal.len > 0)
        err = api_refuse(call, BK_ERR_EXISTS, "device-refused", "%.*s", BK_STR_ARG(refusal));
    if (err == BK_OK)
        err = api_resource_answer(call, &api_res_devices, call->ids[0], 200);
    if (err == BK_OK)
        err = api_audit(call, action, "device", call->ids[0], json_object());
    return err;
}

enum bk_err api_devices_accept(struct api_call *call)
{
    return decide(call, "select bk.device_accept($1::bigint, $2)", "device.accept");
}

enum bk_err api_devices_block(struct api_call *call)
{
    return decide(call, "select bk.device_block($1::bigint, $2)", "device.block");
}

const struct api_doc api_doc_devices_accept = {
    .summary = "Accept what was seen of a quarantined device",
    .help = "Certificate and model are what the phone has from now on, and it is bound again; the "
            "open anomalies tell what they are. 409 when it is not quarantined, or what was seen "
            "is of another maker.",
    .statuses = "200 404 409 412",
    .is_part = true,
};
const struct api_doc api_doc_devices_block = {
    .summary = "Block what was seen of a quarantined device",
    .help = "The certificates seen prove nothing to this tenant any more, and the device is bound "
            "as it was before. Where its own certificate was seen on another model or in too many "
            "networks, that one is blocked. 409 when it is not quarantined.",
    .statuses = "200 404 409 412",
    .is_part = true,
};

/* ---- POST /v1/devices/{device_id}/arm ---- */

static const struct api_field arm_fields[] = {
    {.name = "hours",
     .type = API_T_INT,
     .min = 1,
     .max = 720,
     .initial = "null",
     .help = "How long from now; null: armed_hours of its policy.",
     .example = "24"},
    {0},
};

enum bk_err api_devices_arm(struct api_call *call)
{
    struct api_write write = {.resource = &api_res_devices, .is_new = true};
    struct api_device device;
    enum bk_err err = api_device_open(call, true, &device);
    if (err != BK_OK)
        return err;
    api_members_read(call, arm_fields, "", call->input, true, &write);
    const int64_t hours = api_member_int(&write, "hours", 0);
    const struct bk_pg_param params[] = {bk_store_int(&call->store, call->ids[0]),
                                         hours == 0 ? bk_store_text(BK_STR_NONE)
                                                    : bk_store_int(&call->store, hours)};
    struct bk_str refusal;
    err = api_members_err(call);
    if (err == BK_OK)
        err = bk_store_one_text(&call->store,
                                "select refusal from bk.device_arm($1::bigint, $2::integer)",
                                params, BK_COUNT(params), &refusal);
    if (err == BK_OK && refusal.len > 0)
        err = api_refuse(call, BK_ERR_EXISTS, "device-refused", "%.*s", BK_STR_ARG(refusal));
    if (err == BK_OK)
        err = api_resource_answer(call, &api_res_devices, call->ids[0], 200);
    if (err == BK_OK)
        err =
            api_audit(call, "device.arm", "device", call->ids[0],
                      json_pack("{s:o}", "hours", hours == 0 ? json_null() : json_integer(hours)));
    return err;
}

const struct api_doc api_doc_devices_arm = {
    .summary = "Open the window in which a device may have its file",
    .help = "Of meaning where its policy's serving is armed.",
    .request = arm_fields,
    .statuses = "200 404 409 412 422",
    .is_part = true,
};
