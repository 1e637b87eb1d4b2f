/*
 * One line a fact on stderr: key=value, or JSON by a setting. Services log; libraries report to
 * their caller and log at debug at most. Never a secret: there is no way to print a bk_secret.
 *
 *   bk_log(BK_LOG_INFO, "listening", BK_KV("listener", name), BK_KV_INT("port", port));
 *
 * Values are quoted where needed and cut at 512 bytes; control characters are escaped, so a peer
 * cannot forge a line. One write(2) a line, at most 4 KiB.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum bk_log_level { BK_LOG_DEBUG, BK_LOG_INFO, BK_LOG_WARN, BK_LOG_ERROR };

struct bk_kv {
    const char *key; /* NULL ends the list */
    struct bk_str text;
    int64_t number;
    bool is_number;
};

#define BK_KV(key_, terminated_) ((struct bk_kv){(key_), bk_str_of(terminated_), 0, false})
#define BK_KV_STR(key_, str_) ((struct bk_kv){(key_), (str_), 0, false})
#define BK_KV_INT(key_, number_) ((struct bk_kv){(key_), {NULL, 0}, (int64_t)(number_), true})

/* The arguments after `what` are struct bk_kv values. */
#define bk_log(level, what, ...) \
    bk_log_line((level), (what), (const struct bk_kv[]){__VA_ARGS__, {NULL, {NULL, 0}, 0, false}})

void bk_log_line(enum bk_log_level level, const char *what, const struct bk_kv *pairs);
/* svc is printed on every line; borrowed for ever. fd -1 means silent. */
void bk_log_setup(const char *svc, enum bk_log_level lowest, bool as_json, int fd);
bool bk_log_is_on(enum bk_log_level level);

#endif
