/*
 * beckon explain: each parameter of a phone's files, and which layer, line, key or raw parameter it
 * comes from.
 */
#include "commands.h"
#include "phone.h"
#include "vendor/files.h"

static const struct cli_option options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant"},
    {"mac", CLI_VALUE, true, "MAC", "the phone"},
    {"set", CLI_FLAG, false, NULL, "without what nobody set"},
    {0},
};

static json_t *row_json(const struct bk_explained *row)
{
    char space[BK_ORIGIN_TEXT_SIZE];
    const struct bk_parameter *parameter = &row->parameter;
    json_t *object = json_object();
    json_object_set_new(object, "file", cli_json_text(row->file));
    json_object_set_new(object, "name", cli_json_text(parameter->name));
    json_object_set_new(object, "value", cli_json_text(parameter->value));
    json_object_set_new(object, "from", cli_json_text(bk_origin_print(&parameter->origin, &space)));
    json_object_set_new(object, "state",
                        json_string(parameter->is_kept   ? "kept"
                                    : parameter->is_lost ? "unsupported"
                                                         : "written"));
    return object;
}

static bool is_unset(const struct bk_explained *row)
{
    return row->parameter.origin.kind == BK_ORIGIN_SETTING &&
           row->parameter.origin.layer == BK_LAYER_NONE;
}

static json_t *answer_of(struct cli *cli, const struct cli_phone *own,
                         const struct bk_explanation *list)
{
    enum bk_neutral ids[BK_NEUTRAL_COUNT];
    size_t count = bk_explanation_unsupported(list, &own->phone, ids);
    json_t *answer = json_object(), *rows = json_array(), *unsupported = json_array();
    for (size_t i = 0; i < list->count; i++) {
        if (!cli_has(cli, "set") || !is_unset(&list->rows[i]))
            json_array_append_new(rows, row_json(&list->rows[i]));
    }
    for (size_t i = 0; i < count; i++)
        json_array_append_new(unsupported, json_string(bk_neutral_options[ids[i]].key));
    json_object_set_new(answer, "vendor", json_string(own->vendor->name));
    json_object_set_new(answer, "model", cli_json_text(own->phone.model));
    json_object_set_new(answer, "revision", json_integer(own->phone.revision));
    json_object_set_new(answer, "parameters", rows);
    json_object_set_new(answer, "unsupported", unsupported);
    return answer;
}

static void print(const struct cli_phone *own, const json_t *answer)
{
    static const struct cli_column columns[] = {{"file", "file"},   {"name", "parameter"},
                                                {"value", "value"}, {"from", "from"},
                                                {"state", "state"}, {0}};
    const json_t *unsupported = json_object_get(answer, "unsupported");
    cli_out_table(stdout, json_object_get(answer, "parameters"), columns, "no parameter");
    for (size_t i = 0; i < json_array_size(unsupported); i++)
        printf("%s%s is set, and %s has no parameter for it\n", i == 0 ? "\n" : "",
               json_string_value(json_array_get(unsupported, i)), own->vendor->title);
}

static enum bk_err run(struct cli *cli)
{
    struct cli_tenant tenant = {0};
    struct cli_phone own;
    struct bk_explanation list;
    struct bk_str mac;
    enum bk_err err = cli_catalog(cli);
    if (err == BK_OK)
        err = cli_mac(cli, cli_value(cli, "mac"), &mac);
    if (err == BK_OK)
        err = cli_begin(cli, &tenant);
    if (err != BK_OK)
        return err;
    err = cli_end(cli, cli_phone_read(cli, &tenant, mac, NULL, &own));
    bk_explanation_init(&list, cli->arena);
    if (err == BK_OK)
        err = bk_vendor_explain(own.vendor, &own.phone, own.model, &list, &cli->detail);
    if (err != BK_OK)
        return err;
    json_t *answer = answer_of(cli, &own, &list);
    if (cli->is_json)
        cli_out_json(stdout, answer);
    else
        print(&own, answer);
    json_decref(answer);
    return BK_OK;
}

const struct cli_command cli_cmd_explain = {
    .name = "explain",
    .operands = "",
    .options = options,
    .summary = "why each parameter of a phone's files is what it is",
    .text =
        "Lists every parameter of every file of this phone in its order, with where it comes "
        "from: a layer\n"
        "and its setting (\"default\": nobody set it), a line, a key, a raw parameter of a layer, "
        "or the\n"
        "driver itself. State: written; kept (not in the file: the phone keeps what it has); "
        "unsupported\n"
        "(the maker has no parameter for that key). Then the settings that are set and have no\n"
        "parameter at this maker. Secrets are masked, and no master key is needed.\n"
        "JSON: {vendor, model, revision, parameters: [{file, name, value, from, state}], "
        "unsupported}.",
    .example = "beckon explain --tenant acme --mac 805ec0000001 --set",
    .run = run,
};
