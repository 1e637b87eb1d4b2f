/*
 * The metric table of beckon-notifier, in the order of enum ntf_metric.
 */
#include "notifier.h"

#define OUTCOME(name) \
    { \
        "beckon_calls_total", "outcome=\"" name "\"", "Calls of phones by what came of them", \
            false \
    }

const struct bk_metric_row ntf_metric_rows[NTF_M_COUNT] = {
    {"beckon_pg_up", NULL, "Connected to PostgreSQL", true},
    {"beckon_redis_up", NULL, "Connected to Redis", true},
    {"beckon_pbxs_leased", NULL, "PBXs this notifier works", true},
    {"beckon_pbxs_open", NULL, "Of these, with an open circuit breaker", true},
    {"beckon_calls_in_flight", NULL, "Calls of phones without an answer yet", true},
    {"beckon_jobs_claimed_total", NULL, "Jobs claimed", false},
    OUTCOME("answered"),
    OUTCOME("taken"),
    OUTCOME("offline"),
    OUTCOME("silent"),
    OUTCOME("refused"),
    OUTCOME("account"),
    OUTCOME("ill"),
    OUTCOME("forbidden"),
    {"beckon_jobs_ended_total", NULL, "Jobs ended by what phones did, or by time", false},
    {"beckon_jobs_not_sent_total", NULL, "Claimed jobs not sent: the lease was over", false},
    {"beckon_doorbells_total", NULL, "Doorbells heard", false},
    {"beckon_sweeps_total", NULL, "Sweeps that found the database", false},
    {"beckon_devices_raised_total", NULL, "Devices raised for changes of many", false},
};

void ntf_count(const struct ntf *ntf, int metric, int64_t amount)
{
    bk_metric_add(ntf->metrics, 0, (size_t)metric, amount);
}

void ntf_gauge(const struct ntf *ntf, int metric, int64_t value)
{
    bk_metric_set(ntf->metrics, 0, (size_t)metric, value);
}
