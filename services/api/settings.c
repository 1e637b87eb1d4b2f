/*
 * The rows: defaults, ranges and the manual of beckon-api's settings.
 */
#include "settings.h"

#define ROW(...) BK_SETTING_ROW(struct api_settings, __VA_ARGS__)

static const struct bk_setting_row rows[] = {
    BK_SERVER_ROWS(struct api_settings, "beckon_api", "127.0.0.1:9102"),
    ROW(threads, "threads", BK_T_INT, 1, 64, "4",
        "Calls that one worker has under way at once; each holds a connection to PostgreSQL", NULL),
    ROW(queue_max, "queue_max", BK_T_INT, 1, 10000, "256",
        "Calls of one worker that wait or are under way; one more is answered 503", NULL),
    ROW(login_threads, "login.threads", BK_T_INT, 1, 16, "1",
        "Passwords that one worker checks at once; each takes 32 MiB and some 60 ms", NULL),
    ROW(login_queue_max, "login.queue_max", BK_T_INT, 1, 1000, "16",
        "Logins of one worker that wait or are under way; one more is answered 429", NULL),
    ROW(body_max_bytes, "limits.body_bytes", BK_T_INT, 1024, 16777216, "1048576",
        "Longest body of a request; a longer one is answered 413", NULL),
    ROW(pg_timeout_ms, "pg.statement_timeout_ms", BK_T_INT, 100, 600000, "10000",
        "A call with a statement that takes longer is answered 503", NULL),
    ROW(jwt_key_file, "jwt.key_file", BK_T_PATH, 0, 1024, "",
        "PEM file of the P-256 private key that signs access tokens; beckon keys jwt makes one",
        NULL),
    ROW(jwt_previous_key_file, "jwt.previous_key_file", BK_T_PATH, 0, 1024, "",
        "The key before it, which checks tokens and signs none; empty: none", NULL),
    ROW(jwt_issuer, "jwt.issuer", BK_T_TEXT, 1, 255, "beckon",
        "Who issues the tokens (iss); the same for all that share the key", NULL),
    ROW(jwt_audience, "jwt.audience", BK_T_TEXT, 1, 255, "beckon-api",
        "Whom the tokens are for (aud); the same for all that share the key", NULL),
    ROW(enrolment_url, "enrolment_url", BK_T_TEXT, 0, 200, "",
        "What phones without a usable certificate call, as in beckon-config's settings; empty: "
        "nobody is let enrol",
        NULL),
    ROW(models_dir, "models_dir", BK_T_PATH, 0, 1024, "",
        "Folder of further <vendor>.tsv model tables, as in beckon-config's settings", NULL),
    ROW(public_url, "public_url", BK_T_TEXT, 0, 200, "",
        "What phones call, as in beckon-config's settings, for showing what stands in their files; "
        "empty: https://beckon.invalid stands for it",
        NULL),
    BK_SETTING_ROW_END,
};

static const struct bk_setting_row listener_rows[] = {BK_LISTENER_ROWS, BK_SETTING_ROW_END};

static const struct bk_setting_group groups[] = {
    BK_LISTENER_GROUP(struct api_settings, listener_rows),
    {NULL, NULL, 0, 0, 0, 0, 0},
};

const struct bk_settings api_settings_table = {
    .service = "beckon-api",
    .summary = "Serves tenants' admins and the console: REST over HTTPS, with access tokens.",
    .rows = rows,
    .groups = groups,
};

static enum bk_err check_url(struct bk_str url, const char *key, struct bk_detail *ret_detail)
{
    struct bk_str host = url;
    if (url.len == 0)
        return BK_OK;
    if (bk_str_starts(url, BK_STR("https://")))
        host = bk_str_slice(url, 8, url.len);
    if (host.len > 0 && host.len < url.len && bk_str_find(host, '/') < 0)
        return BK_OK;
    bk_detail_set(ret_detail,
                  "%s: must be https://host or https://host:port, without a slash at the end", key);
    return BK_ERR_INVALID;
}

enum bk_err api_settings_check(const struct api_settings *settings, struct bk_detail *ret_detail)
{
    enum bk_err err = check_url(bk_str_of(settings->enrolment_url), "enrolment_url", ret_detail);
    return err == BK_OK ? check_url(bk_str_of(settings->public_url), "public_url", ret_detail)
                        : err;
}
