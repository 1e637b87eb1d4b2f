/* Sangoma: its paths and User-Agents, and what must not be taken for one; raw parameters. */
#include "harness/test.h"

#include "unit/vendor/corpus.h"
#include "vendor/vendor.h"

static const struct bk_vendor *sangoma(void)
{
    return bk_vendor_find(BK_STR("sangoma"));
}

static void what_was_collected_is_recognised(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    corpus_check_agents(sangoma(), "tests/corpus/sangoma-sip-user-agents.tsv", true, 3);
    bk_vendors_deinit();
}

static const struct {
    const char *path, *kind; /* NULL: none of ours */
} paths[] = {
    {"cfg005058aabbd7.xml", "device"},
    {"cfg0000.xml", "common"},
    {"000000000000.cfg", "master"},
    {"000fd3d202f7.cfg", "master"},
    {"000fd3d202f7.xml", "master"},
    {"00:0f:d3:d2:02:f7.cfg", "master"},
    {"Digium/000fd3d202f7-contacts.xml", "directory"},
    {"000fd3d202f7-contacts.cfg", "directory"},
    {"000fd3d202f7-smartblf.cfg", "directory"}, /* the keys, which show contacts */
    {"000fd3d202f7-smartblf.xml", "directory"},
    {"00:0F:D3:D2:02:F7-smartblf.cfg", "directory"},
    {"Digium/000fd3d202f7.xml", "master"},
    {"000000000000-smartblf.cfg", NULL},
    {"000000000000-contacts.xml", NULL},
    {"000fd3d202f7", NULL},
    {"000fd3d202f.cfg", NULL},
    {"x/000fd3d202f7.cfg", NULL},
    {"Digium/../000fd3d202f7.cfg", NULL},
    {"", NULL},
};

static void paths_follow_the_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(paths); i++) {
        struct bk_path_match match;
        print_message("  %s\n", paths[i].path);
        bool is_ours = sangoma()->match_path(bk_str_of(paths[i].path), &match);
        assert_int_equal(is_ours, paths[i].kind != NULL);
        if (is_ours)
            assert_string_equal(bk_file_kind_name(match.kind), paths[i].kind);
    }
}

static const struct {
    const char *agent, *model, *firmware; /* model NULL: none of ours */
} agents[] = {
    {"Digium D60 2_7_0", "D60", "2_7_0"},
    {"Sangoma P330 4_27_8 000FD3D0B030", "P330", "4_27_8"},
    {"Sangoma S500 V2.0.4.67", "S500", "V2.0.4.67"},
    {"Digium D65 2_9_19 000FD3D202F7", "D65", "2_9_19"},
    {"DIGIUM D80 2_10_0", "D80", "2_10_0"},
    {"sangoma S406 2.0.4.91 00:50:58:AA:BB:D7", "S406", "2.0.4.91"},
    {"Sangoma P310 4.31.1", "P310", "4.31.1"},
    {"Sangoma P310 4", NULL, NULL},
    {"Sangoma P330 V4_27_8", NULL, NULL},
    {"Sangoma P330", NULL, NULL},
    {"Sangoma P330 four", NULL, NULL},
    {"Sangoma P330 4_27_8 nothing", NULL, NULL},
    {"Digital D60 2_7_0", NULL, NULL},
    {"", NULL, NULL},
};

static void agents_follow_the_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(agents); i++) {
        struct bk_agent agent;
        print_message("  %s\n", agents[i].agent);
        bool is_ours = sangoma()->match_agent(bk_str_of(agents[i].agent), &agent);
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
            bk_raw_check(sangoma(), bk_str_of(raws[i].name), bk_str_of(raws[i].value), NULL),
            raws[i].want);
    }
}

/* What a line, the address, the web page, or trust in servers is made of. */
static const char *const reserved[] = {
    "P271", "P401",   "P501", "P601",   "P20360", "P35",    "P735",   "P504",   "P604",   "P1704",
    "P36",  "P736",   "P505", "P605",   "P34",    "P734",   "P506",   "P606",   "P1706",  "P1806",
    "P3",   "P20000", "P33",  "P426",   "P47",    "P967",   "P48",    "P20047", "P130",   "P183",
    "P32",  "P57",    "P62",  "P41200", "P41303", "P20200", "P20359", "P20600", "P23000", "P212",
    "P237", "P192",   "P193", "P194",   "P145",   "P20165", "P2",     "P8681",  "P196",   "P8682",
    "P190", "P30",    "P64",  "P75",    "P23376", "P23377", "P24012", "P23279",
};

/* One number has one name: no zeros before it, no other case. */
static const char *const no_names[] = {
    "p47",
    "P047",
    "P0047",
    "P00",
    "P0",
    "P47.",
    "P47x",
    "P+47",
    "P-47",
    "P47/",
    "P123456",
    "P999999",
    "Account1.Sipserver",
    "para",
    "P_47",
    "PP47",
    "47",
    "P47=1",
    "P47 ",
    " P47",
    "P47\t",
    "P4 7",
    "P47><P2",
    "",
};

static void reserved_numbers_have_one_spelling(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(reserved); i++) {
        print_message("  %s\n", reserved[i]);
        assert_int_equal(bk_raw_check(sangoma(), bk_str_of(reserved[i]), BK_STR("1"), NULL),
                         BK_ERR_DENIED);
    }
    struct bk_detail detail = {{0}};
    assert_int_equal(bk_raw_check(sangoma(), BK_STR("P23376"), BK_STR("1"), &detail),
                     BK_ERR_DENIED);
    assert_non_null(strstr(detail.text, "keep control"));
    for (size_t i = 0; i < BK_COUNT(no_names); i++) {
        print_message("  \"%s\"\n", no_names[i]);
        assert_int_equal(bk_raw_check(sangoma(), bk_str_of(no_names[i]), BK_STR("1"), NULL),
                         BK_ERR_INVALID);
    }
}

static void the_p_and_d_series_get_no_file(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        enum bk_err want;
    } rows[] = {{"S500", BK_OK},
                {"S300", BK_OK},
                {"", BK_OK},
                {"P330", BK_ERR_NOT_FOUND},
                {"D65", BK_ERR_NOT_FOUND},
                {"D80", BK_ERR_NOT_FOUND}};
    const struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k")};
    const struct bk_file_request request = {.kind = BK_FILE_DEVICE, .has_mac = true};
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_buf out;
        bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
        assert_int_equal(bk_vendor_render(sangoma(), &phone,
                                          bk_model_find(sangoma(), bk_str_of(rows[i].model)),
                                          &request, &out, NULL, NULL),
                         rows[i].want);
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_collected_is_recognised),
        cmocka_unit_test(paths_follow_the_grammar),
        cmocka_unit_test(agents_follow_the_grammar),
        cmocka_unit_test(the_p_and_d_series_get_no_file),
        cmocka_unit_test(raw_parameters_are_judged_by_the_table),
        cmocka_unit_test(reserved_numbers_have_one_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
