/*
 * The rows: defaults, ranges and the manual of beckon-config's settings.
 */
#include "settings.h"

#define ROW(field, key, type, min, max, def, help, words) \
    { \
        {key, type, min, max, def, help, words}, offsetof(struct cfg_settings, field), false \
    }
#define LISTENER_ROW(field, key, type, min, max, def, help, words) \
    { \
        {key, type, min, max, def, help, words}, offsetof(struct cfg_listener, field), false \
    }

static const struct bk_setting_row rows[] = {
    ROW(pg, "pg", BK_T_TEXT, 1, 1024, NULL,
        "libpq connection string, e.g. host=/run/postgresql dbname=beckon user=beckon_config",
        NULL),
    ROW(master_key_file, "master_key_file", BK_T_PATH, 0, 1024, "",
        "File of 64 hexadecimal digits that opens the tenants' data keys; beckon keys new makes "
        "one",
        NULL),
    ROW(master_key, "master_key", BK_T_SECRET, 0, 64, "",
        "The 64 digits themselves, where no file can be mounted", NULL),
    ROW(public_url, "public_url", BK_T_TEXT, 9, 200, NULL,
        "What phones call, without a slash at the end: https://host or https://host:port", NULL),
    ROW(workers, "workers", BK_T_INT, 0, BK_WORKER_MAX, "0",
        "Worker processes; 0: one for each core", NULL),
    ROW(admin_address, "admin.address", BK_T_ADDRESS, 0, 128, "127.0.0.1:9101",
        "Where /metrics, /healthz and /readyz are served, in the clear", NULL),
    ROW(models_dir, "models_dir", BK_T_PATH, 0, 1024, "",
        "Folder of further <vendor>.tsv model tables, read at start", NULL),
    ROW(log_level, "log.level", BK_T_ENUM, 0, 0, "info", "Lowest level that is logged",
        "debug info warn error"),
    ROW(log_json, "log.json", BK_T_BOOL, 0, 0, "no", "Log lines as JSON instead of key=value",
        NULL),
    ROW(head_max_bytes, "limits.head_bytes", BK_T_INT, 1024, 65536, "16384",
        "Longest request head; a longer one is answered 400", NULL),
    ROW(connections_max, "limits.connections", BK_T_INT, 16, 100000, "4000",
        "Connections of one worker; one more is closed at once", NULL),
    ROW(early_timeout_s, "limits.early_timeout_s", BK_T_INT, 1, 120, "10",
        "Seconds from accept to the end of the first request head, TLS handshake included", NULL),
    ROW(idle_timeout_s, "limits.idle_timeout_s", BK_T_INT, 1, 600, "10",
        "Seconds a kept connection may wait for its next request, and for its whole head", NULL),
    ROW(drain_s, "drain_s", BK_T_INT, 0, 300, "10",
        "Seconds that requests in flight get to finish after SIGTERM", NULL),
    ROW(pg_queue_max, "pg.queue_max", BK_T_INT, 1, 100000, "2000",
        "Fetches of one worker that wait for PostgreSQL; one more is answered 503", NULL),
    ROW(pg_in_flight_max, "pg.in_flight_max", BK_T_INT, 1, 1000, "64",
        "Statements sent to PostgreSQL and not answered yet, per worker", NULL),
    ROW(pg_query_timeout_ms, "pg.query_timeout_ms", BK_T_INT, 50, 60000, "2000",
        "A fetch whose database answer takes longer is answered 503", NULL),
    ROW(pg_connect_timeout_ms, "pg.connect_timeout_ms", BK_T_INT, 50, 60000, "3000",
        "Time for one attempt to connect to PostgreSQL", NULL),
    ROW(visits_queue_max, "visits.queue_max", BK_T_INT, 1, 100000, "10000",
        "Visits of one worker not written yet; further ones are dropped and counted", NULL),
    ROW(visits_flush_ms, "visits.flush_ms", BK_T_INT, 10, 60000, "200",
        "Visits are written in batches, at least this often", NULL),
    ROW(redis_address, "redis.address", BK_T_TEXT, 0, 128, "",
        "unix:/path or a numeric address:port; empty: no Redis, jobs end a sweep later", NULL),
    ROW(redis_user, "redis.user", BK_T_TEXT, 0, 64, "", "ACL user; empty: default", NULL),
    ROW(redis_password_file, "redis.password_file", BK_T_PATH, 0, 1024, "",
        "File with the password on one line; empty: none", NULL),
    ROW(redis_prefix, "redis.prefix", BK_T_TEXT, 1, 32, "beckon",
        "Beginning of all keys; the same for all services of an installation", NULL),
    ROW(trust_refresh_s, "trust.refresh_s", BK_T_INT, 1, 3600, "15",
        "How often workers ask whether the trust roots changed; SIGHUP asks at once", NULL),
    {{NULL, BK_T_TEXT, 0, 0, NULL, NULL, NULL}, 0, false},
};

static const struct bk_setting_row listener_rows[] = {
    LISTENER_ROW(address, "address", BK_T_ADDRESS, 1, 128, NULL,
                 "Literal address and port: 0.0.0.0:443, [::]:443", NULL),
    LISTENER_ROW(
        cert, "cert", BK_T_TEXT, 1, 1024, NULL,
        "PEM files of the server's certificates, chain behind; comma separated, at most 4: "
        "P-256 beside RSA",
        NULL),
    LISTENER_ROW(key, "key", BK_T_TEXT, 1, 1024, NULL,
                 "PEM files of their private keys, in the same order", NULL),
    LISTENER_ROW(client_certificate, "client_certificate", BK_T_ENUM, 0, 0, "required",
                 "Must a phone show its factory certificate?", "required none"),
    LISTENER_ROW(tls_min, "tls_min", BK_T_ENUM, 0, 0, "1.2", "Lowest TLS version", "1.2 1.3"),
    LISTENER_ROW(proxy_from, "proxy_from", BK_T_TEXT, 0, 512, "",
                 "Addresses or CIDR ranges, comma separated, that must begin with a PROXY header "
                 "(v1 or v2); from others it is refused",
                 NULL),
    {{NULL, BK_T_TEXT, 0, 0, NULL, NULL, NULL}, 0, false},
};

static const struct bk_setting_group groups[] = {
    {"listener", listener_rows, sizeof(struct cfg_listener), offsetof(struct cfg_listener, name),
     offsetof(struct cfg_settings, listeners), offsetof(struct cfg_settings, listener_count),
     BK_LISTENER_MAX},
    {NULL, NULL, 0, 0, 0, 0, 0},
};

const struct bk_settings cfg_settings_table = {
    .service = "beckon-config",
    .summary = "Serves phones their configuration over mutually authenticated TLS.",
    .rows = rows,
    .groups = groups,
};
