/*
 * Memory of one request: blocks that are cut into pieces and freed together.
 */
#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/secret.h"

/* A fetch needs some 10 kB of small pieces; blocks double up to the larger size. */
#define BLOCK_BYTES_FIRST 4096
#define BLOCK_BYTES_MAX 65536

struct block {
    struct block *older;
    size_t size; /* of data */
    size_t used;
    alignas(max_align_t) unsigned char data[];
};

struct hook {
    struct hook *older;
    bk_dispose_fn *dispose;
    void *object;
};

struct bk_arena {
    struct block *newest;
    struct hook *hooks;
    size_t next_size;
};

struct bk_arena *bk_arena_new(void)
{
    struct bk_arena *arena = bk_alloc_or_abort(sizeof *arena);
    arena->next_size = BLOCK_BYTES_FIRST;
    return arena;
}

void bk_arena_free(struct bk_arena *arena)
{
    if (arena == NULL)
        return;
    /* A hook may still use pieces, or add another hook: it is off the list before it runs. */
    while (arena->hooks != NULL) {
        struct hook *hook = arena->hooks;
        arena->hooks = hook->older;
        hook->dispose(hook->object);
    }
    while (arena->newest != NULL) {
        struct block *block = arena->newest;
        arena->newest = block->older;
        bk_wipe(block->data, block->used);
        bk_free(block);
    }
    bk_free(arena);
}

typedef void *alloc_fn(size_t bytes);

static void *piece(struct bk_arena *arena, size_t bytes, alloc_fn *alloc)
{
    const size_t unit = alignof(max_align_t);
    if (bytes > PTRDIFF_MAX - sizeof(struct block) - unit)
        return NULL;
    size_t need = bytes == 0 ? unit : (bytes + unit - 1) / unit * unit;

    struct block *block = arena->newest;
    if (block == NULL || block->size - block->used < need) {
        /* A large piece gets a block of its own, behind the one that still has room. */
        bool is_alone = block != NULL && need > arena->next_size / 2;
        size_t size = is_alone || need > arena->next_size ? need : arena->next_size;
        block = alloc(sizeof *block + size);
        if (block == NULL)
            return NULL;
        block->size = size;
        if (is_alone) {
            block->older = arena->newest->older;
            arena->newest->older = block;
        } else {
            block->older = arena->newest;
            arena->newest = block;
            if (arena->next_size < BLOCK_BYTES_MAX)
                arena->next_size *= 2;
        }
    }
    void *ptr = block->data + block->used; /* zero: blocks are, and pieces are never given back */
    block->used += need;
    return ptr;
}

static void *try_alloc(size_t bytes)
{
    return bk_alloc(bytes);
}

void *bk_arena_alloc(struct bk_arena *arena, size_t bytes)
{
    void *ptr = piece(arena, bytes, bk_alloc_or_abort);
    if (ptr == NULL)
        abort(); /* a size that wrapped around: a fault of ours */
    return ptr;
}

void *bk_arena_try(struct bk_arena *arena, size_t bytes)
{
    return piece(arena, bytes, try_alloc);
}

struct bk_str bk_arena_str(struct bk_arena *arena, struct bk_str text)
{
    char *copy = bk_arena_alloc(arena, text.len + 1);
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    return (struct bk_str){copy, text.len};
}

struct bk_str bk_arena_printf(struct bk_arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(len >= 0);
    char *text = bk_arena_alloc(arena, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return (struct bk_str){text, (size_t)len};
}

void bk_arena_on_free(struct bk_arena *arena, bk_dispose_fn *dispose, void *object)
{
    struct hook *hook = bk_arena_alloc(arena, sizeof *hook);
    *hook = (struct hook){arena->hooks, dispose, object};
    arena->hooks = hook;
}
