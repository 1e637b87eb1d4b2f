/*
 * beckon-config: serves phones their configuration over mTLS (docs/architecture.md, journey 1).
 * This file puts the parts together: settings, master key, drivers' models, metrics, workers.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/secret.h"
#include "catalog/catalog.h"
#include "roots_share.h"
#include "store/store_fetch.h"
#include "store/store_upload.h"
#include "web/auth_cert.h"
#include "web/auth_http.h"
#include "worker.h"

enum {
    RECORD_QUEUE_MAX = 8, /* a batch of visits, of strangers, of good addresses; bans */
    UPLOAD_QUEUE_MAX = 64 /* each may hold a file; one more is answered 503 */
};

/* --- the worker's state --- */

static void on_pg_state(void *ctx, bool is_up, const struct bk_detail *detail)
{
    struct cfg_worker *worker = ctx;
    bk_worker_gauge(worker->web, CFG_M_PG_UP, is_up);
    bk_log(is_up ? BK_LOG_INFO : BK_LOG_WARN, is_up ? "database connected" : "database away",
           BK_KV_INT("worker", bk_worker_slot(worker->web)),
           BK_KV("detail", detail != NULL ? detail->text : ""));
}

static enum bk_err open_pg(struct cfg_worker *worker, const char *use,
                           const struct bk_pg_statement *statements, size_t queue_max,
                           struct bk_pg **ret_pg)
{
    const struct cfg_settings *settings = worker->setup->settings;
    char role[64];
    snprintf(role, sizeof role, "beckon-config/%zu %s", bk_worker_slot(worker->web), use);
    struct bk_pg_options options = {
        .dsn = settings->server.pg,
        .role = role,
        .statements = statements,
        .queue_max = queue_max,
        .in_flight_max = (size_t)settings->pg_in_flight_max,
        .query_timeout_ms = (int)settings->pg_query_timeout_ms,
        .connect_timeout_ms = (int)settings->pg_connect_timeout_ms,
    };
    return bk_pg_open(worker->loop, &options, ret_pg);
}

static void worker_close(void *state)
{
    struct cfg_worker *worker = state;
    /* Connections first: they tell the queries under way, which write to what is freed below. */
    if (worker->fetch_pg != NULL)
        bk_pg_close(worker->fetch_pg);
    if (worker->record_pg != NULL)
        bk_pg_close(worker->record_pg);
    if (worker->upload_pg != NULL)
        bk_pg_close(worker->upload_pg);
    cfg_roots_close(worker->roots);
    cfg_visits_close(worker->visits);
    bk_doorbell_close(worker->doorbell);
    cfg_limits_close(worker->limits); /* whom the doorbell has told */
    bk_free(worker);
}

static void *worker_open(struct bk_worker *web, void *setup)
{
    struct cfg_worker *worker = bk_alloc_or_abort(sizeof *worker);
    worker->web = web;
    worker->loop = bk_worker_loop(web);
    worker->setup = setup;
    size_t queue_max = (size_t)worker->setup->settings->pg_queue_max;
    enum bk_err err =
        open_pg(worker, "fetch", bk_store_fetch_statements, queue_max, &worker->fetch_pg);
    if (err == BK_OK)
        err = open_pg(worker, "record", bk_store_visit_statements, RECORD_QUEUE_MAX,
                      &worker->record_pg);
    if (err == BK_OK)
        err = open_pg(worker, "upload", bk_store_upload_statements, UPLOAD_QUEUE_MAX,
                      &worker->upload_pg);
    const struct bk_doorbell_options bell = bk_server_doorbell(&worker->setup->settings->server);
    if (err == BK_OK)
        err = bk_doorbell_open(worker->loop, &bell, NULL, NULL, &worker->doorbell, NULL);
    if (err == BK_OK) {
        bk_pg_on_state(worker->fetch_pg, on_pg_state, worker);
        worker->visits = cfg_visits_open(worker);
        worker->roots = cfg_roots_open(worker);
        worker->limits = cfg_limits_open(worker);
    }
    if (err != BK_OK || worker->visits == NULL || worker->roots == NULL || worker->limits == NULL) {
        bk_log(BK_LOG_ERROR, "worker cannot start", BK_KV("err", bk_err_name(err)));
        worker_close(worker);
        return NULL;
    }
    return worker;
}

static void worker_reload(void *state)
{
    struct cfg_worker *worker = state;
    cfg_roots_reload(worker->roots);
}

static bool worker_is_idle(void *state)
{
    const struct cfg_worker *worker = state;
    return cfg_visits_is_idle(worker->visits);
}

static bool worker_is_ready(void *state)
{
    const struct cfg_worker *worker = state;
    bk_worker_gauge(worker->web, CFG_M_PG_QUEUE, (int64_t)bk_pg_queue_len(worker->fetch_pg));
    return bk_pg_is_up(worker->fetch_pg) && cfg_roots_are_ready(worker->roots);
}

/* --- refusals before a request is known --- */

static void on_handshake_failed(void *state, const struct bk_peer *peer, const char *error)
{
    struct cfg_worker *worker = state;
    const struct bk_tls_peer *tls = peer->tls;
    char claim[BK_CERT_CLAIM_SIZE] = "";
    const char *reason = error;
    if (tls != NULL && tls->has_certificate) {
        bk_cert_claim_print(tls->certificate, &claim);
        if (!tls->is_verified)
            reason = tls->error_text;
    }
    bk_log(BK_LOG_INFO, "handshake failed", BK_KV("source", peer->address), BK_KV("reason", reason),
           BK_KV("claimed", claim));
    cfg_visits_add_stranger(worker->visits, peer, reason, claim, NULL);
    cfg_limits_failed(worker, peer, CFG_FAILURE_HANDSHAKE, NULL);
}

static void on_malformed(void *state, const struct bk_peer *peer, const char *reason)
{
    struct cfg_worker *worker = state;
    const struct cfg_identity *identity = peer->identity;
    char text[64];
    snprintf(text, sizeof text, "malformed: %s", reason);
    bk_log(BK_LOG_INFO, "malformed request", BK_KV("source", peer->address),
           BK_KV("reason", reason));
    cfg_visits_add_stranger(worker->visits, peer, text, NULL,
                            identity != NULL && identity->is_known ? &identity->mac : NULL);
    cfg_limits_failed(worker, peer, CFG_FAILURE_HEAD, NULL);
}

static const struct bk_service service = {
    .name = "beckon-config",
    .worker_open = worker_open,
    .worker_reload = worker_reload,
    .worker_is_idle = worker_is_idle,
    .worker_close = worker_close,
    .worker_is_ready = worker_is_ready,
    .may_accept = cfg_limits_may_accept,
    .on_peer = cfg_identify,
    .on_request = cfg_fetch_start,
    .on_handshake_failed = on_handshake_failed,
    .on_malformed = on_malformed,
};

/* --- start --- */

/* Of the master key at the start: nonces outlive a change of it. */
static void make_nonce_key(struct cfg_setup *setup)
{
    struct bk_key master_key;
    bk_master_keys_get(setup->master_keys, &master_key);
    bk_http_nonce_key(&master_key, &setup->nonce_key);
    bk_wipe(&master_key, sizeof master_key);
}

int main(int argc, char **argv)
{
    static struct cfg_settings settings;
    static struct cfg_setup setup;
    static struct bk_listener_options listeners[BK_LISTENER_MAX];
    static struct bk_host_options hosts[CFG_HOST_MAX];
    struct bk_server_options options;
    struct bk_detail detail = {{0}};
    bool check_only = false;
    int code = 0;

    if (!bk_server_begin(&cfg_settings_table, argc, argv, &settings, &settings.server, &check_only,
                         &code))
        return code;
    setup.settings = &settings;
    bk_server_fill(&settings.server, listeners, &options);
    options.service = &service;
    options.settings = &setup;
    for (size_t i = 0; i < options.listener_count; i++) {
        const enum cfg_listener_kind kind =
            (enum cfg_listener_kind)settings.server.listeners[i].kind;
        listeners[i].require_client_certificate = kind != CFG_LISTENER_ENROLMENT;
        listeners[i].is_legacy = kind == CFG_LISTENER_LEGACY;
        listeners[i].body_max_bytes = (size_t)settings.server.listeners[i].upload_max_bytes;
    }
    options.requests_max = (size_t)settings.requests_max;
    options.hosts = hosts;
    options.host_count = settings.host_count;
    for (size_t i = 0; i < options.host_count; i++) {
        const struct cfg_host_settings *from = &settings.hosts[i];
        hosts[i] = (struct bk_host_options){.name = from->name,
                                            .listener = from->listener,
                                            .names = from->names,
                                            .certs = from->cert,
                                            .keys = from->key};
    }
    if (bk_server_settings_check(&settings.server, &setup.master_keys, &detail) != BK_OK ||
        cfg_settings_check(&settings, &detail) != BK_OK ||
        bk_catalog_load(settings.models_dir, &detail) != BK_OK ||
        bk_server_check(&options, &detail) != BK_OK ||
        (setup.roots_share = cfg_roots_share_new(options.worker_count)) == NULL ||
        bk_metrics_new(cfg_metric_rows, CFG_M_COUNT, options.worker_count, &options.metrics) !=
            BK_OK)
        return bk_server_refuse(service.name, &detail);
    make_nonce_key(&setup);
    options.master_keys = setup.master_keys;
    if (!check_only)
        code = bk_server_run(&options, argv);
    else
        puts("settings are good");
    bk_master_keys_free(setup.master_keys);
    bk_wipe(&setup.nonce_key, sizeof setup.nonce_key);
    return code;
}
