/*
 * Makers that are recognised only: what is theirs and what is nobody's. The rows of their facts are
 * read by test_corpus.c, with everybody's.
 */
#include "harness/test.h"

#include "unit/vendor/corpus.h"
#include "vendor/vendor.h"

static const struct bk_vendor *maker_find(struct bk_str name)
{
    for (const struct bk_vendor *const *maker = bk_makers(); *maker != NULL; maker++) {
        if (bk_str_eq(name, bk_str_of((*maker)->name)))
            return *maker;
    }
    return NULL;
}

static void a_maker_without_a_driver_is_no_vendor(void **state)
{
    (void)state;
    size_t count = 0;
    for (const struct bk_vendor *const *maker = bk_makers(); *maker != NULL; maker++) {
        bool is_driver = bk_vendor_find(bk_str_of((*maker)->name)) == *maker;
        assert_int_equal((*maker)->fill != NULL, is_driver);
        if (!is_driver) {
            assert_null(bk_model_find(*maker, BK_STR("CP2502")));
            assert_null(bk_model_at(*maker, 0));
        }
        count += !is_driver;
    }
    assert_int_equal(count, 9);
}

static const struct {
    const char *maker, *path, *kind;
} paths[] = {
    {"akuvox", "0c1105aabbd9.cfg", "device"},
    {"audiocodes", "00908f602aac.cfg", "device"},
    {"technicolor", "ST2030S_00147FE147B3.txt", "device"},
    {"unify", "001ae8aabbcc_config.xml", "device"},
    {"zenitel", "ipst_config_00_13_CB_01_02_03.cfg", "device"},
    {"swissvoice", "CP2503.cfg", "common"},
    {"vtech", "VCS754_0012a6000001.cfg", "device"},
    {"vtech", "ET605_0012A6000001.cfg", "device"},
    {"vtech", "pb0012a6000001/directory.xml", "directory"},
};

static void other_paths_follow_the_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(paths); i++) {
        struct bk_path_match match;
        print_message("  %s\n", paths[i].path);
        assert_ptr_equal(bk_vendor_of_path(bk_str_of(paths[i].path), &match),
                         maker_find(bk_str_of(paths[i].maker)));
        assert_string_equal(bk_file_kind_name(match.kind), paths[i].kind);
    }
}

static const char *const no_paths[] = {
    "_config.xml",
    "0a1b2c3d4d5_config.xml",
    "0a1b2c3d4d5f_config.cfg",
    "a/0a1b2c3d4d5f_config.xml",
    "ipst_config_.cfg",
    "ipst_config_01_02_03_04_05.cfg",
    "ipst_config_01_02_03_04_05_ag.cfg",
    "ipst_config_010203040_5_a_.cfg",
    "ipst_config_01_02_03_04_05_ab.cfg/",
    "ipst_config_01:02:03:04:05:ab.cfg",
    "VCS754_0012a600000.cfg",
    "VCS754_0012a6000001.xml",
    "_0012a6000001.cfg",
    "VCS/754_0012a6000001.cfg",
    "pb0012a6000001/directory.cfg",
    "pb0012a6000001/x/directory.xml",
    "xpb0012a6000001/directory.xml",
    "CP250.cfg",
    "CP25022.cfg",
    "CP25a2.cfg",
    "cp2502.cfg",
    "CP2502.xml",
    "_00147FE147B3.txt",
    "../ST_00147FE147B3.txt",
    "ST2030S_00147FE147B.txt",
};

static void nothing_else_is_a_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(no_paths); i++) {
        struct bk_path_match match;
        print_message("  %s\n", no_paths[i]);
        assert_null(bk_vendor_of_path(bk_str_of(no_paths[i]), &match));
    }
}

static const struct {
    const char *maker, *agent, *model, *firmware; /* maker NULL: nobody's */
} agents[] = {
    {"akuvox", "Akuvox R20K 20.30.4.106 0C:11:05:AA:BB:D9", "R20K", "20.30.4.106"},
    {"nethesis", "Nethesis NPX3 2.12.1 e0e656aabbd6", "NPX3", "2.12.1"},
    {"audiocodes", "AUDC-IPPhone/2.0.0_build_15 (420HD; 00908F3BBCBA)", "420HD", "2.0.0_build_15"},
    {"patton",
     "SmartNode (Model:SN4316/JS; Serial:00A0BA0BA9A5; Software Version:R6.9 2016-07-05 H323; x)",
     "SN4316", "6.9"},
    {"patton",
     "SmartNode (Model:SN4638/5BIS; Serial:00A0BA0A1B2C; Software Version:R6.T 2013-10-11)",
     "SN4638", "6.T"},
    {NULL, "SmartNode (Model:SN4638; Serial:00A0BA0A1B2C; Software Version:RT.6 2013-10-11)", "",
     ""},
    {NULL, "AUDC-IPPhone/2.2.8.61 (440HDG-Rev0; 00908F602AA)", "", ""},
    {NULL, "AUDC-IPPhone/2.2.8.61 440HDG-Rev0; 00908F602AAC", "", ""},
    {NULL, "AUDC-IPPhone/2 (440HDG-Rev0; 00908F602AAC)", "", ""},
    {NULL, "SmartNode (Model:SN4112; Serial:00A0BA08933; Software Version:R6.2 x)", "", ""},
    {NULL, "SmartNode (Model:SN4112; Software Version:R6.2 x)", "", ""},
    {NULL, "THOMSON ST2030 fw2.72 hw5 00-14-7F-E1-47-B3", "", ""},
    {NULL, "THOMSON ST2030 hw5 fw2.72", "", ""},
    {NULL, "Akuvox R20K", "", ""},
    {NULL, "Akuvox R20K x.y", "", ""},
    {NULL, "Akuvox R20K 20.30 0C:11:05:AA:BB", "", ""},
};

static void other_agents_follow_the_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(agents); i++) {
        struct bk_agent got;
        print_message("  %s\n", agents[i].agent);
        const struct bk_vendor *maker = bk_vendor_of_agent(bk_str_of(agents[i].agent), &got);
        if (agents[i].maker == NULL) {
            assert_null(maker);
            continue;
        }
        assert_ptr_equal(maker, maker_find(bk_str_of(agents[i].maker)));
        assert_str_equal(got.model, agents[i].model);
        assert_str_equal(got.firmware, agents[i].firmware);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_maker_without_a_driver_is_no_vendor),
        cmocka_unit_test(other_paths_follow_the_grammar),
        cmocka_unit_test(nothing_else_is_a_path),
        cmocka_unit_test(other_agents_follow_the_grammar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
