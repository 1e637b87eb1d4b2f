/* Mitel: its paths and User-Agents, and what must not be taken for one; raw parameters. */
#include "harness/test.h"

#include "unit/vendor/corpus.h"
#include "vendor/vendor.h"

static const struct bk_vendor *mitel(void)
{
    return bk_vendor_find(BK_STR("mitel"));
}

static void every_collected_path_is_matched(void **state)
{
    (void)state;
    corpus_check_paths(mitel(), "tests/corpus/mitel-request-paths.tsv", 7);
}

static const struct {
    const char *path, *kind, *model_code;
} paths[] = {
    {"6930.cfg", "common", "6930"},         {"9480iCT.cfg", "common", "9480iCT"},
    {"57i.cfg", "common", "57i"},           {"6867i.tuz", "common-encrypted", "6867i"},
    {"aastra.tuz", "common-encrypted", ""}, {"6930.st", "firmware", "6930"},
    {"MN_08000FABCDEF.cfg", "device", ""},  {"00085d237429.cfg", "device", ""},
};

static void other_paths_follow_the_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(paths); i++) {
        struct bk_path_match match;
        print_message("  %s\n", paths[i].path);
        assert_true(mitel()->match_path(bk_str_of(paths[i].path), &match));
        assert_string_equal(bk_file_kind_name(match.kind), paths[i].kind);
        assert_str_equal(match.model_code, paths[i].model_code);
    }
}

static const char *const no_paths[] = {
    "",
    ".cfg",
    "startup",
    "startup.st",
    "Startup.cfg",
    "startup.cfg/",
    "/startup.cfg",
    "a/startup.cfg",
    "../startup.cfg",
    "startup%2ecfg",
    "startup.cfg?x",
    "1220.cfg",
    "1220SIP.cfg",
    "57.cfg",
    "68670i.cfg",
    "6867iiiii.cfg",
    "6867-.cfg",
    "1400E91BE24.cfg",
    "1400E91BE2411.cfg",
    "14:00:E9:1B:E2:41.cfg",
    "1400E91BE241.CFG",
    "1400E91BE241.st",
    "1400E91BE241-local.cfg",
    "MN_.cfg",
    "MN_generic.cfg",
    "MN_startup.cfg",
    "MN_Generic.tuz",
    "y000000000000.cfg",
    "1400E91BE241\n.cfg",
};

static void nothing_else_is_a_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(no_paths); i++) {
        struct bk_path_match match;
        print_message("  \"%s\"\n", no_paths[i]);
        assert_false(mitel()->match_path(bk_str_of(no_paths[i]), &match));
    }
}

static void every_collected_agent_is_read(void **state)
{
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    corpus_check_agents(mitel(), "tests/corpus/mitel-user-agents.tsv", false, 10);
    bk_vendors_deinit();
}

static void sip_agents_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *agent, *model, *firmware;
    } rows[] = {
        {"Mitel-6920-SIP/6.4.0.140", "6920", "6.4.0.140"},
        {"Aastra 6757i/3.2.2.56", "6757i", "3.2.2.56"},
        {"Aastra 6739i/3.3.1.8140 Brcm-Callctrl/v1.9.26.0 MxSF/v3.6.6.32", "6739i", "3.3.1.8140"},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_agent got;
        assert_ptr_equal(bk_vendor_of_sip_agent(bk_str_of(rows[i].agent), &got), mitel());
        assert_str_equal(got.model, rows[i].model);
        assert_str_equal(got.firmware, rows[i].firmware);
        assert_false(got.has_mac);
    }
}

static const char *const no_agents[] = {
    "",
    "Mitel",
    "Mitel6940",
    "Mitel6940 MAC:14-00-E9-29-4C-6B",
    "Mitel6940 MAC:14-00-E9-29-4C V:6.4.0.4006-SIP",
    "Mitel6940 14-00-E9-29-4C-6B V:6.4.0.4006-SIP",
    "Mitel6940 MAC:14-00-E9-29-4C-6B V:6.4-SIP",
    "Mitel6940 MAC:14-00-E9-29-4C-6B V:6.4.0.4006",
    "Mitel6940 MAC:14-00-E9-29-4C-6B 6.4.0.4006-SIP",
    "Mitel MAC:14-00-E9-29-4C-6B V:6.4.0.4006-SIP",
    "Mitel69/40 MAC:14-00-E9-29-4C-6B V:6.4.0.4006-SIP",
    "Nortel6940 MAC:14-00-E9-29-4C-6B V:6.4.0.4006-SIP",
    "Mitel-6920-SIP/6",
    "Mitel6920/6.4.0.140",
    "Mitel-/6.4.0.140",
    "curl/7.88.1",
};

static void nothing_else_is_an_agent(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(no_agents); i++) {
        struct bk_agent got;
        print_message("  \"%s\"\n", no_agents[i]);
        assert_false(mitel()->match_agent(bk_str_of(no_agents[i]), &got));
        assert_false(mitel()->match_sip_agent(bk_str_of(no_agents[i]), &got));
    }
}

static const struct {
    const char *name, *value;
    enum bk_err want;
    const char *says;
} raws[] = {
    {"sip dial plan", "x+", BK_OK, ""},
    {"sip line1 mode", "0", BK_OK, ""},
    {"prgkey5 locked", "0", BK_OK, ""},
    {"sip line1 password", "x", BK_ERR_DENIED, "line"},
    {"SIP Line1 Proxy IP", "evil.example", BK_ERR_DENIED, "PBX"},
    {"sip proxy ip", "evil.example", BK_ERR_DENIED, "PBX"},
    {"https server", "evil.example", BK_ERR_DENIED, "address"},
    {"tftp server", "evil.example", BK_ERR_DENIED, "address"},
    {"expmod1 key4 type", "blf", BK_ERR_DENIED, "key"},
    {"admin password", "x", BK_ERR_DENIED, "security.admin_secret"},
    {"sip line1 transport protocol", "1", BK_ERR_DENIED, "PBX"},
    {"SIP Line01 Transport Protocol", "1", BK_ERR_DENIED, "PBX"},
    {"sip line9 registrar", "evil.example", BK_ERR_DENIED, "PBX"},
    {"sip line1 backup outbound proxy", "evil.example", BK_ERR_DENIED, "PBX"},
    {"sip line1 authentication name", "x", BK_ERR_DENIED, "line"},
    {"sip line1 customized codec", "payload=0", BK_ERR_DENIED, "audio.codecs"},
    {"sip transport", "1", BK_ERR_DENIED, "PBX"},
    {"https client method", "SSL 3.0", BK_ERR_DENIED, "address"},
    {"https validate hostname", "0", BK_ERR_DENIED, "address"},
    {"https user certificates", "x", BK_ERR_DENIED, "address"},
    {"http digest force", "1", BK_ERR_DENIED, "address"},
    {"use alternate tftp server", "1", BK_ERR_DENIED, "address"},
    {"alternate https path", "x", BK_ERR_DENIED, "address"},
    {"redirect server", "evil.example", BK_ERR_DENIED, "address"},
    {"dhcp config option override", "66", BK_ERR_DENIED, "address"},
    {"auto resync max delay", "1439", BK_ERR_DENIED, "provisioning"},
    {"administrator password", "x", BK_ERR_DENIED, "control"},
    {"options password lock", "0", BK_ERR_DENIED, "control"},
    {"web interface enabled", "1", BK_ERR_DENIED, "control"},
    {"tr069 acs url", "http://evil.example", BK_ERR_DENIED, "control"},
    {"xml application post list", "192.0.2.1", BK_ERR_DENIED, "control"},
    {"sips validate certificates", "0", BK_ERR_DENIED, "address"},
    {"firmware md5", "x", BK_ERR_DENIED, "firmware.url"},
    {"time server01", "evil.example", BK_ERR_DENIED, "time.ntp_servers"},
    {"upload system info server", "tftp://evil.example", BK_ERR_DENIED, "control"},
    {"upload system info on crash", "1", BK_ERR_DENIED, "control"},
    {"force web recovery mode disabled", "0", BK_ERR_DENIED, "control"},
    {"admin password!", "x", BK_ERR_INVALID, "letters"},
    {" admin password", "x", BK_ERR_INVALID, "letters"},
    {"!admin password", "x", BK_ERR_INVALID, "letters"},
    {"^https server", "x", BK_ERR_INVALID, "letters"},
    {"sip  dial plan", "x", BK_ERR_INVALID, "blanks"},
    {"sip dial plan ", "x", BK_ERR_INVALID, "blanks"},
    {"sip: x", "x", BK_ERR_INVALID, "letters"},
    {"sip dial plan", "x\nadmin password: y", BK_ERR_INVALID, "control character"},
    {"sip dial plan", "x # y", BK_ERR_INVALID, "no form"},
    {"sip dial plan", "\"x\"", BK_ERR_INVALID, "no form"},
};

static void raw_parameters_are_judged_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(raws); i++) {
        struct bk_detail detail = {{0}};
        print_message("  %s\n", raws[i].name);
        assert_int_equal(
            bk_raw_check(mitel(), bk_str_of(raws[i].name), bk_str_of(raws[i].value), &detail),
            raws[i].want);
        if (strstr(detail.text, raws[i].says) == NULL)
            fail_msg("detail is \"%s\"", detail.text);
    }
}

/* The transport is the phone's, and no value for NAPTR is known. */
static void lines_share_one_transport(void **state)
{
    (void)state;
    static const struct {
        enum bk_transport first, second;
        enum bk_err want;
    } rows[] = {
        {BK_TRANSPORT_TLS, BK_TRANSPORT_TLS, BK_OK},
        {BK_TRANSPORT_TLS, BK_TRANSPORT_UDP, BK_ERR_INVALID},
        {BK_TRANSPORT_NAPTR, BK_TRANSPORT_NAPTR, BK_ERR_INVALID},
    };
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_line lines[] = {{.index = 1, .pbx.transport = rows[i].first},
                                  {.index = 2, .pbx.transport = rows[i].second}};
        const struct bk_phone phone = {
            .provisioning_url = BK_STR("https://p.example/k"), .lines = lines, .line_count = 2};
        const struct bk_file_request request = {.kind = BK_FILE_DEVICE};
        struct bk_detail detail = {{0}};
        struct bk_buf out;
        bk_buf_init_secret(&out, BK_FILE_SIZE_MAX);
        assert_int_equal(bk_vendor_render(mitel(), &phone, NULL, &request, &out, NULL, &detail),
                         rows[i].want);
        if (rows[i].want != BK_OK)
            assert_non_null(strstr(detail.text, "sip transport protocol"));
        bk_buf_deinit(&out);
    }
    bk_vendors_deinit();
}

static void on_key(void *context, const struct bk_parameter *parameter)
{
    size_t *counts = context; /* written, lost */
    if (parameter->origin.kind == BK_ORIGIN_KEY && parameter->origin.panel != BK_PANEL_LINE)
        counts[parameter->is_lost ? 1 : 0]++;
}

/* A 6739i calls the keys of its only panel so. */
static void softkeys_are_of_one_panel(void **state)
{
    const struct bk_file_request request = {.kind = BK_FILE_DEVICE, .has_mac = true};
    struct bk_phone_key key = {.panel = BK_PANEL_PROGRAMMABLE, .slot = 1, .kind = BK_KEY_DND};
    const struct bk_phone phone = {
        .provisioning_url = BK_STR("https://p.example/k"), .keys = &key, .key_count = 1};
    size_t counts[2] = {0}, counts_of_6757[2] = {0};
    (void)state;
    assert_int_equal(bk_vendors_init(NULL), BK_OK);
    assert_int_equal(bk_vendor_list(mitel(), &phone, bk_model_find(mitel(), BK_STR("6739i")),
                                    &request, on_key, counts, NULL),
                     BK_OK);
    assert_int_equal(counts[1], 1);
    assert_int_equal(bk_vendor_list(mitel(), &phone, bk_model_find(mitel(), BK_STR("6757i")),
                                    &request, on_key, counts_of_6757, NULL),
                     BK_OK);
    assert_true(counts_of_6757[0] > counts[0]);
    bk_vendors_deinit();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_collected_path_is_matched),
        cmocka_unit_test(other_paths_follow_the_grammar),
        cmocka_unit_test(nothing_else_is_a_path),
        cmocka_unit_test(every_collected_agent_is_read),
        cmocka_unit_test(sip_agents_are_read),
        cmocka_unit_test(nothing_else_is_an_agent),
        cmocka_unit_test(raw_parameters_are_judged_by_the_table),
        cmocka_unit_test(lines_share_one_transport),
        cmocka_unit_test(softkeys_are_of_one_panel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
