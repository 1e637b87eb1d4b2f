/*
 * Settings of beckon-config: one table of rows (settings.c), this struct as their target.
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include <stdint.h>

#include "web/server_settings.h"

struct cfg_settings {
    struct bk_server_settings server;
    char *public_url, *models_dir;
    int64_t pg_queue_max, pg_in_flight_max, pg_query_timeout_ms, pg_connect_timeout_ms;
    int64_t visits_queue_max, visits_flush_ms, trust_refresh_s;
    int64_t limits_scan_subjects, limits_failures, limits_window_s;
};

extern const struct bk_settings cfg_settings_table;

#endif
