/*
 * Quarantine, enrolment, policies, blocked certificates: SQL text and row mapping.
 */
#include "store/store_identity.h"

#define TIME_SQL(column) "to_char(" column " at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"

/* "" is yes; else why not. */
static enum bk_err refusal_of(const struct bk_store *store, struct bk_str refusal)
{
    if (refusal.len == 0)
        return BK_OK;
    bk_detail_set(store->detail, "%.*s", BK_STR_ARG(refusal));
    return BK_ERR_DENIED;
}

/* ---- quarantine ---- */

static enum bk_err decide(const struct bk_store *store, const char *sql, int64_t device_id,
                          struct bk_str actor)
{
    const struct bk_pg_param params[] = {bk_store_int(store, device_id), bk_store_text(actor)};
    struct bk_str refusal;
    enum bk_err err = bk_store_one_text(store, sql, params, BK_COUNT(params), &refusal);
    return err == BK_OK ? refusal_of(store, refusal) : err;
}

enum bk_err bk_store_device_accept(const struct bk_store *store, int64_t device_id,
                                   struct bk_str actor)
{
    return decide(store, "select bk.device_accept($1::bigint, $2)", device_id, actor);
}

enum bk_err bk_store_device_block(const struct bk_store *store, int64_t device_id,
                                  struct bk_str actor)
{
    return decide(store, "select bk.device_block($1::bigint, $2)", device_id, actor);
}

enum bk_err bk_store_anomaly_list(const struct bk_store *store, int64_t tenant_id,
                                  const struct bk_store_anomaly_filter *filter,
                                  struct bk_str *ret_json)
{
    static const char sql[] =
        "select coalesce(jsonb_agg(jsonb_build_object('anomaly_id', a.anomaly_id,"
        "           'mac', replace(a.mac::text, ':', ''), 'state', a.state, 'kind', a.kind,"
        "           'seen', a.seen, 'seen_count', a.seen_count,"
        "           'first_at', " TIME_SQL(
            "a.first_at") ","
                          "           'last_at', " TIME_SQL(
                              "a.last_at") ","
                                           "           'decision', a.decision, "
                                           "'decided_at', " TIME_SQL(
                                               "a.decided_at") ","
                                                               "           'decided_by', "
                                                               "a.decided_by) order by a.last_at "
                                                               "desc, a.anomaly_id desc), '[]')"
                                                               "  from (select a.*, d.mac, d.state "
                                                               "from app.anomaly as a"
                                                               "          join app.device as d on "
                                                               "d.tenant_id = a.tenant_id and "
                                                               "d.device_id = a.device_id"
                                                               "         where a.tenant_id = "
                                                               "$1::bigint and ($2::bigint = 0 or "
                                                               "a.device_id = $2::bigint)"
                                                               "           and ($3::boolean or "
                                                               "a.decision is null)"
                                                               "         order by a.last_at desc, "
                                                               "a.anomaly_id desc limit "
                                                               "$4::bigint) as a";
    const struct bk_pg_param params[] = {
        bk_store_int(store, tenant_id),
        bk_store_int(store, filter->device_id),
        bk_store_text(filter->with_decided ? BK_STR("t") : BK_STR("f")),
        bk_store_int(store, filter->limit),
    };
    return bk_store_one_text(store, sql, params, BK_COUNT(params), ret_json);
}

/* ---- windows and enrolment ---- */

/* One row: until when, and why not. */
static enum bk_err arm(const struct bk_store *store, const char *sql,
                       const struct bk_pg_param *params, size_t count, struct bk_str *ret_until)
{
    struct bk_pg_rows *rows = NULL;
    enum bk_err err = bk_pgc_exec(store->pgc, sql, params, count, &rows, store->detail);
    if (err == BK_OK)
        err = refusal_of(store, bk_pg_text(rows, 0, 1));
    if (err == BK_OK)
        *ret_until = bk_arena_str(store->arena, bk_pg_text(rows, 0, 0));
    bk_pg_rows_free(rows);
    return err;
}

enum bk_err bk_store_device_arm(const struct bk_store *store, int64_t device_id, int64_t hours,
                                struct bk_str *ret_until)
{
    static const char sql[] =
        "select " TIME_SQL("armed_until") ", refusal"
                                          " from bk.device_arm($1::bigint, nullif($2::integer, 0))";
    const struct bk_pg_param params[] = {bk_store_int(store, device_id),
                                         bk_store_int(store, hours)};
    return arm(store, sql, params, BK_COUNT(params), ret_until);
}

enum bk_err bk_store_enrolment_arm(const struct bk_store *store,
                                   const struct bk_store_enrolment *enrolment,
                                   struct bk_str *ret_until)
{
    static const char sql[] = "select " TIME_SQL(
        "valid_until") ", refusal"
                       " from bk.enrolment_arm($1::bigint, $2, $3::bytea, $4, $5::bytea,"
                       "                       $6::bytea, nullif($7::integer, 0))";
    const struct bk_pg_param params[] = {
        bk_store_int(store, enrolment->device_id), bk_store_text(enrolment->method),
        bk_store_bytes(enrolment->token_hash),     bk_store_text(enrolment->username),
        bk_store_bytes(enrolment->secret_hash),    bk_store_bytes(enrolment->sealed),
        bk_store_int(store, enrolment->hours),
    };
    return arm(store, sql, params, BK_COUNT(params), ret_until);
}

enum bk_err bk_store_enrolment_disarm(const struct bk_store *store, int64_t device_id)
{
    const struct bk_pg_param params[] = {bk_store_int(store, device_id)};
    struct bk_str refusal;
    enum bk_err err = bk_store_one_text(store, "select bk.enrolment_disarm($1::bigint)", params,
                                        BK_COUNT(params), &refusal);
    return err == BK_OK ? refusal_of(store, refusal) : err;
}

/* ---- policies ---- */

enum bk_err bk_store_device_vendor(const struct bk_store *store, int64_t tenant_id,
                                   int64_t device_id, struct bk_str *ret_vendor)
{
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id),
                                         bk_store_int(store, device_id)};
    return bk_store_one_text(
        store,
        "select vendor from app.device where tenant_id = $1::bigint and device_id = $2::bigint",
        params, BK_COUNT(params), ret_vendor);
}

enum bk_err bk_store_policy_of(const struct bk_store *store, int64_t tenant_id, int64_t device_id,
                               struct bk_str *ret_json)
{
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id),
                                         bk_store_int(store, device_id)};
    return bk_store_one_text(store, "select app.policy_of($1::bigint, $2::bigint)", params,
                             BK_COUNT(params), ret_json);
}

enum bk_err bk_store_policy_read(const struct bk_store *store, int64_t tenant_id,
                                 struct bk_str profile, struct bk_store_policy *ret_policy)
{
    static const char profile_sql[] = "select policy from app.profile"
                                      " where tenant_id = $1::bigint and name = $2"
                                      " for no key update";
    static const char tenant_sql[] = "select policy from app.tenant"
                                     " where tenant_id = $1::bigint for no key update";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_text(profile)};
    struct bk_store_policy policy = {.profile = BK_STR("{}")};
    enum bk_err err =
        bk_store_one_text(store, "select app.policy_default()", NULL, 0, &policy.defaults);
    if (err == BK_OK)
        err = bk_store_one_text(store, tenant_sql, params, 1, &policy.tenant);
    if (err == BK_OK && profile.ptr != NULL)
        err = bk_store_one_text(store, profile_sql, params, 2, &policy.profile);
    if (err == BK_OK)
        *ret_policy = policy;
    return err;
}

enum bk_err bk_store_policy_write(const struct bk_store *store, int64_t tenant_id,
                                  struct bk_str profile, struct bk_str json)
{
    static const char profile_sql[] = "update app.profile set policy = $2::jsonb"
                                      " where tenant_id = $1::bigint and name = $3 returning 1";
    static const char tenant_sql[] = "update app.tenant set policy = $2::jsonb"
                                     " where tenant_id = $1::bigint returning 1";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_text(json),
                                         bk_store_text(profile)};
    const bool is_profile = profile.ptr != NULL;
    int count = 0;
    enum bk_err err = bk_store_run(store, is_profile ? profile_sql : tenant_sql, params,
                                   is_profile ? 3 : 2, &count);
    return err == BK_OK && count != 1 ? BK_ERR_NOT_FOUND : err;
}

/* ---- blocked certificates ---- */

enum bk_err bk_store_certificate_block(const struct bk_store *store, int64_t tenant_id,
                                       struct bk_str fingerprint, struct bk_str note)
{
    static const char operator_sql[] =
        "select bk.operator_certificate_block(decode($2, 'hex'), $3) where $1::bigint = 0";
    static const char tenant_sql[] =
        "insert into app.blocked_certificate as b (tenant_id, fingerprint, note)"
        " values ($1::bigint, decode($2, 'hex'), $3)"
        " on conflict on constraint blocked_certificate_uq do update set note = excluded.note";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id), bk_store_text(fingerprint),
                                         bk_store_text(note)};
    return bk_store_run(store, tenant_id == 0 ? operator_sql : tenant_sql, params, BK_COUNT(params),
                        NULL);
}

enum bk_err bk_store_certificate_unblock(const struct bk_store *store, int64_t tenant_id,
                                         struct bk_str fingerprint)
{
    static const char operator_sql[] =
        "select 1 where $1::bigint = 0 and bk.operator_certificate_unblock(decode($2, 'hex'))";
    static const char tenant_sql[] =
        "delete from app.blocked_certificate as b"
        " where b.tenant_id = $1::bigint and b.fingerprint = decode($2, 'hex') returning 1";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id),
                                         bk_store_text(fingerprint)};
    int count = 0;
    enum bk_err err = bk_store_run(store, tenant_id == 0 ? operator_sql : tenant_sql, params,
                                   BK_COUNT(params), &count);
    return err == BK_OK && count == 0 ? BK_ERR_NOT_FOUND : err;
}

enum bk_err bk_store_certificate_list(const struct bk_store *store, int64_t tenant_id,
                                      struct bk_str *ret_json)
{
    static const char sql[] =
        "select coalesce(jsonb_agg(jsonb_build_object("
        "           'fingerprint', encode(b.fingerprint, 'hex'), 'scope', b.scope, 'note', b.note,"
        "           'created_at', " TIME_SQL(
            "b.created_at") ")"
                            "           order by b.created_at desc, b.blocked_id desc), '[]')"
                            "  from (select 'operator' as scope, blocked_id, fingerprint, note, "
                            "created_at"
                            "          from bk.operator_certificate_list()"
                            "        union all"
                            "        select 'tenant', blocked_id, fingerprint, note, created_at"
                            "          from app.blocked_certificate where tenant_id = "
                            "nullif($1::bigint, 0)) as b";
    const struct bk_pg_param params[] = {bk_store_int(store, tenant_id)};
    return bk_store_one_text(store, sql, params, BK_COUNT(params), ret_json);
}
