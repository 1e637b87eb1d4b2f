/*
 * The allocation sweep: the n-th allocation that may fail does, n = 0, 1, …, until a run gets
 * through. Each run before must end in BK_ERR_NO_MEMORY; the sanitizers hear what it leaks.
 */
#ifndef HARNESS_SWEEP_H
#define HARNESS_SWEEP_H

#include "base/alloc.h"
#include "base/err.h"
#include "harness/test.h"

typedef enum bk_err sweep_fn(void *context);

/* Returns how many allocations the run can fail at. */
static inline long sweep_allocations(sweep_fn *run, void *context)
{
    for (long n = 0; n < 100000; n++) {
        bk_alloc_fail_after(n);
        enum bk_err err = run(context);
        bool has_failed = bk_alloc_has_failed();
        bk_alloc_fail_after(-1);
        if (!has_failed) {
            assert_int_equal(err, BK_OK);
            return n;
        }
        assert_int_equal(err, BK_ERR_NO_MEMORY);
    }
    fail_msg("the sweep does not end");
    return -1;
}

#endif
