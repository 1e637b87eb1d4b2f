/*
 * The schema's migrations, and what a database has of them.
 */
#include "migrations.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BARE_HEAD "-- no-transaction"

static bool is_name(struct bk_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_')
            return false;
    }
    return name.len > 0;
}

static enum bk_err add(struct cli *cli, struct cli_migrations *migrations, const char *file,
                       struct bk_str sql)
{
    struct cli_migration *row = &migrations->rows[migrations->count];
    const struct bk_str name = bk_str_of(file);
    int64_t version = 0;
    *row = (struct cli_migration){.file = name, .sql = sql};
    if (name.len < 10 || bk_str_parse_int(bk_str_slice(name, 0, 4), 1, 9999, &version) != BK_OK ||
        name.ptr[4] != '_' || !bk_str_ends(name, BK_STR(".sql")) ||
        !is_name(bk_str_slice(name, 5, name.len - 4))) {
        bk_detail_set(&cli->detail, "%.80s: a migration is called NNNN_what.sql", file);
        return BK_ERR_INVALID;
    }
    row->version = (int)version;
    row->name = bk_str_slice(name, 5, name.len - 4);
    row->is_bare = bk_str_starts(sql, BK_STR(BARE_HEAD));
    if (version != (int64_t)migrations->count + 1) {
        bk_detail_set(&cli->detail,
                      "%.80s: migrations are numbered 0001, 0002, … without gaps or "
                      "twins; this one should be %04zu",
                      file, migrations->count + 1);
        return BK_ERR_INVALID;
    }
    if (bk_str_find(sql, '\0') >= 0) {
        bk_detail_set(&cli->detail, "%.80s: holds a NUL byte; restore the file", file);
        return BK_ERR_INVALID;
    }
    migrations->count++;
    return BK_OK;
}

static int is_sql_file(const struct dirent *entry)
{
    return bk_str_ends(bk_str_of(entry->d_name), BK_STR(".sql"));
}

static enum bk_err read_dir(struct cli *cli, const char *dir, struct cli_migrations *migrations)
{
    struct dirent **entries = NULL;
    enum bk_err err = BK_OK;
    int count = scandir(dir, &entries, is_sql_file, alphasort);
    if (count < 0) {
        bk_detail_set(&cli->detail, "%s: cannot be read: %s; correct --dir", dir, strerror(errno));
        return BK_ERR_IO;
    }
    migrations->rows = bk_arena_alloc(cli->arena, ((size_t)count + 1) * sizeof *migrations->rows);
    for (int i = 0; i < count && err == BK_OK; i++) {
        struct bk_str sql = BK_STR_NONE;
        struct bk_str path = bk_arena_printf(cli->arena, "%s/%s", dir, entries[i]->d_name);
        struct bk_str file = bk_arena_str(cli->arena, bk_str_of(entries[i]->d_name));
        err = cli_file_read(cli, path.ptr, CLI_MIGRATION_BYTES_MAX, &sql);
        if (err == BK_OK)
            err = add(cli, migrations, file.ptr, sql);
    }
    if (err == BK_OK && migrations->count == 0) {
        bk_detail_set(&cli->detail, "%s: holds no migration (NNNN_what.sql); correct --dir", dir);
        err = BK_ERR_INVALID;
    }
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    return err;
}

enum bk_err cli_migrations_read(struct cli *cli, const char *dir,
                                struct cli_migrations *ret_migrations)
{
    struct cli_migrations migrations = {0};
    enum bk_err err = BK_OK;
    if (dir != NULL) {
        err = read_dir(cli, dir, &migrations);
    } else {
        size_t count = 0;
        while (cli_embedded_migrations[count].name != NULL)
            count++;
        migrations.rows = bk_arena_alloc(cli->arena, (count + 1) * sizeof *migrations.rows);
        for (size_t i = 0; i < count && err == BK_OK; i++) {
            const struct cli_embedded *one = &cli_embedded_migrations[i];
            err = add(cli, &migrations, one->name,
                      (struct bk_str){(const char *)one->text, *one->len});
        }
    }
    if (err == BK_OK)
        *ret_migrations = migrations;
    return err;
}

/* ---- the database's side ---- */

static enum bk_err check_row(struct cli *cli, struct cli_migrations *migrations, int64_t version,
                             struct bk_str name, struct bk_str sha256, struct bk_str applied_at)
{
    struct bk_pg_rows *rows = NULL;
    if (version > (int64_t)migrations->count) {
        bk_detail_set(&cli->detail,
                      "the database has migration %04lld (%.*s), this program knows %04zu at most: "
                      "use the newer beckon, or restore its file",
                      (long long)version, BK_STR_ARG(name), migrations->count);
        return BK_ERR_STALE;
    }
    struct cli_migration *row = &migrations->rows[version - 1];
    /* The server hashes: the row was written by the same function. */
    const struct bk_pg_param params[] = {{row->sql, true}};
    enum bk_err err = bk_pgc_exec(cli->pg, "select encode(sha256($1::bytea), 'hex')", params, 1,
                                  &rows, &cli->detail);
    if (err != BK_OK)
        return err;
    if (!bk_str_eq(bk_pg_text(rows, 0, 0), sha256) || !bk_str_eq(row->name, name)) {
        bk_detail_set(&cli->detail,
                      "%.*s is not the file that was applied to this database (as %04lld_%.*s): a "
                      "migration is never edited; restore it and put the change into a new one",
                      BK_STR_ARG(row->file), (long long)version, BK_STR_ARG(name));
        err = BK_ERR_STALE;
    }
    row->is_applied = true;
    row->applied_at = bk_arena_str(cli->arena, applied_at);
    bk_pg_rows_free(rows);
    return err;
}

enum bk_err cli_migrations_compare(struct cli *cli, struct cli_migrations *migrations,
                                   int *ret_version)
{
    struct bk_pg_rows *rows = NULL;
    enum bk_err err = bk_pgc_exec(cli->pg, "select to_regclass('bk.migration') is not null", NULL,
                                  0, &rows, &cli->detail);
    if (err != BK_OK)
        return err;
    bool has_table = bk_str_eq(bk_pg_text(rows, 0, 0), BK_STR("t"));
    bk_pg_rows_free(rows);
    *ret_version = 0;
    if (!has_table)
        return BK_OK;
    rows = NULL;
    err = bk_pgc_exec(
        cli->pg,
        "select version, name, sha256,"
        "       to_char(applied_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
        "  from bk.migration order by version",
        NULL, 0, &rows, &cli->detail);
    if (err != BK_OK)
        return err;
    int count = bk_pg_row_count(rows);
    for (int i = 0; i < count && err == BK_OK; i++) {
        int64_t version = bk_pg_int(rows, i, 0);
        if (version != i + 1) {
            bk_detail_set(&cli->detail,
                          "the database has migration %04lld but not %04d: it was "
                          "changed by hand; restore table bk.migration",
                          (long long)version, i + 1);
            err = BK_ERR_STALE;
            break;
        }
        err = check_row(cli, migrations, version, bk_pg_text(rows, i, 1), bk_pg_text(rows, i, 2),
                        bk_pg_text(rows, i, 3));
        *ret_version = (int)version;
    }
    bk_pg_rows_free(rows);
    return err;
}
