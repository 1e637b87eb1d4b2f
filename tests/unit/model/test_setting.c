/* Neutral settings: what an admin may write, and what is said when it is refused. */
#include "harness/test.h"

#include <string.h>

#include "model/setting.h"

static const struct {
    const char *label;
    enum bk_neutral id;
    const char *text;
    bool is_good;
    int64_t number;
} cases[] = {
    {"a known zone", BK_NEUTRAL_TIME_ZONE, "Europe/Berlin", true, 0},
    {"the first zone of the table", BK_NEUTRAL_TIME_ZONE, "Africa/Abidjan", true, 0},
    {"the last zone of the table", BK_NEUTRAL_TIME_ZONE, "UTC", true, 0},
    {"a zone by an old name", BK_NEUTRAL_TIME_ZONE, "Asia/Calcutta", true, 0},
    {"an unknown zone", BK_NEUTRAL_TIME_ZONE, "Mars/Olympus", false, 0},
    {"a zone cut short", BK_NEUTRAL_TIME_ZONE, "Europe/Berli", false, 0},
    {"a zone of other letters", BK_NEUTRAL_TIME_ZONE, "europe/berlin", false, 0},
    {"one NTP server", BK_NEUTRAL_TIME_NTP, "ptbtime1.ptb.de", true, 0},
    {"two NTP servers", BK_NEUTRAL_TIME_NTP, "a.example,192.0.2.1", true, 0},
    {"three NTP servers", BK_NEUTRAL_TIME_NTP, "a.example,b.example,c.example", false, 0},
    {"an NTP server with a slash", BK_NEUTRAL_TIME_NTP, "a/b", false, 0},
    {"an NTP server of dots", BK_NEUTRAL_TIME_NTP, "..", false, 0},
    {"an enum's second word", BK_NEUTRAL_TIME_FORMAT, "24h", true, 1},
    {"an enum's unknown word", BK_NEUTRAL_TIME_FORMAT, "25h", false, 0},
    {"a language", BK_NEUTRAL_LANGUAGE, "pt-BR", true, 0},
    {"a language with an empty part", BK_NEUTRAL_LANGUAGE, "pt-", false, 0},
    {"a country", BK_NEUTRAL_TONE_COUNTRY, "DE", true, 0},
    {"a country in small letters", BK_NEUTRAL_TONE_COUNTRY, "de", false, 0},
    {"codecs", BK_NEUTRAL_CODECS, "pcma, g722,opus", true, 0},
    {"a codec twice", BK_NEUTRAL_CODECS, "pcma,pcma", false, 0},
    {"an unknown codec", BK_NEUTRAL_CODECS, "pcma,mp3", false, 0},
    {"no codec", BK_NEUTRAL_CODECS, "", false, 0},
    {"the least interval", BK_NEUTRAL_SIP_EXPIRES_S, "60", true, 60},
    {"below the least", BK_NEUTRAL_SIP_EXPIRES_S, "59", false, 0},
    {"the largest", BK_NEUTRAL_SIP_EXPIRES_S, "86400", true, 86400},
    {"above the largest", BK_NEUTRAL_SIP_EXPIRES_S, "86401", false, 0},
    {"a number with a sign", BK_NEUTRAL_SIP_EXPIRES_S, "+600", false, 0},
    {"a password of 8", BK_NEUTRAL_ADMIN_SECRET, "12345678", true, 0},
    {"a password of 7", BK_NEUTRAL_ADMIN_SECRET, "1234567", false, 0},
    {"a password with a line end", BK_NEUTRAL_ADMIN_SECRET, "12345\n678", false, 0},
    {"a password with a blank behind", BK_NEUTRAL_ADMIN_SECRET, "12345678 ", false, 0},
    {"all days", BK_NEUTRAL_PROV_WEEKLY_DAYS, "sun,mon,tue,wed,thu,fri,sat", true, 0},
    {"a time", BK_NEUTRAL_PROV_WINDOW_BEGIN, "23:59", true, 0},
    {"the 24th hour", BK_NEUTRAL_PROV_WINDOW_BEGIN, "24:00", false, 0},
    {"the 60th minute", BK_NEUTRAL_PROV_WINDOW_END, "00:60", false, 0},
    {"a time without a colon", BK_NEUTRAL_PROV_WINDOW_END, "00-00", false, 0},
    {"a URL", BK_NEUTRAL_FIRMWARE_URL, "https://fw.example/T54W-96.86.0.70.rom", true, 0},
    {"a URL with a port", BK_NEUTRAL_FIRMWARE_URL, "http://fw.example:8080/x", true, 0},
    {"a TFTP URL", BK_NEUTRAL_CA_URL, "tftp://192.0.2.1/ca.crt", true, 0},
    {"a URL of another scheme", BK_NEUTRAL_CA_URL, "file:///etc/passwd", false, 0},
    {"a URL without a host", BK_NEUTRAL_PHONEBOOK_URL, "https:///x", false, 0},
    {"a URL with a blank", BK_NEUTRAL_PHONEBOOK_URL, "https://a.example/x y", false, 0},
    {"a URL with a user", BK_NEUTRAL_PHONEBOOK_URL, "https://u:p@a.example/", false, 0},
    {"a syslog server with a port", BK_NEUTRAL_SYSLOG_SERVER, "log.example:1514", true, 0},
    {"an IPv6 syslog server", BK_NEUTRAL_SYSLOG_SERVER, "[2001:db8::1]", true, 0},
    {"a bad IPv6 address", BK_NEUTRAL_SYSLOG_SERVER, "[2001:db8::1::]", false, 0},
    {"port 0", BK_NEUTRAL_SYSLOG_SERVER, "log.example:0", false, 0},
    {"a pickup code", BK_NEUTRAL_PICKUP_CODE, "*8", true, 0},
    {"a pickup code with a blank", BK_NEUTRAL_PICKUP_CODE, "* 8", false, 0},
    {"a ring tone", BK_NEUTRAL_RING_TONE, "Ring 3.wav", true, 0},
    {"a ring tone's new line", BK_NEUTRAL_RING_TONE, "a\nb", false, 0},
    {"a ring tone of 64", BK_NEUTRAL_RING_TONE,
     "0123456789012345678901234567890123456789"
     "012345678901234567890123",
     true, 0},
    {"a ring tone of 65", BK_NEUTRAL_RING_TONE,
     "0123456789012345678901234567890123456789"
     "0123456789012345678901234",
     false, 0},
    {"a wallpaper", BK_NEUTRAL_WALLPAPER_URL, "https://img.example/w.jpg", true, 0},
    {"a wallpaper's file name", BK_NEUTRAL_WALLPAPER_URL, "wallpaper.jpg", false, 0},
    {"a logo over FTP", BK_NEUTRAL_LOGO_URL, "ftp://img.example/l.png", false, 0},
    {"the PC port's VLAN", BK_NEUTRAL_PC_VLAN_ID, "4094", true, 4094},
    {"a VLAN that 802.1Q keeps", BK_NEUTRAL_PC_VLAN_ID, "4095", false, 0},
    {"no VLAN", BK_NEUTRAL_PC_VLAN_ID, "0", false, 0},
    {"CDP", BK_NEUTRAL_CDP, "off", true, 0},
    {"a headset by name", BK_NEUTRAL_HEADSET_FIRST, "bluetooth", false, 0},
    {"feature synchronisation", BK_NEUTRAL_FEATURE_SYNC, "yes", true, 1},
    {"do-not-disturb", BK_NEUTRAL_DND_ALLOWED, "no", true, 0},
    {"an LDAP server", BK_NEUTRAL_LDAP_URL, "ldap://dir.example", true, 0},
    {"an LDAP server with a port", BK_NEUTRAL_LDAP_URL, "ldaps://dir.example:3269", true, 0},
    {"an LDAP server over IPv6", BK_NEUTRAL_LDAP_URL, "ldap://[2001:db8::1]:389", true, 0},
    {"an LDAP URL with a path", BK_NEUTRAL_LDAP_URL, "ldap://dir.example/dc=example", false, 0},
    {"an LDAP URL of another scheme", BK_NEUTRAL_LDAP_URL, "https://dir.example", false, 0},
    {"an LDAP URL without a host", BK_NEUTRAL_LDAP_URL, "ldaps://", false, 0},
    {"an XML book by LDAP", BK_NEUTRAL_PHONEBOOK_URL, "ldap://dir.example", false, 0},
    {"an LDAP base", BK_NEUTRAL_LDAP_BASE, "ou=Büro, dc=example", true, 0},
    {"an LDAP base without attribute", BK_NEUTRAL_LDAP_BASE, "=example", false, 0},
    {"an LDAP base without value", BK_NEUTRAL_LDAP_BASE, "dc=", false, 0},
    {"an LDAP base of words", BK_NEUTRAL_LDAP_BASE, "example com", false, 0},
    {"an LDAP user", BK_NEUTRAL_LDAP_USER, "cn=phones,dc=example", true, 0},
    {"an LDAP password", BK_NEUTRAL_LDAP_SECRET, "x", true, 0},
    {"an empty LDAP password", BK_NEUTRAL_LDAP_SECRET, "", false, 0},
    {"a boolean", BK_NEUTRAL_WEB_UI, "no", true, 0},
    {"no boolean", BK_NEUTRAL_WEB_UI, "2", false, 0},
};

static void each_setting_takes_what_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct bk_option_value value = {BK_STR_NONE, -7};
        struct bk_detail detail = {{0}};
        const char *key = bk_neutral_options[cases[i].id].key;
        print_message("  %s\n", cases[i].label);
        enum bk_err err = bk_neutral_check(cases[i].id, bk_str_of(cases[i].text), &value, &detail);
        assert_int_equal(err, cases[i].is_good ? BK_OK : BK_ERR_INVALID);
        if (cases[i].is_good) {
            assert_int_equal(value.number, cases[i].number);
            assert_string_equal(detail.text, "");
        } else {
            assert_int_equal(value.number, -7);
            assert_non_null(strstr(detail.text, key));
        }
    }
}

static void a_refused_secret_is_not_repeated(void **state)
{
    (void)state;
    struct bk_option_value value;
    struct bk_detail detail = {{0}};
    assert_int_equal(bk_neutral_check(BK_NEUTRAL_ADMIN_SECRET, BK_STR("hunter2"), &value, &detail),
                     BK_ERR_INVALID);
    assert_null(strstr(detail.text, "hunter2"));
}

static void rows_stand_in_the_order_of_the_enum(void **state)
{
    (void)state;
    assert_string_equal(bk_neutral_options[BK_NEUTRAL_TIME_ZONE].key, "time.zone");
    assert_string_equal(bk_neutral_options[BK_NEUTRAL_LDAP_SECRET].key, "phonebook.ldap_secret");
    assert_null(bk_neutral_options[BK_NEUTRAL_COUNT].key);
    for (int i = 0; i < BK_NEUTRAL_COUNT; i++)
        assert_int_equal(bk_neutral_find(bk_str_of(bk_neutral_options[i].key)), i);
    assert_int_equal(bk_neutral_find(BK_STR("time.zon")), -1);
}

static void times_have_a_unit(void **state)
{
    (void)state;
    assert_string_equal(bk_neutral_unit(BK_NEUTRAL_BACKLIGHT_S), "seconds");
    assert_string_equal(bk_neutral_unit(BK_NEUTRAL_PROV_INTERVAL_MIN), "minutes");
    assert_null(bk_neutral_unit(BK_NEUTRAL_RTP_PORT_MIN)); /* _min is the least port */
    for (int i = 0; i < BK_NEUTRAL_COUNT; i++)
        assert_int_equal(bk_str_ends(bk_str_of(bk_neutral_options[i].key), BK_STR("_s")),
                         bk_neutral_unit((enum bk_neutral)i) != NULL &&
                             strcmp(bk_neutral_unit((enum bk_neutral)i), "seconds") == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_setting_takes_what_the_table_says),
        cmocka_unit_test(a_refused_secret_is_not_repeated),
        cmocka_unit_test(rows_stand_in_the_order_of_the_enum),
        cmocka_unit_test(times_have_a_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
