#include "base/arena.h"

#include <stdalign.h>
#include <string.h>

#include "harness/sweep.h"
#include "harness/test.h"

static void pieces_are_zero_aligned_and_apart(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 15, 16, 17, 4000, 4096, 5000, 100, 70000, 3, 200000, 64};
    unsigned char *pieces[BK_COUNT(sizes) * 20];
    struct bk_arena *arena = bk_arena_new();
    for (size_t i = 0; i < BK_COUNT(pieces); i++) {
        size_t size = sizes[i % BK_COUNT(sizes)];
        pieces[i] = bk_arena_alloc(arena, size);
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        for (size_t k = 0; k < size; k++)
            assert_int_equal(pieces[i][k], 0);
        memset(pieces[i], (int)(i % 251) + 1, size);
    }
    for (size_t i = 0; i < BK_COUNT(pieces); i++) {
        size_t size = sizes[i % BK_COUNT(sizes)];
        for (size_t k = 0; k < size; k++)
            assert_int_equal(pieces[i][k], i % 251 + 1);
    }
    bk_arena_free(arena);
    bk_arena_free(NULL);
}

static void texts_are_terminated_copies(void **state)
{
    (void)state;
    struct bk_arena *arena = bk_arena_new();
    char source[] = "phone";
    struct bk_str copy = bk_arena_str(arena, (struct bk_str){source, 3});
    source[0] = 'X';
    assert_string_equal(copy.ptr, "pho");
    assert_int_equal(copy.len, 3);
    assert_string_equal(bk_arena_str(arena, BK_STR_NONE).ptr, "");
    struct bk_str printed = bk_arena_printf(arena, "%s-%05d", "line", 42);
    assert_string_equal(printed.ptr, "line-00042");
    assert_int_equal(printed.len, 10);
    bk_arena_free(arena);
}

struct ledger {
    struct bk_arena *arena;
    char text[8];
    size_t len;
};

struct entry {
    struct ledger *ledger;
    char mark;
};

static void note(void *object)
{
    struct entry *entry = object;
    entry->ledger->text[entry->ledger->len++] = entry->mark;
}

static void note_and_add_another(void *object)
{
    struct entry *entry = object;
    note(object);
    struct entry *late = bk_arena_alloc(entry->ledger->arena, sizeof *late);
    *late = (struct entry){entry->ledger, 'z'};
    bk_arena_on_free(entry->ledger->arena, note, late);
}

static void hooks_run_newest_first_and_may_add_hooks(void **state)
{
    (void)state;
    struct ledger ledger = {.arena = bk_arena_new()};
    const char marks[] = "abc";
    for (size_t i = 0; i < 3; i++) {
        struct entry *entry = bk_arena_alloc(ledger.arena, sizeof *entry);
        *entry = (struct entry){&ledger, marks[i]};
        bk_arena_on_free(ledger.arena, marks[i] == 'b' ? note_and_add_another : note, entry);
    }
    bk_arena_free(ledger.arena);
    assert_string_equal(ledger.text, "cbza");
}

static void a_size_that_wraps_is_refused(void **state)
{
    (void)state;
    static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 16, (size_t)PTRDIFF_MAX};
    struct bk_arena *arena = bk_arena_new();
    for (size_t i = 0; i < BK_COUNT(sizes); i++)
        assert_null(bk_arena_try(arena, sizes[i]));
    assert_non_null(bk_arena_try(arena, 10));
    bk_arena_free(arena);
}

static enum bk_err try_many(void *context)
{
    (void)context;
    enum bk_err err = BK_OK;
    struct bk_arena *arena = bk_arena_new();
    for (size_t i = 0; i < 200 && err == BK_OK; i++) {
        void *piece = bk_arena_try(arena, i * 37);
        if (piece == NULL)
            err = BK_ERR_NO_MEMORY;
    }
    /* What came before a failure stays usable. */
    assert_non_null(bk_arena_alloc(arena, 100));
    bk_arena_free(arena);
    return err;
}

static void missing_memory_is_an_error_for_try(void **state)
{
    (void)state;
    assert_true(sweep_allocations(try_many, NULL) >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zero_aligned_and_apart),
        cmocka_unit_test(texts_are_terminated_copies),
        cmocka_unit_test(hooks_run_newest_first_and_may_add_hooks),
        cmocka_unit_test(a_size_that_wraps_is_refused),
        cmocka_unit_test(missing_memory_is_an_error_for_try),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
