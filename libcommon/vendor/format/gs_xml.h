/*
 * Grandstream's XML: the encoder, and the reader that checks what it wrote.
 *
 *     <?xml version="1.0" encoding="UTF-8"?>
 *     <gs_provision version="1">
 *     <mac>c074ad0b63ee</mac>
 *     <config version="1">
 *     <P47>sip.example</P47>
 *     </config>
 *     <config version="2">
 *     <item name="account.5.sip.userid">1005</item>
 *     </config>
 *     </gs_provision>
 *
 * As in keyvalue.h a file is described by a fill function that bk_gs_render runs twice: once to
 * write, once against the reader. The reader takes exactly the form above, one parameter a line,
 * so that whatever the encoder overlooks becomes a refused file and not a parameter.
 */
#ifndef VENDOR_FORMAT_GS_XML_H
#define VENDOR_FORMAT_GS_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "model/mac.h"

#define BK_GS_NAME_MAX 128
#define BK_GS_VALUE_MAX 1024

/* What a name is decides where it stands. */
enum bk_gs_form {
    BK_GS_NONE,   /* no name of a parameter */
    BK_GS_NUMBER, /* "P" and 1 to 99999 without leading zeros: <config version="1"> */
    BK_GS_ALIAS   /* words of letters, digits, _ and -, joined by dots, a letter first: version 2 */
};
enum bk_gs_form bk_gs_form_of(struct bk_str name);

struct bk_gs_reader {
    struct bk_str rest;
    enum bk_gs_form form; /* of the <config> that is open; BK_GS_NONE between them */
};

struct bk_gs {
    struct bk_buf *out;
    struct bk_detail *detail;
    enum bk_err err;      /* first failure, sticky; later puts do nothing */
    bool is_check;        /* second run */
    enum bk_gs_form form; /* of the <config> that is open */
    struct bk_gs_reader reader;
};

/*
 * One parameter each, opening the <config> it belongs to where another is open: so numbers first,
 * then aliases. name is a constant of the driver or a checked raw name, else BK_ERR_INTERNAL.
 * bk_gs_put: text of any origin, checked; empty is written as an empty element. What the format
 * cannot carry (bk_gs_check_value) fails the file with BK_ERR_INVALID and names the parameter.
 */
void bk_gs_put(struct bk_gs *gs, struct bk_str name, struct bk_str value);
void bk_gs_put_int(struct bk_gs *gs, struct bk_str name, long value);
/* Give the file up: BK_ERR_INVALID, "parameter: what". */
void bk_gs_fail(struct bk_gs *gs, struct bk_str name, const char *what);

typedef void bk_gs_fill_fn(struct bk_gs *gs, const void *context);

/*
 * Append the file of a phone (mac NULL: one for many) to out, which should be a secret buffer.
 * BK_ERR_INVALID: a value is refused, detail names the parameter. BK_ERR_TOO_LARGE.
 * BK_ERR_INTERNAL: what was written does not read back the same; out is cleared.
 */
BK_MUST_USE enum bk_err bk_gs_render(const struct bk_mac *mac, bk_gs_fill_fn *fill,
                                     const void *context, struct bk_buf *out,
                                     struct bk_detail *ret_detail);

/* NULL: the value can be written. Else what is wrong with it. */
const char *bk_gs_check_value(struct bk_str value);

enum bk_gs_line { BK_GS_PAIR, BK_GS_END, BK_GS_MALFORMED };

/* Begin to read text as bk_gs_render wrote it for mac. False: it does not begin like a file. */
bool bk_gs_read(struct bk_str text, const struct bk_mac *mac, struct bk_gs_reader *ret_reader);
/* The next parameter; the value still escaped. */
enum bk_gs_line bk_gs_next(struct bk_gs_reader *reader, struct bk_str *ret_name,
                           struct bk_str *ret_escaped);

#endif
