/*
 * Memory that lives as long as one request: many small pieces, freed at once. Foreign objects
 * (PGresult, json_t) are tied to it with a dispose hook; hooks run newest first.
 * Pieces are bounded by the caller: an arena aborts when memory is gone, so anything sized by a
 * peer uses bk_arena_try.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"

struct bk_arena;

typedef void bk_dispose_fn(void *object);

struct bk_arena *bk_arena_new(void);        /* never NULL */
void bk_arena_free(struct bk_arena *arena); /* NULL is allowed; wipes every piece */

void *bk_arena_alloc(struct bk_arena *arena, size_t bytes); /* zeroed, aligned for any object */
BK_MUST_USE void *bk_arena_try(struct bk_arena *arena, size_t bytes); /* NULL when memory is gone */
struct bk_str bk_arena_str(struct bk_arena *arena, struct bk_str text); /* a terminated copy */
struct bk_str bk_arena_printf(struct bk_arena *arena, const char *format, ...) BK_PRINTF(2, 3);
void bk_arena_on_free(struct bk_arena *arena, bk_dispose_fn *dispose, void *object);

#endif
