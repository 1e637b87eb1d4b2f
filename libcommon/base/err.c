/*
 * The error table as functions, and the detail text beside an error.
 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *text;
    int http_status;
} err_rows[BK_ERR_COUNT] = {
#define X(name, status, text) [name] = {#name, text, status},
    BK_ERR_LIST(X)
#undef X
};

/* The same names as people read them in logs: lower case, without the prefix. */
static const char *short_name(enum bk_err err)
{
    static const char *const names[BK_ERR_COUNT] = {
        [BK_OK] = "ok",
        [BK_ERR_NOT_FOUND] = "not_found",
        [BK_ERR_EXISTS] = "exists",
        [BK_ERR_STALE] = "stale",
        [BK_ERR_TOO_LARGE] = "too_large",
        [BK_ERR_INVALID] = "invalid",
        [BK_ERR_MALFORMED] = "malformed",
        [BK_ERR_DENIED] = "denied",
        [BK_ERR_CRYPTO] = "crypto",
        [BK_ERR_NO_MEMORY] = "no_memory",
        [BK_ERR_IO] = "io",
        [BK_ERR_BUSY] = "busy",
        [BK_ERR_DOWN] = "down",
        [BK_ERR_TIMEOUT] = "timeout",
        [BK_ERR_INTERNAL] = "internal",
    };
    return names[err] != NULL ? names[err] : err_rows[err].name;
}

/* A number from outside the enum is our own fault, and reads as one. */
static enum bk_err known(enum bk_err err)
{
    return (unsigned)err < BK_ERR_COUNT ? err : BK_ERR_INTERNAL;
}

const char *bk_err_name(enum bk_err err)
{
    return short_name(known(err));
}

const char *bk_err_text(enum bk_err err)
{
    return err_rows[known(err)].text;
}

int bk_err_http_status(enum bk_err err)
{
    return err_rows[known(err)].http_status;
}

/* Take away a UTF-8 sequence that was cut in the middle: a detail may go into JSON. */
static void drop_cut_sequence(char *text)
{
    size_t len = strlen(text);
    size_t at = len;
    while (at > 0 && len - at < 4 && ((unsigned char)text[at - 1] & 0xc0) == 0x80)
        at--;
    if (at == 0)
        return;
    unsigned char lead = (unsigned char)text[at - 1];
    size_t want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (want > 1 && len - (at - 1) < want)
        text[at - 1] = '\0';
}

void bk_detail_set(struct bk_detail *detail, const char *format, ...)
{
    if (detail == NULL)
        return;
    va_list args;
    va_start(args, format);
    int len = vsnprintf(detail->text, sizeof detail->text, format, args);
    va_end(args);
    if (len < 0)
        detail->text[0] = '\0';
    else if ((size_t)len >= sizeof detail->text)
        drop_cut_sequence(detail->text);
}
