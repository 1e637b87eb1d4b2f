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
    {"Resync_At__HHmm_", "0300", BK_OK, ""},
    {"Enable_Web_Admin_Access", "No", BK_OK, ""},
    {"GPP_A", "x", BK_OK, ""},
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
    {"GPP_A", "a\nb", BK_ERR_INVALID, "GPP_A: holds a control character"},
    {"GPP_A", " a", BK_ERR_INVALID, "GPP_A: begins or ends"},
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
        cmocka_unit_test(an_enterprise_load_gets_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
