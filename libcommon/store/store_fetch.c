/*
 * SQL of a fetch and of the trust roots; row mapping. Nothing else.
 */
#include "store/store_fetch.h"

#include <stdio.h>
#include <string.h>

enum {
    STATEMENT_FETCH,
    STATEMENT_ENROL,
    STATEMENT_ENROL_DIGEST,
    STATEMENT_ENROL_RENEW,
    STATEMENT_TRUST,
    STATEMENT_TRUST_VERSION,
    STATEMENT_CERT_RULES
};

#define FETCH_COLUMNS \
    "verdict, tenant_id, device_id, other_tenant_id, data_key, vendor, model, revision, config, " \
    "has_open_job, fetched_at_us"

const struct bk_pg_statement bk_store_fetch_statements[] = {
    [STATEMENT_FETCH] = {"fetch",
                         "select " FETCH_COLUMNS
                         " from bk.device_fetch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                         11},
    [STATEMENT_ENROL] = {"enrol",
                         "select verdict, tenant_id, device_id, null, data_key, vendor, model, "
                         "revision, config, has_open_job, fetched_at_us, mac, method, secret "
                         "from bk.enrol_fetch($1, $2, $3, $4, $5, $6, $7, $8)",
                         8},
    [STATEMENT_ENROL_DIGEST] = {"enrol_digest",
                                "select tenant_id, device_id, data_key, secret "
                                "from bk.enrol_digest($1, $2)",
                                2},
    [STATEMENT_ENROL_RENEW] = {"enrol_renew",
                               "select bk.enrolment_renew($1, $2, $3, $4, $5, $6, $7, $8)", 8},
    [STATEMENT_TRUST] =
        {"trust",
         "select root_id, coalesce(tenant_id, 0), maker, "
         "array_to_string(rules, ' '), certificate, is_legacy from bk.trust_roots()",
         0},
    [STATEMENT_TRUST_VERSION] = {"trust_version",
                                 "select bk.trust_roots_version(), bk.schema_version()", 0},
    [STATEMENT_CERT_RULES] = {"cert_rules",
                              "select name, maker, subject, is_generic from bk.cert_rules()", 0},
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
        text_param(query->model.ptr != NULL ? query->model : BK_STR("")),
        text_param(query->serial.ptr != NULL ? query->serial : BK_STR("")),
        text_param(bk_str_of(query->source)),
        text_param(query->is_legacy ? BK_STR("t") : BK_STR("f")),
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

/* --- phones without a certificate --- */

static struct bk_pg_param bytes_param(const uint8_t *bytes, size_t len)
{
    return (struct bk_pg_param){.text = {(const char *)bytes, len}, .is_binary = true};
}

/* "{a,b}": names of makers and kinds need no quotes. */
static void print_names(char *ret_text, size_t size, const struct bk_enrol_query *query,
                        bool is_kinds)
{
    size_t len = (size_t)snprintf(ret_text, size, "{");
    for (size_t i = 0; i < query->reading_count && len < size; i++)
        len += (size_t)snprintf(ret_text + len, size - len, "%s%s", i > 0 ? "," : "",
                                is_kinds ? query->readings[i].kind : query->readings[i].maker);
    if (len < size)
        snprintf(ret_text + len, size - len, "}");
}

enum bk_err bk_store_enrol_start(struct bk_pg *pg, const struct bk_enrol_query *query,
                                 bk_pg_done_fn *on_done, void *ctx, struct bk_pg_query **ret_query)
{
    char claimed_mac[BK_MAC_TEXT_SIZE], makers[1200], kinds[1200]; /* 32 names of 32 letters */
    bk_mac_print(&query->claimed_mac, &claimed_mac);
    print_names(makers, sizeof makers, query, false);
    print_names(kinds, sizeof kinds, query, true);
    struct bk_pg_param none = text_param(BK_STR_NONE);
    const struct bk_pg_param params[] = {
        text_param(query->tenant_key),
        text_param(bk_str_of(query->proof)),
        query->has_secret_hash ? bytes_param(query->secret_hash, sizeof query->secret_hash) : none,
        query->has_claimed_mac ? text_param(bk_str_of(claimed_mac)) : none,
        text_param(bk_str_of(makers)),
        text_param(bk_str_of(kinds)),
        text_param(query->model.ptr != NULL ? query->model : BK_STR("")),
        text_param(bk_str_of(query->source)),
    };
    return bk_pg_submit(pg, STATEMENT_ENROL, params, on_done, ctx, ret_query);
}

/* column: a sealed value that may be NULL. */
static enum bk_err take_sealed(const struct bk_pg_rows *rows, int column, uint8_t *ret_bytes,
                               size_t size, size_t *ret_len)
{
    *ret_len = 0;
    return bk_pg_is_null(rows, 0, column) ? BK_OK
                                          : bk_pg_bytes(rows, 0, column, ret_bytes, size, ret_len);
}

enum bk_err bk_store_enrol_row(const struct bk_pg_rows *rows, struct bk_enrol_row *ret_row)
{
    struct bk_enrol_row row = {.method = bk_pg_text(rows, 0, 12)};
    row.has_mac = bk_mac_parse(bk_pg_text(rows, 0, 11), &row.mac) == BK_OK;
    enum bk_err err = take_sealed(rows, 13, row.secret, sizeof row.secret, &row.secret_len);
    if (err == BK_OK)
        *ret_row = row;
    return err;
}

enum bk_err bk_store_enrol_digest_start(struct bk_pg *pg, struct bk_str tenant_key,
                                        const struct bk_mac *user, bk_pg_done_fn *on_done,
                                        void *ctx, struct bk_pg_query **ret_query)
{
    char mac[BK_MAC_TEXT_SIZE];
    bk_mac_print(user, &mac);
    const struct bk_pg_param params[] = {text_param(tenant_key), text_param(bk_str_of(mac))};
    return bk_pg_submit(pg, STATEMENT_ENROL_DIGEST, params, on_done, ctx, ret_query);
}

enum bk_err bk_store_enrol_digest_row(const struct bk_pg_rows *rows, struct bk_fetch_row *ret_fetch,
                                      struct bk_enrol_row *ret_enrol)
{
    if (bk_pg_row_count(rows) != 1)
        return BK_ERR_INTERNAL;
    ret_fetch->tenant_id = bk_pg_int(rows, 0, 0);
    ret_fetch->device_id = bk_pg_int(rows, 0, 1);
    enum bk_err err = take_sealed(rows, 2, ret_fetch->data_key, sizeof ret_fetch->data_key,
                                  &ret_fetch->data_key_len);
    if (err == BK_OK)
        err = take_sealed(rows, 3, ret_enrol->secret, sizeof ret_enrol->secret,
                          &ret_enrol->secret_len);
    return err;
}

enum bk_err bk_store_enrol_renew_start(struct bk_pg *pg, const struct bk_enrol_renewal *renewal,
                                       bk_pg_done_fn *on_done, void *ctx,
                                       struct bk_pg_query **ret_query)
{
    char tenant_id[24], device_id[24];
    snprintf(tenant_id, sizeof tenant_id, "%lld", (long long)renewal->tenant_id);
    snprintf(device_id, sizeof device_id, "%lld", (long long)renewal->device_id);
    const struct bk_pg_param params[] = {
        text_param(bk_str_of(tenant_id)),
        text_param(bk_str_of(device_id)),
        text_param(renewal->method),
        renewal->former_len > 0 ? bytes_param(renewal->former, renewal->former_len)
                                : text_param(BK_STR_NONE),
        bytes_param(renewal->secret_hash, sizeof renewal->secret_hash),
        bytes_param(renewal->sealed, renewal->sealed_len),
        bytes_param(renewal->data_key, renewal->data_key_len),
        text_param(bk_str_of(renewal->source)),
    };
    return bk_pg_submit(pg, STATEMENT_ENROL_RENEW, params, on_done, ctx, ret_query);
}

/* --- trust roots --- */

enum bk_err bk_store_trust_start(struct bk_pg *pg, bk_pg_done_fn *on_done, void *ctx)
{
    return bk_pg_submit(pg, STATEMENT_TRUST, NULL, on_done, ctx, NULL);
}

enum bk_err bk_store_trust_version_start(struct bk_pg *pg, bk_pg_done_fn *on_done, void *ctx)
{
    return bk_pg_submit(pg, STATEMENT_TRUST_VERSION, NULL, on_done, ctx, NULL);
}

enum bk_err bk_store_cert_rules_start(struct bk_pg *pg, bk_pg_done_fn *on_done, void *ctx)
{
    return bk_pg_submit(pg, STATEMENT_CERT_RULES, NULL, on_done, ctx, NULL);
}

enum bk_err bk_store_trust_row(const struct bk_pg_rows *rows, int row,
                               struct bk_trust_root *ret_root, uint8_t *ret_der,
                               size_t *ret_der_len)
{
    struct bk_trust_root root = {
        .root_id = bk_pg_int(rows, row, 0),
        .tenant_id = bk_pg_int(rows, row, 1),
        .is_legacy = bk_str_eq(bk_pg_text(rows, row, 5), BK_STR("t")),
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
