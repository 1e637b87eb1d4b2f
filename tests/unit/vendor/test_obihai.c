/* Obihai: its paths and User-Agents, and what must not be taken for one; raw parameters. */
#include "harness/test.h"

#include "unit/vendor/corpus.h"
#include "vendor/vendor.h"

static const struct bk_vendor *obihai(void)
{
    return bk_vendor_find(BK_STR("obihai"));
}

static void every_collected_path_is_matched(void **state)
{
    (void)state;
    corpus_check_paths(obihai(), "tests/corpus/obihai-request-paths.tsv", 2);
}

static void every_collected_agent_is_read(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    corpus_check_agents(obihai(), "tests/corpus/obihai-sip-user-agents.tsv", true, 2);
    bk_vendors_deinit();
}

static const struct {
    const char *path;
    bool is_ours;
} paths[] = {
    {"9CADEF100001.xml", true},
    {"9cadef100001.xml", true},
    {"9CADEF100001.aes", true},
    {"OBi/9CADEF100001.xml", true},
    {"", false},
    {".xml", false},
    {"OBi/", false},
    {"OBi/.xml", false},
    {"OBi/OBi/9CADEF100001.xml", false},
    {"obi/9CADEF100001.xml", false},
    {"../9CADEF100001.xml", false},
    {"OBi/../9CADEF100001.xml", false},
    {"9CADEF10001.xml", false},
    {"9CADEF1000011.xml", false},
    {"9C:AD:EF:10:00:01.xml", false},
    {"9CADEF100001.XML", false},
    {"9CADEF100001.cfg", false},
    {"9CADEF100001.xml/", false},
    {"9CADEF10000%31.xml", false},
};

static void paths_follow_the_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(paths); i++) {
        struct bk_path_match match;
        print_message("  %s\n", paths[i].path);
        bool is_ours = obihai()->match_path(bk_str_of(paths[i].path), &match);
        assert_int_equal(is_ours, paths[i].is_ours);
        if (is_ours)
            corpus_check_mac(match.has_mac, &match.mac, BK_STR("9cadef100001"));
    }
}

static const struct {
    const char *agent, *model, *firmware; /* model NULL: none of ours */
} agents[] = {
    {"OBIHAI/OBi1062-5.1.11.4858", "OBi1062", "5.1.11.4858"},
    {"OBIHAI/VVX-450-6.4.2.1234", "VVX-450", "6.4.2.1234"},
    {"OBIHAI/-3.2.2.5921", NULL, NULL},
    {"OBIHAI/OBi202", NULL, NULL},
    {"OBIHAI/OBi202-", NULL, NULL},
    {"OBIHAI/OBi202-3.2", NULL, NULL},
    {"OBIHAI/OBi 202-3.2.2.5921", NULL, NULL},
    {"OBIHAI/OBi202-3.2.2.5921 x", NULL, NULL},
    {"Obihai OBi202-3.2.2.5921", NULL, NULL},
    {"", NULL, NULL},
};

static void agents_follow_the_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(agents); i++) {
        struct bk_agent agent;
        print_message("  %s\n", agents[i].agent);
        bool is_ours = obihai()->match_sip_agent(bk_str_of(agents[i].agent), &agent);
        assert_int_equal(is_ours, agents[i].model != NULL);
        if (is_ours) {
            assert_str_equal(agent.model, agents[i].model);
            assert_str_equal(agent.firmware, agents[i].firmware);
        }
        assert_false(obihai()->match_agent(bk_str_of(agents[i].agent), &agent));
    }
}

static const struct {
    const char *name, *value;
    enum bk_err want;
} raws[] = {
    {"UserPref.Language", "de", BK_OK},
    {"VoiceService.1.VoiceProfile.1.DigitMap", "(*xx|xx.)", BK_OK},
    {"VoiceService.1.VoiceProfile.1.SIP.X_MWISubscribe", "true", BK_OK},
    {"DeviceInfo.WAN.802_1XMode", "Disable", BK_OK},
    {"VoiceService.1.VoiceProfile.1.Line.1.SIP.AuthPassword", "x", BK_ERR_DENIED},
    {"voiceservice.1.voiceprofile.01.line.1.sip.uri", "x", BK_ERR_DENIED},
    {"VoiceService.1.VoiceProfile.9.SIP.ProxyServer", "evil.example", BK_ERR_DENIED},
    {"VoiceService.1.VoiceProfile.2.SIP.ProxyServerTransport", "UDP", BK_ERR_DENIED},
    {"VoiceService.1.VoiceProfile.2.SIP.OutboundProxy", "evil.example", BK_ERR_DENIED},
    {"VoiceService.1.VoiceProfile.1.Line.2.X_ServProvProfile", "B", BK_ERR_DENIED},
    {"VoiceService.1.VoiceProfile.1.Line.2.X_AcceptResync", "no", BK_ERR_DENIED},
    {"X_DeviceManagement.ITSPProvisioning.ConfigURL", "https://evil.example", BK_ERR_DENIED},
    {"X_DeviceManagement.ITSPProvisioning.SPRM0", "x", BK_ERR_DENIED},
    {"X_DeviceManagement.FirmwareUpdate.FirmwareURL", "http://evil.example", BK_ERR_DENIED},
    {"VoiceService.1.Phone.LineKey.3.Function", "Speed Dial", BK_ERR_DENIED},
    {"VoiceService.01.VoiceProfile.1.Line.1.SIP.AuthPassword", "x", BK_ERR_DENIED},
    {"VoiceService.2.VoiceProfile.1.Line.1.SIP.AuthPassword", "x", BK_ERR_DENIED},
    {"VOICESERVICE.001.VoiceProfile.1.SIP.ProxyServer", "x", BK_ERR_DENIED},
    {"VoiceService.2.VoiceProfile.3.SIP.RegistrarServerPort", "x", BK_ERR_DENIED},
    {"VoiceService.1.VoiceProfile.04.SIP.OutboundProxy", "x", BK_ERR_DENIED},
    {"VoiceService.9.VoiceProfile.1.SIP.UserAgentDomain", "x", BK_ERR_DENIED},
    {"VoiceService.01.VoiceProfile.1.SIP.X_OutboundProxyTransport", "x", BK_ERR_DENIED},
    {"VoiceService.1.VoiceProfile.1.SIP.RegisterExpires", "x", BK_ERR_DENIED},
    {"VoiceService.02.VoiceProfile.1.Line.06.Enable", "x", BK_ERR_DENIED},
    {"VoiceService.01.VoiceProfile.1.Line.1.X_AcceptResync", "x", BK_ERR_DENIED},
    {"VoiceService.01.Phone.LineKey.01.Number", "x", BK_ERR_DENIED},
    {"VoiceService.2.Phone.CallingFeatures.CallWaitingEnable", "x", BK_ERR_DENIED},
    {"VoiceService.01.VoiceProfile.1.RTP.LocalPortMin", "x", BK_ERR_DENIED},
    {"VoiceService.01.VoiceProfile.1.X_FeatureCode.DirectedCallPickup", "x", BK_ERR_DENIED},
    {"VoiceService.01.VoiceProfile.1.Line.1.CallingFeatures.X_CheckVoiceMailNumber", "x",
     BK_ERR_DENIED},
    {"X_DeviceManagement.WebServer.AdminPassword", "x", BK_ERR_DENIED},
    {"x_devicemanagement.webserver.Port", "x", BK_ERR_DENIED},
    {"X_DeviceManagement.WebServer.UserPassword", "x", BK_ERR_DENIED},
    {"X_DeviceManagement.WebServer.UserMenuDeviceAdmin", "x", BK_ERR_DENIED},
    {"X_DeviceManagement.Provisioning.ConfigURL", "x", BK_ERR_DENIED},
    {"X_DeviceManagement.Provisioning.Method", "x", BK_ERR_DENIED},
    {"X_DEVICEMANAGEMENT.PROVISIONING.GPRM0", "x", BK_ERR_DENIED},
    {"X_DeviceManagement.ITSPProvisioning.Override", "x", BK_ERR_DENIED},
    {"X_DeviceManagement.ITSPProvisioning.TPRM0", "x", BK_ERR_DENIED},
    {"X_DeviceManagement.ITSPProvisioning.DnsSrvPrefix", "x", BK_ERR_DENIED},
    {"X_DeviceManagement.ITSPCustomizationUpdate.DownloadURL", "x", BK_ERR_DENIED},
    {"X_DeviceManagement.ITSPCustomizationUpdateMethod.X", "x", BK_ERR_DENIED},
    {"X_DeviceManagement.HTTPClient.ProxyServer", "x", BK_ERR_DENIED},
    {"X_DeviceManagement.HTTPClient.UserAgent", "x", BK_ERR_DENIED},
    {"X_DeviceManagement.PlatformCACert.1.DownloadURL", "x", BK_ERR_DENIED},
    {"X_DeviceManagement.CustomDeviceCert.2.DownloadURL", "x", BK_ERR_DENIED},
    {"X_DeviceManagement.TLSPlatformProfile.1.CACertList", "x", BK_ERR_DENIED},
    {"X_DeviceManagement.X_UserDefinedMacro.0.Value", "x", BK_ERR_DENIED},
    {"X_DeviceManagement.X_UserDefinedMacro.3.ExpandIn", "x", BK_ERR_DENIED},
    {"X_DeviceManagement.X_RPCAPD.Enable", "x", BK_ERR_DENIED},
    {"X_DeviceManagement.X_RemotePCAP.On", "x", BK_ERR_DENIED},
    {"X_DeviceManagement.FirmwareUpdate.TLSSecurityProfile", "x", BK_ERR_DENIED},
    {"X_DeviceManagement.TR069.URL", "x", BK_ERR_DENIED},
    {"ManagementServer.URL", "x", BK_ERR_DENIED},
    {"managementserver.ConnectionRequestPassword", "x", BK_ERR_DENIED},
    {"SystemInfo.X_EnableTR69", "x", BK_ERR_DENIED},
    {"SystemInfo.X_Enable3CXPNP", "x", BK_ERR_DENIED},
    {"systeminfo.x_enabletr069", "x", BK_ERR_DENIED},
    {"X_LocalDNSRec.1", "x", BK_ERR_DENIED},
    {"X_LocalDNSRec.32", "x", BK_ERR_DENIED},
    {"DeviceInfo.Time.NTPServer01", "x", BK_ERR_DENIED},
    {"DeviceInfo.WAN.LLDP-MED", "x", BK_ERR_DENIED},
    {"X_DeviceManagement.Syslog.ReportingURL", "x", BK_ERR_DENIED},
    {"DeviceInfo.WAN.VLANDiscovery", "x", BK_OK},
    {"X_DeviceManagement.Syslog.Level", "x", BK_OK},
    {"", "x", BK_ERR_INVALID},
    {"Language", "de", BK_ERR_INVALID},
    {"UserPref.", "de", BK_ERR_INVALID},
    {".Language", "de", BK_ERR_INVALID},
    {"UserPref..Language", "de", BK_ERR_INVALID},
    {"UserPref.Lang uage", "de", BK_ERR_INVALID},
    {"UserPref.</Name>", "de", BK_ERR_INVALID},
    {"UserPref.Language", "a\nb", BK_ERR_INVALID},
};

static void raw_parameters_are_judged_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(raws); i++) {
        print_message("  %s\n", raws[i].name);
        assert_int_equal(
            bk_raw_check(obihai(), bk_str_of(raws[i].name), bk_str_of(raws[i].value), NULL),
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
