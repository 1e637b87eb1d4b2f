/*
 * Users: people with a role in this tenant. The person may serve other tenants too, so what belongs
 * to the account is changed by functions that ask whether this tenant alone relies on it.
 */
#include "base/password.h"
#include "handlers.h"
#include "store/store_user.h"

static const struct api_field fields[] = {
    {.name = "email",
     .type = API_T_EMAIL,
     .flags = API_REQUIRED | API_ON_CREATE,
     .read = "u.email",
     .help = "What he signs in with.",
     .example = "\"anna@acme.example\""},
    {.name = "display_name",
     .type = API_T_TEXT,
     .max = 128,
     .read = "u.display_name",
     .initial = "\"\"",
     .help = "What people call him.",
     .example = "\"Anna Berg\""},
    {.name = "password",
     .type = API_T_SECRET,
     .flags = API_WRITE_ONLY | API_NEVER_NULL,
     .min = BK_PASSWORD_MIN,
     .max = BK_PASSWORD_MAX,
     .help =
         "To sign in with; without one he cannot. An account that an operator brings from another "
         "tenant keeps its own.",
     .example = "\"correct horse battery\""},
    {.name = "role",
     .type = API_T_WORD,
     .flags = API_REQUIRED,
     .words = "admin technician viewer",
     .column = "role",
     .help = "viewer: reads. technician: changes phones and calls them back. admin: everything of "
             "this tenant.",
     .example = "\"technician\""},
    {.name = "status",
     .type = API_T_WORD,
     .flags = API_ON_PATCH | API_NEVER_NULL,
     .words = "active disabled",
     .read = "u.status",
     .help = "disabled: cannot sign in, and what he was signed in to ends."},
    {.name = "last_login_at",
     .type = API_T_TIME,
     .flags = API_READ_ONLY | API_NULL,
     .read = API_TIME_SQL("u.last_login_at"),
     .help = "When he last signed in."},
    {.name = "created_at",
     .type = API_T_TIME,
     .flags = API_READ_ONLY,
     .column = "created_at",
     .help = "When he got a role here."},
    {0},
};

static const struct api_filter filters[] = {
    {"email", API_T_TEXT, "u.email = lower(@@)", NULL, "The user of this e-mail."},
    {"role", API_T_WORD, "t.role = @@", "admin technician viewer", "Users of this role."},
    {0},
};

const struct api_resource api_res_users = {
    .name = "user",
    .schema = "User",
    .plural = "users",
    .path = "/v1/users",
    .help = "A person with a role in this tenant.",
    .table = "app.membership",
    .joins = "join app.app_user as u on u.user_id = t.user_id",
    .id = "user_id",
    .version = "t.xmin::text || '-' || (extract(epoch from u.updated_at) * 1000000)::bigint",
    .fields = fields,
    .filters = filters,
};

/* ---- POST ---- */

static enum bk_err hash_password(struct api_call *call, const struct api_write *write,
                                 struct bk_str *ret_hash)
{
    struct bk_str password = api_member_text(write, "password", BK_STR_NONE);
    *ret_hash = BK_STR_NONE;
    return password.ptr == NULL ? BK_OK : api_password_hash(call, password, ret_hash);
}

enum bk_err api_users_create(struct api_call *call)
{
    struct api_write write = {.resource = &api_res_users, .is_new = true};
    struct bk_str hash;
    api_members_read(call, fields, "", call->input, true, &write);
    enum bk_err err = api_members_err(call);
    if (err == BK_OK)
        err = hash_password(call, &write, &hash);
    if (err != BK_OK)
        return err;
    const struct bk_pg_param params[] = {
        bk_store_text(api_member_text(&write, "email", BK_STR(""))),
        bk_store_text(api_member_text(&write, "display_name", BK_STR(""))), bk_store_text(hash),
        bk_store_text(api_member_text(&write, "role", BK_STR(""))),
        bk_store_int(&call->store, call->scope.user_id)};
    err = api_explain(call, bk_store_number(&call->store,
                                            "select user_id from bk.user_create($1, $2, $3, $4,"
                                            " $5::bigint)",
                                            params, BK_COUNT(params), &write.id));
    if (err == BK_OK)
        err = api_resource_answer(call, &api_res_users, write.id, 201);
    if (err == BK_OK)
        err = api_audit(call, "user.create", "user", write.id, api_members_changed(&write));
    if (err == BK_OK)
        call->reply.location =
            bk_arena_printf(call->arena, "/v1/users/%lld", (long long)write.id).ptr;
    return err;
}

/* ---- PATCH ---- */

/* One function of the account; false: it is not this tenant's to change. */
static enum bk_err set_account(struct api_call *call, int64_t user_id, const char *sql,
                               struct bk_str value)
{
    const struct bk_pg_param params[] = {bk_store_int(&call->store, user_id), bk_store_text(value)};
    struct bk_str is_set;
    enum bk_err err = bk_store_one_text(&call->store, sql, params, BK_COUNT(params), &is_set);
    if (err == BK_OK && !bk_str_eq(is_set, BK_STR("t")))
        err = api_refuse(call, BK_ERR_EXISTS, "shared-account",
                         "the account serves another tenant too, or is an operator's: only its "
                         "role here is this tenant's to change");
    return err;
}

static enum bk_err set_role(struct api_call *call, int64_t user_id, struct bk_str role)
{
    const struct bk_pg_param params[] = {bk_store_int(&call->store, user_id), bk_store_text(role)};
    return api_explain(
        call, bk_store_run(&call->store,
                           "update app.membership set role = $2"
                           " where tenant_id = app.current_tenant_id() and user_id = $1::bigint",
                           params, BK_COUNT(params), NULL));
}

/*
 * Two admins who take each other's rights away at once would leave nobody: whoever is second waits
 * here, and is asked again who he is.
 */
static enum bk_err lock_admins(struct api_call *call)
{
    struct bk_store_scope now;
    enum bk_err err = bk_store_run(&call->store,
                                   "select 1 from app.membership"
                                   " where tenant_id = app.current_tenant_id() and role = 'admin'"
                                   " order by user_id for no key update",
                                   NULL, 0, NULL);
    if (err == BK_OK)
        err = bk_store_scope_find(&call->store, call->scope.user_id, call->scope.tenant_id, &now);
    if (err == BK_ERR_NOT_FOUND || (err == BK_OK && !bk_str_eq(now.role, BK_STR("admin")) &&
                                    !bk_str_eq(now.role, BK_STR("operator"))))
        err = api_refuse(call, BK_ERR_DENIED, "role", "you are no admin of this tenant any more");
    return err;
}

/* Who takes his own rights away leaves a tenant that nobody may be able to open again. */
static enum bk_err check_self(struct api_call *call, const struct api_write *write)
{
    if (write->id != call->scope.user_id ||
        (api_member_find(write, "role") == NULL && api_member_find(write, "status") == NULL))
        return BK_OK;
    return api_refuse(call, BK_ERR_EXISTS, "own-account",
                      "nobody changes his own role or status; ask another admin");
}

static enum bk_err write_user(struct api_call *call, const struct api_write *write)
{
    struct bk_str role = api_member_text(write, "role", BK_STR_NONE);
    struct bk_str status = api_member_text(write, "status", BK_STR_NONE);
    struct bk_str hash;
    const struct api_member *name = api_member_find(write, "display_name");
    enum bk_err err = hash_password(call, write, &hash);
    if (err == BK_OK && role.ptr != NULL)
        err = set_role(call, write->id, role);
    if (err == BK_OK && status.ptr != NULL)
        err = set_account(call, write->id, "select bk.user_set_status($1::bigint, $2)", status);
    if (err == BK_OK && hash.ptr != NULL)
        err = set_account(call, write->id, "select bk.user_set_password($1::bigint, $2)", hash);
    if (err == BK_OK && name != NULL)
        err = set_account(call, write->id, "select bk.user_set_name($1::bigint, $2)",
                          api_member_text(write, "display_name", BK_STR("")));
    return err;
}

enum bk_err api_users_patch(struct api_call *call)
{
    struct api_write write = {.resource = &api_res_users, .id = call->ids[0]};
    struct bk_str version;
    enum bk_err err = lock_admins(call);
    if (err == BK_OK)
        err = api_resource_read(call, &api_res_users, write.id, true, &write.before, &version);
    if (err == BK_OK)
        err = api_if_match(call, version);
    if (err != BK_OK)
        return err;
    api_members_read(call, fields, "", call->input, false, &write);
    err = api_members_err(call);
    if (err == BK_OK)
        err = check_self(call, &write);
    if (err == BK_OK)
        err = write_user(call, &write);
    if (err == BK_OK)
        err = api_resource_answer(call, &api_res_users, write.id, 200);
    if (err == BK_OK && write.count > 0)
        err = api_audit(call, "user.update", "user", write.id, api_members_changed(&write));
    return err;
}

enum bk_err api_users_delete(struct api_call *call)
{
    if (call->ids[0] == call->scope.user_id)
        return api_refuse(call, BK_ERR_EXISTS, "own-account",
                          "nobody takes his own role away; ask another admin");
    enum bk_err err = lock_admins(call);
    return err == BK_OK ? api_resource_delete(call) : err;
}
