/*
 * Journey 1 (docs/architecture.md): a phone with a certificate fetches a file. Read the table at
 * the end first, then the steps from the top; render and reply stand in fetch.c, what has to do
 * with files of the phone's own in upload.c. A request on a listener for phones without a
 * certificate goes to flow_enrol.c.
 */
#include "fetch.h"

static bool is_foreign_mac(const struct fetch *fetch)
{
    return fetch->has_claimed_mac && fetch->identity->is_known &&
           !bk_mac_eq(&fetch->claimed_mac, &fetch->identity->mac);
}

/* "/<tenant key>/<file>" -> key, and the file by the grammar of the certificate's maker. */
static enum bk_next step_match(struct bk_flow *flow)
{
    struct fetch *fetch = fetch_of(flow);
    struct bk_str rest;
    if (!fetch_take_tenant_key(fetch, &rest))
        return fetch_refuse(fetch, BK_ERR_NOT_FOUND, BK_STR("unknown_tenant_key"));
    fetch_read_agent(fetch);

    struct bk_path_match match = {.kind = BK_FILE_NONE};
    const struct bk_vendor *vendor = fetch->vendor;
    if (vendor != NULL && vendor->match_path(rest, &match)) {
        if (match.has_mac)
            fetch_claim_mac(fetch, &match.mac);
        fetch_take_match(fetch, vendor, &match, rest);
    }
    /* What names another MAC than its certificate is never served; how often that is looked up has
     * an end. */
    if (is_foreign_mac(fetch) && cfg_limits_is_guessing(fetch->worker, fetch->request->peer)) {
        bk_worker_count(fetch->worker->web, CFG_M_GUESSES_STOPPED, 1);
        return fetch_refuse(fetch, BK_ERR_NOT_FOUND, BK_STR("mac_mismatch"));
    }
    return BK_NEXT;
}

static enum bk_next step_load(struct bk_flow *flow)
{
    struct fetch *fetch = fetch_of(flow);
    const struct cfg_identity *identity = fetch->identity;
    struct bk_fetch_query query = {
        .tenant_key = fetch->tenant_key,
        .has_identity = identity->is_known,
        .has_claimed_mac = fetch->has_claimed_mac,
        .mac = identity->mac,
        .claimed_mac = fetch->claimed_mac,
        .maker = identity->maker.ptr,
        .root_ids = identity->root_ids,
        .root_count = identity->root_count,
        .fingerprint = identity->fingerprint,
        .kind = fetch_kind_name(fetch->use, fetch->vendor, fetch->file.kind),
        /* A certificate is the better witness, where it tells. */
        .model = identity->model.len > 0 ? identity->model : bk_str_of(fetch->visit.model),
        .serial = identity->serial,
        .source = fetch->visit.source,
        .is_legacy = cfg_listener_of(fetch->request->peer)->kind == CFG_LISTENER_LEGACY,
    };
    enum bk_err err =
        bk_store_fetch_start(fetch->worker->fetch_pg, &query, fetch_on_rows, fetch, &fetch->query);
    if (err != BK_OK)
        return fetch_refuse(fetch, err, fetch_fault_reason(err));
    return bk_wait(flow, fetch, fetch_cancel);
}

static enum bk_next step_decide(struct bk_flow *flow)
{
    struct fetch *fetch = fetch_of(flow);
    enum bk_next next = fetch_take_row(fetch);
    if (next != BK_NEXT)
        return next;
    if (fetch->identity->is_generic && bk_str_eq(fetch->row.verdict, BK_STR("no_identity")))
        return fetch_refuse(fetch, BK_ERR_NOT_FOUND, BK_STR("generic_certificate"));
    if (!bk_str_eq(fetch->row.verdict, BK_STR("serve")))
        return fetch_refuse(fetch, BK_ERR_NOT_FOUND, fetch->row.verdict);
    fetch->mac = fetch->identity->mac;
    fetch->provisioning_url = bk_arena_printf(
        fetch->arena, "%s/%.*s",
        cfg_public_url(fetch->worker->setup->settings,
                       (enum cfg_listener_kind)cfg_listener_of(fetch->request->peer)->kind,
                       fetch->row.vendor),
        BK_STR_ARG(fetch->tenant_key));
    return BK_NEXT;
}

static const struct bk_step fetch_steps[] = {
    {"match", step_match},           /* path -> tenant key, file, what for */
    {"load", step_load},             /* one round trip; waits pg.query_timeout_ms at most */
    {"decide", step_decide},         /* serve, or a reason not to */
    {"look_up", fetch_step_look_up}, /* a file that the phone wrote itself: one round trip more */
    {"open", fetch_step_open},
    {"render", fetch_step_render}, /* any other: pure, no I/O, no clock */
    {"reply", fetch_step_reply},   /* 200 or 304 */
    {0},
};

static const struct bk_step write_steps[] = {
    {"match", step_match},
    {"load", step_load},
    {"decide", step_decide},
    {"write", fetch_step_write},     /* one round trip more */
    {"written", fetch_step_written}, /* 200, 413 or 503 */
    {0},
};

void cfg_fetch_start(void *worker, struct bk_request *request)
{
    struct fetch *fetch = fetch_new(worker, request);
    if (cfg_listener_of(request->peer)->kind == CFG_LISTENER_ENROLMENT) {
        fetch_enrol_start(fetch);
        return;
    }
    fetch->vendor = fetch->identity->vendor;
    fetch_run(fetch, fetch_is_read(request) ? fetch_steps : write_steps);
}
