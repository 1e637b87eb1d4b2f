/*
 * Log lines on a descriptor: composed on the stack, written at once. No buffering and no lock:
 * lines of several workers on one pipe stay whole, as each is a single write of at most 4 KiB
 * (PIPE_BUF).
 */
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define LINE_BYTES_MAX 4096
#define VALUE_BYTES_MAX 512
/* Kept free for the mark that something was left out, the closing brace and the line end. */
#define TAIL_BYTES 32

static struct {
    const char *svc;
    enum bk_log_level lowest;
    bool as_json;
    int fd;
} setup = {"beckon", BK_LOG_INFO, false, STDERR_FILENO};

void bk_log_setup(const char *svc, enum bk_log_level lowest, bool as_json, int fd)
{
    setup.svc = svc;
    setup.lowest = lowest;
    setup.as_json = as_json;
    setup.fd = fd;
}

bool bk_log_is_on(enum bk_log_level level)
{
    return setup.fd >= 0 && level >= setup.lowest;
}

struct line {
    char text[LINE_BYTES_MAX];
    size_t len;
    bool is_full;
};

static void add(struct line *line, struct bk_str text)
{
    if (line->is_full || text.len > sizeof line->text - TAIL_BYTES - line->len) {
        line->is_full = true;
        return;
    }
    if (text.len > 0)
        memcpy(line->text + line->len, text.ptr, text.len);
    line->len += text.len;
}

/* Bytes of the character at the head of text; *ret_is_plain: it can stand in a line as it is. */
static size_t next_char(struct bk_str text, bool *ret_is_plain)
{
    unsigned char lead = (unsigned char)text.ptr[0];
    size_t len = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    struct bk_str one = bk_str_slice(text, 0, len);
    bool is_good = one.len == len && bk_str_is_utf8(one);
    *ret_is_plain = is_good && !bk_str_has_control(one);
    return is_good ? len : 1;
}

static void add_escaped(struct line *line, struct bk_str one)
{
    const unsigned char *c = (const unsigned char *)one.ptr;
    char text[8];
    if (one.len == 1 && (c[0] == '\n' || c[0] == '\r' || c[0] == '\t'))
        snprintf(text, sizeof text, "\\%c", c[0] == '\n' ? 'n' : c[0] == '\r' ? 'r' : 't');
    else if (one.len == 1 && c[0] < 0x80)
        snprintf(text, sizeof text, "\\u%04x", (unsigned)c[0]);
    else if (one.len == 2)
        snprintf(text, sizeof text, "\\u%04x", (c[0] & 0x1fU) << 6 | (c[1] & 0x3fU));
    else if (one.len == 3)
        snprintf(text, sizeof text, "\\u%04x",
                 (c[0] & 0x0fU) << 12 | (c[1] & 0x3fU) << 6 | (c[2] & 0x3fU));
    else if (setup.as_json)
        snprintf(text, sizeof text, "\\ufffd"); /* JSON cannot name a byte that is no UTF-8 */
    else
        snprintf(text, sizeof text, "\\x%02x", (unsigned)c[0]);
    add(line, bk_str_of(text));
}

static bool needs_quotes(struct bk_str value)
{
    for (size_t at = 0; at < value.len;) {
        bool is_plain;
        size_t len = next_char(bk_str_slice(value, at, value.len), &is_plain);
        char c = value.ptr[at];
        if (!is_plain || c == ' ' || c == '"' || c == '=' || c == '\\')
            return true;
        at += len;
    }
    return value.len == 0;
}

static void add_text(struct line *line, struct bk_str value)
{
    /* Cut before looking: a peer's megabyte must cost no more than what is printed of it. */
    bool is_cut = value.len > VALUE_BYTES_MAX;
    if (is_cut) {
        size_t end = VALUE_BYTES_MAX;
        while (end > VALUE_BYTES_MAX - 4 && ((unsigned char)value.ptr[end] & 0xc0) == 0x80)
            end--;
        value.len = end;
    }
    bool is_quoted = is_cut || setup.as_json || needs_quotes(value);
    if (is_quoted)
        add(line, BK_STR("\""));
    for (size_t at = 0; at < value.len && !line->is_full;) {
        bool is_plain;
        struct bk_str rest = bk_str_slice(value, at, value.len);
        struct bk_str one = bk_str_slice(rest, 0, next_char(rest, &is_plain));
        if (is_plain && (one.ptr[0] == '"' || one.ptr[0] == '\\'))
            add(line, BK_STR("\\"));
        if (is_plain)
            add(line, one);
        else
            add_escaped(line, one);
        at += one.len;
    }
    if (is_cut)
        add(line, BK_STR("\xe2\x80\xa6")); /* … */
    if (is_quoted)
        add(line, BK_STR("\""));
}

static void add_pair(struct line *line, struct bk_kv pair)
{
    if (line->len > 0)
        add(line, setup.as_json ? BK_STR(",") : BK_STR(" "));
    if (setup.as_json)
        add(line, line->len > 0 ? BK_STR("\"") : BK_STR("{\""));
    add(line, bk_str_of(pair.key));
    add(line, setup.as_json ? BK_STR("\":") : BK_STR("="));
    if (pair.is_number) {
        char number[24];
        snprintf(number, sizeof number, "%lld", (long long)pair.number);
        add(line, bk_str_of(number));
    } else {
        add_text(line, pair.text);
    }
}

void bk_log_line(enum bk_log_level level, const char *what, const struct bk_kv *pairs)
{
    static const char *const level_names[] = {"debug", "info", "warn", "error"};
    if (!bk_log_is_on(level))
        return;
    int saved_errno = errno;

    char now[BK_CLOCK_TEXT_SIZE];
    bk_clock_print(bk_clock_wall_ms(), now);
    struct line line;
    line.len = 0;
    line.is_full = false;
    add_pair(&line, BK_KV("time", now));
    add_pair(&line, BK_KV("level", level_names[level]));
    add_pair(&line, BK_KV("svc", setup.svc));
    add_pair(&line, BK_KV("what", what));
    bool is_cut = false;
    for (; pairs->key != NULL; pairs++) {
        size_t before = line.len;
        add_pair(&line, *pairs);
        if (line.is_full) {
            /* A pair is whole or absent; shorter ones after it may still fit. */
            line.len = before;
            line.is_full = false;
            is_cut = true;
        }
    }
    const char *tail =
        setup.as_json ? (is_cut ? ",\"cut\":true}\n" : "}\n") : (is_cut ? " cut=true\n" : "\n");
    memcpy(line.text + line.len, tail, strlen(tail));
    line.len += strlen(tail);

    /* A line that cannot be written is lost: there is nobody left to tell. */
    ssize_t written;
    do {
        written = write(setup.fd, line.text, line.len);
    } while (written < 0 && errno == EINTR);
    errno = saved_errno;
}
