/* Layers: the highest that sets a value wins, unless a lower one locked it. */
#include "harness/test.h"

#include <stdio.h>
#include <string.h>

#include "model/merge.h"

static struct bk_option_value text_value(const char *text)
{
    return (struct bk_option_value){bk_str_of(text), 0};
}

static void the_highest_layer_wins(void **state)
{
    (void)state;
    struct bk_arena *arena = bk_arena_new();
    struct bk_merge merge;
    bk_merge_init(&merge, arena);
    bk_merge_set(&merge, BK_NEUTRAL_LANGUAGE, text_value("en"), BK_LAYER_OPERATOR);
    bk_merge_set(&merge, BK_NEUTRAL_LANGUAGE, text_value("de"), BK_LAYER_SITE);
    bk_merge_set(&merge, BK_NEUTRAL_TIME_ZONE, text_value("UTC"), BK_LAYER_TENANT);
    assert_str_equal(merge.settings[BK_NEUTRAL_LANGUAGE].value.text, "de");
    assert_int_equal(merge.settings[BK_NEUTRAL_LANGUAGE].layer, BK_LAYER_SITE);
    assert_int_equal(merge.settings[BK_NEUTRAL_TIME_ZONE].layer, BK_LAYER_TENANT);
    assert_int_equal(merge.settings[BK_NEUTRAL_CODECS].layer, BK_LAYER_NONE);
    bk_arena_free(arena);
}

static void a_lock_stops_every_layer_above(void **state)
{
    (void)state;
    struct bk_arena *arena = bk_arena_new();
    struct bk_merge merge;
    bk_merge_init(&merge, arena);
    bk_merge_set(&merge, BK_NEUTRAL_WEB_UI, text_value("0"), BK_LAYER_TENANT);
    bk_merge_lock(&merge, BK_NEUTRAL_WEB_UI);
    bk_merge_set(&merge, BK_NEUTRAL_WEB_UI, text_value("1"), BK_LAYER_PROFILE);
    bk_merge_set(&merge, BK_NEUTRAL_WEB_UI, text_value("1"), BK_LAYER_DEVICE);
    assert_str_equal(merge.settings[BK_NEUTRAL_WEB_UI].value.text, "0");
    assert_int_equal(merge.settings[BK_NEUTRAL_WEB_UI].layer, BK_LAYER_TENANT);

    /* A lock without a value of its own keeps what is there: here nothing. */
    bk_merge_lock(&merge, BK_NEUTRAL_LLDP);
    bk_merge_set(&merge, BK_NEUTRAL_LLDP, text_value("1"), BK_LAYER_DEVICE);
    assert_int_equal(merge.settings[BK_NEUTRAL_LLDP].layer, BK_LAYER_NONE);
    bk_arena_free(arena);
}

static void raws_merge_by_name_and_come_out_sorted(void **state)
{
    (void)state;
    struct bk_arena *arena = bk_arena_new();
    struct bk_merge merge;
    bk_merge_init(&merge, arena);
    const struct bk_raw raws[] = {
        {BK_STR("b"), BK_STR("1"), BK_LAYER_TENANT}, {BK_STR("ab"), BK_STR("2"), BK_LAYER_TENANT},
        {BK_STR("a"), BK_STR("3"), BK_LAYER_TENANT}, {BK_STR("b"), BK_STR("4"), BK_LAYER_DEVICE},
        {BK_STR("c"), BK_STR("5"), BK_LAYER_DEVICE},
    };
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(bk_merge_set_raw(&merge, raws[i]), BK_OK);
    assert_int_equal(bk_merge_lock_raw(&merge, BK_STR("a")), BK_OK);
    assert_int_equal(bk_merge_lock_raw(&merge, BK_STR("c")), BK_OK);
    for (size_t i = 3; i < 5; i++)
        assert_int_equal(bk_merge_set_raw(&merge, raws[i]), BK_OK);
    assert_int_equal(
        bk_merge_set_raw(&merge, (struct bk_raw){BK_STR("a"), BK_STR("6"), BK_LAYER_DEVICE}),
        BK_OK);

    struct bk_raw *got;
    size_t count;
    assert_int_equal(bk_merge_raws(&merge, &got, &count), BK_OK);
    assert_int_equal(count, 3);
    assert_str_equal(got[0].name, "a");
    assert_str_equal(got[0].value, "3"); /* locked */
    assert_str_equal(got[1].name, "ab");
    assert_str_equal(got[2].name, "b");
    assert_str_equal(got[2].value, "4");
    assert_int_equal(got[2].layer, BK_LAYER_DEVICE);
    bk_arena_free(arena);
}

static void raws_are_bounded(void **state)
{
    (void)state;
    static char names[BK_RAW_MAX + 1][8];
    struct bk_arena *arena = bk_arena_new();
    struct bk_merge merge;
    bk_merge_init(&merge, arena);
    for (size_t i = 0; i <= BK_RAW_MAX; i++) {
        snprintf(names[i], sizeof names[i], "n%zu", i);
        struct bk_raw raw = {bk_str_of(names[i]), BK_STR("v"), BK_LAYER_DEVICE};
        assert_int_equal(bk_merge_set_raw(&merge, raw), i < BK_RAW_MAX ? BK_OK : BK_ERR_TOO_LARGE);
    }
    struct bk_raw *got;
    size_t count;
    assert_int_equal(bk_merge_raws(&merge, &got, &count), BK_OK);
    assert_int_equal(count, BK_RAW_MAX);
    bk_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_highest_layer_wins),
        cmocka_unit_test(a_lock_stops_every_layer_above),
        cmocka_unit_test(raws_merge_by_name_and_come_out_sorted),
        cmocka_unit_test(raws_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
