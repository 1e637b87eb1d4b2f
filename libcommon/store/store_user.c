/*
 * People: signing in, rights in a tenant, accounts; SQL text and row mapping (store_user.h).
 */
#include "store/store_user.h"

static struct bk_str keep(const struct bk_store *store, const struct bk_pg_rows *rows, int column)
{
    return bk_arena_str(store->arena, bk_pg_text(rows, 0, column));
}

static bool is_true(const struct bk_pg_rows *rows, int column)
{
    return bk_str_eq(bk_pg_text(rows, 0, column), BK_STR("t"));
}

/* Of one row. */
static enum bk_err read_row(const struct bk_store *store, const char *sql,
                            const struct bk_pg_param *params, size_t count,
                            struct bk_pg_rows **ret_rows)
{
    enum bk_err err = bk_pgc_exec(store->pgc, sql, params, count, ret_rows, store->detail);
    return err == BK_OK && bk_pg_row_count(*ret_rows) == 0 ? BK_ERR_NOT_FOUND : err;
}

enum bk_err bk_store_login_find(const struct bk_store *store, struct bk_str email,
                                struct bk_store_login *ret_login)
{
    static const char sql[] = "select user_id, password_hash, is_operator, status, locked_s,"
                              "       memberships from bk.login_find($1)";
    const struct bk_pg_param params[] = {bk_store_text(email)};
    struct bk_pg_rows *rows = NULL;
    enum bk_err err = read_row(store, sql, params, BK_COUNT(params), &rows);
    if (err == BK_OK)
        *ret_login = (struct bk_store_login){
            .user_id = bk_pg_int(rows, 0, 0),
            .password_hash = keep(store, rows, 1),
            .is_operator = is_true(rows, 2),
            .status = keep(store, rows, 3),
            .locked_s = bk_pg_int(rows, 0, 4),
            .memberships = keep(store, rows, 5),
        };
    bk_pg_rows_free(rows);
    return err;
}

enum bk_err bk_store_login_done(const struct bk_store *store, int64_t user_id, bool is_good)
{
    const struct bk_pg_param params[] = {bk_store_int(store, user_id),
                                         bk_store_text(is_good ? BK_STR("t") : BK_STR("f"))};
    return bk_store_run(store, "select bk.login_done($1::bigint, $2::boolean)", params,
                        BK_COUNT(params), NULL);
}

enum bk_err bk_store_scope_find(const struct bk_store *store, int64_t user_id, int64_t tenant_id,
                                struct bk_store_scope *ret_scope)
{
    enum { KEY_SIZE = 128 };
    static const char sql[] =
        "select role, status, name, data_key from bk.scope_find($1::bigint, $2::bigint)";
    const struct bk_pg_param params[] = {bk_store_int(store, user_id),
                                         bk_store_int(store, tenant_id)};
    struct bk_pg_rows *rows = NULL;
    uint8_t key[KEY_SIZE];
    size_t key_len = 0;
    enum bk_err err = read_row(store, sql, params, BK_COUNT(params), &rows);
    if (err == BK_OK && !bk_pg_is_null(rows, 0, 3))
        err = bk_pg_bytes(rows, 0, 3, key, sizeof key, &key_len);
    if (err == BK_OK)
        *ret_scope = (struct bk_store_scope){
            .role = keep(store, rows, 0),
            .tenant_status = keep(store, rows, 1),
            .tenant_name = keep(store, rows, 2),
            .data_key_sealed =
                bk_arena_str(store->arena, (struct bk_str){(const char *)key, key_len}),
        };
    bk_pg_rows_free(rows);
    return err;
}

enum bk_err bk_store_operator_tenant(const struct bk_store *store, int64_t user_id,
                                     struct bk_str name, int64_t *ret_tenant_id)
{
    /* The list has no search by name: operators sign in seldom, and a page holds a thousand. */
    static const char sql[] =
        "select tenant_id, name from bk.api_tenant_list($1::bigint, $2::bigint, 1000)";
    int64_t after = 0;
    for (;;) {
        const struct bk_pg_param params[] = {bk_store_int(store, user_id),
                                             bk_store_int(store, after)};
        struct bk_pg_rows *rows = NULL;
        bool is_found = false;
        enum bk_err err = read_row(store, sql, params, BK_COUNT(params), &rows);
        for (int i = 0; err == BK_OK && !is_found && i < bk_pg_row_count(rows); i++) {
            after = bk_pg_int(rows, i, 0);
            is_found = bk_str_eq(bk_pg_text(rows, i, 1), name);
        }
        bk_pg_rows_free(rows);
        if (err != BK_OK)
            return err;
        if (is_found) {
            *ret_tenant_id = after;
            return BK_OK;
        }
    }
}

enum bk_err bk_store_user_name(const struct bk_store *store, int64_t user_id,
                               struct bk_str *ret_email, struct bk_str *ret_name)
{
    static const char sql[] =
        "select email, display_name from app.app_user where user_id = $1::bigint";
    const struct bk_pg_param params[] = {bk_store_int(store, user_id)};
    struct bk_pg_rows *rows = NULL;
    enum bk_err err = read_row(store, sql, params, BK_COUNT(params), &rows);
    if (err == BK_OK) {
        *ret_email = keep(store, rows, 0);
        *ret_name = keep(store, rows, 1);
    }
    bk_pg_rows_free(rows);
    return err;
}

enum bk_err bk_store_user_add(const struct bk_store *store, const struct bk_store_user *user,
                              struct bk_str role, int64_t *ret_user_id, bool *ret_is_new)
{
    static const char sql[] = "select user_id, is_new from bk.user_create($1, $2, $3, $4, null)";
    const struct bk_pg_param params[] = {
        bk_store_text(user->email), bk_store_text(user->display_name),
        bk_store_text_or_null(user->password_hash), bk_store_text(role)};
    struct bk_pg_rows *rows = NULL;
    enum bk_err err = read_row(store, sql, params, BK_COUNT(params), &rows);
    if (err == BK_OK) {
        *ret_user_id = bk_pg_int(rows, 0, 0);
        *ret_is_new = is_true(rows, 1);
    }
    bk_pg_rows_free(rows);
    return err;
}

enum bk_err bk_store_operator_user_add(const struct bk_store *store,
                                       const struct bk_store_user *user, int64_t *ret_user_id)
{
    const struct bk_pg_param params[] = {bk_store_text(user->email),
                                         bk_store_text(user->display_name),
                                         bk_store_text_or_null(user->password_hash)};
    return bk_store_number(store, "select bk.operator_user_create($1, $2, $3, true)", params,
                           BK_COUNT(params), ret_user_id);
}

enum bk_err bk_store_operator_user_list(const struct bk_store *store, struct bk_str *ret_json)
{
    static const char sql[] =
        "select coalesce(jsonb_agg(to_jsonb(r) order by r.email), '[]')"
        "  from (select u.user_id, u.email, u.display_name, u.is_operator, u.status,"
        "               to_char(u.last_login_at at time zone 'UTC', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
        "                   as last_login_at,"
        "               (select coalesce(jsonb_agg(concat_ws(': ', m.one ->> 'tenant',"
        "                                                    m.one ->> 'role')), '[]')"
        "                  from jsonb_array_elements(u.memberships) as m (one)) as memberships"
        "          from bk.operator_user_list() as u) as r";
    return bk_store_one_text(store, sql, NULL, 0, ret_json);
}

enum bk_err bk_store_operator_user_set(const struct bk_store *store, struct bk_str email,
                                       struct bk_str password_hash, struct bk_str status)
{
    const struct bk_pg_param params[] = {bk_store_text(email), bk_store_text(password_hash),
                                         bk_store_text(status)};
    struct bk_str is_set;
    enum bk_err err = bk_store_one_text(store, "select bk.operator_user_set($1, $2, $3)", params,
                                        BK_COUNT(params), &is_set);
    return err == BK_OK && !bk_str_eq(is_set, BK_STR("t")) ? BK_ERR_NOT_FOUND : err;
}
