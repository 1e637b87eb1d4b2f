/* The simulator's Poly, Snom, Fanvil and Cisco: their readers, and what the parameters mean. */
/* cmocka.h wants these before it, in this order. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdlib.h>
#include <string.h>

#include "fanvil_config.h"
#include "phone.h"
#include "poly_config.h"
#include "round.h"
#include "snom_config.h"

#define CISCO(text) "<flat-profile>" text "</flat-profile>"
#define SNOM(text) "<settings><phone-settings>" text "</phone-settings></settings>"
#define KEYS(text) "<settings><functionKeys>" text "</functionKeys></settings>"
#define FANVIL(text) \
    "<<VOIP CONFIG FILE>>Version:2.0000000000\n\n<A CONFIG MODULE>\n" text "<<END OF FILE>>\n"

static const struct {
    const char *maker, *label, *text;
    int count; /* of parameters; -1: refused */
} cases[] = {
    {"poly", "attributes of any element", "<a x.y=\"1\"><b reg.1.address=\"101\"/></a>", 2},
    {"poly", "declaration and comment", "<?xml version=\"1.0\"?>\n<!-- c -->\n<a\nx=\"1\"\n/>\n",
     1},
    {"poly", "empty attribute", "<a x=\"\"/>", 1},
    {"poly", "device with its .set",
     "<a device.set=\"1\" device.prov.user=\"u\" device.prov.user.set=\"1\"/>", 3},
    {"poly", "device without .set", "<a device.set=\"1\" device.prov.user=\"u\"/>", -1},
    {"poly", "device.set forgotten", "<a device.prov.user=\"u\" device.prov.user.set=\"1\"/>", -1},
    {"poly", "twice in one element", "<a x=\"1\" x=\"2\"/>", -1},
    {"poly", "twice in two elements", "<a x=\"1\"><b x=\"1\"/></a>", -1},
    {"poly", "text", "<a x=\"1\">b</a>", -1},
    {"poly", "no parameter's name", "<a _x=\"1\"/>", -1},
    {"poly", "document type", "<!DOCTYPE a><a x=\"1\"/>", -1},
    {"poly", "entity", "<!DOCTYPE a [<!ENTITY e \"1\">]><a x=\"&e;\"/>", -1},
    {"poly", "line end by number", "<a x=\"1&#10;2\"/>", -1},
    {"poly", "processing instruction", "<a x=\"1\"/><?php x ?>", -1},
    {"poly", "Latin-1", "<a x=\"J\xfcrgen\"/>", -1},
    {"poly", "cut off", "<a x=\"1\">", -1},
    {"poly", "nothing", "", -1},
    {"snom", "settings with index and without",
     SNOM("<user_name idx=\"1\" perm=\"R\">101</user_name><ntp_server perm=\"\"/>"), 2},
    {"snom", "keys", KEYS("<fkey idx=\"0\" context=\"1\" label=\"\" perm=\"\">none</fkey>"), 3},
    {"snom", "files", "<settings><setting-files><file url=\"a\"/></setting-files></settings>", 1},
    {"snom", "files alone", "<setting-files><file url=\"a\"/><file url=\"b\"/></setting-files>", 2},
    {"snom", "file without url", "<setting-files><file/></setting-files>", -1},
    {"snom", "perm of nobody", SNOM("<a perm=\"X\">b</a>"), -1},
    {"snom", "idx no number", SNOM("<a idx=\"x\">b</a>"), -1},
    {"snom", "other attribute", SNOM("<a id=\"1\">b</a>"), -1},
    {"snom", "twice", SNOM("<a idx=\"1\">b</a><a idx=\"1\">c</a>"), -1},
    {"snom", "element in a setting", SNOM("<a><b>c</b></a>"), -1},
    {"snom", "key without idx", KEYS("<fkey>none</fkey>"), -1},
    {"snom", "setting among keys", KEYS("<a idx=\"0\">b</a>"), -1},
    {"snom", "text between", SNOM("x<a>b</a>"), -1},
    {"snom", "text behind an element", SNOM("<a>b</a>x"), -1},
    {"snom", "other part", "<settings><other/></settings>", -1},
    {"snom", "a page", "<html><body>404</body></html>", -1},
    {"snom", "CDATA", SNOM("<a><![CDATA[b]]></a>"), -1},
    {"fanvil", "names, values, heading",
     FANVIL("--SIP Line List--  :\nSIP1 Phone Number  :101\nFkey1 Value :101@1/ba:\n"), 2},
    {"fanvil", "pages of keys",
     FANVIL("--Dsskey Config1--:\nFkey1 Type :1\n--Dsskey Config2--:\nFkey1 Type :1\n"), 2},
    {"fanvil", "a key twice on a page",
     FANVIL("--Dsskey Config1--:\nFkey1 Type :1\nFkey1 Type :1\n"), -1},
    {"fanvil", "line ends of two bytes",
     "<<VOIP CONFIG FILE>>Version:2.0000000000   \r\n<A MODULE>\r\nB :\r\n<<END OF FILE>>\r\n", 1},
    {"fanvil", "no version", "<<VOIP CONFIG FILE>>Version:\n<A MODULE>\nB :1\n<<END OF FILE>>\n",
     -1},
    {"fanvil", "no first line", "<A MODULE>\nB :1\n<<END OF FILE>>\n", -1},
    {"fanvil", "no module", "<<VOIP CONFIG FILE>>Version:2.0\nB :1\n<<END OF FILE>>\n", -1},
    {"fanvil", "cut off", "<<VOIP CONFIG FILE>>Version:2.0\n<A MODULE>\nB :1\n", -1},
    {"fanvil", "something behind the end", FANVIL("B :1\n") "C :1\n", -1},
    {"fanvil", "no colon", FANVIL("B\n"), -1},
    {"fanvil", "no name", FANVIL(" :1\n"), -1},
    {"fanvil", "twice", FANVIL("B :1\nB  :2\n"), -1},
    {"fanvil", "control character", FANVIL("B :\x01\n"), -1},
    {"fanvil", "its newer XML", "<sysConf><Version>2.0000000000</Version></sysConf>", -1},
    {"cisco", "parameters", CISCO("<Proxy_1_ ua=\"na\">a</Proxy_1_><User_ID_1_/>"), 2},
    {"cisco", "within device", "<device>" CISCO("<A>b</A>") "</device>", 1},
    {"cisco", "rule", CISCO("<Profile_Rule>https://a/k/$MA.xml</Profile_Rule>"), 3},
    {"cisco", "rule with condition", CISCO("<Profile_Rule>(1 == 1)? a | b</Profile_Rule>"), -1},
    {"cisco", "rule with key", CISCO("<Profile_Rule>[--key k]a</Profile_Rule>"), -1},
    {"cisco", "rule with half an option", CISCO("<Profile_Rule>[--uid]a</Profile_Rule>"), -1},
    {"cisco", "rule without its bracket", CISCO("<Profile_Rule>[--uid u a</Profile_Rule>"), -1},
    {"cisco", "ua of nobody", CISCO("<A ua=\"x\">b</A>"), -1},
    {"cisco", "other attribute", CISCO("<A b=\"x\">b</A>"), -1},
    {"cisco", "element in a parameter", CISCO("<A><B>c</B></A>"), -1},
    {"cisco", "twice", CISCO("<A>b</A><A>b</A>"), -1},
    {"cisco", "other root", "<router-configuration/>", -1},
    {"cisco", "text between", CISCO("a"), -1},
};

static struct sim_phone phone_of(const char *maker)
{
    const struct sim_maker *found = sim_maker_find(maker);
    assert_non_null(found);
    return (struct sim_phone){.mac = "0004f2abcdef",
                              .model = sim_model_find(found->default_model),
                              .firmware = found->default_firmware};
}

static bool parse(const struct sim_phone *phone, const char *text, size_t len,
                  struct sim_config *ret_config)
{
    struct sim_fault fault;
    return phone->model->maker->parse(text, len, phone, ret_config, &fault);
}

static void readers_follow_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sim_phone phone = phone_of(cases[i].maker);
        struct sim_config config = {0};
        print_message("  %s: %s\n", cases[i].maker, cases[i].label);
        bool good = parse(&phone, cases[i].text, strlen(cases[i].text), &config);
        assert_int_equal(good, cases[i].count >= 0);
        assert_int_equal(config.count, good ? cases[i].count : 0);
        sim_config_free(&config);
    }
}

/* In a buffer of its own, so that a sanitizer sees a byte too many. */
static void readers_refuse_every_cut(void **state)
{
    (void)state;
    static const struct {
        const char *maker, *text;
    } wholes[] = {
        {"poly", "<?xml version=\"1.0\"?><a x=\"&amp;\"><b y=\"\"/></a>"},
        {"snom", SNOM("<a idx=\"1\" perm=\"R\">b&lt;</a>")},
        {"fanvil", "<<VOIP CONFIG FILE>>Version:2.0\n<A MODULE>\nB :1\n<<END OF FILE>>"},
        {"cisco", CISCO("<Profile_Rule>[--uid u --pwd p]https://a/b</Profile_Rule>")},
    };
    for (size_t i = 0; i < sizeof wholes / sizeof wholes[0]; i++) {
        struct sim_phone phone = phone_of(wholes[i].maker);
        for (size_t len = 0; len < strlen(wholes[i].text); len++) {
            struct sim_config config = {0};
            char *text = malloc(len + 1);
            assert_non_null(text);
            char *cut = text + 1; /* so that an empty one has an address too */
            memcpy(cut, wholes[i].text, len);
            assert_false(parse(&phone, cut, len, &config));
            free(text);
        }
    }
}

static void apply(struct sim_phone *phone, const char *text, int refused)
{
    struct sim_config config = {0};
    struct sim_applied applied;
    assert_true(parse(phone, text, strlen(text), &config));
    sim_phone_apply(phone, &config, "test", &applied);
    sim_config_free(&config);
    assert_int_equal(applied.refused, refused);
}

/* The same account in each maker's words. */
static void accounts_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *maker, *text, *gone;
    } files[] = {
        {"poly",
         "<a reg.1.address=\"101\" reg.1.auth.userId=\"auth\" reg.1.auth.password=\"pw\" "
         "reg.1.server.1.address=\"sip.example\" reg.1.server.1.port=\"5070\" "
         "reg.1.server.1.transport=\"TLS\" reg.1.server.1.expires=\"600\" "
         "reg.1.outboundProxy.address=\"edge.example\" reg.1.outboundProxy.port=\"5080\"/>",
         "<a reg.1.address=\"\"/>"},
        {"snom",
         SNOM("<user_active idx=\"1\">on</user_active><user_name idx=\"1\">101</user_name>"
              "<user_pname idx=\"1\">auth</user_pname><user_pass idx=\"1\">pw</user_pass>"
              "<user_host idx=\"1\">sip.example:5070</user_host><user_expiry idx=\"1\">600"
              "</user_expiry><user_outbound idx=\"1\">edge.example:5080;transport=tls"
              "</user_outbound>"),
         SNOM("<user_active idx=\"1\">off</user_active>")},
        {"fanvil",
         FANVIL("SIP1 Phone Number :101\nSIP1 Register User :auth\nSIP1 Register Pswd :pw\n"
                "SIP1 Register Addr :sip.example\nSIP1 Register Port :5070\nSIP1 Transport :3\n"
                "SIP1 Register TTL :600\nSIP1 Proxy Addr :edge.example\nSIP1 Proxy Port :5080\n"
                "SIP1 Enable Reg :1\n"),
         FANVIL("SIP1 Enable Reg :0\n")},
        {"cisco",
         CISCO("<Line_Enable_1_>Yes</Line_Enable_1_><User_ID_1_>101</User_ID_1_>"
               "<Auth_ID_1_>auth</Auth_ID_1_><Password_1_>pw</Password_1_>"
               "<Proxy_1_>sip.example:5070</Proxy_1_><SIP_Transport_1_>TLS</SIP_Transport_1_>"
               "<Register_Expires_1_>600</Register_Expires_1_>"
               "<Use_Outbound_Proxy_1_>Yes</Use_Outbound_Proxy_1_>"
               "<Outbound_Proxy_1_>edge.example:5080</Outbound_Proxy_1_>"),
         CISCO("<Line_Enable_1_>No</Line_Enable_1_>")},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct sim_phone phone = phone_of(files[i].maker);
        print_message("  %s\n", files[i].maker);
        apply(&phone, files[i].text, 0);
        struct sim_account account = sim_phone_account(&phone, 1);
        assert_true(account.enable);
        assert_string_equal(account.user_name, "101");
        assert_string_equal(account.auth_name, "auth");
        assert_string_equal(account.password, "pw");
        assert_string_equal(account.server, "sip.example");
        assert_int_equal(account.port, 5070);
        assert_int_equal(account.transport, 2);
        assert_int_equal(account.expires_s, 600);
        assert_true(account.proxy_enable);
        assert_string_equal(account.proxy, "edge.example");
        assert_int_equal(account.proxy_port, 5080);
        assert_true(sim_phone_is_configured(&phone));
        apply(&phone, files[i].gone, 0);
        assert_false(sim_phone_account(&phone, 1).enable);
        sim_phone_deinit(&phone);
    }
}

static void values_out_of_range_are_not_taken(void **state)
{
    (void)state;
    static const struct {
        const char *maker, *text;
    } files[] = {
        {"poly", "<a reg.1.server.1.transport=\"SCTP\" reg.35.address=\"1\"/>"},
        {"snom",
         SNOM("<user_active idx=\"1\">yes</user_active><user_name idx=\"17\">1</user_name>")},
        {"fanvil", FANVIL("SIP1 Transport :2\nFlash Protocol :3\n")},
        {"cisco",
         CISCO("<Line_Enable_1_>1</Line_Enable_1_><SIP_Transport_1_>tcp</SIP_Transport_1_>")},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct sim_phone phone = phone_of(files[i].maker);
        apply(&phone, files[i].text, 2);
        assert_int_equal(phone.count, 0);
        sim_phone_deinit(&phone);
    }
}

static void servers_are_told_in_each_makers_way(void **state)
{
    (void)state;
    static const struct {
        const char *maker, *text, *url;
    } files[] = {
        {"poly",
         "<a device.set=\"1\" device.prov.serverName=\"prov.example/k\" "
         "device.prov.serverName.set=\"1\" device.prov.serverType=\"HTTPS\" "
         "device.prov.serverType.set=\"1\" device.prov.user=\"u\" device.prov.user.set=\"1\" "
         "device.prov.password=\"p\" device.prov.password.set=\"1\"/>",
         "https://prov.example/k"},
        {"snom",
         SNOM("<setting_server>https://prov.example/k/{mac}.xml</setting_server>"
              "<http_client_user>u</http_client_user><http_client_pass>p</http_client_pass>"),
         "https://prov.example/k/{mac}.xml"},
        {"fanvil",
         FANVIL("Flash Protocol :5\nFlash Server IP :prov.example\nFlash File Name :k/$mac.cfg\n"
                "Default Username :u\nDefault Password :p\n"),
         "https://prov.example/k/$mac.cfg"},
        {"cisco",
         CISCO("<Profile_Rule>[--uid u --pwd p]https://prov.example/k/$MA.xml</Profile_Rule>"),
         "https://prov.example/k/$MA.xml"},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct sim_phone phone = phone_of(files[i].maker);
        const char *user, *password;
        apply(&phone, files[i].text, 0);
        char *url = sim_phone_server_url(&phone);
        assert_string_equal(url, files[i].url);
        free(url);
        assert_true(sim_phone_login(&phone, &user, &password));
        assert_string_equal(user, "u");
        assert_string_equal(password, "p");
        sim_phone_deinit(&phone);
    }
}

static enum sim_wish wish(const struct sim_phone *phone, const char *event, bool asks_reboot)
{
    return phone->model->maker->wish(phone, event, asks_reboot);
}

static bool challenges(const struct sim_phone *phone, enum sim_wish asked)
{
    return phone->model->maker->challenges(phone, 1, asked);
}

static void events_mean_what_the_configuration_says(void **state)
{
    (void)state;
    struct sim_phone phone = phone_of("poly");
    assert_int_equal(wish(&phone, "check-sync", true), SIM_WISH_SYNC);
    assert_true(phone.model->maker->restarts_when_changed);
    assert_false(challenges(&phone, SIM_WISH_SYNC));
    apply(&phone,
          "<a voIpProt.SIP.specialEvent.checkSync.alwaysReboot=\"1\" "
          "voIpProt.SIP.requestValidation.1.request=\"NOTIFY\" "
          "voIpProt.SIP.requestValidation.1.method=\"digest\"/>",
          0);
    assert_int_equal(wish(&phone, "check-sync", false), SIM_WISH_REBOOT);
    assert_true(challenges(&phone, SIM_WISH_REBOOT));
    sim_phone_deinit(&phone);

    phone = phone_of("snom");
    assert_int_equal(wish(&phone, "check-sync", false), SIM_WISH_SYNC);
    assert_int_equal(wish(&phone, "check-sync", true), SIM_WISH_REBOOT);
    apply(&phone, SNOM("<challenge_reboot>off</challenge_reboot>"), 0);
    assert_true(challenges(&phone, SIM_WISH_SYNC));
    assert_false(challenges(&phone, SIM_WISH_REBOOT));
    sim_phone_deinit(&phone);

    phone = phone_of("fanvil");
    assert_int_equal(wish(&phone, "check-sync", true), SIM_WISH_SYNC);
    apply(&phone, FANVIL("Notify Reboot :1\n"), 0);
    assert_int_equal(wish(&phone, "check-sync", true), SIM_WISH_REBOOT);
    assert_int_equal(wish(&phone, "check-sync", false), SIM_WISH_SYNC);
    sim_phone_deinit(&phone);

    phone = phone_of("cisco");
    assert_int_equal(wish(&phone, "resync", false), SIM_WISH_SYNC);
    assert_int_equal(wish(&phone, "reboot_now", false), SIM_WISH_REBOOT);
    assert_int_equal(wish(&phone, "restart_now", false), SIM_WISH_REBOOT);
    assert_true(challenges(&phone, SIM_WISH_SYNC));
    apply(&phone,
          CISCO("<Resync_From_SIP>No</Resync_From_SIP>"
                "<Auth_Resync-Reboot_1_>No</Auth_Resync-Reboot_1_>"),
          0);
    assert_int_equal(wish(&phone, "resync", false), SIM_WISH_NONE);
    assert_false(challenges(&phone, SIM_WISH_SYNC));
    sim_phone_deinit(&phone);
}

static void agents_are_those_of_the_fact_pages(void **state)
{
    (void)state;
    static const struct {
        const char *maker, *model, *firmware, *agent;
    } rows[] = {
        {"poly", "VVX_450", "5.9.1.0615",
         "FileTransport PolycomVVX-VVX_450-UA/5.9.1.0615 Type/Application"},
        {"snom", "D785", "10.1.33.33",
         "Mozilla/4.0 (compatible; snomD785-SIP 10.1.33.33 2010.12-00004-g9ba52f5 0004F2ABCDEF "
         "SXM:0 UXM:0)"},
        {"fanvil", "V67", "2.6.6.187", "Fanvil V67 2.6.6.187 0004f2abcdef"},
        {"cisco", "SPA508G", "7.4.8a", "Cisco/SPA508G-7.4.8a (0004F2ABCDEF)(CBT141400UK)"},
        {"cisco", "CP-8841-3PCC", "11.0", "Cisco-CP-8841-3PCC/11.0 (0004f2abcdef)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sim_phone phone = phone_of(rows[i].maker);
        struct sim_buf agent = {0};
        phone.model = sim_model_find(rows[i].model);
        phone.firmware = rows[i].firmware;
        phone.model->maker->agent_print(&agent, &phone, false);
        assert_string_equal(agent.data, rows[i].agent);
        sim_buf_free(&agent);
    }
}

static void a_master_tells_a_model_its_own(void **state)
{
    (void)state;
    static const char text[] =
        "<APPLICATION CONFIG_FILES=\"a.cfg, b.cfg ,\" LOG_FILE_DIRECTORY=\"logs/\">"
        "<APPLICATION_VVX450 CONFIG_FILES_VVX450=\"c.cfg\"/></APPLICATION>";
    struct sim_poly_master master;
    struct sim_fault fault;
    assert_true(sim_poly_master_parse(text, sizeof text - 1, "VVX600", &master, &fault));
    assert_int_equal(master.count, 2);
    assert_string_equal(master.files[1], "b.cfg");
    assert_string_equal(master.logs, "logs");
    assert_string_equal(master.overrides, "");
    sim_poly_master_free(&master);
    assert_true(sim_poly_master_parse(text, sizeof text - 1, "VVX450", &master, &fault));
    assert_int_equal(master.count, 1);
    assert_string_equal(master.files[0], "c.cfg");
    sim_poly_master_free(&master);

    static const char none[] = "<APPLICATION APP_FILE_PATH=\"sip.ld\"/>";
    assert_false(sim_poly_master_parse(none, sizeof none - 1, "VVX450", &master, &fault));
}

static void what_stands_left_wins(void **state)
{
    (void)state;
    static const char left[] = "<a x=\"1\" y=\"2\"/>", right[] = "<a y=\"3\" z=\"4\"/>";
    struct sim_config config = {0}, other = {0};
    struct sim_fault fault;
    assert_true(sim_poly_config_parse(left, sizeof left - 1, &config, &fault));
    assert_true(sim_poly_config_parse(right, sizeof right - 1, &other, &fault));
    assert_true(sim_poly_config_merge(&config, &other, &fault));
    assert_int_equal(config.count, 3);
    assert_string_equal(config.pairs[1].value, "2");
    assert_string_equal(config.pairs[2].key, "z");
    sim_config_free(&config);
}

static void versions_are_compared_as_numbers(void **state)
{
    (void)state;
    assert_true(sim_fanvil_version_is_newer("2.0000000001", "2.0000000000"));
    assert_true(sim_fanvil_version_is_newer("10.0", "9.9"));
    assert_false(sim_fanvil_version_is_newer("2.0000000000", "2.0000000000"));
    assert_false(sim_fanvil_version_is_newer("1.9999", "2.0000"));
}

static void names_are_expanded(void **state)
{
    (void)state;
    static const struct sim_macro macros[] = {{"$MAU", "AB"}, {"$MA", "ab"}, {NULL, NULL}};
    char *text = sim_expanded("/$MA/$MAU.$X", macros);
    assert_string_equal(text, "/ab/AB.$X");
    free(text);
    assert_true(sim_url_names_file("https://a.example/k/$MA"));
    assert_true(sim_url_names_file("https://a.example/k/x.cfg"));
    assert_false(sim_url_names_file("https://a.example/k"));
    assert_false(sim_url_names_file("https://a.example"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_follow_table),
        cmocka_unit_test(readers_refuse_every_cut),
        cmocka_unit_test(accounts_are_read),
        cmocka_unit_test(values_out_of_range_are_not_taken),
        cmocka_unit_test(servers_are_told_in_each_makers_way),
        cmocka_unit_test(events_mean_what_the_configuration_says),
        cmocka_unit_test(agents_are_those_of_the_fact_pages),
        cmocka_unit_test(a_master_tells_a_model_its_own),
        cmocka_unit_test(what_stands_left_wins),
        cmocka_unit_test(versions_are_compared_as_numbers),
        cmocka_unit_test(names_are_expanded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
