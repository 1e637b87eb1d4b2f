/*
 * beckon identify: which phone could this be? By the drivers' own grammars, so that what stands
 * here is what beckon-config would make of a request. Needs neither database nor settings.
 */
#include <string.h>

#include "base/hex.h"
#include "commands.h"
#include "model/mac.h"
#include "vendor/vendor.h"
#include "web/auth_cert.h"

#define CERT_FILE_MAX (64 * 1024)

static const struct cli_option options[] = {
    {"path", CLI_VALUE, false, "P",
     "path of a request: /805ec0000001.cfg, with or without tenant key"},
    {"user-agent", CLI_VALUE, false, "U", "User-Agent of its HTTP request"},
    {"sip-user-agent", CLI_VALUE, false, "U", "User-Agent of its REGISTER"},
    {"cert", CLI_VALUE, false, "FILE", "its certificate, PEM or DER; - is standard input"},
    {0},
};

/* What each source says. */
struct claim {
    const char *source;
    struct bk_str maker; /* empty: says nothing of it */
    struct bk_str model, firmware;
    bool has_mac;
    struct bk_mac mac;
};

static void set_text(json_t *object, const char *key, struct bk_str text)
{
    json_object_set_new(object, key, text.len == 0 ? json_null() : cli_json_text(text));
}

static void set_mac(json_t *object, const char *key, bool has_mac, const struct bk_mac *mac)
{
    char text[BK_MAC_TEXT_SIZE];
    if (has_mac)
        bk_mac_print(mac, &text);
    json_object_set_new(object, key, has_mac ? json_string(text) : json_null());
}

/* ---- path ---- */

/* The one model whose common file this is; empty when none or several have the number. */
static struct bk_str model_of_code(const struct bk_vendor *vendor, struct bk_str code)
{
    struct bk_str found = BK_STR_NONE;
    const struct bk_model *model;
    for (size_t i = 0; (model = bk_model_at(vendor, i)) != NULL; i++) {
        struct bk_str codes = model->codes;
        while (codes.len > 0) {
            struct bk_str one = bk_str_trim(bk_str_cut(&codes, ','));
            /* The file's number is filled up with zeros, the table's is not. */
            if (one.len == 0 || !bk_str_ends(code, one))
                continue;
            struct bk_str zeros = bk_str_slice(code, 0, code.len - one.len);
            while (zeros.len > 0 && zeros.ptr[0] == '0')
                zeros = bk_str_slice(zeros, 1, zeros.len);
            if (zeros.len > 0)
                continue;
            if (found.len > 0 && !bk_str_eq(found, model->name))
                return BK_STR_NONE;
            found = model->name;
        }
    }
    return found;
}

/* "mac=7C2F804DF9A9&x": some phones tell it there. */
static bool mac_of_query(struct bk_str query, struct bk_mac *ret_mac)
{
    const struct bk_str name = BK_STR("mac=");
    while (query.len > 0) {
        struct bk_str part = bk_str_cut(&query, '&');
        if (bk_str_starts(part, name) &&
            bk_mac_parse(bk_str_slice(part, name.len, part.len), ret_mac) == BK_OK)
            return true;
    }
    return false;
}

static enum bk_file_kind read_path(struct bk_str path, struct claim *claim,
                                   struct bk_path_match *ret_match)
{
    struct bk_str file = bk_str_cut(&path, '?');
    const struct bk_vendor *vendor;
    for (;;) {
        if (bk_str_starts(file, BK_STR("/")))
            file = bk_str_slice(file, 1, file.len);
        vendor = bk_vendor_of_path(file, ret_match);
        if (vendor != NULL || bk_str_find(file, '/') < 0)
            break;
        (void)bk_str_cut(&file, '/'); /* a tenant key, or scheme and host */
    }
    if (vendor == NULL)
        return BK_FILE_NONE;
    claim->maker = bk_str_of(vendor->name);
    claim->has_mac = ret_match->has_mac;
    claim->mac = ret_match->mac;
    if (!claim->has_mac)
        claim->has_mac = mac_of_query(path, &claim->mac);
    if (ret_match->model_code.len > 0)
        claim->model = model_of_code(vendor, ret_match->model_code);
    return ret_match->kind;
}

static void read_agent(const struct bk_vendor *(*of_agent)(struct bk_str, struct bk_agent *),
                       const char *text, struct claim *claim)
{
    struct bk_agent agent = {0};
    const struct bk_vendor *vendor = of_agent(bk_str_of(text), &agent);
    if (vendor == NULL)
        return;
    claim->maker = bk_str_of(vendor->name);
    claim->model = agent.model;
    claim->firmware = agent.firmware;
    claim->has_mac = agent.has_mac;
    claim->mac = agent.mac;
}

/* ---- certificate ---- */

/* "CN=…,O=…" as RFC 2253 has it, other than printable ASCII escaped; NULL when memory is gone. */
static json_t *name_json(X509_NAME *name)
{
    json_t *text = NULL;
    char *bytes;
    BIO *out = BIO_new(BIO_s_mem());
    if (out != NULL && X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253) >= 0) {
        long len = BIO_get_mem_data(out, &bytes);
        text = len > 0 ? cli_json_text((struct bk_str){bytes, (size_t)len}) : json_string("");
    }
    BIO_free(out);
    return text;
}

static json_t *time_json(const ASN1_TIME *time)
{
    struct tm tm;
    char text[32];
    if (ASN1_TIME_to_tm(time, &tm) != 1 ||
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        return json_null();
    return json_string(text);
}

static json_t *serial_json(X509 *cert)
{
    uint8_t bytes[32];
    char text[2 * sizeof bytes + 1];
    const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
    int count = ASN1_STRING_length(serial);
    if (count < 1 || count > (int)sizeof bytes) /* RFC 5280, 4.1.2.2: at most 20 */
        return json_null();
    memcpy(bytes, ASN1_STRING_get0_data(serial), (size_t)count);
    bk_hex_print(bytes, (size_t)count, text);
    return json_string(text);
}

static json_t *sha256_json(X509 *cert)
{
    uint8_t digest[32];
    char text[2 * sizeof digest + 1];
    unsigned int count = 0;
    if (X509_digest(cert, EVP_sha256(), digest, &count) != 1 || count != sizeof digest)
        return json_null();
    bk_hex_print(digest, sizeof digest, text);
    return json_string(text);
}

/* Of several makers whose rules hold, the one whose MAC this is, as far as its driver knows. */
static bool is_likelier(const struct bk_cert_proof *proof)
{
    const struct bk_vendor *vendor = bk_vendor_find(bk_str_of(proof->rule->maker));
    return vendor != NULL && bk_vendor_has_oui(vendor, &proof->mac);
}

/* Judge the subject by every built-in rule; writes what the certificate proves to `claim`. Many
 * makers write CN=<MAC>: there only the CA tells, and the OUI serves for a guess. */
static void judge(struct cli *cli, X509 *cert, json_t *object, struct claim *claim)
{
    struct bk_cert_subject subject;
    struct bk_cert_proof best = {.rule = NULL}, proof;
    const struct bk_cert_rule *rule, *generic = NULL;
    json_t *rules = json_array();
    enum bk_err err = bk_cert_subject_read(cert, cli->arena, &subject);
    for (size_t i = 0; err == BK_OK && (rule = bk_cert_rule_at(NULL, i)) != NULL; i++) {
        if (!bk_cert_rule_holds(rule, &subject, &proof))
            continue;
        json_array_append_new(rules, json_string(rule->name));
        if (rule->is_generic)
            generic = rule;
        else if (best.rule == NULL || (is_likelier(&proof) && !is_likelier(&best)))
            best = proof;
    }
    if (generic != NULL)
        best = (struct bk_cert_proof){.rule = NULL};
    const struct bk_cert_rule *said = generic != NULL ? generic : best.rule;
    claim->maker = said != NULL ? bk_str_of(said->maker) : BK_STR_NONE;
    claim->has_mac = best.has_mac;
    claim->mac = best.mac;
    claim->model = best.model;
    json_object_set_new(object, "rule", said != NULL ? json_string(said->name) : json_null());
    json_object_set_new(object, "rules", rules);
    set_text(object, "vendor", claim->maker);
    set_mac(object, "mac", claim->has_mac, &claim->mac);
    set_text(object, "model", best.model);
    set_text(object, "device_serial", best.serial);

    const char *proves = "nothing: no maker's rule finds a MAC in its subject";
    if (err != BK_OK)
        proves = "nothing: its subject is not one that a rule could read (too many or too long "
                 "attributes, or bytes that are no text)";
    else if (generic != NULL)
        proves = "nothing: a generic certificate, which many phones of this maker share";
    else if (best.rule != NULL)
        proves = "the MAC, to a listener whose trust root of this maker allows this rule and "
                 "anchors the chain, and whose peer holds the key";
    json_object_set_new(object, "proves", json_string(proves));
}

static enum bk_err read_cert(struct cli *cli, const char *path, struct claim *claim,
                             json_t **ret_object)
{
    struct bk_str text;
    X509 *cert = NULL;
    enum bk_err err = cli_file_read(cli, path, CERT_FILE_MAX, &text);
    if (err == BK_OK)
        err = bk_cert_parse(text, &cert, &cli->detail);
    if (err != BK_OK)
        return err;
    json_t *object = json_object();
    json_object_set_new(object, "subject", name_json(X509_get_subject_name(cert)));
    json_object_set_new(object, "issuer", name_json(X509_get_issuer_name(cert)));
    json_object_set_new(object, "serial", serial_json(cert));
    json_object_set_new(object, "sha256", sha256_json(cert));
    json_object_set_new(object, "not_before", time_json(X509_get0_notBefore(cert)));
    json_object_set_new(object, "not_after", time_json(X509_get0_notAfter(cert)));
    judge(cli, cert, object, claim);
    X509_free(cert);
    *ret_object = object;
    return BK_OK;
}

/* ---- together ---- */

/* First of the sources, strongest first, that says something; and where others say otherwise. */
static json_t *merge(struct cli *cli, const struct claim *claims, size_t count)
{
    const struct claim *mac = NULL, *vendor = NULL;
    struct bk_str model = BK_STR_NONE, firmware = BK_STR_NONE, conflict = BK_STR_NONE;
    char one[BK_MAC_TEXT_SIZE], other[BK_MAC_TEXT_SIZE];
    for (size_t i = 0; i < count; i++) {
        const struct claim *claim = &claims[i];
        if (model.len == 0)
            model = claim->model;
        if (firmware.len == 0)
            firmware = claim->firmware;
        if (claim->maker.len > 0 && vendor == NULL)
            vendor = claim;
        if (claim->has_mac && mac == NULL)
            mac = claim;
        if (claim->has_mac && !bk_mac_eq(&claim->mac, &mac->mac)) {
            bk_mac_print(&mac->mac, &one);
            bk_mac_print(&claim->mac, &other);
            conflict = bk_arena_printf(cli->arena, "%.*s%sthe %s says MAC %s, the %s %s",
                                       BK_STR_ARG(conflict), conflict.len > 0 ? "; " : "",
                                       mac->source, one, claim->source, other);
        }
        if (claim->maker.len > 0 && !bk_str_eq(claim->maker, vendor->maker))
            conflict =
                bk_arena_printf(cli->arena, "%.*s%sthe %s says maker %s, the %s %s",
                                BK_STR_ARG(conflict), conflict.len > 0 ? "; " : "", vendor->source,
                                vendor->maker.ptr, claim->source, claim->maker.ptr);
    }
    json_t *answer = json_object();
    set_text(answer, "vendor", vendor != NULL ? vendor->maker : BK_STR_NONE);
    set_text(answer, "model", model);
    set_text(answer, "firmware", firmware);
    set_mac(answer, "mac", mac != NULL, mac != NULL ? &mac->mac : NULL);
    set_text(answer, "conflict", conflict);
    return answer;
}

static enum bk_err run(struct cli *cli)
{
    /* Strongest first: a certificate proves, User-Agents and paths are what a phone says. */
    struct claim claims[] = {
        {.source = "certificate"},
        {.source = "User-Agent"},
        {.source = "SIP User-Agent"},
        {.source = "path"},
    };
    struct bk_path_match match = {0};
    enum bk_file_kind kind = BK_FILE_NONE;
    json_t *certificate = NULL;
    const char *path = cli_value(cli, "path"), *agent = cli_value(cli, "user-agent");
    const char *sip_agent = cli_value(cli, "sip-user-agent"), *cert = cli_value(cli, "cert");
    if (path == NULL && agent == NULL && sip_agent == NULL && cert == NULL) {
        bk_detail_set(&cli->detail, "nothing to judge: give --path, --user-agent, "
                                    "--sip-user-agent or --cert");
        return BK_ERR_MALFORMED;
    }
    enum bk_err err = cli_catalog(cli);
    if (err == BK_OK && cert != NULL)
        err = read_cert(cli, cert, &claims[0], &certificate);
    if (err != BK_OK)
        return err;
    if (agent != NULL)
        read_agent(bk_vendor_of_agent, agent, &claims[1]);
    if (sip_agent != NULL)
        read_agent(bk_vendor_of_sip_agent, sip_agent, &claims[2]);
    if (path != NULL)
        kind = read_path(bk_str_of(path), &claims[3], &match);

    json_t *answer = merge(cli, claims, BK_COUNT(claims));
    json_object_set_new(answer, "kind",
                        kind == BK_FILE_NONE ? json_null() : json_string(bk_file_kind_name(kind)));
    json_object_set_new(answer, "certificate", certificate != NULL ? certificate : json_null());
    /* JSON with or without --json: this is for scripts and for eyes alike. */
    cli_out_json(stdout, answer);
    json_decref(answer);
    return BK_OK;
}

const struct cli_command cli_cmd_identify = {
    .name = "identify",
    .operands = "",
    .options = options,
    .summary = "which phone could this path, User-Agent or certificate be of",
    .text =
        "Answers with JSON: vendor, model, firmware, mac, kind (of the file), conflict, and "
        "certificate\n"
        "{subject, issuer, serial, sha256, not_before, not_after, rule, rules, vendor, mac, "
        "model,\n"
        "device_serial, proves}; null where nothing is known. `rules` are all built-in issuer "
        "rules\n"
        "that hold: makers that write CN=<MAC> are told apart by their CA alone. When sources "
        "disagree\n"
        "the certificate wins, then the User-Agents, then the path, and `conflict` says who says "
        "what.\n"
        "Needs neither database nor settings. Only a certificate proves anything, and only in a\n"
        "handshake: this command verifies no chain.",
    .example = "beckon identify --path /805ec0000001.cfg --user-agent "
               "'Yealink SIP-T54W 96.85.0.5 80:5e:c0:00:00:01'",
    .run = run,
};
