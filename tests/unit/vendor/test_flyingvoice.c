/* Flyingvoice: its paths, which are Yealink's too, and its User-Agents. */
#include "harness/test.h"

#include "unit/vendor/corpus.h"
#include "vendor/vendor.h"

static const struct bk_vendor *flyingvoice(void)
{
    return bk_vendor_find(BK_STR("flyingvoice"));
}

static const struct {
    const char *path, *kind, *maker; /* maker: who is guessed */
} paths[] = {
    {"y000000000000.boot", "boot", "yealink"},
    {"y000000000000.cfg", "common", "yealink"},
    {"0021f222aef1.cfg", "device", "flyingvoice"},
    {"789912aabbcc.cfg", "device", "flyingvoice"},
};

static void its_paths_are_matched(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(paths); i++) {
        struct bk_path_match match;
        print_message("  %s\n", paths[i].path);
        assert_true(flyingvoice()->match_path(bk_str_of(paths[i].path), &match));
        assert_string_equal(bk_file_kind_name(match.kind), paths[i].kind);
        assert_string_equal(bk_vendor_of_path(bk_str_of(paths[i].path), &match)->name,
                            paths[i].maker);
    }
}

static const char *const no_paths[] = {
    "",
    "0021f222aef1.boot",
    "0021f222aef1-local.cfg",
    "0021f222aef1-contact.xml",
    "0021f222aef.cfg",
    "y00000000000.cfg",
    "/y000000000000.cfg",
    "0021f222aef1.cfg?x",
};

static void nothing_else_is_a_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(no_paths); i++) {
        struct bk_path_match match;
        print_message("  \"%s\"\n", no_paths[i]);
        assert_false(flyingvoice()->match_path(bk_str_of(no_paths[i]), &match));
    }
}

static void every_collected_agent_is_read(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    corpus_check_agents(flyingvoice(), "tests/corpus/flyingvoice-user-agents.tsv", false, 1);
    bk_vendors_deinit();
}

static const char *const no_agents[] = {
    "",
    "Flyingvoice",
    "Flyingvoice FIP13G",
    "Flyingvoice FIP13G V0",
    "Flyingvoice FIP13G 00:21:F2:22:AE:F1",
    "Flyingvoice FIP13G V0.6.24 00:21:F2:22:AE",
    "Flyingvoice FIP/13G V0.6.24 00:21:F2:22:AE:F1",
    "Flyingvoice FIP13G V0.6.24 00:21:F2:22:AE:F1 x",
    "Yealink SIP-T46G 28.83.0.120 00:15:65:4a:a9:37",
};

static void nothing_else_is_an_agent(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(no_agents); i++) {
        struct bk_agent got;
        print_message("  \"%s\"\n", no_agents[i]);
        assert_false(flyingvoice()->match_agent(bk_str_of(no_agents[i]), &got));
    }
}

static void what_yealinks_driver_reserves_is_reserved(void **state)
{
    (void)state;
    struct bk_detail detail = {{0}};
    assert_int_equal(bk_raw_check(flyingvoice(), BK_STR("account.1.nat.rport"), BK_STR("1"), NULL),
                     BK_OK);
    assert_int_equal(
        bk_raw_check(flyingvoice(), BK_STR("account.1.password"), BK_STR("x"), &detail),
        BK_ERR_DENIED);
    assert_non_null(strstr(detail.text, "Flyingvoice"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_paths_are_matched),
        cmocka_unit_test(nothing_else_is_a_path),
        cmocka_unit_test(every_collected_agent_is_read),
        cmocka_unit_test(nothing_else_is_an_agent),
        cmocka_unit_test(what_yealinks_driver_reserves_is_reserved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
