/*
 * Owned growing bytes with a limit and a sticky error.
 */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/secret.h"

#define FIRST_SIZE 256

void bk_buf_init(struct bk_buf *buf, size_t len_max)
{
    assert(len_max < SIZE_MAX);
    *buf = (struct bk_buf){.len_max = len_max};
}

void bk_buf_init_secret(struct bk_buf *buf, size_t len_max)
{
    bk_buf_init(buf, len_max);
    buf->is_secret = true;
}

static void wipe(struct bk_buf *buf, size_t from, size_t to)
{
    if (buf->is_secret && buf->ptr != NULL)
        bk_wipe(buf->ptr + from, to - from);
}

static void release(struct bk_buf *buf)
{
    wipe(buf, 0, buf->len);
    bk_free(buf->ptr);
}

void bk_buf_deinit(struct bk_buf *buf)
{
    release(buf);
    *buf = (struct bk_buf){.len_max = buf->len_max, .is_secret = buf->is_secret};
}

void bk_buf_clear(struct bk_buf *buf)
{
    bk_buf_cut(buf, 0);
}

void bk_buf_cut(struct bk_buf *buf, size_t len)
{
    assert(len <= buf->len);
    wipe(buf, len, buf->len);
    buf->len = len;
    buf->err = BK_OK;
    if (buf->ptr != NULL)
        buf->ptr[len] = '\0';
}

/* Room for `more` bytes and a terminator; false leaves the reason in err. */
static bool reserve(struct bk_buf *buf, size_t more)
{
    if (buf->err != BK_OK)
        return false;
    if (more > buf->len_max - buf->len) {
        buf->err = BK_ERR_TOO_LARGE;
        return false;
    }
    size_t need = buf->len + more + 1;
    if (need <= buf->size)
        return true;

    size_t size = buf->size > SIZE_MAX / 2 ? SIZE_MAX : buf->size * 2;
    if (size < FIRST_SIZE)
        size = FIRST_SIZE;
    if (size > buf->len_max + 1)
        size = buf->len_max + 1;
    if (size < need)
        size = need;
    char *ptr;
    if (buf->is_secret) {
        /* realloc may leave the old bytes behind, readable */
        ptr = bk_alloc(size);
        if (ptr != NULL) {
            if (buf->len > 0)
                memcpy(ptr, buf->ptr, buf->len);
            release(buf);
        }
    } else {
        ptr = bk_realloc(buf->ptr, size);
    }
    if (ptr == NULL) {
        buf->err = BK_ERR_NO_MEMORY;
        return false;
    }
    buf->ptr = ptr;
    buf->size = size;
    return true;
}

void bk_buf_reserve(struct bk_buf *buf, size_t bytes)
{
    size_t left = buf->len_max - buf->len;
    reserve(buf, bytes < left ? bytes : left);
}

char *bk_buf_room_grown(struct bk_buf *buf, size_t len)
{
    if (!reserve(buf, len))
        return NULL;
    char *room = buf->ptr + buf->len;
    buf->len += len;
    room[len] = '\0';
    return room;
}

void bk_buf_add(struct bk_buf *buf, struct bk_str text)
{
    char *room = text.len == 0 ? NULL : bk_buf_room(buf, text.len);
    if (room != NULL)
        memcpy(room, text.ptr, text.len);
}

void bk_buf_add_char(struct bk_buf *buf, char c)
{
    bk_buf_add(buf, (struct bk_str){&c, 1});
}

void bk_buf_addf(struct bk_buf *buf, const char *format, ...)
{
    if (buf->err != BK_OK)
        return;
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    size_t room = buf->size - buf->len; /* the terminator included */
    int len = vsnprintf(buf->ptr == NULL ? NULL : buf->ptr + buf->len, room, format, args);
    va_end(args);
    if (len < 0) {
        buf->err = BK_ERR_INTERNAL;
    } else if ((size_t)len < room && (size_t)len <= buf->len_max - buf->len) {
        buf->len += (size_t)len;
    } else {
        wipe(buf, buf->len, buf->size); /* a part of it stands there */
        if (reserve(buf, (size_t)len)) {
            vsnprintf(buf->ptr + buf->len, (size_t)len + 1, format, again);
            buf->len += (size_t)len;
        } else if (buf->ptr != NULL) {
            buf->ptr[buf->len] = '\0';
        }
    }
    va_end(again);
}

struct bk_str bk_buf_str(const struct bk_buf *buf)
{
    return buf->err != BK_OK ? BK_STR_NONE : (struct bk_str){buf->ptr, buf->len};
}

const char *bk_buf_text(struct bk_buf *buf)
{
    return buf->err != BK_OK || buf->len == 0 ? "" : buf->ptr;
}
