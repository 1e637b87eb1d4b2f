/*
 * Passwords of people: scrypt (RFC 7914), kept as "$scrypt$ln=15,r=8,p=1$<salt>$<hash>" in base64
 * without padding (the PHC string format). One takes about 60 ms and 32 MiB: for threads.
 */
#ifndef BASE_PASSWORD_H
#define BASE_PASSWORD_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

#define BK_PASSWORD_MIN 10
#define BK_PASSWORD_MAX 256
#define BK_PASSWORD_HASH_SIZE 128

/* BK_ERR_INVALID with a detail: shorter or longer than the limits above (bytes), or no UTF-8;
 * BK_ERR_CRYPTO: no memory for scrypt, or no randomness. */
BK_MUST_USE enum bk_err bk_password_hash(struct bk_str password,
                                         char (*ret_hash)[BK_PASSWORD_HASH_SIZE],
                                         struct bk_detail *ret_detail);
/* False as well for a hash that is none, or whose cost is beyond what we would spend. */
bool bk_password_verify(struct bk_str password, struct bk_str hash);
/* Spends what a verification costs: for people who do not exist. */
void bk_password_waste(struct bk_str password);

#endif
