/*
 * What the rows of the settings cannot say of each other, and what follows from several of them.
 */
#include <stdio.h>

#include "settings.h"
#include "vendor/vendor.h"

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

static const struct bk_listener_settings *listener_of(const struct cfg_settings *settings,
                                                      const struct cfg_host_settings *host)
{
    const struct bk_server_settings *server = &settings->server;
    for (size_t i = 0; i < server->listener_count; i++)
        if (bk_str_eq(bk_str_of(server->listeners[i].name), bk_str_of(host->listener)))
            return &server->listeners[i];
    return NULL;
}

static bool is_of_maker(const struct cfg_host_settings *host, struct bk_str maker)
{
    struct bk_str rest = bk_str_of(host->makers);
    while (rest.len > 0)
        if (bk_str_eq(bk_str_trim(bk_str_cut(&rest, ',')), maker))
            return true;
    return false;
}

/* The host whose URL phones of this maker are told on listeners of this kind; NULL: none. */
static const struct cfg_host_settings *host_for(const struct cfg_settings *settings,
                                                enum cfg_listener_kind kind, struct bk_str maker)
{
    for (size_t i = 0; i < settings->host_count; i++) {
        const struct cfg_host_settings *host = &settings->hosts[i];
        if ((enum cfg_listener_kind)listener_of(settings, host)->kind == kind &&
            is_of_maker(host, maker))
            return host;
    }
    return NULL;
}

static enum bk_err check_makers(const struct cfg_settings *settings,
                                const struct cfg_host_settings *host, struct bk_detail *ret_detail)
{
    enum cfg_listener_kind kind = (enum cfg_listener_kind)listener_of(settings, host)->kind;
    struct bk_str rest = bk_str_of(host->makers);
    while (rest.len > 0) {
        struct bk_str maker = bk_str_trim(bk_str_cut(&rest, ','));
        if (bk_vendor_find(maker) == NULL) {
            char known[BK_VENDOR_NAMES_SIZE];
            bk_vendor_names_print(&known);
            bk_detail_set(ret_detail, "host.%s.makers: \"%.*s\" is no maker; there are %s",
                          host->name, BK_STR_ARG(maker), known);
            return BK_ERR_INVALID;
        }
        const struct cfg_host_settings *first = host_for(settings, kind, maker);
        if (first != host) {
            bk_detail_set(ret_detail,
                          "host.%s.makers: phones of %.*s are sent to host.%s already, take them "
                          "away from one",
                          host->name, BK_STR_ARG(maker), first->name);
            return BK_ERR_INVALID;
        }
    }
    return BK_OK;
}

static enum bk_err check_hosts(const struct cfg_settings *settings, struct bk_detail *ret_detail)
{
    for (size_t i = 0; i < settings->host_count; i++) {
        const struct cfg_host_settings *host = &settings->hosts[i];
        if (host->listener == NULL || host->names == NULL || host->cert == NULL ||
            host->key == NULL) {
            bk_detail_set(ret_detail, "host.%s: set .listener, .names, .cert and .key", host->name);
            return BK_ERR_INVALID;
        }
        if (listener_of(settings, host) == NULL) {
            bk_detail_set(ret_detail, "host.%s.listener: there is no listener.%s", host->name,
                          host->listener);
            return BK_ERR_INVALID;
        }
        if ((host->makers[0] == '\0') != (host->url[0] == '\0')) {
            bk_detail_set(ret_detail,
                          "host.%s: .makers and .url go together; without both, phones are sent "
                          "there by nobody but a redirect service",
                          host->name);
            return BK_ERR_INVALID;
        }
    }
    return BK_OK;
}

/* Once every host has its listener. */
static enum bk_err check_host_urls(const struct cfg_settings *settings,
                                   struct bk_detail *ret_detail)
{
    enum bk_err err = BK_OK;
    for (size_t i = 0; err == BK_OK && i < settings->host_count; i++) {
        const struct cfg_host_settings *host = &settings->hosts[i];
        char key[64];
        snprintf(key, sizeof key, "host.%s.url", host->name);
        if (host->url[0] != '\0')
            err = check_url(key, host->url, ret_detail);
        if (err == BK_OK)
            err = check_makers(settings, host, ret_detail);
    }
    return err;
}

const char *cfg_public_url(const struct cfg_settings *settings, enum cfg_listener_kind kind,
                           struct bk_str maker)
{
    const struct cfg_host_settings *host = host_for(settings, kind, maker);
    if (host != NULL)
        return host->url;
    return kind == CFG_LISTENER_ENROLMENT ? settings->enrolment_url : settings->public_url;
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
    if (err == BK_OK)
        err = check_hosts(settings, ret_detail);
    if (err == BK_OK)
        err = check_host_urls(settings, ret_detail);
    return err;
}
