/*
 * Settings of beckon-notifier: one table of rows (settings.c), this struct as their target.
 */
#ifndef NOTIFIER_SETTINGS_H
#define NOTIFIER_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/settings.h"

struct ntf_settings {
    char *pg, *master_key_file, *master_key, *master_key_previous_file, *master_key_previous;
    char *name, *admin_address, *user;
    bool has_seccomp, allows_root;
    char *redis_address, *redis_user, *redis_password_file, *redis_prefix;
    char *egress_allow, *egress_cleartext, *sip_tls_ca_file;
    int64_t sip_timeout_ms, sweep_ms, lease_s, window_s, reboot_window_s;
    int64_t offline_retry_s, offline_retry_max_s, maintain_s, drain_s, lookup_threads;
    int64_t pg_query_timeout_ms, pg_sweep_timeout_ms, pg_connect_timeout_ms;
    int log_level; /* index in "debug info warn error": enum bk_log_level */
    bool log_json;
};

extern const struct bk_settings ntf_settings_table;

#endif
