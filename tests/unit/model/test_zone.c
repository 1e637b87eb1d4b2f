/*
 * Time zones: the built-in table against the machine's database, as it stands there and as the C
 * library reads it. A machine without one, or with fewer names, tests what it has.
 */
#include "harness/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/zone.h"

static const struct bk_zone *zone_of(const char *name)
{
    const struct bk_zone *zone = bk_zone_find(bk_str_of(name));
    if (zone == NULL)
        fail_msg("no zone %s", name);
    return zone;
}

static void zones_are_sorted_and_each_is_found(void **state)
{
    (void)state;
    assert_true(bk_zone_count > 400);
    for (size_t i = 0; i < bk_zone_count; i++) {
        const struct bk_zone *zone = &bk_zone_table[i];
        assert_true(i == 0 || strcmp(zone[-1].name, zone->name) < 0);
        assert_ptr_equal(bk_zone_find(bk_str_of(zone->name)), zone);
        assert_true(zone->offset_min % 15 == 0);
        assert_in_range(zone->offset_min + 12 * 60, 0, 26 * 60);
    }
    assert_null(bk_zone_find(BK_STR_NONE));
    assert_null(bk_zone_find(BK_STR("Europe/Berli")));
    assert_null(bk_zone_find(BK_STR("Europe/Berlin ")));
}

/* The last line of a zone's file; false: this machine has no such file. */
static bool read_footer(const char *name, char (*ret_footer)[64])
{
    char path[128], bytes[16384];
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    struct bk_str rest = {bytes, fread(bytes, 1, sizeof bytes, file)};
    assert_int_equal(fgetc(file), EOF);
    fclose(file);
    assert_true(bk_str_ends(rest, BK_STR("\n")));
    rest.len--;
    rest = bk_str_slice(rest, (size_t)bk_str_find_last(rest, '\n') + 1, rest.len);
    snprintf(*ret_footer, sizeof *ret_footer, "%.*s", BK_STR_ARG(rest));
    return true;
}

/* A later database than the table's changes a few zones; a table that was made wrongly differs in
 * many. */
static void the_table_is_the_machines(void **state)
{
    (void)state;
    size_t compared = 0, different = 0;
    for (size_t i = 0; i < bk_zone_count; i++) {
        char footer[64];
        if (!read_footer(bk_zone_table[i].name, &footer))
            continue;
        compared++;
        if (strcmp(footer, bk_zone_table[i].posix) == 0)
            continue;
        different++;
        print_message("  %s: \"%s\" here, \"%s\" in the table: run scripts/zone-table.py\n",
                      bk_zone_table[i].name, footer, bk_zone_table[i].posix);
    }
    print_message("  %zu of %zu zones\n", compared, bk_zone_count);
    assert_true(compared > 400); /* Debian's tzdata is installed */
    assert_in_range(different, 0, 10);
}

static void assert_offset(const struct bk_zone *zone, time_t at, int want_min)
{
    struct tm tm;
    localtime_r(&at, &tm);
    if (tm.tm_gmtoff != 60L * want_min)
        fail_msg("%s: %ld s east at %lld, want %d min", zone->name, tm.tm_gmtoff, (long long)at,
                 want_min);
}

/* Before the change the clock shows the first offset, from the change on the second. */
static void check_change(const struct bk_zone *zone, const struct bk_zone_change *change, int year,
                         int before_min, int after_min)
{
    struct tm local = {.tm_year = year - 1900,
                       .tm_mon = change->month - 1,
                       .tm_mday = bk_zone_change_day(change, year),
                       .tm_min = change->minute};
    time_t at = timegm(&local) - 60 * (time_t)before_min;
    assert_offset(zone, at - 1, before_min);
    assert_offset(zone, at, after_min);
}

/* Far ahead, where the database holds the rule alone. */
static void rules_are_what_the_c_library_makes_of_them(void **state)
{
    (void)state;
    size_t compared = 0;
    for (size_t i = 0; i < bk_zone_count; i++) {
        const struct bk_zone *zone = &bk_zone_table[i];
        char footer[64], tz[80];
        if (!read_footer(zone->name, &footer) || strcmp(footer, zone->posix) != 0)
            continue;
        snprintf(tz, sizeof tz, ":%s", zone->name);
        assert_int_equal(setenv("TZ", tz, 1), 0);
        tzset();
        compared++;
        for (int year = 2090; year < 2118; year++) {
            struct tm middle = {.tm_year = year - 1900, .tm_mon = 6, .tm_mday = 1};
            if (zone->dst == NULL) {
                assert_offset(zone, timegm(&middle), zone->offset_min);
                continue;
            }
            int summer_min = zone->offset_min + zone->dst->saved_min;
            check_change(zone, &zone->dst->start, year, zone->offset_min, summer_min);
            check_change(zone, &zone->dst->end, year, summer_min, zone->offset_min);
        }
    }
    unsetenv("TZ");
    tzset();
    assert_true(compared > 400);
}

static void assert_change(const struct bk_zone_change *change, int month, int week, int weekday,
                          int minute)
{
    assert_int_equal(change->month, month);
    assert_int_equal(change->week, week);
    assert_int_equal(change->weekday, weekday);
    assert_int_equal(change->minute, minute);
}

static void rules_are_decoded(void **state)
{
    (void)state;
    const struct bk_zone *berlin = zone_of("Europe/Berlin");
    assert_int_equal(berlin->offset_min, 60);
    assert_string_equal(berlin->posix, "CET-1CEST,M3.5.0,M10.5.0/3");
    assert_int_equal(berlin->dst->saved_min, 60);
    assert_change(&berlin->dst->start, 3, 5, 0, 120);
    assert_change(&berlin->dst->end, 10, 5, 0, 180);

    /* The database counts winter as the exception. */
    const struct bk_zone *dublin = zone_of("Europe/Dublin");
    assert_int_equal(dublin->offset_min, 0);
    assert_int_equal(dublin->dst->saved_min, 60);
    assert_change(&dublin->dst->start, 3, 5, 0, 60);
    assert_change(&dublin->dst->end, 10, 5, 0, 120);

    const struct bk_zone *sydney = zone_of("Australia/Sydney");
    assert_change(&sydney->dst->start, 10, 1, 0, 120);
    assert_change(&sydney->dst->end, 4, 1, 0, 180);
    assert_int_equal(zone_of("Australia/Lord_Howe")->dst->saved_min, 30);
    assert_int_equal(zone_of("America/St_Johns")->offset_min, -210);
    assert_change(&zone_of("America/Nuuk")->dst->start, 3, 5, 0, -60);
    assert_change(&zone_of("Asia/Gaza")->dst->start, 3, 4, 4, 3000);
    assert_int_equal(zone_of("Asia/Kathmandu")->offset_min, 345);
    assert_null(zone_of("Asia/Kathmandu")->dst);
    assert_null(zone_of("UTC")->dst);
}

static void zones_of_the_same_hours_are_known(void **state)
{
    (void)state;
    assert_true(bk_zone_is_same(zone_of("Europe/Berlin"), zone_of("Europe/Paris")));
    assert_true(bk_zone_is_same(zone_of("Europe/Dublin"), zone_of("Europe/London")));
    assert_true(bk_zone_is_same(zone_of("Asia/Calcutta"), zone_of("Asia/Kolkata")));
    assert_false(bk_zone_is_same(zone_of("Europe/Berlin"), zone_of("Africa/Lagos")));
    assert_false(bk_zone_is_same(zone_of("Africa/Lagos"), zone_of("Europe/Berlin")));
    assert_false(bk_zone_is_same(zone_of("Europe/London"), zone_of("Europe/Berlin")));
    assert_false(bk_zone_is_same(zone_of("Europe/Athens"), zone_of("Africa/Cairo")));
    assert_false(bk_zone_is_same(zone_of("America/New_York"), zone_of("America/Havana")));
}

static void the_day_of_a_change_is_found(void **state)
{
    (void)state;
    static const struct {
        struct bk_zone_change change;
        int year, day;
    } rows[] = {
        {{3, 5, 0, 0}, 2026, 29},  {{10, 5, 0, 0}, 2026, 25}, {{3, 2, 0, 0}, 2026, 8},
        {{11, 1, 0, 0}, 2026, 1},  {{2, 5, 4, 0}, 2024, 29},  {{2, 5, 4, 0}, 2100, 25},
        {{10, 5, 4, 0}, 2026, 29}, {{1, 1, 6, 0}, 2000, 1},   {{12, 4, 5, 0}, 2026, 25},
    };
    for (size_t i = 0; i < BK_COUNT(rows); i++)
        assert_int_equal(bk_zone_change_day(&rows[i].change, rows[i].year), rows[i].day);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zones_are_sorted_and_each_is_found),
        cmocka_unit_test(the_table_is_the_machines),
        cmocka_unit_test(rules_are_what_the_c_library_makes_of_them),
        cmocka_unit_test(rules_are_decoded),
        cmocka_unit_test(zones_of_the_same_hours_are_known),
        cmocka_unit_test(the_day_of_a_change_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
