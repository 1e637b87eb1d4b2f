/*
 * Bytes worth stealing: wiped when freed, compared in constant time, never printed.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

struct bk_secret {
    uint8_t *bytes; /* owned; NULL when empty */
    size_t len;
};

BK_MUST_USE enum bk_err bk_secret_set(struct bk_secret *secret, struct bk_str bytes);
void bk_secret_deinit(struct bk_secret *secret);
bool bk_secret_eq(struct bk_str a, struct bk_str b);         /* constant time for equal lengths */
struct bk_str bk_secret_str(const struct bk_secret *secret); /* borrowed */
void bk_wipe(void *bytes, size_t count);                     /* not optimised away */
/* Of one that may quote what somebody typed: BK_AUTO(bk_detail_wipe) struct bk_detail detail; */
void bk_detail_wipe(struct bk_detail *detail);

/* count bytes from the system's generator; aborts when it has none to give. */
void bk_random(uint8_t *ret_bytes, size_t count);
/* len characters of alphabet (2 to 128 of them), each as likely, and a terminator. */
void bk_random_text(char *ret_text, size_t len, const char *alphabet);

#endif
