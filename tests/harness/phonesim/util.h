/*
 * Growing text, the clock, and UTF-8: what the simulator needs from a library and may not take from
 * Beckon's own, or it would only confirm our own mistakes. A test tool: out of memory is the end.
 */
#ifndef PHONESIM_UTIL_H
#define PHONESIM_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define SIM_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define SIM_PRINTF(text, first)
#endif

/* Owned bytes, always terminated; {0} is an empty one. */
struct sim_buf {
    char *data;
    size_t len, size;
};

void *sim_alloc(size_t count, size_t size); /* zeroed, never NULL */
void *sim_grow(void *items, size_t count, size_t size);
char *sim_strndup(const char *text, size_t len);
char *sim_strdup(const char *text);

void sim_buf_add(struct sim_buf *buf, const void *bytes, size_t len);
void sim_buf_text(struct sim_buf *buf, const char *text);
void sim_buf_format(struct sim_buf *buf, const char *format, ...) SIM_PRINTF(2, 3);
void sim_buf_free(struct sim_buf *buf);

/* Length of the well-formed UTF-8 sequence at text (RFC 3629), 0 when there is none. */
size_t sim_utf8_sequence(const char *text, size_t len);

int64_t sim_mono_ms(void);
int64_t sim_wall_ms(void); /* since the epoch */

/* What is wrong with something that was read, for an event; line 0: not about a line. */
struct sim_fault {
    int line;
    char text[200];
};
void sim_fault_set(struct sim_fault *fault, int line, const char *format, ...) SIM_PRINTF(3, 4);

/* A whole number of at most nine digits and nothing else. */
bool sim_int_parse(const char *text, int *ret_value);

#endif
