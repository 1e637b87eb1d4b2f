/*
 * The simulator's own parser and model, held to the fact page. cmocka is included directly: the
 * shared test.h pulls in libcommon, which nothing here may.
 */
/* cmocka.h wants these before it, in this order. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>

#include "config.h"
#include "http.h"
#include "phone.h"

#define H "#!version:1.0.0.1\n"

static const struct {
    const char *label, *text;
    int fault_line; /* -1: good */
    size_t count;
} config_cases[] = {
    {"header alone", H, -1, 0},
    {"header without line end", "#!version:1.0.0.1", -1, 0},
    {"one pair", H "account.1.enable = 1\n", -1, 1},
    {"no blanks, no line end", H "account.1.enable=1", -1, 1},
    {"comments and empty lines", H "\n# text = 1\n  # text\n\t\nsip.trust_ctrl = 1\n", -1, 1},
    {"empty value", H "account.1.label =\n", -1, 1},
    {"value with = and # and quotes", H "account.1.label = \"a\" = #1\n", -1, 1},
    {"UTF-8", H "account.1.display_name = J\xc3\xbcrgen\n", -1, 1},
    {"nothing", "", 1, 0},
    {"no header", "account.1.enable = 1\n", 1, 0},
    {"other version", "#!version:1.0.0.2\n", 1, 0},
    {"header with a blank behind", "#!version:1.0.0.1 \n", 1, 0},
    {"byte order mark", "\xef\xbb\xbf" H, 1, 0},
    {"CR LF header", "#!version:1.0.0.1\r\n", 1, 0},
    {"CR LF pair", H "account.1.enable = 1\r\n", 2, 0},
    {"no equal sign", H "account.1.enable 1\n", 2, 0},
    {"no key", H "\n= 1\n", 3, 0},
    {"blank in the key", H "account.1 enable = 1\n", 2, 0},
    {"UTF-8 in the key", H "account.1.\xc3\xbc = 1\n", 2, 0},
    {"same key twice", H "sip.a = 1\nsip.b = 1\nsip.a = 2\n", 4, 0},
    {"reset word inside of a value", H "account.1.label = a%NULL%\n", -1, 1},
    {"control character", H "account.1.label = a\x01\n", 2, 0},
    {"DEL", H "account.1.label = a\x7f\n", 2, 0},
    {"Latin-1", H "account.1.label = J\xfcrgen\n", 2, 0},
    {"over-long UTF-8", H "account.1.label = \xc0\xaf\n", 2, 0},
};

static void config_parser_follows_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof config_cases / sizeof config_cases[0]; i++) {
        struct sim_config config = {0};
        struct sim_fault fault = {0};
        const char *text = config_cases[i].text;
        print_message("  %s\n", config_cases[i].label);
        bool good = sim_config_parse(text, strlen(text), &config, &fault);
        assert_int_equal(good, config_cases[i].fault_line < 0);
        assert_int_equal(config.count, config_cases[i].count);
        if (!good)
            assert_int_equal(fault.line, config_cases[i].fault_line);
        sim_config_free(&config);
    }
}

static void config_parser_refuses_a_nul_and_long_lines(void **state)
{
    (void)state;
    struct sim_config config = {0};
    struct sim_fault fault;
    static const char nul[] = H "account.1.label = a\0b\n";
    assert_false(sim_config_parse(nul, sizeof nul - 1, &config, &fault));
    assert_int_equal(fault.line, 2);

    struct sim_buf text = {0};
    sim_buf_text(&text, H "account.1.label = ");
    for (int i = 0; i < SIM_LINE_BYTES_MAX; i++)
        sim_buf_text(&text, "a");
    assert_false(sim_config_parse(text.data, text.len, &config, &fault));
    assert_int_equal(fault.line, 2);
    sim_buf_free(&text);
}

static const struct {
    const char *label, *text;
    int fault_line; /* -1: good; 0: not about a line */
    size_t count;
} boot_cases[] = {
    {"two files", H "include:config \"a.cfg\"\ninclude:config \"$MAC.cfg\"\n", -1, 2},
    {"without header", "include:config \"a.cfg\"\n", -1, 1},
    {"modes", H "overwrite_mode = 1\nspecific_model.excluded_mode=0\ninclude:config \"a\"\n", -1,
     1},
    {"other header", "#!version:9\ninclude:config \"a.cfg\"\n", 1, 0},
    {"nothing included", H "overwrite_mode = 1\n", 0, 0},
    {"not quoted", "include:config a.cfg\n", 1, 0},
    {"a path", "include:config \"../a.cfg\"\n", 1, 0},
    {"an empty name", "include:config \"\"\n", 1, 0},
    {"other mode", "overwrite_mode = 2\ninclude:config \"a\"\n", 1, 0},
    {"a parameter", H "include:config \"a\"\naccount.1.enable = 1\n", 3, 0},
    {"a text", "not found\n", 1, 0},
};

static void boot_parser_follows_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof boot_cases / sizeof boot_cases[0]; i++) {
        struct sim_boot boot = {0};
        struct sim_fault fault = {0};
        const char *text = boot_cases[i].text;
        print_message("  %s\n", boot_cases[i].label);
        bool good = sim_boot_parse(text, strlen(text), &boot, &fault);
        assert_int_equal(good, boot_cases[i].fault_line < 0);
        assert_int_equal(boot.count, boot_cases[i].count);
        if (!good)
            assert_int_equal(fault.line, boot_cases[i].fault_line);
        sim_boot_free(&boot);
    }
}

static void apply(struct sim_phone *phone, const char *text, struct sim_applied *ret_applied)
{
    struct sim_config config;
    struct sim_fault fault;
    assert_true(sim_config_parse(text, strlen(text), &config, &fault));
    sim_phone_apply(phone, &config, "test", ret_applied);
    sim_config_free(&config);
}

static void phone_keeps_what_a_file_does_not_mention(void **state)
{
    (void)state;
    struct sim_phone phone = {.model = sim_model_find("T54W"), .firmware = "1"};
    struct sim_applied applied;
    assert_non_null(phone.model);
    apply(&phone,
          H "account.1.enable = 1\naccount.1.user_name = 1001\naccount.1.password = s\n"
            "account.1.sip_server.1.address = pbx.example\nlinekey.1.type = 16\nx.y = 1\n",
          &applied);
    assert_int_equal(applied.set, 6);
    assert_int_equal(applied.unknown, 1);
    assert_int_equal(applied.refused, 0);
    assert_true(sim_phone_is_configured(&phone));

    apply(&phone, H "account.1.label = Desk\n", &applied);
    assert_true(sim_phone_is_configured(&phone));
    assert_string_equal(sim_phone_account(&phone, 1).user_name, "1001");
    assert_string_equal(sim_phone_account(&phone, 1).label, "Desk");

    apply(&phone, H "account.1.user_name = %NULL%\n", &applied);
    assert_int_equal(applied.reset, 1);
    assert_null(sim_phone_account(&phone, 1).user_name);
    assert_false(sim_phone_is_configured(&phone));
    sim_phone_deinit(&phone);
}

static void phone_refuses_what_it_cannot_mean(void **state)
{
    (void)state;
    static const char *const texts[] = {
        H "account.17.enable = 1\n",
        H "account.1.enable = yes\n",
        H "account.1.enable = 2\n",
        H "account.1.sip_server.3.address = a\n",
        H "account.1.sip_server.1.port = 65536\n",
        H "account.1.sip_server.1.transport_type = 4\n",
        H "account.1.srtp_encryption = 3\n",
        H "linekey.1.type = 1\n",
        H "linekey.1.type = 10 11\n",
        H "linekey.1.type =\n",
        H "linekey.1.line = 17\n",
        H "static.auto_provision.repeat.minutes = 0\n",
        H "sip.notify_reboot_enable = 3\n",
        H "account.17.enable = %NULL%\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct sim_phone phone = {.model = sim_model_find("T54W"), .firmware = "1"};
        struct sim_applied applied;
        apply(&phone, texts[i], &applied);
        assert_int_equal(applied.refused, 1);
        assert_int_equal(phone.count, 0);
        sim_phone_deinit(&phone);
    }
}

static void phone_repeats_as_it_is_told(void **state)
{
    (void)state;
    struct sim_phone phone = {.model = sim_model_find("T54W"), .firmware = "1"};
    struct sim_applied applied;
    assert_int_equal(sim_phone_repeat_min(&phone), 0);
    apply(&phone, H "static.auto_provision.repeat.minutes = 30\n", &applied);
    assert_int_equal(sim_phone_repeat_min(&phone), 0);
    apply(&phone, H "static.auto_provision.repeat.enable = 1\n", &applied);
    assert_int_equal(sim_phone_repeat_min(&phone), 30);
    sim_phone_deinit(&phone);
}

static void urls_are_taken_apart(void **state)
{
    (void)state;
    struct sim_url url;
    struct sim_fault fault;
    assert_true(sim_url_parse("https://prov.example/k3y/", &url, &fault));
    assert_string_equal(url.host, "prov.example");
    assert_string_equal(url.port, "443");
    assert_string_equal(url.path, "/k3y");
    assert_false(url.is_address);
    assert_true(sim_url_parse("https://127.0.0.1:8443", &url, &fault));
    assert_string_equal(url.port, "8443");
    assert_string_equal(url.path, "");
    assert_true(url.is_address);
    assert_false(sim_url_parse("http://prov.example/", &url, &fault));
    assert_false(sim_url_parse("https:///x", &url, &fault));
    assert_false(sim_url_parse("https://a:/x", &url, &fault));
    assert_false(sim_url_parse("https://a:123456/x", &url, &fault));
    assert_false(sim_url_parse("https://a/\r\nx", &url, &fault));
    assert_false(sim_url_parse("https://user@a/x", &url, &fault));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_parser_follows_table),
        cmocka_unit_test(config_parser_refuses_a_nul_and_long_lines),
        cmocka_unit_test(boot_parser_follows_table),
        cmocka_unit_test(phone_keeps_what_a_file_does_not_mention),
        cmocka_unit_test(phone_refuses_what_it_cannot_mean),
        cmocka_unit_test(phone_repeats_as_it_is_told),
        cmocka_unit_test(urls_are_taken_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
