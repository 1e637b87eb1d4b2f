/* Poly: its paths and User-Agents, and what must not be taken for one; raw parameters. */
#include "harness/test.h"

#include "unit/vendor/corpus.h"
#include "vendor/vendor.h"

static const struct bk_vendor *poly(void)
{
    return bk_vendor_find(BK_STR("poly"));
}

static void every_collected_path_is_matched(void **state)
{
    (void)state;
    corpus_check_paths(poly(), "tests/corpus/poly-request-paths.tsv", 24);
}

static void every_collected_agent_is_read(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    corpus_check_agents(poly(), "tests/corpus/poly-user-agents.tsv", false, 12);
    corpus_check_agents(poly(), "tests/corpus/poly-sip-user-agents.tsv", true, 3);
    bk_vendors_deinit();
}

static const struct {
    const char *path, *kind; /* NULL: none of ours */
} paths[] = {
    {"0004F28AD079.cfg", "master"},
    {"0004f28ad079-registration.cfg", "device"},
    {"CCX500-64167f9f4c90.cfg", "device"},
    {"3111-48450-001.sip.ld", "firmware"},
    {"logs/0004f28ad079-app.log", "log"},
    {"", NULL},
    {".cfg", NULL},
    {"0004f28ad079", NULL},
    {"0004f28ad079-.cfg", NULL},
    {"0004f28ad079-x.cfg", NULL},
    {"000000000000-phone.cfg", NULL},
    {"000000000000-app.log", NULL},
    {"phone0004f28ad07.cfg", NULL},
    {"phone0004f28ad079x.cfg", NULL},
    {"x0004f28ad079.cfg", NULL},
    {"-0004f28ad079.cfg", NULL},
    {"../0004f28ad079.cfg", NULL},
    {"a/b/0004f28ad079.cfg", NULL},
    {"/0004f28ad079.cfg", NULL},
    {"a%2f0004f28ad079.cfg", NULL},
    {"0004f28ad079.cfg?x", NULL},
    {"SIP.ld", NULL},
    {"a b.sip.ld", NULL},
};

static void paths_follow_the_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(paths); i++) {
        struct bk_path_match match;
        print_message("  %s\n", paths[i].path);
        bool is_ours = poly()->match_path(bk_str_of(paths[i].path), &match);
        assert_int_equal(is_ours, paths[i].kind != NULL);
        if (is_ours)
            assert_string_equal(bk_file_kind_name(match.kind), paths[i].kind);
    }
}

static const struct {
    const char *agent, *model, *firmware; /* model NULL: none of ours */
} agents[] = {
    {"FileTransport PolycomVVX-VVX_450-UA/5.9.1.0615 Type/Updater", "VVX_450", ""},
    {"FileTransport PolyEdge-Edge_B20-UA/8.3.1.0614 (SN:64167f9f4c90)", "Edge_B20", "8.3.1.0614"},
    {"FileTransport PolycomVVX-VVX_450-UA/5.9.1.0615 Type/Other", NULL, NULL},
    {"FileTransport PolycomVVX-VVX_450-UA/", NULL, NULL},
    {"FileTransport PolycomVVX-VVX_450/5.9.1.0615", NULL, NULL},
    {"FileTransport -VVX_450-UA/5.9.1.0615", NULL, NULL},
    {"FileTransport", NULL, NULL},
    {"PolycomVVX-VVX_450-UA/5.9.1.0615", NULL, NULL},
    {"FileTransport PolyCCX-CCX_500-UA/9.4.1.0508 (SN:) Type/Application", NULL, NULL},
    {"FileTransport Evil-CCX_500-UA/9.4.1.0508", NULL, NULL},
    {"", NULL, NULL},
};

static void agents_follow_the_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(agents); i++) {
        struct bk_agent agent;
        print_message("  %s\n", agents[i].agent);
        bool is_ours = poly()->match_agent(bk_str_of(agents[i].agent), &agent);
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
    {"up.oneTouchVoiceMail", "1", BK_OK},
    {"voice.codecPref.Siren7.16kbps", "0", BK_OK},
    {"reg.1.callsPerLineKey", "4", BK_OK},
    {"reg.1.server.1.address", "evil.example", BK_ERR_DENIED},
    {"REG.1.Auth.Password", "x", BK_ERR_DENIED},
    {"device.prov.serverName", "evil.example", BK_ERR_DENIED},
    {"device.prov.serverName.set", "0", BK_ERR_DENIED},
    {"device.sec.TLS.customCaCert1", "x", BK_ERR_DENIED},
    {"CONFIG_FILES", "evil.cfg", BK_ERR_DENIED},
    {"reg.01.server.2.address", "x", BK_ERR_DENIED},
    {"reg.16.outboundProxy.address", "x", BK_ERR_DENIED},
    {"Reg.1.OutboundProxy.Transport", "x", BK_ERR_DENIED},
    {"reg.1.auth.useLoginCredentials", "x", BK_ERR_DENIED},
    {"reg.1.srtp.require", "x", BK_ERR_DENIED},
    {"voIpProt.server.1.address", "x", BK_ERR_DENIED},
    {"VOIPPROT.SERVER.2.transport", "x", BK_ERR_DENIED},
    {"voIpProt.SIP.outboundProxy.address", "x", BK_ERR_DENIED},
    {"voIpProt.server.dhcp.available", "x", BK_ERR_DENIED},
    {"tcpIpApp.sntp.address.overrideDHCP", "x", BK_ERR_DENIED},
    {"TCPIPAPP.SNTP.ADDRESS", "x", BK_ERR_DENIED},
    {"tcpIpApp.sntp.gmtOffset.overrideDHCP", "x", BK_ERR_DENIED},
    {"tcpIpApp.sntp.daylightSavings.start.month", "x", BK_ERR_DENIED},
    {"device.set", "x", BK_ERR_DENIED},
    {"DEVICE.SET", "x", BK_ERR_DENIED},
    {"device.prov.serverName", "x", BK_ERR_DENIED},
    {"device.prov.ztpEnabled", "x", BK_ERR_DENIED},
    {"device.prov.redunAttemptLimit", "x", BK_ERR_DENIED},
    {"device.prov.upgradeServer", "x", BK_ERR_DENIED},
    {"device.dhcp.bootSrvUseOpt", "x", BK_ERR_DENIED},
    {"device.dhcp.bootSrvOpt.set", "x", BK_ERR_DENIED},
    {"device.dhcp.option60Type", "x", BK_ERR_DENIED},
    {"device.auth.localAdminPassword.set", "x", BK_ERR_DENIED},
    {"device.auth.localUserPassword", "x", BK_ERR_DENIED},
    {"device.baseProfile", "x", BK_ERR_DENIED},
    {"device.baseProfile.set", "x", BK_ERR_DENIED},
    {"device.sec.TLS.prov.strictCertCommonNameValidation", "x", BK_ERR_DENIED},
    {"device.sec.TLS.customDeviceCert1.publicCert", "x", BK_ERR_DENIED},
    {"device.sntp.serverName.set", "x", BK_ERR_DENIED},
    {"device.tr069.acs.url", "x", BK_ERR_DENIED},
    {"device.feature.tr069.enabled", "x", BK_ERR_DENIED},
    {"tr069.acs.url", "x", BK_ERR_DENIED},
    {"feature.tr069.enabled", "x", BK_ERR_DENIED},
    {"sec.TLS.SIP.strictCertCommonNameValidation", "x", BK_ERR_DENIED},
    {"sec.TLS.customCaCert.1", "x", BK_ERR_DENIED},
    {"sec.TLS.prov.cipherList", "x", BK_ERR_DENIED},
    {"SEC.tls.profileSelection.SIP", "x", BK_ERR_DENIED},
    {"sec.pwd.length.admin", "x", BK_ERR_DENIED},
    {"sec.encryption.upload.config", "x", BK_ERR_DENIED},
    {"sec.srtp.enable", "x", BK_ERR_DENIED},
    {"prov.polling.enabled", "x", BK_ERR_DENIED},
    {"prov.polling.time", "x", BK_ERR_DENIED},
    {"prov.login.enabled", "x", BK_ERR_DENIED},
    {"prov.autoConfigUpload.enabled", "x", BK_ERR_DENIED},
    {"prov.startupCheck.enabled", "x", BK_ERR_DENIED},
    {"prov.configUploadPath", "x", BK_ERR_DENIED},
    {"httpd.cfg.enabled", "x", BK_ERR_DENIED},
    {"httpd.enabled", "x", BK_ERR_DENIED},
    {"httpd.cfg.secureTunnelRequired", "x", BK_ERR_DENIED},
    {"apps.push.username", "x", BK_ERR_DENIED},
    {"apps.push.serverRootURL", "x", BK_ERR_DENIED},
    {"feature.obitalk.accountCode", "x", BK_ERR_DENIED},
    {"feature.lens.enabled", "x", BK_ERR_DENIED},
    {"feature.da.enabled", "x", BK_ERR_DENIED},
    {"voIpProt.SIP.specialEvent.checkSync.alwaysReboot", "x", BK_ERR_DENIED},
    {"voIpProt.SIP.requestValidation.1.method", "x", BK_ERR_DENIED},
    {"CONFIG_FILES_VVX400", "x", BK_ERR_DENIED},
    {"config_files", "x", BK_ERR_DENIED},
    {"MISC_FILES", "x", BK_ERR_DENIED},
    {"OVERRIDES_DIRECTORY", "x", BK_ERR_DENIED},
    {"APP_FILE_PATH", "x", BK_ERR_DENIED},
    {"USER_PROFILES_DIRECTORY", "x", BK_ERR_DENIED},
    {"COREFILE_DIRECTORY", "x", BK_ERR_DENIED},
    {"lineKey.01.category", "x", BK_ERR_DENIED},
    {"attendant.resourceList.1.address", "x", BK_ERR_DENIED},
    {"voice.codecPref.G711_Mu", "x", BK_ERR_DENIED},
    {"sec.dot1x.eapollogoff.enabled", "x", BK_OK},
    {"reg.1.telephony", "x", BK_OK},
    {"msg.mwi.01.callBack", "x", BK_ERR_DENIED},
    {"reg.2.type", "x", BK_ERR_DENIED},
    {"call.directedCallPickupString", "x", BK_ERR_DENIED},
    {"device.net.hostname", "x", BK_OK},
    {"call.callWaiting.tone", "x", BK_OK},
    {"dns.cache.A.1.address", "x", BK_ERR_DENIED},
    {"dns.cache.SRV.01.target", "x", BK_ERR_DENIED},
    {"device.net.dhcpBootServer", "x", BK_ERR_DENIED},
    {"upgrade.custom.server.url", "x", BK_ERR_DENIED},
    {"sec.uploadDevice.privateKey", "x", BK_ERR_DENIED},
    {"APP_FILE_PATH_VVX400", "x", BK_ERR_DENIED},
    {"a b", "x", BK_ERR_INVALID},
    {"a=\"1\" b", "x", BK_ERR_INVALID},
    {"x.y", "a\nb", BK_ERR_INVALID},
};

static void raw_parameters_are_judged_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(raws); i++) {
        print_message("  %s\n", raws[i].name);
        assert_int_equal(
            bk_raw_check(poly(), bk_str_of(raws[i].name), bk_str_of(raws[i].value), NULL),
            raws[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_collected_path_is_matched),
        cmocka_unit_test(every_collected_agent_is_read),
        cmocka_unit_test(paths_follow_the_grammar),
        cmocka_unit_test(agents_follow_the_grammar),
        cmocka_unit_test(raw_parameters_are_judged_by_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
