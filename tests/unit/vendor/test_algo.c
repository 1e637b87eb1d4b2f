/* Algo: its paths, and what must not be taken for one; raw parameters; what is refused. */
#include "harness/test.h"

#include "unit/vendor/corpus.h"
#include "vendor/vendor.h"

static const struct bk_vendor *algo(void)
{
    return bk_vendor_find(BK_STR("algo"));
}

static void every_collected_path_is_matched(void **state)
{
    (void)state;
    corpus_check_paths(algo(), "tests/corpus/algo-request-paths.tsv", 3);
    struct bk_path_match match;
    assert_true(algo()->match_path(BK_STR("algop8301.conf"), &match));
    assert_str_equal(match.model_code, "8301");
}

static const char *const device_paths[] = {
    "algom0022eeabcdef.conf",
    "algo0022eeabcdef.conf",
    "algo0022EEABCDEF.conf",
    "/algom0022EEABCDEF.conf",
    "provision/algom0022EEABCDEF.conf",
};

static void a_mac_is_taken_in_either_case(void **state)
{
    (void)state;
    const struct bk_mac want = {{0x00, 0x22, 0xee, 0xab, 0xcd, 0xef}};
    for (size_t i = 0; i < BK_COUNT(device_paths); i++) {
        struct bk_path_match match;
        print_message("  %s\n", device_paths[i]);
        assert_ptr_equal(bk_vendor_of_path(bk_str_of(device_paths[i]), &match), algo());
        assert_int_equal(match.kind, BK_FILE_DEVICE);
        assert_true(bk_mac_eq(&match.mac, &want));
    }
}

static const char *const no_paths[] = {
    "",
    "algo",
    "algo.conf",
    "algop.conf",
    "algom.conf",
    "algox8188.conf",
    "algop81/88.conf",
    "algop81.88.conf",
    "algop123456789012.conf",
    "algom000222ABCDE.conf",
    "algom000222ABCDEF0.conf",
    "algom000222ABCDEF.conf.md5",
    "algom000222ABCDEF.md5",
    "algom000222ABCDEF-i.conf",
    "ALGOM000222ABCDEF.conf",
    "//algom000222ABCDEF.conf",
    "provision///algom000222ABCDEF.conf",
    "provision/../algom000222ABCDEF.conf",
    "provision/provision/algom000222ABCDEF.conf",
    "x/algom000222ABCDEF.conf",
    "algom000222ABCDEF.conf?x",
    "algom000222ABCDEF%2econf",
    "provision/",
    "provision//",
};

static void nothing_else_is_a_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(no_paths); i++) {
        struct bk_path_match match;
        print_message("  \"%s\"\n", no_paths[i]);
        assert_false(algo()->match_path(bk_str_of(no_paths[i]), &match));
    }
}

static const struct {
    const char *name, *value;
    enum bk_err want;
    const char *says;
} raws[] = {
    {"audio.page.vol", "4", BK_OK, ""},
    {"admin.devname", "alert # 1", BK_OK, ""},
    {"sip.u2.pwd", "x", BK_ERR_DENIED, "line"},
    {"sip.alert5.user", "x", BK_ERR_DENIED, "line"},
    {"sip.bkproxy1", "evil.example", BK_ERR_DENIED, "PBX"},
    {"prov.server.static", "evil.example", BK_ERR_DENIED, "address"},
    {"prov.ztp.use", "1", BK_ERR_DENIED, "address"},
    {"api.admin.pwd", "x", BK_ERR_DENIED, "control"},
    {"a b", "x", BK_ERR_INVALID, "letters"},
    {"audio.x", "1\nadmin.pwd = x", BK_ERR_INVALID, "control character"},
    {"audio.x", "1\radmin.pwd = x", BK_ERR_INVALID, "control character"},
    {"audio.x",
     "1\xe2\x80\xa8"
     "admin.pwd = x",
     BK_ERR_INVALID, "separator"},
    {"#audio.x", "x", BK_ERR_INVALID, "letters"},
    {" admin.pwd", "x", BK_ERR_INVALID, "letters"},
    {"admin.pwd ", "x", BK_ERR_INVALID, "letters"},
    {"admin.pwd=x\naudio.x", "x", BK_ERR_INVALID, "letters"},
    {"audio.x=y", "x", BK_ERR_INVALID, "letters"},
    {"admin.devname", "alert-$MAC$", BK_ERR_INVALID, "two dollar signs"},
    {"audio.x", "$PWD$", BK_ERR_INVALID, "two dollar signs"},
    {"audio.x", "$$", BK_ERR_INVALID, "two dollar signs"},
    {"audio.x", "5$", BK_OK, ""},
    {"audio.x", "#1", BK_OK, ""},
    {"prov.sync.frequency", "daily", BK_OK, ""},
    {"prov.sync.wdays", "1,2,", BK_OK, ""},
    {"sip.alert1.tone", "Default", BK_OK, ""},
};

static void raw_parameters_are_judged_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(raws); i++) {
        struct bk_detail detail = {{0}};
        print_message("  %s\n", raws[i].name);
        assert_int_equal(
            bk_raw_check(algo(), bk_str_of(raws[i].name), bk_str_of(raws[i].value), &detail),
            raws[i].want);
        if (strstr(detail.text, raws[i].says) == NULL)
            fail_msg("detail is \"%s\"", detail.text);
    }
}

/* However it is spelt: letters of either case, numbers with zeros before them, other members of a
 * family. */
static const struct {
    const char *name, *says;
} reserved[] = {
    {"sip.proxy", "PBX"},
    {"SIP.PROXY", "PBX"},
    {"sip.proxy.webui", "PBX"},
    {"sip.proxy2", "PBX"},
    {"sip.obproxy", "PBX"},
    {"sip.obproxy1", "PBX"},
    {"sip.outbound", "PBX"},
    {"sip.registrar", "PBX"},
    {"sip.registrar2", "PBX"},
    {"sip.bkproxy", "PBX"},
    {"sip.bkproxy02", "PBX"},
    {"sip.transp", "PBX"},
    {"sip.transport", "PBX"},
    {"sip.sips", "PBX"},
    {"sip.srtp", "PBX"},
    {"sip.srtp.suite", "PBX"},
    {"sip.tls.verify", "PBX"},
    {"sip.register.use", "line"},
    {"sip.u1.user", "line"},
    {"sip.u01.user", "line"},
    {"sip.u1.auth", "line"},
    {"sip.U1.Pwd", "line"},
    {"sip.u1.dname", "line"},
    {"sip.u9.realm", "line"},
    {"sip.u10", "line"},
    {"sip.alert1.user", "line"},
    {"sip.alert01.pwd", "line"},
    {"sip.alert10.auth", "line"},
    {"sip.alert2.use", "line"},
    {"sip.interop.checksync", "control"},
    {"prov.use", "address"},
    {"PROV.USE", "address"},
    {"prov.server", "address"},
    {"prov.server.method", "address"},
    {"prov.server.static", "address"},
    {"prov.server.static2", "address"},
    {"prov.download.method", "address"},
    {"prov.download.cfgpath", "address"},
    {"prov.download.fwpath", "address"},
    {"prov.download.cert", "address"},
    {"prov.cert.verify", "address"},
    {"prov.auth.user", "address"},
    {"prov.auth.pwd", "address"},
    {"prov.ztp.use", "address"},
    {"prov.i", "address"},
    {"prov.i.use", "address"},
    {"prov.sync.time", "window_begin"},
    {"prov.sync.endtime", "window_end"},
    {"admin.pwd", "security.admin_secret"},
    {"Admin.Pwd2", "security.admin_secret"},
    {"api.admin.pwd", "control"},
    {"api.auth.basic", "control"},
    {"admin.web.api", "control"},
    {"admin.sic.use", "control"},
    {"admin.security.strongpw", "control"},
    {"admin.teams.region", "PBX"},
    {"iot.use", "control"},
    {"net.http", "control"},
    {"net.snmp", "control"},
    {"net.srv.snmp.community", "control"},
    {"system.u1.pwd", "control"},
    {"system.u02.user", "control"},
    {"net.time", "time.ntp_servers"},
    {"net.time1", "time.ntp_servers"},
    {"admin.timezone", "time.zone"},
};

static void reserved_families_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(reserved); i++) {
        struct bk_detail detail = {{0}};
        print_message("  %s\n", reserved[i].name);
        assert_int_equal(bk_raw_check(algo(), bk_str_of(reserved[i].name), BK_STR("1"), &detail),
                         BK_ERR_DENIED);
        if (strstr(detail.text, reserved[i].says) == NULL)
            fail_msg("detail is \"%s\"", detail.text);
    }
}

static void what_an_algo_cannot_have_is_refused(void **state)
{
    (void)state;
    struct bk_line lines[2] = {{.index = 1}, {.index = 2}};
    const struct bk_phone phone = {
        .provisioning_url = BK_STR("https://p.example/k"), .lines = lines, .line_count = 2};
    const struct bk_file_request request = {.kind = BK_FILE_DEVICE};
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (int round = 0; round < 3; round++) {
        struct bk_detail detail = {{0}};
        struct bk_buf out;
        lines[0].pbx = (struct bk_pbx_side){.domain = BK_STR("one.example")};
        lines[1].pbx = lines[0].pbx;
        if (round == 1)
            lines[1].pbx.domain = BK_STR("two.example");
        if (round == 2)
            lines[0].pbx.srtp = lines[1].pbx.srtp = BK_SRTP_REQUIRED;
        bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
        assert_int_equal(bk_vendor_render(algo(), &phone, NULL, &request, &out, NULL, &detail),
                         round == 0 ? BK_OK : BK_ERR_INVALID);
        assert_non_null(strstr(detail.text, round == 0   ? ""
                                            : round == 1 ? "sip.proxy: is one"
                                                         : "sip.srtp: has no"));
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_collected_path_is_matched),
        cmocka_unit_test(a_mac_is_taken_in_either_case),
        cmocka_unit_test(nothing_else_is_a_path),
        cmocka_unit_test(raw_parameters_are_judged_by_the_table),
        cmocka_unit_test(reserved_families_are_refused),
        cmocka_unit_test(what_an_algo_cannot_have_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
