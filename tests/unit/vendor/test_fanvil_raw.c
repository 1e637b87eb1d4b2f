/* Fanvil: what an admin may set raw, what the driver refuses to write, the version of a file. */
#include "harness/test.h"

#include <string.h>

#include "vendor/vendor.h"

static const struct bk_vendor *fanvil(void)
{
    return bk_vendor_find(BK_STR("fanvil"));
}

static const struct {
    const char *name, *value;
    enum bk_err want;
    const char *says;
} cases[] = {
    {"SIP CONFIG MODULE/SIP1 Session Timer", "1", BK_OK, ""},
    {"PHONE FEATURE MODULE/Default Language", "en", BK_OK, ""},
    {"NET CONFIG MODULE/MTU", "1500", BK_OK, ""},
    {"DOT1X CONFIG MODULE/Xsup User", "", BK_OK, ""},
    {"SIP CONFIG MODULE/SIP1 Register Addr", "evil.example", BK_ERR_DENIED, "PBX"},
    {"SIP CONFIG MODULE/SIP01 BakProxy Addr", "evil.example", BK_ERR_DENIED, "PBX"},
    {"SIP CONFIG MODULE/sip12 PROXY USER", "x", BK_ERR_DENIED, "PBX"},
    {"SIP CONFIG MODULE/SIP2 Register Pswd", "x", BK_ERR_DENIED, "line"},
    {"SIP CONFIG MODULE/Notify Reboot", "0", BK_ERR_DENIED, "control"},
    {"DSSKEY CONFIG MODULE/Fkey1 Type", "1", BK_ERR_DENIED, "key"},
    {"AUTOUPDATE CONFIG MODULE/Flash Server IP", "evil.example", BK_ERR_DENIED, "address"},
    {"AUTOUPDATE CONFIG MODULE/Device Cfg File Key", "x", BK_ERR_DENIED, "address"},
    {"AUTOUPDATE CONFIG MODULE/Auto Image Url", "x", BK_ERR_DENIED, "firmware.url"},
    {"TR069 CONFIG MODULE/ACS URL", "http://evil.example", BK_ERR_DENIED, "control"},
    {"MMI CONFIG MODULE/Account1 Password", "x", BK_ERR_DENIED, "security.admin_secret"},
    {"MAINTENANCE CONFIG MODULE/Auto Server Digest", "0", BK_ERR_DENIED, "control"},
    {"SIP CONFIG MODULE/SIP1  Register Addr", "x", BK_ERR_INVALID, "a module"},
    {"SIP CONFIG MODULE/SIP1 Register  Addr", "x", BK_ERR_INVALID, "a module"},
    {"SIP CONFIG MODULE/SIP  1 Register Addr", "x", BK_ERR_INVALID, "a module"},
    {"SIP CONFIG MODULE/SIP   Port", "x", BK_ERR_INVALID, "a module"},
    {"SIP CONFIG MODULE/SIP1   Proxy Addr", "x", BK_ERR_INVALID, "a module"},
    {"SIP CONFIG MODULE/sip1  register pswd", "x", BK_ERR_INVALID, "a module"},
    {"SIP CONFIG MODULE/SIP1 Backup  Addr", "x", BK_ERR_INVALID, "a module"},
    {"SIP CONFIG MODULE/SIP1_Register_Addr", "x", BK_ERR_INVALID, "a module"},
    {"SIP CONFIG MODULE/SIP1.Register.Addr", "x", BK_ERR_INVALID, "a module"},
    {"SIP CONFIG MODULE/SIP1 Register_Addr", "x", BK_ERR_INVALID, "a module"},
    {"PHONE FEATURE MODULE/Second  SNTP Server", "x", BK_ERR_INVALID, "a module"},
    {"PHONE FEATURE MODULE/Time  Zone", "x", BK_ERR_INVALID, "a module"},
    {"PHONE FEATURE MODULE/All  Pswd Encryption", "x", BK_ERR_INVALID, "a module"},
    {"MMI CONFIG MODULE/Account1  Password", "x", BK_ERR_INVALID, "a module"},
    {"MAINTENANCE CONFIG MODULE/Auto  Server Digest", "x", BK_ERR_INVALID, "a module"},
    {"AUTOUPDATE CONFIG MODULE/Flash  Server IP", "x", BK_ERR_INVALID, "a module"},
    {"DSSKEY CONFIG MODULE/Fkey1  Type", "x", BK_ERR_INVALID, "a module"},
    {"SIP CONFIG MODULE/SIP0001 Register Addr", "x", BK_ERR_DENIED, "PBX"},
    {"SIP CONFIG MODULE/sIp1 rEGISTER pORT", "x", BK_ERR_DENIED, "PBX"},
    {"SIP CONFIG MODULE/SIP99 Backup Transport", "x", BK_ERR_DENIED, "PBX"},
    {"SIP CONFIG MODULE/SIP1 BakProxy Port", "x", BK_ERR_DENIED, "PBX"},
    {"SIP CONFIG MODULE/SIP1 Proxy Pswd", "x", BK_ERR_DENIED, "PBX"},
    {"SIP CONFIG MODULE/SIP1 Media Crypto", "x", BK_ERR_DENIED, "PBX"},
    {"SIP CONFIG MODULE/SIP1 Signal Crypto", "x", BK_ERR_DENIED, "PBX"},
    {"SIP CONFIG MODULE/SIP1 SigCrypto Key", "x", BK_ERR_DENIED, "PBX"},
    {"SIP CONFIG MODULE/SIP1 MedCrypto Key", "x", BK_ERR_DENIED, "PBX"},
    {"SIP CONFIG MODULE/SIP Port", "x", BK_ERR_DENIED, "sip.local_port"},
    {"SIP CONFIG MODULE/SIP Pswd Encryption", "x", BK_ERR_DENIED, "control"},
    {"SIP CONFIG MODULE/notify reboot", "x", BK_ERR_DENIED, "control"},
    {"SIP CONFIG MODULE/SIP1 Register User", "x", BK_ERR_DENIED, "line"},
    {"SIP CONFIG MODULE/SIP01 Enable Reg", "x", BK_ERR_DENIED, "line"},
    {"CALL FEATURE MODULE/P01 CallWaiting", "x", BK_ERR_DENIED, "call.waiting"},
    {"CALL FEATURE MODULE/P2 Enable DND", "x", BK_ERR_DENIED, "call.dnd_allowed"},
    {"PHONE FEATURE MODULE/SNTP Server", "x", BK_ERR_DENIED, "time.ntp_servers"},
    {"PHONE FEATURE MODULE/second sntp server", "x", BK_ERR_DENIED, "time.ntp_servers"},
    {"PHONE FEATURE MODULE/DST Location", "x", BK_ERR_DENIED, "time.zone"},
    {"PHONE FEATURE MODULE/All Pswd Encryption", "x", BK_ERR_DENIED, "control"},
    {"PHONE FEATURE MODULE/Push XML IP", "x", BK_ERR_DENIED, "control"},
    {"PHONE FEATURE MODULE/SIP Notify XML", "x", BK_ERR_DENIED, "control"},
    {"MMI CONFIG MODULE/Account01 Password", "x", BK_ERR_DENIED, "security.admin_secret"},
    {"MMI CONFIG MODULE/ACCOUNT9 LEVEL", "x", BK_ERR_DENIED, "security.admin_secret"},
    {"MMI CONFIG MODULE/Enable Telnet", "x", BK_ERR_DENIED, "control"},
    {"MMI CONFIG MODULE/Telnet Port", "x", BK_ERR_DENIED, "control"},
    {"MMI CONFIG MODULE/Web Authentication", "x", BK_ERR_DENIED, "control"},
    {"MMI CONFIG MODULE/WEB Pswd Encryption", "x", BK_ERR_DENIED, "control"},
    {"MMI CONFIG MODULE/Remote Control", "x", BK_ERR_DENIED, "control"},
    {"AUTOUPDATE CONFIG MODULE/PNP IP", "x", BK_ERR_DENIED, "address"},
    {"AUTOUPDATE CONFIG MODULE/DHCP Option", "x", BK_ERR_DENIED, "address"},
    {"AUTOUPDATE CONFIG MODULE/Dhcp Option 120", "x", BK_ERR_DENIED, "address"},
    {"AUTOUPDATE CONFIG MODULE/AP Pswd Encryption", "x", BK_ERR_DENIED, "address"},
    {"AUTOUPDATE CONFIG MODULE/Download CommonConf", "x", BK_ERR_DENIED, "address"},
    {"AUTOUPDATE CONFIG MODULE/Save Provision Info", "x", BK_ERR_DENIED, "address"},
    {"AUTOUPDATE CONFIG MODULE/default password", "x", BK_ERR_DENIED, "address"},
    {"TR069 CONFIG MODULE/Enable TR069", "x", BK_ERR_DENIED, "control"},
    {"TR069 CONFIG MODULE/STUN Server Addr", "x", BK_ERR_DENIED, "control"},
    {"FIRMWARE CHECK MODULE/Upgrade Server 1", "x", BK_ERR_DENIED, "firmware.url"},
    {"MAINTENANCE CONFIG MODULE/auto server digest", "x", BK_ERR_DENIED, "control"},
    {"MAINTENANCE CONFIG MODULE/Contact Update Mode", "x", BK_ERR_DENIED, "control"},
    {"DOT1X CONFIG MODULE/Permission CTF", "x", BK_ERR_DENIED, "control"},
    {"DOT1X CONFIG MODULE/Common Name", "x", BK_ERR_DENIED, "control"},
    {"DOT1X CONFIG MODULE/CTF mode", "x", BK_ERR_DENIED, "control"},
    {"DOT1X CONFIG MODULE/Device Cert Mode", "x", BK_ERR_DENIED, "control"},
    {"LOG CONFIG MODULE/Syslog Server", "x", BK_ERR_DENIED, "log.syslog_server"},
    {"DSSKEY CONFIG MODULE/FuncKey Page Num", "x", BK_ERR_DENIED, "key"},
    {"", "x", BK_ERR_INVALID, "a module"},
    {"SIP1 Session Timer", "x", BK_ERR_INVALID, "a module"},
    {"SIP CONFIG MODULE", "x", BK_ERR_INVALID, "a module"},
    {"SIP CONFIG MODULE/", "x", BK_ERR_INVALID, "a module"},
    {"sip config module/SIP1 Session Timer", "x", BK_ERR_INVALID, "a module"},
    {"XX CONFIG MODULE/SIP1 Session Timer", "x", BK_ERR_INVALID, "a module"},
    {"SIP CONFIG MODULE/--SIP Line List--", "x", BK_ERR_INVALID, "a module"},
    {"SIP CONFIG MODULE/a:b", "x", BK_ERR_INVALID, "a module"},
    {"SIP CONFIG MODULE/<x>", "x", BK_ERR_INVALID, "a module"},
    {"SIP CONFIG MODULE/a/b", "x", BK_ERR_INVALID, "a module"},
    {"SIP CONFIG MODULE/ab ", "x", BK_ERR_INVALID, "a module"},
    {"NET CONFIG MODULE/MTU", "a\nb", BK_ERR_INVALID, "MTU: holds a control character"},
    {"NET CONFIG MODULE/MTU", "a ", BK_ERR_INVALID, "MTU: begins or ends"},
};

static void raw_parameters_are_judged_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct bk_detail detail = {{0}};
        print_message("  %s\n", cases[i].name);
        assert_int_equal(
            bk_raw_check(fanvil(), bk_str_of(cases[i].name), bk_str_of(cases[i].value), &detail),
            cases[i].want);
        if (strstr(detail.text, cases[i].says) == NULL)
            fail_msg("detail is \"%s\"", detail.text);
    }
}

static enum bk_err render(const struct bk_phone *phone, enum bk_file_kind kind, struct bk_buf *out,
                          struct bk_detail *ret_detail)
{
    const struct bk_file_request request = {.kind = kind};
    bk_buf_init_secret(out, BK_FILE_SIZE_MAX);
    return bk_vendor_render(fanvil(), phone, bk_model_find(fanvil(), BK_STR("X4U")), &request, out,
                            NULL, ret_detail);
}

/* One phone, one thing in it that the driver cannot write: nothing is served, the admin is told. */
static void what_cannot_be_written_refuses_the_file(void **state)
{
    (void)state;
    static const struct {
        const char *label, *display_name;
        enum bk_transport transport;
        struct bk_phone_key key;
        const char *says; /* NULL: written */
    } rows[] = {
        {"the control", "Zoe", BK_TRANSPORT_TLS, {0}, NULL},
        {"a new line",
         "x\n<SIP CONFIG MODULE>",
         BK_TRANSPORT_UDP,
         {0},
         "SIP1 Display Name: holds a control"},
        {"NAPTR", "x", BK_TRANSPORT_NAPTR, {0}, "SIP1 Transport: "},
        {"a key without a number",
         "x",
         BK_TRANSPORT_UDP,
         {.slot = 7, .kind = BK_KEY_BLF},
         "DSSKEY CONFIG MODULE/Dsskey Config2/Fkey1 Value: "},
        {"a number that ends early",
         "x",
         BK_TRANSPORT_UDP,
         {.slot = 1, .kind = BK_KEY_PARK, .value = {"1@2/f", 5}},
         "Fkey1 Value: "},
        {"an address with a codec of its own",
         "x",
         BK_TRANSPORT_UDP,
         {.slot = 1, .kind = BK_KEY_PAGING, .value = {"224.0.0.1:1/G722", 16}},
         "Fkey1 Value: "},
        {"an address to page",
         "x",
         BK_TRANSPORT_UDP,
         {.slot = 1, .kind = BK_KEY_PAGING, .value = {"224.0.0.1:1", 11}},
         NULL},
        {"a key of a kind without a form",
         "x",
         BK_TRANSPORT_UDP,
         {.slot = 1, .kind = BK_KEY_CONFERENCE},
         NULL},
    };
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_line line = {
            .index = 1, .number = BK_STR("1001"), .display_name = bk_str_of(rows[i].display_name)};
        struct bk_phone_key key = rows[i].key;
        struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k"),
                                 .lines = &line,
                                 .line_count = 1,
                                 .keys = &key,
                                 .key_count = key.slot > 0 ? 1 : 0};
        struct bk_buf out;
        struct bk_detail detail = {{0}};
        line.pbx.transport = rows[i].transport;
        print_message("  %s\n", rows[i].label);
        assert_int_equal(render(&phone, BK_FILE_DEVICE, &out, &detail),
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

static void the_version_grows_with_the_revision(void **state)
{
    (void)state;
    static const struct {
        int64_t revision;
        const char *head;
    } rows[] = {
        {1, "<<VOIP CONFIG FILE>>Version:2.0000000001                      \n"},
        {1234567890, "<<VOIP CONFIG FILE>>Version:2.1234567890                      \n"},
    };
    struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k")};
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_buf out;
        phone.revision = rows[i].revision;
        assert_int_equal(render(&phone, BK_FILE_DEVICE, &out, NULL), BK_OK);
        assert_memory_equal(bk_buf_text(&out), rows[i].head, 63);
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

static void a_firmware_descriptor_is_not_served(void **state)
{
    (void)state;
    struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k")};
    struct bk_buf out;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    assert_int_equal(render(&phone, BK_FILE_FIRMWARE, &out, NULL), BK_ERR_NOT_FOUND);
    bk_buf_deinit(&out);
    bk_vendors_deinit();
}

static void clocks_are_changed_as_the_zone_has_it(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *says;
    } rows[] = {
        {"Europe/Berlin",
         "Time Zone :4\nTime Zone Name :UTC+1\nDST Type :2\nDST Rule Mode :0\nDST Min Offset "
         ":60\nDST Start Mon :3\nDST Start Week :5\nDST Start Wday :0\nDST Start Hour :2\nDST End "
         "Mon :10\nDST End Week :5\nDST End Wday :0\nDST End Hour :3\n"},
        {"America/St_Johns",
         "Time Zone :-14\nTime Zone Name :UTC-03:30\nDST Type :2\nDST Rule Mode :0\nDST Min Offset "
         ":60\nDST Start Mon :3\nDST Start Week :2\nDST Start Wday :0\nDST Start Hour :2\nDST End "
         "Mon :11\nDST End Week :1\nDST End Wday :0\nDST End Hour :2\n"},
        {"Australia/Lord_Howe",
         "Time Zone :42\nTime Zone Name :UTC+10:30\nDST Type :2\nDST Rule Mode :0\nDST Min Offset "
         ":30\nDST Start Mon :10\nDST Start Week :1\nDST Start Wday :0\nDST Start Hour :2\nDST End "
         "Mon :4\nDST End Week :1\nDST End Wday :0\nDST End Hour :2\n"},
        {"Asia/Kolkata",
         "Time Zone :22\nTime Zone Name :UTC+5:30\nDST Type :0\nDST Rule Mode :0\nDST Min Offset "
         ":\nDST Start Mon :\nDST Start Week :\nDST Start Wday :\nDST Start Hour :\nDST End Mon "
         ":\nDST End Week :\nDST End Wday :\nDST End Hour :\n"},
        {"Europe/Lisbon",
         "Time Zone :0\nTime Zone Name :UTC\nDST Type :2\nDST Rule Mode :0\nDST Min Offset "
         ":60\nDST Start Mon :3\nDST Start Week :5\nDST Start Wday :0\nDST Start Hour :1\nDST End "
         "Mon :10\nDST End Week :5\nDST End Wday :0\nDST End Hour :2\n"},
        {"America/Nuuk",
         "Time Zone :-8\nTime Zone Name :UTC-02\nDST Type :0\nDST Rule Mode :0\nDST Min Offset "
         ":\nDST Start Mon :\nDST Start Week :\nDST Start Wday :\nDST Start Hour :\nDST End Mon "
         ":\nDST End Week :\nDST End Wday :\nDST End Hour :\n"},
    };
    struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k")};
    struct bk_setting *zone = &phone.settings[BK_NEUTRAL_TIME_ZONE];
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    zone->layer = BK_LAYER_TENANT;
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_buf out;
        print_message("  %s\n", rows[i].zone);
        zone->value.text = bk_str_of(rows[i].zone);
        assert_int_equal(render(&phone, BK_FILE_DEVICE, &out, NULL), BK_OK);
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
        cmocka_unit_test(the_version_grows_with_the_revision),
        cmocka_unit_test(clocks_are_changed_as_the_zone_has_it),
        cmocka_unit_test(a_firmware_descriptor_is_not_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
