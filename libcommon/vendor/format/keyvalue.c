/*
 * `name = value` lines: write, parse, compare.
 */
#include "vendor/format/keyvalue.h"

#include <string.h>

#include "base/secret.h"

static const struct bk_str separator = {" = ", 3};

/* --- the parser ------------------------------------------------------------------------------ */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct bk_str trimmed(const char *from, const char *to)
{
    while (from < to && is_blank(*from))
        from++;
    while (to > from && is_blank(to[-1]))
        to--;
    return (struct bk_str){from, (size_t)(to - from)};
}

enum bk_kv_line bk_kv_next(struct bk_str *rest, struct bk_str *ret_name, struct bk_str *ret_value)
{
    while (rest->len > 0) {
        const char *from = rest->ptr, *end = from + rest->len;
        const char *line_end = memchr(from, '\n', rest->len);
        const char *next = line_end == NULL ? end : line_end + 1;
        const char *to = line_end == NULL ? end : line_end;
        *rest = (struct bk_str){next, (size_t)(end - next)};
        if (from == to || *from == '#')
            continue;
        const char *equals = memchr(from, '=', (size_t)(to - from));
        if (equals == NULL) {
            if (trimmed(from, to).len == 0)
                continue;
            return BK_KV_MALFORMED;
        }
        *ret_name = trimmed(from, equals);
        *ret_value = trimmed(equals + 1, to);
        return ret_name->len > 0 ? BK_KV_PAIR : BK_KV_MALFORMED;
    }
    return BK_KV_END;
}

/* --- what the format can carry --------------------------------------------------------------- */

bool bk_kv_is_name(struct bk_str name)
{
    if (name.len == 0 || name.len > BK_KV_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool is_inner = (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
        if (!is_letter && (i == 0 || !is_inner))
            return false;
    }
    return true;
}

/* Printable ASCII, the common case, is settled without decoding. */
static bool is_plain(struct bk_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < ' ' || value.ptr[i] > '~')
            return false;
    }
    return true;
}

const char *bk_kv_check_value(const struct bk_kv_format *format, struct bk_str value)
{
    if (value.len > BK_KV_VALUE_MAX)
        return "is longer than 1024 bytes";
    if (!is_plain(value)) {
        if (!bk_str_is_utf8(value))
            return "is no valid UTF-8";
        if (bk_str_has_control(value))
            return "holds a control character, a line separator or a byte order mark";
    }
    if (bk_str_trim(value).len != value.len)
        return "begins or ends with a blank";
    if (bk_str_eq_nocase(value, bk_str_of(format->reset)))
        return "is the word that resets a parameter; leave it empty instead";
    return NULL;
}

/* --- the encoder ----------------------------------------------------------------------------- */

static void prefix_add(struct bk_kv *kv, struct bk_str text)
{
    if (text.len > sizeof kv->prefix - 1 - kv->prefix_len) {
        kv->err = BK_ERR_INTERNAL;
        return;
    }
    if (text.len > 0)
        memcpy(kv->prefix + kv->prefix_len, text.ptr, text.len);
    kv->prefix_len += text.len;
}

void bk_kv_prefix(struct bk_kv *kv, struct bk_str text)
{
    kv->prefix_len = 0;
    prefix_add(kv, text);
}

/* Decimal digits of number, at the end of space. */
static struct bk_str digits_of(long number, char (*space)[24])
{
    char *end = *space + sizeof *space, *at = end;
    unsigned long rest = number < 0 ? 0 - (unsigned long)number : (unsigned long)number;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        *--at = '-';
    return (struct bk_str){at, (size_t)(end - at)};
}

void bk_kv_prefix_number(struct bk_kv *kv, int number, struct bk_str text_after)
{
    char space[24];
    prefix_add(kv, digits_of(number, &space));
    prefix_add(kv, text_after);
}

static void fail(struct bk_kv *kv, struct bk_str name, enum bk_err err, const char *what)
{
    if (kv->err != BK_OK)
        return;
    kv->err = err;
    bk_detail_set(kv->detail, "%.*s%.*s: %s", (int)kv->prefix_len, kv->prefix, BK_STR_ARG(name),
                  what);
}

void bk_kv_fail(struct bk_kv *kv, struct bk_str name, const char *what)
{
    fail(kv, name, BK_ERR_INVALID, what);
}

static void flush(struct bk_kv *kv)
{
    bk_buf_add(kv->out, (struct bk_str){kv->chunk, kv->used});
    kv->used = 0;
}

static char *append(char *at, const char *text, size_t len)
{
    memcpy(at, text, len);
    return at + len;
}

static void write_line(struct bk_kv *kv, struct bk_str name, struct bk_str value)
{
    if (kv->prefix_len + name.len > BK_KV_NAME_MAX || value.len > BK_KV_VALUE_MAX) {
        fail(kv, name, BK_ERR_INTERNAL, "is too long for a line");
        return;
    }
    size_t len = kv->prefix_len + name.len + separator.len + value.len + 1;
    if (len > sizeof kv->chunk - kv->used)
        flush(kv);
    char *at = kv->chunk + kv->used;
    at = append(at, kv->prefix, kv->prefix_len);
    at = append(at, name.ptr, name.len);
    at = append(at, separator.ptr, separator.len);
    if (value.len > 0)
        at = append(at, value.ptr, value.len);
    *at = '\n';
    kv->used += len;
}

static void check_line(struct bk_kv *kv, struct bk_str name, struct bk_str value)
{
    struct bk_str got_name, got_value;
    if (bk_kv_next(&kv->rest, &got_name, &got_value) != BK_KV_PAIR ||
        got_name.len != kv->prefix_len + name.len || got_value.len != value.len ||
        memcmp(got_name.ptr, kv->prefix, kv->prefix_len) != 0 ||
        memcmp(got_name.ptr + kv->prefix_len, name.ptr, name.len) != 0 ||
        memcmp(got_value.ptr, value.ptr, value.len) != 0)
        fail(kv, name, BK_ERR_INTERNAL, "does not read back as it was written; nothing is served");
}

static void emit(struct bk_kv *kv, struct bk_str name, struct bk_str value)
{
    if (kv->err != BK_OK)
        return;
    if (kv->is_check)
        check_line(kv, name, value);
    else
        write_line(kv, name, value);
}

void bk_kv_put(struct bk_kv *kv, struct bk_str name, struct bk_str value)
{
    if (value.len == 0) {
        bk_kv_reset(kv, name);
        return;
    }
    if (!kv->is_check) {
        const char *fault = bk_kv_check_value(kv->format, value);
        if (fault != NULL) {
            fail(kv, name, BK_ERR_INVALID, fault);
            return;
        }
    }
    emit(kv, name, value);
}

void bk_kv_put_int(struct bk_kv *kv, struct bk_str name, long value)
{
    char space[24];
    emit(kv, name, digits_of(value, &space));
}

void bk_kv_put_word(struct bk_kv *kv, struct bk_str name, const char *word)
{
    emit(kv, name, bk_str_of(word));
}

void bk_kv_reset(struct bk_kv *kv, struct bk_str name)
{
    emit(kv, name, kv->reset);
}

enum bk_err bk_kv_render(const struct bk_kv_format *format, bk_kv_fill_fn *fill,
                         const void *context, struct bk_buf *out, struct bk_detail *ret_detail)
{
    struct bk_kv kv;
    kv.format = format;
    kv.out = out;
    kv.detail = ret_detail;
    kv.reset = bk_str_of(format->reset);
    kv.err = BK_OK;
    kv.is_check = false;
    kv.prefix_len = 0;
    kv.used = 0;

    size_t begin = out->len;
    bk_buf_add(out, bk_str_of(format->header));
    bk_buf_add_char(out, '\n');
    fill(&kv, context);
    flush(&kv);
    bk_wipe(kv.chunk, sizeof kv.chunk);
    if (kv.err == BK_OK)
        kv.err = out->err;

    if (kv.err == BK_OK) {
        struct bk_str text = bk_buf_str(out), name, value;
        kv.is_check = true;
        kv.prefix_len = 0;
        kv.rest = bk_str_slice(text, begin, text.len);
        fill(&kv, context);
        if (kv.err == BK_OK && bk_kv_next(&kv.rest, &name, &value) != BK_KV_END)
            fail(&kv, BK_STR("file"), BK_ERR_INTERNAL,
                 "holds more than was put in; nothing is served");
    }
    if (kv.err == BK_ERR_TOO_LARGE)
        bk_detail_set(ret_detail, "the file is larger than %zu bytes", out->len_max);
    if (kv.err != BK_OK)
        bk_buf_clear(out);
    return kv.err;
}
