/* Sangoma: its paths and User-Agents, and what must not be taken for one; raw parameters. */
#include "harness/test.h"

#include <stdio.h>
#include <string.h>

#include "unit/vendor/corpus.h"
#include "vendor/vendor.h"

static const struct bk_vendor *sangoma(void)
{
    return bk_vendor_find(BK_STR("sangoma"));
}

static void what_was_collected_is_recognised(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    corpus_check_agents(sangoma(), "tests/corpus/sangoma-sip-user-agents.tsv", true, 3);
    bk_vendors_deinit();
}

static const struct {
    const char *path, *kind; /* NULL: none of ours */
} paths[] = {
    {"cfg005058aabbd7.xml", "device"},
    {"cfg0000.xml", "common"},
    {"000000000000.cfg", "master"},
    {"000fd3d202f7.cfg", "master"},
    {"000fd3d202f7.xml", "master"},
    {"00:0f:d3:d2:02:f7.cfg", "master"},
    {"Digium/000fd3d202f7-contacts.xml", "directory"},
    {"000fd3d202f7-contacts.cfg", "directory"},
    {"000fd3d202f7-smartblf.cfg", "directory"}, /* the keys, which show contacts */
    {"000fd3d202f7-smartblf.xml", "directory"},
    {"00:0F:D3:D2:02:F7-smartblf.cfg", "directory"},
    {"Digium/000fd3d202f7.xml", "master"},
    {"000000000000-smartblf.cfg", NULL},
    {"000000000000-contacts.xml", NULL},
    {"000fd3d202f7", NULL},
    {"000fd3d202f.cfg", NULL},
    {"x/000fd3d202f7.cfg", NULL},
    {"Digium/../000fd3d202f7.cfg", NULL},
    {"", NULL},
};

static void paths_follow_the_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(paths); i++) {
        struct bk_path_match match;
        print_message("  %s\n", paths[i].path);
        bool is_ours = sangoma()->match_path(bk_str_of(paths[i].path), &match);
        assert_int_equal(is_ours, paths[i].kind != NULL);
        if (is_ours)
            assert_string_equal(bk_file_kind_name(match.kind), paths[i].kind);
    }
}

static const struct {
    const char *agent, *model, *firmware; /* model NULL: none of ours */
} agents[] = {
    {"Digium D60 2_7_0", "D60", "2_7_0"},
    {"Sangoma P330 4_27_8 000FD3D0B030", "P330", "4_27_8"},
    {"Sangoma S500 V2.0.4.67", "S500", "V2.0.4.67"},
    {"Digium D65 2_9_19 000FD3D202F7", "D65", "2_9_19"},
    {"DIGIUM D80 2_10_0", "D80", "2_10_0"},
    {"sangoma S406 2.0.4.91 00:50:58:AA:BB:D7", "S406", "2.0.4.91"},
    {"Sangoma P310 4.31.1", "P310", "4.31.1"},
    {"Sangoma P310 4", NULL, NULL},
    {"Sangoma P330 V4_27_8", NULL, NULL},
    {"Sangoma P330", NULL, NULL},
    {"Sangoma P330 four", NULL, NULL},
    {"Sangoma P330 4_27_8 nothing", NULL, NULL},
    {"Digital D60 2_7_0", NULL, NULL},
    {"", NULL, NULL},
};

static void agents_follow_the_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(agents); i++) {
        struct bk_agent agent;
        print_message("  %s\n", agents[i].agent);
        bool is_ours = sangoma()->match_agent(bk_str_of(agents[i].agent), &agent);
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
    {"P99", "1", BK_OK},
    {"P47", "evil.example", BK_ERR_DENIED},
    {"p47", "x", BK_ERR_INVALID},
    {"backlight_timeout", "30", BK_OK},
    {"locale", "de_DE", BK_OK},
    {"e911_number", "112", BK_ERR_INVALID},
    {"login_password", "1", BK_ERR_DENIED},
    {"login_password2", "1", BK_ERR_DENIED},
    {"enable_check_sync", "0", BK_ERR_DENIED},
    {"send_mac_with_useragent", "0", BK_ERR_DENIED},
    {"allow_insecure_ssl", "1", BK_ERR_DENIED},
    {"transport_tls_allowed", "0", BK_ERR_DENIED},
    {"transport_any", "0", BK_ERR_DENIED},
    {"time_zone", "UTC", BK_ERR_DENIED},
    {"time_source", "sip", BK_ERR_DENIED},
    {"ntp_server", "evil.example", BK_ERR_DENIED},
    {"config_server_url", "https://evil.example", BK_ERR_DENIED},
    {"provisioning_url", "https://evil.example", BK_ERR_DENIED},
    {"dpma_server", "evil.example", BK_ERR_DENIED},
    {"tls_allow_wildcard_certs", "1", BK_ERR_DENIED},
    {"account.0.password", "x", BK_ERR_INVALID},
    {"Login_password", "1", BK_ERR_INVALID},
    {"login password", "1", BK_ERR_INVALID},
    {"_login", "1", BK_ERR_INVALID},
    {"l1", "1", BK_ERR_INVALID},
    {"backlight_timeout", "a\nb", BK_ERR_INVALID},
    {"P237", "evil.example/x", BK_ERR_DENIED},
    {"P34", "x", BK_ERR_DENIED},
    {"P2", "x", BK_ERR_DENIED},
    {"P41200", "3", BK_ERR_DENIED},
    {"P20201", "x", BK_ERR_DENIED},
    {"P047", "x", BK_ERR_INVALID},
    {"P", "x", BK_ERR_INVALID},
    {"P123456", "x", BK_ERR_INVALID},
    {"account.1.name", "x", BK_ERR_INVALID},
    {"P99", "a\nb", BK_ERR_INVALID},
};

static void raw_parameters_are_judged_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(raws); i++) {
        print_message("  %s\n", raws[i].name);
        assert_int_equal(
            bk_raw_check(sangoma(), bk_str_of(raws[i].name), bk_str_of(raws[i].value), NULL),
            raws[i].want);
    }
}

/* What a line, the address, the web page, or trust in servers is made of. */
static const char *const reserved[] = {
    "P271", "P401",   "P501", "P601",   "P20360", "P35",    "P735",   "P504",   "P604",   "P1704",
    "P36",  "P736",   "P505", "P605",   "P34",    "P734",   "P506",   "P606",   "P1706",  "P1806",
    "P3",   "P20000", "P33",  "P426",   "P47",    "P967",   "P48",    "P20047", "P130",   "P183",
    "P32",  "P57",    "P62",  "P41200", "P41303", "P20200", "P20359", "P20600", "P23000", "P212",
    "P237", "P192",   "P193", "P194",   "P145",   "P20165", "P2",     "P8681",  "P196",   "P8682",
    "P190", "P30",    "P64",  "P75",    "P23376", "P23377", "P24012", "P23279",
};

/* One number has one name: no zeros before it, no other case. */
static const char *const no_names[] = {
    "p47",
    "P047",
    "P0047",
    "P00",
    "P0",
    "P47.",
    "P47x",
    "P+47",
    "P-47",
    "P47/",
    "P123456",
    "P999999",
    "Account1.Sipserver",
    "Para",
    "P_47",
    "PP47",
    "47",
    "P47=1",
    "P47 ",
    " P47",
    "P47\t",
    "P4 7",
    "P47><P2",
    "",
};

static void reserved_numbers_have_one_spelling(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(reserved); i++) {
        print_message("  %s\n", reserved[i]);
        assert_int_equal(bk_raw_check(sangoma(), bk_str_of(reserved[i]), BK_STR("1"), NULL),
                         BK_ERR_DENIED);
    }
    struct bk_detail detail = {{0}};
    assert_int_equal(bk_raw_check(sangoma(), BK_STR("P23376"), BK_STR("1"), &detail),
                     BK_ERR_DENIED);
    assert_non_null(strstr(detail.text, "keep control"));
    for (size_t i = 0; i < BK_COUNT(no_names); i++) {
        print_message("  \"%s\"\n", no_names[i]);
        assert_int_equal(bk_raw_check(sangoma(), bk_str_of(no_names[i]), BK_STR("1"), NULL),
                         BK_ERR_INVALID);
    }
}

static enum bk_err render(const struct bk_phone *phone, const char *model,
                          const struct bk_file_request *request, struct bk_buf *out,
                          struct bk_detail *ret_detail)
{
    bk_buf_init_secret(out, BK_FILE_SIZE_MAX);
    return bk_vendor_render(sangoma(), phone, bk_model_find(sangoma(), bk_str_of(model)), request,
                            out, NULL, ret_detail);
}

static void each_series_gets_its_own_file_alone(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        enum bk_file_kind kind;
        bool has_mac, is_bootstrap;
        const char *says; /* NULL: no such file */
    } rows[] = {
        {"S500", BK_FILE_DEVICE, true, false, "<hl_provision"},
        {"S300", BK_FILE_COMMON, false, false, "<hl_provision"},
        {"S500", BK_FILE_DEVICE, true, true, "<hl_provision"},
        {"S500", BK_FILE_MASTER, true, false, NULL},
        {"", BK_FILE_DEVICE, true, false, "<hl_provision"},
        {"", BK_FILE_MASTER, true, false, NULL},
        {"P330", BK_FILE_MASTER, true, false, "<accounts>"},
        {"D65", BK_FILE_MASTER, true, false, "<accounts>"},
        {"D80", BK_FILE_MASTER, true, false, "<accounts>"},
        {"D65", BK_FILE_MASTER, false, false, NULL}, /* 000000000000.cfg is everybody's */
        {"D65", BK_FILE_MASTER, true, true, NULL},   /* nothing could be told of the address */
        {"D65", BK_FILE_DEVICE, true, false, NULL},
        {"P330", BK_FILE_COMMON, false, false, NULL},
        {"P330", BK_FILE_DIRECTORY, true, false, NULL},
    };
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        const struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k"),
                                       .is_bootstrap = rows[i].is_bootstrap};
        const struct bk_file_request request = {.kind = rows[i].kind, .has_mac = rows[i].has_mac};
        struct bk_buf out;
        print_message("  %s, %s\n", rows[i].model, bk_file_kind_name(rows[i].kind));
        assert_int_equal(render(&phone, rows[i].model, &request, &out, NULL),
                         rows[i].says != NULL ? BK_OK : BK_ERR_NOT_FOUND);
        if (rows[i].says != NULL)
            assert_non_null(strstr(bk_buf_text(&out), rows[i].says));
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

static void what_a_p_or_d_cannot_be_told_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *model, *pin;
        bool is_masked;
        enum bk_transport transport;
        enum bk_srtp srtp;
        const char *says; /* NULL: it is written */
    } rows[] = {
        {"D65", "12345678", false, BK_TRANSPORT_UDP, BK_SRTP_OFF, NULL},
        {"D65", "1234567a", false, BK_TRANSPORT_UDP, BK_SRTP_OFF, "login_password: is a PIN"},
        {"P330", "12 34567", false, BK_TRANSPORT_UDP, BK_SRTP_OFF, "login_password: is a PIN"},
        {"P330", "********", true, BK_TRANSPORT_UDP, BK_SRTP_OFF, NULL}, /* shown, not served */
        {"D65", "", false, BK_TRANSPORT_TLS, BK_SRTP_OFF, NULL},
        {"P330", "", false, BK_TRANSPORT_TLS, BK_SRTP_OPTIONAL, NULL},
        {"D40", "", false, BK_TRANSPORT_TCP, BK_SRTP_OFF, NULL},
        {"D40", "", false, BK_TRANSPORT_TLS, BK_SRTP_OFF,
         "account.0.host_primary.transport: cannot be tls"},
        {"P330", "", false, BK_TRANSPORT_NAPTR, BK_SRTP_OFF,
         "account.0.host_primary.transport: has no word for NAPTR"},
        {"P330", "", false, BK_TRANSPORT_TLS, BK_SRTP_REQUIRED, "SRTP: has no known parameter"},
    };
    const struct bk_file_request request = {.kind = BK_FILE_MASTER, .has_mac = true};
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_line line = {.index = 1,
                               .number = BK_STR("1001"),
                               .pbx = {.domain = BK_STR("pbx.example"),
                                       .transport = rows[i].transport,
                                       .srtp = rows[i].srtp}};
        struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k"),
                                 .lines = &line,
                                 .line_count = 1,
                                 .is_masked = rows[i].is_masked};
        struct bk_detail detail = {{0}};
        struct bk_buf out;
        if (rows[i].pin[0] != '\0')
            phone.settings[BK_NEUTRAL_ADMIN_SECRET] =
                (struct bk_setting){{.text = bk_str_of(rows[i].pin)}, BK_LAYER_TENANT};
        print_message("  %s, row %zu\n", rows[i].model, i);
        assert_int_equal(render(&phone, rows[i].model, &request, &out, &detail),
                         rows[i].says != NULL ? BK_ERR_INVALID : BK_OK);
        if (rows[i].says != NULL)
            assert_non_null(strstr(detail.text, rows[i].says));
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

static void add_lost(void *context, const struct bk_parameter *parameter)
{
    char *text = context;
    size_t len = strlen(text);
    if (parameter->is_lost)
        snprintf(text + len, 512 - len, "%.*s|", BK_STR_ARG(parameter->name));
}

/* Raw parameters of a tenant are of both languages, and each phone takes its own. */
static void what_a_phone_has_no_parameter_for_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        enum bk_file_kind kind;
        const char *lost;
    } rows[] = {
        {"P330", BK_FILE_MASTER,
         "second NTP server|SRTP|outbound proxy|second outbound proxy|shared line|blf|P99|"},
        {"S500", BK_FILE_DEVICE, "second NTP server|shared line|backlight_timeout|"},
    };
    struct bk_line line = {.index = 1,
                           .number = BK_STR("1001"),
                           .is_shared = true,
                           .pbx = {.registrars = {{BK_STR("pbx.example"), 0}},
                                   .registrar_count = 1,
                                   .proxies = {{BK_STR("a.example"), 0}, {BK_STR("b.example"), 0}},
                                   .proxy_count = 2,
                                   .srtp = BK_SRTP_OPTIONAL}};
    struct bk_phone_key key = {.slot = 1, .kind = BK_KEY_BLF, .value = BK_STR("1002")};
    struct bk_raw both[] = {{BK_STR("P99"), BK_STR("1"), BK_LAYER_TENANT},
                            {BK_STR("backlight_timeout"), BK_STR("30"), BK_LAYER_TENANT}};
    struct bk_phone phone = {.provisioning_url = BK_STR("https://p.example/k"),
                             .lines = &line,
                             .line_count = 1,
                             .keys = &key,
                             .key_count = 1,
                             .raws = both,
                             .raw_count = 2};
    phone.settings[BK_NEUTRAL_TIME_NTP] =
        (struct bk_setting){{.text = BK_STR("a.example,b.example")}, BK_LAYER_TENANT};
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        const struct bk_file_request request = {.kind = rows[i].kind, .has_mac = true};
        char lost[512] = "";
        print_message("  %s\n", rows[i].model);
        assert_int_equal(bk_vendor_list(sangoma(), &phone,
                                        bk_model_find(sangoma(), bk_str_of(rows[i].model)),
                                        &request, add_lost, lost, NULL),
                         BK_OK);
        assert_string_equal(lost, rows[i].lost);
    }
    bk_vendors_deinit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_collected_is_recognised),
        cmocka_unit_test(paths_follow_the_grammar),
        cmocka_unit_test(agents_follow_the_grammar),
        cmocka_unit_test(each_series_gets_its_own_file_alone),
        cmocka_unit_test(what_a_p_or_d_cannot_be_told_is_refused),
        cmocka_unit_test(what_a_phone_has_no_parameter_for_is_told),
        cmocka_unit_test(raw_parameters_are_judged_by_the_table),
        cmocka_unit_test(reserved_numbers_have_one_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
