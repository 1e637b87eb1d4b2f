/* Cisco: what an admin may set raw, what the driver refuses to write, what it never serves. */
#include "harness/test.h"

#include <string.h>

#include "vendor/vendor.h"

static const struct bk_vendor *cisco(void)
{
    return bk_vendor_find(BK_STR("cisco"));
}

static const struct {
    const char *name, *value;
    enum bk_err want;
    const char *says;
} cases[] = {
    {"Auth_Resync-Reboot_1_", "No", BK_OK, ""},
    {"Dial_Plan_1_", "(xx.)", BK_OK, ""},
    {"Resync_At__HHmm_", "0300", BK_ERR_DENIED, "provisioning.window_begin"},
    {"resync_random_delay", "65535", BK_ERR_DENIED, "control"},
    {"Resync_Error_Retry_Delay", "0", BK_ERR_DENIED, "control"},
    {"Resync_Trigger_1", "0 gt 1", BK_ERR_DENIED, "control"},
    {"Forced_Resync_Delay", "65535", BK_ERR_DENIED, "control"},
    {"User_Configurable_Resync", "Yes", BK_ERR_DENIED, "control"},
    {"GPP_P", "x", BK_ERR_DENIED, "control"},
    {"GPP_SA", "x", BK_ERR_DENIED, "control"},
    {"Profile_Rule_E", "http://evil.example", BK_ERR_DENIED, "address"},
    {"Profile_Authentication_Type", "Disabled", BK_ERR_DENIED, "address"},
    {"Upgrade_Error_Retry_Delay", "1", BK_ERR_DENIED, "firmware.url"},
    {"Peer_Firmware_Sharing_Log_Server", "evil.example", BK_ERR_DENIED, "firmware.url"},
    {"Trans_Auth_Rule", "http://evil.example/x.lic", BK_ERR_DENIED, "firmware.url"},
    {"Custom_CA_Rule", "http://evil.example/ca.pem", BK_ERR_DENIED, "security.ca_url"},
    {"DHCPv6_Option_To_Use", "17", BK_ERR_DENIED, "provisioning.dhcp"},
    {"Log_Resync_Request_Msg", "x", BK_ERR_DENIED, "control"},
    {"PRT_Upload_URL", "http://evil.example", BK_ERR_DENIED, "control"},
    {"TR-069_Fallback_Support", "Yes", BK_ERR_DENIED, "control"},
    {"Enable_TR-069", "Yes", BK_ERR_DENIED, "control"},
    {"ACS_URL", "http://evil.example", BK_ERR_DENIED, "control"},
    {"BACKUP_ACS_URL", "http://evil.example", BK_ERR_DENIED, "control"},
    {"Connection_Request_Password", "x", BK_ERR_DENIED, "control"},
    {"Enable_Web_Admin_Access", "Yes", BK_ERR_DENIED, "control"},
    {"Enable_Direct_Action_Url", "Yes", BK_ERR_DENIED, "control"},
    {"Enable_WAN_Web_Server", "Yes", BK_ERR_DENIED, "control"},
    {"SSH_Password", "x", BK_ERR_DENIED, "control"},
    {"User_Passwd", "x", BK_ERR_DENIED, "security.user_secret"},
    {"Proxy_1", "evil.example", BK_ERR_DENIED, "PBX"},
    {"Password_01", "x", BK_ERR_DENIED, "line"},
    {"Survival_Proxy_1_", "evil.example", BK_ERR_DENIED, "PBX"},
    {"TLS_Name_Validate_1_", "No", BK_ERR_DENIED, "PBX"},
    {"XSI_Host_Server_1_", "evil.example", BK_ERR_DENIED, "control"},
    {"XSI_Authentication_Type_1_", "SIP Credentials", BK_ERR_DENIED, "control"},
    {"Proxy_Mode", "Manual", BK_ERR_DENIED, "address"},
    {"Proxy_Host", "evil.example", BK_ERR_DENIED, "address"},
    {"PAC_URL", "http://evil.example", BK_ERR_DENIED, "address"},
    {"Text_Logo", "$MAC", BK_ERR_INVALID, "Text_Logo: holds a '$'"},
    {"Text_Logo", "a $(SA) b", BK_ERR_INVALID, "Text_Logo: holds a '$'"},
    {"Proxy_Fallback_Intvl_1_", "3600", BK_OK, ""},
    {"Proxy_1_", "evil.example", BK_ERR_DENIED, "PBX"},
    {"proxy_01_", "evil.example", BK_ERR_DENIED, "PBX"},
    {"Alternate_Outbound_Proxy_12_", "evil.example", BK_ERR_DENIED, "PBX"},
    {"Password_2_", "x", BK_ERR_DENIED, "line"},
    {"Line_Enable_2_", "No", BK_ERR_DENIED, "line"},
    {"Profile_Rule", "http://evil.example", BK_ERR_DENIED, "address"},
    {"PROFILE_RULE_D", "http://evil.example", BK_ERR_DENIED, "address"},
    {"Provision_Enable", "No", BK_ERR_DENIED, "address"},
    {"Resync_From_SIP", "No", BK_ERR_DENIED, "control"},
    {"Report_Rule", "http://evil.example", BK_ERR_DENIED, "control"},
    {"Upgrade_Rule", "http://evil.example", BK_ERR_DENIED, "firmware.url"},
    {"Admin_Passwd", "x", BK_ERR_DENIED, "security.admin_secret"},
    {"Admin_Password", "x", BK_ERR_DENIED, "security.admin_secret"},
    {"Extended_Function_3_", "x", BK_ERR_DENIED, "key"},
    {"Unit_1_Key_3", "x", BK_ERR_DENIED, "key"},
    {"Unit_1_Key_3_", "x", BK_ERR_DENIED, "key"},
    {"", "x", BK_ERR_INVALID, "letters"},
    {"1x", "x", BK_ERR_INVALID, "letters"},
    {"A B", "x", BK_ERR_INVALID, "letters"},
    {"A><B", "x", BK_ERR_INVALID, "letters"},
    {"Text_Logo", "a\nb", BK_ERR_INVALID, "Text_Logo: holds a control character"},
    {"Text_Logo", " a", BK_ERR_INVALID, "Text_Logo: begins or ends"},
};

static void raw_parameters_are_judged_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct bk_detail detail = {{0}};
        print_message("  %s\n", cases[i].name);
        assert_int_equal(
            bk_raw_check(cisco(), bk_str_of(cases[i].name), bk_str_of(cases[i].value), &detail),
            cases[i].want);
        if (strstr(detail.text, cases[i].says) == NULL)
            fail_msg("detail is \"%s\"", detail.text);
    }
}

/* Render phone as model; the text is out's. */
static enum bk_err render(const struct bk_phone *phone, const char *model, struct bk_buf *out,
                          struct bk_detail *ret_detail)
{
    const struct bk_file_request request = {.kind = BK_FILE_DEVICE};
    bk_buf_init_secret(out, BK_FILE_SIZE_MAX);
    return bk_vendor_render(cisco(), phone, bk_model_find(cisco(), bk_str_of(model)), &request, out,
                            NULL, ret_detail);
}

/* One phone, one thing in it that the driver cannot write: nothing is served, the admin is told. */
static void what_cannot_be_written_refuses_the_file(void **state)
{
    (void)state;
    static const struct {
        const char *label, *user, *password, *display_name;
        enum bk_transport transport;
        enum bk_srtp srtp;
        struct bk_phone_key key;
        const char *says; /* NULL: written */
    } rows[] = {
        {"the control", "u", "p", "Zoe", BK_TRANSPORT_TLS, BK_SRTP_OPTIONAL, {0}, NULL},
        {"a blank in the password",
         "u",
         "p --key x",
         "x",
         BK_TRANSPORT_UDP,
         BK_SRTP_OFF,
         {0},
         "Profile_Rule: "},
        {"a bracket in the user",
         "u]",
         "p",
         "x",
         BK_TRANSPORT_UDP,
         BK_SRTP_OFF,
         {0},
         "Profile_Rule: "},
        {"a macro in the password",
         "u",
         "$PN",
         "x",
         BK_TRANSPORT_UDP,
         BK_SRTP_OFF,
         {0},
         "Profile_Rule: "},
        {"a new line",
         "u",
         "p",
         "x\n",
         BK_TRANSPORT_UDP,
         BK_SRTP_OFF,
         {0},
         "Display_Name_1_: holds a control"},
        {"NAPTR", "u", "p", "x", BK_TRANSPORT_NAPTR, BK_SRTP_OFF, {0}, "SIP_Transport_1_: "},
        {"SRTP forced",
         "u",
         "p",
         "x",
         BK_TRANSPORT_TLS,
         BK_SRTP_REQUIRED,
         {0},
         "Secure_Call_Setting: "},
        {"a key without a number",
         "u",
         "p",
         "x",
         BK_TRANSPORT_UDP,
         BK_SRTP_OFF,
         {.slot = 1, .kind = BK_KEY_BLF},
         "Extended_Function_1_: "},
        {"a key that is two functions",
         "u",
         "p",
         "x",
         BK_TRANSPORT_UDP,
         BK_SRTP_OFF,
         {.slot = 1, .kind = BK_KEY_BLF, .value = {"1;fnc=sd", 8}},
         "Extended_Function_1_: "},
        {"a macro in a name",
         "u",
         "p",
         "Zoe $MAC",
         BK_TRANSPORT_UDP,
         BK_SRTP_OFF,
         {0},
         "Display_Name_1_: holds a '$'"},
        {"a macro in a key's label",
         "u",
         "p",
         "x",
         BK_TRANSPORT_UDP,
         BK_SRTP_OFF,
         {.slot = 1, .kind = BK_KEY_LINE, .label = {"$A", 2}},
         "Short_Name_1_: holds a '$'"},
        {"a macro in a side-car's label",
         "u",
         "p",
         "x",
         BK_TRANSPORT_UDP,
         BK_SRTP_OFF,
         {.panel = BK_PANEL_MODULE,
          .module = 1,
          .slot = 1,
          .kind = BK_KEY_BLF,
          .value = {"1", 1},
          .label = {"$A", 2}},
         "Unit_1_Key_1: the key's label"},
        {"a key of a kind without a function",
         "u",
         "p",
         "x",
         BK_TRANSPORT_UDP,
         BK_SRTP_OFF,
         {.slot = 1, .kind = BK_KEY_DND},
         NULL},
    };
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_line line = {
            .index = 1, .number = BK_STR("1001"), .display_name = bk_str_of(rows[i].display_name)};
        struct bk_phone_key key = rows[i].key;
        struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k"),
                                 .provisioning_user = bk_str_of(rows[i].user),
                                 .provisioning_password = bk_str_of(rows[i].password),
                                 .lines = &line,
                                 .line_count = 1,
                                 .keys = &key,
                                 .key_count = key.slot > 0 ? 1 : 0};
        struct bk_buf out;
        struct bk_detail detail = {{0}};
        line.pbx.transport = rows[i].transport;
        line.pbx.srtp = rows[i].srtp;
        print_message("  %s\n", rows[i].label);
        assert_int_equal(render(&phone, "SPA504G", &out, &detail),
                         rows[i].says == NULL ? BK_OK : BK_ERR_INVALID);
        if (rows[i].says != NULL) {
            assert_int_equal(out.len, 0);
            if (strstr(detail.text, rows[i].says) == NULL)
                fail_msg("detail is \"%s\"", detail.text);
        }
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

static void a_password_has_the_name_that_the_model_knows(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        bool is_spa, is_mpp;
    } rows[] = {{"SPA504G", true, false}, {"CP-8841-3PCC", false, true}, {"X", true, true}};
    struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k")};
    phone.settings[BK_NEUTRAL_ADMIN_SECRET].layer = BK_LAYER_TENANT;
    phone.settings[BK_NEUTRAL_ADMIN_SECRET].value.text = BK_STR("hidden-word");
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_buf out;
        print_message("  %s\n", rows[i].model);
        assert_int_equal(render(&phone, rows[i].model, &out, NULL), BK_OK);
        const char *text = bk_buf_text(&out);
        assert_int_equal(strstr(text, "<Admin_Passwd>hidden-word<") != NULL, rows[i].is_spa);
        assert_int_equal(strstr(text, "<Admin_Password>hidden-word<") != NULL, rows[i].is_mpp);
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

/* Rules are a language: an address that says more than where to fetch from is refused. */
static void an_address_is_no_rule(void **state)
{
    (void)state;
    static const struct {
        enum bk_neutral id;
        const char *url, *says; /* NULL: written */
    } rows[] = {
        {BK_NEUTRAL_FIRMWARE_URL, "http://fw.example/8841.loads", NULL},
        {BK_NEUTRAL_FIRMWARE_URL, "http://fw.example/$SN.loads", "Upgrade_Rule: "},
        {BK_NEUTRAL_FIRMWARE_URL, "http://fw.example/a|http://evil.example", "Upgrade_Rule: "},
        {BK_NEUTRAL_FIRMWARE_URL, "http://fw.example/(1)?x", "Upgrade_Rule: "},
        {BK_NEUTRAL_CA_URL, "https://ca.example/[--key]", "Custom_CA_Rule: "},
        {BK_NEUTRAL_PHONEBOOK_URL, "https://book.example/$MA", "XML_Directory_Service_URL: "},
    };
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k")};
        struct bk_detail detail = {{0}};
        struct bk_buf out;
        print_message("  %s\n", rows[i].url);
        phone.settings[rows[i].id].layer = BK_LAYER_TENANT;
        phone.settings[rows[i].id].value.text = bk_str_of(rows[i].url);
        assert_int_equal(render(&phone, "CP-8841-3PCC", &out, &detail),
                         rows[i].says == NULL ? BK_OK : BK_ERR_INVALID);
        if (rows[i].says != NULL && strstr(detail.text, rows[i].says) == NULL)
            fail_msg("detail is \"%s\"", detail.text);
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

static void an_enterprise_load_gets_nothing(void **state)
{
    (void)state;
    static const char *const paths[] = {"SEP00562B043615.cnf.xml", "SIPDefault.cnf", "dialplan.xml",
                                        "ITLSEP00562B043615.tlv"};
    struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k")};
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(paths); i++) {
        struct bk_path_match match;
        struct bk_buf out;
        print_message("  %s\n", paths[i]);
        assert_true(cisco()->match_path(bk_str_of(paths[i]), &match));
        const struct bk_file_request request = {match.kind, match.has_mac, match.model_code};
        bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
        assert_int_equal(bk_vendor_render(cisco(), &phone, NULL, &request, &out, NULL, NULL),
                         BK_ERR_NOT_FOUND);
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

static void clocks_are_changed_as_the_zone_has_it(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *says;
    } rows[] = {
        {"Europe/Berlin", "<Time_Zone>GMT+01:00</Time_Zone>\n<Daylight_Saving_Time_Enable>Yes</"
                          "Daylight_Saving_Time_Enable>\n<Daylight_Saving_Time_Rule>start=3/-1/7/"
                          "2:0:0;end=10/-1/7/3:0:0;save=1:0:0</Daylight_Saving_Time_Rule>\n"},
        {"America/St_Johns", "<Time_Zone>GMT-03:30</Time_Zone>\n<Daylight_Saving_Time_Enable>Yes</"
                             "Daylight_Saving_Time_Enable>\n<Daylight_Saving_Time_Rule>start=3/8/7/"
                             "2:0:0;end=11/1/7/2:0:0;save=1:0:0</Daylight_Saving_Time_Rule>\n"},
        {"Australia/Lord_Howe",
         "<Time_Zone>GMT+10:30</Time_Zone>\n<Daylight_Saving_Time_Enable>Yes</"
         "Daylight_Saving_Time_Enable>\n<Daylight_Saving_Time_Rule>start=10/1/7/2:0:0;end=4/1/7/"
         "2:0:0;save=0:30:0</Daylight_Saving_Time_Rule>\n"},
        {"Asia/Kolkata",
         "<Time_Zone>GMT+05:30</Time_Zone>\n<Daylight_Saving_Time_Enable>No</"
         "Daylight_Saving_Time_Enable>\n<Daylight_Saving_Time_Rule></Daylight_Saving_Time_Rule>\n"},
        {"America/Nuuk",
         "<Time_Zone>GMT-02:00</Time_Zone>\n<Daylight_Saving_Time_Enable>No</"
         "Daylight_Saving_Time_Enable>\n<Daylight_Saving_Time_Rule></Daylight_Saving_Time_Rule>\n"},
    };
    struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k")};
    struct bk_setting *zone = &phone.settings[BK_NEUTRAL_TIME_ZONE];
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    zone->layer = BK_LAYER_TENANT;
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_buf out;
        print_message("  %s\n", rows[i].zone);
        zone->value.text = bk_str_of(rows[i].zone);
        assert_int_equal(render(&phone, "SPA504G", &out, NULL), BK_OK);
        if (strstr(bk_buf_text(&out), rows[i].says) == NULL)
            fail_msg("not in the file: %s", rows[i].says);
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_parameters_are_judged_by_the_table),
        cmocka_unit_test(what_cannot_be_written_refuses_the_file),
        cmocka_unit_test(a_password_has_the_name_that_the_model_knows),
        cmocka_unit_test(clocks_are_changed_as_the_zone_has_it),
        cmocka_unit_test(an_address_is_no_rule),
        cmocka_unit_test(an_enterprise_load_gets_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
