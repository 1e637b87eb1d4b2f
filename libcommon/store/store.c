/*
 * What the blocking stores share.
 */
#include "store/store.h"

struct bk_pg_param bk_store_text(struct bk_str text)
{
    return (struct bk_pg_param){text, false};
}

struct bk_pg_param bk_store_int(const struct bk_store *store, int64_t number)
{
    return bk_store_text(bk_arena_printf(store->arena, "%lld", (long long)number));
}

struct bk_pg_param bk_store_bytes(struct bk_str bytes)
{
    return (struct bk_pg_param){bytes, true};
}

struct bk_pg_param bk_store_text_or_null(struct bk_str text)
{
    return bk_store_text(text.len == 0 ? BK_STR_NONE : text);
}

enum bk_err bk_store_run(const struct bk_store *store, const char *sql,
                         const struct bk_pg_param *params, size_t count, int *ret_count)
{
    struct bk_pg_rows *rows = NULL;
    enum bk_err err = bk_pgc_exec(store->pgc, sql, params, count, &rows, store->detail);
    if (err == BK_OK && ret_count != NULL)
        *ret_count = bk_pg_row_count(rows);
    bk_pg_rows_free(rows);
    return err;
}

enum bk_err bk_store_number(const struct bk_store *store, const char *sql,
                            const struct bk_pg_param *params, size_t count, int64_t *ret_number)
{
    struct bk_pg_rows *rows = NULL;
    enum bk_err err = bk_pgc_exec(store->pgc, sql, params, count, &rows, store->detail);
    if (err == BK_OK && bk_pg_row_count(rows) == 0)
        err = BK_ERR_NOT_FOUND;
    if (err == BK_OK)
        *ret_number = bk_pg_int(rows, 0, 0);
    bk_pg_rows_free(rows);
    return err;
}

enum bk_err bk_store_one_text(const struct bk_store *store, const char *sql,
                              const struct bk_pg_param *params, size_t count,
                              struct bk_str *ret_text)
{
    struct bk_pg_rows *rows = NULL;
    enum bk_err err = bk_pgc_exec(store->pgc, sql, params, count, &rows, store->detail);
    if (err == BK_OK && bk_pg_row_count(rows) == 0)
        err = BK_ERR_NOT_FOUND;
    if (err == BK_OK)
        *ret_text = bk_pg_is_null(rows, 0, 0) ? BK_STR_NONE
                                              : bk_arena_str(store->arena, bk_pg_text(rows, 0, 0));
    bk_pg_rows_free(rows);
    return err;
}

enum bk_err bk_store_no_loops(const struct bk_store *store)
{
    return bk_pgc_script(store->pgc, "set local enable_nestloop = off", store->detail);
}
