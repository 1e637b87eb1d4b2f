/*
 * beckon ban list, ban add, ban lift: who is kept out of beckon-config for a while.
 */
#include "commands.h"
#include "store/store_ban_list.h"

enum { HOURS_MAX = 366 * 24, LIST_MAX = 10000 };

static const struct cli_column columns[] = {{"network", "network"},    {"reason", "reason"},
                                            {"macs", "MACs"},          {"failures", "failures"},
                                            {"banned_at", "banned"},   {"until", "until"},
                                            {"banned_by", "by"},       {"lifted_at", "lifted"},
                                            {"spares_good", "spares"}, {0}};

/* What a limit counted, beside the rest for the table. */
static void lift_out_counts(json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i), *seen = json_object_get(row, "seen");
        json_object_set(row, "macs", json_object_get(seen, "macs"));
        json_object_set(row, "failures", json_object_get(seen, "failures"));
    }
}

static const struct cli_option list_options[] = {
    {"all", CLI_FLAG, false, NULL, "those that are over or were lifted, too; kept for 90 days"},
    {"limit", CLI_VALUE, false, "N", "at most N rows, 1 to 10000; default 100"},
    {0},
};

static enum bk_err run_list(struct cli *cli)
{
    struct bk_str text;
    json_t *rows = NULL;
    int64_t limit = 0;
    enum bk_err err = cli_number(cli, "limit", 1, LIST_MAX, 100, &limit);
    if (err == BK_OK)
        err = cli_begin_plain(cli);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = bk_store_ban_list(&store, cli_has(cli, "all"), limit, &text);
    if (err == BK_OK)
        err = cli_json_load(cli, text, &rows);
    err = cli_end(cli, err);
    if (err != BK_OK) {
        json_decref(rows);
        return err;
    }
    json_t *answer = json_object();
    lift_out_counts(rows);
    json_object_set_new(answer, "bans", rows);
    cli_answer(cli, answer, "bans", columns, "nobody is banned");
    return BK_OK;
}

static const struct cli_option add_options[] = {
    {"hours", CLI_VALUE, false, "N", "how long, 1 to 8784 (a year); default 24"},
    {"reason", CLI_VALUE, false, "TEXT", "for whoever reads the list; default: by hand"},
    {"even-good", CLI_FLAG, false, NULL,
     "also addresses where phones were served within 24 hours;\nwithout it they stay welcome"},
    {0},
};

static enum bk_err run_add(struct cli *cli)
{
    const char *network = cli_operand(cli, 0), *reason = cli_value(cli, "reason");
    struct bk_store_ban_new ban = {.network = bk_str_of(network),
                                   .reason = bk_str_of(reason != NULL ? reason : "by hand"),
                                   .spares_good = !cli_has(cli, "even-good"),
                                   .actor = cli_actor(cli)};
    int64_t hours = 0, ban_id = 0, good_count = 0;
    enum bk_err err = cli_number(cli, "hours", 1, HOURS_MAX, 24, &hours);
    if (err != BK_OK)
        return err;
    ban.seconds = hours * 3600;
    cli->subject = bk_arena_printf(cli->arena, "ban of %s", network).ptr;
    err = cli_begin_plain(cli);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = bk_store_ban_add(&store, &ban, &ban_id, &good_count);
    json_t *answer = json_object();
    json_object_set_new(answer, "network", json_string(network));
    json_object_set_new(answer, "ban_id", json_integer(ban_id));
    json_object_set_new(answer, "hours", json_integer(hours));
    json_object_set_new(answer, "good_addresses", json_integer(good_count));
    json_object_set_new(answer, "spares_good", json_boolean(ban.spares_good));
    if (err == BK_OK)
        err = cli_audit(cli, 0, "ban.add", bk_str_of(network), json_incref(answer));
    err = cli_end(cli, err);
    if (err == BK_OK)
        cli_answer(cli, answer, NULL, NULL, NULL);
    else
        json_decref(answer);
    return err;
}

static const struct cli_option lift_options[] = {{0}};

static enum bk_err run_lift(struct cli *cli)
{
    const char *network = cli_operand(cli, 0);
    int64_t ban_id = 0;
    cli->subject = bk_arena_printf(cli->arena, "ban of %s", network).ptr;
    enum bk_err err = cli_begin_plain(cli);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = bk_store_ban_lift(&store, bk_str_of(network), cli_actor(cli), &ban_id);
    if (err == BK_OK && ban_id == 0) {
        bk_detail_set(&cli->detail, "no ban of %.64s is in force; `beckon ban list` shows them",
                      network);
        err = BK_ERR_NOT_FOUND;
    }
    json_t *answer = json_object();
    json_object_set_new(answer, "network", json_string(network));
    json_object_set_new(answer, "ban_id", json_integer(ban_id));
    if (err == BK_OK)
        err = cli_audit(cli, 0, "ban.lift", bk_str_of(network), json_incref(answer));
    err = cli_end(cli, err);
    if (err == BK_OK)
        cli_answer(cli, answer, NULL, NULL, NULL);
    else
        json_decref(answer);
    return err;
}

const struct cli_command cli_cmd_ban_list = {
    .name = "ban list",
    .operands = "",
    .options = list_options,
    .summary = "list who is kept out for a while",
    .text = "Lists the bans in force, newest first. Limits of beckon-config make them (limits.…): "
            "reason\n"
            "scan is somebody who named many MACs that were not proved, failures a flood; others "
            "are by\n"
            "hand. JSON: {\"bans\": [{ban_id, network, reason, seen, spares_good, banned_by, "
            "banned_at,\n"
            "until, lifted_at, lifted_by, is_in_force}]}.",
    .example = "beckon ban list --all",
    .run = run_list,
};

const struct cli_command cli_cmd_ban_add = {
    .name = "ban add",
    .operands = "ADDRESS|NETWORK",
    .operand_min = 1,
    .operand_max = 1,
    .options = add_options,
    .summary = "keep an address or network out for a while",
    .text = "Workers close connections from there at once, within their limits.refresh_s. A "
            "network is\n"
            "written as 198.51.100.0/24, at widest /8, or /16 for IPv6. It takes the place of a "
            "ban of\n"
            "the same network.",
    .example = "beckon ban add 198.51.100.0/24 --hours 12 --reason \"ticket 4711\"",
    .run = run_add,
};

const struct cli_command cli_cmd_ban_lift = {
    .name = "ban lift",
    .operands = "ADDRESS|NETWORK",
    .operand_min = 1,
    .operand_max = 1,
    .options = lift_options,
    .summary = "let an address or network in again",
    .text = "Ends a ban, within the workers' limits.refresh_s. No limit bans the same address or\n"
            "network again until the ban would have ended by itself.",
    .example = "beckon ban lift 198.51.100.7",
    .run = run_lift,
};
