/*
 * The operations of the API, one row each, and how a path finds its row.
 */
#include <string.h>

#include "base/buf.h"
#include "front.h"
#include "handlers.h"

/* clang-format off */
const struct api_route api_routes[] = {
    {"POST", "/v1/auth/login", "login", API_ROLE_NONE, false, false, api_login, NULL, &api_doc_login},
    {"GET", "/v1/me", "getMe", API_VIEWER, false, true, api_me, NULL, &api_doc_me},

    {"GET", "/v1/tenants", "listTenants", API_OPERATOR, false, true, api_tenants_list, &api_res_tenants, NULL},
    {"POST", "/v1/tenants", "createTenant", API_OPERATOR, false, false, api_tenants_create, &api_res_tenants, NULL},
    {"GET", "/v1/tenants/{tenant_id}", "getTenant", API_OPERATOR, false, true, api_tenants_get, &api_res_tenants, NULL},
    {"PATCH", "/v1/tenants/{tenant_id}", "updateTenant", API_OPERATOR, false, false, api_tenants_patch, &api_res_tenants, NULL},
    {"GET", "/v1/tenant", "getOwnTenant", API_VIEWER, true, true, api_resource_get, &api_res_tenant, NULL},
    {"PATCH", "/v1/tenant", "updateOwnTenant", API_ADMIN, true, false, api_resource_patch, &api_res_tenant, NULL},

    {"GET", "/v1/bans", "listBans", API_OPERATOR, false, true, api_bans_list, &api_res_bans, NULL},
    {"POST", "/v1/bans", "createBan", API_OPERATOR, false, false, api_bans_create, &api_res_bans, NULL},
    {"GET", "/v1/bans/{ban_id}", "getBan", API_OPERATOR, false, true, api_bans_get, &api_res_bans, NULL},
    {"POST", "/v1/bans/{ban_id}/lift", "liftBan", API_OPERATOR, false, false, api_bans_lift, &api_res_bans, &api_doc_bans_lift},

    {"GET", "/v1/cert-rules", "listCertRules", API_OPERATOR, false, true, api_cert_rules_list, &api_res_cert_rules, NULL},
    {"POST", "/v1/cert-rules", "createCertRule", API_OPERATOR, false, false, api_cert_rules_create, &api_res_cert_rules, NULL},
    {"GET", "/v1/cert-rules/{cert_rule_id}", "getCertRule", API_OPERATOR, false, true, api_cert_rules_get, &api_res_cert_rules, NULL},
    {"DELETE", "/v1/cert-rules/{cert_rule_id}", "deleteCertRule", API_OPERATOR, false, false, api_cert_rules_delete, &api_res_cert_rules, NULL},

    {"GET", "/v1/users", "listUsers", API_ADMIN, true, true, api_resource_list, &api_res_users, NULL},
    {"POST", "/v1/users", "createUser", API_ADMIN, true, false, api_users_create, &api_res_users, NULL},
    {"GET", "/v1/users/{user_id}", "getUser", API_ADMIN, true, true, api_resource_get, &api_res_users, NULL},
    {"PATCH", "/v1/users/{user_id}", "updateUser", API_ADMIN, true, false, api_users_patch, &api_res_users, NULL},
    {"DELETE", "/v1/users/{user_id}", "deleteUser", API_ADMIN, true, false, api_users_delete, &api_res_users, NULL},

    {"GET", "/v1/sites", "listSites", API_VIEWER, true, true, api_resource_list, &api_res_sites, NULL},
    {"POST", "/v1/sites", "createSite", API_ADMIN, true, false, api_resource_create, &api_res_sites, NULL},
    {"GET", "/v1/sites/{site_id}", "getSite", API_VIEWER, true, true, api_resource_get, &api_res_sites, NULL},
    {"PATCH", "/v1/sites/{site_id}", "updateSite", API_ADMIN, true, false, api_resource_patch, &api_res_sites, NULL},
    {"DELETE", "/v1/sites/{site_id}", "deleteSite", API_ADMIN, true, false, api_resource_delete, &api_res_sites, NULL},

    {"GET", "/v1/profiles", "listProfiles", API_VIEWER, true, true, api_resource_list, &api_res_profiles, NULL},
    {"POST", "/v1/profiles", "createProfile", API_ADMIN, true, false, api_resource_create, &api_res_profiles, NULL},
    {"GET", "/v1/profiles/{profile_id}", "getProfile", API_VIEWER, true, true, api_resource_get, &api_res_profiles, NULL},
    {"PATCH", "/v1/profiles/{profile_id}", "updateProfile", API_ADMIN, true, false, api_resource_patch, &api_res_profiles, NULL},
    {"DELETE", "/v1/profiles/{profile_id}", "deleteProfile", API_ADMIN, true, false, api_resource_delete, &api_res_profiles, NULL},

    {"GET", "/v1/key-templates", "listKeyTemplates", API_VIEWER, true, true, api_resource_list, &api_res_key_templates, NULL},
    {"POST", "/v1/key-templates", "createKeyTemplate", API_ADMIN, true, false, api_resource_create, &api_res_key_templates, NULL},
    {"GET", "/v1/key-templates/{key_template_id}", "getKeyTemplate", API_VIEWER, true, true, api_resource_get, &api_res_key_templates, NULL},
    {"PATCH", "/v1/key-templates/{key_template_id}", "updateKeyTemplate", API_ADMIN, true, false, api_resource_patch, &api_res_key_templates, NULL},
    {"DELETE", "/v1/key-templates/{key_template_id}", "deleteKeyTemplate", API_ADMIN, true, false, api_resource_delete, &api_res_key_templates, NULL},
    {"GET", "/v1/key-templates/{key_template_id}/keys", "listKeyTemplateKeys", API_VIEWER, true, true, api_keys_list, NULL, &api_doc_template_keys_list},
    {"PUT", "/v1/key-templates/{key_template_id}/keys", "replaceKeyTemplateKeys", API_ADMIN, true, false, api_keys_put_all, NULL, &api_doc_template_keys_put_all},
    {"PUT", "/v1/key-templates/{key_template_id}/keys/line/{slot}", "putKeyTemplateLineKey", API_ADMIN, true, false, api_keys_put, NULL, &api_doc_template_keys_put},
    {"DELETE", "/v1/key-templates/{key_template_id}/keys/line/{slot}", "deleteKeyTemplateLineKey", API_ADMIN, true, false, api_keys_delete, NULL, &api_doc_template_keys_delete},
    {"PUT", "/v1/key-templates/{key_template_id}/keys/programmable/{slot}", "putKeyTemplateProgrammableKey", API_ADMIN, true, false, api_keys_put, NULL, &api_doc_template_keys_put},
    {"DELETE", "/v1/key-templates/{key_template_id}/keys/programmable/{slot}", "deleteKeyTemplateProgrammableKey", API_ADMIN, true, false, api_keys_delete, NULL, &api_doc_template_keys_delete},
    {"PUT", "/v1/key-templates/{key_template_id}/keys/module/{module}/{slot}", "putKeyTemplateModuleKey", API_ADMIN, true, false, api_keys_put, NULL, &api_doc_template_keys_put},
    {"DELETE", "/v1/key-templates/{key_template_id}/keys/module/{module}/{slot}", "deleteKeyTemplateModuleKey", API_ADMIN, true, false, api_keys_delete, NULL, &api_doc_template_keys_delete},
    {"GET", "/v1/key-templates/{key_template_id}/key-rules", "listKeyTemplateKeyRules", API_VIEWER, true, true, api_key_rules_list, NULL, &api_doc_template_key_rules_list},
    {"PUT", "/v1/key-templates/{key_template_id}/key-rules", "replaceKeyTemplateKeyRules", API_ADMIN, true, false, api_key_rules_put_all, NULL, &api_doc_template_key_rules_put_all},

    {"GET", "/v1/pbxs", "listPbxs", API_VIEWER, true, true, api_resource_list, &api_res_pbxs, NULL},
    {"POST", "/v1/pbxs", "createPbx", API_ADMIN, true, false, api_resource_create, &api_res_pbxs, NULL},
    {"GET", "/v1/pbxs/{pbx_id}", "getPbx", API_VIEWER, true, true, api_resource_get, &api_res_pbxs, NULL},
    {"PATCH", "/v1/pbxs/{pbx_id}", "updatePbx", API_ADMIN, true, false, api_resource_patch, &api_res_pbxs, NULL},
    {"DELETE", "/v1/pbxs/{pbx_id}", "deletePbx", API_ADMIN, true, false, api_resource_delete, &api_res_pbxs, NULL},

    {"GET", "/v1/extensions", "listExtensions", API_VIEWER, true, true, api_resource_list, &api_res_extensions, NULL},
    {"POST", "/v1/extensions", "createExtension", API_TECHNICIAN, true, false, api_resource_create, &api_res_extensions, NULL},
    {"GET", "/v1/extensions/{extension_id}", "getExtension", API_VIEWER, true, true, api_resource_get, &api_res_extensions, NULL},
    {"PATCH", "/v1/extensions/{extension_id}", "updateExtension", API_TECHNICIAN, true, false, api_resource_patch, &api_res_extensions, NULL},
    {"DELETE", "/v1/extensions/{extension_id}", "deleteExtension", API_TECHNICIAN, true, false, api_resource_delete, &api_res_extensions, NULL},

    {"GET", "/v1/trust-roots", "listTrustRoots", API_VIEWER, true, true, api_resource_list, &api_res_trust_roots, NULL},
    {"POST", "/v1/trust-roots", "createTrustRoot", API_ADMIN, true, false, api_resource_create, &api_res_trust_roots, NULL},
    {"GET", "/v1/trust-roots/{trust_root_id}", "getTrustRoot", API_VIEWER, true, true, api_resource_get, &api_res_trust_roots, NULL},
    {"PATCH", "/v1/trust-roots/{trust_root_id}", "updateTrustRoot", API_ADMIN, true, false, api_resource_patch, &api_res_trust_roots, NULL},
    {"DELETE", "/v1/trust-roots/{trust_root_id}", "deleteTrustRoot", API_ADMIN, true, false, api_resource_delete, &api_res_trust_roots, NULL},

    {"GET", "/v1/devices", "listDevices", API_VIEWER, true, true, api_resource_list, &api_res_devices, NULL},
    {"POST", "/v1/devices", "createDevice", API_TECHNICIAN, true, false, api_resource_create, &api_res_devices, NULL},
    {"GET", "/v1/devices/{device_id}", "getDevice", API_VIEWER, true, true, api_resource_get, &api_res_devices, NULL},
    {"PATCH", "/v1/devices/{device_id}", "updateDevice", API_TECHNICIAN, true, false, api_resource_patch, &api_res_devices, NULL},
    {"DELETE", "/v1/devices/{device_id}", "deleteDevice", API_TECHNICIAN, true, false, api_resource_delete, &api_res_devices, NULL},

    {"GET", "/v1/devices/{device_id}/lines", "listDeviceLines", API_VIEWER, true, true, api_lines_list, NULL, &api_doc_lines_list},
    {"PUT", "/v1/devices/{device_id}/lines", "replaceDeviceLines", API_TECHNICIAN, true, false, api_lines_put_all, NULL, &api_doc_lines_put_all},
    {"PUT", "/v1/devices/{device_id}/lines/{index}", "putDeviceLine", API_TECHNICIAN, true, false, api_lines_put, NULL, &api_doc_lines_put},
    {"DELETE", "/v1/devices/{device_id}/lines/{index}", "deleteDeviceLine", API_TECHNICIAN, true, false, api_lines_delete, NULL, &api_doc_lines_delete},

    {"GET", "/v1/devices/{device_id}/keys", "listDeviceKeys", API_VIEWER, true, true, api_keys_list, NULL, &api_doc_keys_list},
    {"PUT", "/v1/devices/{device_id}/keys", "replaceDeviceKeys", API_TECHNICIAN, true, false, api_keys_put_all, NULL, &api_doc_keys_put_all},
    {"PUT", "/v1/devices/{device_id}/keys/line/{slot}", "putDeviceLineKey", API_TECHNICIAN, true, false, api_keys_put, NULL, &api_doc_keys_put},
    {"DELETE", "/v1/devices/{device_id}/keys/line/{slot}", "deleteDeviceLineKey", API_TECHNICIAN, true, false, api_keys_delete, NULL, &api_doc_keys_delete},
    {"PUT", "/v1/devices/{device_id}/keys/programmable/{slot}", "putDeviceProgrammableKey", API_TECHNICIAN, true, false, api_keys_put, NULL, &api_doc_keys_put},
    {"DELETE", "/v1/devices/{device_id}/keys/programmable/{slot}", "deleteDeviceProgrammableKey", API_TECHNICIAN, true, false, api_keys_delete, NULL, &api_doc_keys_delete},
    {"PUT", "/v1/devices/{device_id}/keys/module/{module}/{slot}", "putDeviceModuleKey", API_TECHNICIAN, true, false, api_keys_put, NULL, &api_doc_keys_put},
    {"DELETE", "/v1/devices/{device_id}/keys/module/{module}/{slot}", "deleteDeviceModuleKey", API_TECHNICIAN, true, false, api_keys_delete, NULL, &api_doc_keys_delete},

    {"GET", "/v1/devices/{device_id}/key-rules", "listDeviceKeyRules", API_VIEWER, true, true, api_key_rules_list, NULL, &api_doc_key_rules_list},
    {"PUT", "/v1/devices/{device_id}/key-rules", "replaceDeviceKeyRules", API_TECHNICIAN, true, false, api_key_rules_put_all, NULL, &api_doc_key_rules_put_all},
    {"POST", "/v1/devices/{device_id}/key-rules/preview", "previewDeviceKeyRule", API_TECHNICIAN, true, false, api_key_rules_preview, NULL, &api_doc_key_rules_preview},

    {"GET", "/v1/devices/{device_id}/policy", "getDevicePolicy", API_VIEWER, true, true, api_device_policy_get, NULL, &api_doc_device_policy_get},
    {"GET", "/v1/devices/{device_id}/parameters", "getDeviceParameters", API_VIEWER, true, true, api_parameters_list, NULL, &api_doc_parameters_list},
    {"GET", "/v1/devices/{device_id}/changes", "getDeviceChanges", API_VIEWER, true, true, api_parameters_changes, NULL, &api_doc_parameters_changes},
    {"GET", "/v1/devices/{device_id}/uploads", "listDeviceUploads", API_VIEWER, true, true, api_uploads_list, NULL, &api_doc_uploads_list},
    {"GET", "/v1/devices/{device_id}/uploads/{upload_id}", "getDeviceUpload", API_VIEWER, true, true, api_uploads_get, NULL, &api_doc_uploads_get},
    {"GET", "/v1/devices/{device_id}/uploads/{upload_id}/content", "getDeviceUploadContent", API_TECHNICIAN, true, false, api_uploads_content, NULL, &api_doc_uploads_content},
    {"DELETE", "/v1/devices/{device_id}/uploads/{upload_id}", "deleteDeviceUpload", API_TECHNICIAN, true, false, api_uploads_delete, NULL, &api_doc_uploads_delete},
    {"POST", "/v1/devices/{device_id}/accept", "acceptDevice", API_TECHNICIAN, true, false, api_devices_accept, &api_res_devices, &api_doc_devices_accept},
    {"POST", "/v1/devices/{device_id}/block", "blockDevice", API_TECHNICIAN, true, false, api_devices_block, &api_res_devices, &api_doc_devices_block},
    {"POST", "/v1/devices/{device_id}/arm", "armDevice", API_TECHNICIAN, true, false, api_devices_arm, &api_res_devices, &api_doc_devices_arm},
    {"GET", "/v1/devices/{device_id}/enrolment", "getDeviceEnrolment", API_VIEWER, true, true, api_enrolments_get, NULL, &api_doc_enrolments_get},
    {"POST", "/v1/devices/{device_id}/enrolment", "armDeviceEnrolment", API_TECHNICIAN, true, false, api_enrolments_arm, NULL, &api_doc_enrolments_arm},
    {"DELETE", "/v1/devices/{device_id}/enrolment", "deleteDeviceEnrolment", API_TECHNICIAN, true, false, api_enrolments_delete, NULL, &api_doc_enrolments_delete},

    {"GET", "/v1/anomalies", "listAnomalies", API_VIEWER, true, true, api_resource_list, &api_res_anomalies, NULL},
    {"GET", "/v1/anomalies/{anomaly_id}", "getAnomaly", API_VIEWER, true, true, api_resource_get, &api_res_anomalies, NULL},

    {"GET", "/v1/blocked-certificates", "listBlockedCertificates", API_VIEWER, false, true, api_blocked_certificates_list, &api_res_blocked_certificates, NULL},
    {"POST", "/v1/blocked-certificates", "createBlockedCertificate", API_ADMIN, false, false, api_blocked_certificates_create, &api_res_blocked_certificates, NULL},
    {"GET", "/v1/blocked-certificates/{blocked_certificate_id}", "getBlockedCertificate", API_VIEWER, false, true, api_blocked_certificates_get, &api_res_blocked_certificates, NULL},
    {"DELETE", "/v1/blocked-certificates/{blocked_certificate_id}", "deleteBlockedCertificate", API_ADMIN, false, false, api_blocked_certificates_delete, &api_res_blocked_certificates, NULL},

    {"GET", "/v1/jobs", "listJobs", API_VIEWER, true, true, api_resource_list, &api_res_jobs, NULL},
    {"POST", "/v1/jobs", "createJob", API_TECHNICIAN, true, false, api_jobs_create, &api_res_jobs, &api_doc_jobs_create},
    {"GET", "/v1/jobs/{job_id}", "getJob", API_VIEWER, true, true, api_resource_get, &api_res_jobs, NULL},
    {"POST", "/v1/jobs/{job_id}/cancel", "cancelJob", API_TECHNICIAN, true, false, api_jobs_cancel, &api_res_jobs, &api_doc_jobs_cancel},
    {"GET", "/v1/job-batches", "listJobBatches", API_VIEWER, true, true, api_resource_list, &api_res_job_batches, NULL},
    {"POST", "/v1/job-batches", "createJobBatch", API_TECHNICIAN, true, false, api_job_batches_create, &api_res_job_batches, &api_doc_job_batches_create},
    {"GET", "/v1/job-batches/{job_batch_id}", "getJobBatch", API_VIEWER, true, true, api_resource_get, &api_res_job_batches, NULL},

    {"GET", "/v1/visits", "listVisits", API_VIEWER, true, true, api_resource_list, &api_res_visits, NULL},
    {"GET", "/v1/refusals", "getRefusals", API_VIEWER, true, true, api_refusals_get, NULL, &api_doc_refusals_get},
    {"GET", "/v1/audit-events", "listAuditEvents", API_ADMIN, true, true, api_resource_list, &api_res_audit_events, NULL},

    {NULL, NULL, NULL, API_ROLE_NONE, false, false, NULL, NULL, NULL},
};
/* clang-format on */

/* Segment by segment; "{…}" takes a positive integer without a leading zero. */
static bool is_match(const char *pattern, struct bk_str path, int64_t (*ret_ids)[API_ID_MAX])
{
    struct bk_str want = bk_str_of(pattern), got = path;
    size_t id_count = 0;
    while (want.len > 0 && got.len > 0) {
        struct bk_str want_part = bk_str_cut(&want, '/'), got_part = bk_str_cut(&got, '/');
        if (bk_str_starts(want_part, BK_STR("{"))) {
            if (id_count == API_ID_MAX || bk_str_starts(got_part, BK_STR("0")) ||
                bk_str_parse_int(got_part, 1, INT64_MAX, &(*ret_ids)[id_count]) != BK_OK)
                return false;
            id_count++;
        } else if (!bk_str_eq(want_part, got_part)) {
            return false;
        }
    }
    return want.len == 0 && got.len == 0 && !bk_str_ends(path, BK_STR("/"));
}

const struct api_route *api_route_find(struct bk_arena *arena, struct bk_str method,
                                       struct bk_str path, int64_t (*ret_ids)[API_ID_MAX],
                                       struct bk_str *ret_allow)
{
    /* HEAD is GET without its body. */
    struct bk_str wanted = bk_str_eq(method, BK_STR("HEAD")) ? BK_STR("GET") : method;
    const struct api_route *found = NULL;
    struct bk_str allow = BK_STR_NONE;
    for (const struct api_route *route = api_routes; route->method != NULL; route++) {
        int64_t ids[API_ID_MAX] = {0};
        if (!is_match(route->path, path, &ids))
            continue;
        bool is_get = strcmp(route->method, "GET") == 0;
        allow = bk_arena_printf(arena, "%.*s%s%s%s", BK_STR_ARG(allow), allow.len > 0 ? ", " : "",
                                route->method, is_get ? ", HEAD" : "");
        if (found == NULL && bk_str_eq(wanted, bk_str_of(route->method))) {
            found = route;
            memcpy(*ret_ids, ids, sizeof ids);
        }
    }
    *ret_allow = allow;
    return found;
}
