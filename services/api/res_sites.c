/*
 * Sites: places where phones stand, and a settings layer of their phones.
 */
#include "base/secret.h"
#include "model/setting.h"
#include "resource.h"

static void check_neutral(struct api_call *call, const char *path, const json_t *value,
                          enum bk_neutral id)
{
    struct bk_option_value ignored;
    BK_AUTO(bk_detail_wipe) struct bk_detail detail;
    if (json_string_length(value) > 0 &&
        bk_neutral_check(id, api_json_text(value), &ignored, &detail) != BK_OK)
        api_member_error(call, path, "%s", detail.text);
}

static void check_zone(struct api_call *call, const char *path, const json_t *value)
{
    check_neutral(call, path, value, BK_NEUTRAL_TIME_ZONE);
}

static void check_country(struct api_call *call, const char *path, const json_t *value)
{
    check_neutral(call, path, value, BK_NEUTRAL_TONE_COUNTRY);
}

static const struct api_field fields[] = {
    {.name = "name",
     .type = API_T_TEXT,
     .flags = API_REQUIRED,
     .min = 1,
     .max = 128,
     .column = "name",
     .help = "Unique in the tenant.",
     .example = "\"Bonn\""},
    {.name = "time_zone",
     .type = API_T_TEXT,
     .max = 64,
     .column = "time_zone",
     .initial = "\"\"",
     .check = check_zone,
     .help = "IANA time zone of the phones there; counts as time.zone of this layer. Empty: not "
             "said here.",
     .example = "\"Europe/Berlin\""},
    {.name = "country",
     .type = API_T_TEXT,
     .max = 2,
     .column = "country",
     .initial = "\"\"",
     .check = check_country,
     .help = "ISO 3166-1 alpha-2; counts as ui.tone_country of this layer. Empty: not said here.",
     .example = "\"DE\""},
    {.name = "emergency_address",
     .type = API_T_MAP,
     .max = 2048,
     .column = "emergency_address",
     .initial = "{}",
     .help = "Civic address for emergency calls, with the names of RFC 5139.",
     .example = "{\"country\": \"DE\", \"A3\": \"Bonn\"}"},
    {.name = "addresses",
     .type = API_T_NETWORKS,
     .max = 32,
     .column = "addresses",
     .read = "to_jsonb(t.addresses)",
     .initial = "[]",
     .help = "Networks its phones come from, for policies that enrol by them. Written as a whole.",
     .example = "[\"192.0.2.0/24\", \"2001:db8:1::/48\"]"},
    API_LAYER_FIELDS,
    API_TIMES_FIELDS,
    {0},
};

static const struct api_filter filters[] = {
    {"name", API_T_TEXT, "t.name = @@", NULL, "The site of this name."},
    {"name_prefix", API_T_TEXT, "t.name ^@ @@", NULL, "Sites whose name begins so."},
    {0},
};

const struct api_resource api_res_sites = {
    .name = "site",
    .schema = "Site",
    .plural = "sites",
    .path = "/v1/sites",
    .help = "A place where phones stand, and a settings layer of its phones.",
    .table = "app.site",
    .id = "site_id",
    .spreads = true,
    .layer = BK_LAYER_SITE,
    .fields = fields,
    .filters = filters,
    .users_sql = "select 'device', device_id, replace(mac::text, ':', '') from app.device"
                 " where tenant_id = app.current_tenant_id() and site_id = $1::bigint"
                 " union all"
                 " select case when r.device_id is null then 'key_template' else 'device' end,"
                 "        coalesce(r.device_id, r.key_template_id),"
                 "        coalesce(t.name, replace(d.mac::text, ':', ''))"
                 "   from app.key_rule as r"
                 "   left join app.device as d"
                 "     on d.tenant_id = r.tenant_id and d.device_id = r.device_id"
                 "   left join app.key_template as t"
                 "     on t.tenant_id = r.tenant_id and t.key_template_id = r.key_template_id"
                 "  where r.tenant_id = app.current_tenant_id() and r.site_id = $1::bigint"
                 " order by 1, 2",
};
