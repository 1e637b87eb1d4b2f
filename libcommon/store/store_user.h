/*
 * People: signing in, what somebody may do in a tenant, accounts (migrations/0004, 0021). All of it
 * through functions of schema bk, since people belong to no tenant. E-mail addresses are compared
 * in lower case, by the database.
 */
#ifndef STORE_STORE_USER_H
#define STORE_STORE_USER_H

#include "store/store.h"

/* Texts in the arena. */
struct bk_store_login {
    int64_t user_id;
    struct bk_str password_hash; /* empty: signs in elsewhere */
    struct bk_str status;        /* "active", "disabled" */
    bool is_operator;
    int64_t locked_s;          /* until another try is heard; 0: now */
    struct bk_str memberships; /* JSON: [{"tenant_id", "name", "role"}], by name */
};

/* BK_ERR_NOT_FOUND without a detail: nobody has this address. */
BK_MUST_USE enum bk_err bk_store_login_find(const struct bk_store *store, struct bk_str email,
                                            struct bk_store_login *ret_login);
/* A try has ended; user_id 0 (nobody) costs the same and changes nothing. */
BK_MUST_USE enum bk_err bk_store_login_done(const struct bk_store *store, int64_t user_id,
                                            bool is_good);

struct bk_store_scope {
    struct bk_str role;            /* "viewer", "technician", "admin", "operator" */
    struct bk_str tenant_status;   /* "active", "suspended" */
    struct bk_str tenant_name;     /* empty without a tenant */
    struct bk_str data_key_sealed; /* under the master key; empty without a tenant */
};

/* tenant_id 0: an operator without one. BK_ERR_NOT_FOUND without a detail: no rights there. */
BK_MUST_USE enum bk_err bk_store_scope_find(const struct bk_store *store, int64_t user_id,
                                            int64_t tenant_id, struct bk_store_scope *ret_scope);
/* A tenant by its name, for an operator; BK_ERR_NOT_FOUND without a detail. */
BK_MUST_USE enum bk_err bk_store_operator_tenant(const struct bk_store *store, int64_t user_id,
                                                 struct bk_str name, int64_t *ret_tenant_id);
/* E-mail address and name of somebody who serves the transaction's tenant; else BK_ERR_NOT_FOUND
 * without a detail. */
BK_MUST_USE enum bk_err bk_store_user_name(const struct bk_store *store, int64_t user_id,
                                           struct bk_str *ret_email, struct bk_str *ret_name);

struct bk_store_user {
    struct bk_str email, display_name, password_hash;
};

/* A role in the transaction's tenant. *ret_is_new false: the account was there and keeps name and
 * password. BK_ERR_EXISTS (membership_pk): has a role here. */
BK_MUST_USE enum bk_err bk_store_user_add(const struct bk_store *store,
                                          const struct bk_store_user *user, struct bk_str role,
                                          int64_t *ret_user_id, bool *ret_is_new);

/* --- for the command line --- */

BK_MUST_USE enum bk_err bk_store_operator_user_add(const struct bk_store *store,
                                                   const struct bk_store_user *user,
                                                   int64_t *ret_user_id);
/* JSON array: user_id, email, display_name, is_operator, status, last_login_at, memberships
 * ("acme: admin"). */
BK_MUST_USE enum bk_err bk_store_operator_user_list(const struct bk_store *store,
                                                    struct bk_str *ret_json);
/* A text without pointer leaves as it is; the lock of failed tries is taken off. BK_ERR_NOT_FOUND
 * without a detail. */
BK_MUST_USE enum bk_err bk_store_operator_user_set(const struct bk_store *store,
                                                   struct bk_str email, struct bk_str password_hash,
                                                   struct bk_str status);

#endif
