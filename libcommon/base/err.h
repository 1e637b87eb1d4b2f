/*
 * The errors of the project: one enum, one table (name, HTTP status, text).
 * A handler never invents a status; it takes the one beside the error.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/attr.h"

#define BK_ERR_LIST(X) \
    X(BK_OK, 200, "ok") \
    X(BK_ERR_NOT_FOUND, 404, "no such object in this tenant") \
    X(BK_ERR_EXISTS, 409, "an object of this name exists already") \
    X(BK_ERR_STALE, 412, "object changed since it was read") \
    X(BK_ERR_TOO_LARGE, 413, "value is larger than its limit") \
    X(BK_ERR_INVALID, 422, "value is not acceptable") \
    X(BK_ERR_MALFORMED, 400, "request is malformed") \
    X(BK_ERR_DENIED, 403, "not allowed") \
    X(BK_ERR_CRYPTO, 503, "a secret could not be encrypted or decrypted") \
    X(BK_ERR_NO_MEMORY, 503, "out of memory") \
    X(BK_ERR_IO, 503, "a file or a connection failed") \
    X(BK_ERR_BUSY, 503, "no capacity right now, retry later") \
    X(BK_ERR_DOWN, 503, "a dependency is not reachable") \
    X(BK_ERR_TIMEOUT, 503, "a dependency did not answer in time") \
    X(BK_ERR_INTERNAL, 503, "a fault of this service")

enum bk_err {
#define X(name, status, text) name,
    BK_ERR_LIST(X)
#undef X
        BK_ERR_COUNT
};

/* Static strings: "BK_ERR_TIMEOUT" -> name "timeout", HTTP status 503, the sentence above. */
const char *bk_err_name(enum bk_err err);
const char *bk_err_text(enum bk_err err);
int bk_err_http_status(enum bk_err err);

/*
 * What a person should read beside an error: the thing, the limit, the next step.
 * Owned by the caller, always terminated, cut when too long. NULL is allowed everywhere.
 */
struct bk_detail {
    char text[256];
};

void bk_detail_set(struct bk_detail *detail, const char *format, ...) BK_PRINTF(2, 3);

#endif
