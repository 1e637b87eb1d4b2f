/*
 * The tables behind policy.h. States and words: migrations/0020_callback.sql, bk.jobs_report.
 */
#include "policy.h"

#include <stdio.h>
#include <string.h>

static int offline_delay_s(const struct ntf_attempt *attempt, const struct ntf_delays *delays,
                           int chance)
{
    int64_t delay_s = delays->offline_retry_s;
    for (int i = 0; i < attempt->wait_count && delay_s < delays->offline_retry_max_s; i++)
        delay_s *= 2;
    if (delay_s > delays->offline_retry_max_s)
        delay_s = delays->offline_retry_max_s;
    /* Phones of one site come back together: their retries should not. */
    return (int)(delay_s + delay_s * (chance - 500) / 2500);
}

static void print_text(struct bk_report *report, const char *text)
{
    size_t at = 0;
    for (; text[at] != '\0' && at < sizeof report->text - 1; at++)
        report->text[at] = text[at] >= 0x20 && text[at] < 0x7f ? text[at] : '?';
    report->text[at] = '\0';
}

void ntf_report_fill(const struct ntf_attempt *attempt, const struct bk_pbx_result *result,
                     const struct ntf_delays *delays, int chance, struct bk_report *report)
{
    static const struct {
        const char *result, *text; /* text NULL: the driver's sentence */
        bool is_idle;
    } rows[BK_PBX_OUTCOME_COUNT] = {
        [BK_PBX_ANSWERED] = {"answered", "", false},
        [BK_PBX_TAKEN] = {"sent", NULL, false},
        [BK_PBX_OFFLINE] = {"queued", "phone offline", true},
        [BK_PBX_SILENT] = {"sent", NULL, false}, /* it may have arrived: its window decides */
        [BK_PBX_REFUSED] = {"failed", NULL, false},
        [BK_PBX_ACCOUNT] = {"queued", "the PBX refuses the control account", true},
        [BK_PBX_ILL] = {"queued", "the PBX does not answer", true},
        [BK_PBX_FORBIDDEN] = {"queued", "the address policy forbids this PBX", true},
    };
    enum bk_pbx_outcome outcome = result->outcome;
    report->result = rows[outcome].result;
    report->is_idle = rows[outcome].is_idle;
    report->delay_s = 0;
    print_text(report, rows[outcome].text != NULL ? rows[outcome].text : result->text);
    if (outcome == BK_PBX_ANSWERED && !attempt->is_exclusive) {
        /* Some phone of several answered: nobody knows which. */
        report->result = "sent";
        print_text(report, "a phone of this shared line answered");
    }
    if (outcome == BK_PBX_OFFLINE)
        report->delay_s = offline_delay_s(attempt, delays, chance);
    else if (outcome == BK_PBX_ILL || outcome == BK_PBX_ACCOUNT || outcome == BK_PBX_FORBIDDEN)
        report->delay_s = result->retry_after_s > 5 ? result->retry_after_s : 5;
}

/* ---- rate ---- */

static double burst_of(const struct ntf_bucket *bucket)
{
    double half_second = bucket->rate_per_s / 2;
    return half_second > 1 ? half_second : 1;
}

static void refill(struct ntf_bucket *bucket, int64_t now_mono_ms)
{
    bucket->tokens += bucket->rate_per_s * (double)(now_mono_ms - bucket->at_mono_ms) / 1000;
    if (bucket->tokens > burst_of(bucket))
        bucket->tokens = burst_of(bucket);
    bucket->at_mono_ms = now_mono_ms;
}

void ntf_bucket_init(struct ntf_bucket *bucket, double rate_per_s, int64_t free_ms,
                     int64_t now_mono_ms)
{
    *bucket = (struct ntf_bucket){.rate_per_s = rate_per_s, .at_mono_ms = now_mono_ms - free_ms};
    refill(bucket, now_mono_ms);
}

int ntf_bucket_calls(struct ntf_bucket *bucket, int messages, int64_t now_mono_ms)
{
    refill(bucket, now_mono_ms);
    if (bucket->tokens < 1)
        return 0;
    int calls = (int)bucket->tokens / messages;
    return calls > 0 ? calls : 1;
}

void ntf_bucket_take(struct ntf_bucket *bucket, int messages)
{
    bucket->tokens -= messages;
}

int64_t ntf_bucket_wait_ms(const struct ntf_bucket *bucket)
{
    return bucket->tokens >= 1 ? 0
                               : (int64_t)((1 - bucket->tokens) * 1000 / bucket->rate_per_s) + 1;
}

/* ---- breaker ---- */

const char *ntf_breaker_name(enum ntf_breaker_state state)
{
    static const char *const names[] = {"closed", "open", "probing"};
    return names[state];
}

static void open_for(struct ntf_breaker *breaker, int wait_s, const char *note, int64_t now_mono_ms)
{
    breaker->state = NTF_OPEN;
    breaker->wait_s = wait_s;
    breaker->until_mono_ms = now_mono_ms + (int64_t)wait_s * 1000;
    snprintf(breaker->note, sizeof breaker->note, "%s", note);
}

bool ntf_breaker_note(struct ntf_breaker *breaker, const struct bk_pbx_result *result,
                      int64_t now_mono_ms)
{
    switch (result->outcome) {
    case BK_PBX_ILL:
        if (++breaker->failed_count < NTF_FAILED_MAX || breaker->state != NTF_CLOSED)
            return false;
        open_for(breaker, NTF_WAIT_FIRST_S, result->text, now_mono_ms);
        return true;
    case BK_PBX_ACCOUNT:
    case BK_PBX_FORBIDDEN:
        if (breaker->state != NTF_CLOSED)
            return false;
        open_for(breaker,
                 result->outcome == BK_PBX_ACCOUNT ? NTF_WAIT_ACCOUNT_S : NTF_WAIT_FORBIDDEN_S,
                 result->text, now_mono_ms);
        return true;
    case BK_PBX_SILENT:
        return false; /* the phone's, unless the probe that follows says otherwise */
    case BK_PBX_ANSWERED:
    case BK_PBX_TAKEN:
    case BK_PBX_OFFLINE:
    case BK_PBX_REFUSED:
    case BK_PBX_OUTCOME_COUNT:
    default:
        breaker->failed_count = 0;
        return false;
    }
}

bool ntf_breaker_probed(struct ntf_breaker *breaker, const struct bk_pbx_result *result,
                        int64_t now_mono_ms)
{
    if (result->outcome == BK_PBX_ANSWERED) {
        bool was_open = breaker->state != NTF_CLOSED;
        breaker->state = NTF_CLOSED;
        breaker->failed_count = 0;
        breaker->note[0] = '\0';
        return was_open;
    }
    if (breaker->state == NTF_CLOSED) {
        struct bk_pbx_result ill = *result;
        ill.outcome = BK_PBX_ILL;
        return ntf_breaker_note(breaker, &ill, now_mono_ms);
    }
    int wait_s = 2 * breaker->wait_s;
    open_for(breaker, wait_s < NTF_WAIT_MAX_S ? wait_s : NTF_WAIT_MAX_S, result->text, now_mono_ms);
    return true;
}
