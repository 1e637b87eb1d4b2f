/*
 * beckon visits: who fetched what, who was refused and why.
 */
#include "commands.h"
#include "model/refusal.h"
#include "store/store_visit_list.h"

#define LIMIT_MAX 10000

static const struct cli_option options[] = {
    {"tenant", CLI_VALUE, false, "T", "name of the tenant"},
    {"mac", CLI_VALUE, false, "MAC", "only this phone"},
    {"refused", CLI_FLAG, false, NULL, "only what was refused"},
    {"strangers", CLI_FLAG, false, NULL, "refusals that concern no tenant, by source and minute"},
    {"limit", CLI_VALUE, false, "N", "at most N rows, 1 to 10000; default 50"},
    {0},
};

static void add_words(json_t *rows)
{
    for (size_t r = 0; r < json_array_size(rows); r++) {
        json_t *row = json_array_get(rows, r);
        const char *reason = json_string_value(json_object_get(row, "reason"));
        json_object_set_new(row, "reason_text",
                            reason == NULL ? json_null() : json_string(bk_refusal_text(reason)));
    }
}

static enum bk_err finish(struct cli *cli, enum bk_err err, struct bk_str text, const char *list,
                          const struct cli_column *columns, const char *nothing)
{
    json_t *rows = NULL;
    if (err == BK_OK)
        err = cli_json_load(cli, text, &rows);
    err = cli_end(cli, err);
    if (err != BK_OK)
        return err;
    json_t *answer = json_object();
    add_words(rows);
    json_object_set_new(answer, list, rows);
    cli_answer(cli, answer, list, columns, nothing);
    return BK_OK;
}

static enum bk_err run_strangers(struct cli *cli, struct bk_str mac, int64_t limit)
{
    static const struct cli_column columns[] = {{"minute", "minute"},    {"source", "source"},
                                                {"seen_count", "times"}, {"listener", "listener"},
                                                {"mac", "claimed MAC"},  {"reason_text", "reason"},
                                                {"claimed", "claimed"},  {0}};
    struct bk_str text = BK_STR_NONE;
    enum bk_err err = cli_begin_plain(cli);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = bk_store_stranger_list(&store, mac, limit, &text);
    return finish(cli, err, text, "strangers", columns, "no stranger was seen");
}

static enum bk_err run(struct cli *cli)
{
    static const struct cli_column columns[] = {{"at", "time"},
                                                {"mac", "MAC"},
                                                {"source", "source"},
                                                {"path", "file"},
                                                {"status", "status"},
                                                {"firmware", "firmware"},
                                                {"revision", "revision"},
                                                {"reason_text", "refused because"},
                                                {0}};
    struct bk_store_visit_filter filter = {.mac = BK_STR(""),
                                           .refused_only = cli_has(cli, "refused")};
    struct cli_tenant tenant;
    struct bk_str text = BK_STR_NONE;
    const bool strangers = cli_has(cli, "strangers");
    if (strangers == cli_has(cli, "tenant")) {
        bk_detail_set(&cli->detail, "give either --tenant T or --strangers; see --help");
        return BK_ERR_MALFORMED;
    }
    enum bk_err err = cli_number(cli, "limit", 1, LIMIT_MAX, 50, &filter.limit);
    if (err == BK_OK && cli_has(cli, "mac"))
        err = cli_mac(cli, cli_value(cli, "mac"), &filter.mac);
    if (err != BK_OK)
        return err;
    if (strangers)
        return run_strangers(cli, filter.mac, filter.limit);
    err = cli_begin(cli, &tenant);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = bk_store_visit_list(&store, tenant.tenant_id, &filter, &text);
    return finish(cli, err, text, "visits", columns, "no visit");
}

const struct cli_command cli_cmd_visits = {
    .name = "visits",
    .operands = "",
    .options = options,
    .summary = "who fetched what, who was refused and why",
    .text =
        "Lists the visits of a tenant's phones, newest first: time (UTC), MAC, source, file, HTTP "
        "status\n"
        "and, where it was refused, why. To phones all refusals look the same (404). --strangers\n"
        "lists what concerns no tenant: unknown keys, failed handshakes, scanners. JSON: "
        "{\"visits\":\n"
        "[{at, mac, device, source, listener, kind, path, status, reason, reason_text, "
        "user_agent,\n"
        "model, firmware, revision, bytes, duration_us, request_id}]} or {\"strangers\": "
        "[{minute,\n"
        "source, listener, reason, reason_text, claimed, mac, seen_count}]}.",
    .example = "beckon visits --tenant acme --refused --limit 20",
    .run = run,
};
