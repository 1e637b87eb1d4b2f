/*
 * Numbers shared by master and workers: one anonymous mapping, a line of cells a slot.
 */
#include "base/metric.h"

#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#define ROW_COUNT_MAX 4096
#define SLOT_COUNT_MAX 1024
#define CACHE_LINE_BYTES 64

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "cells are shared between processes");

struct bk_metrics {
    const struct bk_metric_row *rows;
    size_t row_count, slots;
    size_t stride; /* cells a slot, so that no two workers write into one cache line */
    size_t map_bytes;
    _Atomic int64_t *cells;
};

enum bk_err bk_metrics_new(const struct bk_metric_row *rows, size_t row_count, size_t slots,
                           struct bk_metrics **ret_metrics)
{
    if (row_count == 0 || slots == 0)
        return BK_ERR_INVALID;
    if (row_count > ROW_COUNT_MAX || slots > SLOT_COUNT_MAX)
        return BK_ERR_TOO_LARGE;
    const size_t cells_a_line = CACHE_LINE_BYTES / sizeof(int64_t);
    size_t stride = (row_count + cells_a_line - 1) / cells_a_line * cells_a_line;
    size_t head =
        (sizeof(struct bk_metrics) + CACHE_LINE_BYTES - 1) / CACHE_LINE_BYTES * CACHE_LINE_BYTES;
    size_t bytes = head + stride * slots * sizeof(int64_t);
    void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return BK_ERR_NO_MEMORY;
    struct bk_metrics *metrics = map;
    *metrics = (struct bk_metrics){
        rows, row_count, slots, stride, bytes, (_Atomic int64_t *)(void *)((char *)map + head)};
    *ret_metrics = metrics;
    return BK_OK;
}

void bk_metrics_free(struct bk_metrics *metrics)
{
    if (metrics != NULL)
        munmap(metrics, metrics->map_bytes);
}

static _Atomic int64_t *cell(const struct bk_metrics *metrics, size_t slot, size_t row)
{
    assert(slot < metrics->slots && row < metrics->row_count);
    return &metrics->cells[slot * metrics->stride + row];
}

void bk_metric_add(struct bk_metrics *metrics, size_t slot, size_t row, int64_t amount)
{
    atomic_fetch_add_explicit(cell(metrics, slot, row), amount, memory_order_relaxed);
}

void bk_metric_set(struct bk_metrics *metrics, size_t slot, size_t row, int64_t value)
{
    atomic_store_explicit(cell(metrics, slot, row), value, memory_order_relaxed);
}

void bk_metrics_reset_gauges(struct bk_metrics *metrics, size_t slot)
{
    for (size_t row = 0; row < metrics->row_count; row++) {
        if (metrics->rows[row].is_gauge)
            bk_metric_set(metrics, slot, row, 0);
    }
}

int64_t bk_metric_sum(const struct bk_metrics *metrics, size_t row)
{
    uint64_t sum = 0; /* wraps instead of overflowing */
    for (size_t slot = 0; slot < metrics->slots; slot++)
        sum += (uint64_t)atomic_load_explicit(cell(metrics, slot, row), memory_order_relaxed);
    return (int64_t)sum;
}

static void print_help(const char *help, struct bk_buf *out)
{
    for (const char *c = help; *c != '\0'; c++) {
        if (*c == '\\')
            bk_buf_add(out, BK_STR("\\\\"));
        else if (*c == '\n')
            bk_buf_add(out, BK_STR("\\n"));
        else
            bk_buf_add_char(out, *c);
    }
}

static void print_rows_named(const struct bk_metrics *metrics, const char *name, size_t from,
                             struct bk_buf *out)
{
    for (size_t row = from; row < metrics->row_count; row++) {
        const struct bk_metric_row *r = &metrics->rows[row];
        if (strcmp(r->name, name) != 0)
            continue;
        bool has_labels = r->labels != NULL && r->labels[0] != '\0';
        bk_buf_addf(out, "%s%s%s%s %" PRId64 "\n", name, has_labels ? "{" : "",
                    has_labels ? r->labels : "", has_labels ? "}" : "",
                    bk_metric_sum(metrics, row));
    }
}

static bool is_first_of_name(const struct bk_metrics *metrics, size_t row)
{
    for (size_t i = 0; i < row; i++) {
        if (strcmp(metrics->rows[i].name, metrics->rows[row].name) == 0)
            return false;
    }
    return true;
}

void bk_metrics_print(const struct bk_metrics *metrics, struct bk_buf *out)
{
    /* The format wants all lines of a metric together, wherever their rows stand. */
    for (size_t row = 0; row < metrics->row_count; row++) {
        if (!is_first_of_name(metrics, row))
            continue;
        const struct bk_metric_row *r = &metrics->rows[row];
        bk_buf_addf(out, "# HELP %s ", r->name);
        print_help(r->help, out);
        bk_buf_addf(out, "\n# TYPE %s %s\n", r->name, r->is_gauge ? "gauge" : "counter");
        print_rows_named(metrics, r->name, row, out);
    }
}
