/* Paths and User-Agents: over the collected facts, and over what must not be taken for a
 * Grandstream.
 */
#include "harness/test.h"

#include <string.h>

#include "unit/vendor/corpus.h"
#include "vendor/vendor.h"

static const struct bk_vendor *grandstream(void)
{
    return bk_vendor_find(BK_STR("grandstream"));
}

static void every_collected_path_is_matched(void **state)
{
    (void)state;
    corpus_check_paths(grandstream(), "tests/corpus/grandstream-request-paths.tsv", 7);
}

static void a_common_file_names_its_model(void **state)
{
    (void)state;
    static const struct {
        const char *path, *code;
    } rows[] = {
        {"cfg.xml", ""},
        {"cfggrp2614.xml", "grp2614"},
        {"cfggxp2135.xml", "gxp2135"},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_path_match match;
        print_message("  %s\n", rows[i].path);
        assert_true(grandstream()->match_path(bk_str_of(rows[i].path), &match));
        assert_int_equal(match.kind, BK_FILE_COMMON);
        assert_false(match.has_mac);
        assert_str_equal(match.model_code, rows[i].code);
    }
}

static const char *const no_paths[] = {
    "",
    "/",
    "cfg",
    "cfg.",
    "cfg.bin",
    "cfg.xm",
    "cfg.xmlx",
    "CFG.xml",
    "cfg.XML",
    ".xml",
    "cfga.xml",
    "cfg1000.xml",
    "cfgGRP2614.xml",
    "cfggrp2614",
    "cfggrp2614.bin",
    "cfggrp-2614.xml",
    "cfggrp2614.xml/",
    "cfgabcdefabcdef0.xml",
    "cfgabcdefghijklmnopq.xml",
    "cfgc074ad0b63e.bin",
    "cfgC074AD0B63EE.xml ",
    "cfgc074ad0b63ee.",
    "cfgc074ad0b63ee.cfg",
    "cfgc074ad0b63ee.xml.bin",
    "cfgc074ad0b63ee.binx",
    "cfgc074ad0b63ee0.bin",
    "cfgc0:74:ad:0b:63:ee.xml",
    "c074ad0b63ee.xml",
    "c074ad0b63ee.cfg",
    "/cfgc074ad0b63ee.xml",
    "./cfgc074ad0b63ee.xml",
    "../cfgc074ad0b63ee.xml",
    "cfgc074ad0b63ee/../cfgc074ad0b63ef.xml",
    "cfgc074ad0b63ee.xml?x=1",
    "cfgc074ad0b63ee.xml#x",
    "cfgc074ad0b63ee%2exml",
    "cfg%2fgrp2614.xml",
    "cfg../etc.xml",
    "phonebook.xm",
    "phonebook.xml/",
    "PhoneBook.xml",
    "gs_phonebook.xm",
    "etc/passwd",
};

static void nothing_else_is_a_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(no_paths); i++) {
        struct bk_path_match match;
        print_message("  \"%s\"\n", no_paths[i]);
        assert_false(grandstream()->match_path(bk_str_of(no_paths[i]), &match));
    }
    struct bk_path_match match;
    assert_false(grandstream()->match_path((struct bk_str){"cfg\0\0.xml", 9}, &match));
    assert_false(grandstream()->match_path((struct bk_str){"cfg.xml\0", 8}, &match));
}

static void a_foreign_oui_does_not_tell_the_maker(void **state)
{
    (void)state;
    struct bk_path_match match;
    const struct bk_str path = BK_STR("cfg001fc110d3a9.xml"); /* an Htek's */
    assert_true(grandstream()->match_path(path, &match));
    assert_true(bk_vendor_of_path(path, &match) != grandstream());
}

static void every_collected_agent_is_read(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    corpus_check_agents(grandstream(), "tests/corpus/grandstream-user-agents.tsv", false, 10);
    corpus_check_agents(grandstream(), "tests/corpus/grandstream-sip-user-agents.tsv", true, 3);
    bk_vendors_deinit();
}

static const char *const no_agents[] = {
    "",
    " ",
    "Grandstream",
    "Grandstream Model HW",
    "Grandstream Model HW GRP2614",
    "Grandstream Model HW GRP2614 SW",
    "Grandstream Model HW GRP2614 SW 1.0.5.15",
    "Grandstream Model HW GRP2614 SW 1.0.5.15 DevId",
    "Grandstream Model HW GRP2614 SW 1.0.5.15 DevId c074ad0b63e",
    "Grandstream Model HW GRP2614 SW 1.0.5.15 DevId c074ad0b63ee x",
    "Grandstream Model HW GRP2614 SW 1.0.5.15 c074ad0b63ee",
    "Grandstream Model HW GRP2614 SW 1.0 DevId c074ad0b63ee",
    "Grandstream Model HW GRP2614 1.3A SW 1.0.5.15 DevId c074ad0b63ee",
    "Grandstream Model HW GRP/2614 SW 1.0.5.15 DevId c074ad0b63ee",
    "Grandstream Model HW GRP2614 V1 V2 SW 1.0.5.15 DevId c074ad0b63ee",
    "grandstream Model HW GRP2614 SW 1.0.5.15 DevId c074ad0b63ee",
    "Grandstream HW Model GRP2614 SW 1.0.5.15 DevId c074ad0b63ee",
    "Grandstream GXP2000 gxp2000e.bin:1.2.5.3/boot55e.bin:1.1.6.9 DevId 000b822726c8",
    "Grandstream GXP2000 (gxp2000e.bin:1.2/boot55e.bin:1.1.6.9) DevId 000b822726c8",
    "Grandstream GXP2000 () DevId 000b822726c8",
    "Grandstream GXP2000 ( DevId 000b822726c8",
    "Grandstream GXP2000 (gxp2000e.bin:1.2.5.3/boot55e.bin:1.1.6.9)",
    "Grandstream GXP2170",
    "Grandstream GXP2170 1.0.11",
    "Grandstream GXP/2170 1.0.11.74",
    "Grandstream GXP2170 1.0.11.74 x",
    "Mozilla/5.0 (X11; Linux x86_64)",
    "Htek UC926 2.0.4.2 001fc110d3a9",
};

static void nothing_else_is_an_agent(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(no_agents); i++) {
        struct bk_agent got;
        print_message("  \"%s\"\n", no_agents[i]);
        assert_false(grandstream()->match_agent(bk_str_of(no_agents[i]), &got));
        assert_false(grandstream()->match_sip_agent(bk_str_of(no_agents[i]), &got));
    }
    /* Each of the two stands in its own protocol only. */
    struct bk_agent got;
    assert_null(bk_vendor_of_agent(BK_STR("Grandstream GXP2170 1.0.11.74"), &got));
    assert_null(bk_vendor_of_sip_agent(
        BK_STR("Grandstream Model HW GRP2614 SW 1.0.5.15 DevId c074ad0b63ee"), &got));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_collected_path_is_matched),
        cmocka_unit_test(a_common_file_names_its_model),
        cmocka_unit_test(nothing_else_is_a_path),
        cmocka_unit_test(a_foreign_oui_does_not_tell_the_maker),
        cmocka_unit_test(every_collected_agent_is_read),
        cmocka_unit_test(nothing_else_is_an_agent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
