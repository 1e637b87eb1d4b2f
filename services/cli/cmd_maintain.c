/*
 * beckon maintain: what time makes due.
 */
#include "commands.h"
#include "store/store_maintain.h"

static const struct cli_option options[] = {{0}};

static enum bk_err maintain(struct cli *cli, json_t **ret_done)
{
    struct bk_str text = BK_STR_NONE;
    enum bk_err err = cli_begin_plain(cli);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = bk_store_maintain(&store, &text);
    if (err == BK_OK)
        err = cli_json_load(cli, text, ret_done);
    return cli_end(cli, err);
}

static enum bk_err run(struct cli *cli)
{
    static const struct cli_column columns[] = {{"what", "what"}, {"done_count", "done"}, {0}};
    json_t *done = NULL;
    int64_t raised_count = 0;
    enum bk_err err = maintain(cli, &done);
    if (err == BK_OK)
        err = cli_raise_devices(cli, &raised_count);
    if (err != BK_OK) {
        json_decref(done);
        return err;
    }
    json_array_append_new(done, json_pack("{s:s, s:I}", "what", "devices raised", "done_count",
                                          (json_int_t)raised_count));
    json_t *answer = json_object();
    json_object_set_new(answer, "done", done);
    cli_answer(cli, answer, "done", columns, NULL);
    return BK_OK;
}

const struct cli_command cli_cmd_maintain = {
    .name = "maintain",
    .operands = "",
    .options = options,
    .summary = "do what time makes due",
    .text =
        "Makes partitions for the visits of the next seven days, drops those beyond retention, "
        "ends\n"
        "what has expired, and raises the devices of changes that concern more than 1,000. Does\n"
        "nothing twice; run it hourly (deploy/systemd has a timer). JSON: {\"done\": [{what,\n"
        "done_count}]}.",
    .example = "beckon maintain",
    .run = run,
};
