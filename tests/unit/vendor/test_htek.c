/* Htek: its paths and User-Agents, and what must not be taken for one; raw parameters. */
#include "harness/test.h"

#include "unit/vendor/corpus.h"
#include "vendor/vendor.h"

static const struct bk_vendor *htek(void)
{
    return bk_vendor_find(BK_STR("htek"));
}

static void what_was_collected_is_recognised(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    corpus_check_paths(htek(), "tests/corpus/htek-request-paths.tsv", 20);
    corpus_check_agents(htek(), "tests/corpus/htek-user-agents.tsv", false, 1);
    bk_vendors_deinit();
}

static const struct {
    const char *path, *kind; /* NULL: none of ours */
} paths[] = {
    {"cfg000x.xml", "common"},
    {"factory000x.bin", "firmware"},
    {"factory0010.bin", "firmware"},
    {"factory.bin", NULL},
    {"factory00100.bin", NULL},
    {"factory00/0.bin", NULL},
    {"001fc110d3a9.cfg", "device-binary"},
    {"cfg001FC110D3A9.xml", "device"},
    {"", NULL},
    {"cfg", NULL},
    {"cfg.xml", NULL},
    {"cfg00.xml", NULL},
    {"cfg00000.xml", NULL},
    {"cfgabcd.xml", NULL},
    {"cfg001fc110d3a.xml", NULL},
    {"cfg00:1f:c1:10:d3:a9.xml", NULL},
    {"cfg0000", NULL},
    {"cfg0000.xml/", NULL},
    {"../cfg0000.xml", NULL},
    {"cfg0000%2exml", NULL},
    {"Cfg0000.xml", NULL},
};

static void paths_follow_the_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(paths); i++) {
        struct bk_path_match match;
        print_message("  %s\n", paths[i].path);
        bool is_ours = htek()->match_path(bk_str_of(paths[i].path), &match);
        assert_int_equal(is_ours, paths[i].kind != NULL);
        if (is_ours)
            assert_string_equal(bk_file_kind_name(match.kind), paths[i].kind);
    }
}

static const struct {
    const char *agent, *model, *firmware; /* model NULL: none of ours */
} agents[] = {
    {"Htek UC926E 2.42.6.5.24R 00:1f:c1:1c:22:a9", "UC926E", "2.42.6.5.24R"},
    {"Htek UC912G V2.0.4.8.16 001FC11C22A9", "UC912G", "V2.0.4.8.16"},
    {"Htek UC926 R2.4", NULL, NULL},
    {"Htek UC926 2.", NULL, NULL},
    {"Htek UC926 24", NULL, NULL},
    {"Htek UC926 2.0.4.4 00:1f:c1:1c:22", NULL, NULL},
    {"Htek UC926 2.0.4.4.58 00:1f:c1:1c:22:a9", "UC926", "2.0.4.4.58"},
    {"Htek UC926 2.0.4.4", "UC926", "2.0.4.4"},
    {"Htek UC926", NULL, NULL},
    {"Htex UC926 2.0.4.4", NULL, NULL},
    {"", NULL, NULL},
};

static void agents_follow_the_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(agents); i++) {
        struct bk_agent agent;
        print_message("  %s\n", agents[i].agent);
        bool is_ours = htek()->match_agent(bk_str_of(agents[i].agent), &agent);
        assert_int_equal(is_ours, agents[i].model != NULL);
        if (is_ours) {
            assert_str_equal(agent.model, agents[i].model);
            assert_str_equal(agent.firmware, agents[i].firmware);
        }
    }
}

static const struct {
    const char *name, *value;
    enum bk_err want;
} raws[] = {
    {"P99", "1", BK_OK},
    {"P47", "evil.example", BK_ERR_DENIED},
    {"p47", "x", BK_ERR_INVALID},
    {"P237", "evil.example/x", BK_ERR_DENIED},
    {"P34", "x", BK_ERR_DENIED},
    {"P2", "x", BK_ERR_DENIED},
    {"P41200", "3", BK_ERR_DENIED},
    {"P20201", "x", BK_ERR_DENIED},
    {"P20359", "x", BK_ERR_DENIED},
    {"P23399", "x", BK_ERR_DENIED},
    {"P20600", "1", BK_ERR_DENIED}, /* a key's mode */
    {"P20715", "1", BK_ERR_DENIED},
    /* Passwords and servers that are not written. */
    {"P606", "x", BK_ERR_DENIED},
    {"P1806", "x", BK_ERR_DENIED},
    {"P20360", "1", BK_ERR_DENIED},
    {"P24139", "x", BK_ERR_DENIED},
    {"P8851", "evil.example", BK_ERR_DENIED},
    {"P196", "x", BK_ERR_DENIED},
    {"P8682", "x", BK_ERR_DENIED},
    {"P190", "1", BK_ERR_DENIED},
    /* Neighbours of keys, and other numbers that begin alike. */
    {"P4120", "x", BK_OK},
    {"P41204", "x", BK_OK},
    {"P41299", "x", BK_OK},
    {"P202", "x", BK_OK},
    {"P2029", "x", BK_OK},
    {"P20400", "x", BK_OK},
    {"P20599", "x", BK_OK},
    {"P20720", "x", BK_OK},
    {"P230", "x", BK_OK},
    {"P23400", "x", BK_OK},
    {"P047", "x", BK_ERR_INVALID},
    {"P", "x", BK_ERR_INVALID},
    {"P123456", "x", BK_ERR_INVALID},
    {"account.1.name", "x", BK_ERR_INVALID},
    {"P99", "a\nb", BK_ERR_INVALID},
};

static void raw_parameters_are_judged_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(raws); i++) {
        print_message("  %s\n", raws[i].name);
        assert_int_equal(
            bk_raw_check(htek(), bk_str_of(raws[i].name), bk_str_of(raws[i].value), NULL),
            raws[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_collected_is_recognised),
        cmocka_unit_test(paths_follow_the_grammar),
        cmocka_unit_test(agents_follow_the_grammar),
        cmocka_unit_test(raw_parameters_are_judged_by_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
