/*
 * Digest authentication (RFC 7616, and RFC 2617 and 2069 before it), as far as both ends do the
 * same: how parameters are written, and how a response is computed. Who is challenged and whose
 * answer is right is for web/auth_http (we ask) and pbx/sip/digest (we answer).
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

/*
 * The next parameter of a challenge or of credentials: name=token or name="quoted", comma separated
 * (RFC 9110 11.2). The value comes without its quotes and escapes into ret_value, cut at size;
 * *ret_len is its whole length. False at the end, or where it is malformed: *rest is not empty
 * then.
 */
bool bk_digest_parameter_next(struct bk_str *rest, struct bk_str *ret_name, char *ret_value,
                              size_t size, size_t *ret_len);

struct bk_digest_input {
    bool is_sha256; /* else MD5 */
    struct bk_str user, realm, secret, method, uri, nonce;
    struct bk_str count, cnonce; /* of qop=auth; count empty: no qop, as in RFC 2069 */
};

/* 64 or 32 lower-case digits and a terminator. BK_ERR_CRYPTO. */
#define BK_DIGEST_RESPONSE_SIZE 65
BK_MUST_USE enum bk_err bk_digest_response(const struct bk_digest_input *input,
                                           char (*ret_hex)[BK_DIGEST_RESPONSE_SIZE]);

#endif
