/*
 * The admin port of a program on libre's loop: /metrics (Prometheus), /healthz, /readyz. Plain HTTP
 * by libre, for the operator's network alone; the servers have theirs in web/health.c.
 */
#ifndef IO_ADMIN_RE_H
#define IO_ADMIN_RE_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/metric.h"

struct bk_admin;

typedef bool bk_admin_ready_fn(void *ctx);

/* For --check-config. BK_ERR_INVALID with a detail: no numeric "address:port" or "[v6]:port". */
BK_MUST_USE enum bk_err bk_admin_check(const char *address, struct bk_detail *ret_detail);

/* address: as above. metrics outlive the port. BK_ERR_INVALID, BK_ERR_IO (taken) with a detail. */
BK_MUST_USE enum bk_err bk_admin_open(const char *address, const struct bk_metrics *metrics,
                                      bk_admin_ready_fn *is_ready, void *ctx,
                                      struct bk_admin **ret_admin, struct bk_detail *ret_detail);
void bk_admin_close(struct bk_admin *admin); /* NULL is allowed */

#endif
