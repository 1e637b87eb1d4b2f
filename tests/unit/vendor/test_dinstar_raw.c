/* Dinstar: the index, what an admin may set raw, what the driver refuses to write. */
#include "harness/test.h"

#include <string.h>

#include "vendor/vendor.h"

static const struct bk_vendor *dinstar(void)
{
    return bk_vendor_find(BK_STR("dinstar"));
}

static const struct {
    const char *name, *value;
    enum bk_err want;
    const char *says;
} cases[] = {
    {"sip/session_timer", "enable", BK_OK, ""},
    {"digitmap/digitmap", "x.T|x.#", BK_OK, ""},
    {"media/dtmf_method", "", BK_OK, ""},
    {"media/start_rtp_port", "", BK_ERR_DENIED, "rtp.port_min"},
    {"media/codecs_prefered", "1", BK_OK, ""},
    {"media/codec0", "1", BK_ERR_DENIED, "audio.codecs"},
    {"sip/voicemail", "1", BK_ERR_DENIED, "voicemail_number"},
    {"sipserver/transport", "tls", BK_ERR_INVALID, "one of the groups"},
    {"provision/url", "http://evil.example", BK_ERR_INVALID, "one of the groups"},
    {"tr069/Enable", "1", BK_ERR_INVALID, "one of the groups"},
    {"sip", "x", BK_ERR_INVALID, "one of the groups"},
    {"sip/", "x", BK_ERR_INVALID, "one of the groups"},
    {"sip/a b", "x", BK_ERR_INVALID, "one of the groups"},
    {"sip/a/b", "x", BK_ERR_INVALID, "one of the groups"},
    {"sip/a\"/><x", "x", BK_ERR_INVALID, "one of the groups"},
    {"sip/t1", "a\nb", BK_ERR_INVALID, "sip/t1: holds a control character"},
};

static void raw_parameters_are_judged_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct bk_detail detail = {{0}};
        print_message("  %s\n", cases[i].name);
        assert_int_equal(
            bk_raw_check(dinstar(), bk_str_of(cases[i].name), bk_str_of(cases[i].value), &detail),
            cases[i].want);
        if (strstr(detail.text, cases[i].says) == NULL)
            fail_msg("detail is \"%s\"", detail.text);
    }
}

/* Groups in which the driver writes, or that would hand the device to somebody else, and what is
 * nearly one of the six. */
static const char *const no_names[] = {
    "provision/url",
    "Provision/url",
    "PROVISION/provison_password",
    "provision",
    "provision/",
    "/provision/url",
    "provision//url",
    "sip/../provision/url",
    "sip/provision/url",
    "./provision/url",
    "sipserver/server0/domain",
    "sipserver/server00/domain",
    "sipserver/server1/port",
    "sipserver/outbound/domain",
    "sipserver/tls_bidirectional_auth",
    "sipserver/sip_proxy_enable",
    "sipacc/sipacc1/auth_pwd",
    "sipacc/sipacc01/auth_pwd",
    "sipacc/sipacc17/user_id",
    "ports/port1/enable",
    "ports/port1/cfu",
    "ports/port01/second_sipacc_id",
    "portgroup/portgroup0/sipacc",
    "system/access_ctrl/web/users/user1/password",
    "system/access_ctrl/web/users/user2/password",
    "system/access_ctrl/web/port",
    "system/access_ctrl/telnet/enable",
    "system/ntp/server1/domain",
    "system/tr069/url",
    "tr069/url",
    "snmp/community",
    "management/url",
    "cloud/server",
    "dms/server",
    "syslog/ip",
    "sippnp/pnp_enable",
    "action_url/url",
    "network/vpn/server",
    "SIP/session_timer",
    "Sip/session_timer",
    "sip/ session_timer",
    "sip/session timer",
    "sip/session_timer/",
    "sip/1x",
    "sip/&x;",
    "media/codec0/name",
    "fxs_fxo/dial_timeout",
    "config/version",
    "param/name",
};

static void only_six_groups_are_raw(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(no_names); i++) {
        struct bk_detail detail = {{0}};
        print_message("  %s\n", no_names[i]);
        assert_int_equal(bk_raw_check(dinstar(), bk_str_of(no_names[i]), BK_STR("1"), &detail),
                         BK_ERR_INVALID);
        assert_non_null(strstr(detail.text, "one of the groups"));
    }
}

static enum bk_err render(const struct bk_phone *phone, const struct bk_file_request *request,
                          struct bk_buf *out, struct bk_detail *ret_detail)
{
    bk_buf_init_secret(out, BK_FILE_SIZE_MAX);
    return bk_vendor_render(dinstar(), phone, NULL, request, out, NULL, ret_detail);
}

static void the_index_names_the_devices_file(void **state)
{
    (void)state;
    struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k&x")};
    struct bk_path_match match;
    struct bk_buf out;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    assert_true(dinstar()->match_path(BK_STR("83/da44-1017-9088-0092.xml"), &match));
    const struct bk_file_request request = {match.kind, match.has_mac, match.model_code};
    assert_int_equal(render(&phone, &request, &out, NULL), BK_OK);
    assert_string_equal(bk_buf_text(&out),
                        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                        "<provision version=\"2.0\">\n"
                        "<product id=\"83\" url=\"https://p.example/k&amp;x\" force=\"false\">\n"
                        "<ConfigFile name=\"$(MA).cfg\" action=\"merge\" reboot=\"never\"/>\n"
                        "</product>\n"
                        "</provision>\n");
    bk_buf_deinit(&out);

    phone.is_bootstrap = true;
    phone.provisioning_user = BK_STR("f8a03d000001");
    phone.provisioning_password = BK_STR("secret");
    assert_int_equal(render(&phone, &request, &out, NULL), BK_OK);
    assert_non_null(strstr(bk_buf_text(&out), "<product id=\"83\" url=\"\" force=\"false\">"));
    assert_null(strstr(bk_buf_text(&out), "secret"));
    bk_buf_deinit(&out);
    bk_vendors_deinit();
}

/* One device, one thing in it that the driver cannot write: nothing is served, the admin is told.
 */
static void what_cannot_be_written_refuses_the_file(void **state)
{
    (void)state;
    static const struct {
        const char *label, *display_name, *domain;
        enum bk_transport transport;
        enum bk_srtp srtp;
        const char *says; /* NULL: written */
    } rows[] = {
        {"the control", "Zoe", "a.example", BK_TRANSPORT_UDP, BK_SRTP_OPTIONAL, NULL},
        {"a new line", "x\n", "a.example", BK_TRANSPORT_UDP, BK_SRTP_OFF,
         "sipacc/sipacc2/display: holds a control"},
        {"another PBX", "x", "b.example", BK_TRANSPORT_UDP, BK_SRTP_OFF, "one PBX"},
        {"another transport", "x", "a.example", BK_TRANSPORT_TLS, BK_SRTP_OFF, "one PBX"},
        {"SRTP forced", "x", "a.example", BK_TRANSPORT_UDP, BK_SRTP_REQUIRED, "forces SRTP"},
    };
    const struct bk_file_request request = {.kind = BK_FILE_DEVICE};
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_line lines[] = {
            {.index = 1, .number = BK_STR("1001"), .pbx.domain = BK_STR("a.example")},
            {.index = 2, .number = BK_STR("1002"), .display_name = bk_str_of(rows[i].display_name)},
        };
        struct bk_phone phone = {
            .provisioning_url = BK_STR("https://p.example/k"), .lines = lines, .line_count = 2};
        struct bk_buf out;
        struct bk_detail detail = {{0}};
        lines[1].pbx.domain = bk_str_of(rows[i].domain);
        lines[1].pbx.transport = rows[i].transport;
        lines[1].pbx.srtp = rows[i].srtp;
        print_message("  %s\n", rows[i].label);
        assert_int_equal(render(&phone, &request, &out, &detail),
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

/* A device without any codec would take no call. */
static void codecs_that_are_all_unknown_refuse_the_file(void **state)
{
    (void)state;
    static const struct {
        const char *words;
        enum bk_err want;
    } rows[] = {{"opus,pcma", BK_OK}, {"opus,g722", BK_ERR_INVALID}};
    const struct bk_file_request request = {.kind = BK_FILE_DEVICE};
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k")};
        struct bk_buf out;
        struct bk_detail detail = {{0}};
        phone.settings[BK_NEUTRAL_CODECS].value.text = bk_str_of(rows[i].words);
        phone.settings[BK_NEUTRAL_CODECS].layer = BK_LAYER_TENANT;
        assert_int_equal(render(&phone, &request, &out, &detail), rows[i].want);
        if (rows[i].want != BK_OK)
            assert_non_null(strstr(detail.text, "pcmu, pcma, g729"));
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_parameters_are_judged_by_the_table),
        cmocka_unit_test(only_six_groups_are_raw),
        cmocka_unit_test(the_index_names_the_devices_file),
        cmocka_unit_test(what_cannot_be_written_refuses_the_file),
        cmocka_unit_test(codecs_that_are_all_unknown_refuse_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
