/*
 * The operator's own issuer rules (vendor/cert_rule.h has their grammar), through functions of
 * schema bk (migrations/0025_cert_rule.sql).
 */
#ifndef STORE_STORE_CERT_RULE_H
#define STORE_STORE_CERT_RULE_H

#include "store/store.h"

/* All of them as the text of a table that bk_cert_rules_parse reads. */
BK_MUST_USE enum bk_err bk_store_cert_rule_table(const struct bk_store *store,
                                                 struct bk_str *ret_text);
/* BK_ERR_EXISTS: the name is taken. */
BK_MUST_USE enum bk_err bk_store_cert_rule_add(const struct bk_store *store, struct bk_str name,
                                               struct bk_str maker, struct bk_str subject,
                                               bool is_generic, struct bk_str source,
                                               int64_t *ret_rule_id);
/* BK_ERR_NOT_FOUND without a detail; BK_ERR_EXISTS with one: trust roots name it. */
BK_MUST_USE enum bk_err bk_store_cert_rule_delete(const struct bk_store *store, struct bk_str name);

#endif
