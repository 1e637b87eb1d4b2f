/*
 * beckon pbx control: how Beckon itself reaches a telephone system, to call its phones back.
 */
#include <string.h>

#include "base/option.h"
#include "base/secret.h"
#include "commands.h"
#include "pbx/kind.h"
#include "spec.h"
#include "store/store_pbx.h"

#define SECRET_MAX 256

static const struct cli_option options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant"},
    {"driver", CLI_VALUE, false, "D", "default sip: a NOTIFY through a proxy that relays it"},
    {"address", CLI_VALUE, true, "HOST[:PORT]", "where the PBX is controlled"},
    {"username", CLI_VALUE, false, "U", "account that may send NOTIFY; without one, none is used"},
    {"secret-file", CLI_VALUE, false, "FILE",
     "file with the account's password, - for standard input;\nwithout it the one that is there "
     "stays"},
    {"option", CLI_REPEATED, false, "NAME=VALUE", "the driver's own: transport=tls, tls_name=…"},
    {"rate", CLI_VALUE, false, "N", "messages a second, default 2"},
    {"in-flight", CLI_VALUE, false, "N", "calls without an answer at a time, default 5"},
    {"off", CLI_FLAG, false, NULL, "keep it, and call nobody through it"},
    {0},
};

/* The driver's options as a JSON object; NULL after an error. */
static json_t *read_driver_options(struct cli *cli, const struct bk_pbx_kind *kind)
{
    json_t *object = json_object();
    size_t cursor = 0;
    const char *text;
    while ((text = cli_args_next(&cli->args, "option", &cursor)) != NULL) {
        struct bk_str rest = bk_str_of(text), name = bk_str_cut(&rest, '=');
        struct bk_option_value value;
        ptrdiff_t at = bk_option_find(kind->options, name);
        if (at < 0)
            bk_detail_set(&cli->detail, "--option %.80s: driver %s has no such option", text,
                          kind->name);
        if (at < 0 || bk_option_parse(&kind->options[at], rest, &value, &cli->detail) != BK_OK) {
            json_decref(object);
            return NULL;
        }
        json_object_set_new(object, kind->options[at].key, cli_json_text(rest));
    }
    return object;
}

static enum bk_err read_rate(struct cli *cli, struct bk_str *ret_rate)
{
    const char *text = cli_value(cli, "rate");
    *ret_rate = BK_STR_NONE;
    if (text == NULL)
        return BK_OK;
    size_t len = strlen(text);
    if (len == 0 || len > 7 || strspn(text, "0123456789.") != len ||
        strchr(text, '.') != strrchr(text, '.')) {
        bk_detail_set(&cli->detail, "--rate %.20s: want 0.01 to 1000 messages a second", text);
        return BK_ERR_MALFORMED;
    }
    *ret_rate = bk_str_of(text);
    return BK_OK;
}

static enum bk_err write(struct cli *cli, const struct cli_tenant *tenant, struct bk_str name,
                         struct bk_str secret, struct bk_store_pbx_control *control)
{
    struct bk_store store = cli_store(cli);
    int64_t pbx_id = 0;
    enum bk_err err = bk_store_pbx_find(&store, tenant->tenant_id, name, &pbx_id);
    if (err == BK_ERR_NOT_FOUND)
        bk_detail_set(&cli->detail,
                      "tenant %.*s has no PBX \"%.64s\"; `beckon pbx list` lists them",
                      BK_STR_ARG(tenant->name), name.ptr);
    if (err == BK_OK && secret.ptr != NULL)
        err = cli_seal(cli, tenant, "pbx_control.secret", pbx_id, secret, &control->secret_sealed);
    if (err == BK_OK)
        err = bk_store_pbx_control_set(&store, tenant->tenant_id, pbx_id, control);
    return err;
}

static enum bk_err run(struct cli *cli)
{
    static const struct cli_column columns[] = {{"name", "PBX"},
                                                {"driver", "driver"},
                                                {"address", "address"},
                                                {"username", "account"},
                                                {"options", "options"},
                                                {"enabled", "enabled"},
                                                {0}};
    const char *driver = cli_value(cli, "driver"), *username = cli_value(cli, "username");
    const char *file = cli_value(cli, "secret-file");
    struct bk_str name = bk_str_of(cli_operand(cli, 0)), secret = BK_STR_NONE, host;
    struct bk_store_pbx_control control = {
        .driver = driver != NULL ? bk_str_of(driver) : BK_STR("sip"),
        .address = bk_str_of(cli_value(cli, "address")),
        .username = username != NULL ? bk_str_of(username) : BK_STR(""),
        .is_enabled = !cli_has(cli, "off"),
    };
    int port;
    const struct bk_pbx_kind *kind = bk_pbx_kind_find(control.driver);
    if (kind == NULL) {
        bk_detail_set(&cli->detail, "--driver %.32s: there is sip", control.driver.ptr);
        return BK_ERR_MALFORMED;
    }
    if (bk_pbx_address_parse(control.address, &host, &port, &cli->detail) != BK_OK)
        return BK_ERR_MALFORMED;
    enum bk_err err =
        cli_text_check("--username", control.username, CLI_LABEL_MAX, true, &cli->detail);
    if (err == BK_OK)
        err = read_rate(cli, &control.rate_per_s);
    if (err == BK_OK)
        err = cli_number(cli, "in-flight", 1, 1000, 0, &control.in_flight_max);
    if (err == BK_OK && file != NULL)
        err = cli_secret_read(cli, file, SECRET_MAX, &secret);
    json_t *driver_options = err == BK_OK ? read_driver_options(cli, kind) : NULL;
    if (driver_options == NULL)
        return err == BK_OK ? BK_ERR_MALFORMED : err;
    control.options_json = cli_json_dump(cli->arena, driver_options);
    json_t *answer = json_object();
    json_object_set_new(answer, "name", cli_json_text(name));
    json_object_set_new(answer, "driver", cli_json_text(control.driver));
    json_object_set_new(answer, "address", cli_json_text(control.address));
    json_object_set_new(answer, "username", cli_json_text(control.username));
    json_object_set_new(answer, "options", driver_options);
    json_object_set_new(answer, "enabled", json_boolean(control.is_enabled));

    struct cli_tenant tenant;
    cli->subject = bk_arena_printf(cli->arena, "PBX %.*s", BK_STR_ARG(name)).ptr;
    err = cli_begin_sealed(cli, &tenant);
    if (err == BK_OK)
        err = write(cli, &tenant, name, secret, &control);
    if (err == BK_OK)
        err = cli_audit(cli, tenant.tenant_id, "pbx.control", name, json_incref(answer));
    err = cli_end(cli, err);
    bk_wipe(&tenant.data_key, sizeof tenant.data_key);
    if (err == BK_OK)
        cli_answer(cli, json_incref(answer), NULL, columns, NULL);
    json_decref(answer);
    return err;
}

const struct cli_command cli_cmd_pbx_control = {
    .name = "pbx control",
    .operands = "NAME",
    .operand_min = 1,
    .operand_max = 1,
    .options = options,
    .summary = "say how Beckon reaches a PBX, to call its phones back",
    .text =
        "Sets the control side of a PBX: where and with which account the notifier sends the "
        "message that\n"
        "makes a phone fetch again or reboot. The account's password is sealed with the tenant's "
        "key, so\n"
        "the master key is needed. What is edited gets a new chance at once, also after the PBX "
        "refused us.",
    .example = "beckon pbx control --tenant acme main --address sbc.acme.example --username beckon "
               "--secret-file - --option transport=tls",
    .run = run,
};
