/*
 * Comma separated values (RFC 4180), one record a call, unquoted in place.
 */
#include "csv.h"

#include <string.h>

void cli_csv_init(struct cli_csv *csv, char *text, size_t len)
{
    *csv = (struct cli_csv){text, len, 0, 1};
    if (bk_str_starts((struct bk_str){text, len}, BK_STR("\xef\xbb\xbf")))
        csv->at = 3;
}

static enum bk_err refuse(struct cli_csv_record *record, struct bk_detail *ret_detail,
                          const char *rule)
{
    bk_detail_set(ret_detail, "line %d, column %zu: %s", record->line, record->count + 1, rule);
    return BK_ERR_INVALID;
}

/* Length of the line end at `at`; 0 when there is none. */
static size_t line_end(const struct cli_csv *csv, size_t at)
{
    if (csv->text[at] == '\n')
        return 1;
    return csv->text[at] == '\r' && at + 1 < csv->len && csv->text[at + 1] == '\n' ? 2 : 0;
}

/* Cut one field from *at on; NULL when it is good, else the rule it breaks. */
static const char *read_quoted(struct cli_csv *csv, size_t *at, int *lines,
                               struct bk_str *ret_field)
{
    size_t from = *at + 1, to = from, out = from;
    for (;; to++) {
        if (to >= csv->len)
            return "the quote is not closed before the end of the file";
        if (to - from > CLI_CSV_RECORD_BYTES_MAX)
            return "the record is longer than 1 MiB; is a quote not closed?";
        char c = csv->text[to];
        if (c == '\0')
            return "a NUL byte; save the file as plain text";
        if (c == '"') {
            if (to + 1 >= csv->len || csv->text[to + 1] != '"')
                break;
            to++;
        }
        if (c == '\n')
            ++*lines;
        csv->text[out++] = c;
    }
    *at = to + 1;
    *ret_field = (struct bk_str){csv->text + from, out - from};
    if (*at < csv->len && csv->text[*at] != ',' && line_end(csv, *at) == 0)
        return "text after the closing quote; a quote inside a field is written twice";
    return NULL;
}

static const char *read_plain(struct cli_csv *csv, size_t *at, struct bk_str *ret_field)
{
    size_t from = *at, to = from;
    for (; to < csv->len && csv->text[to] != ',' && line_end(csv, to) == 0; to++) {
        if (csv->text[to] == '"')
            return "a quote inside a field without quotes; quote the whole field and double it";
        if (csv->text[to] == '\r')
            return "a carriage return without line feed; end lines with CRLF or LF";
        if (csv->text[to] == '\0')
            return "a NUL byte; save the file as plain text";
    }
    *at = to;
    *ret_field = (struct bk_str){csv->text + from, to - from};
    return NULL;
}

enum bk_err cli_csv_next(struct cli_csv *csv, struct cli_csv_record *ret_record,
                         struct bk_detail *ret_detail)
{
    size_t begin = csv->at, at = csv->at;
    int lines = 1;
    ret_record->line = csv->line;
    ret_record->count = 0;
    if (at >= csv->len)
        return BK_ERR_NOT_FOUND;

    for (;;) {
        struct bk_str field = BK_STR_NONE;
        const char *broken = NULL;
        if (ret_record->count == CLI_CSV_FIELD_MAX)
            return refuse(ret_record, ret_detail, "more than 64 columns");
        broken = at < csv->len && csv->text[at] == '"' ? read_quoted(csv, &at, &lines, &field)
                                                       : read_plain(csv, &at, &field);
        if (broken != NULL)
            return refuse(ret_record, ret_detail, broken);
        if (at - begin > CLI_CSV_RECORD_BYTES_MAX)
            return refuse(ret_record, ret_detail, "the record is longer than 1 MiB");
        if (!bk_str_is_utf8(field))
            return refuse(ret_record, ret_detail, "not UTF-8; save the file in that encoding");
        ret_record->fields[ret_record->count++] = field;
        if (at >= csv->len)
            break;
        if (csv->text[at] == ',') {
            at++; /* "a," has a second, empty field, also at the end of the file */
            continue;
        }
        at += line_end(csv, at);
        break;
    }
    csv->at = at;
    csv->line += lines;
    return BK_OK;
}
