/*
 * Option rows: key, type, range, default, help. Service settings and the neutral phone settings
 * are both tables of these; parser, check and manual are made from the rows.
 */
#ifndef BASE_OPTION_H
#define BASE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

enum bk_option_type {
    BK_T_BOOL,   /* true false yes no on off 1 0 */
    BK_T_INT,    /* min..max inclusive */
    BK_T_TEXT,   /* UTF-8 without control characters, min..max bytes */
    BK_T_SECRET, /* as text; never printed */
    BK_T_ENUM,   /* one word of `words` */
    BK_T_LIST,   /* words of `words`, comma separated, each once; empty `words`: any token */
    BK_T_PATH,   /* a file, absolute or relative to the working directory */
    BK_T_ADDRESS /* host:port, [v6]:port, unix:/path; never empty, port 0 means any free one */
};

/* Longest text of a row that sets no max of its own (max 0). */
#define BK_OPTION_TEXT_MAX 4096

struct bk_option {
    const char *key; /* "sip.register_expires_s": lower case, dots, unit at the end */
    enum bk_option_type type;
    int64_t min, max;         /* of the number, or of the length in bytes (max 0: the above) */
    const char *default_text; /* NULL: no default */
    const char *help;         /* one sentence */
    const char *words;        /* "udp tcp tls", for BK_T_ENUM and BK_T_LIST */
};

struct bk_option_value {
    struct bk_str text; /* borrowed, as written (BK_T_BOOL: "1" or "0") */
    int64_t number;     /* BK_T_BOOL, BK_T_INT; BK_T_ENUM: index of the word */
};

/* BK_ERR_INVALID with a detail "key: what is wrong, what is allowed". */
BK_MUST_USE enum bk_err bk_option_parse(const struct bk_option *option, struct bk_str text,
                                        struct bk_option_value *ret_value,
                                        struct bk_detail *ret_detail);
/* Linear; tables end with a row whose key is NULL. Returns the index, or -1. */
ptrdiff_t bk_option_find(const struct bk_option *options, struct bk_str key);
/* Index of word in a blank separated list, or -1. */
ptrdiff_t bk_words_find(const char *words, struct bk_str word);

#endif
