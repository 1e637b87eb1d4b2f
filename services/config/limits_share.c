/*
 * The counters of all workers, on all hosts, added up in Redis. Nobody waits for it: a failure is
 * told, and what the answer says is remembered for the next one. A worker tells of each MAC that is
 * new to it, and of failures by the fiftieth of their limit, and nothing any more once a limit is
 * passed; so a flood costs Redis little, and what it costs is bounded. Without Redis, or when it
 * was emptied, each worker goes by what it has seen itself.
 *
 *   <prefix>:limit:<who>:<window>:macs      HyperLogLog of the MACs named without proof
 *   <prefix>:limit:<who>:<window>:failures  a number
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "limits_parts.h"

enum {
    IN_FLIGHT_MAX = 200, /* of the connection's 1,000 commands, which the doorbell shares */
    FAILURE_STEPS = 50,
    KEY_SIZE = 192,
    NUMBER_SIZE = 24
};

/* A question to Redis under way. The counter may have been given up before the answer comes. */
struct question {
    struct cfg_limits *limits;
    struct cfg_who who;
    int64_t window;
    bool is_of_macs;
};

static void on_answer(void *ctx, enum bk_err err, const struct bk_redis_reply *reply,
                      const struct bk_detail *detail)
{
    struct question *question = ctx;
    struct cfg_limits *limits = question->limits;
    int64_t now_ms = bk_clock_wall_ms();
    limits->share_in_flight--;
    struct cfg_counter *counter = cfg_counters_find(limits->counters, &question->who, now_ms);
    if (err == BK_OK && counter != NULL && counter->window == question->window) {
        int64_t count = bk_redis_int(reply);
        uint32_t bounded = (uint32_t)(count < 0 ? 0 : count > UINT32_MAX ? UINT32_MAX : count);
        if (question->is_of_macs)
            counter->shared_subjects = bounded;
        else
            counter->shared_failures = bounded;
    }
    if (err == BK_ERR_DENIED && !limits->is_denial_told) {
        limits->is_denial_told = true;
        bk_log(BK_LOG_WARN, "Redis denies what limits are shared by; see docs/redis.md",
               BK_KV("detail", detail->text));
    }
    bk_free(question);
}

static void print_key(const struct cfg_limits *limits, const struct cfg_counter *counter,
                      const char *what, char (*ret_key)[KEY_SIZE])
{
    char who[2 * CFG_WHO_BYTES + 1];
    if (counter->who.scope == CFG_CERTIFICATE)
        bk_hex_print(counter->who.bytes, sizeof counter->who.bytes, who);
    else
        cfg_who_print(&counter->who, (char(*)[CFG_WHO_TEXT_SIZE])who);
    snprintf(*ret_key, sizeof *ret_key, "%s:limit:%s:%" PRId64 ":%s",
             limits->worker->setup->settings->server.redis_prefix, who, counter->window, what);
}

/* Two windows: it is read in its own only, but clocks of hosts differ. */
static void expire(struct bk_redis *redis, const struct cfg_limits *limits, struct bk_str key)
{
    char seconds[NUMBER_SIZE];
    snprintf(seconds, sizeof seconds, "%" PRId64,
             2 * limits->worker->setup->settings->limits_window_s);
    const struct bk_str args[] = {BK_STR("EXPIRE"), key, bk_str_of(seconds)};
    (void)!bk_redis_send(redis, args, BK_COUNT(args), 0, NULL, NULL); /* the next one does it */
}

/* False: it was not sent. */
static bool ask(struct bk_redis *redis, struct cfg_limits *limits,
                const struct cfg_counter *counter, bool is_of_macs, const struct bk_str *args,
                size_t count)
{
    struct question *question =
        limits->share_in_flight < IN_FLIGHT_MAX ? bk_alloc(sizeof *question) : NULL;
    if (question == NULL)
        return false;
    *question = (struct question){limits, counter->who, counter->window, is_of_macs};
    if (bk_redis_send(redis, args, count, 0, on_answer, question) != BK_OK) {
        bk_free(question);
        return false;
    }
    limits->share_in_flight++;
    return true;
}

static void share_mac(struct bk_redis *redis, struct cfg_limits *limits,
                      const struct cfg_counter *counter, const struct bk_mac *mac)
{
    char key[KEY_SIZE], text[BK_MAC_TEXT_SIZE];
    print_key(limits, counter, "macs", &key);
    bk_mac_print(mac, &text);
    const struct bk_str add[] = {BK_STR("PFADD"), bk_str_of(key), bk_str_of(text)};
    const struct bk_str read[] = {BK_STR("PFCOUNT"), bk_str_of(key)};
    if (bk_redis_send(redis, add, BK_COUNT(add), 0, NULL, NULL) != BK_OK)
        return;
    expire(redis, limits, bk_str_of(key));
    (void)ask(redis, limits, counter, true, read, BK_COUNT(read));
}

static void share_failures(struct bk_redis *redis, struct cfg_limits *limits,
                           struct cfg_counter *counter)
{
    char key[KEY_SIZE], number[NUMBER_SIZE];
    print_key(limits, counter, "failures", &key);
    snprintf(number, sizeof number, "%" PRIu32, counter->untold);
    const struct bk_str args[] = {BK_STR("INCRBY"), bk_str_of(key), bk_str_of(number)};
    if (!ask(redis, limits, counter, false, args, BK_COUNT(args)))
        return;
    counter->untold = 0;
    expire(redis, limits, bk_str_of(key));
}

void cfg_limits_share(struct cfg_limits *limits, struct cfg_counter *counter,
                      const struct bk_mac *mac)
{
    struct bk_redis *redis = bk_doorbell_redis(limits->worker->doorbell);
    if (redis == NULL || !bk_redis_is_up(redis))
        return;
    uint32_t subjects_max = cfg_limits_subjects_max(limits, counter->who.scope);
    if (mac != NULL && cfg_counter_subjects(counter) <= subjects_max)
        share_mac(redis, limits, counter, mac);
    uint32_t failures_max = cfg_limits_failures_max(limits, counter->who.scope);
    if (failures_max > 0 && cfg_counter_failures(counter) <= failures_max &&
        counter->untold > failures_max / FAILURE_STEPS)
        share_failures(redis, limits, counter);
}
