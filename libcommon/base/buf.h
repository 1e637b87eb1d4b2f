/*
 * Owned growing bytes. A write that fails (limit or memory) sets `err` and turns every later
 * write into nothing, so that a writer checks once, at its end.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

struct bk_buf {
    char *ptr; /* NULL while empty; bk_buf_text() is terminated */
    size_t len;
    size_t size;     /* allocated bytes */
    size_t len_max;  /* inclusive; BK_ERR_TOO_LARGE beyond */
    enum bk_err err; /* first failure, sticky */
    bool is_secret;  /* nothing of it stays in memory that it has left, or behind len */
};

void bk_buf_init(struct bk_buf *buf, size_t len_max);
void bk_buf_init_secret(struct bk_buf *buf, size_t len_max);
void bk_buf_deinit(struct bk_buf *buf);
void bk_buf_clear(struct bk_buf *buf);           /* keeps the memory, resets err */
void bk_buf_cut(struct bk_buf *buf, size_t len); /* the same, and the first `len` bytes */

/* Memory for that many bytes more, or as many as the limit allows: spares growing step by step. */
void bk_buf_reserve(struct bk_buf *buf, size_t bytes);

/* `len` more bytes, which the caller fills; NULL: failed. */
char *bk_buf_room_grown(struct bk_buf *buf, size_t len); /* bk_buf_room's rare case */
static inline char *bk_buf_room(struct bk_buf *buf, size_t len)
{
    if (len >= buf->size - buf->len || buf->err != BK_OK)
        return bk_buf_room_grown(buf, len);
    char *room = buf->ptr + buf->len;
    buf->len += len;
    room[len] = '\0';
    return room;
}

void bk_buf_add(struct bk_buf *buf, struct bk_str text);
void bk_buf_add_char(struct bk_buf *buf, char c);
void bk_buf_addf(struct bk_buf *buf, const char *format, ...) BK_PRINTF(2, 3);

struct bk_str
bk_buf_str(const struct bk_buf *buf);        /* borrowed until the next write; empty when failed */
const char *bk_buf_text(struct bk_buf *buf); /* terminated, "" when empty or failed */

#endif
