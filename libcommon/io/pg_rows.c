/*
 * Answers: a PGresult behind a small type, and what an error says. Text format only.
 */
#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hex.h"
#include "io/pg_impl.h"

struct bk_pg_rows *bk_pg_rows_new(PGresult *result)
{
    struct bk_pg_rows *rows = bk_alloc(sizeof *rows);
    if (rows == NULL) {
        PQclear(result);
        return NULL;
    }
    rows->result = result;
    return rows;
}

struct bk_pg_rows *bk_pg_rows_take(struct bk_pg_rows *rows)
{
    rows->is_taken = true;
    return rows;
}

void bk_pg_rows_free(struct bk_pg_rows *rows)
{
    if (rows == NULL)
        return;
    PQclear(rows->result);
    bk_free(rows);
}

int bk_pg_row_count(const struct bk_pg_rows *rows)
{
    return PQntuples(rows->result);
}

bool bk_pg_is_null(const struct bk_pg_rows *rows, int row, int column)
{
    /* libpq would print a warning and say NULL. */
    assert(row >= 0 && row < PQntuples(rows->result));
    assert(column >= 0 && column < PQnfields(rows->result));
    return PQgetisnull(rows->result, row, column) != 0;
}

struct bk_str bk_pg_text(const struct bk_pg_rows *rows, int row, int column)
{
    if (bk_pg_is_null(rows, row, column))
        return BK_STR_NONE;
    return (struct bk_str){PQgetvalue(rows->result, row, column),
                           (size_t)PQgetlength(rows->result, row, column)};
}

int64_t bk_pg_int(const struct bk_pg_rows *rows, int row, int column)
{
    int64_t value = 0;
    enum bk_err err = bk_str_parse_int(bk_pg_text(rows, row, column), INT64_MIN, INT64_MAX, &value);
    return err == BK_OK ? value : 0;
}

enum bk_err bk_pg_bytes(const struct bk_pg_rows *rows, int row, int column, uint8_t *ret_bytes,
                        size_t size, size_t *ret_len)
{
    struct bk_str text = bk_pg_text(rows, row, column);
    if (!bk_str_starts(text, BK_STR("\\x")) || text.len % 2 != 0)
        return BK_ERR_INVALID;
    struct bk_str hex = bk_str_slice(text, 2, text.len);
    if (hex.len / 2 > size)
        return BK_ERR_TOO_LARGE;
    enum bk_err err = bk_hex_parse(hex, ret_bytes, hex.len / 2);
    if (err == BK_OK)
        *ret_len = hex.len / 2;
    return err;
}

const char *bk_pg_sqlstate(const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return sqlstate == NULL ? "" : sqlstate;
}

void bk_pg_detail_line(struct bk_detail *ret_detail, const char *what, const char *message)
{
    if (ret_detail == NULL)
        return;
    bk_detail_set(ret_detail, "%s: %s", what, message == NULL ? "out of memory" : message);
    size_t len = strlen(ret_detail->text);
    while (len > 0 && (ret_detail->text[len - 1] == '\n' || ret_detail->text[len - 1] == ' '))
        ret_detail->text[--len] = '\0';
    for (char *at = ret_detail->text; *at != '\0'; at++) {
        if (*at == '\n' || *at == '\t' || *at == '\r')
            *at = ' ';
    }
}

void bk_pg_detail_of(const PGresult *result, struct bk_detail *ret_detail)
{
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (message == NULL) {
        bk_pg_detail_line(ret_detail, "PostgreSQL", PQresultErrorMessage(result));
        return;
    }
    bk_detail_set(ret_detail, "%.200s (%s)", message, bk_pg_sqlstate(result));
}

bool bk_pg_is_lost(const char *sqlstate)
{
    return sqlstate[0] == '\0' || strncmp(sqlstate, "08", 2) == 0 ||
           strcmp(sqlstate, "57P01") == 0 || strcmp(sqlstate, "57P02") == 0 ||
           strcmp(sqlstate, "57P03") == 0;
}

void bk_pg_be_silent(void *ctx, const char *message)
{
    (void)ctx;
    (void)message;
}

bool bk_pg_is_passing(const char *sqlstate)
{
    return strcmp(sqlstate, "25006") == 0 ||  /* read only: a standby, before it is promoted */
           strcmp(sqlstate, "55P03") == 0 ||  /* lock not available */
           strncmp(sqlstate, "40", 2) == 0 || /* serialization, deadlock */
           strncmp(sqlstate, "53", 2) == 0 || /* disk full, memory, connections */
           strncmp(sqlstate, "58", 2) == 0;   /* I/O below the server */
}
