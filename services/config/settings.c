/*
 * The rows: defaults, ranges and the manual of beckon-config's settings.
 */
#include "settings.h"

#include "counters.h"

#define ROW(...) BK_SETTING_ROW(struct cfg_settings, __VA_ARGS__)

static const struct bk_setting_row rows[] = {
    BK_SERVER_ROWS(struct cfg_settings, "beckon_config", "127.0.0.1:9101"),
    ROW(public_url, "public_url", BK_T_TEXT, 9, 200, NULL,
        "What phones call, without a slash at the end: https://host or https://host:port", NULL),
    ROW(models_dir, "models_dir", BK_T_PATH, 0, 1024, "",
        "Folder of further <vendor>.tsv model tables, read at start", NULL),
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
    BK_SETTING_ROW_END,
};

static const struct bk_setting_row listener_rows[] = {
    BK_LISTENER_ROWS,
    BK_SETTING_ROW(struct bk_listener_settings, client_certificate, "client_certificate", BK_T_ENUM,
                   0, 0, "required", "Must a phone show its factory certificate?", "required none"),
    BK_SETTING_ROW_END,
};

static const struct bk_setting_group groups[] = {
    BK_LISTENER_GROUP(struct cfg_settings, listener_rows),
    {NULL, NULL, 0, 0, 0, 0, 0},
};

const struct bk_settings cfg_settings_table = {
    .service = "beckon-config",
    .summary = "Serves phones their configuration over mutually authenticated TLS.",
    .rows = rows,
    .groups = groups,
};
