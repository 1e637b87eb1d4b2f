/*
 * Handlers that are not the engine's: what routes.c names beside the tables.
 */
#ifndef API_HANDLERS_H
#define API_HANDLERS_H

#include "openapi.h"
#include "resource.h"

/* res_tenants.c */
extern api_handler_fn api_tenants_list, api_tenants_get, api_tenants_create, api_tenants_patch;
/* res_cert_rules.c */
extern api_handler_fn api_cert_rules_list, api_cert_rules_get, api_cert_rules_create,
    api_cert_rules_delete;
/* res_users.c */
extern api_handler_fn api_users_create, api_users_patch, api_users_delete;
/* res_lines.c */
extern api_handler_fn api_lines_list, api_lines_put_all, api_lines_put, api_lines_delete;
/* res_keys.c */
extern api_handler_fn api_keys_list, api_keys_put_all, api_keys_put, api_keys_delete;
/* res_key_rules.c */
extern api_handler_fn api_key_rules_list, api_key_rules_put_all, api_key_rules_preview;
/* res_jobs.c */
extern api_handler_fn api_jobs_create, api_jobs_cancel;
/* res_job_batches.c */
extern api_handler_fn api_job_batches_create;

/* policy.c */
extern api_handler_fn api_device_policy_get;
/* res_device_acts.c */
extern api_handler_fn api_devices_accept, api_devices_block, api_devices_arm;
/* res_enrolments.c */
extern api_handler_fn api_enrolments_get, api_enrolments_arm, api_enrolments_delete;
/* res_blocked_certificates.c */
extern api_handler_fn api_blocked_certificates_list, api_blocked_certificates_get,
    api_blocked_certificates_create, api_blocked_certificates_delete;
/* res_parameters.c */
extern api_handler_fn api_parameters_list, api_parameters_changes;
/* res_uploads.c */
extern api_handler_fn api_uploads_list, api_uploads_get, api_uploads_content, api_uploads_delete;
/* res_refusals.c */
extern api_handler_fn api_refusals_get;
/* res_bans.c */
extern api_handler_fn api_bans_list, api_bans_get, api_bans_create, api_bans_lift;
extern const struct api_doc api_doc_bans_lift;

/* auth_doc.c */
extern const struct api_doc api_doc_login, api_doc_me;

extern const struct api_doc api_doc_lines_list, api_doc_lines_put_all, api_doc_lines_put,
    api_doc_lines_delete, api_doc_keys_list, api_doc_keys_put_all, api_doc_keys_put,
    api_doc_keys_delete, api_doc_template_keys_list, api_doc_template_keys_put_all,
    api_doc_template_keys_put, api_doc_template_keys_delete, api_doc_key_rules_list,
    api_doc_key_rules_put_all, api_doc_key_rules_preview, api_doc_template_key_rules_list,
    api_doc_template_key_rules_put_all, api_doc_jobs_create, api_doc_jobs_cancel,
    api_doc_job_batches_create, api_doc_device_policy_get, api_doc_devices_accept,
    api_doc_devices_block, api_doc_devices_arm, api_doc_enrolments_get, api_doc_enrolments_arm,
    api_doc_enrolments_delete, api_doc_refusals_get, api_doc_parameters_list,
    api_doc_parameters_changes, api_doc_uploads_list, api_doc_uploads_get, api_doc_uploads_content,
    api_doc_uploads_delete;

#endif
