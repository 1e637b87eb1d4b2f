/* Gigaset: its paths and User-Agents, and what must not be taken for one; raw parameters. */
#include "harness/test.h"

#include <string.h>

#include "unit/vendor/corpus.h"
#include "vendor/vendor.h"

static const struct bk_vendor *gigaset(void)
{
    return bk_vendor_find(BK_STR("gigaset"));
}

static void what_was_collected_is_recognised(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    corpus_check_paths(gigaset(), "tests/corpus/gigaset-request-paths.tsv", 5);
    corpus_check_agents(gigaset(), "tests/corpus/gigaset-user-agents.tsv", false, 6);
    bk_vendors_deinit();
}

static const struct {
    const char *path, *kind; /* NULL: none of ours */
} paths[] = {
    {"42/fw262.bin", "firmware"},
    {"83/7C2F804DF9A9.xml", "device"},
    {"fw262.bin", NULL},
    {"master.bin", NULL},
    {"42/2/provisioning.xml", NULL},
    {"42/2/3/7C2F804DF9A9.xml", NULL},
    {"a/7C2F804DF9A9.xml", NULL},
    {"../7C2F804DF9A9.xml", NULL},
    {"/7C2F804DF9A9.xml", NULL},
    {"7C2F804DF9A.xml", NULL},
    {"7C2F804DF9A9.cfg", NULL},
    {"42/fw.bin", NULL},
    {"42/fwx.bin", NULL},
    {"42/fw262.bin?mac=7C2F804DF9A9", NULL},
    {"", NULL},
};

static void paths_follow_the_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(paths); i++) {
        struct bk_path_match match;
        print_message("  %s\n", paths[i].path);
        bool is_ours = gigaset()->match_path(bk_str_of(paths[i].path), &match);
        assert_int_equal(is_ours, paths[i].kind != NULL);
        if (is_ours)
            assert_string_equal(bk_file_kind_name(match.kind), paths[i].kind);
    }
}

static const struct {
    const char *agent, *model, *firmware; /* model NULL: none of ours */
} agents[] = {
    {"\"Gigaset N670 IP PRO/83.V2.39.0+build.1;7C2F80E0D605;Handset=2\"", "N670 IP PRO",
     "83.V2.39.0+build.1"},
    {"N510 IP PRO/42.258.00.000.000;Handset=1", "N510 IP PRO", "42.258.00.000.000"},
    {"Gigaset Maxwell 3/2.22.7;7C2F80E0D605", "Maxwell 3", "2.22.7"},
    {"Maxwell 3/2.22.7;7C2F80CA21E4", "Maxwell 3", "2.22.7"},
    {"Maxwells/2.22.7", NULL, NULL},
    {"Nokia/2.22.7", NULL, NULL},
    {"N510/42.258.00", NULL, NULL},
    {"Gigaset N870 IP PRO", NULL, NULL},
    {"Gigaset /83.1", NULL, NULL},
    {"Gigaset N870 IP PRO/x.1", NULL, NULL},
    {"Gigaset N870 IP PRO/83.1;7C2F80E0D605;x", NULL, NULL},
    {"Mozilla/5.0 (X11; Linux x86_64)", NULL, NULL},
    {"", NULL, NULL},
};

static void agents_follow_the_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(agents); i++) {
        struct bk_agent agent;
        print_message("  %s\n", agents[i].agent);
        bool is_ours = gigaset()->match_agent(bk_str_of(agents[i].agent), &agent);
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
    {"Dect.x", "1", BK_OK},
    {"SipAccount.00001.AuthPassword", "x", BK_ERR_DENIED},
    {"SipProvider.1.Domain", "evil.example", BK_ERR_DENIED},
    {"SIP.Account.0.Domain", "evil.example", BK_ERR_DENIED},
    {"Provisioning.global.ProvisioningServer", "https://evil.example", BK_ERR_DENIED},
    {"System.Provision.ProvisioningServer", "x", BK_ERR_DENIED},
    {"WebUIAccounts.2.Password", "x", BK_ERR_DENIED},
    {"Provisioning.0.ProvisioningServer", "https://evil.example", BK_ERR_DENIED},
    {"System.Provisioning.Server", "https://evil.example", BK_ERR_DENIED},
    {"SIPPROVIDER.01.FailoverServerAddress", "evil.example", BK_ERR_DENIED},
    {"SIP.Account.0.OutboundProxy.Address", "evil.example", BK_ERR_DENIED},
    {"SIP.Security.AcceptNonSRTPCalls", "1", BK_ERR_DENIED},
    {"SystemSettings.1.CheckSyncRebootEnabled", "0", BK_ERR_DENIED},
    {"WebUI.UserPassword", "x", BK_ERR_DENIED},
    {"WebUI.RemoteAccess", "1", BK_ERR_DENIED},
    {"DmGlobal.00.NtpServer", "evil.example", BK_ERR_DENIED},
    {"FirmwareManagment.AutomaticCheckForUpdates", "1", BK_ERR_DENIED},
    {"FirmwareManagement.Server", "x", BK_ERR_DENIED},
    {"NET.IP.IPv4.DHCP.Options.Disabled", "x", BK_ERR_DENIED},
    {"NET.HTTP.Proxy.Address", "evil.example", BK_ERR_DENIED},
    {"TR069.AcsUrl", "https://evil.example", BK_ERR_DENIED},
    {"Certificates.Trusted", "x", BK_ERR_DENIED},
    {"SSH.Enabled", "1", BK_ERR_DENIED},
    {"PhoneUI.Keys.FunctionKeys.07.URL", "http://evil.example", BK_ERR_DENIED},
    {"PhoneUI.Keys.FunctionKeys.Icons", "1", BK_OK},
    {"Telephony.0.ToneScheme", "GER", BK_OK},
    {"BS_IP_Data1.aucS_SIP_SERVER_2", "evil.example", BK_ERR_DENIED},
    {"BS_IP_Data1.aucS_STUN_SERVER", "evil.example", BK_ERR_DENIED},
    {"BS_IP_Data3.aucS_SIP_LOGIN_ID", "x", BK_ERR_DENIED},
    {"BS_IP_Data1.aucS_DATA_SERVER", "evil.example", BK_ERR_DENIED},
    {"bs_ip_data.aucs_data_server", "evil.example", BK_ERR_DENIED},
    {"BS_IP_Data1.ucI_OUTBOUND_PROXY_MODE", "0x2", BK_ERR_DENIED},
    {"BS_IP_Data1.ucB_ACCEPT_FOREIGN_SUBNET", "0x1", BK_ERR_DENIED},
    {"BS_IP_Data.ucB_AUTO_UPDATE_PROFILE", "0x0", BK_ERR_DENIED},
    {"BS_CUSTOM.aucKdsPin", "0x00,0x00", BK_ERR_DENIED},
    {"S_SPECIAL_DATA_SRV_IWU", "http://evil.example/x.bin", BK_ERR_DENIED},
    {"BS_IP_Data1.ucI_HTTPLANGUAGE", "0x2", BK_OK},
    {"a b", "x", BK_ERR_INVALID},
    {"a\"", "x", BK_ERR_INVALID},
    {"Dect.x", "a\nb", BK_ERR_INVALID},
};

static void raw_parameters_are_judged_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(raws); i++) {
        print_message("  %s\n", raws[i].name);
        assert_int_equal(
            bk_raw_check(gigaset(), bk_str_of(raws[i].name), bk_str_of(raws[i].value), NULL),
            raws[i].want);
    }
}

static enum bk_err render(const struct bk_phone *phone, const char *model, enum bk_file_kind kind,
                          struct bk_buf *out, struct bk_detail *ret_detail)
{
    const struct bk_file_request request = {.kind = kind, .has_mac = kind == BK_FILE_DEVICE};
    bk_buf_init_secret(out, BK_FILE_SIZE_MAX);
    return bk_vendor_render(gigaset(), phone, bk_model_find(gigaset(), bk_str_of(model)), &request,
                            out, NULL, ret_detail);
}

/* What a PBX requires must not be left to chance: calls without it are let in by one switch. */
static void srtp_that_is_required_shuts_out_other_calls(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        enum bk_srtp first, second;
        enum bk_err want;
        const char *says;
    } rows[] = {
        {"N870 IP PRO", BK_SRTP_OFF, BK_SRTP_REQUIRED, BK_OK,
         "SipProvider.0.AcceptNonSRTPCalls\" value=\"1\""},
        {"N870 IP PRO", BK_SRTP_OFF, BK_SRTP_REQUIRED, BK_OK,
         "SipProvider.1.AcceptNonSRTPCalls\" value=\"0\""},
        {"Maxwell 3", BK_SRTP_OFF, BK_SRTP_OFF, BK_OK, "SIP.Security.SRTP\" value=\"0\""},
        {"Maxwell 3", BK_SRTP_OPTIONAL, BK_SRTP_OFF, BK_OK,
         "SIP.Security.AcceptNonSRTPCalls\" value=\"1\""},
        {"Maxwell 3", BK_SRTP_REQUIRED, BK_SRTP_REQUIRED, BK_OK,
         "SIP.Security.AcceptNonSRTPCalls\" value=\"0\""},
        {"Maxwell 3", BK_SRTP_REQUIRED, BK_SRTP_OPTIONAL, BK_ERR_INVALID,
         "SIP.Security.AcceptNonSRTPCalls: is one for all lines"},
        {"Maxwell 3", BK_SRTP_OFF, BK_SRTP_REQUIRED, BK_ERR_INVALID,
         "SIP.Security.AcceptNonSRTPCalls: is one for all lines"},
    };
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_line lines[] = {
            {.index = 1, .number = BK_STR("1001"), .pbx.domain = BK_STR("pbx.example")},
            {.index = 2, .number = BK_STR("1002"), .pbx.domain = BK_STR("pbx.example")},
        };
        const struct bk_phone phone = {
            .provisioning_url = BK_STR("https://p.example/k"), .lines = lines, .line_count = 2};
        struct bk_detail detail = {{0}};
        struct bk_buf out;
        lines[0].pbx.srtp = rows[i].first;
        lines[1].pbx.srtp = rows[i].second;
        print_message("  %s, %d and %d\n", rows[i].model, rows[i].first, rows[i].second);
        assert_int_equal(render(&phone, rows[i].model, BK_FILE_DEVICE, &out, &detail),
                         rows[i].want);
        assert_non_null(
            strstr(rows[i].want == BK_OK ? bk_buf_text(&out) : detail.text, rows[i].says));
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

/* What an N510 cannot be told must not be left out, and the call go in the clear. */
static void an_n510_is_refused_what_it_has_no_known_form_for(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        enum bk_transport transport;
        enum bk_srtp srtp;
        const char *secret, *codecs;
        enum bk_err want;
        const char *says;
    } rows[] = {
        {"plain", BK_TRANSPORT_UDP, BK_SRTP_OFF, "pw", "", BK_OK, "&quot;pw&quot;"},
        {"srtp if it can", BK_TRANSPORT_UDP, BK_SRTP_OPTIONAL, "pw", "", BK_OK, "&quot;pw&quot;"},
        {"srtp", BK_TRANSPORT_UDP, BK_SRTP_REQUIRED, "pw", "", BK_ERR_INVALID,
         "SRTP: has no known parameter"},
        {"tls", BK_TRANSPORT_TLS, BK_SRTP_OFF, "pw", "", BK_ERR_INVALID,
         "BS_IP_Data1.aucS_SIP_SERVER_2: no parameter is known that chooses a transport"},
        {"tcp", BK_TRANSPORT_TCP, BK_SRTP_OFF, "pw", "", BK_ERR_INVALID, "chooses a transport"},
        {"naptr", BK_TRANSPORT_NAPTR, BK_SRTP_OFF, "pw", "", BK_ERR_INVALID, "chooses a transport"},
        {"quote", BK_TRANSPORT_UDP, BK_SRTP_OFF, "p\"w", "", BK_ERR_INVALID,
         "BS_IP_Data1.aucS_SIP_PASSWORD_2: holds a quote"},
        {"backslash", BK_TRANSPORT_UDP, BK_SRTP_OFF, "p\\w", "", BK_ERR_INVALID,
         "BS_IP_Data1.aucS_SIP_PASSWORD_2: holds a backslash"},
        {"two codecs", BK_TRANSPORT_UDP, BK_SRTP_OFF, "pw", "opus,g729,pcmu", BK_OK,
         "VOCODER_2\" class=\"symb_item\" value=\"0x03,0x00,0xff,0xff,0xff\""},
        {"no codec", BK_TRANSPORT_UDP, BK_SRTP_OFF, "pw", "opus,ilbc", BK_ERR_INVALID,
         "BS_IP_Data1.ucI_SIP_PREFERRED_VOCODER_2: an N510 has none of the codecs"},
    };
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_line lines[] = {
            {.index = 2, .number = BK_STR("1002"), .pbx.domain = BK_STR("pbx.example")}};
        const struct bk_phone phone = {
            .provisioning_url = BK_STR("https://p.example/k"), .lines = lines, .line_count = 1};
        struct bk_detail detail = {{0}};
        struct bk_buf out;
        lines[0].pbx.transport = rows[i].transport;
        lines[0].pbx.srtp = rows[i].srtp;
        lines[0].secret = bk_str_of(rows[i].secret);
        if (rows[i].codecs[0] != '\0')
            lines[0].settings[BK_NEUTRAL_CODECS] =
                (struct bk_setting){{.text = bk_str_of(rows[i].codecs)}, BK_LAYER_LINE};
        print_message("  %s\n", rows[i].label);
        assert_int_equal(render(&phone, "N510 IP PRO", BK_FILE_DEVICE, &out, &detail),
                         rows[i].want);
        assert_non_null(
            strstr(rows[i].want == BK_OK ? bk_buf_text(&out) : detail.text, rows[i].says));
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

/* All six accounts, so that a line that was taken away leaves nothing behind. */
static void an_n510_has_six_accounts_and_an_n720_no_file(void **state)
{
    (void)state;
    const struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k")};
    struct bk_buf out;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    assert_int_equal(render(&phone, "N510 IP PRO", BK_FILE_DEVICE, &out, NULL), BK_OK);
    assert_non_null(strstr(bk_buf_text(&out), "aucS_SIP_PASSWORD_6\" class=\"symb_item\" "
                                              "value=\"&quot;&quot;\""));
    assert_null(strstr(bk_buf_text(&out), "aucS_SIP_PASSWORD_7"));
    bk_buf_deinit(&out);
    assert_int_equal(render(&phone, "N720 IP PRO", BK_FILE_DEVICE, &out, NULL), BK_ERR_NOT_FOUND);
    bk_buf_deinit(&out);
    assert_int_equal(render(&phone, "N510 IP PRO", BK_FILE_COMMON, &out, NULL), BK_ERR_NOT_FOUND);
    bk_buf_deinit(&out);
    bk_vendors_deinit();
}

static void lines_of_one_pbx_share_a_provider(void **state)
{
    (void)state;
    static const struct {
        int pbxs; /* sixteen lines are of so many */
        enum bk_err want;
        const char *says;
    } rows[] = {
        {1, BK_OK, "SipAccount.00016.ProviderId\" value=\"0\""},
        {2, BK_OK, "SipAccount.00016.ProviderId\" value=\"1\""},
        {10, BK_OK, "SipAccount.00010.ProviderId\" value=\"9\""},
        {11, BK_ERR_INVALID, "SipAccount.00011.ProviderId: a base has ten providers"},
    };
    static const char *const hosts[] = {"a.example", "b.example", "c.example", "d.example",
                                        "e.example", "f.example", "g.example", "h.example",
                                        "i.example", "j.example", "k.example"};
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_line lines[BK_LINE_MAX];
        struct bk_detail detail = {{0}};
        struct bk_buf out;
        memset(lines, 0, sizeof lines);
        for (int at = 0; at < BK_LINE_MAX; at++) {
            lines[at].index = at + 1;
            lines[at].number = BK_STR("1001");
            lines[at].pbx.domain = bk_str_of(hosts[at % rows[i].pbxs]);
        }
        const struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k"),
                                       .lines = lines,
                                       .line_count = BK_LINE_MAX};
        print_message("  %d\n", rows[i].pbxs);
        assert_int_equal(render(&phone, "N870 IP PRO", BK_FILE_DEVICE, &out, &detail),
                         rows[i].want);
        assert_non_null(
            strstr(rows[i].want == BK_OK ? bk_buf_text(&out) : detail.text, rows[i].says));
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

/* It may be of either family: it is led here, and given nothing that the other would not know. */
static void a_phone_of_unknown_model_is_given_the_address_alone(void **state)
{
    (void)state;
    struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k")};
    struct bk_buf out;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    assert_int_equal(render(&phone, "", BK_FILE_DEVICE, &out, NULL), BK_ERR_NOT_FOUND);
    assert_int_equal(out.len, 0);
    bk_buf_deinit(&out);

    assert_int_equal(render(&phone, "", BK_FILE_COMMON, &out, NULL), BK_OK);
    assert_non_null(strstr(bk_buf_text(&out), "System.Provision.ProvisioningServer"));
    assert_null(strstr(bk_buf_text(&out), "Provisioning.global"));
    bk_buf_deinit(&out);

    phone.is_bootstrap = true;
    assert_int_equal(render(&phone, "", BK_FILE_DEVICE, &out, NULL), BK_OK);
    assert_non_null(strstr(bk_buf_text(&out), "System.Provision.ProvisioningServer"));
    assert_non_null(strstr(bk_buf_text(&out), "Provisioning.global.ProvisioningServer"));
    bk_buf_deinit(&out);
    bk_vendors_deinit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_collected_is_recognised),
        cmocka_unit_test(paths_follow_the_grammar),
        cmocka_unit_test(agents_follow_the_grammar),
        cmocka_unit_test(srtp_that_is_required_shuts_out_other_calls),
        cmocka_unit_test(an_n510_is_refused_what_it_has_no_known_form_for),
        cmocka_unit_test(an_n510_has_six_accounts_and_an_n720_no_file),
        cmocka_unit_test(lines_of_one_pbx_share_a_provider),
        cmocka_unit_test(a_phone_of_unknown_model_is_given_the_address_alone),
        cmocka_unit_test(raw_parameters_are_judged_by_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
