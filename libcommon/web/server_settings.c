/*
 * From the settings that every server has to what bk_server_run takes.
 */
#include "web/server_settings.h"

#include <stdio.h>
#include <unistd.h>

#include "base/harden.h"
#include "base/log.h"
#include "io/pg.h"

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

bool bk_server_begin(const struct bk_settings *table, int argc, char **argv, void *settings,
                     const struct bk_server_settings *server, bool *ret_check_only, int *ret_code)
{
    struct bk_settings_flags flags = {0};
    bk_harden_process();
    if (bk_settings_read(table, argc, argv, environ, settings, &flags, stderr) != BK_OK) {
        *ret_code = 2;
        return false;
    }
    if (flags.help || flags.markdown) {
        if (flags.help)
            bk_settings_print_help(table, stdout);
        else
            bk_settings_print_markdown(table, stdout);
        *ret_code = 0;
        return false;
    }
    bk_log_setup(table->service, (enum bk_log_level)server->log_level, server->log_json,
                 STDERR_FILENO);
    *ret_check_only = flags.check_only;
    return true;
}

void bk_server_fill(const struct bk_server_settings *settings, struct bk_listener_options *rows,
                    struct bk_server_options *ret_options)
{
    for (size_t i = 0; i < settings->listener_count; i++) {
        const struct bk_listener_settings *from = &settings->listeners[i];
        rows[i] = (struct bk_listener_options){
            .name = from->name,
            .address = or_empty(from->address),
            .certs = or_empty(from->cert),
            .keys = or_empty(from->key),
            .is_tls13_only = from->tls_min == 1,
            .proxy_from = or_empty(from->proxy_from),
            .service_row = from,
        };
    }
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t workers =
        settings->workers > 0 ? (size_t)settings->workers : (size_t)(cores > 0 ? cores : 1);
    *ret_options = (struct bk_server_options){
        .listeners = rows,
        .listener_count = settings->listener_count,
        .admin_address = settings->admin_address,
        .user = settings->user,
        .has_seccomp = settings->has_seccomp,
        .allows_root = settings->allows_root,
        .worker_count = workers < BK_WORKER_MAX ? workers : BK_WORKER_MAX,
        .head_max_bytes = (size_t)settings->head_max_bytes,
        .bodies_max_bytes = (size_t)settings->bodies_max_bytes,
        .connections_max = (size_t)settings->connections_max,
        .network_percent = (size_t)settings->network_percent,
        .handshakes_max = (size_t)settings->handshakes_max,
        .early_timeout_ms = (int)settings->early_timeout_s * 1000,
        .idle_timeout_ms = (int)settings->idle_timeout_s * 1000,
        .drain_ms = (int)settings->drain_s * 1000,
    };
}

struct bk_doorbell_options bk_server_doorbell(const struct bk_server_settings *settings)
{
    return (struct bk_doorbell_options){settings->redis_address, settings->redis_user,
                                        settings->redis_password_file, settings->redis_prefix};
}

enum bk_err bk_server_settings_check(const struct bk_server_settings *settings,
                                     struct bk_master_keys **ret_master_keys,
                                     struct bk_detail *ret_detail)
{
    if (settings->pg == NULL) {
        bk_detail_set(ret_detail, "pg: not set; give a libpq connection string");
        return BK_ERR_INVALID;
    }
    if (settings->listener_count == 0) {
        bk_detail_set(ret_detail, "no listener; set listener.<name>.address, .cert and .key");
        return BK_ERR_INVALID;
    }
    const struct bk_doorbell_options bell = bk_server_doorbell(settings);
    const struct bk_master_key_names keys = {settings->master_key_file,
                                             settings->master_key_previous_file,
                                             settings->master_key, settings->master_key_previous};
    enum bk_err err = bk_pg_dsn_check(settings->pg, ret_detail);
    if (err == BK_OK)
        err = bk_doorbell_check(&bell, ret_detail);
    if (err == BK_OK)
        err = bk_master_keys_new(&keys, ret_master_keys, ret_detail);
    return err;
}

int bk_server_refuse(const char *service, const struct bk_detail *detail)
{
    fprintf(stderr, "%s: %s\n", service,
            detail->text[0] != '\0' ? detail->text : "no memory for what workers share");
    return 1;
}
