/*
 * beckon device accept, block, arm, disarm: what a tenant decides about one phone.
 */
#include "commands.h"
#include "identity.h"
#include "store/store_device.h"
#include "store/store_identity.h"

static const struct cli_option tenant_options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant"},
    {0},
};

enum bk_err cli_device_find(struct cli *cli, const struct cli_tenant *tenant, struct bk_str mac,
                            struct cli_device *ret_device)
{
    struct bk_store store = cli_store(cli);
    struct cli_device device = {.mac = mac};
    enum bk_err err = bk_store_device_find(&store, tenant->tenant_id, mac, &device.device_id);
    if (err == BK_ERR_NOT_FOUND)
        bk_detail_set(&cli->detail,
                      "tenant %.*s has no device %.*s; `beckon device list` lists them",
                      BK_STR_ARG(tenant->name), BK_STR_ARG(mac));
    if (err == BK_OK)
        *ret_device = device;
    return err;
}

/* The transaction, and the device of operand 0 in it. */
static enum bk_err begin(struct cli *cli, struct cli_tenant *ret_tenant,
                         struct cli_device *ret_device)
{
    struct bk_str mac;
    enum bk_err err = cli_mac(cli, cli_operand(cli, 0), &mac);
    if (err == BK_OK)
        err = cli_begin(cli, ret_tenant);
    if (err == BK_OK)
        err = cli_device_find(cli, ret_tenant, mac, ret_device);
    return err;
}

/* ---- quarantine ---- */

static enum bk_err decide(struct cli *cli, const char *action,
                          enum bk_err (*write)(const struct bk_store *store, int64_t device_id,
                                               struct bk_str actor))
{
    struct cli_tenant tenant;
    struct cli_device device;
    struct bk_str text;
    json_t *rows = NULL;
    enum bk_err err = begin(cli, &tenant, &device);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK) { /* before they are decided */
        const struct bk_store_anomaly_filter open = {.device_id = device.device_id, .limit = 100};
        err = bk_store_anomaly_list(&store, tenant.tenant_id, &open, &text);
    }
    if (err == BK_OK)
        err = cli_anomaly_rows(cli, text, &rows);
    if (err == BK_OK)
        err = write(&store, device.device_id, cli_actor(cli));
    if (err == BK_OK)
        err = cli_audit(cli, tenant.tenant_id, action, device.mac,
                        json_pack("{s:O}", "anomalies", rows));
    err = cli_end(cli, err);
    if (err != BK_OK) {
        json_decref(rows);
        return err;
    }
    json_t *answer = json_object();
    json_object_set_new(answer, "mac", cli_json_text(device.mac));
    json_object_set_new(answer, "state", json_string("bound"));
    json_object_set_new(answer, "anomalies", rows);
    cli_answer(cli, answer, "anomalies", cli_anomaly_columns, "decided");
    return BK_OK;
}

static enum bk_err run_accept(struct cli *cli)
{
    return decide(cli, "device.accept", bk_store_device_accept);
}

static enum bk_err run_block(struct cli *cli)
{
    return decide(cli, "device.block", bk_store_device_block);
}

const struct cli_command cli_cmd_device_accept = {
    .name = "device accept",
    .operands = "MAC",
    .operand_min = 1,
    .operand_max = 1,
    .options = tenant_options,
    .summary = "a quarantined phone is what it says now",
    .text = "Takes what was seen as the phone from now on: certificate and model are pinned as "
            "they came, the\n"
            "phone is bound again and gets its file when it comes next. Shows what was decided. "
            "JSON: {mac,\n"
            "state, anomalies: as `beckon anomaly list`}.",
    .example = "beckon device accept --tenant acme 805ec0000001",
    .run = run_accept,
};

const struct cli_command cli_cmd_device_block = {
    .name = "device block",
    .operands = "MAC",
    .operand_min = 1,
    .operand_max = 1,
    .options = tenant_options,
    .summary = "a quarantined phone is not what it says",
    .text = "Blocks the certificates that came for a quarantined phone, for this tenant, and binds "
            "the phone\n"
            "again to what it was at first use. Where its own certificate came from elsewhere "
            "(another model,\n"
            "too many networks), that one is blocked, since somebody else has it too. Shows what "
            "was decided.",
    .example = "beckon device block --tenant acme 805ec0000001",
    .run = run_block,
};

/* ---- windows ---- */

static const struct cli_option arm_options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant"},
    {"hours", CLI_VALUE, false, "N", "how long, 1 to 720; default: the policy's armed_hours"},
    {0},
};

static enum bk_err run_arm(struct cli *cli)
{
    static const struct cli_column columns[] = {
        {"mac", "device"}, {"armed_until", "gets its file until"}, {0}};
    struct cli_tenant tenant;
    struct cli_device device;
    struct bk_str until;
    int64_t hours = 0;
    enum bk_err err = cli_number(cli, "hours", 1, 720, 0, &hours);
    if (err == BK_OK)
        err = begin(cli, &tenant, &device);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = bk_store_device_arm(&store, device.device_id, hours, &until);
    if (err == BK_OK)
        err = cli_audit(cli, tenant.tenant_id, "device.arm", device.mac,
                        json_pack("{s:s}", "armed_until", until.ptr));
    err = cli_end(cli, err);
    if (err == BK_OK)
        cli_answer(cli, json_pack("{s:s, s:s}", "mac", device.mac.ptr, "armed_until", until.ptr),
                   NULL, columns, NULL);
    return err;
}

const struct cli_command cli_cmd_device_arm = {
    .name = "device arm",
    .operands = "MAC",
    .operand_min = 1,
    .operand_max = 1,
    .options = arm_options,
    .summary = "let a phone have its file again",
    .text = "Opens the window in which a phone gets its file whatever it holds. Where the policy "
            "says\n"
            "serving=armed, it otherwise gets it for a new revision only, and 404 else.",
    .example = "beckon device arm --tenant acme 805ec0000001 --hours 4",
    .run = run_arm,
};

static enum bk_err run_disarm(struct cli *cli)
{
    static const struct cli_column columns[] = {{"mac", "device without enrolment"}, {0}};
    struct cli_tenant tenant;
    struct cli_device device;
    enum bk_err err = begin(cli, &tenant, &device);
    struct bk_store store = cli_store(cli);
    if (err == BK_OK)
        err = bk_store_enrolment_disarm(&store, device.device_id);
    if (err == BK_OK)
        err = cli_audit(cli, tenant.tenant_id, "device.disarm", device.mac, json_object());
    err = cli_end(cli, err);
    if (err == BK_OK)
        cli_answer(cli, json_pack("{s:s}", "mac", device.mac.ptr), NULL, columns, NULL);
    return err;
}

const struct cli_command cli_cmd_device_disarm = {
    .name = "device disarm",
    .operands = "MAC",
    .operand_min = 1,
    .operand_max = 1,
    .options = tenant_options,
    .summary = "take back a phone's enrolment",
    .text = "Ends the enrolment of a phone without a certificate: its token and its secret prove "
            "nothing from\n"
            "now on, so it gets 404 and keeps what it has. `beckon device enrol` begins anew.",
    .example = "beckon device disarm --tenant acme 000b82000001",
    .run = run_disarm,
};
