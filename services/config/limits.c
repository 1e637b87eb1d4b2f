/*
 * Limits: who fails too often, or names too many MACs that are not proved to be his, is kept out
 * for a while. Only failures count, for the address, its network and the certificate.
 *
 * What tells a scanner from an office that reboots is not how often it fails but how many different
 * MACs it names without proof: a phone names its own, which its certificate proves. So 300 phones
 * behind one address, unknown ones among them that try again and again, stay at none; a scanner
 * passes 60 within seconds. The number of failures alone is a limit for floods, far above any
 * office.
 *
 * A certificate over its limit is not kept out, since the phone it belongs to may be a good one
 * that somebody plays with: its own file it still gets. What names another MAC than it proves is
 * answered as always, 404, but is not looked up any more. Only the time of the answer tells that;
 * it is the same for every MAC, and so tells nothing of any of them.
 */
#include "limits_parts.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

enum {
    COUNTER_SLOTS = 8192, /* 1.8 MB a worker */
    GOOD_SLOTS = 16384,   /* 0.7 MB a worker */
    NETWORK_FACTOR = 4,   /* of an address's limits, for the network it is in */
    OWN_SHARE = 16
};

/* --- what counts --- */

enum cfg_failure cfg_failure_of(const char *reason)
{
    static const char *const counted[] = {
        "no_identity",  "generic_certificate", "unknown_tenant_key", "unknown_device",
        "mac_mismatch", "blocked_certificate", "unknown_secret",     "bad_credentials",
    };
    for (size_t i = 0; i < BK_COUNT(counted); i++)
        if (strcmp(reason, counted[i]) == 0)
            return CFG_FAILURE_FETCH;
    return CFG_FAILURE_NONE;
}

uint32_t cfg_limits_subjects_max(const struct cfg_limits *limits, enum cfg_scope scope)
{
    int64_t max = limits->worker->setup->settings->limits_scan_subjects;
    return (uint32_t)(scope == CFG_NETWORK ? max * NETWORK_FACTOR : max);
}

uint32_t cfg_limits_failures_max(const struct cfg_limits *limits, enum cfg_scope scope)
{
    int64_t max = limits->worker->setup->settings->limits_failures;
    return (uint32_t)(scope == CFG_NETWORK ? max * NETWORK_FACTOR : max);
}

bool cfg_limits_is_balancer(const struct cfg_limits *limits, const char *listener,
                            const struct cfg_who *address)
{
    const struct bk_server_settings *server = &limits->worker->setup->settings->server;
    for (size_t i = 0; i < server->listener_count; i++)
        if (strcmp(server->listeners[i].name, listener) == 0)
            return cfg_who_is_in(address, limits->listeners[i].balancers,
                                 limits->listeners[i].count);
    return false;
}

/* --- counting --- */

/*
 * What others saw counts only where this worker has seen a sixteenth of the limit itself: a number
 * that somebody forges in Redis bans nobody who does nothing.
 */
static bool is_over(uint32_t max, uint32_t all, uint32_t own)
{
    return max > 0 && all >= max && own >= (max + OWN_SHARE - 1) / OWN_SHARE;
}

static struct cfg_counter *count(struct cfg_limits *limits, const struct cfg_who *who,
                                 const struct bk_mac *mac)
{
    struct cfg_counter *counter = cfg_counters_get(limits->counters, who, bk_clock_wall_ms());
    bool is_new = cfg_counter_add(limits->counters, counter, mac);
    cfg_limits_share(limits, counter, is_new ? mac : NULL);
    return counter;
}

/* False: over its limit, so that a ban was asked for. */
static bool count_and_judge(struct cfg_limits *limits, const struct cfg_who *who,
                            const struct bk_mac *mac, const char *listener)
{
    struct cfg_counter *counter = count(limits, who, mac);
    bool is_scan = is_over(cfg_limits_subjects_max(limits, who->scope),
                           cfg_counter_subjects(counter), cfg_counter_own_subjects(counter));
    bool is_flood = is_over(cfg_limits_failures_max(limits, who->scope),
                            cfg_counter_failures(counter), counter->failures);
    if (is_scan || is_flood)
        cfg_limits_ask_ban(limits, counter, is_scan, listener);
    return !is_scan && !is_flood;
}

bool cfg_limits_failed(struct cfg_worker *worker, const struct bk_peer *peer,
                       enum cfg_failure failure, const struct bk_mac *claimed_mac)
{
    static const enum cfg_metric metrics[] = {[CFG_FAILURE_HANDSHAKE] = CFG_M_FAILED_HANDSHAKES,
                                              [CFG_FAILURE_HEAD] = CFG_M_FAILED_HEADS,
                                              [CFG_FAILURE_FETCH] = CFG_M_FAILED_FETCHES};
    struct cfg_limits *limits = worker->limits;
    const struct cfg_identity *identity = peer->identity;
    struct cfg_who address, network;
    if (failure == CFG_FAILURE_NONE ||
        cfg_who_of_address(bk_str_of(peer->address), &address, &network) != BK_OK ||
        cfg_limits_is_balancer(limits, peer->listener, &address))
        return false;
    bk_worker_count(worker->web, metrics[failure], 1);
    if (identity != NULL && identity->is_known && claimed_mac != NULL &&
        bk_mac_eq(claimed_mac, &identity->mac))
        claimed_mac = NULL; /* it is its own */
    if (identity != NULL && identity->has_fingerprint) {
        const struct cfg_who certificate = cfg_who_of_certificate(identity->fingerprint);
        (void)count(limits, &certificate, claimed_mac);
    }
    /* A network is judged by what many of its addresses do: of one it hears no more than that one's
     * limit, and nothing where a phone was served. */
    if (count_and_judge(limits, &address, claimed_mac, peer->listener) &&
        !cfg_good_has(limits->good, address.address, bk_clock_mono_ms()))
        (void)count_and_judge(limits, &network, claimed_mac, peer->listener);
    return !cfg_limits_may_accept(worker, peer->listener, peer->address);
}

void cfg_limits_good(struct cfg_worker *worker, const struct bk_peer *peer)
{
    struct cfg_limits *limits = worker->limits;
    struct cfg_who address, network;
    if (cfg_who_of_address(bk_str_of(peer->address), &address, &network) == BK_OK &&
        cfg_good_note(limits->good, address.address, bk_clock_mono_ms()))
        cfg_limits_tell_good(limits, &address);
}

bool cfg_limits_is_guessing(struct cfg_worker *worker, const struct bk_peer *peer)
{
    struct cfg_limits *limits = worker->limits;
    const struct cfg_identity *identity = peer->identity;
    uint32_t max = cfg_limits_subjects_max(limits, CFG_CERTIFICATE);
    if (max == 0 || identity == NULL || !identity->is_known)
        return false;
    const struct cfg_who certificate = cfg_who_of_certificate(identity->fingerprint);
    const struct cfg_counter *counter =
        cfg_counters_find(limits->counters, &certificate, bk_clock_wall_ms());
    return counter != NULL && cfg_counter_subjects(counter) >= max;
}

/* --- life --- */

struct cfg_limits *cfg_limits_open(struct cfg_worker *worker)
{
    const struct cfg_settings *settings = worker->setup->settings;
    struct cfg_limits *limits = bk_alloc(sizeof *limits);
    if (limits == NULL)
        return NULL;
    limits->worker = worker;
    limits->counters = cfg_counters_new(COUNTER_SLOTS, settings->limits_window_s * 1000);
    limits->good = cfg_good_new(GOOD_SLOTS);
    limits->bans = cfg_bans_new();
    if (limits->counters == NULL || limits->good == NULL || limits->bans == NULL) {
        cfg_limits_close(limits);
        return NULL;
    }
    for (size_t i = 0; i < settings->server.listener_count; i++) {
        struct bk_detail detail;
        /* They were judged with the settings: bk_server_check. */
        (void)!bk_cidr_parse_list(bk_str_of(settings->server.listeners[i].proxy_from),
                                  &limits->listeners[i].balancers, &limits->listeners[i].count,
                                  &detail);
    }
    worker->limits = limits;
    cfg_limits_bans_start(limits);
    return limits;
}

void cfg_limits_close(struct cfg_limits *limits)
{
    if (limits == NULL)
        return;
    cfg_limits_bans_stop(limits);
    cfg_bans_free(limits->bans);
    cfg_counters_free(limits->counters);
    cfg_good_free(limits->good);
    bk_free(limits);
}
