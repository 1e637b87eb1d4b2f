/*
 * Comma separated values, strictly as RFC 4180 has them: a quote only around a whole field, doubled
 * inside it, nothing after it but a comma or the line's end. Line ends are CRLF or LF (files made
 * on our own systems have the latter); a byte order mark at the beginning is passed over. Pure.
 */
#ifndef CLI_CSV_H
#define CLI_CSV_H

#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

#define CLI_CSV_FIELD_MAX 64
#define CLI_CSV_RECORD_BYTES_MAX (1024 * 1024)

/* Quotes are taken off in place: fields borrow from the text, which the caller keeps. */
struct cli_csv {
    char *text;
    size_t len, at;
    int line; /* of the next record, from 1 */
};

struct cli_csv_record {
    int line; /* where it begins */
    struct bk_str fields[CLI_CSV_FIELD_MAX];
    size_t count;
};

void cli_csv_init(struct cli_csv *csv, char *text, size_t len);
/*
 * BK_ERR_NOT_FOUND after the last record; BK_ERR_INVALID ("line 7, column 3: …") for a record that
 * breaks a rule, after which the rest cannot be trusted: the caller stops.
 */
BK_MUST_USE enum bk_err cli_csv_next(struct cli_csv *csv, struct cli_csv_record *ret_record,
                                     struct bk_detail *ret_detail);

#endif
