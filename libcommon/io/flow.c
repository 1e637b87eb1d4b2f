/*
 * The step runner. All the care is in who frees the flow: exactly one call of end(), and nothing
 * touches the flow after it.
 */
#include "io/flow.h"

#include <assert.h>
#include <stddef.h>

static void end(struct bk_flow *flow)
{
    flow->is_running = false;
    flow->is_waiting = false;
    flow->on_end(flow); /* frees it */
}

/* The step has said BK_WAIT. */
static void begin_wait(struct bk_flow *flow)
{
    flow->is_running = false;
    flow->is_waiting = true;
    /* The peer left while the step ran: the wait was started, and is told at once. */
    if (flow->is_abandoned && flow->cancel != NULL) {
        bk_flow_cancel_fn *cancel = flow->cancel;
        flow->cancel = NULL;
        cancel(flow->wait); /* may resume, which ends and frees the flow */
    }
}

static void run(struct bk_flow *flow)
{
    flow->is_running = true;
    for (;;) {
        if (flow->is_abandoned || flow->at->name == NULL) {
            end(flow);
            return;
        }
        flow->wait = NULL;
        flow->cancel = NULL;
        switch (flow->at->run(flow)) {
        case BK_NEXT:
            flow->at++;
            break;
        case BK_WAIT:
            begin_wait(flow);
            return;
        case BK_DONE:
            flow->err = BK_OK;
            end(flow);
            return;
        case BK_FAIL:
            assert(flow->err != BK_OK && "a failed step says why");
            end(flow);
            return;
        }
    }
}

void bk_flow_start(struct bk_flow *flow, const struct bk_step *steps, bk_flow_end_fn *on_end)
{
    *flow = (struct bk_flow){.at = steps, .on_end = on_end};
    run(flow);
}

void bk_flow_resume(struct bk_flow *flow)
{
    assert(flow->is_waiting && !flow->is_running && "resumed twice, or from inside the step");
    flow->is_waiting = false;
    flow->at++;
    run(flow);
}

void bk_flow_abandon(struct bk_flow *flow)
{
    if (flow->is_abandoned)
        return;
    flow->is_abandoned = true;
    /* A running step ends first; run() looks at the flag after it. */
    if (!flow->is_waiting || flow->cancel == NULL)
        return;
    bk_flow_cancel_fn *cancel = flow->cancel;
    flow->cancel = NULL;
    cancel(flow->wait); /* may resume, which ends and frees the flow */
}

enum bk_next bk_fail(struct bk_flow *flow, enum bk_err err)
{
    flow->err = err;
    return BK_FAIL;
}

enum bk_next bk_wait(struct bk_flow *flow, void *wait, bk_flow_cancel_fn *cancel)
{
    flow->wait = wait;
    flow->cancel = cancel;
    return BK_WAIT;
}
