/*
 * One run of `beckon`: what the command line and the settings said, the connection, the answer.
 * A command is a row (commands.h) with a function that fills in an answer or a detail; main prints,
 * sets the exit code, and ends the transaction by what the function returned.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "args.h"
#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/master_keys.h"
#include "base/str.h"
#include "io/pg_sync.h"
#include "out.h"
#include "store/store.h"
#include "store/store_tenant.h"

enum cli_exit { CLI_EXIT_GOOD = 0, CLI_EXIT_FAILED = 1, CLI_EXIT_USAGE = 2 };

/* A listener of beckon-config, as far as `check` looks at it. */
struct cli_listener {
    char *name, *cert, *key;
};

struct cli_settings {
    char *pg, *public_url, *enrolment_url, *models_dir;
    char *master_key_file, *master_key, *master_key_previous_file, *master_key_previous;
    struct cli_listener *listeners, *hosts; /* hosts: further certificates of listeners */
    size_t listener_count, host_count;
};

struct cli {
    const struct cli_command *command;
    struct cli_args args;
    bool is_json;
    const char *settings_file; /* NULL: none given */
    struct cli_settings settings;
    struct bk_arena *arena; /* for the whole run */
    struct bk_pgc *pg;      /* NULL until cli_connect */
    bool in_transaction, has_catalog;
    struct bk_store_tenant changed;     /* whose transaction it is; tenant_id 0: nobody's */
    struct bk_master_keys *master_keys; /* NULL until cli_master_key */
    const char *subject; /* what a broken constraint is about: "device 805ec0000001" */
    struct bk_detail detail;
    json_t *problems; /* several errors at once (import): array of {line, column, detail} */
};

struct cli_command {
    const char *name;     /* "tenant add" */
    const char *operands; /* "NAME", for the usage line */
    size_t operand_min, operand_max;
    const struct cli_option *options;
    const char *summary; /* one line in `beckon --help` */
    const char *text;    /* what it does, in sentences; lines of at most 100 characters */
    const char *example;
    /* BK_ERR_MALFORMED is wrong usage; other errors leave their sentence in cli->detail. */
    enum bk_err (*run)(struct cli *cli);
};

/* ---- values ---- */

const char *cli_value(const struct cli *cli, const char *option); /* NULL when not given */
bool cli_has(const struct cli *cli, const char *option);
const char *cli_operand(const struct cli *cli, size_t at);

/* A number of an option within min..max, or fallback when it is not given. */
BK_MUST_USE enum bk_err cli_number(struct cli *cli, const char *option, int64_t min, int64_t max,
                                   int64_t fallback, int64_t *ret_number);
/* A whole file, "-" for standard input; text is terminated and lives in the arena. */
BK_MUST_USE enum bk_err cli_file_read(struct cli *cli, const char *path, size_t bytes_max,
                                      struct bk_str *ret_text);
/* A secret from a file or "-": one line end at the end is taken off; 1 to bytes_max bytes. */
BK_MUST_USE enum bk_err cli_secret_read(struct cli *cli, const char *path, size_t bytes_max,
                                        struct bk_str *ret_secret);
/* len characters of alphabet (2 to 128 of them), each as likely; terminated, in the arena. */
struct bk_str cli_random_text(struct bk_arena *arena, const char *alphabet, size_t len);
/* The MAC of an operand or option, as people write it. */
BK_MUST_USE enum bk_err cli_mac(struct cli *cli, const char *text, struct bk_str *ret_bare);

/* ---- database ---- */

/* As role beckon_operator; the administrator's own role for migrate. */
BK_MUST_USE enum bk_err cli_connect(struct cli *cli);
BK_MUST_USE enum bk_err cli_connect_admin(struct cli *cli);
BK_MUST_USE enum bk_err cli_take_role(struct cli *cli);
/* One more, as cli_connect, which the caller closes. */
BK_MUST_USE enum bk_err cli_open(struct cli *cli, struct bk_pgc **ret_pg);

struct cli_tenant {
    int64_t tenant_id;
    struct bk_str name;
    struct bk_key data_key; /* with cli_begin_sealed only */
};
/*
 * Connect, begin a transaction and set its tenant by the name in --tenant. The second one opens the
 * tenant's data key too, and so needs the master key; the third keeps everybody else from that key.
 */
BK_MUST_USE enum bk_err cli_begin(struct cli *cli, struct cli_tenant *ret_tenant);
BK_MUST_USE enum bk_err cli_begin_sealed(struct cli *cli, struct cli_tenant *ret_tenant);
BK_MUST_USE enum bk_err cli_begin_claimed(struct cli *cli, struct cli_tenant *ret_tenant);
/* A transaction without a tenant. */
BK_MUST_USE enum bk_err cli_begin_plain(struct cli *cli);
/*
 * err BK_OK: commit; else roll back and put a broken constraint into words. Returns err, or why the
 * commit failed: also when a phone's file could not be written any more (guard.h).
 */
BK_MUST_USE enum bk_err cli_end(struct cli *cli, enum bk_err err);
void cli_rollback(struct cli *cli); /* of what was done to see whether it can be */

/*
 * After the commit of a change that may concern more than 1,000 devices: raise their revisions, so
 * that phones get it. *ret_count may be 0.
 */
BK_MUST_USE enum bk_err cli_raise_devices(struct cli *cli, int64_t *ret_count);

BK_MUST_USE enum bk_err cli_master_key(struct cli *cli); /* reads cli->master_keys, once */
/* Open a tenant's data key with the master keys; the caller wipes it. */
BK_MUST_USE enum bk_err cli_data_key(struct cli *cli, const struct bk_store_tenant *tenant,
                                     struct bk_key *ret_key);
/* For the functions of store/: the connection, the run's arena, the run's detail. */
struct bk_store cli_store(struct cli *cli);
/* Makers and models, those that the operator added too. */
BK_MUST_USE enum bk_err cli_catalog(struct cli *cli);
/* Who runs this, as audit rows name them: "operator:<login>". */
struct bk_str cli_actor(struct cli *cli);
/*
 * The audit row of a change, last before the commit: action "device.add" is its object's kind and
 * what was done. tenant_id 0: the operator's chain. payload is taken; never a secret in it.
 */
BK_MUST_USE enum bk_err cli_audit(struct cli *cli, int64_t tenant_id, const char *action,
                                  struct bk_str object_id, json_t *payload);
/* Seal `plain` at the place of a row's field, into the arena. */
BK_MUST_USE enum bk_err cli_seal(struct cli *cli, const struct cli_tenant *tenant,
                                 const char *table_field, int64_t row_id, struct bk_str plain,
                                 struct bk_str *ret_sealed);

/* ---- answers ---- */

/* Several problems of one input; main prints them before the detail. line, column 0: not said. */
void cli_problem(struct cli *cli, int line, const char *column, const char *detail);

/* JSON that PostgreSQL wrote: a table's rows, an object. */
BK_MUST_USE enum bk_err cli_json_load(struct cli *cli, struct bk_str text, json_t **ret_value);

/* Take `answer`: as it is with --json, else member `list` as a table (list NULL: fields). */
void cli_answer(struct cli *cli, json_t *answer, const char *list, const struct cli_column *columns,
                const char *nothing);

/*
 * A whole command: the tenant's rows of `read`, a JSON array, as member `list` of the answer.
 */
typedef enum bk_err cli_list_fn(const struct bk_store *store, int64_t tenant_id,
                                struct bk_str *ret_json);
BK_MUST_USE enum bk_err cli_list(struct cli *cli, cli_list_fn *read, const char *list,
                                 const struct cli_column *columns, const char *nothing);

/* A sentence for a constraint of the schema, NULL when it has none (explain.c). */
const char *cli_explain(const char *constraint);

#endif
