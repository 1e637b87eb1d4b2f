/*
 * SQL of the notifier, its arrays and rows. Nothing else.
 */
#include "store/store_notify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

enum { TAKE, DROP, BREAKER, CLAIM, REPORT, SETTLE_DEVICES };
enum { SETTLE, CHANGES, MAINTAIN };
enum { COLUMN_SIZE_MAX = 512 * 1024, COLUMNS_MAX = 8, NUMBER_SIZE = 24 };

const struct bk_pg_statement bk_store_notify_statements[] = {
    [TAKE] = {"leases_take",
              "select tenant_id, pbx_id, fence, is_new, free_ms, driver, domain, address, username,"
              " secret, options, rate_per_s, in_flight_max, version, breaker, breaker_s,"
              " failed_count, data_key from bk.leases_take($1, $2)",
              2},
    [DROP] = {"leases_drop", "select bk.leases_drop($1)", 1},
    [BREAKER] = {"breaker", "select bk.lease_breaker($1, $2, $3, $4, $5, $6, $7, $8)", 8},
    [CLAIM] = {"claim",
               "select tenant_id, pbx_id, job_id, attempt, wait_count, kind, device_id, vendor,"
               " model, number, domain, auth_id, extension_id, extension_secret, is_exclusive,"
               " firmware from bk.jobs_claim($1, $2, $3, $4, $5, $6, $7)",
               7},
    [REPORT] = {"report", "select bk.jobs_report($1, $2, $3, $4, $5, $6, $7, $8)", 8},
    [SETTLE_DEVICES] = {"settle_devices", "select ended, woken from bk.jobs_settle_devices($1, $2)",
                        2},
    {NULL, NULL, 0},
};

const struct bk_pg_statement bk_store_sweep_statements[] = {
    [SETTLE] = {"settle", "select ended, woken, next_due_ms from bk.jobs_settle($1)", 1},
    [CHANGES] = {"changes", "select bk.changes_apply($1)", 1},
    [MAINTAIN] = {"maintain", "select what, done_count from bk.maintain()", 0},
    {NULL, NULL, 0},
};

/* --- parameters --- */

static struct bk_pg_param text_param(const char *text)
{
    return (struct bk_pg_param){.text = bk_str_of(text)};
}

struct number {
    char text[NUMBER_SIZE];
};

static struct bk_pg_param number_param(struct number *space, int64_t number)
{
    snprintf(space->text, sizeof space->text, "%" PRId64, number);
    return text_param(space->text);
}

/* Array literals, one column each: {1,2}, {"a","b"}. */
struct columns {
    struct bk_buf column[COLUMNS_MAX];
    size_t count;
};

static void columns_init(struct columns *columns, size_t count)
{
    columns->count = count;
    for (size_t i = 0; i < count; i++) {
        bk_buf_init(&columns->column[i], COLUMN_SIZE_MAX);
        bk_buf_add_char(&columns->column[i], '{');
    }
}

static struct bk_buf *element(struct columns *columns, size_t at)
{
    struct bk_buf *column = &columns->column[at];
    if (column->len > 1)
        bk_buf_add_char(column, ',');
    return column;
}

static void add_number(struct columns *columns, size_t at, int64_t number)
{
    bk_buf_addf(element(columns, at), "%" PRId64, number);
}

static void add_text(struct columns *columns, size_t at, const char *text)
{
    struct bk_buf *column = element(columns, at);
    bk_buf_add_char(column, '"');
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            bk_buf_add_char(column, '\\');
        bk_buf_add_char(column, *c);
    }
    bk_buf_add_char(column, '"');
}

/* The columns as parameters from `first` on, then the statement; they are freed. */
static enum bk_err submit(struct bk_pg *pg, size_t statement, struct columns *columns,
                          struct bk_pg_param *params, size_t first, bk_pg_done_fn *on_done,
                          void *ctx)
{
    enum bk_err err = BK_OK;
    for (size_t i = 0; i < columns->count; i++) {
        bk_buf_add_char(&columns->column[i], '}');
        if (columns->column[i].err != BK_OK)
            err = columns->column[i].err;
        params[first + i] = (struct bk_pg_param){.text = bk_buf_str(&columns->column[i])};
    }
    if (err == BK_OK)
        err = bk_pg_submit(pg, statement, params, on_done, ctx, NULL);
    for (size_t i = 0; i < columns->count; i++)
        bk_buf_deinit(&columns->column[i]);
    return err;
}

/* --- leases --- */

enum bk_err bk_store_leases_take(struct bk_pg *pg, const char *owner, int lease_s,
                                 bk_pg_done_fn *on_done, void *ctx)
{
    struct number lease;
    const struct bk_pg_param params[] = {text_param(owner), number_param(&lease, lease_s)};
    return bk_pg_submit(pg, TAKE, params, on_done, ctx, NULL);
}

static enum bk_err bytes_of(const struct bk_pg_rows *rows, int row, int column, uint8_t *ret_bytes,
                            size_t size, size_t *ret_len)
{
    *ret_len = 0;
    return bk_pg_is_null(rows, row, column)
               ? BK_OK
               : bk_pg_bytes(rows, row, column, ret_bytes, size, ret_len);
}

static bool is_true(const struct bk_pg_rows *rows, int row, int column)
{
    return bk_str_eq(bk_pg_text(rows, row, column), BK_STR("t"));
}

/* The database's float8 as text, within what its check allows. */
static double rate_of(struct bk_str text)
{
    char space[32];
    double rate = 0;
    snprintf(space, sizeof space, "%.*s", (int)(text.len < 31 ? text.len : 31),
             text.len > 0 ? text.ptr : "");
    if (sscanf(space, "%lf", &rate) != 1 || !(rate >= 0.01 && rate <= 1000))
        rate = 1;
    return rate;
}

enum bk_err bk_store_lease_row(const struct bk_pg_rows *rows, int row, struct bk_lease_row *ret_row)
{
    *ret_row = (struct bk_lease_row){
        .tenant_id = bk_pg_int(rows, row, 0),
        .pbx_id = bk_pg_int(rows, row, 1),
        .fence = bk_pg_int(rows, row, 2),
        .is_new = is_true(rows, row, 3),
        .free_ms = bk_pg_int(rows, row, 4),
        .driver = bk_pg_text(rows, row, 5),
        .domain = bk_pg_text(rows, row, 6),
        .address = bk_pg_text(rows, row, 7),
        .username = bk_pg_text(rows, row, 8),
        .options_json = bk_pg_text(rows, row, 10),
        .rate_per_s = rate_of(bk_pg_text(rows, row, 11)),
        .in_flight_max = (int)bk_pg_int(rows, row, 12),
        .version = bk_pg_text(rows, row, 13),
        .breaker = bk_pg_text(rows, row, 14),
        .breaker_s = (int)bk_pg_int(rows, row, 15),
        .failed_count = (int)bk_pg_int(rows, row, 16),
    };
    enum bk_err err =
        bytes_of(rows, row, 9, ret_row->secret, sizeof ret_row->secret, &ret_row->secret_len);
    if (err == BK_OK)
        err = bytes_of(rows, row, 17, ret_row->data_key, sizeof ret_row->data_key,
                       &ret_row->data_key_len);
    return err;
}

enum bk_err bk_store_leases_drop(struct bk_pg *pg, const char *owner, bk_pg_done_fn *on_done,
                                 void *ctx)
{
    const struct bk_pg_param params[] = {text_param(owner)};
    return bk_pg_submit(pg, DROP, params, on_done, ctx, NULL);
}

static void on_nothing(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
                       const struct bk_detail *detail)
{
    (void)ctx;
    (void)err;
    (void)rows;
    (void)detail;
}

enum bk_err bk_store_breaker(struct bk_pg *pg, const char *owner, int64_t tenant_id, int64_t pbx_id,
                             int64_t fence, const char *breaker, int wait_s, int failed_count,
                             const char *note)
{
    struct number numbers[5];
    const struct bk_pg_param params[] = {
        text_param(owner),
        number_param(&numbers[0], tenant_id),
        number_param(&numbers[1], pbx_id),
        number_param(&numbers[2], fence),
        text_param(breaker),
        number_param(&numbers[3], wait_s),
        number_param(&numbers[4], failed_count),
        text_param(note),
    };
    return bk_pg_submit(pg, BREAKER, params, on_nothing, NULL, NULL);
}

/* --- claims and reports --- */

enum bk_err bk_store_claim(struct bk_pg *pg, const char *owner, const struct bk_claim *claims,
                           size_t count, int window_s, int reboot_window_s, bk_pg_done_fn *on_done,
                           void *ctx)
{
    struct number window, reboot_window;
    struct bk_pg_param params[7];
    struct columns columns;
    columns_init(&columns, 4);
    for (size_t i = 0; i < count; i++) {
        add_number(&columns, 0, claims[i].tenant_id);
        add_number(&columns, 1, claims[i].pbx_id);
        add_number(&columns, 2, claims[i].fence);
        add_number(&columns, 3, claims[i].limit);
    }
    params[0] = text_param(owner);
    params[5] = number_param(&window, window_s);
    params[6] = number_param(&reboot_window, reboot_window_s);
    return submit(pg, CLAIM, &columns, params, 1, on_done, ctx);
}

enum bk_err bk_store_claim_row(const struct bk_pg_rows *rows, int row, struct bk_claim_row *ret_row)
{
    *ret_row = (struct bk_claim_row){
        .tenant_id = bk_pg_int(rows, row, 0),
        .pbx_id = bk_pg_int(rows, row, 1),
        .job_id = bk_pg_int(rows, row, 2),
        .attempt = (int)bk_pg_int(rows, row, 3),
        .wait_count = (int)bk_pg_int(rows, row, 4),
        .is_reboot = bk_str_eq(bk_pg_text(rows, row, 5), BK_STR("reboot")),
        .device_id = bk_pg_int(rows, row, 6),
        .vendor = bk_pg_text(rows, row, 7),
        .model = bk_pg_text(rows, row, 8),
        .number = bk_pg_text(rows, row, 9),
        .domain = bk_pg_text(rows, row, 10),
        .auth_id = bk_pg_text(rows, row, 11),
        .extension_id = bk_pg_int(rows, row, 12),
        .is_exclusive = is_true(rows, row, 14),
        .firmware = bk_pg_text(rows, row, 15),
    };
    return bytes_of(rows, row, 13, ret_row->secret, sizeof ret_row->secret, &ret_row->secret_len);
}

enum bk_err bk_store_report(struct bk_pg *pg, const struct bk_report *const *reports, size_t count,
                            bk_pg_done_fn *on_done, void *ctx)
{
    struct bk_pg_param params[8];
    struct columns columns;
    columns_init(&columns, 8);
    for (size_t i = 0; i < count; i++) {
        const struct bk_report *report = reports[i];
        add_number(&columns, 0, report->tenant_id);
        add_number(&columns, 1, report->job_id);
        add_number(&columns, 2, report->fence);
        add_number(&columns, 3, report->attempt);
        add_text(&columns, 4, report->result);
        add_text(&columns, 5, report->text);
        add_number(&columns, 6, report->delay_s);
        add_text(&columns, 7, report->is_idle ? "t" : "f");
    }
    return submit(pg, REPORT, &columns, params, 0, on_done, ctx);
}

/* --- settling --- */

enum bk_err bk_store_settle_devices(struct bk_pg *pg, const struct bk_heard *heard, size_t count,
                                    bk_pg_done_fn *on_done, void *ctx)
{
    struct bk_pg_param params[2];
    struct columns columns;
    columns_init(&columns, 2);
    for (size_t i = 0; i < count; i++) {
        add_number(&columns, 0, heard[i].tenant_id);
        add_number(&columns, 1, heard[i].device_id);
    }
    return submit(pg, SETTLE_DEVICES, &columns, params, 0, on_done, ctx);
}

enum bk_err bk_store_settle(struct bk_pg *pg, int limit, bk_pg_done_fn *on_done, void *ctx)
{
    struct number number;
    const struct bk_pg_param params[] = {number_param(&number, limit)};
    return bk_pg_submit(pg, SETTLE, params, on_done, ctx, NULL);
}

enum bk_err bk_store_changes_start(struct bk_pg *pg, int batch, bk_pg_done_fn *on_done, void *ctx)
{
    struct number number;
    const struct bk_pg_param params[] = {number_param(&number, batch)};
    return bk_pg_submit(pg, CHANGES, params, on_done, ctx, NULL);
}

enum bk_err bk_store_maintain_start(struct bk_pg *pg, bk_pg_done_fn *on_done, void *ctx)
{
    return bk_pg_submit(pg, MAINTAIN, NULL, on_done, ctx, NULL);
}
