/*
 * A request as a table of named steps, read downwards. A step computes, or starts exactly one
 * wait; the next step finds the result. A completion always arrives from the loop, never from
 * inside the call that started the wait.
 *
 * A flow outlives its wait and not its request: whoever started it may abandon it (the peer left);
 * the flow then frees itself when the wait it is in reports back. Whoever comes second frees, once.
 */
#ifndef IO_FLOW_H
#define IO_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"

struct bk_flow;

enum bk_next {
    BK_NEXT, /* go on with the step below */
    BK_WAIT, /* bk_flow_resume will be called, from the loop */
    BK_DONE, /* the flow is over, err BK_OK */
    BK_FAIL  /* the flow is over, flow->err says why */
};

typedef enum bk_next bk_step_fn(struct bk_flow *flow);
/* The flow's only end: every flow gets here exactly once, abandoned or not. Frees its owner. */
typedef void bk_flow_end_fn(struct bk_flow *flow);
/*
 * Ask the wait the flow is in to give up. It still reports back through bk_flow_resume, later or
 * from inside this call (what bk_pg_abandon needs: nothing else would report).
 */
typedef void bk_flow_cancel_fn(void *wait);

struct bk_step {
    const char *name; /* in logs: step=load; NULL ends the table */
    bk_step_fn *run;
};

/* Embedded as first member of the flow's own struct. */
struct bk_flow {
    const struct bk_step *at; /* the step that runs, or waits */
    bk_flow_end_fn *on_end;
    bk_flow_cancel_fn *cancel; /* of the current wait; NULL: cannot be cancelled */
    void *wait;
    enum bk_err err; /* of the flow; set by bk_fail; says nothing when is_abandoned */
    bool is_waiting, is_abandoned, is_running;
};

/* Runs the first step at once; on_end may have been called when this returns. */
void bk_flow_start(struct bk_flow *flow, const struct bk_step *steps, bk_flow_end_fn *on_end);
/* The wait is over. Called once per BK_WAIT, from the loop. */
void bk_flow_resume(struct bk_flow *flow);
/*
 * The peer left: no further step runs; on_end is called when the step that runs returns, or when
 * the wait reports back, which may be inside this call. Again: nothing.
 */
void bk_flow_abandon(struct bk_flow *flow);
/* In a step: `return bk_fail(flow, err)`. */
enum bk_next bk_fail(struct bk_flow *flow, enum bk_err err);
/* In a step that waits: `return bk_wait(flow, query, (bk_flow_cancel_fn *)…)`. */
enum bk_next bk_wait(struct bk_flow *flow, void *wait, bk_flow_cancel_fn *cancel);

#endif
