/*
 * Profiles: settings layers that many devices share, usually those of one model.
 */
#include "limits.h"
#include "policy.h"

/* Devices of the profile must have the keys of its template. */
static enum bk_err finish(struct api_call *call, struct api_write *write)
{
    const int64_t key_template_id = api_member_int(write, "key_template_id", 0);
    return key_template_id == 0 ? BK_OK
                                : api_limits_check(call, "key_template_id", 0, key_template_id);
}

static const struct api_field fields[] = {
    {.name = "name",
     .type = API_T_TEXT,
     .flags = API_REQUIRED,
     .min = 1,
     .max = 128,
     .column = "name",
     .help = "Unique in the tenant.",
     .example = "\"Desk phones\""},
    {.name = "vendor",
     .type = API_T_VENDOR,
     .flags = API_NULL,
     .column = "vendor",
     .read = "nullif(t.vendor, '')",
     .initial = "null",
     .help = "Maker of the phones it is meant for, for people; null: any."},
    {.name = "model",
     .type = API_T_TEXT,
     .max = 64,
     .column = "model",
     .initial = "\"\"",
     .help = "Model of the phones it is meant for, for people; empty: any.",
     .example = "\"T54W\""},
    {.name = "key_template_id",
     .type = API_T_REF,
     .flags = API_NULL,
     .column = "key_template_id",
     .initial = "null",
     .help = "Keys of its devices that name no key template themselves."},
    API_POLICY_FIELD,
    API_LAYER_FIELDS,
    API_TIMES_FIELDS,
    {0},
};

static const struct api_filter filters[] = {
    {"name", API_T_TEXT, "t.name = @@", NULL, "The profile of this name."},
    {"name_prefix", API_T_TEXT, "t.name ^@ @@", NULL, "Profiles whose name begins so."},
    {"vendor", API_T_VENDOR, "t.vendor = @@", NULL, "Profiles for phones of this maker."},
    {0},
};

const struct api_resource api_res_profiles = {
    .name = "profile",
    .schema = "Profile",
    .plural = "profiles",
    .path = "/v1/profiles",
    .help = "A settings layer that many devices share.",
    .table = "app.profile",
    .id = "profile_id",
    .spreads = true,
    .layer = BK_LAYER_PROFILE,
    .fields = fields,
    .filters = filters,
    .prepare = api_policy_prepare,
    .finish = finish,
    .users_sql = "select 'device', device_id, replace(mac::text, ':', '') from app.device"
                 " where tenant_id = app.current_tenant_id() and profile_id = $1::bigint"
                 " order by device_id",
};
