/*
 * SQL of bans for operators.
 */
#include "store/store_ban_list.h"

#define TIME_SQL(column) "to_char(" column " at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"

enum bk_err bk_store_ban_list(const struct bk_store *store, bool all, int64_t limit,
                              struct bk_str *ret_json)
{
    /* clang-format off */
    static const char sql[] =
        "select coalesce(jsonb_agg(jsonb_build_object('ban_id', b.ban_id,"
        "           'network', b.network::inet, 'reason', b.reason, 'seen', b.seen,"
        "           'spares_good', b.spares_good, 'banned_by', b.banned_by,"
        "           'banned_at', " TIME_SQL("b.banned_at") ", 'until', " TIME_SQL("b.until") ","
        "           'lifted_at', " TIME_SQL("b.lifted_at") ", 'lifted_by', b.lifted_by,"
        "           'is_in_force', b.is_in_force) order by b.ban_id desc), '[]')"
        "  from bk.operator_ban_list($1::boolean, null, $2::integer) as b";
    /* clang-format on */
    const struct bk_pg_param params[] = {bk_store_text(all ? BK_STR("true") : BK_STR("false")),
                                         bk_store_int(store, limit)};
    return bk_store_one_text(store, sql, params, BK_COUNT(params), ret_json);
}

enum bk_err bk_store_ban_add(const struct bk_store *store, const struct bk_store_ban_new *ban,
                             int64_t *ret_ban_id, int64_t *ret_good_count)
{
    static const char sql[] = "select ban_id, good_count from bk.operator_ban_add($1::cidr, $2,"
                              " $3::integer, $4::boolean, $5)";
    const struct bk_pg_param params[] = {
        bk_store_text(ban->network), bk_store_text(ban->reason), bk_store_int(store, ban->seconds),
        bk_store_text(ban->spares_good ? BK_STR("true") : BK_STR("false")),
        bk_store_text(ban->actor)};
    struct bk_pg_rows *rows = NULL;
    enum bk_err err = bk_pgc_exec(store->pgc, sql, params, BK_COUNT(params), &rows, store->detail);
    if (err != BK_OK)
        return err;
    *ret_ban_id = bk_pg_int(rows, 0, 0);
    *ret_good_count = bk_pg_int(rows, 0, 1);
    bk_pg_rows_free(rows);
    return BK_OK;
}

enum bk_err bk_store_ban_lift(const struct bk_store *store, struct bk_str network,
                              struct bk_str actor, int64_t *ret_ban_id)
{
    static const char sql[] = "select coalesce(bk.operator_ban_lift($1::cidr, null, $2), 0)";
    const struct bk_pg_param params[] = {bk_store_text(network), bk_store_text(actor)};
    return bk_store_number(store, sql, params, BK_COUNT(params), ret_ban_id);
}
