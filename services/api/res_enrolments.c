/*
 * Enrolment: how a phone without a usable certificate is let in. A one-time URL is drawn here and
 * shown in one answer; so is the steady secret, which nobody is shown but the phone. What is kept
 * of the first is its hash; of the second its hash, and itself sealed under the tenant's key.
 */
#include "base/secret.h"
#include "handlers.h"
#include "model/enrol.h"
#include "parts.h"

#define METHODS "url basic digest" /* in the order of enum bk_enrol_secret */
enum { HOURS_MAX = 720 };

/* clang-format off */
#define SHOWN_FIELDS \
    {.name = "device_id", .type = API_T_REF, .flags = API_READ_ONLY, .help = "Of which device."}, \
    {.name = "state", .type = API_T_WORD, .flags = API_READ_ONLY, \
     .words = "armed started done expired", \
     .help = "armed: waits for the phone. started: it has been told its own secret. done: it has " \
             "used that, and the one-time URL is locked. expired: it did not come in time; arm it " \
             "again."}, \
    {.name = "method", .type = API_T_WORD, .flags = API_READ_ONLY, .words = METHODS, \
     .help = "How it shows its own secret."}, \
    {.name = "has_token", .type = API_T_BOOL, .flags = API_READ_ONLY, \
     .help = "It begins with a one-time URL; false: from an address of its site."}, \
    {.name = "valid_until", .type = API_T_TIME, .flags = API_READ_ONLY, \
     .help = "Until when it may begin."}, \
    {.name = "token_used_at", .type = API_T_TIME, .flags = API_READ_ONLY | API_NULL, \
     .help = "When it began."}, \
    {.name = "token_source", .type = API_T_TEXT, .flags = API_READ_ONLY | API_NULL, .max = 64, \
     .help = "The address it began from, and may repeat it from."}, \
    {.name = "secret_used_at", .type = API_T_TIME, .flags = API_READ_ONLY | API_NULL, \
     .help = "When it first used its own secret."}, \
    {.name = "failed_count", .type = API_T_INT, .flags = API_READ_ONLY, \
     .help = "How often its URL or secret was used to ask for another phone."}, \
    {.name = "created_at", .type = API_T_TIME, .flags = API_READ_ONLY, \
     .help = "When it was armed."}
/* clang-format on */

static const struct api_field shown_fields[] = {SHOWN_FIELDS, {0}};
static const struct api_field armed_fields[] = {
    SHOWN_FIELDS,
    {.name = "url",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY,
     .help = "What the phone is pointed to, by a redirect service or DHCP option 66. One that "
             "holds a token is shown in this answer and never again."},
    {0},
};

/* clang-format off */
#define SHOWN_SQL \
    "json_build_object('device_id', e.device_id," \
    " 'state', case when e.secret_used_at is not null then 'done'" \
    "               when e.token_used_at is not null then 'started'" \
    "               when e.valid_until < now() then 'expired' else 'armed' end," \
    " 'method', e.method, 'has_token', e.token_hash is not null," \
    " 'valid_until', " API_TIME_SQL("e.valid_until") "," \
    " 'token_used_at', " API_TIME_SQL("e.token_used_at") "," \
    " 'token_source', host(e.token_source)," \
    " 'secret_used_at', " API_TIME_SQL("e.secret_used_at") "," \
    " 'failed_count', e.failed_count, 'created_at', " API_TIME_SQL("e.created_at") ")"
/* clang-format on */

static enum bk_err answer(struct api_call *call, int status)
{
    static const char sql[] =
        "select " SHOWN_SQL " from app.enrolment as e"
        " where e.tenant_id = app.current_tenant_id() and e.device_id = $1::bigint";
    const struct bk_pg_param params[] = {bk_store_int(&call->store, call->ids[0])};
    call->reply.status = status;
    return api_parts_answer(call, sql, params, BK_COUNT(params), false);
}

enum bk_err api_enrolments_get(struct api_call *call)
{
    return answer(call, 200);
}

const struct api_doc api_doc_enrolments_get = {
    .summary = "How far a device's enrolment is",
    .help = "404 when it has none. The ETag is the device's.",
    .schema = "Enrolment",
    .answer = shown_fields,
    .is_part = true,
    .statuses = "200 404",
};

/* ---- arming ---- */

static const struct api_field arm_fields[] = {
    {.name = "method",
     .type = API_T_WORD,
     .words = METHODS,
     .initial = "null",
     .help = "How the phone shows its own secret; null: enrolment_secret of its policy. What its "
             "maker's phones cannot do is refused.",
     .example = "\"url\""},
    {.name = "hours",
     .type = API_T_INT,
     .min = 1,
     .max = HOURS_MAX,
     .initial = "null",
     .help = "How long it may begin; null: enrolment_hours of its policy.",
     .example = "24"},
    {0},
};

/* What stands fast before secrets are drawn. Texts are of the arena. */
struct arming {
    struct bk_str method;
    struct bk_str tenant_key;
    bool has_token;
};

/* What the device's policy says, and the key that is in the tenant's URLs from now on. */
static enum bk_err read_arming(struct api_call *call, const struct api_device *device,
                               const struct api_write *write, struct arming *ret_arming)
{
    static const char sql[] =
        "select p ->> 'enrolment_secret', p ->> 'enrolment', coalesce((select k.tenant_key"
        "  from app.tenant_key as k where k.tenant_id = app.current_tenant_id()"
        "   and (k.valid_until is null or k.valid_until > now())"
        " order by k.valid_until desc nulls first, k.created_at desc, k.tenant_key limit 1), '')"
        "  from app.policy_of(app.current_tenant_id(), $1::bigint) as p";
    const struct bk_pg_param params[] = {bk_store_int(&call->store, device->id)};
    struct bk_pg_rows *rows = NULL;
    enum bk_err err =
        bk_pgc_exec(call->store.pgc, sql, params, BK_COUNT(params), &rows, &call->detail);
    if (err != BK_OK)
        return err;
    struct bk_str method = api_member_text(write, "method", bk_pg_text(rows, 0, 0));
    ret_arming->method = bk_arena_str(call->arena, method);
    ret_arming->has_token = !bk_str_eq(bk_pg_text(rows, 0, 1), BK_STR("address"));
    ret_arming->tenant_key = bk_arena_str(call->arena, bk_pg_text(rows, 0, 2));
    bk_pg_rows_free(rows);
    return BK_OK;
}

/* Can the maker's phones be told to do so? */
static void check_method(struct api_call *call, const struct bk_vendor *vendor,
                         struct bk_str method)
{
    struct bk_str rest = BK_STR(METHODS), can = BK_STR("");
    for (unsigned bit = 1; rest.len > 0; bit <<= 1) {
        struct bk_str word = bk_str_cut(&rest, ' ');
        if ((vendor->enrol_secrets & bit) == 0)
            continue;
        if (bk_str_eq(word, method))
            return;
        can = bk_arena_printf(call->arena, "%.*s %.*s", BK_STR_ARG(can), BK_STR_ARG(word));
    }
    api_member_error(call, "method", "phones of %s cannot enrol by %.*s; they can by:%.*s",
                     vendor->name, BK_STR_ARG(method),
                     BK_STR_ARG(can.len > 0 ? can : BK_STR(" nothing")));
}

static enum bk_err judge(struct api_call *call, const struct api_device *device,
                         const struct api_write *write, struct arming *ret_arming)
{
    enum bk_err err = api_members_err(call);
    if (err == BK_OK)
        err = read_arming(call, device, write, ret_arming);
    if (err != BK_OK)
        return err;
    check_method(call, bk_vendor_find(device->vendor), ret_arming->method);
    if (api_members_err(call) != BK_OK)
        return BK_ERR_INVALID;
    if (api_enrolment_url(call).len == 0)
        return api_refuse(call, BK_ERR_EXISTS, "no-enrolment",
                          "this installation has no listener for phones without a certificate; its "
                          "operator sets one up, and enrolment_url");
    if (ret_arming->tenant_key.len == 0)
        return api_refuse(call, BK_ERR_EXISTS, "no-enrolment",
                          "the tenant has no key for provisioning URLs");
    return BK_OK;
}

/* Token and steady secret while they are in the clear; wiped by who has them. */
struct secrets {
    char token[BK_ENROL_TEXT_LEN + 1], steady[BK_ENROL_TEXT_LEN + 1];
};

static enum bk_err arm(struct api_call *call, const struct api_device *device,
                       const struct arming *arming, int64_t hours, const struct secrets *secrets)
{
    static const char sql[] = "select refusal from bk.enrolment_arm($1::bigint, $2, $3::bytea, $4,"
                              " $5::bytea, $6::bytea, $7::integer)";
    uint8_t token_hash[32], steady_hash[32];
    struct bk_str sealed, refusal;
    bk_sha256(bk_str_of(secrets->token), &token_hash);
    bk_sha256(bk_str_of(secrets->steady), &steady_hash);
    enum bk_err err =
        api_seal(call, "enrolment.secret", device->id, bk_str_of(secrets->steady), &sealed);
    if (err != BK_OK)
        return err;
    const struct bk_str hash = {(const char *)token_hash, sizeof token_hash};
    const struct bk_pg_param params[] = {
        bk_store_int(&call->store, device->id),
        bk_store_text(arming->method),
        bk_store_bytes(arming->has_token ? hash : BK_STR_NONE),
        bk_store_text(device->mac),
        bk_store_bytes((struct bk_str){(const char *)steady_hash, sizeof steady_hash}),
        bk_store_bytes(sealed),
        hours == 0 ? bk_store_text(BK_STR_NONE) : bk_store_int(&call->store, hours)};
    err = bk_store_one_text(&call->store, sql, params, BK_COUNT(params), &refusal);
    if (err == BK_OK && refusal.len > 0)
        err = api_refuse(call, BK_ERR_EXISTS, "device-refused", "%.*s", BK_STR_ARG(refusal));
    return err;
}

/* Where it begins: docs/architecture.md tells what each path proves. */
static void show_url(struct api_call *call, const struct arming *arming,
                     const struct secrets *secrets)
{
    json_t *url = json_sprintf("%.*s/%.*s/%s%s/", BK_STR_ARG(api_enrolment_url(call)),
                               BK_STR_ARG(arming->tenant_key), arming->has_token ? "e-" : "a",
                               arming->has_token ? secrets->token : "");
    json_object_set_new(call->reply.body, "url", url);
    call->reply.is_shown_once = arming->has_token;
}

enum bk_err api_enrolments_arm(struct api_call *call)
{
    struct api_write write = {.resource = &api_res_devices, .is_new = true};
    struct api_device device;
    struct arming arming = {0};
    struct secrets secrets;
    enum bk_err err = api_device_open(call, true, &device);
    if (err != BK_OK)
        return err;
    api_members_read(call, arm_fields, "", call->input, true, &write);
    err = judge(call, &device, &write, &arming);
    if (err != BK_OK)
        return err;
    bk_random_text(secrets.token, BK_ENROL_TEXT_LEN, BK_ENROL_ALPHABET);
    bk_random_text(secrets.steady, BK_ENROL_TEXT_LEN, BK_ENROL_ALPHABET);
    err = arm(call, &device, &arming, api_member_int(&write, "hours", 0), &secrets);
    if (err == BK_OK)
        err = answer(call, 201);
    if (err == BK_OK)
        show_url(call, &arming, &secrets);
    bk_wipe(&secrets, sizeof secrets);
    if (err == BK_OK)
        err = api_audit(call, "enrolment.arm", "device", device.id,
                        json_pack("{s:s%, s:b}", "method", arming.method.ptr, arming.method.len,
                                  "has_token", arming.has_token));
    return err;
}

const struct api_doc api_doc_enrolments_arm = {
    .summary = "Let a phone without a usable certificate begin",
    .help = "What it had before ends: a phone that is enrolled begins again. The policy of tenant "
            "or profile must allow it: 409 when it does not, when the device is neither claimed "
            "nor bound, or when this installation has no such listener. An Idempotency-Key that "
            "was used is answered 409: the URL is shown once.",
    .schema = "EnrolmentArmed",
    .answer = armed_fields,
    .request = arm_fields,
    .is_part = true,
    .statuses = "201 404 409 412 422",
};

/* ---- disarming ---- */

enum bk_err api_enrolments_delete(struct api_call *call)
{
    struct api_device device;
    struct bk_str refusal;
    const struct bk_pg_param params[] = {bk_store_int(&call->store, call->ids[0])};
    enum bk_err err = api_device_open(call, true, &device);
    if (err == BK_OK)
        err = bk_store_one_text(&call->store, "select bk.enrolment_disarm($1::bigint)", params,
                                BK_COUNT(params), &refusal);
    if (err == BK_OK && refusal.len > 0)
        err = BK_ERR_NOT_FOUND; /* it has none */
    if (err == BK_OK)
        err = api_audit(call, "enrolment.disarm", "device", device.id, json_object());
    call->reply.status = 204;
    return err;
}

const struct api_doc api_doc_enrolments_delete = {
    .summary = "End a device's enrolment",
    .help = "Its one-time URL and its own secret prove nothing any more. 404 when it has none.",
    .statuses = "204 404 412",
};
