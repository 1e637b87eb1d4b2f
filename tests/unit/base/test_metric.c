#include "base/metric.h"

#include <sys/wait.h>
#include <unistd.h>

#include "harness/test.h"

enum row { FETCHES, REFUSED_MAC, OPEN, REFUSED_TLS, ROW_COUNT };

static const struct bk_metric_row rows[] = {
    [FETCHES] = {"beckon_fetches_total", NULL, "Fetches \\ with\na break.", false},
    [REFUSED_MAC] = {"beckon_refused_total", "reason=\"unknown_mac\"", "Refusals.", false},
    [OPEN] = {"beckon_open", NULL, "Open connections.", true},
    [REFUSED_TLS] = {"beckon_refused_total", "reason=\"tls\"", "Refusals.", false},
};

static void counts_of_children_are_summed_and_outlive_them(void **state)
{
    (void)state;
    enum { SLOTS = 4, ROUNDS = 10000 };
    struct bk_metrics *metrics;
    assert_int_equal(bk_metrics_new(rows, ROW_COUNT, SLOTS, &metrics), BK_OK);
    pid_t children[SLOTS];
    for (size_t slot = 0; slot < SLOTS; slot++) {
        children[slot] = fork();
        assert_true(children[slot] >= 0);
        if (children[slot] == 0) {
            for (int i = 0; i < ROUNDS; i++)
                bk_metric_add(metrics, slot, FETCHES, 1);
            bk_metric_set(metrics, slot, OPEN, (int64_t)slot + 1);
            _exit(0);
        }
    }
    for (size_t slot = 0; slot < SLOTS; slot++) {
        int status = -1;
        assert_int_equal(waitpid(children[slot], &status, 0), children[slot]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(bk_metric_sum(metrics, FETCHES), SLOTS * ROUNDS);
    assert_int_equal(bk_metric_sum(metrics, OPEN), 1 + 2 + 3 + 4);
    assert_int_equal(bk_metric_sum(metrics, REFUSED_TLS), 0);

    /* A worker that is replaced has no open connections, but its fetches have happened. */
    bk_metrics_reset_gauges(metrics, 3);
    assert_int_equal(bk_metric_sum(metrics, OPEN), 1 + 2 + 3);
    assert_int_equal(bk_metric_sum(metrics, FETCHES), SLOTS * ROUNDS);
    bk_metrics_free(metrics);
    bk_metrics_free(NULL);
}

static void a_scrape_groups_rows_of_one_name(void **state)
{
    (void)state;
    struct bk_metrics *metrics;
    struct bk_buf out;
    assert_int_equal(bk_metrics_new(rows, ROW_COUNT, 2, &metrics), BK_OK);
    bk_buf_init(&out, 4096);
    bk_metric_add(metrics, 0, FETCHES, 2);
    bk_metric_add(metrics, 1, FETCHES, 3);
    bk_metric_add(metrics, 1, REFUSED_TLS, 1);
    bk_metric_set(metrics, 0, OPEN, -4);
    bk_metrics_print(metrics, &out);
    assert_string_equal(bk_buf_text(&out),
                        "# HELP beckon_fetches_total Fetches \\\\ with\\na break.\n"
                        "# TYPE beckon_fetches_total counter\n"
                        "beckon_fetches_total 5\n"
                        "# HELP beckon_refused_total Refusals.\n"
                        "# TYPE beckon_refused_total counter\n"
                        "beckon_refused_total{reason=\"unknown_mac\"} 0\n"
                        "beckon_refused_total{reason=\"tls\"} 1\n"
                        "# HELP beckon_open Open connections.\n"
                        "# TYPE beckon_open gauge\n"
                        "beckon_open -4\n");
    bk_buf_deinit(&out);
    bk_metrics_free(metrics);
}

static void sizes_are_checked(void **state)
{
    (void)state;
    static const struct {
        size_t row_count, slots;
        enum bk_err want;
    } cases[] = {
        {0, 1, BK_ERR_INVALID},
        {1, 0, BK_ERR_INVALID},
        {4097, 1, BK_ERR_TOO_LARGE},
        {1, 1025, BK_ERR_TOO_LARGE},
    };
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct bk_metrics *metrics = NULL;
        assert_int_equal(bk_metrics_new(rows, cases[i].row_count, cases[i].slots, &metrics),
                         cases[i].want);
        assert_null(metrics);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_of_children_are_summed_and_outlive_them),
        cmocka_unit_test(a_scrape_groups_rows_of_one_name),
        cmocka_unit_test(sizes_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
