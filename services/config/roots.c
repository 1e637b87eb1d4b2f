/*
 * Trust roots, and the operator's own issuer rules that they may name: read from PostgreSQL at
 * start, again when their version changed (asked every trust.refresh_s) and on SIGHUP. Without
 * roots a worker accepts nobody; one that starts while the database is away begins with those its
 * siblings read last (roots_share.h).
 */
#include "base/alloc.h"
#include "base/log.h"
#include "roots_share.h"
#include "store/store_fetch.h"
#include "vendor/cert_rule.h"
#include "worker.h"

enum { RETRY_MS = 200 };

struct cfg_roots {
    struct cfg_worker *worker;
    struct bk_timer timer;
    int64_t version; /* of the loaded set; -1: none */
    int64_t wanted_version;
    bool is_loaded, is_asking;
    bool is_schema_current, is_schema_told;
    struct bk_cert_rules rules;      /* the operator's own, in use */
    struct bk_cert_rules next_rules; /* read, their roots not yet */
};

static void ask_later(struct cfg_roots *roots, int64_t delay_ms);

static void use(struct cfg_roots *roots, struct bk_trust *trust, size_t bad_count)
{
    struct bk_worker *web = roots->worker->web;
    roots->is_loaded = true;
    bk_worker_gauge(web, CFG_M_TRUST_ROOTS, (int64_t)bk_trust_count(trust));
    bk_worker_gauge(web, CFG_M_TRUST_ROOTS_BAD, (int64_t)bad_count);
    if (bk_worker_slot(web) == 0) /* gauges are summed */
        bk_worker_gauge(web, CFG_M_TRUST_ROOT_EXPIRES_AT_S, bk_trust_expires_at_s(trust));
    bk_worker_set_trust(web, trust);
}

static void use_rules(struct cfg_roots *roots, struct bk_cert_rules *rules)
{
    bk_cert_rules_free(&roots->rules);
    roots->rules = *rules;
    *rules = (struct bk_cert_rules){0};
}

/* A row that cannot be used is left out and told; only a lack of memory gives up the whole set. */
static enum bk_err add_rules(const struct bk_pg_rows *rows, struct bk_cert_rules *rules)
{
    for (int i = 0; i < bk_pg_row_count(rows); i++) {
        const struct bk_cert_rule_text text = {
            .name = bk_pg_text(rows, i, 0),
            .maker = bk_pg_text(rows, i, 1),
            .subject = bk_pg_text(rows, i, 2),
            .is_generic = bk_str_eq(bk_pg_text(rows, i, 3), BK_STR("t")),
        };
        struct bk_cert_rule rule;
        struct bk_detail detail = {{0}};
        enum bk_err err = bk_cert_rule_parse(&text, &rule, &detail);
        if (err == BK_OK)
            err = bk_cert_rules_add(rules, &rule, &detail);
        if (err == BK_ERR_NO_MEMORY)
            return err;
        if (err != BK_OK)
            bk_log(BK_LOG_ERROR, "issuer rule left out", BK_KV("err", bk_err_name(err)),
                   BK_KV("detail", detail.text));
    }
    return BK_OK;
}

/* Those of this process's kind. As with rules: a row that cannot be used is left out and told. */
static enum bk_err add_rows(const struct bk_pg_rows *rows, bool is_legacy, struct bk_trust *trust,
                            struct cfg_roots_draft *draft, size_t *ret_bad_count)
{
    static uint8_t der[BK_TRUST_DER_MAX];
    size_t bad_count = 0;
    for (int i = 0; i < bk_pg_row_count(rows); i++) {
        struct bk_trust_root root;
        struct bk_detail detail = {{0}};
        size_t len = 0;
        enum bk_err err = bk_store_trust_row(rows, i, &root, der, &len);
        if (err == BK_OK && root.is_legacy != is_legacy)
            continue;
        if (err == BK_OK)
            err = bk_trust_add(trust, &root, (struct bk_str){(const char *)der, len}, &detail);
        if (err == BK_ERR_NO_MEMORY)
            return err;
        if (err != BK_OK) {
            bad_count++;
            bk_log(BK_LOG_ERROR, "trust root left out", BK_KV("err", bk_err_name(err)),
                   BK_KV_INT("root_id", bk_pg_int(rows, i, 0)), BK_KV("detail", detail.text));
            continue;
        }
        cfg_roots_draft_add(draft, &root, der, len);
    }
    *ret_bad_count = bad_count;
    return BK_OK;
}

static void on_roots(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
                     const struct bk_detail *detail)
{
    struct cfg_roots *roots = ctx;
    struct cfg_worker *worker = roots->worker;
    struct cfg_roots_draft *draft = cfg_roots_draft_new();
    struct bk_trust *trust = NULL;
    size_t bad_count = 0;
    roots->is_asking = false;
    if (err == BK_OK)
        err = bk_trust_new(&trust);
    if (err == BK_OK)
        err = add_rows(rows, cfg_is_legacy(worker->setup->settings), trust, draft, &bad_count);
    if (err == BK_OK) {
        use_rules(roots, &roots->next_rules);
        for (size_t i = 0; i < roots->rules.count; i++)
            cfg_roots_draft_add_rule(draft, &roots->rules.rows[i]);
        roots->version = roots->wanted_version;
        cfg_roots_share_publish(worker->setup->roots_share, bk_worker_slot(worker->web),
                                roots->version, draft);
        use(roots, trust, bad_count);
        ask_later(roots, worker->setup->settings->trust_refresh_s * 1000);
    } else {
        bk_log(BK_LOG_WARN, "trust roots not loaded", BK_KV("err", bk_err_name(err)),
               BK_KV("detail", detail != NULL ? detail->text : ""));
        ask_later(roots, RETRY_MS);
    }
    cfg_roots_draft_free(draft);
    bk_trust_unref(trust);
}

/* Before the roots, so that no root is in use without the rules that it names. */
static void on_rules(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
                     const struct bk_detail *detail)
{
    struct cfg_roots *roots = ctx;
    bk_cert_rules_free(&roots->next_rules);
    if (err == BK_OK)
        err = add_rules(rows, &roots->next_rules);
    if (err == BK_OK)
        err = bk_store_trust_start(roots->worker->fetch_pg, on_roots, roots);
    roots->is_asking = err == BK_OK;
    if (err != BK_OK) {
        bk_log(BK_LOG_WARN, "issuer rules not loaded", BK_KV("err", bk_err_name(err)),
               BK_KV("detail", detail != NULL ? detail->text : ""));
        ask_later(roots, RETRY_MS);
    }
}

/* A program that is newer than its database would fail each fetch; say so instead of serving. */
static void check_schema(struct cfg_roots *roots, int64_t version)
{
    bool is_current = version >= BK_SCHEMA_VERSION;
    if (!is_current && (roots->is_schema_current || !roots->is_schema_told))
        bk_log(BK_LOG_ERROR, "database older than this program; run `beckon migrate`",
               BK_KV_INT("migration", version), BK_KV_INT("needed", BK_SCHEMA_VERSION));
    roots->is_schema_told = !is_current;
    roots->is_schema_current = is_current;
}

static void on_version(void *ctx, enum bk_err err, struct bk_pg_rows *rows,
                       const struct bk_detail *detail)
{
    struct cfg_roots *roots = ctx;
    (void)detail;
    roots->is_asking = false;
    bool is_good = err == BK_OK && bk_pg_row_count(rows) == 1;
    int64_t version = is_good ? bk_pg_int(rows, 0, 0) : -1;
    if (is_good)
        check_schema(roots, bk_pg_int(rows, 0, 1));
    if (version < 0) {
        ask_later(roots, roots->is_loaded ? roots->worker->setup->settings->trust_refresh_s * 1000
                                          : RETRY_MS);
        return;
    }
    if (version == roots->version) {
        ask_later(roots, roots->worker->setup->settings->trust_refresh_s * 1000);
        return;
    }
    roots->wanted_version = version;
    roots->is_asking = bk_store_cert_rules_start(roots->worker->fetch_pg, on_rules, roots) == BK_OK;
    if (!roots->is_asking)
        ask_later(roots, RETRY_MS);
}

static void ask(void *ctx)
{
    struct cfg_roots *roots = ctx;
    if (roots->is_asking)
        return;
    roots->is_asking =
        bk_store_trust_version_start(roots->worker->fetch_pg, on_version, roots) == BK_OK;
    if (!roots->is_asking)
        ask_later(roots, RETRY_MS);
}

static void ask_later(struct cfg_roots *roots, int64_t delay_ms)
{
    bk_timer_start(roots->worker->loop, &roots->timer, delay_ms, ask, roots);
}

struct cfg_roots *cfg_roots_open(struct cfg_worker *worker)
{
    struct cfg_roots *roots = bk_alloc(sizeof *roots);
    if (roots == NULL)
        return NULL;
    roots->worker = worker;
    roots->version = -1;
    struct bk_trust *shared = cfg_roots_share_read(worker->setup->roots_share, &roots->rules);
    if (shared != NULL)
        use(roots, shared, 0);
    bk_trust_unref(shared);
    ask(roots);
    return roots;
}

void cfg_roots_close(struct cfg_roots *roots)
{
    if (roots == NULL)
        return;
    bk_timer_stop(&roots->timer);
    bk_cert_rules_free(&roots->rules);
    bk_cert_rules_free(&roots->next_rules);
    bk_free(roots);
}

bool cfg_roots_are_ready(const struct cfg_roots *roots)
{
    return roots->is_loaded && roots->is_schema_current;
}

const struct bk_cert_rules *cfg_roots_rules(const struct cfg_roots *roots)
{
    return &roots->rules;
}

void cfg_roots_reload(struct cfg_roots *roots)
{
    roots->version = -1;
    ask_later(roots, 0);
}
