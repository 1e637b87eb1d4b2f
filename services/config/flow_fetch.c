/*
 * Journey 1 (docs/architecture.md): a phone fetches a file. Read the table at the end first, then
 * the steps from the top.
 *
 * A fetch ends twice: its flow (answered, or given up because the phone left) and its request (h2o
 * has sent the answer, or lost the phone). Whoever comes second records the visit and frees.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/secret.h"
#include "io/flow.h"
#include "store/store_fetch.h"
#include "worker.h"

enum {
    TENANT_KEY_MIN = 8,
    TENANT_KEY_MAX = 16,
    ETAG_MAC_BYTES = 16,
    ETAG_SIZE = 2 * ETAG_MAC_BYTES + 3, /* quotes and terminator */
    RETRY_AFTER_MIN_S = 60, /* phones that found us ill come back spread over two minutes */
    RETRY_AFTER_SPREAD_S = 121
};

struct fetch {
    struct bk_flow flow; /* first: fetch_of */
    struct cfg_worker *worker;
    struct bk_request *request; /* NULL once it is over */
    const struct cfg_identity *identity;
    struct bk_arena *arena;
    bool is_flow_over, is_request_over;

    struct bk_str tenant_key;
    struct bk_file_request file;
    bool
        has_claimed_mac; /* by path or User-Agent: compared with the certificate's, never trusted */
    struct bk_mac claimed_mac;

    struct bk_pg_query *query;
    enum bk_err query_err;
    struct bk_pg_rows *rows;
    struct bk_fetch_row row;

    struct bk_phone phone;
    struct bk_buf body;
    char etag[ETAG_SIZE];

    int64_t other_tenant_id; /* told as well, when a phone came under the wrong key */
    struct bk_visit visit;
    struct bk_detail detail;
};

static struct fetch *fetch_of(struct bk_flow *flow)
{
    return (struct fetch *)flow;
}

/* Of a database that did not give what was asked. */
static struct bk_str fault_reason(enum bk_err err)
{
    if (err == BK_ERR_TIMEOUT)
        return BK_STR("database_timeout");
    if (err == BK_ERR_BUSY)
        return BK_STR("database_busy");
    return err == BK_ERR_DOWN ? BK_STR("database_down") : BK_STR("database_error");
}

/* End the flow with a reason that the tenant can read; err decides what the phone sees. */
static enum bk_next refuse(struct fetch *fetch, enum bk_err err, struct bk_str reason)
{
    cfg_print_clean(reason, fetch->visit.reason, sizeof fetch->visit.reason);
    return bk_fail(&fetch->flow, err);
}

/* --- match --- */

static bool is_tenant_key(struct bk_str key)
{
    if (key.len < TENANT_KEY_MIN || key.len > TENANT_KEY_MAX)
        return false;
    for (size_t i = 0; i < key.len; i++)
        if (!((key.ptr[i] >= 'a' && key.ptr[i] <= 'z') || (key.ptr[i] >= '0' && key.ptr[i] <= '9')))
            return false;
    return true;
}

/* Of several claims the one that differs from the certificate counts: it refuses. */
static void claim_mac(struct fetch *fetch, const struct bk_mac *mac)
{
    if (fetch->has_claimed_mac && bk_mac_eq(mac, &fetch->identity->mac))
        return;
    fetch->has_claimed_mac = true;
    fetch->claimed_mac = *mac;
}

static bool is_foreign_mac(const struct fetch *fetch)
{
    return fetch->has_claimed_mac && fetch->identity->is_known &&
           !bk_mac_eq(&fetch->claimed_mac, &fetch->identity->mac);
}

static bool is_read(const struct bk_request *request)
{
    return bk_str_eq(request->method, BK_STR("GET")) || bk_str_eq(request->method, BK_STR("HEAD"));
}

/* "/<tenant key>/<file>" -> key, and the file by the grammar of the certificate's maker. */
static enum bk_next step_match(struct bk_flow *flow)
{
    struct fetch *fetch = fetch_of(flow);
    struct bk_str rest = fetch->request->target;
    bk_str_cut(&rest, '/');
    fetch->tenant_key = bk_str_cut(&rest, '/');
    if (!is_tenant_key(fetch->tenant_key))
        return refuse(fetch, BK_ERR_NOT_FOUND, BK_STR("unknown_tenant_key"));
    if (!is_read(fetch->request))
        return BK_NEXT; /* no file is written to: none asked for */

    struct bk_path_match match = {.kind = BK_FILE_NONE};
    const struct bk_vendor *vendor = fetch->identity->vendor;
    if (vendor != NULL && vendor->match_path(rest, &match)) {
        fetch->file = (struct bk_file_request){match.kind, match.has_mac, match.model_code};
        if (match.has_mac)
            claim_mac(fetch, &match.mac);
        fetch->visit.kind = bk_file_kind_name(match.kind);
        fetch->visit.is_boot = (vendor->boot_kinds >> match.kind & 1) != 0;
    }
    /* What names another MAC than its certificate is never served; how often that is looked up has
     * an end. */
    if (is_foreign_mac(fetch) && cfg_limits_is_guessing(fetch->worker, fetch->request->peer)) {
        bk_worker_count(fetch->worker->web, CFG_M_GUESSES_STOPPED, 1);
        return refuse(fetch, BK_ERR_NOT_FOUND, BK_STR("mac_mismatch"));
    }
    return BK_NEXT;
}

/* --- load --- */

static void on_loaded(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
                      const struct bk_detail *detail)
{
    struct fetch *fetch = ctx;
    fetch->query = NULL;
    fetch->query_err = err;
    if (err == BK_OK)
        fetch->rows = bk_pg_rows_take(rows);
    else if (detail != NULL)
        fetch->detail = *detail;
    bk_flow_resume(&fetch->flow);
}

/* The phone left: nobody waits for this answer, so the flow may end now. */
static void cancel_load(void *ctx)
{
    struct fetch *fetch = ctx;
    bk_pg_abandon(fetch->query);
    fetch->query = NULL;
    fetch->query_err = BK_ERR_DOWN;
    bk_flow_resume(&fetch->flow);
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
        .maker = identity->vendor != NULL ? identity->vendor->name : NULL,
        .root_ids = identity->root_ids,
        .root_count = identity->root_count,
        .fingerprint = identity->fingerprint,
        .kind = fetch->file.kind != BK_FILE_NONE ? bk_file_kind_name(fetch->file.kind) : NULL,
    };
    enum bk_err err =
        bk_store_fetch_start(fetch->worker->fetch_pg, &query, on_loaded, fetch, &fetch->query);
    if (err != BK_OK)
        return refuse(fetch, err, fault_reason(err));
    return bk_wait(flow, fetch, cancel_load);
}

/* --- decide --- */

static enum bk_next step_decide(struct bk_flow *flow)
{
    struct fetch *fetch = fetch_of(flow);
    if (fetch->query_err == BK_OK)
        fetch->query_err = bk_store_fetch_row(fetch->rows, &fetch->row);
    if (fetch->query_err != BK_OK)
        return refuse(fetch, fetch->query_err, fault_reason(fetch->query_err));

    fetch->visit.tenant_id = fetch->row.tenant_id;
    fetch->visit.device_id = fetch->row.device_id;
    fetch->visit.at_wall_us = fetch->row.fetched_at_us;
    fetch->visit.has_open_job = fetch->row.has_open_job;
    fetch->other_tenant_id = fetch->row.other_tenant_id;
    if (!bk_str_eq(fetch->row.verdict, BK_STR("serve")))
        return refuse(fetch, BK_ERR_NOT_FOUND, fetch->row.verdict);
    return BK_NEXT;
}

/* --- render --- */

static enum bk_err open_data_key(const struct fetch *fetch, struct bk_key *ret_key)
{
    struct bk_str sealed = {(const char *)fetch->row.data_key, fetch->row.data_key_len};
    return bk_data_key_open(&fetch->worker->setup->master_key, fetch->row.tenant_id, sealed,
                            ret_key);
}

/* A keyed hash of the body: tells a change of data and of the encoder, and nothing else. */
static void print_etag(struct fetch *fetch, const struct bk_key *data_key)
{
    struct bk_key etag_key;
    uint8_t mac[32];
    char hex[2 * ETAG_MAC_BYTES + 1];
    bk_key_derive(data_key, BK_STR("etag"), &etag_key);
    bk_mac_sha256(&etag_key, bk_buf_str(&fetch->body), &mac);
    bk_wipe(&etag_key, sizeof etag_key);
    bk_hex_print(mac, ETAG_MAC_BYTES, hex);
    snprintf(fetch->etag, sizeof fetch->etag, "\"%s\"", hex);
}

static enum bk_err render(struct fetch *fetch, const struct bk_key *data_key)
{
    const struct bk_vendor *vendor = fetch->identity->vendor;
    struct bk_phone *phone = &fetch->phone;
    enum bk_err err = bk_phone_decode(fetch->arena, fetch->row.config, bk_str_of(vendor->name),
                                      fetch->row.tenant_id, data_key, phone, &fetch->detail);
    if (err != BK_OK)
        return err;
    phone->mac = fetch->identity->mac;
    phone->vendor = fetch->row.vendor;
    phone->model = fetch->row.model;
    phone->revision = fetch->row.revision;
    phone->provisioning_url =
        bk_arena_printf(fetch->arena, "%s/%.*s", fetch->worker->setup->settings->public_url,
                        BK_STR_ARG(fetch->tenant_key));
    return vendor->render(phone, bk_model_find(vendor, phone->model), &fetch->file, &fetch->body,
                          &fetch->detail);
}

static enum bk_next step_render(struct bk_flow *flow)
{
    struct fetch *fetch = fetch_of(flow);
    struct bk_key data_key;
    enum bk_err err = open_data_key(fetch, &data_key);
    if (err == BK_OK)
        err = render(fetch, &data_key);
    if (err == BK_OK)
        err = fetch->body.err;
    if (err == BK_OK)
        print_etag(fetch, &data_key);
    bk_wipe(&data_key, sizeof data_key);

    if (err == BK_ERR_NOT_FOUND)
        return refuse(fetch, err, BK_STR("unknown_path"));
    if (err == BK_ERR_CRYPTO)
        return refuse(fetch, err, BK_STR("secret_unreadable"));
    /* A value that cannot be written is our fault, whoever typed it: the phone keeps what it has.
     */
    if (err != BK_OK)
        return refuse(fetch, BK_ERR_INTERNAL, BK_STR("render_failed"));
    return BK_NEXT;
}

/* --- reply --- */

/* RFC 9110 13.1.2: a list of entity tags, weakly compared, or "*". */
static bool is_matched(struct bk_str if_none_match, struct bk_str etag)
{
    while (if_none_match.len > 0) {
        struct bk_str tag = bk_str_trim(bk_str_cut(&if_none_match, ','));
        if (bk_str_starts(tag, BK_STR("W/")))
            tag = bk_str_slice(tag, 2, tag.len);
        if (bk_str_eq(tag, BK_STR("*")) || bk_str_eq(tag, etag))
            return true;
    }
    return false;
}

static void reply(struct fetch *fetch, int status, const struct bk_header *headers)
{
    fetch->visit.status = status;
    bool has_body = status != 304 && !bk_str_eq(fetch->request->method, BK_STR("HEAD"));
    fetch->visit.bytes = has_body ? (int64_t)fetch->body.len : 0;
    bk_reply(fetch->request, status, headers, &fetch->body);
}

static enum bk_next step_reply(struct bk_flow *flow)
{
    struct fetch *fetch = fetch_of(flow);
    const struct bk_header headers[] = {
        {"content-type", bk_str_of(fetch->identity->vendor->content_type)},
        {"etag", bk_str_of(fetch->etag)},
        {"cache-control", BK_STR("private, no-cache")},
        {NULL, {NULL, 0}},
    };
    struct bk_str known = bk_request_header(fetch->request, "if-none-match");
    bool is_known = known.ptr != NULL && is_matched(known, bk_str_of(fetch->etag));
    /* What the phone holds now: told by a body that it got, or a tag that it has; not by HEAD or
     * "*". */
    bool is_get = bk_str_eq(fetch->request->method, BK_STR("GET"));
    if (is_get && !bk_str_eq(bk_str_trim(known), BK_STR("*")))
        fetch->visit.revision = fetch->row.revision;
    bk_worker_count(fetch->worker->web, is_known ? CFG_M_NOT_MODIFIED : CFG_M_SERVED, 1);
    reply(fetch, is_known ? 304 : 200, headers);
    cfg_limits_good(fetch->worker, fetch->request->peer);
    return BK_DONE;
}

static const struct bk_step fetch_steps[] = {
    {"match", step_match},   /* path -> tenant key, file */
    {"load", step_load},     /* one round trip; waits pg.query_timeout_ms at most */
    {"decide", step_decide}, /* serve, or a reason not to */
    {"render", step_render}, /* pure: no I/O, no clock */
    {"reply", step_reply},   /* 200 or 304 */
    {0},
};

/* --- the two ends --- */

static void reply_refused(struct fetch *fetch)
{
    static const struct bk_header headers[] = {
        {"content-type", {"text/plain", 10}},
        {NULL, {NULL, 0}},
    };
    bk_buf_clear(&fetch->body);
    bk_buf_add(&fetch->body, BK_STR("not found\n"));
    bk_worker_count(fetch->worker->web, CFG_M_REFUSED, 1);
    cfg_limits_failed(fetch->worker, fetch->request->peer, cfg_failure_of(fetch->visit.reason),
                      fetch->has_claimed_mac ? &fetch->claimed_mac : NULL);
    reply(fetch, 404, headers);
}

static void reply_fault(struct fetch *fetch)
{
    uint8_t chance;
    bk_random(&chance, 1);
    char after[8];
    snprintf(after, sizeof after, "%d", RETRY_AFTER_MIN_S + chance % RETRY_AFTER_SPREAD_S);
    const struct bk_header headers[] = {
        {"content-type", BK_STR("text/plain")},
        {"retry-after", bk_str_of(after)},
        {NULL, {NULL, 0}},
    };
    bk_buf_clear(&fetch->body);
    bk_buf_add(&fetch->body, BK_STR("try again later\n"));
    bk_worker_count(fetch->worker->web, CFG_M_FAULTS, 1);
    reply(fetch, 503, headers);
}

static void record(struct fetch *fetch)
{
    struct bk_visit *visit = &fetch->visit;
    visit->is_whole = visit->is_whole && visit->revision != 0;
    visit->duration_us = (bk_clock_mono_ms() - fetch->request->begun_mono_ms) * 1000;
    bool is_fault = visit->status >= 500;
    bk_log(is_fault ? BK_LOG_WARN : BK_LOG_INFO, "fetch", BK_KV("req", visit->request_id),
           BK_KV_INT("tenant", visit->tenant_id), BK_KV_INT("device", visit->device_id),
           BK_KV("file", visit->kind), BK_KV_INT("status", visit->status),
           BK_KV("reason", visit->reason), BK_KV("step", fetch->flow.at->name),
           BK_KV("source", visit->source), BK_KV_INT("bytes", visit->bytes),
           BK_KV_INT("ms", visit->duration_us / 1000), BK_KV("detail", fetch->detail.text));

    if (visit->tenant_id == 0) {
        /* The MAC is the claim too: strangers of one minute and source add up by it. */
        char claimed[BK_MAC_TEXT_SIZE] = "";
        if (visit->has_mac)
            bk_mac_print(&visit->mac, &claimed);
        if (!is_fault) /* ours: nobody's visit, and told by log and metric */
            cfg_visits_add_stranger(fetch->worker->visits, fetch->request->peer, visit->reason,
                                    claimed, visit->has_mac ? &visit->mac : NULL);
        return;
    }
    cfg_visits_add(fetch->worker->visits, visit);
    if (fetch->other_tenant_id != 0) {
        struct bk_visit copy = *visit;
        copy.tenant_id = fetch->other_tenant_id;
        copy.device_id = 0;
        snprintf(copy.reason, sizeof copy.reason, "foreign_tenant_key");
        copy.path[0] = '\0'; /* it holds the other tenant's key */
        cfg_visits_add(fetch->worker->visits, &copy);
    }
}

static void free_if_over(struct fetch *fetch)
{
    if (!fetch->is_flow_over || !fetch->is_request_over)
        return;
    record(fetch);
    bk_buf_deinit(&fetch->body);
    bk_pg_rows_free(fetch->rows);
    bk_arena_free(fetch->arena);
    bk_free(fetch);
}

static void on_flow_end(struct bk_flow *flow)
{
    struct fetch *fetch = fetch_of(flow);
    if (flow->err != BK_OK && !fetch->is_request_over) {
        if (bk_err_http_status(flow->err) == 404)
            reply_refused(fetch);
        else
            reply_fault(fetch);
    }
    fetch->is_flow_over = true;
    free_if_over(fetch);
}

static void on_request_end(void *ctx, bool is_whole)
{
    struct fetch *fetch = ctx;
    fetch->visit.is_whole = is_whole;
    fetch->is_request_over = true;
    if (fetch->is_flow_over) {
        free_if_over(fetch);
        return;
    }
    cfg_print_clean(BK_STR("phone_left"), fetch->visit.reason, sizeof fetch->visit.reason);
    bk_flow_abandon(&fetch->flow);
}

/* --- start --- */

static void begin_visit(struct fetch *fetch)
{
    const struct bk_request *request = fetch->request;
    const struct cfg_identity *identity = fetch->identity;
    struct bk_visit *visit = &fetch->visit;
    visit->at_wall_us = bk_clock_wall_ms() * 1000;
    visit->listener = request->peer->listener;
    visit->kind = bk_file_kind_name(BK_FILE_NONE);
    visit->has_mac = identity->is_known;
    visit->mac = identity->mac;
    visit->has_fingerprint = identity->has_fingerprint;
    memcpy(visit->fingerprint, identity->fingerprint, sizeof visit->fingerprint);
    cfg_print_clean(bk_str_of(request->peer->address), visit->source, sizeof visit->source);
    snprintf(visit->request_id, sizeof visit->request_id, "%zu-%" PRIx64 "-%" PRIx64,
             bk_worker_slot(fetch->worker->web), (uint64_t)visit->at_wall_us / 1000,
             request->serial);
    struct bk_str path = request->target;
    ptrdiff_t query_at = bk_str_find(path, '?');
    cfg_print_clean(query_at >= 0 ? bk_str_slice(path, 0, (size_t)query_at) : path, visit->path,
                    sizeof visit->path);

    struct bk_str agent_text = bk_request_header(request, "user-agent");
    struct bk_agent agent;
    cfg_print_clean(agent_text, visit->user_agent, sizeof visit->user_agent);
    if (identity->vendor != NULL && identity->vendor->match_agent(agent_text, &agent)) {
        cfg_print_clean(agent.model, visit->model, sizeof visit->model);
        cfg_print_clean(agent.firmware, visit->firmware, sizeof visit->firmware);
        if (agent.has_mac)
            claim_mac(fetch, &agent.mac);
    }
}

void cfg_fetch_start(void *worker, struct bk_request *request)
{
    struct fetch *fetch = bk_alloc_or_abort(sizeof *fetch);
    fetch->worker = worker;
    fetch->request = request;
    fetch->identity = request->peer->identity;
    fetch->arena = bk_arena_new();
    bk_buf_init_secret(&fetch->body, BK_FILE_SIZE_MAX);
    begin_visit(fetch);
    bk_request_on_end(request, on_request_end, fetch);
    if (!is_read(request))
        bk_reply_closes(request); /* nothing may follow a body (docs/threats.md A20) */
    bk_flow_start(&fetch->flow, fetch_steps, on_flow_end);
}
