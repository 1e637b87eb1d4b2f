/*
 * Fuzz target: an issuer rule as an operator writes it (command line, REST), and what it makes of a
 * subject. Lines: the rule's subject; then "CN=…" and the like, a certificate's fields in order.
 * A rule that is read is bounded and written as it was; one that holds has taken a MAC out of a
 * field that it names, unless it is a generic form.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vendor/cert_rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static struct bk_cert_subject read_subject(struct bk_str rest)
{
    struct bk_cert_subject subject = {.count = 0};
    while (rest.len > 0 && subject.count < BK_CERT_ATTRIBUTE_MAX) {
        struct bk_str text = bk_str_cut(&rest, '\n');
        struct bk_str name = bk_str_cut(&text, '=');
        unsigned field = 0;
        while (field < BK_CERT_OTHER &&
               !bk_str_eq(name, bk_str_of(bk_cert_field_name((enum bk_cert_field)field))))
            field++;
        subject.attributes[subject.count].field = (enum bk_cert_field)field;
        subject.attributes[subject.count++].text = bk_str_slice(text, 0, BK_CERT_TEXT_MAX);
    }
    return subject;
}

static bool has_digits(struct bk_str text, const struct bk_mac *mac)
{
    char digits[BK_MAC_TEXT_SIZE];
    bk_mac_print(mac, &digits);
    for (size_t at = 0; at + 12 <= text.len; at++) {
        if (bk_str_eq_nocase(bk_str_slice(text, at, at + 12), bk_str_of(digits)))
            return true;
    }
    return false;
}

static void require_rule(const struct bk_cert_rule *rule, struct bk_str subject)
{
    require(bk_str_eq(bk_str_of(rule->subject), subject));
    require(rule->field_count >= 1 && rule->field_count <= BK_CERT_RULE_FIELD_MAX);
    for (size_t i = 0; i < rule->field_count; i++) {
        require(rule->fields[i].field < BK_CERT_OTHER && rule->fields[i].len > 0);
        require((size_t)rule->fields[i].from + rule->fields[i].len <= subject.len);
    }
}

static void require_proof(const struct bk_cert_rule *rule, const struct bk_cert_subject *subject,
                          const struct bk_cert_proof *proof)
{
    bool has_mac = false;
    for (size_t f = 0; f < rule->field_count; f++) {
        for (size_t i = 0; i < subject->count; i++) {
            if (subject->attributes[i].field == rule->fields[f].field)
                has_mac = has_mac || has_digits(subject->attributes[i].text, &proof->mac);
        }
    }
    require(proof->has_mac == !rule->is_generic && (has_mac || rule->is_generic));
    require(proof->model.len <= 32 && proof->serial.len <= 32);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bk_str rest = {(const char *)data, size};
    struct bk_cert_rule_text text = {
        .name = BK_STR("fuzzed"), .maker = BK_STR("fuzz"), .subject = bk_str_cut(&rest, '\n')};
    struct bk_cert_subject subject = read_subject(rest);
    for (int pass = 0; pass < 2; pass++) {
        struct bk_cert_rule rule;
        struct bk_cert_proof proof;
        struct bk_detail detail = {""};
        text.is_generic = pass == 1;
        if (bk_cert_rule_parse(&text, &rule, &detail) != BK_OK) {
            require(bk_str_starts(bk_str_of(detail.text), BK_STR("fuzzed: ")));
            continue;
        }
        require_rule(&rule, text.subject);
        if (bk_cert_rule_holds(&rule, &subject, &proof))
            require_proof(&rule, &subject, &proof);
    }
    return 0;
}
