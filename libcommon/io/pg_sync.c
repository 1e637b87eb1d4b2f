/*
 * PostgreSQL for programs that may block.
 *
 * With a limit libpq is not let to wait: statements are sent, and their answers polled for, so that
 * a server that is stopped, or a network that swallows everything, costs the limit and no more.
 */
#include "io/pg_sync.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "io/pg_impl.h"

enum { LIMIT_MS_MAX = 3600 * 1000, FAREWELL_READS_MAX = 4 };

struct bk_pgc {
    PGconn *conn;
    int timeout_ms;      /* of one statement; 0: none */
    bool is_dead;        /* a statement was left unanswered */
    bool is_conflict;    /* of the last error */
    bool is_rolled_back; /* what the last statement came to, also a commit */
    char constraint[64]; /* an identifier has at most 63 bytes */
};

enum bk_err bk_pgc_open(const char *dsn, const char *application_name, struct bk_pgc **ret_pgc,
                        struct bk_detail *ret_detail)
{
    struct bk_pgc *pgc = bk_alloc(sizeof *pgc);
    if (pgc == NULL)
        return BK_ERR_NO_MEMORY;
    /* A later value wins: the string may say another connect_timeout, but not another encoding. */
    const char *const keywords[] = {"connect_timeout", "dbname", "application_name",
                                    "client_encoding", NULL};
    const char *const values[] = {"5", dsn, application_name, "UTF8", NULL};
    pgc->conn = PQconnectdbParams(keywords, values, 1);
    if (pgc->conn == NULL || PQstatus(pgc->conn) != CONNECTION_OK) {
        struct bk_detail reason;
        bk_pg_detail_line(&reason, "PostgreSQL",
                          pgc->conn == NULL ? NULL : PQerrorMessage(pgc->conn));
        bk_detail_set(ret_detail, "%.170s; check that it runs, and the connection string",
                      reason.text);
        bk_pgc_close(pgc);
        return BK_ERR_DOWN;
    }
    PQsetNoticeProcessor(pgc->conn, bk_pg_be_silent, NULL);
    *ret_pgc = pgc;
    return BK_OK;
}

void bk_pgc_close(struct bk_pgc *pgc)
{
    if (pgc == NULL)
        return;
    PQfinish(pgc->conn);
    bk_free(pgc);
}

const char *bk_pgc_constraint(const struct bk_pgc *pgc)
{
    return pgc->constraint;
}

bool bk_pgc_is_conflict(const struct bk_pgc *pgc)
{
    return pgc->is_conflict;
}

/* Exact codes, then classes. https://www.postgresql.org/docs/15/errcodes-appendix.html */
static const struct {
    const char *prefix;
    enum bk_err err;
} sqlstates[] = {
    {"23505", BK_ERR_EXISTS}, {"23503", BK_ERR_NOT_FOUND}, {"23514", BK_ERR_INVALID},
    {"42501", BK_ERR_DENIED}, {"57014", BK_ERR_TIMEOUT},   {"57P03", BK_ERR_BUSY},
    {"57P", BK_ERR_DOWN},     {"22", BK_ERR_INVALID},      {"08", BK_ERR_DOWN},
    {"40001", BK_ERR_BUSY},   {"40P01", BK_ERR_BUSY},      {"55P03", BK_ERR_BUSY},
    {"53", BK_ERR_BUSY},      {"25006", BK_ERR_BUSY},
};

static enum bk_err err_of(const PGconn *conn, const char *sqlstate)
{
    for (size_t i = 0; i < BK_COUNT(sqlstates); i++) {
        if (strncmp(sqlstate, sqlstates[i].prefix, strlen(sqlstates[i].prefix)) == 0)
            return sqlstates[i].err;
    }
    return PQstatus(conn) == CONNECTION_BAD ? BK_ERR_DOWN : BK_ERR_INTERNAL;
}

/* Takes result. */
static enum bk_err finish(struct bk_pgc *pgc, PGresult *result, struct bk_pg_rows **ret_rows,
                          struct bk_detail *ret_detail)
{
    ExecStatusType status = PQresultStatus(result);
    pgc->constraint[0] = '\0';
    pgc->is_conflict = false;
    pgc->is_rolled_back =
        status == PGRES_COMMAND_OK && strcmp(PQcmdStatus(result), "ROLLBACK") == 0;
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY) {
        if (ret_rows == NULL) {
            PQclear(result);
            return BK_OK;
        }
        struct bk_pg_rows *rows = bk_pg_rows_new(result);
        if (rows == NULL)
            return BK_ERR_NO_MEMORY;
        *ret_rows = rows;
        return BK_OK;
    }
    enum bk_err err = BK_ERR_INTERNAL;
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
        bk_detail_set(ret_detail, "COPY is not supported here, use insert … select");
        PQreset(pgc->conn); /* libpq takes no other way out of it */
    } else if (result == NULL) {
        bk_pg_detail_line(ret_detail, "PostgreSQL", PQerrorMessage(pgc->conn));
        err = err_of(pgc->conn, "");
    } else {
        const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
        struct bk_detail reason;
        bk_pg_detail_of(result, &reason);
        if (constraint != NULL) {
            snprintf(pgc->constraint, sizeof pgc->constraint, "%s", constraint);
            bk_detail_set(ret_detail, "%.180s (%s)", reason.text, pgc->constraint);
        } else {
            bk_detail_set(ret_detail, "%s", reason.text);
        }
        const char *sqlstate = bk_pg_sqlstate(result);
        pgc->is_conflict = strcmp(sqlstate, "40001") == 0 || strcmp(sqlstate, "40P01") == 0;
        err = err_of(pgc->conn, sqlstate);
    }
    PQclear(result);
    return err;
}

/* ---- answers, with a limit or without ---- */

/* What the connection is ready for of `events`; 0: the time is over. Errors are for libpq to tell.
 */
static short wait_ready(const struct bk_pgc *pgc, short events, int64_t until_mono_ms)
{
    for (;;) {
        int64_t left_ms = until_mono_ms - bk_clock_mono_ms();
        struct pollfd ready = {.fd = PQsocket(pgc->conn), .events = events};
        if (left_ms <= 0)
            return 0;
        int count = poll(&ready, 1, (int)left_ms);
        if (count > 0)
            return ready.revents;
        if (count < 0 && errno != EINTR)
            return POLLERR;
    }
}

/* The last result of what was sent; NULL and is_dead when the time was over. */
static PGresult *await(struct bk_pgc *pgc)
{
    int64_t until_mono_ms = bk_clock_mono_ms() + pgc->timeout_ms;
    PGresult *last = NULL;
    int flushed;
    while ((flushed = PQflush(pgc->conn)) > 0) {
        short ready = wait_ready(pgc, POLLIN | POLLOUT, until_mono_ms);
        if (ready == 0)
            goto late;
        /* A server that waits for us to read, takes nothing. */
        if ((ready & POLLIN) != 0 && PQconsumeInput(pgc->conn) == 0)
            return NULL;
    }
    if (flushed < 0)
        return NULL;
    for (;;) {
        while (PQisBusy(pgc->conn)) {
            if (wait_ready(pgc, POLLIN, until_mono_ms) == 0)
                goto late;
            if (PQconsumeInput(pgc->conn) == 0)
                break; /* PQgetResult tells what the matter is */
        }
        PGresult *next = PQgetResult(pgc->conn);
        if (next == NULL)
            return last;
        PQclear(last);
        last = next;
        ExecStatusType status = PQresultStatus(last);
        if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH)
            return last; /* which finish() ends */
    }
late:
    PQclear(last);
    pgc->is_dead = true;
    /* The server hears of it now and lets go of its locks, not when the caller closes. */
    (void)shutdown(PQsocket(pgc->conn), SHUT_RDWR);
    return NULL;
}

static enum bk_err finish_late(struct bk_pgc *pgc, struct bk_detail *ret_detail)
{
    pgc->constraint[0] = '\0';
    pgc->is_conflict = false;
    bk_detail_set(ret_detail, "PostgreSQL has not answered within %d ms", pgc->timeout_ms);
    return BK_ERR_TIMEOUT;
}

static enum bk_err run(struct bk_pgc *pgc, const char *sql, int param_count,
                       const char *const *values, const int *lengths, const int *formats,
                       struct bk_pg_rows **ret_rows, struct bk_detail *ret_detail)
{
    /* Without parameters: the simple protocol, which takes several statements. */
    PGresult *result;
    if (pgc->is_dead)
        return finish_late(pgc, ret_detail);
    if (pgc->timeout_ms == 0) {
        result = param_count < 0
                     ? PQexec(pgc->conn, sql)
                     : PQexecParams(pgc->conn, sql, param_count, NULL, values, lengths, formats, 0);
        return finish(pgc, result, ret_rows, ret_detail);
    }
    int is_sent = param_count < 0 ? PQsendQuery(pgc->conn, sql)
                                  : PQsendQueryParams(pgc->conn, sql, param_count, NULL, values,
                                                      lengths, formats, 0);
    result = is_sent == 1 ? await(pgc) : NULL;
    return pgc->is_dead ? finish_late(pgc, ret_detail) : finish(pgc, result, ret_rows, ret_detail);
}

enum bk_err bk_pgc_limit(struct bk_pgc *pgc, int timeout_ms, struct bk_detail *ret_detail)
{
    char sql[192];
    assert(timeout_ms >= 0 && timeout_ms <= LIMIT_MS_MAX);
    /* A little sooner than here, so that its answer arrives; and sooner still for a lock, so that
     * it is known what was waited for. */
    snprintf(sql, sizeof sql,
             "set statement_timeout = %d; set lock_timeout = %d;"
             " set idle_in_transaction_session_timeout = %d",
             timeout_ms - timeout_ms / 10, timeout_ms - timeout_ms / 5, 4 * timeout_ms);
    pgc->timeout_ms = timeout_ms;
    if (PQsetnonblocking(pgc->conn, timeout_ms > 0) != 0) {
        bk_pg_detail_line(ret_detail, "PostgreSQL", PQerrorMessage(pgc->conn));
        return BK_ERR_INTERNAL;
    }
    return bk_pgc_script(pgc, sql, ret_detail);
}

bool bk_pgc_is_alive(const struct bk_pgc *pgc)
{
    if (pgc == NULL || pgc->is_dead)
        return false;
    /* Nobody reads between two statements: a farewell may lie there, and the end behind it. */
    for (int i = 0; i < FAREWELL_READS_MAX && PQstatus(pgc->conn) == CONNECTION_OK; i++) {
        struct pollfd ready = {.fd = PQsocket(pgc->conn), .events = POLLIN};
        if (poll(&ready, 1, 0) <= 0)
            return true;
        if (PQconsumeInput(pgc->conn) == 0)
            return false;
    }
    return PQstatus(pgc->conn) == CONNECTION_OK;
}

enum bk_err bk_pgc_exec(struct bk_pgc *pgc, const char *sql, const struct bk_pg_param *params,
                        size_t param_count, struct bk_pg_rows **ret_rows,
                        struct bk_detail *ret_detail)
{
    const char *values[BK_PG_PARAM_MAX];
    int lengths[BK_PG_PARAM_MAX], formats[BK_PG_PARAM_MAX];
    size_t bytes = 0;
    assert(param_count <= BK_PG_PARAM_MAX);
    for (size_t i = 0; i < param_count; i++) {
        struct bk_str text = params[i].text;
        if (text.len > BK_PG_PARAM_BYTES_MAX - bytes) {
            bk_detail_set(ret_detail, "parameters of more than %u bytes", BK_PG_PARAM_BYTES_MAX);
            return BK_ERR_TOO_LARGE;
        }
        if (!params[i].is_binary && bk_str_find(text, '\0') >= 0) {
            bk_detail_set(ret_detail, "parameter %zu holds a NUL, which no text can", i + 1);
            return BK_ERR_INVALID;
        }
        bytes += text.len;
    }
    /* Texts are borrowed and not terminated; libpq wants them so. */
    char *copy = bk_alloc(bytes + param_count);
    if (copy == NULL)
        return BK_ERR_NO_MEMORY;
    char *at = copy;
    for (size_t i = 0; i < param_count; i++) {
        struct bk_str text = params[i].text;
        values[i] = text.ptr == NULL ? NULL : at;
        lengths[i] = (int)text.len;
        formats[i] = params[i].is_binary ? 1 : 0;
        if (text.len > 0)
            memcpy(at, text.ptr, text.len);
        at += text.len + 1;
    }
    enum bk_err err =
        run(pgc, sql, (int)param_count, values, lengths, formats, ret_rows, ret_detail);
    bk_free(copy); /* libpq has its own copy of what it has not sent yet */
    return err;
}

enum bk_err bk_pgc_script(struct bk_pgc *pgc, const char *sql, struct bk_detail *ret_detail)
{
    enum bk_err err = run(pgc, sql, -1, NULL, NULL, NULL, NULL, ret_detail);
    if (err == BK_OK && pgc->is_rolled_back && strcmp(sql, "commit") == 0) {
        bk_detail_set(ret_detail, "a statement had failed before, and nothing was written");
        err = BK_ERR_INTERNAL;
    }
    return err;
}
