/*
 * Key templates: keys that many devices share. A device's own key on a slot wins over it.
 */
#include "resource.h"

static const struct api_field fields[] = {
    {.name = "name",
     .type = API_T_TEXT,
     .flags = API_REQUIRED,
     .min = 1,
     .max = 128,
     .column = "name",
     .help = "Unique in the tenant.",
     .example = "\"Reception\""},
    {.name = "key_count",
     .type = API_T_INT,
     .flags = API_READ_ONLY,
     .read = "(select count(*) from app.key_template_key as k where k.tenant_id = t.tenant_id"
             " and k.key_template_id = t.key_template_id)",
     .help = "How many keys it has."},
    API_TIMES_FIELDS,
    {0},
};

static const struct api_filter filters[] = {
    {"name", API_T_TEXT, "t.name = @@", NULL, "The key template of this name."},
    {"name_prefix", API_T_TEXT, "t.name ^@ @@", NULL, "Key templates whose name begins so."},
    {0},
};

const struct api_resource api_res_key_templates = {
    .name = "key_template",
    .schema = "KeyTemplate",
    .plural = "key templates",
    .path = "/v1/key-templates",
    .help = "Keys that many devices share: named by a device, or by its profile. A device's own "
            "key on a slot takes the place of the template's.",
    .table = "app.key_template",
    .id = "key_template_id",
    .fields = fields,
    .filters = filters,
    .users_sql = "select 'device', device_id, replace(mac::text, ':', '') from app.device"
                 " where tenant_id = app.current_tenant_id() and key_template_id = $1::bigint"
                 " union all"
                 " select 'profile', profile_id, name from app.profile"
                 " where tenant_id = app.current_tenant_id() and key_template_id = $1::bigint"
                 " order by 1, 2",
};
