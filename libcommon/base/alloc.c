/*
 * The one door to the heap, with the hook that lets a test close it.
 */
#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A sweep concerns the thread that runs it; helper threads of a test keep their memory. */
static _Thread_local long fail_after = -1;
static _Thread_local bool has_failed;

void bk_alloc_fail_after(long count)
{
    fail_after = count;
    has_failed = false;
}

bool bk_alloc_has_failed(void)
{
    return has_failed;
}

static bool must_fail(void)
{
    if (fail_after < 0)
        return false;
    has_failed = fail_after == 0;
    fail_after--;
    return has_failed;
}

void *bk_alloc(size_t bytes)
{
    return must_fail() ? NULL : calloc(1, bytes > 0 ? bytes : 1);
}

void *bk_realloc(void *ptr, size_t bytes)
{
    return must_fail() ? NULL : realloc(ptr, bytes > 0 ? bytes : 1);
}

void *bk_alloc_or_abort(size_t bytes)
{
    void *ptr = calloc(1, bytes > 0 ? bytes : 1);
    if (ptr == NULL) {
        fprintf(stderr, "out of memory: %zu bytes asked for\n", bytes);
        abort();
    }
    return ptr;
}

void bk_free(void *ptr)
{
    free(ptr);
}

char *bk_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = bk_alloc(size);
    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}
