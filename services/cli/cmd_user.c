/*
 * beckon user add, list, password, disable, enable: people who sign in to the API.
 */
#include <string.h>

#include "base/password.h"
#include "commands.h"
#include "spec.h"
#include "store/store_user.h"

#define EMAIL_MAX 254
#define MADE_PASSWORD_LEN 20 /* of 54 characters: 115 bits */

static const struct cli_option add_options[] = {
    {"operator", CLI_FLAG, false, NULL, "may do everything in every tenant"},
    {"tenant", CLI_VALUE, false, "T", "name of the tenant; with --role"},
    {"role", CLI_VALUE, false, "ROLE", "admin, technician or viewer"},
    {"display-name", CLI_VALUE, false, "N", "name that is shown"},
    {"password-file", CLI_VALUE, false, "FILE",
     "file with the password, - for standard input;\nwithout it one is made, and printed once"},
    {0},
};

static const struct cli_option password_options[] = {
    {"password-file", CLI_VALUE, false, "FILE",
     "file with the password, - for standard input;\nwithout it one is made, and printed once"},
    {0},
};

static const struct cli_option no_options[] = {{0}};

static const struct cli_column user_columns[] = {
    {"email", "user"},    {"user_id", "id"},         {"tenant", "tenant"},     {"role", "role"},
    {"status", "status"}, {"is_new", "new account"}, {"password", "password"}, {0}};

struct password {
    struct bk_str made; /* without pointer: it was given */
    char hash[BK_PASSWORD_HASH_SIZE];
};

/* Without 0 O 1 l I: people type it. */
static enum bk_err read_password(struct cli *cli, struct password *ret_password)
{
    const char *file = cli_value(cli, "password-file");
    struct bk_str text = BK_STR_NONE;
    if (file != NULL) {
        enum bk_err err = cli_secret_read(cli, file, BK_PASSWORD_MAX, &text);
        if (err != BK_OK)
            return err;
        ret_password->made = BK_STR_NONE;
    } else {
        text =
            cli_random_text(cli->arena, "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789",
                            MADE_PASSWORD_LEN);
        ret_password->made = text;
    }
    return bk_password_hash(text, &ret_password->hash, &cli->detail);
}

static enum bk_err take_email(struct cli *cli, struct bk_str *ret_email)
{
    *ret_email = bk_str_of(cli_operand(cli, 0));
    enum bk_err err = cli_text_check("e-mail address", *ret_email, EMAIL_MAX, false, &cli->detail);
    if (err == BK_OK)
        cli->subject = bk_arena_printf(cli->arena, "user %.*s", BK_STR_ARG(*ret_email)).ptr;
    return err;
}

/* ---- add ---- */

static enum bk_err check_add(struct cli *cli)
{
    bool is_operator = cli_has(cli, "operator");
    if (is_operator == (cli_value(cli, "tenant") != NULL) ||
        (cli_value(cli, "role") != NULL) != (cli_value(cli, "tenant") != NULL)) {
        bk_detail_set(&cli->detail, "want either --operator, or --tenant T with --role ROLE");
        return BK_ERR_MALFORMED;
    }
    return BK_OK;
}

static enum bk_err add_member(struct cli *cli, const struct bk_store_user *user, json_t *answer)
{
    struct cli_tenant tenant;
    struct bk_str role = bk_str_of(cli_value(cli, "role"));
    int64_t user_id = 0;
    bool is_new = false;
    enum bk_err err = cli_begin(cli, &tenant);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = bk_store_user_add(&store, user, role, &user_id, &is_new);
    if (err != BK_OK)
        return err;
    json_object_set_new(answer, "user_id", json_integer(user_id));
    json_object_set_new(answer, "tenant", cli_json_text(tenant.name));
    json_object_set_new(answer, "role", cli_json_text(role));
    json_object_set_new(answer, "is_new", json_boolean(is_new));
    return cli_audit(cli, tenant.tenant_id, "user.add", user->email, json_incref(answer));
}

static enum bk_err add_operator(struct cli *cli, const struct bk_store_user *user, json_t *answer)
{
    int64_t user_id = 0;
    enum bk_err err = cli_begin_plain(cli);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = bk_store_operator_user_add(&store, user, &user_id);
    if (err != BK_OK)
        return err;
    json_object_set_new(answer, "user_id", json_integer(user_id));
    json_object_set_new(answer, "role", json_string("operator"));
    json_object_set_new(answer, "is_new", json_true());
    return cli_audit(cli, 0, "user.add", user->email, json_incref(answer));
}

static enum bk_err run_add(struct cli *cli)
{
    struct bk_store_user user = {0};
    struct password password;
    const char *name = cli_value(cli, "display-name");
    enum bk_err err = check_add(cli);
    if (err == BK_OK)
        err = take_email(cli, &user.email);
    user.display_name = name != NULL ? bk_str_of(name) : BK_STR("");
    if (err == BK_OK)
        err =
            cli_text_check("--display-name", user.display_name, CLI_LABEL_MAX, true, &cli->detail);
    if (err == BK_OK)
        err = read_password(cli, &password);
    if (err != BK_OK)
        return err;
    user.password_hash = bk_str_of(password.hash);
    json_t *answer = json_object();
    json_object_set_new(answer, "email", cli_json_text(user.email));
    err = cli_has(cli, "operator") ? add_operator(cli, &user, answer)
                                   : add_member(cli, &user, answer);
    err = cli_end(cli, err);
    if (err != BK_OK) {
        json_decref(answer);
        return err;
    }
    /* Of an account that was there the password stays, so this one opens nothing. */
    if (password.made.ptr != NULL && json_is_true(json_object_get(answer, "is_new")))
        json_object_set_new(answer, "password", cli_json_text(password.made));
    cli_answer(cli, answer, NULL, user_columns, NULL);
    return BK_OK;
}

/* ---- list ---- */

static enum bk_err run_list(struct cli *cli)
{
    static const struct cli_column columns[] = {{"email", "user"},
                                                {"user_id", "id"},
                                                {"display_name", "name"},
                                                {"is_operator", "operator"},
                                                {"status", "status"},
                                                {"memberships", "tenants"},
                                                {"last_login_at", "last login"},
                                                {0}};
    struct bk_str text = BK_STR_NONE;
    json_t *rows = NULL;
    enum bk_err err = cli_begin_plain(cli);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = bk_store_operator_user_list(&store, &text);
    if (err == BK_OK)
        err = cli_json_load(cli, text, &rows);
    err = cli_end(cli, err);
    if (err != BK_OK) {
        json_decref(rows);
        return err;
    }
    json_t *answer = json_object();
    json_object_set_new(answer, "users", rows);
    cli_answer(cli, answer, "users", columns, "no user; `beckon user add` makes one");
    return BK_OK;
}

/* ---- password, disable, enable ---- */

/* hash, status without pointer: stay. */
static enum bk_err set(struct cli *cli, const char *action, struct bk_str hash,
                       struct bk_str status, struct bk_str made)
{
    struct bk_str email;
    enum bk_err err = take_email(cli, &email);
    if (err == BK_OK)
        err = cli_begin_plain(cli);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = bk_store_operator_user_set(&store, email, hash, status);
    if (err == BK_ERR_NOT_FOUND)
        bk_detail_set(&cli->detail, "no user has this address; `beckon user list` lists them");
    json_t *answer = json_object();
    json_object_set_new(answer, "email", cli_json_text(email));
    if (status.ptr != NULL)
        json_object_set_new(answer, "status", cli_json_text(status));
    if (err == BK_OK)
        err = cli_audit(cli, 0, action, email, json_incref(answer));
    err = cli_end(cli, err);
    if (err != BK_OK) {
        json_decref(answer);
        return err;
    }
    if (made.ptr != NULL)
        json_object_set_new(answer, "password", cli_json_text(made));
    cli_answer(cli, answer, NULL, user_columns, NULL);
    return BK_OK;
}

static enum bk_err run_password(struct cli *cli)
{
    struct password password;
    enum bk_err err = read_password(cli, &password);
    return err == BK_OK
               ? set(cli, "user.password", bk_str_of(password.hash), BK_STR_NONE, password.made)
               : err;
}

static enum bk_err run_disable(struct cli *cli)
{
    return set(cli, "user.disable", BK_STR_NONE, BK_STR("disabled"), BK_STR_NONE);
}

static enum bk_err run_enable(struct cli *cli)
{
    return set(cli, "user.enable", BK_STR_NONE, BK_STR("active"), BK_STR_NONE);
}

const struct cli_command cli_cmd_user_add = {
    .name = "user add",
    .operands = "EMAIL",
    .operand_min = 1,
    .operand_max = 1,
    .options = add_options,
    .summary = "add somebody who signs in to the API",
    .text =
        "Adds an operator, or gives somebody a role in a tenant. Who serves several tenants is "
        "one\n"
        "user with several roles: adding an address that is there already gives it the role and\n"
        "leaves its password. A password never stands on the command line.",
    .example = "beckon user add anna@acme.example --tenant acme --role admin",
    .run = run_add,
};

const struct cli_command cli_cmd_user_list = {
    .name = "user list",
    .operands = "",
    .options = no_options,
    .summary = "list who signs in to the API",
    .text = "Lists all users with their roles. JSON: {\"users\": [{user_id, email, display_name,\n"
            "is_operator, status, last_login_at, memberships}]}.",
    .example = "beckon user list",
    .run = run_list,
};

const struct cli_command cli_cmd_user_password = {
    .name = "user password",
    .operands = "EMAIL",
    .operand_min = 1,
    .operand_max = 1,
    .options = password_options,
    .summary = "give a user another password",
    .text =
        "Sets a new password and opens an account that failed tries have locked. Access tokens\n"
        "that were given out stay good for their 15 minutes; `beckon user disable` ends them.",
    .example = "beckon user password anna@acme.example --password-file -",
    .run = run_password,
};

const struct cli_command cli_cmd_user_disable = {
    .name = "user disable",
    .operands = "EMAIL",
    .operand_min = 1,
    .operand_max = 1,
    .options = no_options,
    .summary = "shut a user out, at once",
    .text =
        "The user cannot sign in any more, and access tokens that were given out are refused from\n"
        "the next call on. `beckon user enable` takes it back.",
    .example = "beckon user disable anna@acme.example",
    .run = run_disable,
};

const struct cli_command cli_cmd_user_enable = {
    .name = "user enable",
    .operands = "EMAIL",
    .operand_min = 1,
    .operand_max = 1,
    .options = no_options,
    .summary = "let a user in again",
    .text = "Takes `beckon user disable` back, and opens an account that failed tries have locked.",
    .example = "beckon user enable anna@acme.example",
    .run = run_enable,
};
