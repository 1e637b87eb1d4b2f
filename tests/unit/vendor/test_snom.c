/* Snom: its paths and User-Agents, and what must not be taken for one; raw parameters. */
#include "harness/test.h"

#include <string.h>

#include "unit/vendor/corpus.h"
#include "vendor/vendor.h"

static const struct bk_vendor *snom(void)
{
    return bk_vendor_find(BK_STR("snom"));
}

static void every_collected_path_is_matched(void **state)
{
    (void)state;
    corpus_check_paths(snom(), "tests/corpus/snom-request-paths.tsv", 13);
}

static void every_collected_agent_is_read(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    corpus_check_agents(snom(), "tests/corpus/snom-user-agents.tsv", false, 12);
    corpus_check_agents(snom(), "tests/corpus/snom-sip-user-agents.tsv", true, 1);
    bk_vendors_deinit();
}

static const struct {
    const char *path, *kind; /* NULL: none of ours */
} paths[] = {
    {"snom370.htm", "common"},
    {"snom370-000413aabbcc.htm", "device"},
    {"000413aabbcc.htm", "device"},
    {"snom-general.xml", "common"},
    {"snomD735-firmware.htm", "firmware"},
    {"", NULL},
    {".htm", NULL},
    {"snom.htm", NULL},
    {"snom-.htm", NULL},
    {"snom370-.htm", NULL},
    {"snom370-000413aabbc.htm", NULL},
    {"snom370-00:04:13:aa:bb:cc.htm", NULL},
    {"snom370.cfg", NULL},
    {"snom370.htm/", NULL},
    {"../snom370.htm", NULL},
    {"a/snom370.htm", NULL},
    {"snom37 0.htm", NULL},
    {"snom370%2e.htm", NULL},
    {"snomabcdefghijklmnopq.htm", NULL},
    {"gui_lang.htm", NULL},
};

static void paths_follow_the_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(paths); i++) {
        struct bk_path_match match;
        print_message("  %s\n", paths[i].path);
        bool is_ours = snom()->match_path(bk_str_of(paths[i].path), &match);
        assert_int_equal(is_ours, paths[i].kind != NULL);
        if (is_ours)
            assert_string_equal(bk_file_kind_name(match.kind), paths[i].kind);
    }
}

static const struct {
    const char *agent, *model, *firmware; /* model NULL: none of ours */
} agents[] = {
    {"Mozilla/4.0 (compatible; snomD735-SIP 10.1.1.1 (a b) 000413AABBCC SXM:1)", "D735",
     "10.1.1.1"},
    {"Mozilla/4.0 (compatible; Snom M300 05.30.0002 000413b60680)", "M300", "05.30.0002"},
    {"Mozilla/4.0 (compatible; snom lid 3605)", "", ""},
    {"Mozilla/4.0 (compatible; snomD735-SIP 10.1.1.1", NULL, NULL},
    {"Mozilla/4.0 (compatible; snomD735 10.1.1.1)", NULL, NULL},
    {"Mozilla/4.0 (compatible; snomD735-SIP ten)", NULL, NULL},
    {"Mozilla/4.0 (compatible; MSIE 6.0)", NULL, NULL},
    {"Mozilla/4.0 (compatible; )", NULL, NULL},
    {"snomD735-SIP 10.1.1.1", NULL, NULL},
    {"", NULL, NULL},
};

static void agents_follow_the_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(agents); i++) {
        struct bk_agent agent;
        print_message("  %s\n", agents[i].agent);
        bool is_ours = snom()->match_agent(bk_str_of(agents[i].agent), &agent);
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
    {"release_sound", "off", BK_OK},
    {"user_ringer[2]", "Ringer3", BK_OK},
    {"user_host", "evil.example", BK_ERR_DENIED},
    {"user_host[1]", "evil.example", BK_ERR_DENIED},
    {"USER_PASS[12]", "x", BK_ERR_DENIED},
    {"setting_server", "https://evil.example", BK_ERR_DENIED},
    {"webserver_admin_password", "x", BK_ERR_DENIED},
    {"tr69_acs_url", "x", BK_ERR_DENIED},
    {"tr69_use_acs", "x", BK_ERR_DENIED},
    {"TR69_acs_passwd", "x", BK_ERR_DENIED},
    {"tr069_acs_url", "x", BK_ERR_DENIED},
    {"tr69_cnr_pass", "x", BK_ERR_DENIED},
    {"http_proxy", "x", BK_ERR_DENIED},
    {"http_proxy_user", "x", BK_ERR_DENIED},
    {"http_proxy_pass", "x", BK_ERR_DENIED},
    {"http_client_hash", "x", BK_ERR_DENIED},
    {"http_client_save_credentials", "x", BK_ERR_DENIED},
    {"http_user", "x", BK_ERR_DENIED},
    {"http_password", "x", BK_ERR_DENIED},
    {"HTTP_PASS", "x", BK_ERR_DENIED},
    {"http_scheme", "x", BK_ERR_DENIED},
    {"http_port", "x", BK_ERR_DENIED},
    {"https_port", "x", BK_ERR_DENIED},
    {"webserver_type", "x", BK_ERR_DENIED},
    {"webserver_cert", "x", BK_ERR_DENIED},
    {"webserver_admin_name", "x", BK_ERR_DENIED},
    {"webserver_user_password", "x", BK_ERR_DENIED},
    {"admin_mode", "x", BK_ERR_DENIED},
    {"admin_mode_login", "x", BK_ERR_DENIED},
    {"admin_mode_password_confirm", "x", BK_ERR_DENIED},
    {"user_admin_mode", "x", BK_ERR_DENIED},
    {"service_mode_password", "x", BK_ERR_DENIED},
    {"admin_mode_upon_http_login", "x", BK_ERR_DENIED},
    {"sshd", "x", BK_ERR_DENIED},
    {"allow_sip_settings", "x", BK_ERR_DENIED},
    {"allow_sip_xml_action", "x", BK_ERR_DENIED},
    {"restrict_uri_queries", "x", BK_ERR_DENIED},
    {"ignore_security_warning", "x", BK_ERR_DENIED},
    {"check_fqdn_against_server_cert", "x", BK_ERR_DENIED},
    {"empty_tls_client_cert", "x", BK_ERR_DENIED},
    {"host_name_validation_flags", "x", BK_ERR_DENIED},
    {"phone_cert_type", "x", BK_ERR_DENIED},
    {"skip_provisioning_urls_on_tls_error", "x", BK_ERR_DENIED},
    {"setting_server", "x", BK_ERR_DENIED},
    {"setting_server[1]", "x", BK_ERR_DENIED},
    {"settings_refresh_timer", "x", BK_ERR_DENIED},
    {"settings_refresh_timer[0]", "x", BK_ERR_DENIED},
    {"provisioning_order", "x", BK_ERR_DENIED},
    {"pnp_server", "x", BK_ERR_DENIED},
    {"pnp_config", "x", BK_ERR_DENIED},
    {"PnP_Config[1]", "x", BK_ERR_DENIED},
    {"prov_polling_mode", "x", BK_ERR_DENIED},
    {"prov_back_off_timer", "x", BK_ERR_DENIED},
    {"vision_provisioning_url", "x", BK_ERR_DENIED},
    {"cert_provisioning_service", "x", BK_ERR_DENIED},
    {"firmware", "x", BK_ERR_DENIED},
    {"firmware_uxm", "x", BK_ERR_DENIED},
    {"firmware_interval", "x", BK_ERR_DENIED},
    {"firmware_status", "x", BK_ERR_DENIED},
    {"update_policy", "x", BK_ERR_DENIED},
    {"upload_gui", "x", BK_ERR_DENIED},
    {"upload_license", "x", BK_ERR_DENIED},
    {"reset_settings", "x", BK_ERR_DENIED},
    {"ignore_dhcp_findings", "x", BK_ERR_DENIED},
    {"dhcp_options_on_inform", "x", BK_ERR_DENIED},
    {"http_user_agent_string", "x", BK_ERR_DENIED},
    {"user_agent_string", "x", BK_ERR_DENIED},
    {"lcserver1", "x", BK_ERR_DENIED},
    {"sip_proxy", "x", BK_ERR_DENIED},
    {"user_pass[001]", "x", BK_ERR_DENIED},
    {"user_host[0]", "x", BK_ERR_DENIED},
    {"user_hash[3]", "x", BK_ERR_DENIED},
    {"user_failover_identity[2]", "x", BK_ERR_DENIED},
    {"user_name", "x", BK_ERR_DENIED},
    {"ntp_server", "x", BK_ERR_DENIED},
    {"ntp_server_v6", "x", BK_ERR_DENIED},
    {"tftp_secret", "x", BK_ERR_DENIED},
    {"certificates", "x", BK_ERR_DENIED},
    {"fkey[12]", "x", BK_ERR_DENIED},
    {"fkey", "x", BK_ERR_DENIED},
    {"time_24_format[1]", "x", BK_ERR_DENIED},
    {"encrypt_secrets", "x", BK_ERR_DENIED},
    {"user_ringer[2]", "x", BK_OK},
    {"vlan_id", "x", BK_ERR_DENIED},
    {"dst", "x", BK_ERR_DENIED},
    {"timezone", "x", BK_ERR_DENIED},
    {"vlan_pc_priority", "x", BK_OK},
    {"action_incoming_url", "x", BK_OK},
    {"user_name[1][2]", "x", BK_ERR_INVALID},
    {"user_name[1].x", "x", BK_ERR_INVALID},
    {"user_name[]", "x", BK_ERR_INVALID},
    {"user_name[-1]", "x", BK_ERR_INVALID},
    {"user_name [1]", "x", BK_ERR_INVALID},
    {"action_incoming_url", "https://x.example/?u=$user_pass1", BK_ERR_INVALID},
    {"action_incoming_url", "https://x.example/$(user_pass)", BK_ERR_INVALID},
    {"action_incoming_url", "{admin_mode_password}", BK_ERR_INVALID},
    {"action_incoming_url", "https://x.example/{HTTP_CLIENT_PASS}", BK_ERR_INVALID},
    {"action_incoming_url", "$(webserver_admin_password[1])", BK_ERR_INVALID},
    {"action_incoming_url", "$$user_hash1", BK_ERR_INVALID},
    {"action_incoming_url", "$keyboard_lock_pw", BK_ERR_INVALID},
    {"action_incoming_url", "{tftp_secret}", BK_ERR_INVALID},
    {"action_incoming_url", "https://x.example/?n=$remote&m={mac}", BK_OK},
    {"action_incoming_url", "My$Password1{", BK_OK},
    {"action_incoming_url", "$", BK_OK},
    {"action_incoming_url", "{", BK_OK},
    {"action_incoming_url", "$(", BK_OK},
    {"action_incoming_url", "a_pass", BK_OK},
    {"user_ringer[1]", "!!$(::)!!$(mac_lower_case)", BK_ERR_INVALID},
    {"user_ringer[1]", "!!! $", BK_OK},
    {"tr369_mqtt_hostport", "evil.example", BK_ERR_DENIED},
    {"update_server", "x", BK_ERR_DENIED},
    {"update_filename", "x", BK_ERR_DENIED},
    {"subscribe_config", "x", BK_ERR_DENIED},
    {"wui_admin_only", "x", BK_ERR_DENIED},
    {"tls_server_authentication[1]", "x", BK_ERR_DENIED},
    {"fkey[0]", "url https://evil.example", BK_ERR_DENIED},
    {"fkey[0].label", "x", BK_ERR_INVALID},
    {"user_host[]", "x", BK_ERR_INVALID},
    {"user_host[1", "x", BK_ERR_INVALID},
    {"user_host]1[", "x", BK_ERR_INVALID},
    {"user_host[1]x", "x", BK_ERR_INVALID},
    {"a b", "x", BK_ERR_INVALID},
    {"a-b", "x", BK_ERR_INVALID},
    {"1a", "x", BK_ERR_INVALID},
    {"a", "a\nb", BK_ERR_INVALID},
};

static void raw_parameters_are_judged_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(raws); i++) {
        print_message("  %s\n", raws[i].name);
        assert_int_equal(
            bk_raw_check(snom(), bk_str_of(raws[i].name), bk_str_of(raws[i].value), NULL),
            raws[i].want);
    }
}

/* Of key 1, a lamp; want "": refused. */
static const struct {
    const char *label, *number, *code, *want;
} lamps[] = {
    {"with a code", "1002", "*8", "perm=\"\">blf 1002|*8</fkey>"},
    {"without one", "1002", "", "perm=\"\">blf 1002</fkey>"},
    {"no number", "", "*8", "perm=\"\">blf</fkey>"},
    {"a number that ends early", "1002|*9", "*8", ""},
    {"a number with its own code", "1002|*8", "", ""},
    {"a code that ends early", "1002", "*8|9", ""},
};

static void the_number_of_a_lamp_ends_where_it_should(void **state)
{
    const struct bk_file_request request = {.kind = BK_FILE_DEVICE, .has_mac = true};
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(lamps); i++) {
        struct bk_phone_key key = {.panel = BK_PANEL_LINE,
                                   .slot = 1,
                                   .kind = BK_KEY_BLF,
                                   .value = bk_str_of(lamps[i].number)};
        struct bk_phone phone = {
            .provisioning_url = BK_STR("https://p.example/k"), .keys = &key, .key_count = 1};
        struct bk_detail detail = {{0}};
        struct bk_buf out;
        phone.settings[BK_NEUTRAL_PICKUP_CODE].value.text = bk_str_of(lamps[i].code);
        bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
        print_message("  %s\n", lamps[i].label);
        enum bk_err err = bk_vendor_render(snom(), &phone, bk_model_find(snom(), BK_STR("D785")),
                                           &request, &out, NULL, &detail);
        bk_buf_add(&out, (struct bk_str){"", 1});
        if (lamps[i].want[0] == '\0') {
            assert_int_equal(err, BK_ERR_INVALID);
            assert_non_null(strstr(detail.text, "fkey[0]: "));
        } else {
            assert_int_equal(err, BK_OK);
            assert_non_null(strstr(out.ptr, lamps[i].want));
        }
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

static const struct {
    enum bk_key_kind kind;
    const char *number, *mailbox, *want; /* want NULL: lost */
} events[] = {
    {BK_KEY_HOLD, "1", "", ">keyevent F_HOLD<"},
    {BK_KEY_TRANSFER, "", "", ">keyevent F_TRANSFER<"},
    {BK_KEY_CONFERENCE, "", "", ">keyevent F_CONFERENCE<"},
    {BK_KEY_DND, "", "", ">keyevent F_DND<"},
    {BK_KEY_FORWARD, "", "", ">keyevent F_REDIRECT<"},
    {BK_KEY_PHONEBOOK, "", "", ">keyevent F_DIRECTORY_SEARCH<"},
    {BK_KEY_VOICEMAIL, "*97", "*98", ">speed *97<"},
    {BK_KEY_VOICEMAIL, "", "*98", ">speed *98<"},
    {BK_KEY_VOICEMAIL, "", "", ">none<"},
    {BK_KEY_PAGING, "224.0.0.1:1", "", ">none<"},
};

static void keys_are_written_in_the_phones_words(void **state)
{
    const struct bk_file_request request = {.kind = BK_FILE_DEVICE, .has_mac = true};
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(events); i++) {
        struct bk_phone_key key = {.panel = BK_PANEL_LINE,
                                   .slot = 1,
                                   .kind = events[i].kind,
                                   .value = bk_str_of(events[i].number)};
        struct bk_phone phone = {
            .provisioning_url = BK_STR("https://p.example/k"), .keys = &key, .key_count = 1};
        struct bk_buf out;
        phone.settings[BK_NEUTRAL_VOICEMAIL_NUMBER].value.text = bk_str_of(events[i].mailbox);
        bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
        print_message("  %s\n", events[i].want);
        assert_int_equal(bk_vendor_render(snom(), &phone, bk_model_find(snom(), BK_STR("710")),
                                          &request, &out, NULL, NULL),
                         BK_OK);
        const char *first = strstr(bk_buf_text(&out), "<fkey idx=\"0\"");
        assert_non_null(first);
        const char *want = strstr(first, events[i].want);
        assert_true(want != NULL && want < strchr(first, '\n'));
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

/* The first key of a D862's module is the 37th of the phone; a D785's are not known. */
static void keys_of_modules_are_numbered_on(void **state)
{
    static const struct {
        const char *model, *want; /* want NULL: not written */
    } rows[] = {
        {"D862", "\n<fkey idx=\"36\" context=\"1\" label=\"Otto\" perm=\"\">speed 1002</fkey>\n"},
        {"D865", "\n<fkey idx=\"40\" context=\"1\" label=\"Otto\" perm=\"\">speed 1002</fkey>\n"},
        {"D785", NULL},
    };
    const struct bk_file_request request = {.kind = BK_FILE_DEVICE, .has_mac = true};
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_phone_key keys[] = {
            {.panel = BK_PANEL_LINE, .slot = 1, .kind = BK_KEY_DND},
            {.panel = BK_PANEL_PROGRAMMABLE, .slot = 1, .kind = BK_KEY_DND},
            {.panel = BK_PANEL_MODULE,
             .module = 1,
             .slot = 1,
             .kind = BK_KEY_SPEED_DIAL,
             .value = BK_STR("1002"),
             .label = BK_STR("Otto")},
        };
        struct bk_phone phone = {
            .provisioning_url = BK_STR("https://p.example/k"), .keys = keys, .key_count = 3};
        struct bk_buf out;
        bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
        print_message("  %s\n", rows[i].model);
        assert_int_equal(bk_vendor_render(snom(), &phone,
                                          bk_model_find(snom(), bk_str_of(rows[i].model)), &request,
                                          &out, NULL, NULL),
                         BK_OK);
        if (rows[i].want != NULL)
            assert_non_null(strstr(bk_buf_text(&out), rows[i].want));
        else
            assert_null(strstr(bk_buf_text(&out), "Otto"));
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

static const struct {
    const char *zone, *want;
} zones[] = {
    {"Europe/Berlin", ">GER+1<"},   {"Europe/Stockholm", "+1<"},
    {"America/Detroit", ">USA-5<"}, {"Europe/Kiev", "+2<"},
    {"Asia/Kolkata", ">IND+5.5<"},  {"America/St_Johns", ">CAN-3.5<"},
    {"Australia/Sydney", "><"},     {"", "><"},
};

static void a_zone_has_the_word_of_its_clocks(void **state)
{
    const struct bk_file_request request = {.kind = BK_FILE_DEVICE, .has_mac = true};
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(zones); i++) {
        struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k")};
        struct bk_buf out;
        print_message("  %s\n", zones[i].zone);
        phone.settings[BK_NEUTRAL_TIME_ZONE] =
            (struct bk_setting){{bk_str_of(zones[i].zone), 0}, BK_LAYER_TENANT};
        bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
        assert_int_equal(bk_vendor_render(snom(), &phone, bk_model_find(snom(), BK_STR("710")),
                                          &request, &out, NULL, NULL),
                         BK_OK);
        const char *line = strstr(bk_buf_text(&out), "<timezone perm=\"R\"");
        assert_non_null(line);
        const char *want = strstr(line, zones[i].want);
        assert_true(want != NULL && want < strchr(line, '\n'));
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_collected_path_is_matched),
        cmocka_unit_test(every_collected_agent_is_read),
        cmocka_unit_test(paths_follow_the_grammar),
        cmocka_unit_test(agents_follow_the_grammar),
        cmocka_unit_test(raw_parameters_are_judged_by_the_table),
        cmocka_unit_test(the_number_of_a_lamp_ends_where_it_should),
        cmocka_unit_test(keys_are_written_in_the_phones_words),
        cmocka_unit_test(keys_of_modules_are_numbered_on),
        cmocka_unit_test(a_zone_has_the_word_of_its_clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
