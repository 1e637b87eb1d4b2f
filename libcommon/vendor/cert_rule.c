/*
 * One issuer rule: read as it is written, and held against a certificate's subject. A field that
 * stands twice proves nothing.
 */
#include "vendor/cert_rule.h"

#include <string.h>

#include "base/hex.h"

enum { MAC_LEN = 12, UUID_LEN = 36, WORD_LEN_MAX = 32 };

enum placeholder { MAC, MAC_LOWER, MAC_UPPER, MAC_UUID, MODEL, SERIAL, NONE, PLACEHOLDER_COUNT };

static const char *const placeholders[] = {"mac",   "mac-lower", "mac-upper", "mac-uuid",
                                           "model", "serial",    "none"};
_Static_assert(BK_COUNT(placeholders) == PLACEHOLDER_COUNT, "a name for each");

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

/* Cut "{name}" off the front; PLACEHOLDER_COUNT when it is none that we know. */
static enum placeholder cut_placeholder(struct bk_str *rest)
{
    struct bk_str name = bk_str_slice(*rest, 1, rest->len);
    if (bk_str_find(name, '}') < 0)
        return PLACEHOLDER_COUNT;
    name = bk_str_cut(&name, '}');
    *rest = bk_str_slice(*rest, name.len + 2, rest->len);
    size_t at = 0;
    while (at < PLACEHOLDER_COUNT && !bk_str_eq(name, bk_str_of(placeholders[at])))
        at++;
    return (enum placeholder)at;
}

/* --- reading --------------------------------------------------------------------------------- */

struct reader {
    const struct bk_cert_rule_text *text;
    struct bk_cert_rule rule;
    struct bk_detail *detail;
    bool has_mac, has_other; /* placeholders; {none} is no placeholder here */
    bool has_text;           /* a field that must stand */
};

static enum bk_err fail(const struct reader *reader, const char *what, struct bk_str text)
{
    struct bk_str name = bk_str_slice(reader->text->name, 0, BK_CERT_RULE_NAME_MAX);
    text = bk_str_slice(text, 0, 64);
    bk_detail_set(reader->detail, "%.*s: %s%s%.*s", BK_STR_ARG(name), what,
                  text.len > 0 ? ": " : "", (int)text.len, text.len > 0 ? text.ptr : "");
    return BK_ERR_INVALID;
}

/* "[a-z][a-z0-9]*" and one sign more. */
static bool is_name(struct bk_str text, char sign, size_t len_max)
{
    if (text.len == 0 || text.len > len_max || text.ptr[0] < 'a' || text.ptr[0] > 'z')
        return false;
    for (size_t i = 1; i < text.len; i++) {
        char c = text.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != sign)
            return false;
    }
    return true;
}

bool bk_cert_rule_is_name(struct bk_str name)
{
    return is_name(name, '-', BK_CERT_RULE_NAME_MAX);
}

bool bk_cert_rule_is_maker(struct bk_str maker)
{
    return is_name(maker, '_', BK_CERT_RULE_MAKER_MAX);
}

/* What follows a word must end it, or where it ends would be a guess. */
static bool ends_word(struct bk_str rest)
{
    return rest.len == 0 || (rest.ptr[0] != '{' && !is_word_char(rest.ptr[0]));
}

static enum bk_err read_text(struct reader *reader, struct bk_str text)
{
    struct bk_str rest = text;
    if (text.len == 0)
        return fail(reader, "a field without text; want FIELD=TEXT, or FIELD={none}", BK_STR_NONE);
    if (bk_str_eq(text, BK_STR("{none}")))
        return BK_OK;
    reader->has_text = true;
    while (rest.len > 0) {
        if (rest.ptr[0] == '}')
            return fail(reader, "a brace that closes nothing", text);
        if (rest.ptr[0] != '{') {
            rest = bk_str_slice(rest, 1, rest.len);
            continue;
        }
        switch (cut_placeholder(&rest)) {
        case MAC:
        case MAC_LOWER:
        case MAC_UPPER:
        case MAC_UUID:
            reader->has_mac = true;
            break;
        case MODEL:
        case SERIAL:
            reader->has_other = true;
            if (!ends_word(rest))
                return fail(reader, "{model} and {serial} need a sign behind them that ends them",
                            text);
            break;
        case NONE:
            return fail(reader, "{none} is a field's whole text", text);
        case PLACEHOLDER_COUNT:
        default:
            return fail(reader,
                        "no such placeholder (there are mac, mac-lower, mac-upper, "
                        "mac-uuid, model, serial, none)",
                        text);
        }
    }
    return BK_OK;
}

static enum bk_err read_field(struct reader *reader, struct bk_str part)
{
    struct bk_cert_rule *rule = &reader->rule;
    struct bk_str text = part;
    if (bk_str_find(part, '=') < 0)
        return fail(reader, "want FIELD=TEXT", part);
    struct bk_str name = bk_str_cut(&text, '=');
    unsigned field = 0;
    while (field < BK_CERT_OTHER &&
           !bk_str_eq(name, bk_str_of(bk_cert_field_name((enum bk_cert_field)field))))
        field++;
    if (field == BK_CERT_OTHER)
        return fail(reader, "no such field (there are CN serialNumber O OU L ST C)", name);
    for (size_t i = 0; i < rule->field_count; i++) {
        if (rule->fields[i].field == (enum bk_cert_field)field)
            return fail(reader, "field stands twice", name);
    }
    /* The seven fields, each once, are fewer than fit. */
    rule->fields[rule->field_count].field = (enum bk_cert_field)field;
    rule->fields[rule->field_count].from = (uint16_t)(text.ptr - rule->subject);
    rule->fields[rule->field_count].len = (uint16_t)text.len;
    rule->field_count++;
    return read_text(reader, text);
}
_Static_assert(BK_CERT_OTHER <= BK_CERT_RULE_FIELD_MAX, "room for each field");

static enum bk_err read_subject(struct reader *reader)
{
    struct bk_str rest = bk_str_of(reader->rule.subject);
    while (rest.len > 0) {
        bool is_last = bk_str_find(rest, ';') < 0;
        enum bk_err err = read_field(reader, bk_str_cut(&rest, ';'));
        if (err != BK_OK)
            return err;
        if (!is_last && (rest.len < 2 || rest.ptr[0] != ' '))
            return fail(reader, "want \"; \" between two fields", BK_STR_NONE);
        if (!is_last)
            rest = bk_str_slice(rest, 1, rest.len);
    }
    if (!reader->has_text)
        return fail(reader, "names no field that must stand", BK_STR_NONE);
    return BK_OK;
}

enum bk_err bk_cert_rule_parse(const struct bk_cert_rule_text *text, struct bk_cert_rule *ret_rule,
                               struct bk_detail *ret_detail)
{
    struct reader reader = {.text = text, .detail = ret_detail};
    struct bk_cert_rule *rule = &reader.rule;
    if (!bk_cert_rule_is_name(text->name))
        return fail(&reader, "a rule's name is 1 to 64 of a-z, 0-9 and '-', a letter first",
                    BK_STR_NONE);
    if (!bk_cert_rule_is_maker(text->maker))
        return fail(&reader, "a maker's name is 1 to 31 of a-z, 0-9 and '_', a letter first",
                    text->maker);
    if (text->subject.len == 0 || text->subject.len > BK_CERT_RULE_SUBJECT_MAX ||
        !bk_str_is_utf8(text->subject) || bk_str_has_control(text->subject))
        return fail(&reader, "a subject is 1 to 512 bytes of UTF-8 without control characters",
                    BK_STR_NONE);
    if (text->source.len > BK_CERT_RULE_SOURCE_MAX || !bk_str_is_utf8(text->source) ||
        bk_str_has_control(text->source))
        return fail(&reader, "a source is at most 255 bytes of UTF-8 without control characters",
                    BK_STR_NONE);
    memcpy(rule->name, text->name.ptr, text->name.len);
    memcpy(rule->maker, text->maker.ptr, text->maker.len);
    memcpy(rule->subject, text->subject.ptr, text->subject.len);
    if (text->source.len > 0)
        memcpy(rule->source, text->source.ptr, text->source.len);
    rule->is_generic = text->is_generic;

    enum bk_err err = read_subject(&reader);
    if (err != BK_OK)
        return err;
    if (rule->is_generic && (reader.has_mac || reader.has_other))
        return fail(&reader,
                    "a generic form names nothing of one phone: fixed text and {none} only",
                    BK_STR_NONE);
    if (!rule->is_generic && !reader.has_mac)
        return fail(&reader, "says nowhere where the MAC stands; only a generic form may",
                    BK_STR_NONE);
    *ret_rule = *rule;
    return BK_OK;
}

/* --- holding --------------------------------------------------------------------------------- */

/* 8-4-4-4-12 hexadecimal digits. */
static bool is_uuid(struct bk_str text)
{
    if (text.len != UUID_LEN)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_hyphen ? text.ptr[i] != '-' : bk_hex_digit(text.ptr[i]) < 0)
            return false;
    }
    return true;
}

static bool has_letter(struct bk_str text, char first, char last)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] >= first && text.ptr[i] <= last)
            return true;
    }
    return false;
}

static bool take_mac(struct bk_str text, enum placeholder kind, struct bk_cert_proof *proof)
{
    struct bk_mac mac;
    if (bk_mac_parse_bare(text, &mac) != BK_OK ||
        (kind == MAC_LOWER && has_letter(text, 'A', 'F')) ||
        (kind == MAC_UPPER && has_letter(text, 'a', 'f')))
        return false;
    if (proof->has_mac && !bk_mac_eq(&mac, &proof->mac))
        return false;
    proof->has_mac = true;
    proof->mac = mac;
    return true;
}

static bool take_word(struct bk_str *rest, struct bk_str *word)
{
    size_t len = 0;
    while (len < rest->len && is_word_char(rest->ptr[len]))
        len++;
    struct bk_str found = bk_str_slice(*rest, 0, len);
    if (len == 0 || len > WORD_LEN_MAX || (word->len > 0 && !bk_str_eq(found, *word)))
        return false;
    *word = found;
    *rest = bk_str_slice(*rest, len, rest->len);
    return true;
}

/* Take what a placeholder stands for off the front of rest. */
static bool take(enum placeholder kind, struct bk_str *rest, struct bk_cert_proof *proof)
{
    if (kind == MODEL)
        return take_word(rest, &proof->model);
    if (kind == SERIAL)
        return take_word(rest, &proof->serial);
    size_t len = kind == MAC_UUID ? UUID_LEN : MAC_LEN;
    struct bk_str text = bk_str_slice(*rest, 0, len);
    if (kind == MAC_UUID && !is_uuid(text))
        return false;
    *rest = bk_str_slice(*rest, text.len, rest->len);
    return take_mac(kind == MAC_UUID ? bk_str_slice(text, UUID_LEN - MAC_LEN, UUID_LEN) : text,
                    kind, proof);
}

static bool text_holds(struct bk_str pattern, struct bk_str text, struct bk_cert_proof *proof)
{
    while (pattern.len > 0) {
        if (pattern.ptr[0] == '{') {
            if (!take(cut_placeholder(&pattern), &text, proof))
                return false;
            continue;
        }
        if (text.len == 0 || text.ptr[0] != pattern.ptr[0])
            return false;
        pattern = bk_str_slice(pattern, 1, pattern.len);
        text = bk_str_slice(text, 1, text.len);
    }
    return text.len == 0;
}

/* How often the field stands; *ret_text: its last. */
static size_t field_count(const struct bk_cert_subject *subject, enum bk_cert_field field,
                          struct bk_str *ret_text)
{
    size_t count = 0;
    for (size_t i = 0; i < subject->count; i++) {
        if (subject->attributes[i].field != field)
            continue;
        *ret_text = subject->attributes[i].text;
        count++;
    }
    return count;
}

bool bk_cert_rule_holds(const struct bk_cert_rule *rule, const struct bk_cert_subject *subject,
                        struct bk_cert_proof *ret_proof)
{
    struct bk_cert_proof proof = {.rule = rule};
    if (subject->count > BK_CERT_ATTRIBUTE_MAX)
        return false;
    for (size_t i = 0; i < rule->field_count; i++) {
        struct bk_str pattern = {rule->subject + rule->fields[i].from, rule->fields[i].len};
        struct bk_str text = BK_STR_NONE;
        size_t count = field_count(subject, rule->fields[i].field, &text);
        if (bk_str_eq(pattern, BK_STR("{none}")) ? count != 0
                                                 : count != 1 || !text_holds(pattern, text, &proof))
            return false;
    }
    *ret_proof = proof;
    return true;
}
