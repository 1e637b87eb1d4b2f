/* Paths, over the collected facts and over what must not be taken for a Dinstar. */
#include "harness/test.h"

#include "unit/vendor/corpus.h"
#include "vendor/vendor.h"

static const struct bk_vendor *dinstar(void)
{
    return bk_vendor_find(BK_STR("dinstar"));
}

static void every_collected_path_is_matched(void **state)
{
    (void)state;
    corpus_check_paths(dinstar(), "tests/corpus/dinstar-request-paths.tsv", 1);
}

static void names_are_read_by_rule(void **state)
{
    (void)state;
    static const struct {
        const char *path, *code, *mac;
        enum bk_file_kind kind;
    } rows[] = {
        {"83/DA44-1017-9088-0092.xml", "83", "-", BK_FILE_INDEX},
        {"7/0000-1111-2222-abcd.xml", "7", "-", BK_FILE_INDEX},
        {"f8a03d000001.cfg", "", "f8a03d000001", BK_FILE_DEVICE},
        {"F8A03D000001.cfg", "", "f8a03d000001", BK_FILE_DEVICE},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_path_match match;
        print_message("  %s\n", rows[i].path);
        assert_true(dinstar()->match_path(bk_str_of(rows[i].path), &match));
        assert_int_equal(match.kind, rows[i].kind);
        assert_str_equal(match.model_code, rows[i].code);
        corpus_check_mac(match.has_mac, &match.mac, bk_str_of(rows[i].mac));
    }
}

static const char *const no_paths[] = {
    "",
    "/",
    ".xml",
    ".cfg",
    "83/.xml",
    "da44-1017-9088-0092.xml",
    "/da44-1017-9088-0092.xml",
    "83//da44-1017-9088-0092.xml",
    "/83/da44-1017-9088-0092.xml",
    "83/1/da44-1017-9088-0092.xml",
    "83000/da44-1017-9088-0092.xml",
    "8a/da44-1017-9088-0092.xml",
    "../da44-1017-9088-0092.xml",
    "83/da44-1017-9088-009.xml",
    "83/da44-1017-9088-00921.xml",
    "83/da44-1017-9088-009g.xml",
    "83/da4410179088-0092.xml",
    "83/da44-1017-9088-0092.cfg",
    "83/da44-1017-9088-0092.xml?x",
    "83/f8a03d000001.cfg",
    "f8a03d00001.cfg",
    "f8a03d0000011.cfg",
    "f8-a0-3d-00-00-01.cfg",
    "f8a03d000001.xml",
};

static void nothing_else_is_a_path(void **state)
{
    (void)state;
    struct bk_path_match match;
    for (size_t i = 0; i < BK_COUNT(no_paths); i++) {
        print_message("  \"%s\"\n", no_paths[i]);
        assert_false(dinstar()->match_path(bk_str_of(no_paths[i]), &match));
    }
}

static void no_agent_is_known(void **state)
{
    (void)state;
    static const char *const agents[] = {"", "Dinstar", "Dinstar DAG2000-16S 2.0.0.1 f8a03d000001"};
    struct bk_agent got;
    for (size_t i = 0; i < BK_COUNT(agents); i++) {
        assert_false(dinstar()->match_agent(bk_str_of(agents[i]), &got));
        assert_false(dinstar()->match_sip_agent(bk_str_of(agents[i]), &got));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_collected_path_is_matched),
        cmocka_unit_test(names_are_read_by_rule),
        cmocka_unit_test(nothing_else_is_a_path),
        cmocka_unit_test(no_agent_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
