/* Flyingvoice: its paths, which are Yealink's too, and its User-Agents. */
#include "harness/test.h"

#include "unit/vendor/corpus.h"
#include "vendor/vendor.h"

static const struct bk_vendor *flyingvoice(void)
{
    return bk_vendor_find(BK_STR("flyingvoice"));
}

static const struct {
    const char *path, *kind, *maker; /* maker: who is guessed */
} paths[] = {
    {"y000000000000.boot", "boot", "yealink"},
    {"y000000000000.cfg", "common", "yealink"},
    {"0021f222aef1.cfg", "device", "flyingvoice"},
    {"789912aabbcc.cfg", "device", "flyingvoice"},
};

static void its_paths_are_matched(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(paths); i++) {
        struct bk_path_match match;
        print_message("  %s\n", paths[i].path);
        assert_true(flyingvoice()->match_path(bk_str_of(paths[i].path), &match));
        assert_string_equal(bk_file_kind_name(match.kind), paths[i].kind);
        assert_string_equal(bk_vendor_of_path(bk_str_of(paths[i].path), &match)->name,
                            paths[i].maker);
    }
}

static const char *const no_paths[] = {
    "",
    "0021f222aef1.boot",
    "0021f222aef1-local.cfg",
    "0021f222aef1-contact.xml",
    "0021f222aef.cfg",
    "y00000000000.cfg",
    "/y000000000000.cfg",
    "0021f222aef1.cfg?x",
};

static void nothing_else_is_a_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(no_paths); i++) {
        struct bk_path_match match;
        print_message("  \"%s\"\n", no_paths[i]);
        assert_false(flyingvoice()->match_path(bk_str_of(no_paths[i]), &match));
    }
}

static void every_collected_agent_is_read(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    corpus_check_agents(flyingvoice(), "tests/corpus/flyingvoice-user-agents.tsv", false, 1);
    bk_vendors_deinit();
}

static const char *const no_agents[] = {
    "",
    "Flyingvoice",
    "Flyingvoice FIP13G",
    "Flyingvoice FIP13G V0",
    "Flyingvoice FIP13G 00:21:F2:22:AE:F1",
    "Flyingvoice FIP13G V0.6.24 00:21:F2:22:AE",
    "Flyingvoice FIP/13G V0.6.24 00:21:F2:22:AE:F1",
    "Flyingvoice FIP13G V0.6.24 00:21:F2:22:AE:F1 x",
    "Yealink SIP-T46G 28.83.0.120 00:15:65:4a:a9:37",
};

static void nothing_else_is_an_agent(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(no_agents); i++) {
        struct bk_agent got;
        print_message("  \"%s\"\n", no_agents[i]);
        assert_false(flyingvoice()->match_agent(bk_str_of(no_agents[i]), &got));
    }
}

static void what_yealinks_driver_reserves_is_reserved(void **state)
{
    (void)state;
    struct bk_detail detail = {{0}};
    assert_int_equal(bk_raw_check(flyingvoice(), BK_STR("account.1.nat.rport"), BK_STR("1"), NULL),
                     BK_OK);
    assert_int_equal(
        bk_raw_check(flyingvoice(), BK_STR("account.1.password"), BK_STR("x"), &detail),
        BK_ERR_DENIED);
    assert_non_null(strstr(detail.text, "Flyingvoice"));
}

/* What its templates name and Beckon keeps, however it is spelt. */
static const char *const reserved[] = {
    "account.1.password",
    "account.16.password",
    "ACCOUNT.1.PASSWORD",
    "account.1.user_name",
    "account.1.auth_name",
    "account.1.sip_server.1.address",
    "account.2.sip_server.2.transport_type",
    "account.1.sip_server_host",
    "account.1.outbound_proxy.1.address",
    "account.1.outbound_proxy_enable",
    "account.1.srtp_encryption",
    "account.1.codec.pcmu.enable",
    "account.1.shared_line",
    "voice_mail.number.1",
    "linekey.1.type",
    "linekey.74.value",
    "programablekey.4.type",
    "static.auto_provision.server.url",
    "auto_provision.server.url",
    "Static.Auto_Provision.Server.Password",
    "static.auto_provision.repeat.minutes",
    "static.auto_provision.pnp_enable",
    "static.auto_provision.dhcp_option.list_user_options",
    "static.auto_provision.power_on",
    "static.autoprovision.1.url",
    "static.zero_touch.enable",
    "zero_touch.wait_time",
    "static.configuration.url",
    "static.custom_factory_configuration.url",
    "static.features.custom_factory_config.enable",
    "static.managementserver.url",
    "static.managementserver.password",
    "managementserver.enable",
    "static.security.user_password",
    "security.user_password",
    "static.security.user_name.admin",
    "static.security.trust_certificates",
    "static.security.cn_validation",
    "static.security.dev_cert",
    "static.security.ca_cert",
    "security.tls_cipher_list",
    "static.server_certificates.url",
    "static.trusted_certificates.url",
    "static.trusted_certificates.delete",
    "static.wui.http_enable",
    "static.wui.https_enable",
    "static.firmware.url",
    "sip.listen_port",
    "sip.notify_reboot_enable",
    "static.network.port.min_rtpport",
    "static.network.vlan.internet_port_vid",
    "static.network.vlan.pc_port_vid",
    "static.network.lldp.enable",
    "static.network.cdp.enable",
    "static.network.qos.signaltos",
    "local_time.ntp_server1",
    "local_time.time_zone",
    "call_waiting.enable",
    "features.feature_key_sync.enable",
    "features.headset_prior",
    "features.pickup.direct_pickup_code",
    "remote_phonebook.data.1.url",
};

static void reserved_families_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(reserved); i++) {
        print_message("  %s\n", reserved[i]);
        assert_int_equal(bk_raw_check(flyingvoice(), bk_str_of(reserved[i]), BK_STR("1"), NULL),
                         BK_ERR_DENIED);
    }
}

/* As the templates have them; of the others a count is an upper bound. */
static void models_of_the_fip_series_have_their_own_keys(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        int key_count;
    } rows[] = {{"FIP10", 2},   {"FIP12WP", 2}, {"FIP11C", 6}, {"FIP13G", 9},
                {"FIP14G", 21}, {"FIP15G", 74}, {"FIP16", 0},  {"P53", 60}};
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        const struct bk_model *model = bk_model_find(flyingvoice(), bk_str_of(rows[i].model));
        assert_non_null(model);
        assert_int_equal(model->key_count, rows[i].key_count);
        assert_int_equal(model->programmable_count, 4);
    }
    bk_vendors_deinit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_paths_are_matched),
        cmocka_unit_test(nothing_else_is_a_path),
        cmocka_unit_test(every_collected_agent_is_read),
        cmocka_unit_test(nothing_else_is_an_agent),
        cmocka_unit_test(what_yealinks_driver_reserves_is_reserved),
        cmocka_unit_test(reserved_families_are_refused),
        cmocka_unit_test(models_of_the_fip_series_have_their_own_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
