/*
 * beckon check: is everything in place, and if not, what comes next.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/secret.h"
#include "commands.h"
#include "io/tls.h"
#include "migrations.h"
#include "store/store_check.h"
#include "store/store_tenant.h"
#include "store/store_trust_root.h"

#define CLOCK_WARN_MS 2000
#define DAY_S 86400
#define PARTITION_DAYS 3

static const struct cli_option options[] = {{0}};

struct checking {
    struct cli *cli;
    json_t *rows;
    int warn_count, fail_count;
};

enum state { STATE_OK, STATE_WARN, STATE_FAIL };

static void note(struct checking *checking, const char *what, enum state state, const char *next,
                 const char *format, ...) BK_PRINTF(5, 6);

static void note(struct checking *checking, const char *what, enum state state, const char *next,
                 const char *format, ...)
{
    static const char *const names[] = {"ok", "warn", "fail"};
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    json_t *row = json_object();
    json_object_set_new(row, "check", cli_json_text(bk_str_of(what)));
    json_object_set_new(row, "state", json_string(names[state]));
    json_object_set_new(row, "detail", cli_json_text(bk_str_of(text)));
    json_object_set_new(row, "next", state == STATE_OK ? json_null() : json_string(next));
    json_array_append_new(checking->rows, row);
    checking->warn_count += state == STATE_WARN;
    checking->fail_count += state == STATE_FAIL;
}

/* ---- database ---- */

static bool check_database(struct checking *checking)
{
    struct cli *cli = checking->cli;
    struct bk_str version;
    if (cli_connect_admin(cli) != BK_OK) {
        note(checking, "database", STATE_FAIL, "correct BECKON_PG, start PostgreSQL", "%s",
             cli->detail.text);
        return false;
    }
    struct bk_store store = cli_store(cli);
    int64_t number = 0;
    if (bk_store_check_server(&store, &number, &version) != BK_OK)
        note(checking, "database", STATE_FAIL, "look into PostgreSQL's log", "%s",
             cli->detail.text);
    else if (number < 150000)
        note(checking, "database", STATE_FAIL, "upgrade PostgreSQL to 15 or later",
             "PostgreSQL %.*s is older than 15", BK_STR_ARG(version));
    else
        note(checking, "database", STATE_OK, NULL, "PostgreSQL %.*s", BK_STR_ARG(version));
    return true;
}

static void check_migrations(struct checking *checking)
{
    struct cli *cli = checking->cli;
    struct bk_store store = cli_store(cli);
    struct cli_migrations migrations;
    int version = 0;
    int64_t only_version = 0;
    enum bk_err err = cli_migrations_read(cli, NULL, &migrations);
    if (err == BK_OK)
        err = cli_migrations_compare(cli, &migrations, &version);
    if (err == BK_ERR_DENIED) { /* a login that is no administrator's may ask for the number */
        err = bk_store_check_schema_version(&store, &only_version);
        version = (int)only_version;
        if (err == BK_OK && version > (int)migrations.count) {
            bk_detail_set(&cli->detail, "the database is at %04d, this program knows %04zu",
                          version, migrations.count);
            err = BK_ERR_STALE;
        }
    }
    if (err != BK_OK)
        note(checking, "migrations", STATE_FAIL, "see what it names", "%s", cli->detail.text);
    else if ((size_t)version < migrations.count)
        note(checking, "migrations", STATE_FAIL, "run `beckon migrate` as an administrator",
             "at %04d, %zu behind %04zu", version, migrations.count - (size_t)version,
             migrations.count);
    else
        note(checking, "migrations", STATE_OK, NULL, "at %04d, up to date", version);
}

static bool check_role(struct checking *checking)
{
    if (cli_take_role(checking->cli) != BK_OK) {
        note(checking, "role", STATE_FAIL,
             "run `beckon migrate`; grant beckon_operator to this login", "%s",
             checking->cli->detail.text);
        return false;
    }
    note(checking, "role", STATE_OK, NULL, "beckon_operator");
    return true;
}

static void check_clock(struct checking *checking)
{
    struct bk_store store = cli_store(checking->cli);
    int64_t theirs = 0;
    int64_t before = bk_clock_mono_ms(), ours = bk_clock_wall_ms();
    enum bk_err err = bk_store_check_clock(&store, &theirs);
    int64_t took = bk_clock_mono_ms() - before;
    if (err != BK_OK) {
        note(checking, "clock", STATE_FAIL, "look into PostgreSQL's log", "%s",
             checking->cli->detail.text);
        return;
    }
    int64_t apart = llabs(theirs - ours - took / 2);
    note(checking, "clock", apart > CLOCK_WARN_MS ? STATE_WARN : STATE_OK,
         "let both machines follow an NTP server", "%lld.%03lld s from the database's",
         (long long)(apart / 1000), (long long)(apart % 1000));
}

static void check_partitions(struct checking *checking)
{
    struct bk_store store = cli_store(checking->cli);
    int64_t days = 0;
    if (bk_store_check_days_ahead(&store, &days) != BK_OK)
        note(checking, "partitions", STATE_FAIL, "run `beckon migrate`", "%s",
             checking->cli->detail.text);
    else
        note(checking, "partitions", days < PARTITION_DAYS ? STATE_WARN : STATE_OK,
             "run `beckon maintain`; a beckon-notifier that runs does it hourly",
             days == 0 ? "visits go to the default partition from today or tomorrow on"
                       : "visits have partitions for %lld days ahead",
             (long long)days);
}

/* ---- keys and certificates ---- */

static void check_tenants(struct checking *checking)
{
    struct cli *cli = checking->cli;
    struct bk_store store = cli_store(cli);
    struct bk_str text;
    json_t *tenants = NULL;
    size_t bad = 0, count = 0;
    struct bk_detail first = {""};
    enum bk_err err = cli_master_key(cli);
    if (err != BK_OK) {
        note(checking, "master key", STATE_FAIL,
             "set BECKON_MASTER_KEY_FILE; `beckon keys new FILE` writes a first one", "%s",
             cli->detail.text);
        return;
    }
    err = bk_store_tenant_list(&store, &text);
    if (err == BK_OK)
        err = cli_json_load(cli, text, &tenants);
    for (size_t i = 0; err == BK_OK && i < json_array_size(tenants); i++) {
        const json_t *row = json_array_get(tenants, i);
        struct bk_store_tenant tenant;
        struct bk_key key;
        const char *name = json_string_value(json_object_get(row, "name"));
        if (strcmp(json_string_value(json_object_get(row, "status")), "deleted") == 0)
            continue;
        err = bk_store_tenant_find(&store, bk_str_of(name), &tenant);
        if (err != BK_OK)
            break;
        count++;
        if (cli_data_key(cli, &tenant, &key) != BK_OK && bad++ == 0)
            first = cli->detail;
        bk_wipe(&key, sizeof key);
    }
    json_decref(tenants);
    if (err != BK_OK)
        note(checking, "master key", STATE_FAIL, "look into PostgreSQL's log", "%s",
             cli->detail.text);
    else if (bad > 0)
        note(checking, "master key", STATE_FAIL, "name the master key they were made with",
             "%zu of %zu tenants: %s", bad, count, first.text);
    else
        note(checking, "master key", STATE_OK, NULL, "opens the data key of %zu tenant%s", count,
             count == 1 ? "" : "s");
}

static void note_expiry(struct checking *checking, const char *what, int64_t expires_at_s)
{
    char date[BK_CLOCK_TEXT_SIZE];
    int64_t days = (expires_at_s - bk_clock_wall_ms() / 1000) / DAY_S;
    bk_clock_print(expires_at_s * 1000, date);
    date[10] = '\0';
    if (expires_at_s * 1000 < bk_clock_wall_ms())
        note(checking, what, STATE_FAIL, "renew it now", "expired on %s", date);
    else if (days < 30)
        note(checking, what, STATE_FAIL, "renew it now", "expires on %s, in %lld days", date,
             (long long)days);
    else if (days < 90)
        note(checking, what, STATE_WARN, "renew it within weeks", "expires on %s, in %lld days",
             date, (long long)days);
    else if (days < 180)
        note(checking, what, STATE_WARN, "plan its renewal", "expires on %s, in %lld days", date,
             (long long)days);
    else
        note(checking, what, STATE_OK, NULL, "until %s", date);
}

/* "a.pem, b.pem" -> paths in the arena; returns how many. */
static size_t split_paths(struct cli *cli, const char *text, const char **ret_paths)
{
    struct bk_str rest = bk_str_of(text);
    size_t count = 0;
    while (rest.len > 0 && count < BK_TLS_CERT_MAX)
        ret_paths[count++] = bk_arena_str(cli->arena, bk_str_trim(bk_str_cut(&rest, ','))).ptr;
    return count;
}

/* kind: "listener", or a "host" of one */
static void check_certificates(struct checking *checking, const char *kind,
                               const struct cli_listener *listener)
{
    struct cli *cli = checking->cli;
    struct bk_tls_options tls = {.min_version = TLS1_2_VERSION};
    SSL_CTX *context = NULL;
    struct bk_str what = bk_arena_printf(cli->arena, "%s %s", kind, listener->name);
    size_t key_count = split_paths(cli, listener->key, tls.key_paths);
    tls.cert_count = split_paths(cli, listener->cert, tls.cert_paths);
    if (tls.cert_count == 0 || key_count != tls.cert_count) {
        note(checking, what.ptr, STATE_FAIL, "give as many keys as certificates, in one order",
             "%zu certificates and %zu keys", tls.cert_count, key_count);
        return;
    }
    if (bk_tls_context_new(&tls, &context, &cli->detail) != BK_OK) {
        note(checking, what.ptr, STATE_FAIL, "correct what it names, then reload beckon-config",
             "%s", cli->detail.text);
        return;
    }
    note_expiry(checking, what.ptr, bk_tls_context_expires_at_s(context));
    SSL_CTX_free(context);
}

static void check_trust_roots(struct checking *checking)
{
    struct cli *cli = checking->cli;
    struct bk_store store = cli_store(cli);
    struct bk_str text;
    json_t *roots = NULL;
    enum bk_err err = bk_store_trust_root_list(&store, 0, &text);
    if (err == BK_OK)
        err = cli_json_load(cli, text, &roots);
    if (err != BK_OK)
        note(checking, "trust roots", STATE_FAIL, "look into PostgreSQL's log", "%s",
             cli->detail.text);
    else if (json_array_size(roots) == 0)
        note(checking, "trust roots", STATE_WARN, "`beckon trust-root import FILE.pem --maker …`",
             "none of the operator's: only phones under a tenant's own root are served");
    for (size_t i = 0; err == BK_OK && i < json_array_size(roots); i++) {
        const json_t *root = json_array_get(roots, i);
        struct tm tm = {0};
        const char *not_after = json_string_value(json_object_get(root, "not_after"));
        struct bk_str what = bk_arena_printf(cli->arena, "trust root %" JSON_INTEGER_FORMAT " (%s)",
                                             json_integer_value(json_object_get(root, "root_id")),
                                             json_string_value(json_object_get(root, "maker")));
        if (strptime(not_after, "%Y-%m-%dT%H:%M:%SZ", &tm) != NULL)
            note_expiry(checking, what.ptr, (int64_t)timegm(&tm));
        else
            note(checking, what.ptr, STATE_WARN, "import it again", "expiry %s", not_after);
    }
    json_decref(roots);
}

/* ---- all ---- */

static enum bk_err run(struct cli *cli)
{
    static const struct cli_column columns[] = {
        {"state", "state"}, {"check", "check"}, {"detail", "detail"}, {"next", "next step"}, {0}};
    struct checking checking = {.cli = cli, .rows = json_array()};
    if (check_database(&checking)) {
        check_migrations(&checking);
        if (check_role(&checking)) {
            check_clock(&checking);
            check_partitions(&checking);
            check_tenants(&checking);
            check_trust_roots(&checking);
        }
    }
    for (size_t i = 0; i < cli->settings.listener_count; i++)
        check_certificates(&checking, "listener", &cli->settings.listeners[i]);
    for (size_t i = 0; i < cli->settings.host_count; i++)
        check_certificates(&checking, "host", &cli->settings.hosts[i]);

    const size_t count = json_array_size(checking.rows);
    json_t *answer = json_object();
    json_object_set_new(answer, "state",
                        json_string(checking.fail_count > 0   ? "fail"
                                    : checking.warn_count > 0 ? "warn"
                                                              : "ok"));
    json_object_set_new(answer, "checks", checking.rows);
    cli_answer(cli, answer, "checks", columns, "");
    if (checking.fail_count == 0)
        return BK_OK;
    bk_detail_set(&cli->detail, "%d of %zu checks failed", checking.fail_count, count);
    return BK_ERR_INVALID;
}

const struct cli_command cli_cmd_check = {
    .name = "check",
    .operands = "",
    .options = options,
    .summary = "is everything in place, and what comes next",
    .text = "Checks the database and its version, the migrations, the role, the clock against the\n"
            "database's (2 s), partitions for the days ahead, that the master key opens every "
            "tenant's\n"
            "data key, the expiry of trust roots, and, when --settings names beckon-config's file, "
            "that\n"
            "the listeners' certificates and keys belong together and when they expire (warning "
            "from 180\n"
            "days on, failure from 30). JSON: {state, checks: [{check, state, detail, next}]}. "
            "Exit code 1\n"
            "when a check fails; a warning is no failure.",
    .example = "beckon check --settings /etc/beckon/beckon-config.conf",
    .run = run,
};
