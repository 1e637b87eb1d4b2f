/*
 * One call on a thread, straight down: connection, transaction, scope, rights, handler, commit
 * (docs/adr/0004). What goes by (a deadlock, a connection that a restart has cut) is tried again
 * here, so that a caller sees it only when it lasts.
 */
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/password.h"
#include "base/secret.h"
#include "front.h"
#include "store/store_tenant.h"
#include "store/store_user.h"

enum { ATTEMPT_MAX = 3 };

enum bk_err api_thread_connect(const struct api_setup *setup, struct api_thread *thread,
                               struct bk_detail *detail)
{
    if (bk_pgc_is_alive(thread->pgc))
        return BK_OK;
    bk_pgc_close(thread->pgc);
    thread->pgc = NULL;
    enum bk_err err = bk_pgc_open(setup->settings->server.pg, thread->name, &thread->pgc, detail);
    if (err == BK_OK)
        err = bk_pgc_limit(thread->pgc, (int)setup->settings->pg_timeout_ms, detail);
    if (err == BK_OK)
        err = bk_pgc_script(thread->pgc, "set search_path = pg_catalog", detail);
    if (err != BK_OK) {
        bk_pgc_close(thread->pgc);
        thread->pgc = NULL;
    }
    return err;
}

/* --- what handlers ask for --- */

enum bk_err api_audit(struct api_call *call, const char *action, const char *object_kind,
                      int64_t object_id, json_t *payload)
{
    static const char sql[] = "select bk.audit_append($1, $2, $3, $4, $5, $6::inet, $7::jsonb)";
    struct bk_str text = api_json_print(call->arena, payload);
    json_decref(payload);
    const struct bk_pg_param params[] = {
        bk_store_text(bk_str_of(call->scope.actor)),
        bk_store_text(bk_str_of(action)),
        bk_store_text(bk_str_of(object_kind)),
        bk_store_int(&call->store, object_id),
        bk_store_text(bk_str_of(call->request_id)),
        bk_store_text(bk_str_of(call->source)),
        bk_store_text(text),
    };
    return bk_store_run(&call->store, sql, params, BK_COUNT(params), NULL);
}

struct bk_str api_enrolment_url(const struct api_call *call)
{
    return bk_str_of(call->setup->settings->enrolment_url);
}

struct bk_str api_public_url(const struct api_call *call)
{
    struct bk_str url = bk_str_of(call->setup->settings->public_url);
    return url.len > 0 ? url : BK_STR("https://beckon.invalid");
}

enum bk_err api_seal(struct api_call *call, const char *field, int64_t id, struct bk_str plain,
                     struct bk_str *ret_sealed)
{
    char space[BK_SEAL_PLACE_SIZE];
    const size_t size = plain.len + BK_SEAL_OVERHEAD_BYTES;
    uint8_t *sealed = bk_arena_try(call->arena, size);
    size_t len = 0;
    if (sealed == NULL)
        return BK_ERR_NO_MEMORY;
    enum bk_err err =
        bk_seal(&call->scope.data_key, bk_seal_place(&space, call->scope.tenant_id, field, id),
                plain, sealed, size, &len);
    if (err == BK_OK)
        *ret_sealed = (struct bk_str){(const char *)sealed, len};
    return err;
}

enum bk_err api_data_key_new(struct api_call *call, int64_t tenant_id, struct bk_str *ret_sealed)
{
    uint8_t sealed[BK_DATA_KEY_SEALED_BYTES];
    enum bk_err err = bk_master_keys_data_key_new(call->setup->master_keys, tenant_id, &sealed);
    if (err == BK_OK)
        *ret_sealed =
            bk_arena_str(call->arena, (struct bk_str){(const char *)sealed, sizeof sealed});
    return err;
}

enum bk_err api_password_hash(struct api_call *call, struct bk_str password,
                              struct bk_str *ret_hash)
{
    char hash[BK_PASSWORD_HASH_SIZE];
    enum bk_err err = bk_password_hash(password, &hash, &call->detail);
    if (err == BK_OK)
        *ret_hash = bk_arena_str(call->arena, bk_str_of(hash));
    return err;
}

/* --- scope and rights --- */

static enum api_role role_of(struct bk_str name)
{
    /* In the order of enum api_role. */
    ptrdiff_t at = bk_words_find("viewer technician admin operator", name);
    return at < 0 ? API_ROLE_NONE : (enum api_role)(API_VIEWER + (int)at);
}

static enum bk_err deny(struct api_call *call, const char *problem, const char *detail)
{
    call->reply.problem = problem;
    bk_detail_set(&call->detail, "%s", detail);
    return BK_ERR_DENIED;
}

static enum bk_err open_data_key(struct api_call *call, struct bk_str sealed)
{
    enum bk_err err = bk_master_keys_data_key_open(call->setup->master_keys, call->scope.tenant_id,
                                                   sealed, &call->scope.data_key);
    if (err != BK_OK)
        bk_detail_set(&call->detail,
                      "the data key of tenant %lld does not open with this master key",
                      (long long)call->scope.tenant_id);
    return err;
}

/*
 * Who this is today, whatever the token says of yesterday (docs/rules.md, rule 3).
 * BK_ERR_NOT_FOUND: nobody, any more.
 */
static enum bk_err load_scope(struct api_call *call)
{
    struct bk_store_scope found;
    enum bk_err err =
        bk_store_scope_find(&call->store, call->scope.user_id, call->scope.tenant_id, &found);
    if (err != BK_OK)
        return err;
    call->scope.role = role_of(found.role);
    call->scope.tenant_name = found.tenant_name.ptr;
    call->scope.is_suspended = bk_str_eq(found.tenant_status, BK_STR("suspended"));
    return call->scope.tenant_id != 0 ? open_data_key(call, found.data_key_sealed) : BK_OK;
}

static enum bk_err judge_rights(struct api_call *call)
{
    const struct api_route *route = call->route;
    const bool looks = strcmp(route->method, "GET") == 0;
    if (call->scope.role < route->role || call->scope.role == API_ROLE_NONE)
        return deny(call, "role", "your role in this tenant does not allow this");
    if (route->needs_tenant && call->scope.tenant_id == 0)
        return deny(call, "no-tenant", "sign in to a tenant for this: \"tenant\" of the login");
    if (call->scope.is_suspended && !looks && call->scope.role != API_OPERATOR)
        return deny(call, "suspended", "the tenant is suspended: it can be looked at only");
    return BK_OK;
}

/* --- the transaction --- */

static bool keeps_answer(const struct api_call *call)
{
    return call->idempotency_key.ptr != NULL && bk_str_eq(call->method, BK_STR("POST"));
}

static enum bk_err run_handler(struct api_exchange *exchange)
{
    struct api_call *call = &exchange->call;
    enum bk_err err = BK_OK;
    if (keeps_answer(call))
        err = api_idempotency_take(exchange, &exchange->is_repeated);
    if (err != BK_OK || exchange->is_repeated)
        return err;
    err = call->route->handler(call);
    if (err == BK_OK)
        err = api_guard(call);
    if (err != BK_OK)
        return err;
    api_answer_reply(exchange, BK_OK);
    if (exchange->err != BK_OK)
        return exchange->err;
    return keeps_answer(call) ? api_idempotency_keep(exchange) : BK_OK;
}

static enum bk_err in_transaction(struct api_exchange *exchange)
{
    struct api_call *call = &exchange->call;
    enum bk_err err = call->scope.tenant_id != 0
                          ? bk_store_tenant_set(&call->store, call->scope.tenant_id)
                          : BK_OK;
    if (err == BK_OK)
        err = load_scope(call);
    if (err == BK_ERR_NOT_FOUND) {
        exchange->is_nobody = true;
        return BK_ERR_DENIED;
    }
    if (err == BK_OK)
        err = judge_rights(call);
    return err == BK_OK ? run_handler(exchange) : err;
}

/* Everything that an attempt has left, but the call itself. */
static void begin_again(struct api_exchange *exchange)
{
    struct api_call *call = &exchange->call;
    json_decref(call->reply.body);
    json_decref(call->reply.problem_members);
    bk_buf_deinit(&call->reply.file);
    call->reply = (struct api_reply){0};
    call->detail = (struct bk_detail){{0}};
    bk_buf_deinit(&exchange->answer.body);
    exchange->answer = (struct api_answer){0};
    exchange->is_nobody = exchange->is_repeated = false;
    exchange->err = BK_OK;
}

/* *ret_is_passing: nothing was written, and the next attempt may fare better. */
static enum bk_err attempt(struct api_exchange *exchange, struct api_thread *thread,
                           bool *ret_is_passing)
{
    struct api_call *call = &exchange->call;
    *ret_is_passing = false;
    enum bk_err err = api_thread_connect(call->setup, thread, &call->detail);
    if (err != BK_OK)
        return err;
    call->store = (struct bk_store){thread->pgc, call->arena, &call->detail};
    err = api_input_parse(call);
    if (err != BK_OK)
        return err;
    if (call->route->role == API_ROLE_NONE) {
        err = call->route->handler(call); /* its statements stand alone */
        *ret_is_passing = err != BK_OK && !bk_pgc_is_alive(thread->pgc) && err == BK_ERR_DOWN;
        if (err == BK_OK)
            api_answer_reply(exchange, BK_OK);
        return err == BK_OK ? exchange->err : err;
    }
    const char *begin = call->route->reads_only ? "begin read only" : "begin";
    err = bk_pgc_script(thread->pgc, begin, &call->detail);
    if (err != BK_OK) {
        *ret_is_passing = err == BK_ERR_DOWN; /* a connection that was cut while it rested */
        return err;
    }
    err = in_transaction(exchange);
    struct bk_detail ignored;
    if (err == BK_OK) {
        err = bk_pgc_script(thread->pgc, "commit", &call->detail);
        *ret_is_passing = bk_pgc_is_conflict(thread->pgc);
        return err;
    }
    *ret_is_passing = err == BK_ERR_BUSY && bk_pgc_is_conflict(thread->pgc);
    if (bk_pgc_script(thread->pgc, "rollback", &ignored) != BK_OK) {
        bk_pgc_close(thread->pgc); /* in an unknown state */
        thread->pgc = NULL;
    }
    return err;
}

void api_call_run(struct api_exchange *exchange, struct api_thread *thread)
{
    struct api_call *call = &exchange->call;
    bool is_passing = true;
    enum bk_err err = BK_OK;
    for (int i = 0; i < ATTEMPT_MAX && is_passing; i++) {
        begin_again(exchange);
        err = attempt(exchange, thread, &is_passing);
    }
    call->store = (struct bk_store){0}; /* the thread's, from here on */
    bk_wipe(&call->scope.data_key, sizeof call->scope.data_key);
    if (exchange->is_nobody)
        api_answer_problem(exchange, &api_problem_token, NULL);
    else if (err != BK_OK && exchange->answer.status < 400)
        api_answer_reply(exchange, err); /* also where success was made ready, and not committed */
    exchange->err = err;
}
