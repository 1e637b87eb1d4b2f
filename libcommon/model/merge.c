/*
 * Merging of layers. Neutral settings are an array by id; raw parameters a small sorted one.
 */
#include "model/merge.h"

#include <string.h>

void bk_merge_init(struct bk_merge *merge, struct bk_arena *arena)
{
    *merge = (struct bk_merge){.arena = arena};
}

void bk_merge_set(struct bk_merge *merge, enum bk_neutral id, struct bk_option_value value,
                  enum bk_layer layer)
{
    if (!merge->is_locked[id])
        merge->settings[id] = (struct bk_setting){value, layer};
}

void bk_merge_lock(struct bk_merge *merge, enum bk_neutral id)
{
    merge->is_locked[id] = true;
}

static int order(struct bk_str a, struct bk_str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int found = len == 0 ? 0 : memcmp(a.ptr, b.ptr, len);
    return found != 0 ? found : (a.len > b.len) - (a.len < b.len);
}

/* The entry of name, made when there is none; NULL leaves the reason in *ret_err. */
static struct bk_merge_raw *entry_of(struct bk_merge *merge, struct bk_str name,
                                     enum bk_err *ret_err)
{
    size_t low = 0, high = merge->raw_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int found = order(name, merge->raws[middle].raw.name);
        if (found == 0)
            return &merge->raws[middle];
        if (found < 0)
            high = middle;
        else
            low = middle + 1;
    }
    if (merge->raw_count == BK_RAW_MAX) {
        *ret_err = BK_ERR_TOO_LARGE;
        return NULL;
    }
    if (merge->raw_count == merge->raw_size) {
        size_t size = merge->raw_size == 0 ? 16 : 2 * merge->raw_size;
        struct bk_merge_raw *raws = bk_arena_try(merge->arena, size * sizeof *raws);
        if (raws == NULL) {
            *ret_err = BK_ERR_NO_MEMORY;
            return NULL;
        }
        if (merge->raw_count > 0)
            memcpy(raws, merge->raws, merge->raw_count * sizeof *raws);
        merge->raws = raws;
        merge->raw_size = size;
    }
    memmove(&merge->raws[low + 1], &merge->raws[low],
            (merge->raw_count - low) * sizeof merge->raws[0]);
    merge->raws[low] = (struct bk_merge_raw){.raw.name = name};
    merge->raw_count++;
    return &merge->raws[low];
}

enum bk_err bk_merge_set_raw(struct bk_merge *merge, struct bk_raw raw)
{
    enum bk_err err = BK_OK;
    struct bk_merge_raw *entry = entry_of(merge, raw.name, &err);
    if (entry != NULL && !entry->is_locked) {
        entry->raw = raw;
        entry->is_set = true;
    }
    return err;
}

enum bk_err bk_merge_lock_raw(struct bk_merge *merge, struct bk_str name)
{
    enum bk_err err = BK_OK;
    struct bk_merge_raw *entry = entry_of(merge, name, &err);
    if (entry != NULL)
        entry->is_locked = true;
    return err;
}

enum bk_err bk_merge_raws(const struct bk_merge *merge, struct bk_raw **ret_raws, size_t *ret_count)
{
    struct bk_raw *raws = NULL;
    size_t count = 0;
    if (merge->raw_count > 0) {
        raws = bk_arena_try(merge->arena, merge->raw_count * sizeof *raws);
        if (raws == NULL)
            return BK_ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < merge->raw_count; i++) {
        if (merge->raws[i].is_set)
            raws[count++] = merge->raws[i].raw;
    }
    *ret_raws = raws;
    *ret_count = count;
    return BK_OK;
}
