/*
 * The metric table of beckon-config, in the order of enum cfg_metric.
 */
#include "worker.h"

const struct bk_metric_row cfg_metric_rows[CFG_M_COUNT] = {
    BK_WEB_METRIC_ROWS,
    {"beckon_config_fetches_total", "result=\"served\"", "Fetches by result", false},
    {"beckon_config_fetches_total", "result=\"not_modified\"", "Fetches by result", false},
    {"beckon_config_fetches_total", "result=\"refused\"", "Fetches by result", false},
    {"beckon_config_fetches_total", "result=\"fault\"", "Fetches by result", false},
    {"beckon_uploads_total", "result=\"stored\"", "Files that phones wrote, by result", false},
    {"beckon_uploads_total", "result=\"too_often\"", "Files that phones wrote, by result", false},
    {"beckon_uploads_total", "result=\"too_large\"", "Files that phones wrote, by result", false},
    {"beckon_pg_up", NULL, "Workers connected to PostgreSQL", true},
    {"beckon_pg_queue", NULL, "Statements waiting or in flight", true},
    {"beckon_visits_written_total", NULL, "Visits written", false},
    {"beckon_visits_dropped_total", NULL, "Visits dropped: queue full or refused", false},
    {"beckon_visits_queue", NULL, "Visits not written yet", true},
    {"beckon_strangers_dropped_total", NULL, "Refusals of strangers not recorded", false},
    {"beckon_doorbells_lost_total", NULL, "Doorbells not rung: no Redis", false},
    {"beckon_trust_roots", NULL, "Trust roots in use, summed over workers", true},
    {"beckon_trust_roots_bad", NULL, "Trust root rows that could not be used, summed", true},
    {"beckon_trust_root_expires_at_seconds", NULL,
     "Earliest end of the trust roots, as the first worker uses them", true},
    {"beckon_failures_total", "kind=\"handshake\"", "Failures that limits count, by kind", false},
    {"beckon_failures_total", "kind=\"head\"", "Failures that limits count, by kind", false},
    {"beckon_failures_total", "kind=\"fetch\"", "Failures that limits count, by kind", false},
    {"beckon_guesses_stopped_total", NULL,
     "Fetches under a foreign MAC by a certificate over its limit, refused without a look-up",
     false},
    {"beckon_bans", NULL, "Bans in force, summed over workers", true},
    {"beckon_ban_requests_total", "result=\"made\"", "Bans asked for by limits", false},
    {"beckon_ban_requests_total", "result=\"known\"", "Bans asked for by limits", false},
    {"beckon_ban_requests_total", "result=\"good\"", "Bans asked for by limits", false},
    {"beckon_ban_requests_total", "result=\"lifted\"", "Bans asked for by limits", false},
    {"beckon_ban_requests_total", "result=\"failed\"", "Bans asked for by limits", false},
};
