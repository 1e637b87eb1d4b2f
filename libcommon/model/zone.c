/*
 * Looking zones up, comparing them, and the calendar behind their rules.
 */
#include "model/zone.h"

#include <string.h>

const struct bk_zone *bk_zone_find(struct bk_str name)
{
    size_t low = 0, high = bk_zone_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *here = bk_zone_table[middle].name;
        size_t len = strlen(here);
        int order = name.len == 0 ? -1 : memcmp(name.ptr, here, name.len < len ? name.len : len);
        if (order == 0)
            order = name.len < len ? -1 : name.len > len;
        if (order == 0)
            return &bk_zone_table[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static bool is_same_change(const struct bk_zone_change *a, const struct bk_zone_change *b)
{
    return a->month == b->month && a->week == b->week && a->weekday == b->weekday &&
           a->minute == b->minute;
}

bool bk_zone_is_same(const struct bk_zone *a, const struct bk_zone *b)
{
    if (a->offset_min != b->offset_min)
        return false;
    if (a->dst == NULL || b->dst == NULL)
        return a->dst == b->dst;
    return a->dst->saved_min == b->dst->saved_min &&
           is_same_change(&a->dst->start, &b->dst->start) &&
           is_same_change(&a->dst->end, &b->dst->end);
}

static int month_len(int year, int month)
{
    static const int8_t lens[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return lens[month - 1] + (month == 2 && is_leap);
}

/* 0: Sunday. */
static int first_weekday(int year, int month)
{
    int days = 365 * year + year / 4 - year / 100 + year / 400; /* to the end of that year */
    for (int later = month; later <= 12; later++)
        days -= month_len(year, later);
    return (days + 1) % 7; /* the 1st of January of the year 1 is a Monday */
}

int bk_zone_change_day(const struct bk_zone_change *change, int year)
{
    int day = 1 + (change->weekday - first_weekday(year, change->month) + 7) % 7;
    int last = month_len(year, change->month);
    day += 7 * (change->week - 1);
    return day > last ? day - 7 : day;
}
