/*
 * SQL of visits and strangers, and their rows as PostgreSQL array literals. Nothing else.
 */
#include "store/store_visit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/hex.h"

enum { COLUMN_SIZE_MAX = BK_VISIT_BATCH_MAX * 600, VISIT_COLUMNS = 20, STRANGER_COLUMNS = 7 };

const struct bk_pg_statement bk_store_visit_statements[] = {
    [BK_STATEMENT_VISITS] =
        {"visits",
         "select bk.visits_record($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
         "$12, $13, $14, $15, $16, $17, $18, $19, $20)",
         VISIT_COLUMNS},
    [BK_STATEMENT_STRANGERS] = {"strangers",
                                "select bk.strangers_record($1, $2, $3, $4, $5, $6, $7)",
                                STRANGER_COLUMNS},
    [BK_STATEMENT_GOOD_SOURCES] = {"good_sources", "select bk.good_sources_record($1)", 1},
    [BK_STATEMENT_BAN_REQUEST] =
        {"ban_request", "select verdict, seconds_left from bk.ban_request($1, $2, $3, $4)", 4},
    [BK_STATEMENT_BANS] = {"bans", "select network, seconds_left, spares_good, good from bk.bans()",
                           0},
    {NULL, NULL, 0},
};

/* --- array literals: {1,NULL,"text with \" and \\"} --- */

static void begin_element(struct bk_buf *array)
{
    bk_buf_add_char(array, array->len == 0 ? '{' : ',');
}

static void add_null(struct bk_buf *array)
{
    begin_element(array);
    bk_buf_add(array, BK_STR("NULL"));
}

static void add_int(struct bk_buf *array, int64_t number, bool is_null)
{
    if (is_null) {
        add_null(array);
        return;
    }
    begin_element(array);
    bk_buf_addf(array, "%" PRId64, number);
}

static void add_text(struct bk_buf *array, const char *text)
{
    begin_element(array);
    bk_buf_add_char(array, '"');
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            bk_buf_add_char(array, '\\');
        bk_buf_add_char(array, *c);
    }
    bk_buf_add_char(array, '"');
}

static void add_bool(struct bk_buf *array, bool value)
{
    begin_element(array);
    bk_buf_add_char(array, value ? 't' : 'f');
}

/* Microseconds count: what was fetched in the millisecond after a job was made came after it. */
static void add_time(struct bk_buf *array, int64_t wall_us)
{
    char text[BK_CLOCK_TEXT_SIZE], precise[BK_CLOCK_TEXT_SIZE + 4];
    bk_clock_print(wall_us / 1000, text);
    snprintf(precise, sizeof precise, "%.*s%03dZ", (int)strlen(text) - 1, text,
             (int)(wall_us % 1000));
    add_text(array, precise);
}

static void add_mac(struct bk_buf *array, const struct bk_mac *mac, bool is_null)
{
    char text[BK_MAC_TEXT_SIZE];
    if (is_null) {
        add_null(array);
        return;
    }
    bk_mac_print(mac, &text);
    add_text(array, text);
}

static void add_bytes(struct bk_buf *array, const uint8_t *bytes, size_t count, bool is_null)
{
    char hex[2 * BK_SHA256_SIZE + 1];
    if (is_null) {
        add_null(array);
        return;
    }
    bk_hex_print(bytes, count, hex);
    begin_element(array);
    bk_buf_addf(array, "\"\\\\x%s\"", hex);
}

/* --- batches --- */

static enum bk_err submit(struct bk_pg *pg, size_t statement, struct bk_buf *columns,
                          size_t column_count, bk_pg_done_fn *on_done, void *ctx)
{
    struct bk_pg_param params[VISIT_COLUMNS];
    enum bk_err err = BK_OK;
    for (size_t i = 0; i < column_count; i++) {
        bk_buf_add_char(&columns[i], '}');
        if (columns[i].err != BK_OK)
            err = columns[i].err;
        params[i] = (struct bk_pg_param){.text = bk_buf_str(&columns[i])};
    }
    if (err == BK_OK)
        err = bk_pg_submit(pg, statement, params, on_done, ctx, NULL);
    for (size_t i = 0; i < column_count; i++)
        bk_buf_deinit(&columns[i]);
    return err;
}

enum bk_err bk_store_visits_start(struct bk_pg *pg, const struct bk_visit *const *visits,
                                  size_t count, bk_pg_done_fn *on_done, void *ctx)
{
    struct bk_buf columns[VISIT_COLUMNS];
    for (size_t i = 0; i < VISIT_COLUMNS; i++)
        bk_buf_init(&columns[i], COLUMN_SIZE_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct bk_visit *visit = visits[i];
        struct bk_buf *column = columns;
        add_time(column++, visit->at_wall_us);
        add_int(column++, visit->tenant_id, false);
        add_int(column++, visit->device_id, visit->device_id == 0);
        add_mac(column++, &visit->mac, !visit->has_mac);
        add_text(column++, visit->source);
        add_text(column++, visit->listener);
        add_text(column++, visit->kind);
        add_text(column++, visit->path);
        add_int(column++, visit->status, false);
        if (visit->reason[0] == '\0')
            add_null(column++);
        else
            add_text(column++, visit->reason);
        add_text(column++, visit->user_agent);
        add_text(column++, visit->model);
        add_text(column++, visit->firmware);
        add_bytes(column++, visit->fingerprint, BK_SHA256_SIZE, !visit->has_fingerprint);
        add_int(column++, visit->revision, visit->revision == 0);
        add_int(column++, visit->bytes, false);
        add_int(column++, visit->duration_us, false);
        add_text(column++, visit->request_id);
        add_bool(column++, visit->is_whole);
        add_bool(column++, visit->is_boot);
    }
    return submit(pg, BK_STATEMENT_VISITS, columns, VISIT_COLUMNS, on_done, ctx);
}

enum bk_err bk_store_strangers_start(struct bk_pg *pg, const struct bk_stranger *const *strangers,
                                     size_t count, bk_pg_done_fn *on_done, void *ctx)
{
    struct bk_buf columns[STRANGER_COLUMNS];
    for (size_t i = 0; i < STRANGER_COLUMNS; i++)
        bk_buf_init(&columns[i], COLUMN_SIZE_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct bk_stranger *stranger = strangers[i];
        struct bk_buf *column = columns;
        add_time(column++, stranger->minute_wall_ms * 1000);
        add_text(column++, stranger->source);
        add_text(column++, stranger->listener);
        add_text(column++, stranger->reason);
        add_text(column++, stranger->claimed);
        add_mac(column++, &stranger->claimed_mac, !stranger->has_claimed_mac);
        add_int(column++, stranger->seen_count, false);
    }
    return submit(pg, BK_STATEMENT_STRANGERS, columns, STRANGER_COLUMNS, on_done, ctx);
}
