/*
 * SQL of a fetch and of the trust roots; row mapping. Nothing else.
 */
#include "store/store_fetch.h"

#include <stdio.h>
#include <string.h>

enum { STATEMENT_FETCH, STATEMENT_TRUST, STATEMENT_TRUST_VERSION };

const struct bk_pg_statement bk_store_fetch_statements[] = {
    [STATEMENT_FETCH] = {"fetch",
                         "select verdict, tenant_id, device_id, other_tenant_id, data_key, vendor, "
                         "model, revision, config, has_open_job, fetched_at_us "
                         "from bk.device_fetch($1, $2, $3, $4, $5, $6, $7)",
                         7},
    [STATEMENT_TRUST] = {"trust",
                         "select root_id, coalesce(tenant_id, 0), maker, "
                         "array_to_string(rules, ' '), certificate from bk.trust_roots()",
                         0},
    [STATEMENT_TRUST_VERSION] = {"trust_version",
                                 "select bk.trust_roots_version(), bk.schema_version()", 0},
    {NULL, NULL, 0},
};

static struct bk_pg_param text_param(struct bk_str text)
{
    return (struct bk_pg_param){.text = text};
}

enum bk_err bk_store_fetch_start(struct bk_pg *pg, const struct bk_fetch_query *query,
                                 bk_pg_done_fn *on_done, void *ctx, struct bk_pg_query **ret_query)
{
    char mac[BK_MAC_TEXT_SIZE], claimed_mac[BK_MAC_TEXT_SIZE];
    char root_ids[BK_TLS_VOUCHER_MAX * 21 + 3] = "{";
    bk_mac_print(&query->mac, &mac);
    bk_mac_print(&query->claimed_mac, &claimed_mac);
    size_t len = 1;
    for (size_t i = 0; i < query->root_count; i++)
        len += (size_t)snprintf(root_ids + len, sizeof root_ids - len, "%s%lld", i > 0 ? "," : "",
                                (long long)query->root_ids[i]);
    snprintf(root_ids + len, sizeof root_ids - len, "}");
    struct bk_str none = BK_STR_NONE;
    const struct bk_pg_param params[] = {
        text_param(query->tenant_key),
        text_param(query->has_identity ? bk_str_of(mac) : none),
        text_param(query->has_claimed_mac ? bk_str_of(claimed_mac) : none),
        text_param(query->has_identity ? bk_str_of(query->maker) : none),
        text_param(bk_str_of(root_ids)),
        {.text = {(const char *)query->fingerprint, BK_SHA256_SIZE}, .is_binary = true},
        text_param(query->kind != NULL ? bk_str_of(query->kind) : none),
    };
    return bk_pg_submit(pg, STATEMENT_FETCH, params, on_done, ctx, ret_query);
}

enum bk_err bk_store_fetch_row(const struct bk_pg_rows *rows, struct bk_fetch_row *ret_row)
{
    if (bk_pg_row_count(rows) != 1)
        return BK_ERR_INTERNAL;
    struct bk_fetch_row row = {
        .verdict = bk_pg_text(rows, 0, 0),
        .tenant_id = bk_pg_int(rows, 0, 1),
        .device_id = bk_pg_int(rows, 0, 2),
        .other_tenant_id = bk_pg_int(rows, 0, 3),
        .vendor = bk_pg_text(rows, 0, 5),
        .model = bk_pg_text(rows, 0, 6),
        .revision = bk_pg_int(rows, 0, 7),
        .config = bk_pg_text(rows, 0, 8),
        .has_open_job = bk_str_eq(bk_pg_text(rows, 0, 9), BK_STR("t")),
        .fetched_at_us = bk_pg_int(rows, 0, 10),
    };
    if (!bk_pg_is_null(rows, 0, 4)) {
        enum bk_err err =
            bk_pg_bytes(rows, 0, 4, row.data_key, sizeof row.data_key, &row.data_key_len);
        if (err != BK_OK)
            return err;
    }
    *ret_row = row;
    return BK_OK;
}

enum bk_err bk_store_trust_start(struct bk_pg *pg, bk_pg_done_fn *on_done, void *ctx)
{
    return bk_pg_submit(pg, STATEMENT_TRUST, NULL, on_done, ctx, NULL);
}

enum bk_err bk_store_trust_version_start(struct bk_pg *pg, bk_pg_done_fn *on_done, void *ctx)
{
    return bk_pg_submit(pg, STATEMENT_TRUST_VERSION, NULL, on_done, ctx, NULL);
}

enum bk_err bk_store_trust_row(const struct bk_pg_rows *rows, int row,
                               struct bk_trust_root *ret_root, uint8_t *ret_der,
                               size_t *ret_der_len)
{
    struct bk_trust_root root = {
        .root_id = bk_pg_int(rows, row, 0),
        .tenant_id = bk_pg_int(rows, row, 1),
    };
    struct bk_str maker = bk_pg_text(rows, row, 2), rules = bk_pg_text(rows, row, 3);
    if (maker.len >= sizeof root.maker || rules.len >= sizeof root.rules)
        return BK_ERR_TOO_LARGE;
    memcpy(root.maker, maker.ptr, maker.len);
    memcpy(root.rules, rules.ptr, rules.len);
    enum bk_err err = bk_pg_bytes(rows, row, 4, ret_der, BK_TRUST_DER_MAX, ret_der_len);
    if (err == BK_OK)
        *ret_root = root;
    return err;
}
