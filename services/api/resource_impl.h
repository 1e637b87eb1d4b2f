/*
 * The parts of the engine: statements (resource_sql.c), reading (resource.c), writing
 * (resource_write.c).
 */
#ifndef API_RESOURCE_IMPL_H
#define API_RESOURCE_IMPL_H

#include "base/buf.h"
#include "resource.h"

/* A statement while it is put together: text of our own, and parameters of the caller's. */
struct api_statement {
    struct bk_buf sql;
    struct bk_pg_param params[BK_PG_PARAM_MAX];
    size_t count;
};

void api_statement_init(struct api_statement *statement);
void api_statement_add(struct api_statement *statement, const char *text);
/* The number of the parameter, for "$%zu". */
size_t api_statement_add_param(struct api_statement *statement, struct bk_pg_param param);
/* Text of a table in which @@ stands for the next parameter. */
void api_statement_add_with(struct api_statement *statement, const char *text, const char *cast,
                            struct bk_pg_param param);
/* Ends the statement, however it goes. ret_rows may be NULL. */
BK_MUST_USE enum bk_err api_statement_run(struct api_call *call, struct api_statement *statement,
                                          struct bk_pg_rows **ret_rows);
/* What a parameter of this type is to PostgreSQL. */
const char *api_cast_of(enum api_type type);

/* Of the path; the tenant's own is the scope's. */
int64_t api_id_of(const struct api_call *call);
/* As api_resource_read, and its layer where ret_layer is not NULL. */
BK_MUST_USE enum bk_err api_row_read(struct api_call *call, const struct api_resource *resource,
                                     int64_t id, bool is_locked, json_t **ret_object,
                                     struct bk_str *ret_version, struct api_layer *ret_layer);

#endif
