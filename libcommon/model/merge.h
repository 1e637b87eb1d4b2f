/*
 * Layered settings, lowest precedence first. What a higher layer sets wins, unless a lower one
 * locked it. Used by phone.c; pure.
 */
#ifndef MODEL_MERGE_H
#define MODEL_MERGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "model/phone.h"

struct bk_merge_raw {
    struct bk_raw raw;
    bool is_set, is_locked;
};

struct bk_merge {
    struct bk_arena *arena;
    struct bk_setting settings[BK_NEUTRAL_COUNT];
    bool is_locked[BK_NEUTRAL_COUNT];
    struct bk_merge_raw *raws; /* by name ascending */
    size_t raw_count, raw_size;
};

void bk_merge_init(struct bk_merge *merge, struct bk_arena *arena);

/*
 * One layer: all of its values first, then its locks, which bind the layers above it only.
 * A value under a lock is dropped in silence: the layer that tried was told when it was written.
 * Texts are borrowed. bk_merge_set_raw and bk_merge_lock_raw: BK_ERR_TOO_LARGE beyond BK_RAW_MAX
 * names, BK_ERR_NO_MEMORY.
 */
void bk_merge_set(struct bk_merge *merge, enum bk_neutral id, struct bk_option_value value,
                  enum bk_layer layer);
void bk_merge_lock(struct bk_merge *merge, enum bk_neutral id);
BK_MUST_USE enum bk_err bk_merge_set_raw(struct bk_merge *merge, struct bk_raw raw);
BK_MUST_USE enum bk_err bk_merge_lock_raw(struct bk_merge *merge, struct bk_str name);

/* What stands in the end; raws by name ascending, in the arena. */
BK_MUST_USE enum bk_err bk_merge_raws(const struct bk_merge *merge, struct bk_raw **ret_raws,
                                      size_t *ret_count);

#endif
