/* Paths and User-Agents: over the collected facts, and over what must not be taken for a Cisco. */
#include "harness/test.h"

#include "unit/vendor/corpus.h"
#include "vendor/vendor.h"

static const struct bk_vendor *cisco(void)
{
    return bk_vendor_find(BK_STR("cisco"));
}

static void every_collected_path_is_matched(void **state)
{
    (void)state;
    corpus_check_paths(cisco(), "tests/corpus/cisco-request-paths.tsv", 24);
}

static void names_are_read_by_rule(void **state)
{
    (void)state;
    static const struct {
        const char *path, *code, *mac;
        enum bk_file_kind kind;
    } rows[] = {
        {"spa525G2.cfg", "spa525G2", "-", BK_FILE_COMMON},
        {"spa2102.cfg", "spa2102", "-", BK_FILE_COMMON},
        {"spa962.cfg", "spa962", "-", BK_FILE_COMMON},
        {"init.cfg", "init", "-", BK_FILE_COMMON},
        {"spa-ata.xml", "spa-ata", "-", BK_FILE_COMMON},
        {"CP-7811-3PCC.xml", "CP-7811-3PCC", "-", BK_FILE_COMMON},
        {"8865-3PCC.cfg", "8865-3PCC", "-", BK_FILE_COMMON},
        {"CP-8875.cfg", "CP-8875", "-", BK_FILE_COMMON},
        {"spa000e08abcdef.xml", "", "000e08abcdef", BK_FILE_DEVICE},
        {"spa000E08ABCDEF.cfg", "", "000e08abcdef", BK_FILE_DEVICE},
        {"000E08ABCDEF.xml", "", "000e08abcdef", BK_FILE_DEVICE},
        {"Cisco/000E08ABCDEF.xml", "", "000e08abcdef", BK_FILE_DEVICE},
        {"000e08abcdef.cfg", "", "000e08abcdef", BK_FILE_DEVICE},
        {"SEP00562B043615.cnf.xml", "SEP", "00562b043615", BK_FILE_DEVICE},
        {"SIP00562B043615.cnf", "SEP", "00562b043615", BK_FILE_DEVICE},
        {"CTLSEP00562B043615.tlv", "SEP", "00562b043615", BK_FILE_BINARY},
        {"ITLSEP00562B043615.tlv", "SEP", "00562b043615", BK_FILE_BINARY},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_path_match match;
        print_message("  %s\n", rows[i].path);
        assert_true(cisco()->match_path(bk_str_of(rows[i].path), &match));
        assert_int_equal(match.kind, rows[i].kind);
        assert_str_equal(match.model_code, rows[i].code);
        corpus_check_mac(match.has_mac, &match.mac, bk_str_of(rows[i].mac));
    }
}

static const char *const no_paths[] = {
    "",
    "/",
    ".cfg",
    ".xml",
    "spa.cfg",
    "spa5.cfg",
    "spa508GGG.cfg",
    "spa508-G.cfg",
    "spa508G.xml",
    "SPA508G.cfg",
    "spa508G.cfg/",
    "spa/508G.cfg",
    "Cisco/spa508G.cfg",
    "spa508%47.cfg",
    "spa../x.cfg",
    "init.xml",
    "-3PCC.xml",
    "CP--3PCC.xml",
    "CP-884.xml",
    "CP-.xml",
    "spa000e08abcde.xml",
    "Spa000e08abcdef.xml",
    "8841-3PCC",
    "CP-8841-3PCC.tar",
    "CP-884-3PCC.xml",
    "000e08abcde.xml",
    "000e08abcdef0.xml",
    "00:0e:08:ab:cd:ef.xml",
    "/000e08abcdef.xml",
    "../000e08abcdef.xml",
    "Cisco/../000e08abcdef.xml",
    "cisco/000e08abcdef.xml",
    "Cisco//000e08abcdef.xml",
    "000e08abcdef.xml?x=1",
    "000e08abcdef.xml ",
    "000e08abcdef\\.xml",
    "SEP.cnf.xml",
    "SEP00562B04361.cnf.xml",
    "SEP00562B0436155.cnf.xml",
    "SEP00562B043615.cnf",
    "CTLSEP00562B043615.xml",
    "sipdefault.cnf",
    "dialplan.xml.bak",
};

static void nothing_else_is_a_path(void **state)
{
    (void)state;
    struct bk_path_match match;
    for (size_t i = 0; i < BK_COUNT(no_paths); i++) {
        print_message("  \"%s\"\n", no_paths[i]);
        assert_false(cisco()->match_path(bk_str_of(no_paths[i]), &match));
    }
    assert_false(cisco()->match_path((struct bk_str){"init\0.cfg", 9}, &match));
    assert_false(cisco()->match_path((struct bk_str){"init.cfg\0", 9}, &match));
}

static void every_collected_agent_is_read(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    corpus_check_agents(cisco(), "tests/corpus/cisco-user-agents.tsv", false, 9);
    bk_vendors_deinit();
}

static void agents_are_read_by_rule(void **state)
{
    (void)state;
    static const struct {
        const char *agent, *model, *firmware, *mac;
        bool is_http;
    } rows[] = {
        {"Cisco/SPA525G2-7.5.5 (CBT141900G7)", "SPA525G2", "7.5.5", "-", true},
        {"Cisco/SPA112-1.4.1(002) (A44C11000001)(CCQ00000001)", "SPA112", "1.4.1(002)",
         "a44c11000001", true},
        {"Linksys/PAP2T-5.1.6(LS) (000E08ABCDEF)", "PAP2T", "5.1.6(LS)", "000e08abcdef", true},
        {"Cisco-CP-6871-3PCC/11-3-7MSR2-1 (00562b043615)", "CP-6871-3PCC", "11-3-7MSR2-1",
         "00562b043615", true},
        {"Sipura/SPA2002-3.1.5(a) (000E08ABCDEF)", "SPA2002", "3.1.5(a)", "000e08abcdef", true},
        {"Cisco-CP-9851/3.0.1 (00562b043615)", "CP-9851", "3.0.1", "00562b043615", true},
        {"Cisco-CP-8845-3PCC/11.3.7_00562b043615_0a1b", "CP-8845-3PCC", "11.3.7", "00562b043615",
         false},
        {"Cisco-CP-8845-3PCC/11.3.7_x", "CP-8845-3PCC", "11.3.7_x", "-", false},
        {"Cisco/SPA504G-7.4.9c", "SPA504G", "7.4.9c", "-", false},
        {"Cisco-CP-8841-3PCC/11.0", "CP-8841-3PCC", "11.0", "-", false},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_agent got;
        struct bk_str agent = bk_str_of(rows[i].agent);
        print_message("  %s\n", rows[i].agent);
        assert_int_equal(cisco()->match_agent(agent, &got), rows[i].is_http);
        assert_true(cisco()->match_sip_agent(agent, &got));
        assert_str_equal(got.model, rows[i].model);
        assert_str_equal(got.firmware, rows[i].firmware);
        corpus_check_mac(got.has_mac, &got.mac, bk_str_of(rows[i].mac));
    }
}

static const char *const no_agents[] = {
    "",
    " ",
    "Cisco",
    "Cisco/",
    "Cisco/SPA508G",
    "Cisco/SPA508G-",
    "Cisco/-7.4.4 (0002FDFF2103)",
    "Cisco/SPA508G-7.4.4 0002FDFF2103",
    "Cisco/SPA508G-7.4.4 (0002FDFF2103",
    "Cisco/SPA508G-7.4.4 ()",
    "Cisco/SPA508G-7.4.4 (0002FDFF2103)(A)(B)",
    "Cisco/SPA508G-7.4.4 (0002FDFF2103) (CBT141400UK)",
    "Cisco/SPA508G-7.4.4 (0002FDFF2103)x",
    "Cisco/SPA/508G-7.4.4 (0002FDFF2103)",
    "Cisco/SPA508G-7.4.4;x (0002FDFF2103)",
    "cisco/SPA508G-7.4.4 (0002FDFF2103)",
    "Cisco-CP-8841-3PCC (00562b043615)",
    "Cisco-CP-8841-3PCC/ (00562b043615)",
    "Cisco-/11.0 (00562b043615)",
    "Mozilla/5.0 (X11; Linux x86_64)",
    "Grandstream GXP2170 1.0.11",
};

static void nothing_else_is_an_agent(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(no_agents); i++) {
        struct bk_agent got;
        print_message("  \"%s\"\n", no_agents[i]);
        assert_false(cisco()->match_agent(bk_str_of(no_agents[i]), &got));
        assert_false(cisco()->match_sip_agent(bk_str_of(no_agents[i]), &got));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_collected_path_is_matched),
        cmocka_unit_test(names_are_read_by_rule),
        cmocka_unit_test(nothing_else_is_a_path),
        cmocka_unit_test(every_collected_agent_is_read),
        cmocka_unit_test(agents_are_read_by_rule),
        cmocka_unit_test(nothing_else_is_an_agent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
