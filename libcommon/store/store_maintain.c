/*
 * SQL of upkeep. Nothing else.
 */
#include "store/store_maintain.h"

enum bk_err bk_store_maintain(const struct bk_store *store, struct bk_str *ret_json)
{
    return bk_store_one_text(
        store, "select coalesce(jsonb_agg(to_jsonb(m)), '[]') from bk.maintain() as m", NULL, 0,
        ret_json);
}

enum bk_err bk_store_changes_apply(const struct bk_store *store, int64_t *ret_count)
{
    return bk_store_number(store, "select bk.changes_apply(1000)", NULL, 0, ret_count);
}
