/*
 * io/flow.h: every order in which steps, waits, cancels and departures can come, by rows; and on
 * a real loop under the allocation sweep.
 */
#include "harness/test.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "io/flow.h"
#include "io/loop_h2o.h"

/* What a step shall do is scripted, one letter a step:
 *   n next   w wait   c wait that can be cancelled and reports later
 *   C wait that reports inside its cancel   d done   f fail
 *   upper-case first letter A before any: the peer leaves while the step runs, then the letter */
struct scripted {
    struct bk_flow flow;
    const char *script;
    size_t at;
    char *trace;
    struct scripted **gone; /* set to NULL by on_end, as an owner would */
};

static char trace[64];

static void add(struct scripted *s, const char *what)
{
    assert_true(strlen(s->trace) + strlen(what) < sizeof trace);
    strcat(s->trace, what);
}

static void cancel_later(void *wait)
{
    add(wait, "x");
}

static void cancel_now(void *wait)
{
    struct scripted *s = wait;
    add(s, "X");
    bk_flow_resume(&s->flow);
}

static enum bk_next step(struct bk_flow *flow)
{
    struct scripted *s = BK_CONTAINER(flow, struct scripted, flow);
    add(s, "s");
    if (s->script[s->at] == 'A') {
        s->at++;
        bk_flow_abandon(flow);
        bk_flow_abandon(flow); /* twice is nothing */
    }
    switch (s->script[s->at++]) {
    case 'n':
        return BK_NEXT;
    case 'w':
        return BK_WAIT; /* without bk_wait: what cancelled the last wait must be forgotten */
    case 'c':
        return bk_wait(flow, s, cancel_later);
    case 'C':
        return bk_wait(flow, s, cancel_now);
    case 'd':
        return BK_DONE;
    default:
        return bk_fail(flow, BK_ERR_TIMEOUT);
    }
}

static void on_end(struct bk_flow *flow)
{
    struct scripted *s = BK_CONTAINER(flow, struct scripted, flow);
    char end[48];
    snprintf(end, sizeof end, " %s%s", bk_err_name(flow->err), flow->is_abandoned ? " left" : "");
    add(s, end);
    *s->gone = NULL;
    bk_free(s); /* whatever touches it now is seen by a sanitizer */
}

static const struct bk_step steps[] = {
    {"one", step},
    {"two", step},
    {"three", step},
    {0},
};

/* Events from outside: r the wait reports, a the peer leaves. */
static const struct {
    const char *label, *script, *events, *want;
} rows[] = {
    {"three steps, no wait", "nnn", "", "sss ok"},
    {"done early", "nd", "", "ss ok"},
    {"fails at once", "f", "", "s timeout"},
    {"fails after a wait", "wf", "r", "ss timeout"},
    {"waits three times", "wwn", "rr", "sss ok"},
    {"last step waits", "nnw", "r", "sss ok"},
    {"peer leaves in a wait that cannot be cancelled", "wn", "ar", "s ok left"},
    {"peer leaves, cancel reports later", "cn", "ar", "sx ok left"},
    {"peer leaves, cancel reports at once", "Cn", "a", "sX ok left"},
    {"peer leaves twice", "cn", "aar", "sx ok left"},
    {"peer leaves in the second wait", "wcn", "rar", "ssx ok left"},
    {"an old cancel is not called in a later wait", "cwn", "rar", "ss ok left"},
    {"peer leaves while a step computes", "An", "", "s ok left"},
    {"peer leaves while a step ends the flow", "Ad", "", "s ok left"},
    {"peer leaves while a step fails", "Af", "", "s timeout left"},
    {"peer leaves while a step starts a wait", "Aw", "r", "s ok left"},
    {"the same, cancel reports later", "Ac", "r", "sx ok left"},
    {"the same, cancel reports at once", "AC", "", "sX ok left"},
    {"the same in a later step", "wAC", "r", "ssX ok left"},
};

static void every_order_ends_the_flow_exactly_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        print_message("  %s\n", rows[i].label);
        trace[0] = '\0';
        struct scripted *s = bk_alloc_or_abort(sizeof *s);
        struct scripted *live = s;
        s->script = rows[i].script;
        s->trace = trace;
        s->gone = &live;
        bk_flow_start(&s->flow, steps, on_end);
        for (const char *event = rows[i].events; *event != '\0'; event++) {
            assert_non_null(live); /* not ended before its time */
            if (*event == 'r')
                bk_flow_resume(&live->flow);
            else
                bk_flow_abandon(&live->flow);
        }
        assert_null(live);
        assert_string_equal(trace, rows[i].want);
    }
}

/* ---- a flow on a loop whose every allocation may fail ---- */

struct load {
    struct bk_flow flow;
    struct bk_timer timer;
    struct bk_loop *loop;
    char *first, *second;
    bool is_left;
};

static int ends;
static enum bk_err end_err;

static void on_timer(void *ctx)
{
    struct load *load = ctx;
    bk_flow_resume(&load->flow);
}

static void cancel_timer(void *wait)
{
    struct load *load = wait;
    bk_timer_stop(&load->timer);
    bk_flow_resume(&load->flow);
}

static enum bk_next step_first(struct bk_flow *flow)
{
    struct load *load = BK_CONTAINER(flow, struct load, flow);
    load->first = bk_strdup("first");
    if (load->first == NULL)
        return bk_fail(flow, BK_ERR_NO_MEMORY);
    bk_timer_start(load->loop, &load->timer, 1, on_timer, load);
    return bk_wait(flow, load, cancel_timer);
}

static enum bk_next step_second(struct bk_flow *flow)
{
    struct load *load = BK_CONTAINER(flow, struct load, flow);
    assert_string_equal(load->first, "first");
    load->second = bk_strdup("second");
    if (load->second == NULL)
        return bk_fail(flow, BK_ERR_NO_MEMORY);
    bk_timer_start(load->loop, &load->timer, 1, on_timer, load);
    return bk_wait(flow, load, cancel_timer);
}

static void on_load_end(struct bk_flow *flow)
{
    struct load *load = BK_CONTAINER(flow, struct load, flow);
    ends++;
    end_err = flow->is_abandoned ? BK_ERR_COUNT : flow->err;
    assert_false(bk_timer_is_running(&load->timer));
    bk_loop_stop(load->loop);
    bk_free(load->first);
    bk_free(load->second);
    bk_free(load);
}

static const struct bk_step load_steps[] = {
    {"first", step_first},
    {"second", step_second},
    {0},
};

static void on_leave(void *ctx)
{
    bk_flow_abandon(ctx);
}

static void a_flow_on_a_loop_survives_every_failed_allocation(void **state)
{
    (void)state;
    for (int leave = 0; leave < 2; leave++) {
        bool has_failed = true;
        int round = 0;
        for (; has_failed; round++) {
            struct bk_loop *loop = bk_loop_h2o_new();
            struct load *load = bk_alloc_or_abort(sizeof *load);
            struct bk_timer departure = {0};
            load->loop = loop;
            ends = 0;
            bk_alloc_fail_after(round);
            bk_flow_start(&load->flow, load_steps, on_load_end);
            if (ends == 0) {
                if (leave == 1)
                    bk_timer_start(loop, &departure, 0, on_leave, &load->flow);
                bk_loop_run(loop);
            }
            has_failed = bk_alloc_has_failed();
            bk_alloc_fail_after(-1);
            assert_int_equal(ends, 1);
            if (has_failed)
                assert_int_equal(end_err, BK_ERR_NO_MEMORY);
            else
                assert_int_equal(end_err, leave == 1 ? BK_ERR_COUNT : BK_OK);
            bk_timer_stop(&departure);
            bk_loop_free(loop);
        }
        assert_true(round > 1); /* something did fail */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order_ends_the_flow_exactly_once),
        cmocka_unit_test(a_flow_on_a_loop_survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
