/*
 * The schema's migrations: those in the binary, or those of a folder. Read once, in order, with
 * their numbers checked; which of them a database has is cmd_migrate's and check's.
 */
#ifndef CLI_MIGRATIONS_H
#define CLI_MIGRATIONS_H

#include "cli.h"

#define CLI_MIGRATION_MAX 9999
#define CLI_MIGRATION_BYTES_MAX (1024 * 1024)

/* Made by CMake; ends with a name of NULL. */
struct cli_embedded {
    const char *name;
    const unsigned char *text;
    const size_t *len;
};
extern const struct cli_embedded cli_embedded_migrations[];

struct cli_migration {
    int version;        /* 7 of 0007_device.sql */
    struct bk_str file; /* 0007_device.sql */
    struct bk_str name; /* device */
    struct bk_str sql;  /* terminated */
    bool is_bare;       /* head line "-- no-transaction" */
    /* What the database has of it; after cli_migrations_compare. */
    bool is_applied;
    struct bk_str applied_at; /* empty while it is not */
};

struct cli_migrations {
    struct cli_migration *rows; /* by version, ascending, without gaps */
    size_t count;
};

/* dir NULL: the embedded ones. */
BK_MUST_USE enum bk_err cli_migrations_read(struct cli *cli, const char *dir,
                                            struct cli_migrations *ret_migrations);

/*
 * Compare with bk.migration of the connected database and mark what is applied. BK_ERR_STALE names
 * the first thing that must not be: a file that was changed or is missing, a hole, a database newer
 * than the files. *ret_version: the latest that is applied, 0 for none.
 */
BK_MUST_USE enum bk_err cli_migrations_compare(struct cli *cli, struct cli_migrations *migrations,
                                               int *ret_version);

#endif
