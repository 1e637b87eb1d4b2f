/*
 * beckon device show: all that is known of one phone.
 */
#include "commands.h"
#include "layer_list.h"
#include "store/store_device.h"
#include "store/store_setting.h"

static const struct cli_option options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant"},
    {0},
};

static void print(const json_t *answer)
{
    static const struct cli_column columns[] = {{"mac", "device"},
                                                {"vendor", "vendor"},
                                                {"model", "model"},
                                                {"serial", "serial"},
                                                {"label", "label"},
                                                {"site", "site"},
                                                {"profile", "profile"},
                                                {"key_template", "key template"},
                                                {"state", "state"},
                                                {"claimed_at", "claimed at"},
                                                {"bound_at", "bound at"},
                                                {"fingerprint", "certificate"},
                                                {"model_pinned", "model at first"},
                                                {"serial_seen", "serial seen"},
                                                {"enrolment", "enrolment"},
                                                {"armed_until", "window until"},
                                                {"last_visit_at", "last visit"},
                                                {"last_source", "from"},
                                                {"model_seen", "as model"},
                                                {"firmware_seen", "with firmware"},
                                                {"revision", "revision"},
                                                {"revision_held", "held revision"},
                                                {"held_at", "held since"},
                                                {"is_pending", "pending"},
                                                {0}};
    static const struct cli_column lines[] = {{"index", "line"},
                                              {"number", "extension"},
                                              {"pbx", "PBX"},
                                              {"display_name", "display name"},
                                              {"label", "label"},
                                              {"is_shared", "shared"},
                                              {0}};
    static const struct cli_column keys[] = {
        {"panel", "panel"}, {"module", "module"},       {"slot", "slot"},
        {"kind", "kind"},   {"line", "line"},           {"value", "value"},
        {"label", "label"}, {"extension", "extension"}, {0}};
    cli_out_fields(stdout, answer, columns);
    puts("");
    cli_out_table(stdout, json_object_get(answer, "lines"), lines, "no line");
    puts("");
    cli_out_table(stdout, json_object_get(answer, "keys"), keys, "no key of its own");
    puts("");
    cli_out_table(stdout, json_object_get(answer, "settings"), cli_layer_columns,
                  "no setting in any layer");
}

static enum bk_err run(struct cli *cli)
{
    struct cli_tenant tenant;
    struct bk_str mac, text, layers_text;
    json_t *answer = NULL, *layers = NULL;
    enum bk_err err = cli_mac(cli, cli_operand(cli, 0), &mac);
    if (err != BK_OK)
        return err;
    err = cli_begin(cli, &tenant);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK) {
        err = bk_store_device_show(&store, tenant.tenant_id, mac, &text);
        if (err == BK_ERR_NOT_FOUND)
            bk_detail_set(&cli->detail,
                          "tenant %.*s has no device %.*s; `beckon device list` lists them",
                          BK_STR_ARG(tenant.name), BK_STR_ARG(mac));
    }
    if (err == BK_OK)
        err = bk_store_layer_list(&store, tenant.tenant_id, mac, &layers_text);
    if (err == BK_OK)
        err = cli_json_load(cli, text, &answer);
    if (err == BK_OK)
        err = cli_json_load(cli, layers_text, &layers);
    err = cli_end(cli, err);
    if (err == BK_OK) {
        json_object_set_new(answer, "settings", cli_layer_rows(cli, layers, true));
        if (cli->is_json)
            cli_out_json(stdout, answer);
        else
            print(answer);
    }
    json_decref(answer);
    json_decref(layers);
    return err;
}

const struct cli_command cli_cmd_device_show = {
    .name = "device show",
    .operands = "MAC",
    .operand_min = 1,
    .operand_max = 1,
    .options = options,
    .summary = "show all that is known of one phone",
    .text =
        "Shows a phone: its claim (claimed until its certificate was seen, then bound), the last\n"
        "visit, the revision it should hold and the one it holds (pending while they differ), its\n"
        "lines, its own keys, and every setting with the layer that sets it and whether it holds.\n"
        "`beckon render` shows the files that come out of it. Secrets are never shown.",
    .example = "beckon device show --tenant acme 805ec0000001",
    .run = run,
};
