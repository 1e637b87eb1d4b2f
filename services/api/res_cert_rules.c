/*
 * Issuer rules of the operator's own (vendor/cert_rule.h): how a CA that the programs do not know
 * names its phones. No tenant's: operators make and delete them through functions that ask whether
 * the caller is one, and write the operator's own chain of audit rows. A rule is never changed:
 * what a root was given it keeps, or loses knowingly.
 */
#include "base/secret.h"
#include "handlers.h"
#include "store/store_cert_rule.h"
#include "vendor/cert_rule.h"

#define GRAMMAR \
    "\"FIELD=TEXT; FIELD=TEXT\", FIELD one of CN serialNumber O OU L ST C. Each must stand " \
    "exactly " \
    "once in the certificate and be TEXT as a whole, apart from {mac} (12 hexadecimal digits; " \
    "{mac-lower}, {mac-upper}: of this case only), {mac-uuid} (8-4-4-4-12 of them, the MAC " \
    "last), " \
    "{model} and {serial} (1 to 32 letters, digits, '-', '_'), and {none} as the whole TEXT (the " \
    "field must not stand at all). What is written twice must be the same twice."

static void check_name(struct api_call *call, const char *path, const json_t *value)
{
    if (!bk_cert_rule_is_name(api_json_text(value)))
        api_member_error(call, path, "want a-z, 0-9 and hyphens, a letter first");
}

static void check_maker(struct api_call *call, const char *path, const json_t *value)
{
    if (!bk_cert_rule_is_maker(api_json_text(value)))
        api_member_error(call, path, "want a-z, 0-9 and '_', a letter first");
}

static const struct api_field fields[] = {
    {.name = "name",
     .type = API_T_TEXT,
     .flags = API_REQUIRED | API_ON_CREATE,
     .min = 1,
     .max = BK_CERT_RULE_NAME_MAX,
     .check = check_name,
     .help = "By which trust roots name it: a-z, 0-9 and hyphens, a letter first; none of the "
             "built-in ones.",
     .example = "\"grandstream-own\""},
    {.name = "maker",
     .type = API_T_TEXT,
     .flags = API_REQUIRED | API_ON_CREATE,
     .min = 1,
     .max = BK_CERT_RULE_MAKER_MAX,
     .check = check_maker,
     .help = "Whose phones: the maker of their devices. It needs no driver.",
     .example = "\"grandstream\""},
    {.name = "subject",
     .type = API_T_TEXT,
     .flags = API_REQUIRED | API_ON_CREATE,
     .min = 1,
     .max = BK_CERT_RULE_SUBJECT_MAX,
     .help = "How the subject of such a certificate is: " GRAMMAR,
     .example = "\"CN={mac}; O=Example Ltd\""},
    {.name = "generic",
     .type = API_T_BOOL,
     .flags = API_ON_CREATE,
     .initial = "false",
     .help = "True: a form without a MAC that many phones share. It proves nothing, and refusals "
             "say so."},
    {.name = "source",
     .type = API_T_TEXT,
     .flags = API_ON_CREATE,
     .max = BK_CERT_RULE_SOURCE_MAX,
     .initial = "\"\"",
     .help = "Where the operator has it from, for people."},
    {.name = "created_at", .type = API_T_TIME, .flags = API_READ_ONLY, .help = "When it was made."},
    {0},
};

const struct api_resource api_res_cert_rules = {
    .name = "cert_rule",
    .schema = "CertRule",
    .plural = "issuer rules",
    .path = "/v1/cert-rules",
    .help = "An issuer rule of the operator's own: how a CA names its phones, and so what a "
            "certificate proves.",
    .table = "app.cert_rule",
    .id = "cert_rule_id",
    .fields = fields,
};

/* It never changes, so one version is enough. */
#define VERSION BK_STR("1")

/* clang-format off */
#define SHOWN_SQL \
    "select r.cert_rule_id, json_build_object('id', r.cert_rule_id, 'name', r.name," \
    " 'maker', r.maker, 'subject', r.subject, 'generic', r.is_generic, 'source', r.source," \
    " 'created_at', " API_TIME_SQL("r.created_at") ") from bk.cert_rules() as r "
/* clang-format on */

enum bk_err api_cert_rules_list(struct api_call *call)
{
    static const char *const names[] = {"limit", "cursor", NULL};
    static const char sql[] =
        SHOWN_SQL "where r.cert_rule_id > $1::bigint order by r.cert_rule_id limit $2::bigint";
    int64_t limit = 0, cursor = 0;
    struct bk_pg_rows *rows = NULL;
    enum bk_err err = api_query_only(call, names);
    if (err == BK_OK)
        err = api_page(call, &limit, &cursor);
    if (err != BK_OK)
        return err;
    const struct bk_pg_param params[] = {bk_store_int(&call->store, cursor),
                                         bk_store_int(&call->store, limit + 1)};
    err = bk_pgc_exec(call->store.pgc, sql, params, BK_COUNT(params), &rows, &call->detail);
    if (err != BK_OK)
        return err;
    int count = bk_pg_row_count(rows);
    json_t *items = json_array(), *next = NULL;
    for (int row = 0; err == BK_OK && row < count && row < (int)limit; row++) {
        json_t *item;
        err = api_json_load(call, bk_pg_text(rows, row, 1), &item);
        if (err == BK_OK)
            json_array_append(items, item);
    }
    if (count > (int)limit)
        next = json_sprintf("%lld", (long long)bk_pg_int(rows, (int)limit - 1, 0));
    call->reply.body =
        json_pack("{s:o, s:o}", "items", items, "next_cursor", next != NULL ? next : json_null());
    bk_pg_rows_free(rows);
    return err;
}

static enum bk_err read_rule(struct api_call *call, int64_t id, json_t **ret_object)
{
    static const char sql[] = SHOWN_SQL "where r.cert_rule_id = $1::bigint";
    const struct bk_pg_param params[] = {bk_store_int(&call->store, id)};
    struct bk_pg_rows *rows = NULL;
    enum bk_err err =
        bk_pgc_exec(call->store.pgc, sql, params, BK_COUNT(params), &rows, &call->detail);
    if (err == BK_OK && bk_pg_row_count(rows) == 0)
        err = BK_ERR_NOT_FOUND;
    if (err == BK_OK)
        err = api_json_load(call, bk_pg_text(rows, 0, 1), ret_object);
    bk_pg_rows_free(rows);
    return err;
}

static enum bk_err answer(struct api_call *call, int64_t id, int status)
{
    json_t *object;
    enum bk_err err = read_rule(call, id, &object);
    if (err != BK_OK)
        return err;
    call->reply.status = status;
    call->reply.body = json_incref(object);
    call->reply.etag = bk_arena_printf(call->arena, "\"%.*s\"", BK_STR_ARG(VERSION)).ptr;
    return BK_OK;
}

enum bk_err api_cert_rules_get(struct api_call *call)
{
    return answer(call, call->ids[0], 200);
}

/* The grammar, and that the name is no built-in rule's; faults are remembered. */
static void check_rule(struct api_call *call, const struct bk_cert_rule_text *text)
{
    struct bk_cert_rules none = {0};
    struct bk_cert_rule rule;
    BK_AUTO(bk_detail_wipe) struct bk_detail detail = {""};
    if (bk_cert_rule_parse(text, &rule, &detail) != BK_OK)
        api_member_error(call, "subject", "%s", detail.text);
    else if (bk_cert_rules_add(&none, &rule, &detail) != BK_OK)
        api_member_error(call, "name", "%s", detail.text);
    bk_cert_rules_free(&none);
}

enum bk_err api_cert_rules_create(struct api_call *call)
{
    static const char sql[] = "select bk.api_cert_rule_add($1::bigint, $2, $3, $4, $5::boolean, $6,"
                              " $7, $8::inet)";
    struct api_write write = {.resource = &api_res_cert_rules, .is_new = true};
    api_members_read(call, fields, "", call->input, true, &write);
    enum bk_err err = api_members_err(call);
    if (err != BK_OK)
        return err;
    const struct api_member *generic = api_member_find(&write, "generic");
    const struct bk_cert_rule_text text = {
        .name = api_member_text(&write, "name", BK_STR("")),
        .maker = api_member_text(&write, "maker", BK_STR("")),
        .subject = api_member_text(&write, "subject", BK_STR("")),
        .source = api_member_text(&write, "source", BK_STR("")),
        .is_generic = generic != NULL && json_is_true(generic->value),
    };
    check_rule(call, &text);
    err = api_members_err(call);
    if (err != BK_OK)
        return err;
    const struct bk_pg_param params[] = {
        bk_store_int(&call->store, call->scope.user_id),
        bk_store_text(text.name),
        bk_store_text(text.maker),
        bk_store_text(text.subject),
        bk_store_text(text.is_generic ? BK_STR("t") : BK_STR("f")),
        bk_store_text(text.source),
        bk_store_text(bk_str_of(call->request_id)),
        bk_store_text(bk_str_of(call->source)),
    };
    err =
        api_explain(call, bk_store_number(&call->store, sql, params, BK_COUNT(params), &write.id));
    if (err == BK_OK)
        err = answer(call, write.id, 201);
    if (err == BK_OK)
        call->reply.location =
            bk_arena_printf(call->arena, "/v1/cert-rules/%lld", (long long)write.id).ptr;
    return err;
}

enum bk_err api_cert_rules_delete(struct api_call *call)
{
    static const char sql[] =
        "select bk.api_cert_rule_delete($1::bigint, $2::bigint, $3, $4::inet)";
    const struct bk_pg_param params[] = {
        bk_store_int(&call->store, call->scope.user_id),
        bk_store_int(&call->store, call->ids[0]),
        bk_store_text(bk_str_of(call->request_id)),
        bk_store_text(bk_str_of(call->source)),
    };
    struct bk_str refusal;
    json_t *before;
    enum bk_err err = read_rule(call, call->ids[0], &before);
    if (err == BK_OK)
        err = api_if_match(call, VERSION);
    if (err == BK_OK)
        err = bk_store_one_text(&call->store, sql, params, BK_COUNT(params), &refusal);
    if (err == BK_OK && refusal.ptr == NULL)
        err = BK_ERR_NOT_FOUND;
    if (err != BK_OK)
        return err;
    if (refusal.len > 0)
        return api_refuse(call, BK_ERR_EXISTS, "in-use", "%.*s", BK_STR_ARG(refusal));
    call->reply.status = 204;
    return BK_OK;
}
