/* Which certificates prove a MAC, by the rules of which maker. Every hostile form seen or thought
 * of is a row. */
#include "harness/test.h"

#include <stdio.h>
#include <string.h>

#include "vendor/cert_rule.h"
#include "vendor/vendor.h"

#define UUID "ffffffff-ffff-ffff-fff0-805ec0000001"
#define SENTENCE "SPA-525G2, MAC: 805EC0000001, Serial: CBT153908BX"

struct attribute {
    enum bk_cert_field field;
    const char *text;
};

#define CN BK_CERT_CN
#define SERIAL BK_CERT_SERIAL_NUMBER
#define O BK_CERT_O
#define OU BK_CERT_OU
#define L BK_CERT_L
#define ST BK_CERT_ST
#define C BK_CERT_C
#define OTHER BK_CERT_OTHER

static const struct {
    const char *label, *maker;
    struct attribute attributes[8]; /* text NULL ends */
    const char *want;               /* rule, model and serial, as far as told; NULL: nothing */
} cases[] = {
    /* Yealink */
    {"CN is the MAC", "yealink", {{CN, "805ec0000001"}}, "yealink-cn"},
    {"CN is the MAC in capitals", "yealink", {{CN, "805EC0000001"}}, "yealink-cn"},
    {"with O and OU beside it",
     "yealink",
     {{O, "Yealink Network Technology Co., Ltd."}, {OU, "Yealink Equipment"}, {CN, "805ec0000001"}},
     "yealink-cn"},
    {"the form of 2016",
     "yealink",
     {{C, "CN"},
      {ST, "FuJian"},
      {L, "Xiamen"},
      {OU, "Yealink Equipment"},
      {CN, "yealink.com"},
      {SERIAL, UUID}},
     "yealink-serial"},
    {"the generic certificate", "yealink", {{CN, "yealink.com"}}, "yealink-generic"},
    {"the generic certificate, whole",
     "yealink",
     {{C, "CN"}, {ST, "FuJian"}, {L, "Xiamen"}, {OU, "Yealink Equipment"}, {CN, "yealink.com"}},
     "yealink-generic"},
    {"text like Yealink's", "yealink", {{CN, "Yealink Equipment"}}, NULL},
    {"nothing at all", "yealink", {{CN, NULL}}, NULL},
    {"an empty CN", "yealink", {{CN, ""}}, NULL},
    {"two CNs, both a MAC", "yealink", {{CN, "805ec0000001"}, {CN, "805ec0000002"}}, NULL},
    {"the same CN twice", "yealink", {{CN, "805ec0000001"}, {CN, "805ec0000001"}}, NULL},
    {"MAC and maker both as CN", "yealink", {{CN, "805ec0000001"}, {CN, "yealink.com"}}, NULL},
    {"MAC in O only", "yealink", {{O, "805ec0000001"}}, NULL},
    {"MAC in OU of the generic one",
     "yealink",
     {{CN, "yealink.com"}, {OU, "805ec0000001"}},
     "yealink-generic"},
    {"MAC in an unknown field", "yealink", {{OTHER, "805ec0000001"}}, NULL},
    {"MAC in the serial number, bare",
     "yealink",
     {{CN, "yealink.com"}, {SERIAL, "805ec0000001"}},
     NULL},
    {"colons", "yealink", {{CN, "80:5e:c0:00:00:01"}}, NULL},
    {"hyphens", "yealink", {{CN, "80-5e-c0-00-00-01"}}, NULL},
    {"11 digits", "yealink", {{CN, "805ec000000"}}, NULL},
    {"13 digits", "yealink", {{CN, "805ec00000011"}}, NULL},
    {"a blank behind", "yealink", {{CN, "805ec0000001 "}}, NULL},
    {"a domain behind", "yealink", {{CN, "805ec0000001.yealink.com"}}, NULL},
    {"wide digits that look alike",
     "yealink",
     {{CN, "\xef\xbc\x98"
           "05ec0000001"}},
     NULL},
    {"a serial number without a CN", "yealink", {{SERIAL, UUID}}, NULL},
    {"a serial number with another CN", "yealink", {{CN, "yealink.org"}, {SERIAL, UUID}}, NULL},
    {"a serial number with CN in capitals", "yealink", {{CN, "Yealink.com"}, {SERIAL, UUID}}, NULL},
    {"a serial number with CN twice",
     "yealink",
     {{CN, "yealink.com"}, {CN, "yealink.com"}, {SERIAL, UUID}},
     NULL},
    {"two serial numbers", "yealink", {{CN, "yealink.com"}, {SERIAL, UUID}, {SERIAL, UUID}}, NULL},
    {"a serial number with a digit missing in front",
     "yealink",
     {{CN, "yealink.com"}, {SERIAL, "fffffff-ffff-ffff-fff0-805ec0000001"}},
     NULL},
    {"a serial number of 13 last digits",
     "yealink",
     {{CN, "yealink.com"}, {SERIAL, "ffffffff-ffff-ffff-fff0-805ec00000011"}},
     NULL},
    {"a serial number without hyphens",
     "yealink",
     {{CN, "yealink.com"}, {SERIAL, "ffffffffffffffffffff805ec0000001"}},
     NULL},
    {"a serial number with no hexadecimal digit",
     "yealink",
     {{CN, "yealink.com"}, {SERIAL, "gfffffff-ffff-ffff-fff0-805ec0000001"}},
     NULL},

    /* Poly */
    {"Poly", "poly", {{CN, "805EC0000001"}, {O, "Polycom Inc."}}, "poly-cn"},
    {"Poly in small letters", "poly", {{CN, "805ec0000001"}, {O, "Polycom Inc."}}, NULL},
    {"Poly in mixed letters", "poly", {{CN, "805Ec0000001"}, {O, "Polycom Inc."}}, NULL},
    {"Poly without O", "poly", {{CN, "805EC0000001"}}, NULL},
    {"Poly with another O", "poly", {{CN, "805EC0000001"}, {O, "Polycom Inc"}}, NULL},
    {"Poly with O twice",
     "poly",
     {{CN, "805EC0000001"}, {O, "Polycom Inc."}, {O, "Polycom Inc."}},
     NULL},
    {"Yealink's serial number at Poly's", "poly", {{CN, "yealink.com"}, {SERIAL, UUID}}, NULL},
    {"Yealink's generic one at Poly's", "poly", {{CN, "yealink.com"}}, NULL},

    /* Snom */
    {"Snom", "snom", {{CN, "805EC0000001"}}, "snom-cn"},
    {"Snom in small letters", "snom", {{CN, "805ec0000001"}}, "snom-cn"},
    {"Snom with its issuer's name", "snom", {{CN, "Snom Phone 1"}}, NULL},

    /* Cisco */
    {"Cisco SPA",
     "cisco",
     {{OU, "SPA-962"}, {L, "88012BA01234"}, {ST, "805ec0000001"}},
     "cisco-st SPA-962 88012BA01234"},
    {"Cisco MPP",
     "cisco",
     {{OU, "CP-8841-3PCC"}, {L, "88012BA01234"}, {ST, "805ec0000001"}},
     "cisco-st CP-8841-3PCC 88012BA01234"},
    {"Cisco in capitals",
     "cisco",
     {{OU, "SPA-962"}, {L, "88012BA01234"}, {ST, "805EC0000001"}},
     NULL},
    {"Cisco without a serial", "cisco", {{OU, "SPA-962"}, {ST, "805ec0000001"}}, NULL},
    {"Cisco with an empty serial", "cisco", {{OU, "SPA-962"}, {L, ""}, {ST, "805ec0000001"}}, NULL},
    {"Cisco with a model too long",
     "cisco",
     {{OU, "SPA-9628901234567890123456789012345"}, {L, "8"}, {ST, "805ec0000001"}},
     NULL},
    {"Cisco with a model of 32",
     "cisco",
     {{OU, "SPA-9628901234567890123456789012"}, {L, "8"}, {ST, "805ec0000001"}},
     "cisco-st SPA-9628901234567890123456789012 8"},
    {"Cisco's shared names with a MAC",
     "cisco",
     {{OU, "cisco.com"}, {L, "ciscogeneric"}, {ST, "805ec0000001"}},
     NULL},
    {"Cisco generic",
     "cisco",
     {{OU, "cisco.com"}, {L, "ciscogeneric"}, {ST, "ciscogeneric"}},
     "cisco-generic"},
    {"Cisco generic by half", "cisco", {{OU, "cisco.com"}, {L, "ciscogeneric"}}, NULL},
    {"an SPA525G2, whole",
     "cisco",
     {{C, "US"},
      {ST, "805EC0000001"},
      {L, "CBT153908BX"},
      {O, "Cisco Systems, Inc."},
      {OU, "cisco.com"},
      {CN, SENTENCE},
      {OTHER, "linksys-certadmin@cisco.com"}},
     "cisco-sentence SPA-525G2 CBT153908BX"},
    {"a sentence with another MAC in ST",
     "cisco",
     {{ST, "805EC0000002"}, {L, "CBT153908BX"}, {OU, "cisco.com"}, {CN, SENTENCE}},
     NULL},
    {"a sentence with another serial in L",
     "cisco",
     {{ST, "805EC0000001"}, {L, "CBT153908BY"}, {OU, "cisco.com"}, {CN, SENTENCE}},
     NULL},
    {"a sentence alone", "cisco", {{OU, "cisco.com"}, {CN, SENTENCE}}, NULL},
    {"a sentence with more behind",
     "cisco",
     {{ST, "805EC0000001"}, {L, "CBT153908BX"}, {OU, "cisco.com"}, {CN, SENTENCE " "}},
     NULL},
    {"a sentence with a MAC in the place of the model",
     "cisco",
     {{ST, "805EC0000001"},
      {L, "CBT153908BX"},
      {OU, "cisco.com"},
      {CN, "805EC0000002, MAC: 805EC0000001, Serial: CBT153908BX"}},
     "cisco-sentence 805EC0000002 CBT153908BX"},
    {"a sentence cut off",
     "cisco",
     {{ST, "805EC0000001"}, {L, "CBT153908BX"}, {OU, "cisco.com"}, {CN, "SPA-525G2, MAC: 805EC0"}},
     NULL},

    /* Nobody */
    {"a maker without rules", "grandstream", {{CN, "805ec0000001"}}, NULL},
    {"no maker", "", {{CN, "805ec0000001"}}, NULL},
};

static const char all_rules[] = "yealink-cn yealink-serial poly-cn snom-cn cisco-st cisco-sentence";

static struct bk_cert_subject subject_of(const struct attribute *attributes)
{
    struct bk_cert_subject subject = {.count = 0};
    for (size_t i = 0; i < 8 && attributes[i].text != NULL; i++) {
        subject.attributes[i].field = attributes[i].field;
        subject.attributes[i].text = bk_str_of(attributes[i].text);
        subject.count++;
    }
    return subject;
}

static void only_the_exact_rule_of_its_maker_passes(void **state)
{
    (void)state;
    const struct bk_mac want = {{0x80, 0x5e, 0xc0, 0, 0, 1}};
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct bk_cert_subject subject = subject_of(cases[i].attributes);
        struct bk_cert_proof proof = {.mac = {{9}}}; /* written when proved only */
        print_message("  %s\n", cases[i].label);
        char found[128] = "";
        enum bk_cert_verdict verdict =
            bk_cert_judge(NULL, bk_str_of(cases[i].maker), all_rules, &subject, &proof);
        if (verdict != BK_CERT_PROVED)
            assert_int_equal(proof.mac.bytes[0], 9);
        if (cases[i].want == NULL || strstr(cases[i].want, "generic") != NULL) {
            assert_int_equal(verdict, cases[i].want == NULL ? BK_CERT_NOTHING : BK_CERT_GENERIC);
            continue;
        }
        assert_int_equal(verdict, BK_CERT_PROVED);
        assert_true(bk_mac_eq(&proof.mac, &want));
        snprintf(found, sizeof found, "%s%s%.*s%s%.*s", proof.rule->name,
                 proof.model.len > 0 ? " " : "", BK_STR_ARG(proof.model),
                 proof.serial.len > 0 ? " " : "", BK_STR_ARG(proof.serial));
        assert_string_equal(found, cases[i].want);
    }
}

static void a_root_is_held_to_the_rules_it_names(void **state)
{
    (void)state;
    const struct attribute by_cn[8] = {{CN, "805ec0000001"}};
    const struct attribute generic[8] = {{CN, "yealink.com"}};
    struct bk_cert_subject subject = subject_of(by_cn);
    struct bk_cert_proof proof;
    const struct bk_str yealink = BK_STR("yealink");
    assert_int_equal(bk_cert_judge(NULL, yealink, "yealink-cn", &subject, &proof), BK_CERT_PROVED);
    assert_int_equal(bk_cert_judge(NULL, yealink, "yealink-serial", &subject, &proof),
                     BK_CERT_NOTHING);
    assert_int_equal(bk_cert_judge(NULL, yealink, "snom-cn", &subject, &proof), BK_CERT_NOTHING);
    assert_int_equal(bk_cert_judge(NULL, yealink, "", &subject, &proof), BK_CERT_NOTHING);
    /* A generic form is known for what it is, whatever the root names. */
    subject = subject_of(generic);
    assert_int_equal(bk_cert_judge(NULL, yealink, "yealink-cn", &subject, &proof), BK_CERT_GENERIC);
}

static void a_terminator_inside_is_no_mac(void **state)
{
    (void)state;
    struct bk_cert_proof proof;
    struct bk_cert_subject subject = {.count = 1};
    subject.attributes[0].field = BK_CERT_CN;
    subject.attributes[0].text = (struct bk_str){"805ec0000001\0.evil", 18};
    assert_int_equal(bk_cert_judge(NULL, BK_STR("snom"), all_rules, &subject, &proof),
                     BK_CERT_NOTHING);
    subject.attributes[0].text.len = 12; /* the same bytes, cut before it */
    assert_int_equal(bk_cert_judge(NULL, BK_STR("snom"), all_rules, &subject, &proof),
                     BK_CERT_PROVED);
}

static void a_full_subject_is_searched_to_its_end(void **state)
{
    (void)state;
    struct bk_cert_proof proof;
    struct bk_cert_subject subject = {.count = BK_CERT_ATTRIBUTE_MAX};
    for (size_t i = 0; i < subject.count; i++) {
        subject.attributes[i].field = BK_CERT_OTHER;
        subject.attributes[i].text = BK_STR("x");
    }
    subject.attributes[0].field = BK_CERT_CN;
    subject.attributes[0].text = BK_STR("805ec0000001");
    assert_int_equal(bk_cert_judge(NULL, BK_STR("snom"), all_rules, &subject, &proof),
                     BK_CERT_PROVED);
    subject.attributes[BK_CERT_ATTRIBUTE_MAX - 1].field = BK_CERT_CN;
    assert_int_equal(bk_cert_judge(NULL, BK_STR("snom"), all_rules, &subject, &proof),
                     BK_CERT_NOTHING);
}

static void fields_have_their_usual_names(void **state)
{
    (void)state;
    assert_string_equal(bk_cert_field_name(BK_CERT_CN), "CN");
    assert_string_equal(bk_cert_field_name(BK_CERT_SERIAL_NUMBER), "serialNumber");
    assert_string_equal(bk_cert_field_name(BK_CERT_OTHER), "other");
}

static int init(void **state)
{
    (void)state;
    return bk_vendors_init(NULL) == BK_OK ? 0 : -1;
}

static int deinit(void **state)
{
    (void)state;
    bk_vendors_deinit();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_exact_rule_of_its_maker_passes),
        cmocka_unit_test(a_root_is_held_to_the_rules_it_names),
        cmocka_unit_test(a_terminator_inside_is_no_mac),
        cmocka_unit_test(a_full_subject_is_searched_to_its_end),
        cmocka_unit_test(fields_have_their_usual_names),
    };
    return cmocka_run_group_tests(tests, init, deinit);
}
