/*
 * SQL parameters and rows of bans and good addresses.
 */
#include "store/store_ban.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/option.h"
#include "store/store_visit.h"

enum bk_err bk_store_good_sources_start(struct bk_pg *pg,
                                        const char (*addresses)[BK_ADDRESS_TEXT_SIZE], size_t count,
                                        bk_pg_done_fn *on_done, void *ctx)
{
    struct bk_buf array;
    bk_buf_init(&array, BK_GOOD_BATCH_MAX * BK_ADDRESS_TEXT_SIZE + 3);
    for (size_t i = 0; i < count; i++)
        bk_buf_addf(&array, "%s%s", i == 0 ? "{" : ",", addresses[i]);
    bk_buf_add_char(&array, '}');
    const struct bk_pg_param params[] = {{.text = bk_buf_str(&array)}};
    enum bk_err err = array.err;
    if (err == BK_OK)
        err = bk_pg_submit(pg, BK_STATEMENT_GOOD_SOURCES, params, on_done, ctx, NULL);
    bk_buf_deinit(&array);
    return err;
}

enum bk_err bk_store_ban_request_start(struct bk_pg *pg, const char *network, const char *reason,
                                       const char *seen_json, int64_t seconds,
                                       bk_pg_done_fn *on_done, void *ctx)
{
    char number[24];
    snprintf(number, sizeof number, "%" PRId64, seconds);
    const struct bk_pg_param params[] = {{.text = bk_str_of(network)},
                                         {.text = bk_str_of(reason)},
                                         {.text = bk_str_of(seen_json)},
                                         {.text = bk_str_of(number)}};
    return bk_pg_submit(pg, BK_STATEMENT_BAN_REQUEST, params, on_done, ctx, NULL);
}

enum bk_err bk_store_ban_verdict(const struct bk_pg_rows *rows, enum bk_ban_verdict *ret_verdict,
                                 int64_t *ret_seconds_left)
{
    ptrdiff_t at = bk_pg_row_count(rows) == 1
                       ? bk_words_find("banned known good lifted full", bk_pg_text(rows, 0, 0))
                       : -1;
    if (at < 0)
        return BK_ERR_INTERNAL;
    *ret_verdict = (enum bk_ban_verdict)at;
    *ret_seconds_left = bk_pg_int(rows, 0, 1);
    return BK_OK;
}

enum bk_err bk_store_bans_start(struct bk_pg *pg, bk_pg_done_fn *on_done, void *ctx)
{
    return bk_pg_submit(pg, BK_STATEMENT_BANS, NULL, on_done, ctx, NULL);
}

enum bk_err bk_store_ban_row(const struct bk_pg_rows *rows, int row, struct bk_store_ban *ret_ban)
{
    struct bk_store_ban ban = {
        .seconds_left = bk_pg_int(rows, row, 1),
        .spares_good = bk_str_eq(bk_pg_text(rows, row, 2), BK_STR("t")),
        .good = bk_pg_text(rows, row, 3),
    };
    enum bk_err err = bk_cidr_parse(bk_pg_text(rows, row, 0), &ban.network);
    if (err == BK_OK)
        *ret_ban = ban;
    return err;
}
