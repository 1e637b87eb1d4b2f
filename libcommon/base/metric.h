/*
 * Counters and gauges of a service. They live in memory shared by master and workers (one slot a
 * worker), so that any worker can answer a scrape with the sum, and nothing is lost when one dies.
 * A row of the table is a metric; label values are part of the row ("reason=\"unknown_mac\"").
 */
#ifndef BASE_METRIC_H
#define BASE_METRIC_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"

struct bk_metric_row {
    const char *name;   /* beckon_config_requests_total */
    const char *labels; /* NULL, or key="value",… without braces */
    const char *help;
    bool is_gauge; /* else a counter */
};

struct bk_metrics; /* shared mapping, made by the master before it forks */

/* rows is borrowed for ever; slots is the number of workers. */
BK_MUST_USE enum bk_err bk_metrics_new(const struct bk_metric_row *rows, size_t row_count,
                                       size_t slots, struct bk_metrics **ret_metrics);
void bk_metrics_free(struct bk_metrics *metrics);

/* Writers: one process a slot; row is the index in the table. Atomic, relaxed. */
void bk_metric_add(struct bk_metrics *metrics, size_t slot, size_t row, int64_t amount);
void bk_metric_set(struct bk_metrics *metrics, size_t slot, size_t row, int64_t value);
/* A replaced worker starts its gauges at zero; counters go on. */
void bk_metrics_reset_gauges(struct bk_metrics *metrics, size_t slot);

int64_t bk_metric_sum(const struct bk_metrics *metrics, size_t row);
/* Prometheus text format 0.0.4, summed over the slots. */
void bk_metrics_print(const struct bk_metrics *metrics, struct bk_buf *out);

#endif
