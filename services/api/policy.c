/*
 * Policies as members of tenants and profiles, and what holds for one device in the end.
 */
#include "policy.h"

#include "handlers.h"

#define ENROLMENTS "off token address token_and_address"
#define SECRETS "url basic digest"
#define RESETS "refuse reenrol"
#define SERVINGS "always armed"

enum { HOURS_MAX = 720, NETWORKS_MAX = 1000 };

const struct api_field api_policy_fields[] = {
    {.name = "enrolment",
     .type = API_T_WORD,
     .flags = API_NULL,
     .words = ENROLMENTS,
     .help = "How a phone without a usable certificate begins: off, not at all (the default); "
             "token, with a one-time URL; address, from an address of its site; "
             "token_and_address, with both."},
    {.name = "enrolment_hours",
     .type = API_T_INT,
     .flags = API_NULL,
     .min = 1,
     .max = HOURS_MAX,
     .help = "How long a one-time URL holds, or a claim may begin at its site; 72 by default."},
    {.name = "enrolment_secret",
     .type = API_T_WORD,
     .flags = API_NULL,
     .words = SECRETS,
     .help = "How such a phone proves itself afterwards: in the URL (the default), by HTTP Basic, "
             "by HTTP Digest."},
    {.name = "reset",
     .type = API_T_WORD,
     .flags = API_NULL,
     .words = RESETS,
     .help = "A phone that begins again after a factory reset: refuse until it is armed again (the "
             "default), or reenrol where it was before."},
    {.name = "serving",
     .type = API_T_WORD,
     .flags = API_NULL,
     .words = SERVINGS,
     .help = "always: files leave whenever a phone asks (the default). armed: in a window, or for "
             "a new revision, only."},
    {.name = "armed_hours",
     .type = API_T_INT,
     .flags = API_NULL,
     .min = 1,
     .max = HOURS_MAX,
     .help = "How long that window is; 72 by default."},
    {.name = "networks_per_day_max",
     .type = API_T_INT,
     .flags = API_NULL,
     .min = 0,
     .max = NETWORKS_MAX,
     .help = "A phone served in more networks (/24, /48) within a day is quarantined; 8 by "
             "default, 0: any number."},
    {0},
};

enum bk_err api_policy_prepare(struct api_call *call, struct api_write *write)
{
    const struct api_member *member = api_member_find(write, "policy");
    struct api_write keys = {.resource = write->resource};
    const char *name;
    json_t *value;
    if (member == NULL || json_is_null(member->value))
        return BK_OK;
    api_members_read(call, api_policy_fields, "policy", member->value, false, &keys);
    json_t *policy = json_object();
    json_object_foreach(json_object_get(write->before, "policy"), name, value)
    {
        if (!json_is_null(value))
            json_object_set(policy, name, value);
    }
    for (size_t i = 0; i < keys.count; i++) {
        if (json_is_null(keys.members[i].value))
            json_object_del(policy, keys.members[i].field->name);
        else
            json_object_set(policy, keys.members[i].field->name, keys.members[i].value);
    }
    api_member_set(call, write, "policy", policy);
    return BK_OK;
}

/* ---- GET /v1/devices/{device_id}/policy ---- */

enum bk_err api_device_policy_get(struct api_call *call)
{
    static const char sql[] =
        "select json_object_agg(k.key, json_build_object("
        "         'value', app.policy_of(d.tenant_id, d.device_id) -> k.key,"
        "         'layer', case when p.policy ? k.key then 'profile'"
        "                       when t.policy ? k.key then 'tenant' else 'default' end))"
        "  from app.device as d"
        "  join app.tenant as t on t.tenant_id = d.tenant_id"
        "  left join app.profile as p on p.tenant_id = d.tenant_id and p.profile_id = d.profile_id"
        " cross join jsonb_each(app.policy_default()) as k"
        " where d.tenant_id = app.current_tenant_id() and d.device_id = $1::bigint"
        " group by d.device_id";
    const struct bk_pg_param params[] = {bk_store_int(&call->store, call->ids[0])};
    return api_row_answer(call, sql, params, BK_COUNT(params), 200);
}

/* clang-format off */
#define LAYER_FIELD \
    {.name = "layer", .type = API_T_WORD, .flags = API_READ_ONLY, \
     .words = "default tenant profile", .help = "Who decided it."}
#define WORD_FIELDS(words_) \
    {{.name = "value", .type = API_T_WORD, .flags = API_READ_ONLY, .words = words_, \
      .help = "What holds."}, LAYER_FIELD, {0}}
#define INT_FIELDS(min_, max_) \
    {{.name = "value", .type = API_T_INT, .flags = API_READ_ONLY, .min = min_, .max = max_, \
      .help = "What holds."}, LAYER_FIELD, {0}}
#define DECISION(name_, members_) \
    {.name = name_, .type = API_T_OBJECT, .flags = API_READ_ONLY, .members = members_, \
     .help = "As in the policy of tenants and profiles."}
/* clang-format on */

static const struct api_field enrolment_fields[] = WORD_FIELDS(ENROLMENTS);
static const struct api_field secret_fields[] = WORD_FIELDS(SECRETS);
static const struct api_field reset_fields[] = WORD_FIELDS(RESETS);
static const struct api_field serving_fields[] = WORD_FIELDS(SERVINGS);
static const struct api_field hours_fields[] = INT_FIELDS(1, HOURS_MAX);
static const struct api_field networks_fields[] = INT_FIELDS(0, NETWORKS_MAX);

static const struct api_field effective_fields[] = {
    DECISION("enrolment", enrolment_fields),
    DECISION("enrolment_hours", hours_fields),
    DECISION("enrolment_secret", secret_fields),
    DECISION("reset", reset_fields),
    DECISION("serving", serving_fields),
    DECISION("armed_hours", hours_fields),
    DECISION("networks_per_day_max", networks_fields),
    {0},
};

const struct api_doc api_doc_device_policy_get = {
    .summary = "What the policies say of a device",
    .schema = "DevicePolicy",
    .answer = effective_fields,
    .statuses = "200 404",
};
