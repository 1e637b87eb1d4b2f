/*
 * SQL of uploads; row mapping. Nothing else.
 */
#include "store/store_upload.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/alloc.h"

enum { STATEMENT_PUT, STATEMENT_GET };
enum { NUMBER_SIZE = 24 };

const struct bk_pg_statement bk_store_upload_statements[] = {
    [STATEMENT_PUT] = {"upload_put",
                       "select bk.upload_put($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                       12},
    [STATEMENT_GET] = {"upload_get",
                       "select part_id, content_key, content from bk.upload_get($1, $2, $3)", 3},
    {NULL, NULL, 0},
};

static struct bk_pg_param number_param(char (*space)[NUMBER_SIZE], int64_t number)
{
    int len = snprintf(*space, sizeof *space, "%" PRId64, number);
    return (struct bk_pg_param){.text = {*space, (size_t)len}};
}

static struct bk_pg_param bytes_param(const void *bytes, size_t len)
{
    return (struct bk_pg_param){.text = {bytes, len}, .is_binary = true};
}

enum bk_err bk_store_upload_put_start(struct bk_pg *pg, const struct bk_upload_put *put,
                                      bk_pg_done_fn *on_done, void *ctx,
                                      struct bk_pg_query **ret_query)
{
    char numbers[6][NUMBER_SIZE];
    const struct bk_pg_param params[] = {
        number_param(&numbers[0], put->tenant_id),
        number_param(&numbers[1], put->device_id),
        bytes_param(put->data_key, put->data_key_len),
        {.text = put->name},
        {.text = bk_str_of(put->kind)},
        {.text = bk_str_of(put->source)},
        number_param(&numbers[2], put->part_id),
        number_param(&numbers[3], (int64_t)put->bytes),
        bytes_param(put->content_key, BK_UPLOAD_KEY_SEALED_BYTES),
        bytes_param(put->content.ptr, put->content.len),
        number_param(&numbers[4], put->per_hour_max),
        number_param(&numbers[5], put->device_bytes_max),
    };
    return bk_pg_submit(pg, STATEMENT_PUT, params, on_done, ctx, ret_query);
}

enum bk_err bk_store_upload_get_start(struct bk_pg *pg, int64_t tenant_id, int64_t device_id,
                                      struct bk_str name, bk_pg_done_fn *on_done, void *ctx,
                                      struct bk_pg_query **ret_query)
{
    char numbers[2][NUMBER_SIZE];
    const struct bk_pg_param params[] = {
        number_param(&numbers[0], tenant_id), number_param(&numbers[1], device_id), {.text = name}};
    return bk_pg_submit(pg, STATEMENT_GET, params, on_done, ctx, ret_query);
}

enum bk_err bk_store_upload_open(const struct bk_pg_rows *rows, const struct bk_key *data_key,
                                 int64_t tenant_id, struct bk_buf *out)
{
    enum bk_err err = bk_pg_row_count(rows) > 0 ? BK_OK : BK_ERR_NOT_FOUND;
    size_t size = BK_UPLOAD_MAX + BK_SEAL_OVERHEAD_BYTES, len = 0;
    uint8_t *content = err == BK_OK ? bk_alloc(size) : NULL;
    if (err == BK_OK && content == NULL)
        err = BK_ERR_NO_MEMORY;
    for (int row = 0; err == BK_OK && row < bk_pg_row_count(rows); row++) {
        uint8_t key[BK_UPLOAD_KEY_SEALED_BYTES];
        size_t key_len = 0;
        err = bk_pg_bytes(rows, row, 1, key, sizeof key, &key_len);
        if (err == BK_OK)
            err = bk_pg_bytes(rows, row, 2, content, size, &len);
        if (err == BK_OK)
            err = bk_upload_open(data_key, tenant_id, bk_pg_int(rows, row, 0),
                                 (struct bk_str){(const char *)key, key_len},
                                 (struct bk_str){(const char *)content, len}, out);
    }
    bk_free(content);
    return err;
}
