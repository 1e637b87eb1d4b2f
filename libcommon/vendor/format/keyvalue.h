/*
 * Files of lines `name = value`: the encoder, and the parser that checks what it wrote.
 *
 * A file is described by a fill function that puts its parameters in order. bk_kv_render runs it
 * twice: once to write, once against the parser reading the text that was written. Where the two
 * differ in a name, a value or their number, no file is served. So no value can add a parameter,
 * whatever the encoder overlooks, and the check needs no memory of its own.
 */
#ifndef VENDOR_FORMAT_KEYVALUE_H
#define VENDOR_FORMAT_KEYVALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define BK_KV_CHUNK_SIZE 8192
#define BK_KV_VALUE_MAX 1024
#define BK_KV_NAME_MAX 128

/* The dialect of one maker. */
struct bk_kv_format {
    const char *header; /* first line, without its end */
    const char *reset;  /* the value that means "factory default" */
};

struct bk_kv {
    const struct bk_kv_format *format;
    struct bk_buf *out;
    struct bk_detail *detail;
    struct bk_str reset;
    enum bk_err err;    /* first failure, sticky; later puts do nothing */
    bool is_check;      /* second run */
    struct bk_str rest; /* what the parser has not read yet */
    char prefix[64];    /* of every name, until it is changed */
    size_t prefix_len;
    size_t used;                  /* of chunk */
    char chunk[BK_KV_CHUNK_SIZE]; /* lines on their way to out; wiped in the end */
};

/*
 * Names are put after a prefix: "account.", 1, "." is begun and added piece by piece. Numbers
 * from 0. The prefix stands until the next is begun; empty: names as they are. At most 63 bytes.
 */
void bk_kv_prefix(struct bk_kv *kv, struct bk_str text);
void bk_kv_prefix_number(struct bk_kv *kv, int number, struct bk_str text_after);

/*
 * One parameter each; name must be a constant of the driver (or a checked raw name).
 * bk_kv_put: text of any origin, checked; empty is written as the reset word. What the format
 * cannot carry (bk_kv_check_value) fails the file with BK_ERR_INVALID and names the parameter.
 */
void bk_kv_put(struct bk_kv *kv, struct bk_str name, struct bk_str value);
void bk_kv_put_int(struct bk_kv *kv, struct bk_str name, long value);
void bk_kv_put_word(struct bk_kv *kv, struct bk_str name, const char *word); /* a constant */
void bk_kv_reset(struct bk_kv *kv, struct bk_str name);
/* Give the file up: BK_ERR_INVALID, "parameter: what". */
void bk_kv_fail(struct bk_kv *kv, struct bk_str name, const char *what);

typedef void bk_kv_fill_fn(struct bk_kv *kv, const void *context);

/*
 * The header and what fill puts, appended to out (which should be a secret buffer).
 * BK_ERR_INVALID: a value is refused, detail names the parameter. BK_ERR_TOO_LARGE.
 * BK_ERR_INTERNAL: what was written does not read back the same; out is cleared.
 */
BK_MUST_USE enum bk_err bk_kv_render(const struct bk_kv_format *format, bk_kv_fill_fn *fill,
                                     const void *context, struct bk_buf *out,
                                     struct bk_detail *ret_detail);

/* NULL: the value can be written. Else what is wrong with it. */
const char *bk_kv_check_value(const struct bk_kv_format *format, struct bk_str value);
/* Letters, digits, dot, underscore and hyphen, beginning with a letter. */
bool bk_kv_is_name(struct bk_str name);

enum bk_kv_line { BK_KV_PAIR, BK_KV_END, BK_KV_MALFORMED };

/* The next pair of *rest; comments ('#' first) and empty lines are skipped. */
enum bk_kv_line bk_kv_next(struct bk_str *rest, struct bk_str *ret_name, struct bk_str *ret_value);

#endif
