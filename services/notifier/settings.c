/*
 * The rows: defaults, ranges and the manual of beckon-notifier's settings.
 */
#include "settings.h"

#define ROW(field, key, type, min, max, def, help, words) \
    { \
        {key, type, min, max, def, help, words}, offsetof(struct ntf_settings, field), false \
    }

static const struct bk_setting_row rows[] = {
    ROW(pg, "pg", BK_T_TEXT, 1, 1024, NULL,
        "libpq connection string, e.g. host=/run/postgresql dbname=beckon user=beckon_notifier",
        NULL),
    ROW(master_key_file, "master_key_file", BK_T_PATH, 0, 1024, "",
        "File of 64 hexadecimal digits that opens the tenants' data keys", NULL),
    ROW(master_key, "master_key", BK_T_SECRET, 0, 64, "",
        "The 64 digits themselves, where no file can be mounted", NULL),
    ROW(master_key_previous_file, "master_key_previous_file", BK_T_PATH, 0, 1024, "",
        "File with the key that master_key_file held before, which opens as well while the key "
        "changes (docs/keys.md); it need not exist",
        NULL),
    ROW(master_key_previous, "master_key_previous", BK_T_SECRET, 0, 64, "", "The same as 64 digits",
        NULL),
    ROW(user, "user", BK_T_TEXT, 0, 32, "",
        "Account to go on as when started as root; it must be able to read every file named here",
        NULL),
    ROW(has_seccomp, "harden.seccomp", BK_T_BOOL, 0, 0, "on",
        "Give up the system calls that the notifier does not need", NULL),
    ROW(allows_root, "harden.allow_root", BK_T_BOOL, 0, 0, "no",
        "Work as root, where no account can be had", NULL),
    ROW(name, "name", BK_T_TEXT, 0, 64, "",
        "What this notifier is called in leases; without it the host's name. A random part is "
        "added at each start",
        NULL),
    ROW(admin_address, "admin.address", BK_T_TEXT, 1, 128, "127.0.0.1:9103",
        "Numeric address:port where /metrics, /healthz and /readyz are served, in the clear", NULL),
    ROW(log_level, "log.level", BK_T_ENUM, 0, 0, "info", "Lowest level that is logged",
        "debug info warn error"),
    ROW(log_json, "log.json", BK_T_BOOL, 0, 0, "no", "Log lines as JSON instead of key=value",
        NULL),
    ROW(redis_address, "redis.address", BK_T_TEXT, 0, 128, "",
        "unix:/path or a numeric address:port; empty: no Redis, jobs wait for the sweep", NULL),
    ROW(redis_user, "redis.user", BK_T_TEXT, 0, 64, "", "ACL user; empty: default", NULL),
    ROW(redis_password_file, "redis.password_file", BK_T_PATH, 0, 1024, "",
        "File with the password on one line; empty: none", NULL),
    ROW(redis_prefix, "redis.prefix", BK_T_TEXT, 1, 32, "beckon",
        "Beginning of all keys; the same for all services of an installation", NULL),
    ROW(egress_allow, "egress.allow", BK_T_TEXT, 0, 512, "",
        "Addresses and networks, comma separated, that PBXs may have though they are not public",
        NULL),
    ROW(egress_cleartext, "egress.cleartext", BK_T_TEXT, 0, 512, "",
        "Addresses and networks, comma separated, to which PBXs may be spoken to without TLS",
        NULL),
    ROW(sip_tls_ca_file, "sip.tls_ca_file", BK_T_PATH, 0, 1024, "",
        "PEM file of those who may vouch for PBXs' certificates, read again on SIGHUP; empty: the "
        "system's",
        NULL),
    ROW(sip_timeout_ms, "sip.timeout_ms", BK_T_INT, 500, 60000, "10000",
        "Time for one call of a phone, retransmissions and challenges included", NULL),
    ROW(sweep_ms, "sweep_ms", BK_T_INT, 100, 60000, "5000",
        "How often everything due is looked for without a doorbell", NULL),
    ROW(lease_s, "lease_s", BK_T_INT, 3, 300, "10",
        "How long a PBX stays with a notifier that has died", NULL),
    ROW(window_s, "jobs.window_s", BK_T_INT, 1, 3600, "120",
        "Time a called phone has to fetch before it is called once more", NULL),
    ROW(reboot_window_s, "jobs.reboot_window_s", BK_T_INT, 1, 3600, "300",
        "The same after a reboot; no phone is rebooted twice within it", NULL),
    ROW(offline_retry_s, "jobs.offline_retry_s", BK_T_INT, 1, 3600, "15",
        "First wait for a phone that is not registered; doubles each time", NULL),
    ROW(offline_retry_max_s, "jobs.offline_retry_max_s", BK_T_INT, 1, 86400, "3600",
        "Longest such wait", NULL),
    ROW(maintain_s, "maintain_s", BK_T_INT, 10, 86400, "3600",
        "How often partitions are made and old rows dropped", NULL),
    ROW(drain_s, "drain_s", BK_T_INT, 0, 300, "15",
        "Time that calls in flight get to be answered after SIGTERM", NULL),
    ROW(lookup_threads, "lookup_threads", BK_T_INT, 1, 64, "4",
        "Threads that look up names of PBXs", NULL),
    ROW(pg_query_timeout_ms, "pg.query_timeout_ms", BK_T_INT, 50, 60000, "5000",
        "Limit of a statement that moves jobs", NULL),
    ROW(pg_sweep_timeout_ms, "pg.sweep_timeout_ms", BK_T_INT, 1000, 600000, "60000",
        "Limit of a sweep, of applying changes, and of maintenance", NULL),
    ROW(pg_connect_timeout_ms, "pg.connect_timeout_ms", BK_T_INT, 50, 60000, "3000",
        "Time for one attempt to connect to PostgreSQL", NULL),
    {{NULL, BK_T_TEXT, 0, 0, NULL, NULL, NULL}, 0, false},
};

const struct bk_settings ntf_settings_table = {
    .service = "beckon-notifier",
    .summary = "Calls phones back through their PBX and tells what came of it.",
    .rows = rows,
};
