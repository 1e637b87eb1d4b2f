/*
 * What follows from an attempt; a PBX's rate and circuit breaker.
 */
#include "harness/test.h"

#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "policy.h"

static const struct ntf_delays delays = {15, 3600};

static struct bk_report report_of(enum bk_pbx_outcome outcome, int wait_count, bool is_exclusive,
                                  int chance)
{
    struct bk_report report = {0};
    struct bk_pbx_result result = {.outcome = outcome};
    const struct ntf_attempt attempt = {wait_count, is_exclusive, false};
    snprintf(result.text, sizeof result.text, "what the driver said");
    ntf_report_fill(&attempt, &result, &delays, chance, &report);
    return report;
}

static const struct {
    enum bk_pbx_outcome outcome;
    bool is_exclusive;
    const char *result, *text;
    bool is_idle;
    int delay_min_s, delay_max_s;
} rows[] = {
    {BK_PBX_ANSWERED, true, "answered", "", false, 0, 0},
    {BK_PBX_ANSWERED, false, "sent", "a phone of this shared line answered", false, 0, 0},
    {BK_PBX_TAKEN, true, "sent", "what the driver said", false, 0, 0},
    {BK_PBX_OFFLINE, true, "queued", "phone offline", true, 12, 18},
    {BK_PBX_SILENT, true, "sent", "what the driver said", false, 0, 0},
    {BK_PBX_REFUSED, true, "failed", "what the driver said", false, 0, 0},
    {BK_PBX_ACCOUNT, true, "queued", "the PBX refuses the control account", true, 5, 5},
    {BK_PBX_ILL, true, "queued", "the PBX does not answer", true, 5, 5},
    {BK_PBX_FORBIDDEN, true, "queued", "the address policy forbids this PBX", true, 5, 5},
};

static void every_outcome_has_its_report(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(rows); i++) {
        struct bk_report report = report_of(rows[i].outcome, 0, rows[i].is_exclusive, 500);
        print_message("  %s\n", bk_pbx_outcome_name(rows[i].outcome));
        assert_string_equal(report.result, rows[i].result);
        assert_string_equal(report.text, rows[i].text);
        assert_int_equal(report.is_idle, rows[i].is_idle);
        assert_in_range(report.delay_s, rows[i].delay_min_s, rows[i].delay_max_s);
        if (strcmp(report.result, "queued") == 0)
            assert_true(strlen(report.text) <= 64); /* job_waiting_ck */
    }
}

static void waits_for_an_offline_phone_double_up_to_a_limit_and_spread(void **state)
{
    (void)state;
    int before_s = 0;
    for (int waits = 0; waits < 8; waits++) {
        int now_s = report_of(BK_PBX_OFFLINE, waits, true, 500).delay_s;
        assert_true(now_s == 15 << waits && now_s > before_s);
        before_s = now_s;
    }
    assert_int_equal(report_of(BK_PBX_OFFLINE, 30, true, 500).delay_s, 3600);
    assert_int_equal(report_of(BK_PBX_OFFLINE, 100000, true, 500).delay_s, 3600);
    assert_int_equal(report_of(BK_PBX_OFFLINE, 30, true, 0).delay_s, 2880);
    assert_in_range(report_of(BK_PBX_OFFLINE, 30, true, 999).delay_s, 4300, 4320);
}

static void a_bucket_gives_its_rate_and_no_more_in_any_second(void **state)
{
    (void)state;
    static const double rates[] = {0.5, 1, 2, 5, 10, 37, 200};
    for (size_t r = 0; r < BK_COUNT(rates); r++) {
        struct ntf_bucket bucket;
        int given = 0;
        ntf_bucket_init(&bucket, rates[r], 0, 1000);
        for (int64_t at_ms = 1000; at_ms < 21000; at_ms += 7) {
            int count = ntf_bucket_calls(&bucket, 1, at_ms);
            ntf_bucket_take(&bucket, count);
            given += count;
        }
        print_message("  %.1f/s: %d in 20 s\n", rates[r], given);
        assert_true(given <= (int)(rates[r] * 20) + 1);
        assert_true(given >= (int)(rates[r] * 20) - 2);
    }
}

static void a_challenged_call_is_paid_twice_and_what_it_lacks_is_owed(void **state)
{
    (void)state;
    static const double rates[] = {0.5, 1, 2, 3, 10, 37, 200};
    for (size_t r = 0; r < BK_COUNT(rates); r++) {
        struct ntf_bucket bucket;
        int sent_at[20000] = {0}, sent = 0; /* messages a millisecond */
        ntf_bucket_init(&bucket, rates[r], 3600000, 0);
        for (int at_ms = 0; at_ms < 20000; at_ms++) {
            int calls = ntf_bucket_calls(&bucket, 2, at_ms);
            ntf_bucket_take(&bucket, 2 * calls);
            sent_at[at_ms] = 2 * calls;
            sent += 2 * calls;
        }
        int in_second = 0, most = 0;
        for (int at_ms = 0; at_ms < 20000; at_ms++) {
            in_second += sent_at[at_ms] - (at_ms >= 1000 ? sent_at[at_ms - 1000] : 0);
            most = in_second > most ? in_second : most;
        }
        double burst = rates[r] / 2 > 1 ? rates[r] / 2 : 1;
        print_message("  %.1f/s: %d in 20 s, at most %d in one\n", rates[r], sent, most);
        assert_true(most <= (int)(rates[r] + burst) + 1);
        assert_in_range(sent, (int)(rates[r] * 20) - 2, (int)(rates[r] * 20 + burst) + 2);
    }
    struct ntf_bucket bucket;
    ntf_bucket_init(&bucket, 2, 1000, 0);
    assert_int_equal(ntf_bucket_calls(&bucket, 2, 0), 1);
    ntf_bucket_take(&bucket, 2);
    assert_int_equal(ntf_bucket_wait_ms(&bucket), 1001);
    ntf_bucket_take(&bucket, -1); /* it was not challenged after all */
    assert_int_equal(ntf_bucket_wait_ms(&bucket), 501);
}

static void a_bucket_saves_half_a_second_and_a_new_one_only_what_was_free(void **state)
{
    (void)state;
    struct ntf_bucket bucket;
    ntf_bucket_init(&bucket, 100, 0, 5000);
    assert_int_equal(ntf_bucket_calls(&bucket, 1, 5000), 0);
    assert_in_range(ntf_bucket_wait_ms(&bucket), 10, 11);
    assert_int_equal(ntf_bucket_calls(&bucket, 1, 60000), 50);
    ntf_bucket_init(&bucket, 100, 100, 5000);
    assert_int_equal(ntf_bucket_calls(&bucket, 1, 5000), 10);
    ntf_bucket_init(&bucket, 2, 3600000, 5000); /* free for an hour: one at once, no more */
    assert_int_equal(ntf_bucket_calls(&bucket, 1, 5000), 1);
    assert_int_equal(ntf_bucket_wait_ms(&bucket), 0);
}

static struct bk_pbx_result result_of(enum bk_pbx_outcome outcome)
{
    struct bk_pbx_result result = {.outcome = outcome};
    snprintf(result.text, sizeof result.text, "because");
    return result;
}

static void a_breaker_opens_after_five_faults_in_a_row_and_probes_ever_later(void **state)
{
    (void)state;
    struct ntf_breaker breaker = {0};
    struct bk_pbx_result ill = result_of(BK_PBX_ILL), offline = result_of(BK_PBX_OFFLINE);
    struct bk_pbx_result well = result_of(BK_PBX_ANSWERED);
    for (int i = 0; i < 4; i++)
        assert_false(ntf_breaker_note(&breaker, &ill, 0));
    assert_false(ntf_breaker_note(&breaker, &offline, 0)); /* the phone's matter: the PBX lives */
    for (int i = 0; i < 4; i++)
        assert_false(ntf_breaker_note(&breaker, &ill, 0));
    assert_true(ntf_breaker_note(&breaker, &ill, 0));
    assert_int_equal(breaker.state, NTF_OPEN);
    assert_int_equal(breaker.until_mono_ms, 30000);
    assert_string_equal(breaker.note, "because");
    int wait_s = 30;
    for (int i = 0; i < 8; i++) {
        breaker.state = NTF_PROBING;
        assert_true(ntf_breaker_probed(&breaker, &ill, 0));
        wait_s = wait_s * 2 > 600 ? 600 : wait_s * 2;
        assert_int_equal(breaker.until_mono_ms, wait_s * 1000);
    }
    breaker.state = NTF_PROBING;
    assert_true(ntf_breaker_probed(&breaker, &well, 0));
    assert_int_equal(breaker.state, NTF_CLOSED);
    assert_int_equal(breaker.failed_count, 0);
    assert_string_equal(breaker.note, "");
}

static void a_silent_phone_is_its_own_fault_unless_the_probe_is_silent_too(void **state)
{
    (void)state;
    struct ntf_breaker breaker = {0};
    struct bk_pbx_result silent = result_of(BK_PBX_SILENT);
    for (int i = 0; i < 100; i++)
        assert_false(ntf_breaker_note(&breaker, &silent, 0));
    for (int i = 0; i < 4; i++)
        assert_false(ntf_breaker_probed(&breaker, &silent, 0));
    assert_true(ntf_breaker_probed(&breaker, &silent, 0));
    assert_int_equal(breaker.state, NTF_OPEN);
}

static void a_wrong_account_stops_the_pbx_at_once_and_for_long(void **state)
{
    (void)state;
    struct ntf_breaker breaker = {0};
    struct bk_pbx_result account = result_of(BK_PBX_ACCOUNT);
    assert_true(ntf_breaker_note(&breaker, &account, 1000));
    assert_int_equal(breaker.until_mono_ms, 1000 + 3600 * 1000);
    assert_false(ntf_breaker_note(&breaker, &account, 2000)); /* of calls that were in flight */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_outcome_has_its_report),
        cmocka_unit_test(waits_for_an_offline_phone_double_up_to_a_limit_and_spread),
        cmocka_unit_test(a_bucket_gives_its_rate_and_no_more_in_any_second),
        cmocka_unit_test(a_challenged_call_is_paid_twice_and_what_it_lacks_is_owed),
        cmocka_unit_test(a_bucket_saves_half_a_second_and_a_new_one_only_what_was_free),
        cmocka_unit_test(a_breaker_opens_after_five_faults_in_a_row_and_probes_ever_later),
        cmocka_unit_test(a_silent_phone_is_its_own_fault_unless_the_probe_is_silent_too),
        cmocka_unit_test(a_wrong_account_stops_the_pbx_at_once_and_for_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
