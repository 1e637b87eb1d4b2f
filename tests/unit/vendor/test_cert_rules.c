/* Issuer rules as they are written: what the grammar takes, what it refuses and how it says so; and
 * an operator's own beside the built-in ones. */
#include "harness/test.h"

#include <stdio.h>
#include <string.h>

#include "harness/sweep.h"
#include "vendor/cert_rule.h"
#include "vendor/vendor.h"

#define HEADER "name\tmaker\tsubject\tgeneric\tsource\n"
#define X16 "xxxxxxxxxxxxxxxx"
#define X128 X16 X16 X16 X16 X16 X16 X16 X16

static const struct {
    const char *label, *name, *maker, *subject;
    bool is_generic;
    const char *want; /* part of the sentence; NULL: it is good */
} rule_cases[] = {
    {"the least", "a", "a", "CN={mac}", false, NULL},
    {"every field", "every-1", "a_1",
     "CN={mac}; serialNumber=1; O=a=b; OU= x ; L={none}; ST=\xc3\xa4; C=DE", false, NULL},
    {"every placeholder", "p", "m",
     "CN={mac-lower}{mac-upper}{mac-uuid}{mac}; O={model}, {serial}; OU={serial} {model}", false,
     NULL},
    {"a word before a letter outside of words", "p", "m", "CN={mac}; O={model}\xc3\xa4", false,
     NULL},
    {"a generic form", "g", "m", "CN=shared; serialNumber={none}", true, NULL},
    {"no name", "", "m", "CN={mac}", false, "a rule's name"},
    {"a name with a capital", "A", "m", "CN={mac}", false, "a rule's name"},
    {"a name with a blank", "a b", "m", "CN={mac}", false, "a rule's name"},
    {"a name that begins with a digit", "1a", "m", "CN={mac}", false, "a rule's name"},
    {"a name of 65", X16 X16 X16 X16 "x", "m", "CN={mac}", false, "a rule's name"},
    {"no maker", "a", "", "CN={mac}", false, "a maker's name"},
    {"a maker with a hyphen", "a", "m-m", "CN={mac}", false, "a maker's name"},
    {"a maker of 32", "a", X16 X16, "CN={mac}", false, "a maker's name"},
    {"no subject", "a", "m", "", false, "a subject is"},
    {"a subject of more than 512", "a", "m", "CN={mac}; O=" X128 X128 X128 X128, false,
     "a subject is"},
    {"a control character", "a", "m", "CN={mac}; O=a\x01", false, "a subject is"},
    {"broken UTF-8", "a", "m", "CN={mac}; O=a\xc3", false, "a subject is"},
    {"no equals sign", "a", "m", "{mac}", false, "want FIELD=TEXT"},
    {"a field that nobody has", "a", "m", "CM={mac}", false, "no such field"},
    {"a field in small letters", "a", "m", "cn={mac}", false, "no such field"},
    {"a field that is every other", "a", "m", "other={mac}", false, "no such field"},
    {"a field twice", "a", "m", "CN={mac}; O=x; CN={mac}", false, "stands twice: CN"},
    {"a field without text", "a", "m", "CN={mac}; O=", false, "without text"},
    {"no blank between", "a", "m", "CN={mac};O=x", false, "between two fields"},
    {"a separator at the end", "a", "m", "CN={mac}; ", false, "between two fields"},
    {"a semicolon at the end", "a", "m", "CN={mac};", false, "between two fields"},
    {"a placeholder that is none", "a", "m", "CN={MAC}", false, "no such placeholder"},
    {"an empty placeholder", "a", "m", "CN={}{mac}", false, "no such placeholder"},
    {"a placeholder that does not end", "a", "m", "CN={mac", false, "no such placeholder"},
    {"a brace too many", "a", "m", "CN={mac}}", false, "closes nothing"},
    {"{none} with text", "a", "m", "CN={mac}; O=x{none}", false, "whole text"},
    {"a word that nothing ends", "a", "m", "CN={model}{mac}", false, "need a sign behind"},
    {"a word before a letter", "a", "m", "CN={mac}; O={serial}x", false, "need a sign behind"},
    {"no MAC", "a", "m", "CN={model}", false, "nowhere where the MAC stands"},
    {"a generic form with a MAC", "a", "m", "CN={mac}", true, "names nothing of one phone"},
    {"a generic form with a model", "a", "m", "CN={model}", true, "names nothing of one phone"},
    {"a form of nothing", "a", "m", "CN={none}", true, "no field that must stand"},
};

static void rules_follow_the_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(rule_cases); i++) {
        const struct bk_cert_rule_text text = {
            .name = bk_str_of(rule_cases[i].name),
            .maker = bk_str_of(rule_cases[i].maker),
            .subject = bk_str_of(rule_cases[i].subject),
            .is_generic = rule_cases[i].is_generic,
        };
        struct bk_cert_rule rule = {.field_count = 99};
        struct bk_detail detail = {""};
        print_message("  %s\n", rule_cases[i].label);
        enum bk_err err = bk_cert_rule_parse(&text, &rule, &detail);
        if (rule_cases[i].want == NULL) {
            assert_int_equal(err, BK_OK);
            assert_string_equal(rule.subject, rule_cases[i].subject);
            assert_in_range(rule.field_count, 1, 7);
            continue;
        }
        assert_int_equal(err, BK_ERR_INVALID);
        assert_int_equal(rule.field_count, 99);
        assert_non_null(strstr(detail.text, rule_cases[i].want));
    }
}

static const struct {
    const char *label, *text, *want;
} table_cases[] = {
    {"no line", "", "t:0: no line with the names"},
    {"comments alone", "# a\n\n", "t:2: no line with the names"},
    {"no header", "a\tm\tCN={mac}\tno\t\n", "t:1: the first line names the columns"},
    {"a column too few", "# x\n" HEADER "a\tm\tCN={mac}\tno\n", "t:3: a: fewer columns"},
    {"a column too many", HEADER "a\tm\tCN={mac}\tno\t\t\n", "t:2: a: more columns"},
    {"generic is a word", HEADER "a\tm\tCN={mac}\ttrue\t\n", "t:2: a: generic is yes or no"},
    {"a broken rule", HEADER "a\tm\tCN={mac}\tno\t\nb-b\tm\tCM={mac}\tno\t\n",
     "t:3: b-b: no such field"},
    {"a rule twice", HEADER "a\tm\tCN={mac}\tno\t\na\tn\tOU={mac}\tno\t\n",
     "t:3: a: rule stands twice"},
    {"a built-in name", HEADER "yealink-cn\tyealink\tOU={mac}\tno\t\n",
     "t:2: yealink-cn: a built-in rule has this name"},
};

static void a_broken_table_names_file_line_and_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(table_cases); i++) {
        struct bk_cert_rules rules = {.count = 99};
        struct bk_detail detail = {""};
        print_message("  %s\n", table_cases[i].label);
        assert_int_not_equal(
            bk_cert_rules_parse(bk_str_of(table_cases[i].text), "t", &rules, &detail), BK_OK);
        assert_int_equal(rules.count, 99);
        assert_true(bk_str_starts(bk_str_of(detail.text), bk_str_of(table_cases[i].want)));
    }
}

/* Of each maker whose fact page tells the form (vendors' rules are data: nothing else names them).
 */
static void the_built_in_rules_are_these(void **state)
{
    (void)state;
    static const char *const names[] = {"yealink-cn",     "yealink-serial", "yealink-generic",
                                        "poly-cn",        "snom-cn",        "cisco-st",
                                        "cisco-sentence", "cisco-generic"};
    for (size_t i = 0; i < BK_COUNT(names); i++) {
        const struct bk_cert_rule *rule = bk_cert_rule_find(NULL, bk_str_of(names[i]));
        assert_non_null(rule);
        assert_ptr_equal(rule, bk_cert_rule_at(NULL, i));
        assert_true(rule->source[0] != '\0');
        assert_true(bk_cert_rules_know(NULL, bk_str_of(rule->maker)));
    }
    assert_null(bk_cert_rule_at(NULL, BK_COUNT(names)));
    assert_false(bk_cert_rules_know(NULL, BK_STR("grandstream")));
}

static void own_rules_stand_beside_the_built_in_ones(void **state)
{
    (void)state;
    static const char text[] = HEADER "gs\tgrandstream\tCN={mac}; O=Grandstream\tno\tours\n"
                                      "gs-ou\tgrandstream\tCN=GS; OU={mac}\tno\t\n"
                                      "gs-any\tgrandstream\tL={mac}\tno\t\n"
                                      "gs-shared\tgrandstream\tOU=shared\tyes\t\n"
                                      "snom-ou\tsnom\tOU={mac}\tno\t\n";
    static const char allowed[] = "gs gs-ou gs-any snom-ou";
    const struct bk_str maker = BK_STR("grandstream");
    struct bk_cert_rules own;
    struct bk_cert_proof proof;
    assert_int_equal(bk_cert_rules_parse(bk_str_of(text), "t", &own, NULL), BK_OK);
    assert_int_equal(own.count, 5);
    assert_true(bk_cert_rules_know(&own, maker));
    assert_non_null(bk_cert_rule_find(&own, BK_STR("snom-cn")));

    struct bk_cert_subject subject = {.count = 2};
    subject.attributes[0].field = BK_CERT_CN;
    subject.attributes[0].text = BK_STR("000b82000001");
    subject.attributes[1].field = BK_CERT_O;
    subject.attributes[1].text = BK_STR("Grandstream");
    assert_int_equal(bk_cert_judge(&own, maker, allowed, &subject, &proof), BK_CERT_PROVED);
    assert_string_equal(proof.rule->name, "gs");
    assert_int_equal(bk_cert_judge(&own, maker, "gs-ou", &subject, &proof), BK_CERT_NOTHING);
    assert_int_equal(bk_cert_judge(NULL, maker, allowed, &subject, &proof), BK_CERT_NOTHING);
    assert_int_equal(bk_cert_judge(&own, BK_STR("snom"), allowed, &subject, &proof),
                     BK_CERT_NOTHING);

    /* A second rule that finds the same MAC is no harm; one that finds another is. */
    subject.attributes[2].field = BK_CERT_L;
    subject.attributes[2].text = BK_STR("000b82000001");
    subject.count = 3;
    assert_int_equal(bk_cert_judge(&own, maker, allowed, &subject, &proof), BK_CERT_PROVED);
    subject.attributes[2].text = BK_STR("000b82000002");
    assert_int_equal(bk_cert_judge(&own, maker, allowed, &subject, &proof), BK_CERT_NOTHING);

    /* What is generic proves nothing, whatever else holds. */
    subject.attributes[2].field = BK_CERT_OU;
    subject.attributes[2].text = BK_STR("shared");
    assert_int_equal(bk_cert_judge(&own, maker, allowed, &subject, &proof), BK_CERT_GENERIC);
    bk_cert_rules_free(&own);
}

static void a_table_has_an_end(void **state)
{
    (void)state;
    struct bk_cert_rules own = {0};
    struct bk_detail detail;
    for (int i = 0; i <= BK_CERT_RULES_MAX; i++) {
        char name[16];
        struct bk_cert_rule rule;
        snprintf(name, sizeof name, "r%d", i);
        const struct bk_cert_rule_text text = {
            .name = bk_str_of(name), .maker = BK_STR("m"), .subject = BK_STR("CN={mac}")};
        assert_int_equal(bk_cert_rule_parse(&text, &rule, NULL), BK_OK);
        assert_int_equal(bk_cert_rules_add(&own, &rule, &detail),
                         i < BK_CERT_RULES_MAX ? BK_OK : BK_ERR_TOO_LARGE);
    }
    bk_cert_rules_free(&own);
}

static enum bk_err parse_and_free(void *context)
{
    struct bk_cert_rules rules;
    enum bk_err err = bk_cert_rules_parse(
        BK_STR(HEADER "a\tm\tCN={mac}\tno\t\nb\tm\tCN=x\tyes\t\n"), context, &rules, NULL);
    if (err == BK_OK)
        bk_cert_rules_free(&rules);
    return err;
}

static void every_failing_allocation_is_a_clean_error(void **state)
{
    (void)state;
    assert_int_equal(sweep_allocations(parse_and_free, (void *)"t"), 2);
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
        cmocka_unit_test(rules_follow_the_grammar),
        cmocka_unit_test(a_broken_table_names_file_line_and_rule),
        cmocka_unit_test(the_built_in_rules_are_these),
        cmocka_unit_test(own_rules_stand_beside_the_built_in_ones),
        cmocka_unit_test(a_table_has_an_end),
        cmocka_unit_test(every_failing_allocation_is_a_clean_error),
    };
    return cmocka_run_group_tests(tests, init, deinit);
}
