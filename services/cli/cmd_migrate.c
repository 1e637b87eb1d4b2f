/*
 * beckon migrate: bring the schema up to date. Forward only; one at a time over all machines.
 */
#include <string.h>

#include "commands.h"
#include "migrations.h"

/* Any number: what counts is that nobody else takes it in this database. */
#define LOCK_SQL(function) "select " function "(hashtextextended('beckon migrate', 0))"

static const struct cli_option options[] = {
    {"status", CLI_FLAG, false, NULL, "list what is applied and what is not; change nothing"},
    {"dir", CLI_VALUE, false, "DIR",
     "use the files NNNN_what.sql of DIR, not those in the program"},
    {0},
};

static const struct cli_column columns[] = {
    {"version", "version"}, {"name", "name"}, {"state", "state"}, {"applied_at", "applied at"}, {0},
};

static json_t *answer_of(const struct cli_migrations *migrations, int version, int applied_count)
{
    json_t *answer = json_object(), *rows = json_array();
    for (size_t i = 0; i < migrations->count; i++) {
        const struct cli_migration *row = &migrations->rows[i];
        json_t *one = json_object();
        json_object_set_new(one, "version", json_integer(row->version));
        json_object_set_new(one, "name", cli_json_text(row->name));
        json_object_set_new(one, "state", json_string(row->is_applied ? "applied" : "pending"));
        json_object_set_new(one, "applied_at",
                            row->is_applied ? cli_json_text(row->applied_at) : json_null());
        json_array_append_new(rows, one);
    }
    json_object_set_new(answer, "version", json_integer(version));
    json_object_set_new(answer, "latest", json_integer((json_int_t)migrations->count));
    json_object_set_new(answer, "applied", json_integer(applied_count));
    json_object_set_new(answer, "migrations", rows);
    return answer;
}

static enum bk_err lock(struct cli *cli)
{
    struct bk_pg_rows *rows = NULL;
    enum bk_err err =
        bk_pgc_exec(cli->pg, LOCK_SQL("pg_try_advisory_lock"), NULL, 0, &rows, &cli->detail);
    if (err != BK_OK)
        return err;
    bool is_mine = bk_str_eq(bk_pg_text(rows, 0, 0), BK_STR("t"));
    bk_pg_rows_free(rows);
    if (is_mine)
        return BK_OK;
    if (!cli->is_json)
        fputs("another migrate is at work in this database, waiting for it\n", stderr);
    return bk_pgc_exec(cli->pg, LOCK_SQL("pg_advisory_lock"), NULL, 0, NULL, &cli->detail);
}

static enum bk_err record(struct cli *cli, const struct cli_migration *row)
{
    char version[16];
    snprintf(version, sizeof version, "%d", row->version);
    const struct bk_pg_param params[] = {
        {bk_str_of(version), false}, {row->name, false}, {row->sql, true}};
    return bk_pgc_exec(cli->pg,
                       "insert into bk.migration (version, name, sha256)"
                       " values ($1::integer, $2, encode(sha256($3::bytea), 'hex'))",
                       params, BK_COUNT(params), NULL, &cli->detail);
}

/*
 * A file outside a transaction runs a statement at a time, since a script of several would be a
 * transaction again. Statements there end with a semicolon at the end of a line.
 */
static enum bk_err run_bare(struct cli *cli, const struct cli_migration *row)
{
    struct bk_str rest = row->sql;
    enum bk_err err = BK_OK;
    while (rest.len > 0 && err == BK_OK) {
        struct bk_buf statement;
        bool is_open = true;
        bk_buf_init(&statement, CLI_MIGRATION_BYTES_MAX);
        while (rest.len > 0 && is_open) {
            struct bk_str line = bk_str_cut(&rest, '\n');
            bk_buf_add(&statement, line);
            bk_buf_add_char(&statement, '\n');
            is_open = !bk_str_ends(bk_str_trim(line), BK_STR(";"));
        }
        err = bk_pgc_script(cli->pg, bk_buf_text(&statement), &cli->detail);
        bk_buf_deinit(&statement);
    }
    return err == BK_OK ? record(cli, row) : err;
}

static enum bk_err run_whole(struct cli *cli, const struct cli_migration *row)
{
    enum bk_err err = bk_pgc_script(cli->pg, "begin", &cli->detail);
    if (err != BK_OK)
        return err;
    err = bk_pgc_script(cli->pg, row->sql.ptr, &cli->detail);
    if (err == BK_OK)
        err = record(cli, row);
    if (err == BK_OK)
        return bk_pgc_script(cli->pg, "commit", &cli->detail);
    if (bk_pgc_script(cli->pg, "rollback", NULL) != BK_OK)
        bk_detail_set(&cli->detail, "the connection was lost: %.200s", cli->detail.text);
    return err;
}

static enum bk_err apply(struct cli *cli, struct cli_migration *row)
{
    enum bk_err err = row->is_bare ? run_bare(cli, row) : run_whole(cli, row);
    if (err == BK_OK) {
        row->is_applied = true;
        if (!cli->is_json)
            printf("applied %.*s\n", BK_STR_ARG(row->file));
        return BK_OK;
    }
    struct bk_detail reason = cli->detail;
    bk_detail_set(&cli->detail, "%.*s: %.180s%s", BK_STR_ARG(row->file), reason.text,
                  row->is_bare ? " (it may be done in part)" : "");
    return err;
}

static enum bk_err run(struct cli *cli)
{
    struct cli_migrations migrations;
    int version = 0, applied_count = 0;
    enum bk_err err = cli_migrations_read(cli, cli_value(cli, "dir"), &migrations);
    if (err == BK_OK)
        err = cli_connect_admin(cli);
    if (err == BK_OK && !cli_has(cli, "status"))
        err = lock(cli);
    if (err == BK_OK)
        err = cli_migrations_compare(cli, &migrations, &version);
    if (err != BK_OK)
        return err;
    if (cli_has(cli, "status")) {
        cli_answer(cli, answer_of(&migrations, version, 0), "migrations", columns, "");
        return BK_OK;
    }

    if (version == 0)
        err = bk_pgc_script(cli->pg,
                            "create schema if not exists bk;"
                            "create table if not exists bk.migration ("
                            "    version integer primary key,"
                            "    name text not null,"
                            "    sha256 text not null,"
                            "    applied_at timestamptz not null default now())",
                            &cli->detail);
    for (size_t i = (size_t)version; i < migrations.count && err == BK_OK; i++) {
        err = apply(cli, &migrations.rows[i]);
        applied_count += err == BK_OK;
    }
    if (err == BK_OK && applied_count > 0)
        err = cli_migrations_compare(cli, &migrations, &version);
    if (err != BK_OK)
        return err;
    if (cli->is_json)
        cli_answer(cli, answer_of(&migrations, version, applied_count), NULL, columns, NULL);
    else if (applied_count == 0)
        printf("nothing to do, at %04d\n", version);
    else
        printf("%d applied, now at %04d\n", applied_count, version);
    return BK_OK;
}

const struct cli_command cli_cmd_migrate = {
    .name = "migrate",
    .operands = "",
    .options = options,
    .summary = "bring the database's schema up to date",
    .text =
        "Applies the migrations in this program that the database does not have yet, in order, "
        "each in\n"
        "a transaction of its own. BECKON_PG must be an administrator's: the owner of the "
        "database,\n"
        "member of beckon_owner and beckon_cross, and able to create roles the first time. Only "
        "one\n"
        "migrate runs at a time in a database; run twice it does nothing. A migration that was\n"
        "changed after it was applied, or a database newer than this program, is refused. What "
        "was\n"
        "applied before an error stays.",
    .example = "BECKON_PG='host=/run/postgresql dbname=beckon user=postgres' beckon migrate",
    .run = run,
};
