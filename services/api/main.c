/*
 * beckon-api: REST for tenants' admins and the console (docs/architecture.md, journey 2).
 * This file puts the parts together: settings, keys, metrics, workers with their threads.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/secret.h"
#include "catalog/catalog.h"
#include "front.h"
#include "openapi.h"
#include "store/store_check.h"
#include "vendor/vendor.h"
#include "web/json_memory.h"

enum { LOOK_MS = 1000 };

/* --- a look at the database, each second: is it there, and as new as this program? --- */

static void look_later(struct api_worker *worker, int64_t delay_ms);

static void run_look(void *ctx, size_t thread)
{
    struct api_worker *worker = ctx;
    struct api_thread *own = &worker->call_threads[thread];
    struct bk_arena *arena = bk_arena_new();
    worker->look_detail = (struct bk_detail){{0}};
    worker->look_err = api_thread_connect(worker->setup, own, &worker->look_detail);
    struct bk_store store = {own->pgc, arena, &worker->look_detail};
    if (worker->look_err == BK_OK)
        worker->look_err = bk_store_check_schema_version(&store, &worker->look_version);
    bk_arena_free(arena);
}

static void on_look_done(void *ctx)
{
    struct api_worker *worker = ctx;
    bool is_up = worker->look_err == BK_OK;
    bool is_current = is_up && worker->look_version >= BK_SCHEMA_VERSION;
    worker->is_looking = false;
    if (is_up != worker->is_up || !worker->is_told)
        bk_log(is_up ? BK_LOG_INFO : BK_LOG_WARN, is_up ? "database connected" : "database away",
               BK_KV_INT("worker", bk_worker_slot(worker->web)),
               BK_KV("detail", worker->look_detail.text));
    if (is_up && !is_current && (worker->is_current || !worker->is_told))
        bk_log(BK_LOG_ERROR, "database older than this program; run `beckon migrate`",
               BK_KV_INT("migration", worker->look_version),
               BK_KV_INT("needed", BK_SCHEMA_VERSION));
    worker->is_told = true;
    worker->is_up = is_up;
    worker->is_current = is_current;
    bk_worker_gauge(worker->web, API_M_PG_UP, is_up);
    look_later(worker, LOOK_MS);
}

static void on_look(void *ctx)
{
    struct api_worker *worker = ctx;
    worker->is_looking = bk_work_submit(worker->calls, run_look, on_look_done, worker) == BK_OK;
    if (!worker->is_looking)
        look_later(worker, LOOK_MS); /* so many calls that nobody need ask */
}

static void look_later(struct api_worker *worker, int64_t delay_ms)
{
    bk_timer_start(worker->loop, &worker->look, delay_ms, on_look, worker);
}

/* --- the worker's state --- */

static struct api_thread *open_threads(struct api_worker *worker, size_t count, const char *use)
{
    struct api_thread *threads = bk_alloc(count * sizeof *threads);
    for (size_t i = 0; threads != NULL && i < count; i++)
        snprintf(threads[i].name, sizeof threads[i].name, "beckon-api/%zu %s %zu",
                 bk_worker_slot(worker->web), use, i);
    return threads;
}

static void close_threads(struct api_thread *threads, size_t count)
{
    for (size_t i = 0; threads != NULL && i < count; i++)
        bk_pgc_close(threads[i].pgc);
    bk_free(threads);
}

static void worker_close(void *state)
{
    struct api_worker *worker = state;
    const struct api_settings *settings = worker->setup->settings;
    /* Work first: it writes to what is freed below. */
    bk_work_free(worker->calls);
    bk_work_free(worker->logins);
    bk_timer_stop(&worker->look);
    close_threads(worker->call_threads, (size_t)settings->threads);
    close_threads(worker->login_threads, (size_t)settings->login_threads);
    bk_doorbell_close(worker->doorbell);
    bk_free(worker);
}

static void *worker_open(struct bk_worker *web, void *setup)
{
    struct api_worker *worker = bk_alloc_or_abort(sizeof *worker);
    worker->web = web;
    worker->loop = bk_worker_loop(web);
    worker->setup = setup;
    const struct api_settings *settings = worker->setup->settings;
    const struct bk_doorbell_options bell = bk_server_doorbell(&settings->server);
    size_t threads = (size_t)settings->threads, login_threads = (size_t)settings->login_threads;
    worker->call_threads = open_threads(worker, threads, "call");
    worker->login_threads = open_threads(worker, login_threads, "login");
    enum bk_err err =
        worker->call_threads != NULL && worker->login_threads != NULL ? BK_OK : BK_ERR_NO_MEMORY;
    if (err == BK_OK)
        err = bk_work_new(worker->loop, threads, (size_t)settings->queue_max, &worker->calls);
    if (err == BK_OK)
        err = bk_work_new(worker->loop, login_threads, (size_t)settings->login_queue_max,
                          &worker->logins);
    if (err == BK_OK)
        err = bk_doorbell_open(worker->loop, &bell, NULL, NULL, &worker->doorbell, NULL);
    if (err != BK_OK) {
        bk_log(BK_LOG_ERROR, "worker cannot start", BK_KV("err", bk_err_name(err)));
        worker_close(worker);
        return NULL;
    }
    look_later(worker, 0);
    return worker;
}

static void worker_reload(void *state)
{
    (void)state; /* certificates are web's; keys of tokens change with a restart */
}

static bool worker_is_idle(void *state)
{
    const struct api_worker *worker = state;
    return bk_work_count(worker->calls) + bk_work_count(worker->logins) ==
           (size_t)worker->is_looking;
}

static bool worker_is_ready(void *state)
{
    const struct api_worker *worker = state;
    bk_worker_gauge(worker->web, API_M_CALLS,
                    (int64_t)(bk_work_count(worker->calls) + bk_work_count(worker->logins)));
    return worker->is_up && worker->is_current;
}

/* --- what never became a call --- */

static void on_peer(void *state, struct bk_peer *peer)
{
    (void)state;
    (void)peer; /* who it is, its token tells */
}

static void on_handshake_failed(void *state, const struct bk_peer *peer, const char *error)
{
    (void)state;
    bk_log(BK_LOG_DEBUG, "handshake failed", BK_KV("source", peer->address),
           BK_KV("reason", error));
}

static void on_malformed(void *state, const struct bk_peer *peer, const char *reason)
{
    (void)state;
    bk_log(BK_LOG_INFO, "malformed request", BK_KV("source", peer->address),
           BK_KV("reason", reason));
}

static const struct bk_service service = {
    .name = "beckon-api",
    .worker_open = worker_open,
    .worker_reload = worker_reload,
    .worker_is_idle = worker_is_idle,
    .worker_close = worker_close,
    .worker_is_ready = worker_is_ready,
    .on_peer = on_peer,
    .on_request = api_on_request,
    .on_handshake_failed = on_handshake_failed,
    .on_malformed = on_malformed,
};

/* --- what it answers to, for documents and tests --- */

/* --print-openapi, --print-routes: neither settings nor a database is needed. */
static bool is_printed(int argc, char **argv)
{
    if (argc != 2)
        return false;
    if (strcmp(argv[1], "--print-openapi") == 0)
        api_openapi_print(stdout);
    else if (strcmp(argv[1], "--print-routes") == 0)
        api_routes_print(stdout);
    else
        return false;
    return true;
}

/* --- start --- */

int main(int argc, char **argv)
{
    static struct api_settings settings;
    static struct api_setup setup;
    static struct bk_listener_options listeners[BK_LISTENER_MAX];
    struct bk_server_options options;
    struct bk_detail detail = {{0}};
    bool check_only = false;
    int code = 0;

    bk_json_memory_init();
    if (bk_vendors_init(&detail) != BK_OK) {
        fprintf(stderr, "beckon-api: %s\n", detail.text);
        return 1;
    }
    if (is_printed(argc, argv))
        return 0;
    if (!bk_server_begin(&api_settings_table, argc, argv, &settings, &settings.server, &check_only,
                         &code))
        return code;
    if (bk_catalog_load(settings.models_dir, &detail) != BK_OK)
        return bk_server_refuse("beckon-api", &detail);
    setup.settings = &settings;
    bk_server_fill(&settings.server, listeners, &options);
    options.service = &service;
    options.settings = &setup;
    for (size_t i = 0; i < options.listener_count; i++)
        listeners[i].body_max_bytes = (size_t)settings.body_max_bytes;
    const struct bk_jwt_options jwt = {settings.jwt_key_file, settings.jwt_previous_key_file,
                                       settings.jwt_issuer, settings.jwt_audience};
    if (api_settings_check(&settings, &detail) != BK_OK ||
        bk_server_settings_check(&settings.server, &setup.master_keys, &detail) != BK_OK ||
        bk_jwt_new(&jwt, &setup.jwt, &detail) != BK_OK ||
        bk_server_check(&options, &detail) != BK_OK ||
        bk_metrics_new(api_metric_rows, API_M_COUNT, options.worker_count, &options.metrics) !=
            BK_OK)
        return bk_server_refuse(service.name, &detail);
    options.master_keys = setup.master_keys;
    if (!check_only)
        code = bk_server_run(&options, argv);
    else
        puts("settings are good");
    bk_master_keys_free(setup.master_keys);
    bk_jwt_free(setup.jwt);
    return code;
}
