/*
 * A tenant's own trust roots: CAs whose certificates prove this tenant's phones, and nobody else's.
 */
#include <string.h>
#include <time.h>

#include "base/hex.h"
#include "resource.h"
#include "vendor/vendor.h"
#include "web/auth_cert.h"

static void check_rules(struct api_call *call, const struct bk_vendor *vendor, const json_t *rules)
{
    struct bk_str known = BK_STR("");
    for (const struct bk_cert_rule *rule = vendor->cert_rules; rule->name != NULL; rule++)
        known = bk_arena_printf(call->arena, "%.*s %s", BK_STR_ARG(known), rule->name);
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const char *name = json_string_value(json_array_get(rules, i));
        const struct bk_cert_rule *rule = vendor->cert_rules;
        while (rule->name != NULL && strcmp(rule->name, name) != 0)
            rule++;
        if (rule->name == NULL)
            api_member_error(call, "rules", "%s has no rule \"%.64s\"; there are:%.*s",
                             vendor->name, name, BK_STR_ARG(known));
    }
}

/* Every rule of the maker. */
static json_t *all_rules(const struct bk_vendor *vendor)
{
    json_t *rules = json_array();
    for (const struct bk_cert_rule *rule = vendor->cert_rules; rule->name != NULL; rule++)
        json_array_append_new(rules, json_string(rule->name));
    return rules;
}

static void read_certificate(struct api_call *call, struct api_write *write)
{
    struct bk_cert_root root;
    struct bk_detail detail;
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

static enum bk_err prepare(struct api_call *call, struct api_write *write)
{
    struct bk_str maker =
        api_member_text(write, "maker", api_json_text(json_object_get(write->before, "maker")));
    const struct bk_vendor *vendor = bk_vendor_find(maker);
    const struct api_member *rules = api_member_find(write, "rules");
    if (vendor == NULL)
        return BK_OK; /* told already */
    if (rules != NULL && !json_is_null(rules->value))
        check_rules(call, vendor, rules->value);
    else if (rules != NULL || write->is_new)
        api_member_set(call, write, "rules", all_rules(vendor));
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
     .type = API_T_VENDOR,
     .flags = API_REQUIRED | API_ON_CREATE,
     .column = "maker",
     .help = "The maker whose phones it vouches for."},
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
     .help = "Where this CA writes the MAC; null: every rule of the maker.",
     .example = "[\"yealink-cn\"]"},
    {.name = "enabled",
     .type = API_T_BOOL,
     .column = "is_enabled",
     .initial = "true",
     .help = "False: it vouches for nobody."},
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
    {"maker", API_T_VENDOR, "t.maker = @@", NULL, "Roots of this maker."},
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
