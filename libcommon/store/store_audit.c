/*
 * One row of an audit chain.
 */
#include "store/store_audit.h"

enum bk_err bk_store_audit_append(const struct bk_store *store, const struct bk_store_audit *audit)
{
    static const char sql[] =
        "select bk.operator_audit_append(nullif($1::bigint, 0), $2, $3, $4, $5,"
        "                                '', null, $6::jsonb)";
    const struct bk_pg_param params[] = {
        bk_store_int(store, audit->tenant_id), bk_store_text(audit->actor),
        bk_store_text(audit->action),          bk_store_text(audit->kind),
        bk_store_text(audit->object_id),       bk_store_text(audit->payload_json),
    };
    return bk_store_run(store, sql, params, BK_COUNT(params), NULL);
}
