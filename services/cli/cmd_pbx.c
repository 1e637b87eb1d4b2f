/*
 * beckon pbx add, pbx list: what phones are told of a telephone system.
 */
#include <string.h>

#include "base/option.h"
#include "commands.h"
#include "spec.h"
#include "store/store_pbx.h"

static const struct cli_option add_options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant"},
    {"domain", CLI_VALUE, true, "D", "SIP domain: what stands behind the @ of an account"},
    {"registrar", CLI_REPEATED, false, "HOST[:PORT]",
     "where phones register, best first, at most two; without one, the domain"},
    {"proxy", CLI_REPEATED, false, "HOST[:PORT]", "outbound proxy, best first, at most two"},
    {"transport", CLI_VALUE, false, "udp|tcp|tls|naptr", "default udp"},
    {"srtp", CLI_VALUE, false, "off|optional|required", "default off"},
    {0},
};

/* The servers of an option as the schema has them; NULL after an error. */
static json_t *read_servers(struct cli *cli, const char *option)
{
    json_t *servers = json_array();
    size_t cursor = 0;
    const char *text;
    struct bk_str what = bk_arena_printf(cli->arena, "--%s", option);
    if (cli_args_count(&cli->args, option) > BK_SERVER_MAX) {
        bk_detail_set(&cli->detail, "--%s: at most %d, best first", option, BK_SERVER_MAX);
        goto failed;
    }
    while ((text = cli_args_next(&cli->args, option, &cursor)) != NULL) {
        struct bk_sip_server server;
        if (cli_spec_server(what.ptr, bk_str_of(text), &server, &cli->detail) != BK_OK)
            goto failed;
        json_t *one = json_object();
        json_object_set_new(one, "host", cli_json_text(server.host));
        json_object_set_new(one, "port", json_integer(server.port));
        json_array_append_new(servers, one);
    }
    return servers;
failed:
    json_decref(servers);
    return NULL;
}

static enum bk_err read_word(struct cli *cli, const char *option, const char *words,
                             struct bk_str fallback, struct bk_str *ret_word)
{
    const char *text = cli_value(cli, option);
    *ret_word = text == NULL ? fallback : bk_str_of(text);
    if (bk_words_find(words, *ret_word) >= 0)
        return BK_OK;
    bk_detail_set(&cli->detail, "--%s: want one of: %s", option, words);
    return BK_ERR_MALFORMED;
}

static enum bk_err run_add(struct cli *cli)
{
    static const struct cli_column columns[] = {
        {"name", "PBX"},        {"pbx_id", "id"},
        {"domain", "domain"},   {"registrars", "registrars"},
        {"proxies", "proxies"}, {"transport", "transport"},
        {"srtp", "SRTP"},       {0}};
    struct cli_tenant tenant;
    int64_t pbx_id = 0;
    struct bk_store_pbx pbx = {.name = bk_str_of(cli_operand(cli, 0)),
                               .domain = bk_str_of(cli_value(cli, "domain"))};
    json_t *answer = json_object();
    json_t *registrars = NULL, *proxies = NULL;
    enum bk_err err = cli_text_check("name", pbx.name, CLI_LABEL_MAX, false, &cli->detail);
    if (err == BK_OK)
        err = cli_spec_host("--domain", pbx.domain, &cli->detail);
    if (err == BK_OK)
        err = read_word(cli, "transport", "udp tcp tls naptr", BK_STR("udp"), &pbx.transport);
    if (err == BK_OK)
        err = read_word(cli, "srtp", "off optional required", BK_STR("off"), &pbx.srtp);
    if (err != BK_OK)
        goto out;
    err = BK_ERR_INVALID;
    if ((registrars = read_servers(cli, "registrar")) == NULL ||
        (proxies = read_servers(cli, "proxy")) == NULL)
        goto out;
    if (pbx.domain.ptr[0] == '[')
        pbx.domain = bk_str_slice(pbx.domain, 1, pbx.domain.len - 1);
    pbx.registrars_json = cli_json_dump(cli->arena, registrars);
    pbx.proxies_json = cli_json_dump(cli->arena, proxies);
    json_object_set_new(answer, "name", cli_json_text(pbx.name));
    json_object_set_new(answer, "domain", cli_json_text(pbx.domain));
    json_object_set(answer, "registrars", registrars);
    json_object_set(answer, "proxies", proxies);
    json_object_set_new(answer, "transport", cli_json_text(pbx.transport));
    json_object_set_new(answer, "srtp", cli_json_text(pbx.srtp));

    cli->subject = bk_arena_printf(cli->arena, "PBX %.*s", BK_STR_ARG(pbx.name)).ptr;
    err = cli_begin(cli, &tenant);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = bk_store_pbx_add(&store, tenant.tenant_id, &pbx, &pbx_id);
    if (err == BK_OK)
        err = cli_audit(cli, tenant.tenant_id, "pbx.add", pbx.name, json_incref(answer));
    err = cli_end(cli, err);
    if (err == BK_OK) {
        json_object_set_new(answer, "pbx_id", json_integer(pbx_id));
        cli_answer(cli, json_incref(answer), NULL, columns, NULL);
    }
out:
    json_decref(registrars);
    json_decref(proxies);
    json_decref(answer);
    return err;
}

static const struct cli_option list_options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant"},
    {0},
};

static enum bk_err run_list(struct cli *cli)
{
    static const struct cli_column columns[] = {{"name", "PBX"},
                                                {"domain", "domain"},
                                                {"registrars", "registrars"},
                                                {"proxies", "proxies"},
                                                {"transport", "transport"},
                                                {"srtp", "SRTP"},
                                                {"extensions", "extensions"},
                                                {"control", "called by"},
                                                {"fault", "fault"},
                                                {0}};
    return cli_list(cli, bk_store_pbx_list, "pbxs", columns, "no PBX; `beckon pbx add` makes one");
}

const struct cli_command cli_cmd_pbx_add = {
    .name = "pbx add",
    .operands = "NAME",
    .operand_min = 1,
    .operand_max = 1,
    .options = add_options,
    .summary = "add a telephone system as phones see it",
    .text =
        "Adds the phone side of a PBX to a tenant: the SIP domain, where phones register, through "
        "which\n"
        "proxies, by which transport. NAME is what --pbx of other commands says. A port that is "
        "not\n"
        "given is the transport's default. How Beckon itself reaches the PBX: pbx "
        "control.",
    .example = "beckon pbx add --tenant acme main --domain sip.acme.example --proxy "
               "sbc.acme.example:5061 --transport tls --srtp required",
    .run = run_add,
};

const struct cli_command cli_cmd_pbx_list = {
    .name = "pbx list",
    .operands = "",
    .options = list_options,
    .summary = "list a tenant's PBXs",
    .text = "Lists the PBXs of a tenant with what phones are told of them. JSON: {\"pbxs\": "
            "[{pbx_id, name,\n"
            "domain, registrars, proxies, transport, srtp, extensions, control, fault}]}. control: "
            "the driver\n"
            "and address by which phones are called back; fault: why that does not work now.",
    .example = "beckon pbx list --tenant acme",
    .run = run_list,
};
