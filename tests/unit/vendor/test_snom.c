/* Snom: its paths and User-Agents, and what must not be taken for one; raw parameters. */
#include "harness/test.h"

#include <string.h>

#include "unit/vendor/corpus.h"
#include "vendor/vendor.h"

static const struct bk_vendor *snom(void)
{
    return bk_vendor_find(BK_STR("snom"));
}

static void every_collected_path_is_matched(void **state)
{
    (void)state;
    corpus_check_paths(snom(), "tests/corpus/snom-request-paths.tsv", 13);
}

static void every_collected_agent_is_read(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    corpus_check_agents(snom(), "tests/corpus/snom-user-agents.tsv", false, 12);
    corpus_check_agents(snom(), "tests/corpus/snom-sip-user-agents.tsv", true, 1);
    bk_vendors_deinit();
}

static const struct {
    const char *path, *kind; /* NULL: none of ours */
} paths[] = {
    {"snom370.htm", "common"},
    {"snom370-000413aabbcc.htm", "device"},
    {"000413aabbcc.htm", "device"},
    {"snom-general.xml", "common"},
    {"snomD735-firmware.htm", "firmware"},
    {"", NULL},
    {".htm", NULL},
    {"snom.htm", NULL},
    {"snom-.htm", NULL},
    {"snom370-.htm", NULL},
    {"snom370-000413aabbc.htm", NULL},
    {"snom370-00:04:13:aa:bb:cc.htm", NULL},
    {"snom370.cfg", NULL},
    {"snom370.htm/", NULL},
    {"../snom370.htm", NULL},
    {"a/snom370.htm", NULL},
    {"snom37 0.htm", NULL},
    {"snom370%2e.htm", NULL},
    {"snomabcdefghijklmnopq.htm", NULL},
    {"gui_lang.htm", NULL},
};

static void paths_follow_the_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(paths); i++) {
        struct bk_path_match match;
        print_message("  %s\n", paths[i].path);
        bool is_ours = snom()->match_path(bk_str_of(paths[i].path), &match);
        assert_int_equal(is_ours, paths[i].kind != NULL);
        if (is_ours)
            assert_string_equal(bk_file_kind_name(match.kind), paths[i].kind);
    }
}

static const struct {
    const char *agent, *model, *firmware; /* model NULL: none of ours */
} agents[] = {
    {"Mozilla/4.0 (compatible; snomD735-SIP 10.1.1.1 (a b) 000413AABBCC SXM:1)", "D735",
     "10.1.1.1"},
    {"Mozilla/4.0 (compatible; Snom M300 05.30.0002 000413b60680)", "M300", "05.30.0002"},
    {"Mozilla/4.0 (compatible; snom lid 3605)", "", ""},
    {"Mozilla/4.0 (compatible; snomD735-SIP 10.1.1.1", NULL, NULL},
    {"Mozilla/4.0 (compatible; snomD735 10.1.1.1)", NULL, NULL},
    {"Mozilla/4.0 (compatible; snomD735-SIP ten)", NULL, NULL},
    {"Mozilla/4.0 (compatible; MSIE 6.0)", NULL, NULL},
    {"Mozilla/4.0 (compatible; )", NULL, NULL},
    {"snomD735-SIP 10.1.1.1", NULL, NULL},
    {"", NULL, NULL},
};

static void agents_follow_the_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(agents); i++) {
        struct bk_agent agent;
        print_message("  %s\n", agents[i].agent);
        bool is_ours = snom()->match_agent(bk_str_of(agents[i].agent), &agent);
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
    {"call_waiting", "off", BK_OK},
    {"user_ringer[2]", "Ringer3", BK_OK},
    {"user_host", "evil.example", BK_ERR_DENIED},
    {"user_host[1]", "evil.example", BK_ERR_DENIED},
    {"USER_PASS[12]", "x", BK_ERR_DENIED},
    {"setting_server", "https://evil.example", BK_ERR_DENIED},
    {"webserver_admin_password", "x", BK_ERR_DENIED},
    {"fkey[0]", "url https://evil.example", BK_ERR_DENIED},
    {"fkey[0].label", "x", BK_ERR_INVALID},
    {"user_host[]", "x", BK_ERR_INVALID},
    {"user_host[1", "x", BK_ERR_INVALID},
    {"user_host]1[", "x", BK_ERR_INVALID},
    {"user_host[1]x", "x", BK_ERR_INVALID},
    {"a b", "x", BK_ERR_INVALID},
    {"a-b", "x", BK_ERR_INVALID},
    {"1a", "x", BK_ERR_INVALID},
    {"a", "a\nb", BK_ERR_INVALID},
};

static void raw_parameters_are_judged_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(raws); i++) {
        print_message("  %s\n", raws[i].name);
        assert_int_equal(
            bk_raw_check(snom(), bk_str_of(raws[i].name), bk_str_of(raws[i].value), NULL),
            raws[i].want);
    }
}

/* Of key 1, a lamp; want "": refused. */
static const struct {
    const char *label, *number, *code, *want;
} lamps[] = {
    {"with a code", "1002", "*8", "perm=\"\">blf 1002|*8</fkey>"},
    {"without one", "1002", "", "perm=\"\">blf 1002</fkey>"},
    {"no number", "", "*8", "perm=\"\">blf</fkey>"},
    {"a number that ends early", "1002|*9", "*8", ""},
    {"a number with its own code", "1002|*8", "", ""},
    {"a code that ends early", "1002", "*8|9", ""},
};

static void the_number_of_a_lamp_ends_where_it_should(void **state)
{
    const struct bk_file_request request = {.kind = BK_FILE_DEVICE, .has_mac = true};
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(lamps); i++) {
        struct bk_phone_key key = {.panel = BK_PANEL_LINE,
                                   .slot = 1,
                                   .kind = BK_KEY_BLF,
                                   .value = bk_str_of(lamps[i].number)};
        struct bk_phone phone = {
            .provisioning_url = BK_STR("https://p.example/k"), .keys = &key, .key_count = 1};
        struct bk_detail detail = {{0}};
        struct bk_buf out;
        phone.settings[BK_NEUTRAL_PICKUP_CODE].value.text = bk_str_of(lamps[i].code);
        bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
        print_message("  %s\n", lamps[i].label);
        enum bk_err err = bk_vendor_render(snom(), &phone, bk_model_find(snom(), BK_STR("D785")),
                                           &request, &out, NULL, &detail);
        bk_buf_add(&out, (struct bk_str){"", 1});
        if (lamps[i].want[0] == '\0') {
            assert_int_equal(err, BK_ERR_INVALID);
            assert_non_null(strstr(detail.text, "fkey[0]: "));
        } else {
            assert_int_equal(err, BK_OK);
            assert_non_null(strstr(out.ptr, lamps[i].want));
        }
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_collected_path_is_matched),
        cmocka_unit_test(every_collected_agent_is_read),
        cmocka_unit_test(paths_follow_the_grammar),
        cmocka_unit_test(agents_follow_the_grammar),
        cmocka_unit_test(raw_parameters_are_judged_by_the_table),
        cmocka_unit_test(the_number_of_a_lamp_ends_where_it_should),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
