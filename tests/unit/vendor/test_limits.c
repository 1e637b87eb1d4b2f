/* Lines and keys against the rows of models; an unknown model has what the maker's largest has. */
#include <string.h>

#include "harness/test.h"
#include "vendor/limits.h"

static const struct {
    const char *model;
    struct bk_extent extent;
    const char *says; /* NULL: it has them */
} rows[] = {
    {"T54W", {16, 27, 14, 3, 60}, NULL},
    {"t54w", {0}, NULL},
    {"T54W", {.line = 17}, "T54W has 16 lines, no line 17"},
    {"T54W", {.line_key = 28}, "T54W has 27 line keys, no line key 28"},
    {"T54W", {.programmable_key = 15}, "T54W has 14 programmable keys, no programmable key 15"},
    {"T54W", {.module = 4, .module_key = 1}, "T54W has 3 expansion modules, no expansion module 4"},
    {"T54W", {.module = 3, .module_key = 61}, "T54W has 60 module keys, no module key 61"},
    {"T19P_E2", {.line_key = 1}, "T19P_E2 has 0 line keys, no line key 1"},
    {"T19P_E2", {.line = 2}, "T19P_E2 has 1 line, no line 2"},
    {"T999", {.line_key = 28}, NULL},
    {"", {.line_key = 1000}, "the largest yealink has "},
    {"T999", {.line = 17}, "the largest yealink has 16 lines, no line 17"},
};

static void models_are_held_to_their_rows(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    const struct bk_vendor *yealink = bk_vendor_find(BK_STR("yealink"));
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_detail detail = {""};
        print_message("  %zu %s\n", i, rows[i].model);
        enum bk_err err =
            bk_limits_check(yealink, bk_str_of(rows[i].model), &rows[i].extent, &detail);
        assert_int_equal(err, rows[i].says == NULL ? BK_OK : BK_ERR_INVALID);
        if (rows[i].says != NULL && strstr(detail.text, rows[i].says) == NULL)
            fail_msg("detail is \"%s\"", detail.text);
    }
    bk_vendors_deinit();
}

static void a_key_takes_its_own_slot_and_line(void **state)
{
    (void)state;
    struct bk_phone_key key = {.panel = BK_PANEL_LINE, .slot = 7, .line = 2};
    struct bk_extent extent = bk_extent_of_key(&key);
    assert_int_equal(extent.line, 2);
    assert_int_equal(extent.line_key, 7);
    assert_int_equal(extent.programmable_key + extent.module + extent.module_key, 0);
    key = (struct bk_phone_key){.panel = BK_PANEL_PROGRAMMABLE, .slot = 3};
    extent = bk_extent_of_key(&key);
    assert_int_equal(extent.programmable_key, 3);
    assert_int_equal(extent.line + extent.line_key + extent.module + extent.module_key, 0);
    key = (struct bk_phone_key){.panel = BK_PANEL_MODULE, .module = 2, .slot = 9};
    extent = bk_extent_of_key(&key);
    assert_int_equal(extent.module, 2);
    assert_int_equal(extent.module_key, 9);
    assert_int_equal(extent.line + extent.line_key + extent.programmable_key, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_are_held_to_their_rows),
        cmocka_unit_test(a_key_takes_its_own_slot_and_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
