/*
 * Counters of failures: what is a network, what counts as different, when a window ends, and who is
 * forgotten when the table is full.
 */
#include "harness/test.h"

#include <string.h>

#include "base/alloc.h"
#include "counters.h"

enum { WINDOW_MS = 600000, SLOTS = 1024 };
static const int64_t start_ms = INT64_C(1795400000000) / WINDOW_MS * WINDOW_MS;

static struct cfg_who who_of(const char *text)
{
    struct cfg_who address, network;
    assert_int_equal(cfg_who_of_address(bk_str_of(text), &address, &network), BK_OK);
    return address;
}

static struct bk_mac mac_of(uint32_t number)
{
    return (struct bk_mac){{0x80, 0x5e, (uint8_t)(number >> 24), (uint8_t)(number >> 16),
                            (uint8_t)(number >> 8), (uint8_t)number}};
}

static void an_address_is_in_its_24_or_48(void **state)
{
    static const struct {
        const char *text, *address, *network;
    } cases[] = {
        {"198.51.100.7", "198.51.100.7", "198.51.100.0/24"},
        {"::ffff:198.51.100.7", "198.51.100.7", "198.51.100.0/24"},
        {"0.0.0.0", "0.0.0.0", "0.0.0.0/24"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"},
        {"::1", "::1", "::/48"},
    };
    (void)state;
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct cfg_who address, network;
        char text[CFG_WHO_TEXT_SIZE];
        print_message("  %s\n", cases[i].text);
        assert_int_equal(cfg_who_of_address(bk_str_of(cases[i].text), &address, &network), BK_OK);
        cfg_who_print(&address, &text);
        assert_string_equal(text, cases[i].address);
        cfg_who_print(&network, &text);
        assert_string_equal(text, cases[i].network);
    }
    static const char *const bad[] = {"", "x", "198.51.100.0/24", "198.51.100", "2001:db8::/48"};
    for (size_t i = 0; i < BK_COUNT(bad); i++) {
        struct cfg_who address, network;
        assert_int_equal(cfg_who_of_address(bk_str_of(bad[i]), &address, &network), BK_ERR_INVALID);
    }
}

static void a_mac_counts_once_however_often_it_fails(void **state)
{
    (void)state;
    struct cfg_counters *counters = cfg_counters_new(SLOTS, WINDOW_MS);
    struct cfg_who who = who_of("198.51.100.7");
    struct cfg_counter *counter = cfg_counters_get(counters, &who, start_ms);
    for (uint32_t i = 0; i < 15 * 40; i++) {
        struct bk_mac mac = mac_of(i % 15);
        cfg_counter_add(counters, counter, &mac);
        cfg_counter_add(counters, counter, NULL);
    }
    assert_int_equal(cfg_counter_failures(counter), 2 * 15 * 40);
    assert_in_range(cfg_counter_subjects(counter), 14, 16);
    cfg_counters_free(counters);
}

/* Bits that meet are made up for; a table's key is drawn anew, so each run is another case. */
static void the_number_of_macs_is_right_within_a_twentieth(void **state)
{
    static const uint32_t marks[] = {60, 240, 500, CFG_SUBJECTS_MAX};
    (void)state;
    for (size_t i = 0; i < BK_COUNT(marks); i++) {
        uint32_t sum = 0;
        for (int run = 0; run < 20; run++) {
            struct cfg_counters *counters = cfg_counters_new(SLOTS, WINDOW_MS);
            struct cfg_who who = who_of("198.51.100.7");
            struct cfg_counter *counter = cfg_counters_get(counters, &who, start_ms);
            for (uint32_t number = 0; number < marks[i]; number++) {
                struct bk_mac mac = mac_of(number);
                cfg_counter_add(counters, counter, &mac);
            }
            sum += cfg_counter_subjects(counter);
            assert_in_range(cfg_counter_subjects(counter), marks[i] * 4 / 5, marks[i] * 6 / 5);
            cfg_counters_free(counters);
        }
        assert_in_range(sum / 20, marks[i] * 19 / 20, marks[i] * 21 / 20);
    }
}

static void a_map_that_is_full_counts_on_and_divides_by_nothing(void **state)
{
    (void)state;
    struct cfg_counters *counters = cfg_counters_new(SLOTS, WINDOW_MS);
    struct cfg_who who = who_of("198.51.100.7");
    struct cfg_counter *counter = cfg_counters_get(counters, &who, start_ms);
    uint32_t before = 0;
    for (uint32_t number = 0; number < 100000; number++) {
        struct bk_mac mac = mac_of(number);
        cfg_counter_add(counters, counter, &mac);
        assert_true(cfg_counter_subjects(counter) >= before);
        before = cfg_counter_subjects(counter);
    }
    assert_true(before > CFG_SUBJECTS_MAX);
    cfg_counters_free(counters);
}

static void a_window_ends_for_all_at_the_same_time(void **state)
{
    (void)state;
    struct cfg_counters *counters = cfg_counters_new(SLOTS, WINDOW_MS);
    struct cfg_who who = who_of("198.51.100.7");
    struct cfg_counter *counter = cfg_counters_get(counters, &who, start_ms + 1000);
    cfg_counter_add(counters, counter, NULL);
    counter->ask_at_mono_ms = INT64_MAX;
    counter->shared_failures = 77;
    assert_int_equal(cfg_counter_failures(counter), 77);
    assert_ptr_equal(cfg_counters_find(counters, &who, start_ms + WINDOW_MS - 1), counter);
    assert_null(cfg_counters_find(counters, &who, start_ms + WINDOW_MS));
    counter = cfg_counters_get(counters, &who, start_ms + WINDOW_MS);
    assert_int_equal(cfg_counter_failures(counter), 0);
    assert_int_equal(counter->ask_at_mono_ms, 0);
    cfg_counters_free(counters);
}

static void scopes_of_the_same_bytes_are_apart(void **state)
{
    (void)state;
    struct cfg_counters *counters = cfg_counters_new(SLOTS, WINDOW_MS);
    struct cfg_who address, network;
    assert_int_equal(cfg_who_of_address(BK_STR("198.51.100.0"), &address, &network), BK_OK);
    assert_memory_equal(address.bytes, network.bytes, sizeof address.bytes);
    cfg_counter_add(counters, cfg_counters_get(counters, &address, start_ms), NULL);
    assert_null(cfg_counters_find(counters, &network, start_ms));
    struct cfg_who certificate = cfg_who_of_certificate(address.bytes);
    assert_null(cfg_counters_find(counters, &certificate, start_ms));
    cfg_counters_free(counters);
}

/* 100,000 addresses of one failure each do not push out the one that fails often. */
static void a_flood_of_addresses_does_not_push_out_who_fails_often(void **state)
{
    (void)state;
    struct cfg_counters *counters = cfg_counters_new(SLOTS, WINDOW_MS);
    struct cfg_who busy = who_of("203.0.113.9");
    for (int i = 0; i < 20; i++)
        cfg_counter_add(counters, cfg_counters_get(counters, &busy, start_ms), NULL);
    for (uint32_t i = 0; i < 100000; i++) {
        struct cfg_who one = {
            .scope = CFG_ADDRESS,
            .bytes = {0x20, 0x01, 0x0d, 0xb8, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};
        cfg_counter_add(counters, cfg_counters_get(counters, &one, start_ms), NULL);
    }
    struct cfg_counter *found = cfg_counters_find(counters, &busy, start_ms);
    assert_non_null(found);
    assert_int_equal(cfg_counter_failures(found), 20);
    /* What is of an earlier window gives way at once. */
    struct cfg_who late = who_of("192.0.2.1");
    cfg_counter_add(counters, cfg_counters_get(counters, &late, start_ms + WINDOW_MS), NULL);
    assert_non_null(cfg_counters_find(counters, &late, start_ms + WINDOW_MS));
    cfg_counters_free(counters);
}

static void a_counter_costs_what_is_said(void **state)
{
    (void)state;
    assert_true(sizeof(struct cfg_counter) <= 224);
    bk_alloc_fail_after(0);
    assert_null(cfg_counters_new(SLOTS, WINDOW_MS));
    bk_alloc_fail_after(-1);
    cfg_counters_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_in_its_24_or_48),
        cmocka_unit_test(a_mac_counts_once_however_often_it_fails),
        cmocka_unit_test(the_number_of_macs_is_right_within_a_twentieth),
        cmocka_unit_test(a_map_that_is_full_counts_on_and_divides_by_nothing),
        cmocka_unit_test(a_window_ends_for_all_at_the_same_time),
        cmocka_unit_test(scopes_of_the_same_bytes_are_apart),
        cmocka_unit_test(a_flood_of_addresses_does_not_push_out_who_fails_often),
        cmocka_unit_test(a_counter_costs_what_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
