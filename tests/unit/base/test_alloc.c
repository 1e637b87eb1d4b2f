#include "base/alloc.h"

#include <string.h>

#include "base/list.h"
#include "harness/test.h"

static void the_armed_allocation_fails_once(void **state)
{
    (void)state;
    for (long n = 0; n < 4; n++) {
        bk_alloc_fail_after(n);
        for (long i = 0; i < 8; i++) {
            void *ptr = i % 2 == 0 ? bk_alloc(10) : bk_strdup("text");
            assert_int_equal(ptr == NULL, i == n);
            assert_int_equal(bk_alloc_has_failed(), i >= n);
            bk_free(ptr);
        }
    }
    bk_alloc_fail_after(0);
    char *kept = bk_alloc_or_abort(4); /* is not asked */
    assert_null(bk_realloc(kept, 100));
    kept[3] = 'x'; /* a failed realloc leaves the old piece */
    bk_alloc_fail_after(-1);
    assert_false(bk_alloc_has_failed());
    bk_free(kept);
    bk_free(NULL);
}

static void memory_comes_zeroed_and_nothing_is_something(void **state)
{
    (void)state;
    char *ptr = bk_alloc(1000);
    assert_non_null(ptr);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(ptr[i], 0);
    bk_free(ptr);
    void *none = bk_alloc(0); /* NULL would read as an error */
    assert_non_null(none);
    bk_free(none);
}

struct item {
    char mark;
    struct bk_list node;
};

static void list_nodes_leave_from_anywhere(void **state)
{
    (void)state;
    struct bk_list head;
    struct item items[3] = {{.mark = 'a'}, {.mark = 'b'}, {.mark = 'c'}};
    bk_list_init(&head);
    assert_null(bk_list_first(&head));
    for (size_t i = 0; i < 3; i++)
        bk_list_append(&head, &items[i].node);
    bk_list_remove(&items[1].node);
    bk_list_remove(&items[1].node); /* in no list: harmless */
    bk_list_append(&head, &items[1].node);
    const char *want = "acb";
    for (struct bk_list *node = bk_list_first(&head); node != NULL; node = bk_list_first(&head)) {
        assert_int_equal(BK_CONTAINER(node, struct item, node)->mark, *want++);
        bk_list_remove(node);
    }
    assert_int_equal(*want, '\0');
    assert_true(bk_list_is_empty(&head));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_armed_allocation_fails_once),
        cmocka_unit_test(memory_comes_zeroed_and_nothing_is_something),
        cmocka_unit_test(list_nodes_leave_from_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
