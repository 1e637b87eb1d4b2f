/*
 * Settings of beckon-api: one table of rows (settings.c), this struct as their target.
 */
#ifndef API_SETTINGS_H
#define API_SETTINGS_H

#include <stdint.h>

#include "web/server_settings.h"

struct api_settings {
    struct bk_server_settings server;
    char *jwt_key_file, *jwt_previous_key_file, *jwt_issuer, *jwt_audience, *enrolment_url,
        *public_url, *models_dir;
    int64_t threads, queue_max, login_threads, login_queue_max;
    int64_t body_max_bytes, pg_timeout_ms;
};

extern const struct bk_settings api_settings_table;

/* What rows cannot say. BK_ERR_INVALID with a detail that names key and cure. */
BK_MUST_USE enum bk_err api_settings_check(const struct api_settings *settings,
                                           struct bk_detail *ret_detail);

#endif
