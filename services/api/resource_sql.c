/*
 * Statements of the engine: text of the tables' own, and what a caller sent as parameters, which is
 * the only way it gets into one (docs/threats.md, A14).
 */
#include <assert.h>
#include <string.h>

#include "resource_impl.h"

#define SQL_BYTES_MAX (64 * 1024)

void api_statement_init(struct api_statement *statement)
{
    bk_buf_init(&statement->sql, SQL_BYTES_MAX);
    statement->count = 0;
}

void api_statement_add(struct api_statement *statement, const char *text)
{
    bk_buf_add(&statement->sql, bk_str_of(text));
}

size_t api_statement_add_param(struct api_statement *statement, struct bk_pg_param param)
{
    assert(statement->count < BK_PG_PARAM_MAX && "a table with too many columns");
    statement->params[statement->count++] = param;
    return statement->count;
}

void api_statement_add_with(struct api_statement *statement, const char *text, const char *cast,
                            struct bk_pg_param param)
{
    const char *at = strstr(text, "@@");
    size_t number = api_statement_add_param(statement, param);
    while (at != NULL) {
        bk_buf_add(&statement->sql, (struct bk_str){text, (size_t)(at - text)});
        bk_buf_addf(&statement->sql, "$%zu::%s", number, cast);
        text = at + 2;
        at = strstr(text, "@@");
    }
    api_statement_add(statement, text);
}

enum bk_err api_statement_run(struct api_call *call, struct api_statement *statement,
                              struct bk_pg_rows **ret_rows)
{
    enum bk_err err = statement->sql.err;
    if (err == BK_OK)
        err = bk_pgc_exec(call->store.pgc, bk_buf_text(&statement->sql), statement->params,
                          statement->count, ret_rows, &call->detail);
    bk_buf_deinit(&statement->sql);
    return err;
}

const char *api_cast_of(enum api_type type)
{
    switch (type) {
    case API_T_INT:
    case API_T_REF:
        return "bigint";
    case API_T_NUMBER:
        return "numeric";
    case API_T_BOOL:
        return "boolean";
    case API_T_MAC:
        return "macaddr";
    case API_T_TIME:
        return "timestamptz";
    case API_T_SECRET:
        return "bytea";
    case API_T_TEXTS:
    case API_T_NETWORKS:
    case API_T_LOCKS:
    case API_T_IDS:
    case API_T_MAP:
    case API_T_COUNTS:
    case API_T_OBJECT:
    case API_T_OBJECTS:
    case API_T_SETTINGS:
    case API_T_RAW:
    case API_T_ANY:
        return "jsonb";
    case API_T_TEXT:
    case API_T_WORD:
    case API_T_VENDOR:
    case API_T_HOST:
    case API_T_EMAIL:
    case API_T_PEM:
    case API_T_SHA256:
        break;
    }
    return "text";
}
