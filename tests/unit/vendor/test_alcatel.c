/* Alcatel-Lucent: paths and User-Agents, and what must not be taken for one; raw parameters. */
#include "harness/test.h"

#include "unit/vendor/corpus.h"
#include "vendor/vendor.h"

static const struct bk_vendor *alcatel(void)
{
    return bk_vendor_find(BK_STR("alcatel"));
}

static void every_collected_path_is_matched(void **state)
{
    (void)state;
    corpus_check_paths(alcatel(), "tests/corpus/alcatel-request-paths.tsv", 3);
    struct bk_path_match match;
    assert_true(alcatel()->match_path(BK_STR("config.8028s-GE.xml"), &match));
    assert_int_equal(match.kind, BK_FILE_COMMON);
    assert_str_equal(match.model_code, "8028s-GE");
    assert_true(alcatel()->match_path(BK_STR("lanpbx.cfg"), &match));
    assert_int_equal(match.kind, BK_FILE_COMMON);
    assert_true(alcatel()->match_path(BK_STR("sipconfig-00809f123456.txt"), &match));
    assert_int_equal(match.kind, BK_FILE_DEVICE);
}

static const char *const no_paths[] = {
    "",
    "config.xml",
    "config..xml",
    "config.M3.cfg",
    "config.M3.xml.xml",
    "config.M3 .xml",
    "config.M3/x.xml",
    "config.M3%.xml",
    "/config.M3.xml",
    "a/config.M3.xml",
    "config.abcdefghijklmnopqrstuvwxyz0123456.xml",
    "Config.M3.xml",
    "sipconfig-.txt",
    "sipconfig-00809f12345.txt",
    "sipconfig-00809f123456.cfg",
    "lanpbx.cfg/",
    "config.3c28a620089e.xml?mac=3c28a620089e",
};

static void nothing_else_is_a_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(no_paths); i++) {
        struct bk_path_match match;
        print_message("  \"%s\"\n", no_paths[i]);
        assert_false(alcatel()->match_path(bk_str_of(no_paths[i]), &match));
    }
}

static void every_collected_agent_is_read(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    corpus_check_agents(alcatel(), "tests/corpus/alcatel-user-agents.tsv", false, 6);
    bk_vendors_deinit();
}

static const char *const no_agents[] = {
    "",
    "ALE",
    "ALE M3-CE",
    "ALE M3-CE 3c28a620089e",
    "ALE M3-CE 2 3c28a620089e",
    "ALE M3-CE 2.11.01.1604 3c28a620089",
    "ALE M3-CE 2.11.01.1604 3c28a620089e x",
    "ALF M3-CE 2.11.01.1604 3c28a620089e",
    "Alcatel IP Touch 4028",
    "Alcatel IP Touch /2.01.20",
    "Alcatel IP Touch 40 28/2.01.20",
    "Alcatel IP Touch 4028/2",
    "Alcatel 4028/2.01.20",
};

static void nothing_else_is_an_agent(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(no_agents); i++) {
        struct bk_agent got;
        print_message("  \"%s\"\n", no_agents[i]);
        assert_false(alcatel()->match_agent(bk_str_of(no_agents[i]), &got));
    }
}

static const struct {
    const char *name, *value;
    enum bk_err want;
    const char *says;
} raws[] = {
    {"SettingLanguage", "2", BK_OK, ""},
    {"Account1DigitMap", "\"<*97>&", BK_OK, ""},
    {"Account1VmNumber", "*97", BK_ERR_DENIED, "call.voicemail_number"},
    {"SettingSntpServer", "evil.example", BK_ERR_DENIED, "time.ntp_servers"},
    {"Account1Password", "x", BK_ERR_DENIED, "line"},
    {"account12server2address", "evil.example", BK_ERR_DENIED, "PBX"},
    {"Account1OutboundProxy2Address", "evil.example", BK_ERR_DENIED, "PBX"},
    {"Aom2ProgramKey13Type", "1", BK_ERR_DENIED, "key"},
    {"DeviceProvisionServerUrl", "https://evil.example", BK_ERR_DENIED, "address"},
    {"DeviceProvisionFileThird", "x", BK_ERR_DENIED, "address"},
    {"DeviceSecurityAdminPwd", "x", BK_ERR_DENIED, "security.admin_secret"},
    {"DeviceSecurityVarPwd", "x", BK_ERR_DENIED, "control"},
    {"DeviceSecurityEncryptionAesKey", "x", BK_ERR_DENIED, "control"},
    {"DeviceSecuritySshEnable", "true", BK_ERR_DENIED, "control"},
    {"DeviceUserAccessPermissionUrl", "http://evil.example", BK_ERR_DENIED, "control"},
    {"DeviceNetworkHttpEnable", "true", BK_ERR_DENIED, "control"},
    {"DeviceBackupUrl", "http://evil.example", BK_ERR_DENIED, "control"},
    {"DeviceAutoUpgradeEnable", "false", BK_ERR_DENIED, "firmware.url"},
    {"DeviceProvisionPollingBeginTime", "1", BK_ERR_DENIED, "address"},
    {"DeviceProvisionDhcpCustomOption", "66", BK_ERR_DENIED, "address"},
    {"deviceprovisionserverurl2", "x", BK_ERR_DENIED, "address"},
    {"LocalEnetcfgDmUrl", "http://evil.example", BK_ERR_DENIED, "address"},
    {"EdsEnetcfgDmUrl", "http://evil.example", BK_ERR_DENIED, "address"},
    {"LocalAdmcfgRunMode", "NOE", BK_ERR_DENIED, "control"},
    {"SIPServer01Address", "evil.example", BK_ERR_DENIED, "PBX"},
    {"SIPGroup1AuthenticationPassword", "x", BK_ERR_DENIED, "line"},
    {"WebUserPasswd", "x", BK_ERR_DENIED, "security.user_secret"},
    {"DmAdminPasswd", "x", BK_ERR_DENIED, "security.admin_secret"},
    {"Account01AuthPassword", "x", BK_ERR_DENIED, "line"},
    {"Account1Server1SubscribleExpire", "1", BK_ERR_DENIED, "PBX"},
    {"Account1UseTlsUriEnable", "x", BK_ERR_DENIED, "PBX"},
    {"Aom1ProgramKey2Number", "1", BK_ERR_DENIED, "key"},
    {"TR069AcsUrl", "http://evil.example", BK_ERR_DENIED, "control"},
    {"Setting Language", "2", BK_ERR_INVALID, "letters"},
    {"Setting\"Language", "2", BK_ERR_INVALID, "letters"},
    {"SettingLanguage", "a\nb", BK_ERR_INVALID, "control character"},
};

static void raw_parameters_are_judged_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(raws); i++) {
        struct bk_detail detail = {{0}};
        print_message("  %s\n", raws[i].name);
        assert_int_equal(
            bk_raw_check(alcatel(), bk_str_of(raws[i].name), bk_str_of(raws[i].value), &detail),
            raws[i].want);
        if (strstr(detail.text, raws[i].says) == NULL)
            fail_msg("detail is \"%s\"", detail.text);
    }
}

static void what_a_myriad_cannot_have_is_refused(void **state)
{
    (void)state;
    static const struct {
        enum bk_transport transport;
        enum bk_srtp srtp;
        const char *says;
    } rows[] = {
        {BK_TRANSPORT_NAPTR, BK_SRTP_OFF, "Account1Server1Transport"},
        {BK_TRANSPORT_TLS, BK_SRTP_REQUIRED, "Account1SrtpWorkingMode"},
    };
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_line line = {
            .index = 1, .pbx.transport = rows[i].transport, .pbx.srtp = rows[i].srtp};
        const struct bk_phone phone = {
            .provisioning_url = BK_STR("https://p.example/k"), .lines = &line, .line_count = 1};
        const struct bk_file_request request = {.kind = BK_FILE_DEVICE};
        struct bk_detail detail = {{0}};
        struct bk_buf out;
        bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
        assert_int_equal(bk_vendor_render(alcatel(), &phone, NULL, &request, &out, NULL, &detail),
                         BK_ERR_INVALID);
        assert_non_null(strstr(detail.text, rows[i].says));
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_collected_path_is_matched),
        cmocka_unit_test(nothing_else_is_a_path),
        cmocka_unit_test(every_collected_agent_is_read),
        cmocka_unit_test(nothing_else_is_an_agent),
        cmocka_unit_test(raw_parameters_are_judged_by_the_table),
        cmocka_unit_test(what_a_myriad_cannot_have_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
