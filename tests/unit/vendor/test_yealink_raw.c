/* Raw parameters: what the driver writes itself is out of an admin's reach. */
#include "harness/test.h"

#include <stdio.h>
#include <string.h>

#include "vendor/vendor.h"

static const struct {
    const char *name, *value;
    enum bk_err want;
    const char *says;
} cases[] = {
    {"features.show_default_account", "1", BK_OK, ""},
    {"account.1.subscribe_mwi", "1", BK_OK, ""},
    {"account.1.codec.g723_53.enable", "0", BK_OK, ""},
    {"account.1.auto_answer_mute_enable", "1", BK_OK, ""},
    {"linekey.1.shortlabel", "x", BK_OK, ""},
    {"features.x", "", BK_OK, ""},
    {"account.1.sip_server.1.address", "evil.example", BK_ERR_DENIED, "PBX"},
    {"account.16.sip_server.2.port", "1", BK_ERR_DENIED, "PBX"},
    {"Account.1.SIP_Server.1.Address", "evil.example", BK_ERR_DENIED, "PBX"},
    {"account.01.sip_server.1.address", "evil.example", BK_ERR_INVALID, "leading zeros"},
    {"account.1.outbound_proxy.1.address", "evil.example", BK_ERR_DENIED, "PBX"},
    {"account.1.outbound_host", "evil.example", BK_ERR_DENIED, "PBX"},
    {"account.1.password", "x", BK_ERR_DENIED, "line"},
    {"account.1.auth_name", "x", BK_ERR_DENIED, "line"},
    {"account.1.enable", "0", BK_ERR_DENIED, "line"},
    {"linekey.5.type", "15", BK_ERR_DENIED, "key"},
    {"expansion_module.1.key.20.value", "1", BK_ERR_DENIED, "key"},
    {"static.auto_provision.server.url", "https://evil.example", BK_ERR_DENIED, "address"},
    {"auto_provision.server.url", "https://evil.example", BK_ERR_DENIED, "address"},
    {"static.auto_provision.repeat.minutes", "1", BK_ERR_DENIED, "provisioning."},
    {"static.autoprovision.1.url", "https://evil.example", BK_ERR_DENIED, "address"},
    {"static.configuration.url", "https://evil.example", BK_ERR_DENIED, "address"},
    {"static.managementserver.url", "https://evil.example", BK_ERR_DENIED, "control"},
    {"dm.server.address", "evil.example", BK_ERR_DENIED, "control"},
    {"static.security.user_password", "admin:x", BK_ERR_DENIED, "security.admin_secret"},
    {"security.user_password", "admin:x", BK_ERR_DENIED, "security.admin_secret"},
    {"static.security.user_name.admin", "root", BK_ERR_DENIED, "security.admin_secret"},
    {"static.security.dev_cert", "1", BK_ERR_DENIED, "control"},
    {"sip.notify_reboot_enable", "1", BK_ERR_DENIED, "control"},
    {"local_time.ntp_server1", "x", BK_ERR_DENIED, "time.ntp_servers"},
    {"static.security.cn_validation", "x", BK_ERR_DENIED, "control"},
    {"security.cn_validation", "x", BK_ERR_DENIED, "control"},
    {"STATIC.Security.CN_Validation", "x", BK_ERR_DENIED, "control"},
    {"static.security.default_ssl_method", "x", BK_ERR_DENIED, "control"},
    {"static.security.server_ssl_method", "x", BK_ERR_DENIED, "control"},
    {"security.tls_cipher_list", "x", BK_ERR_DENIED, "control"},
    {"static.security.var_enable", "x", BK_ERR_DENIED, "control"},
    {"static.security.default_access_level", "x", BK_ERR_DENIED, "control"},
    {"static.security.trust_certificates", "x", BK_ERR_DENIED, "security.verify_server"},
    {"static.security.user_name.var", "x", BK_ERR_DENIED, "security.admin_secret"},
    {"static.security.ca_cert", "x", BK_ERR_DENIED, "security.ca_url"},
    {"static.trusted_certificates.delete", "x", BK_ERR_DENIED, "security.ca_url"},
    {"static.server_certificates.delete", "x", BK_ERR_DENIED, "control"},
    {"static.wui.http_enable", "x", BK_ERR_DENIED, "security.web_ui"},
    {"wui.https_enable", "x", BK_ERR_DENIED, "security.web_ui"},
    {"wui.quick_login", "x", BK_ERR_DENIED, "security.web_ui"},
    {"wui.secure_domain_list", "x", BK_ERR_DENIED, "security.web_ui"},
    {"static.wui.secure_domain_list", "x", BK_ERR_DENIED, "security.web_ui"},
    {"push_xml.server", "x", BK_ERR_DENIED, "control"},
    {"push_xml.sip_notify", "x", BK_ERR_DENIED, "control"},
    {"static.push_xml.server", "x", BK_ERR_DENIED, "control"},
    {"dns_cache_a.1.ip", "x", BK_ERR_DENIED, "control"},
    {"dns_cache_srv.12.target", "x", BK_ERR_DENIED, "control"},
    {"dns_cache_naptr.1.replace", "x", BK_ERR_DENIED, "control"},
    {"static.dns_cache_a.1.ip", "x", BK_ERR_DENIED, "control"},
    {"account.1.srv.1.target", "x", BK_ERR_DENIED, "control"},
    {"account.1.a.1.ip", "x", BK_ERR_DENIED, "control"},
    {"account.16.naptr.2.name", "x", BK_ERR_DENIED, "control"},
    {"overwrite_mode", "x", BK_ERR_DENIED, "control"},
    {"Overwrite_Mode", "x", BK_ERR_DENIED, "control"},
    {"specific_model.excluded_mode", "x", BK_ERR_DENIED, "control"},
    {"custom.auto_provision.save_rps_info.enable", "x", BK_ERR_DENIED, "address"},
    {"static.custom.auto_provision.x", "x", BK_ERR_DENIED, "address"},
    {"auto_provision.handset_configured.enable", "x", BK_ERR_DENIED, "provisioning"},
    {"auto_provision.pnp_check_url.enable", "x", BK_ERR_DENIED, "provisioning"},
    {"static.auto_provision.dhcp_option.list_user_options", "x", BK_ERR_DENIED, "provisioning"},
    {"static.auto_provision.server.type", "x", BK_ERR_DENIED, "address"},
    {"static.auto_provision.custom.sync.path", "x", BK_ERR_DENIED, "provisioning"},
    {"static.auto_provision.local_log.backup.path", "x", BK_ERR_DENIED, "provisioning"},
    {"static.autoprovision.50.password", "x", BK_ERR_DENIED, "address"},
    {"STATIC.ZERO_TOUCH.ENABLE", "x", BK_ERR_DENIED, "address"},
    {"static.features.custom_factory_config.enable", "x", BK_ERR_DENIED, "address"},
    {"features.custom_factory_config.enable", "x", BK_ERR_DENIED, "address"},
    {"static.sip.notify_reboot_enable", "x", BK_ERR_DENIED, "control"},
    {"static.sip.listen_port", "x", BK_ERR_DENIED, "sip.local_port"},
    {"syslog.enable", "x", BK_ERR_DENIED, "log.syslog_server"},
    {"syslog.server_port", "x", BK_ERR_DENIED, "log.syslog_server"},
    {"static.lang.gui", "x", BK_ERR_DENIED, "ui.language"},
    {"static.local_time.ntp_server1", "x", BK_ERR_DENIED, "time.ntp_servers"},
    {"static.voice_mail.number.1", "x", BK_ERR_DENIED, "call.voicemail_number"},
    {"static.account.1.password", "x", BK_ERR_DENIED, "line"},
    {"static.linekey.1.value", "x", BK_ERR_DENIED, "key"},
    {"local_time.ntp_server01", "x", BK_ERR_DENIED, "time.ntp_servers"},
    {"linekey.005.type", "x", BK_ERR_INVALID, "leading zeros"},
    {"account.01.subscribe_mwi", "x", BK_ERR_INVALID, "leading zeros"},
    {"remote_phonebook.data.01.url", "x", BK_ERR_INVALID, "leading zeros"},
    {"remote_phonebook.data.001.name", "x", BK_ERR_INVALID, "leading zeros"},
    {"voice_mail.number.01", "x", BK_ERR_INVALID, "leading zeros"},
    {"remote_phonebook.data.1.url", "x", BK_ERR_DENIED, "phonebook.xml_url"},
    {"remote_phonebook.data.2.url", "x", BK_OK, ""},
    {"static.network.802_1x.mode", "x", BK_OK, ""},
    {"features.action_uri_limit_ip", "x", BK_OK, ""},
    {"distinctive_ring_tones.alert_info.10.text", "x", BK_OK, ""},
    {"rps.url", "x", BK_ERR_DENIED, "control"},
    {"static.rps.enable", "x", BK_ERR_DENIED, "control"},
    {"ymcs.enable", "x", BK_ERR_DENIED, "control"},
    {"static.yms.url", "x", BK_ERR_DENIED, "control"},
    {"static.network.proxy.http", "x", BK_ERR_DENIED, "control"},
    {"static.ssh.enable", "x", BK_ERR_DENIED, "control"},
    {"telnet.enable", "x", BK_ERR_DENIED, "control"},
    {"static.web_item_level.url", "x", BK_ERR_DENIED, "control"},
    {"features.factory_pwd_enable", "x", BK_ERR_DENIED, "security.admin_secret"},
    {"", "x", BK_ERR_INVALID, "letters"},
    {"a b", "x", BK_ERR_INVALID, "letters"},
    {"a\nb", "x", BK_ERR_INVALID, "letters"},
    {"a = 1\nb", "x", BK_ERR_INVALID, "letters"},
    {"#a", "x", BK_ERR_INVALID, "letters"},
    {"features.x", "a\nb = c", BK_ERR_INVALID, "features.x: holds a control character"},
    {"features.x", "%NULL%", BK_ERR_INVALID, "features.x: is the word that resets"},
    {"features.x", " a", BK_ERR_INVALID, "features.x: begins or ends"},
};

static void raw_parameters_are_judged_by_the_table(void **state)
{
    (void)state;
    const struct bk_vendor *yealink = bk_vendor_find(BK_STR("yealink"));
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct bk_detail detail = {{0}};
        print_message("  %s\n", cases[i].name);
        assert_int_equal(
            bk_raw_check(yealink, bk_str_of(cases[i].name), bk_str_of(cases[i].value), &detail),
            cases[i].want);
        if (strstr(detail.text, cases[i].says) == NULL)
            fail_msg("detail is \"%s\"", detail.text);
    }
}

static void a_reserved_raw_in_the_database_is_left_out(void **state)
{
    (void)state;
    const struct bk_vendor *yealink = bk_vendor_find(BK_STR("yealink"));
    struct bk_raw raws[] = {
        {BK_STR("features.x"), BK_STR("1"), BK_LAYER_DEVICE},
        {BK_STR("static.auto_provision.server.url"), BK_STR("https://evil.example"),
         BK_LAYER_DEVICE},
    };
    struct bk_phone phone = {
        .provisioning_url = BK_STR("https://p.example/k"), .raws = raws, .raw_count = 2};
    struct bk_file_request request = {.kind = BK_FILE_DEVICE};
    struct bk_buf out;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
    assert_int_equal(bk_vendor_render(yealink, &phone, NULL, &request, &out, NULL, NULL), BK_OK);
    assert_non_null(strstr(bk_buf_text(&out), "\nfeatures.x = 1\n"));
    assert_null(strstr(bk_buf_text(&out), "evil.example"));
    bk_buf_deinit(&out);

    raws[0].name = BK_STR("x = 1\ny"); /* what no check would have let in */
    bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
    assert_int_equal(bk_vendor_render(yealink, &phone, NULL, &request, &out, NULL, NULL),
                     BK_ERR_INVALID);
    assert_int_equal(out.len, 0);
    bk_buf_deinit(&out);
    bk_vendors_deinit();
}

/* Numbers of the maker's, as a public template has them. */
static void each_kind_of_key_has_its_number(void **state)
{
    (void)state;
    static const struct {
        enum bk_key_kind kind;
        const char *type;
        bool has_ldap;
    } rows[] = {
        {BK_KEY_NONE, "0", false},        {BK_KEY_CONFERENCE, "1", false},
        {BK_KEY_FORWARD, "2", false},     {BK_KEY_TRANSFER, "3", false},
        {BK_KEY_HOLD, "4", false},        {BK_KEY_DND, "5", false},
        {BK_KEY_PICKUP, "9", false},      {BK_KEY_PARK, "10", false},
        {BK_KEY_DTMF, "11", false},       {BK_KEY_VOICEMAIL, "12", false},
        {BK_KEY_SPEED_DIAL, "13", false}, {BK_KEY_INTERCOM, "14", false},
        {BK_KEY_LINE, "15", false},       {BK_KEY_BLF, "16", false},
        {BK_KEY_URL, "17", false},        {BK_KEY_PAGING, "24", false},
        {BK_KEY_XML, "27", false},        {BK_KEY_PHONEBOOK, "38", true},
        {BK_KEY_PHONEBOOK, "47", false},
    };
    struct bk_phone_key key = {
        .panel = BK_PANEL_LINE, .slot = 1, .line = 1, .value = BK_STR("1002")};
    struct bk_phone phone = {
        .provisioning_url = BK_STR("https://p.example/k"), .keys = &key, .key_count = 1};
    struct bk_file_request request = {.kind = BK_FILE_DEVICE};
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        char want[64];
        struct bk_buf out;
        print_message("  %s\n", bk_key_kind_name(rows[i].kind));
        key.kind = rows[i].kind;
        phone.settings[BK_NEUTRAL_LDAP_URL] =
            (struct bk_setting){{rows[i].has_ldap ? BK_STR("ldaps://d.example") : BK_STR_NONE, 0},
                                rows[i].has_ldap ? BK_LAYER_TENANT : BK_LAYER_NONE};
        snprintf(want, sizeof want, "\nlinekey.1.type = %s\n", rows[i].type);
        bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
        assert_int_equal(bk_vendor_render(bk_vendor_find(BK_STR("yealink")), &phone, NULL, &request,
                                          &out, NULL, NULL),
                         BK_OK);
        assert_non_null(strstr(bk_buf_text(&out), want));
        assert_int_equal(strstr(bk_buf_text(&out), "1002") != NULL, rows[i].kind != BK_KEY_NONE);
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

static void count_lost(void *context, const struct bk_parameter *parameter)
{
    int *count = context;
    *count += parameter->is_lost;
}

/* A language or a country without a word of the phone's is not dropped in silence. */
static void what_has_no_word_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *language, *country;
        int lost;
    } rows[] = {{"de-AT", "DE", 0}, {"", "", 0}, {"fi", "DE", 1}, {"de", "ZW", 1}, {"fi", "ZW", 2}};
    const struct bk_file_request request = {.kind = BK_FILE_DEVICE};
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k")};
        int lost = 0;
        phone.settings[BK_NEUTRAL_LANGUAGE] =
            (struct bk_setting){{bk_str_of(rows[i].language), 0}, BK_LAYER_TENANT};
        phone.settings[BK_NEUTRAL_TONE_COUNTRY] =
            (struct bk_setting){{bk_str_of(rows[i].country), 0}, BK_LAYER_TENANT};
        print_message("  %s, %s\n", rows[i].language, rows[i].country);
        assert_int_equal(bk_vendor_list(bk_vendor_find(BK_STR("yealink")), &phone, NULL, &request,
                                        count_lost, &lost, NULL),
                         BK_OK);
        assert_int_equal(lost, rows[i].lost);
    }
    bk_vendors_deinit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_parameters_are_judged_by_the_table),
        cmocka_unit_test(a_reserved_raw_in_the_database_is_left_out),
        cmocka_unit_test(each_kind_of_key_has_its_number),
        cmocka_unit_test(what_has_no_word_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
