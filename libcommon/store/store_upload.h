/*
 * What beckon-config asks of PostgreSQL when a phone writes a file of its own, or reads it back
 * (migrations/0035_upload.sql). Asynchronous, after store_fetch.h has given its verdict.
 */
#ifndef STORE_STORE_UPLOAD_H
#define STORE_STORE_UPLOAD_H

#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "io/pg.h"
#include "model/upload.h"

/* Prepared on the connection that the functions below are given. */
extern const struct bk_pg_statement bk_store_upload_statements[];

/* One part, sealed; limits as settings have them. */
struct bk_upload_put {
    int64_t tenant_id, device_id, part_id;
    const uint8_t *data_key; /* sealed, as the fetch's row had it */
    size_t data_key_len;
    struct bk_str name;
    const char *kind, *source;
    size_t bytes;               /* of the text that is sealed */
    const uint8_t *content_key; /* BK_UPLOAD_KEY_SEALED_BYTES */
    struct bk_str content;
    int64_t per_hour_max, device_bytes_max;
};
/* The row's one column: "stored", "too_often", "full", "unknown_device", "busy". */
BK_MUST_USE enum bk_err bk_store_upload_put_start(struct bk_pg *pg, const struct bk_upload_put *put,
                                                  bk_pg_done_fn *on_done, void *ctx,
                                                  struct bk_pg_query **ret_query);

BK_MUST_USE enum bk_err bk_store_upload_get_start(struct bk_pg *pg, int64_t tenant_id,
                                                  int64_t device_id, struct bk_str name,
                                                  bk_pg_done_fn *on_done, void *ctx,
                                                  struct bk_pg_query **ret_query);
/* Open all parts of that answer, one behind the other, into out, a secret buffer. BK_ERR_NOT_FOUND:
 * there is no such file; else as bk_upload_open. */
BK_MUST_USE enum bk_err bk_store_upload_open(const struct bk_pg_rows *rows,
                                             const struct bk_key *data_key, int64_t tenant_id,
                                             struct bk_buf *out);

#endif
