/*
 * Signing in, and who one is. A wrong password, an unknown address, a closed and a disabled account
 * get one answer after the same work (docs/threats.md, A13).
 */
#include <string.h>

#include "base/clock.h"
#include "base/password.h"
#include "front.h"
#include "store/store_user.h"

enum { EMAIL_MAX = 254, NAME_MAX_BYTES = 63 };

struct login {
    struct bk_str email, password, tenant; /* tenant without pointer: not said */
};

static json_t *text_of(struct bk_str text)
{
    json_t *value = json_stringn(text.ptr, text.len);
    return value != NULL ? value : json_null();
}

/* --- what was sent --- */

static enum bk_err read_text(struct api_call *call, const char *name, size_t max, bool is_required,
                             struct bk_str *ret_text)
{
    const json_t *value = json_object_get(call->input, name);
    *ret_text = BK_STR_NONE;
    if (value == NULL || json_is_null(value)) {
        if (!is_required)
            return BK_OK;
        bk_detail_set(&call->detail, "%s: is missing", name);
        return BK_ERR_INVALID;
    }
    struct bk_str text = {json_string_value(value), json_string_length(value)};
    if (text.ptr == NULL || text.len == 0 || text.len > max || bk_str_has_control(text)) {
        bk_detail_set(&call->detail, "%s: want a text of 1 to %zu bytes without control characters",
                      name, max);
        return BK_ERR_INVALID;
    }
    *ret_text = text;
    return BK_OK;
}

static enum bk_err read_login(struct api_call *call, struct login *ret_login)
{
    const char *name;
    json_t *value;
    json_object_foreach(call->input, name, value)
    {
        if (bk_words_find("email password tenant", bk_str_of(name)) < 0) {
            bk_detail_set(&call->detail, "%s: is not known here; want email, password, tenant",
                          name);
            return BK_ERR_INVALID;
        }
    }
    enum bk_err err = read_text(call, "email", EMAIL_MAX, true, &ret_login->email);
    if (err == BK_OK)
        err = read_text(call, "password", BK_PASSWORD_MAX, true, &ret_login->password);
    if (err == BK_OK)
        err = read_text(call, "tenant", NAME_MAX_BYTES, false, &ret_login->tenant);
    return err;
}

/* --- who it is --- */

/* BK_ERR_DENIED: it is not, or may not. */
static enum bk_err check_password(struct api_call *call, const struct login *login,
                                  struct bk_store_login *ret_found)
{
    struct bk_store_login found = {0};
    enum bk_err err = bk_store_login_find(&call->store, login->email, &found);
    if (err != BK_OK && err != BK_ERR_NOT_FOUND)
        return err;
    bool has_password = found.password_hash.len > 0;
    bool is_good = has_password && bk_password_verify(login->password, found.password_hash);
    if (!has_password)
        bk_password_waste(login->password);
    is_good = is_good && bk_str_eq(found.status, BK_STR("active")) && found.locked_s == 0;

    /* Tries while it is locked do not keep it locked: somebody else could do that for ever. */
    int64_t counted_id = found.locked_s > 0 ? 0 : found.user_id;
    err = bk_store_login_done(&call->store, counted_id, is_good);
    if (err != BK_OK)
        return err;
    *ret_found = found;
    return is_good ? BK_OK : BK_ERR_DENIED;
}

/* --- where --- */

struct place {
    int64_t tenant_id; /* 0: an operator, nowhere yet */
    struct bk_str name, role;
};

static enum bk_err refuse(struct api_call *call, enum bk_err err, const char *problem,
                          const char *detail)
{
    call->reply.problem = problem;
    bk_detail_set(&call->detail, "%s", detail);
    return err;
}

static enum bk_err find_operators_place(struct api_call *call, const struct bk_store_login *found,
                                        struct bk_str tenant, struct place *ret_place)
{
    *ret_place = (struct place){.role = BK_STR("operator"), .name = tenant};
    if (tenant.ptr == NULL)
        return BK_OK;
    return bk_store_operator_tenant(&call->store, found->user_id, tenant, &ret_place->tenant_id);
}

static enum bk_err find_members_place(struct api_call *call, const json_t *memberships,
                                      struct bk_str tenant, struct place *ret_place)
{
    size_t at;
    json_t *one;
    if (json_array_size(memberships) == 0)
        return refuse(call, BK_ERR_DENIED, "no-tenant", "you have a role in no tenant");
    if (tenant.ptr == NULL && json_array_size(memberships) > 1) {
        json_t *names = json_array();
        json_array_foreach(memberships, at, one)
            json_array_append(names, json_object_get(one, "name"));
        call->reply.problem_members = json_object();
        json_object_set_new(call->reply.problem_members, "tenants", names);
        return refuse(call, BK_ERR_INVALID, "tenant-needed",
                      "tenant: say which; you have a role in several");
    }
    json_array_foreach(memberships, at, one)
    {
        struct bk_str name = bk_str_of(json_string_value(json_object_get(one, "name")));
        if (tenant.ptr != NULL && !bk_str_eq(name, tenant))
            continue;
        ret_place->tenant_id = json_integer_value(json_object_get(one, "tenant_id"));
        ret_place->name = bk_arena_str(call->arena, name);
        ret_place->role =
            bk_arena_str(call->arena, bk_str_of(json_string_value(json_object_get(one, "role"))));
        return BK_OK;
    }
    return BK_ERR_NOT_FOUND;
}

static enum bk_err find_place(struct api_call *call, const struct bk_store_login *found,
                              struct bk_str tenant, struct place *ret_place)
{
    enum bk_err err;
    if (found->is_operator) {
        err = find_operators_place(call, found, tenant, ret_place);
    } else {
        json_t *memberships = json_loadb(found->memberships.ptr, found->memberships.len, 0, NULL);
        err = find_members_place(call, memberships, tenant, ret_place);
        json_decref(memberships);
    }
    if (err == BK_ERR_NOT_FOUND)
        return refuse(call, BK_ERR_INVALID, "tenant",
                      "tenant: you have no role in one of this name");
    return err;
}

static json_t *tenant_of(int64_t tenant_id, struct bk_str name)
{
    if (tenant_id == 0)
        return json_null();
    json_t *tenant = json_object();
    json_object_set_new(tenant, "id", json_integer(tenant_id));
    json_object_set_new(tenant, "name", text_of(name));
    return tenant;
}

enum bk_err api_login(struct api_call *call)
{
    struct login login;
    struct bk_store_login found = {0};
    struct place place = {0};
    struct bk_str token;
    enum bk_err err = read_login(call, &login);
    if (err != BK_OK)
        return err;
    err = check_password(call, &login, &found);
    call->scope.user_id = found.user_id; /* for the log */
    if (err == BK_ERR_DENIED) {
        call->reply.status = 401;
        return err;
    }
    if (err == BK_OK)
        err = find_place(call, &found, login.tenant, &place);
    call->scope.tenant_id = place.tenant_id;
    struct bk_claims claims = {.user_id = found.user_id,
                               .tenant_id = place.tenant_id,
                               .issued_at_s = bk_clock_wall_ms() / 1000};
    if (err == BK_OK)
        err = bk_jwt_sign(call->setup->jwt, call->arena, &claims, &token);
    if (err != BK_OK)
        return err;
    json_t *body = json_object();
    json_object_set_new(body, "access_token", text_of(token));
    json_object_set_new(body, "token_type", json_string("Bearer"));
    json_object_set_new(body, "expires_in", json_integer(BK_JWT_LIFE_S));
    json_object_set_new(body, "role", text_of(place.role));
    json_object_set_new(body, "tenant", tenant_of(place.tenant_id, place.name));
    call->reply.body = body;
    return BK_OK;
}

/* --- who one is --- */

enum bk_err api_me(struct api_call *call)
{
    static const char *const roles[] = {"none", "viewer", "technician", "admin", "operator"};
    struct bk_str email = BK_STR_NONE, name = BK_STR_NONE;
    /* An operator who is no member stands in no table that his tenant sees. */
    enum bk_err err = bk_store_user_name(&call->store, call->scope.user_id, &email, &name);
    if (err != BK_OK && err != BK_ERR_NOT_FOUND)
        return err;
    json_t *body = json_object();
    json_object_set_new(body, "user_id", json_integer(call->scope.user_id));
    json_object_set_new(body, "email", text_of(email));
    json_object_set_new(body, "display_name", text_of(name));
    json_object_set_new(body, "role", json_string(roles[call->scope.role]));
    json_object_set_new(body, "tenant",
                        tenant_of(call->scope.tenant_id, bk_str_of(call->scope.tenant_name)));
    call->reply.body = body;
    return BK_OK;
}
