/*
 * Every allocation that may fail goes through here, so that tests can make the n-th one fail
 * (the allocation sweep of docs/hacking.md).
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

BK_MUST_USE void *bk_alloc(size_t bytes); /* zeroed; NULL when memory is gone */
BK_MUST_USE void *bk_realloc(void *ptr, size_t bytes);
void *bk_alloc_or_abort(size_t bytes); /* for small, bounded objects */
void bk_free(void *ptr);
BK_MUST_USE char *bk_strdup(const char *text);

/* Tests only: the allocation after `count` successful ones fails, once. Negative: never. */
void bk_alloc_fail_after(long count);
/* True when the armed failure has happened since bk_alloc_fail_after. */
bool bk_alloc_has_failed(void);

#endif
