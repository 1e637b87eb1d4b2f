/*
 * The settings that every server has, and the beginning of its main. A service embeds the struct in
 * its own and puts the rows into its own table (settings.c), so that their manual and defaults
 * stand beside those of its own rows.
 */
#ifndef WEB_SERVER_SETTINGS_H
#define WEB_SERVER_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/master_keys.h"
#include "conf/settings.h"
#include "io/doorbell.h"
#include "web/server.h"

struct bk_listener_settings {
    char *name;
    char *address, *cert, *key, *proxy_from;
    int tls_min; /* index in "1.2 1.3" */
    /* Of beckon-config, whose settings.h names the values; others have no such rows. */
    int kind, auth;
    int64_t upload_max_bytes;
};

struct bk_server_settings {
    char *pg, *master_key_file, *master_key, *master_key_previous_file, *master_key_previous;
    char *admin_address;
    char *user; /* empty: who started it */
    bool has_seccomp, allows_root;
    char *redis_address, *redis_user, *redis_password_file, *redis_prefix;
    int64_t workers, head_max_bytes, bodies_max_bytes, connections_max, network_percent,
        handshakes_max;
    int64_t early_timeout_s, idle_timeout_s, drain_s;
    int log_level; /* index in "debug info warn error": enum bk_log_level */
    bool log_json;
    struct bk_listener_settings *listeners;
    size_t listener_count;
};

/* One row: member of the service's struct, then the option. */
#define BK_SETTING_ROW(type, member, key, kind, min, max, def, help, words) \
    { \
        {key, kind, min, max, def, help, words}, offsetof(type, member), false \
    }
#define BK_SETTING_ROW_END \
    { \
        {NULL, BK_T_TEXT, 0, 0, NULL, NULL, NULL}, 0, false \
    }

/* clang-format off */
/* type: the service's struct, whose member `server` is a bk_server_settings. */
#define BK_SERVER_ROWS(type, role, admin) \
    BK_SETTING_ROW(type, server.pg, "pg", BK_T_TEXT, 1, 1024, NULL, \
        "libpq connection string, e.g. host=/run/postgresql dbname=beckon user=" role, NULL), \
    BK_SETTING_ROW(type, server.master_key_file, "master_key_file", BK_T_PATH, 0, 1024, "", \
        "File of 64 hexadecimal digits that opens the tenants' data keys; beckon keys new makes " \
        "one", NULL), \
    BK_SETTING_ROW(type, server.master_key, "master_key", BK_T_SECRET, 0, 64, "", \
        "The 64 digits themselves, where no file can be mounted", NULL), \
    BK_SETTING_ROW(type, server.master_key_previous_file, "master_key_previous_file", BK_T_PATH, 0, \
        1024, "", "File with the key that master_key_file held before, which opens as well while " \
        "the key changes (docs/keys.md); it need not exist", NULL), \
    BK_SETTING_ROW(type, server.master_key_previous, "master_key_previous", BK_T_SECRET, 0, 64, "", \
        "The same as 64 digits", NULL), \
    BK_SETTING_ROW(type, server.user, "user", BK_T_TEXT, 0, 32, "", \
        "Account to go on as when started as root, once sockets are bound; it must be able to read " \
        "every file named here", NULL), \
    BK_SETTING_ROW(type, server.has_seccomp, "harden.seccomp", BK_T_BOOL, 0, 0, "on", \
        "Give up the system calls that a server does not need", NULL), \
    BK_SETTING_ROW(type, server.allows_root, "harden.allow_root", BK_T_BOOL, 0, 0, "no", \
        "Serve as root, where no account can be had", NULL), \
    BK_SETTING_ROW(type, server.workers, "workers", BK_T_INT, 0, BK_WORKER_MAX, "0", \
        "Worker processes; 0: one for each core", NULL), \
    BK_SETTING_ROW(type, server.admin_address, "admin.address", BK_T_ADDRESS, 0, 128, admin, \
        "Where /metrics, /healthz and /readyz are served, in the clear", NULL), \
    BK_SETTING_ROW(type, server.log_level, "log.level", BK_T_ENUM, 0, 0, "info", \
        "Lowest level that is logged", "debug info warn error"), \
    BK_SETTING_ROW(type, server.log_json, "log.json", BK_T_BOOL, 0, 0, "no", \
        "Log lines as JSON instead of key=value", NULL), \
    BK_SETTING_ROW(type, server.head_max_bytes, "limits.head_bytes", BK_T_INT, 1024, 65536, \
        "16384", "Longest request head; a longer one is answered 400", NULL), \
    BK_SETTING_ROW(type, server.bodies_max_bytes, "limits.bodies_bytes", BK_T_INT, 65536, \
        4294967296, "67108864", "Bytes of request bodies that one worker reads and serves at once; " \
        "one more body is answered 503. Those of up to 16 KiB are always read", NULL), \
    BK_SETTING_ROW(type, server.connections_max, "limits.connections", BK_T_INT, 16, 100000, \
        "4000", "Connections of one worker; one more is closed at once", NULL), \
    BK_SETTING_ROW(type, server.network_percent, "limits.network_percent", BK_T_INT, 1, 100, "75", \
        "What part of limits.connections one network (/24, /48) may have, in percent; 100 where a " \
        "balancer without PROXY header makes all of them one network's", NULL), \
    BK_SETTING_ROW(type, server.handshakes_max, "limits.handshakes", BK_T_INT, 4, 10000, "256", \
        "TLS handshakes of one worker at once, a quarter of them of one network; others wait for " \
        "their turn", NULL), \
    BK_SETTING_ROW(type, server.early_timeout_s, "limits.early_timeout_s", BK_T_INT, 1, 120, "10", \
        "Seconds for the TLS handshake and the first request head, and before them for the " \
        "handshake's turn to come", NULL), \
    BK_SETTING_ROW(type, server.idle_timeout_s, "limits.idle_timeout_s", BK_T_INT, 1, 600, "10", \
        "Seconds a kept connection may wait for its next request, for its whole head, and then " \
        "for its whole body", NULL), \
    BK_SETTING_ROW(type, server.drain_s, "drain_s", BK_T_INT, 0, 300, "10", \
        "Seconds that requests in flight get to finish after SIGTERM", NULL), \
    BK_SETTING_ROW(type, server.redis_address, "redis.address", BK_T_TEXT, 0, 128, "", \
        "unix:/path or a numeric address:port; empty: no Redis, jobs wait for the next sweep", \
        NULL), \
    BK_SETTING_ROW(type, server.redis_user, "redis.user", BK_T_TEXT, 0, 64, "", \
        "ACL user; empty: default", NULL), \
    BK_SETTING_ROW(type, server.redis_password_file, "redis.password_file", BK_T_PATH, 0, 1024, \
        "", "File with the password on one line; empty: none", NULL), \
    BK_SETTING_ROW(type, server.redis_prefix, "redis.prefix", BK_T_TEXT, 1, 32, "beckon", \
        "Beginning of all keys; the same for all services of an installation", NULL)

#define BK_LISTENER_ROWS \
    BK_SETTING_ROW(struct bk_listener_settings, address, "address", BK_T_ADDRESS, 1, 128, NULL, \
        "Literal address and port: 0.0.0.0:443, [::]:443", NULL), \
    BK_SETTING_ROW(struct bk_listener_settings, cert, "cert", BK_T_TEXT, 1, 1024, NULL, \
        "PEM files of the server's certificates, chain behind; comma separated, at most 4: " \
        "P-256 beside RSA", NULL), \
    BK_SETTING_ROW(struct bk_listener_settings, key, "key", BK_T_TEXT, 1, 1024, NULL, \
        "PEM files of their private keys, in the same order", NULL), \
    BK_SETTING_ROW(struct bk_listener_settings, tls_min, "tls_min", BK_T_ENUM, 0, 0, "1.2", \
        "Lowest TLS version", "1.2 1.3"), \
    BK_SETTING_ROW(struct bk_listener_settings, proxy_from, "proxy_from", BK_T_TEXT, 0, 512, "", \
        "Addresses or CIDR ranges, comma separated, that must begin with a PROXY header " \
        "(v1 or v2); from others it is refused", NULL)

/* The group of the rows that are given, whose service's struct is type. */
#define BK_LISTENER_GROUP(type, listener_rows) \
    {"listener", listener_rows, sizeof(struct bk_listener_settings), \
     offsetof(struct bk_listener_settings, name), offsetof(type, server.listeners), \
     offsetof(type, server.listener_count), BK_LISTENER_MAX}
/* clang-format on */

/*
 * What comes first in a server's main: harden the process (base/harden.h), read the settings (into
 * settings, of which server is a member), print the manual when that was asked for, open the log.
 * False: leave with *ret_code.
 */
bool bk_server_begin(const struct bk_settings *table, int argc, char **argv, void *settings,
                     const struct bk_server_settings *server, bool *ret_check_only, int *ret_code);

/*
 * What settings say of a server. rows holds BK_LISTENER_MAX and outlives the server. Left to the
 * caller: service, settings, metrics, and what listeners have beyond these settings.
 */
void bk_server_fill(const struct bk_server_settings *settings, struct bk_listener_options *rows,
                    struct bk_server_options *ret_options);

/* Where the settings' doorbell is; borrows from them. */
struct bk_doorbell_options bk_server_doorbell(const struct bk_server_settings *settings);

/*
 * Judge what every server must be told, and read the master keys, which are the caller's.
 * BK_ERR_INVALID, BK_ERR_IO with a detail that names setting and cure.
 */
BK_MUST_USE enum bk_err bk_server_settings_check(const struct bk_server_settings *settings,
                                                 struct bk_master_keys **ret_master_keys,
                                                 struct bk_detail *ret_detail);

/* Say on stderr why the server does not start; an empty detail: no memory. Returns the exit code.
 */
int bk_server_refuse(const char *service, const struct bk_detail *detail);

#endif
