/*
 * Access tokens: JSON Web Tokens (RFC 7519) signed with ES256 (RFC 7518 3.4), and nothing else. The
 * one place that knows libjwt, which by itself lets a token choose its algorithm and checks no
 * claim: everything is judged here, in the order of RFC 8725 and docs/threats.md A13.
 */
#ifndef WEB_AUTH_JWT_H
#define WEB_AUTH_JWT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
    BK_JWT_LIFE_S = 900,   /* longest life of a token */
    BK_JWT_LEEWAY_S = 60,  /* clocks differ */
    BK_JWT_SIZE_MAX = 4096 /* longer ones are not looked at */
};

struct bk_jwt_options {
    const char *key_file;          /* PEM, EC P-256 private key: signs */
    const char *previous_key_file; /* the key before it: still verifies; NULL or empty: none */
    const char *issuer, *audience; /* borrowed */
};

struct bk_jwt; /* immutable: any thread may use it */

/* BK_ERR_INVALID, BK_ERR_IO with a detail that names file and cure. */
BK_MUST_USE enum bk_err bk_jwt_new(const struct bk_jwt_options *options, struct bk_jwt **ret_jwt,
                                   struct bk_detail *ret_detail);
void bk_jwt_free(struct bk_jwt *jwt); /* NULL is allowed */
/* A fresh private key for key_file, as PEM, appended. BK_ERR_CRYPTO. */
BK_MUST_USE enum bk_err bk_jwt_key_new(struct bk_buf *ret_pem);

struct bk_claims {
    int64_t user_id;   /* sub: "user:7" */
    int64_t tenant_id; /* tid; 0: none */
    int64_t issued_at_s, expires_at_s;
    char id[33]; /* jti */
};

/* Signs; the token lives in arena. id and expires_at_s (issued_at_s + BK_JWT_LIFE_S) are filled in.
 * BK_ERR_CRYPTO. */
BK_MUST_USE enum bk_err bk_jwt_sign(const struct bk_jwt *jwt, struct bk_arena *arena,
                                    struct bk_claims *claims, struct bk_str *ret_token);
/*
 * BK_ERR_DENIED, with a reason that is for the log alone: whoever sent it learns nothing. now_s is
 * the wall clock.
 */
BK_MUST_USE enum bk_err bk_jwt_check(const struct bk_jwt *jwt, struct bk_str token, int64_t now_s,
                                     struct bk_claims *ret_claims, struct bk_detail *ret_detail);

#endif
