/*
 * Files of one parameter a line, in the dialects of several makers:
 *
 *     account.1.label = Anna         {.between = " = "}
 *     sip line1 user name: 1001      {.between = ": "}
 *     SET NTPSRVR ntp.example        {.before = "SET ", .between = " ", .quote = WHEN_BLANK}
 *     ADMIN_PASS="secret"            {.between = "=", .quote = ALWAYS}
 *
 * The parser is written apart from the encoder and takes a line as a phone would: it trims, finds
 * the separator, takes quotes off.
 */
#ifndef VENDOR_FORMAT_LINES_H
#define VENDOR_FORMAT_LINES_H

#include "vendor/sheet.h"

enum bk_quote { BK_QUOTE_NEVER, BK_QUOTE_ALWAYS, BK_QUOTE_WHEN_BLANK };

struct bk_lines {
    const char *header; /* first line, without its end; NULL: none */
    const char *before; /* of every parameter; NULL: nothing */
    const char *between;
    const char *empty; /* how an empty value is written: "%NULL%"; NULL: as nothing */
    const char *footer;
    char comment; /* what begins a line that the phone skips; 0: nothing does */
    enum bk_quote quote;
    /* Characters that no value may hold, beside those that the quoting rules out; NULL: none. */
    const char *forbidden;
};

/* For struct bk_format: .begin and .end write header and footer. */
void bk_lines_begin(struct bk_sheet *sheet, const struct bk_file *file);
void bk_lines_end(struct bk_sheet *sheet, const struct bk_file *file);
void bk_lines_put(struct bk_sheet *sheet, struct bk_str name, struct bk_str value);
const char *bk_lines_check_value(const struct bk_format *format, struct bk_str value);

void bk_lines_prepare(struct bk_sheet *sheet); /* before anything is put */

/* A line that is no parameter, as it stands: made of the driver's constants and numbers only. */
void bk_lines_literal(struct bk_sheet *sheet, struct bk_str line);

/* The parser: name and value of one line, without its end. False: it holds none. */
bool bk_lines_parse(const struct bk_lines *lines, struct bk_str line, struct bk_str *ret_name,
                    struct bk_str *ret_value);
/* The whole file, against the notes: bk_sheet_differs. */
void bk_lines_check(struct bk_sheet *sheet, struct bk_str text);

/* Letters, digits, dot, underscore and hyphen, beginning with a letter; at most 128. */
bool bk_is_dotted_name(struct bk_str name);

#endif
