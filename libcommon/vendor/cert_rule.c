/*
 * Which MAC a certificate's subject proves. Rows of the maker decide; nothing is guessed, and a
 * field that stands twice proves nothing.
 */
#include <string.h>

#include "base/hex.h"
#include "vendor/vendor.h"

static const char *const field_names[] = {"CN", "serialNumber", "O", "OU", "L", "ST", "C", "other"};
_Static_assert(BK_COUNT(field_names) == BK_CERT_FIELD_COUNT, "a name for each field");

const char *bk_cert_field_name(enum bk_cert_field field)
{
    return field < BK_CERT_FIELD_COUNT ? field_names[field] : "other";
}

/* The field's text when it stands exactly once, else NULL. */
static const struct bk_str *field_once(const struct bk_cert_subject *subject,
                                       enum bk_cert_field field)
{
    const struct bk_str *found = NULL;
    for (size_t i = 0; i < subject->count; i++) {
        if (subject->attributes[i].field != field)
            continue;
        if (found != NULL)
            return NULL;
        found = &subject->attributes[i].text;
    }
    return found;
}

/* 8-4-4-4-12 hexadecimal digits (the text form of RFC 9562, 4). */
static bool is_uuid(struct bk_str text)
{
    if (text.len != 36)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_hyphen ? text.ptr[i] != '-' : bk_hex_digit(text.ptr[i]) < 0)
            return false;
    }
    return true;
}

static bool mac_of(enum bk_cert_form form, struct bk_str text, struct bk_mac *ret_mac)
{
    if (form == BK_CERT_FORM_UUID_TAIL) {
        if (!is_uuid(text))
            return false;
        text = bk_str_slice(text, 24, 36);
    }
    return bk_mac_parse_bare(text, ret_mac) == BK_OK;
}

static bool rule_holds(const struct bk_cert_rule *rule, const struct bk_cert_subject *subject,
                       struct bk_mac *ret_mac)
{
    const struct bk_str *text = field_once(subject, rule->mac_field);
    if (text == NULL || !mac_of(rule->form, *text, ret_mac))
        return false;
    if (rule->other_field == BK_CERT_FIELD_COUNT)
        return true;
    const struct bk_str *other = field_once(subject, rule->other_field);
    return other != NULL && bk_str_eq(*other, bk_str_of(rule->other_text));
}

const struct bk_cert_rule *bk_cert_rule_match(const struct bk_vendor *vendor,
                                              const struct bk_cert_subject *subject,
                                              struct bk_mac *ret_mac)
{
    if (subject->count > BK_CERT_ATTRIBUTE_MAX)
        return NULL;
    for (const struct bk_cert_rule *rule = vendor->cert_rules; rule->name != NULL; rule++) {
        struct bk_mac mac;
        if (rule_holds(rule, subject, &mac)) {
            *ret_mac = mac;
            return rule;
        }
    }
    return NULL;
}
