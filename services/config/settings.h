/*
 * Settings of beckon-config: one table of rows (settings.c), this struct as their target.
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include <stdint.h>

#include "web/server_settings.h"

/* bk_listener_settings.kind: what a phone must show, in the words of listener.<name>.kind. */
enum cfg_listener_kind {
    CFG_LISTENER_MTLS,      /* its factory certificate: else there is no HTTP */
    CFG_LISTENER_ENROLMENT, /* a secret of its own; nobody is asked for a certificate */
    CFG_LISTENER_LEGACY /* its factory certificate, by TLS of any age; in processes of its own */
};

/* bk_listener_settings.auth, of enrolment listeners: where that secret is. */
enum cfg_listener_auth { CFG_AUTH_URL, CFG_AUTH_BASIC, CFG_AUTH_DIGEST };

/* A host name with certificates of its own, and whose phones are sent there. */
#define CFG_HOST_MAX 16
struct cfg_host_settings {
    char *name;
    char *listener, *names, *cert, *key, *makers, *url;
};

struct cfg_settings {
    struct bk_server_settings server;
    struct cfg_host_settings *hosts;
    size_t host_count;
    char *public_url, *enrolment_url, *models_dir;
    int64_t requests_max;
    int64_t pg_queue_max, pg_in_flight_max, pg_query_timeout_ms, pg_connect_timeout_ms;
    int64_t visits_queue_max, visits_flush_ms, trust_refresh_s;
    int64_t uploads_per_hour, uploads_max_bytes;
    int64_t limits_scan_subjects, limits_failures, limits_window_s, limits_ban_s, limits_refresh_s;
};

extern const struct bk_settings cfg_settings_table;

/* Judge what the rows cannot: BK_ERR_INVALID with a detail that names setting and cure. */
BK_MUST_USE enum bk_err cfg_settings_check(const struct cfg_settings *settings,
                                           struct bk_detail *ret_detail);

/* Of a process whose listeners are legacy ones: it believes legacy trust roots, and no others. */
bool cfg_is_legacy(const struct cfg_settings *settings);

/*
 * What phones of this maker are to call that came by a listener of that kind: its host's URL, else
 * public_url or, on enrolment listeners, enrolment_url. Without a slash at the end; the settings'.
 */
const char *cfg_public_url(const struct cfg_settings *settings, enum cfg_listener_kind kind,
                           struct bk_str maker);

/* The listener that a peer came by. */
static inline const struct bk_listener_settings *cfg_listener_of(const struct bk_peer *peer)
{
    return peer->service_row;
}

#endif
