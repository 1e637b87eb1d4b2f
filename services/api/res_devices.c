/*
 * Devices: claims on phones, what is known of them, and the settings layer of one phone.
 */
#include <string.h>

#include "limits.h"
#include "resource.h"
#include "vendor/vendor.h"

/*
 * Quarantine ends by a decision about what was seen, not by a change of state; nor by way of
 * suspension.
 */
static enum bk_err check_decided(struct api_call *call, const struct api_write *write)
{
    static const char sql[] =
        "select count(*) from app.anomaly as a"
        " where a.tenant_id = app.current_tenant_id() and a.device_id = $1::bigint"
        "   and a.decision is null"
        "   and a.kind in ('other_certificate', 'other_model', 'other_maker', 'many_networks')";
    const struct bk_pg_param params[] = {bk_store_int(&call->store, write->id)};
    struct bk_str before = api_json_text(json_object_get(write->before, "state"));
    int64_t open_count = 0;
    if (!bk_str_eq(api_member_text(write, "state", BK_STR("")), BK_STR("bound")) ||
        bk_str_eq(before, BK_STR("bound")))
        return BK_OK;
    if (bk_str_eq(before, BK_STR("quarantined"))) {
        api_member_error(call, "state",
                         "a quarantined device is bound again by POST /v1/devices/%lld/accept or "
                         "/block, which decide about what was seen",
                         (long long)write->id);
        return BK_OK;
    }
    enum bk_err err = bk_store_number(&call->store, sql, params, BK_COUNT(params), &open_count);
    if (err == BK_OK && open_count > 0)
        api_member_error(call, "state",
                         "what it was quarantined for is not decided: set it to quarantined, then "
                         "accept or block what was seen");
    return err;
}

/* The model as its maker's table writes it; one that is in no table is kept as it is. */
static enum bk_err prepare(struct api_call *call, struct api_write *write)
{
    const json_t *before = write->before;
    struct bk_str name =
        api_member_text(write, "vendor", api_json_text(json_object_get(before, "vendor")));
    struct bk_str model = api_member_text(write, "model", BK_STR(""));
    const struct bk_vendor *vendor = bk_vendor_find(name);
    const struct bk_model *row =
        vendor != NULL && model.len > 0 ? bk_model_find(vendor, model) : NULL;
    if (row != NULL)
        api_member_set(call, write, "model", json_stringn(row->name.ptr, row->name.len));
    return check_decided(call, write);
}

/* The model must have the lines and keys that are there: a phone would not show the others. */
static enum bk_err finish(struct api_call *call, struct api_write *write)
{
    static const char *const members[] = {"key_template_id", "profile_id", "model", "vendor"};
    for (size_t i = 0; i < BK_COUNT(members); i++) {
        if (api_member_find(write, members[i]) != NULL)
            return api_limits_check(call, members[i], write->id, 0);
    }
    return BK_OK;
}

/*
 * When the oldest change happened that the phone does not hold: one that raised its revision, or
 * one of many devices that has yet to (app.change). The latter's ids are sorted, so that each
 * device costs a binary search in what is unpacked once a statement.
 */
#define WAITING_SQL \
    "with waiting as materialized (select c.created_at, c.device_ids[c.raised_count + 1 :] as ids" \
    " from app.change as c where c.tenant_id = app.current_tenant_id() and c.done_at is null)"
#define WAITING_JOIN_SQL \
    " left join lateral (select min(o.created_at) as since from waiting as o" \
    " where o.ids[width_bucket(t.device_id, o.ids)] = t.device_id) as w on true"
#define HOLDS_SQL "(s.revision_held >= t.revision and t.state <> 'released') is true"

static const struct api_field fields[] = {
    {.name = "mac",
     .type = API_T_MAC,
     .flags = API_REQUIRED,
     .column = "mac",
     .help = "Unique in the tenant. Another MAC on the same device is another phone in its place: "
             "what the old one proved is gone.",
     .example = "\"805ec0000001\""},
    {.name = "vendor",
     .type = API_T_VENDOR,
     .flags = API_REQUIRED,
     .column = "vendor",
     .help = "Its maker."},
    {.name = "model",
     .type = API_T_TEXT,
     .max = 64,
     .column = "model",
     .initial = "\"\"",
     .help = "Decides how many lines and keys are written; empty: as many as the maker's largest "
             "model has.",
     .example = "\"T54W\""},
    {.name = "serial",
     .type = API_T_TEXT,
     .max = 64,
     .column = "serial",
     .initial = "\"\"",
     .help = "Serial number, for people.",
     .example = "\"3120120122001234\""},
    {.name = "label",
     .type = API_T_TEXT,
     .max = 128,
     .column = "label",
     .initial = "\"\"",
     .help = "What people call it.",
     .example = "\"Reception\""},
    {.name = "site_id",
     .type = API_T_REF,
     .flags = API_NULL,
     .column = "site_id",
     .initial = "null",
     .help = "Where it stands."},
    {.name = "profile_id",
     .type = API_T_REF,
     .flags = API_NULL,
     .column = "profile_id",
     .initial = "null",
     .help = "The profile whose layer it has."},
    {.name = "key_template_id",
     .type = API_T_REF,
     .flags = API_NULL,
     .column = "key_template_id",
     .initial = "null",
     .help = "Keys it has where it has none of its own; null: those of its profile's key "
             "template, if that names one."},
    {.name = "location",
     .type = API_T_MAP,
     .max = 2048,
     .column = "location",
     .initial = "{}",
     .help = "Where on the site it is, for emergency calls: floor, room, … Written as a "
             "merge-patch.",
     .example = "{\"floor\": \"3\", \"room\": \"3.14\"}"},
    {.name = "state",
     .type = API_T_WORD,
     .flags = API_ON_PATCH | API_NEVER_NULL,
     .words = "claimed bound suspended quarantined released",
     .column = "state",
     .help =
         "claimed: waits for the phone to prove its MAC. bound: it did. suspended: gets "
         "nothing for now; goes back to bound, or to claimed if it never was. quarantined: gets "
         "nothing until what was seen of it is accepted or blocked. released: given up, so that "
         "another tenant may have it; claim it again to begin anew."},
    {.name = "is_legacy",
     .type = API_T_BOOL,
     .column = "is_legacy",
     .initial = "false",
     .help = "It may use a listener with old TLS, where there is one."},
    {.name = "armed_until",
     .type = API_T_TIME,
     .flags = API_READ_ONLY | API_NULL,
     .column = "armed_until",
     .help = "Until when it may have its file whatever it holds, where its policy's serving is "
             "armed."},
    {.name = "revision",
     .type = API_T_INT,
     .flags = API_READ_ONLY,
     .column = "revision",
     .help = "Counts the changes of its file."},
    {.name = "revision_held",
     .type = API_T_INT,
     .flags = API_READ_ONLY | API_NULL,
     .read = "s.revision_held",
     .help = "The revision that the phone was last seen to hold; null: none yet."},
    {.name = "pending_since",
     .type = API_T_TIME,
     .flags = API_READ_ONLY | API_NULL,
     .read =
         API_TIME_SQL("case when " HOLDS_SQL " then w.since else least(t.revised_at, w.since) end"),
     .help = "When the oldest change was made that the phone does not hold yet; null: it holds "
             "everything."},
    {.name = "claimed_at",
     .type = API_T_TIME,
     .flags = API_READ_ONLY,
     .column = "claimed_at",
     .help = "When it was claimed."},
    {.name = "bound_at",
     .type = API_T_TIME,
     .flags = API_READ_ONLY | API_NULL,
     .column = "bound_at",
     .help = "When a certificate first proved its MAC here."},
    {.name = "last_visit_at",
     .type = API_T_TIME,
     .flags = API_READ_ONLY | API_NULL,
     .read = API_TIME_SQL("s.last_visit_at"),
     .help = "When it last fetched something."},
    {.name = "last_source",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY | API_NULL,
     .max = 64,
     .read = "host(s.last_source)",
     .help = "The address it came from."},
    {.name = "held_at",
     .type = API_T_TIME,
     .flags = API_READ_ONLY | API_NULL,
     .read = API_TIME_SQL("s.held_at"),
     .help = "When its own file was last delivered whole, or found unchanged."},
    {.name = "booted_at",
     .type = API_T_TIME,
     .flags = API_READ_ONLY | API_NULL,
     .read = API_TIME_SQL("s.booted_at"),
     .help = "When it was last seen to start."},
    {.name = "model_seen",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY | API_NULL,
     .max = 64,
     .read = "s.model_seen",
     .help = "Model as the phone tells it."},
    {.name = "firmware",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY | API_NULL,
     .max = 64,
     .read = "s.firmware_seen",
     .help = "Firmware as the phone tells it."},
    {.name = "fingerprint",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY | API_NULL,
     .max = 64,
     .read = "encode(s.fingerprint, 'hex')",
     .help = "SHA-256 of its certificate, as at first use; another one quarantines it."},
    {.name = "model_pinned",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY | API_NULL,
     .max = 64,
     .read = "s.model_pinned",
     .help = "Model as it first told it; another one quarantines it."},
    {.name = "serial_seen",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY | API_NULL,
     .max = 128,
     .read = "s.serial_seen",
     .help = "Serial number as its certificate tells it."},
    {.name = "open_anomaly_count",
     .type = API_T_INT,
     .flags = API_READ_ONLY,
     .read = "(select count(*) from app.anomaly as o where o.tenant_id = t.tenant_id"
             " and o.device_id = t.device_id and o.decision is null)",
     .help = "Anomalies that nobody has decided."},
    API_LAYER_FIELDS,
    API_TIMES_FIELDS,
    {0},
};

static const struct api_filter filters[] = {
    {"mac", API_T_MAC, "t.mac = @@", NULL, "The device of this MAC."},
    {"vendor", API_T_VENDOR, "t.vendor = @@", NULL, "Devices of this maker."},
    {"model", API_T_TEXT, "t.model = @@", NULL, "Devices of this model."},
    {"serial", API_T_TEXT, "t.serial = @@", NULL, "The device of this serial number."},
    {"label_prefix", API_T_TEXT, "t.label ^@ @@", NULL, "Devices whose label begins so."},
    {"site_id", API_T_REF, "t.site_id = @@", NULL, "Devices of this site."},
    {"profile_id", API_T_REF, "t.profile_id = @@", NULL, "Devices of this profile."},
    {"extension_id", API_T_REF,
     "exists (select from app.device_line as n where n.tenant_id = t.tenant_id"
     " and n.device_id = t.device_id and n.extension_id = @@)",
     NULL, "Devices with a line of this extension."},
    {"state", API_T_WORD, "t.state = @@", "claimed bound suspended quarantined released",
     "Devices in this state."},
    {"pending", API_T_BOOL, "(not (" HOLDS_SQL ") or w.since is not null) = @@", NULL,
     "Devices that hold an older configuration than they should, or not."},
    {0},
};

const struct api_resource api_res_devices = {
    .name = "device",
    .schema = "Device",
    .plural = "devices",
    .path = "/v1/devices",
    .help = "A phone: a claim on its MAC, what is known of it, and its own settings layer.",
    .with = WAITING_SQL,
    .table = "app.device",
    .joins = "left join app.device_state as s"
             " on s.tenant_id = t.tenant_id and s.device_id = t.device_id" WAITING_JOIN_SQL,
    .id = "device_id",
    .spreads = true, /* by rules that look at its site */
    .layer = BK_LAYER_DEVICE,
    .fields = fields,
    .filters = filters,
    .prepare = prepare,
    .finish = finish,
};
