/*
 * The admin port: /healthz (this process answers), /readyz (every worker serves, dependencies
 * included), /metrics (Prometheus). Plain HTTP, for the operator's network alone.
 */
#include <string.h>

#include "web/internal.h"

enum { METRICS_SIZE_MAX = 256 * 1024 };

void bk_health_answer(struct bk_worker *worker, struct bk_request *request)
{
    static const struct bk_header headers[] = {
        {"content-type", {"text/plain; version=0.0.4; charset=utf-8", 40}},
        {"cache-control", {"no-store", 8}},
        {NULL, {NULL, 0}},
    };
    const struct bk_server_options *options = worker->options;
    struct bk_buf body;
    bk_buf_init(&body, METRICS_SIZE_MAX);
    int status = 200;
    if (bk_str_eq(request->target, BK_STR("/metrics"))) {
        bk_metrics_print(options->metrics, &body);
    } else if (bk_str_eq(request->target, BK_STR("/healthz"))) {
        bk_buf_add(&body, BK_STR("ok\n"));
    } else if (bk_str_eq(request->target, BK_STR("/readyz"))) {
        int64_t ready = bk_metric_sum(options->metrics, BK_WM_WORKER_READY);
        status = ready >= (int64_t)options->worker_count ? 200 : 503;
        bk_buf_addf(&body, "%lld of %zu workers ready\n", (long long)ready, options->worker_count);
    } else {
        status = 404;
        bk_buf_add(&body, BK_STR("there is /metrics, /healthz and /readyz\n"));
    }
    if (body.err != BK_OK) {
        status = 503;
        bk_buf_clear(&body);
    }
    bk_reply(request, status, headers, &body);
}
