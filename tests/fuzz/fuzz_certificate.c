/*
 * Fuzz target: from the bytes of a certificate to the identity it proves: parse, subject, every
 * maker's rules, claim. A subject that is read is bounded and clean; a MAC stands in it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "vendor/vendor.h"
#include "web/auth_cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* The rule may only have taken the MAC out of the one field it names. */
static void require_match(const struct bk_cert_subject *subject, const struct bk_cert_rule *rule,
                          const struct bk_mac *mac)
{
    char digits[13];
    for (size_t i = 0; i < 6; i++)
        snprintf(digits + 2 * i, 3, "%02x", (unsigned)mac->bytes[i]);
    size_t count = 0;
    for (size_t i = 0; i < subject->count; i++) {
        struct bk_str text = subject->attributes[i].text;
        if (subject->attributes[i].field != rule->mac_field)
            continue;
        count++;
        require(text.len == (rule->form == BK_CERT_FORM_BARE ? 12 : 36));
        require(bk_str_eq_nocase(bk_str_slice(text, text.len - 12, text.len), bk_str_of(digits)));
    }
    require(count == 1);
}

static void require_clean(const struct bk_cert_subject *subject)
{
    require(subject->count <= BK_CERT_ATTRIBUTE_MAX);
    for (size_t i = 0; i < subject->count; i++) {
        struct bk_str text = subject->attributes[i].text;
        require(subject->attributes[i].field < BK_CERT_FIELD_COUNT);
        require(text.len <= BK_CERT_TEXT_MAX);
        require(bk_str_is_utf8(text) && !bk_str_has_control(text));
        require(text.len == 0 || memchr(text.ptr, '\0', text.len) == NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    X509 *cert = NULL;
    struct bk_detail detail = {""};
    enum bk_err err = bk_cert_parse((struct bk_str){(const char *)data, size}, &cert, &detail);
    require(ERR_peek_error() == 0);
    if (err != BK_OK) {
        require(cert == NULL && detail.text[0] != '\0');
        return 0;
    }

    char claim[BK_CERT_CLAIM_SIZE];
    bk_cert_claim_print(cert, &claim);
    const char *end = memchr(claim, '\0', sizeof claim);
    require(end != NULL && end > claim);
    for (const char *c = claim; c < end; c++)
        require(*c >= ' ' && *c <= '~');

    struct bk_arena *arena = bk_arena_new();
    struct bk_cert_subject subject;
    if (bk_cert_subject_read(cert, arena, &subject) == BK_OK) {
        require_clean(&subject);
        for (const struct bk_vendor *const *vendor = bk_vendors(); *vendor != NULL; vendor++) {
            struct bk_mac mac;
            const struct bk_cert_rule *rule = bk_cert_rule_match(*vendor, &subject, &mac);
            if (rule != NULL)
                require_match(&subject, rule, &mac);
        }
    }
    require(ERR_peek_error() == 0);
    bk_arena_free(arena);
    X509_free(cert);
    return 0;
}
