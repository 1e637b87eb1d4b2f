/*
 * Time zones by IANA name: what `time.zone` accepts, and what a phone driver needs to know of one.
 * The table is built in (zone_table.c); nothing is read from the machine at run time.
 */
#ifndef MODEL_ZONE_H
#define MODEL_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"

/* A day of each year and a time on that day, as POSIX TZ has it: Mmonth.week.weekday/time. */
struct bk_zone_change {
    int8_t month;   /* 1..12 */
    int8_t week;    /* 1..5: the first to fourth weekday of that name in the month; 5: the last */
    int8_t weekday; /* 0: Sunday */
    /* After midnight, by the clock before it is changed. A few zones leave the day that is named:
     * below 0 before it (Nuuk), above 24 hours after it (Gaza). */
    int16_t minute;
};

/* Daylight saving time; the start may be later in the year than the end (south of the equator). */
struct bk_zone_dst {
    int16_t saved_min; /* above 0: the clock is put forward by so much */
    struct bk_zone_change start, end;
};

struct bk_zone {
    const char *name;   /* "Europe/Berlin" */
    int16_t offset_min; /* of standard time, east of Greenwich positive */
    /* "CET-1CEST,M3.5.0,M10.5.0/3": as the database has it (POSIX with the extensions of RFC 8536).
     * Ireland's says that winter is the exception; offset_min and dst say it as everywhere else. */
    const char *posix;
    const struct bk_zone_dst *dst; /* NULL: the clock is never changed */
};

extern const struct bk_zone bk_zone_table[]; /* all, by name */
extern const size_t bk_zone_count;

const struct bk_zone *bk_zone_find(struct bk_str name); /* NULL: not in the table */

/* Do clocks show the same in both, all year round? */
bool bk_zone_is_same(const struct bk_zone *a, const struct bk_zone *b);

/* The day of the month that a change names in a year (Gregorian). */
int bk_zone_change_day(const struct bk_zone_change *change, int year);

#endif
