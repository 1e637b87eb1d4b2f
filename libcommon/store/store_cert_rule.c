/*
 * Issuer rules: SQL text and row mapping.
 */
#include "store/store_cert_rule.h"

enum bk_err bk_store_cert_rule_table(const struct bk_store *store, struct bk_str *ret_text)
{
    static const char sql[] =
        "select concat(E'name\\tmaker\\tsubject\\tgeneric\\tsource\\n',"
        "              string_agg(concat_ws(E'\\t', r.name, r.maker, r.subject,"
        "                                   case when r.is_generic then 'yes' else 'no' end,"
        "                                   r.source), E'\\n' order by r.cert_rule_id))"
        "  from bk.cert_rules() as r";
    return bk_store_one_text(store, sql, NULL, 0, ret_text);
}

enum bk_err bk_store_cert_rule_add(const struct bk_store *store, struct bk_str name,
                                   struct bk_str maker, struct bk_str subject, bool is_generic,
                                   struct bk_str source, int64_t *ret_rule_id)
{
    const struct bk_pg_param params[] = {
        bk_store_text(name),    bk_store_text(maker),
        bk_store_text(subject), bk_store_text(is_generic ? BK_STR("t") : BK_STR("f")),
        bk_store_text(source),
    };
    return bk_store_number(store, "select bk.cert_rule_add($1, $2, $3, $4::boolean, $5)", params,
                           BK_COUNT(params), ret_rule_id);
}

enum bk_err bk_store_cert_rule_delete(const struct bk_store *store, struct bk_str name)
{
    const struct bk_pg_param params[] = {bk_store_text(name)};
    struct bk_str refusal;
    enum bk_err err = bk_store_one_text(store, "select bk.cert_rule_delete($1)", params,
                                        BK_COUNT(params), &refusal);
    if (err != BK_OK)
        return err;
    if (refusal.ptr == NULL)
        return BK_ERR_NOT_FOUND;
    if (refusal.len > 0) {
        bk_detail_set(store->detail, "%.*s", BK_STR_ARG(refusal));
        return BK_ERR_EXISTS;
    }
    return BK_OK;
}
