/*
 * The rows: defaults, ranges and the manual of beckon-config's settings.
 */
#include "settings.h"

#include "counters.h"
#include "model/upload.h"

#define ROW(...) BK_SETTING_ROW(struct cfg_settings, __VA_ARGS__)

static const struct bk_setting_row rows[] = {
    BK_SERVER_ROWS(struct cfg_settings, "beckon_config", "127.0.0.1:9101"),
    ROW(public_url, "public_url", BK_T_TEXT, 9, 200, NULL,
        "What phones call, without a slash at the end: https://host or https://host:port", NULL),
    ROW(enrolment_url, "enrolment_url", BK_T_TEXT, 0, 200, "",
        "What phones without a usable certificate call, written like public_url and leading to an "
        "enrolment listener; empty: nobody enrols",
        NULL),
    ROW(models_dir, "models_dir", BK_T_PATH, 0, 1024, "",
        "Folder of further <vendor>.tsv model tables, read at start", NULL),
    ROW(requests_max, "limits.requests", BK_T_INT, 1, 100000, "2000",
        "Requests of one worker under way, whose answers are in memory; one more is answered 503",
        NULL),
    ROW(uploads_per_hour, "limits.uploads_per_hour", BK_T_INT, 1, 10000, "120",
        "Files that one device may write within an hour of the clock; one more is answered 503",
        NULL),
    ROW(uploads_max_bytes, "limits.upload_device_bytes", BK_T_INT, 65536, BK_UPLOADS_MAX, "1048576",
        "Bytes of all files that one device has written; the oldest of its logs makes room, and "
        "what "
        "finds none is answered 413",
        NULL),
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
    ROW(trust_refresh_s, "trust.refresh_s", BK_T_INT, 1, 3600, "15",
        "How often workers ask whether the trust roots changed; SIGHUP asks at once", NULL),
    ROW(limits_scan_subjects, "limits.scan_subjects", BK_T_INT, 0, CFG_SUBJECTS_MAX / 4, "60",
        "Different MACs that one address or certificate may name without proof within the window; "
        "a network (/24, /48) four times as many. An address that names more is banned. Phones "
        "name their own, so this is what a scanner does; 0: no limit",
        NULL),
    ROW(limits_failures, "limits.failures", BK_T_INT, 0, 10000000, "5000",
        "Failures of any kind that one address may have within the window, a network four times "
        "as many; more are a flood, and banned. 300 phones that are all refused, for every file, "
        "at every try, stay below; 0: no limit",
        NULL),
    ROW(limits_window_s, "limits.window_s", BK_T_INT, 1, 86400, "600",
        "Seconds over which these are counted", NULL),
    ROW(limits_ban_s, "limits.ban_s", BK_T_INT, 1, 2592000, "3600",
        "Seconds a ban lasts; it begins anew when the scan goes on. beckon ban lift ends one",
        NULL),
    ROW(limits_refresh_s, "limits.refresh_s", BK_T_INT, 1, 60, "3",
        "How often workers read the bans in force", NULL),
    BK_SETTING_ROW_END,
};

static const struct bk_setting_row listener_rows[] = {
    BK_LISTENER_ROWS,
    BK_SETTING_ROW(
        struct bk_listener_settings, kind, "kind", BK_T_ENUM, 0, 0, "mtls",
        "What phones show: mtls, their factory certificate; enrolment, a secret of their "
        "own; legacy, their factory certificate by TLS 1.0 and later, for old phones, in "
        "a process with legacy listeners alone and under trust roots marked legacy",
        "mtls enrolment legacy"),
    BK_SETTING_ROW(struct bk_listener_settings, auth, "auth", BK_T_ENUM, 0, 0, "url",
                   "Where phones on an enrolment listener have their secret: in the URL, or as the "
                   "password of HTTP Basic or Digest authentication",
                   "url basic digest"),
    BK_SETTING_ROW(
        struct bk_listener_settings, upload_max_bytes, "upload_bytes", BK_T_INT, 0, BK_UPLOAD_MAX,
        "262144",
        "Longest file that a phone may write (its log, contacts, what was changed at it); "
        "a longer one is answered 413. 0: none may be written",
        NULL),
    BK_SETTING_ROW_END,
};

#define HOST_ROW(...) BK_SETTING_ROW(struct cfg_host_settings, __VA_ARGS__)

static const struct bk_setting_row host_rows[] = {
    HOST_ROW(listener, "listener", BK_T_TEXT, 1, 32, NULL,
             "Name of the listener that answers to these host names", NULL),
    HOST_ROW(names, "names", BK_T_TEXT, 1, 1024, NULL,
             "Host names, comma separated: a phone that asks for one of them (SNI) gets these "
             "certificates instead of the listener's",
             NULL),
    HOST_ROW(cert, "cert", BK_T_TEXT, 1, 1024, NULL,
             "PEM files of the certificates for these names, as of listeners", NULL),
    HOST_ROW(key, "key", BK_T_TEXT, 1, 1024, NULL,
             "PEM files of their private keys, in the same order", NULL),
    HOST_ROW(makers, "makers", BK_T_TEXT, 0, 512, "",
             "Makers, comma separated, whose phones are told url instead of what all others call",
             NULL),
    HOST_ROW(url, "url", BK_T_TEXT, 0, 200, "",
             "What phones of these makers call, written like public_url", NULL),
    BK_SETTING_ROW_END,
};

static const struct bk_setting_group groups[] = {
    BK_LISTENER_GROUP(struct cfg_settings, listener_rows),
    {"host", host_rows, sizeof(struct cfg_host_settings), offsetof(struct cfg_host_settings, name),
     offsetof(struct cfg_settings, hosts), offsetof(struct cfg_settings, host_count), CFG_HOST_MAX},
    {NULL, NULL, 0, 0, 0, 0, 0},
};

const struct bk_settings cfg_settings_table = {
    .service = "beckon-config",
    .summary = "Serves phones their configuration over mutually authenticated TLS.",
    .rows = rows,
    .groups = groups,
};
