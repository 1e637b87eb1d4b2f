/*
 * Forms, not lists: requests and User-Agents of models that no page of facts has, in the forms that
 * the pages have, tell the maker and the rest all the same.
 */
#include "harness/test.h"

#include <string.h>

#include "unit/vendor/corpus.h"
#include "vendor/vendor.h"

static const struct {
    const char *maker, *model, *firmware, *mac; /* mac "-": none */
    const char *agent;
    bool is_sip;
} agents[] = {
    {"yealink", "T54W", "96.86.0.23", "805ec0aabbcc",
     "Yealink SIP-T54W 96.86.0.23 80:5E:C0:AA:BB:CC", false},
    {"yealink", "W80B", "103.83.0.80", "805ec0aabbcc", "Yealink W80B 103.83.0.80 80:5e:c0:aa:bb:cc",
     false},
    {"yealink", "MP56", "122.15.0.20", "805ec0aabbcc", "Yealink MP56 122.15.0.20 80:5e:c0:aa:bb:cc",
     false},
    {"yealink", "T46G", "28.71.0.81", "001565aabbcc", "SIP-T46G 28.71.0.81 00:15:65:aa:bb:cc",
     false},
    {"yealink", "CP860", "37.72.0.5", "001565aabbcc", "CP860 37.72.0.5 00:15:65:aa:bb:cc", false},
    {"yealink", "T22P", "7.73.0.50", "001565aabbcc", "T22P 7.73.0.50 00:15:65:aa:bb:cc", false},
    {"yealink", "AX83H", "180.86.0.15", "805ec0aabbcc", "Yealink AX83H 180.86.0.15 805ec0aabbcc",
     false},
    {"yealink", "T46S", "66.84.0.15", "-", "Yealink SIP-T46S 66.84.0.15", true},
    {"yealink", "W56P", "25.81.0.10", "-", "Yealink W56P 25.81.0.10", true},
    {"yealink", "T53", "95.86.0.5", "805ec0aabbcc", "Yealink SIP-T53 95.86.0.5 805ec0aabbcc", true},
    {"grandstream", "GRP2614", "1.0.5.33", "c074ad0b63ee",
     "Grandstream Model HW GRP2614 V1.2A SW 1.0.5.33 DevId c074ad0b63ee", false},
    {"grandstream", "HT802", "1.0.29.8", "000b82aabbcc",
     "Grandstream Model HW HT802 V1.0A SW 1.0.29.8 DevId 000b82aabbcc", false},
    {"grandstream", "WP820", "1.0.7.63", "c074ad0b63ee",
     "Grandstream Model HW WP820 SW 1.0.7.63 DevId c074ad0b63ee", false},
    {"grandstream", "HT-502", "1.0.10.6", "000b82aabbcc",
     "Grandstream Model HW  HT-502 V1.1B SW 1.0.10.6 DevId 000b82aabbcc", false},
    {"grandstream", "GXV3275", "1.0.3.235", "000b82aabbcc",
     "Grandstream Model HW GXV3275 V1.6A SW 1.0.3.235 DevId 00:0B:82:AA:BB:CC", false},
    {"grandstream", "BT200", "1.2.5.3", "000b82aabbcc",
     "Grandstream BT200 (bt200e.bin:1.2.5.3/boot55e.bin:1.1.6.9) DevId 000b82aabbcc", false},
    {"grandstream", "HT-502", "1.0.16.2", "-", "Grandstream HT-502  V1.2A 1.0.16.2 chip V2.2",
     true},
    {"grandstream", "HT702", "1.0.8.2", "-", "Grandstream HT702 V1.0A 1.0.8.2 chip V2.2", true},
    {"grandstream", "GXW-4104", "1.3.4.10", "-", "Grandstream GXW-4104 (HW 2.0, Ch:4) 1.3.4.10",
     true},
    {"grandstream", "WP820", "1.0.7.63", "-", "Grandstream WP820 1.0.7.63", true},
    {"grandstream", "GXV3275", "1.0.3.235", "-", "Grandstream GXV3275 1.0.3.235", true},
    {"poly", "VVX_411", "5.9.5.0614", "64167faabbcc",
     "FileTransport PolycomVVX-VVX_411-UA/5.9.5.0614 (SN:64167faabbcc) Type/Application", false},
    {"poly", "Trio_8500", "5.9.3.2857", "64167faabbcc",
     "FileTransport PolycomRealPresenceTrio-Trio_8500-UA/5.9.3.2857 (SN:64167FAABBCC) "
     "Type/Application",
     false},
    {"poly", "SPIP_650", "4.0.15.1009", "-",
     "FileTransport PolycomSoundPointIP-SPIP_650-UA/4.0.15.1009 Type/Application", false},
    {"poly", "VVX_450", "", "64167faabbcc",
     "FileTransport PolycomVVX-VVX_450-UA/6.4.0.2902 (SN:64167faabbcc) Type/Updater", false},
    {"poly", "Edge_E550", "8.2.1.3042", "482567aabbcc",
     "FileTransport PolyEdge-Edge_E550-UA/8.2.1.3042 (SN:482567aabbcc) Type/Application", false},
    {"poly", "CCX_505", "9.0.2.1234", "482567aabbcc",
     "FileTransport PolyCCX-CCX_505-UA/9.0.2.1234 (SN:482567aabbcc)", false},
    {"poly", "VVX_410", "5.5.2.8571", "0004f2abcdef",
     "PolycomVVX-VVX_410-UA/5.5.2.8571_0004f2abcdef", true},
    {"poly", "SPIP_335", "4.0.8.1608", "-", "PolycomSoundPointIP-SPIP_335-UA/4.0.8.1608", true},
    {"obihai", "OBi200", "3.2.2.8680EX", "-", "OBIHAI/OBi200-3.2.2.8680EX", true},
    {"obihai", "OBi1062", "5.1.11.4858", "-", "OBIHAI/OBi1062-5.1.11.4858", true},
    {"obihai", "VVX450", "6.4.2.12345", "-", "OBIHAI/VVX450-6.4.2.12345", true},
    {"snom", "D862", "10.1.175.16", "000413aabbcc",
     "Mozilla/4.0 (compatible; snomD862-SIP 10.1.175.16 1.0.0 000413AABBCC SXM:0 UXM:0 UXMC:0)",
     false},
    {"snom", "821", "8.7.5.35", "000413aabbcc",
     "Mozilla/4.0 (compatible; snom821-SIP 8.7.5.35 1.1.5-IFX-05.12.12 000413AABBCC)", false},
    {"snom", "M700", "05.30.0001", "000413aabbcc",
     "Mozilla/4.0 (compatible; Snom M700 05.30.0001 000413aabbcc)", false},
    {"snom", "360", "7.3.30", "-", "Mozilla/4.0 (compatible; snom360-SIP 7.3.30 1.1.3-s)", false},
    {"snom", "300", "8.4.35", "-", "snom300/8.4.35", true},
    {"snom", "D785", "10.1.33.33", "-", "snomD785/10.1.33.33", true},
    {"snom", "m700", "03.55.0013", "000413aabbcc",
     "Snom-m700/03.55.0013 (MAC=000413AABBCC; SER= 00000; HW=1)", true},
    {"fanvil", "X4U", "2.12.1.3", "0c383eaabbcc", "Fanvil X4U 2.12.1.3 0c383eaabbcc", false},
    {"fanvil", "X3SP Lite", "2.4.6", "0c383eaabbcc", "Fanvil X3SP Lite 2.4.6 0c383eaabbcc", false},
    {"fanvil", "i16SV", "2.8.1.7", "0c383eaabbcc", "Fanvil i16SV 2.8.1.7 0C383EAABBCC", false},
    {"fanvil", "V65", "2.12.2.4", "00a859aabbcc", "Fanvil V65 2.12.2.4 00:a8:59:aa:bb:cc", false},
    {"fanvil", "X5S", "2.0.1.5", "-", "Fanvil X5S 2.0.1.5", true},
    {"fanvil", "X7A", "2.6.10.1225", "0c383eaabbcc", "Fanvil X7A 2.6.10.1225 0c383eaabbcc", true},
};

static void agents_of_unseen_models_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(agents); i++) {
        struct bk_agent got;
        struct bk_str agent = bk_str_of(agents[i].agent);
        print_message("  %s\n", agents[i].agent);
        const struct bk_vendor *maker = agents[i].is_sip ? bk_vendor_of_sip_agent(agent, &got)
                                                         : bk_vendor_of_agent(agent, &got);
        assert_non_null(maker);
        assert_string_equal(maker->name, agents[i].maker);
        assert_str_equal(got.model, agents[i].model);
        assert_str_equal(got.firmware, agents[i].firmware);
        corpus_check_mac(got.has_mac, &got.mac, bk_str_of(agents[i].mac));
    }
}

static const struct {
    const char *maker, *path, *mac, *kind;
} paths[] = {
    {"yealink", "805EC0AABBCC.cfg", "805ec0aabbcc", "device"},
    {"yealink", "y000000000219.cfg", "-", "common"},
    {"yealink", "y000000000219.boot", "-", "boot"},
    {"yealink", "805ec0aabbcc-boot.log", "805ec0aabbcc", "log"},
    {"yealink", "805ec0aabbcc-sys.log", "805ec0aabbcc", "log"},
    {"yealink", "805ec0aabbcc-calllog.xml", "805ec0aabbcc", "calls"},
    {"grandstream", "cfgC074AD0B63EE.xml", "c074ad0b63ee", "device"},
    {"grandstream", "cfgc074ad0b63ee", "c074ad0b63ee", "device-binary"},
    {"grandstream", "cfght802.xml", "-", "common"},
    {"grandstream", "cfgwp820.xml", "-", "common"},
    {"grandstream", "gs_phonebook.xml", "-", "directory"},
    {"grandstream", "grp2614fw.bin", "-", "firmware"},
    {"grandstream", "ht802fw.bin", "-", "firmware"},
    {"poly", "0004f2abcdef.cfg", "0004f2abcdef", "master"},
    {"poly", "000000000000.cfg", "-", "master"},
    {"poly", "VVX411-0004f2abcdef.cfg", "0004f2abcdef", "device"},
    {"poly", "0004F2ABCDEF-directory.xml", "0004f2abcdef", "directory"},
    {"poly", "000000000000-directory~.xml", "-", "directory"},
    {"poly", "sip_40x.ld", "-", "firmware"},
    {"poly", "sip_318.ld", "-", "firmware"},
    {"poly", "2345-12365-001.sip.ld", "-", "firmware"},
    {"poly", "phone1_318.cfg", "-", "common"},
    {"poly", "sip_335.cfg", "-", "common"},
    {"poly", "bootrom.ld", "-", "firmware"},
    {"poly", "2345-11402-001.bootrom.ld", "-", "firmware"},
    {"poly", "0004f2abcdef-app.log", "0004f2abcdef", "log"},
    {"poly", "logs/0004f2abcdef-boot.log", "0004f2abcdef", "log"},
    {"obihai", "9CADEFAABBCC.xml", "9cadefaabbcc", "device"},
    {"obihai", "OBi/9cadefaabbcc.xml", "9cadefaabbcc", "device"},
    {"obihai", "OBi202.xml", "-", "common"},
    {"snom", "snomD862.htm", "-", "common"},
    {"snom", "snomD862-000413AABBCC.htm", "000413aabbcc", "device"},
    {"snom", "snom821-firmware.htm", "-", "firmware"},
    {"snom", "snomM700.htm", "-", "common"},
    {"snom", "1C7126AABBCC.xml", "1c7126aabbcc", "device"},
    {"snom", "000413aabbcc.htm", "000413aabbcc", "device"},
    {"fanvil", "F0V00X4U0000.cfg", "-", "common"},
    {"fanvil", "f0X3Ghw1.100.cfg", "-", "common"},
    {"fanvil", "0C383EAABBCC.cfg", "0c383eaabbcc", "device"},
    {"fanvil", "fanvil_x7a_hwv1_0.txt", "-", "firmware"},
    {"fanvil", "F0VX7A0V0000.cfg", "-", "common"},
};

static void paths_of_unseen_models_are_matched(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(paths); i++) {
        struct bk_path_match match;
        print_message("  %s\n", paths[i].path);
        const struct bk_vendor *maker = bk_vendor_of_path(bk_str_of(paths[i].path), &match);
        assert_non_null(maker);
        assert_string_equal(maker->name, paths[i].maker);
        assert_string_equal(bk_file_kind_name(match.kind), paths[i].kind);
        corpus_check_mac(match.has_mac, &match.mac, bk_str_of(paths[i].mac));
    }
}

static const char *const no_agents[] = {
    "Grandstream HT-502 V1.2A",
    "Grandstream HT-502 V1.2A chip V2.2",
    "Grandstream HT-502 (HW 2.0 1.0.16.2",
    "Grandstream HT-502 V1.2A 1.0.16.2 chip",
    "Grandstream HT-502 1.0.16.2 x",
    "PolycomVVX-VVX_410-UA/_0004f2abcdef",
    "PolycomVVX-VVX_410-UA/5.5.2.8571_0004f2abcde",
    "OBIHAI/OBi200-3.2.2.8680ex",
    "OBIHAI/OBi200-EX",
    "Snom-/03.55.0013",
    "Snom m 700/03.55.0013",
    "Snom-m700/03.55.0013 MAC=000413AABBCC",
    "Snom-m700/03.55.0013 (MAC=000413AABBCC",
    "snom",
    "T22P 7.73.0.50 00:04:13:aa:bb:cc",
};

static void what_is_nearly_one_is_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(no_agents); i++) {
        struct bk_agent got;
        print_message("  %s\n", no_agents[i]);
        assert_null(bk_vendor_of_sip_agent(bk_str_of(no_agents[i]), &got));
        assert_null(bk_vendor_of_agent(bk_str_of(no_agents[i]), &got));
    }
}

static const char *const no_paths[] = {
    "fw.bin",           "9fw.bin",       "GRP2614fw.bin", "../grp2614fw.bin", "sip_.LD",
    ".sip.ld",          "sipx.ld",       "sip-318.ld",    "sip_31 8.ld",      "x.sip_318.ld.cfg",
    "commonx.cfg",      "phone11.cfg",   "phone1-a.cfg",  "OBi.xml",          "OBi/.xml",
    "OBi../../etc.xml", "OBi202.xml.gz", "obi202.xml",
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agents_of_unseen_models_are_read),
        cmocka_unit_test(paths_of_unseen_models_are_matched),
        cmocka_unit_test(what_is_nearly_one_is_none),
        cmocka_unit_test(nothing_else_is_a_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
