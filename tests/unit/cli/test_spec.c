/* Values of options: servers, lines, keys, settings. */
#include "harness/test.h"

#include <string.h>

#include "cli/spec.h"

static const struct {
    const char *text;
    enum bk_err want;
    const char *host;
    int port;
} servers[] = {
    {"pbx.example", BK_OK, "pbx.example", 0},
    {"pbx.example:5061", BK_OK, "pbx.example", 5061},
    {"192.0.2.1:5060", BK_OK, "192.0.2.1", 5060},
    {"[2001:db8::1]", BK_OK, "2001:db8::1", 0},
    {"[2001:db8::1]:5060", BK_OK, "2001:db8::1", 5060},
    {"pbx_1.example", BK_OK, "pbx_1.example", 0},
    {"", BK_ERR_INVALID, NULL, 0},
    {":5060", BK_ERR_INVALID, NULL, 0},
    {"pbx.example:", BK_ERR_INVALID, NULL, 0},
    {"pbx.example:0", BK_ERR_INVALID, NULL, 0},
    {"pbx.example:65536", BK_ERR_INVALID, NULL, 0},
    {"pbx..example", BK_ERR_INVALID, NULL, 0},
    {".example", BK_ERR_INVALID, NULL, 0},
    {"-pbx.example", BK_ERR_INVALID, NULL, 0},
    {"pbx.example\naccount.1.password = x", BK_ERR_INVALID, NULL, 0},
    {"999.1.1.1", BK_ERR_INVALID, NULL, 0},
    {"[2001:db8::zz]:5060", BK_ERR_INVALID, NULL, 0},
    {"2001:db8::1", BK_ERR_INVALID, NULL, 0},
    {"sip:pbx.example", BK_ERR_INVALID, NULL, 0},
};

static void servers_follow_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(servers); i++) {
        struct bk_sip_server got = {0};
        struct bk_detail detail = {""};
        print_message("  %s\n", servers[i].text);
        assert_int_equal(cli_spec_server("--proxy", bk_str_of(servers[i].text), &got, &detail),
                         servers[i].want);
        if (servers[i].want == BK_OK) {
            assert_str_equal(got.host, servers[i].host);
            assert_int_equal(got.port, servers[i].port);
        } else {
            assert_memory_equal(detail.text, "--proxy: ", 9);
        }
    }
}

static const struct {
    const char *text;
    enum bk_err want;
    int index;
    const char *number, *pbx;
} lines[] = {
    {"1=1001", BK_OK, 1, "1001", ""},           {"16=1001@main", BK_OK, 16, "1001", "main"},
    {"1=alice.b", BK_OK, 1, "alice.b", ""},     {"0=1001", BK_ERR_INVALID, 0, NULL, NULL},
    {"17=1001", BK_ERR_INVALID, 0, NULL, NULL}, {"1001", BK_ERR_INVALID, 0, NULL, NULL},
    {"1=", BK_ERR_INVALID, 0, NULL, NULL},      {"1=1001@", BK_ERR_INVALID, 0, NULL, NULL},
    {"+1=1001", BK_ERR_INVALID, 0, NULL, NULL}, {"1=10\n01", BK_ERR_INVALID, 0, NULL, NULL},
};

static void lines_follow_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(lines); i++) {
        struct cli_line_spec got = {0};
        struct bk_detail detail = {""};
        print_message("  %s\n", lines[i].text);
        assert_int_equal(cli_spec_line(bk_str_of(lines[i].text), &got, &detail), lines[i].want);
        if (lines[i].want == BK_OK) {
            assert_int_equal(got.index, lines[i].index);
            assert_str_equal(got.number, lines[i].number);
            assert_str_equal(got.pbx, lines[i].pbx);
        } else {
            assert_true(detail.text[0] != '\0');
        }
    }
}

static const struct {
    const char *text;
    enum bk_err want;
    struct bk_phone_key key;
    const char *value, *label, *extension;
} keys[] = {
    {"line/1=line,line=1",
     BK_OK,
     {.panel = BK_PANEL_LINE, .slot = 1, .kind = BK_KEY_LINE, .line = 1},
     "",
     "",
     ""},
    {"line/2=blf,line=1,value=1002,label=Anna,extension=*8",
     BK_OK,
     {.panel = BK_PANEL_LINE, .slot = 2, .kind = BK_KEY_BLF, .line = 1},
     "1002",
     "Anna",
     "*8"},
    {"module.2/20=speed_dial,value=+4930123",
     BK_OK,
     {.panel = BK_PANEL_MODULE, .module = 2, .slot = 20, .kind = BK_KEY_SPEED_DIAL},
     "+4930123",
     "",
     ""},
    {"programmable/3=none",
     BK_OK,
     {.panel = BK_PANEL_PROGRAMMABLE, .slot = 3, .kind = BK_KEY_NONE},
     "",
     "",
     ""},
    {"line/1=park,label=a\\,b\\\\c",
     BK_OK,
     {.panel = BK_PANEL_LINE, .slot = 1, .kind = BK_KEY_PARK},
     "",
     "a,b\\c",
     ""},
    {"line/1=dtmf,value=a=b",
     BK_OK,
     {.panel = BK_PANEL_LINE, .slot = 1, .kind = BK_KEY_DTMF},
     "a=b",
     "",
     ""},
    {"line/1=url,value=https://door.example/open?a=1\\,2",
     BK_OK,
     {.panel = BK_PANEL_LINE, .slot = 1, .kind = BK_KEY_URL},
     "https://door.example/open?a=1,2",
     "",
     ""},
    {"line/1=xml,value=x",
     BK_OK,
     {.panel = BK_PANEL_LINE, .slot = 1, .kind = BK_KEY_XML},
     "x",
     "",
     ""},
    {"line/1", BK_ERR_INVALID, {0}, NULL, NULL, NULL},
    {"side/1=blf", BK_ERR_INVALID, {0}, NULL, NULL, NULL},
    {"line/0=blf", BK_ERR_INVALID, {0}, NULL, NULL, NULL},
    {"line/201=blf", BK_ERR_INVALID, {0}, NULL, NULL, NULL},
    {"module/1=blf", BK_ERR_INVALID, {0}, NULL, NULL, NULL},
    {"module.7/1=blf", BK_ERR_INVALID, {0}, NULL, NULL, NULL},
    {"line.1/1=blf", BK_ERR_INVALID, {0}, NULL, NULL, NULL},
    {"line/1=hotline", BK_ERR_INVALID, {0}, NULL, NULL, NULL},
    {"line/1=blf,line=17", BK_ERR_INVALID, {0}, NULL, NULL, NULL},
    {"line/1=blf,color=red", BK_ERR_INVALID, {0}, NULL, NULL, NULL},
    {"line/1=blf,value", BK_ERR_INVALID, {0}, NULL, NULL, NULL},
    {"line/1=blf,label=a\nlinekey.2.type = 16", BK_ERR_INVALID, {0}, NULL, NULL, NULL},
};

static const struct {
    const char *text;
    enum bk_err want;
    struct bk_phone_key first;
    int count;
    const char *site;
    bool is_everyone;
} rules[] = {
    {"line/2+10=blf", BK_OK, {.slot = 2, .kind = BK_KEY_BLF}, 10, "", false},
    {"module.2/1+120=speed_dial,line=3,site=Bonn\\, Mitte",
     BK_OK,
     {.panel = BK_PANEL_MODULE, .module = 2, .slot = 1, .kind = BK_KEY_SPEED_DIAL, .line = 3},
     120,
     "Bonn, Mitte",
     false},
    {"programmable/100+1=blf,everyone",
     BK_OK,
     {.panel = BK_PANEL_PROGRAMMABLE, .slot = 100, .kind = BK_KEY_BLF},
     1,
     "",
     true},
    {"line/2=blf", BK_ERR_INVALID, {0}, 0, NULL, false},
    {"line/2+10", BK_ERR_INVALID, {0}, 0, NULL, false},
    {"line/2+0=blf", BK_ERR_INVALID, {0}, 0, NULL, false},
    {"line/200+2=blf", BK_ERR_INVALID, {0}, 0, NULL, false},
    {"module/1+2=blf", BK_ERR_INVALID, {0}, 0, NULL, false},
    {"line/2+10=park", BK_ERR_INVALID, {0}, 0, NULL, false},
    {"line/2+10=blf,line=17", BK_ERR_INVALID, {0}, 0, NULL, false},
    {"line/2+10=blf,site=", BK_ERR_INVALID, {0}, 0, NULL, false},
    {"line/2+10=blf,site=a,everyone", BK_ERR_INVALID, {0}, 0, NULL, false},
    {"line/2+10=blf,label=x", BK_ERR_INVALID, {0}, 0, NULL, false},
};

static void rules_follow_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(rules); i++) {
        struct cli_rule_spec got = {0};
        struct bk_detail detail = {""};
        struct bk_arena *arena = bk_arena_new();
        print_message("  %s\n", rules[i].text);
        assert_int_equal(cli_spec_rule(arena, bk_str_of(rules[i].text), &got, &detail),
                         rules[i].want);
        if (rules[i].want == BK_OK) {
            assert_int_equal(got.first.panel, rules[i].first.panel);
            assert_int_equal(got.first.module, rules[i].first.module);
            assert_int_equal(got.first.slot, rules[i].first.slot);
            assert_int_equal(got.first.kind, rules[i].first.kind);
            assert_int_equal(got.first.line, rules[i].first.line);
            assert_int_equal(got.count, rules[i].count);
            assert_int_equal(got.is_everyone, rules[i].is_everyone);
            assert_str_equal(got.site, rules[i].site);
        } else {
            assert_true(detail.text[0] != '\0');
        }
        bk_arena_free(arena);
    }
}

static void keys_follow_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(keys); i++) {
        struct bk_phone_key got = {0};
        struct bk_detail detail = {""};
        struct bk_arena *arena = bk_arena_new();
        print_message("  %s\n", keys[i].text);
        assert_int_equal(cli_spec_key(arena, bk_str_of(keys[i].text), &got, &detail), keys[i].want);
        if (keys[i].want == BK_OK) {
            assert_int_equal(got.panel, keys[i].key.panel);
            assert_int_equal(got.module, keys[i].key.module);
            assert_int_equal(got.slot, keys[i].key.slot);
            assert_int_equal(got.kind, keys[i].key.kind);
            assert_int_equal(got.line, keys[i].key.line);
            assert_str_equal(got.value, keys[i].value);
            assert_str_equal(got.label, keys[i].label);
            assert_str_equal(got.extension, keys[i].extension);
        } else {
            assert_memory_equal(detail.text, "--key", 5);
        }
        bk_arena_free(arena);
    }
}

static const struct {
    const char *text;
    enum bk_err want;
    const char *key, *vendor, *name, *value;
} settings[] = {
    {"time.zone=Europe/Berlin", BK_OK, "time.zone", "", "", "Europe/Berlin"},
    {"call.pickup_code=*8=x", BK_OK, "call.pickup_code", "", "", "*8=x"},
    {"time.zone=", BK_OK, "time.zone", "", "", ""},
    {"raw:yealink:features.dnd.enable=0", BK_OK, "raw:yealink:features.dnd.enable", "yealink",
     "features.dnd.enable", "0"},
    {"time.zone", BK_ERR_INVALID, NULL, NULL, NULL, NULL},
    {"=x", BK_ERR_INVALID, NULL, NULL, NULL, NULL},
    {"raw:yealink=1", BK_ERR_INVALID, NULL, NULL, NULL, NULL},
    {"raw::x=1", BK_ERR_INVALID, NULL, NULL, NULL, NULL},
};

static void settings_follow_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(settings); i++) {
        struct cli_setting_spec got = {0};
        struct bk_detail detail = {""};
        print_message("  %s\n", settings[i].text);
        assert_int_equal(cli_spec_setting(bk_str_of(settings[i].text), &got, &detail),
                         settings[i].want);
        if (settings[i].want != BK_OK)
            continue;
        assert_str_equal(got.key, settings[i].key);
        assert_str_equal(got.raw_vendor, settings[i].vendor);
        assert_str_equal(got.raw_name, settings[i].name);
        assert_str_equal(got.value, settings[i].value);
        assert_int_equal(got.is_empty, settings[i].value[0] == '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_follow_table),  cmocka_unit_test(lines_follow_table),
        cmocka_unit_test(keys_follow_table),     cmocka_unit_test(rules_follow_table),
        cmocka_unit_test(settings_follow_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
