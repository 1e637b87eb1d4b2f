/* See util.h. */
#include "util.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void out_of_memory(void)
{
    fputs("phonesim: out of memory\n", stderr);
    abort();
}

void *sim_alloc(size_t count, size_t size)
{
    void *items = calloc(count == 0 ? 1 : count, size);
    if (items == NULL)
        out_of_memory();
    return items;
}

void *sim_grow(void *items, size_t count, size_t size)
{
    void *grown = reallocarray(items, count == 0 ? 1 : count, size);
    if (grown == NULL)
        out_of_memory();
    return grown;
}

char *sim_strndup(const char *text, size_t len)
{
    char *copy = sim_alloc(len + 1, 1);
    if (len > 0)
        memcpy(copy, text, len);
    return copy;
}

char *sim_strdup(const char *text)
{
    return sim_strndup(text, strlen(text));
}

void sim_buf_add(struct sim_buf *buf, const void *bytes, size_t len)
{
    if (buf->size - buf->len < len + 1) {
        size_t size = buf->size == 0 ? 256 : buf->size;
        while (size - buf->len < len + 1)
            size *= 2;
        buf->data = sim_grow(buf->data, size, 1);
        buf->size = size;
    }
    if (len > 0)
        memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void sim_buf_text(struct sim_buf *buf, const char *text)
{
    sim_buf_add(buf, text, strlen(text));
}

void sim_buf_format(struct sim_buf *buf, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        out_of_memory();
    sim_buf_add(buf, text, (size_t)len);
    free(text);
}

void sim_buf_free(struct sim_buf *buf)
{
    free(buf->data);
    *buf = (struct sim_buf){0};
}

size_t sim_utf8_sequence(const char *text, size_t len)
{
    const unsigned char *at = (const unsigned char *)text;
    if (len == 0)
        return 0;
    if (at[0] < 0x80)
        return 1;

    size_t want = 0;
    unsigned lowest = 0x80, highest = 0xbf; /* of the second byte */
    if (at[0] >= 0xc2 && at[0] <= 0xdf) {
        want = 2;
    } else if (at[0] >= 0xe0 && at[0] <= 0xef) {
        want = 3;
        lowest = at[0] == 0xe0 ? 0xa0 : lowest;   /* no over-long form */
        highest = at[0] == 0xed ? 0x9f : highest; /* no surrogate */
    } else if (at[0] >= 0xf0 && at[0] <= 0xf4) {
        want = 4;
        lowest = at[0] == 0xf0 ? 0x90 : lowest;
        highest = at[0] == 0xf4 ? 0x8f : highest; /* not above U+10FFFF */
    }
    if (want == 0 || len < want || at[1] < lowest || at[1] > highest)
        return 0;
    for (size_t i = 2; i < want; i++) {
        if (at[i] < 0x80 || at[i] > 0xbf)
            return 0;
    }
    return want;
}

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t sim_mono_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

int64_t sim_wall_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

void sim_fault_set(struct sim_fault *fault, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fault->line = line;
    vsnprintf(fault->text, sizeof fault->text, format, args);
    va_end(args);
}

bool sim_int_parse(const char *text, int *ret_value)
{
    size_t len = strlen(text);
    if (len == 0 || len > 9 || strspn(text, "0123456789") != len)
        return false;
    *ret_value = (int)strtol(text, NULL, 10);
    return true;
}
