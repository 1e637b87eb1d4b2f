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
    char *text = corpus_read("tests/corpus/yealink-request-paths.tsv");
    assert_non_null(text);
    struct bk_str rest = bk_str_of(text), columns[4];
    size_t rows = 0;
    assert_true(corpus_row(&rest, columns, 4)); /* names */
    for (; corpus_row(&rest, columns, 4); rows++) {
        struct bk_str path = bk_str_slice(columns[1], 1, columns[1].len); /* without the slash */
        struct bk_path_match match;
        print_message("  %.*s\n", BK_STR_ARG(path));
        assert_true(yealink()->match_path(path, &match));
        assert_str_equal(columns[3], bk_file_kind_name(match.kind));
        assert_int_equal(match.has_mac, !bk_str_eq(columns[2], BK_STR("-")));
        if (match.has_mac) {
            char mac[BK_MAC_TEXT_SIZE];
            bk_mac_print(&match.mac, &mac);
            assert_str_equal(columns[2], mac);
        } else {
            assert_int_equal(match.model_code.len, 12);
        }
        assert_ptr_equal(bk_vendor_of_path(path, &match), yealink());
    }
    assert_true(rows >= 55);
    free(text);
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
    assert_null(bk_vendor_of_path(path, &match));
}

static void check_agents(const char *file, bool is_sip, size_t rows_min)
{
    char *text = corpus_read(file);
    assert_non_null(text);
    struct bk_str rest = bk_str_of(text), columns[5];
    size_t rows = 0, count = is_sip ? 4 : 5;
    assert_true(corpus_row(&rest, columns, count));
    for (; corpus_row(&rest, columns, count); rows++) {
        struct bk_str agent = columns[count - 1], model = columns[1];
        struct bk_agent got;
        print_message("  %.*s\n", BK_STR_ARG(agent));
        assert_ptr_equal(is_sip ? bk_vendor_of_sip_agent(agent, &got)
                                : bk_vendor_of_agent(agent, &got),
                         yealink());
        if (bk_str_starts(model, BK_STR("SIP-")))
            model = bk_str_slice(model, 4, model.len);
        assert_true(bk_str_eq(got.model, model));
        assert_true(bk_str_eq(got.firmware, columns[2]));
        if (is_sip || bk_str_eq(columns[3], BK_STR("-"))) {
            assert_false(got.has_mac);
        } else {
            char mac[BK_MAC_TEXT_SIZE];
            assert_true(got.has_mac);
            bk_mac_print(&got.mac, &mac);
            assert_str_equal(columns[3], mac);
        }
        assert_non_null(bk_model_find(yealink(), got.model));
    }
    assert_true(rows >= rows_min);
    free(text);
}

static void every_collected_agent_is_read(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    check_agents("tests/corpus/yealink-user-agents.tsv", false, 40);
    check_agents("tests/corpus/yealink-sip-user-agents.tsv", true, 3);
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
        assert_null(bk_vendor_of_agent(bk_str_of(no_agents[i]), &got));
        assert_null(bk_vendor_of_sip_agent(bk_str_of(no_agents[i]), &got));
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
