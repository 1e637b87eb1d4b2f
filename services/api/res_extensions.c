/*
 * Extensions: accounts on a PBX, which any number of lines may hold.
 */
#include <string.h>

#include "resource.h"

/* As the schema: nothing that would end a SIP user part early. */
static void check_number(struct api_call *call, const char *path, const json_t *value)
{
    const char *number = json_string_value(value);
    if (strpbrk(number, " \t\"<>@") != NULL)
        api_member_error(call, path, "want no blank and none of \" < > @");
}

static enum bk_err finish(struct api_call *call, struct api_write *write)
{
    const struct bk_pg_param params[] = {bk_store_int(&call->store, write->id)};
    /* As it was sent: one that is stored already is not among what is written. */
    if (write->is_new || json_object_get(call->input, "secret") == NULL)
        return BK_OK;
    /* What waited to be confirmed is older than what was just said. */
    return bk_store_run(&call->store,
                        "update app.extension set pending_secret = null"
                        " where tenant_id = app.current_tenant_id() and extension_id = $1::bigint"
                        "   and pending_secret is not null",
                        params, BK_COUNT(params), NULL);
}

static const struct api_field line_fields[] = {
    {.name = "device_id", .type = API_T_REF, .flags = API_READ_ONLY, .help = "The device."},
    {.name = "index", .type = API_T_INT, .flags = API_READ_ONLY, .help = "Its line."},
    {0},
};

static const struct api_field fields[] = {
    {.name = "pbx_id",
     .type = API_T_REF,
     .flags = API_REQUIRED,
     .column = "pbx_id",
     .help = "The PBX it registers with."},
    {.name = "number",
     .type = API_T_TEXT,
     .flags = API_REQUIRED,
     .min = 1,
     .max = 64,
     .column = "number",
     .check = check_number,
     .help = "User part of its SIP address; unique with domain on its PBX.",
     .example = "\"1001\""},
    {.name = "domain",
     .type = API_T_HOST,
     .column = "domain",
     .initial = "\"\"",
     .help = "SIP domain, where it is not the PBX's; empty: the PBX's.",
     .example = "\"\""},
    {.name = "auth_id",
     .type = API_T_TEXT,
     .max = 128,
     .column = "auth_id",
     .initial = "\"\"",
     .help = "Name to authenticate with; empty: the number.",
     .example = "\"\""},
    {.name = "secret",
     .type = API_T_SECRET,
     .flags = API_REQUIRED | API_WRITE_ONLY,
     .min = 1,
     .max = 128,
     .column = "secret",
     .sealed_at = "extension.secret",
     .help = "SIP password, as the PBX has it. A new one is given to phones from their next fetch "
             "on: Beckon cannot set it at a PBX of driver sip, so change it there first.",
     .example = "\"6h8dJq2WcN4x\""},
    {.name = "has_secret",
     .type = API_T_BOOL,
     .flags = API_READ_ONLY,
     .read = "true",
     .help = "Always true: an extension has a secret."},
    {.name = "has_pending_secret",
     .type = API_T_BOOL,
     .flags = API_READ_ONLY,
     .read = "t.pending_secret is not null",
     .help = "A new secret waits until the PBX has it; writing secret puts an end to that."},
    {.name = "display_name",
     .type = API_T_TEXT,
     .max = 128,
     .column = "display_name",
     .initial = "\"\"",
     .help = "Name that phones show and send.",
     .example = "\"Anna Berg\""},
    {.name = "lines",
     .type = API_T_OBJECTS,
     .flags = API_READ_ONLY,
     .members = line_fields,
     .read = "(select coalesce(json_agg(json_build_object('device_id', l.device_id, 'index',"
             " l.line_index) order by l.device_id, l.line_index), '[]')"
             " from app.device_line as l"
             " where l.tenant_id = t.tenant_id and l.extension_id = t.extension_id)",
     .help = "The lines that hold it."},
    API_TIMES_FIELDS,
    {0},
};

static const struct api_filter filters[] = {
    {"pbx_id", API_T_REF, "t.pbx_id = @@", NULL, "Extensions of this PBX."},
    {"number", API_T_TEXT, "t.number = @@", NULL, "Extensions of this number."},
    {"number_prefix", API_T_TEXT, "t.number ^@ @@", NULL, "Extensions whose number begins so."},
    {"domain", API_T_TEXT, "t.domain = @@", NULL, "Extensions of this domain of their own."},
    {0},
};

const struct api_resource api_res_extensions = {
    .name = "extension",
    .schema = "Extension",
    .plural = "extensions",
    .path = "/v1/extensions",
    .help = "An account on a PBX. Any number of lines may hold it.",
    .table = "app.extension",
    .id = "extension_id",
    .spreads = true, /* by rules that show it */
    .fields = fields,
    .filters = filters,
    .finish = finish,
    .users_sql = "select 'device', l.device_id, replace(d.mac::text, ':', '')"
                 "  from app.device_line as l"
                 "  join app.device as d on d.tenant_id = l.tenant_id and d.device_id = l.device_id"
                 " where l.tenant_id = app.current_tenant_id() and l.extension_id = $1::bigint"
                 " order by l.device_id, l.line_index",
};
