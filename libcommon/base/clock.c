/*
 * The two clocks. Reading one is a vDSO call, so nothing is cached.
 */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t fake_mono_ms = -1;
static int64_t fake_wall_ms = -1;

static int64_t read_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t bk_clock_mono_ms(void)
{
    return fake_mono_ms >= 0 ? fake_mono_ms : read_ms(CLOCK_MONOTONIC);
}

int64_t bk_clock_wall_ms(void)
{
    return fake_wall_ms >= 0 ? fake_wall_ms : read_ms(CLOCK_REALTIME);
}

void bk_clock_fake(int64_t mono_ms, int64_t wall_ms)
{
    fake_mono_ms = mono_ms;
    fake_wall_ms = wall_ms;
}

void bk_clock_print(int64_t wall_ms, char *ret_text)
{
    /* Years 1 to 9999, which is what the form can hold. */
    const int64_t first_ms = INT64_C(-62135596800000), last_ms = INT64_C(253402300799999);
    if (wall_ms < first_ms)
        wall_ms = first_ms;
    if (wall_ms > last_ms)
        wall_ms = last_ms;
    int64_t ms = wall_ms % 1000;
    if (ms < 0)
        ms += 1000;
    time_t seconds = (time_t)((wall_ms - ms) / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    char text[96]; /* the compiler cannot know that the fields are small */
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
             utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, (int)ms);
    memcpy(ret_text, text, BK_CLOCK_TEXT_SIZE);
}
