/*
 * The metric table of beckon-api, in the order of enum api_metric.
 */
#include "front.h"

const struct bk_metric_row api_metric_rows[API_M_COUNT] = {
    BK_WEB_METRIC_ROWS,
    {"beckon_api_calls_total", "result=\"good\"", "Calls by result", false},
    {"beckon_api_calls_total", "result=\"refused\"", "Calls by result", false},
    {"beckon_api_calls_total", "result=\"fault\"", "Calls by result", false},
    {"beckon_api_tokens_refused_total", NULL, "Access tokens that were none of ours", false},
    {"beckon_api_logins_total", "result=\"good\"", "Logins by result", false},
    {"beckon_api_logins_total", "result=\"refused\"", "Logins by result", false},
    {"beckon_api_repeated_total", NULL, "Calls answered from an Idempotency-Key", false},
    {"beckon_api_calls", NULL, "Calls that wait or are under way", true},
    {"beckon_pg_up", NULL, "Workers connected to PostgreSQL", true},
    {"beckon_doorbells_lost_total", NULL, "Doorbells not rung: no Redis", false},
};
