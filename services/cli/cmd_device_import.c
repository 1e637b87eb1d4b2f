/*
 * beckon device import: many phones from a CSV file, all or none. Every row is checked before the
 * first one is written, so that one run tells all that is wrong.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "commands.h"
#include "csv.h"
#include "device.h"
#include "guard.h"
#include "model/mac.h"
#include "spec.h"
#include "store/store_device.h"
#include "vendor/limits.h"

#define ROW_MAX 100000
#define FILE_BYTES_MAX (64u * 1024 * 1024)
#define BATCH_ROWS 500 /* below the 8 MiB of one statement's parameters, whatever the rows hold */
#define SHOWN_MAX 20
#define PROBLEM_MAX 10000

enum column {
    COLUMN_MAC,
    COLUMN_VENDOR,
    COLUMN_MODEL,
    COLUMN_LABEL,
    COLUMN_SERIAL,
    COLUMN_SITE,
    COLUMN_PROFILE,
    COLUMN_LINE1,
    COLUMN_COUNT = COLUMN_LINE1 + BK_LINE_MAX
};
static const char *const column_names[] = {"mac",    "vendor", "model",  "label",
                                           "serial", "site",   "profile"};
static const size_t text_max[] = {
    [COLUMN_MODEL] = 64, [COLUMN_LABEL] = 128,   [COLUMN_SERIAL] = 64,
    [COLUMN_SITE] = 128, [COLUMN_PROFILE] = 128,
};

struct problem {
    int line;
    struct bk_str column, text;
};

struct seen_mac {
    struct bk_mac mac;
    int line;
};

struct import {
    struct cli *cli;
    int columns[CLI_CSV_FIELD_MAX]; /* enum column of each field */
    size_t column_count;
    bool has[COLUMN_COUNT];
    struct bk_str vendor; /* of --vendor; empty: the file says */
    struct problem *problems;
    size_t problem_count; /* may be more than are kept */
    struct seen_mac *macs;
    size_t row_count;
    struct bk_str *batches; /* JSON arrays */
    size_t batch_count, batch_rows;
    struct bk_buf batch;
};

static const char *column_name(const struct import *import, int column)
{
    if (column < COLUMN_LINE1)
        return column_names[column];
    return bk_arena_printf(import->cli->arena, "line%d", column - COLUMN_LINE1 + 1).ptr;
}

static void complain(struct import *import, int line, const char *column, const char *format, ...)
    BK_PRINTF(4, 5);

static void complain(struct import *import, int line, const char *column, const char *format, ...)
{
    char text[512];
    va_list args;
    if (import->problem_count++ >= PROBLEM_MAX)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    import->problems[import->problem_count - 1] =
        (struct problem){line, bk_arena_str(import->cli->arena, bk_str_of(column)),
                         bk_arena_str(import->cli->arena, bk_str_of(text))};
}

/* ---- header ---- */

static int find_column(struct bk_str name)
{
    int64_t index;
    for (size_t i = 0; i < BK_COUNT(column_names); i++) {
        if (bk_str_eq(name, bk_str_of(column_names[i])))
            return (int)i;
    }
    if (bk_str_starts(name, BK_STR("line")) &&
        bk_str_parse_int(bk_str_slice(name, 4, name.len), 1, BK_LINE_MAX, &index) == BK_OK)
        return COLUMN_LINE1 + (int)index - 1;
    return -1;
}

static enum bk_err read_header(struct import *import, const struct cli_csv_record *record)
{
    struct bk_detail *detail = &import->cli->detail;
    for (size_t i = 0; i < record->count; i++) {
        struct bk_str name = bk_str_trim(record->fields[i]);
        int column = find_column(name);
        if (column < 0) {
            bk_detail_set(
                detail,
                "line 1, column %zu: no column is called \"%.*s\"; there are mac, vendor, "
                "model, label, serial, site, profile, line1 to line%d",
                i + 1, name.len > 32 ? 32 : (int)name.len, name.ptr, BK_LINE_MAX);
            return BK_ERR_INVALID;
        }
        if (import->has[column]) {
            bk_detail_set(detail, "line 1, column %zu: %.*s stands there twice", i + 1,
                          BK_STR_ARG(name));
            return BK_ERR_INVALID;
        }
        import->has[column] = true;
        import->columns[i] = column;
    }
    import->column_count = record->count;
    if (!import->has[COLUMN_MAC] || (!import->has[COLUMN_VENDOR] && import->vendor.len == 0)) {
        bk_detail_set(detail, "line 1: column %s is missing%s",
                      import->has[COLUMN_MAC] ? "vendor" : "mac",
                      import->has[COLUMN_MAC] ? "; add it, or --vendor for all rows" : "");
        return BK_ERR_INVALID;
    }
    return BK_OK;
}

/* ---- rows ---- */

static void add_member(struct import *import, const char *key, struct bk_str text)
{
    json_t *value = cli_json_text(text.ptr == NULL ? BK_STR("") : text);
    struct bk_str json = cli_json_dump(import->cli->arena, value);
    bk_buf_addf(&import->batch, ",\"%s\":%.*s", key, BK_STR_ARG(json));
    json_decref(value);
}

/* The last line that the row names must be one that the model has. */
static void check_lines(struct import *import, int line, const struct bk_vendor *vendor,
                        struct bk_str model, const struct bk_str *values)
{
    struct bk_extent extent = {0};
    struct bk_detail detail;
    for (int i = 0; i < BK_LINE_MAX; i++) {
        if (values[COLUMN_LINE1 + i].len > 0)
            extent.line = i + 1;
    }
    if (bk_limits_check(vendor, model, &extent, &detail) != BK_OK)
        complain(import, line, column_name(import, COLUMN_LINE1 + extent.line - 1), "%s",
                 detail.text);
}

static void add_lines(struct import *import, int line, const struct bk_str *values)
{
    bool is_first = true;
    bk_buf_add(&import->batch, BK_STR(",\"lines\":["));
    for (int i = 0; i < BK_LINE_MAX; i++) {
        struct cli_line_spec spec = {0};
        struct bk_detail detail;
        struct bk_str value = values[COLUMN_LINE1 + i];
        if (value.len == 0)
            continue;
        if (cli_spec_extension(value, &spec, &detail) != BK_OK) {
            complain(import, line, column_name(import, COLUMN_LINE1 + i), "%s", detail.text);
            continue;
        }
        bk_buf_addf(&import->batch, "%s{\"index\":%d", is_first ? "" : ",", i + 1);
        add_member(import, "number", spec.number);
        add_member(import, "pbx", spec.pbx);
        bk_buf_add_char(&import->batch, '}');
        is_first = false;
    }
    bk_buf_add(&import->batch, BK_STR("]}"));
}

static void end_batch(struct import *import)
{
    if (import->batch_rows == 0)
        return;
    bk_buf_add_char(&import->batch, ']');
    import->batches[import->batch_count++] =
        bk_arena_str(import->cli->arena, bk_buf_str(&import->batch));
    bk_buf_clear(&import->batch);
    import->batch_rows = 0;
}

static void add_row(struct import *import, const struct cli_csv_record *record)
{
    struct bk_str values[COLUMN_COUNT] = {{NULL, 0}};
    const struct bk_vendor *vendor = NULL;
    struct bk_str model = BK_STR_NONE;
    struct bk_detail detail;
    struct bk_mac mac;
    char bare[BK_MAC_TEXT_SIZE] = "";
    const int line = record->line;
    if (record->count != import->column_count) {
        complain(import, line, NULL, "%zu columns, the first line names %zu", record->count,
                 import->column_count);
        import->row_count++;
        return;
    }
    for (size_t i = 0; i < record->count; i++)
        values[import->columns[i]] = bk_str_trim(record->fields[i]);
    if (values[COLUMN_VENDOR].len == 0)
        values[COLUMN_VENDOR] = import->vendor;

    if (bk_mac_parse(values[COLUMN_MAC], &mac) != BK_OK)
        complain(import, line, "mac", "\"%.*s\" is no MAC address",
                 values[COLUMN_MAC].len > 40 ? 40 : (int)values[COLUMN_MAC].len,
                 values[COLUMN_MAC].len == 0 ? "" : values[COLUMN_MAC].ptr);
    else
        bk_mac_print(&mac, &bare);
    if (cli_device_vendor(values[COLUMN_VENDOR], values[COLUMN_MODEL], &vendor, &model, &detail) !=
        BK_OK)
        complain(import, line, "vendor", "%s", detail.text);
    else
        check_lines(import, line, vendor, model, values);
    for (int i = COLUMN_MODEL; i < COLUMN_LINE1; i++) {
        if (cli_text_check("text", values[i], text_max[i], true, &detail) != BK_OK)
            complain(import, line, column_names[i], "%s", detail.text);
    }
    if (bare[0] != '\0')
        import->macs[import->row_count] = (struct seen_mac){mac, line};
    import->row_count++;

    bk_buf_addf(&import->batch, "%s{\"n\":%d", import->batch_rows == 0 ? "[" : ",", line);
    /* A row that was complained of is still asked about, with what it has: no MAC is null. */
    if (bare[0] != '\0')
        add_member(import, "mac", bk_str_of(bare));
    add_member(import, "vendor", vendor != NULL ? bk_str_of(vendor->name) : BK_STR_NONE);
    add_member(import, "model", model);
    add_member(import, "label", values[COLUMN_LABEL]);
    add_member(import, "serial", values[COLUMN_SERIAL]);
    add_member(import, "site", values[COLUMN_SITE]);
    add_member(import, "profile", values[COLUMN_PROFILE]);
    add_lines(import, line, values);
    if (++import->batch_rows == BATCH_ROWS)
        end_batch(import);
}

static int compare_macs(const void *a, const void *b)
{
    const struct seen_mac *one = a, *other = b;
    int order = memcmp(one->mac.bytes, other->mac.bytes, sizeof one->mac.bytes);
    return order != 0 ? order : (one->line > other->line) - (one->line < other->line);
}

static int compare_mac_alone(const void *a, const void *b)
{
    const struct seen_mac *one = a, *other = b;
    return memcmp(one->mac.bytes, other->mac.bytes, sizeof one->mac.bytes);
}

static void find_twins(struct import *import)
{
    if (import->row_count > 1)
        qsort(import->macs, import->row_count, sizeof import->macs[0], compare_macs);
    for (size_t i = 1; i < import->row_count; i++) {
        if (import->macs[i].line > 0 && bk_mac_eq(&import->macs[i].mac, &import->macs[i - 1].mac) &&
            import->macs[i - 1].line > 0)
            complain(import, import->macs[i].line, "mac", "the same MAC as in line %d",
                     import->macs[i - 1].line);
    }
}

static enum bk_err read_rows(struct import *import, struct cli_csv *csv)
{
    struct cli_csv_record record;
    struct bk_detail *detail = &import->cli->detail;
    enum bk_err err = cli_csv_next(csv, &record, detail);
    if (err == BK_ERR_NOT_FOUND) {
        bk_detail_set(detail, "the file is empty; its first line names the columns");
        return BK_ERR_INVALID;
    }
    if (err == BK_OK)
        err = read_header(import, &record);
    while (err == BK_OK && (err = cli_csv_next(csv, &record, detail)) == BK_OK) {
        if (import->row_count == ROW_MAX) {
            bk_detail_set(detail, "line %d: more than %d rows; split the file", record.line,
                          ROW_MAX);
            return BK_ERR_TOO_LARGE;
        }
        add_row(import, &record);
    }
    if (err != BK_ERR_NOT_FOUND)
        return err;
    end_batch(import);
    find_twins(import);
    return BK_OK;
}

/* ---- against the database ---- */

static void complain_of(struct import *import, const json_t *one)
{
    int line = (int)json_integer_value(json_object_get(one, "n"));
    const char *column = json_string_value(json_object_get(one, "column"));
    const char *problem = json_string_value(json_object_get(one, "problem"));
    const char *value = json_string_value(json_object_get(one, "value"));
    if (strcmp(problem, "taken") == 0)
        complain(import, line, column, "the tenant has a device with MAC %s already", value);
    else if (strcmp(problem, "ambiguous") == 0)
        complain(import, line, column, "%.70s is on several PBXs, write NUMBER@PBX", value);
    else
        complain(import, line, column, "the tenant has no %s \"%.200s\"",
                 strncmp(column, "line", 4) == 0 ? "extension" : column, value);
}

static enum bk_err check_batches(struct import *import, int64_t tenant_id)
{
    struct bk_store store = cli_store(import->cli);
    enum bk_err err = BK_OK;
    for (size_t i = 0; i < import->batch_count && err == BK_OK; i++) {
        struct bk_str text;
        json_t *found = NULL;
        err = bk_store_devices_check(&store, tenant_id, import->batches[i], &text);
        if (err == BK_OK)
            err = cli_json_load(import->cli, text, &found);
        for (size_t p = 0; err == BK_OK && p < json_array_size(found); p++)
            complain_of(import, json_array_get(found, p));
        json_decref(found);
    }
    return err;
}

static int compare_problems(const void *a, const void *b)
{
    const struct problem *one = a, *other = b;
    return (one->line > other->line) - (one->line < other->line);
}

/* What the phones of a batch could not be written with, by the lines of the file. Of one batch no
 * more is told than bk_guard_check tells. */
static void complain_of_files(struct import *import, const struct bk_guard_faults *faults)
{
    for (size_t i = 0; i < faults->count; i++) {
        const struct bk_guard_fault *one = &faults->rows[i];
        const struct bk_origin *origin = &one->fault.origin;
        struct seen_mac wanted = {.line = 0};
        struct bk_detail detail;
        if (bk_mac_parse_bare(one->mac, &wanted.mac) != BK_OK)
            continue;
        const struct seen_mac *seen = bsearch(&wanted, import->macs, import->row_count,
                                              sizeof import->macs[0], compare_mac_alone);
        bk_guard_print(one, &detail);
        complain(import, seen != NULL ? seen->line : 0,
                 origin->kind == BK_ORIGIN_LINE ? column_name(import, COLUMN_LINE1 + origin->id - 1)
                                                : NULL,
                 "%s", detail.text);
    }
}

/* BK_OK when there are none. */
static enum bk_err report(struct import *import)
{
    size_t kept = import->problem_count < PROBLEM_MAX ? import->problem_count : PROBLEM_MAX;
    if (kept == 0)
        return BK_OK;
    qsort(import->problems, kept, sizeof import->problems[0], compare_problems);
    for (size_t i = 0; i < kept && i < SHOWN_MAX; i++) {
        const struct problem *one = &import->problems[i];
        cli_problem(import->cli, one->line, one->column.len > 0 ? one->column.ptr : NULL,
                    one->text.ptr);
    }
    bk_detail_set(&import->cli->detail, "%zu error%s in %zu rows%s; nothing was changed",
                  import->problem_count, import->problem_count == 1 ? "" : "s", import->row_count,
                  import->problem_count > SHOWN_MAX ? ", the first 20 are shown" : "");
    return BK_ERR_INVALID;
}

static enum bk_err write_batches(struct import *import, int64_t tenant_id, int64_t *ret_added)
{
    struct bk_store store = cli_store(import->cli);
    enum bk_err err = BK_OK;
    for (size_t i = 0; i < import->batch_count && err == BK_OK; i++) {
        int64_t count = 0;
        struct bk_guard_faults faults;
        err = bk_store_devices_add(&store, tenant_id, import->batches[i], &count);
        *ret_added += count;
        if (err == BK_OK)
            err = cli_guard_check(import->cli, &faults); /* of these rows, and no more at once */
        if (err == BK_OK)
            complain_of_files(import, &faults);
    }
    return err == BK_OK ? report(import) : err;
}

static json_t *answer_of(const struct import *import, int64_t added, bool is_dry)
{
    json_t *answer = json_object();
    json_object_set_new(answer, "rows", json_integer((json_int_t)import->row_count));
    json_object_set_new(answer, "added", json_integer(added));
    json_object_set_new(answer, "dry_run", json_boolean(is_dry));
    return answer;
}

static enum bk_err work(struct import *import, struct bk_str text)
{
    struct cli *cli = import->cli;
    struct cli_csv csv;
    struct cli_tenant tenant;
    int64_t added = 0;
    const bool is_dry = cli_has(cli, "dry-run");
    char *copy = bk_arena_try(cli->arena, text.len + 1);
    if (copy == NULL)
        return BK_ERR_NO_MEMORY;
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    cli_csv_init(&csv, copy, text.len);
    enum bk_err err = read_rows(import, &csv);
    if (err != BK_OK)
        return err;
    if (import->batch.err != BK_OK)
        return import->batch.err;

    cli->subject = "a row";
    err = cli_begin(cli, &tenant);
    if (err == BK_OK)
        err = check_batches(import, tenant.tenant_id);
    if (err == BK_OK)
        err = report(import);
    if (err == BK_OK)
        err = write_batches(import, tenant.tenant_id, &added);
    if (err == BK_OK)
        err = cli_limits_check(cli, tenant.tenant_id, 0, 0); /* templates of the rows' profiles */
    if (err == BK_OK && !is_dry)
        err = cli_audit(cli, tenant.tenant_id, "device.import", BK_STR(""),
                        answer_of(import, added, is_dry));
    if (err == BK_OK && is_dry) {
        cli_rollback(cli);
        added = 0;
    } else {
        err = cli_end(cli, err);
    }
    if (err == BK_OK) {
        static const struct cli_column columns[] = {
            {"rows", "rows"}, {"added", "added"}, {"dry_run", "dry run"}, {0}};
        cli_answer(cli, answer_of(import, added, is_dry), NULL, columns, NULL);
    }
    return err;
}

static enum bk_err run(struct cli *cli)
{
    struct import import = {.cli = cli, .vendor = bk_str_of(cli_value(cli, "vendor"))};
    struct bk_str text;
    enum bk_err err = cli_catalog(cli);
    if (err == BK_OK)
        err = cli_file_read(cli, cli_operand(cli, 0), FILE_BYTES_MAX, &text);
    if (err != BK_OK)
        return err;
    bk_buf_init(&import.batch, 64u * 1024 * 1024);
    import.problems = bk_alloc(PROBLEM_MAX * sizeof *import.problems);
    import.macs = bk_alloc(ROW_MAX * sizeof *import.macs);
    import.batches = bk_alloc((ROW_MAX / BATCH_ROWS + 1) * sizeof *import.batches);
    if (import.problems == NULL || import.macs == NULL || import.batches == NULL)
        err = BK_ERR_NO_MEMORY;
    else
        err = work(&import, text);
    bk_buf_deinit(&import.batch);
    bk_free(import.problems);
    bk_free(import.macs);
    bk_free(import.batches);
    return err;
}

static const struct cli_option options[] = {
    {"tenant", CLI_VALUE, true, "T", "name of the tenant"},
    {"vendor", CLI_VALUE, false, "V", "maker of rows that name none"},
    {"dry-run", CLI_FLAG, false, NULL, "do everything and take it back: check all, change nothing"},
    {0},
};

const struct cli_command cli_cmd_device_import = {
    .name = "device import",
    .operands = "FILE.csv",
    .operand_min = 1,
    .operand_max = 1,
    .options = options,
    .summary = "add many phones from a CSV file",
    .text =
        "Adds the phones of a CSV file (RFC 4180, UTF-8; - is standard input), all or none. The "
        "first\n"
        "line names the columns: mac (required), vendor, model, label, serial, site, profile, and\n"
        "line1 to line16, which hold NUMBER or NUMBER@PBX. Sites, profiles and extensions must "
        "exist.\n"
        "At most 100,000 rows. Errors name line and column; the first 20 are shown.",
    .example = "beckon device import phones.csv --tenant acme --vendor yealink --dry-run",
    .run = run,
};
