/*
 * jansson's memory. What it hands out may be freed by libc's free too, as libjwt does.
 */
#include "web/json_memory.h"

#include <jansson.h>
#include <malloc.h>

#include "base/alloc.h"
#include "base/secret.h"

void bk_json_memory_free(void *ptr)
{
    if (ptr != NULL)
        bk_wipe(ptr, malloc_usable_size(ptr));
    bk_free(ptr);
}

void bk_json_memory_init(void)
{
    json_set_alloc_funcs(bk_alloc_or_abort, bk_json_memory_free);
}
