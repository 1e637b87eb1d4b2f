/* Avaya: its paths and User-Agents, and what must not be taken for one; raw parameters. */
#include "harness/test.h"

#include "unit/vendor/corpus.h"
#include "vendor/vendor.h"

static const struct bk_vendor *avaya(void)
{
    return bk_vendor_find(BK_STR("avaya"));
}

static void every_collected_path_is_matched(void **state)
{
    (void)state;
    corpus_check_paths(avaya(), "tests/corpus/avaya-request-paths.tsv", 6);
}

static const struct {
    const char *path, *kind, *model_code;
} paths[] = {
    {"46xxsettings.txt", "master", ""},    {"c81fea9b650d.txt", "device", ""},
    {"SIPC81FEA9B650D.cfg", "device", ""}, {"96x1Supgrade.txt", "firmware", ""},
    {"1210.cfg", "common", "1210"},
};

static void other_paths_follow_the_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(paths); i++) {
        struct bk_path_match match;
        print_message("  %s\n", paths[i].path);
        assert_true(avaya()->match_path(bk_str_of(paths[i].path), &match));
        assert_string_equal(bk_file_kind_name(match.kind), paths[i].kind);
        assert_str_equal(match.model_code, paths[i].model_code);
    }
}

static const char *const no_paths[] = {
    "",
    ".txt",
    "upgrade.txt",
    "J100Supgrade.cfg",
    "J100Supgrade.txt?x",
    "a/J100Supgrade.txt",
    "../J100Supgrade.txt",
    "J100.Supgrade.txt",
    "abcdefghijklmnopqrstupgrade.txt",
    "46xxsettings.cfg",
    "/46xxsettings.txt",
    "c81fea9b650.txt",
    "c81fea9b650d.xml",
    "SIPc81fea9b650d.txt",
    "SIP.cfg",
    "1221.cfg",
    "1320.cfg",
    "1220sip.cfg",
    "1220SIPX.cfg",
    "1220.txt",
    "12a0.cfg",
    "c81fea9b650d%2etxt",
};

static void nothing_else_is_a_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(no_paths); i++) {
        struct bk_path_match match;
        print_message("  \"%s\"\n", no_paths[i]);
        assert_false(avaya()->match_path(bk_str_of(no_paths[i]), &match));
    }
}

static void every_collected_agent_is_read(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    corpus_check_agents(avaya(), "tests/corpus/avaya-user-agents.tsv", false, 3);
    bk_vendors_deinit();
}

/* One byte of any value stands in it. */
static void the_1200_series_is_read(void **state)
{
    (void)state;
    static const char *const agents[] = {"AVAYA/SIP12x0\x14/04.00.04.00",
                                         "AVAYA/SIP12x0\xff/04.01.13.00"};
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(agents); i++) {
        struct bk_agent got;
        assert_ptr_equal(bk_vendor_of_agent(bk_str_of(agents[i]), &got), avaya());
        assert_str_equal(got.model, "SIP12x0");
        assert_false(got.has_mac);
        assert_non_null(bk_model_find(avaya(), got.model));
    }
    bk_vendors_deinit();
}

static const char *const no_agents[] = {
    "",
    "AVAYA/",
    "AVAYA/J179",
    "AVAYA/J179-4.1.3.0.6",
    "AVAYA/J179-4 (MAC:c81fea83e85a)",
    "AVAYA/-4.1.3.0.6 (MAC:c81fea83e85a)",
    "AVAYA/J179-4.1.3.0.6 (MAC:c81fea83e8)",
    "AVAYA/J179-4.1.3.0.6 MAC:c81fea83e85a",
    "AVAYA/J1/79-4.1.3.0.6 (MAC:c81fea83e85a)",
    "Mozilla/4.0 (compatible; MSIE 6.0)",
    "AVAYA/SIP12x0\x14\x14/04.00.04.00",
    "AVAYA/SIP12x0\x14/04.00",
    "AVAYA/SIP13x0\x14/04.00.04.00",
    "AVAYA/J179-4.1.3.0.6 (MAC:c81fea83e85a) x",
};

static void nothing_else_is_an_agent(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(no_agents); i++) {
        struct bk_agent got;
        print_message("  \"%s\"\n", no_agents[i]);
        assert_false(avaya()->match_agent(bk_str_of(no_agents[i]), &got));
    }
}

static const struct {
    const char *name, *value;
    enum bk_err want;
    const char *says;
} raws[] = {
    {"DIALPLAN", "XXX|XXXX", BK_OK, ""},
    {"LANGUAGES", "a b", BK_OK, ""},
    {"FORCE_SIP_PASSWORD", "x", BK_ERR_DENIED, "line"},
    {"force_sip_password", "x", BK_ERR_DENIED, "line"},
    {"SIP_CONTROLLER_LIST_2", "evil.example", BK_ERR_DENIED, "PBX"},
    {"TLSSRVR", "evil.example", BK_ERR_DENIED, "address"},
    {"DES_STAT", "2", BK_ERR_DENIED, "address"},
    {"MYCERTURL", "http://evil.example", BK_ERR_DENIED, "address"},
    {"PROCPSWD", "1", BK_ERR_DENIED, "security.admin_secret"},
    {"PHONEKEY", "Key=1", BK_ERR_DENIED, "key"},
    {"A B", "x", BK_ERR_INVALID, "letters"},
    {"A\nGET", "x", BK_ERR_INVALID, "letters"},
    {"", "x", BK_ERR_INVALID, "letters"},
    {"DIALPLAN", "x\nSET TLSSRVR evil.example", BK_ERR_INVALID, "control character"},
    {"DIALPLAN", "a\"b", BK_ERR_INVALID, "quote"},
    {"DIALPLAN", "x\rGET evil.txt", BK_ERR_INVALID, "control character"},
    {"DIALPLAN", "x\xc2\x85GET evil.txt", BK_ERR_INVALID, "control character"},
    {"GET", "evil.txt", BK_ERR_INVALID, "none of"},
    {"goto", "END", BK_ERR_INVALID, "none of"},
    {"If", "$MODEL4 SEQ J179 GOTO END", BK_ERR_INVALID, "none of"},
    {"SET", "TLSSRVR", BK_ERR_INVALID, "none of"},
    {"GETX", "1", BK_OK, ""},
    {"# END", "x", BK_ERR_INVALID, "letters"},
    {"##", "x", BK_ERR_INVALID, "letters"},
    {"\"TLSSRVR\"", "x", BK_ERR_INVALID, "letters"},
    {"A\tB", "x", BK_ERR_INVALID, "letters"},
    {"DIALPLAN", "GET evil.txt", BK_OK, ""}, /* a value: it stands behind its name */
    {"DIALPLAN", "## x", BK_OK, ""},
    {"GROUP", "$MACADDR", BK_ERR_INVALID, "dollar sign"},
    {"GROUP", "x$model4", BK_ERR_INVALID, "dollar sign"},
    {"GROUP", "$", BK_OK, ""},
    {"GROUP", "5$ $5 ${x}", BK_OK, ""},
};

static void raw_parameters_are_judged_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(raws); i++) {
        struct bk_detail detail = {{0}};
        print_message("  %s\n", raws[i].name);
        assert_int_equal(
            bk_raw_check(avaya(), bk_str_of(raws[i].name), bk_str_of(raws[i].value), &detail),
            raws[i].want);
        if (strstr(detail.text, raws[i].says) == NULL)
            fail_msg("detail is \"%s\"", detail.text);
    }
}

/* However it is spelt: letters of either case, numbers with zeros before them, other members of a
 * family. */
static const struct {
    const char *name, *says;
} reserved[] = {
    {"FORCE_SIP_EXTENSION", "line"},
    {"force_sip_username", "line"},
    {"Force_Sip_Password", "line"},
    {"FORCE_SIP_PASSWORD_2", "line"},
    {"SIP_USER_ACCOUNT", "line"},
    {"SIP_USER_ID", "line"},
    {"SIP_USER_PASSWORD", "line"},
    {"SIPUSERNAME", "line"},
    {"SIPPASSWORD", "line"},
    {"PREV_SIP_USER_ACCOUNT", "line"},
    {"ENABLE_SIP_USER_ID", "line"},
    {"DISPLAY_NAME", "line"},
    {"PRIMARY_LINE_EXTENSION", "line"},
    {"SIP_CONTROLLER_LIST", "PBX"},
    {"SIP_CONTROLLER_LIST_2", "PBX"},
    {"SIP_CONTROLLER_MODE", "PBX"},
    {"SIPDOMAIN", "PBX"},
    {"SIPPROXYSRVR", "PBX"},
    {"SIPPROXYSRVR_IN_USE", "PBX"},
    {"SIP_PROXY_SELECTION_POLICY", "PBX"},
    {"SIPREGISTRAR1", "PBX"},
    {"SIPSIGNAL", "PBX"},
    {"SIPPORT", "PBX"},
    {"MWISRVR", "PBX"},
    {"MEDIAENCRYPTION", "PBX"},
    {"CODEC_PRIORITY", "audio.codecs"},
    {"ENABLE_G722", "audio.codecs"},
    {"ENABLE_G0729", "audio.codecs"},
    {"ENABLE_G726", "audio.codecs"},
    {"PHONEKEY", "key"},
    {"PHONEKEY2", "key"},
    {"HTTPSRVR", "address"},
    {"httpsrvr", "address"},
    {"HTTPSRVR_IN_USE", "address"},
    {"HTTPSRVR2", "address"},
    {"HTTPPORT", "address"},
    {"HTTPDIR", "address"},
    {"HTTPDIR_PHN", "address"},
    {"HTTPUSED", "address"},
    {"HTTPPROXY", "address"},
    {"HTTPEXCEPTIONDOMAINS", "address"},
    {"TLSSRVR", "address"},
    {"TLSSRVRID", "address"},
    {"TLSSRVRVERIFYID", "address"},
    {"TLSPORT", "address"},
    {"TLSDIR", "address"},
    {"TLS_VERSION", "address"},
    {"AUTH", "address"},
    {"FORCE_HTTP_AUTH_USERNAME", "address"},
    {"FILE_SERVER_URL", "address"},
    {"CHECK_FILE_SERVER", "address"},
    {"CONFIG_SERVER", "address"},
    {"CONFIG_SERVER_PATH", "address"},
    {"CONFIG_SERVER_SECURE_MODE", "address"},
    {"DES_STAT", "address"},
    {"DES_BLOCK", "address"},
    {"DES_SUPPORT", "address"},
    {"ENABLE_AVAYA_ENVIRONMENT", "SIP servers"},
    {"DISCOVER_AVAYA_ENVIRONMENT", "SIP servers"},
    {"ENABLE_3PCC_ENVIRONMENT", "SIP servers"},
    {"3PCC_SERVER_MODE", "SIP servers"},
    {"ENABLE_IPOFFICE", "SIP servers"},
    {"ENABLE_PPM", "SIP servers"},
    {"ENABLE_OOD_RESET_NOTIFY", "SIP servers"},
    {"ENABLE_OOD_MSG_TLS_ONLY", "SIP servers"},
    {"XSI_URL", "SIP servers"},
    {"BRURI", "SIP servers"},
    {"BRAUTH", "SIP servers"},
    {"USER_STORE_URI", "SIP servers"},
    {"PUSHPORT", "SIP servers"},
    {"TPSLIST", "SIP servers"},
    {"SUBSCRIBELIST", "SIP servers"},
    {"FORCE_WEB_ADMIN_PASSWORD", "security.admin_secret"},
    {"PROCPSWD", "security.admin_secret"},
    {"ADMIN_PASSWORD", "security.admin_secret"},
    {"ENABLE_WEBSERVER", "security.web_ui"},
    {"WEBSERVER_ON_HTTP", "security.web_ui"},
    {"SSH_ALLOWED", "control"},
    {"EASG_SITE_AUTH_FACTOR", "control"},
    {"SNMPSTRING", "control"},
    {"TRUSTCERTS", "security.ca_url"},
    {"TRUSTLIST", "security.ca_url"},
    {"ENABLE_PUBLIC_CA_CERTS", "security.ca_url"},
    {"SERVER_CERT_RECHECK_HOURS", "security.ca_url"},
    {"OCSP_ENABLED", "security.ca_url"},
    {"KEYUSAGE_REQUIRED", "security.ca_url"},
    {"MYCERTCN", "address"},
    {"MYCERTURL", "address"},
    {"PKCS12URL", "address"},
    {"PKCS012URL", "address"},
    {"SCEPPASSWORD", "address"},
    {"DELETE_MY_CERT", "address"},
    {"SNTPSRVR", "time.ntp_servers"},
    {"SNTPSRVR_IN_USE", "time.ntp_servers"},
    {"GMTOFFSET", "time.zone"},
    {"DSTOFFSET", "time.zone"},
    {"DAYLIGHT_SAVING_SETTING_MODE", "time.zone"},
    {"TIMEZONE", "time.zone"},
    {"APPNAME", "firmware"},
    {"APPNAME_IN_USE", "firmware"},
    {"JEM24_APPNAME", "firmware"},
};

static void reserved_families_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(reserved); i++) {
        struct bk_detail detail = {{0}};
        print_message("  %s\n", reserved[i].name);
        assert_int_equal(bk_raw_check(avaya(), bk_str_of(reserved[i].name), BK_STR("1"), &detail),
                         BK_ERR_DENIED);
        if (strstr(detail.text, reserved[i].says) == NULL)
            fail_msg("detail is \"%s\"", detail.text);
    }
}

/* What would have to be guessed is refused, and says so. */
static void what_an_avaya_cannot_have_is_refused(void **state)
{
    (void)state;
    static const struct {
        enum bk_transport transport;
        enum bk_srtp srtp;
        const char *label, *says;
    } rows[] = {
        {BK_TRANSPORT_NAPTR, BK_SRTP_OFF, "x", "SIP_CONTROLLER_LIST"},
        {BK_TRANSPORT_TLS, BK_SRTP_REQUIRED, "x", "MEDIAENCRYPTION"},
        {BK_TRANSPORT_TLS, BK_SRTP_OFF, "a;b", "PHONEKEY"},
        {BK_TRANSPORT_TLS, BK_SRTP_OFF, "a\"b", "PHONEKEY"},
    };
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_line line = {
            .index = 1, .pbx.transport = rows[i].transport, .pbx.srtp = rows[i].srtp};
        struct bk_phone_key key = {
            .slot = 1, .kind = BK_KEY_BLF, .label = bk_str_of(rows[i].label)};
        const struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k"),
                                       .lines = &line,
                                       .line_count = 1,
                                       .keys = &key,
                                       .key_count = 1};
        const struct bk_file_request request = {.kind = BK_FILE_DEVICE};
        struct bk_detail detail = {{0}};
        struct bk_buf out;
        bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
        assert_int_equal(bk_vendor_render(avaya(), &phone, NULL, &request, &out, NULL, &detail),
                         BK_ERR_INVALID);
        assert_non_null(strstr(detail.text, rows[i].says));
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_collected_path_is_matched),
        cmocka_unit_test(other_paths_follow_the_grammar),
        cmocka_unit_test(nothing_else_is_a_path),
        cmocka_unit_test(every_collected_agent_is_read),
        cmocka_unit_test(the_1200_series_is_read),
        cmocka_unit_test(nothing_else_is_an_agent),
        cmocka_unit_test(raw_parameters_are_judged_by_the_table),
        cmocka_unit_test(reserved_families_are_refused),
        cmocka_unit_test(what_an_avaya_cannot_have_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
