/*
 * What the flows of a fetch are made of (fetch.h): the steps they end in, and the two ends.
 */
#include "fetch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/secret.h"

enum { TENANT_KEY_MIN = 8, TENANT_KEY_MAX = 16 };

/* --- parts of steps --- */

struct bk_str fetch_fault_reason(enum bk_err err)
{
    if (err == BK_ERR_TIMEOUT)
        return BK_STR("database_timeout");
    if (err == BK_ERR_BUSY)
        return BK_STR("database_busy");
    return err == BK_ERR_DOWN ? BK_STR("database_down") : BK_STR("database_error");
}

enum bk_next fetch_refuse(struct fetch *fetch, enum bk_err err, struct bk_str reason)
{
    cfg_print_clean(reason, fetch->visit.reason, sizeof fetch->visit.reason);
    return bk_fail(&fetch->flow, err);
}

static bool is_tenant_key(struct bk_str key)
{
    if (key.len < TENANT_KEY_MIN || key.len > TENANT_KEY_MAX)
        return false;
    for (size_t i = 0; i < key.len; i++)
        if (!((key.ptr[i] >= 'a' && key.ptr[i] <= 'z') || (key.ptr[i] >= '0' && key.ptr[i] <= '9')))
            return false;
    return true;
}

bool fetch_take_tenant_key(struct fetch *fetch, struct bk_str *ret_rest)
{
    struct bk_str rest = fetch->request->target;
    bk_str_cut(&rest, '/');
    fetch->tenant_key = bk_str_cut(&rest, '/');
    *ret_rest = rest;
    return is_tenant_key(fetch->tenant_key);
}

bool fetch_is_read(const struct bk_request *request)
{
    return bk_str_eq(request->method, BK_STR("GET")) || bk_str_eq(request->method, BK_STR("HEAD"));
}

enum fetch_use fetch_use_of(const struct bk_request *request, const struct bk_vendor *vendor,
                            const struct bk_path_match *match)
{
    bool is_write =
        bk_str_eq(request->method, BK_STR("PUT")) || bk_str_eq(request->method, BK_STR("POST"));
    if (fetch_is_read(request))
        return bk_vendor_keeps(vendor, match) ? FETCH_STORED : FETCH_RENDERED;
    if (is_write && bk_vendor_keeps(vendor, match) &&
        cfg_listener_of(request->peer)->upload_max_bytes > 0)
        return FETCH_UPLOAD;
    return FETCH_NOTHING;
}

const char *fetch_kind_name(enum fetch_use use, const struct bk_vendor *vendor,
                            enum bk_file_kind kind)
{
    switch (use) {
    case FETCH_NOTHING:
        break;
    case FETCH_RENDERED:
        /* Images lie on a static host; what a phone starts with is a list of files (Avaya). */
        if (kind == BK_FILE_FIRMWARE && (vendor->boot_kinds >> kind & 1) != 0)
            kind = BK_FILE_MASTER;
        return bk_file_kind_name(kind);
    case FETCH_STORED:
        return "stored";
    case FETCH_UPLOAD:
        return "upload";
    }
    return NULL;
}

void fetch_take_match(struct fetch *fetch, const struct bk_vendor *vendor,
                      const struct bk_path_match *match, struct bk_str path)
{
    fetch->use = fetch_use_of(fetch->request, vendor, match);
    fetch->file = (struct bk_file_request){match->kind, match->has_mac, match->model_code};
    /* A grammar takes no other names (tests/fuzz/fuzz_path.c). */
    if (!bk_upload_name(path, &fetch->upload_name) && fetch->use != FETCH_RENDERED)
        fetch->use = FETCH_NOTHING;
    fetch->visit.kind = fetch->use == FETCH_UPLOAD ? "upload" : bk_file_kind_name(match->kind);
    fetch->visit.is_boot =
        fetch->use == FETCH_RENDERED && (vendor->boot_kinds >> match->kind & 1) != 0;
}

void fetch_claim_mac(struct fetch *fetch, const struct bk_mac *mac)
{
    static const struct bk_mac nobody = {{0}};
    if (!fetch->has_claimed_mac)
        fetch->claimed_mac = *mac;
    else if (!bk_mac_eq(&fetch->claimed_mac, mac))
        fetch->claimed_mac = nobody;
    fetch->has_claimed_mac = true;
}

/* --- waits --- */

void fetch_on_rows(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
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
void fetch_cancel(void *ctx)
{
    struct fetch *fetch = ctx;
    bk_pg_abandon(fetch->query);
    fetch->query = NULL;
    fetch->query_err = BK_ERR_DOWN;
    bk_flow_resume(&fetch->flow);
}

enum bk_next fetch_take_row(struct fetch *fetch)
{
    if (fetch->query_err == BK_OK)
        fetch->query_err = bk_store_fetch_row(fetch->rows, &fetch->row);
    if (fetch->query_err != BK_OK)
        return fetch_refuse(fetch, fetch->query_err, fetch_fault_reason(fetch->query_err));

    fetch->visit.tenant_id = fetch->row.tenant_id;
    fetch->visit.device_id = fetch->row.device_id;
    fetch->visit.at_wall_us = fetch->row.fetched_at_us;
    fetch->visit.has_open_job = fetch->row.has_open_job;
    fetch->other_tenant_id = fetch->row.other_tenant_id;
    return BK_NEXT;
}

/* --- render --- */

enum bk_err fetch_open_data_key(const struct fetch *fetch, struct bk_key *ret_key)
{
    struct bk_str sealed = {(const char *)fetch->row.data_key, fetch->row.data_key_len};
    return bk_master_keys_data_key_open(fetch->worker->setup->master_keys, fetch->row.tenant_id,
                                        sealed, ret_key);
}

void fetch_print_etag(struct fetch *fetch, const struct bk_key *data_key)
{
    struct bk_key etag_key;
    uint8_t mac[32];
    char hex[2 * FETCH_ETAG_MAC_BYTES + 1];
    bk_key_derive(data_key, BK_STR("etag"), &etag_key);
    bk_mac_sha256(&etag_key, bk_buf_str(&fetch->body), &mac);
    bk_wipe(&etag_key, sizeof etag_key);
    bk_hex_print(mac, FETCH_ETAG_MAC_BYTES, hex);
    snprintf(fetch->etag, sizeof fetch->etag, "\"%s\"", hex);
}

static enum bk_err render(struct fetch *fetch, const struct bk_key *data_key)
{
    const struct bk_vendor *vendor = fetch->vendor;
    struct bk_phone *phone = &fetch->phone;
    if (!fetch->is_bootstrap) {
        enum bk_err err = bk_phone_decode(fetch->arena, fetch->row.config, bk_str_of(vendor->name),
                                          fetch->row.tenant_id, data_key, phone, &fetch->detail);
        if (err != BK_OK)
            return err;
    }
    phone->mac = fetch->mac;
    phone->vendor = fetch->row.vendor;
    phone->model = fetch->row.model;
    phone->revision = fetch->row.revision;
    phone->provisioning_url = fetch->provisioning_url;
    phone->provisioning_user = fetch->provisioning_user;
    phone->provisioning_password = fetch->provisioning_password;
    phone->is_bootstrap = fetch->is_bootstrap;
    return bk_vendor_render(vendor, phone, bk_model_find(vendor, phone->model), &fetch->file,
                            &fetch->body, &fetch->content_type, &fetch->detail);
}

enum bk_next fetch_step_render(struct bk_flow *flow)
{
    struct fetch *fetch = fetch_of(flow);
    if (fetch->use != FETCH_RENDERED)
        return BK_NEXT;
    struct bk_key data_key;
    enum bk_err err = fetch_open_data_key(fetch, &data_key);
    if (err == BK_OK)
        err = render(fetch, &data_key);
    if (err == BK_OK)
        err = fetch->body.err;
    if (err == BK_OK)
        fetch_print_etag(fetch, &data_key);
    bk_wipe(&data_key, sizeof data_key);

    if (err == BK_ERR_NOT_FOUND)
        return fetch_refuse(fetch, err, BK_STR("unknown_path"));
    if (err == BK_ERR_CRYPTO)
        return fetch_refuse(fetch, err, BK_STR("secret_unreadable"));
    /* A value that cannot be written is our fault, whoever typed it: the phone keeps what it has.
     */
    if (err != BK_OK)
        return fetch_refuse(fetch, BK_ERR_INTERNAL, BK_STR("render_failed"));
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

void fetch_reply(struct fetch *fetch, int status, const struct bk_header *headers)
{
    fetch->visit.status = status;
    bool has_body = status != 304 && !bk_str_eq(fetch->request->method, BK_STR("HEAD"));
    fetch->visit.bytes = has_body ? (int64_t)fetch->body.len : 0;
    bk_reply(fetch->request, status, headers, &fetch->body);
}

enum bk_next fetch_step_reply(struct bk_flow *flow)
{
    struct fetch *fetch = fetch_of(flow);
    const struct bk_header headers[] = {
        {"content-type", bk_str_of(fetch->content_type)},
        {"etag", bk_str_of(fetch->etag)},
        {"cache-control", BK_STR("private, no-cache")},
        {NULL, {NULL, 0}},
    };
    struct bk_str known = bk_request_header(fetch->request, "if-none-match");
    bool is_known = known.ptr != NULL && is_matched(known, bk_str_of(fetch->etag));
    /* What the phone holds now: told by a body that it got, or a tag that it has; not by HEAD or
     * "*". */
    bool is_get = bk_str_eq(fetch->request->method, BK_STR("GET"));
    if (is_get && !fetch->is_bootstrap && fetch->use == FETCH_RENDERED &&
        !bk_str_eq(bk_str_trim(known), BK_STR("*")))
        fetch->visit.revision = fetch->row.revision;
    bk_worker_count(fetch->worker->web, is_known ? CFG_M_NOT_MODIFIED : CFG_M_SERVED, 1);
    cfg_limits_good(fetch->worker, fetch->request->peer);
    fetch_reply(fetch, is_known ? 304 : 200, headers);
    return BK_DONE;
}

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
    if (cfg_limits_failed(fetch->worker, fetch->request->peer, cfg_failure_of(fetch->visit.reason),
                          fetch->has_claimed_mac ? &fetch->claimed_mac : NULL))
        bk_reply_closes(fetch->request);
    fetch_reply(fetch, 404, headers);
}

static void reply_too_large(struct fetch *fetch)
{
    static const struct bk_header headers[] = {
        {"content-type", {"text/plain", 10}},
        {NULL, {NULL, 0}},
    };
    bk_buf_clear(&fetch->body);
    bk_buf_add(&fetch->body, BK_STR("too large\n"));
    bk_worker_count(fetch->worker->web, CFG_M_UPLOADS_TOO_LARGE, 1);
    fetch_reply(fetch, 413, headers);
}

static void reply_fault(struct fetch *fetch)
{
    char after[8];
    snprintf(after, sizeof after, "%d", bk_retry_after_s());
    const struct bk_header headers[] = {
        {"content-type", BK_STR("text/plain")},
        {"retry-after", bk_str_of(after)},
        {NULL, {NULL, 0}},
    };
    bk_buf_clear(&fetch->body);
    bk_buf_add(&fetch->body, BK_STR("try again later\n"));
    bk_worker_count(fetch->worker->web,
                    fetch->is_too_often ? CFG_M_UPLOADS_TOO_OFTEN : CFG_M_FAULTS, 1);
    fetch_reply(fetch, 503, headers);
}

static void record(struct fetch *fetch)
{
    struct bk_visit *visit = &fetch->visit;
    visit->is_whole = visit->is_whole && visit->revision != 0;
    visit->duration_us = (bk_clock_mono_ms() - fetch->request->begun_mono_ms) * 1000;
    bool is_fault = visit->status >= 500 && !fetch->is_too_often;
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
        /* Faults are ours, and a challenge is how a phone begins: nobody's visit. */
        if (!is_fault && visit->status != 401)
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
    bk_pg_rows_free(fetch->upload_rows);
    if (fetch->enrol != NULL)
        fetch_enrol_wipe(fetch->enrol);
    bk_arena_free(fetch->arena);
    bk_free(fetch);
}

static void on_flow_end(struct bk_flow *flow)
{
    struct fetch *fetch = fetch_of(flow);
    int status = bk_err_http_status(flow->err);
    if (flow->err != BK_OK && !fetch->is_request_over) {
        if (status == 404)
            reply_refused(fetch);
        else if (status == 413)
            reply_too_large(fetch);
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
    fetch_enrol_print_path(request->target, visit->path, sizeof visit->path);
}

void fetch_read_agent(struct fetch *fetch)
{
    struct bk_visit *visit = &fetch->visit;
    struct bk_str text = bk_request_header(fetch->request, "user-agent");
    struct bk_agent agent;
    cfg_print_clean(text, visit->user_agent, sizeof visit->user_agent);
    bool is_known = fetch->vendor != NULL ? fetch->vendor->match_agent(text, &agent)
                                          : bk_vendor_of_agent(text, &agent) != NULL;
    if (!is_known)
        return;
    cfg_print_clean(agent.model, visit->model, sizeof visit->model);
    cfg_print_clean(agent.firmware, visit->firmware, sizeof visit->firmware);
    if (agent.has_mac)
        fetch_claim_mac(fetch, &agent.mac);
}

struct fetch *fetch_new(struct cfg_worker *worker, struct bk_request *request)
{
    struct fetch *fetch = bk_alloc_or_abort(sizeof *fetch);
    fetch->worker = worker;
    fetch->request = request;
    fetch->identity = request->peer->identity;
    fetch->arena = bk_arena_new();
    bk_buf_init_secret(&fetch->body, BK_FILE_SIZE_MAX);
    begin_visit(fetch);
    bk_request_on_end(request, on_request_end, fetch);
    if (!fetch_is_read(request))
        bk_reply_closes(request); /* nothing may follow a body (docs/threats.md A20) */
    return fetch;
}

void fetch_run(struct fetch *fetch, const struct bk_step *steps)
{
    bk_flow_start(&fetch->flow, steps, on_flow_end);
}
