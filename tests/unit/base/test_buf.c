#include "base/buf.h"

#include <string.h>

#include "harness/sweep.h"
#include "harness/test.h"

static void writes_add_up(void **state)
{
    (void)state;
    struct bk_buf buf;
    bk_buf_init(&buf, 10000);
    assert_string_equal(bk_buf_text(&buf), "");
    assert_int_equal(bk_buf_str(&buf).len, 0);
    bk_buf_add(&buf, BK_STR("a="));
    bk_buf_addf(&buf, "%d", 12);
    bk_buf_add_char(&buf, '\n');
    bk_buf_add(&buf, BK_STR_NONE);
    bk_buf_addf(&buf, "%s", "");
    assert_string_equal(bk_buf_text(&buf), "a=12\n");
    for (int i = 0; i < 500; i++)
        bk_buf_addf(&buf, "line %d\n", i); /* across many growths */
    assert_int_equal(buf.err, BK_OK);
    assert_int_equal(strlen(bk_buf_text(&buf)), buf.len);
    assert_true(bk_str_ends(bk_buf_str(&buf), BK_STR("line 498\nline 499\n")));
    bk_buf_deinit(&buf);
    assert_string_equal(bk_buf_text(&buf), "");
}

static void the_limit_is_inclusive_and_the_error_sticks(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        size_t len_max, first;
        bool by_printf;
        enum bk_err want;
    } rows[] = {
        {"fits exactly", 300, 300, false, BK_OK},
        {"one too long", 300, 301, false, BK_ERR_TOO_LARGE},
        {"fits exactly, printed", 300, 300, true, BK_OK},
        {"one too long, printed", 300, 301, true, BK_ERR_TOO_LARGE},
        {"tiny limit, printed", 3, 4, true, BK_ERR_TOO_LARGE},
        {"nothing allowed", 0, 1, false, BK_ERR_TOO_LARGE},
    };
    char text[400];
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_buf buf;
        print_message("  %s\n", rows[i].label);
        bk_buf_init(&buf, rows[i].len_max);
        if (rows[i].by_printf)
            bk_buf_addf(&buf, "%.*s", (int)rows[i].first, text);
        else
            bk_buf_add(&buf, (struct bk_str){text, rows[i].first});
        assert_int_equal(buf.err, rows[i].want);
        assert_int_equal(bk_buf_str(&buf).len, rows[i].want == BK_OK ? rows[i].first : 0);

        bk_buf_add_char(&buf, 'y'); /* too long now in every row */
        bk_buf_add(&buf, BK_STR_NONE);
        assert_int_equal(buf.err, BK_ERR_TOO_LARGE);
        assert_string_equal(bk_buf_text(&buf), "");
        bk_buf_clear(&buf);
        assert_int_equal(buf.err, BK_OK);
        bk_buf_deinit(&buf);
    }
}

/* A printf that does not fit in the rest must not be seen in part. */
static void a_failed_printf_leaves_nothing_behind(void **state)
{
    (void)state;
    struct bk_buf buf;
    bk_buf_init(&buf, 8);
    bk_buf_add(&buf, BK_STR("abc"));
    bk_buf_addf(&buf, "%s", "0123456789");
    assert_int_equal(buf.err, BK_ERR_TOO_LARGE);
    assert_int_equal(buf.len, 3);
    assert_string_equal(buf.ptr, "abc");
    bk_buf_deinit(&buf);
}

static void require_zeros(const struct bk_buf *buf, size_t from)
{
    for (size_t at = from; at < buf->size; at++)
        assert_int_equal(buf->ptr[at], 0);
}

static void a_secret_is_wiped_when_cleared_or_cut(void **state)
{
    (void)state;
    struct bk_buf buf;
    bk_buf_init_secret(&buf, 4096);
    for (int i = 0; i < 100; i++)
        bk_buf_add(&buf, BK_STR("0815-secret"));
    assert_int_equal(buf.len, 1100);
    assert_true(bk_str_ends(bk_buf_str(&buf), BK_STR("secret0815-secret")));
    memset(buf.ptr + buf.len, 0, buf.size - buf.len); /* as malloc left it */
    bk_buf_cut(&buf, 4);
    assert_string_equal(bk_buf_text(&buf), "0815");
    require_zeros(&buf, 4);
    bk_buf_clear(&buf);
    assert_int_equal(buf.len, 0);
    require_zeros(&buf, 0);
    bk_buf_deinit(&buf);
}

/* It is printed before it is known to fit. */
static void nothing_of_a_secret_stays_that_did_not_fit(void **state)
{
    (void)state;
    struct bk_buf buf;
    bk_buf_init_secret(&buf, 300);
    bk_buf_add(&buf, BK_STR("abc"));
    memset(buf.ptr + buf.len, 0, buf.size - buf.len);
    bk_buf_addf(&buf, "%0400d", 7);
    assert_int_equal(buf.err, BK_ERR_TOO_LARGE);
    require_zeros(&buf, 3);
    bk_buf_deinit(&buf);
}

static void room_is_for_the_caller_to_fill(void **state)
{
    (void)state;
    struct bk_buf buf;
    bk_buf_init(&buf, 5);
    bk_buf_reserve(&buf, 100); /* no more than the limit, and no error */
    assert_int_equal(buf.err, BK_OK);
    assert_int_equal(buf.len, 0);
    memcpy(bk_buf_room(&buf, 3), "abc", 3);
    assert_string_equal(bk_buf_text(&buf), "abc");
    memcpy(bk_buf_room(&buf, 2), "de", 2);
    assert_string_equal(bk_buf_text(&buf), "abcde");
    assert_null(bk_buf_room(&buf, 1));
    assert_int_equal(buf.err, BK_ERR_TOO_LARGE);
    assert_null(bk_buf_room(&buf, 0)); /* it sticks */
    bk_buf_deinit(&buf);
}

static enum bk_err write_much(void *is_secret)
{
    struct bk_buf buf;
    if (*(bool *)is_secret)
        bk_buf_init_secret(&buf, 1 << 20);
    else
        bk_buf_init(&buf, 1 << 20);
    for (int i = 0; i < 1000; i++) {
        bk_buf_add(&buf, BK_STR("key = "));
        bk_buf_addf(&buf, "%d\n", i);
    }
    enum bk_err err = buf.err;
    if (err != BK_OK)
        assert_string_equal(bk_buf_text(&buf), "");
    bk_buf_deinit(&buf);
    return err;
}

static void missing_memory_is_an_error_at_every_growth(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        bool is_secret = i == 1;
        assert_true(sweep_allocations(write_much, &is_secret) >= 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_add_up),
        cmocka_unit_test(the_limit_is_inclusive_and_the_error_sticks),
        cmocka_unit_test(a_failed_printf_leaves_nothing_behind),
        cmocka_unit_test(a_secret_is_wiped_when_cleared_or_cut),
        cmocka_unit_test(nothing_of_a_secret_stays_that_did_not_fit),
        cmocka_unit_test(room_is_for_the_caller_to_fill),
        cmocka_unit_test(missing_memory_is_an_error_at_every_growth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
