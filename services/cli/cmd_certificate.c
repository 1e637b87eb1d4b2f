/*
 * beckon certificate block, unblock, list: certificates that prove nothing any more, to one tenant
 * or to all.
 */
#include <string.h>

#include "base/hex.h"
#include "commands.h"
#include "store/store_identity.h"
#include "web/auth_cert.h"

enum { FINGERPRINT_SIZE = 32, CERT_FILE_MAX = 64 * 1024, NOTE_MAX = 255 };

#define SCOPE_OPTIONS \
    {"tenant", CLI_VALUE, false, "T", "for this tenant"}, \
    { \
        "all-tenants", CLI_FLAG, false, NULL, "for every tenant" \
    }

static const struct cli_option block_options[] = {
    SCOPE_OPTIONS,
    {"cert", CLI_VALUE, false, "FILE", "the certificate itself, PEM or DER; - is standard input"},
    {"note", CLI_VALUE, false, "TEXT", "why; for people"},
    {0},
};
static const struct cli_option unblock_options[] = {
    SCOPE_OPTIONS,
    {"cert", CLI_VALUE, false, "FILE", "the certificate itself, PEM or DER; - is standard input"},
    {0},
};

/* 64 hexadecimal digits of either case, with or without colons, as openssl prints them. */
static enum bk_err read_fingerprint(struct cli *cli, const char *text, struct bk_str *ret_hex)
{
    char *hex = bk_arena_alloc(cli->arena, 2 * FINGERPRINT_SIZE + 1);
    size_t len = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == ':' && len % 2 == 0 && len > 0)
            continue;
        int digit = bk_hex_digit(*c);
        if (digit < 0 || len == 2 * FINGERPRINT_SIZE)
            goto bad;
        hex[len++] = "0123456789abcdef"[digit];
    }
    if (len != 2 * FINGERPRINT_SIZE)
        goto bad;
    *ret_hex = (struct bk_str){hex, len};
    return BK_OK;
bad:
    bk_detail_set(
        &cli->detail,
        "\"%.80s\" is no SHA-256 fingerprint: want 64 hexadecimal digits, with or without "
        "colons",
        text);
    return BK_ERR_INVALID;
}

static enum bk_err read_file(struct cli *cli, const char *path, struct bk_str *ret_hex)
{
    uint8_t digest[FINGERPRINT_SIZE];
    unsigned int count = 0;
    struct bk_str text;
    X509 *cert = NULL;
    char *hex = bk_arena_alloc(cli->arena, 2 * FINGERPRINT_SIZE + 1);
    enum bk_err err = cli_file_read(cli, path, CERT_FILE_MAX, &text);
    if (err == BK_OK)
        err = bk_cert_parse(text, &cert, &cli->detail);
    if (err == BK_OK &&
        (X509_digest(cert, EVP_sha256(), digest, &count) != 1 || count != sizeof digest))
        err = BK_ERR_CRYPTO;
    X509_free(cert);
    if (err != BK_OK)
        return err;
    bk_hex_print(digest, sizeof digest, hex);
    *ret_hex = bk_str_of(hex);
    return BK_OK;
}

/* The certificate by operand or file, and for whom: begins the transaction. */
static enum bk_err begin(struct cli *cli, struct bk_str *ret_hex, struct cli_tenant *ret_tenant)
{
    const char *path = cli_value(cli, "cert");
    if ((path != NULL) == (cli->args.operand_count == 1)) {
        bk_detail_set(&cli->detail, "give either a FINGERPRINT or --cert FILE");
        return BK_ERR_MALFORMED;
    }
    if (cli_has(cli, "tenant") == cli_has(cli, "all-tenants")) {
        bk_detail_set(&cli->detail, "for whom? give either --tenant T or --all-tenants");
        return BK_ERR_MALFORMED;
    }
    enum bk_err err = path != NULL ? read_file(cli, path, ret_hex)
                                   : read_fingerprint(cli, cli_operand(cli, 0), ret_hex);
    *ret_tenant = (struct cli_tenant){.tenant_id = 0};
    if (err == BK_OK)
        err = cli_has(cli, "tenant") ? cli_begin(cli, ret_tenant) : cli_begin_plain(cli);
    return err;
}

static const char *scope_of(const struct cli_tenant *tenant)
{
    return tenant->tenant_id == 0 ? "operator" : "tenant";
}

static const struct cli_column columns[] = {{"fingerprint", "certificate"},
                                            {"scope", "scope"},
                                            {"created_at", "since"},
                                            {"note", "why"},
                                            {0}};

static enum bk_err finish(struct cli *cli, enum bk_err err, const struct cli_tenant *tenant,
                          const char *action, struct bk_str hex)
{
    if (err == BK_OK)
        err = cli_audit(cli, tenant->tenant_id, action, hex, json_object());
    err = cli_end(cli, err);
    if (err == BK_OK)
        cli_answer(cli, json_pack("{s:s, s:s}", "fingerprint", hex.ptr, "scope", scope_of(tenant)),
                   NULL, columns, NULL);
    return err;
}

/* ---- block ---- */

static enum bk_err run_block(struct cli *cli)
{
    const char *note = cli_value(cli, "note");
    struct bk_str text = note == NULL ? BK_STR("") : bk_str_of(note), hex;
    struct cli_tenant tenant;
    if (text.len > NOTE_MAX || !bk_str_is_utf8(text) || bk_str_has_control(text)) {
        bk_detail_set(&cli->detail, "--note: want at most 255 bytes without control characters");
        return BK_ERR_INVALID;
    }
    enum bk_err err = begin(cli, &hex, &tenant);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = bk_store_certificate_block(&store, tenant.tenant_id, hex, text);
    return finish(cli, err, &tenant, "certificate.block", hex);
}

const struct cli_command cli_cmd_certificate_block = {
    .name = "certificate block",
    .operands = "[FINGERPRINT]",
    .operand_min = 0,
    .operand_max = 1,
    .options = block_options,
    .summary = "a certificate proves nothing any more",
    .text =
        "Blocks a phone's certificate by its SHA-256 fingerprint (`beckon visits --json`, `beckon\n"
        "device show`), or by the file, for one tenant or for all. It counts from the next "
        "request on,\n"
        "in connections that are open too. One that is blocked already gets the note given now.",
    .example =
        "beckon certificate block --all-tenants --cert leaked.pem --note 'posted on a forum'",
    .run = run_block,
};

/* ---- unblock ---- */

static enum bk_err run_unblock(struct cli *cli)
{
    struct cli_tenant tenant;
    struct bk_str hex;
    enum bk_err err = begin(cli, &hex, &tenant);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = bk_store_certificate_unblock(&store, tenant.tenant_id, hex);
    if (err == BK_ERR_NOT_FOUND && cli->detail.text[0] == '\0')
        bk_detail_set(&cli->detail, "it is not blocked %s; `beckon certificate list` lists them",
                      tenant.tenant_id == 0 ? "for all tenants" : "for this tenant");
    return finish(cli, err, &tenant, "certificate.unblock", hex);
}

const struct cli_command cli_cmd_certificate_unblock = {
    .name = "certificate unblock",
    .operands = "[FINGERPRINT]",
    .operand_min = 0,
    .operand_max = 1,
    .options = unblock_options,
    .summary = "a certificate proves its phone again",
    .text = "Takes a block back where it was made: --tenant does not lift one for all tenants.",
    .example = "beckon certificate unblock --tenant acme --cert phone.pem",
    .run = run_unblock,
};

/* ---- list ---- */

static const struct cli_option list_options[] = {
    {"tenant", CLI_VALUE, false, "T", "this tenant's too"},
    {0},
};

static enum bk_err run_list(struct cli *cli)
{
    struct cli_tenant tenant = {.tenant_id = 0};
    struct bk_str text;
    json_t *rows = NULL;
    enum bk_err err = cli_has(cli, "tenant") ? cli_begin(cli, &tenant) : cli_begin_plain(cli);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = bk_store_certificate_list(&store, tenant.tenant_id, &text);
    if (err == BK_OK)
        err = cli_json_load(cli, text, &rows);
    err = cli_end(cli, err);
    if (err != BK_OK) {
        json_decref(rows);
        return err;
    }
    json_t *answer = json_object();
    json_object_set_new(answer, "certificates", rows);
    cli_answer(cli, answer, "certificates", columns, "no certificate is blocked");
    return BK_OK;
}

const struct cli_command cli_cmd_certificate_list = {
    .name = "certificate list",
    .operands = "",
    .options = list_options,
    .summary = "list blocked certificates",
    .text =
        "Lists the certificates that prove nothing to any tenant, and with --tenant those that "
        "prove\n"
        "nothing to that one. JSON: {\"certificates\": [{fingerprint, scope, note, created_at}]}.",
    .example = "beckon certificate list --tenant acme",
    .run = run_list,
};
