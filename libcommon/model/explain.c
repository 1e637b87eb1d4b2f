/*
 * Lists of parameters: gathered, searched, compared.
 */
#include "model/explain.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char *const kind_names[] = {"driver", "setting", "line", "key", "raw"};

const char *bk_origin_kind_name(enum bk_origin_kind kind)
{
    return kind_names[kind];
}

void bk_explanation_init(struct bk_explanation *explanation, struct bk_arena *arena)
{
    *explanation = (struct bk_explanation){.arena = arena};
}

void bk_explanation_add(void *context, const struct bk_parameter *parameter)
{
    struct bk_explanation *explanation = context;
    if (explanation->count == explanation->size) {
        size_t size = explanation->size == 0 ? 256 : 2 * explanation->size;
        struct bk_explained *rows = bk_arena_alloc(explanation->arena, size * sizeof *rows);
        if (explanation->count > 0)
            memcpy(rows, explanation->rows, explanation->count * sizeof *rows);
        explanation->rows = rows;
        explanation->size = size;
    }
    struct bk_explained *row = &explanation->rows[explanation->count++];
    row->file = explanation->file;
    row->parameter = *parameter;
    row->parameter.name = bk_arena_str(explanation->arena, parameter->name);
    row->parameter.value = bk_arena_str(explanation->arena, parameter->value);
}

bool bk_explanation_has(const struct bk_explanation *explanation, enum bk_neutral id)
{
    for (size_t i = 0; i < explanation->count; i++) {
        const struct bk_parameter *parameter = &explanation->rows[i].parameter;
        if (parameter->origin.kind == BK_ORIGIN_SETTING && parameter->origin.id == (int)id &&
            !parameter->is_lost)
            return true;
    }
    return false;
}

static bool is_set_anywhere(const struct bk_phone *phone, enum bk_neutral id)
{
    bool is_set = phone->settings[id].layer != BK_LAYER_NONE;
    for (size_t i = 0; i < phone->line_count && !is_set; i++)
        is_set = phone->lines[i].settings[id].layer != BK_LAYER_NONE;
    return is_set;
}

size_t bk_explanation_unsupported(const struct bk_explanation *explanation,
                                  const struct bk_phone *phone, enum bk_neutral *ret_ids)
{
    size_t count = 0;
    for (int id = 0; id < BK_NEUTRAL_COUNT; id++) {
        if (is_set_anywhere(phone, (enum bk_neutral)id) &&
            !bk_explanation_has(explanation, (enum bk_neutral)id))
            ret_ids[count++] = (enum bk_neutral)id;
    }
    return count;
}

/* --- differences ------------------------------------------------------------------------------ */

/* Rows of one list by file and name, in chains of equal digest, each in the list's order. */
struct index {
    const struct bk_explanation *list;
    uint32_t *heads, *nexts; /* row + 1; 0: none */
    size_t head_count;
    bool *is_taken;
};

static bool is_written(const struct bk_explained *row)
{
    return !row->parameter.is_kept && !row->parameter.is_lost;
}

/* FNV-1a: spreads names over chains, guards nothing. */
static uint32_t digest_of(const struct bk_explained *row)
{
    uint32_t digest = 2166136261u;
    const struct bk_str parts[] = {row->file, row->parameter.name};
    for (size_t part = 0; part < BK_COUNT(parts); part++) {
        for (size_t i = 0; i < parts[part].len; i++)
            digest = (digest ^ (unsigned char)parts[part].ptr[i]) * 16777619u;
    }
    return digest;
}

static enum bk_err index_make(struct index *index, const struct bk_explanation *list,
                              struct bk_arena *arena)
{
    size_t size = list->count + 1;
    *index = (struct index){.list = list, .head_count = size};
    index->heads = bk_arena_try(arena, size * sizeof index->heads[0]);
    index->nexts = bk_arena_try(arena, size * sizeof index->nexts[0]);
    index->is_taken = bk_arena_try(arena, size * sizeof index->is_taken[0]);
    if (index->heads == NULL || index->nexts == NULL || index->is_taken == NULL)
        return BK_ERR_NO_MEMORY;
    memset(index->heads, 0, size * sizeof index->heads[0]);
    memset(index->is_taken, 0, size * sizeof index->is_taken[0]);
    /* From the last: so the first of a name comes first in its chain. */
    for (size_t i = list->count; i > 0; i--) {
        uint32_t *head = &index->heads[digest_of(&list->rows[i - 1]) % size];
        index->nexts[i - 1] = *head;
        *head = (uint32_t)i;
    }
    return BK_OK;
}

/* The first row of this name that was not taken yet; it is now. */
static const struct bk_explained *index_take(struct index *index, const struct bk_explained *like)
{
    if (index->list->count == 0)
        return NULL;
    for (uint32_t at = index->heads[digest_of(like) % index->head_count]; at != 0;
         at = index->nexts[at - 1]) {
        const struct bk_explained *row = &index->list->rows[at - 1];
        if (!index->is_taken[at - 1] && is_written(row) && bk_str_eq(row->file, like->file) &&
            bk_str_eq(row->parameter.name, like->parameter.name)) {
            index->is_taken[at - 1] = true;
            return row;
        }
    }
    return NULL;
}

enum bk_err bk_explanation_diff(const struct bk_explanation *before,
                                const struct bk_explanation *after, bk_difference_fn *tell,
                                void *context)
{
    struct index index;
    enum bk_err err = index_make(&index, before, after->arena);
    if (err != BK_OK)
        return err;
    for (size_t i = 0; i < after->count; i++) {
        const struct bk_explained *row = &after->rows[i];
        const struct bk_explained *former = index_take(&index, row);
        if (is_written(row) &&
            (former == NULL || !bk_str_eq(former->parameter.value, row->parameter.value)))
            tell(context, former, row);
    }
    for (size_t i = 0; i < before->count; i++) {
        if (!index.is_taken[i] && is_written(&before->rows[i]))
            tell(context, &before->rows[i], NULL);
    }
    return BK_OK;
}

/* --- words ------------------------------------------------------------------------------------ */

struct bk_str bk_origin_print(const struct bk_origin *origin, char (*space)[BK_ORIGIN_TEXT_SIZE])
{
    static const char *const panels[] = {"line", "programmable", "module"};
    const char *layer = origin->layer == BK_LAYER_NONE ? "default" : bk_layer_name(origin->layer);
    int len = 0;
    switch (origin->kind) {
    case BK_ORIGIN_DRIVER:
        len = snprintf(*space, sizeof *space, "driver");
        break;
    case BK_ORIGIN_SETTING:
        len = snprintf(*space, sizeof *space, "%s: %s", layer, bk_neutral_options[origin->id].key);
        break;
    case BK_ORIGIN_LINE:
        len = snprintf(*space, sizeof *space, "line %d", origin->id);
        break;
    case BK_ORIGIN_KEY:
        if (origin->panel == BK_PANEL_MODULE)
            len =
                snprintf(*space, sizeof *space, "key module %d, %d", origin->module, origin->slot);
        else
            len =
                snprintf(*space, sizeof *space, "key %s, %d", panels[origin->panel], origin->slot);
        break;
    case BK_ORIGIN_RAW:
        len = snprintf(*space, sizeof *space, "%s: raw", layer);
        break;
    }
    size_t got = len < 0 ? 0 : (size_t)len;
    return (struct bk_str){*space, got < sizeof *space ? got : sizeof *space - 1};
}
