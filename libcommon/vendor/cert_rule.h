/*
 * Issuer rules: how a maker's CA writes the subjects of its phones' certificates, and so what one
 * of them proves (docs/rules.md, rule 1). Rules are rows of data: those of cert_rules.tsv, which
 * travel in the program, and an operator's own. A rule that fits half proves nothing, and nothing
 * is guessed.
 *
 * A rule's subject is "FIELD=TEXT; FIELD=TEXT", FIELD one of CN serialNumber O OU L ST C. Each
 * must stand exactly once in the certificate and be TEXT as a whole, byte by byte, apart from
 *
 *   {mac}        12 hexadecimal digits; {mac-lower}, {mac-upper}: in letters of this case only
 *   {mac-uuid}   8-4-4-4-12 hexadecimal digits (the text form of RFC 9562, 4), the MAC last
 *   {model}      1 to 32 letters, digits, '-' and '_'
 *   {serial}     the same
 *   {none}       as the whole TEXT: this field must not stand at all
 *
 * What is written twice must be the same twice. A rule without a MAC names a generic form: a
 * certificate that many phones share.
 */
#ifndef VENDOR_CERT_RULE_H
#define VENDOR_CERT_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "model/cert_subject.h"
#include "model/mac.h"

#define BK_CERT_RULE_NAME_MAX 64
#define BK_CERT_RULE_MAKER_MAX 31
#define BK_CERT_RULE_SUBJECT_MAX 512
#define BK_CERT_RULE_SOURCE_MAX 255
#define BK_CERT_RULE_FIELD_MAX 8
#define BK_CERT_RULES_MAX 256 /* of one table */

/* Without pointers, so that processes can hand it on as bytes. */
struct bk_cert_rule {
    char name[BK_CERT_RULE_NAME_MAX + 1];   /* "yealink-cn"; in trust_root rows: never rename */
    char maker[BK_CERT_RULE_MAKER_MAX + 1]; /* device.vendor; a driver for it need not exist */
    char subject[BK_CERT_RULE_SUBJECT_MAX + 1];
    char source[BK_CERT_RULE_SOURCE_MAX + 1]; /* how sure it is, and where it is from; or empty */
    bool is_generic;
    struct {
        enum bk_cert_field field;
        uint16_t from, len; /* its TEXT within subject */
    } fields[BK_CERT_RULE_FIELD_MAX];
    size_t field_count;
};

/* A rule as it is written down; is_generic must be what the subject says. */
struct bk_cert_rule_text {
    struct bk_str name, maker, subject, source;
    bool is_generic;
};
bool bk_cert_rule_is_name(struct bk_str name);
bool bk_cert_rule_is_maker(struct bk_str maker);
/* BK_ERR_INVALID: "NAME: what is wrong". */
BK_MUST_USE enum bk_err bk_cert_rule_parse(const struct bk_cert_rule_text *text,
                                           struct bk_cert_rule *ret_rule,
                                           struct bk_detail *ret_detail);

/* What a subject proves by one rule. Texts are borrowed from the subject; empty when the rule does
 * not tell. */
struct bk_cert_proof {
    const struct bk_cert_rule *rule;
    bool has_mac;
    struct bk_mac mac;
    struct bk_str model, serial;
};
bool bk_cert_rule_holds(const struct bk_cert_rule *rule, const struct bk_cert_subject *subject,
                        struct bk_cert_proof *ret_proof);

/* --- tables ---------------------------------------------------------------------------------- */

struct bk_cert_rules {
    struct bk_cert_rule *rows; /* owned */
    size_t count;
};
/*
 * Tab separated: name, maker, subject, generic (yes or no), source; the first line is these words,
 * '#' comments. BK_ERR_INVALID: "file:line: name: what is wrong".
 */
BK_MUST_USE enum bk_err bk_cert_rules_parse(struct bk_str text, const char *file_name,
                                            struct bk_cert_rules *ret_rules,
                                            struct bk_detail *ret_detail);
/* Copied to the end. BK_ERR_EXISTS: the table has the name, or a built-in rule; BK_ERR_TOO_LARGE:
 * the table is full. */
BK_MUST_USE enum bk_err bk_cert_rules_add(struct bk_cert_rules *rules,
                                          const struct bk_cert_rule *rule,
                                          struct bk_detail *ret_detail);
void bk_cert_rules_free(struct bk_cert_rules *rules);

/* Read and freed by bk_vendors_init and bk_vendors_deinit. */
BK_MUST_USE enum bk_err bk_cert_rules_init(struct bk_detail *ret_detail);
void bk_cert_rules_deinit(void);

/* --- all rules: the built-in ones, then the operator's own (own may be NULL) -------------------
 */

/* By index, NULL after the last. */
const struct bk_cert_rule *bk_cert_rule_at(const struct bk_cert_rules *own, size_t index);
const struct bk_cert_rule *bk_cert_rule_find(const struct bk_cert_rules *own, struct bk_str name);
/* Is there a rule by which a phone of this maker can prove itself? */
bool bk_cert_rules_know(const struct bk_cert_rules *own, struct bk_str maker);

enum bk_cert_verdict {
    BK_CERT_NOTHING, /* no rule holds, or two that find different MACs */
    BK_CERT_GENERIC, /* a named generic form of this maker: proves nothing, whatever else holds */
    BK_CERT_PROVED
};
/*
 * By the rules of one maker, as a trust root allows them: allowed is blank separated names. Generic
 * forms count whether they are allowed or not. *ret_proof is written when proved.
 */
enum bk_cert_verdict bk_cert_judge(const struct bk_cert_rules *own, struct bk_str maker,
                                   const char *allowed, const struct bk_cert_subject *subject,
                                   struct bk_cert_proof *ret_proof);

#endif
