/*
 * Settings of beckon-config: one table of rows (settings.c), this struct as their target.
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/settings.h"
#include "web/server.h"

struct cfg_listener {
    char *name;
    char *address, *cert, *key, *proxy_from;
    int client_certificate; /* index in "required none" */
    int tls_min;            /* index in "1.2 1.3" */
};

struct cfg_settings {
    char *pg, *master_key_file, *master_key, *public_url, *admin_address, *models_dir;
    char *redis_address, *redis_user, *redis_password_file, *redis_prefix;
    int64_t workers, head_max_bytes, connections_max;
    int64_t early_timeout_s, idle_timeout_s, drain_s;
    int64_t pg_queue_max, pg_in_flight_max, pg_query_timeout_ms, pg_connect_timeout_ms;
    int64_t visits_queue_max, visits_flush_ms, trust_refresh_s;
    int log_level; /* index in "debug info warn error": enum bk_log_level */
    bool log_json;
    struct cfg_listener *listeners;
    size_t listener_count;
};

extern const struct bk_settings cfg_settings_table;

#endif
