/*
 * Phones without a certificate say who they are by a user and a secret: HTTP Basic (RFC 7617) and
 * Digest (RFC 7616, and as phones of RFC 2617 and 2069 send it: MD5, qop absent). Reads what a
 * phone sent, writes what it is asked, judges a digest answer. Pure: whose secret it is, and what
 * happens to whoever is wrong, is the service's.
 *
 * Nonces are stateless, so that any worker of any machine judges what another one gave out: time,
 * random bytes, and an HMAC of both and the algorithm under a key that all of them derive. So a
 * nonce can be used again while it lives (BK_HTTP_NONCE_LIFE_S). That is accepted: method and
 * target are part of an answer, so a replay gets that one file once more, for which GET and HEAD
 * are harmless; and whoever could record an answer inside TLS has read the file already. Do not
 * verify requests with it that change something.
 */
#ifndef WEB_AUTH_HTTP_H
#define WEB_AUTH_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/seal.h"
#include "base/str.h"

#define BK_HTTP_AUTH_MAX 2048 /* bytes of an Authorization header's value */
#define BK_HTTP_USER_MAX 64
#define BK_HTTP_PASSWORD_MAX 128
#define BK_HTTP_NONCE_LIFE_S 60
#define BK_HTTP_NONCE_AHEAD_S 60 /* clocks of our machines differ */

enum bk_http_scheme { BK_HTTP_BASIC, BK_HTTP_DIGEST };

/* Texts are without quotes and escapes, and live in the space that bk_http_auth_parse was given. */
struct bk_http_auth {
    enum bk_http_scheme scheme;
    struct bk_str user;     /* 1..BK_HTTP_USER_MAX bytes of UTF-8 without control characters */
    struct bk_str password; /* Basic: at most BK_HTTP_PASSWORD_MAX, like user */
    bool is_sha256;         /* Digest, as all below; else MD5 */
    struct bk_str realm, nonce, uri;
    struct bk_str response; /* lower-case hex of the algorithm's length */
    struct bk_str count;    /* 8 hex digits, not 0; empty: no qop */
    struct bk_str cnonce;
};

/*
 * Read the value of an Authorization header. Whoever calls wipes space: a password is in it.
 * BK_ERR_INVALID: another scheme, malformed, a parameter twice, too long, an algorithm or qop that
 * was not offered; ret_auth is unchanged then.
 */
BK_MUST_USE enum bk_err bk_http_auth_parse(struct bk_str value, char (*space)[BK_HTTP_AUTH_MAX],
                                           struct bk_http_auth *ret_auth);

/* The key of nonces, the same in all processes of an installation. */
void bk_http_nonce_key(const struct bk_key *master_key, struct bk_key *ret_key);

/* Values of WWW-Authenticate headers. Send a digest one for each algorithm, SHA-256 first: a phone
 * takes the first that it knows. */
#define BK_HTTP_BASIC_CHALLENGE "Basic realm=\"beckon\", charset=\"UTF-8\""
#define BK_HTTP_CHALLENGE_SIZE 160
void bk_http_digest_challenge(const struct bk_key *nonce_key, bool is_sha256, bool is_stale,
                              int64_t now_s, char (*ret_value)[BK_HTTP_CHALLENGE_SIZE]);

/*
 * Judge a digest answer. target is the request target as it was received; now_s the wall clock.
 * The work is the same for every answer, right or not, and for an empty secret, which is never
 * right: give that for users that are not known.
 *   BK_ERR_STALE   all is right but the nonce's age: challenge again with is_stale, and no failure
 *   BK_ERR_DENIED  wrong secret, realm or target, a nonce of somebody else, of the other algorithm
 *   BK_ERR_CRYPTO  a fault of ours
 */
BK_MUST_USE enum bk_err bk_http_digest_check(const struct bk_key *nonce_key,
                                             const struct bk_http_auth *auth, struct bk_str secret,
                                             struct bk_str method, struct bk_str target,
                                             int64_t now_s);

#endif
