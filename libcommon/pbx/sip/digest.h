/*
 * Digest authentication of SIP requests (RFC 3261 22, RFC 7616, RFC 8760): MD5 and SHA-256, with
 * qop=auth or none. libre 1.1.0 knows MD5 alone, and fails on a message that offers SHA-256 too.
 * Pure; texts are bounded copies, since a challenge outlives the message it came in.
 */
#ifndef PBX_SIP_DIGEST_H
#define PBX_SIP_DIGEST_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct bk_digest {
    bool is_set, is_proxy; /* Proxy-Authenticate, else WWW-Authenticate */
    bool is_sha256, has_qop, has_opaque, is_stale;
    char realm[128], nonce[512], opaque[256];
    unsigned nonce_count;
};

/*
 * Read the value of a (Proxy|WWW)-Authenticate field. BK_ERR_INVALID: no digest challenge, an
 * algorithm or qop we do not know, or longer than the texts above; ret_digest is then unchanged.
 */
BK_MUST_USE enum bk_err bk_digest_parse(struct bk_str value, bool is_proxy,
                                        struct bk_digest *ret_digest);

/*
 * Append the header field with its line end: "Authorization: Digest …\r\n". Counts the nonce.
 * BK_ERR_INVALID: user holds what a quoted string cannot; BK_ERR_CRYPTO.
 */
BK_MUST_USE enum bk_err bk_digest_print(struct bk_digest *digest, struct bk_str user,
                                        struct bk_str secret, const char *method, struct bk_str uri,
                                        struct bk_buf *out);

#endif
