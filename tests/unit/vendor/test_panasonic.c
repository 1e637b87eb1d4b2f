/* Panasonic: its paths and User-Agents, and what must not be taken for one; raw parameters; what is
 * refused. */
#include "harness/test.h"

#include "unit/vendor/corpus.h"
#include "vendor/vendor.h"

static const struct bk_vendor *panasonic(void)
{
    return bk_vendor_find(BK_STR("panasonic"));
}

static void every_collected_row_is_read(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    corpus_check_paths(panasonic(), "tests/corpus/panasonic-request-paths.tsv", 9);
    corpus_check_agents(panasonic(), "tests/corpus/panasonic-user-agents.tsv", false, 1);
    bk_vendors_deinit();
}

static const struct {
    const char *path, *kind, *model; /* kind NULL: none of ours */
} paths[] = {
    {"KX-HDV230.cfg", "common", "KX-HDV230"},
    {"ConfigKX-UTG200.cfg", "common", "KX-UTG200"},
    {"Config0080f0c8c381.cfg", "device", ""},
    {"ConfigCom.cfg", "master", ""},
    {"ConfigCommon.cfg", "master", ""},
    {"KX-UT248-B.cfg", "common", "KX-UT248-B"},
    {"KX-UT248-.cfg", NULL, NULL},
    {"KX--B.cfg", NULL, NULL},
    {"", NULL, NULL},
    {".cfg", NULL, NULL},
    {"Com.cfg", NULL, NULL},
    {"Config.cfg", NULL, NULL},
    {"KX-.cfg", NULL, NULL},
    {"kx-hdv230.cfg", NULL, NULL},
    {"KX-HDV230.CFG", NULL, NULL},
    {"KX-HDV/230.cfg", NULL, NULL},
    {"KX-HDV230ABCDEFGHIJKLMNOPQ.cfg", NULL, NULL},
    {"0080F0C8C381.cfg", NULL, NULL},
    {"Config0080F0C8C38.cfg", NULL, NULL},
    {"Config0080F0C8C3811.cfg", NULL, NULL},
    {"ConfigConfig0080F0C8C381.cfg", NULL, NULL},
    {"../Config0080F0C8C381.cfg", NULL, NULL},
    {"Config0080F0C8C381.cfg?x", NULL, NULL},
    {"Config0080F0C8C381%2ecfg", NULL, NULL},
};

static void paths_follow_the_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(paths); i++) {
        struct bk_path_match match;
        print_message("  \"%s\"\n", paths[i].path);
        bool is_ours = panasonic()->match_path(bk_str_of(paths[i].path), &match);
        assert_int_equal(is_ours, paths[i].kind != NULL);
        if (is_ours) {
            assert_string_equal(bk_file_kind_name(match.kind), paths[i].kind);
            assert_str_equal(match.model_code, paths[i].model);
        }
    }
}

static const struct {
    const char *agent, *model; /* NULL: none of ours */
} agents[] = {
    {"Panasonic_KX-HDV230/08.110 (080023abcdef)", "KX-HDV230"},
    {"Panasonic_KX-TGP600/10.00", "KX-TGP600"},
    {"Panasonic_KX-HDV230/08.110 (080023abcde)", NULL},
    {"Panasonic_KX-HDV230/08.110 080023abcdef", NULL},
    {"Panasonic_KX-HDV230/08.110 (080023abcdef", NULL},
    {"Panasonic_KX-HDV230/", NULL},
    {"Panasonic_KX-HDV230", NULL},
    {"Panasonic_HDV230/08.110", NULL},
    {"Panasonic_KX-UT136-B/01.061 (0080f0c9f54e)", "KX-UT136-B"},
    {"Panasonic-KX-UT136-B/01.061 (0080F0C9F54E)", "KX-UT136-B"},
    {"Panasonic KX-HDV230/08.110", "KX-HDV230"},
    {"Panasonic/KX-HDV230/08.110", NULL},
    {"PanasonicKX-HDV230/08.110", NULL},
    {"Panasonic", NULL},
    {"Panasonic_", NULL},
    {"", NULL},
};

static void agents_follow_the_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(agents); i++) {
        struct bk_agent agent;
        print_message("  %s\n", agents[i].agent);
        bool is_ours = panasonic()->match_agent(bk_str_of(agents[i].agent), &agent);
        assert_int_equal(is_ours, agents[i].model != NULL);
        if (is_ours)
            assert_str_equal(agent.model, agents[i].model);
    }
}

static const struct {
    const char *name, *value;
    enum bk_err want;
} raws[] = {
    {"DST_ENABLE", "Y", BK_OK},
    {"FLEX_BUTTON_LABEL1", "# 1", BK_OK},
    {"FIRM_VERSION", "08.110", BK_OK},
    {"SIP_PASS_1", "x", BK_ERR_DENIED},
    {"SIP_RGSTR_ADDR_8", "evil.example", BK_ERR_DENIED},
    {"SIP_2NDPROXY_PORT_1", "1", BK_ERR_DENIED},
    {"CFG_MASTER_FILE_PATH", "http://evil.example/", BK_ERR_DENIED},
    {"OPTION66_ENABLE", "Y", BK_ERR_DENIED},
    {"ADMIN_ID", "x", BK_ERR_DENIED},
    {"CFG_EXTERNAL_FILE_PATH", "http://evil.example/", BK_ERR_DENIED},
    {"CFG_CLIENT_CERT_PATH", "http://evil.example/", BK_ERR_DENIED},
    {"CFG_RTRY_INTVL", "1440", BK_ERR_DENIED},
    {"CFG_FILE_KEY1", "x", BK_ERR_DENIED},
    {"PROVISION_SERVER", "evil.example", BK_ERR_DENIED},
    {"OPTION160_PRIORITY", "1", BK_ERR_DENIED},
    {"SIPPNP_PROV_ENABLE", "Y", BK_ERR_DENIED},
    {"HTTP_PROXY_ADDR", "evil.example", BK_ERR_DENIED},
    {"HTTP_SSL_VERIFY", "0", BK_ERR_DENIED},
    {"SIP_TLS_VERIFY_1", "0", BK_ERR_DENIED},
    {"SIP_ROOT_CERT_PATH", "http://evil.example/", BK_ERR_DENIED},
    {"SIP_2NDPRSNC_ADDR_01", "evil.example", BK_ERR_DENIED},
    {"SIP_PASS", "x", BK_ERR_DENIED},
    {"ACS_URL", "http://evil.example/", BK_ERR_DENIED},
    {"ACS_PASS", "x", BK_ERR_DENIED},
    {"CON_REQ_USER_ID", "x", BK_ERR_DENIED},
    {"PERIODIC_INFORM_ENABLE", "Y", BK_ERR_DENIED},
    {"ANNEX_G_STUN_SERV_ADDR", "evil.example", BK_ERR_DENIED},
    {"TR069_ENABLE", "Y", BK_ERR_DENIED},
    {"USER_PASS", "x", BK_ERR_DENIED},
    {"HTTPD_PORTOPEN_AUTO", "Y", BK_ERR_DENIED},
    {"XMLAPP_USERPASS", "x", BK_ERR_DENIED},
    {"XML_HTTPD_PORT", "6666", BK_ERR_DENIED},
    {"TELNETD_ENABLE", "Y", BK_ERR_DENIED},
    {"SRTP_CONNECT_MODE_1", "1", BK_OK},
    {"sip_pass_1", "x", BK_ERR_INVALID},
    {"1X", "x", BK_ERR_INVALID},
    {"A B", "x", BK_ERR_INVALID},
    {"X", "say \"hi\"", BK_ERR_INVALID},
    {"A234567890123456789012345678901_", "x", BK_OK},
    {"A234567890123456789012345678901_3", "x", BK_ERR_INVALID},
    {"X", "1\nADMIN_PASS=\"x\"", BK_ERR_INVALID},
};

static void raw_parameters_are_judged_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(raws); i++) {
        print_message("  %s\n", raws[i].name);
        assert_int_equal(
            bk_raw_check(panasonic(), bk_str_of(raws[i].name), bk_str_of(raws[i].value), NULL),
            raws[i].want);
    }
}

static enum bk_err render(const struct bk_phone *phone, const char *model,
                          const struct bk_file_request *request, struct bk_detail *ret_detail)
{
    struct bk_buf out;
    bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
    enum bk_err err =
        bk_vendor_render(panasonic(), phone, bk_model_find(panasonic(), bk_str_of(model)), request,
                         &out, NULL, ret_detail);
    bk_buf_deinit(&out);
    return err;
}

static void what_a_panasonic_cannot_have_is_refused(void **state)
{
    (void)state;
    static const char *const says[] = {"", "SRTP: has no", "SIP_TRANSPORT_1: has no",
                                       "DISPLAY_NAME_1", "DISPLAY_NAME_1: is longer than 500"};
    char long_name[502];
    memset(long_name, 'x', 501);
    const struct bk_file_request request = {.kind = BK_FILE_DEVICE, .has_mac = true};
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t round = 0; round < BK_COUNT(says); round++) {
        struct bk_line line = {.index = 1, .number = BK_STR("1001")};
        struct bk_detail detail = {{0}};
        line.pbx.domain = BK_STR("pbx.example");
        line.pbx.srtp = round == 1 ? BK_SRTP_REQUIRED : BK_SRTP_OPTIONAL;
        line.pbx.transport = round == 2 ? BK_TRANSPORT_NAPTR : BK_TRANSPORT_TLS;
        line.display_name = round == 3   ? BK_STR("Erika \"E\" Muster")
                            : round == 4 ? (struct bk_str){long_name, 501}
                                         : BK_STR("Erika");
        const struct bk_phone phone = {
            .provisioning_url = BK_STR("https://p.example/k"), .lines = &line, .line_count = 1};
        assert_int_equal(render(&phone, "KX-HDV130", &request, &detail),
                         round == 0 ? BK_OK : BK_ERR_INVALID);
        assert_non_null(strstr(detail.text, says[round]));
    }
    bk_vendors_deinit();
}

static void phones_that_want_xml_get_nothing(void **state)
{
    (void)state;
    const struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k")};
    const struct bk_file_request own = {.kind = BK_FILE_DEVICE, .has_mac = true},
                                 common = {.kind = BK_FILE_COMMON,
                                           .model_code = BK_STR("KX-UTG300")};
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    assert_int_equal(render(&phone, "KX-UTG300", &own, NULL), BK_ERR_NOT_FOUND);
    assert_int_equal(render(&phone, "", &common, NULL), BK_ERR_NOT_FOUND);
    assert_int_equal(render(&phone, "", &own, NULL), BK_OK);
    const struct bk_phone regional = {.provisioning_url = BK_STR("https://p.example/k"),
                                      .model = BK_STR("KX-UTG300B")};
    assert_int_equal(render(&regional, "", &own, NULL), BK_ERR_NOT_FOUND);
    bk_vendors_deinit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_collected_row_is_read),
        cmocka_unit_test(paths_follow_the_grammar),
        cmocka_unit_test(agents_follow_the_grammar),
        cmocka_unit_test(raw_parameters_are_judged_by_the_table),
        cmocka_unit_test(what_a_panasonic_cannot_have_is_refused),
        cmocka_unit_test(phones_that_want_xml_get_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
