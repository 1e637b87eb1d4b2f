#include "conf/settings.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/sweep.h"
#include "harness/test.h"

struct listener {
    char *name, *address, *key, *short_key;
    bool is_proxied;
};

struct target {
    char *dsn, *roots, *admin, *empty;
    int64_t workers;
    bool as_json;
    int level;
    char *pepper_secret;
    struct listener *listeners;
    size_t listener_count;
};

static const struct bk_setting_row listener_rows[] = {
    {{"address", BK_T_ADDRESS, 0, 0, NULL, "Where it listens.", NULL},
     offsetof(struct listener, address),
     false},
    {{"tls.key", BK_T_PATH, 1, 0, NULL, "Private key.", NULL},
     offsetof(struct listener, key),
     true},
    {{"key", BK_T_TEXT, 1, 20, NULL, "Ends as the row above does.", NULL},
     offsetof(struct listener, short_key),
     false},
    {{"proxied", BK_T_BOOL, 0, 0, "false", "Wants a PROXY header.", NULL},
     offsetof(struct listener, is_proxied),
     false},
    {{NULL, BK_T_BOOL, 0, 0, NULL, NULL, NULL}, 0, false},
};

static const struct bk_setting_row rows[] = {
    {{"pg.dsn", BK_T_TEXT, 1, 200, "host=/run/postgresql", "How to reach PostgreSQL.", NULL},
     offsetof(struct target, dsn),
     false},
    {{"workers", BK_T_INT, 1, 64, "4", "Worker processes.", NULL},
     offsetof(struct target, workers),
     false},
    {{"log.json", BK_T_BOOL, 0, 0, "no", "Log lines as JSON.", NULL},
     offsetof(struct target, as_json),
     true},
    {{"log.level", BK_T_ENUM, 0, 0, "info", "Lowest level | logged.", "debug info warn"},
     offsetof(struct target, level),
     true},
    {{"pepper_secret", BK_T_SECRET, 8, 64, NULL, "Never shown.", NULL},
     offsetof(struct target, pepper_secret),
     false},
    {{"trust.roots", BK_T_LIST, 0, 0, "a|b", "Names.", NULL},
     offsetof(struct target, roots),
     false},
    {{"admin.address", BK_T_ADDRESS, 0, 0, NULL, "Admin port.", NULL},
     offsetof(struct target, admin),
     false},
    {{"listener.backlog", BK_T_TEXT, 0, 10, "", "A row beside the group.", NULL},
     offsetof(struct target, empty),
     false},
    {{NULL, BK_T_BOOL, 0, 0, NULL, NULL, NULL}, 0, false},
};

static const struct bk_setting_group groups[] = {
    {"listener", listener_rows, sizeof(struct listener), offsetof(struct listener, name),
     offsetof(struct target, listeners), offsetof(struct target, listener_count), 3},
    {NULL, NULL, 0, 0, 0, 0, 0},
};

static struct bk_settings settings = {
    .service = "beckon-test",
    .summary = "A service for tests.",
    .rows = rows,
    .groups = groups,
};

static char path[] = "/tmp/beckon-settings-XXXXXX";
static char path_argument[64];
static char messages[1 << 20];

#define ARGS_MAX 8

/* One reading of everything. A row's file is given by --settings unless it is NULL. */
static enum bk_err read_all(const char *file, size_t file_len, const char *const *environment,
                            const char *const *arguments, struct target *target,
                            struct bk_settings_flags *flags)
{
    char *argv[ARGS_MAX + 2] = {"beckon-test"};
    char *no_environment[] = {NULL};
    int argc = 1;
    if (file != NULL) {
        FILE *out = fopen(path, "w");
        assert_non_null(out);
        assert_int_equal(fwrite(file, 1, file_len, out), file_len);
        assert_int_equal(fclose(out), 0);
        argv[argc++] = path_argument;
    }
    for (size_t i = 0; i < ARGS_MAX && arguments[i] != NULL; i++)
        argv[argc++] = (char *)arguments[i];

    messages[0] = '\0'; /* fmemopen leaves it when nothing is written */
    FILE *err_out = fmemopen(messages, sizeof messages, "w");
    assert_non_null(err_out);
    enum bk_err err = bk_settings_read(&settings, argc, argv,
                                       environment != NULL ? (char **)environment : no_environment,
                                       target, flags, err_out);
    assert_int_equal(fclose(err_out), 0);
    return err;
}

struct source_case {
    const char *label, *file;
    const char *environment[ARGS_MAX], *arguments[ARGS_MAX];
    const char *want_dsn;
    int64_t want_workers;
    bool want_json;
    int want_level;
};

static const struct source_case source_cases[] = {
    {"defaults", NULL, {NULL}, {NULL}, "host=/run/postgresql", 4, false, 1},
    {"file",
     "pg.dsn = dbname=a\nworkers=5\nlog.json = on\nlog.level=warn\n",
     {NULL},
     {NULL},
     "dbname=a",
     5,
     true,
     2},
    {"environment above file",
     "pg.dsn = dbname=a\nworkers = 5\n",
     {"BECKON_PG_DSN=dbname=b", "BECKON_LOG_LEVEL=debug", NULL},
     {NULL},
     "dbname=b",
     5,
     false,
     0},
    {"command line above environment",
     "pg.dsn = dbname=a\nworkers = 5\n",
     {"BECKON_PG_DSN=dbname=b", "BECKON_WORKERS=6", NULL},
     {"--pg.dsn=dbname=c", NULL},
     "dbname=c",
     6,
     false,
     1},
    {"last argument wins",
     NULL,
     {NULL},
     {"--workers=7", "--workers=8", NULL},
     "host=/run/postgresql",
     8,
     false,
     1},
    {"comments, blanks, DOS line ends",
     "# pg.dsn = no\r\n\r\n \t \n\t workers\t =  9 \t\r\n  # x\npg.dsn=a # b",
     {NULL},
     {NULL},
     "a # b",
     9,
     false,
     1},
    {"byte order mark",
     "\xef\xbb\xbfworkers = 9\n",
     {NULL},
     {NULL},
     "host=/run/postgresql",
     9,
     false,
     1},
    {"empty file", "", {NULL}, {NULL}, "host=/run/postgresql", 4, false, 1},
    {"an empty variable is not set",
     "workers = 5\n",
     {"BECKON_WORKERS=", NULL},
     {NULL},
     "host=/run/postgresql",
     5,
     false,
     1},
    {"variables of others",
     NULL,
     {"BECKON_WHATEVER=1", "PG_DSN=x", "BECKON_PG_DSNX=x", "BECKON_PG_DS=x", "beckon_workers=5",
      NULL},
     {NULL},
     "host=/run/postgresql",
     4,
     false,
     1},
};

static void the_highest_source_wins(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(source_cases); i++) {
        const struct source_case *c = &source_cases[i];
        struct target target = {0};
        struct bk_settings_flags flags = {true, true, true};
        print_message("  %s\n", c->label);
        enum bk_err err = read_all(c->file, c->file != NULL ? strlen(c->file) : 0, c->environment,
                                   c->arguments, &target, &flags);
        assert_string_equal(messages, "");
        assert_int_equal(err, BK_OK);
        assert_string_equal(target.dsn, c->want_dsn);
        assert_int_equal(target.workers, c->want_workers);
        assert_int_equal(target.as_json, c->want_json);
        assert_int_equal(target.level, c->want_level);
        assert_string_equal(target.roots, "a|b");
        assert_string_equal(target.empty, "");
        assert_null(target.admin);
        assert_null(target.pepper_secret);
        assert_false(flags.check_only || flags.help || flags.markdown);
        bk_settings_free(&settings, &target);
        assert_null(target.dsn);
        bk_settings_free(&settings, &target); /* twice is once */
    }
}

static void the_file_is_named_in_three_ways(void **state)
{
    (void)state;
    const char text[] = "workers = 11\n";
    char by_variable[80];
    snprintf(by_variable, sizeof by_variable, "BECKON_SETTINGS=%s", path);
    static const char *const nothing[] = {NULL};
    const char *const variable[] = {by_variable, NULL};
    const char *const wrong_variable[] = {"BECKON_SETTINGS=/nonexistent", NULL};
    const char *const two_arguments[] = {"--settings", path, NULL};
    const struct {
        const char *file;
        const char *const *environment, *const *arguments;
    } cases[] = {
        {text, wrong_variable, nothing}, /* --settings=FILE, above the variable */
        {NULL, wrong_variable, two_arguments},
        {NULL, variable, nothing},
    };
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct target target = {0};
        struct bk_settings_flags flags;
        assert_int_equal(read_all(cases[i].file, sizeof text - 1, cases[i].environment,
                                  cases[i].arguments, &target, &flags),
                         BK_OK);
        assert_int_equal(target.workers, 11);
        bk_settings_free(&settings, &target);
    }
}

static void groups_gather_by_name_from_all_sources(void **state)
{
    (void)state;
    const char file[] = "listener.phones.address = [::]:8443\n"
                        "listener.my-old.address = 0.0.0.0:8444\n"
                        "listener.phones.tls.key = a.pem\n";
    const char *const environment[] = {"BECKON_LISTENER_MY_OLD_TLS_KEY=old.pem",
                                       "BECKON_LISTENER_NEW_ONE_ADDRESS=unix:/run/x",
                                       "BECKON_LISTENER_PHONES_PROXIED=yes",
                                       "BECKON_LISTENER_PHONES_NOTHING=1",
                                       "BECKON_LISTENER_ADDRESS=1",
                                       "BECKON_LISTENER_BACKLOG=128",
                                       NULL};
    const char *const arguments[] = {"--listener.phones.tls.key=b.pem", NULL};
    struct target target = {0};
    struct bk_settings_flags flags;
    assert_int_equal(read_all(file, sizeof file - 1, environment, arguments, &target, &flags),
                     BK_OK);
    static const struct {
        const char *name, *address, *key;
        bool is_proxied;
    } want[] = {
        {"phones", "[::]:8443", "b.pem", true},
        {"my-old", "0.0.0.0:8444", "old.pem", false},
        {"new-one", "unix:/run/x", NULL, false},
    };
    assert_int_equal(target.listener_count, BK_COUNT(want));
    for (size_t i = 0; i < BK_COUNT(want); i++) {
        const struct listener *got = &target.listeners[i];
        assert_string_equal(got->name, want[i].name);
        assert_string_equal(got->address, want[i].address);
        assert_int_equal(got->is_proxied, want[i].is_proxied);
        if (want[i].key != NULL)
            assert_string_equal(got->key, want[i].key);
        else
            assert_null(got->key);
    }
    assert_string_equal(target.empty, "128");
    bk_settings_free(&settings, &target);
    assert_null(target.listeners);
    assert_int_equal(target.listener_count, 0);
}

/* LISTENER_X_TLS_KEY is tls.key of "x", or key of "x-tls": the longer key, unless that is there. */
static void a_variable_that_reads_in_two_ways_goes_where_a_name_is(void **state)
{
    (void)state;
    static const struct {
        const char *file, *want_name, *want_key, *want_short_key;
    } cases[] = {
        {"", "x", "k", NULL},
        {"listener.x.address = a:1\n", "x", "k", NULL},
        {"listener.x-tls.address = a:1\n", "x-tls", NULL, "k"},
    };
    const char *const environment[] = {"BECKON_LISTENER_X_TLS_KEY=k", NULL};
    const char *const nothing[] = {NULL};
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct target target = {0};
        struct bk_settings_flags flags;
        assert_int_equal(
            read_all(cases[i].file, strlen(cases[i].file), environment, nothing, &target, &flags),
            BK_OK);
        assert_int_equal(target.listener_count, 1);
        const struct listener *got = &target.listeners[0];
        assert_string_equal(got->name, cases[i].want_name);
        assert_true(bk_str_eq(bk_str_of(got->key), bk_str_of(cases[i].want_key)));
        assert_true(bk_str_eq(bk_str_of(got->short_key), bk_str_of(cases[i].want_short_key)));
        bk_settings_free(&settings, &target);
    }
}

/* "@" stands for the file's path. Each text must be among the messages. */
static const struct {
    const char *label, *file;
    const char *environment[ARGS_MAX], *arguments[ARGS_MAX];
    const char *want;
} error_cases[] = {
    {"unknown key",
     "workers = 1\n\nworker = 2\n",
     {NULL},
     {NULL},
     "@:3: unknown key \"worker\"; `beckon-test --help` lists all keys\n"},
    {"unknown key in a group",
     "listener.a.adress = x:1\n",
     {NULL},
     {NULL},
     "@:1: unknown key \"listener.a.adress\"; `beckon-test --help` lists all keys\n"},
    {"group without key",
     "listener.a = x:1\n",
     {NULL},
     {NULL},
     "@:1: unknown key \"listener.a\"; `beckon-test --help` lists all keys\n"},
    {"key that could fake a line",
     "a\x1b[2J = 1\n",
     {NULL},
     {NULL},
     "@:1: unknown key (not printable); `beckon-test --help` lists all keys\n"},
    {"no equals sign",
     "# ok\nhunter2hunter2\n",
     {NULL},
     {NULL},
     "@:2: no '=' in this line, want `key = value`\n"},
    {"key twice",
     "workers = 1\nlog.json = 1\nworkers = 2\n",
     {NULL},
     {NULL},
     "@:3: \"workers\" is set in line 1 already, take one away\n"},
    {"out of range",
     "workers = 65\n",
     {NULL},
     {NULL},
     "@:1: workers: \"65\" is not a whole number from 1 to 64\n"},
    {"not UTF-8",
     "pg.dsn = \xff\n",
     {NULL},
     {NULL},
     "@:1: not UTF-8; save the file in that encoding\n"},
    {"bad value that a higher source covers",
     "workers = x\n",
     {NULL},
     {"--workers=2", NULL},
     "@:1: workers: \"x\" is not a whole number from 1 to 64\n"},
    {"bad variable",
     NULL,
     {"BECKON_LOG_LEVEL=loud", NULL},
     {NULL},
     "BECKON_LOG_LEVEL: log.level: \"loud\" is none of: debug info warn\n"},
    {"bad variable of a group",
     NULL,
     {"BECKON_LISTENER_A_ADDRESS=a", NULL},
     {NULL},
     "BECKON_LISTENER_A_ADDRESS: listener.a.address: \"a\" is no address; want host:port, "
     "[v6]:port or unix:/path\n"},
    {"bad argument value",
     NULL,
     {NULL},
     {"--workers=0", NULL},
     "command line: workers: \"0\" is not a whole number from 1 to 64\n"},
    {"unknown argument",
     NULL,
     {NULL},
     {"--wrokers=0", NULL},
     "command line: unknown key \"wrokers\"; `beckon-test --help` lists all keys\n"},
    {"unknown flag",
     NULL,
     {NULL},
     {"--verbose", NULL},
     "command line: unknown key \"verbose\"; `beckon-test --help` lists all keys\n"},
    {"argument without value",
     NULL,
     {NULL},
     {"--workers", NULL},
     "command line: --workers wants a value: --workers=VALUE\n"},
    {"group argument without value",
     NULL,
     {NULL},
     {"--listener.a.proxied", NULL},
     "command line: --listener.a.proxied wants a value: --listener.a.proxied=VALUE\n"},
    {"stray argument",
     NULL,
     {NULL},
     {"5", NULL},
     "command line: unexpected argument; settings are given as --key=value\n"},
    {"--settings without file",
     NULL,
     {NULL},
     {"--settings", NULL},
     "command line: --settings wants a file: --settings FILE\n"},
    {"missing file",
     NULL,
     {NULL},
     {"--settings=/nonexistent/x", NULL},
     "/nonexistent/x: settings file cannot be read: No such file or directory; correct --settings "
     "or BECKON_SETTINGS\n"},
    {"folder as file",
     NULL,
     {NULL},
     {"--settings=/tmp", NULL},
     "/tmp: not a regular file; correct --settings or BECKON_SETTINGS\n"},
    {"bad group name",
     "listener.A.address = a:1\n",
     {NULL},
     {NULL},
     "@:1: listener: \"A\" is no name, want 1 to 32 of a-z, 0-9 and '-'\n"},
    {"empty group name",
     "listener..address = a:1\n",
     {NULL},
     {NULL},
     "@:1: listener: \"\" is no name, want 1 to 32 of a-z, 0-9 and '-'\n"},
    {"too many in a group",
     "listener.a.address=a:1\nlistener.b.address=a:1\nlistener.c.address=a:1\n"
     "listener.d.address=a:1\n",
     {NULL},
     {NULL},
     "@:4: listener: more than 3 of them, take \"d\" away\n"},
};

static void keys_of_other_services_pass_where_the_service_says_so(void **state)
{
    (void)state;
    const char file[] = "redis = x\nlistener.a.colour = red\nworkers = 9\n";
    const char *const nothing[] = {NULL};
    const char *const unknown[] = {"--redis=x", NULL};
    struct target target = {0};
    struct bk_settings_flags flags;
    settings.passes_unknown = true;
    enum bk_err err = read_all(file, sizeof file - 1, nothing, nothing, &target, &flags);
    int64_t workers = target.workers;
    bk_settings_free(&settings, &target);
    enum bk_err err_argument = read_all(file, sizeof file - 1, nothing, unknown, &target, &flags);
    settings.passes_unknown = false;
    assert_int_equal(err, BK_OK);
    assert_int_equal(workers, 9);
    assert_int_equal(err_argument, BK_ERR_INVALID); /* an argument is for this service alone */
    assert_string_equal(messages, "command line: unknown key \"redis\"; `beckon-test --help` lists "
                                  "all keys\n");
    bk_settings_free(&settings, &target);
}

static void expand_path(const char *text, char *ret_text, size_t size)
{
    const char *at = strchr(text, '@');
    if (at == text)
        snprintf(ret_text, size, "%s%s", path, text + 1);
    else
        snprintf(ret_text, size, "%s", text);
}

static void mistakes_are_named_with_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < BK_COUNT(error_cases); i++) {
        struct target target = {0};
        const struct target nothing = {0};
        struct bk_settings_flags flags;
        char want[512];
        const char *file = error_cases[i].file;
        print_message("  %s\n", error_cases[i].label);
        assert_int_equal(read_all(file, file != NULL ? strlen(file) : 0, error_cases[i].environment,
                                  error_cases[i].arguments, &target, &flags),
                         BK_ERR_INVALID);
        expand_path(error_cases[i].want, want, sizeof want);
        assert_string_equal(messages, want);
        assert_ptr_equal(target.dsn, nothing.dsn); /* nothing is left to free */
        assert_null(target.listeners);
    }
}

static void all_mistakes_are_told_at_once(void **state)
{
    (void)state;
    const char file[] = "workers = 0\nnonsense = 1\nlog.json = maybe\n";
    const char *const environment[] = {"BECKON_LOG_LEVEL=loud", NULL};
    const char *const arguments[] = {"--pg.dsn=", NULL};
    struct target target = {0};
    struct bk_settings_flags flags;
    assert_int_equal(read_all(file, sizeof file - 1, environment, arguments, &target, &flags),
                     BK_ERR_INVALID);
    static const char *const each[] = {":1: workers: ", ":2: unknown key ", ":3: log.json: ",
                                       "BECKON_LOG_LEVEL: ", "command line: pg.dsn: "};
    const char *at = messages;
    for (size_t i = 0; i < BK_COUNT(each); i++) {
        at = strstr(at, each[i]);
        assert_non_null(at);
        at = strchr(at, '\n');
        assert_non_null(at);
    }
    assert_string_equal(at, "\n");
}

static void a_secret_is_in_no_message(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        const char *environment[2], *arguments[2];
    } cases[] = {
        {"pepper_secret = hunter2\n", {NULL}, {NULL}},
        {"pepper_secret hunter2\n", {NULL}, {NULL}},
        {NULL, {"BECKON_PEPPER_SECRET=hunter2", NULL}, {NULL}},
        {NULL, {NULL}, {"--pepper_secret=hunter2", NULL}},
        {NULL, {NULL}, {"hunter2", NULL}},
    };
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct target target = {0};
        struct bk_settings_flags flags;
        const char *file = cases[i].file;
        assert_int_equal(read_all(file, file != NULL ? strlen(file) : 0, cases[i].environment,
                                  cases[i].arguments, &target, &flags),
                         BK_ERR_INVALID);
        assert_true(strlen(messages) > 20);
        assert_null(strstr(messages, "hunter2"));
    }
}

static void limits_of_the_file_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        size_t comment_len, line_len; /* bytes before the value line; length of that line */
        const char *want;             /* NULL: good */
    } cases[] = {
        {"longest line", 10, 4096, NULL},
        {"line one too long", 10, 4097, "@:2: line of 4097 bytes, at most 4096 are allowed\n"},
        {"longest file", 65536 - 14, 12, NULL},
        {"file one too long", 65536 - 13, 12, "@: settings file is longer than 65536 bytes\n"},
    };
    static const char *const nothing[] = {NULL};
    static char text[70000];
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct target target = {0};
        struct bk_settings_flags flags;
        char want[256] = "";
        size_t len = 0;
        print_message("  %s\n", cases[i].label);
        while (len < cases[i].comment_len) { /* short comment lines */
            text[len] = len % 64 == 63 ? '\n' : '#';
            len++;
        }
        if (len > 64 && text[len - 1] == '\n')
            text[len - 1] = '#';
        text[len++] = '\n';
        memset(text + len, ' ', cases[i].line_len);
        memcpy(text + len, "workers =", 9);
        text[len + cases[i].line_len - 1] = '7';
        len += cases[i].line_len;
        text[len++] = '\n';
        if (cases[i].want != NULL)
            expand_path(cases[i].want, want, sizeof want);
        enum bk_err err = read_all(text, len, nothing, nothing, &target, &flags);
        assert_string_equal(messages, want);
        assert_int_equal(err, cases[i].want == NULL ? BK_OK : BK_ERR_INVALID);
        if (err == BK_OK)
            assert_int_equal(target.workers, 7);
        bk_settings_free(&settings, &target);
    }
}

static void flags_are_told_and_the_manual_needs_no_good_settings(void **state)
{
    (void)state;
    static const struct {
        const char *arguments[3];
        enum bk_err want;
        struct bk_settings_flags flags;
    } cases[] = {
        {{"--check-config", NULL}, BK_OK, {.check_only = true}},
        {{"--check-config", "--workers=0", NULL}, BK_ERR_INVALID, {0}},
        {{"--help", "--workers=0", NULL}, BK_OK, {.help = true}},
        {{"-h", NULL}, BK_OK, {.help = true}},
        {{"--print-settings-md", "--settings=/nonexistent", NULL}, BK_OK, {.markdown = true}},
    };
    for (size_t i = 0; i < BK_COUNT(cases); i++) {
        struct target target = {0};
        struct bk_settings_flags flags = {0};
        assert_int_equal(read_all(NULL, 0, NULL, cases[i].arguments, &target, &flags),
                         cases[i].want);
        assert_int_equal(flags.check_only, cases[i].flags.check_only);
        assert_int_equal(flags.help, cases[i].flags.help);
        assert_int_equal(flags.markdown, cases[i].flags.markdown);
        bk_settings_free(&settings, &target);
    }
}

typedef void print_fn(const struct bk_settings *settings, FILE *out);

static const char *printed(print_fn *print)
{
    FILE *out = fmemopen(messages, sizeof messages, "w");
    assert_non_null(out);
    print(&settings, out);
    assert_int_equal(fclose(out), 0);
    return messages;
}

static void the_manual_is_made_from_the_rows(void **state)
{
    (void)state;
    static const char *const in_help[] = {
        "beckon-test: A service for tests.\n",
        "--check-config",
        "  workers\n      BECKON_WORKERS\n      number, 1 to 64; default \"4\"\n      Worker "
        "processes.\n",
        "  log.level\n      BECKON_LOG_LEVEL\n      one of: debug info warn; default \"info\"; "
        "reloaded on SIGHUP\n",
        "  pepper_secret\n      BECKON_PEPPER_SECRET\n      secret, 8 to 64 bytes; no default\n",
        "  listener.<name>.tls.key\n      BECKON_LISTENER_<NAME>_TLS_KEY\n",
        "At most 3 of these",
    };
    static const char *const in_markdown[] = {
        "## beckon-test\n\nA service for tests.\n\n| key, variable |",
        "| `workers`<br>`BECKON_WORKERS` | number, 1 to 64 | `4` | restart | Worker processes. |\n",
        "| `log.level`<br>`BECKON_LOG_LEVEL` | one of: debug info warn | `info` | SIGHUP | Lowest "
        "level \\| logged. |\n",
        "| words, commas between | `a\\|b` | restart | Names. |\n",
        "| `listener.backlog`<br>`BECKON_LISTENER_BACKLOG` | text, 0 to 10 bytes | empty | restart "
        "|",
        "### beckon-test: `listener.<name>.…`\n\nAt most 3,",
        "| `listener.<name>.address`<br>`BECKON_LISTENER_<NAME>_ADDRESS` | host:port, [v6]:port or "
        "unix:/path | none | restart | Where it listens. |\n",
    };
    const char *help = printed(bk_settings_print_help);
    for (size_t i = 0; i < BK_COUNT(in_help); i++)
        assert_non_null(strstr(help, in_help[i]));
    const char *markdown = printed(bk_settings_print_markdown);
    for (size_t i = 0; i < BK_COUNT(in_markdown); i++)
        assert_non_null(strstr(markdown, in_markdown[i]));
}

static enum bk_err read_everything(void *context)
{
    (void)context;
    static const char file[] = "pg.dsn = dbname=a\nlistener.a.address = a:1\n"
                               "pepper_secret = hunter2hunter2\nlistener.b.tls.key = k\n";
    static const char *const environment[] = {"BECKON_PG_DSN=dbname=b",
                                              "BECKON_LISTENER_A_ADDRESS=a:2", NULL};
    static const char *const arguments[] = {"--pg.dsn=dbname=c", NULL};
    struct target target = {0};
    struct bk_settings_flags flags;
    enum bk_err err = read_all(file, sizeof file - 1, environment, arguments, &target, &flags);
    if (err == BK_OK)
        assert_string_equal(target.dsn, "dbname=c");
    else
        assert_non_null(strstr(messages, "out of memory"));
    bk_settings_free(&settings, &target);
    return err;
}

static void missing_memory_is_an_error_and_leaks_nothing(void **state)
{
    (void)state;
    assert_true(sweep_allocations(read_everything, NULL) >= 14);
}

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    if (fd < 0)
        return -1;
    close(fd);
    snprintf(path_argument, sizeof path_argument, "--settings=%s", path);
    return 0;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_highest_source_wins),
        cmocka_unit_test(the_file_is_named_in_three_ways),
        cmocka_unit_test(groups_gather_by_name_from_all_sources),
        cmocka_unit_test(a_variable_that_reads_in_two_ways_goes_where_a_name_is),
        cmocka_unit_test(keys_of_other_services_pass_where_the_service_says_so),
        cmocka_unit_test(mistakes_are_named_with_their_place),
        cmocka_unit_test(all_mistakes_are_told_at_once),
        cmocka_unit_test(a_secret_is_in_no_message),
        cmocka_unit_test(limits_of_the_file_are_exact),
        cmocka_unit_test(flags_are_told_and_the_manual_needs_no_good_settings),
        cmocka_unit_test(the_manual_is_made_from_the_rows),
        cmocka_unit_test(missing_memory_is_an_error_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
