/*
 * beckon anomaly list: what a tenant should look at, and what became of it.
 */
#include <string.h>

#include "commands.h"
#include "identity.h"
#include "store/store_identity.h"

#define LIMIT_MAX 10000

static const struct {
    const char *kind, *text;
} kinds[] = {
    {"other_certificate", "another certificate came for this MAC"},
    {"other_model", "another model came for this MAC"},
    {"other_maker", "a certificate of another maker came for this MAC"},
    {"many_networks", "it came from more networks than the policy allows in a day"},
    {"foreign_key", "it came under another tenant's key"},
    {"guessing", "its certificate asks for other phones' files"},
    {"factory_reset", "it came with its token again, after its secret was in use"},
    {"enrolment_guessing", "its token or secret was used for other MACs"},
};

static const char *kind_text(const char *kind)
{
    for (size_t i = 0; i < BK_COUNT(kinds); i++) {
        if (strcmp(kinds[i].kind, kind) == 0)
            return kinds[i].text;
    }
    return kind;
}

/* "source 192.0.2.1, model T46S": the members in their order. */
static struct bk_str seen_text(struct cli *cli, json_t *seen)
{
    struct bk_str text = BK_STR("");
    const char *name;
    json_t *value;
    json_object_foreach(seen, name, value)
    {
        const char *separator = text.len > 0 ? ", " : "";
        if (json_is_string(value))
            text = bk_arena_printf(cli->arena, "%.*s%s%s %s", BK_STR_ARG(text), separator, name,
                                   json_string_value(value));
        else if (json_is_integer(value))
            text = bk_arena_printf(cli->arena, "%.*s%s%s %" JSON_INTEGER_FORMAT, BK_STR_ARG(text),
                                   separator, name, json_integer_value(value));
    }
    return text;
}

enum bk_err cli_anomaly_rows(struct cli *cli, struct bk_str text, json_t **ret_rows)
{
    json_t *rows = NULL;
    enum bk_err err = cli_json_load(cli, text, &rows);
    for (size_t i = 0; err == BK_OK && i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);
        const char *kind = json_string_value(json_object_get(row, "kind"));
        json_object_set_new(row, "kind_text", json_string(kind_text(kind)));
        json_object_set_new(row, "seen_text",
                            cli_json_text(seen_text(cli, json_object_get(row, "seen"))));
    }
    if (err == BK_OK)
        *ret_rows = rows;
    return err;
}

const struct cli_column cli_anomaly_columns[] = {
    {"last_at", "last seen"}, {"mac", "device"},       {"state", "state"},    {"kind_text", "what"},
    {"seen_count", "times"},  {"decision", "decided"}, {"seen_text", "seen"}, {0}};

static const struct cli_option options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant"},
    {"mac", CLI_VALUE, false, "MAC", "only of this phone"},
    {"all", CLI_FLAG, false, NULL, "those that are decided too"},
    {"limit", CLI_VALUE, false, "N", "at most N rows, 1 to 10000; default 100"},
    {0},
};

static enum bk_err read_rows(struct cli *cli, const struct cli_tenant *tenant, struct bk_str mac,
                             struct bk_store_anomaly_filter *filter, json_t **ret_rows)
{
    struct bk_store store = cli_store(cli);
    struct cli_device device = {0};
    struct bk_str text;
    enum bk_err err = mac.len == 0 ? BK_OK : cli_device_find(cli, tenant, mac, &device);
    filter->device_id = device.device_id;
    if (err == BK_OK)
        err = bk_store_anomaly_list(&store, tenant->tenant_id, filter, &text);
    if (err == BK_OK)
        err = cli_anomaly_rows(cli, text, ret_rows);
    return err;
}

static enum bk_err run(struct cli *cli)
{
    struct bk_store_anomaly_filter filter = {.with_decided = cli_has(cli, "all")};
    struct cli_tenant tenant;
    struct bk_str mac = BK_STR_NONE;
    json_t *rows = NULL;
    enum bk_err err = cli_number(cli, "limit", 1, LIMIT_MAX, 100, &filter.limit);
    if (err == BK_OK && cli_has(cli, "mac"))
        err = cli_mac(cli, cli_value(cli, "mac"), &mac);
    if (err == BK_OK)
        err = cli_begin(cli, &tenant);
    if (err == BK_OK)
        err = read_rows(cli, &tenant, mac, &filter, &rows);
    err = cli_end(cli, err);
    if (err != BK_OK) {
        json_decref(rows);
        return err;
    }
    json_t *answer = json_object();
    json_object_set_new(answer, "anomalies", rows);
    cli_answer(cli, answer, "anomalies", cli_anomaly_columns, "nothing to decide");
    return BK_OK;
}

const struct cli_command cli_cmd_anomaly_list = {
    .name = "anomaly list",
    .operands = "",
    .options = options,
    .summary = "list what does not fit the phones it claims to be",
    .text =
        "Lists what was seen of a tenant's phones and is not as it was at first use, newest "
        "first.\n"
        "Another certificate, model or maker, or too many networks, quarantines the phone: it "
        "gets\n"
        "404 and keeps what it has until `beckon device accept` or `beckon device block` decides.\n"
        "JSON: {\"anomalies\": [{anomaly_id, mac, state, kind, kind_text, seen, seen_text, "
        "seen_count,\n"
        "first_at, last_at, decision, decided_at, decided_by}]}.",
    .example = "beckon anomaly list --tenant acme",
    .run = run,
};
