/* Paths and User-Agents: over the collected facts, and over what must not be taken for a Fanvil. */
#include "harness/test.h"

#include "unit/vendor/corpus.h"
#include "vendor/vendor.h"

static const struct bk_vendor *fanvil(void)
{
    return bk_vendor_find(BK_STR("fanvil"));
}

static void every_collected_path_is_matched(void **state)
{
    (void)state;
    corpus_check_paths(fanvil(), "tests/corpus/fanvil-request-paths.tsv", 39);
}

static void names_are_read_by_rule(void **state)
{
    (void)state;
    static const struct {
        const char *path, *code, *mac;
        enum bk_file_kind kind;
    } rows[] = {
        {"F0V00X5S0000.cfg", "F0V00X5S0000", "-", BK_FILE_COMMON},
        {"F0V2UV200000.cfg", "F0V2UV200000", "-", BK_FILE_COMMON},
        {"F0V00X7C0000.cfg", "F0V00X7C0000", "-", BK_FILE_COMMON},
        {"f0X6hw2.101.cfg", "f0X6hw2.101", "-", BK_FILE_COMMON},
        {"fanvil_x7c_hwv1_3.txt", "x7c", "-", BK_FILE_FIRMWARE},
        {"0C383E07E16C.cfg", "", "0c383e07e16c", BK_FILE_DEVICE},
        {"Fanvil/0c383e07e16c.cfg", "", "0c383e07e16c", BK_FILE_DEVICE},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_path_match match;
        print_message("  %s\n", rows[i].path);
        assert_true(fanvil()->match_path(bk_str_of(rows[i].path), &match));
        assert_int_equal(match.kind, rows[i].kind);
        assert_str_equal(match.model_code, rows[i].code);
        corpus_check_mac(match.has_mac, &match.mac, bk_str_of(rows[i].mac));
    }
}

static const char *const no_paths[] = {
    "",
    "/",
    ".cfg",
    "F0.cfg",
    "F00000.cfg",
    "F0V00X600001.cfg",
    "F0V00X600000",
    "F0V00X600000.cfgx",
    "F0V00X600000.CFG",
    "F0V00X60000000000.cfg",
    "F0V00-600000.cfg",
    "G0V00X600000.cfg",
    "f0X5hw.100.cfg",
    "f0X5hw1..cfg",
    "f0X5hw1.100.1.cfg",
    "f0X5hx1.100.cfg",
    "f0hw1.cfg",
    "Fanvil/F0V00X600000.cfg",
    "fanvil/0c383e07e16c.cfg",
    "Fanvil//0c383e07e16c.cfg",
    "../0c383e07e16c.cfg",
    "/0c383e07e16c.cfg",
    "0c383e07e16.cfg",
    "0c383e07e16c0.cfg",
    "0c:38:3e:07:e1:6c.cfg",
    "0c383e07e16c.xml",
    "0c383e07e16c.cfg?x=1",
    "0c383e07e16c%2ecfg",
    "fanvil_.txt",
    "fanvil_hwv1_0.txt",
    "fanvil__hwv1_0.txt",
    "fanvil_x7_hwv_0.txt",
    "fanvil_x7_hwv1_.txt",
    "fanvil_x7_hw1_0.txt",
    "fanvil_x/7_hwv1_0.txt",
    "fanvil_x7_hwv1_0.bin",
    "Fanvil_x7_hwv1_0.txt",
};

static void nothing_else_is_a_path(void **state)
{
    (void)state;
    struct bk_path_match match;
    for (size_t i = 0; i < BK_COUNT(no_paths); i++) {
        print_message("  \"%s\"\n", no_paths[i]);
        assert_false(fanvil()->match_path(bk_str_of(no_paths[i]), &match));
    }
    assert_false(fanvil()->match_path((struct bk_str){"F0V00\0"
                                                      "600000.cfg",
                                                      16},
                                      &match));
}

static void every_collected_agent_is_read(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    corpus_check_agents(fanvil(), "tests/corpus/fanvil-user-agents.tsv", false, 9);
    corpus_check_agents(fanvil(), "tests/corpus/fanvil-sip-user-agents.tsv", true, 2);
    bk_vendors_deinit();
}

static const char *const no_agents[] = {
    "",
    " ",
    "Fanvil",
    "Fanvil X4",
    "Fanvil 2.10.2",
    "Fanvil X4 0c383e07e16c",
    "Fanvil X4 2 0c383e07e16c",
    "Fanvil X4 2. 0c383e07e16c",
    "Fanvil X4 .2 0c383e07e16c",
    "Fanvil X4 2.10.2a 0c383e07e16c",
    "Fanvil X4 2.10.2 0c383e07e16",
    "Fanvil X4 2.10.2 0c383e07e16c x",
    "Fanvil X4/5 2.10.2 0c383e07e16c",
    "Fanvil a b c d 2.10.2 0c383e07e16c",
    "fanvil X4 2.10.2 0c383e07e16c",
    "Mozilla/5.0 (X11; Linux x86_64)",
};

static void nothing_else_is_an_agent(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(no_agents); i++) {
        struct bk_agent got;
        print_message("  \"%s\"\n", no_agents[i]);
        assert_false(fanvil()->match_agent(bk_str_of(no_agents[i]), &got));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_collected_path_is_matched),
        cmocka_unit_test(names_are_read_by_rule),
        cmocka_unit_test(nothing_else_is_a_path),
        cmocka_unit_test(every_collected_agent_is_read),
        cmocka_unit_test(nothing_else_is_an_agent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
