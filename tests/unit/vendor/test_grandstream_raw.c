/* Grandstream: what an admin may set raw, what the driver refuses to write, what it never serves.
 */
#include "harness/test.h"

#include <string.h>

#include "vendor/vendor.h"

static const struct bk_vendor *grandstream(void)
{
    return bk_vendor_find(BK_STR("grandstream"));
}

static const struct {
    const char *name, *value;
    enum bk_err want;
    const char *says;
} cases[] = {
    {"P4428", "1", BK_OK, ""},
    {"P64", "", BK_OK, ""},
    {"P323", "1", BK_OK, ""},
    {"P22", "x", BK_OK, ""},
    {"P99999", "x", BK_OK, ""},
    {"sip.notify.challenge", "Yes", BK_OK, ""},
    {"account.1.sip.allowSipReset", "No", BK_OK, ""},
    {"provisioning.firmware.confirm.enable", "No", BK_OK, ""},
    {"P47", "evil.example", BK_ERR_DENIED, "PBX"},
    {"P2312", "evil.example", BK_ERR_DENIED, "PBX"},
    {"P402", "evil.example", BK_ERR_DENIED, "PBX"},
    {"P603", "evil.example", BK_ERR_DENIED, "PBX"},
    {"P702", "evil.example", BK_ERR_DENIED, "PBX"},
    {"P1702", "evil.example", BK_ERR_DENIED, "PBX"},
    {"P1803", "evil.example", BK_ERR_DENIED, "PBX"},
    {"P2512", "evil.example", BK_ERR_DENIED, "PBX"},
    {"P34", "x", BK_ERR_DENIED, "line"},
    {"P506", "x", BK_ERR_DENIED, "line"},
    {"P3", "x", BK_ERR_DENIED, "line"},
    {"P237", "evil.example", BK_ERR_DENIED, "address"},
    {"P212", "1", BK_ERR_DENIED, "address"},
    {"P1360", "x", BK_ERR_DENIED, "address"},
    {"P1361", "x", BK_ERR_DENIED, "address"},
    {"P234", "x", BK_ERR_DENIED, "address"},
    {"P1359", "x", BK_ERR_DENIED, "control"},
    {"P8220", "x", BK_ERR_DENIED, "control"},
    {"P2", "x", BK_ERR_DENIED, "security.admin_secret"},
    {"P196", "x", BK_ERR_DENIED, "security.user_secret"},
    {"P192", "evil.example", BK_ERR_DENIED, "firmware.url"},
    {"P30", "x", BK_ERR_DENIED, "time.ntp_servers"},
    {"account.1.sip.server.1.address", "evil.example", BK_ERR_DENIED, "PBX"},
    {"account.05.sip.server.3.address", "evil.example", BK_ERR_INVALID, "leading zeros"},
    {"Account.6.SIP.OutboundProxy.1.Address", "evil.example", BK_ERR_DENIED, "PBX"},
    {"account.1.sip.subscriber.password", "x", BK_ERR_DENIED, "line"},
    {"provisioning.config.serverPath", "evil.example", BK_ERR_DENIED, "address"},
    {"provisioning.config.filePrefix", "x", BK_ERR_DENIED, "address"},
    {"PROVISIONING.CONFIG.PROTOCOL", "x", BK_ERR_DENIED, "address"},
    {"provisioning.firmware.serverPath", "evil.example", BK_ERR_DENIED, "firmware.url"},
    {"users.admin.password", "x", BK_ERR_DENIED, "security.admin_secret"},
    {"pks.vpk.12.keyMode", "Line", BK_ERR_DENIED, "key"},
    {"P8333", "x", BK_ERR_DENIED, "time.ntp_servers"},
    {"dateTime.ntp.server.1", "x", BK_ERR_DENIED, "time.ntp_servers"},
    {"P967", "x", BK_ERR_DENIED, "PBX"},
    {"P987", "x", BK_ERR_DENIED, "PBX"},
    {"P2333", "x", BK_ERR_DENIED, "PBX"},
    {"P2433", "x", BK_ERR_DENIED, "PBX"},
    {"P747", "x", BK_ERR_DENIED, "PBX"},
    {"P748", "x", BK_ERR_DENIED, "PBX"},
    {"P8617", "x", BK_ERR_DENIED, "PBX"},
    {"P8618", "x", BK_ERR_DENIED, "PBX"},
    {"P830", "x", BK_ERR_DENIED, "PBX"},
    {"P2308", "x", BK_ERR_DENIED, "PBX"},
    {"P2410", "x", BK_ERR_DENIED, "PBX"},
    {"P1411", "x", BK_ERR_DENIED, "PBX"},
    {"P734", "x", BK_ERR_DENIED, "line"},
    {"P735", "x", BK_ERR_DENIED, "line"},
    {"P736", "x", BK_ERR_DENIED, "line"},
    {"P732", "x", BK_ERR_DENIED, "sip.register_expires_s"},
    {"P8337", "x", BK_ERR_DENIED, "provisioning.dhcp"},
    {"P22296", "x", BK_ERR_DENIED, "provisioning.interval_min"},
    {"P8467", "x", BK_ERR_DENIED, "address"},
    {"P8501", "x", BK_ERR_DENIED, "address"},
    {"P8601", "x", BK_ERR_DENIED, "address"},
    {"P232", "x", BK_ERR_DENIED, "firmware.url"},
    {"P233", "x", BK_ERR_DENIED, "firmware.url"},
    {"P238", "x", BK_ERR_DENIED, "firmware.url"},
    {"P8463", "x", BK_ERR_DENIED, "control"},
    {"P8433", "x", BK_ERR_DENIED, "control"},
    {"P8438", "x", BK_ERR_DENIED, "control"},
    {"P22030", "x", BK_ERR_DENIED, "control"},
    {"P276", "x", BK_ERR_DENIED, "control"},
    {"P1409", "x", BK_ERR_DENIED, "control"},
    {"P4503", "x", BK_ERR_DENIED, "control"},
    {"P4504", "x", BK_ERR_DENIED, "control"},
    {"P4505", "x", BK_ERR_DENIED, "control"},
    {"P4511", "x", BK_ERR_DENIED, "control"},
    {"P4512", "x", BK_ERR_DENIED, "control"},
    {"P4518", "x", BK_ERR_DENIED, "control"},
    {"tr069.enable", "x", BK_ERR_DENIED, "control"},
    {"tr069.url", "x", BK_ERR_DENIED, "control"},
    {"TR069.ConnectionRequestPassword", "x", BK_ERR_DENIED, "control"},
    {"tr069.ssl.privateKey", "x", BK_ERR_DENIED, "control"},
    {"security.certificate", "x", BK_ERR_DENIED, "control"},
    {"security.key", "x", BK_ERR_DENIED, "control"},
    {"security.password", "x", BK_ERR_DENIED, "control"},
    {"security.ssh", "x", BK_ERR_DENIED, "control"},
    {"security.ssh.port", "x", BK_ERR_DENIED, "control"},
    {"Security.WebAccess.user.enable", "x", BK_ERR_DENIED, "security.web_ui"},
    {"security.webaccessmode", "x", BK_ERR_DENIED, "security.web_ui"},
    {"security.validate.serverCertificate", "x", BK_ERR_DENIED, "security.verify_server"},
    {"trustedCACertificates.load", "x", BK_ERR_DENIED, "control"},
    {"gdms.enable", "x", BK_ERR_DENIED, "control"},
    {"provisioning.validateHostnameInCertificate", "x", BK_ERR_DENIED, "control"},
    {"provisioning.userProtect.enable", "x", BK_ERR_DENIED, "control"},
    {"provisioning.override.dhcp.allowCustomOption", "x", BK_ERR_DENIED, "provisioning.dhcp"},
    {"provisioning.3cxAutoProvision", "x", BK_ERR_DENIED, "provisioning.pnp"},
    {"provisioning.auto.randomTime.enable", "x", BK_ERR_DENIED, "provisioning.interval_min"},
    {"provisioning.config.processAll.enable", "x", BK_ERR_DENIED, "address"},
    {"provisioning.config.filePassword", "x", BK_ERR_DENIED, "address"},
    {"provisioning.firmware.username", "x", BK_ERR_DENIED, "firmware.url"},
    {"provisioning.firmware.filePrefix", "x", BK_ERR_DENIED, "firmware.url"},
    {"provisioning.firmware.checkCondition", "x", BK_ERR_DENIED, "firmware.url"},
    {"sip.override.dhcp.allowOption120", "x", BK_ERR_DENIED, "PBX"},
    {"network.proxy.http", "x", BK_ERR_DENIED, "address"},
    {"network.proxy.https", "x", BK_ERR_DENIED, "address"},
    {"users.user.password", "x", BK_ERR_DENIED, "security.admin_secret"},
    {"account.16.sip.subscriber.userid", "x", BK_ERR_DENIED, "line"},
    {"pks.mpk.40.value", "x", BK_ERR_DENIED, "key"},
    {"dateTime.ntp.server.01", "x", BK_ERR_INVALID, "P and a number"},
    {"account.01.sip.userid", "x", BK_ERR_INVALID, "P and a number"},
    {"pks.vpk.012.keyMode", "x", BK_ERR_INVALID, "P and a number"},
    {"P00237", "x", BK_ERR_INVALID, "P and a number"},
    {"P02", "x", BK_ERR_INVALID, "P and a number"},
    {"dateTime.ntp.server.2", "x", BK_OK, ""},
    {"network.802.1x.mode", "x", BK_OK, ""},
    {"account.1.sip.sessionTimer.enable", "x", BK_OK, ""},
    {"security.minimum.TLS.version", "x", BK_OK, ""},
    {"account.2.sip.fromDomain", "x", BK_ERR_DENIED, "PBX"},
    {"", "x", BK_ERR_INVALID, "P and a number"},
    {"P", "x", BK_ERR_INVALID, "P and a number"},
    {"p47", "evil.example", BK_ERR_INVALID, "P and a number"},
    {"P047", "evil.example", BK_ERR_INVALID, "P and a number"},
    {"P47 ", "evil.example", BK_ERR_INVALID, "P and a number"},
    {"P47/", "evil.example", BK_ERR_INVALID, "P and a number"},
    {"P100000", "x", BK_ERR_INVALID, "P and a number"},
    {"P47><P48", "x", BK_ERR_INVALID, "P and a number"},
    {"mac", "x", BK_ERR_INVALID, "P and a number"},
    {"a..b", "x", BK_ERR_INVALID, "P and a number"},
    {"a.b.", "x", BK_ERR_INVALID, "P and a number"},
    {".a.b", "x", BK_ERR_INVALID, "P and a number"},
    {"a.b\"", "x", BK_ERR_INVALID, "P and a number"},
    {"a.b c", "x", BK_ERR_INVALID, "P and a number"},
    {"a.b\n", "x", BK_ERR_INVALID, "P and a number"},
    {"\xc3\xa4.b", "x", BK_ERR_INVALID, "P and a number"},
    {"P4428", "a\nb", BK_ERR_INVALID, "P4428: holds a control character"},
    {"P4428", "\xef\xbf\xbe", BK_ERR_INVALID, "P4428: holds a character"},
    {"P4428", " a", BK_ERR_INVALID, "P4428: begins or ends"},
};

static void raw_parameters_are_judged_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct bk_detail detail = {{0}};
        print_message("  %s\n", cases[i].name);
        assert_int_equal(bk_raw_check(grandstream(), bk_str_of(cases[i].name),
                                      bk_str_of(cases[i].value), &detail),
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
    return bk_vendor_render(grandstream(), phone, bk_model_find(grandstream(), bk_str_of(model)),
                            &request, out, NULL, ret_detail);
}

static void a_raw_goes_where_the_phone_can_take_it(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        bool has_alias;
    } rows[] = {{"GRP2614", true}, {"GXP2200", false}, {"GXP9999", false}};
    struct bk_raw raws[] = {
        {BK_STR("P237"), BK_STR("evil.example"), BK_LAYER_DEVICE},
        {BK_STR("P4428"), BK_STR("1"), BK_LAYER_DEVICE},
        {BK_STR("account.2.sip.server.1.address"), BK_STR("evil.example"), BK_LAYER_DEVICE},
        {BK_STR("sip.notify.challenge"), BK_STR("No"), BK_LAYER_DEVICE},
    };
    struct bk_phone phone = {
        .provisioning_url = BK_STR("https://p.example/k"), .raws = raws, .raw_count = 4};
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_buf out;
        print_message("  %s\n", rows[i].model);
        assert_int_equal(render(&phone, rows[i].model, &out, NULL), BK_OK);
        assert_non_null(strstr(bk_buf_text(&out), "\n<P4428>1</P4428>\n"));
        assert_null(strstr(bk_buf_text(&out), "evil.example"));
        assert_int_equal(strstr(bk_buf_text(&out), "\"sip.notify.challenge\">No<") != NULL,
                         rows[i].has_alias);
        bk_buf_deinit(&out);
    }
    raws[1].name = BK_STR("P1></P1><P47"); /* what no check would have let in */
    struct bk_buf out;
    struct bk_detail detail = {{0}};
    assert_int_equal(render(&phone, "GRP2614", &out, &detail), BK_ERR_INVALID);
    assert_int_equal(out.len, 0);
    assert_non_null(strstr(detail.text, "raw parameter"));
    bk_buf_deinit(&out);
    bk_vendors_deinit();
}

/* One phone, one thing in it that the driver cannot write: nothing is served, the admin is told. */
static void what_cannot_be_written_refuses_the_file(void **state)
{
    (void)state;
    static const struct {
        const char *label, *model, *display_name;
        int line;
        enum bk_transport transport;
        struct bk_phone_key key;
        const char *says; /* NULL: written */
    } rows[] = {
        {"the control", "GRP2614", "Zoe", 5, BK_TRANSPORT_TLS, {.kind = BK_KEY_BLF}, NULL},
        {"a new line", "GRP2614", "x\n", 1, BK_TRANSPORT_UDP, {0}, "P3: holds a control"},
        {"DEL, by alias",
         "GRP2614",
         "x\x7f",
         5,
         BK_TRANSPORT_UDP,
         {0},
         "account.5.sip.subscriber.name"},
        {"a C1 control", "GXP2200", "x\xc2\x85", 2, BK_TRANSPORT_UDP, {0}, "P407"},
        {"no character",
         "GXP2200",
         "x\xef\xbf\xbf",
         2,
         BK_TRANSPORT_UDP,
         {0},
         "P407: holds a char"},
        {"half a sequence", "GXP2200", "x\xc3", 2, BK_TRANSPORT_UDP, {0}, "UTF-8"},
        {"a blank behind", "GXP2200", "x ", 2, BK_TRANSPORT_UDP, {0}, "P407: begins or ends"},
        {"account 5 as P-values", "GXP2200", "x", 5, BK_TRANSPORT_UDP, {0}, "account.5.enable: "},
        {"account 5, unknown model", "", "x", 5, BK_TRANSPORT_UDP, {0}, "account.5.enable: "},
        {"NAPTR", "GXP2200", "x", 1, BK_TRANSPORT_NAPTR, {0}, "P130: "},
        {"NAPTR, by alias",
         "GRP2614",
         "x",
         6,
         BK_TRANSPORT_NAPTR,
         {0},
         "account.6.sip.transport: "},
    };
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_line line = {.index = rows[i].line, .number = BK_STR("1001")};
        struct bk_phone_key key = rows[i].key;
        struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k"),
                                 .lines = &line,
                                 .line_count = 1,
                                 .keys = &key,
                                 .key_count = 1};
        struct bk_detail detail = {{0}};
        struct bk_buf out;
        key.slot = 1;
        line.display_name = bk_str_of(rows[i].display_name);
        line.pbx.domain = BK_STR("pbx.example");
        line.pbx.transport = rows[i].transport;
        print_message("  %s\n", rows[i].label);
        enum bk_err err = render(&phone, rows[i].model, &out, &detail);
        assert_int_equal(err, rows[i].says == NULL ? BK_OK : BK_ERR_INVALID);
        assert_int_equal(out.len > 0, rows[i].says == NULL);
        if (rows[i].says != NULL && strstr(detail.text, rows[i].says) == NULL)
            fail_msg("detail is \"%s\"", detail.text);
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

static void count_lost(void *context, const struct bk_parameter *parameter)
{
    size_t *count = context;
    *count += parameter->is_lost && parameter->origin.kind == BK_ORIGIN_KEY;
}

/* The phone gets its file without them, and `explain` names each. */
static void keys_that_have_no_parameter_are_told_as_lost(void **state)
{
    (void)state;
    static const struct {
        const char *label, *model;
        struct bk_phone_key key;
        size_t lost;
    } rows[] = {
        {"one that it has", "GRP2614", {.kind = BK_KEY_BLF}, 0},
        {"as P-values", "GXP2200", {.kind = BK_KEY_BLF}, 1},
        {"none, as P-values", "GXP2200", {.kind = BK_KEY_NONE}, 0},
        {"of an unknown model", "", {.kind = BK_KEY_BLF}, 1},
        {"of a module", "GRP2614", {.panel = BK_PANEL_MODULE, .module = 1, .kind = BK_KEY_BLF}, 1},
        {"one that sends DTMF", "GRP2614", {.kind = BK_KEY_DTMF}, 1},
        {"one that picks up", "GRP2614", {.kind = BK_KEY_PICKUP}, 1},
        {"intercom", "GRP2614", {.kind = BK_KEY_INTERCOM}, 0},
        {"the mailbox", "GXP2170", {.kind = BK_KEY_VOICEMAIL}, 0},
        {"a line, of a panel that has none",
         "GRP2614",
         {.panel = BK_PANEL_PROGRAMMABLE, .kind = BK_KEY_LINE, .line = 1},
         1},
    };
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_phone_key key = rows[i].key;
        struct bk_phone phone = {
            .provisioning_url = BK_STR("https://p.example/k"), .keys = &key, .key_count = 1};
        const struct bk_file_request request = {.kind = BK_FILE_DEVICE};
        size_t lost = 0;
        struct bk_buf out;
        key.slot = 1;
        key.value = BK_STR("4711");
        print_message("  %s\n", rows[i].label);
        assert_int_equal(render(&phone, rows[i].model, &out, NULL), BK_OK);
        bool is_written = strstr(bk_buf_text(&out), "4711") != NULL;
        assert_int_equal(is_written, rows[i].lost == 0 && key.kind != BK_KEY_NONE);
        bk_buf_deinit(&out);
        assert_int_equal(bk_vendor_list(grandstream(), &phone,
                                        bk_model_find(grandstream(), bk_str_of(rows[i].model)),
                                        &request, count_lost, &lost, NULL),
                         BK_OK);
        assert_int_equal(lost, rows[i].lost);
    }
    bk_vendors_deinit();
}

static void an_address_must_be_one_that_the_phone_can_use(void **state)
{
    (void)state;
    static const struct {
        const char *url, *written; /* NULL: refused */
    } rows[] = {
        {"https://p.example/k", "<P192>p.example/k</P192>\n<P6767>2</P6767>"},
        {"HTTPS://p.example", "<P192>p.example</P192>\n<P6767>2</P6767>"},
        {"http://p.example:81/", "<P192>p.example:81/</P192>\n<P6767>1</P6767>"},
        {"tftp://p.example/k", "<P192>p.example/k</P192>\n<P6767>0</P6767>"},
        {"ftp://p.example/k", NULL},
        {"https://", NULL},
        {"p.example/k", NULL},
    };
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k")};
        struct bk_detail detail = {{0}};
        struct bk_buf out;
        phone.settings[BK_NEUTRAL_FIRMWARE_URL] =
            (struct bk_setting){{bk_str_of(rows[i].url), 0}, BK_LAYER_TENANT};
        print_message("  %s\n", rows[i].url);
        enum bk_err err = render(&phone, "GXP2200", &out, &detail);
        assert_int_equal(err, rows[i].written == NULL ? BK_ERR_INVALID : BK_OK);
        if (rows[i].written != NULL)
            assert_non_null(strstr(bk_buf_text(&out), rows[i].written));
        else
            assert_non_null(strstr(detail.text, "P192: wants a URL"));
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

/* What a second account of phones has elsewhere; there are no numbers for its codecs. */
static void the_second_port_of_an_adapter_has_numbers_of_its_own(void **state)
{
    (void)state;
    static const char *const want[] = {
        "<P401>1</P401>",       "<P747>pbx.example</P747>", "<P987>b.example</P987>",
        "<P748></P748>",        "<P735>1002</P735>",        "<P736>1002</P736>",
        "<P734>s3cret</P734>",  "<P703>1002</P703>",        "<P830>2</P830>",
        "<P732>10</P732>",      "<P443>1</P443>",           "<P967></P967>",
        "<P30>a.example</P30>", "<P8333>b.example</P8333>", "<P207>log.example</P207>",
    };
    static const char *const unwanted[] = {"<P402>", "<P406>", "<P417>", "<P451>", "<P2312>"};
    struct bk_line line = {.index = 2,
                           .number = BK_STR("1002"),
                           .secret = BK_STR("s3cret"),
                           .pbx.srtp = BK_SRTP_OPTIONAL};
    struct bk_phone phone = {
        .provisioning_url = BK_STR("https://p.example/k"), .lines = &line, .line_count = 1};
    line.pbx.transport = BK_TRANSPORT_TLS;
    line.pbx.registrars[0].host = BK_STR("pbx.example");
    line.pbx.registrars[1].host = BK_STR("b.example");
    line.pbx.registrar_count = 2;
    line.settings[BK_NEUTRAL_SIP_EXPIRES_S] =
        (struct bk_setting){{BK_STR("600"), 600}, BK_LAYER_TENANT};
    line.settings[BK_NEUTRAL_CODECS] = (struct bk_setting){{BK_STR("pcmu"), 0}, BK_LAYER_TENANT};
    phone.settings[BK_NEUTRAL_TIME_NTP] =
        (struct bk_setting){{BK_STR("a.example,b.example"), 0}, BK_LAYER_TENANT};
    phone.settings[BK_NEUTRAL_SYSLOG_SERVER] =
        (struct bk_setting){{BK_STR("log.example"), 0}, BK_LAYER_TENANT};
    struct bk_buf out;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    assert_int_equal(render(&phone, "HT802", &out, NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(want); i++) {
        print_message("  %s\n", want[i]);
        assert_non_null(strstr(bk_buf_text(&out), want[i]));
    }
    for (size_t i = 0; i < BK_COUNT(unwanted); i++)
        assert_null(strstr(bk_buf_text(&out), unwanted[i]));
    bk_buf_deinit(&out);
    bk_vendors_deinit();
}

static void binaries_and_phone_books_are_not_served(void **state)
{
    (void)state;
    static const enum bk_file_kind kinds[] = {BK_FILE_NONE, BK_FILE_BOOT, BK_FILE_DIRECTORY,
                                              BK_FILE_LOCAL};
    struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k")};
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(kinds); i++) {
        struct bk_file_request request = {.kind = kinds[i], .has_mac = true};
        struct bk_detail detail = {{0}};
        struct bk_buf out;
        bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
        assert_int_equal(
            bk_vendor_render(grandstream(), &phone, NULL, &request, &out, NULL, &detail),
            BK_ERR_NOT_FOUND);
        assert_int_equal(out.len, 0);
        assert_non_null(strstr(detail.text, bk_file_kind_name(kinds[i])));
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_parameters_are_judged_by_the_table),
        cmocka_unit_test(a_raw_goes_where_the_phone_can_take_it),
        cmocka_unit_test(what_cannot_be_written_refuses_the_file),
        cmocka_unit_test(keys_that_have_no_parameter_are_told_as_lost),
        cmocka_unit_test(an_address_must_be_one_that_the_phone_can_use),
        cmocka_unit_test(the_second_port_of_an_adapter_has_numbers_of_its_own),
        cmocka_unit_test(binaries_and_phone_books_are_not_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
