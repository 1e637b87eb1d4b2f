/* Which certificates prove a MAC. Every hostile form seen or thought of is a row. */
#include "harness/test.h"

#include <string.h>

#include "vendor/vendor.h"

#define UUID "ffffffff-ffff-ffff-fff0-805ec0000001"

struct attribute {
    enum bk_cert_field field;
    const char *text;
};

static const struct {
    const char *label;
    struct attribute attributes[6]; /* text NULL ends */
    const char *rule;               /* NULL: no identity */
} cases[] = {
    {"CN is the MAC", {{BK_CERT_CN, "805ec0000001"}}, "yealink-cn"},
    {"CN is the MAC in capitals", {{BK_CERT_CN, "805EC0000001"}}, "yealink-cn"},
    {"with O and OU beside it",
     {{BK_CERT_O, "Yealink Network Technology Co., Ltd."},
      {BK_CERT_OU, "Yealink Equipment"},
      {BK_CERT_CN, "805ec0000001"}},
     "yealink-cn"},
    {"the form of 2016",
     {{BK_CERT_C, "CN"},
      {BK_CERT_ST, "FuJian"},
      {BK_CERT_L, "Xiamen"},
      {BK_CERT_OU, "Yealink Equipment"},
      {BK_CERT_CN, "yealink.com"},
      {BK_CERT_SERIAL_NUMBER, UUID}},
     "yealink-serial"},
    {"the generic certificate", {{BK_CERT_CN, "yealink.com"}}, NULL},
    {"text like Yealink's", {{BK_CERT_CN, "Yealink Equipment"}}, NULL},
    {"nothing at all", {{BK_CERT_CN, NULL}}, NULL},
    {"an empty CN", {{BK_CERT_CN, ""}}, NULL},
    {"two CNs, both a MAC", {{BK_CERT_CN, "805ec0000001"}, {BK_CERT_CN, "805ec0000002"}}, NULL},
    {"the same CN twice", {{BK_CERT_CN, "805ec0000001"}, {BK_CERT_CN, "805ec0000001"}}, NULL},
    {"MAC and maker both as CN", {{BK_CERT_CN, "805ec0000001"}, {BK_CERT_CN, "yealink.com"}}, NULL},
    {"MAC in O only", {{BK_CERT_O, "805ec0000001"}}, NULL},
    {"MAC in OU only", {{BK_CERT_CN, "yealink.com"}, {BK_CERT_OU, "805ec0000001"}}, NULL},
    {"MAC in an unknown field", {{BK_CERT_OTHER, "805ec0000001"}}, NULL},
    {"MAC in the serial number, bare",
     {{BK_CERT_CN, "yealink.com"}, {BK_CERT_SERIAL_NUMBER, "805ec0000001"}},
     NULL},
    {"colons", {{BK_CERT_CN, "80:5e:c0:00:00:01"}}, NULL},
    {"hyphens", {{BK_CERT_CN, "80-5e-c0-00-00-01"}}, NULL},
    {"11 digits", {{BK_CERT_CN, "805ec000000"}}, NULL},
    {"13 digits", {{BK_CERT_CN, "805ec00000011"}}, NULL},
    {"a blank behind", {{BK_CERT_CN, "805ec0000001 "}}, NULL},
    {"a domain behind", {{BK_CERT_CN, "805ec0000001.yealink.com"}}, NULL},
    {"wide digits that look alike",
     {{BK_CERT_CN, "\xef\xbc\x98"
                   "05ec0000001"}},
     NULL},
    {"a serial number without a CN", {{BK_CERT_SERIAL_NUMBER, UUID}}, NULL},
    {"a serial number with another CN",
     {{BK_CERT_CN, "yealink.org"}, {BK_CERT_SERIAL_NUMBER, UUID}},
     NULL},
    {"a serial number with CN in capitals",
     {{BK_CERT_CN, "Yealink.com"}, {BK_CERT_SERIAL_NUMBER, UUID}},
     NULL},
    {"a serial number with CN twice",
     {{BK_CERT_CN, "yealink.com"}, {BK_CERT_CN, "yealink.com"}, {BK_CERT_SERIAL_NUMBER, UUID}},
     NULL},
    {"two serial numbers",
     {{BK_CERT_CN, "yealink.com"}, {BK_CERT_SERIAL_NUMBER, UUID}, {BK_CERT_SERIAL_NUMBER, UUID}},
     NULL},
    {"a serial number with a digit missing in front",
     {{BK_CERT_CN, "yealink.com"}, {BK_CERT_SERIAL_NUMBER, "fffffff-ffff-ffff-fff0-805ec0000001"}},
     NULL},
    {"a serial number of 13 last digits",
     {{BK_CERT_CN, "yealink.com"},
      {BK_CERT_SERIAL_NUMBER, "ffffffff-ffff-ffff-fff0-805ec00000011"}},
     NULL},
    {"a serial number without hyphens",
     {{BK_CERT_CN, "yealink.com"}, {BK_CERT_SERIAL_NUMBER, "ffffffffffffffffffff805ec0000001"}},
     NULL},
    {"a serial number with no hexadecimal digit",
     {{BK_CERT_CN, "yealink.com"}, {BK_CERT_SERIAL_NUMBER, "gfffffff-ffff-ffff-fff0-805ec0000001"}},
     NULL},
};

static void only_the_exact_rule_passes(void **state)
{
    (void)state;
    const struct bk_vendor *yealink = bk_vendor_find(BK_STR("yealink"));
    const struct bk_mac want = {{0x80, 0x5e, 0xc0, 0, 0, 1}};
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct bk_cert_subject subject = {.count = 0};
        print_message("  %s\n", cases[i].label);
        for (size_t a = 0; a < 6 && cases[i].attributes[a].text != NULL; a++) {
            subject.attributes[a].field = cases[i].attributes[a].field;
            subject.attributes[a].text = bk_str_of(cases[i].attributes[a].text);
            subject.count++;
        }
        struct bk_mac mac = {{9}};
        const struct bk_cert_rule *rule = bk_cert_rule_match(yealink, &subject, &mac);
        if (cases[i].rule == NULL) {
            assert_null(rule);
            assert_int_equal(mac.bytes[0], 9);
        } else {
            assert_non_null(rule);
            assert_string_equal(rule->name, cases[i].rule);
            assert_true(bk_mac_eq(&mac, &want));
        }
    }
}

static void a_terminator_inside_is_no_mac(void **state)
{
    (void)state;
    const struct bk_vendor *yealink = bk_vendor_find(BK_STR("yealink"));
    struct bk_mac mac;
    struct bk_cert_subject subject = {.count = 1};
    subject.attributes[0].field = BK_CERT_CN;
    subject.attributes[0].text = (struct bk_str){"805ec0000001\0.evil", 18};
    assert_null(bk_cert_rule_match(yealink, &subject, &mac));
    subject.attributes[0].text.len = 12; /* the same bytes, cut before it */
    assert_non_null(bk_cert_rule_match(yealink, &subject, &mac));
}

static void a_full_subject_is_searched_to_its_end(void **state)
{
    (void)state;
    const struct bk_vendor *yealink = bk_vendor_find(BK_STR("yealink"));
    struct bk_mac mac;
    struct bk_cert_subject subject = {.count = BK_CERT_ATTRIBUTE_MAX};
    for (size_t i = 0; i < subject.count; i++) {
        subject.attributes[i].field = BK_CERT_OTHER;
        subject.attributes[i].text = BK_STR("x");
    }
    subject.attributes[0].field = BK_CERT_CN;
    subject.attributes[0].text = BK_STR("805ec0000001");
    assert_non_null(bk_cert_rule_match(yealink, &subject, &mac));
    subject.attributes[BK_CERT_ATTRIBUTE_MAX - 1].field = BK_CERT_CN;
    assert_null(bk_cert_rule_match(yealink, &subject, &mac));
}

static void fields_have_their_usual_names(void **state)
{
    (void)state;
    assert_string_equal(bk_cert_field_name(BK_CERT_CN), "CN");
    assert_string_equal(bk_cert_field_name(BK_CERT_SERIAL_NUMBER), "serialNumber");
    assert_string_equal(bk_cert_field_name(BK_CERT_OTHER), "other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_exact_rule_passes),
        cmocka_unit_test(a_terminator_inside_is_no_mac),
        cmocka_unit_test(a_full_subject_is_searched_to_its_end),
        cmocka_unit_test(fields_have_their_usual_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
