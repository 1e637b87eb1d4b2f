/*
 * What the files of beckon-api share: one call from the routes table to its answer.
 *
 * A call arrives on the event loop (front.c): its token is checked, its route found, its bounds are
 * judged. Then it is handed to a thread (io/work.h), where it runs straight down on a blocking
 * connection: begin, scope, rights, handler, idempotency record, commit. Back on the loop the
 * answer is sent and, after the commit, the doorbell rung. Why threads: docs/adr/0004.
 *
 * A handler (res_<name>.c) never begins or commits, never logs, never invents a status: it fills in
 * call->reply, or returns an error with call->detail.
 */
#ifndef API_API_H
#define API_API_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/seal.h"
#include "base/str.h"
#include "store/store.h"

/* In order of power; a route names the least that may use it. OPERATOR: any tenant he signs in to.
 */
enum api_role { API_ROLE_NONE, API_VIEWER, API_TECHNICIAN, API_ADMIN, API_OPERATOR };

/* Who acts, and where: looked up in each call's own transaction (docs/rules.md, rule 3). */
struct api_scope {
    int64_t user_id;
    int64_t tenant_id; /* 0: an operator without a tenant */
    enum api_role role;
    const char *actor;       /* "user:7", as in audit */
    const char *tenant_name; /* empty without a tenant */
    bool is_suspended;       /* the tenant: only operators write */
    struct bk_key data_key;  /* the tenant's; wiped with the call */
};

#define API_ID_MAX 3

struct api_call;
struct api_resource; /* resource.h: a table that makes list, get, create, patch and delete */
struct api_doc;      /* openapi.h: what the document says of an operation */
typedef enum bk_err api_handler_fn(struct api_call *call);

/* One operation. The table (routes.c) is what the OpenAPI document is held against. */
struct api_route {
    const char *method;
    const char *path; /* "/v1/devices/{device_id}/lines/{index}": {…} are positive integers */
    const char *operation_id; /* as in api-spec/openapi.yaml */
    enum api_role role;       /* API_ROLE_NONE: no token is asked for (login) */
    bool needs_tenant;        /* else also an operator without a tenant may call it */
    bool reads_only;          /* transaction is read only: nothing is noted in the audit either */
    api_handler_fn *handler;  /* role NONE: without a transaction, on a thread for logins */
    const struct api_resource *resource; /* of the handlers api_resource_…; else NULL */
    const struct api_doc *doc;           /* NULL: the resource's table tells everything */
};
extern const struct api_route api_routes[]; /* method NULL ends */

struct api_reply {
    int status;            /* 0: 200; with BK_ERR_DENIED, 401: who signs in is not who he says */
    json_t *body;          /* owned; NULL: none */
    struct bk_buf file;    /* owned; instead of body: bytes, answered as an attachment */
    const char *file_name; /* its name, of letters, digits, dots, hyphens; NULL: no file */
    const char *location;  /* "/v1/jobs/7"; NULL: none */
    const char *etag;      /* with its quotes; NULL: none */
    const char *problem; /* stable type of a problem, "…/problems/<this>"; NULL: the error's name */
    json_t *problem_members; /* further members of the problem, {"limit": 16}; owned */
    bool rings;              /* after the commit: jobs or changes wait */
    bool is_shown_once;      /* holds a secret: Idempotency-Key does not keep it */
};

/* Texts are borrowed from the arena. */
struct api_call {
    struct bk_arena *arena;
    const struct api_route *route;
    int64_t ids[API_ID_MAX]; /* of the path, in its order */
    struct bk_str method, path, query, if_match, idempotency_key, body;
    const char *source; /* numeric address of the caller */
    char request_id[33];

    struct bk_store store; /* connection, arena, detail: in the transaction, tenant set */
    struct api_scope scope;
    const struct api_setup *setup; /* settings, master key, token keys: never change */
    json_t *input; /* the body, always an object, {} for an empty one; made anew when a deadlock
                      makes the handler run once more */

    struct bk_detail detail;
    struct api_reply reply;
};

/* One row of the chain of the transaction's tenant (who makes a tenant sets it first); payload is
 * consumed and holds names of what changed, never secrets. */
BK_MUST_USE enum bk_err api_audit(struct api_call *call, const char *action,
                                  const char *object_kind, int64_t object_id, json_t *payload);

/* What phones without a usable certificate call, without a slash at the end; empty: they cannot. */
struct bk_str api_enrolment_url(const struct api_call *call);
struct bk_str api_public_url(const struct api_call *call); /* a stand-in when it is not set */

/* Seal under the tenant's key at "<tenant>/<field>/<id>"; bytes of the arena. */
BK_MUST_USE enum bk_err api_seal(struct api_call *call, const char *field, int64_t id,
                                 struct bk_str plain, struct bk_str *ret_sealed);

/* The hash of a new password ("$scrypt$…"), in the arena; slow on purpose. */
BK_MUST_USE enum bk_err api_password_hash(struct api_call *call, struct bk_str password,
                                          struct bk_str *ret_hash);
/* A data key for a new tenant, sealed under the master key at "0/tenant.data_key/<id>". */
BK_MUST_USE enum bk_err api_data_key_new(struct api_call *call, int64_t tenant_id,
                                         struct bk_str *ret_sealed);

/* Any value, compact; terminated, in the arena. */
struct bk_str api_json_print(struct bk_arena *arena, const json_t *json);

/* --- input.c: reading what a caller sent; every error names member, limit and cure ----------- */

/* Value of ?name=, percent-decoded; text without pointer when absent. BK_ERR_INVALID: twice, or
 * bad. */
BK_MUST_USE enum bk_err api_query(struct api_call *call, const char *name,
                                  struct bk_str *ret_value);
/* BK_ERR_INVALID when the query holds a name that is not among names (NULL ends). */
BK_MUST_USE enum bk_err api_query_only(struct api_call *call, const char *const *names);
/* ?limit= 1..200, 50 without. */
BK_MUST_USE enum bk_err api_limit(struct api_call *call, int64_t *ret_limit);
/* The same and ?cursor= as an earlier page gave it (an id; 0: from the start). */
BK_MUST_USE enum bk_err api_page(struct api_call *call, int64_t *ret_limit, int64_t *ret_cursor);

#endif
