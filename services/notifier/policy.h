/*
 * What follows from an attempt: the report of a job, and what it says of its PBX. Pure: no clock,
 * no chance but what it is given.
 */
#ifndef NOTIFIER_POLICY_H
#define NOTIFIER_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "pbx/pbx.h"
#include "store/store_notify.h"

struct ntf_delays {
    int offline_retry_s, offline_retry_max_s;
};

/* An attempt, as far as it matters afterwards. */
struct ntf_attempt {
    int wait_count;    /* attempts before this one that reached nobody */
    bool is_exclusive; /* the line is this device's alone */
    bool is_reboot;
};

/* Fills in result, text, delay_s and is_idle. chance: 0..999, spreads waits by a fifth. */
void ntf_report_fill(const struct ntf_attempt *attempt, const struct bk_pbx_result *result,
                     const struct ntf_delays *delays, int chance, struct bk_report *report);

/* ---- a PBX's rate ---- */

/* Tokens of messages: half a second's can be saved, or one; below zero they are owed. */
struct ntf_bucket {
    double rate_per_s, tokens;
    int64_t at_mono_ms;
};
/* free_ms: for so long nobody has surely used it. */
void ntf_bucket_init(struct ntf_bucket *bucket, double rate_per_s, int64_t free_ms,
                     int64_t now_mono_ms);
/*
 * Calls that may begin now, when one takes `messages` (a PBX that challenges gets each twice). A
 * single token is enough for one call, what it lacks is owed: many rates can save no more than one.
 */
int ntf_bucket_calls(struct ntf_bucket *bucket, int messages, int64_t now_mono_ms);
void ntf_bucket_take(struct ntf_bucket *bucket, int messages); /* negative: were not needed */
int64_t ntf_bucket_wait_ms(const struct ntf_bucket *bucket);   /* until a call may begin; 0: now */

/* ---- a PBX's circuit breaker ---- */

enum ntf_breaker_state { NTF_CLOSED, NTF_OPEN, NTF_PROBING };
const char *ntf_breaker_name(enum ntf_breaker_state state); /* as in pbx_lease.breaker */

struct ntf_breaker {
    enum ntf_breaker_state state;
    int failed_count; /* in a row */
    int wait_s;       /* of the last opening */
    int64_t until_mono_ms;
    char note[201];
};
enum {
    NTF_FAILED_MAX = 5,    /* in a row, then it opens */
    NTF_WAIT_FIRST_S = 30, /* doubles with each probe that fails */
    NTF_WAIT_MAX_S = 600,
    NTF_WAIT_ACCOUNT_S = 3600, /* a wrong account is not tried into a ban */
    NTF_WAIT_FORBIDDEN_S = 60
};
/* What an attempt says of the PBX; true: the state has changed, write it down. */
bool ntf_breaker_note(struct ntf_breaker *breaker, const struct bk_pbx_result *result,
                      int64_t now_mono_ms);
/* What a probe says; ANSWERED closes. */
bool ntf_breaker_probed(struct ntf_breaker *breaker, const struct bk_pbx_result *result,
                        int64_t now_mono_ms);

#endif
