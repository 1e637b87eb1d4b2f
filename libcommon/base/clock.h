/*
 * Time, replaceable in tests. Wall time is for people and certificates, monotonic time for
 * everything that waits.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

int64_t bk_clock_mono_ms(void);
int64_t bk_clock_wall_ms(void); /* since 1970, UTC */

/* Tests only: both clocks stand still at these values until the next call; negative: real. */
void bk_clock_fake(int64_t mono_ms, int64_t wall_ms);

/* "2026-11-23T02:45:59.123Z" and a terminator: 25 bytes. */
#define BK_CLOCK_TEXT_SIZE 25
void bk_clock_print(int64_t wall_ms, char *ret_text);

#endif
