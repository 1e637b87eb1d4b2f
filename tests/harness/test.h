/*
 * cmocka with its prerequisites in the right order, and the few macros our tests share.
 */
#ifndef HARNESS_TEST_H
#define HARNESS_TEST_H

/* cmocka.h wants these before it. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "base/str.h"

/* got (struct bk_str) equals the terminated text want. */
#define assert_str_equal(got, want) \
    do { \
        struct bk_str got_ = (got); \
        struct bk_str want_ = bk_str_of(want); \
        if (!bk_str_eq(got_, want_)) \
            fail_msg("got \"%.*s\", want \"%s\"", BK_STR_ARG(got_), (want)); \
    } while (0)

#endif
