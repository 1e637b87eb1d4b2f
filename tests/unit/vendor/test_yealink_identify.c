/* Paths and User-Agents: over the collected facts, and over what must not be taken for a Yealink.
 */
#include "harness/test.h"

#include <string.h>

#include "unit/vendor/corpus.h"
#include "vendor/vendor.h"

static const struct bk_vendor *yealink(void)
{
    return bk_vendor_find(BK_STR("yealink"));
}

static void every_collected_path_is_matched(void **state)
{
    (void)state;
    corpus_check_paths(yealink(), "tests/corpus/yealink-request-paths.tsv", 55);
    struct bk_path_match match;
    assert_true(yealink()->match_path(BK_STR("y000000000096.cfg"), &match));
    assert_str_equal(match.model_code, "000000000096");
}

static const char *const no_paths[] = {
    "",
    "/",
    "805ec0000001",
    "805ec0000001.",
    "805ec0000001.cf",
    "805ec0000001.cfgx",
    "805ec0000001.CFG",
    "805ec000000.cfg",
    "805ec00000011.cfg",
    "80:5e:c0:00:00:01.cfg",
    "805ec000000g.cfg",
    "805ec0000001.cfg/",
    "/805ec0000001.cfg",
    "./805ec0000001.cfg",
    "../805ec0000001.cfg",
    "805ec0000001/../805ec0000002.cfg",
    "805ec0000001.cfg?x=1",
    "805ec0000001.cfg#x",
    "805ec0000001%2ecfg",
    "%38%305ec0000001.cfg",
    "805ec0000001.cfg%00",
    "805ec0000001-local.xml",
    "805ec0000001-contact.cfg",
    "805ec0000001-license.cfg",
    "y000000000096",
    "y00000000096.cfg",
    "y0000000000096.cfg",
    "y00000000009a.cfg",
    "Y000000000096.cfg",
    "y000000000096.xml",
    "y000000000096-local.cfg",
    "y 00000000096.cfg",
    "y-00000000096.cfg",
    "cfg805ec0000001.xml",
    "000000000000.cfg ",
    "etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "\\805ec0000001.cfg",
    "805ec0000001\n.cfg",
};

static void nothing_else_is_a_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(no_paths); i++) {
        struct bk_path_match match;
        print_message("  \"%s\"\n", no_paths[i]);
        assert_false(yealink()->match_path(bk_str_of(no_paths[i]), &match));
        assert_null(bk_vendor_of_path(bk_str_of(no_paths[i]), &match));
    }
    struct bk_path_match match;
    assert_false(yealink()->match_path((struct bk_str){"805ec0000001.cfg\0", 17}, &match));
    assert_false(yealink()->match_path((struct bk_str){"805ec0000\0\0\0.cfg", 16}, &match));
}

static void a_foreign_oui_does_not_tell_the_maker(void **state)
{
    (void)state;
    struct bk_path_match match;
    const struct bk_str path = BK_STR("000413aabbcc.cfg");
    assert_true(yealink()->match_path(path, &match)); /* the grammar is shared by makers */
    assert_true(bk_vendor_of_path(path, &match) != yealink());
}

static void every_collected_agent_is_read(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    corpus_check_agents(yealink(), "tests/corpus/yealink-user-agents.tsv", false, 40);
    corpus_check_agents(yealink(), "tests/corpus/yealink-sip-user-agents.tsv", true, 3);
    bk_vendors_deinit();
}

static const char *const no_agents[] = {
    "",
    " ",
    "Yealink",
    "Yealink SIP-T46G",
    "Yealink 28.83.0.120",
    "Yealink SIP- 28.83.0.120 00:15:65:4a:a9:37",
    "Yealink SIP-T46G 28.83 00:15:65:4a:a9:37",
    "Yealink SIP-T46G 28.83.0. 00:15:65:4a:a9:37",
    "Yealink SIP-T46G 28.83.0.120 00:15:65:4a:a9",
    "Yealink SIP-T46G extra words 28.83.0.120 00:15:65:4a:a9:37",
    "Yealink SIP-T4/6G 28.83.0.120 00:15:65:4a:a9:37",
    "Yealinx SIP-T46G 28.83.0.120 00:15:65:4a:a9:37",
    "Yealink- 28.71.0.81 28.1.0.128.0.0.0",
    "VP530 23.70.0.41",
    "VP530 23.70.0.41 00:04:13:3d:58:e3",
    "Mozilla/5.0 (X11; Linux x86_64)",
    "PolyEdge-Edge_E350-UA/8.3.1.0614",
    "snom320-SIP 8.7.3.19 1.1.3-u",
    "Fanvil X4 2.10.2.6887 0c383e0a1b2c",
    "curl/7.88.1",
    "a b c d e f g h i j k",
};

static void nothing_else_is_an_agent(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(no_agents); i++) {
        struct bk_agent got;
        print_message("  \"%s\"\n", no_agents[i]);
        assert_false(yealink()->match_agent(bk_str_of(no_agents[i]), &got));
        assert_false(yealink()->match_sip_agent(bk_str_of(no_agents[i]), &got));
    }
    char longest[300];
    struct bk_agent got;
    memset(longest, ' ', sizeof longest);
    memcpy(longest, "Yealink T1 1.2.3.4", 18);
    assert_true(yealink()->match_agent((struct bk_str){longest, 256}, &got));
    assert_false(yealink()->match_agent((struct bk_str){longest, 257}, &got));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_collected_path_is_matched),
        cmocka_unit_test(nothing_else_is_a_path),
        cmocka_unit_test(a_foreign_oui_does_not_tell_the_maker),
        cmocka_unit_test(every_collected_agent_is_read),
        cmocka_unit_test(nothing_else_is_an_agent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
