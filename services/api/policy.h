/*
 * Policies: what a tenant, or a profile for its phones, decides about enrolment and serving. They
 * are judged here and told by the schema (migrations/0022_identity.sql, app.is_policy).
 */
#ifndef API_POLICY_H
#define API_POLICY_H

#include "resource.h"

/* Keys; null: not decided by this layer. */
extern const struct api_field api_policy_fields[];

/* The member of a tenant or a profile; its resource prepares with api_policy_prepare. */
/* clang-format off */
#define API_POLICY_FIELD \
    {.name = "policy", .type = API_T_OBJECT, .column = "policy", .members = api_policy_fields, \
     .read = "(select json_object_agg(k, t.policy -> k)" \
             " from jsonb_object_keys(app.policy_default()) as k)", \
     .help = "How phones enrol and when files leave. Written as a merge-patch; null: not decided " \
             "here. A profile's decision goes before its tenant's, and that before the default."}
/* clang-format on */

/* What is stored, with what was written over it. */
enum bk_err api_policy_prepare(struct api_call *call, struct api_write *write);

#endif
