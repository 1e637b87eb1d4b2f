/*
 * Questions about the database itself.
 */
#include "store/store_check.h"

enum bk_err bk_store_check_server(const struct bk_store *store, int64_t *ret_number,
                                  struct bk_str *ret_version)
{
    enum bk_err err =
        bk_store_number(store, "select current_setting('server_version_num')", NULL, 0, ret_number);
    if (err == BK_OK)
        err = bk_store_one_text(store, "select current_setting('server_version')", NULL, 0,
                                ret_version);
    return err;
}

enum bk_err bk_store_check_schema_version(const struct bk_store *store, int64_t *ret_version)
{
    return bk_store_number(store, "select bk.schema_version()", NULL, 0, ret_version);
}

enum bk_err bk_store_check_clock(const struct bk_store *store, int64_t *ret_wall_ms)
{
    return bk_store_number(store, "select (extract(epoch from clock_timestamp()) * 1000)::bigint",
                           NULL, 0, ret_wall_ms);
}

enum bk_err bk_store_check_days_ahead(const struct bk_store *store, int64_t *ret_days)
{
    /* Partitions are called visit_YYYYMMDD (migrations/0019_maintain.sql). */
    static const char sql[] =
        "select count(*) from pg_inherits as i join pg_class as c on c.oid = i.inhrelid"
        " where i.inhparent = 'app.visit'::regclass"
        "   and c.relname > 'visit_' || to_char(now() at time zone 'UTC', 'YYYYMMDD')"
        "   and c.relname ~ '^visit_[0-9]{8}$'";
    return bk_store_number(store, sql, NULL, 0, ret_days);
}
