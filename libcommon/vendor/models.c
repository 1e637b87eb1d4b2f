/*
 * Model tables: tab separated rows with named columns, so that adding a model touches no code.
 */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/alloc.h"
#include "vendor/vendor.h"

#define ROW_MAX 1000
#define TEXT_LEN_MAX 255

struct column {
    const char *name;
    bool is_text, is_optional;
    size_t offset;
    int max; /* of a number */
};

#define TEXT_COLUMN(member, is_optional) \
    { \
#member, true, is_optional, offsetof(struct bk_model, member), 0 \
    }
#define COUNT_COLUMN(member, max) \
    { \
#member, false, false, offsetof(struct bk_model, member), max \
    }

static const struct column columns[] = {
    TEXT_COLUMN(name, false),
    TEXT_COLUMN(codes, false),
    COUNT_COLUMN(line_count, BK_LINE_MAX),
    COUNT_COLUMN(key_count, BK_PHONE_KEY_MAX),
    COUNT_COLUMN(programmable_count, 64),
    COUNT_COLUMN(module_count, 8),
    COUNT_COLUMN(module_key_count, 64),
    TEXT_COLUMN(traits, true),
    TEXT_COLUMN(notes, false),
};

struct parser {
    const char *file_name;
    size_t line_number;
    struct bk_detail *detail;
    size_t order[BK_COUNT(columns)]; /* of the file's columns */
    size_t column_count;
};

static enum bk_err fail(const struct parser *p, const char *what, struct bk_str text)
{
    bk_detail_set(p->detail, "%s:%zu: %s%s%.*s", p->file_name, p->line_number, what,
                  text.len > 0 ? ": " : "", text.len > 40 ? 40 : (int)text.len,
                  text.len > 0 ? text.ptr : "");
    return BK_ERR_INVALID;
}

static enum bk_err parse_header(struct parser *p, struct bk_str line)
{
    bool is_seen[BK_COUNT(columns)] = {false};
    p->column_count = 0;
    for (bool is_last = false; !is_last;) {
        is_last = bk_str_find(line, '\t') < 0;
        struct bk_str name = bk_str_cut(&line, '\t');
        size_t i = 0;
        while (i < BK_COUNT(columns) && !bk_str_eq(name, bk_str_of(columns[i].name)))
            i++;
        if (i == BK_COUNT(columns))
            return fail(p, "no such column", name);
        if (is_seen[i])
            return fail(p, "column stands twice", name);
        is_seen[i] = true;
        p->order[p->column_count++] = i; /* in range: each column is seen once */
    }
    for (size_t i = 0; i < BK_COUNT(columns); i++) {
        if (!is_seen[i] && !columns[i].is_optional)
            return fail(p, "column is missing", bk_str_of(columns[i].name));
    }
    return BK_OK;
}

static enum bk_err parse_field(const struct parser *p, const struct column *column,
                               struct bk_str text, struct bk_model *row)
{
    char *at = (char *)row + column->offset;
    if (column->is_text) {
        if (text.len > TEXT_LEN_MAX)
            return fail(p, "text is longer than 255 bytes", text);
        if (bk_str_has_control(text))
            return fail(p, "text holds a control character", BK_STR_NONE);
        memcpy(at, &text, sizeof text);
        return BK_OK;
    }
    int64_t number;
    if (bk_str_parse_int(text, 0, column->max, &number) != BK_OK) {
        bk_detail_set(p->detail, "%s:%zu: %s: want a number from 0 to %d", p->file_name,
                      p->line_number, column->name, column->max);
        return BK_ERR_INVALID;
    }
    int count = (int)number;
    memcpy(at, &count, sizeof count);
    return BK_OK;
}

static enum bk_err parse_row(const struct parser *p, struct bk_str line, struct bk_model *row)
{
    for (size_t i = 0; i < p->column_count; i++) {
        bool is_last = bk_str_find(line, '\t') < 0;
        if (is_last != (i == p->column_count - 1))
            return fail(p, is_last ? "too few columns" : "too many columns", BK_STR_NONE);
        enum bk_err err = parse_field(p, &columns[p->order[i]], bk_str_cut(&line, '\t'), row);
        if (err != BK_OK)
            return err;
    }
    if (row->name.len == 0)
        return fail(p, "a model has no name", BK_STR_NONE);
    return BK_OK;
}

static bool has_model(const struct bk_model_table *table, struct bk_str name)
{
    for (size_t i = 0; i < table->count; i++) {
        if (bk_str_eq_nocase(table->rows[i].name, name))
            return true;
    }
    return false;
}

enum bk_err bk_models_parse(struct bk_str text, const char *file_name,
                            struct bk_model_table *ret_table, struct bk_detail *ret_detail)
{
    struct parser p = {.file_name = file_name, .detail = ret_detail};
    struct bk_model_table table = {0};
    bool has_header = false;
    size_t size = 0;
    enum bk_err err = BK_OK;

    if (!bk_str_is_utf8(text)) {
        bk_detail_set(ret_detail, "%s: no valid UTF-8", file_name);
        return BK_ERR_INVALID;
    }
    while (text.len > 0 && err == BK_OK) {
        struct bk_str line = bk_str_cut(&text, '\n');
        p.line_number++;
        if (line.len > 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        if (!has_header) {
            err = parse_header(&p, line);
            has_header = true;
            continue;
        }
        if (table.count == ROW_MAX) {
            err = fail(&p, "more than 1,000 models", BK_STR_NONE);
            break;
        }
        if (table.count == size) {
            size = size == 0 ? 64 : 2 * size;
            struct bk_model *rows = bk_realloc(table.rows, size * sizeof *rows);
            if (rows == NULL) {
                err = BK_ERR_NO_MEMORY;
                break;
            }
            table.rows = rows;
        }
        struct bk_model row = {0};
        err = parse_row(&p, line, &row);
        if (err == BK_OK && has_model(&table, row.name))
            err = fail(&p, "model stands twice", row.name);
        if (err == BK_OK)
            table.rows[table.count++] = row;
    }
    if (err == BK_OK && !has_header)
        err = fail(&p, "no line with the names of the columns", BK_STR_NONE);
    if (err != BK_OK) {
        bk_models_free(&table);
        return err;
    }
    *ret_table = table;
    return BK_OK;
}

void bk_models_free(struct bk_model_table *table)
{
    bk_free(table->rows);
    *table = (struct bk_model_table){0};
}

bool bk_model_has_trait(const struct bk_model *model, struct bk_str trait)
{
    struct bk_str rest = model->traits;
    while (rest.len > 0) {
        if (bk_str_eq(bk_str_trim(bk_str_cut(&rest, ',')), trait))
            return true;
    }
    return false;
}
