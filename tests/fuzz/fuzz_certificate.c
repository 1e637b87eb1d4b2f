/*
 * Fuzz target: from the bytes of a certificate to the identity it proves: parse, subject, every
 * maker's rules, claim. A subject that is read is bounded and clean; a MAC stands in it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "vendor/cert_rule.h"
#include "vendor/vendor.h"
#include "web/auth_cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* The only text of a field that stands once. */
static struct bk_str text_once(const struct bk_cert_subject *subject, enum bk_cert_field field)
{
    struct bk_str text = BK_STR_NONE;
    size_t count = 0;
    for (size_t i = 0; i < subject->count; i++) {
        if (subject->attributes[i].field == field) {
            text = subject->attributes[i].text;
            count++;
        }
    }
    require(count == 1);
    return text;
}

static bool has(struct bk_str text, struct bk_str part)
{
    for (size_t at = 0; at + part.len <= text.len; at++) {
        if (bk_str_eq_nocase(bk_str_slice(text, at, at + part.len), part))
            return true;
    }
    return false;
}

/* A rule that holds has taken what it proves out of the fields it names, and those stand once; told
 * by other means than the rule's own. */
static void require_proof(const struct bk_cert_subject *subject, const struct bk_cert_proof *proof)
{
    const struct bk_cert_rule *rule = proof->rule;
    char digits[BK_MAC_TEXT_SIZE];
    bk_mac_print(&proof->mac, &digits);
    require(proof->has_mac == !rule->is_generic);
    bool has_mac = false, has_model = proof->model.len == 0, has_serial = proof->serial.len == 0;
    for (size_t i = 0; i < rule->field_count; i++) {
        struct bk_str pattern = {rule->subject + rule->fields[i].from, rule->fields[i].len};
        if (bk_str_eq(pattern, BK_STR("{none}")))
            continue;
        struct bk_str text = text_once(subject, rule->fields[i].field);
        has_mac = has_mac || has(text, bk_str_of(digits));
        has_model = has_model || has(text, proof->model);
        has_serial = has_serial || has(text, proof->serial);
        if (bk_str_find(pattern, '{') < 0)
            require(bk_str_eq(text, pattern));
    }
    require(has_mac == proof->has_mac || rule->is_generic);
    require(has_model && has_serial);
    require(proof->model.len <= 32 && proof->serial.len <= 32);
}

/* The makers that rules are for, each with all its rules. */
static void require_judgement(const struct bk_cert_subject *subject)
{
    static const char all[] = "yealink-cn yealink-serial poly-cn snom-cn cisco-st cisco-sentence";
    const struct bk_cert_rule *rule;
    struct bk_cert_proof proof;
    for (size_t i = 0; (rule = bk_cert_rule_at(NULL, i)) != NULL; i++) {
        bool holds = bk_cert_rule_holds(rule, subject, &proof);
        if (holds)
            require_proof(subject, &proof);
        enum bk_cert_verdict verdict =
            bk_cert_judge(NULL, bk_str_of(rule->maker), all, subject, &proof);
        require(!holds || verdict != BK_CERT_PROVED || !rule->is_generic);
        if (verdict == BK_CERT_PROVED)
            require(bk_str_eq(bk_str_of(proof.rule->maker), bk_str_of(rule->maker)));
    }
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
    static bool is_ready;
    if (!is_ready)
        require(bk_vendors_init(NULL) == BK_OK);
    is_ready = true;

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
        require_judgement(&subject);
    }
    require(ERR_peek_error() == 0);
    bk_arena_free(arena);
    X509_free(cert);
    return 0;
}
