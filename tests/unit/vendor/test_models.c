/* Model tables: the parser's errors, the built-in rows, an operator's rows. */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "vendor/vendor.h"

#define HEAD \
    "name\tcodes\tline_count\tkey_count\tprogrammable_count\tmodule_count\tmodule_key_" \
    "count\tnotes\n"

static const struct {
    const char *label, *text, *says; /* says NULL: good */
} cases[] = {
    {"one model", HEAD "T1\t001\t1\t2\t3\t4\t5\tnote\n", NULL},
    {"no line end at the end", HEAD "T1\t\t1\t2\t3\t4\t5\t", NULL},
    {"comments, empty lines, CR", "# x\n\n" HEAD "# y\nT1\t\t1\t2\t3\t4\t5\t\r\n", NULL},
    {"no model", HEAD, NULL},
    {"columns in another order",
     "notes\tname\tline_count\tcodes\tkey_count\tprogrammable_count\tmodule_count\t"
     "module_key_count\nn\tT1\t1\t001\t2\t3\t4\t5\n",
     NULL},
    {"traits, which may be left out",
     "traits\tname\tline_count\tcodes\tkey_count\tprogrammable_count\tmodule_count\t"
     "module_key_count\tnotes\na, b\tT1\t1\t001\t2\t3\t4\t5\tn\n",
     NULL},
    {"nothing", "", "f.tsv:0: no line with the names"},
    {"comments only", "# a\n# b\n", "f.tsv:2: no line with the names"},
    {"an unknown column", "name\tcolour\n", "f.tsv:1: no such column: colour"},
    {"a column twice", "name\tname\n", "f.tsv:1: column stands twice: name"},
    {"a column missing", "name\tcodes\n", "f.tsv:1: column is missing: line_count"},
    {"a field missing", HEAD "T1\t\t1\t2\t3\t4\t5\n", "f.tsv:2: too few columns"},
    {"a field more", HEAD "T1\t\t1\t2\t3\t4\t5\tn\tx\n", "f.tsv:2: too many columns"},
    {"a word for a number", HEAD "T1\t\tone\t2\t3\t4\t5\t\n", "f.tsv:2: line_count"},
    {"a negative number", HEAD "T1\t\t-1\t2\t3\t4\t5\t\n", "f.tsv:2: line_count"},
    {"an empty number", HEAD "T1\t\t1\t\t3\t4\t5\t\n", "f.tsv:2: key_count"},
    {"too many lines", HEAD "T1\t\t17\t2\t3\t4\t5\t\n", "line_count: want a number from 0 to 16"},
    {"no name", HEAD "\t\t1\t2\t3\t4\t5\t\n", "f.tsv:2: a model has no name"},
    {"a model twice", HEAD "T1\t\t1\t2\t3\t4\t5\t\nt1\t\t1\t2\t3\t4\t5\t\n",
     "f.tsv:3: model stands twice: t1"},
    {"a control character", HEAD "T\x01\t\t1\t2\t3\t4\t5\t\n", "f.tsv:2: text holds a control"},
    {"invalid UTF-8", HEAD "T\xff\t\t1\t2\t3\t4\t5\t\n", "UTF-8"},
};

static void tables_are_judged_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct bk_model_table table = {0};
        struct bk_detail detail = {{0}};
        print_message("  %s\n", cases[i].label);
        enum bk_err err = bk_models_parse(bk_str_of(cases[i].text), "f.tsv", &table, &detail);
        if (cases[i].says == NULL) {
            assert_int_equal(err, BK_OK);
            if (table.count > 0) {
                assert_str_equal(table.rows[0].name, "T1");
                assert_int_equal(table.rows[0].line_count, 1);
                assert_int_equal(table.rows[0].key_count, 2);
                assert_int_equal(table.rows[0].programmable_count, 3);
                assert_int_equal(table.rows[0].module_count, 4);
                assert_int_equal(table.rows[0].module_key_count, 5);
            }
        } else {
            assert_int_equal(err, BK_ERR_INVALID);
            assert_int_equal(table.count, 0);
            if (strstr(detail.text, cases[i].says) == NULL)
                fail_msg("detail is \"%s\"", detail.text);
        }
        bk_models_free(&table);
    }
}

static void a_trait_is_a_whole_word(void **state)
{
    (void)state;
    static const struct {
        const char *traits, *trait;
        bool want;
    } rows[] = {
        {"", "ht", false},         {"ht", "ht", true},          {"alias,ht", "ht", true},
        {"alias, ht", "ht", true}, {"aliases", "alias", false}, {"xht", "ht", false},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_model model = {.traits = bk_str_of(rows[i].traits)};
        print_message("  \"%s\" \"%s\"\n", rows[i].traits, rows[i].trait);
        assert_int_equal(bk_model_has_trait(&model, bk_str_of(rows[i].trait)), rows[i].want);
    }
}

static void a_table_has_at_most_1000_models(void **state)
{
    (void)state;
    for (int count = 1000; count <= 1001; count++) {
        struct bk_buf text;
        struct bk_model_table table = {0};
        struct bk_detail detail = {{0}};
        bk_buf_init(&text, 1 << 20);
        bk_buf_add(&text, BK_STR(HEAD));
        for (int i = 0; i < count; i++)
            bk_buf_addf(&text, "M%d\t\t1\t1\t1\t1\t1\t\n", i);
        enum bk_err err = bk_models_parse(bk_buf_str(&text), "f", &table, &detail);
        assert_int_equal(err, count == 1000 ? BK_OK : BK_ERR_INVALID);
        bk_models_free(&table);
        bk_buf_deinit(&text);
    }
}

static const char *const known_models[] = {
    "T18",  "T20P", "T28P", "T31G",  "T33G",  "T34W",  "T38G",  "T46G",  "T49G",  "VP-T49G",
    "T54W", "T58A", "T58W", "T77U",  "T85W",  "T87W",  "CP860", "CP965", "W52P",  "W60B",
    "W70B", "W75B", "W80B", "W80DM", "W90DM", "VP530", "VP59",  "AX83H", "AX86R", "T88V",
};

static void the_built_in_rows_hold_every_known_model(void **state)
{
    (void)state;
    const struct bk_vendor *yealink = bk_vendor_find(BK_STR("yealink"));
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(known_models); i++) {
        print_message("  %s\n", known_models[i]);
        const struct bk_model *model = bk_model_find(yealink, bk_str_of(known_models[i]));
        assert_non_null(model);
        assert_true(model->line_count >= 1);
    }
    const struct bk_model *model = bk_model_find(yealink, BK_STR("t54w"));
    assert_non_null(model);
    assert_int_equal(model->line_count, 16);
    assert_int_equal(model->key_count, 27);
    assert_str_equal(model->codes, "096");
    assert_null(bk_model_find(yealink, BK_STR("T54")));
    assert_ptr_equal(bk_model_find(yealink, BK_STR("t19pe2")),
                     bk_model_find(yealink, BK_STR("T19P_E2")));
    assert_non_null(bk_model_find(yealink, BK_STR("T19P_E2")));
    assert_null(bk_model_find(yealink, BK_STR("T19P_E")));
    assert_null(bk_model_find(yealink, BK_STR("-")));
    assert_null(bk_model_find(yealink, BK_STR_NONE));

    const struct bk_model *largest = bk_model_largest(yealink);
    for (size_t i = 0; (model = bk_model_at(yealink, i)) != NULL; i++) {
        assert_true(model->line_count <= largest->line_count);
        assert_true(model->key_count <= largest->key_count);
        assert_true(model->programmable_count <= largest->programmable_count);
        assert_true(model->module_count <= largest->module_count);
        assert_true(model->module_key_count <= largest->module_key_count);
    }
    bk_vendors_deinit();
}

static void an_operator_adds_and_replaces_models(void **state)
{
    (void)state;
    const struct bk_vendor *yealink = bk_vendor_find(BK_STR("yealink"));
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    char text[] = HEAD "T54W\t096\t2\t3\t4\t0\t0\tmine\nT99X\t\t16\t200\t1\t0\t0\t\n";
    assert_int_equal(bk_vendor_add_models(yealink, bk_str_of(text), "mine.tsv", NULL), BK_OK);
    memset(text, '!', sizeof text - 1); /* it was copied */

    const struct bk_model *model = bk_model_find(yealink, BK_STR("T54W"));
    assert_int_equal(model->key_count, 3);
    assert_str_equal(model->notes, "mine");
    assert_non_null(bk_model_find(yealink, BK_STR("T99X")));
    assert_non_null(bk_model_find(yealink, BK_STR("T57W")));
    assert_int_equal(bk_model_largest(yealink)->key_count, 200);

    struct bk_detail detail = {{0}};
    assert_int_equal(bk_vendor_add_models(yealink, BK_STR("nonsense\n"), "bad.tsv", &detail),
                     BK_ERR_INVALID);
    assert_non_null(strstr(detail.text, "bad.tsv:1"));
    assert_non_null(bk_model_find(yealink, BK_STR("T99X"))); /* what stood still stands */
    bk_vendors_deinit();
}

static void every_failing_allocation_is_a_clean_error(void **state)
{
    (void)state;
    const struct bk_vendor *yealink = bk_vendor_find(BK_STR("yealink"));
    const struct bk_str text = BK_STR(HEAD "T1\t001\t1\t2\t3\t4\t5\tnote\n");
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (long n = 0;; n++) {
        assert_true(n < 1000);
        bk_alloc_fail_after(n);
        enum bk_err err = bk_vendor_add_models(yealink, text, "f", NULL);
        bool has_failed = bk_alloc_has_failed();
        bk_alloc_fail_after(-1);
        assert_int_equal(err, has_failed ? BK_ERR_NO_MEMORY : BK_OK);
        if (!has_failed)
            break;
        assert_null(bk_model_find(yealink, BK_STR("T1")));
    }
    bk_vendors_deinit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_judged_by_the_table),
        cmocka_unit_test(a_trait_is_a_whole_word),
        cmocka_unit_test(a_table_has_at_most_1000_models),
        cmocka_unit_test(the_built_in_rows_hold_every_known_model),
        cmocka_unit_test(an_operator_adds_and_replaces_models),
        cmocka_unit_test(every_failing_allocation_is_a_clean_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
