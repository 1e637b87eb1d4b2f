/*
 * beckon device enrol: a phone without a certificate gets a way in. What is drawn here is shown
 * once and kept nowhere: the database has hashes, and the steady secret sealed.
 */
#include <string.h>

#include "base/secret.h"
#include "commands.h"
#include "identity.h"
#include "model/enrol.h"
#include "store/store_identity.h"
#include "vendor/vendor.h"

enum { HASH_SIZE = 32 };

static const struct cli_option options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant"},
    {"method", CLI_VALUE, false, "M",
     "how the phone proves itself afterwards: url, basic or digest; default: the policy's\n"
     "enrolment_secret"},
    {"hours", CLI_VALUE, false, "N",
     "how long the token may be used, 1 to 720; default: the policy's enrolment_hours"},
    {0},
};

struct enrolling {
    struct cli_tenant tenant;
    struct cli_device device;
    struct bk_store_enrolment enrolment;
    struct bk_str token; /* empty: the site's addresses begin it */
    struct bk_str until, url;
};

static enum bk_err read_method(struct cli *cli, struct bk_str *ret_method)
{
    const char *method = cli_value(cli, "method");
    *ret_method = method == NULL ? BK_STR_NONE : bk_str_of(method);
    if (method == NULL || strcmp(method, "url") == 0 || strcmp(method, "basic") == 0 ||
        strcmp(method, "digest") == 0)
        return BK_OK;
    bk_detail_set(&cli->detail, "--method: \"%.32s\" is none; want url, basic or digest", method);
    return BK_ERR_INVALID;
}

/* What its maker's phones cannot do would let none in. */
static enum bk_err check_method(struct cli *cli, const struct enrolling *enrolling,
                                struct bk_str method)
{
    struct bk_store store = cli_store(cli);
    struct bk_str name;
    enum bk_err err = bk_store_device_vendor(&store, enrolling->tenant.tenant_id,
                                             enrolling->device.device_id, &name);
    if (err != BK_OK)
        return err;
    const struct bk_vendor *vendor = bk_vendor_find(name);
    if (vendor == NULL || bk_vendor_enrols_by(vendor, method))
        return BK_OK;
    bk_detail_set(&cli->detail,
                  "phones of %s cannot enrol by %.*s; try --method url, or basic, or change "
                  "enrolment_secret in the policy",
                  vendor->name, BK_STR_ARG(method));
    return BK_ERR_INVALID;
}

/*
 * By the policy: with enrolment=address there is no token, the phone's own site lets it in; and
 * where no method was asked for, it is the policy's.
 */
static enum bk_err judge(struct cli *cli, const struct enrolling *enrolling, bool *ret_wants_token)
{
    struct bk_store store = cli_store(cli);
    struct bk_str text;
    json_t *policy = NULL;
    enum bk_err err =
        bk_store_policy_of(&store, enrolling->tenant.tenant_id, enrolling->device.device_id, &text);
    if (err == BK_OK)
        err = cli_json_load(cli, text, &policy);
    if (err == BK_OK)
        *ret_wants_token =
            strcmp(json_string_value(json_object_get(policy, "enrolment")), "address") != 0;
    struct bk_str method = enrolling->enrolment.method;
    if (method.ptr == NULL)
        method = bk_str_of(json_string_value(json_object_get(policy, "enrolment_secret")));
    if (err == BK_OK)
        err = check_method(cli, enrolling, method);
    json_decref(policy);
    return err;
}

static struct bk_str hash_of(struct cli *cli, struct bk_str text)
{
    uint8_t(*hash)[HASH_SIZE] = bk_arena_alloc(cli->arena, sizeof *hash);
    bk_sha256(text, hash);
    return (struct bk_str){(const char *)*hash, sizeof *hash};
}

/* Drawn into the arena, which is wiped when it is freed. */
static enum bk_err draw(struct cli *cli, struct enrolling *enrolling)
{
    struct bk_store_enrolment *enrolment = &enrolling->enrolment;
    struct bk_str secret = cli_random_text(cli->arena, BK_ENROL_ALPHABET, BK_ENROL_TEXT_LEN);
    bool has_token = false;
    enum bk_err err = judge(cli, enrolling, &has_token);
    if (err != BK_OK)
        return err;
    if (has_token) {
        enrolling->token = cli_random_text(cli->arena, BK_ENROL_ALPHABET, BK_ENROL_TEXT_LEN);
        enrolment->token_hash = hash_of(cli, enrolling->token);
    }
    enrolment->device_id = enrolling->device.device_id;
    enrolment->username = enrolling->device.mac;
    enrolment->secret_hash = hash_of(cli, secret);
    return cli_seal(cli, &enrolling->tenant, "enrolment.secret", enrolment->device_id, secret,
                    &enrolment->sealed);
}

static enum bk_err make_url(struct cli *cli, struct enrolling *enrolling)
{
    struct bk_store store = cli_store(cli);
    struct bk_str key;
    enum bk_err err = bk_store_tenant_key(&store, enrolling->tenant.tenant_id, &key);
    if (err == BK_ERR_NOT_FOUND)
        bk_detail_set(&cli->detail, "tenant %.*s has no URL key",
                      BK_STR_ARG(enrolling->tenant.name));
    if (err == BK_OK)
        enrolling->url = bk_arena_printf(cli->arena, "%s/%.*s/%s%.*s/", cli->settings.enrolment_url,
                                         BK_STR_ARG(key), enrolling->token.len > 0 ? "e-" : "a",
                                         BK_STR_ARG(enrolling->token));
    return err;
}

static enum bk_err enrol(struct cli *cli, struct enrolling *enrolling, struct bk_str mac)
{
    struct bk_store store = cli_store(cli);
    enum bk_err err = cli_device_find(cli, &enrolling->tenant, mac, &enrolling->device);
    if (err == BK_OK)
        err = draw(cli, enrolling);
    if (err == BK_OK)
        err = bk_store_enrolment_arm(&store, &enrolling->enrolment, &enrolling->until);
    if (err == BK_OK)
        err = make_url(cli, enrolling);
    if (err == BK_OK)
        err = cli_audit(cli, enrolling->tenant.tenant_id, "device.enrol", enrolling->device.mac,
                        json_pack("{s:s, s:b}", "valid_until", enrolling->until.ptr, "has_token",
                                  enrolling->token.len > 0));
    return err;
}

static enum bk_err run(struct cli *cli)
{
    static const struct cli_column columns[] = {
        {"mac", "device"}, {"url", "URL for the phone, shown once"}, {"valid_until", "until"}, {0}};
    struct enrolling enrolling = {0};
    struct bk_str mac;
    enum bk_err err = cli_mac(cli, cli_operand(cli, 0), &mac);
    if (err == BK_OK)
        err = read_method(cli, &enrolling.enrolment.method);
    if (err == BK_OK)
        err = cli_number(cli, "hours", 1, 720, 0, &enrolling.enrolment.hours);
    const char *base = cli->settings.enrolment_url;
    if (err == BK_OK && (base == NULL || base[0] == '\0')) {
        bk_detail_set(&cli->detail, "no URL is known that a phone could enrol at: set "
                                    "BECKON_ENROLMENT_URL to beckon-config's enrolment_url");
        err = BK_ERR_INVALID;
    }
    if (err != BK_OK)
        return err;
    err = cli_begin_sealed(cli, &enrolling.tenant);
    if (err == BK_OK)
        err = enrol(cli, &enrolling, mac);
    err = cli_end(cli, err);
    bk_wipe(&enrolling.tenant.data_key, sizeof enrolling.tenant.data_key);
    if (err != BK_OK)
        return err;
    json_t *answer = json_object();
    json_object_set_new(answer, "mac", cli_json_text(mac));
    json_object_set_new(answer, "url", cli_json_text(enrolling.url));
    json_object_set_new(answer, "is_one_time", json_boolean(enrolling.token.len > 0));
    json_object_set_new(answer, "valid_until", cli_json_text(enrolling.until));
    cli_answer(cli, answer, NULL, columns, NULL);
    return BK_OK;
}

const struct cli_command cli_cmd_device_enrol = {
    .name = "device enrol",
    .operands = "MAC",
    .operand_min = 1,
    .operand_max = 1,
    .options = options,
    .summary = "let a phone without a certificate in",
    .text =
        "Prints the URL that a redirect service or DHCP option 66 shall give to the phone. It is\n"
        "shown once and works once: the first file it leads to names the phone's own secret and\n"
        "nothing else; with the use of that secret the URL is locked. What was given to the phone\n"
        "before ends, so calling this again re-arms it. Where the policy says enrolment=address,\n"
        "there is no token, and the URL is the same for all phones of the tenant's sites. The "
        "policy\n"
        "(`beckon policy set`) must allow enrolment. JSON: {mac, url, is_one_time, valid_until}.",
    .example = "beckon device enrol --tenant acme 000b82000001",
    .run = run,
};
