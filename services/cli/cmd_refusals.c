/*
 * beckon refusals: who was refused, why, and how often.
 */
#include "commands.h"
#include "model/refusal.h"
#include "store/store_visit_list.h"

enum { HOURS_MAX = 400 * 24, LIMIT_MAX = 10000 };

static const struct cli_option options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant"},
    {"hours", CLI_VALUE, false, "N", "of the last N hours, 1 to 9600; default 24"},
    {"limit", CLI_VALUE, false, "N", "at most N rows, 1 to 10000; default 100"},
    {0},
};

static void add_words(json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);
        const char *reason = json_string_value(json_object_get(row, "reason"));
        json_object_set_new(row, "reason_text", json_string(bk_refusal_text(reason)));
    }
}

static enum bk_err run(struct cli *cli)
{
    static const struct cli_column columns[] = {
        {"count", "times"},   {"mac", "MAC"},         {"device", "device"},
        {"source", "source"}, {"last_at", "last"},    {"first_at", "first"},
        {"reason", "reason"}, {"reason_text", "why"}, {0}};
    struct cli_tenant tenant;
    struct bk_str text;
    json_t *rows = NULL;
    int64_t hours = 0, limit = 0;
    enum bk_err err = cli_number(cli, "hours", 1, HOURS_MAX, 24, &hours);
    if (err == BK_OK)
        err = cli_number(cli, "limit", 1, LIMIT_MAX, 100, &limit);
    if (err == BK_OK)
        err = cli_begin(cli, &tenant);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = bk_store_refusal_list(&store, tenant.tenant_id, hours, limit, &text);
    if (err == BK_OK)
        err = cli_json_load(cli, text, &rows);
    err = cli_end(cli, err);
    if (err != BK_OK) {
        json_decref(rows);
        return err;
    }
    add_words(rows);
    cli_answer(cli, json_pack("{s:o}", "refusals", rows), "refusals", columns,
               "nobody was refused");
    return BK_OK;
}

const struct cli_command cli_cmd_refusals = {
    .name = "refusals",
    .operands = "",
    .options = options,
    .summary = "who was refused, why, and how often",
    .text =
        "Counts the refusals of a tenant's last hours by reason, MAC and source, the most "
        "frequent\n"
        "first. To phones all of them look the same (404). `beckon visits --refused` lists them "
        "one "
        "by\n"
        "one. JSON: {\"refusals\": [{reason, reason_text, mac, device, source, count, first_at, "
        "last_at}]}.",
    .example = "beckon refusals --tenant acme --hours 1",
    .run = run,
};
