/*
 * Tables of issuer rules, and what the rules of one maker together make of a subject.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/option.h"
#include "vendor/cert_rule.h"

extern const unsigned char bk_cert_rules_text[]; /* made from cert_rules.tsv */

static const char header[] = "name\tmaker\tsubject\tgeneric\tsource";
enum { COLUMN_COUNT = 5 };

static struct bk_cert_rules built_in;

/* --- one table ------------------------------------------------------------------------------- */

static const struct bk_cert_rule *find(const struct bk_cert_rules *rules, struct bk_str name)
{
    for (size_t i = 0; i < rules->count; i++) {
        if (bk_str_eq(name, bk_str_of(rules->rows[i].name)))
            return &rules->rows[i];
    }
    return NULL;
}

static enum bk_err append(struct bk_cert_rules *rules, const struct bk_cert_rule *rule)
{
    /* Small and rare: one by one is good enough. */
    struct bk_cert_rule *rows = bk_realloc(rules->rows, (rules->count + 1) * sizeof *rows);
    if (rows == NULL)
        return BK_ERR_NO_MEMORY;
    rows[rules->count++] = *rule;
    rules->rows = rows;
    return BK_OK;
}

enum bk_err bk_cert_rules_add(struct bk_cert_rules *rules, const struct bk_cert_rule *rule,
                              struct bk_detail *ret_detail)
{
    const struct bk_str name = bk_str_of(rule->name);
    if (find(&built_in, name) != NULL) {
        bk_detail_set(ret_detail, "%s: a built-in rule has this name; give yours another",
                      rule->name);
        return BK_ERR_EXISTS;
    }
    if (find(rules, name) != NULL) {
        bk_detail_set(ret_detail, "%s: rule stands twice", rule->name);
        return BK_ERR_EXISTS;
    }
    if (rules->count == BK_CERT_RULES_MAX) {
        bk_detail_set(ret_detail, "%s: more than %d rules", rule->name, BK_CERT_RULES_MAX);
        return BK_ERR_TOO_LARGE;
    }
    return append(rules, rule);
}

void bk_cert_rules_free(struct bk_cert_rules *rules)
{
    bk_free(rules->rows);
    *rules = (struct bk_cert_rules){0};
}

static enum bk_err parse_row(struct bk_str line, struct bk_cert_rule *ret_rule,
                             struct bk_detail *ret_detail)
{
    struct bk_str columns[COLUMN_COUNT];
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        bool is_last = bk_str_find(line, '\t') < 0;
        columns[i] = bk_str_cut(&line, '\t');
        if (is_last != (i == COLUMN_COUNT - 1)) {
            struct bk_str name = bk_str_slice(columns[0], 0, BK_CERT_RULE_NAME_MAX);
            bk_detail_set(ret_detail, "%.*s: %s columns than name, maker, subject, generic, source",
                          BK_STR_ARG(name), is_last ? "fewer" : "more");
            return BK_ERR_INVALID;
        }
    }
    struct bk_cert_rule_text text = {
        .name = columns[0],
        .maker = columns[1],
        .subject = columns[2],
        .is_generic = bk_str_eq(columns[3], BK_STR("yes")),
        .source = columns[4],
    };
    if (!text.is_generic && !bk_str_eq(columns[3], BK_STR("no"))) {
        struct bk_str name = bk_str_slice(columns[0], 0, BK_CERT_RULE_NAME_MAX);
        bk_detail_set(ret_detail, "%.*s: generic is yes or no", BK_STR_ARG(name));
        return BK_ERR_INVALID;
    }
    return bk_cert_rule_parse(&text, ret_rule, ret_detail);
}

static enum bk_err parse_line(struct bk_str line, struct bk_cert_rules *rules,
                              struct bk_detail *ret_detail)
{
    struct bk_cert_rule rule;
    enum bk_err err = parse_row(line, &rule, ret_detail);
    return err == BK_OK ? bk_cert_rules_add(rules, &rule, ret_detail) : err;
}

enum bk_err bk_cert_rules_parse(struct bk_str text, const char *file_name,
                                struct bk_cert_rules *ret_rules, struct bk_detail *ret_detail)
{
    struct bk_cert_rules rules = {0};
    struct bk_detail detail = {""};
    size_t line_number = 0;
    bool has_header = false;
    enum bk_err err = BK_OK;
    while (text.len > 0 && err == BK_OK) {
        struct bk_str line = bk_str_cut(&text, '\n');
        line_number++;
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        if (has_header) {
            err = parse_line(line, &rules, &detail);
        } else if (!bk_str_eq(line, bk_str_of(header))) {
            bk_detail_set(&detail, "the first line names the columns: name, maker, subject, "
                                   "generic, source, with tabs between");
            err = BK_ERR_INVALID;
        }
        has_header = true;
    }
    if (err == BK_OK && !has_header) {
        bk_detail_set(&detail, "no line with the names of the columns");
        err = BK_ERR_INVALID;
    }
    if (err != BK_OK) {
        bk_detail_set(ret_detail, "%.64s:%zu: %.180s", file_name, line_number, detail.text);
        bk_cert_rules_free(&rules);
        return err;
    }
    *ret_rules = rules;
    return BK_OK;
}

enum bk_err bk_cert_rules_init(struct bk_detail *ret_detail)
{
    struct bk_cert_rules rules;
    bk_cert_rules_deinit();
    enum bk_err err = bk_cert_rules_parse(bk_str_of((const char *)bk_cert_rules_text),
                                          "cert_rules.tsv", &rules, ret_detail);
    if (err == BK_OK)
        built_in = rules;
    return err;
}

void bk_cert_rules_deinit(void)
{
    bk_cert_rules_free(&built_in);
}

/* --- all rules ------------------------------------------------------------------------------- */

const struct bk_cert_rule *bk_cert_rule_at(const struct bk_cert_rules *own, size_t index)
{
    if (index < built_in.count)
        return &built_in.rows[index];
    index -= built_in.count;
    return own != NULL && index < own->count ? &own->rows[index] : NULL;
}

const struct bk_cert_rule *bk_cert_rule_find(const struct bk_cert_rules *own, struct bk_str name)
{
    const struct bk_cert_rule *rule = find(&built_in, name);
    return rule == NULL && own != NULL ? find(own, name) : rule;
}

bool bk_cert_rules_know(const struct bk_cert_rules *own, struct bk_str maker)
{
    const struct bk_cert_rule *rule;
    for (size_t i = 0; (rule = bk_cert_rule_at(own, i)) != NULL; i++) {
        if (!rule->is_generic && bk_str_eq(maker, bk_str_of(rule->maker)))
            return true;
    }
    return false;
}

enum bk_cert_verdict bk_cert_judge(const struct bk_cert_rules *own, struct bk_str maker,
                                   const char *allowed, const struct bk_cert_subject *subject,
                                   struct bk_cert_proof *ret_proof)
{
    const struct bk_cert_rule *rule;
    struct bk_cert_proof found = {.rule = NULL}, proof;
    bool is_ambiguous = false;
    for (size_t i = 0; (rule = bk_cert_rule_at(own, i)) != NULL; i++) {
        if (!bk_str_eq(maker, bk_str_of(rule->maker)) ||
            (!rule->is_generic && bk_words_find(allowed, bk_str_of(rule->name)) < 0) ||
            !bk_cert_rule_holds(rule, subject, &proof))
            continue;
        if (rule->is_generic)
            return BK_CERT_GENERIC;
        if (found.rule == NULL)
            found = proof;
        else
            is_ambiguous = is_ambiguous || !bk_mac_eq(&found.mac, &proof.mac);
    }
    if (found.rule == NULL || is_ambiguous)
        return BK_CERT_NOTHING;
    *ret_proof = found;
    return BK_CERT_PROVED;
}
