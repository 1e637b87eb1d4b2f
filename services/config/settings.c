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
    ROW(enrolment_url, "enrolment_url", BK_T_TEXT, 0, 200, "",
        "What phones without a usable certificate call, written like public_url and leading to an "
        "enrolment listener; empty: nobody enrols",
        NULL),
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

/* --- what rows cannot say of each other --- */

static enum bk_err check_url(const char *key, const char *url, struct bk_detail *ret_detail)
{
    struct bk_str text = bk_str_of(url);
    struct bk_str host =
        bk_str_starts(text, BK_STR("https://")) ? bk_str_slice(text, 8, text.len) : BK_STR_NONE;
    if (host.len > 0 && bk_str_find(host, '/') < 0)
        return BK_OK;
    bk_detail_set(ret_detail,
                  "%s: must be https://host or https://host:port, without a slash at the end", key);
    return BK_ERR_INVALID;
}

static enum bk_err check_listeners(const struct cfg_settings *settings,
                                   struct bk_detail *ret_detail)
{
    const struct bk_server_settings *server = &settings->server;
    size_t legacy_count = 0;
    for (size_t i = 0; i < server->listener_count; i++) {
        const struct bk_listener_settings *row = &server->listeners[i];
        legacy_count += row->kind == CFG_LISTENER_LEGACY;
        if (row->auth != CFG_AUTH_URL && row->kind != CFG_LISTENER_ENROLMENT) {
            bk_detail_set(ret_detail,
                          "listener.%s.auth: of enrolment listeners only; set "
                          "listener.%s.kind = enrolment, or take it away",
                          row->name, row->name);
            return BK_ERR_INVALID;
        }
        if (row->kind == CFG_LISTENER_ENROLMENT && settings->enrolment_url[0] == '\0') {
            bk_detail_set(ret_detail,
                          "listener.%s: nobody can enrol there before enrolment_url says what "
                          "phones call",
                          row->name);
            return BK_ERR_INVALID;
        }
    }
    if (legacy_count > 0 && legacy_count < server->listener_count) {
        bk_detail_set(ret_detail,
                      "legacy listeners have a process of their own: give them to a second "
                      "beckon-config whose listeners are all of kind legacy");
        return BK_ERR_INVALID;
    }
    return BK_OK;
}

bool cfg_is_legacy(const struct cfg_settings *settings)
{
    return settings->server.listeners[0].kind == CFG_LISTENER_LEGACY; /* as all are then */
}

enum bk_err cfg_settings_check(const struct cfg_settings *settings, struct bk_detail *ret_detail)
{
    enum bk_err err = check_url("public_url", settings->public_url, ret_detail);
    if (err == BK_OK && settings->enrolment_url[0] != '\0')
        err = check_url("enrolment_url", settings->enrolment_url, ret_detail);
    if (err == BK_OK)
        err = check_listeners(settings, ret_detail);
    return err;
}
