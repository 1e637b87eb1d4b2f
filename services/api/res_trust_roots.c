/*
 * A tenant's own trust roots: CAs whose certificates prove this tenant's phones, and nobody else's.
 */
#include <time.h>

#include "base/hex.h"
#include "base/secret.h"
#include "resource.h"
#include "store/store_cert_rule.h"
#include "vendor/cert_rule.h"
#include "web/auth_cert.h"

static bool is_of(const struct bk_cert_rule *rule, struct bk_str maker)
{
    return !rule->is_generic && bk_str_eq(maker, bk_str_of(rule->maker));
}

/* Every rule of the maker. */
static json_t *all_rules(const struct bk_cert_rules *own, struct bk_str maker)
{
    const struct bk_cert_rule *rule;
    json_t *rules = json_array();
    for (size_t i = 0; (rule = bk_cert_rule_at(own, i)) != NULL; i++) {
        if (is_of(rule, maker))
            json_array_append_new(rules, json_string(rule->name));
    }
    return rules;
}

static void check_rules(struct api_call *call, const struct bk_cert_rules *own, struct bk_str maker,
                        const json_t *rules)
{
    json_t *known = api_keep(call, all_rules(own, maker));
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const char *name = json_string_value(json_array_get(rules, i));
        const struct bk_cert_rule *rule = bk_cert_rule_find(own, bk_str_of(name));
        if (rule == NULL || !is_of(rule, maker))
            api_member_error(call, "rules", "%.*s has no rule \"%.64s\"; there are: %.*s",
                             BK_STR_ARG(maker), name,
                             BK_STR_ARG(api_json_print(call->arena, known)));
    }
}

static void read_certificate(struct api_call *call, struct api_write *write)
{
    struct bk_cert_root root;
    BK_AUTO(bk_detail_wipe) struct bk_detail detail;
    char until[32];
    struct bk_str pem = api_member_text(write, "certificate", BK_STR(""));
    if (bk_cert_root_read(call->arena, pem, &root, &detail) != BK_OK) {
        api_member_error(call, "certificate", "%s", detail.text);
        return;
    }
    const time_t not_after = (time_t)root.not_after_s;
    struct tm tm;
    gmtime_r(&not_after, &tm);
    strftime(until, sizeof until, "%Y-%m-%dT%H:%M:%SZ", &tm);
    char *base64 = bk_arena_alloc(call->arena, 4 * ((root.der.len + 2) / 3) + 1);
    bk_base64_print((const uint8_t *)root.der.ptr, root.der.len, base64);
    api_member_set(call, write, "certificate", json_string(base64));
    api_member_set(call, write, "not_after", json_string(until));
    if (api_member_find(write, "name") == NULL)
        api_member_set(call, write, "name", json_stringn(root.name.ptr, root.name.len));
}

/* Of a maker that has rules, and of rules that are the maker's. */
static void judge_rules(struct api_call *call, struct api_write *write,
                        const struct bk_cert_rules *own)
{
    struct bk_str maker =
        api_member_text(write, "maker", api_json_text(json_object_get(write->before, "maker")));
    const struct api_member *rules = api_member_find(write, "rules");
    if (maker.len == 0)
        return; /* told already */
    if (write->is_new && !bk_cert_rules_know(own, maker))
        api_member_error(call, "maker", "no issuer rule is for this maker");
    else if (rules != NULL && !json_is_null(rules->value))
        check_rules(call, own, maker, rules->value);
    else if (rules != NULL || write->is_new)
        api_member_set(call, write, "rules", all_rules(own, maker));
}

static enum bk_err prepare(struct api_call *call, struct api_write *write)
{
    struct bk_cert_rules own = {0};
    struct bk_str text;
    enum bk_err err = bk_store_cert_rule_table(&call->store, &text);
    if (err == BK_OK)
        err = bk_cert_rules_parse(text, "app.cert_rule", &own, &call->detail);
    if (err != BK_OK)
        return err == BK_ERR_INVALID ? BK_ERR_INTERNAL : err; /* what is stored is no caller's */
    judge_rules(call, write, &own);
    bk_cert_rules_free(&own);
    if (write->is_new && api_member_find(write, "certificate") != NULL)
        read_certificate(call, write);
    return BK_OK;
}

static const struct api_field fields[] = {
    {.name = "certificate",
     .type = API_T_PEM,
     .flags = API_REQUIRED | API_ON_CREATE | API_WRITE_ONLY,
     .max = 65536,
     .column = "certificate",
     .help = "The CA's certificate as PEM: one that has not expired and may sign others."},
    {.name = "maker",
     .type = API_T_TEXT,
     .flags = API_REQUIRED | API_ON_CREATE,
     .min = 1,
     .max = BK_CERT_RULE_MAKER_MAX,
     .column = "maker",
     .help = "The maker whose phones it vouches for: one that has issuer rules (yealink, poly, "
             "snom, cisco, and what the operator adds).",
     .example = "\"yealink\""},
    {.name = "name",
     .type = API_T_TEXT,
     .min = 1,
     .max = 255,
     .column = "name",
     .help = "For people; when it is left out, what the certificate says of itself.",
     .example = "\"Our own CA\""},
    {.name = "rules",
     .type = API_T_TEXTS,
     .min = 1,
     .max = 16,
     .column = "rules",
     .read = "to_jsonb(t.rules)",
     .help = "Names of issuer rules: how this CA names its phones; null: every rule of the maker.",
     .example = "[\"yealink-cn\"]"},
    {.name = "enabled",
     .type = API_T_BOOL,
     .column = "is_enabled",
     .initial = "true",
     .help = "False: it vouches for nobody."},
    {.name = "legacy",
     .type = API_T_BOOL,
     .column = "is_legacy",
     .initial = "false",
     .help = "For phones that know TLS 1.0 only: legacy listeners believe such roots, and no "
             "others do."},
    {.name = "sha256",
     .type = API_T_TEXT,
     .flags = API_READ_ONLY,
     .max = 64,
     .read = "encode(t.sha256, 'hex')",
     .help = "Fingerprint of the certificate."},
    {.name = "not_after",
     .type = API_T_TIME,
     .flags = API_READ_ONLY,
     .column = "not_after",
     .help = "When the certificate expires."},
    API_TIMES_FIELDS,
    {0},
};

static const struct api_filter filters[] = {
    {"maker", API_T_TEXT, "t.maker = @@", NULL, "Roots of this maker."},
    {0},
};

const struct api_resource api_res_trust_roots = {
    .name = "trust_root",
    .schema = "TrustRoot",
    .plural = "trust roots",
    .path = "/v1/trust-roots",
    .help = "A CA of the tenant's own: it vouches for phones of this tenant only.",
    .table = "app.trust_root",
    .id = "root_id",
    .fields = fields,
    .filters = filters,
    .prepare = prepare,
};
